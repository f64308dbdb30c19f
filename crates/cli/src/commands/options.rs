//! Options that describe how code is made.

use super::quantity;
use clap::{Args, ValueEnum};
use hotfoot::{BoundsChecks, CallForm, Compilation, Config, RegisterLimit, Tier};

/// How code is made.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Code")]
pub(super) struct CodeOptions {
    /// How accesses beyond the end of a memory are found: by guard pages, or by
    /// comparisons in the code
    #[arg(long, value_enum, default_value_t)]
    bounds: Bounds,
    /// Which compiler makes the code; without this, `run --compile eager` begins with the
    /// quick one, and what is busy goes on with the other, which does all else
    #[arg(long, value_enum)]
    tier: Option<Compiler>,
    /// The most stack that Wasm code may use (65536, 64K, 16M)
    #[arg(long, value_name = "SIZE", value_parser = quantity::size)]
    max_wasm_stack: Option<usize>,
    /// Restricts the register allocator
    #[arg(long, value_enum, default_value_t, hide = true)]
    registers: Registers,
    /// How functions of the module call each other
    #[arg(long, value_enum, default_value_t, hide = true)]
    call_form: Calls,
}

/// When functions are compiled.
#[derive(ValueEnum, Clone, Copy, Debug, Default)]
pub(super) enum When {
    // Each when it is first called.
    #[default]
    Lazy,
    // All of them before anything runs.
    Eager,
}

impl When {
    pub(super) fn compilation(self) -> Compilation {
        match self {
            When::Lazy => Compilation::Lazy,
            When::Eager => Compilation::Eager,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum Bounds {
    // By guard pages.
    #[default]
    Guard,
    // By comparisons in the code.
    Explicit,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Compiler {
    // Done first.
    Quick,
    // Makes faster code.
    Baseline,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum Registers {
    // All of them.
    #[default]
    All,
    // Three of each kind.
    Three,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum Calls {
    // Directly.
    #[default]
    Direct,
    // Through a slot that can be re-pointed.
    Slot,
}

impl CodeOptions {
    /// How much stack Wasm code may use, in bytes, if anything was said.
    pub(super) fn max_wasm_stack(&self) -> Option<usize> {
        self.max_wasm_stack
    }

    /// The configuration that the options ask for.
    pub(super) fn config(&self) -> Config {
        let mut config = Config::new();
        config.bounds_checks(match self.bounds {
            Bounds::Guard => BoundsChecks::Guard,
            Bounds::Explicit => BoundsChecks::Explicit,
        });
        match self.tier {
            Some(Compiler::Quick) => config.tier(Tier::Quick),
            Some(Compiler::Baseline) => config.tier(Tier::Baseline),
            None => &mut config,
        };
        config.register_limit(match self.registers {
            Registers::All => RegisterLimit::All,
            Registers::Three => RegisterLimit::Three,
        });
        config.call_form(match self.call_form {
            Calls::Direct => CallForm::Direct,
            Calls::Slot => CallForm::Slot,
        });
        if let Some(bytes) = self.max_wasm_stack {
            config.max_wasm_stack(bytes);
        }
        config
    }
}
