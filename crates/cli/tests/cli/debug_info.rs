//! Back traces with lines of source, for modules with DWARF.

use crate::support::{fails, file, run};
use gimli::write::{
    Address, AttributeValue, DwarfUnit, EndianVec, LineProgram, LineString, Sections,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian};

/// DWARF for one function `checked_divide` in `divide.c`, whose code is all of
/// the code section: lines 10 + n for offset n.
fn dwarf(code_size: u64) -> Vec<(String, Vec<u8>)> {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
    let mut dwarf = DwarfUnit::new(encoding);
    let string = |text: &str| LineString::String(text.into());
    let (folder, name) = (string("/src"), string("divide.c"));
    let mut lines =
        LineProgram::new(encoding, LineEncoding::default(), folder, None, name.clone(), None);
    let folder = lines.default_directory();
    let source = lines.add_file(name, folder, None);
    lines.begin_sequence(Some(Address::Constant(0)));
    for offset in 0..code_size {
        let row = lines.row();
        row.address_offset = offset;
        row.file = source;
        row.line = 10 + offset;
        row.column = 7;
        lines.generate_row();
    }
    lines.end_sequence(code_size);
    dwarf.unit.line_program = lines;
    let root = dwarf.unit.root();
    let function = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
    for (entry, name) in [(root, "divide.c"), (function, "checked_divide")] {
        let entry = dwarf.unit.get_mut(entry);
        entry.set(gimli::DW_AT_name, AttributeValue::String(name.into()));
        entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(code_size));
    }
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).expect("DWARF");
    let mut found = Vec::new();
    sections
        .for_each(|id, bytes| {
            if !bytes.slice().is_empty() {
                found.push((id.name().to_string(), bytes.slice().to_vec()));
            }
            gimli::write::Result::Ok(())
        })
        .expect("sections");
    found
}

/// A module whose function divides by zero, with `sections` behind it.
fn module(sections: &[(String, Vec<u8>)]) -> String {
    let mut text = String::from(
        r#"(module $guest
            (func $divide (export "run") (param i32) (result i32)
                (i32.div_u (i32.const 1) (local.get 0)))"#,
    );
    for (name, bytes) in sections {
        let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        text.push_str(&format!("(@custom \"{name}\" \"{bytes}\")"));
    }
    text + ")"
}

#[test]
fn traps_name_lines_of_source() {
    let path = file("dwarf.wat", module(&dwarf(16)));
    // The code section: 1 byte for the count, 1 for the size of the body, 1 for
    // no locals, 2 for the constant, 2 for the parameter; then the division.
    fails(
        &[&path, "0"],
        134,
        &["guest!divide\n", "at divide.c:17:7\n", "wasm trap: integer divide by zero"],
    );
    let value: serde_json::Value =
        serde_json::from_str(&run(&["inspect", "--json", &path]).out).expect("JSON");
    assert_eq!(value["debug_info"], true);
}

#[test]
fn broken_debug_information_is_passed_over() {
    let parts = ["guest!divide", "wasm trap: integer divide by zero"];
    let good = dwarf(16);
    for (number, size) in [0, 1, 5, 20].into_iter().enumerate() {
        let mut cut = good.clone();
        for (_, bytes) in &mut cut {
            bytes.truncate(size);
        }
        fails(&[&file(&format!("dwarf-cut-{number}.wat"), module(&cut)), "0"], 134, &parts);
    }
    for (number, (name, bytes)) in good.iter().enumerate() {
        let mut changed = good.clone();
        changed[number] = (name.clone(), bytes.iter().map(|byte| byte ^ 0x5a).collect());
        fails(&[&file(&format!("dwarf-changed-{number}.wat"), module(&changed)), "0"], 134, &parts);
    }
}
