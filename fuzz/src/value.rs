//! Values, failures and states in terms that all engines share, and what the
//! imported functions do.

use crate::random::{Random, mix};

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Type {
    I32,
    I64,
    F32,
    F64,
    FuncRef,
    ExternRef,
}

/// A value as far as engines can be compared: all NaNs are one, a function
/// reference is null or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`, as bits.
    F32(u32),
    /// An `f64`, as bits.
    F64(u64),
    /// Whether a `funcref` refers to a function.
    FuncRef(bool),
    /// An `externref`, with the number that it carries.
    ExternRef(Option<u32>),
}

impl Value {
    /// An `f32` with these bits, or the canonical NaN.
    #[must_use]
    pub fn f32(bits: u32) -> Value {
        Value::F32(if f32::from_bits(bits).is_nan() { 0x7fc0_0000 } else { bits })
    }

    /// An `f64` with these bits, or the canonical NaN.
    #[must_use]
    pub fn f64(bits: u64) -> Value {
        Value::F64(if f64::from_bits(bits).is_nan() { 0x7ff8_0000_0000_0000 } else { bits })
    }

    fn digest(self) -> u64 {
        match self {
            Value::I32(value) => mix(value.cast_unsigned().into()),
            Value::I64(value) => mix(value.cast_unsigned() ^ 1),
            Value::F32(bits) => mix(u64::from(bits) ^ 2 << 40),
            Value::F64(bits) => mix(bits ^ 3),
            Value::FuncRef(present) => mix(u64::from(present) ^ 4 << 40),
            Value::ExternRef(number) => mix(number.map_or(5 << 40, u64::from)),
        }
    }
}

/// Why something did not end as it should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// A trap, by a name that all engines share.
    Trap(&'static str),
    /// A failure of an imported function.
    Host,
    /// A limit that engines may set as they like, such as that of the stack.
    Limit(String),
    /// An error at instantiation, or something that must not happen.
    Other(String),
    /// A panic of the engine.
    Panic(String),
}

/// All of an instance that can be observed from outside.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// A digest of all calls of imported functions so far, and their number.
    pub host: (u64, u32),
    /// The exported globals.
    pub globals: Vec<(String, Value)>,
    /// The exported memories: their sizes in bytes and hashes.
    pub memories: Vec<(String, usize, u64)>,
    /// The exported tables: their sizes and digests.
    pub tables: Vec<(String, usize, u64)>,
}

impl State {
    /// Adds a table with these elements.
    pub fn push_table(&mut self, name: String, elements: impl Iterator<Item = Value>) {
        let (mut size, mut digest) = (0, 0);
        for element in elements {
            size += 1;
            digest = mix(digest ^ element.digest());
        }
        self.tables.push((name, size, digest));
    }
}

/// Sorts exports by name: not every engine keeps the module's order.
pub fn sort<T>(exports: &mut [(String, T)]) {
    exports.sort_by(|(a, _), (b, _)| a.cmp(b));
}

/// What the imported functions share.
#[derive(Clone, Debug, Default)]
pub struct Host {
    digest: u64,
    calls: u32,
}

impl Host {
    /// A call of the imported function number `import` with `params`: its
    /// results, or nothing if it fails, which it does now and then.
    pub fn call(
        &mut self,
        import: usize,
        params: &[Value],
        results: &[Type],
    ) -> Option<Vec<Value>> {
        self.calls += 1;
        self.digest = mix(self.digest ^ import as u64);
        for param in params {
            self.digest = mix(self.digest.rotate_left(7) ^ param.digest());
        }
        let mut random = Random::new(self.digest);
        if random.below(512) == 0 {
            return None;
        }
        Some(results.iter().map(|&ty| interesting(&mut random, ty)).collect())
    }

    /// For [`State::host`].
    #[must_use]
    pub fn summary(&self) -> (u64, u32) {
        (self.digest, self.calls)
    }
}

/// The integers at which something changes.
pub const INTEGERS: [u64; 48] = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    31,
    32,
    33,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    0xfff,
    0x1000,
    0x1001,
    0x7fff,
    0x8000,
    0xfff0,
    0xffff,
    0x1_0000,
    0xff_f000,
    0xff_ffff,
    0x100_0000,
    0x5555_5555,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ff80,
    0xffff_8000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x7fff_ffff_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0001,
    0xffff_ffff_0000_0000,
    0xffff_ffff_7fff_ffff,
    0xffff_ffff_8000_0000,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// The floats at which something changes, as `f64`s; many are exact as `f32`s.
pub const FLOATS: [f64; 28] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    100.25,
    -127.75,
    32768.0,
    16_777_217.0,
    2_147_483_647.0,
    2_147_483_648.0,
    -2_147_483_648.0,
    -2_147_483_649.0,
    4_294_967_295.0,
    4_294_967_296.0,
    9_223_372_036_854_775_807.0,
    -9_223_372_036_854_775_808.0,
    18_446_744_073_709_551_616.0,
    1e-45,
    1e-310,
    3.5e38,
    1e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

/// A value of type `ty`, most often one at which something changes.
pub fn interesting(random: &mut Random, ty: Type) -> Value {
    let integer = match random.below(4) {
        0 => random.bits(),
        1 => (random.below(64) as u64).wrapping_sub(16),
        _ => INTEGERS[random.below(INTEGERS.len())],
    };
    let float = match random.below(8) {
        0 => f64::NAN,
        1 => f64::from((integer >> 40) as i32) / 8.0,
        _ => FLOATS[random.below(FLOATS.len())],
    };
    match ty {
        Type::I32 => Value::I32(integer as i32),
        Type::I64 => Value::I64(integer.cast_signed()),
        Type::F32 => Value::f32((float as f32).to_bits()),
        Type::F64 => Value::f64(float.to_bits()),
        Type::FuncRef => Value::FuncRef(false),
        Type::ExternRef if integer & 3 == 0 => Value::ExternRef(None),
        Type::ExternRef => Value::ExternRef(Some(integer as u8 as u32)),
    }
}
