//! What a command tells its operator: results on the standard output, failures on the error output.

use std::fmt::Display;
use std::io::Write as _;

/// Writes one line to the standard output; a closed pipe is nobody's failure.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes one line to the error output.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
