//! Changes of texts as a unified diff that `patch` and `git apply` take.
//!
//! It compares and writes; what was changed and why is not known here.

use std::io::{self, Write};

use similar::TextDiff;

use crate::report::clean;

/// A changed text.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    /// Display name of the file.
    pub name: &'a str,
    /// The text before.
    pub before: &'a str,
    /// The text afterwards.
    pub after: &'a str,
}

/// Writes the changes with three lines around each. With `for_terminal`, characters that a terminal acts on are
/// replaced; the result is then for reading only.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, changes: &[Changed<'_>], for_terminal: bool) -> io::Result<()> {
    for changed in changes {
        let name = clean::phrase(changed.name);
        let diff = TextDiff::from_lines(changed.before, changed.after);
        let text = diff.unified_diff().context_radius(3).header(&name, &name).to_string();
        if for_terminal {
            for line in text.lines() {
                writeln!(out, "{}", clean::line(line))?;
            }
        } else {
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}
