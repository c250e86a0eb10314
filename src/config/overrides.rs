//! `parameter_overrides` of a samconfig, in every form that `sam` takes.
//!
//! Follows `CfnParameterOverridesType` of aws-sam-cli 1.170.0 (`samcli/cli/types.py`), its oddities included: what
//! `sam` would pass to CloudFormation is what counts.

use crate::config::data::{self, Data, DataValue};
use crate::config::files::Files;
use crate::config::mistakes::Mistakes;
use crate::config::parts::part_span;
use crate::source::{Span, Spanned};

/// Most files that one value leads to.
const MAX_FILES: usize = 64;

/// Longest text that is searched for pairs, in bytes; a command line is no longer.
const MAX_TEXT: usize = 64 * 1024;

/// A parameter with its value.
pub(super) type Pair = (String, Spanned<String>);

/// Reads `parameter_overrides`; later entries win, each name stands once. What `sam` refuses is a mistake.
pub(super) fn read(value: &Data, files: &mut dyn Files, mistakes: &mut Mistakes) -> Vec<Pair> {
    let mut reader = Reader { files, mistakes, open: Vec::new(), n_files: 0 };
    let mut found = Vec::new();
    if value.text() != Some("") {
        reader.value(value, &mut found);
    }
    // `sam` takes quotes away last: two names that differ in quotes only are one from here on.
    let mut pairs = Vec::new();
    for (name, value) in found {
        set(&mut pairs, unquoted(&name), Spanned { value: unquoted(&value.value), span: value.span });
    }
    pairs
}

/// Sets a value the way a Python dictionary does: a name keeps its first place.
pub(super) fn set(pairs: &mut Vec<Pair>, name: String, value: Spanned<String>) {
    match pairs.iter_mut().find(|(known, _)| *known == name) {
        Some((_, slot)) => *slot = value,
        None => pairs.push((name, value)),
    }
}

struct Reader<'a> {
    files: &'a mut dyn Files,
    mistakes: &'a mut Mistakes,
    /// Names of the files under way, outermost first.
    open: Vec<String>,
    n_files: usize,
}

impl Reader<'_> {
    fn value(&mut self, value: &Data, found: &mut Vec<Pair>) {
        match &value.value {
            DataValue::Null => {}
            DataValue::List(items) => items.iter().for_each(|item| self.value(item, found)),
            DataValue::Text(text) => match text.strip_prefix("file://") {
                Some(path) => self.file(path, value.span, found),
                None => self.text(text, value.span, found),
            },
            DataValue::Table(members) => {
                for (name, value) in members {
                    self.member(name, value, found);
                }
            }
            DataValue::Number { .. } | DataValue::Bool(_) => self.refuse(value),
        }
    }

    fn member(&mut self, name: &Spanned<String>, value: &Data, found: &mut Vec<Pair>) {
        let text = match &value.value {
            DataValue::Null => String::new(),
            DataValue::Text(text) if name.value == "$include" && text.is_empty() => return,
            DataValue::Text(_) | DataValue::List(_) if name.value == "$include" => {
                return self.value(value, found);
            }
            _ if name.value == "$include" => {
                let message = "`$include` must be a text or a list of texts".to_owned();
                return self.mistakes.add(value.span, message, this_is(value), None);
            }
            DataValue::List(items) => {
                let nested = |item: &&Data| matches!(item.value, DataValue::List(_) | DataValue::Table(_));
                if let Some(item) = items.iter().find(nested) {
                    return self.refuse(item);
                }
                // Empty entries are left out, entries of blanks are not.
                let texts = items.iter().filter_map(python_text).map(|text| text.trim().to_owned());
                texts.collect::<Vec<_>>().join(",")
            }
            _ => match python_text(value) {
                Some(text) => text,
                None if value.text() == Some("") => String::new(),
                None => return self.refuse(value),
            },
        };
        set(found, name.value.clone(), Spanned { value: text, span: value.span });
    }

    fn refuse(&mut self, value: &Data) {
        let help = "write `Name=value` pairs in a text, or a table of names and values".to_owned();
        let message = "`parameter_overrides` cannot hold this".to_owned();
        self.mistakes.add(value.span, message, this_is(value), Some(help));
    }

    fn text(&mut self, text: &str, span: Span, found: &mut Vec<Pair>) {
        let pairs = if text.len() > MAX_TEXT { Vec::new() } else { pairs(text) };
        if pairs.is_empty() {
            let label = "no `Name=value` here".to_owned();
            let help = "write `Name=value`, `ParameterKey=Name,ParameterValue=value` or `file://NAME.yaml`";
            let message = "`parameter_overrides` cannot be read".to_owned();
            self.mistakes.add(span, message, label, Some(help.to_owned()));
        }
        for pair in pairs {
            let source = self.files.text(span.file).unwrap_or_default();
            let place = part_span(&source, span, text, pair.value.clone());
            let slice = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
            set(found, slice(pair.name), Spanned { value: slice(pair.value), span: place });
        }
    }

    fn file(&mut self, path: &str, span: Span, found: &mut Vec<Pair>) {
        let known = [".toml", ".yaml", ".yml"].iter().any(|ending| path.ends_with(ending));
        if !known {
            let help = "sam reads `.toml`, `.yaml` and `.yml` here".to_owned();
            let message = format!("`{path}` is a kind of file that sam does not read");
            return self.mistakes.add(span, message, String::new(), Some(help));
        }
        let Some(file) = self.files.beside(span.file, path) else {
            let message = format!("there is no file `{path}` to read");
            let label = "named here".to_owned();
            let help = "it is looked for beside this file, inside the repository".to_owned();
            return self.mistakes.add(span, message, label, Some(help));
        };
        self.n_files += 1;
        if self.open.contains(&file.name) || self.n_files > MAX_FILES {
            let message = format!("`{path}` leads back to itself");
            return self.mistakes.add(span, message, String::new(), None);
        }
        let what = format!("`{}`", file.name);
        let Some(content) = data::read(file.id, &file.name, &file.text, &what, self.mistakes) else { return };
        // What a file says is worked out by itself and then added, as `sam` does.
        let mut nested = Vec::new();
        self.open.push(file.name);
        self.value(&content, &mut nested);
        self.open.pop();
        for (name, value) in nested {
            set(found, unquoted(&name), Spanned { value: unquoted(&value.value), span: value.span });
        }
    }
}

fn this_is(value: &Data) -> String {
    format!("this is {}", value.type_words())
}

/// `str(value)` in Python; `None` for what is empty or has no plain text.
fn python_text(value: &Data) -> Option<String> {
    match &value.value {
        DataValue::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        DataValue::Number { text, .. } => Some(text.clone()),
        DataValue::Bool(true) => Some("True".to_owned()),
        DataValue::Bool(false) => Some("False".to_owned()),
        DataValue::Null | DataValue::List(_) | DataValue::Table(_) => None,
    }
}

/// A name and a value as byte ranges of a text.
struct Found {
    name: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
}

/// All pairs of a text: those written `ParameterKey=…,ParameterValue=…` if there is any, else `Name=value` behind
/// blanks. What is neither is passed over.
fn pairs(text: &str) -> Vec<Found> {
    let long = scan(text, |text, at| {
        let name_start = at + text.get(at..)?.strip_prefix("ParameterKey=").map(|_| "ParameterKey=".len())?;
        let name_end = name_start + name_length(text.get(name_start..)?)?;
        let value_start = name_end
            + text.get(name_end..)?.strip_prefix(",ParameterValue=").map(|_| ",ParameterValue=".len())?;
        let value_end = value_start + value_length(text.get(value_start..)?)?;
        Some(Found { name: name_start..name_end, value: value_start..value_end })
    });
    if !long.is_empty() {
        return long;
    }
    let blanks = text.len() - text.trim_start().len();
    scan(text, |text, at| {
        // The text is trimmed, and one blank put in front of it.
        let name_start = (at == blanks || text.get(..at)?.ends_with(' ')).then_some(at)?;
        let name_end = name_start + name_length(text.get(name_start..)?)?;
        let value_start = name_end + text.get(name_end..)?.strip_prefix('=').map(|_| 1)?;
        let value_end = value_start + value_length(text.get(value_start..)?)?;
        Some(Found { name: name_start..name_end, value: value_start..value_end })
    })
}

/// Matches from left to right that do not overlap.
fn scan(text: &str, found_at: impl Fn(&str, usize) -> Option<Found>) -> Vec<Found> {
    let text = text.trim_end();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match found_at(text, at) {
            Some(pair) => {
                at = pair.value.end;
                found.push(pair);
            }
            None => at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8),
        }
    }
    found
}

/// Length of a name: letters, digits and quotes.
fn name_length(text: &str) -> Option<usize> {
    let length =
        text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'\'')).count();
    (length > 0).then_some(length)
}

/// Length of a value: quoted, else up to a blank or a double quote; a backslash takes the next letter with it.
fn value_length(text: &str) -> Option<usize> {
    for quote in ['"', '\''] {
        if text.starts_with(quote)
            && let Some(inner) = run_length(text.get(1..)?, |letter| letter != quote)
            && text.get(1 + inner..)?.starts_with(quote)
        {
            return Some(inner + 2);
        }
    }
    run_length(text, |letter| letter != ' ' && letter != '"').filter(|length| *length > 0)
}

/// Length of the longest beginning of escapes and of letters that `is_inside` lets through.
fn run_length(text: &str, is_inside: impl Fn(char) -> bool) -> Option<usize> {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            // A backslash before the end of a line or of the text escapes nothing.
            match letters.next() {
                Some((_, next)) if next != '\n' => {}
                _ => return Some(at),
            }
        } else if !is_inside(letter) {
            return Some(at);
        }
    }
    Some(text.len())
}

/// The text without the quotes around it and without the backslashes of `\ `, `\"` and `\'`.
fn unquoted(text: &str) -> String {
    let quoted = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    let inner = if quoted('"') || quoted('\'') {
        text.get(1..text.len().saturating_sub(1).max(1)).unwrap_or_default()
    } else {
        text
    };
    inner.replace("\\ ", " ").replace("\\\"", "\"").replace("\\'", "'")
}
