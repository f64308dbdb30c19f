//! The binary format (core specification, chapter 5), as far as it is needed.

use super::plan::{DATA, ELEMENTS, Plan, REFERENCES, Signature};
use crate::compare::FUEL_GLOBAL;
use crate::value::Type;

/// Writes an unsigned LEB128 number.
pub(super) fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a signed LEB128 number.
pub(super) fn signed(out: &mut Vec<u8>, mut value: i64) {
    while !(-0x40..0x40).contains(&value) {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

/// The byte that stands for a type.
pub(super) fn type_byte(ty: Type) -> u8 {
    match ty {
        Type::I32 => 0x7f,
        Type::I64 => 0x7e,
        Type::F32 => 0x7d,
        Type::F64 => 0x7c,
        Type::FuncRef => 0x70,
        Type::ExternRef => 0x6f,
    }
}

fn name(out: &mut Vec<u8>, name: &str) {
    unsigned(out, name.len() as u64);
    out.extend(name.as_bytes());
}

fn section(out: &mut Vec<u8>, id: u8, items: &[Vec<u8>]) {
    let mut content = Vec::new();
    unsigned(&mut content, items.len() as u64);
    content.extend(items.concat());
    out.push(id);
    unsigned(out, content.len() as u64);
    out.extend(content);
}

fn type_item(signature: &Signature) -> Vec<u8> {
    let mut item = vec![0x60];
    for types in [&signature.params, &signature.results] {
        unsigned(&mut item, types.len() as u64);
        item.extend(types.iter().map(|&ty| type_byte(ty)));
    }
    item
}

fn export(text: &str, kind: u8, index: u64) -> Vec<u8> {
    let mut item = Vec::new();
    name(&mut item, text);
    item.push(kind);
    unsigned(&mut item, index);
    item
}

fn exports(plan: &Plan) -> Vec<Vec<u8>> {
    // The functions first, from the last, which calls none of the others.
    let mut items: Vec<Vec<u8>> = (0..plan.defined.len())
        .rev()
        .map(|number| export(&format!("f{number}"), 0, (plan.imported.len() + number) as u64))
        .collect();
    items.push(export("references", 1, 1));
    items.push(export("memory", 2, 0));
    items.push(export(FUEL_GLOBAL, 3, 0));
    items.extend(
        (1..plan.globals.len()).map(|global| export(&format!("g{global}"), 3, global as u64)),
    );
    items
}

fn global(ty: Type) -> Vec<u8> {
    let mut item = vec![type_byte(ty), 1];
    match ty {
        Type::I32 => item.extend([0x41, 7]),
        Type::I64 => item.extend([0x42, 9]),
        Type::F32 => item.extend([0x43, 0, 0, 0x80, 0x3f]),
        Type::F64 => item.extend([0x44, 0, 0, 0, 0, 0, 0, 0, 0x40]),
        Type::FuncRef | Type::ExternRef => item.extend([0xd0, type_byte(ty)]),
    }
    item.push(0x0b);
    item
}

fn elements(plan: &Plan) -> Vec<u8> {
    // Active, in table 0, at 0, function indices.
    let mut item = vec![0, 0x41, 0, 0x0b];
    unsigned(&mut item, u64::from(ELEMENTS) - 2);
    for index in 0..ELEMENTS - 2 {
        unsigned(&mut item, plan.element(index) as u64);
    }
    item
}

fn active_data() -> Vec<u8> {
    let mut item = vec![0, 0x41, 0, 0x0b];
    unsigned(&mut item, 256);
    item.extend((0..=255u8).map(|byte| byte.wrapping_mul(37) ^ 0x5a));
    item
}

fn passive_data() -> Vec<u8> {
    let mut item = vec![1];
    unsigned(&mut item, DATA.into());
    item.extend((0..DATA).map(|byte| byte as u8 | 0x80));
    item
}

/// The module of a plan and its bodies, each with its locals.
pub(super) fn module(plan: &Plan, bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut types = plan.types.clone();
    let mut index = |signature: &Signature| {
        let known = types.iter().position(|ty| ty == signature);
        let index = known.unwrap_or_else(|| {
            types.push(signature.clone());
            types.len() - 1
        });
        let mut item = Vec::new();
        unsigned(&mut item, index as u64);
        item
    };
    let imports: Vec<Vec<u8>> = plan
        .imported
        .iter()
        .enumerate()
        .map(|(number, signature)| {
            let mut item = Vec::new();
            name(&mut item, "host");
            name(&mut item, &format!("h{number}"));
            item.push(0);
            item.extend(index(signature));
            item
        })
        .collect();
    let functions: Vec<Vec<u8>> = plan.defined.iter().map(index).collect();
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    section(&mut out, 1, &types.iter().map(type_item).collect::<Vec<_>>());
    section(&mut out, 2, &imports);
    section(&mut out, 3, &functions);
    let tables = [vec![0x70, 1, ELEMENTS as u8, 20], vec![0x6f, 1, REFERENCES as u8, 6]];
    section(&mut out, 4, &tables);
    section(&mut out, 5, &[vec![1, 1, 3]]);
    section(&mut out, 6, &plan.globals.iter().map(|&ty| global(ty)).collect::<Vec<_>>());
    section(&mut out, 7, &exports(plan));
    section(&mut out, 9, &[elements(plan)]);
    // The number of data segments, which `memory.init` needs before the bodies.
    out.extend([12, 1, 2]);
    section(&mut out, 10, bodies);
    section(&mut out, 11, &[active_data(), passive_data()]);
    out
}
