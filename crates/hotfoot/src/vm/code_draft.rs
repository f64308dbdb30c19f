//! Code in the making. Much of it is written where it will run; a little goes to a
//! buffer that is used again, and from there to a space.

use std::io;

use super::code_memory::{CodePool, CodeRegion};
use super::sys::CodePages;

/// Bytes that are to be code, in one piece.
#[derive(Debug)]
pub(crate) struct CodeDraft {
    memory: Memory,
}

#[derive(Debug)]
enum Memory {
    Buffer(Vec<u8>),
    /// Pages of which so many bytes have been written, the rest zero.
    Pages(CodePages, usize),
}

impl CodeDraft {
    /// An empty draft with room for `room` bytes, of which half are expected. A small
    /// one is in `buffer`, which is empty.
    pub(crate) fn new(mut buffer: Vec<u8>, room: usize) -> CodeDraft {
        if CodePages::ARE_PLAIN && CodePool::is_large(room / 2) {
            // Without pages now, there may be some for the finished code.
            if let Ok(pages) = CodePages::new(room) {
                return CodeDraft { memory: Memory::Pages(pages, 0) };
            }
        }
        // Without all of the room, it grows as it is filled.
        let _ = buffer.try_reserve(room);
        CodeDraft { memory: Memory::Buffer(buffer) }
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        match &self.memory {
            Memory::Buffer(buffer) => buffer.len(),
            Memory::Pages(_, len) => *len,
        }
    }

    /// The bytes so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.memory {
            Memory::Buffer(buffer) => buffer,
            Memory::Pages(pages, len) => &pages.draft()[..*len],
        }
    }

    /// The bytes so far, to be changed.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.memory {
            Memory::Buffer(buffer) => buffer,
            Memory::Pages(pages, len) => &mut pages.draft_mut()[..*len],
        }
    }

    /// Appends zeros up to a length of `end`, or nothing.
    pub(crate) fn pad(&mut self, end: usize) {
        match &mut self.memory {
            Memory::Buffer(buffer) => buffer.resize(end.max(buffer.len()), 0),
            Memory::Pages(pages, len) if end <= pages.len() => *len = end.max(*len),
            Memory::Pages(..) => self.move_to_buffer().pad(end),
        }
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        match &mut self.memory {
            Memory::Buffer(buffer) => buffer.extend_from_slice(bytes),
            Memory::Pages(pages, len) => match pages.draft_mut()[*len..].get_mut(..bytes.len()) {
                Some(room) => {
                    room.copy_from_slice(bytes);
                    *len += bytes.len();
                }
                None => self.move_to_buffer().append(bytes),
            },
        }
    }

    /// Goes on in a buffer, as there is more than was expected.
    #[cold]
    fn move_to_buffer(&mut self) -> &mut CodeDraft {
        self.memory = Memory::Buffer(self.bytes().to_vec());
        self
    }

    /// Makes the bytes executable, in memory from `pool` unless they have their own;
    /// none of none. Gives the buffer back, if it was used, empty, to be used again.
    ///
    /// # Errors
    /// As [`CodeRegion::publish`].
    pub(crate) fn publish(self, pool: &CodePool) -> io::Result<(Option<CodeRegion>, Vec<u8>)> {
        match self.memory {
            Memory::Buffer(buffer) if buffer.is_empty() => Ok((None, buffer)),
            Memory::Buffer(mut buffer) => {
                let region = CodeRegion::publish_bytes(pool, &buffer)?;
                buffer.clear();
                Ok((Some(region), buffer))
            }
            Memory::Pages(_, 0) => Ok((None, Vec::new())),
            Memory::Pages(pages, len) => {
                let region = if CodePool::is_large(len) {
                    CodeRegion::publish_pages(pages, len)?
                } else {
                    // Less than was expected.
                    CodeRegion::publish_bytes(pool, &pages.draft()[..len])?
                };
                Ok((Some(region), Vec::new()))
            }
        }
    }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;

    /// Bytes that differ from their neighbours, and are never zero.
    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|index| (index % 251) as u8 + 1).collect()
    }

    /// What `draft` has once it is published.
    fn published(draft: CodeDraft) -> Vec<u8> {
        let (region, buffer) = draft.publish(&CodePool::default()).expect("memory for code");
        assert!(buffer.is_empty());
        let Some(region) = region else { return Vec::new() };
        // SAFETY: published code can be read.
        unsafe { std::slice::from_raw_parts(region.base(), region.len()) }.to_vec()
    }

    #[test]
    fn little_and_much_code_is_what_was_appended() {
        for room in [100, 3 << 20] {
            for len in [0, 1, 4096, 70_000, (2 << 20) + 5] {
                let bytes = pattern(len);
                let mut draft = CodeDraft::new(Vec::new(), room);
                for part in bytes.chunks(5000) {
                    draft.append(part);
                }
                assert_eq!(draft.len(), len);
                assert!(draft.bytes() == bytes);
                assert!(published(draft) == bytes);
            }
        }
    }

    #[test]
    fn more_than_was_expected_moves() {
        let room = 2 << 20;
        let bytes = pattern(room + 70_000);
        let mut draft = CodeDraft::new(Vec::new(), room);
        for part in bytes.chunks(1 << 16) {
            draft.append(part);
        }
        draft.bytes_mut()[5] = 0;
        let end = bytes.len() + 100;
        draft.pad(end);
        draft.pad(10);
        assert_eq!(draft.len(), end);
        let code = published(draft);
        assert!(code[6..bytes.len()] == bytes[6..] && code[..5] == bytes[..5]);
        assert!(code[5] == 0 && code[bytes.len()..] == [0; 100]);
    }

    #[test]
    fn padding_is_zero_and_may_be_too_much_for_the_pages() {
        let room = 2 << 20;
        for end in [room - 1, room + 1, 3 * room] {
            let mut draft = CodeDraft::new(Vec::new(), room);
            draft.append(&[7; 3]);
            draft.pad(end);
            draft.append(&[8]);
            let code = published(draft);
            assert!(code[..3] == [7; 3] && code[3..end].iter().all(|&byte| byte == 0));
            assert_eq!(code[end..], [8]);
        }
    }
}
