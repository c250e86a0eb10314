//! Findings as JSON, schema `wicketgate.check/1` (described in `docs/json.md`).
//!
//! Adding a field is fine; changing one is a new schema number. Nothing here filters or sorts.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnostic::fingerprint::fingerprints;
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Fix, Label, When};
use crate::report::summary::Summary;
use crate::report::{clean, docs_reference, severity_word};
use crate::source::{FileId, SourceFile, Sources, Span};

/// Writes one JSON document and a line end. Lines and columns are 1-based, columns count Unicode scalar values,
/// offsets count bytes from 0, ends are exclusive.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(
    out: &mut dyn Write,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    summary: &Summary,
) -> io::Result<()> {
    let prints = fingerprints(diagnostics, sources);
    let document = Document {
        schema: "wicketgate.check/1",
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        summary: Counts {
            templates: summary.templates,
            apis: summary.apis,
            errors: summary.errors,
            warnings: summary.warnings,
            infos: summary.infos,
            suppressed: summary.suppressed,
        },
        diagnostics: diagnostics
            .iter()
            .zip(prints)
            .map(|(diagnostic, fingerprint)| finding(diagnostic, fingerprint, sources))
            .collect(),
    };
    write_document(out, &document)
}

/// Writes a value as indented JSON in which everything a terminal would act on is escaped; JSON only asks that
/// of the first 32 characters.
///
/// # Errors
/// When `out` refuses to be written to, or the value cannot be JSON (a map with keys that are no strings).
pub(super) fn write_document(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document).map_err(io::Error::from)?;
    let mut rest = text.as_str();
    let harmful = |character: char| clean::is_harmful(character) && character != '\n';
    // Harmful characters occur only inside strings, where an escape means the same.
    while let Some((at, character)) = rest.char_indices().find(|&(_, character)| harmful(character)) {
        out.write_all(rest.as_bytes().get(..at).unwrap_or_default())?;
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = rest.get(at + character.len_utf8()..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    summary: Counts,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Counts {
    templates: usize,
    apis: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    file: &'a str,
    resource: Option<&'a str>,
    range: Range,
    label: &'a str,
    when: Vec<Assignment<'a>>,
    environments: &'a [String],
    related: Vec<Related<'a>>,
    why: &'a str,
    notes: &'a [String],
    help: &'a [String],
    docs: Option<String>,
    fingerprint: String,
    fixes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize)]
struct Assignment<'a> {
    parameter: &'a str,
    values: &'a [String],
}

#[derive(Serialize)]
struct Related<'a> {
    file: &'a str,
    range: Range,
    message: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    applicability: &'static str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    text: &'a str,
}

fn finding<'a>(diagnostic: &'a Diagnostic, fingerprint: String, sources: &'a Sources) -> Finding<'a> {
    Finding {
        rule: diagnostic.rule.as_str(),
        severity: severity_word(diagnostic.severity),
        confidence: confidence_word(diagnostic.confidence),
        message: &diagnostic.message,
        file: sources.name(diagnostic.primary.span.file),
        resource: diagnostic.resource.as_deref(),
        range: range(diagnostic.primary.span, sources),
        label: &diagnostic.primary.message,
        when: diagnostic.when.iter().map(assignment).collect(),
        environments: &diagnostic.environments,
        related: diagnostic.related.iter().map(|label| related(label, sources)).collect(),
        why: &diagnostic.why,
        notes: &diagnostic.notes,
        help: &diagnostic.help,
        docs: docs_reference(&diagnostic.rule).and_then(|reference| reference.page),
        fingerprint,
        fixes: diagnostic.fixes.iter().map(|fix| change(fix, sources)).collect(),
    }
}

fn assignment(when: &When) -> Assignment<'_> {
    Assignment { parameter: &when.parameter, values: &when.values }
}

fn related<'a>(label: &'a Label, sources: &'a Sources) -> Related<'a> {
    Related {
        file: sources.name(label.span.file),
        range: range(label.span, sources),
        message: &label.message,
    }
}

fn change<'a>(fix: &'a Fix, sources: &'a Sources) -> Change<'a> {
    let edit = |(file, edit): &'a (FileId, crate::source::TextEdit)| Edit {
        file: sources.name(*file),
        start: edit.range.start,
        end: edit.range.end,
        text: &edit.text,
    };
    Change {
        title: &fix.title,
        applicability: applicability_word(fix.applicability),
        edits: fix.edits.iter().map(edit).collect(),
    }
}

/// The range in lines and columns, cut to the file.
fn range(span: Span, sources: &Sources) -> Range {
    let file = sources.get(span.file);
    Range { start: position(file, span.range.start), end: position(file, span.range.end) }
}

/// The range as a JSON value.
pub(super) fn range_value(span: Span, sources: &Sources) -> serde_json::Value {
    serde_json::to_value(range(span, sources)).unwrap_or_default()
}

fn position(file: Option<&SourceFile>, offset: u32) -> Position {
    let Some(file) = file else { return Position { line: 1, column: 1, offset: 0 } };
    let offset = offset.min(u32::try_from(file.text().len()).unwrap_or(u32::MAX));
    let place = file.lines().line_column(file.text(), offset);
    Position { line: place.line + 1, column: place.column + 1, offset }
}

/// A confidence in the words of every machine-readable format.
pub(super) fn confidence_word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

/// An applicability in the words of every machine-readable format.
pub(super) fn applicability_word(applicability: Applicability) -> &'static str {
    match applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
        Applicability::DisplayOnly => "display-only",
    }
}
