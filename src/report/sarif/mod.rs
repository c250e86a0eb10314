//! Findings as a SARIF 2.1.0 log, for code scanning and for viewers in editors (described in `docs/formats.md`).
//!
//! The same run gives the same bytes: no time, no absolute path and no random id is written. Nothing here
//! filters or sorts.

mod log;
mod rules;
mod uri;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::answer::catalogue::Page;
use crate::diagnostic::{Applicability, Diagnostic, Label, Severity};
use crate::report::json::{applicability_word, confidence_word, write_document};
use crate::report::run::{Found, Hidden, Place, Run, Suppression, place, story};
use crate::report::sarif::rules::Table;
use crate::source::{FileId, SourceFile, Sources, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes the log. The table of rules has all `pages`, whether they spoke or not. What is hidden is written, too,
/// with `suppressions` that say by whom; leave it out of `run` where nobody looks at these.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, run: &Run<'_>, pages: &[Page]) -> io::Result<()> {
    let writer = Writer::new(run, pages);
    let shown = run.found.iter().map(|found| writer.outcome(found, &[]));
    let hidden = run.hidden.iter().map(|Hidden { found, reasons }| writer.outcome(found, reasons));
    let results = shown.chain(hidden).collect();
    let document = log::Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [log::Run {
            invocations: [invocation(run)],
            original_uri_base_ids: log::BaseIds {
                root: log::Base { description: message("The folder in which wicketgate was started.") },
            },
            artifacts: writer.artifacts(run),
            column_kind: "utf16CodeUnits",
            default_encoding: "UTF-8",
            results,
            tool: log::Tool {
                driver: log::Driver {
                    name: env!("CARGO_PKG_NAME"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: writer.table.rules,
                },
            },
        }],
    };
    write_document(out, &document)
}

fn invocation(run: &Run<'_>) -> log::Invocation {
    let notification = |problem: &crate::report::run::Problem| log::Notification {
        level: level(problem.severity),
        message: message(&problem.message),
    };
    log::Invocation {
        // Status 2 is for runs that could not do what was asked.
        execution_successful: run.status != 2,
        exit_code: run.status,
        tool_execution_notifications: run.problems.iter().map(notification).collect(),
    }
}

/// A severity as SARIF calls it.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A plain text in which brackets make no link (SARIF 2.1.0, 3.11.6).
fn message(text: &str) -> log::Message {
    let text = if text.contains("](") {
        text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        text.to_owned()
    };
    log::Message { text }
}

/// What the results of one log have in common.
struct Writer<'a> {
    sources: &'a Sources,
    table: Table<'a>,
    /// Every file that the log names, in the order of its list of artifacts.
    files: Vec<FileId>,
    indices: BTreeMap<FileId, usize>,
    /// How many of them are templates that were judged, or named by a finding.
    n_found: usize,
}

impl<'a> Writer<'a> {
    fn new(run: &'a Run<'a>, pages: &'a [Page]) -> Self {
        let all = || run.found.iter().chain(run.hidden.iter().map(|hidden| &hidden.found));
        let diagnostics = || all().map(|found| found.diagnostic);
        let mut writer = Self {
            sources: run.sources,
            table: Table::new(pages, diagnostics()),
            files: Vec::new(),
            indices: BTreeMap::new(),
            n_found: 0,
        };
        run.templates.iter().for_each(|file| writer.add(*file));
        for diagnostic in diagnostics() {
            let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.related);
            labels.for_each(|label| writer.add(label.span.file));
            let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits);
            edits.for_each(|(file, _)| writer.add(*file));
        }
        writer.n_found = writer.files.len();
        let reasons = run.hidden.iter().flat_map(|hidden| &hidden.reasons);
        reasons.filter_map(|reason| reason.place).for_each(|span| writer.add(span.file));
        writer
    }

    fn add(&mut self, file: FileId) {
        if !self.indices.contains_key(&file) {
            self.indices.insert(file, self.files.len());
            self.files.push(file);
        }
    }

    fn artifacts(&self, run: &Run<'_>) -> Vec<log::Artifact> {
        let role = |index| match index {
            index if index < run.templates.len() => "analysisTarget",
            index if index < self.n_found => "resultFile",
            _ => "userSpecifiedConfiguration",
        };
        let artifact = |(index, file): (usize, &FileId)| log::Artifact {
            location: self.artifact_location(*file),
            roles: [role(index)],
        };
        self.files.iter().enumerate().map(artifact).collect()
    }

    fn artifact_location(&self, file: FileId) -> log::ArtifactLocation {
        let (uri, uri_base_id) = uri::of(self.sources.name(file));
        log::ArtifactLocation { uri, uri_base_id, index: self.indices.get(&file).copied().unwrap_or(0) }
    }

    fn outcome(&self, found: &Found<'a>, reasons: &'a [Suppression]) -> log::Outcome<'a> {
        let diagnostic = found.diagnostic;
        let rule = diagnostic.rule.as_str();
        let mut location = self.location(&diagnostic.primary);
        let resource = diagnostic.resource.as_deref();
        location.logical_locations = resource.map(|name| [log::LogicalLocation { name, kind: "resource" }]);
        let related = diagnostic.related.iter().enumerate();
        log::Outcome {
            rule_id: rule,
            rule_index: self.table.index(rule),
            level: level(diagnostic.severity),
            message: message(&told(diagnostic)),
            locations: [location],
            related_locations: related
                .map(|(id, label)| log::Location { id: Some(id), ..self.location(label) })
                .collect(),
            partial_fingerprints: log::Fingerprints { own: found.fingerprint },
            fixes: diagnostic.fixes.iter().filter_map(|fix| self.fix(fix)).collect(),
            suppressions: reasons.iter().map(|reason| self.suppression(reason)).collect(),
            properties: properties(diagnostic),
        }
    }

    fn location(&self, label: &Label) -> log::Location<'a> {
        log::Location {
            id: None,
            physical_location: self.physical(label.span),
            logical_locations: None,
            message: (!label.message.is_empty()).then(|| message(&label.message)),
        }
    }

    fn physical(&self, span: Span) -> log::PhysicalLocation {
        log::PhysicalLocation {
            artifact_location: self.artifact_location(span.file),
            region: self.region(span),
        }
    }

    /// Viewers count columns in UTF-16 code units, even those that do not read `columnKind`.
    fn region(&self, span: Span) -> log::Region {
        let mut place: Place = place(span, self.sources);
        if let Some(file) = self.sources.get(span.file) {
            place.column += n_surrogate_pairs_before(file, span.range.start);
            place.end_column += n_surrogate_pairs_before(file, span.range.end);
        }
        place.into()
    }

    /// `None` for a fix that changes nothing or is for show only: a viewer would apply it.
    fn fix(&self, fix: &crate::diagnostic::Fix) -> Option<log::Fix> {
        let note = match fix.applicability {
            Applicability::Safe => "",
            Applicability::Unsafe => " (unsafe: may break a deployment or change who has access)",
            Applicability::DisplayOnly => return None,
        };
        let mut artifact_changes: Vec<log::ArtifactChange> = Vec::new();
        let mut last = None;
        // The edits are sorted by file.
        for (file, edit) in &fix.edits {
            let replacement = log::Replacement {
                deleted_region: self.region(Span::new(*file, edit.range)),
                inserted_content: log::Message { text: edit.text.clone() },
            };
            match artifact_changes.last_mut().filter(|_| last == Some(*file)) {
                Some(change) => change.replacements.push(replacement),
                None => artifact_changes.push(log::ArtifactChange {
                    artifact_location: self.artifact_location(*file),
                    replacements: vec![replacement],
                }),
            }
            last = Some(*file);
        }
        (!artifact_changes.is_empty()).then(|| log::Fix {
            description: message(&format!("{}{note}", fix.title)),
            artifact_changes,
            properties: log::FixProperties { applicability: applicability_word(fix.applicability) },
        })
    }

    fn suppression(&self, reason: &'a Suppression) -> log::Suppression<'a> {
        let location = |span| log::Location {
            id: None,
            physical_location: self.physical(span),
            logical_locations: None,
            message: None,
        };
        log::Suppression {
            kind: if reason.in_source { "inSource" } else { "external" },
            status: "accepted",
            justification: &reason.justification,
            location: reason.place.map(location),
        }
    }
}

/// The message as a sentence, and below it what else there is to say: viewers show the first sentence alone where
/// there is little room.
fn told(diagnostic: &Diagnostic) -> String {
    let mut text = format!("{}.", diagnostic.message);
    for line in story(diagnostic) {
        text.push('\n');
        text += &line;
    }
    text
}

fn properties(diagnostic: &Diagnostic) -> log::Properties<'_> {
    let when = diagnostic.when.iter();
    log::Properties {
        confidence: confidence_word(diagnostic.confidence),
        when: when.map(|when| log::Assignment { parameter: &when.parameter, values: &when.values }).collect(),
        environments: &diagnostic.environments,
    }
}

/// How many characters that UTF-16 writes with two code units stand on the line before an offset: those that UTF-8
/// writes with four bytes.
fn n_surrogate_pairs_before(file: &SourceFile, offset: u32) -> u32 {
    let start = file.lines().start_of(file.lines().line_of(offset)).unwrap_or(0) as usize;
    let end = (offset as usize).min(file.text().len());
    let before = file.text().as_bytes().get(start..end).unwrap_or_default();
    let count = before.iter().filter(|&&byte| byte >= 0xF0).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
