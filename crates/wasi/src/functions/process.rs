//! Arguments, environment, randomness, and what concerns the guest as a whole.

use super::Env;
use crate::context::Strings;
use crate::errno::{Errno, Failure, Outcome};
use crate::guest::Guest;

/// How many random bytes are asked for at once; between, an interruption is
/// noticed.
const RANDOM_PORTION: usize = 64 << 10;

pub(super) fn args_get(env: &mut Env<'_>, pointers: u32, bytes: u32) -> Outcome {
    write_strings(&mut env.memory, &env.ctx.arguments, pointers, bytes)
}

pub(super) fn args_sizes_get(env: &mut Env<'_>, count: u32, length: u32) -> Outcome {
    write_sizes(&mut env.memory, &env.ctx.arguments, count, length)
}

pub(super) fn environ_get(env: &mut Env<'_>, pointers: u32, bytes: u32) -> Outcome {
    write_strings(&mut env.memory, &env.ctx.environment, pointers, bytes)
}

pub(super) fn environ_sizes_get(env: &mut Env<'_>, count: u32, length: u32) -> Outcome {
    write_sizes(&mut env.memory, &env.ctx.environment, count, length)
}

fn write_strings(guest: &mut Guest<'_>, strings: &Strings, pointers: u32, bytes: u32) -> Outcome {
    let (count, length) = sizes(strings)?;
    guest.check(pointers, count.checked_mul(4).ok_or(Errno::Overflow)?, 4)?;
    guest.write(bytes, &strings.bytes[..length as usize])?;
    let mut at = bytes;
    for (index, string) in (0..count).zip(strings.iter()) {
        guest.write_u32(pointers + 4 * index, at)?;
        // The last one may end where addresses do.
        at = at.wrapping_add(string.len() as u32);
    }
    Ok(())
}

fn write_sizes(guest: &mut Guest<'_>, strings: &Strings, count: u32, length: u32) -> Outcome {
    let (strings, bytes) = sizes(strings)?;
    guest.write_u32(count, strings)?;
    guest.write_u32(length, bytes)
}

fn sizes(strings: &Strings) -> Outcome<(u32, u32)> {
    let number = |size: usize| u32::try_from(size).map_err(|_| Errno::Overflow);
    Ok((number(strings.count)?, number(strings.bytes.len())?))
}

pub(super) fn random_get(env: &mut Env<'_>, start: u32, length: u32) -> Outcome {
    let Env { memory, ctx } = env;
    for portion in memory.bytes_mut(start, length)?.chunks_mut(RANDOM_PORTION) {
        ctx.check_interruption()?;
        ctx.random.fill(portion)?;
    }
    Ok(())
}

pub(super) fn sched_yield(env: &mut Env<'_>) -> Outcome {
    std::thread::yield_now();
    env.ctx.check_interruption()
}

/// Signals by number, and what they do to a program that has said nothing about
/// them; it cannot, in preview 1.
pub(super) fn proc_raise(_: &mut Env<'_>, signal: u32) -> Outcome {
    const NONE: u32 = 0;
    const CHILD: u32 = 16;
    const CONTINUE: u32 = 17;
    const STOP: u32 = 18;
    const TERMINAL_STOP: u32 = 19;
    const TERMINAL_INPUT: u32 = 20;
    const TERMINAL_OUTPUT: u32 = 21;
    const URGENT: u32 = 22;
    const WINDOW: u32 = 27;
    const LAST: u32 = 30;
    match signal {
        NONE | CHILD | CONTINUE | URGENT | WINDOW => Ok(()),
        // There is nobody who could let it go on.
        STOP | TERMINAL_STOP | TERMINAL_INPUT | TERMINAL_OUTPUT => Err(Errno::Notsup.into()),
        1..=LAST => Err(Failure::Exit(128 + signal)),
        _ => Err(Errno::Inval.into()),
    }
}
