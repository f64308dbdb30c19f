//! Modules made to blow up a compiler. For each: the code and the tables for
//! both machines are linear in the module's size. (That compiling takes linear
//! time, too, is seen by waiting for this test.)
#![forbid(unsafe_code)]

mod control;
mod limits;
mod locals;
mod values;

use hotfoot::artifact::{self, CompiledFunction, Isa, Target};
use hotfoot::{Config, Engine, Instance, Module, ModuleError, Store};
use hotfoot_tests::Variant;
use hotfoot_tests::encode::{Body, EMPTY, EXTERN_REF, F64, FUNC_REF, I32, I64, ModuleWriter};
use std::mem::size_of_val;

const BLOCK: u8 = 0x02;
const LOOP: u8 = 0x03;
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_IF: u8 = 0x0d;
const DROP: u8 = 0x1a;
const SELECT: u8 = 0x1b;
const LOCAL_GET: u8 = 0x20;
const I32_EQZ: u8 = 0x45;
const I32_ADD: u8 = 0x6a;
const I64_ADD: u8 = 0x7c;
const F64_ADD: u8 = 0xa0;

/// Bytes of code and tables for each byte of the module, at most. Ordinary code
/// takes 3 to 5. One operator of two bytes may move every register once (a call
/// among many live locals, a loop's first instruction).
const FACTOR: usize = 200;
/// Bytes for each function, at most, beyond that: prologue, alignment.
const FRAME: usize = 512;

/// Bytes that a function's code and tables take while a program runs.
fn footprint(function: &CompiledFunction) -> usize {
    function.code.len()
        + size_of_val(function.trap_sites.as_slice())
        + size_of_val(function.call_sites.as_slice())
        + size_of_val(function.reference_nodes.as_slice())
        + size_of_val(function.reference_locals.as_slice())
        + size_of_val(function.loop_headers.as_slice())
        + size_of_val(function.loop_locals.as_slice())
        + size_of_val(function.frame.saved.as_slice())
}

/// Compiles `module` for both machines and compares sizes; `factor` is used
/// instead of [`FACTOR`] where a test says why.
#[track_caller]
fn check_with_factor(module: &[u8], factor: usize) {
    for isa in Isa::ALL {
        for variant in Variant::OF_CODE {
            let target = Target::typical(isa);
            let (mut output, mut functions) = (0, 0);
            artifact::compile_each(module, target, &variant.config(), |_, _, function| {
                output += footprint(function);
                functions += 1;
            })
            .unwrap_or_else(|error| panic!("{isa:?}: {error:#}"));
            let size = module.len();
            assert!(
                output <= size * factor + functions * FRAME,
                "{isa:?}, {variant:?}: {output} bytes for a module of {size} bytes with \
                 {functions} functions, {} a byte",
                output / size
            );
        }
    }
}

#[track_caller]
fn check(module: &[u8]) {
    check_with_factor(module, FACTOR);
}

/// Checks that `module` is refused because it exceeds an implementation limit,
/// whose name has the words `what`.
#[track_caller]
fn refused(module: &[u8], what: &str) {
    let target = Target::typical(Isa::X64);
    let error = artifact::compile_each(module, target, &Config::new(), |_, _, _| {})
        .expect_err("the module is refused");
    let message = format!("{error:#}");
    assert!(
        matches!(error.downcast_ref(), Some(ModuleError::Limit { .. })) && message.contains(what),
        "{message}"
    );
}

/// A module with one function of type `() -> ()`.
fn one_function(locals: &[(u32, u8)], body: &Body) -> Vec<u8> {
    let mut module = ModuleWriter::new();
    module.memory(1);
    let ty = module.ty(&[], &[]);
    module.function(ty, locals, &body.0);
    module.finish()
}
