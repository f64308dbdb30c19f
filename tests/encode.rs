//! A writer of modules in the binary format, for modules that are too large or
//! too odd for the text format.

/// `i32`
pub const I32: u8 = 0x7f;
/// `i64`
pub const I64: u8 = 0x7e;
/// `f32`
pub const F32: u8 = 0x7d;
/// `f64`
pub const F64: u8 = 0x7c;
/// `externref`
pub const EXTERN_REF: u8 = 0x6f;
/// `funcref`
pub const FUNC_REF: u8 = 0x70;
/// The block type without parameters and results.
pub const EMPTY: u8 = 0x40;

/// Appends `value` as an unsigned LEB128.
pub fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Appends `value` as a signed LEB128.
pub fn signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// A list that counts its entries.
#[derive(Clone, Default, Debug)]
struct Entries {
    count: u64,
    bytes: Vec<u8>,
}

impl Entries {
    fn section(&self, out: &mut Vec<u8>, id: u8) {
        if self.count == 0 {
            return;
        }
        let mut content = Vec::new();
        unsigned(&mut content, self.count);
        content.extend_from_slice(&self.bytes);
        out.push(id);
        unsigned(out, content.len() as u64);
        out.append(&mut content);
    }
}

/// A module in the making. Functions, types, tables and so on are numbered in
/// the order in which they are added; there are no imports.
#[derive(Clone, Default, Debug)]
pub struct ModuleWriter {
    types: Entries,
    functions: Entries,
    tables: Entries,
    memories: Entries,
    globals: Entries,
    exports: Entries,
    code: Entries,
}

impl ModuleWriter {
    /// An empty module.
    #[must_use]
    pub fn new() -> ModuleWriter {
        ModuleWriter::default()
    }

    /// Adds a function type, and returns its index.
    pub fn ty(&mut self, params: &[u8], results: &[u8]) -> u32 {
        let out = &mut self.types.bytes;
        out.push(0x60);
        unsigned(out, params.len() as u64);
        out.extend_from_slice(params);
        unsigned(out, results.len() as u64);
        out.extend_from_slice(results);
        self.types.count += 1;
        self.types.count as u32 - 1
    }

    /// Adds a memory of `pages` pages.
    pub fn memory(&mut self, pages: u32) {
        self.memories.bytes.push(0);
        unsigned(&mut self.memories.bytes, pages.into());
        self.memories.count += 1;
    }

    /// Adds a table of `size` elements.
    pub fn table(&mut self, element: u8, size: u32) {
        self.tables.bytes.extend_from_slice(&[element, 0]);
        unsigned(&mut self.tables.bytes, size.into());
        self.tables.count += 1;
    }

    /// Adds a mutable global of type `i64`.
    pub fn global(&mut self) {
        self.globals.bytes.extend_from_slice(&[I64, 1, 0x42, 0, 0x0b]);
        self.globals.count += 1;
    }

    /// Adds a function of type `ty`; `locals` are runs of locals of one type,
    /// `code` is the body without its last `end`.
    pub fn function(&mut self, ty: u32, locals: &[(u32, u8)], code: &[u8]) -> u32 {
        unsigned(&mut self.functions.bytes, ty.into());
        self.functions.count += 1;
        let mut body = Vec::new();
        unsigned(&mut body, locals.len() as u64);
        for &(count, ty) in locals {
            unsigned(&mut body, count.into());
            body.push(ty);
        }
        unsigned(&mut self.code.bytes, (body.len() + code.len() + 1) as u64);
        self.code.bytes.append(&mut body);
        self.code.bytes.extend_from_slice(code);
        self.code.bytes.push(0x0b);
        self.code.count += 1;
        self.functions.count as u32 - 1
    }

    /// Exports function `index`.
    pub fn export(&mut self, name: &str, index: u32) {
        let out = &mut self.exports.bytes;
        unsigned(out, name.len() as u64);
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        unsigned(out, index.into());
        self.exports.count += 1;
    }

    /// The module.
    #[must_use]
    pub fn finish(&self) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        self.types.section(&mut out, 1);
        self.functions.section(&mut out, 3);
        self.tables.section(&mut out, 4);
        self.memories.section(&mut out, 5);
        self.globals.section(&mut out, 6);
        self.exports.section(&mut out, 7);
        self.code.section(&mut out, 10);
        out
    }
}

/// Operators of a body in the making.
#[derive(Clone, Default, Debug)]
pub struct Body(pub Vec<u8>);

impl Body {
    /// No operators.
    #[must_use]
    pub fn new() -> Body {
        Body::default()
    }

    /// Appends operators as bytes.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Body {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends an operator with an unsigned immediate.
    pub fn op(&mut self, opcode: u8, immediate: u32) -> &mut Body {
        self.0.push(opcode);
        unsigned(&mut self.0, immediate.into());
        self
    }

    /// `local.get`
    pub fn get(&mut self, local: u32) -> &mut Body {
        self.op(0x20, local)
    }

    /// `local.set`
    pub fn set(&mut self, local: u32) -> &mut Body {
        self.op(0x21, local)
    }

    /// `local.tee`
    pub fn tee(&mut self, local: u32) -> &mut Body {
        self.op(0x22, local)
    }

    /// `call`
    pub fn call(&mut self, function: u32) -> &mut Body {
        self.op(0x10, function)
    }

    /// `i32.const`
    pub fn i32(&mut self, value: i32) -> &mut Body {
        self.0.push(0x41);
        signed(&mut self.0, value.into());
        self
    }

    /// `i64.const`
    pub fn i64(&mut self, value: i64) -> &mut Body {
        self.0.push(0x42);
        signed(&mut self.0, value);
        self
    }

    /// `f64.const`
    pub fn f64(&mut self, value: f64) -> &mut Body {
        self.0.push(0x44);
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
        self
    }

    /// `block`, `loop` or `if` (0x02, 0x03, 0x04) of the function type `ty`.
    pub fn typed(&mut self, opcode: u8, ty: u32) -> &mut Body {
        self.0.push(opcode);
        signed(&mut self.0, ty.into());
        self
    }

    /// `br_table` with `targets`, the last of which is the default.
    pub fn br_table(&mut self, targets: &[u32]) -> &mut Body {
        self.0.push(0x0e);
        unsigned(&mut self.0, targets.len() as u64 - 1);
        for &target in targets {
            unsigned(&mut self.0, target.into());
        }
        self
    }

    /// Appends `part` `count` times.
    pub fn repeat(&mut self, count: usize, part: &[u8]) -> &mut Body {
        self.0.reserve(count * part.len());
        for _ in 0..count {
            self.0.extend_from_slice(part);
        }
        self
    }
}
