//! Bodies of functions: the operand stack, the locals, and what is computed
//! with them in straight lines.

use super::Reader;
use super::binary::{signed, type_byte, unsigned};
use super::flow::Frame;
use super::operators::{self, Care, Operator};
use super::plan::{FUEL, Plan, Signature, choose_type};
use crate::tape::Tape;
use crate::value::{FLOATS, INTEGERS, Type};

/// A body in the making.
pub(super) struct Body<'a, 'b> {
    pub(super) tape: &'a mut Tape<'b>,
    pub(super) plan: &'a mut Plan,
    /// The function's number among those defined.
    pub(super) number: usize,
    pub(super) code: Vec<u8>,
    /// The types of the operands, also those below the innermost block.
    pub(super) stack: Vec<Type>,
    pub(super) frames: Vec<Frame>,
    /// Parameters and locals; blocks add some.
    pub(super) locals: Vec<Type>,
    /// Locals that only the count of a loop may set.
    pub(super) counters: Vec<u32>,
    /// Locals that hold addresses, set with care.
    pub(super) addresses: Vec<u32>,
    /// For each kind of float, the local that NaNs are made canonical in.
    scratch: [Option<u32>; 2],
    /// How many more steps there may be.
    pub(super) budget: usize,
}

impl<'a, 'b> Body<'a, 'b> {
    /// The body of function `number`, with the list of its locals and its size.
    pub(super) fn generate(tape: &'a mut Tape<'b>, plan: &'a mut Plan, number: usize) -> Vec<u8> {
        let signature = plan.defined[number].clone();
        let mut locals = signature.params.clone();
        let count = [0, 3, 8, 20][tape.below(4)];
        locals.extend((0..count).map(|_| choose_type(tape)));
        let budget = [10, 30, 80, 200][tape.below(4)];
        let mut body = Body {
            tape,
            plan,
            number,
            code: Vec::new(),
            stack: Vec::new(),
            frames: Vec::new(),
            locals,
            counters: Vec::new(),
            addresses: Vec::new(),
            scratch: [None; 2],
            budget,
        };
        body.consume_fuel();
        body.frames.push(Frame::of_function(&signature));
        while !body.frames.is_empty() {
            body.step();
        }
        body.assemble(signature.params.len())
    }

    fn assemble(self, params: usize) -> Vec<u8> {
        let mut content = Vec::new();
        unsigned(&mut content, (self.locals.len() - params) as u64);
        for &ty in &self.locals[params..] {
            content.extend([1, type_byte(ty)]);
        }
        content.extend(self.code);
        let mut body = Vec::new();
        unsigned(&mut body, content.len() as u64);
        body.extend(content);
        body
    }

    fn consume_fuel(&mut self) {
        let fuel = FUEL as u8;
        // if (fuel <= 0) unreachable; fuel -= 1
        self.code.extend([0x23, fuel, 0x41, 0, 0x4c, 0x04, 0x40, 0x00, 0x0b]);
        self.code.extend([0x23, fuel, 0x41, 1, 0x6b, 0x24, fuel]);
    }

    /// One step: the end of a block, or something in it.
    fn step(&mut self) {
        if self.budget == 0 || self.tape.is_used_up() {
            return self.end();
        }
        self.budget -= 1;
        const WEIGHTS: [u8; 20] =
            [5, 26, 12, 12, 14, 12, 8, 6, 8, 8, 12, 10, 3, 3, 6, 4, 3, 3, 2, 24];
        let mut weights = WEIGHTS;
        if self.plan.loops {
            // Loops beside each other as well as in each other.
            (weights[0], weights[10], weights[12]) = (14, 36, 1);
        }
        match self.tape.weighted(&weights) {
            0 => self.end(),
            1 => self.get(),
            2 => self.set(0x21),
            3 => self.set(0x22),
            4 => self.binary(),
            5 => self.unary(),
            6 => self.compare(),
            7 => self.select(),
            8 => self.load(),
            9 => self.store(),
            10 => self.open_block(),
            11 => self.branch_if(),
            12 => self.branch(),
            13 => self.branch_table(),
            14 => self.call(),
            15 => self.global(),
            16 => self.reference(),
            17 => self.bulk(),
            18 => self.drop_top(),
            _ => self.shapes(),
        }
    }

    /// The operands of the innermost block.
    pub(super) fn own(&self) -> &[Type] {
        &self.stack[self.frames.last().map_or(0, |frame| frame.base)..]
    }

    /// The type of the uppermost operand, which is put there if there is none.
    pub(super) fn top(&mut self) -> Type {
        match self.own().last() {
            Some(&ty) => ty,
            None => {
                let ty = choose_type(self.tape);
                self.produce(ty);
                ty
            }
        }
    }

    /// The uppermost number.
    fn top_number(&mut self) -> Type {
        let ty = self.top();
        if matches!(ty, Type::FuncRef | Type::ExternRef) {
            self.produce(Type::I32);
            return Type::I32;
        }
        ty
    }

    /// Makes the uppermost operands those of `types`: what is there stays.
    pub(super) fn need(&mut self, types: &[Type]) {
        let there = (0..=types.len()).rev().find(|&count| self.own().ends_with(&types[..count]));
        for &ty in &types[there.expect("none are always there")..] {
            self.produce(ty);
        }
    }

    /// Takes `count` operands off.
    pub(super) fn take(&mut self, count: usize) {
        let rest = self.stack.len() - count;
        self.stack.truncate(rest);
    }

    /// Puts one operand of type `ty` on the stack.
    pub(super) fn produce(&mut self, ty: Type) {
        match self.tape.weighted(&[3, 8, 1]) {
            1 => {
                if let Some(local) = self.local_of(ty) {
                    self.op_index(0x20, local);
                    return self.stack.push(ty);
                }
                self.constant(ty);
            }
            2 => match self.plan.globals.iter().rposition(|&global| global == ty) {
                Some(global) => self.op_index(0x23, global as u32),
                None => self.constant(ty),
            },
            _ => self.constant(ty),
        }
        self.stack.push(ty);
    }

    /// A local of this type, the first ones more often.
    fn local_of(&mut self, ty: Type) -> Option<u32> {
        let fitting = || self.locals.iter().enumerate().filter(|(_, local)| **local == ty);
        let count = fitting().count();
        if count == 0 {
            return None;
        }
        let hot = if self.tape.chance(1, 2) { count.min(3) } else { count };
        let chosen = self.tape.below(hot);
        fitting().nth(chosen).map(|(local, _)| local as u32)
    }

    /// A new local of this type.
    pub(super) fn new_local(&mut self, ty: Type) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    /// An operator with an index.
    pub(super) fn op_index(&mut self, code: u8, index: u32) {
        self.code.push(code);
        unsigned(&mut self.code, index.into());
    }

    /// An `i32.const`, without an operand on the stack.
    pub(super) fn i32_const(&mut self, value: i32) {
        self.code.push(0x41);
        signed(&mut self.code, value.into());
    }

    fn integer(&mut self) -> u64 {
        match self.tape.weighted(&[4, 8, 1]) {
            0 => (self.tape.below(64) as u64).wrapping_sub(8),
            1 => self.tape.pick(&INTEGERS),
            _ => self.tape.bits(),
        }
    }

    fn constant(&mut self, ty: Type) {
        match ty {
            Type::I32 => {
                let value = self.integer() as i32;
                self.i32_const(value);
            }
            Type::I64 => {
                let value = self.integer();
                self.code.push(0x42);
                signed(&mut self.code, value.cast_signed());
            }
            Type::F32 => {
                let value = self.tape.pick(&FLOATS) as f32;
                self.code.push(0x43);
                self.code.extend(value.to_le_bytes());
            }
            Type::F64 => {
                let value = self.tape.pick(&FLOATS);
                self.code.push(0x44);
                self.code.extend(value.to_le_bytes());
            }
            Type::FuncRef if self.tape.chance(1, 2) => {
                let function = self.tape.below(self.plan.functions().min(8));
                self.op_index(0xd2, function as u32);
            }
            Type::FuncRef | Type::ExternRef => self.code.extend([0xd0, type_byte(ty)]),
        }
    }

    pub(super) fn get(&mut self) {
        let local = match self.own().last().copied() {
            Some(ty) if self.tape.chance(1, 2) => self.local_of(ty),
            _ => None,
        };
        let local = local.unwrap_or_else(|| {
            let count = self.locals.len().min(256);
            if count == 0 { self.new_local(Type::I32) } else { self.tape.below(count) as u32 }
        });
        self.op_index(0x20, local);
        self.stack.push(self.locals[local as usize]);
    }

    /// Whether a local is not for everybody to set.
    fn is_kept(&self, local: u32) -> bool {
        self.counters.contains(&local) || self.addresses.contains(&local)
    }

    /// `local.set` or `local.tee`.
    pub(super) fn set(&mut self, code: u8) {
        let ty = self.top();
        let local = self.local_of(ty).filter(|&local| !self.is_kept(local));
        let local = match local {
            Some(local) => local,
            None => self.new_local(ty),
        };
        self.op_index(code, local);
        if code == 0x21 {
            self.take(1);
        }
    }

    pub(super) fn drop_top(&mut self) {
        self.top();
        self.code.push(0x1a);
        self.take(1);
    }

    pub(super) fn write(&mut self, operator: Operator) {
        if operator.prefixed {
            self.code.push(0xfc);
        }
        self.code.push(operator.code);
        self.take(1 + usize::from(operator.binary));
        self.stack.push(operator.result);
    }

    /// Puts the second operand of the uppermost one's type, unless it is there.
    fn second(&mut self, ty: Type) {
        let own = self.own();
        if own.len() < 2 || own[own.len() - 2] != ty || self.tape.chance(1, 3) {
            self.produce(ty);
        }
    }

    fn binary(&mut self) {
        let ty = self.top_number();
        self.second(ty);
        let operator = operators::binary(self.tape, ty);
        match operator.care {
            Care::Divisor => self.divisor(ty),
            Care::Bits => self.canonical(ty),
            _ => (),
        }
        self.write(operator);
    }

    /// Makes the uppermost operand a divisor that is not zero, mostly.
    fn divisor(&mut self, ty: Type) {
        let (constant, or) = if ty == Type::I32 { (0x41, 0x72) } else { (0x42, 0x84) };
        match self.tape.weighted(&[5, 5, 1]) {
            0 => self.code.extend([constant, 1, or]),
            1 => {
                self.code.extend([0x1a, constant]);
                let value = self.integer().max(1);
                let value = if value as u32 == 0 { 3 } else { value };
                let wide = value.cast_signed();
                signed(&mut self.code, if ty == Type::I32 { (wide as i32).into() } else { wide });
            }
            _ => (),
        }
    }

    /// Makes the uppermost operand the canonical NaN if it is any.
    pub(super) fn canonical(&mut self, ty: Type) {
        let (place, equal) = match ty {
            Type::F32 => (0, 0x5b),
            Type::F64 => (1, 0x61),
            _ => return,
        };
        let local = match self.scratch[place] {
            Some(local) => local,
            None => self.new_local(ty),
        };
        self.scratch[place] = Some(local);
        self.op_index(0x22, local);
        if ty == Type::F32 {
            self.code.extend([0x43, 0, 0, 0xc0, 0x7f]);
        } else {
            self.code.extend([0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
        }
        self.op_index(0x20, local);
        self.op_index(0x20, local);
        self.code.extend([equal, 0x1b]);
    }

    fn unary(&mut self) {
        let ty = self.top_number();
        let mut operator = operators::unary(self.tape, ty);
        if operator.care == Care::Trapping && !self.tape.chance(1, 8) {
            operator = operators::saturating(self.tape, ty);
        }
        if operator.care == Care::Bits {
            self.canonical(ty);
        }
        self.write(operator);
    }

    fn compare(&mut self) {
        let ty = self.top_number();
        self.second(ty);
        let operator = operators::comparison(self.tape, ty);
        self.write(operator);
    }

    /// Puts an `i32` to decide by on the stack, often an open comparison.
    pub(super) fn condition(&mut self) {
        match self.tape.weighted(&[3, 4, 2, 2]) {
            0 => self.produce(Type::I32),
            1 => {
                let ty = self.tape.pick(&[Type::I32, Type::I64, Type::F64, Type::F32]);
                self.produce(ty);
                self.produce(ty);
                let operator = operators::comparison(self.tape, ty);
                self.write(operator);
            }
            2 => {
                let ty = self.tape.pick(&[Type::I32, Type::I64]);
                self.produce(ty);
                self.code.push(if ty == Type::I32 { 0x45 } else { 0x50 });
                self.take(1);
                self.stack.push(Type::I32);
            }
            _ => {
                let ty = self.tape.pick(&[Type::I32, Type::I64]);
                self.produce(ty);
                self.produce(ty);
                // and, xor, sub: what a test may fold.
                let first = if ty == Type::I32 { [0x71, 0x73, 0x6b] } else { [0x83, 0x85, 0x7d] };
                self.code.push(self.tape.pick(&first));
                self.take(1);
                if ty == Type::I64 {
                    self.code.push(0x50);
                    self.take(1);
                    self.stack.push(Type::I32);
                }
            }
        }
    }

    fn select(&mut self) {
        let ty = self.top();
        self.second(ty);
        self.condition();
        if self.plan.reader == Reader::Wasmi && matches!(self.code.last(), Some(0x45 | 0x50)) {
            self.code.extend([0x41, 1, 0x71]);
        }
        if matches!(ty, Type::FuncRef | Type::ExternRef) || self.tape.chance(1, 4) {
            self.code.extend([0x1c, 1, type_byte(ty)]);
        } else {
            self.code.push(0x1b);
        }
        self.take(2);
    }

    /// The number of a block's type.
    pub(super) fn block_type(&mut self, params: &[Type], results: &[Type]) {
        if params.is_empty() && results.len() < 2 {
            self.code.push(results.first().map_or(0x40, |&ty| type_byte(ty)));
            return;
        }
        let signature = Signature { params: params.to_vec(), results: results.to_vec() };
        let index = self.plan.type_index(&signature);
        signed(&mut self.code, index.into());
    }
}
