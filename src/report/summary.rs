//! The last line of a run: what was read and what was found. It takes the numbers as they are.

use std::io::{self, Write};
use std::time::Duration;

use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::report::counted;

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Templates read and reported on.
    pub templates: usize,
    /// APIs in them, of every kind.
    pub apis: usize,
    /// APIs that are private in every possibility.
    pub private_apis: usize,
    /// APIs that are public in some possibility. What is neither is unknown.
    pub public_apis: usize,
    /// Functions in them.
    pub functions: usize,
    /// Interface endpoints for execute-api in them.
    pub endpoints: usize,
    /// Findings shown, by severity.
    pub errors: usize,
    /// Findings shown that are warnings.
    pub warnings: usize,
    /// Findings shown that are informational.
    pub infos: usize,
    /// Findings hidden by an exception, a comment or a baseline.
    pub suppressed: usize,
}

impl Summary {
    /// The same numbers with the findings of `diagnostics` counted in.
    #[must_use]
    pub fn with_findings(mut self, diagnostics: &[Diagnostic]) -> Self {
        for diagnostic in diagnostics {
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Info => self.infos += 1,
            }
        }
        self
    }
}

/// Writes the summary line: `1 warning in 1 template (1 API, 1 function, 0 endpoints) · 3 ms`, or, when there
/// is no finding, `wicketgate: 14 templates, 9 private APIs · 31 ms`.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, summary: &Summary, elapsed: Duration) -> io::Result<()> {
    let found = findings(summary);
    let mut line = if found.is_empty() { clean_line(summary) } else { findings_line(summary, &found) };
    if summary.suppressed > 0 {
        line += &format!(" · {} suppressed", summary.suppressed);
    }
    writeln!(out, "{line} · {}", duration(elapsed))
}

/// Writes how many findings have a fix, and the flags that make them; nothing where there is none.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write_offers(out: &mut dyn Write, diagnostics: &[Diagnostic]) -> io::Result<()> {
    let least = |diagnostic: &Diagnostic| diagnostic.fixes.iter().map(|fix| fix.applicability).min();
    let count = |wanted| diagnostics.iter().filter(|found| least(found) == Some(wanted)).count();
    let findings = |count| format!("{} can be mended with", counted(count, "finding", "findings"));
    let (safe, risky) = (count(Applicability::Safe), count(Applicability::Unsafe));
    let offer = match (safe, risky) {
        (0, 0) => return Ok(()),
        (_, 0) => format!("{} --fix", findings(safe)),
        (0, _) => format!("{} --fix --unsafe-fixes", findings(risky)),
        (..) => format!("{} --fix, {risky} more with --fix --unsafe-fixes", findings(safe)),
    };
    writeln!(out, "{offer} (--diff shows it first)")
}

/// `1 error, 2 warnings`; empty when nothing was found.
fn findings(summary: &Summary) -> String {
    [
        (summary.errors, "error", "errors"),
        (summary.warnings, "warning", "warnings"),
        (summary.infos, "info", "infos"),
    ]
    .iter()
    .filter(|(count, ..)| *count > 0)
    .map(|&(count, one, many)| counted(count, one, many))
    .collect::<Vec<_>>()
    .join(", ")
}

fn findings_line(summary: &Summary, found: &str) -> String {
    format!(
        "{found} in {} ({}, {}, {})",
        counted(summary.templates, "template", "templates"),
        counted(summary.apis, "API", "APIs"),
        counted(summary.functions, "function", "functions"),
        counted(summary.endpoints, "endpoint", "endpoints"),
    )
}

fn clean_line(summary: &Summary) -> String {
    let mut parts = vec![counted(summary.templates, "template", "templates")];
    let unknown = summary.apis.saturating_sub(summary.private_apis + summary.public_apis);
    for (count, one, many) in [
        (summary.private_apis, "private API", "private APIs"),
        (summary.public_apis, "public API", "public APIs"),
        (unknown, "API of unknown exposure", "APIs of unknown exposure"),
    ] {
        if count > 0 {
            parts.push(counted(count, one, many));
        }
    }
    if summary.apis == 0 {
        parts.push("no API".to_owned());
    }
    format!("wicketgate: {}", parts.join(", "))
}

/// Whole milliseconds up to ten seconds, then seconds.
fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => "<1 ms".to_owned(),
        millis @ 1..10_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", elapsed.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Fix, Label, RuleId};
    use crate::source::{FileId, Span, TextRange};

    fn line(summary: Summary, millis: u64) -> String {
        let mut out = Vec::new();
        write(&mut out, &summary, Duration::from_millis(millis)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn says_what_was_found_and_what_was_read() {
        let one = Summary { templates: 1, apis: 1, public_apis: 1, functions: 1, ..Summary::default() };
        assert_eq!(
            line(Summary { warnings: 1, ..one }, 3),
            "1 warning in 1 template (1 API, 1 function, 0 endpoints) · 3 ms\n"
        );
        let two =
            Summary { templates: 2, apis: 2, functions: 2, errors: 1, warnings: 1, ..Summary::default() };
        assert_eq!(
            line(Summary { suppressed: 4, ..two }, 12_340),
            "1 error, 1 warning in 2 templates (2 APIs, 2 functions, 0 endpoints) · 4 suppressed · 12.3 s\n"
        );
    }

    #[test]
    fn says_what_can_be_mended() {
        let offers = |kinds: &[&[Applicability]]| {
            let found = kinds.iter().map(|kinds| {
                let at = Label::new(Span::new(FileId(0), TextRange::new(0, 0)), "");
                let fix = |&applicability| Fix { title: String::new(), applicability, edits: Vec::new() };
                let fixes = kinds.iter().map(fix).collect();
                Diagnostic { fixes, ..Diagnostic::new(RuleId::new("a"), Severity::Info, String::new(), at) }
            });
            let mut out = Vec::new();
            write_offers(&mut out, &found.collect::<Vec<_>>()).unwrap();
            String::from_utf8(out).unwrap()
        };
        let (safe, risky) = (Applicability::Safe, Applicability::Unsafe);
        assert_eq!(offers(&[&[], &[Applicability::DisplayOnly]]), "");
        assert_eq!(offers(&[&[risky, safe]]), "1 finding can be mended with --fix (--diff shows it first)\n");
        assert_eq!(
            offers(&[&[risky], &[risky], &[]]),
            "2 findings can be mended with --fix --unsafe-fixes (--diff shows it first)\n"
        );
        assert_eq!(
            offers(&[&[risky], &[safe]]),
            "1 finding can be mended with --fix, 1 more with --fix --unsafe-fixes (--diff shows it first)\n"
        );
    }

    #[test]
    fn a_clean_run_names_the_apis() {
        let all = Summary { templates: 14, apis: 11, private_apis: 9, public_apis: 1, ..Summary::default() };
        assert_eq!(
            line(all, 31),
            "wicketgate: 14 templates, 9 private APIs, 1 public API, 1 API of unknown exposure · 31 ms\n"
        );
        let none = Summary { templates: 3, ..Summary::default() };
        assert_eq!(line(none, 0), "wicketgate: 3 templates, no API · <1 ms\n");
    }
}
