//! Other programs, run to their end, with errors that show what they said.

use std::process::{Command, Stdio};

use crate::{Error, Result};

/// Runs `command`; an error unless it succeeds. Returns its standard output.
pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| Error::NoTool { tool, source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Error::Tool {
        command: spelled(command),
        status: output.status,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The command as one would type it (for reading; nothing is quoted).
pub(crate) fn spelled(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}
