//! `poll_oneoff`: waiting for the first of several things.

use std::io::Seek;
use std::time::Duration;

use super::Env;
use crate::clocks::ClockId;
use crate::context::WasiCtx;
use crate::descriptors::{Descriptors, Kind, OpenFile};
use crate::errno::{Errno, Failure, Outcome};
use crate::guest::Guest;
use crate::layout::{ABSOLUTE_TIME, Event, HANGUP, Rights};
use crate::streams::Readiness;
use crate::system::{Interest, Watches};
use crate::waiting::STEP;

/// The most things that can be waited for at once: more than a guest can have
/// descriptors and clocks, so that what is kept for them is bounded.
const MOST: u32 = 4096;
/// The size of the record `subscription`.
const SUBSCRIPTION: u32 = 48;
/// How often streams of the embedder's, for which the system cannot wait, are
/// asked.
const ASKING: Duration = Duration::from_millis(2);

/// Tags in the records.
const CLOCK: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;

struct Subscription {
    userdata: u64,
    what: Subject,
}

enum Subject {
    /// A clock shows this time.
    Time(ClockId, Duration),
    Descriptor(u32, Interest),
    /// There is no such clock.
    Error(Errno),
}

pub(super) fn poll_oneoff(
    env: &mut Env<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    happened: u32,
) -> Outcome {
    if count == 0 || count > MOST {
        return Err(Errno::Inval.into());
    }
    env.memory.check(subscriptions, SUBSCRIPTION * count, 8)?;
    env.memory.check(events, Event::SIZE * count, 8)?;
    env.memory.check(happened, 4, 4)?;
    let wanted = (0..count)
        .map(|index| decode(&env.memory, env.ctx, subscriptions + SUBSCRIPTION * index))
        .collect::<Outcome<Vec<_>>>()?;
    let found = wait(env.ctx, &wanted)?;
    for (event, at) in found.iter().zip((events..).step_by(Event::SIZE as usize)) {
        env.memory.write(at, &event.encode())?;
    }
    env.memory.write_u32(happened, found.len() as u32)
}

fn decode(guest: &Guest<'_>, ctx: &mut WasiCtx, at: u32) -> Outcome<Subscription> {
    let record: [u8; SUBSCRIPTION as usize] = guest.read(at)?;
    let word = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&record[at..at + 8]);
        u64::from_le_bytes(word)
    };
    let half = word(16) as u32;
    let what = match record[8] {
        CLOCK => match ClockId::decode(half) {
            Some(clock) => {
                let timeout = Duration::from_nanos(word(24));
                let absolute = word(40) as u16 & ABSOLUTE_TIME != 0;
                let start = if absolute { Duration::ZERO } else { ctx.clocks.now(clock) };
                Subject::Time(clock, start.saturating_add(timeout))
            }
            None => Subject::Error(Errno::Inval),
        },
        READ => Subject::Descriptor(half, Interest::Read),
        WRITE => Subject::Descriptor(half, Interest::Write),
        _ => return Err(Errno::Inval.into()),
    };
    Ok(Subscription { userdata: word(0), what })
}

impl Subscription {
    fn tag(&self) -> u8 {
        match self.what {
            Subject::Time(..) | Subject::Error(_) => CLOCK,
            Subject::Descriptor(_, Interest::Read) => READ,
            Subject::Descriptor(_, Interest::Write) => WRITE,
        }
    }

    fn event(&self, readiness: Readiness) -> Event {
        let (bytes, flags) = match readiness {
            Readiness::Ready(bytes) => (bytes, 0),
            Readiness::Closed => (0, HANGUP),
            Readiness::Wait => (0, 0),
        };
        Event { userdata: self.userdata, errno: 0, ty: self.tag(), bytes, flags }
    }

    fn error(&self, errno: Errno) -> Event {
        let errno = errno as u16;
        Event { userdata: self.userdata, errno, ty: self.tag(), bytes: 0, flags: 0 }
    }
}

/// Waits until there is an event, and returns all that there are then.
fn wait(ctx: &mut WasiCtx, wanted: &[Subscription]) -> Outcome<Vec<Event>> {
    loop {
        let mut found = Vec::new();
        let mut longest = STEP;
        // Those that the system can wait for.
        let mut watched = Vec::new();
        for subscription in wanted {
            match subscription.what {
                Subject::Error(errno) => found.push(subscription.error(errno)),
                Subject::Time(clock, due) => match due.checked_sub(ctx.clocks.now(clock)) {
                    Some(left) if !left.is_zero() => longest = longest.min(left),
                    _ => found.push(subscription.event(Readiness::Wait)),
                },
                Subject::Descriptor(fd, interest) => {
                    match ask(&mut ctx.descriptors, fd, interest) {
                        Ok(Asked::Now(Readiness::Wait)) => longest = longest.min(ASKING),
                        Ok(Asked::Now(readiness)) => found.push(subscription.event(readiness)),
                        Ok(Asked::Watch) => watched.push((subscription, fd, interest)),
                        Err(Failure::Errno(errno)) => found.push(subscription.error(errno)),
                        Err(failure) => return Err(failure),
                    }
                }
            }
        }
        let longest = if found.is_empty() { longest } else { Duration::ZERO };
        watch(ctx, &watched, longest, &mut found)?;
        if !found.is_empty() {
            return Ok(found);
        }
        ctx.check_interruption()?;
    }
}

/// Lets the system wait, or, if the embedder has a clock of its own, that.
fn watch(
    ctx: &WasiCtx,
    watched: &[(&Subscription, u32, Interest)],
    timeout: Duration,
    found: &mut Vec<Event>,
) -> Outcome {
    let mut watches = Watches::default();
    for &(_, fd, interest) in watched {
        watches.add(ctx.descriptors.get(fd)?, interest);
    }
    let clock = ctx.clocks.monotonic.as_ref();
    watches.wait(if clock.is_some() { Duration::ZERO } else { timeout })?;
    for (&(subscription, ..), readiness) in watched.iter().zip(watches.results()) {
        if readiness != Readiness::Wait {
            found.push(subscription.event(readiness));
        }
    }
    if let Some(clock) = clock
        && found.is_empty()
    {
        clock.wait(timeout);
    }
    Ok(())
}

enum Asked {
    Now(Readiness),
    /// The system has to be asked.
    Watch,
}

fn ask(descriptors: &mut Descriptors, fd: u32, interest: Interest) -> Outcome<Asked> {
    let descriptor = descriptors.get_mut(fd)?;
    let right = match interest {
        Interest::Read => Rights::FD_READ,
        Interest::Write => Rights::FD_WRITE,
    };
    if matches!(descriptor.kind, Kind::Socket(_)) && descriptor.rights.contains(Rights::SOCK_ACCEPT)
    {
        // A listening socket can be read from when there is a connection.
        descriptor.require(Rights::POLL_FD_READWRITE)?;
        return Ok(Asked::Watch);
    }
    descriptor.require(Rights::POLL_FD_READWRITE | right)?;
    if Watches::can_watch(descriptor) {
        return Ok(Asked::Watch);
    }
    match (&mut descriptor.kind, interest) {
        (Kind::Input(stream), _) => Ok(Asked::Now(stream.ready(Duration::ZERO)?)),
        (Kind::Output(stream), _) => Ok(Asked::Now(stream.ready(Duration::ZERO)?)),
        (Kind::File(file), Interest::Read) => Ok(Asked::Now(Readiness::Ready(left(file)?))),
        (Kind::File(_), Interest::Write) => Ok(Asked::Now(Readiness::Ready(1))),
        (Kind::Directory(_) | Kind::Socket(_), _) => Err(Errno::Badf.into()),
    }
}

/// How many bytes a file has behind its position.
fn left(file: &OpenFile) -> Outcome<u64> {
    let position = (&file.file).stream_position()?;
    Ok(file.file.metadata()?.len().saturating_sub(position))
}
