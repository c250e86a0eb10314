//! One rule file → one rule, or the mistakes in it.
//!
//! Conditions are read in `decode`; files are found elsewhere.

use std::sync::Arc;

use crate::diagnostic::{Confidence, Diagnostic, Persona, RuleId, Severity};
use crate::rules::metadata::{self, Reference};
use crate::rules::own::cursor::{Cursor, Document, Mistakes};
use crate::rules::own::decode::{fact, predicate, unknown_fact};
use crate::rules::own::message::{LabelText, Message};
use crate::rules::own::predicate::Predicate;
use crate::rules::own::scene::Kind;
use crate::rules::own::{OwnRule, Page, Unknown, example};
use crate::source::{FileId, Span};

/// Longest id, in bytes.
const ID_LIMIT: usize = 64;

/// Names that diagnostics carry which are no rule's.
const RESERVED: [&str; 2] = ["policy-file", "own-rule"];

/// The keys of a rule file, in the order of the documentation.
pub const KEYS: [&str; 24] = [
    "id",
    "title",
    "group",
    "severity",
    "confidence",
    "persona",
    "fix",
    "since",
    "what",
    "why",
    "flags",
    "not",
    "do",
    "references",
    "for",
    "where",
    "require",
    "forbid",
    "unknown",
    "message",
    "label",
    "related",
    "example",
    "schema",
];

const SEVERITIES: &[(&str, Severity)] =
    &[("error", Severity::Error), ("warning", Severity::Warning), ("info", Severity::Info)];

const CONFIDENCES: &[(&str, Confidence)] =
    &[("high", Confidence::High), ("medium", Confidence::Medium), ("low", Confidence::Low)];

const PERSONAS: &[(&str, Persona)] =
    &[("regular", Persona::Regular), ("pedantic", Persona::Pedantic), ("auditor", Persona::Auditor)];

const UNKNOWNS: &[(&str, Unknown)] =
    &[("report", Unknown::Report), ("auditor", Unknown::Auditor), ("ignore", Unknown::Ignore)];

/// Reads a rule file. Each mistake is one diagnostic of severity error, sorted by place; there is a rule only
/// when there is none.
pub fn read(file: FileId, text: &Arc<str>) -> Result<OwnRule, Vec<Diagnostic>> {
    let mut mistakes = Mistakes::default();
    let Some(document) = Document::read(file, text, &mut mistakes) else { return Err(mistakes.sorted()) };
    let rule = rule(document.root(), &mut mistakes);
    match rule {
        Some(rule) if mistakes.is_empty() => Ok(rule),
        _ => Err(mistakes.sorted()),
    }
}

fn rule(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<OwnRule> {
    unknown_keys(at, mistakes);
    if let Some(schema) = at.get("schema").filter(|schema| schema.count() != Some(1)) {
        mistakes.add(schema.span(), "this version knows only `schema: 1`".to_owned(), "", None);
    }
    if let Some(fix) = at.get("fix").filter(|fix| fix.text() != Some("none")) {
        let help = "write `fix: none`, or leave the line out".to_owned();
        mistakes.add(fix.span(), "an own rule offers no fix".to_owned(), "", Some(help));
    }
    let id = required(at, "id", mistakes).and_then(|value| id(value, mistakes));
    let page = page(at, mistakes);
    let severity =
        required(at, "severity", mistakes).and_then(|value| word("severity", value, SEVERITIES, mistakes));
    let confidence = optional_word(at, "confidence", CONFIDENCES, Confidence::High, mistakes);
    let persona = optional_word(at, "persona", PERSONAS, Persona::Regular, mistakes);
    let unknown = optional_word(at, "unknown", UNKNOWNS, Unknown::Report, mistakes);
    let examples = required(at, "example", mistakes).map(|value| example::cases(value, mistakes));
    let kind = required(at, "for", mistakes).and_then(|value| word("for", value, &Kind::ALL, mistakes))?;
    // Without a subject there is no vocabulary; with one, everything is looked at before giving up.
    let applies = match at.get("where") {
        Some(value) => predicate(kind, value, mistakes),
        None => Some(Predicate::All(Vec::new())),
    };
    let requirement = requirement(kind, at, mistakes);
    let message =
        required(at, "message", mistakes).and_then(|at| Message::read(kind, at, "`message`", mistakes));
    let label = at.get("label").map(|value| label(kind, value, mistakes));
    let related = related(kind, at, mistakes);
    let (id, id_span) = id?;
    Some(OwnRule {
        id,
        id_span,
        page: page?,
        severity: severity?,
        confidence,
        persona,
        unknown,
        kind,
        examples: examples?,
        applies: applies?,
        requirement: requirement?,
        message: message?,
        label: match label {
            Some(label) => Some(label?),
            None => None,
        },
        related: related?,
    })
}

fn unknown_keys(at: Cursor<'_>, mistakes: &mut Mistakes) {
    for (key, span) in at.keys().filter(|(key, _)| !KEYS.contains(key)) {
        let help = match key {
            "mutes" | "muted-by" => "an own rule mutes no other rule".to_owned(),
            "severity-changes" | "confidence-changes" => {
                "an own rule has one severity and one confidence: write two rules".to_owned()
            }
            _ => format!("known keys here: {}", KEYS.join(", ")),
        };
        mistakes.unknown(span, format!("unknown key `{key}`"), key, KEYS, help);
    }
}

fn required<'d>(at: Cursor<'d>, key: &str, mistakes: &mut Mistakes) -> Option<Cursor<'d>> {
    let value = at.get(key);
    if value.is_none() {
        mistakes.add(at.span(), format!("`{key}` is missing here"), "", None);
    }
    value
}

fn word<T: Copy>(key: &str, at: Cursor<'_>, words: &[(&str, T)], mistakes: &mut Mistakes) -> Option<T> {
    let names = || words.iter().map(|(word, _)| *word);
    let help = format!("`{key}` is one of: {}", names().collect::<Vec<_>>().join(", "));
    let Some(text) = at.text() else {
        mistakes.wrong_type(at, &format!("`{key}`"), "a word", Some(help));
        return None;
    };
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    if found.is_none() {
        mistakes.unknown(at.span(), format!("`{key}` cannot be `{text}`"), text, names(), help);
    }
    found
}

fn optional_word<T: Copy>(
    at: Cursor<'_>,
    key: &str,
    words: &[(&str, T)],
    usual: T,
    mistakes: &mut Mistakes,
) -> T {
    at.get(key).and_then(|value| word(key, value, words, mistakes)).unwrap_or(usual)
}

/// Kebab-case, and nobody else's.
fn id(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<(RuleId, Span)> {
    let text = at.text().unwrap_or_default();
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let label = if text.len() > ID_LIMIT || !text.split('-').all(plain) {
        "lower-case words with `-` between them, at most 64 letters"
    } else if metadata::is_known(text) {
        "a built-in rule has this id"
    } else if RESERVED.contains(&text) {
        "this word stands for mistakes in files"
    } else {
        return Some((RuleId::owned(text.to_owned()), at.span()));
    };
    mistakes.add(at.span(), format!("`id` cannot be `{text}`"), label, None);
    None
}

fn page(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Page> {
    let title = required(at, "title", mistakes).and_then(|value| text("title", value, mistakes));
    let why = required(at, "why", mistakes).and_then(|value| text("why", value, mistakes));
    let remedies = required(at, "do", mistakes).map(|value| texts("do", value, mistakes));
    let group = optional_text(at, "group", mistakes);
    let page = Page {
        title: title?,
        group: if group.is_empty() { "own".to_owned() } else { group },
        since: optional_text(at, "since", mistakes),
        what: optional_text(at, "what", mistakes),
        why: why?,
        flags: at.get("flags").map(|value| texts("flags", value, mistakes)).unwrap_or_default(),
        not: at.get("not").map(|value| texts("not", value, mistakes)).unwrap_or_default(),
        remedies: remedies?,
        references: references(at, mistakes),
    };
    Some(page)
}

/// Text in one line, however it is broken.
fn text(key: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let text = at.text().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = text.filter(|text| !text.is_empty());
    if text.is_none() {
        mistakes.wrong_type(at, &format!("`{key}`"), "a text", None);
    }
    text
}

fn optional_text(at: Cursor<'_>, key: &str, mistakes: &mut Mistakes) -> String {
    at.get(key).and_then(|value| text(key, value, mistakes)).unwrap_or_default()
}

fn texts(key: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    match at.items() {
        Some(items) if !items.is_empty() => {
            items.into_iter().filter_map(|item| text(key, item, mistakes)).collect()
        }
        _ => {
            let help = "write each text behind a dash, also a single one".to_owned();
            mistakes.wrong_type(at, &format!("`{key}`"), "a list of texts", Some(help));
            Vec::new()
        }
    }
}

fn references(at: Cursor<'_>, mistakes: &mut Mistakes) -> Vec<Reference> {
    let Some(at) = at.get("references") else { return Vec::new() };
    let Some(items) = at.items() else {
        mistakes.wrong_type(at, "`references`", "a list of maps with `claim` and `url`", None);
        return Vec::new();
    };
    let reference = |item: Cursor<'_>| {
        let claim = required(item, "claim", mistakes).and_then(|value| text("claim", value, mistakes));
        let url = required(item, "url", mistakes).and_then(|value| text("url", value, mistakes));
        Some(Reference { claim: claim?, url: url? })
    };
    items.into_iter().filter_map(reference).collect()
}

/// `require`, or the opposite of `forbid`.
fn requirement(kind: Kind, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Predicate> {
    match (at.get("require"), at.get("forbid")) {
        (Some(wanted), None) => predicate(kind, wanted, mistakes),
        (None, Some(unwanted)) => Some(Predicate::Not(Box::new(predicate(kind, unwanted, mistakes)?))),
        (Some(_), Some(_)) => {
            let message = "a rule has `require` or `forbid`, not both".to_owned();
            mistakes.add(at.key_span("forbid"), message, "", None);
            None
        }
        (None, None) => {
            let message = "neither `require` nor `forbid` is in this rule".to_owned();
            let help = "`require` says what must hold, `forbid` what must not".to_owned();
            mistakes.add(at.span(), message, "", Some(help));
            None
        }
    }
}

fn related(kind: Kind, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Vec<LabelText>> {
    let Some(at) = at.get("related") else { return Some(Vec::new()) };
    let Some(items) = at.items() else {
        mistakes.wrong_type(at, "`related`", "a list of maps with `at` and `text`", None);
        return None;
    };
    let labels: Vec<Option<LabelText>> = items.into_iter().map(|item| label(kind, item, mistakes)).collect();
    labels.into_iter().collect()
}

fn label(kind: Kind, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<LabelText> {
    if !at.is_map() {
        let help = "write `at:` with a fact and `text:` with what is said about it".to_owned();
        mistakes.wrong_type(at, "a label", "a map", Some(help));
        return None;
    }
    for (key, span) in at.keys().filter(|(key, _)| !["at", "text"].contains(key)) {
        let help = "known keys here: at, text".to_owned();
        mistakes.unknown(span, format!("unknown key `{key}`"), key, ["at", "text"], help);
    }
    let place = required(at, "at", mistakes).and_then(|value| {
        let name = value.text().unwrap_or_default();
        let found = fact(kind, name);
        if found.is_none() {
            unknown_fact(kind, name, value.span(), mistakes);
        }
        found
    });
    let text = required(at, "text", mistakes)
        .and_then(|at| Message::read(kind, at, "the text of a label", mistakes));
    Some(LabelText { at: place?, text: text? })
}
