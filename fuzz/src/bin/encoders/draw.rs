//! Random operands, those at the edges of encodings more often.

use hotfoot_asm::aarch64::{Cond as ArmCond, GprOrSp, GprOrZr, Size, Vreg};
use hotfoot_asm::x64::{Gpr, OperandSize, Xmm};
use hotfoot_fuzz::random::Random;

use crate::harness::{self, FULL_SIZES, LARGE_SIZES, SCALES, Sample};
use crate::sheet;

pub(crate) struct Draw(Random);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(Random::new(seed))
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(crate) fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Any number, of any length, near a power of two more often.
    pub(crate) fn bits(&mut self) -> u64 {
        let bits = self.0.bits();
        let shift = self.below(64);
        match self.below(4) {
            0 => bits,
            1 => bits >> shift,
            2 => (1u64 << shift).wrapping_add(self.below(5) as u64).wrapping_sub(2),
            _ => (1u64 << shift).wrapping_add(self.below(5) as u64).wrapping_sub(2).wrapping_neg(),
        }
    }

    pub(crate) fn i32(&mut self) -> i32 {
        self.bits() as i32
    }

    // x86-64.

    pub(crate) fn gpr(&mut self) -> Gpr {
        Gpr::new(self.below(16) as u8)
    }

    pub(crate) fn xmm(&mut self) -> Xmm {
        Xmm::new(self.below(16) as u8)
    }

    pub(crate) fn size(&mut self) -> OperandSize {
        self.pick(&harness::SIZES)
    }

    pub(crate) fn large(&mut self) -> OperandSize {
        self.pick(&LARGE_SIZES)
    }

    pub(crate) fn full(&mut self) -> OperandSize {
        self.pick(&FULL_SIZES)
    }

    /// An address of any shape.
    pub(crate) fn sample(&mut self) -> Sample {
        const RSP: u8 = 4;
        let (base, index, disp) = (self.gpr(), self.gpr(), self.i32());
        let scale = self.pick(&SCALES);
        let is_index = index.number() != RSP;
        match self.below(6) {
            0 => Sample::Label,
            1 => harness::absolute(disp),
            2 if is_index => harness::scaled(index, scale, disp),
            3 | 4 if is_index => harness::indexed(base, index, scale, disp),
            5 if base.number() != RSP => harness::indexed(base, Gpr::new(RSP), SCALES[0], disp),
            _ => harness::base(base, disp),
        }
    }

    // AArch64.

    /// The number of a register, 31 being zero or the stack pointer.
    pub(crate) fn number(&mut self) -> u8 {
        self.below(32) as u8
    }

    pub(crate) fn zr(&mut self) -> (u8, GprOrZr) {
        let number = self.number();
        (number, sheet::zr(number))
    }

    pub(crate) fn sp(&mut self) -> (u8, GprOrSp) {
        let number = self.number();
        (number, sheet::sp(number))
    }

    pub(crate) fn v(&mut self) -> (u8, Vreg) {
        let number = self.number();
        (number, sheet::v(number))
    }

    pub(crate) fn width(&mut self) -> Size {
        self.pick(&sheet::SIZES)
    }

    pub(crate) fn condition(&mut self) -> (&'static str, ArmCond) {
        self.pick(&sheet::CONDITIONS)
    }
}
