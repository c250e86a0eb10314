//! Reading nodes the way the SAM translator sees them, and building new ones on top of the written tree.
//!
//! Knows what a mapping, a list and an intrinsic are; knows nothing of SAM resources.

use std::sync::Arc;

use crate::source::Span;
use crate::syntax::tree::{Entry, Kind, Node, NodeId, Tree};
use crate::template::intrinsic::{Function, Intrinsic, intrinsic};

/// How deep walks over a tree go. The parser refuses deeper texts.
pub(super) const MAX_DEPTH: u32 = 128;

/// How many nodes a walk looks at that cannot remember where it was.
pub(super) const MAX_WALK: u32 = 50_000;

/// What a node is to the translator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape<'tree> {
    Null,
    Bool(bool),
    Number(&'tree str),
    Text(&'tree str),
    List,
    /// A mapping that is no intrinsic function.
    Map,
    Intrinsic(Intrinsic<'tree>),
}

/// The tree under construction: the written nodes, shared, and those that lowering adds.
#[derive(Debug)]
pub(super) struct Nodes {
    /// The overlay.
    pub(super) tree: Tree,
    written: u32,
}

impl Nodes {
    /// An overlay over a written tree.
    pub(super) fn new(base: &Arc<Tree>) -> Self {
        Self { written: base.len(), tree: Tree::overlay(Arc::clone(base)) }
    }

    /// How many nodes were made so far.
    pub(super) fn made(&self) -> u32 {
        self.tree.len().saturating_sub(self.written)
    }

    pub(super) fn span(&self, node: NodeId) -> Span {
        self.tree.span(node)
    }

    pub(super) fn shape(&self, node: NodeId) -> Shape<'_> {
        if let Some(intrinsic) = intrinsic(&self.tree, node) {
            return Shape::Intrinsic(intrinsic);
        }
        match &self.tree.node(node).kind {
            Kind::Sequence(_) => Shape::List,
            Kind::Mapping(_) => Shape::Map,
            Kind::Scalar { .. } => {
                let text = self.tree.scalar(node).unwrap_or_default();
                match self.tree.is_plain(node) && self.tree.tag(node).is_none() {
                    true => plain(text),
                    false => Shape::Text(text),
                }
            }
        }
    }

    /// Text of a node that is a string to the translator.
    pub(super) fn text(&self, node: NodeId) -> Option<&str> {
        match self.shape(node) {
            Shape::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the node is a mapping to the translator; intrinsics are too.
    pub(super) fn is_dict(&self, node: NodeId) -> bool {
        matches!(self.shape(node), Shape::Map | Shape::Intrinsic(_))
    }

    /// Whether the node is an intrinsic function.
    pub(super) fn is_intrinsic(&self, node: NodeId) -> bool {
        matches!(self.shape(node), Shape::Intrinsic(_))
    }

    /// Whether Python would take the value for true: `null`, `false`, `0`, `''`, `[]` and `{}` are not.
    pub(super) fn is_truthy(&self, node: NodeId) -> bool {
        match self.shape(node) {
            Shape::Null => false,
            Shape::Bool(value) => value,
            Shape::Number(text) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
            Shape::Text(text) => !text.is_empty(),
            Shape::List => !self.tree.items(node).is_empty(),
            Shape::Map => !self.tree.entries(node).is_empty(),
            Shape::Intrinsic(_) => true,
        }
    }

    /// The entry of a mapping; intrinsics in short form have none. Of two equal keys the first counts.
    pub(super) fn entry(&self, map: NodeId, key: &str) -> Option<Entry> {
        if self.tree.tag(map).is_some_and(|tag| !tag.starts_with("!!")) {
            return None;
        }
        self.tree.entry(map, key)
    }

    /// The value of a mapping under this key; null counts as missing.
    pub(super) fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.entry(map, key).map(|entry| entry.value).filter(|&value| self.shape(value) != Shape::Null)
    }

    /// [`Nodes::get`] for a value that Python takes for true.
    pub(super) fn get_truthy(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.get(map, key).filter(|&value| self.is_truthy(value))
    }

    /// [`Nodes::get`] for a string.
    pub(super) fn get_text(&self, map: NodeId, key: &str) -> Option<&str> {
        self.get(map, key).and_then(|value| self.text(value))
    }

    /// Keys and values of a mapping, its keys as text.
    pub(super) fn pairs(&self, map: NodeId) -> Vec<(String, Entry)> {
        let entries = self.tree.entries(map).iter();
        entries.filter_map(|entry| Some((self.tree.scalar(entry.key)?.to_owned(), *entry))).collect()
    }

    /// Keys and values of a mapping whose values are none of `null`.
    pub(super) fn items(&self, list: NodeId) -> Vec<NodeId> {
        self.tree.items(list).to_vec()
    }

    /// The keys that Python would see: of the mapping, or the long name of an intrinsic.
    pub(super) fn keys(&self, node: NodeId) -> Vec<String> {
        match self.shape(node) {
            Shape::Intrinsic(intrinsic) => vec![intrinsic.function.name().to_owned()],
            _ => self.pairs(node).into_iter().map(|(key, _)| key).collect(),
        }
    }

    /// The three arguments of a `Fn::If`.
    pub(super) fn if_arguments(&self, node: NodeId) -> Option<Vec<NodeId>> {
        match self.shape(node) {
            Shape::Intrinsic(Intrinsic { function: Function::If, argument }) => {
                Some(self.tree.items(argument).to_vec())
            }
            _ => None,
        }
    }

    /// Whether the node is `Ref: AWS::NoValue`.
    pub(super) fn is_no_value(&self, node: NodeId) -> bool {
        self.referenced(node) == Some("AWS::NoValue")
    }

    /// The name that a `Ref` names.
    pub(super) fn referenced(&self, node: NodeId) -> Option<&str> {
        match self.shape(node) {
            Shape::Intrinsic(Intrinsic { function: Function::Ref, argument }) => self.tree.scalar(argument),
            _ => None,
        }
    }

    /// A string that stands for the text at `span`.
    pub(super) fn string(&mut self, span: Span, text: &str) -> NodeId {
        self.tree.add_string(span, text)
    }

    /// A list that stands for the text at `span`.
    pub(super) fn list(&mut self, span: Span, items: Vec<NodeId>) -> NodeId {
        self.tree.add_sequence(span, items)
    }

    /// A mapping that stands, keys included, for the text at `span`.
    pub(super) fn map(&mut self, span: Span, entries: &[(&str, NodeId)]) -> NodeId {
        self.tree.add_mapping(span, entries.iter().map(|&(key, value)| (key, span, value)))
    }

    /// `{"Ref": name}`.
    pub(super) fn reference(&mut self, span: Span, name: &str) -> NodeId {
        let name = self.string(span, name);
        self.map(span, &[("Ref", name)])
    }

    /// `{"Fn::GetAtt": [id, attribute]}`.
    pub(super) fn get_att(&mut self, span: Span, id: &str, attribute: &str) -> NodeId {
        let arguments = vec![self.string(span, id), self.string(span, attribute)];
        let arguments = self.list(span, arguments);
        self.map(span, &[("Fn::GetAtt", arguments)])
    }

    /// `{"Fn::Sub": [text, variables]}`, or `{"Fn::Sub": text}` without variables.
    pub(super) fn sub(&mut self, span: Span, text: &str, variables: &[(&str, NodeId)]) -> NodeId {
        let text = self.string(span, text);
        let argument = match variables.is_empty() {
            true => text,
            false => {
                let variables = self.map(span, variables);
                self.list(span, vec![text, variables])
            }
        };
        self.map(span, &[("Fn::Sub", argument)])
    }

    /// `{"Fn::If": [condition, value, {"Ref": "AWS::NoValue"}]}`.
    pub(super) fn conditional(&mut self, span: Span, condition: &str, value: NodeId) -> NodeId {
        let condition = self.string(span, condition);
        let nothing = self.reference(span, "AWS::NoValue");
        let arguments = self.list(span, vec![condition, value, nothing]);
        self.map(span, &[("Fn::If", arguments)])
    }

    /// The node itself when lowering made it, else a shallow copy that may be changed.
    pub(super) fn own(&mut self, node: NodeId) -> NodeId {
        if node.0 >= self.written {
            return node;
        }
        let copy = self.tree.node(node).clone();
        // A slice points into the base's text, which an overlay shares.
        self.tree.add(copy)
    }

    /// Makes the value under `key` one that may be changed, and returns it.
    pub(super) fn own_child(&mut self, map: NodeId, key: &str) -> Option<NodeId> {
        let entry = self.entry(map, key)?;
        let value = self.own(entry.value);
        if value != entry.value {
            self.set_at(map, entry.key, value);
        }
        Some(value)
    }

    /// Puts `value` under `key` of a mapping that may be changed; a new key stands for the text at `key_span`.
    pub(super) fn set(&mut self, map: NodeId, key: &str, key_span: Span, value: NodeId) {
        match self.entry(map, key) {
            Some(entry) => self.set_at(map, entry.key, value),
            None => {
                let key = self.string(key_span, key);
                if let Some(Node { kind: Kind::Mapping(entries), .. }) = self.tree.node_mut(map) {
                    entries.push(Entry { key, value });
                }
            }
        }
    }

    fn set_at(&mut self, map: NodeId, key: NodeId, value: NodeId) {
        if let Some(Node { kind: Kind::Mapping(entries), .. }) = self.tree.node_mut(map) {
            for entry in entries.iter_mut().filter(|entry| entry.key == key) {
                entry.value = value;
            }
        }
    }

    /// Takes a key out of a mapping that may be changed.
    pub(super) fn remove(&mut self, map: NodeId, key: &str) {
        let Some(entry) = self.entry(map, key) else { return };
        if let Some(Node { kind: Kind::Mapping(entries), .. }) = self.tree.node_mut(map) {
            entries.retain(|other| other.key != entry.key);
        }
    }

    /// Adds an item to a list that may be changed.
    pub(super) fn push(&mut self, list: NodeId, item: NodeId) {
        if let Some(Node { kind: Kind::Sequence(items), .. }) = self.tree.node_mut(list) {
            items.push(item);
        }
    }

    /// The value, or the values of a `Fn::If` around it that may be changed (`AWS::NoValue` left out), as the
    /// translator looks into conditional paths and methods: one level deep.
    pub(super) fn own_alternatives(&mut self, map: NodeId, key: &str) -> Vec<NodeId> {
        let Some(value) = self.own_child(map, key) else { return Vec::new() };
        if self.if_arguments(value).is_none() {
            return vec![value];
        }
        let list = match self.tree.tag(value) {
            Some(_) => value,
            None => match self.own_child(value, "Fn::If") {
                Some(list) => list,
                None => return Vec::new(),
            },
        };
        let items = self.items(list);
        let owned: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(at, &item)| if at == 0 || self.is_no_value(item) { item } else { self.own(item) })
            .collect();
        if let Some(node) = self.tree.node_mut(list) {
            node.kind = Kind::Sequence(owned.clone());
        }
        owned.into_iter().skip(1).filter(|&item| !self.is_no_value(item)).collect()
    }

    /// [`Nodes::own_alternatives`] for reading only.
    pub(super) fn alternatives(&self, value: NodeId) -> Vec<NodeId> {
        match self.if_arguments(value) {
            Some(arguments) => {
                arguments.into_iter().skip(1).filter(|&item| !self.is_no_value(item)).collect()
            }
            None => vec![value],
        }
    }
}

/// A plain scalar as YAML 1.1 reads it, without timestamps: CloudFormation keeps those as text.
fn plain(text: &str) -> Shape<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Shape::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Shape::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Shape::Bool(false),
        _ if is_number(text) => Shape::Number(text),
        _ => Shape::Text(text),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let radix = ["0x", "0b"].iter().any(|prefix| digits.starts_with(prefix));
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.contains(|digit: char| digit.is_ascii_digit())
        && (radix && digits[2..].chars().all(|digit| digit.is_ascii_hexdigit() || digit == '_')
            || digits.replace('_', "").parse::<f64>().is_ok())
}
