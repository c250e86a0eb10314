//! One line per finding, for editors, `grep` and people in a hurry. It shows no source text.

use std::io::{self, Write};

use crate::diagnostic::Diagnostic;
use crate::report::{clean, severity_word};
use crate::source::Sources;

/// Writes `path:line:column: severity[rule] message` for each finding, in the order given. Lines and columns
/// are 1-based; columns count Unicode scalar values.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, diagnostics: &[Diagnostic], sources: &Sources) -> io::Result<()> {
    for diagnostic in diagnostics {
        let span = diagnostic.primary.span;
        let (line, column) = sources.get(span.file).map_or((1, 1), |file| {
            let place = file.lines().line_column(file.text(), span.range.start);
            (place.line + 1, place.column + 1)
        });
        writeln!(
            out,
            "{}:{line}:{column}: {}[{}] {}",
            clean::phrase(sources.name(span.file)),
            severity_word(diagnostic.severity),
            clean::phrase(diagnostic.rule.as_str()),
            clean::phrase(&diagnostic.message),
        )?;
    }
    Ok(())
}
