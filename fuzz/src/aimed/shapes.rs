//! What a compiler makes one instruction of several for: loads, products and
//! shifts that only the next operator reads, accesses by the same address,
//! copies and fills of a few bytes, comparisons of what was just computed; and
//! between them what may not be passed over.

use super::binary::unsigned;
use super::body::Body;
use super::operators;
use crate::value::Type;

/// Offsets of accesses, small ones and the edges of what instructions take.
const OFFSETS: [u32; 12] = [0, 1, 3, 4, 8, 16, 63, 127, 128, 255, 4096, 16380];

/// What a load of each type is: the operator, and its result.
const LOADS: [(u8, Type); 14] = [
    (0x28, Type::I32),
    (0x29, Type::I64),
    (0x2a, Type::F32),
    (0x2b, Type::F64),
    (0x2c, Type::I32),
    (0x2d, Type::I32),
    (0x2e, Type::I32),
    (0x2f, Type::I32),
    (0x30, Type::I64),
    (0x31, Type::I64),
    (0x32, Type::I64),
    (0x33, Type::I64),
    (0x34, Type::I64),
    (0x35, Type::I64),
];

impl Body<'_, '_> {
    /// A few of these in a row, which leave the operand stack as it was.
    pub(super) fn shapes(&mut self) {
        for _ in 0..1 + self.tape.below(5) {
            match self.tape.weighted(&[5, 3, 3, 4, 4, 3, 2, 2, 3]) {
                0 => self.load_and_operate(),
                1 => self.load_and_compare(),
                2 => self.compute_and_compare(),
                3 => self.multiply_or_shift(),
                4 => self.store_at_address(),
                5 => self.move_address(),
                6 => self.few_bytes(),
                7 => self.disturb(),
                _ => self.load_for_later(),
            }
        }
    }

    /// A local that holds an address inside the first half of a page, mostly.
    fn address_local(&mut self) -> u32 {
        if self.addresses.is_empty() || self.addresses.len() < 6 && self.tape.chance(1, 5) {
            let local = self.new_local(Type::I32);
            self.addresses.push(local);
            self.set_address(local);
        }
        let known = self.addresses.len();
        self.addresses[self.tape.below(known)]
    }

    fn set_address(&mut self, local: u32) {
        self.produce(Type::I32);
        if !self.tape.chance(1, 24) {
            let mask = self.tape.pick(&[0x7fff, 0x7ff8, 0xff, 0x3fff]);
            self.i32_const(mask);
            self.code.push(0x71);
        }
        self.set_local(local);
    }

    fn get_local(&mut self, local: u32) {
        self.op_index(0x20, local);
        self.stack.push(self.locals[local as usize]);
    }

    fn set_local(&mut self, local: u32) {
        self.op_index(0x21, local);
        self.take(1);
    }

    /// Sets some local, or lets the value be.
    fn consume(&mut self) {
        match self.tape.weighted(&[6, 2, 1]) {
            0 => self.set(0x21),
            1 => {
                self.set(0x22);
                self.drop_top();
            }
            _ => self.drop_top(),
        }
    }

    fn offset(&mut self) -> u32 {
        if self.tape.chance(1, 40) { 65533 } else { self.tape.pick(&OFFSETS) }
    }

    fn access(&mut self, code: u8, offset: u32) {
        self.code.extend([code, 0]);
        unsigned(&mut self.code, offset.into());
    }

    fn load_of(&mut self, code: u8, ty: Type) {
        let local = self.address_local();
        self.get_local(local);
        let offset = self.offset();
        self.access(code, offset);
        self.take(1);
        self.stack.push(ty);
    }

    fn number_type(&mut self) -> Type {
        self.tape.pick(&[Type::I32, Type::I64, Type::I32, Type::F32, Type::F64])
    }

    /// A load of `ty`, of its whole width more often.
    fn load_number(&mut self, ty: Type) {
        let fitting: Vec<u8> =
            LOADS.iter().filter(|load| load.1 == ty).map(|load| load.0).collect();
        let code = if self.tape.chance(2, 3) { fitting[0] } else { self.tape.pick(&fitting) };
        self.load_of(code, ty);
    }

    /// A load on one side of an operator, or on both, at times with something
    /// between that the load must not pass.
    fn load_and_operate(&mut self) {
        let ty = self.number_type();
        match self.tape.below(4) {
            0 => {
                self.load_number(ty);
                self.between();
                self.produce(ty);
            }
            1 => {
                self.load_number(ty);
                self.between();
                self.load_number(ty);
            }
            _ => {
                self.produce(ty);
                self.load_number(ty);
                self.between();
            }
        }
        self.operate(ty);
        self.consume();
    }

    fn operate(&mut self, ty: Type) {
        let mut operator = operators::binary(self.tape, ty);
        while operator.care != operators::Care::None {
            operator = operators::binary(self.tape, ty);
            if self.tape.is_used_up() {
                // Addition comes first.
                operator = operators::addition(ty);
            }
        }
        self.write(operator);
    }

    /// What a load must not pass, seldom: the operands stay.
    fn between(&mut self) {
        match self.tape.weighted(&[10, 2, 1, 1, 1]) {
            0 => (),
            1 => self.store_at_address(),
            2 => self.disturb(),
            3 => self.move_address(),
            _ => self.few_bytes(),
        }
    }

    fn load_and_compare(&mut self) {
        let ty = self.tape.pick(&[Type::I32, Type::I64, Type::I32]);
        if self.tape.chance(1, 3) {
            self.produce(ty);
            self.load_number(ty);
        } else {
            let code = match ty {
                Type::I32 => self.tape.pick(&[0x2d, 0x28, 0x2c]),
                _ => self.tape.pick(&[0x31, 0x29, 0x35]),
            };
            self.load_of(code, ty);
            self.between();
            self.produce(ty);
        }
        let operator = operators::comparison(self.tape, ty);
        self.write(operator);
        self.decide();
    }

    /// A comparison with zero of what was just computed, which stays in a local.
    fn compute_and_compare(&mut self) {
        let ty = self.tape.pick(&[Type::I32, Type::I64]);
        self.produce(ty);
        self.produce(ty);
        self.operate(ty);
        let keeps = self.tape.chance(1, 2);
        if keeps {
            self.set(0x22);
        }
        self.zero(ty);
        let operator = operators::comparison(self.tape, ty);
        self.write(operator);
        self.decide();
    }

    fn zero(&mut self, ty: Type) {
        self.code.extend(if ty == Type::I32 { [0x41, 0] } else { [0x42, 0] });
        self.stack.push(ty);
    }

    /// Uses the condition on the stack.
    fn decide(&mut self) {
        match self.tape.below(3) {
            0 => {
                // if (then a store, at times)
                self.code.extend([0x04, 0x40]);
                self.take(1);
                if self.tape.chance(1, 2) {
                    self.store_at_address();
                } else {
                    self.load_for_later();
                }
                self.code.push(0x0b);
            }
            1 => {
                // Not what is known to go wrong in wasmi.
                let ty = self.tape.pick(&[Type::I32, Type::I64, Type::F64]);
                let condition = self.new_local(Type::I32);
                self.set_local(condition);
                self.produce(ty);
                self.produce(ty);
                self.get_local(condition);
                self.code.push(0x1b);
                self.take(2);
                self.consume();
            }
            _ => self.consume(),
        }
    }

    /// Products and shifted values in sums, differences and logic.
    fn multiply_or_shift(&mut self) {
        let ty = self.tape.pick(&[Type::I32, Type::I64]);
        let base = if ty == Type::I32 { 0x6a } else { 0x7c };
        // add, sub, mul, and, or, xor
        let outer = base + self.tape.pick(&[0, 1, 0, 7, 8, 9]);
        let part_first = self.tape.chance(1, 2);
        if !part_first {
            self.produce(ty);
        }
        self.produce(ty);
        if self.tape.chance(1, 2) {
            self.produce(ty);
            self.code.push(base + 2);
        } else {
            let count = self.tape.pick(&[0, 1, 2, 3, 7, 31, 32, 33, 63]);
            self.code.push(if ty == Type::I32 { 0x41 } else { 0x42 });
            super::binary::signed(&mut self.code, count);
            self.stack.push(ty);
            // shl, shr_s, shr_u, rotl, rotr
            let shift = base + 10 + self.tape.below(5) as u8;
            self.code.push(shift);
        }
        self.take(1);
        if self.tape.chance(1, 6) {
            self.set(0x22);
        }
        if part_first {
            self.produce(ty);
        }
        self.code.push(outer);
        self.take(1);
        self.consume();
    }

    fn store_at_address(&mut self) {
        let local = self.address_local();
        self.get_local(local);
        let ty = self.number_type();
        if self.tape.chance(1, 4) {
            self.load_number(ty);
        } else {
            self.produce(ty);
        }
        self.canonical(ty);
        let code = match ty {
            Type::I32 => self.tape.pick(&[0x36, 0x3a, 0x3b]),
            Type::I64 => self.tape.pick(&[0x37, 0x3c, 0x3d, 0x3e]),
            Type::F32 => 0x38,
            _ => 0x39,
        };
        let offset = self.offset();
        self.access(code, offset);
        self.take(2);
    }

    /// Changes an address, often to what the memory there says.
    fn move_address(&mut self) {
        let local = self.address_local();
        match self.tape.below(3) {
            0 => self.set_address(local),
            1 => {
                self.get_local(local);
                let step = self.tape.pick(&[1, 4, 8, 16, -4]);
                self.i32_const(step);
                self.code.push(0x6a);
                self.i32_const(0x7fff);
                self.code.push(0x71);
                self.set_local(local);
            }
            _ => {
                self.load_of(0x28, Type::I32);
                self.i32_const(0x7ff8);
                self.code.push(0x71);
                self.set_local(local);
            }
        }
    }

    /// Copies and fills of a known, small length, which may overlap and may be
    /// partly outside.
    fn few_bytes(&mut self) {
        let is_fill = self.tape.chance(1, 2);
        self.edge_or_address();
        if !is_fill {
            self.edge_or_address();
        } else if self.tape.chance(3, 4) {
            let byte = self.tape.pick(&[0, -1, 1, 0x80, 0x1ff, 0x7f]);
            self.i32_const(byte);
            self.stack.push(Type::I32);
        } else {
            self.produce(Type::I32);
        }
        let length = self.tape.below(70) as i32;
        self.i32_const(length);
        self.code.extend(if is_fill { [0xfc, 11, 0].as_slice() } else { &[0xfc, 10, 0, 0] });
        self.take(2);
    }

    fn edge_or_address(&mut self) {
        if self.tape.chance(1, 10) {
            let edge = self.tape.pick(&[65536 - 64, 65536 - 8, 65536 - 1, 65536, 0, -8]);
            self.i32_const(edge);
            self.stack.push(Type::I32);
            return;
        }
        let local = self.address_local();
        self.get_local(local);
        if self.tape.chance(1, 4) {
            let step = self.tape.pick(&[1, 7, 8, 31, 64]);
            self.i32_const(step);
            self.code.push(0x6a);
        }
    }

    /// What changes the world between two accesses.
    fn disturb(&mut self) {
        match self.tape.below(3) {
            0 => {
                // memory.grow by none or one
                let pages = self.tape.below(2) as i32;
                self.i32_const(pages);
                self.code.extend([0x40, 0]);
                self.stack.push(Type::I32);
                self.consume();
            }
            1 => {
                let global = 1 + self.tape.below(4);
                let ty = self.plan.globals[global];
                self.produce(ty);
                self.op_index(0x24, global as u32);
                self.take(1);
            }
            _ => {
                let global = 1 + self.tape.below(4);
                let ty = self.plan.globals[global];
                self.op_index(0x23, global as u32);
                self.stack.push(ty);
                self.consume();
            }
        }
    }

    /// A load whose value waits in a local.
    fn load_for_later(&mut self) {
        let ty = self.number_type();
        self.load_number(ty);
        self.consume();
    }
}
