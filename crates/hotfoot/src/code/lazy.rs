//! Makes the functions of lazy modules, one at a time, and guesses which are
//! wanted next.
//!
//! **Ahead of time.** When a module has shown that it is no small program, what
//! its functions call is queued, and what those call in turn, up to some
//! distance; one thread of low priority compiles it while the module runs:
//! what is fewest calls away, and of that what was queued last, because a
//! function that has just been compiled is about to call. The thread ends when
//! it has nothing more to do, or when the module is gone, and keeps no process
//! alive.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use hotfoot_abi::{CompiledFunction, ContextLayout, MemoryPlan};
use hotfoot_baseline::{CallForm, ModuleEnvironment, PlacedFunctions};

use super::workspace::Workspace;
use super::{Budget, SharedStats, Tools, link, no_code_memory, parallelism};
use crate::error::Result;
use crate::vm::{self, BodyCompiler, CodeRegion, CodeTables, LazyCode, ModuleInfo, RegisteredCode};

/// So many functions are compiled before any is compiled ahead.
const PATIENCE: usize = 64;
/// So many functions are queued before a thread is started.
const BATCH: usize = 16;
/// No more are queued at each distance; the oldest are forgotten.
const MAX_QUEUE: usize = 4096;
/// So many calls away from a function that has been called is the furthest
/// that is compiled ahead. What programs call they reach by many short steps, and
/// a thread that has caught up has nothing better to do.
const DISTANCE: usize = 16;

/// Makes the functions of one module.
pub(super) struct Bodies {
    tools: Arc<Tools>,
    layout: ContextLayout,
    memories: Box<[MemoryPlan]>,
    stats: SharedStats,
    budget: Budget,
    ahead: Option<Ahead>,
}

#[derive(Default)]
struct Ahead {
    /// How many functions have been called.
    called: AtomicUsize,
    /// By distance: in front what was queued last.
    queues: Mutex<[VecDeque<u32>; DISTANCE]>,
    /// Whether a thread works on the queue.
    busy: AtomicBool,
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
            tools,
            stats,
            ahead: compile_ahead.then(Ahead::default),
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
        let summary = scanner.scan(module, bytes, defined)?;
        self.budget.take_locals(summary)?;
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
        let made = match compiler.compile(&environment, summary, function, compiled) {
            Ok(()) => self.publish_within_budget(code, defined, compiled),
            Err(error) => Err(error.into()),
        };
        if made.is_err() {
            self.budget.return_locals(summary);
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
        let first = code.info().module.num_imported_functions();
        let size = compiled.code.len();
        let publish = |room: usize| {
            let mut linked = true;
            let region = CodeRegion::publish(&self.tools.pool, room, |bytes, base| {
                bytes[..size].copy_from_slice(&compiled.code);
                bytes[size..].fill(0);
                linked = link::link_alone(bytes, base, size, &compiled.relocations, |target| {
                    if target - first == defined {
                        return base;
                    }
                    code.finished(target - first).expect("placed before it was named") as usize
                });
            });
            region.map(|region| linked.then_some(region)).map_err(no_code_memory)
        };
        let region = match publish(size)? {
            Some(region) => region,
            None => {
                publish(link::room_with_veneers(size, compiled.relocations.len()))?.expect("room")
            }
        };
        if let Some(profiler) = self.tools.profiler {
            let function = (first + defined, region.base() as usize, &*compiled.code);
            profiler.published(&code.info().module, [function])?;
        }
        let mut tables = CodeTables::new(Arc::clone(code.info()) as _);
        tables.add(0, Some(first + defined), compiled);
        Ok(RegisteredCode::new(region, tables))
    }

    /// Queues what a function calls that is `distance` calls away from one that
    /// has been called.
    fn look_ahead(
        &self,
        ahead: &Ahead,
        code: &Arc<LazyCode>,
        compiled: &CompiledFunction,
        distance: usize,
    ) {
        // The number of processors is asked for late: finding out takes longer
        // than many a module.
        if distance == 0
            && (ahead.called.fetch_add(1, Ordering::Relaxed) < PATIENCE || parallelism() < 2)
        {
            return;
        }
        let info = code.info();
        let first = info.module.num_imported_functions();
        let callee = |offset: u32| vm::operand_of_call(&info.bytes[offset as usize..]);
        let callees = compiled.call_sites.iter().filter_map(|site| callee(site.wasm_offset));
        let wanted = callees
            .filter_map(|function| function.checked_sub(first))
            .filter(|&defined| code.finished(defined).is_none());
        let mut queues = ahead.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = &mut queues[distance];
        wanted.rev().for_each(|defined| queue.push_front(defined));
        queue.truncate(MAX_QUEUE);
        let enough = queue.len() >= BATCH;
        drop(queues);
        if enough && !ahead.busy.swap(true, Ordering::AcqRel) {
            start_thread(Arc::downgrade(code));
        }
    }
}

impl BodyCompiler for Bodies {
    fn compile(&self, code: &Arc<LazyCode>, defined: u32) -> Result<RegisteredCode> {
        let mut workspace = self.tools.workspaces.take(self.tools.options);
        let result = self.compile_in(&mut workspace, code, defined);
        let distance = AHEAD.get();
        if let (Ok(_), Some(ahead)) = (&result, &self.ahead)
            && distance < DISTANCE
        {
            self.look_ahead(ahead, code, &workspace.compiled, distance);
        }
        let body = code.info().module.bodies()[defined as usize].range.len();
        self.tools.workspaces.put(workspace, body);
        result
    }

    fn next_ahead(&self) -> Option<u32> {
        let ahead = self.ahead.as_ref()?;
        let mut queues = ahead.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let mut nearest = (1..).zip(queues.iter_mut());
        let next = nearest.find_map(|(distance, queue)| Some((distance, queue.pop_front()?)));
        drop(queues);
        if next.is_none() {
            ahead.busy.store(false, Ordering::Release);
        }
        next.map(|(distance, defined)| {
            AHEAD.set(distance);
            defined
        })
    }

    fn discarded(&self, code: &LazyCode, defined: u32, bytes: usize) {
        self.budget.return_code(bytes);
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).code_bytes -= bytes;
        let ModuleInfo { module, bytes } = &**code.info();
        let mut workspace = self.tools.workspaces.take(self.tools.options);
        if let Ok(summary) = workspace.scanner.scan(module, bytes, defined) {
            self.budget.return_locals(summary);
        }
        self.tools.workspaces.put(workspace, module.bodies()[defined as usize].range.len());
    }
}

thread_local! {
    /// How many calls away from what has been called this thread compiles: zero
    /// for what is called.
    static AHEAD: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Starts a thread that compiles what is queued. Without one nothing is lost
/// but time.
fn start_thread(code: Weak<LazyCode>) {
    let work = move || {
        vm::lower_thread_priority();
        // The module lives on while one function is compiled, and no longer.
        while let Some(code) = code.upgrade() {
            let Some(defined) = code.next_ahead() else {
                return;
            };
            // An invalid body matters when it is called, and only then.
            let _ = code.compile_ahead(defined);
        }
    };
    let _ = std::thread::Builder::new().name("hotfoot ahead".into()).spawn(work);
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
