//! What an edit writes: values, and how they look on one line of YAML or JSON.

use std::fmt::Write as _;

use crate::source::Span;
use crate::syntax::tree::{Format, Kind, NodeId, ScalarStyle, Tree};

/// How deep a copied value may be.
const MAX_COPIED_DEPTH: usize = 32;

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A string; it gets quotes where the notation would read something else.
    Text(String),
    /// `true`, `3`, `null`: as it stands.
    Plain(String),
    /// The value at this span of the same file, as it is written there; one that takes several lines is written on
    /// one. Without its comments.
    Copy(Span),
    /// An intrinsic function by its long name (`Ref`, `Fn::ImportValue`); in YAML the short form is written.
    Call(String, Box<Written>),
    /// `Fn::GetAtt`, which takes one text in YAML and a list in JSON.
    Attribute {
        /// Logical id.
        resource: String,
        /// The attribute.
        attribute: String,
    },
    /// A list.
    List(Vec<Written>),
    /// A mapping.
    Map(Vec<(String, Written)>),
}

impl Written {
    /// `{"Fn::GetAtt": [resource, attribute]}`; in YAML `!GetAtt resource.attribute`.
    pub fn attribute(resource: &str, attribute: &str) -> Self {
        Self::Attribute { resource: resource.to_owned(), attribute: attribute.to_owned() }
    }

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
        Written::Attribute { resource, attribute } if json => {
            let (resource, attribute) = (double_quoted(resource), double_quoted(attribute));
            format!("{{\"Fn::GetAtt\": [{resource}, {attribute}]}}")
        }
        Written::Attribute { resource, attribute } => format!("!GetAtt {resource}.{attribute}"),
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
    (span.file == tree.file()).then_some(())?;
    if text.contains('\n') || breaks || block {
        return on_one_line(tree, node_at(tree, span)?, 0);
    }
    Some(text.to_owned())
}

/// The innermost node at a span, with or without its tag.
fn node_at(tree: &Tree, span: Span) -> Option<NodeId> {
    let (mut open, mut found) = (vec![tree.root()?], None);
    while let Some(node) = open.pop() {
        let here = tree.tagged_span(node).range;
        if here == span.range || tree.span(node).range == span.range {
            found = Some(node);
        }
        let entries = tree.entries(node).iter().map(|entry| entry.value);
        let children = tree.items(node).iter().copied().chain(entries);
        // An alias leads to a node that stands elsewhere.
        open.extend(children.filter(|&child| here.contains(tree.tagged_span(child).range)));
        open.retain(|&node| tree.tagged_span(node).range.contains(span.range));
    }
    found
}

/// A value on one line, for any place; `None` where it is nested too deeply to be copied.
fn on_one_line(tree: &Tree, node: NodeId, depth: usize) -> Option<String> {
    (depth < MAX_COPIED_DEPTH).then_some(())?;
    let inner = |node: NodeId| on_one_line(tree, node, depth + 1);
    let text = match &tree.node(node).kind {
        Kind::Scalar { style, .. } => {
            let raw = tree.text().get(tree.span(node).range.as_usize())?;
            let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
            let plain = tree.is_plain(node) && !raw.contains([',', '[', ']', '{', '}', '#']);
            let keeps = (quoted || plain) && !raw.contains('\n') && !raw.is_empty();
            if keeps { raw.to_owned() } else { string(tree.scalar(node)?) }
        }
        Kind::Sequence(items) => {
            let items: Option<Vec<_>> = items.iter().map(|&item| inner(item)).collect();
            format!("[{}]", items?.join(", "))
        }
        Kind::Mapping(entries) => {
            let entry = |key, value| Some(format!("{}: {}", inner(key)?, inner(value)?));
            let entries: Option<Vec<_>> = entries.iter().map(|pair| entry(pair.key, pair.value)).collect();
            format!("{{{}}}", entries?.join(", "))
        }
    };
    Some(match tree.tag(node) {
        Some(tag) => format!("{tag} {text}"),
        None => text,
    })
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
    let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./:* ".contains(c);
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/');
    let word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    first && !word && text.chars().all(harmless) && !text.contains(": ") && !text.ends_with([':', ' '])
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
