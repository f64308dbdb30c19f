//! Compiles all functions of a module, one after the other or on several
//! threads. The code is laid out in the same order either way: threads compile
//! pieces of the module, which are put behind each other when all are done.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hotfoot_abi::{CallSite, CompiledFunction, FrameLayout, TrapSite};
use hotfoot_asm::Relocation;
use hotfoot_wasm::Module;

use super::link::{Linked, Linker};
use super::workspace::Workspace;
use super::{Budget, CompileStats, Tools, for_each_body, parallelism};
use crate::error::Result;
use crate::vm::{CodeTables, ModuleInfo};

/// Smaller code sections, in bytes, are not worth a second thread.
const PARALLEL: usize = 128 << 10;
/// The least and the most that a thread takes at a time, in bytes.
const PIECE: Range<usize> = 16 << 10..512 << 10;
/// So many pieces for each thread, so that all are busy to the end.
const PIECES_PER_THREAD: usize = 8;
/// There is no more than one trap site, and one call site, for so many bytes of code
/// section in most modules: room that is not used costs addresses only.
const TRAP_SITE: usize = 6;
const CALL_SITE: usize = 12;
/// The most threads for one module.
const MAX_THREADS: usize = 16;

/// Compiles all of `info`, and puts the code behind each other.
pub(super) fn compile(
    tools: &Tools,
    info: &Arc<ModuleInfo>,
    workspace: &mut Workspace,
    stats: &mut CompileStats,
) -> Result<(Linked, CodeTables)> {
    let threads = tools.threads.unwrap_or_else(|| {
        let worth_it = code_size(&info.module) >= PARALLEL;
        if worth_it { parallelism().min(MAX_THREADS) } else { 1 }
    });
    compile_on(threads, tools, info, workspace, stats)
}

fn compile_on(
    threads: usize,
    tools: &Tools,
    info: &Arc<ModuleInfo>,
    workspace: &mut Workspace,
    stats: &mut CompileStats,
) -> Result<(Linked, CodeTables)> {
    let mut output = Output::new(tools, info, workspace, stats);
    let budget = Budget::new(info.bytes.len(), tools.max_code_size);
    if threads > 1 {
        for piece in compile_pieces(tools, info, workspace, threads, &budget)? {
            output.add_piece(&piece)?;
        }
    } else {
        let all = 0..info.module.bodies().len() as u32;
        for_each_body(info, workspace, tools.bounds, all, &budget, |index, function| {
            output.add(index, function)
        })?;
    }
    Ok(output.finish())
}

/// The size of the code section in bytes.
pub(super) fn code_size(module: &Module) -> usize {
    module.code_section().map_or(0, |section| section.len())
}

/// Where functions go, in order.
struct Output<'a> {
    linker: Linker,
    tables: CodeTables,
    stats: &'a mut CompileStats,
    /// How many functions are imported.
    first: u32,
}

impl<'a> Output<'a> {
    fn new(
        tools: &Tools,
        info: &Arc<ModuleInfo>,
        workspace: &mut Workspace,
        stats: &'a mut CompileStats,
    ) -> Output<'a> {
        let (count, size) = (info.module.bodies().len(), code_size(&info.module));
        let code = std::mem::take(&mut workspace.code);
        let linker = Linker::new(code, count, size * 4, tools.max_code_size);
        let mut tables = CodeTables::new(Arc::clone(info) as _);
        tables.reserve(count, size / TRAP_SITE, size / CALL_SITE);
        Output { linker, tables, stats, first: info.module.num_imported_functions() }
    }

    fn add(&mut self, function: u32, compiled: &CompiledFunction) -> Result<()> {
        let (code, calls) = (&compiled.code, &compiled.relocations);
        let start = self.linker.add(function - self.first, code, calls, self.first)?;
        self.tables.add(start, Some(function), compiled);
        self.stats.add(&compiled.stats);
        Ok(())
    }

    fn add_piece(&mut self, piece: &Piece) -> Result<()> {
        for part in &piece.parts {
            let code = &piece.code[part.code.clone()];
            let calls = &piece.calls[part.calls.clone()];
            let start = self.linker.add(part.function - self.first, code, calls, self.first)?;
            self.tables.add_parts(
                start..start + code.len() as u32,
                Some(part.function),
                &part.frame,
                &piece.trap_sites[part.trap_sites.clone()],
                &piece.call_sites[part.call_sites.clone()],
            );
        }
        self.stats.add_counts(&piece.stats);
        Ok(())
    }

    fn finish(mut self) -> (Linked, CodeTables) {
        self.tables.shrink();
        (self.linker.finish(), self.tables)
    }
}

/// Compiled functions that follow each other in the module, as copies in a few
/// lists: a function's own lists are used again for the next.
#[derive(Default)]
struct Piece {
    code: Vec<u8>,
    calls: Vec<Relocation>,
    trap_sites: Vec<TrapSite>,
    call_sites: Vec<CallSite>,
    parts: Vec<Part>,
    stats: CompileStats,
}

/// One function of a [`Piece`], as parts of its lists.
struct Part {
    function: u32,
    code: Range<usize>,
    calls: Range<usize>,
    trap_sites: Range<usize>,
    call_sites: Range<usize>,
    frame: FrameLayout,
}

impl Piece {
    fn add(&mut self, function: u32, compiled: &CompiledFunction) {
        fn append<T: Copy>(list: &mut Vec<T>, more: &[T]) -> Range<usize> {
            let start = list.len();
            list.extend_from_slice(more);
            start..list.len()
        }
        self.parts.push(Part {
            function,
            code: append(&mut self.code, &compiled.code),
            calls: append(&mut self.calls, &compiled.relocations),
            trap_sites: append(&mut self.trap_sites, &compiled.trap_sites),
            call_sites: append(&mut self.call_sites, &compiled.call_sites),
            frame: compiled.frame.clone(),
        });
        self.stats.add(&compiled.stats);
    }
}

/// Compiles all pieces on this and other threads.
///
/// # Errors
///
/// The one of the first function that has one: pieces are begun in order, so
/// all pieces before one that fails are finished, too.
fn compile_pieces(
    tools: &Tools,
    info: &ModuleInfo,
    workspace: &mut Workspace,
    threads: usize,
    budget: &Budget,
) -> Result<Vec<Piece>> {
    let size = code_size(&info.module) / (threads * PIECES_PER_THREAD);
    let least = if tools.threads.is_none() { PIECE.start } else { 1 };
    let ranges = split(&info.module, size.clamp(least, PIECE.end));
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = Mutex::new(Vec::with_capacity(ranges.len()));
    let work = |workspace: &mut Workspace| {
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(range) = ranges.get(number) else {
                return;
            };
            let piece = compile_piece(tools, info, workspace, range.clone(), budget);
            failed.fetch_or(piece.is_err(), Ordering::Relaxed);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((number, piece));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(ranges.len()) {
            let helper = || {
                let mut workspace = tools.workspaces.take(tools.options);
                work(&mut workspace);
                tools.workspaces.put(workspace, code_size(&info.module));
            };
            // With fewer threads it only takes longer.
            let _ = std::thread::Builder::new().spawn_scoped(scope, helper);
        }
        work(workspace);
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, piece)| piece).collect()
}

fn compile_piece(
    tools: &Tools,
    info: &ModuleInfo,
    workspace: &mut Workspace,
    range: Range<u32>,
    budget: &Budget,
) -> Result<Piece> {
    let mut piece = Piece::default();
    for_each_body(info, workspace, tools.bounds, range, budget, |function, compiled| {
        piece.add(function, compiled);
        Ok(())
    })?;
    Ok(piece)
}

/// The functions that the module defines, in pieces of about `size` bytes.
fn split(module: &Module, size: usize) -> Vec<Range<u32>> {
    let mut pieces = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (number, body) in (1..).zip(module.bodies()) {
        bytes += body.range.len();
        if bytes >= size {
            pieces.push(start..number);
            (start, bytes) = (number, 0);
        }
    }
    let count = module.bodies().len() as u32;
    if start < count {
        pieces.push(start..count);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        let target = hotfoot_abi::Target::typical(crate::vm::HOST_ISA);
        Tools {
            profiler: None,
            better: None,
            eagerness: crate::vm::Eagerness::Usual,
            better_workspaces: super::super::workspace::Workspaces::default(),
            options: hotfoot_baseline::Options::new(target),
            bounds: hotfoot_abi::BoundsStrategy::Guard,
            max_code_size: usize::MAX,
            threads: None,
            always_slots: false,
            pool: crate::vm::CodePool::default(),
            workspaces: super::super::workspace::Workspaces::default(),
        }
    }

    fn info(text: &str) -> Arc<ModuleInfo> {
        let bytes = wat::parse_str(text).expect("text").into_boxed_slice();
        Arc::new(ModuleInfo { module: Module::parse(&bytes).expect("a module"), bytes })
    }

    #[test]
    #[cfg_attr(miri, ignore = "much text")]
    fn the_layout_is_the_same_on_any_number_of_threads() {
        let function = |index: usize| {
            let work = "(drop (i32.div_u (local.get 0) (i32.const 7)))".repeat(index % 50);
            let callee = index * 7919 % 2000;
            format!("(func (param i32) {work} (call {callee} (i32.const {index})))")
        };
        let text: String = (0..2000).map(function).collect();
        let info = info(&format!("(module {text})"));
        let tools = tools();
        let compile = |threads| {
            let (mut workspace, mut stats) = (Workspace::new(tools.options), Default::default());
            let output = compile_on(threads, &tools, &info, &mut workspace, &mut stats);
            let (linked, tables) = output.expect("a valid module");
            (linked, format!("{tables:?}"), stats.instructions)
        };
        let (alone, tables, instructions) = compile(1);
        assert!(alone.code.len() > 100_000 && instructions > 2000);
        for threads in [2, 3, 16] {
            let (linked, other_tables, other_instructions) = compile(threads);
            assert!(linked.code.bytes() == alone.code.bytes() && linked.entries == alone.entries);
            assert!(other_tables == tables && other_instructions == instructions);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "much text")]
    fn the_first_error_is_reported_by_any_number_of_threads() {
        let fine = "(func (drop (i32.const 100000)))".repeat(4000);
        let info = info(&format!("(module {fine} (func $bad (result i32)) {fine} (func (drop)))"));
        let tools = tools();
        let compile = |threads| {
            let (mut workspace, mut stats) = (Workspace::new(tools.options), Default::default());
            let output = compile_on(threads, &tools, &info, &mut workspace, &mut stats);
            output.map(|_| ()).unwrap_err().to_string()
        };
        let alone = compile(1);
        for threads in [2, 4, 16] {
            assert_eq!(compile(threads), alone);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "much text")]
    fn pieces_cover_all_functions_in_order() {
        let bytes = wat::parse_str(format!("(module {})", "(func (nop))".repeat(100)));
        let module = Module::parse(&bytes.expect("text")).expect("a module");
        for size in [1, 10, 1000] {
            let pieces = split(&module, size);
            let functions: Vec<u32> = pieces.iter().cloned().flatten().collect();
            assert_eq!(functions, (0..100).collect::<Vec<u32>>());
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
        }
        assert_eq!(split(&Module::default(), 1), []);
    }
}
