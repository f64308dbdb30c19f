//! What bodies do to the world: memories, tables, globals, calls.

use super::binary::unsigned;
use super::body::Body;
use super::plan::{DATA, ELEMENTS, REFERENCES};
use crate::value::Type;

impl Body<'_, '_> {
    /// Puts an address on the stack, in bounds with the returned offset, mostly.
    fn address(&mut self) -> u32 {
        const NEAR: [u32; 12] = [0, 1, 4, 8, 255, 256, 4088, 4095, 4096, 16380, 32760, 32752];
        const FAR: [u32; 8] =
            [65528, 65532, 65535, 65536, 0x7fff_fff8, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];
        match self.tape.weighted(&[12, 4, 1]) {
            0 => {
                self.need(&[Type::I32]);
                let mask = self.tape.pick(&[0x7fff, 0x7ff8, 0xff, 0x3fff]);
                self.i32_const(mask);
                self.code.push(0x71);
                self.tape.pick(&NEAR)
            }
            1 => {
                let address = self.tape.pick(&[0, 65528, 65532, 65520, 65535, 32768]);
                self.i32_const(address);
                self.stack.push(Type::I32);
                [0, 0, 0, 1, 8][self.tape.below(5)]
            }
            _ => {
                self.need(&[Type::I32]);
                let far = self.tape.chance(1, 2);
                if far { self.tape.pick(&FAR) } else { self.tape.pick(&NEAR) }
            }
        }
    }

    fn memory_argument(&mut self, offset: u32) {
        self.code.push(0);
        unsigned(&mut self.code, offset.into());
    }

    pub(super) fn load(&mut self) {
        let offset = self.address();
        let code = 0x28 + self.tape.below(14) as u8;
        self.code.push(code);
        self.memory_argument(offset);
        self.take(1);
        self.stack.push(match code {
            0x28 | 0x2c..=0x2f => Type::I32,
            0x2a => Type::F32,
            0x2b => Type::F64,
            _ => Type::I64,
        });
    }

    pub(super) fn store(&mut self) {
        let code = 0x36 + self.tape.below(9) as u8;
        let ty = match code {
            0x36 | 0x3a | 0x3b => Type::I32,
            0x38 => Type::F32,
            0x39 => Type::F64,
            _ => Type::I64,
        };
        let offset = self.address();
        self.produce(ty);
        self.canonical(ty);
        self.code.push(code);
        self.memory_argument(offset);
        self.take(2);
    }

    pub(super) fn call(&mut self) {
        let functions = self.plan.functions();
        if self.tape.chance(1, 4) {
            return self.call_indirect();
        }
        // Later functions mostly, so that calls end before the fuel does.
        let first =
            if self.tape.chance(1, 8) { 0 } else { self.plan.imported.len() + self.number + 1 };
        let below = first.min(functions);
        let count = functions - below + self.plan.imported.len();
        if count == 0 {
            return self.get();
        }
        let function = (below + self.tape.below(count)) % functions;
        let signature = self.plan.signature(function).clone();
        self.need(&signature.params);
        self.op_index(0x10, function as u32);
        self.take(signature.params.len());
        self.stack.extend(signature.results);
    }

    fn call_indirect(&mut self) {
        let index = self.tape.below(ELEMENTS as usize) as u32;
        let wrong = self.tape.chance(1, 12);
        let function = self.plan.element(if wrong { index + 1 } else { index });
        let signature = self.plan.signature(function).clone();
        let ty = self.plan.type_index(&signature);
        self.need(&signature.params);
        if self.tape.chance(1, 2) {
            self.i32_const(index.cast_signed());
        } else {
            // (x & 0) + index, which is no constant.
            self.produce(Type::I32);
            self.code.extend([0x41, 0, 0x71]);
            self.i32_const(index.cast_signed());
            self.code.push(0x6a);
            self.take(1);
        }
        self.op_index(0x11, ty);
        self.code.push(0);
        self.take(signature.params.len());
        self.stack.extend(signature.results);
    }

    pub(super) fn global(&mut self) {
        let global = 1 + self.tape.below(self.plan.globals.len() - 1);
        let ty = self.plan.globals[global];
        if self.tape.chance(1, 2) {
            self.need(&[ty]);
            self.op_index(0x24, global as u32);
            self.take(1);
        } else {
            self.op_index(0x23, global as u32);
            self.stack.push(ty);
        }
    }

    pub(super) fn reference(&mut self) {
        match self.tape.below(4) {
            0 => {
                let ty = self.tape.pick(&[Type::FuncRef, Type::ExternRef]);
                self.need(&[ty]);
                self.code.push(0xd1);
                self.take(1);
                self.stack.push(Type::I32);
            }
            1 => {
                self.reference_index();
                self.op_index(0x25, 1);
                self.take(1);
                self.stack.push(Type::ExternRef);
            }
            2 => {
                self.reference_index();
                self.produce(Type::ExternRef);
                self.op_index(0x26, 1);
                self.take(2);
            }
            _ => {
                // table.grow by at most one.
                self.produce(Type::ExternRef);
                self.i32_const(1);
                self.code.extend([0xfc, 15, 1]);
                self.take(1);
                self.stack.push(Type::I32);
            }
        }
    }

    fn reference_index(&mut self) {
        self.need(&[Type::I32]);
        if !self.tape.chance(1, 16) {
            self.i32_const(REFERENCES.cast_signed() - 1);
            self.code.push(0x71);
        }
    }

    pub(super) fn bulk(&mut self) {
        match self.tape.below(5) {
            0 => {
                self.code.extend([0x3f, 0]);
                self.stack.push(Type::I32);
            }
            1 => {
                self.i32_const(1);
                self.code.extend([0x40, 0]);
                self.stack.push(Type::I32);
            }
            which => {
                self.address();
                if which == 2 {
                    self.produce(Type::I32);
                } else if which == 3 {
                    self.i32_const(100);
                    self.stack.push(Type::I32);
                } else {
                    self.i32_const(3);
                    self.stack.push(Type::I32);
                }
                let length = self.tape.below(DATA as usize - 3) as i32;
                self.i32_const(length);
                self.code.extend(match which {
                    2 => [0xfc, 11, 0].as_slice(),
                    3 => &[0xfc, 10, 0, 0],
                    _ => &[0xfc, 8, 1, 0],
                });
                self.take(2);
            }
        }
    }
}
