//! Reads what a run needs of a module: names and debugging information, which
//! are often most of a file, at its end, and of use only when something goes
//! wrong, stay there until they are wanted.

use crate::commands::report::{self, Failure};
use hotfoot::{Engine, Module};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Less than this, in bytes, is read with the rest.
const WORTH_IT: u64 = 64 << 10;
/// A file with more sections is read whole.
const MAX_SECTIONS: usize = 100;
/// A file with a custom section of a longer name, in bytes, is read whole.
const MAX_NAME: usize = 100;
/// The magic number and the version.
const PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// Makes the module in `file`, whose bodies are validated when they are called.
///
/// # Errors
///
/// If the file cannot be read, or is no module.
pub(super) fn load(engine: &Engine, file: &Path) -> Result<Module, Failure> {
    let unreadable = |error: io::Error| report::unreadable(file, &error);
    let module = match read_needed(file).map_err(unreadable)? {
        Some((bytes, needed)) => {
            let path = PathBuf::from(file);
            Module::with_late_sections(engine, bytes, move || rest(&path, needed).ok())
        }
        None => Module::with_deferred_validation(engine, report::read_binary(file)?),
    };
    module.map_err(|error| Failure::module(file, &error))
}

/// What is needed of a large file, and how much that is; none if the file is
/// better read whole.
fn read_needed(file: &Path) -> io::Result<Option<(Vec<u8>, u64)>> {
    let mut file = File::open(file)?;
    let metadata = file.metadata()?;
    // A pipe can be read only once, from its beginning to its end.
    if !metadata.is_file() || metadata.len() <= WORTH_IT {
        return Ok(None);
    }
    let length = metadata.len();
    let Some(needed) = end_of_needed(&mut file, length).filter(|end| end + WORTH_IT <= length)
    else {
        return Ok(None);
    };
    file.rewind()?;
    let mut bytes = Module::buffer(usize::try_from(needed).unwrap_or(0));
    file.take(needed).read_to_end(&mut bytes)?;
    Ok(Some((bytes, needed)))
}

/// What follows the first bytes of a file.
fn rest(path: &Path, start: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the custom sections at the end of a module begin; none if it is not
/// known that nothing else is there, and that all of them are well-formed.
fn end_of_needed(file: &mut (impl Read + Seek), length: u64) -> Option<u64> {
    let mut preamble = [0; PREAMBLE.len()];
    file.read_exact(&mut preamble).ok()?;
    if preamble != PREAMBLE {
        return None;
    }
    let mut at = PREAMBLE.len() as u64;
    let mut needed = at;
    for _ in 0..MAX_SECTIONS {
        if at == length {
            return Some(needed);
        }
        let mut start = Vec::new();
        file.seek(SeekFrom::Start(at)).ok()?;
        // A section begins with its kind, its size and perhaps its name.
        file.by_ref().take(MAX_NAME as u64 + 11).read_to_end(&mut start).ok()?;
        let mut header = &start[..];
        let kind = byte(&mut header)?;
        let size = number(&mut header)?;
        let contents = at + (start.len() - header.len()) as u64;
        at = contents.checked_add(size.into()).filter(|end| *end <= length)?;
        if kind != 0 {
            needed = at;
        } else if !is_named(header, size) {
            return None;
        }
    }
    None
}

/// Whether a custom section of `size` bytes, which begins so, has a name.
fn is_named(mut contents: &[u8], size: u32) -> bool {
    let all = contents.len();
    let Some(length) = number(&mut contents) else { return false };
    let end = (all - contents.len()) as u64 + u64::from(length);
    let name = contents.get(..length as usize);
    end <= size.into() && name.is_some_and(|name| std::str::from_utf8(name).is_ok())
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(first)
}

/// An unsigned number in LEB128.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for position in 0..5 {
        let byte = byte(bytes)?;
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte < 0x80 {
            return u32::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn custom(name: &[u8], contents: usize) -> Vec<u8> {
        let size = 1 + name.len() + contents;
        assert!(size < 1 << 14 && name.len() < 128);
        let mut section = vec![0, size as u8 | 0x80, (size >> 7) as u8, name.len() as u8];
        section.extend(name);
        section.resize(section.len() + contents, b'x');
        section
    }

    fn needed(parts: &[&[u8]]) -> Option<u64> {
        let bytes = parts.concat();
        let length = bytes.len() as u64;
        end_of_needed(&mut Cursor::new(bytes), length)
    }

    #[test]
    fn custom_sections_at_the_end_are_not_needed() {
        let (start, types) = (&PREAMBLE[..], &[1, 1, 0][..]);
        let (debug, names) = (&custom(b".debug_info", 5000)[..], &custom(b"name", 3)[..]);
        assert_eq!(needed(&[start]), Some(8));
        assert_eq!(needed(&[start, types]), Some(11));
        assert_eq!(needed(&[start, types, debug, names]), Some(11));
        let between = 11 + debug.len() as u64 + 3;
        assert_eq!(needed(&[start, types, debug, &[3, 1, 0], names]), Some(between));
    }

    #[test]
    fn what_looks_wrong_is_read_whole() {
        let (start, types) = (&PREAMBLE[..], &[1, 1, 0][..]);
        let long = custom(&[b'n'; MAX_NAME + 20], 0);
        let many = custom(b"n", 0).repeat(MAX_SECTIONS + 1);
        let wrong: [&[u8]; 9] = [
            &[0],
            &[0, 5, 1, b'n'],
            &[0, 0],
            &[0, 2, 2, b'n', b'n'],
            &[0, 2, 1, 0xff],
            &[0, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
            &[0, 0x80, 0x80, 0x80, 0x80, 0x10],
            &long,
            &many,
        ];
        for wrong in wrong {
            assert_eq!(needed(&[start, types, wrong]), None, "{wrong:x?}");
        }
        assert_eq!(needed(&[b"(module)"]), None);
        assert_eq!(needed(&[b"\0asm"]), None);
    }
}
