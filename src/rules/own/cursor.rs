//! A rule file as data with places: what it says is read by `serde_yaml`, where it says so by our own tree.
//!
//! It knows maps, lists and texts, not what any key means.

use std::sync::Arc;

use serde_yaml::Value;

use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Diagnostic, Label, RuleId, Severity};
use crate::order::Order;
use crate::rules::metadata;
use crate::source::{FileId, Span, TextRange};
use crate::syntax::parse::parse;
use crate::syntax::tree::{NodeId, Tree};

/// Stands in diagnostics about rule files where a rule's name would; it is no rule.
pub const RULE_FILE: RuleId = RuleId::new("own-rule");

/// The mistakes found so far in one file.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    found: Vec<Diagnostic>,
}

impl Mistakes {
    /// All mistakes by place.
    pub(super) fn sorted(mut self) -> Vec<Diagnostic> {
        self.found.order_by_key(|mistake| mistake.primary.span);
        self.found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn add(&mut self, at: Span, message: String, label: impl Into<String>, help: Option<String>) {
        self.found.push(mistake(Label::new(at, label), message, help));
    }

    /// A word that is none of `known`.
    pub(super) fn unknown<'k>(
        &mut self,
        at: Span,
        message: String,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
        help: String,
    ) {
        let label = nearest(word, known).map_or_else(String::new, |known| format!("did you mean `{known}`?"));
        self.add(at, message, label, Some(help));
    }

    /// A value of the wrong type.
    pub(super) fn wrong_type(&mut self, at: Cursor<'_>, what: &str, expected: &str, help: Option<String>) {
        self.add(at.span(), format!("{what} must be {expected}"), format!("this is {}", at.kind()), help);
    }
}

/// A mistake in a rule file.
pub fn mistake(primary: Label, message: String, help: Option<String>) -> Diagnostic {
    let found = Diagnostic::new(RULE_FILE, Severity::Error, message, primary);
    Diagnostic { help: help.into_iter().collect(), ..found }
}

/// A file that is YAML, and holds a map.
#[derive(Debug)]
pub(super) struct Document {
    tree: Tree,
    value: Value,
    root: NodeId,
}

impl Document {
    /// Reads a text; the mistakes say why it cannot be read.
    pub(super) fn read(file: FileId, text: &Arc<str>, mistakes: &mut Mistakes) -> Option<Self> {
        let start = Span::new(file, TextRange::new(0, 0));
        if text.len() > metadata::SIZE_LIMIT {
            let message = format!("this file is larger than {} KB", metadata::SIZE_LIMIT / 1024);
            mistakes.add(start, message, "", None);
            return None;
        }
        let parsed = parse(file, text);
        for error in parsed.errors {
            let mut found = mistake(Label::new(error.span, ""), error.message, None);
            found.related.extend(error.related.map(|(span, phrase)| Label::new(span, phrase)));
            mistakes.found.push(found);
        }
        let root = parsed.tree.root().filter(|_| mistakes.is_empty());
        let Some(root) = root.filter(|root| parsed.tree.is_mapping(*root)) else {
            if mistakes.is_empty() {
                let at = parsed.tree.root().map_or(start, |root| first_line(&parsed.tree, root));
                mistakes.add(at, "this file holds no rule".to_owned(), "a rule is a map", None);
            }
            return None;
        };
        if metadata::deepest_flow(text) > metadata::FLOW_LIMIT {
            let message = format!("more than {} brackets are open at once", metadata::FLOW_LIMIT);
            mistakes.add(first_line(&parsed.tree, root), message, "", None);
            return None;
        }
        match serde_yaml::from_str(text) {
            Ok(value) => Some(Self { tree: parsed.tree, value, root }),
            Err(error) => {
                mistakes.add(
                    place_of(&error, file, text),
                    "this file cannot be read".to_owned(),
                    error.to_string(),
                    None,
                );
                None
            }
        }
    }

    /// The whole of it.
    pub(super) fn root(&self) -> Cursor<'_> {
        Cursor { tree: &self.tree, value: &self.value, node: self.root }
    }
}

/// Where the YAML library stopped; the start of the file when it does not say.
fn place_of(error: &serde_yaml::Error, file: FileId, text: &str) -> Span {
    let mut at = error.location().map_or(0, |location| location.index()).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |next| at + next.len_utf8());
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(file, TextRange::new(narrow(at), narrow(end)))
}

/// A node's place, of a collection only its first key or item: a picture of a whole file helps nobody.
fn first_line(tree: &Tree, node: NodeId) -> Span {
    let first = tree.entries(node).first().map(|entry| entry.key).or(tree.items(node).first().copied());
    let shows = |first: &NodeId| tree.scalar(*first).is_some() && !tree.span(*first).range.is_empty();
    tree.span(first.filter(shows).unwrap_or(node))
}

/// A place in a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'d> {
    tree: &'d Tree,
    value: &'d Value,
    node: NodeId,
}

impl<'d> Cursor<'d> {
    /// Where it stands; of a collection the first key or item.
    pub(super) fn span(self) -> Span {
        first_line(self.tree, self.node)
    }

    /// The value under a key.
    pub(super) fn get(self, key: &str) -> Option<Cursor<'d>> {
        let value = self.value.as_mapping()?.get(key)?;
        let node = match self.tree.entry(self.node, key) {
            // Nothing stands behind the key.
            Some(entry) if self.tree.span(entry.value).range.is_empty() => entry.key,
            Some(entry) => entry.value,
            None => self.node,
        };
        Some(Cursor { value, node, ..self })
    }

    /// Where a key stands; where the map begins when it is not there.
    pub(super) fn key_span(self, key: &str) -> Span {
        self.tree.entry(self.node, key).map_or_else(|| self.span(), |entry| self.tree.span(entry.key))
    }

    /// Keys of a map, in written order; what is no text is shown as it is.
    pub(super) fn keys(self) -> impl Iterator<Item = (&'d str, Span)> {
        let keys = self.value.as_mapping().into_iter().flat_map(|map| map.keys());
        keys.map(move |key| match key.as_str() {
            Some(text) => (text, self.key_span(text)),
            None => ("", self.span()),
        })
    }

    /// Whether it is a map.
    pub(super) fn is_map(self) -> bool {
        self.value.is_mapping()
    }

    /// Items of a list; `None` when it is none.
    pub(super) fn items(self) -> Option<Vec<Cursor<'d>>> {
        let nodes = self.tree.items(self.node);
        // Of an item of which nothing is written the list is shown.
        let shows = |node: &NodeId| !self.tree.span(*node).range.is_empty();
        let item = |(index, value)| Cursor {
            tree: self.tree,
            value,
            node: nodes.get(index).copied().filter(shows).unwrap_or(self.node),
        };
        Some(self.value.as_sequence()?.iter().enumerate().map(item).collect())
    }

    /// Text, also of what YAML takes for a number or a boolean: an account id keeps its zeros.
    pub(super) fn text(self) -> Option<&'d str> {
        match self.value {
            Value::String(text) => Some(text),
            Value::Number(_) | Value::Bool(_) => self.tree.scalar(self.node),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
        }
    }

    /// `true` or `false`, without quotes.
    pub(super) fn flag(self) -> Option<bool> {
        self.value.as_bool()
    }

    /// A whole number, not negative.
    pub(super) fn count(self) -> Option<usize> {
        self.value.as_u64().and_then(|number| usize::try_from(number).ok())
    }

    /// What it is, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Sequence(items) if items.is_empty() => "an empty list",
            Value::Sequence(_) => "a list",
            Value::Mapping(entries) if entries.is_empty() => "an empty map",
            Value::Mapping(_) => "a map",
            Value::Tagged(_) => "something with a tag",
        }
    }
}
