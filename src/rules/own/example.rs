//! Examples inside rule files: templates that the rule reports, and templates that it does not.
//!
//! They are read and kept here; running them is the driver's.

use std::collections::BTreeSet;

use crate::intent::Posture;
use crate::rules::own::cursor::{Cursor, Mistakes};
use crate::source::Span;

/// Name of a template that is given none.
const TEMPLATE: &str = "template.yaml";
/// Keys of an example.
const KEYS: [&str; 7] = ["template", "name", "files", "path", "reports", "undecided", "posture"];

/// An example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Whether the rule reports it.
    pub bad: bool,
    /// Where it stands in the rule file.
    pub span: Span,
    /// Its templates.
    pub input: Input,
    /// Logical ids of what is reported, all of them; `None` when it does not matter which.
    pub reports: Option<BTreeSet<String>>,
    /// Logical ids of what cannot be decided, all of them.
    pub undecided: BTreeSet<String>,
    /// What the APIs are meant to be.
    pub posture: Posture,
}

/// The templates of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Names and texts; the names are paths from the folder of the policy file.
    Texts(Vec<(String, String)>),
    /// A file or a folder, relative to the rule file.
    Path(String),
}

/// All examples of a rule. There is at least one of each kind, or a mistake says so.
pub(super) fn cases(at: Cursor<'_>, mistakes: &mut Mistakes) -> Vec<Case> {
    let mut found = Vec::new();
    if !at.is_map() {
        let help = "write `bad:` and `good:` below it, each with a template".to_owned();
        mistakes.wrong_type(at, "`example`", "a map", Some(help));
        return found;
    }
    for (key, span) in at.keys().filter(|(key, _)| !["bad", "good"].contains(key)) {
        let help = "known keys here: bad, good".to_owned();
        mistakes.unknown(span, format!("unknown key `{key}`"), key, ["bad", "good"], help);
    }
    for (half, bad) in [("bad", true), ("good", false)] {
        let span = at.key_span(half);
        let Some(value) = at.get(half) else {
            let message = format!("there is no `{half}` example");
            let help = Some("a rule shows what it reports and what it leaves alone".to_owned());
            mistakes.add(span, message, "", help);
            continue;
        };
        match value.items() {
            Some(items) if !items.is_empty() => {
                found.extend(items.into_iter().filter_map(|item| case(bad, item, item.span(), mistakes)));
            }
            _ => found.extend(case(bad, value, span, mistakes)),
        }
    }
    found
}

fn case(bad: bool, at: Cursor<'_>, span: Span, mistakes: &mut Mistakes) -> Option<Case> {
    let mut case = Case {
        bad,
        span,
        input: Input::Texts(Vec::new()),
        reports: None,
        undecided: BTreeSet::new(),
        posture: Posture::Unset,
    };
    if !at.is_map() {
        let text = template("an example", at, mistakes)?;
        case.input = Input::Texts(vec![(TEMPLATE.to_owned(), text)]);
        return Some(case);
    }
    for (key, span) in at.keys().filter(|(key, _)| !KEYS.contains(key)) {
        let help = format!("known keys here: {}", KEYS.join(", "));
        mistakes.unknown(span, format!("unknown key `{key}`"), key, KEYS, help);
    }
    case.span = at.key_span(if at.get("reports").is_some() { "reports" } else { "template" });
    case.reports = at.get("reports").and_then(|ids| logical_ids("`reports`", ids, mistakes));
    case.undecided =
        at.get("undecided").and_then(|ids| logical_ids("`undecided`", ids, mistakes)).unwrap_or_default();
    if !bad && (case.reports.is_some() || !case.undecided.is_empty()) {
        mistakes.add(case.span, "a good example reports nothing".to_owned(), "", None);
    }
    if let Some(word) = at.get("posture") {
        case.posture = posture(word, mistakes)?;
    }
    case.input = input(at, mistakes)?;
    Some(case)
}

fn input(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Input> {
    match (at.get("template"), at.get("files"), at.get("path")) {
        (Some(text), None, None) => {
            let name = match at.get("name") {
                Some(name) => path("`name`", name, mistakes)?,
                None => TEMPLATE.to_owned(),
            };
            Some(Input::Texts(vec![(name, template("`template`", text, mistakes)?)]))
        }
        (None, Some(files), None) => texts(files, mistakes),
        (None, None, Some(file)) => path("`path`", file, mistakes).map(Input::Path),
        _ => {
            let message = "an example has one of `template`, `files` and `path`".to_owned();
            mistakes.add(at.span(), message, "", None);
            None
        }
    }
}

fn texts(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Input> {
    if !at.is_map() || at.keys().next().is_none() {
        let help = "write `name: |` lines with templates below it".to_owned();
        mistakes.wrong_type(at, "`files`", "a map of templates", Some(help));
        return None;
    }
    let mut texts = Vec::new();
    for (name, span) in at.keys() {
        if !is_below(name) {
            not_below(&format!("`{name}`"), span, mistakes);
            return None;
        }
        texts.push((name.to_owned(), template("a template", at.get(name)?, mistakes)?));
    }
    Some(Input::Texts(texts))
}

fn template(what: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let text = at.text().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        let help = "write `|` and below it, indented, the template".to_owned();
        mistakes.wrong_type(at, what, "the text of a template", Some(help));
    }
    text.map(str::to_owned)
}

fn path(what: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let Some(text) = at.text() else {
        mistakes.wrong_type(at, what, "a path", None);
        return None;
    };
    let text = text.trim_start_matches("./");
    if is_below(text) {
        return Some(text.to_owned());
    }
    not_below(what, at.span(), mistakes);
    None
}

fn not_below(what: &str, span: Span, mistakes: &mut Mistakes) {
    let message = format!("{what} must be a relative path without `..`");
    mistakes.add(span, message, "", Some("write `/` between folders".to_owned()));
}

/// Whether a path leads nowhere but below the place it begins at.
fn is_below(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(['\\', ':', '\0']) && path.split('/').all(plain)
}

fn logical_ids(what: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<BTreeSet<String>> {
    let texts = at.items().map(|items| items.into_iter().map(Cursor::text).collect::<Option<Vec<_>>>());
    let Some(Some(texts)) = texts else {
        let help = "write `[Api]`, also for one".to_owned();
        mistakes.wrong_type(at, what, "a list of logical ids", Some(help));
        return None;
    };
    Some(texts.into_iter().map(str::to_owned).collect())
}

fn posture(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Posture> {
    let word = at.text().unwrap_or_default();
    let posture = Posture::parse(word);
    if posture.is_none() {
        let help = "`posture` is one of: private, public, unset".to_owned();
        let message = format!("`posture` cannot be `{word}`");
        mistakes.unknown(at.span(), message, word, ["private", "public", "unset"], help);
    }
    posture
}
