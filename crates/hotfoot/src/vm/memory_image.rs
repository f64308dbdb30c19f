//! What a memory holds when its instance begins, as pages that are shared until
//! somebody writes to them.
//!
//! A module that is instantiated again and again with much data gets an image
//! of it: a file in memory, which each instance maps privately. So an instance
//! takes time and memory for the pages that it touches, not for the data. The
//! first instance copies its data: making the image costs more than that.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use hotfoot_wasm::{ConstOp, DataKind, Module};

use super::image::ModuleInfo;
use super::memory;
use super::sys::{self, ImageFile};

/// Less data than this, in bytes, is copied faster than it is mapped.
const LEAST_DATA: usize = 64 << 10;
/// An image may be so many times as large as the data in it.
const MAX_SPREAD: usize = 4;
/// From which instance on a module has an image.
const INSTANCES: u32 = 2;

/// The image of a module's memory 0, made when it is worth it.
#[derive(Debug, Default)]
pub(super) struct LazyImage {
    instances: AtomicU32,
    image: OnceLock<Option<MemoryImage>>,
}

impl LazyImage {
    /// The image for one more instance, if there is one.
    pub(super) fn for_instance(&self, info: &ModuleInfo) -> Option<&MemoryImage> {
        let before = self.instances.fetch_update(Relaxed, Relaxed, |count| count.checked_add(1));
        if before.is_ok_and(|before| before + 1 < INSTANCES) {
            return None;
        }
        self.image.get_or_init(|| MemoryImage::new(info)).as_ref()
    }
}

/// What memory 0 of a module holds at some addresses; all others hold zeros.
#[derive(Debug)]
pub(super) struct MemoryImage {
    file: ImageFile,
    /// Whole pages.
    range: Range<usize>,
}

impl MemoryImage {
    /// None if the data is little, or scattered, or not known before there is
    /// an instance, or would not fit, or if the system has no such mappings.
    fn new(info: &ModuleInfo) -> Option<MemoryImage> {
        let module = &info.module;
        let segments = segments(module)?;
        let data: usize = segments.iter().map(|(_, bytes)| bytes.len()).sum();
        let page = sys::page_size();
        let start = segments.iter().map(|(start, _)| *start).min()? & !(page - 1);
        let end = segments.iter().map(|(start, bytes)| start + bytes.len()).max()?;
        let range = start..end.next_multiple_of(page);
        let length = memory::first_length(module.memories().first()?)?;
        if data < LEAST_DATA || range.len() > data * MAX_SPREAD || range.end > length {
            return None;
        }
        // Later segments may overwrite earlier ones.
        let pieces = segments.iter().map(|(at, bytes)| (at - start, &info.bytes[bytes.clone()]));
        let file = ImageFile::new(range.len(), pieces).ok()?;
        Some(MemoryImage { file, range })
    }

    pub(super) fn file(&self) -> &ImageFile {
        &self.file
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

/// Less data than this, in bytes, is not worth asking for large pages.
const MUCH_DATA: usize = 2 << 20;
/// How much of the addresses between the first and the last byte of dense data is data,
/// as one over this.
const DENSE: usize = 2;

/// Where in memory 0, which is the module's own, most of the bytes are data: much of it.
pub(super) fn dense_data(module: &Module) -> Option<Range<usize>> {
    // The segments follow one another in the module: their sum is less than that.
    let (first, last) = (module.data().first()?, module.data().last()?);
    if last.bytes.end - first.bytes.start < MUCH_DATA {
        return None;
    }
    let segments = segments(module)?;
    let data: usize = segments.iter().map(|(_, bytes)| bytes.len()).sum();
    let start = segments.iter().map(|(start, _)| *start).min()?;
    let end = segments.iter().map(|(start, bytes)| start + bytes.len()).max()?;
    (data >= MUCH_DATA && (end - start) / DENSE <= data).then_some(start..end)
}

/// Where in memory 0 the active segments go, and what they hold; none if that
/// is not all that they do, or not known yet.
fn segments(module: &Module) -> Option<Vec<(usize, Range<usize>)>> {
    if module.num_imported_memories() > 0 {
        return None;
    }
    let mut segments = Vec::new();
    for segment in module.data() {
        match &segment.kind {
            DataKind::Passive => {}
            DataKind::Active { memory: 0, offset } => {
                let [ConstOp::I32Const(start)] = offset.ops() else {
                    return None;
                };
                segments.push((start.cast_unsigned() as usize, segment.bytes.clone()));
            }
            DataKind::Active { .. } => return None,
        }
    }
    Some(segments)
}
