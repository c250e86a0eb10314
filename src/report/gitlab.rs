//! Findings as a Code Quality report of GitLab (described in `docs/formats.md`).
//!
//! What such a report has to hold: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>
//! (2026-11-22). It has no place for problems of a run.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnostic::Severity;
use crate::report::json::write_document;
use crate::report::run::{Found, Run, last_position, place, story};
use crate::source::Sources;

/// Writes the findings that are shown as one JSON list, in the order given. Lines are 1-based, and the last one is
/// that of the last character.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    let issues: Vec<Issue<'_>> = run.found.iter().map(|found| issue(found, run.sources)).collect();
    write_document(out, &issues)
}

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: &'a str,
    content: Content,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Content {
    body: String,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn issue<'a>(found: &Found<'a>, sources: &'a Sources) -> Issue<'a> {
    let diagnostic = found.diagnostic;
    let span = diagnostic.primary.span;
    let begin = place(span, sources).line;
    Issue {
        kind: "issue",
        check_name: diagnostic.rule.as_str(),
        description: &diagnostic.message,
        content: Content { body: story(diagnostic).join("\n\n") },
        categories: ["Security"],
        severity: severity(diagnostic.severity),
        fingerprint: found.fingerprint,
        location: Location {
            path: sources.name(span.file),
            lines: Lines { begin, end: last_position(span, sources).0.max(begin) },
        },
    }
}

/// GitLab knows `info`, `minor`, `major`, `critical` and `blocker`.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Info => "info",
    }
}
