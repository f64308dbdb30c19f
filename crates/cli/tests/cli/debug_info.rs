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

/// DWARF with a function of the name `name` that has `inlined` functions in each
/// other, `entries` entries of `entries` attributes of no bytes, and `files`
/// files in a folder with a name of `folder` bytes.
fn costly(
    name: &str,
    inlined: usize,
    entries: usize,
    folder: usize,
    files: usize,
) -> Vec<(String, Vec<u8>)> {
    let size = |bytes: &[u8]| (bytes.len() as u32).to_le_bytes();
    // Tag, whether there are children, attributes with their forms: a unit, a
    // function, an inlined function, a variable.
    let mut abbreviations = vec![1, 0x11, 1, 0x11, 0x01, 0x12, 0x06, 0x10, 0x17, 0, 0];
    abbreviations.extend([2, 0x2e, 1, 0x11, 0x01, 0x12, 0x06, 0x03, 0x08, 0, 0]);
    abbreviations.extend([3, 0x1d, 1, 0, 0]);
    abbreviations.extend([&[4, 0x34, 0], &*[0x3f, 0x19].repeat(entries), &[0, 0, 0]].concat());
    let extent = [0u32.to_le_bytes(), 100u32.to_le_bytes()].concat();
    let mut unit = [4, 0, 0, 0, 0, 0, 4].to_vec();
    unit.extend([&[1], &extent[..], &[0; 4], &[2], &extent, name.as_bytes(), &[0]].concat());
    unit.extend(vec![3; inlined]);
    unit.extend(vec![0; inlined]);
    unit.extend(vec![4; entries]);
    unit.extend([0, 0]);
    let mut header = vec![1, 1, 1, 0, 1, 1];
    header.extend([vec![b'd'; folder], vec![0, 0]].concat());
    header.extend([b'f', 0, 1, 0, 0].repeat(files));
    header.push(0);
    // From address 0 on, a line of 100 bytes.
    let program = [0, 5, 2, 0, 0, 0, 0, 1, 101, 0, 1, 1];
    let lines = [&[4, 0], &size(&header)[..], &header, &program].concat();
    vec![
        (".debug_abbrev".to_owned(), abbreviations),
        (".debug_info".to_owned(), [&size(&unit)[..], &unit].concat()),
        (".debug_line".to_owned(), [&size(&lines)[..], &lines].concat()),
    ]
}

#[test]
fn debug_information_may_cost_what_its_size_justifies() {
    let trap = |file_name: &str, sections: Vec<(String, Vec<u8>)>| {
        let ran = run(&[&file(file_name, module(&sections)), "0"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(134), ""), "{}", ran.err);
        ran.err
    };
    let modest = trap("dwarf-modest.wat", costly("f", 100, 10, 10, 10));
    assert!(modest.contains("at dddddddddd/f:1"), "{modest}");
    // A stack overflows if each is read inside the one around it.
    let deep = trap("dwarf-deep.wat", costly("f", 200_000, 10, 10, 10));
    assert!(deep.contains("guest!divide") && !deep.contains("at d"), "{deep}");
    // Hours, if each attribute is looked at.
    let long = trap("dwarf-long.wat", costly("f", 1, 300_000, 10, 10));
    assert!(long.contains("guest!divide") && !long.contains("at d"), "{long}");
    // Half a gigabyte of names, written out.
    let wide = trap("dwarf-wide.wat", costly("f", 1, 10, 100_000, 5_000));
    assert!(wide.contains("guest!divide") && !wide.contains("at d"), "{wide}");
}

/// The sections of [`costly`], modest ones, with `more` behind the abbreviations and the
/// units.
fn modest_with(more_abbreviations: &[u8], more_units: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut sections = costly("f", 1, 10, 10, 10);
    sections[0].1.extend(more_abbreviations);
    sections[1].1.extend(more_units);
    sections
}

/// Whether a trap with this debugging information shows lines.
#[track_caller]
fn shows_lines(file_name: &str, sections: &[(String, Vec<u8>)]) -> bool {
    let ran = run(&[&file(file_name, module(sections)), "0"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(134), ""), "{}", ran.err);
    assert!(ran.err.contains("guest!divide"), "{}", ran.err);
    ran.err.contains("at dddddddddd/f:1")
}

#[test]
fn abbreviations_that_begin_within_others_are_counted() {
    let start = costly("f", 1, 10, 10, 10)[0].1.len() as u32;
    let with = |count: u32| {
        let abbreviations = [0x87, 0x01, 0x11, 0, 0, 0].repeat(count as usize);
        let mut units = Vec::new();
        for unit in 0..count {
            units.extend([8, 0, 0, 0, 4, 0]);
            units.extend((start + 6 * unit).to_le_bytes());
            units.extend([4, 1]);
        }
        modest_with(&abbreviations, &units)
    };
    assert!(shows_lines("dwarf-few-abbreviations.wat", &with(10)));
    // Each unit has those from another place on to the end: gigabytes, if all are kept.
    assert!(!shows_lines("dwarf-many-abbreviations.wat", &with(4000)));
}

#[test]
fn names_of_origins_are_counted_each_time() {
    let start = costly("f", 1, 10, 10, 10)[0].1.len() as u32;
    let with = |count: usize, length: usize| {
        let mut abbreviations = vec![1, 0x11, 1, 0, 0];
        abbreviations.extend([2, 0x2e, 1, 0, 0, 3, 0x1d, 0, 0x31, 0x13, 0, 0]);
        let names = [0x03, 0x0e].repeat(count);
        abbreviations.extend([&[4, 0x2e, 0][..], &names, &[0, 0, 0]].concat());
        let mut unit = [&[4, 0][..], &start.to_le_bytes(), &[4, 1]].concat();
        // Behind the length of the unit, which has four bytes.
        let origin = unit.len() as u32 + 4;
        unit.extend([&[4][..], &vec![0; 4 * count], &[2]].concat());
        unit.extend([&[3][..], &origin.to_le_bytes()].concat().repeat(count));
        unit.extend([0, 0]);
        let units = [&(unit.len() as u32).to_le_bytes()[..], &unit].concat();
        let mut sections = modest_with(&abbreviations, &units);
        sections.push((".debug_str".to_owned(), [vec![b'n'; length], vec![0]].concat()));
        sections
    };
    assert!(shows_lines("dwarf-few-names.wat", &with(10, 10)));
    // Three hundred functions that are inlined have their names from one entry, which has
    // as many, each of twenty thousand bytes.
    assert!(!shows_lines("dwarf-many-names.wat", &with(300, 20_000)));
}
