//! The tables beside the code: what loop headers guarantee, which slots hold
//! references at calls, which registers a frame saves.
#![forbid(unsafe_code)]

use hotfoot_abi::{
    AddressWidth, BoundsStrategy, CallConv, CompiledFunction, ContextLayout, Isa, MemoryPlan,
    Target,
};
use hotfoot_baseline::{FunctionCompiler, ModuleEnvironment, Options, Tier};
use hotfoot_wasm::{Module, Scanner};

const TIERS: [Tier; 2] = [Tier::Quick, Tier::Baseline];

/// Compiles the defined function number `defined` of a module in text form.
fn compile(isa: Isa, wat: &str, defined: u32) -> CompiledFunction {
    compile_by(Tier::Baseline, isa, wat, defined)
}

fn compile_by(tier: Tier, isa: Isa, wat: &str, defined: u32) -> CompiledFunction {
    let bytes = wat::parse_str(wat).expect("well-formed text");
    let module = Module::parse(&bytes).expect("a valid module");
    let plan = MemoryPlan {
        width: AddressWidth::W32,
        bounds: BoundsStrategy::Guard,
        min_length: 0,
        movable: false,
    };
    let memories = vec![plan; module.memories().len()];
    let env = ModuleEnvironment {
        module: &module,
        bytes: &bytes,
        layout: ContextLayout::of(&module),
        memories: &memories,
        placed: None,
    };
    let mut scanner = Scanner::new();
    let mut out = CompiledFunction::default();
    let function = module.num_imported_functions() + defined;
    FunctionCompiler::new(Options { tier, ..Options::new(Target::typical(isa)) })
        .compile(&mut scanner, &env, function, &mut out)
        .expect("a valid body within limits");
    out
}

const COUNT_DOWN: &str = r#"
(module
  (func (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
"#;

#[test]
fn loop_headers_record_their_registers() {
    for isa in Isa::ALL {
        let out = compile(isa, COUNT_DOWN, 0);
        let [header] = out.loop_headers[..] else { panic!("one loop: {:?}", out.loop_headers) };
        let range = header.first_local as usize..(header.first_local + header.num_locals) as usize;
        let mut locals: Vec<u32> = out.loop_locals[range].iter().map(|held| held.local).collect();
        locals.sort_unstable();
        assert_eq!(locals, [0, 1], "{isa:?}: both locals stay in registers");
        for held in &out.loop_locals {
            assert!(CallConv::of(isa).allocatable.contains(held.reg));
            assert!(!held.slot_valid, "the loop writes both");
        }
        assert!((header.code_offset as usize) < out.code.len());
    }
}

#[test]
fn the_quick_tier_keeps_nothing_in_registers_at_loop_headers() {
    for isa in Isa::ALL {
        let out = compile_by(Tier::Quick, isa, COUNT_DOWN, 0);
        let [header] = out.loop_headers[..] else { panic!("one loop: {:?}", out.loop_headers) };
        assert_eq!((header.num_locals, out.loop_locals.len()), (0, 0), "{isa:?}");
        assert!((header.code_offset as usize) < out.code.len());
    }
}

const REFERENCES: &str = r#"
(module
  (func $callee (param externref) (result externref) (local.get 0))
  (func $empty)
  (func (param $a externref) (param $n i32) (result externref)
    (call $empty)
    (call $callee (local.get $a))
    (call $callee (local.get $a))
    (call $empty)
    drop))
"#;

#[test]
fn references_are_in_slots_at_calls() {
    for (isa, tier) in Isa::ALL.into_iter().flat_map(|isa| TIERS.map(|tier| (isa, tier))) {
        let out = compile_by(tier, isa, REFERENCES, 2);
        let depths: Vec<usize> =
            out.call_sites.iter().map(|site| out.references_at(site).count()).collect();
        // Nothing; nothing but the argument; the first result; two results.
        assert_eq!(depths, [0, 0, 1, 2], "{isa:?}, {tier:?}");
        let [run] = out.reference_locals[..] else { panic!("{:?}", out.reference_locals) };
        assert_eq!(run.count, 1, "{isa:?}, {tier:?}: the parameter");
        let last = out.call_sites.last().expect("four calls");
        let mut slots: Vec<i32> = out.references_at(last).collect();
        slots.push(run.lowest);
        let distinct: std::collections::BTreeSet<i32> = slots.iter().copied().collect();
        assert_eq!(distinct.len(), 3, "{isa:?}, {tier:?}: {slots:?}");
        let frame = -(out.frame.size as i32);
        assert!(
            slots.iter().all(|&slot| slot < 0 && slot >= frame),
            "{isa:?}, {tier:?}: {slots:?}"
        );
    }
}

/// References that are borrowed, null, in registers and in slots; above and below
/// others that have been seen at a call before.
const MIXED_REFERENCES: &str = r#"
(module
  (table 1 externref)
  (func $empty)
  (func (param $a externref) (param $n i32) (result externref)
    (local.get $n)
    (local.get $a)
    (call $empty)
    (ref.null extern)
    (local.get $n)
    (table.get 0 (local.get $n))
    (call $empty)
    drop drop
    (call $empty)
    drop
    (local.set $a)
    drop
    (call $empty)
    (block (result externref)
      (table.get 0 (i32.const 0))
      (loop (call $empty))
      (br_if 0 (local.get $n)))))
"#;

#[test]
fn references_of_all_kinds_are_on_the_maps() {
    for (isa, tier) in Isa::ALL.into_iter().flat_map(|isa| TIERS.map(|tier| (isa, tier))) {
        let out = compile_by(tier, isa, MIXED_REFERENCES, 1);
        let depths: Vec<usize> =
            out.call_sites.iter().map(|site| out.references_at(site).count()).collect();
        assert_eq!(depths, [1, 3, 2, 0, 1], "{isa:?}, {tier:?}");
        for site in &out.call_sites {
            let slots: Vec<i32> = out.references_at(site).collect();
            assert!(slots.windows(2).all(|pair| pair[0] < pair[1]), "{isa:?}, {tier:?}: {slots:?}");
        }
    }
}

#[test]
fn no_reference_lives_in_a_callee_saved_register_only() {
    // The reference is used in a loop that calls, which keeps integers there.
    let wat = r#"
    (module
      (func $use (param externref))
      (func (param $r externref) (param $n i32)
        (loop $again
          (call $use (local.get $r))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    "#;
    for isa in Isa::ALL {
        let out = compile(isa, wat, 1);
        let saved = CallConv::of(isa).callee_saved;
        for held in &out.loop_locals {
            assert!(held.local != 0 || !saved.contains(held.reg), "{isa:?}: {held:?}");
        }
        assert!(out.loop_locals.iter().any(|held| held.local == 1), "{isa:?}: the counter");
        assert!(!out.frame.saved.is_empty(), "{isa:?}: the counter lives across the call");
    }
}

#[test]
fn frames_name_the_registers_they_save() {
    let wat = r#"
    (module
      (func $work (param i32))
      (func (param $a i32) (param $b i32)
        (loop $again
          (call $work (local.get $a))
          (call $work (local.get $b))
          (br_if $again (local.tee $a (i32.sub (local.get $a) (local.get $b)))))))
    "#;
    for isa in Isa::ALL {
        let out = compile(isa, wat, 1);
        assert_eq!(out.frame.saved.len(), 2, "{isa:?}");
        for (index, saved) in out.frame.saved.iter().enumerate() {
            assert!(CallConv::of(isa).callee_saved.contains(saved.reg));
            assert_eq!(saved.offset, -8 * (index as i32 + 1), "densely below the frame pointer");
        }
        assert_eq!(out.frame.size % 16, 0);
    }
}
