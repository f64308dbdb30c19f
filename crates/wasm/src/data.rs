//! Data sections, quickly.
//!
//! Some compilers write tens of thousands of segments, each with a constant for
//! its place. Those are read and checked here in one go. A section with anything
//! else in it, valid or not, is left to the general way.

use crate::fused::leb;
use crate::opcodes::{END, I32_CONST};
use crate::reader::BodyReader;
use crate::{ConstExpr, ConstOp, DataKind, DataSegment};
use std::ops::Range;

/// The most segments that the general way takes.
const MAX_SEGMENTS: u32 = 100_000;

/// The forms of a segment (core specification, section 5.5.14).
const ACTIVE: u32 = 0;
const PASSIVE: u32 = 1;

/// The segments of the data section in this range of the module, if all are
/// simple and valid.
pub(crate) fn simple_segments(
    bytes: &[u8],
    range: Range<usize>,
    has_memory: bool,
) -> Option<Vec<DataSegment>> {
    let section = bytes.get(..range.end)?;
    let mut at = range.start;
    let count = leb::u32(section, &mut at).ok()?;
    if count > MAX_SEGMENTS {
        return None;
    }
    // A segment has two bytes or more.
    let mut segments = Vec::with_capacity(range.len().min(count as usize));
    for _ in 0..count {
        let kind = match leb::u32(section, &mut at).ok()? {
            ACTIVE if has_memory => {
                DataKind::Active { memory: 0, offset: place(section, &mut at)? }
            }
            PASSIVE => DataKind::Passive,
            _ => return None,
        };
        let length = leb::u32(section, &mut at).ok()? as usize;
        let end = at.checked_add(length).filter(|end| *end <= range.end)?;
        segments.push(DataSegment { kind, bytes: at..end });
        at = end;
    }
    (at == range.end).then_some(segments)
}

/// The constant expression at `at`, if it is one constant.
fn place(section: &[u8], at: &mut usize) -> Option<ConstExpr> {
    let [I32_CONST, first] = section.get(*at..)?.first_chunk()? else { return None };
    let value = BodyReader::new(section, *at + 1..section.len()).var_s32();
    *at += 2;
    if *first >= 0x80 {
        *at = leb::skip_signed(section, *at, 32).ok()?;
    }
    if section.get(*at) != Some(&END) {
        return None;
    }
    *at += 1;
    Some(ConstExpr::new(&[ConstOp::I32Const(value)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(section: &[u8]) -> Option<Vec<DataSegment>> {
        // Something lies before the section, and behind it.
        let bytes = [&[9, 9], section, &[0; 4]].concat();
        simple_segments(&bytes, 2..2 + section.len(), true)
    }

    #[test]
    fn simple_segments_are_read() {
        let section =
            [3, 0, 0x41, 0x80, 0x7f, 0x0b, 2, b'a', b'b', 1, 0, 0, 0x41, 5, 0x0b, 1, b'c'];
        let active = |value: i32, bytes: Range<usize>| {
            let offset = ConstExpr::new(&[ConstOp::I32Const(value)]);
            DataSegment { kind: DataKind::Active { memory: 0, offset }, bytes }
        };
        let passive = DataSegment { kind: DataKind::Passive, bytes: 13..13 };
        let expected = vec![active(-128, 9..11), passive, active(5, 18..19)];
        assert_eq!(segments(&section), Some(expected));
        assert_eq!(segments(&[0]), Some(vec![]));
        assert_eq!(simple_segments(&section, 0..section.len(), false), None);
    }

    #[test]
    fn everything_else_is_left_to_others() {
        let others: [&[u8]; 9] = [
            &[],
            &[1],
            &[0, 0],
            &[1, 0, 0x41, 0, 0x0b, 1],
            &[1, 0, 0x41, 0, 0x0b, 0xff, 0xff, 0xff, 0xff, 0x0f],
            &[1, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x08, 0x0b, 0],
            &[1, 0, 0x41, 0, 0x41, 0, 0x0b, 0],
            &[1, 0, 0x23, 0, 0x0b, 0],
            &[1, 2, 0, 0x41, 0, 0x0b, 0],
        ];
        for section in others {
            assert_eq!(segments(section), None, "{section:x?}");
        }
    }
}
