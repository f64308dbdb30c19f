//! The program `hotfoot`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    hotfoot_cli::main()
}
