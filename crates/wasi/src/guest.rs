//! The guest's memory, as functions read and write it.
//!
//! Every access is checked here and nowhere else. Pointers that lead outside
//! and pointers that are not aligned are failures that end the guest, as the
//! definition of preview 1 asks.

use crate::errno::{Errno, Failure, Outcome};

/// The longest path that is accepted, in bytes.
const LONGEST_PATH: u32 = 4096;
/// The most buffers of one read or write.
pub(crate) const MOST_BUFFERS: u32 = 1024;

/// A guest's memory.
pub(crate) struct Guest<'a>(pub(crate) &'a mut [u8]);

/// An array of buffers in a guest's memory, all of which exist.
#[derive(Clone, Copy)]
pub(crate) struct Buffers {
    start: u32,
    count: u32,
    /// Of all together, in bytes.
    pub(crate) length: u32,
}

impl Guest<'_> {
    /// The bytes `length` from `start` on.
    #[inline]
    pub(crate) fn bytes(&self, start: u32, length: u32) -> Outcome<&[u8]> {
        let start = start as usize;
        // On a host of 32 bits the sum may not fit.
        let end = start.checked_add(length as usize).ok_or(Failure::OutOfBounds)?;
        self.0.get(start..end).ok_or(Failure::OutOfBounds)
    }

    #[inline]
    pub(crate) fn bytes_mut(&mut self, start: u32, length: u32) -> Outcome<&mut [u8]> {
        let start = start as usize;
        let end = start.checked_add(length as usize).ok_or(Failure::OutOfBounds)?;
        self.0.get_mut(start..end).ok_or(Failure::OutOfBounds)
    }

    /// Whether a record of `length` bytes, aligned to `alignment`, can be at
    /// `start`. Functions ask this of where they leave results before they do
    /// anything.
    #[inline]
    pub(crate) fn check(&self, start: u32, length: u32, alignment: u32) -> Outcome {
        if !start.is_multiple_of(alignment) {
            return Err(Failure::Misaligned);
        }
        self.bytes(start, length).map(drop)
    }

    #[inline]
    pub(crate) fn read<const N: usize>(&self, start: u32) -> Outcome<[u8; N]> {
        let bytes = self.bytes(start, N as u32)?;
        bytes.try_into().map_err(|_| Failure::OutOfBounds)
    }

    #[inline]
    pub(crate) fn write(&mut self, start: u32, bytes: &[u8]) -> Outcome {
        self.bytes_mut(start, bytes.len() as u32)?.copy_from_slice(bytes);
        Ok(())
    }

    #[inline]
    pub(crate) fn write_u32(&mut self, start: u32, value: u32) -> Outcome {
        self.check(start, 4, 4)?;
        self.write(start, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, start: u32, value: u64) -> Outcome {
        self.check(start, 8, 8)?;
        self.write(start, &value.to_le_bytes())
    }

    /// A path. What it means is for others to find out.
    pub(crate) fn path(&self, start: u32, length: u32) -> Outcome<&str> {
        let bytes = self.bytes(start, length)?;
        if length > LONGEST_PATH {
            return Err(Errno::Nametoolong.into());
        }
        if bytes.is_empty() {
            return Err(Errno::Noent.into());
        }
        if bytes.contains(&0) {
            return Err(Errno::Inval.into());
        }
        std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq.into())
    }

    /// The array of `count` buffers at `start`, once all have been found to be
    /// inside the memory and not too many.
    #[inline]
    pub(crate) fn buffers(&self, start: u32, count: u32) -> Outcome<Buffers> {
        if count > MOST_BUFFERS {
            return Err(Errno::Inval.into());
        }
        self.check(start, 8 * count, 4)?;
        let mut buffers = Buffers { start, count, length: 0 };
        for index in 0..count {
            let (at, length) = buffers.get(self, index)?;
            self.bytes(at, length)?;
            buffers.length = buffers.length.checked_add(length).ok_or(Errno::Inval)?;
        }
        Ok(buffers)
    }
}

impl Buffers {
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Start and length of a buffer.
    #[inline]
    pub(crate) fn get(&self, guest: &Guest<'_>, index: u32) -> Outcome<(u32, u32)> {
        let record: [u8; 8] = guest.read(self.start + 8 * index)?;
        let (start, length) = record.split_at(4);
        let number = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes);
        Ok((
            number(start).map_err(|_| Failure::OutOfBounds)?,
            number(length).map_err(|_| Failure::OutOfBounds)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_reached() {
        let mut memory = [0; 64];
        let mut guest = Guest(&mut memory);
        assert!(guest.bytes(0, 64).is_ok() && guest.bytes(64, 0).is_ok());
        for (start, length) in [(0, 65), (64, 1), (65, 0), (u32::MAX, 1), (1, u32::MAX)] {
            assert_eq!(guest.bytes(start, length).unwrap_err(), Failure::OutOfBounds);
            assert!(guest.bytes_mut(start, length).is_err());
        }
        assert_eq!(guest.write_u32(62, 0), Err(Failure::Misaligned));
        assert_eq!(guest.write_u32(64, 0), Err(Failure::OutOfBounds));
        assert_eq!(guest.write_u64(60, 0), Err(Failure::Misaligned));
    }

    #[test]
    fn arrays_of_buffers_are_bounded() {
        let mut memory = [0; 64];
        memory[..4].copy_from_slice(&16u32.to_le_bytes());
        memory[4..8].copy_from_slice(&48u32.to_le_bytes());
        let guest = Guest(&mut memory);
        assert_eq!(guest.buffers(0, 1).map(|buffers| buffers.length), Ok(48));
        assert!(guest.buffers(0, MOST_BUFFERS).is_err_and(|error| error == Failure::OutOfBounds));
        // Eight times this number is zero in 32 bits.
        for count in [MOST_BUFFERS + 1, 1 << 29, u32::MAX] {
            assert_eq!(guest.buffers(0, count).err(), Some(Errno::Inval.into()));
        }
    }

    #[test]
    fn paths_are_text_of_bounded_length() {
        let mut memory = vec![b'a'; 8192];
        memory[..4].copy_from_slice(b"a\xff\0b");
        let guest = Guest(&mut memory);
        assert_eq!(guest.path(0, 1), Ok("a"));
        assert_eq!(guest.path(0, 0), Err(Errno::Noent.into()));
        assert_eq!(guest.path(0, 2), Err(Errno::Ilseq.into()));
        assert_eq!(guest.path(2, 2), Err(Errno::Inval.into()));
        assert!(guest.path(4, LONGEST_PATH).is_ok());
        assert_eq!(guest.path(4, LONGEST_PATH + 1), Err(Errno::Nametoolong.into()));
    }
}
