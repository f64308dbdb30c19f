//! The words of `hotfoot --help` that are not about one option.

/// The order of the page. The options are those of `run`, the command that
/// needs no word.
pub(super) const TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

{all-args}{after-help}";

/// What one would want to copy.
pub(super) const EXAMPLES: &str = "\
Everything after FILE belongs to the guest.

Exit codes:
  n    the guest exited with n (0 to 255); 0 if the function returned
  134  a trap, or the time or the fuel is over; the back trace is on the standard error stream
  130  Ctrl-C
  141  nobody reads what the guest writes (SIGPIPE)
  1    a file, a module or an import is at fault
  2    wrong usage

Examples:
  hotfoot program.wasm                             call its `_start`, or else its `run`
  hotfoot --invoke add math.wat 2 3                call `add`, print what it returns
  hotfoot --dir .::/ --env HOME=/ app.wasm in.txt  with files, and the argument `in.txt`
  hotfoot --timeout 2s --max-memory 64M app.wasm   in bounds
  hotfoot inspect --json app.wasm | jq .needs      what it wants
  hotfoot objdump --target aarch64 app.wat         what becomes of it
  hotfoot explore app.wasm -o app.html             the same to click through";
