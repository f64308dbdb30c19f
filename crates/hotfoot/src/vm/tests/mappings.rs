//! Reservations, code pages, and the table of what is code.

use std::sync::Arc;

use hotfoot_abi::TrapCode;

#[cfg(target_os = "linux")]
use super::super::code_draft::CodeDraft;
use super::super::code_memory::{CodePool, CodeRegion};
use super::super::registry::{self, CodeTables, RegisteredCode};
use super::super::signals::FaultRanges;
use super::super::sys::{self, Reservation};
use super::machine;

#[test]
fn discarded_memory_comes_back_as_zeros() {
    let page = sys::page_size();
    let reservation = Reservation::new(10 * page + 1).expect("address space");
    assert_eq!(reservation.len(), 11 * page);
    reservation.commit(0..3 * page).expect("memory");
    let word = |at: usize| reservation.base().wrapping_add(at).cast::<u64>();
    // SAFETY: committed pages of our own.
    unsafe {
        for at in [0, page, 3 * page - 8] {
            assert_eq!(word(at).read(), 0);
            word(at).write(7);
        }
        reservation.discard(page..3 * page).expect("discards");
        reservation.commit(page..3 * page).expect("memory");
        let seen = [0, page, 3 * page - 8].map(|at| word(at).read());
        assert_eq!(seen, [7, 0, 0]);
        // What is committed already keeps its contents.
        reservation.commit(0..1).expect("memory");
        assert_eq!(word(0).read(), 7);
    }
}

#[test]
fn a_reservation_may_be_larger_than_memory() {
    let reservation = Reservation::new((8 << 30) + (64 << 10)).expect("address space");
    reservation.commit(0..1 << 16).expect("memory");
    assert!(Reservation::new(usize::MAX).is_err());
    assert!(Reservation::new(usize::MAX / 2).is_err());
}

#[test]
#[should_panic(expected = "outside the reservation")]
fn a_range_outside_is_refused() {
    let reservation = Reservation::new(1).expect("address space");
    let _ = reservation.commit(0..reservation.len() + 1);
}

#[cfg(target_os = "linux")]
#[test]
fn published_code_is_not_writable() {
    for pool in [CodePool::default(), CodePool::without_spaces()] {
        let code = CodeRegion::publish_bytes(&pool, &[0; 100]).expect("memory for code");
        let address = code.base() as usize;
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        let line = mapping(&maps, address).expect("the mapping");
        assert!(line.contains(" r-x"), "{line}");
        // On the whole: nothing is writable and executable at once.
        assert!(!maps.lines().any(|line| line.contains(" rwx")), "{maps}");
    }
}

/// The line that tells of the mapping that has `address`.
#[cfg(target_os = "linux")]
fn mapping(maps: &str, address: usize) -> Option<&str> {
    maps.lines().find(|line| {
        let mut ends = line.split([' ', '-']).map(|end| usize::from_str_radix(end, 16));
        let (start, end) = (ends.next(), ends.next());
        matches!((start, end), (Some(Ok(start)), Some(Ok(end))) if (start..end).contains(&address))
    })
}

#[cfg(target_os = "linux")]
#[test]
fn large_code_begins_at_a_large_page_and_keeps_no_more_than_it_has() {
    let len = (5 << 20) + 12345;
    check_large(len, || CodeRegion::publish(&CodePool::default(), len, |_, _| {}).expect("memory"));
}

#[cfg(target_os = "linux")]
#[test]
fn code_that_is_written_in_place_keeps_no_more_than_it_has() {
    let len = (2 << 20) + 12345;
    check_large(len, || {
        let mut draft = CodeDraft::new(Vec::new(), 4 * len);
        draft.pad(len);
        let written = draft.bytes().as_ptr();
        let code = draft.publish(&CodePool::default()).expect("memory").0.expect("some code");
        assert_eq!(code.base(), written, "code is where it was written");
        code
    });
}

/// Checks the mappings of code of `len` bytes.
#[cfg(target_os = "linux")]
fn check_large(len: usize, publish: impl Fn() -> CodeRegion) {
    // Another thread may map something directly behind it at once, but not every time.
    let ends = (0..100).any(|_| {
        let code = publish();
        let base = code.base() as usize;
        assert_eq!(base % (2 << 20), 0);
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        for byte in [base, base + len / 2, base + len - 1] {
            let line = mapping(&maps, byte).expect("the mapping");
            assert!(line.contains(" r-x"), "{line}");
        }
        mapping(&maps, (base + len).next_multiple_of(sys::page_size())).is_none()
    });
    assert!(ends, "there is more behind the code");
}

#[test]
fn code_that_is_gone_leaves_room_for_other_code() {
    let pool = CodePool::default();
    let publish = |byte: u8, len| {
        let region = CodeRegion::publish(&pool, len, |bytes, _| bytes.fill(byte));
        RegisteredCode::new(region.expect("memory for code"), CodeTables::new(Arc::new(byte)))
    };
    let holds = |code: &RegisteredCode, byte: u8| {
        // SAFETY: published code can be read.
        let bytes = unsafe { std::slice::from_raw_parts(code.base(), code.len()) };
        let middle = code.base() as usize + code.len() / 2;
        let owner = registry::lookup(middle).expect("known").0.owner().clone();
        *owner.downcast::<u8>().expect("ours") == byte && bytes.iter().all(|&b| b == byte)
    };
    let mut alive: Vec<(u8, RegisteredCode)> = Vec::new();
    for round in 0..2000u32 {
        let byte = round as u8;
        alive.push((byte, publish(byte, 1 + (round as usize * 7919) % 30_000)));
        if round % 5 != 0 {
            alive.swap_remove(round as usize % alive.len());
        }
        let (byte, code) = &alive[round as usize / 3 % alive.len()];
        assert!(holds(code, *byte), "round {round}");
    }
    assert!(alive.iter().all(|(byte, code)| holds(code, *byte)));
}

#[test]
fn large_code_has_pages_of_its_own() {
    let pool = CodePool::default();
    let small = CodeRegion::publish(&pool, 100, |_, _| {}).expect("memory for code");
    let large = CodeRegion::publish(&pool, 5 << 20, |_, _| {}).expect("memory for code");
    assert!(large.index().is_none());
    assert_eq!(small.index().is_some(), cfg!(any(target_os = "linux", target_vendor = "apple")));
}

#[test]
fn empty_code_can_be_published() {
    assert_eq!(
        CodeRegion::publish_bytes(&CodePool::default(), &[]).expect("memory for code").len(),
        0
    );
}

#[test]
fn addresses_are_found_while_their_code_lives() {
    let owner: Arc<u32> = Arc::new(3);
    let functions = [machine::load(), machine::trap(TrapCode::Unreachable)];
    let mut tables = CodeTables::new(owner.clone());
    tables.add(16, Some(8), &functions[0]);
    tables.add(112, None, &functions[1]);
    let region =
        CodeRegion::publish(&CodePool::default(), 200, |_, _| {}).expect("memory for code");
    let code = RegisteredCode::new(region, tables);
    let base = code.base() as usize;
    for outside in [base - 1, base + code.len()] {
        assert!(
            registry::lookup(outside)
                .is_none_or(|(tables, _)| !Arc::ptr_eq(&tables, code.tables()))
        );
    }
    let (tables, offset) = registry::lookup(base + 20).expect("known");
    assert_eq!(offset, 20);
    let function = |offset| tables.function_at(offset).map(|entry| entry.function);
    let end = 16 + functions[0].code.len() as u32;
    assert_eq!(function(15), None);
    assert_eq!([function(16), function(end - 1)], [Some(Some(8)); 2]);
    assert_eq!(function(end), None);
    assert_eq!(function(112), Some(None));
    let site = functions[0].trap_sites[0].code_offset + 16;
    assert_eq!(tables.trap_site(site).map(|site| site.code), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(tables.trap_site(site + 1), None);
    drop(tables);
    drop(code);
    assert!(registry::lookup(base + 20).is_none_or(|(tables, _)| !Arc::ptr_eq(
        &(tables.owner().clone().downcast::<u32>().unwrap_or_default()),
        &owner
    )));
}

#[test]
fn ranges_are_half_open() {
    let ranges = FaultRanges::new();
    ranges.add(100..200);
    ranges.add(0..50);
    ranges.add(200..210);
    let inside: Vec<usize> = [0, 49, 50, 99, 100, 199, 200, 209, 210]
        .into_iter()
        .filter(|&a| ranges.contains(a))
        .collect();
    assert_eq!(inside, [0, 49, 100, 199, 200, 209]);
}
