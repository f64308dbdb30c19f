//! Instructions that are few and far between: references, tables, indirect
//! calls, and what moves memory in bulk.

use super::facts::{F32, F64, FUNCREF, I32, I64, is_ref, type_byte};
use super::operands::{UNKNOWN, pop, pop_all, pop_any, push, push_all};
use super::{Refused, Walk, leb};
use crate::Module;
use crate::opcodes::{
    CALL_INDIRECT, MEMORY_GROW, MEMORY_SIZE, PREFIX_FC, REF_FUNC, REF_IS_NULL, REF_NULL,
    SELECT_TYPED, TABLE_GET, TABLE_SET, fc,
};

/// Where a walk is in the code, and how high its stack is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) at: u32,
    pub(super) height: u32,
}

/// An instruction in progress.
struct Rare<'a> {
    module: &'a Module,
    code: &'a [u8],
    at: usize,
    stack: &'a mut [u8],
    height: usize,
}

impl Walk {
    /// Does the instruction whose opcode is before `at`.
    #[inline(never)]
    pub(super) fn rare(
        &mut self,
        module: &Module,
        opcode: u8,
        code: &[u8],
        at: usize,
        stack: &mut [u8],
        height: usize,
    ) -> Result<Place, Refused> {
        let mut rare = Rare { module, code, at, stack, height };
        match opcode {
            CALL_INDIRECT => self.call_indirect(&mut rare)?,
            SELECT_TYPED => rare.select_typed()?,
            TABLE_GET => {
                self.note_builtin();
                let element = rare.table()?;
                rare.operate(&[I32], element)?;
            }
            TABLE_SET => {
                self.note_builtin();
                let element = rare.table()?;
                rare.operate(&[I32, element], 0)?;
            }
            MEMORY_SIZE => {
                rare.zero_byte()?;
                rare.operate(&[], I32)?;
            }
            MEMORY_GROW => {
                self.note_builtin();
                rare.zero_byte()?;
                rare.operate(&[I32], I32)?;
            }
            REF_NULL => {
                let ty = leb::reference_type(rare.code, &mut rare.at)?;
                rare.operate(&[], ty)?;
            }
            REF_IS_NULL => rare.ref_is_null()?,
            REF_FUNC => {
                self.note_builtin();
                rare.ref_func()?;
            }
            PREFIX_FC => self.prefixed(&mut rare)?,
            _ => return Err(Refused::Invalid),
        }
        Ok(Place { at: rare.at as u32, height: rare.height as u32 })
    }

    fn call_indirect(&mut self, rare: &mut Rare<'_>) -> Result<(), Refused> {
        let ty = rare.index()? as usize;
        if rare.table()? != FUNCREF {
            return Err(Refused::Invalid);
        }
        let facts = &rare.module.facts;
        let signature = facts.signatures.get(ty).ok_or(Refused::Invalid)?;
        self.note_call(&rare.module.counts[ty], true);
        self.count_moved(u64::from(signature.params) + u64::from(signature.results))?;
        let height = pop(rare.stack, rare.height, I32)?;
        let height = pop_all(rare.stack, height, facts.params(signature))?;
        rare.height = push_all(rare.stack, height, facts.results(signature))?;
        Ok(())
    }

    fn prefixed(&mut self, rare: &mut Rare<'_>) -> Result<(), Refused> {
        let opcode = rare.index()?;
        if matches!(opcode, fc::MEMORY_INIT..=fc::TABLE_GROW | fc::TABLE_FILL) {
            self.note_builtin();
        }
        match opcode {
            fc::I32_TRUNC_SAT_F32_S | fc::I32_TRUNC_SAT_F32_U => rare.operate(&[F32], I32),
            fc::I32_TRUNC_SAT_F64_S | fc::I32_TRUNC_SAT_F64_U => rare.operate(&[F64], I32),
            fc::I64_TRUNC_SAT_F32_S | fc::I64_TRUNC_SAT_F32_U => rare.operate(&[F32], I64),
            fc::I64_TRUNC_SAT_F64_S | fc::I64_TRUNC_SAT_F64_U => rare.operate(&[F64], I64),
            fc::MEMORY_INIT => {
                rare.data_segment()?;
                rare.memory()?;
                rare.operate(&[I32, I32, I32], 0)
            }
            fc::DATA_DROP => rare.data_segment(),
            fc::MEMORY_COPY => {
                rare.memory()?;
                rare.memory()?;
                rare.operate(&[I32, I32, I32], 0)
            }
            fc::MEMORY_FILL => {
                rare.memory()?;
                rare.operate(&[I32, I32, I32], 0)
            }
            fc::TABLE_INIT => {
                let elements = rare.elements()?;
                if rare.table()? != elements {
                    return Err(Refused::Invalid);
                }
                rare.operate(&[I32, I32, I32], 0)
            }
            fc::ELEM_DROP => rare.elements().map(drop),
            fc::TABLE_COPY => {
                if rare.table()? != rare.table()? {
                    return Err(Refused::Invalid);
                }
                rare.operate(&[I32, I32, I32], 0)
            }
            fc::TABLE_GROW => {
                let element = rare.table()?;
                rare.operate(&[element, I32], I32)
            }
            fc::TABLE_SIZE => {
                rare.table()?;
                rare.operate(&[], I32)
            }
            fc::TABLE_FILL => {
                let element = rare.table()?;
                rare.operate(&[I32, element, I32], 0)
            }
            _ => Err(Refused::Invalid),
        }
    }
}

impl Rare<'_> {
    fn index(&mut self) -> Result<u32, Refused> {
        leb::u32(self.code, &mut self.at)
    }

    /// Takes operands of these types and gives `result`, unless that is zero.
    fn operate(&mut self, operands: &[u8], result: u8) -> Result<(), Refused> {
        self.height = pop_all(self.stack, self.height, operands)?;
        if result != 0 {
            self.height = push(self.stack, self.height, result)?;
        }
        Ok(())
    }

    /// The type of the elements of the table that comes next.
    fn table(&mut self) -> Result<u8, Refused> {
        let index = self.index()? as usize;
        let table = self.module.tables.get(index).ok_or(Refused::Invalid)?;
        Ok(type_byte(table.ty.element))
    }

    /// The type of the elements of the segment that comes next.
    fn elements(&mut self) -> Result<u8, Refused> {
        let index = self.index()? as usize;
        let segment = self.module.elements.get(index).ok_or(Refused::Invalid)?;
        Ok(type_byte(segment.ty))
    }

    fn data_segment(&mut self) -> Result<(), Refused> {
        let index = self.index()?;
        match self.module.facts.data_count {
            Some(count) if index < count => Ok(()),
            _ => Err(Refused::Invalid),
        }
    }

    fn memory(&mut self) -> Result<(), Refused> {
        let index = self.index()? as usize;
        if index < self.module.memories.len() { Ok(()) } else { Err(Refused::Invalid) }
    }

    /// The memory of instructions that leave no choice.
    fn zero_byte(&mut self) -> Result<(), Refused> {
        let is_zero = self.code.get(self.at) == Some(&0);
        self.at += 1;
        if is_zero && !self.module.memories.is_empty() { Ok(()) } else { Err(Refused::Invalid) }
    }

    fn select_typed(&mut self) -> Result<(), Refused> {
        if self.index()? != 1 {
            return Err(Refused::Invalid);
        }
        let ty = leb::value_type(self.code, &mut self.at)?;
        self.operate(&[ty, ty, I32], ty)
    }

    fn ref_is_null(&mut self) -> Result<(), Refused> {
        let (height, ty) = pop_any(self.stack, self.height)?;
        if !is_ref(ty) && ty != UNKNOWN {
            return Err(Refused::Invalid);
        }
        self.height = push(self.stack, height, I32)?;
        Ok(())
    }

    fn ref_func(&mut self) -> Result<(), Refused> {
        let function = self.index()?;
        if !self.module.is_referenced(function) {
            return Err(Refused::Invalid);
        }
        self.operate(&[], FUNCREF)
    }
}
