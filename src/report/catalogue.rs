//! The catalogue of rules for people and programs: one page, the list, and the pages under `docs/rules`.
//!
//! It shows what it is given; which rules there are it does not know.

pub mod index;

use std::io::{self, Write};

use serde::Serialize;

use crate::answer::catalogue::Page;
use crate::diagnostic::{Applicability, Confidence, Persona, Severity};
use crate::report::json::{confidence_word, write_document};
use crate::report::severity_word;
use crate::report::wrap::wrap;

/// Width of the words that stand before the paragraphs of a page.
const MARGIN: usize = 7;
/// Narrowest page, in columns.
const MIN_WIDTH: usize = 60;

/// Writes one rule's page for a terminal of `width` columns.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write_page(out: &mut dyn Write, page: &Page, width: usize) -> io::Result<()> {
    let width = width.max(MIN_WIDTH);
    for line in wrap(&headline(page), width) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    paragraph(out, "What", &page.what, width)?;
    paragraph(out, "Why", &page.why, width)?;
    list(out, "Flags", &page.flags, width)?;
    list(out, "Not", &page.not, width)?;
    list(out, "Do", &page.remedies, width)?;
    list(out, "Levels", &levels(page), width)?;
    if !page.mutes.is_empty() {
        paragraph(out, "Mutes", &mutes(page), width)?;
    }
    template(out, "Bad", &page.bad)?;
    template(out, "Good", &page.good)?;
    if page.references.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "References")?;
    for (claim, url) in &page.references {
        for line in wrap(claim, width - 2) {
            writeln!(out, "  {line}")?;
        }
        writeln!(out, "    {url}")?;
    }
    Ok(())
}

/// `public-api (exposure) · warning · confidence high · since 0.1 · unsafe fix`
fn headline(page: &Page) -> String {
    let persona = match page.persona {
        Persona::Regular => String::new(),
        Persona::Pedantic | Persona::Auditor => format!(" · for --persona {}", persona_word(page.persona)),
    };
    let since = if page.since.is_empty() { String::new() } else { format!(" · since {}", page.since) };
    let last = match &page.own {
        None => fix_words(page.fix).to_owned(),
        Some(file) => format!("own rule in {file}"),
    };
    format!(
        "{} ({}) · {} · confidence {}{persona}{since} · {last}",
        page.id,
        page.group,
        severity_word(page.severity),
        confidence_word(page.confidence),
    )
}

fn fix_words(fix: Option<Applicability>) -> &'static str {
    match fix {
        Some(Applicability::Safe) => "safe fix",
        Some(Applicability::Unsafe) => "unsafe fix",
        Some(Applicability::DisplayOnly) | None => "no automatic fix",
    }
}

/// The word of `rules --format json`.
fn fix_word(fix: Option<Applicability>) -> &'static str {
    match fix {
        Some(Applicability::Safe) => "safe",
        Some(Applicability::Unsafe) => "unsafe",
        Some(Applicability::DisplayOnly) | None => "none",
    }
}

/// A persona in the words of every format.
pub(super) fn persona_word(persona: Persona) -> &'static str {
    match persona {
        Persona::Regular => "regular",
        Persona::Pedantic => "pedantic",
        Persona::Auditor => "auditor",
    }
}

/// When the rule is more or less severe, or more or less sure, than usual.
fn levels(page: &Page) -> Vec<String> {
    let severities = page
        .severity_changes
        .iter()
        .map(|(severity, when)| format!("{} when {when}", severity_word(*severity)));
    let confidences = page
        .confidence_changes
        .iter()
        .map(|(confidence, when)| format!("confidence {} when {when}", confidence_word(*confidence)));
    severities.chain(confidences).collect()
}

fn mutes(page: &Page) -> String {
    if page.mutes.iter().any(|id| id == "*") {
        "all other rules in the same file".to_owned()
    } else {
        page.mutes.join(", ")
    }
}

fn paragraph(out: &mut dyn Write, word: &str, text: &str, width: usize) -> io::Result<()> {
    for (index, line) in wrap(text, width - MARGIN).into_iter().enumerate() {
        let head = if index == 0 { word } else { "" };
        writeln!(out, "{head:MARGIN$}{line}")?;
    }
    Ok(())
}

fn list(out: &mut dyn Write, word: &str, items: &[String], width: usize) -> io::Result<()> {
    for (index, item) in items.iter().enumerate() {
        for (row, line) in wrap(item, width - MARGIN - 2).into_iter().enumerate() {
            let head = if (index, row) == (0, 0) { word } else { "" };
            let bullet = if row == 0 { "-" } else { " " };
            writeln!(out, "{head:MARGIN$}{bullet} {line}")?;
        }
    }
    Ok(())
}

fn template(out: &mut dyn Write, word: &str, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "{word}")?;
    for line in text.lines() {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    Ok(())
}

/// Writes one line per rule: id, severity, title.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write_list(out: &mut dyn Write, pages: &[Page]) -> io::Result<()> {
    let width = pages.iter().map(|page| page.id.len()).max().unwrap_or(0);
    for page in pages {
        writeln!(out, "{:width$}  {:7}  {}", page.id, severity_word(page.severity), page.title)?;
    }
    Ok(())
}

/// Writes the catalogue as JSON, schema `wicketgate.rules/1` (described in `docs/json.md`).
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write_json(out: &mut dyn Write, pages: &[Page]) -> io::Result<()> {
    let rules = pages.iter().map(rule).collect();
    write_document(out, &Document { schema: "wicketgate.rules/1", rules })
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    title: &'a str,
    group: &'a str,
    severity: &'static str,
    severity_changes: Vec<Change<'a>>,
    confidence: &'static str,
    confidence_changes: Vec<Change<'a>>,
    persona: &'static str,
    fix: &'static str,
    since: &'a str,
    what: &'a str,
    why: &'a str,
    flags: &'a [String],
    not: &'a [String],
    #[serde(rename = "do")]
    remedies: &'a [String],
    mutes: &'a [String],
    muted_by: &'a [String],
    references: Vec<Reference<'a>>,
    docs: String,
}

#[derive(Serialize)]
struct Change<'a> {
    level: &'static str,
    when: &'a str,
}

#[derive(Serialize)]
struct Reference<'a> {
    claim: &'a str,
    url: &'a str,
}

fn rule(page: &Page) -> Rule<'_> {
    let severities = page.severity_changes.iter();
    let confidences = page.confidence_changes.iter();
    Rule {
        id: &page.id,
        title: &page.title,
        group: &page.group,
        severity: severity_word(page.severity),
        severity_changes: severities
            .map(|(severity, when): &(Severity, _)| Change { level: severity_word(*severity), when })
            .collect(),
        confidence: confidence_word(page.confidence),
        confidence_changes: confidences
            .map(|(confidence, when): &(Confidence, _)| Change { level: confidence_word(*confidence), when })
            .collect(),
        persona: persona_word(page.persona),
        fix: fix_word(page.fix),
        since: &page.since,
        what: &page.what,
        why: &page.why,
        flags: &page.flags,
        not: &page.not,
        remedies: &page.remedies,
        mutes: &page.mutes,
        muted_by: &page.muted_by,
        references: page.references.iter().map(|(claim, url)| Reference { claim, url }).collect(),
        docs: page.own.clone().unwrap_or_else(|| format!("docs/rules/{}.md", page.id)),
    }
}

/// A template of the fixtures and what is said about it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The template.
    pub template: &'a str,
    /// The annotated finding.
    pub finding: &'a str,
}

/// The page under `docs/rules`: what `explain` says, and a finding of the fixtures as it is shown.
pub fn markdown(page: &Page, shown: Option<Shown<'_>>) -> String {
    let mut text = format!(
        "# {id}\n\n\
         <!-- Made from rules/{id}.yaml. Change that file, then run the tests with WICKETGATE_BLESS=1. -->\n\n\
         {title}.\n\n\
         | Group | Severity | Confidence | Persona | Fix | Since |\n|---|---|---|---|---|---|\n\
         | [{group}](index.md#{group}) | {severity} | {confidence} | {persona} | {fix} | {since} |\n\n\
         {what}\n\n## Why it matters\n\n{why}\n",
        id = page.id,
        title = page.title,
        group = page.group,
        severity = severity_word(page.severity),
        confidence = confidence_word(page.confidence),
        persona = persona_word(page.persona),
        fix = fix_words(page.fix),
        since = page.since,
        what = page.what,
        why = page.why,
    );
    bullets(&mut text, "What it reports", &page.flags);
    bullets(&mut text, "What it leaves alone", &page.not);
    bullets(&mut text, "What to do", &page.remedies);
    bullets(&mut text, "When it is more or less severe or sure", &levels(page));
    text += &format!(
        "\n## Example\n\nReported:\n\n```yaml\n{}```\n\nNot reported:\n\n```yaml\n{}```\n",
        page.bad, page.good
    );
    if let Some(shown) = shown {
        text += &format!(
            "\n## A finding\n\nFor this template\n\n```yaml\n{}\n```\n\nwicketgate says\n\n```text\n{}\n```\n",
            shown.template.trim_end(),
            shown.finding.trim_end()
        );
    }
    text += &related_rules(page);
    let references: Vec<String> =
        page.references.iter().map(|(claim, url)| format!("{claim} <{url}>")).collect();
    bullets(&mut text, "References", &references);
    text
}

fn bullets(text: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    *text += &format!("\n## {title}\n\n");
    for item in items {
        *text += &format!("- {item}\n");
    }
}

/// Which rules are silent beside this one, and which make it silent.
fn related_rules(page: &Page) -> String {
    let links =
        |ids: &[String]| ids.iter().map(|id| format!("[{id}]({id}.md)")).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    if page.mutes.iter().any(|id| id == "*") {
        lines.push("When it speaks, all other rules are silent about the same file.".to_owned());
    } else if !page.mutes.is_empty() {
        lines.push(format!("When it speaks, these are silent about the same thing: {}.", links(&page.mutes)));
    }
    if !page.muted_by.is_empty() {
        lines.push(format!("It is silent when one of these speaks: {}.", links(&page.muted_by)));
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!("\n## Beside other rules\n\n{}\n", lines.join("\n\n"))
    }
}
