//! Findings as a JUnit report (described in `docs/formats.md`): a suite for each file, a failed case for each
//! finding that fails the run.
//!
//! There is no standard; the report keeps to what the schema of Jenkins knows. Times are left out, so that the same
//! run gives the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::diagnostic::Diagnostic;
use crate::report::run::{Found, Hidden, Run, place, story};
use crate::report::{clean, severity_word};
use crate::source::Sources;

/// Writes the report. A finding below the threshold is a passed case with its text, a hidden one a skipped case; a
/// template about which nothing is said is one passed case. Suites stand in the order of their names.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, run: &Run<'_>) -> io::Result<()> {
    let suites = suites(run);
    let sum = |count: fn(&Case) -> bool| suites.values().flatten().filter(|case| count(case)).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="wicketgate" tests="{}" failures="{}" errors="{}">"#,
        sum(|_| true),
        sum(Case::is_failure),
        sum(Case::is_error),
    )?;
    for (name, cases) in &suites {
        suite(out, name, cases)?;
    }
    writeln!(out, "</testsuites>")
}

fn suites(run: &Run<'_>) -> BTreeMap<String, Vec<Case>> {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let name = |diagnostic: &Diagnostic| run.sources.name(diagnostic.primary.span.file).to_owned();
    for found in &run.found {
        suites.entry(name(found.diagnostic)).or_default().push(Case::found(found, run));
    }
    for hidden in &run.hidden {
        suites.entry(name(hidden.found.diagnostic)).or_default().push(Case::hidden(hidden, run.sources));
    }
    for file in &run.templates {
        let cases = suites.entry(run.sources.name(*file).to_owned()).or_default();
        if cases.is_empty() {
            cases.push(Case { name: "no finding".to_owned(), outcome: Outcome::Passed(String::new()) });
        }
    }
    for problem in &run.problems {
        let outcome =
            Outcome::Error { kind: "problem", message: problem.message.clone(), text: String::new() };
        let case = Case { name: problem.message.clone(), outcome };
        suites.entry("wicketgate".to_owned()).or_default().push(case);
    }
    suites
}

/// What came of a case.
enum Outcome {
    /// With something to read, or nothing.
    Passed(String),
    Skipped(String),
    Failure {
        kind: &'static str,
        message: String,
        text: String,
    },
    Error {
        kind: &'static str,
        message: String,
        text: String,
    },
}

struct Case {
    name: String,
    outcome: Outcome,
}

impl Case {
    fn found(found: &Found<'_>, run: &Run<'_>) -> Self {
        let diagnostic = found.diagnostic;
        let kind = severity_word(diagnostic.severity);
        let (message, text) = (diagnostic.message.clone(), text(diagnostic, run.sources));
        let outcome = if !found.fails {
            Outcome::Passed(format!("{kind}: {message}\n{text}"))
        } else if !run.is_judged {
            Outcome::Error { kind, message, text }
        } else {
            Outcome::Failure { kind, message, text }
        };
        Self { name: case_name(diagnostic, run.sources), outcome }
    }

    fn hidden(hidden: &Hidden<'_>, sources: &Sources) -> Self {
        let reasons: Vec<&str> = hidden.reasons.iter().map(|reason| reason.justification.as_str()).collect();
        let text = format!("{}\n{}", hidden.found.diagnostic.message, reasons.join("\n"));
        Self { name: case_name(hidden.found.diagnostic, sources), outcome: Outcome::Skipped(text) }
    }

    fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failure { .. })
    }

    fn is_error(&self) -> bool {
        matches!(self.outcome, Outcome::Error { .. })
    }

    fn is_skipped(&self) -> bool {
        matches!(self.outcome, Outcome::Skipped(_))
    }
}

/// `public-api: Api (line 12, column 3)`: readers tell cases apart by their names.
fn case_name(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = place(diagnostic.primary.span, sources);
    let about = diagnostic.resource.as_deref().map_or_else(String::new, |name| format!(": {name}"));
    format!("{}{about} (line {}, column {})", diagnostic.rule, place.line, place.column)
}

/// Where it is, and what there is to say beside the message.
fn text(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary.span;
    let place = place(span, sources);
    let mut lines = vec![format!("{}:{}:{}", sources.name(span.file), place.line, place.column)];
    lines.extend(story(diagnostic));
    lines.join("\n")
}

fn suite(out: &mut dyn Write, name: &str, cases: &[Case]) -> io::Result<()> {
    let count = |is: fn(&Case) -> bool| cases.iter().filter(|case| is(case)).count();
    writeln!(
        out,
        r#"  <testsuite name="{}" tests="{}" failures="{}" errors="{}" skipped="{}">"#,
        attribute(name),
        cases.len(),
        count(Case::is_failure),
        count(Case::is_error),
        count(Case::is_skipped),
    )?;
    for case in cases {
        write!(out, r#"    <testcase name="{}" classname="{}""#, attribute(&case.name), attribute(name))?;
        write_outcome(out, &case.outcome)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_outcome(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let (element, attributes, text) = match outcome {
        Outcome::Passed(text) if text.is_empty() => return writeln!(out, "/>"),
        Outcome::Passed(text) => ("system-out", String::new(), text),
        Outcome::Skipped(text) => ("skipped", String::new(), text),
        Outcome::Failure { kind, message, text } => ("failure", attributes(kind, message), text),
        Outcome::Error { kind, message, text } => ("error", attributes(kind, message), text),
    };
    writeln!(out, ">")?;
    writeln!(out, "      <{element}{attributes}>{}</{element}>", content(text))?;
    writeln!(out, "    </testcase>")
}

fn attributes(kind: &str, message: &str) -> String {
    format!(r#" type="{kind}" message="{}""#, attribute(message))
}

/// Text between tags. Characters that XML 1.0 does not know cannot be written in any way: each becomes `?`, and so
/// does what a terminal would act on.
fn content(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '\r' => written.push_str("&#13;"),
            '\t' | '\n' => written.push(character),
            // XML 1.0 knows no control characters, and not these two: https://www.w3.org/TR/xml/#charsets
            '\u{FFFE}' | '\u{FFFF}' => written.push('?'),
            harmful if clean::is_harmful(harmful) => written.push('?'),
            known => written.push(known),
        }
    }
    written
}

/// Text between double quotes; white space would be read as blanks if it stood there as it is.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_unknown_characters_stay_text() {
        let hostile = "<![CDATA[a]]>&\"'\u{0}\u{1b}\u{85}\u{fffe}é\r\n\t";
        assert_eq!(content(hostile), "&lt;![CDATA[a]]&gt;&amp;\"'????é&#13;\n\t");
        assert_eq!(attribute(hostile), "&lt;![CDATA[a]]&gt;&amp;&quot;'????é&#13;&#10;&#9;");
    }
}
