//! The program `hotfoot`.
#![forbid(unsafe_code)]

fn main() {
    // Not by returning: that would undo what only matters to a process that
    // goes on.
    std::process::exit(i32::from(hotfoot_cli::main()));
}
