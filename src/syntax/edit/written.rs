//! What an edit writes: values, and how they look on one line of YAML or JSON.

use std::fmt::Write as _;

use crate::source::Span;
use crate::syntax::tree::{Format, Kind, NodeId, ScalarStyle, Tree};

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A string; it gets quotes where the notation would read something else.
    Text(String),
    /// `true`, `3`, `null`: as it stands.
    Plain(String),
    /// The text at this span of the same file, as it is written there. Refused where it does not fit on a line.
    Copy(Span),
    /// An intrinsic function by its long name (`Ref`, `Fn::ImportValue`); in YAML the short form is written.
    Call(String, Box<Written>),
    /// A list.
    List(Vec<Written>),
    /// A mapping.
    Map(Vec<(String, Written)>),
}

impl Written {
    /// `{"Ref": name}`.
    pub fn reference(name: &str) -> Self {
        Self::Call("Ref".to_owned(), Box::new(Self::Text(name.to_owned())))
    }

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// `text` as a scalar in the quotes of the scalar at `node`; `None` for a collection, a block scalar, and what
/// these quotes cannot hold.
pub(super) fn scalar_like(tree: &Tree, node: NodeId, text: &str) -> Option<String> {
    let Kind::Scalar { style, .. } = tree.node(node).kind else { return None };
    match style {
        ScalarStyle::SingleQuoted if is_one_line(text) => Some(single_quoted(text)),
        ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted => Some(double_quoted(text)),
        ScalarStyle::Plain => Some(string(text)),
        ScalarStyle::Literal | ScalarStyle::Folded => None,
    }
}

/// `value` on one line. Inside brackets of YAML a copied text must not hold what ends it there.
pub(super) fn inline(tree: &Tree, value: &Written, in_brackets: bool) -> Option<String> {
    let json = tree.format() == Format::Json;
    let all = |items: &[Written]| -> Option<Vec<String>> {
        items.iter().map(|item| inline(tree, item, true)).collect()
    };
    Some(match value {
        Written::Text(text) if json => double_quoted(text),
        Written::Text(text) => string(text),
        Written::Plain(text) => text.clone(),
        Written::Copy(span) => return copied(tree, *span, in_brackets),
        Written::Call(name, argument) if json => {
            format!("{{{}: {}}}", double_quoted(name), inline(tree, argument, true)?)
        }
        Written::Call(name, argument) => {
            let argument = inline(tree, argument, true)?;
            // A tag cannot follow a tag.
            if argument.starts_with('!') {
                format!("{{{name}: {argument}}}")
            } else {
                format!("!{} {argument}", name.strip_prefix("Fn::").unwrap_or(name))
            }
        }
        Written::List(items) => format!("[{}]", all(items)?.join(", ")),
        Written::Map(entries) => {
            let entry = |(key, value): &(String, Written)| {
                Some(format!("{}: {}", self::key(tree, key), inline(tree, value, true)?))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

/// A key as the notation wants it.
pub(super) fn key(tree: &Tree, key: &str) -> String {
    if tree.format() == Format::Json { double_quoted(key) } else { string(key) }
}

/// Whether a node can stand inside brackets as it is written.
pub(super) fn fits_in_brackets(tree: &Tree, node: NodeId) -> bool {
    let plain = tree.is_plain(node);
    let range = tree.span(node).range;
    let text = tree.text().get(range.as_usize()).unwrap_or_default();
    let bracketed = text.starts_with(['[', '{']);
    let quoted = text.starts_with(['"', '\'']);
    let ends =
        |text: &str| text.contains([',', '[', ']', '{', '}']) || text.contains('\n') || text.is_empty();
    bracketed || quoted || (plain && !ends(text))
}

fn copied(tree: &Tree, span: Span, in_brackets: bool) -> Option<String> {
    let text = tree.text().get(span.range.as_usize())?;
    let node =
        text.split_once(' ').map_or(text, |(tag, rest)| if tag.starts_with('!') { rest } else { text });
    let bare = !node.starts_with(['"', '\'', '[', '{']);
    let breaks = bare && in_brackets && node.contains([',', '[', ']', '{', '}']);
    // A block mapping on one line (`Ref: x`) is none inside brackets or behind a key.
    let block = bare && (node.contains(": ") || node.starts_with("- ")) && tree.format() == Format::Yaml;
    (span.file == tree.file() && !text.contains('\n') && !breaks && !block).then(|| text.to_owned())
}

/// A string of YAML: plain where it is read as that string everywhere, else in quotes.
fn string(text: &str) -> String {
    if is_safe_plain(text) {
        text.to_owned()
    } else if is_one_line(text) {
        single_quoted(text)
    } else {
        double_quoted(text)
    }
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Whether YAML 1.1 and 1.2 read the text as this string, also inside brackets: a word of harmless characters
/// that starts with a letter or a slash and is no boolean, null or number.
fn is_safe_plain(text: &str) -> bool {
    const WORDS: [&str; 11] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"];
    let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./:*".contains(c);
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/');
    let word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    first && !word && text.chars().all(harmless) && !text.ends_with(':')
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A JSON string, which is also a YAML one.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if character.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
