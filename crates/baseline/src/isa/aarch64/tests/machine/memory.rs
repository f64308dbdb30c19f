//! Loads and stores.

use super::{CODE, Machine, bit, field, sign_extend};

/// Data in the code.
fn literal(code: &[u8], address: u64, bytes: u64) -> Option<u128> {
    let at = usize::try_from(address.checked_sub(CODE)?).ok()?;
    let bytes = code.get(at..at + bytes as usize)?;
    Some(bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u128::from(byte)))
}

/// Memory.
impl Machine<'_> {
    pub(super) fn memory(&mut self, w: u32, code: &[u8]) {
        match field(w, 27, 3) {
            3 => {
                let distance = sign_extend(u64::from(field(w, 5, 19)) << 2, 21);
                let at = (self.pc - 4).wrapping_add(distance);
                let bytes = 4 << field(w, 30, 2);
                assert!(bit(w, 26) && at.is_multiple_of(bytes), "an aligned vector literal");
                let value = literal(code, at, bytes).expect("a literal in the code");
                self.set_v(field(w, 0, 5), value);
            }
            5 => self.pair(w),
            7 => self.single(w, code),
            _ => panic!("{w:08x}"),
        }
    }

    fn pair(&mut self, w: u32) {
        let (rt, rn, rt2) = (field(w, 0, 5), field(w, 5, 5), field(w, 10, 5));
        let vector = bit(w, 26);
        let log2 = if vector { 2 + field(w, 30, 2) } else { 2 + u32::from(bit(w, 31)) };
        let bytes = 1u64 << log2;
        let offset = sign_extend(u64::from(field(w, 15, 7)), 7) << log2;
        let base = self.x_sp(rn);
        let after = base.wrapping_add(offset);
        let at = if field(w, 23, 2) == 1 { base } else { after };
        for (i, reg) in [rt, rt2].into_iter().enumerate() {
            let at = at.wrapping_add(i as u64 * bytes);
            match (bit(w, 22), vector) {
                (true, true) => {
                    let value = self.state.read(at, bytes);
                    self.set_v(reg, value);
                }
                (true, false) => {
                    let value = self.state.read(at, bytes) as u64;
                    self.set(reg, true, value);
                }
                (false, true) => self.state.write(at, bytes, self.v(reg)),
                (false, false) => self.state.write(at, bytes, self.x(reg).into()),
            }
        }
        if field(w, 23, 2) != 2 {
            self.set_sp(rn, true, after);
        }
    }

    fn single(&mut self, w: u32, code: &[u8]) {
        let (rt, rn) = (field(w, 0, 5), field(w, 5, 5));
        let (vector, opc) = (bit(w, 26), field(w, 22, 2));
        let log2 = if vector { field(w, 30, 2) | (opc >> 1) << 2 } else { field(w, 30, 2) };
        let bytes = 1u64 << log2;
        let base = self.x_sp(rn);
        let near = sign_extend(u64::from(field(w, 12, 9)), 9);
        let mut after = None;
        let at = if bit(w, 24) {
            base.wrapping_add(u64::from(field(w, 10, 12)) << log2)
        } else if bit(w, 21) {
            let index = Self::extended(self.x(field(w, 16, 5)), field(w, 13, 3));
            base.wrapping_add(index << if bit(w, 12) { log2 } else { 0 })
        } else {
            match field(w, 10, 2) {
                0 => base.wrapping_add(near),
                1 => {
                    after = Some(base.wrapping_add(near));
                    base
                }
                _ => {
                    after = Some(base.wrapping_add(near));
                    base.wrapping_add(near)
                }
            }
        };
        self.accesses.push(((self.pc - CODE - 4) as u32, at, bytes));
        match (vector, opc) {
            (true, 0 | 2) => self.state.write(at, bytes, self.v(rt)),
            (true, _) => {
                let value = self.state.read(at, bytes);
                self.set_v(rt, value);
            }
            (false, 0) => self.state.write(at, bytes, self.x(rt).into()),
            (false, opc) => {
                let value = match literal(code, at, bytes) {
                    Some(value) => value as u64,
                    None => self.state.read(at, bytes) as u64,
                };
                let signed = sign_extend(value, 8 * bytes as u32);
                self.set(rt, opc != 3, if opc == 1 { value } else { signed });
            }
        }
        if let Some(after) = after {
            self.set_sp(rn, true, after);
        }
    }
}
