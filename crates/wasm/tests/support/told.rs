//! What a visitor is told, and what another decoder says it should be told.

use hotfoot_wasm::opcodes::*;
use hotfoot_wasm::reader::{BlockType, MemArg};
use hotfoot_wasm::{Module, Scanner, Visitor};
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// An instruction: where it is, and what it says besides its opcode.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Told {
    offset: u32,
    opcode: u8,
    what: What,
}

#[derive(Clone, PartialEq, Debug)]
enum What {
    /// Nothing, or nothing that is told.
    Nothing,
    Number(i64),
    Block(BlockType),
    Address(MemArg),
}

/// Writes down what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    told: Vec<Told>,
    /// What was asked last.
    asked: Option<(u8, u32)>,
}

impl Recorder {
    fn note(&mut self, opcode: u8, what: What) {
        let (asked, offset) = self.asked.take().expect("asked before it is told");
        assert_eq!(asked, opcode, "at {offset:#x}");
        self.told.push(Told { offset, opcode, what });
    }
}

#[rustfmt::skip]
impl Visitor for Recorder {
    fn takes(&mut self, opcode: u8, offset: u32) -> bool {
        assert_eq!(self.asked.replace((opcode, offset)), None, "each is told");
        true
    }
    fn local_get(&mut self, local: u32) { self.note(LOCAL_GET, What::Number(local.into())); }
    fn local_set(&mut self, local: u32) { self.note(LOCAL_SET, What::Number(local.into())); }
    fn local_tee(&mut self, local: u32) { self.note(LOCAL_TEE, What::Number(local.into())); }
    fn global_get(&mut self, global: u32) { self.note(GLOBAL_GET, What::Number(global.into())); }
    fn global_set(&mut self, global: u32) { self.note(GLOBAL_SET, What::Number(global.into())); }
    fn i32_const(&mut self, value: i32) { self.note(I32_CONST, What::Number(value.into())); }
    fn i64_const(&mut self, value: i64) { self.note(I64_CONST, What::Number(value)); }
    fn block(&mut self, ty: BlockType) { self.note(BLOCK, What::Block(ty)); }
    fn begin_loop(&mut self, ty: BlockType) { self.note(LOOP, What::Block(ty)); }
    fn begin_if(&mut self, ty: BlockType) { self.note(IF, What::Block(ty)); }
    fn begin_else(&mut self) { self.note(ELSE, What::Nothing); }
    fn end(&mut self) { self.note(END, What::Nothing); }
    fn br(&mut self, depth: u32) { self.note(BR, What::Number(depth.into())); }
    fn br_if(&mut self, depth: u32) { self.note(BR_IF, What::Number(depth.into())); }
    fn return_(&mut self) { self.note(RETURN, What::Nothing); }
    fn call(&mut self, function: u32) { self.note(CALL, What::Number(function.into())); }
    fn drop_(&mut self) { self.note(DROP, What::Nothing); }
    fn select(&mut self) { self.note(SELECT, What::Nothing); }
    fn load(&mut self, opcode: u8, arg: MemArg) { self.note(opcode, What::Address(arg)); }
    fn store(&mut self, opcode: u8, arg: MemArg) { self.note(opcode, What::Address(arg)); }
    fn compare(&mut self, opcode: u8, first: u8) {
        assert!(matches!((first, opcode - first), (I32_EQ | I64_EQ, 0..=9)));
        self.note(opcode, What::Nothing);
    }
    fn calculate(&mut self, opcode: u8, first: u8) {
        assert!(matches!((first, opcode - first), (I32_ADD | I64_ADD, 0..=2 | 7..=14)));
        self.note(opcode, What::Nothing);
    }
    fn numeric(&mut self, opcode: u8) { self.note(opcode, What::Nothing); }
    fn other(&mut self, opcode: u8, offset: u32) {
        assert_eq!(self.asked, Some((opcode, offset)));
        self.note(opcode, What::Nothing);
    }
}

/// What a visitor is told of a body, if the body is valid.
pub(crate) fn told(
    scanner: &mut Scanner,
    module: &Module,
    bytes: &[u8],
    body: u32,
) -> Option<Vec<Told>> {
    loop {
        scanner.open(module, bytes, body).ok()?;
        let mut recorder = Recorder::default();
        if scanner.follow(module, bytes, body, &mut recorder).ok()?.is_some() {
            return Some(recorder.told);
        }
    }
}

/// What it should be told, by another decoder. The body is valid.
pub(crate) fn expected(module: &Module, bytes: &[u8], body: u32) -> Vec<Told> {
    let range = module.bodies()[body as usize].range.clone();
    let reader = BinaryReader::new(&bytes[range.clone()], range.start as u64);
    let operators = FunctionBody::new(reader).get_operators_reader().expect("valid");
    let operators = operators.into_iter_with_offsets().map(|operator| operator.expect("valid"));
    let tell = |(operator, offset): (Operator<'_>, u64)| {
        let opcode = bytes[offset as usize];
        Told { offset: offset as u32, opcode, what: what(&operator, opcode) }
    };
    operators.map(tell).collect()
}

fn what(operator: &Operator<'_>, opcode: u8) -> What {
    match *operator {
        Operator::LocalGet { local_index: index }
        | Operator::LocalSet { local_index: index }
        | Operator::LocalTee { local_index: index }
        | Operator::GlobalGet { global_index: index }
        | Operator::GlobalSet { global_index: index }
        | Operator::Br { relative_depth: index }
        | Operator::BrIf { relative_depth: index }
        | Operator::Call { function_index: index } => What::Number(index.into()),
        Operator::I32Const { value } => What::Number(value.into()),
        Operator::I64Const { value } => What::Number(value),
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            What::Block(match blockty {
                wasmparser::BlockType::Empty => BlockType::Empty,
                wasmparser::BlockType::Type(ty) => BlockType::Value(value_type(ty)),
                wasmparser::BlockType::FuncType(index) => BlockType::Type(index),
            })
        }
        _ => match memarg(operator) {
            Some(memarg) if matches!(opcode, I32_LOAD..=I64_STORE32) => What::Address(memarg),
            _ => What::Nothing,
        },
    }
}

fn value_type(ty: wasmparser::ValType) -> hotfoot_wasm::ValType {
    use hotfoot_wasm::ValType;
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) if ty == wasmparser::RefType::FUNCREF => ValType::FuncRef,
        wasmparser::ValType::Ref(_) => ValType::ExternRef,
    }
}

fn memarg(operator: &Operator<'_>) -> Option<MemArg> {
    use Operator::*;
    let memarg = match operator {
        I32Load { memarg } | I64Load { memarg } | F32Load { memarg } | F64Load { memarg } => memarg,
        I32Load8S { memarg } | I32Load8U { memarg } | I32Load16S { memarg } => memarg,
        I32Load16U { memarg } | I64Load8S { memarg } | I64Load8U { memarg } => memarg,
        I64Load16S { memarg } | I64Load16U { memarg } | I64Load32S { memarg } => memarg,
        I64Load32U { memarg } | I32Store { memarg } | I64Store { memarg } => memarg,
        F32Store { memarg } | F64Store { memarg } | I32Store8 { memarg } => memarg,
        I32Store16 { memarg } | I64Store8 { memarg } | I64Store16 { memarg } => memarg,
        I64Store32 { memarg } => memarg,
        _ => return None,
    };
    let align = memarg.align.into();
    // More than one memory is refused.
    Some(MemArg { align, offset: memarg.offset, memory: 0 })
}
