//! Better code and the frames that it takes over.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use hotfoot_abi::TakeoverEntry;

use super::super::registry::RegisteredCode;
use super::super::tiers::{Eagerness, Improver, Tiers};
use super::{Program, machine};
use crate::error::Result;

/// Gives the same code each time, with this entry, and counts.
struct Always(TakeoverEntry, Arc<AtomicUsize>);

impl Improver for Always {
    fn eagerness(&self) -> Eagerness {
        Eagerness::Usual
    }

    fn improve(&self, _: &Tiers, _: u32) -> Result<(RegisteredCode, TakeoverEntry)> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok((Program::new(&[machine::leaving_instance(0)]).code, self.0))
    }
}

#[test]
fn code_for_other_frames_is_refused_once_and_for_all() {
    let asking = machine::leaving_instance(0);
    let (size, context_slot) = (asking.frame.size, asking.frame.context_slot);
    let program = Program::new(&[asking]);
    let pc = program.address(0) as usize + 1;
    let right = TakeoverEntry { offset: 4, frame_size: size, context_slot };
    let cases = [
        (right, pc, true),
        (TakeoverEntry { frame_size: size + 16, ..right }, pc, false),
        (TakeoverEntry { context_slot: None, ..right }, pc, false),
        (right, ptr::from_ref(&right).addr(), false),
    ];
    for (entry, pc, fits) in cases {
        let made = Arc::new(AtomicUsize::new(0));
        let tiers = Tiers::new(1, Box::new(Always(entry, Arc::clone(&made))));
        let slot = AtomicPtr::new(program.address(0).cast_mut());
        for _ in 0..3 {
            let improved = tiers.improve(0, &slot, pc);
            assert_eq!((improved.is_some(), tiers.is_improved(0)), (fits, fits));
            let code = slot.load(Ordering::Relaxed).cast_const();
            assert_eq!(code != program.address(0), fits);
            if let Some(improved) = improved {
                assert_eq!(improved.code, code);
                assert_eq!(improved.takeover, code.wrapping_add(4));
            }
        }
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
