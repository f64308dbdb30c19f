//! Makes the functions of lazy modules, one at a time.

use std::sync::{Arc, PoisonError};

use hotfoot_abi::{CompiledFunction, ContextLayout, MemoryPlan};
use hotfoot_baseline::{CallForm, ModuleEnvironment, PlacedFunctions};

use super::ahead::{self, Ahead};
use super::workspace::Workspace;
use super::{Budget, SharedStats, Tools, link, no_code_memory};
use crate::error::{Error, Result};
use crate::vm::{BodyCompiler, CodeRegion, CodeTables, LazyCode, ModuleInfo, RegisteredCode};

/// A function with more locals than this is not compiled ahead: a few bytes declare
/// them, and time goes by them.
const MAX_GUESSED_LOCALS: usize = 1000;

/// Makes the functions of one module.
pub(super) struct Bodies {
    tools: Arc<Tools>,
    layout: ContextLayout,
    memories: Box<[MemoryPlan]>,
    stats: SharedStats,
    budget: Budget,
    ahead: Option<Ahead>,
}

impl Bodies {
    pub(super) fn new(
        tools: Arc<Tools>,
        info: &ModuleInfo,
        stats: SharedStats,
        compile_ahead: bool,
    ) -> Bodies {
        Bodies {
            layout: ContextLayout::of(&info.module),
            memories: super::plans(&info.module, tools.bounds),
            budget: Budget::new(info.bytes.len(), tools.max_code_size),
            ahead: (compile_ahead && tools.max_code_size == usize::MAX).then(Ahead::default),
            tools,
            stats,
        }
    }

    fn compile_in(
        &self,
        workspace: &mut Workspace,
        code: &LazyCode,
        defined: u32,
    ) -> Result<RegisteredCode> {
        let Workspace { scanner, compiler, compiled, .. } = workspace;
        let info = code.info();
        let ModuleInfo { module, bytes } = &**info;
        let locals = scanner.open(module, bytes, defined)?.local_types.len();
        if !ahead::is_guess() {
            self.budget.take_locals(locals)?;
        } else if locals > MAX_GUESSED_LOCALS {
            return Err(Error::msg("too many locals for a guess"));
        }
        let function = module.num_imported_functions() + defined;
        let placed = Placed { code, defined };
        let environment = ModuleEnvironment {
            module,
            bytes,
            layout: self.layout,
            memories: &self.memories,
            placed: (!self.tools.always_slots).then_some(&placed as &dyn PlacedFunctions),
        };
        debug_assert_eq!(self.tools.options.call_form, CallForm::Slot);
        let made = match compiler.compile(scanner, &environment, function, compiled) {
            Ok(()) => self.publish_within_budget(code, defined, compiled),
            Err(error) => Err(super::refused(error)),
        };
        if made.is_err() && !ahead::is_guess() {
            self.budget.return_locals(locals);
        }
        made
    }

    /// Places a function if there is room for it. What fails takes nothing, so
    /// that nobody pays for a function that was only guessed to be wanted.
    fn publish_within_budget(
        &self,
        code: &LazyCode,
        defined: u32,
        compiled: &CompiledFunction,
    ) -> Result<RegisteredCode> {
        let size = compiled.code.len();
        self.budget.take_code(size)?;
        let published = self.publish(code, defined, compiled);
        if published.is_err() {
            self.budget.return_code(size);
            return published;
        }
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.add(&compiled.stats);
        stats.code_bytes += size;
        published
    }

    /// Places a function, with direct calls to those that have been placed.
    fn publish(
        &self,
        code: &LazyCode,
        defined: u32,
        compiled: &CompiledFunction,
    ) -> Result<RegisteredCode> {
        place(&self.tools, code.info(), defined, compiled, |callee| {
            code.finished(callee).expect("placed before it was named") as usize
        })
    }
}

/// Places the code of the function that the module defines as number `defined`, with
/// direct calls to itself and to functions for which `address` has one, by their
/// numbers.
pub(super) fn place(
    tools: &Tools,
    info: &Arc<ModuleInfo>,
    defined: u32,
    compiled: &CompiledFunction,
    address: impl Fn(u32) -> usize,
) -> Result<RegisteredCode> {
    let first = info.module.num_imported_functions();
    let size = compiled.code.len();
    let publish = |room: usize| {
        let mut linked = true;
        let region = CodeRegion::publish(&tools.pool, room, |bytes, base| {
            bytes[..size].copy_from_slice(&compiled.code);
            bytes[size..].fill(0);
            linked = link::link_alone(bytes, base, size, &compiled.relocations, |target| {
                if target - first == defined { base } else { address(target - first) }
            });
        });
        region.map(|region| linked.then_some(region)).map_err(no_code_memory)
    };
    let region = match publish(size)? {
        Some(region) => region,
        None => publish(link::room_with_veneers(size, compiled.relocations.len()))?.expect("room"),
    };
    if let Some(profiler) = tools.profiler {
        let function = (first + defined, region.base() as usize, &*compiled.code);
        profiler.published(&info.module, [function])?;
    }
    let mut tables = CodeTables::new(Arc::clone(info) as _);
    tables.add(0, Some(first + defined), compiled);
    Ok(RegisteredCode::new(region, tables))
}

impl BodyCompiler for Bodies {
    fn compile(&self, code: &Arc<LazyCode>, defined: u32) -> Result<RegisteredCode> {
        let mut workspace = self.tools.workspaces.take(self.tools.options);
        let result = self.compile_in(&mut workspace, code, defined);
        let body = code.info().module.bodies()[defined as usize].range.len();
        match (&self.ahead, &result) {
            (Some(ahead), Ok(_)) => ahead.compiled(code, body, &workspace.compiled),
            (Some(ahead), Err(_)) if ahead::is_guess() => ahead.failed(defined, body),
            _ => {}
        }
        self.tools.workspaces.put(workspace, body);
        result
    }

    fn next_ahead(&self) -> Option<u32> {
        self.ahead.as_ref()?.next()
    }

    fn discarded(&self, code: &LazyCode, defined: u32, bytes: usize) {
        self.budget.return_code(bytes);
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).code_bytes -= bytes;
        if ahead::is_guess() {
            // It took no locals.
            return;
        }
        let ModuleInfo { module, bytes } = &**code.info();
        let mut workspace = self.tools.workspaces.take(self.tools.options);
        if workspace.scanner.open(module, bytes, defined).is_ok() {
            self.budget.return_locals(workspace.scanner.num_locals());
        }
        self.tools.workspaces.put(workspace, module.bodies()[defined as usize].range.len());
    }
}

/// Which functions calls may go to directly: code never moves.
#[derive(Clone, Copy)]
struct Placed<'a> {
    code: &'a LazyCode,
    /// The one that is being compiled.
    defined: u32,
}

impl PlacedFunctions for Placed<'_> {
    fn is_placed(&self, defined: u32) -> bool {
        defined == self.defined || self.code.finished(defined).is_some()
    }
}

impl std::fmt::Debug for Placed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placed").field("defined", &self.defined).finish_non_exhaustive()
    }
}
