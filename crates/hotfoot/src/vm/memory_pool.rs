//! Address space for memories that is used again.
//!
//! Setting address space aside and giving it back costs more than starting a
//! small program. So an engine keeps some of what its memories leave behind,
//! with as much of it accessible as the last memory had. It is reset when it
//! comes back, not when it is needed: what waits here holds zeros, and has
//! given back all pages but the first few, which most programs use, and which
//! are cleared faster than they are given back and come again.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::sys::{self, Reservation};

/// How many reservations wait at most.
const MAX_IDLE: usize = 32;
/// Memories that have been larger than this, in bytes, leave nothing: resetting
/// them costs as much as a new reservation, and leaves page tables behind.
const MAX_KEPT: usize = 64 << 20;

/// How much is cleared and kept, in bytes from the start.
const RESIDENT: usize = 16 << 10;

/// Reservations of one size that wait for the next memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryPool {
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    reservation: Reservation,
    /// How much of it is accessible, in bytes from its start.
    accessible: usize,
}

impl MemoryPool {
    /// A reservation of `len` bytes, of which the first `accessible` are
    /// accessible and zero, and all others are inaccessible.
    ///
    /// # Errors
    ///
    /// When the operating system refuses.
    pub(super) fn take(&self, len: usize, accessible: usize) -> io::Result<Reservation> {
        if let Some(idle) = self.find(len, accessible)
            && resize(&idle, accessible).is_ok()
        {
            return Ok(idle.reservation);
        }
        let reservation = Reservation::new(len).or_else(|_| {
            // What waits may be what is missing.
            self.lock().clear();
            Reservation::new(len)
        })?;
        reservation.commit(0..accessible)?;
        Ok(reservation)
    }

    /// A reservation that waits, preferably one that needs no change.
    fn find(&self, len: usize, accessible: usize) -> Option<Idle> {
        let mut all = self.lock();
        let suits = |idle: &Idle| idle.reservation.len() == len;
        let best = all.iter().rposition(|idle| suits(idle) && idle.accessible == accessible);
        let at = best.or_else(|| all.iter().rposition(suits))?;
        Some(all.swap_remove(at))
    }

    /// Takes back a reservation of which the first `accessible` bytes are
    /// accessible and the others are not. Nobody uses it any more. `renewed` if
    /// the pages at its start have been given back already.
    pub(super) fn put(&self, reservation: Reservation, accessible: usize, renewed: bool) {
        if accessible > MAX_KEPT {
            return;
        }
        let resident = if renewed { 0 } else { accessible.min(RESIDENT.max(sys::page_size())) };
        // SAFETY: accessible, and nobody else's.
        unsafe { reservation.base().write_bytes(0, resident) };
        let Ok(still) = reservation.zero(resident..accessible) else {
            return;
        };
        let idle = Idle { reservation, accessible: if still { accessible } else { resident } };
        let mut all = self.lock();
        if all.len() < MAX_IDLE {
            all.push(idle);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the first `accessible` bytes accessible, and no others.
fn resize(idle: &Idle, accessible: usize) -> io::Result<()> {
    let before = idle.accessible;
    if before < accessible {
        idle.reservation.commit(before..accessible)
    } else {
        idle.reservation.close(accessible..before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sys::page_size;
    use super::*;

    fn write_and_put(pool: &MemoryPool, len: usize, accessible: usize) -> usize {
        let reservation = pool.take(len, accessible).expect("address space");
        let base = reservation.base();
        for offset in (0..accessible).step_by(64) {
            // SAFETY: accessible, and ours.
            unsafe {
                assert_eq!(base.add(offset).read(), 0, "at {offset}");
                base.add(offset).write(1);
            }
        }
        pool.put(reservation, accessible, false);
        base as usize
    }

    #[test]
    fn what_comes_again_is_zero() {
        let pool = MemoryPool::default();
        let page = page_size();
        let len = 64 * page;
        let first = write_and_put(&pool, len, 8 * page);
        for pages in [8, 3, 20, 0, 8] {
            assert_eq!(write_and_put(&pool, len, pages * page), first);
        }
        assert_ne!(write_and_put(&pool, 2 * len, page), first);
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks the system what is accessible")]
    fn what_was_accessible_once_is_closed() {
        let pool = MemoryPool::default();
        let page = page_size();
        let len = 64 * page;
        write_and_put(&pool, len, 20 * page);
        let reservation = pool.take(len, 5 * page).expect("address space");
        #[cfg(target_os = "linux")]
        {
            let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
            let closed = format!("{:x}-", reservation.base() as usize + 5 * page);
            let line = maps.lines().find(|line| line.starts_with(&closed));
            assert!(line.is_some_and(|line| line.contains(" ---p ")), "{maps}");
        }
        // And it can be opened again.
        reservation.commit(5 * page..6 * page).expect("memory");
        // SAFETY: accessible, and ours.
        assert_eq!(unsafe { reservation.base().add(6 * page - 1).read() }, 0);
    }

    #[test]
    fn large_ones_and_many_are_not_kept() {
        let pool = MemoryPool::default();
        let page = page_size();
        let large = pool.take(MAX_KEPT * 2, MAX_KEPT + page).expect("address space");
        pool.put(large, MAX_KEPT + page, false);
        assert!(pool.lock().is_empty());
        let many: Vec<Reservation> =
            (0..MAX_IDLE + 5).map(|_| pool.take(page, 0).expect("address space")).collect();
        many.into_iter().for_each(|reservation| pool.put(reservation, 0, false));
        assert_eq!(pool.lock().len(), MAX_IDLE);
    }
}
