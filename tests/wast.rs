//! Scripts of our own (`tests/wast/`), about what the official suite does not
//! reach: edges of addresses and immediates, upper halves of registers, fixed
//! registers, merges, long argument lists, the end of the stack. What fuzzing
//! found is in `regress/`, numbered.
#![forbid(unsafe_code)]

use hotfoot_cli::wast;
use hotfoot_tests::{Variant, files, in_parallel};

#[track_caller]
fn run_all(variant: Variant) {
    let scripts = [files("wast", "wast"), files("wast/regress", "wast")].concat();
    let outcomes = in_parallel(&scripts, |path| {
        let text = std::fs::read_to_string(path).expect("a script can be read");
        wast::run(&variant.config(), &path.display().to_string(), &text)
    });
    let failures: Vec<String> =
        outcomes.iter().flat_map(|outcome| &outcome.failures).map(ToString::to_string).collect();
    assert!(
        failures.is_empty(),
        "{} directives failed in the variant {variant:?}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn default() {
    run_all(Variant::Default);
}

#[test]
fn three_registers() {
    run_all(Variant::ThreeRegisters);
}

#[test]
fn explicit_bounds() {
    run_all(Variant::ExplicitBounds);
}

#[test]
fn slot_calls() {
    run_all(Variant::SlotCalls);
}

#[test]
fn lazy() {
    run_all(Variant::Lazy);
}

#[test]
fn improved_at_once() {
    run_all(Variant::ImproveAtOnce);
}

#[test]
fn lazy_improved_at_once() {
    run_all(Variant::LazyImproveAtOnce);
}

#[test]
fn improved_in_loops_explicit_bounds() {
    run_all(Variant::ImproveInLoopsExplicitBounds);
}

#[test]
fn parallel() {
    run_all(Variant::Parallel);
}

#[test]
fn improved_in_loops() {
    run_all(Variant::ImproveInLoops);
}

#[test]
fn baseline() {
    run_all(Variant::Baseline);
}

#[test]
fn quick() {
    run_all(Variant::Quick);
}

#[test]
fn quick_three_registers() {
    run_all(Variant::QuickThreeRegisters);
}

#[test]
fn quick_explicit_bounds() {
    run_all(Variant::QuickExplicitBounds);
}

#[test]
fn quick_lazy() {
    run_all(Variant::QuickLazy);
}

#[test]
fn quick_interruption() {
    run_all(Variant::QuickInterruption);
}
