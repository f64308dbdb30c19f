//! What compiling needs and does not keep: a scanner, a compiler, their
//! buffers. An engine keeps some for the next module, so that a small one is
//! compiled without a detour through the allocator.

use std::sync::{Mutex, PoisonError};

use hotfoot_abi::CompiledFunction;
use hotfoot_baseline::{FunctionCompiler, Options};
use hotfoot_wasm::Scanner;

/// How many workspaces wait at most.
const MAX_IDLE: usize = 8;
/// A workspace is not kept after a module whose code section was larger, in
/// bytes: its buffers have grown with it.
const MAX_KEPT: usize = 1 << 20;

/// For one thread at a time.
pub(super) struct Workspace {
    pub(super) scanner: Scanner,
    pub(super) compiler: FunctionCompiler,
    pub(super) compiled: CompiledFunction,
    /// For linked code; empty between modules.
    pub(super) code: Vec<u8>,
}

impl Workspace {
    pub(super) fn new(options: Options) -> Workspace {
        Workspace {
            scanner: Scanner::new(),
            compiler: FunctionCompiler::new(options),
            compiled: CompiledFunction::default(),
            code: Vec::new(),
        }
    }
}

/// Workspaces that wait for the next module.
#[derive(Default)]
#[allow(clippy::vec_box, reason = "a workspace is large, and comes and goes with each module")]
pub(super) struct Workspaces(Mutex<Vec<Box<Workspace>>>);

impl Workspaces {
    /// A workspace for code made with `options`, the same at every call.
    pub(super) fn take(&self, options: Options) -> Box<Workspace> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Box::new(Workspace::new(options)))
    }

    /// Takes a workspace back, with which a code section of so many bytes has
    /// been compiled.
    pub(super) fn put(&self, workspace: Box<Workspace>, code_section: usize) {
        if code_section > MAX_KEPT {
            return;
        }
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(workspace);
        }
    }
}
