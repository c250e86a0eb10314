//! Findings as workflow commands of GitHub Actions, which become annotations of a pull request.
//!
//! How commands and their values are written: `packages/core/src/command.ts` of <https://github.com/actions/toolkit>
//! and <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands> (2026-11-22). The
//! summary of a job is not written here.

use std::io::{self, Write};

use crate::diagnostic::{Diagnostic, Severity};
use crate::report::run::{Run, last_position, place, story};
use crate::report::{clean, severity_word};
use crate::source::Sources;

/// Writes one command for each finding that is shown, in the order given, and for each problem of the run. Lines
/// and columns are 1-based, columns count Unicode scalar values, and ends are inclusive.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    for found in &run.found {
        let diagnostic = found.diagnostic;
        writeln!(out, "{}::{}", head(diagnostic, run.sources), message(diagnostic))?;
    }
    for problem in &run.problems {
        let text = escaped(&clean::phrase(&problem.message), false);
        writeln!(out, "::{} title=wicketgate::{text}", command(problem.severity))?;
    }
    Ok(())
}

/// `::error title=…,file=…,line=…,endLine=…,col=…,endColumn=…`. Columns mean something only inside of one line.
fn head(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary.span;
    let start = place(span, sources);
    let (end_line, end_column) = last_position(span, sources);
    let end_line = end_line.max(start.line);
    let columns = if start.line == end_line {
        format!(",col={},endColumn={}", start.column, end_column.max(start.column))
    } else {
        String::new()
    };
    format!(
        "::{} title={},file={},line={},endLine={end_line}{columns}",
        command(diagnostic.severity),
        property(&format!("wicketgate ({})", diagnostic.rule)),
        property(sources.name(span.file)),
        start.line,
    )
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "notice",
        Severity::Error | Severity::Warning => severity_word(severity),
    }
}

/// The message and what else there is to say, on one line.
fn message(diagnostic: &Diagnostic) -> String {
    let mut lines = vec![clean::phrase(&diagnostic.message).into_owned()];
    lines.extend(story(diagnostic));
    escaped(&lines.join("\n"), false)
}

/// A value of a property. A log is shown by terminals, too, so nothing of it may act on one.
fn property(text: &str) -> String {
    clean::line(&escaped(text, true)).into_owned()
}

fn escaped(text: &str, is_property: bool) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => written.push_str("%25"),
            '\r' => written.push_str("%0D"),
            '\n' => written.push_str("%0A"),
            ':' if is_property => written.push_str("%3A"),
            ',' if is_property => written.push_str("%2C"),
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_is_made_of_cannot_stand_in_its_values() {
        let hostile = "a,b::error::c%0A\r\nd\u{1b}[31m";
        assert_eq!(escaped(hostile, false), "a,b::error::c%250A%0D%0Ad\u{1b}[31m");
        assert_eq!(property(hostile), "a%2Cb%3A%3Aerror%3A%3Ac%250A%0D%0Ad?[31m");
    }
}
