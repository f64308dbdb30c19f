//! Traps on many threads, small threads, and code that comes and goes.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use hotfoot_abi::TrapCode;

use super::{MEMORY, Program, TestStore, machine};

#[test]
fn traps_on_many_threads_at_once() {
    let program = Program::new(&[machine::call(1), machine::load()]);
    thread::scope(|scope| {
        for number in 0..16 {
            let program = &program;
            scope.spawn(move || {
                let store = TestStore::new();
                for round in 0..200 {
                    let outside = (MEMORY + number * 64 + round * 8) as u64;
                    let trap = store.trap(program.address(0), [outside, 0]);
                    assert_eq!(trap.address, Some(store.memory.base() as usize + outside as usize));
                    assert_eq!(trap.frames.len(), 2);
                    assert_eq!(store.call(program.address(0), [0, 0]).expect("inside"), 1);
                }
            });
        }
    });
}

#[test]
fn a_small_thread_traps_and_overflows_like_any_other() {
    for size in [128 << 10, 256 << 10] {
        let thread = thread::Builder::new().stack_size(size).spawn(move || {
            let program = Program::new(&[machine::recurse(0), machine::load()]);
            let store = TestStore::new();
            for _ in 0..3 {
                let trap = store.trap(program.address(0), [0, 0]);
                assert_eq!(trap.code, TrapCode::StackOverflow);
                assert!(!trap.frames.is_empty());
                let trap = store.trap(program.address(1), [MEMORY as u64, 0]);
                assert_eq!(trap.code, TrapCode::MemoryOutOfBounds);
            }
        });
        thread.expect("a thread").join().expect("no panic");
    }
}

#[test]
fn code_comes_and_goes_while_other_code_runs_and_traps() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let publishers: Vec<_> = (0..4)
            .map(|number| {
                scope.spawn(move || {
                    let store = TestStore::new();
                    let mut kept = Vec::new();
                    for round in 0..150 {
                        let functions = [machine::call(1), machine::load()];
                        let program = Program::owned_by(&functions, number);
                        assert_eq!(store.call(program.address(0), [8, 0]).expect("inside"), 1);
                        let trap = store.trap(program.address(0), [MEMORY as u64, 0]);
                        assert_eq!(super::functions(&trap.frames), [(number, 1), (number, 0)]);
                        if round % 3 == 0 {
                            kept.push(program);
                        }
                        if round % 7 == 0 {
                            kept.clear();
                        }
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let program = Program::owned_by(&[machine::load()], 99);
                let store = TestStore::new();
                while !done.load(Relaxed) {
                    let trap = store.trap(program.address(0), [MEMORY as u64, 0]);
                    assert_eq!(super::functions(&trap.frames), [(99, 0)]);
                }
            });
        }
        for publisher in publishers {
            // A panic there must not leave the others running for ever.
            let result = publisher.join();
            done.store(result.is_err() || done.load(Relaxed), Relaxed);
            result.expect("no panic");
        }
        done.store(true, Relaxed);
    });
}

#[cfg(unix)]
mod signal_stacks {
    use std::mem::MaybeUninit;
    use std::ptr;

    use super::*;

    fn current() -> libc::stack_t {
        let mut stack = MaybeUninit::zeroed();
        // SAFETY: the structure is valid, and zeros initialise it.
        unsafe {
            assert_eq!(libc::sigaltstack(ptr::null(), stack.as_mut_ptr()), 0);
            stack.assume_init()
        }
    }

    fn enter_and_trap() {
        let program = Program::new(&[machine::load()]);
        TestStore::new().trap(program.address(0), [MEMORY as u64, 0]);
    }

    #[test]
    fn a_thread_gets_one_that_is_large_enough() {
        let run = || {
            enter_and_trap();
            let stack = current();
            assert!(stack.ss_flags & libc::SS_DISABLE == 0 && stack.ss_size >= 64 << 10);
        };
        for _ in 0..4 {
            thread::spawn(run).join().expect("no panic");
        }
    }

    #[test]
    fn a_larger_one_of_the_host_stays() {
        let run = || {
            let mut memory = vec![0u8; 256 << 10];
            let theirs = libc::stack_t {
                ss_sp: memory.as_mut_ptr().cast(),
                ss_flags: 0,
                ss_size: memory.len(),
            };
            // SAFETY: the memory outlives its use as a signal stack.
            unsafe {
                let before = current();
                assert_eq!(libc::sigaltstack(&raw const theirs, ptr::null_mut()), 0);
                enter_and_trap();
                assert_eq!(current().ss_sp, theirs.ss_sp);
                assert_eq!(libc::sigaltstack(&raw const before, ptr::null_mut()), 0);
            }
        };
        thread::spawn(run).join().expect("no panic");
    }

    #[test]
    fn one_that_the_host_installs_later_is_used_and_left_alone() {
        let run = || {
            enter_and_trap();
            let mut memory = vec![0u8; 32 << 10];
            let theirs = libc::stack_t {
                ss_sp: memory.as_mut_ptr().cast(),
                ss_flags: 0,
                ss_size: memory.len(),
            };
            // SAFETY: the memory is leaked.
            unsafe { assert_eq!(libc::sigaltstack(&raw const theirs, ptr::null_mut()), 0) };
            std::mem::forget(memory);
            enter_and_trap();
            assert_eq!(current().ss_sp, theirs.ss_sp);
        };
        thread::spawn(run).join().expect("no panic");
    }
}
