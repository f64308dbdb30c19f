//! Tests of the floor that talks to the machine and the operating system, with
//! code assembled by hand.
//!
//! `machine` has these functions, each with a frame of its own:
//!
//! * `entry_trampoline`: passes two integers, stores one result;
//! * `load`: the eight bytes at memory base + argument; `trap`: traps at once;
//!   `divide` (x86-64): faults when its second argument is zero;
//! * `call`: one more than what its callee returns; `recurse`: calls until the
//!   stack limit; `call_helper`: calls a C function with context and argument;
//!   `call_helper_or_leave`: the same, its result being a status;
//! * `catching`, `leaving_instance`, `throwing`: three frames that save and
//!   overwrite different callee-saved registers, see [`frames`];
//! * `tail_caller`, `tail_middle`, `tail_callee`: a call whose callee is
//!   replaced by one with a larger argument area.

#[cfg(target_arch = "x86_64")]
#[path = "x64.rs"]
mod machine;

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod machine;

mod foreign;
mod frames;
mod mappings;
mod threads;
mod tiers;
mod traps;

use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use hotfoot_abi::compiled::NO_REFERENCES;
use hotfoot_abi::context::{MemoryDefinition, StackState, VmContext};
use hotfoot_abi::{CallSite, CompiledFunction, FrameLayout, RawValue, TrapCode, TrapSite};
use hotfoot_asm::{CodeBuffer, RelocKind};

use super::code_memory::{CodePool, CodeRegion};
use super::enter::{self, Entry, RawExit, RawTrap};
use super::registry::{CodeTables, RegisteredCode};
use super::signals::FaultRanges;
use super::sys::Reservation;
use super::unwind;

fn trap_site(code_offset: u32, code: TrapCode) -> TrapSite {
    TrapSite { code_offset, wasm_offset: 1000 + code_offset, code }
}

fn call_site(return_offset: u32) -> CallSite {
    CallSite { return_offset, wasm_offset: 2000 + return_offset, references: NO_REFERENCES }
}

fn finish(
    buffer: &mut CodeBuffer,
    frame: FrameLayout,
    trap_sites: Vec<TrapSite>,
    call_sites: Vec<CallSite>,
) -> CompiledFunction {
    buffer.finish();
    CompiledFunction {
        code: buffer.bytes().to_vec(),
        relocations: buffer.relocations().to_vec(),
        trap_sites,
        call_sites,
        frame,
        ..CompiledFunction::default()
    }
}

/// Where all programs of the tests lie.
fn pool() -> &'static CodePool {
    static POOL: OnceLock<CodePool> = OnceLock::new();
    POOL.get_or_init(CodePool::default)
}

/// Linked functions. Relocation targets are positions in the list.
struct Program {
    code: RegisteredCode,
    starts: Vec<u32>,
}

impl Program {
    fn new(functions: &[CompiledFunction]) -> Program {
        Program::owned_by(functions, 0)
    }

    fn owned_by(functions: &[CompiledFunction], owner: u32) -> Program {
        let mut tables = CodeTables::new(Arc::new(owner));
        tables.reserve(functions.len(), functions.len(), functions.len());
        let mut starts = Vec::new();
        let mut bytes = Vec::new();
        for (index, function) in functions.iter().enumerate() {
            bytes.resize(bytes.len().next_multiple_of(16), 0);
            starts.push(bytes.len() as u32);
            tables.add(bytes.len() as u32, Some(index as u32), function);
            bytes.extend_from_slice(&function.code);
        }
        let region = CodeRegion::publish(pool(), bytes.len(), |memory, _| {
            memory.copy_from_slice(&bytes);
            for (function, &start) in functions.iter().zip(&starts) {
                for relocation in &function.relocations {
                    let target = starts[relocation.target as usize];
                    patch(memory, start + relocation.offset, relocation.kind, target);
                }
            }
        });
        let code = RegisteredCode::new(region.expect("memory for code"), tables);
        Program { code, starts }
    }

    fn address(&self, function: usize) -> *const u8 {
        self.code.base().wrapping_add(self.starts[function] as usize)
    }
}

fn patch(memory: &mut [u8], place: u32, kind: RelocKind, target: u32) {
    let at = place as usize;
    let field: &mut [u8; 4] = (&mut memory[at..at + 4]).try_into().expect("four bytes");
    let distance = target.wrapping_sub(place);
    *field = match kind {
        RelocKind::X64Call32 => distance.wrapping_sub(4).to_le_bytes(),
        RelocKind::Aarch64Call26 => {
            (u32::from_le_bytes(*field) & 0xfc00_0000 | distance >> 2 & 0x03ff_ffff).to_le_bytes()
        }
    };
}

/// The accessible part of a [`TestStore`]'s memory, in bytes.
const MEMORY: usize = 64 << 10;
/// All of it.
const RESERVED: usize = 1 << 20;

/// What an instance and its store give to compiled code. Its structures are
/// leaked: tests are short.
struct TestStore {
    context: *mut VmContext,
    stack: *mut StackState,
    memory: Arc<Reservation>,
    ranges: *const FaultRanges,
    trampoline: CodeRegion,
    max_wasm_stack: usize,
}

impl TestStore {
    fn new() -> TestStore {
        let memory = Reservation::new(RESERVED).expect("address space");
        memory.commit(0..MEMORY).expect("memory");
        let ranges = Box::leak(Box::new(FaultRanges::new()));
        ranges.add(memory.addresses());
        let stack = Box::into_raw(Box::new(StackState {
            stack_limit: AtomicU64::new(0),
            entry_stack_pointer: 0,
            entry_resume: 0,
            entry_frame: 0,
            exit_frame: 0,
            exit_pc: 0,
            fuel: 0,
            normal_limit: 0,
        }));
        let context = new_context(stack, memory.base());
        let trampoline = CodeRegion::publish_bytes(pool(), &machine::entry_trampoline());
        TestStore {
            context,
            stack,
            memory: Arc::new(memory),
            ranges,
            trampoline: trampoline.expect("memory for code"),
            max_wasm_stack: 512 << 10,
        }
    }

    /// Another instance in the same store, with an empty memory.
    fn another_context(&self) -> *mut VmContext {
        new_context(self.stack, ptr::null_mut())
    }

    fn call(&self, code: *const u8, arguments: [u64; 2]) -> Result<u64, RawExit> {
        let mut values = arguments.map(RawValue::from_u64);
        let entry = Entry {
            trampoline: self.trampoline.base(),
            context: self.context,
            code,
            values: values.as_mut_ptr(),
            ranges: self.ranges,
            max_wasm_stack: self.max_wasm_stack,
        };
        // SAFETY: every pointer is valid, and the trampoline suits functions of
        // up to two integers and one result.
        unsafe { enter::enter(&entry)? };
        Ok(values[0].as_u64())
    }

    /// Calls code that must trap.
    fn trap(&self, code: *const u8, arguments: [u64; 2]) -> RawTrap {
        match self.call(code, arguments) {
            Err(RawExit::Trap(trap)) => trap,
            other => panic!("a trap was expected, not {other:?}"),
        }
    }

    fn word(&self, number: usize) -> u64 {
        assert!(number < MEMORY / 8);
        // SAFETY: within the committed part; only this thread writes there.
        unsafe { self.memory.base().cast::<u64>().add(number).read() }
    }
}

fn new_context(stack: *mut StackState, memory: *mut u8) -> *mut VmContext {
    let definition = Box::new(MemoryDefinition { base: memory, length: AtomicU64::new(0) });
    Box::into_raw(Box::new(VmContext {
        stack,
        builtins: ptr::null(),
        memory0: Box::into_raw(definition),
        signature_ids: ptr::null(),
        code_slots: ptr::null(),
        owner: ptr::null_mut(),
        owner_index: 0,
        hotness: std::ptr::null(),
    }))
}

/// The owners and function indices of the frames of `trap`.
fn functions(frames: &[unwind::RawFrame]) -> Vec<(u32, u32)> {
    frames
        .iter()
        .map(|&frame| {
            let resolved = unwind::resolve(frame).expect("known code");
            let owner = *resolved.owner.downcast::<u32>().expect("the tests' owner");
            assert!(resolved.wasm_offset.is_some(), "{frame:?} has a site");
            (owner, resolved.function)
        })
        .collect()
}
