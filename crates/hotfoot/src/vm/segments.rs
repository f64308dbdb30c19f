//! Constant expressions and segments: what gives an instance its first
//! contents, and what bulk operations copy from later.

use std::sync::Arc;

use hotfoot_abi::RawValue;
use hotfoot_wasm::{ConstExpr, ConstOp, DataKind, ElementItems, ElementKind, ValType};

use super::bulk::{ELEMENTS, strides};
use super::instance::Instance;
use super::memory_image;
use super::store::StoreOpaque;
use crate::trap::Trap;

impl Instance {
    pub(super) fn initialise_globals(&self, store: &mut StoreOpaque) {
        let module = self.image.module();
        let imported = module.num_imported_globals();
        for (number, global) in (0..).zip(&module.globals()[imported as usize..]) {
            let init = global.init.as_ref().expect("defined globals have a first value");
            let value = self.evaluate(store, init);
            self.context.write(self.image.layout.global_cell(number), RawValue::from_u64(value));
        }
    }

    /// Fills tables and memories, in the order of the specification (section
    /// 4.5.4, steps 13 to 17).
    pub(super) fn initialise(&mut self, store: &mut StoreOpaque) -> Result<(), Trap> {
        let image = Arc::clone(&self.image);
        let module = image.module();
        let imported_tables = module.num_imported_tables() as usize;
        for (index, table) in module.tables().iter().enumerate().skip(imported_tables) {
            if let Some(init) = &table.init {
                let value = self.evaluate(store, init);
                let StoreOpaque { tables, shared, .. } = store;
                let table = &mut tables[self.tables[index] as usize];
                table.fill(0, value, table.size(), || shared.pause())?;
            }
        }
        for (index, segment) in module.elements().iter().enumerate() {
            match &segment.kind {
                ElementKind::Passive => continue,
                ElementKind::Declared => {}
                ElementKind::Active { table, offset } => {
                    let start = self.offset(store, offset);
                    let length = segment.items.len() as u64;
                    self.table_init(store, *table as usize, index, start, 0, length)?;
                }
            }
            self.drop_elements(index);
        }
        // A memory of the module's own has been written to by nobody yet.
        let mapped = match image.memory_image() {
            Some(data) => store.memories[self.memories[0] as usize].map_image(data),
            None => false,
        };
        if !mapped && let Some(range) = memory_image::dense_data(module) {
            store.memories[self.memories[0] as usize].expect_data(range);
        }
        for (index, segment) in module.data().iter().enumerate() {
            if let DataKind::Active { memory, offset } = &segment.kind {
                let start = self.offset(store, offset);
                let length = segment.bytes.len() as u64;
                if !mapped {
                    self.memory_init(store, *memory as usize, index, start, 0, length)?;
                }
                self.drop_data(index);
            }
        }
        Ok(())
    }

    /// Where an active segment goes; an i32 is unsigned here.
    fn offset(&self, store: &StoreOpaque, expression: &ConstExpr) -> u64 {
        self.evaluate(store, expression)
    }

    /// The value of a constant expression; four-byte values are zero-extended.
    fn evaluate(&self, store: &StoreOpaque, expression: &ConstExpr) -> u64 {
        if let [op] = expression.ops() {
            return self.leaf(store, *op);
        }
        let mut stack = Vec::new();
        for &op in expression.ops() {
            let value = match arithmetic(op) {
                Some(operation) => {
                    let right = stack.pop().expect("validated");
                    let left = stack.pop().expect("validated");
                    operation(left, right)
                }
                None => self.leaf(store, op),
            };
            stack.push(value);
        }
        stack.pop().expect("validated")
    }

    /// The value of an instruction without operands.
    fn leaf(&self, store: &StoreOpaque, op: ConstOp) -> u64 {
        match op {
            ConstOp::I32Const(value) => u64::from(value.cast_unsigned()),
            ConstOp::I64Const(value) => value.cast_unsigned(),
            ConstOp::F32Const(bits) => u64::from(bits),
            ConstOp::F64Const(bits) => bits,
            ConstOp::RefNull(_) => 0,
            ConstOp::RefFunc(function) => self.raw_function(function),
            ConstOp::GlobalGet(index) => {
                let global = store.globals[self.globals[index as usize] as usize];
                // SAFETY: cells live as long as their store.
                let value = unsafe { global.read() };
                match global.ty.content {
                    ValType::I32 | ValType::F32 => u64::from(value.as_u32()),
                    _ => value.as_u64(),
                }
            }
            _ => unreachable!("an operator with operands"),
        }
    }

    /// `table.init`, with the module's index of the table.
    pub(super) fn table_init(
        &self,
        store: &mut StoreOpaque,
        table: usize,
        segment: usize,
        start: u64,
        source: u64,
        length: u64,
    ) -> Result<(), Trap> {
        let items = &self.image.module().elements()[segment].items;
        let available = if self.dropped_elements[segment] { 0 } else { items.len() as u64 };
        if source.checked_add(length).is_none_or(|end| end > available) {
            return Err(Trap::TableOutOfBounds);
        }
        let table = self.tables[table] as usize;
        store.tables[table].check(start, length)?;
        for stride in strides(length as usize, ELEMENTS) {
            if stride.start > 0 {
                store.shared.pause()?;
            }
            let start = start + stride.start as u64;
            let range = source as usize + stride.start..source as usize + stride.end;
            match items {
                ElementItems::Functions(functions) => {
                    let items = functions[range].iter();
                    let values = items.map(|&function| self.raw_function(function));
                    store.tables[table].write(start, values)?;
                }
                ElementItems::Expressions(items) => {
                    let items = items[range].iter();
                    let values: Vec<u64> = items.map(|item| self.evaluate(store, item)).collect();
                    store.tables[table].write(start, values.into_iter())?;
                }
            }
        }
        Ok(())
    }

    /// `memory.init`, with the module's index of the memory.
    pub(super) fn memory_init(
        &self,
        store: &mut StoreOpaque,
        memory: usize,
        segment: usize,
        start: u64,
        source: u64,
        length: u64,
    ) -> Result<(), Trap> {
        let info = self.image.info();
        let range = info.module.data()[segment].bytes.clone();
        let bytes = if self.dropped_data[segment] { &[] } else { &info.bytes[range] };
        let end = source.checked_add(length).filter(|&end| end <= bytes.len() as u64);
        let end = end.ok_or(Trap::MemoryOutOfBounds)?;
        let StoreOpaque { memories, shared, .. } = store;
        let memory = &mut memories[self.memories[memory] as usize];
        memory.init(start, &bytes[source as usize..end as usize], || shared.pause())
    }

    pub(super) fn drop_elements(&mut self, segment: usize) -> u64 {
        self.dropped_elements[segment] = true;
        0
    }

    pub(super) fn drop_data(&mut self, segment: usize) -> u64 {
        self.dropped_data[segment] = true;
        0
    }
}

/// The function of an operator with two operands.
fn arithmetic(op: ConstOp) -> Option<fn(u64, u64) -> u64> {
    fn narrow(value: u64) -> u64 {
        u64::from(value as u32)
    }
    Some(match op {
        ConstOp::I32Add => |left, right| narrow(left.wrapping_add(right)),
        ConstOp::I32Sub => |left, right| narrow(left.wrapping_sub(right)),
        ConstOp::I32Mul => |left, right| narrow(left.wrapping_mul(right)),
        ConstOp::I64Add => u64::wrapping_add,
        ConstOp::I64Sub => u64::wrapping_sub,
        ConstOp::I64Mul => u64::wrapping_mul,
        _ => return None,
    })
}
