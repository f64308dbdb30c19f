//! The code buffer by itself: labels, references at the edges of their range,
//! constants, relocations.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hotfoot_asm::{CodeBuffer, FixupKind, RelocKind, Relocation};

/// Makes a reference of `kind` at `at` to a label at `target`, and returns the
/// bytes at the reference, if it reaches.
fn refer(kind: FixupKind, field: usize, at: usize, target: usize) -> Option<Vec<u8>> {
    let mut buffer = CodeBuffer::new();
    let label = buffer.new_label();
    let end = (at + field + 16).max(target);
    if target <= at {
        buffer.put_bytes(&vec![0; target]);
        buffer.bind(label);
    }
    let gap = at - buffer.offset() as usize;
    buffer.put_bytes(&vec![0; gap]);
    buffer.use_label(at as u32, label, kind);
    if target > at {
        let gap = target - buffer.offset() as usize;
        buffer.put_bytes(&vec![0; gap]);
        assert_eq!(buffer.label_offset(label), None);
        buffer.bind(label);
    }
    let gap = end - buffer.offset() as usize;
    buffer.put_bytes(&vec![0; gap]);
    if target == end {
        buffer.put_u32(0);
    }
    assert_eq!(buffer.label_offset(label), Some(target as u32));
    let reached = catch_unwind(AssertUnwindSafe(|| buffer.finish())).is_ok();
    let others = buffer.bytes()[..at].iter().chain(&buffer.bytes()[at + field..]);
    assert!(others.into_iter().all(|&byte| byte == 0), "only the field is written");
    reached.then(|| buffer.bytes()[at..at + field].to_vec())
}

#[test]
fn bytes_relative() {
    // Relative to the byte behind the field.
    for (at, target, expected) in [
        (200, 201, Some(0)),
        (200, 200, Some(-1)),
        (200, 328, Some(127)),
        (200, 329, None),
        (200, 73, Some(-128)),
        (200, 72, None),
    ] {
        let field = refer(FixupKind::Rel8, 1, at, target);
        assert_eq!(field.map(|bytes| bytes[0] as i8), expected, "{at} {target}");
    }
}

#[test]
fn words_relative() {
    for trailing in [0u8, 1, 4] {
        for (at, target) in [(8, 0), (8, 8), (8, 12), (8, 300_000), (300_000, 3)] {
            let kind = FixupKind::Rel32 { trailing };
            let field = refer(kind, 4, at, target).unwrap();
            let value = i32::from_le_bytes(field.try_into().unwrap());
            let next = at as i32 + 4 + i32::from(trailing);
            assert_eq!(next + value, target as i32);
        }
    }
}

#[test]
fn table_entries() {
    for (base, target) in [(0u32, 0usize), (0, 1000), (16, 1000), (1000, 16), (1000, 1000)] {
        let field = refer(FixupKind::Offset32 { base }, 4, 64, target).unwrap();
        let value = i32::from_le_bytes(field.try_into().unwrap());
        assert_eq!(i64::from(base) + i64::from(value), target as i64);
    }
}

#[test]
fn aarch64_fields_at_their_edges() {
    // Width and position of the field, and the range in bytes.
    for (kind, width, shift) in [
        (FixupKind::Branch26, 26, 0),
        (FixupKind::Cond19, 19, 5),
        (FixupKind::Literal19, 19, 5),
        (FixupKind::Test14, 14, 5),
    ] {
        let range = 4usize << (width - 1);
        let at = range + 64;
        for (target, expected) in [
            (at, Some(0i64)),
            (at + 4, Some(1)),
            (at - 4, Some(-1)),
            (at + range - 4, Some((range as i64 - 4) / 4)),
            (at + range, None),
            (at - range, Some(-(range as i64) / 4)),
            (at - range - 4, None),
        ] {
            let word = refer(kind, 4, at, target)
                .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
            let mask = ((1u64 << width) - 1) as u32;
            let expected = expected.map(|words| (words as u32 & mask) << shift);
            assert_eq!(word, expected, "{kind:?} {at} {target}");
        }
    }
    // An address counts bytes, with the low two bits at bit 29.
    let at = (1 << 20) + 64;
    for (distance, expected) in [
        (0i64, Some(0u32)),
        (1, Some(1 << 29)),
        (6, Some(2 << 29 | 1 << 5)),
        (-1, Some(3 << 29 | 0x7_ffff << 5)),
        ((1 << 20) - 1, Some(3 << 29 | 0x3_ffff << 5)),
        (1 << 20, None),
        (-(1 << 20), Some(0x4_0000 << 5)),
        (-(1 << 20) - 1, None),
    ] {
        let target = (at as i64 + distance) as usize;
        if target > at && target < at + 4 {
            continue; // within the instruction itself; see below
        }
        let word = refer(FixupKind::Adr21, 4, at, target)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
        assert_eq!(word, expected, "{distance}");
    }
}

#[test]
#[should_panic(expected = "aligned")]
fn code_is_aligned() {
    let _ = refer(FixupKind::Cond19, 4, 0, 6).is_none();
    let mut buffer = CodeBuffer::new();
    let label = buffer.new_label();
    buffer.use_label(0, label, FixupKind::Branch26);
    buffer.put_bytes(&[0; 6]);
    buffer.bind(label);
    buffer.finish();
}

#[test]
#[should_panic(expected = "bound")]
fn a_label_in_use_must_be_bound() {
    let mut buffer = CodeBuffer::new();
    let label = buffer.new_label();
    buffer.put_u32(0);
    buffer.use_label(0, label, FixupKind::Rel32 { trailing: 0 });
    buffer.finish();
}

#[test]
fn existing_bits_are_kept() {
    for (kind, word) in [
        (FixupKind::Branch26, 0x9400_0000u32),
        (FixupKind::Cond19, 0x5400_000b),
        (FixupKind::Literal19, 0x5c00_0011),
        (FixupKind::Test14, 0xb7f8_001f),
        (FixupKind::Adr21, 0x1000_001f),
    ] {
        let mut buffer = CodeBuffer::new();
        let label = buffer.new_label();
        buffer.bind(label);
        buffer.put_u32(word);
        buffer.use_label(0, label, kind);
        buffer.finish();
        assert_eq!(buffer.read_u32(0), word);
    }
}

#[test]
fn constants() {
    let mut buffer = CodeBuffer::new();
    let four = buffer.constant(7, 4);
    let eight = buffer.constant(7, 8);
    let sixteen = buffer.constant(7, 16);
    assert!(four != eight && eight != sixteen && four != sixteen);
    assert_eq!(buffer.constant(7, 4), four);
    assert_eq!(buffer.constant(7, 16), sixteen);
    let other = buffer.constant(8, 8);
    assert_ne!(other, eight);
    buffer.put_u8(0xc3);
    assert_eq!(buffer.label_offset(four), None);
    buffer.finish();
    let bytes = buffer.bytes();
    for (label, value, size) in [(four, 7u128, 4), (eight, 7, 8), (sixteen, 7, 16), (other, 8, 8)] {
        let at = buffer.label_offset(label).unwrap() as usize;
        assert_eq!(at % size, 0);
        assert_eq!(bytes[at..at + size], value.to_le_bytes()[..size]);
    }
    assert_eq!(bytes.len(), 16 + 16 + 8 + 8 + 4);
    assert_eq!(bytes[0], 0xc3);
}

/// A constant that an island has placed is not found for later uses, which may
/// be out of its reach.
#[test]
fn islands_place_constants() {
    let mut buffer = CodeBuffer::new();
    let first = buffer.constant(1, 16);
    buffer.use_label(0, first, FixupKind::Literal19);
    buffer.put_u32(0x9c00_0000);
    assert!(!buffer.needs_island(1000));
    assert!(buffer.needs_island(1 << 20));
    buffer.emit_island();
    assert!(!buffer.needs_island(1 << 20));
    assert_eq!(buffer.label_offset(first), Some(16));
    let second = buffer.constant(1, 16);
    assert_ne!(first, second);
    // A reference back to a constant that is placed waits for nothing.
    let at = buffer.offset();
    buffer.use_label(at, first, FixupKind::Literal19);
    buffer.put_u32(0x9c00_0000);
    assert!(!buffer.needs_island(1 << 20));
    buffer.finish();
    assert_eq!(buffer.read_u32(0), 0x9c00_0000 | 4 << 5);
    let back = (16i32 - at as i32) / 4;
    assert_eq!(buffer.read_u32(at), 0x9c00_0000 | (back as u32 & 0x7_ffff) << 5);
}

/// References of the other machine never ask for an island.
#[test]
fn long_references_need_no_island() {
    let mut buffer = CodeBuffer::new();
    let label = buffer.new_label();
    for kind in [
        FixupKind::Rel8,
        FixupKind::Rel32 { trailing: 0 },
        FixupKind::Offset32 { base: 0 },
        FixupKind::Branch26,
        FixupKind::Adr21,
    ] {
        buffer.use_label(buffer.offset(), label, kind);
        buffer.put_u32(0);
    }
    let _ = buffer.constant(5, 8);
    assert!(!buffer.needs_island(u32::MAX / 8));
}

#[test]
fn relocations_and_patches() {
    let mut buffer = CodeBuffer::new();
    buffer.put_bytes(&[1, 2, 3, 4, 5, 6, 7, 8]);
    buffer.add_relocation(1, RelocKind::X64Call32, 9);
    buffer.add_relocation(4, RelocKind::Aarch64Call26, 10);
    let first = Relocation { offset: 1, kind: RelocKind::X64Call32, target: 9 };
    let second = Relocation { offset: 4, kind: RelocKind::Aarch64Call26, target: 10 };
    assert_eq!(buffer.relocations(), [first, second]);
    buffer.patch_u32(2, 0x0d0c_0b0a);
    buffer.patch_bytes(0, &[9]);
    assert_eq!(buffer.bytes(), [9, 2, 10, 11, 12, 13, 7, 8]);
    assert_eq!(buffer.read_u32(3), 0x070d_0c0b);
    buffer.align_data(8);
    assert_eq!(buffer.offset(), 8);
    buffer.put_u8(1);
    buffer.align_data(16);
    assert_eq!(buffer.bytes()[8..], [1, 0, 0, 0, 0, 0, 0, 0]);
}

/// After `clear`, the buffer makes the same code as a new one.
#[test]
fn clearing_forgets_everything() {
    let fill = |buffer: &mut CodeBuffer| {
        let label = buffer.new_label();
        buffer.use_label(0, label, FixupKind::Test14);
        buffer.put_u32(0x3600_0000);
        let constant = buffer.constant(3, 8);
        buffer.use_label(4, constant, FixupKind::Literal19);
        buffer.put_u32(0x5800_0000);
        assert!(!buffer.needs_island(16));
        buffer.put_bytes(&[0; 0x7c00]);
        assert!(buffer.needs_island(16));
        buffer.add_relocation(0, RelocKind::Aarch64Call26, 1);
        label
    };
    let mut fresh = CodeBuffer::new();
    let label = fill(&mut fresh);
    fresh.bind(label);
    fresh.finish();
    let mut used = CodeBuffer::new();
    let _ = fill(&mut used);
    used.clear();
    assert_eq!(used.offset(), 0);
    assert!(used.relocations().is_empty() && !used.needs_island(1 << 20));
    let label = fill(&mut used);
    used.bind(label);
    used.finish();
    assert_eq!(used.bytes(), fresh.bytes());
    assert_eq!(used.relocations(), fresh.relocations());
}
