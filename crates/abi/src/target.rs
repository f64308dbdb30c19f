//! What code is made for: an instruction set and its optional features.

/// The two instruction sets that code can be made for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Isa {
    /// x86-64, at least its second micro-architecture level (SSE4.2, POPCNT).
    X64,
    /// ARMv8-A in its 64-bit state.
    Aarch64,
}

impl Isa {
    /// Both, for tests and command lines.
    pub const ALL: [Isa; 2] = [Isa::X64, Isa::Aarch64];

    /// The name used in command lines and snapshots.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Isa::X64 => "x86_64",
            Isa::Aarch64 => "aarch64",
        }
    }
}

/// Optional instructions that code may use. Absent features cost speed, never
/// correctness.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct CpuFeatures {
    /// x86-64: LZCNT.
    pub lzcnt: bool,
    /// x86-64: BMI1 (TZCNT, ANDN, BLSR).
    pub bmi1: bool,
    /// x86-64: BMI2 (SHLX, SHRX, SARX, RORX).
    pub bmi2: bool,
    /// x86-64: AVX, for three-operand forms.
    pub avx: bool,
    /// AArch64: large system extensions (atomic read-modify-write).
    pub lse: bool,
}

/// An instruction set with the features that may be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// The instruction set.
    pub isa: Isa,
    /// Its optional parts.
    pub features: CpuFeatures,
}

impl Target {
    /// The least that every processor of this kind which is supported has.
    #[must_use]
    pub const fn minimum(isa: Isa) -> Target {
        Target {
            isa,
            features: CpuFeatures {
                lzcnt: false,
                bmi1: false,
                bmi2: false,
                avx: false,
                lse: false,
            },
        }
    }

    /// What processors of the last decade have; snapshots are made for it.
    #[must_use]
    pub const fn typical(isa: Isa) -> Target {
        let x64 = matches!(isa, Isa::X64);
        Target {
            isa,
            features: CpuFeatures { lzcnt: x64, bmi1: x64, bmi2: x64, avx: x64, lse: !x64 },
        }
    }
}
