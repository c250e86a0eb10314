//! What a run of `check` came to, as plain data for the formats that CI systems read, and what these formats
//! share: places in lines and columns, and a finding in a few lines of prose.
//!
//! It knows no format.

use crate::diagnostic::{Diagnostic, Severity};
use crate::report::{clean, text};
use crate::source::{FileId, SourceFile, Sources, Span};

/// What a run of `check` came to.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// What is shown, sorted by file, offset and rule.
    pub found: Vec<Found<'a>>,
    /// What is not shown, because somebody accepts it or a baseline knows it.
    pub hidden: Vec<Hidden<'a>>,
    /// The templates that were judged, sorted by name.
    pub templates: Vec<FileId>,
    /// What stood in the way of judging everything that was asked for.
    pub problems: Vec<Problem>,
    /// Whether anything was judged; if not, what was found are the mistakes that stood in the way.
    pub is_judged: bool,
    /// The exit status.
    pub status: u8,
}

/// A finding and what the run makes of it.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The finding.
    pub diagnostic: &'a Diagnostic,
    /// Its name, as `diagnostic::fingerprint` gives it; no two findings of a run share one.
    pub fingerprint: &'a str,
    /// Whether it is at or above the threshold.
    pub fails: bool,
}

/// A finding that is not shown.
#[derive(Clone, Debug)]
pub struct Hidden<'a> {
    /// The finding.
    pub found: Found<'a>,
    /// Why it is not shown; at least one reason.
    pub reasons: Vec<Suppression>,
}

/// Why a finding is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Whether the template itself says so, not a policy file or a baseline.
    pub in_source: bool,
    /// Who accepts it, why and until when.
    pub justification: String,
    /// Where that is written, if it is a text of the run.
    pub place: Option<Span>,
}

/// What stood in the way of judging everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is: with an error, not everything was judged that should have been.
    pub severity: Severity,
    /// One line.
    pub message: String,
}

/// Lines and columns of a range, 1-based; columns count Unicode scalar values, and the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

/// Where a span stands; the start of the file for a text that is not part of the run.
pub(super) fn place(span: Span, sources: &Sources) -> Place {
    let file = sources.get(span.file);
    let (line, column) = position(file, span.range.start);
    let (end_line, end_column) = position(file, span.range.end);
    Place { line, column, end_line, end_column }
}

/// Where the last character of a span stands: its line and column, or those of the start when it is empty.
pub(super) fn last_position(span: Span, sources: &Sources) -> (u32, u32) {
    let file = sources.get(span.file);
    if span.range.is_empty() {
        return position(file, span.range.start);
    }
    // One byte before the end is inside of the last character; its column is that of the character.
    let text = sources.slice(span).trim_end_matches(['\n', '\r']);
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    position(file, span.range.start.saturating_add(length.saturating_sub(1)))
}

fn position(file: Option<&SourceFile>, offset: u32) -> (u32, u32) {
    let Some(file) = file else { return (1, 1) };
    let place = file.lines().line_column(file.text(), offset);
    (place.line + 1, place.column + 1)
}

/// What there is to read below the message: the label, why, when, notes, remedies and where to read more, each
/// on a line of its own.
pub(super) fn story(diagnostic: &Diagnostic) -> Vec<String> {
    let label = clean::phrase(&diagnostic.primary.message).into_owned();
    let mut lines: Vec<String> = (!label.is_empty()).then_some(label).into_iter().collect();
    lines.extend(text::notes(diagnostic).iter().map(|note| clean::phrase(&note.words()).into_owned()));
    lines
}
