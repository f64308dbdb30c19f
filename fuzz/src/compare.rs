//! What is compared, and in which order.

use crate::random::Random;
use crate::run::{Engine, Instance};
use crate::value::{Failure, Type, Value, interesting};

/// The exported global that generated modules may count their fuel in.
pub const FUEL_GLOBAL: &str = "fuel";

/// What it is set to before each call.
pub const FUEL: i32 = 300;

/// How many exported functions are called at most.
const FUNCTIONS: usize = 16;

/// How often each of them is called.
const ROUNDS: usize = 3;

/// What came of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All alike, with the number of calls that returned and that trapped.
    Same(Tally),
    /// They may differ, because a limit was reached that engines set as they
    /// like, or there is nothing to compare with, because the oracle panics.
    Incomparable,
    /// They differ.
    Different(Difference),
}

/// How much was compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Calls that returned.
    pub returned: u64,
    /// Calls that trapped.
    pub trapped: u64,
    /// Modules about which the oracles differ.
    pub disputed: u64,
}

/// Where two engines differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The engine that differs from the oracles.
    pub engine: String,
    /// After what.
    pub event: String,
    /// What the oracles say.
    pub expected: String,
    /// What the engine says.
    pub found: String,
}

impl Difference {
    /// What stays the same while the module is made smaller.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.found.contains("Panic") {
            "panic"
        } else if self.found.contains("Other") {
            "error"
        } else {
            "difference"
        }
    }
}

/// A list of calls, the same for all engines.
struct Call {
    name: String,
    params: Vec<Value>,
}

fn calls(functions: Vec<(String, Vec<Type>)>) -> Vec<Call> {
    let mut random = Random::new(functions.len() as u64);
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        for (name, types) in functions.iter().take(FUNCTIONS) {
            let params = types.iter().map(|&ty| interesting(&mut random, ty)).collect();
            calls.push(Call { name: name.clone(), params });
        }
    }
    calls
}

/// What one engine says, event by event.
struct Transcript {
    lines: Vec<(String, String)>,
    tally: Tally,
    limited: bool,
}

/// Runs `wasm` on `engine`. Ends early at a limit, and where `like` ended.
fn transcribe(engine: &dyn Engine, wasm: &[u8], like: Option<&Transcript>) -> Transcript {
    let mut transcript = Transcript { lines: Vec::new(), tally: Tally::default(), limited: false };
    let mut instance = match engine.instantiate(wasm) {
        Ok(instance) => instance,
        Err(failure) => {
            // The words of errors differ, the trap codes do not.
            let text = match &failure {
                Failure::Other(_)
                    if like.is_none_or(|like| like.lines[0].1.contains("refused")) =>
                {
                    "refused".into()
                }
                other => format!("{other:?}"),
            };
            transcript.limited = matches!(failure, Failure::Limit(_));
            transcript.lines.push(("instantiation".into(), text));
            return transcript;
        }
    };
    transcript.lines.push(("instantiation".into(), format!("{:?}", instance.state())));
    for call in calls(instance.functions()) {
        if transcript.limited || like.is_some_and(|like| like.lines.len() <= transcript.lines.len())
        {
            break;
        }
        one_call(&mut *instance, &call, &mut transcript);
    }
    transcript
}

fn one_call(instance: &mut dyn Instance, call: &Call, transcript: &mut Transcript) {
    instance.set_i32(FUEL_GLOBAL, FUEL);
    let outcome = instance.call(&call.name, &call.params);
    match &outcome {
        Ok(_) => transcript.tally.returned += 1,
        // After a panic, an engine may wait for ever.
        Err(Failure::Limit(_) | Failure::Panic(_)) => transcript.limited = true,
        Err(_) => transcript.tally.trapped += 1,
    }
    let event = format!("call of {:?} with {:?}", call.name, call.params);
    transcript.lines.push((event.clone(), format!("{outcome:?}")));
    transcript.lines.push((format!("state after {event}"), format!("{:?}", instance.state())));
}

/// A module to run.
pub struct Case {
    /// For the engines.
    pub wasm: Vec<u8>,
    /// For the first oracle, if it needs one that means the same but looks
    /// different.
    pub for_oracle: Option<Vec<u8>>,
}

/// Runs a module on all `engines` and compares them with the oracles, of which
/// the last one is believed where they differ.
///
/// # Panics
///
/// If there is no oracle.
#[must_use]
pub fn compare(oracles: &[Box<dyn Engine>], engines: &[Box<dyn Engine>], case: &Case) -> Verdict {
    let first = case.for_oracle.as_ref().unwrap_or(&case.wasm);
    let mut expected = transcribe(&*oracles[0], first, None);
    let mut disputed = 0;
    for oracle in &oracles[1..] {
        let second = transcribe(&**oracle, &case.wasm, Some(&expected));
        if difference(&expected, &second).is_some() {
            disputed = 1;
            expected = transcribe(&**oracle, &case.wasm, None);
        }
    }
    expected.tally.disputed = disputed;
    if expected.lines.iter().any(|(_, line)| line.contains("Panic(")) {
        return Verdict::Incomparable;
    }
    let mut limited = expected.limited;
    for engine in engines {
        let found = transcribe(&**engine, &case.wasm, Some(&expected));
        limited |= found.limited;
        if let Some((event, expected, found)) = difference(&expected, &found) {
            let engine = engine.name().into();
            return Verdict::Different(Difference { engine, event, expected, found });
        }
    }
    if limited { Verdict::Incomparable } else { Verdict::Same(expected.tally) }
}

/// The first event, if any, of which two transcripts differ, and what they
/// say. What comes after a limit does not count.
fn difference(expected: &Transcript, found: &Transcript) -> Option<(String, String, String)> {
    for ((event, expected), (_, found)) in expected.lines.iter().zip(&found.lines) {
        if found.contains("Limit(") || expected.contains("Limit(") {
            return None;
        }
        if expected != found {
            return Some((event.clone(), expected.clone(), found.clone()));
        }
    }
    let (expected, found) = (expected.lines.len(), found.lines.len());
    let event = "number of events".to_string();
    (expected != found).then(|| (event, expected.to_string(), found.to_string()))
}
