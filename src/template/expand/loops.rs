//! `Fn::ForEach`: each turn of a loop becomes an entry of its own where the loop stands, with the spans of the loop.
//!
//! A loop over something that is not known takes one turn whose identifier stays open: what it makes is there once,
//! under the name as written, and its values are names. Inside properties such a loop is content nobody knows.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::Span;
use crate::syntax::tree::{Entry, Kind, Node, NodeId, ScalarStyle, ScalarText, Tree};
use crate::template::bindings::{Binding, Bindings};
use crate::template::cases::Path;
use crate::template::document::Template;
use crate::template::expand::Known;
use crate::template::intrinsic::{Function, Intrinsic, intrinsic, referenced};
use crate::template::lowered::Lowered;
use crate::template::resolve::{Alone, MAX_DEPTH, Resolver, Scope, parameter_text};
use crate::template::value::{Name, Sourced, StackId, Value};

/// How many nodes all loops of a template may make together; past it a loop is not known.
const MAX_NODES: u32 = 200_000;
/// How many turns all loops of a template may take together.
const MAX_TURNS: u32 = 10_000;
/// Loops stand in at most five loops (AWS CloudFormation User Guide, `Fn::ForEach`).
const MAX_NESTING: usize = 5;

/// How the key of a loop begins.
const KEY: &str = "Fn::ForEach::";

/// The template with its loops run; `None` when it has none that can be read.
pub(super) fn run(template: &Template, known: Known<'_>) -> Option<Template> {
    let root = template.tree.root()?;
    let mut loops = Loops {
        template,
        bindings: complete(template, known),
        lowered: Lowered::plain(template),
        written: template.tree.len(),
        turns: MAX_TURNS,
        open: Vec::new(),
    };
    let mut entries = template.tree.entries(root).to_vec();
    for entry in &mut entries {
        let name = template.tree.scalar(entry.key).unwrap_or_default();
        if matches!(name, "Conditions" | "Resources" | "Outputs") {
            entry.value = loops.copy(entry.value, Level::Section, &mut Frame::default(), 0);
        }
    }
    let Loops { lowered, open, .. } = loops;
    if entries == template.tree.entries(root) {
        return None;
    }
    let mut tree = lowered.tree;
    let root = tree.add(Node { span: template.tree.span(root), tag: None, kind: Kind::Mapping(entries) });
    tree.set_root(root);
    let mut template = Template::read(Arc::new(tree))?;
    template.identifiers = open;
    Some(template)
}

/// Bindings in which every parameter with a default has a value, and every one that is given something not yet known
/// is a name.
fn complete(template: &Template, known: Known<'_>) -> Bindings {
    let mut bindings = known.bindings.clone();
    for parameter in &template.parameters {
        if bindings.parameters.contains_key(&parameter.name) {
            continue;
        }
        let default = parameter.default.and_then(|node| parameter_text(&template.tree, node));
        let binding = match default.filter(|_| !known.open.contains(&parameter.name)) {
            Some(text) => Binding::text(text),
            None => {
                let name = Name::Parameter { stack: StackId(0), name: parameter.name.clone() };
                Binding::Value(Sourced::new(Value::named(name), parameter.name_span))
            }
        };
        bindings.parameters.insert(parameter.name.clone(), binding);
    }
    bindings
}

/// What a node is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Level {
    /// The mapping of a section.
    Section,
    /// A resource, an output or a condition.
    Entry,
    /// Anything inside.
    Value,
    /// A list whose first item has to stay literal: the text of a `Fn::Sub`, the condition of a `Fn::If`.
    FirstLiteral,
    /// Text that has to stay literal: what a `Ref` names.
    Literal,
}

/// An identifier with its value of this turn; `None` when the collection is not known.
#[derive(Clone, Debug)]
struct Turn {
    identifier: String,
    value: Option<String>,
}

/// The turns of the loops around a node, and the copies made under them.
#[derive(Debug, Default)]
struct Frame {
    turns: Vec<Turn>,
    done: FxHashMap<(NodeId, Level), NodeId>,
}

struct Loops<'a> {
    template: &'a Template,
    bindings: Bindings,
    /// The tree under construction, in the form in which a resolver reads it.
    lowered: Lowered,
    written: u32,
    turns: u32,
    open: Vec<String>,
}

impl Loops<'_> {
    fn tree(&self) -> &Tree {
        &self.lowered.tree
    }

    /// A copy of a node with the identifiers filled in and the loops in it run; the node itself where nothing
    /// changes.
    fn copy(&mut self, node: NodeId, level: Level, frame: &mut Frame, depth: u32) -> NodeId {
        if let Some(&copy) = frame.done.get(&(node, level)) {
            return copy;
        }
        let copy = if depth > MAX_DEPTH { node } else { self.copied(node, level, frame, depth) };
        frame.done.insert((node, level), copy);
        copy
    }

    fn copied(&mut self, node: NodeId, level: Level, frame: &mut Frame, depth: u32) -> NodeId {
        let span = self.tree().span(node);
        if let Some(name) = referenced(self.tree(), node)
            && let Some(turn) = frame.turns.iter().rev().find(|turn| turn.identifier == name)
        {
            return match turn.value.clone() {
                Some(value) => self.lowered.tree.add_string(span, &value),
                None => node,
            };
        }
        let tag = self.tree().node(node).tag.clone();
        let kind = match self.tree().node(node).kind.clone() {
            Kind::Scalar { .. } => return self.text(node, level, &frame.turns),
            Kind::Sequence(items) => {
                let (first, others) = item_levels(self.tree().tag(node), level);
                let level = |at: usize| if at == 0 { first } else { others };
                let copy = items.iter().enumerate();
                let copy: Vec<_> =
                    copy.map(|(at, &item)| self.copy(item, level(at), frame, depth + 1)).collect();
                if copy == items {
                    return node;
                }
                Kind::Sequence(copy)
            }
            Kind::Mapping(entries) => {
                let mut copy = Vec::with_capacity(entries.len());
                self.entries(node, &entries, level, frame, depth, &mut copy);
                if copy == entries {
                    return node;
                }
                Kind::Mapping(copy)
            }
        };
        self.lowered.tree.add(Node { span, tag, kind })
    }

    /// Copies the entries of a mapping into `out`; loops among them are run.
    fn entries(
        &mut self,
        map: NodeId,
        entries: &[Entry],
        level: Level,
        frame: &mut Frame,
        depth: u32,
        out: &mut Vec<Entry>,
    ) {
        let argument = argument_level(self.tree(), map);
        for entry in entries {
            let key = self.tree().scalar(entry.key).unwrap_or_default();
            if key.starts_with(KEY) {
                self.run(entry, level, frame, depth, out);
                continue;
            }
            // These attributes of resources and outputs take no function.
            let is_attribute = level == Level::Entry && matches!(key, "Type" | "DependsOn" | "Condition");
            let below = match (level, argument) {
                (Level::Section, _) => Level::Entry,
                (_, Some(argument)) => argument,
                _ if is_attribute => Level::Literal,
                (Level::Entry | Level::Value | Level::FirstLiteral, None) => Level::Value,
                (Level::Literal, None) => Level::Literal,
            };
            let key = self.text(entry.key, Level::Literal, &frame.turns);
            let value = self.copy(entry.value, below, frame, depth + 1);
            out.push(Entry { key, value });
        }
    }

    /// Runs one loop and puts what its turns make into `out`. A loop that cannot be read stays as it is.
    fn run(&mut self, entry: &Entry, level: Level, frame: &mut Frame, depth: u32, out: &mut Vec<Entry>) {
        let [identifier, collection, body] = self.tree().items(entry.value)[..] else {
            return out.push(*entry);
        };
        let identifier = self.tree().scalar(identifier).map(str::to_owned);
        let (Some(identifier), true) = (identifier, self.tree().is_mapping(body)) else {
            return out.push(*entry);
        };
        let collection = self.copy(collection, Level::Value, frame, depth + 1);
        let values = self.values(collection).filter(|values| self.take(values.len(), frame.turns.len()));
        let start = out.len();
        for value in values.iter().flatten() {
            if self.is_full() {
                break;
            }
            let turn = Turn { identifier: identifier.clone(), value: Some(value.clone()) };
            self.turn(turn, body, level, frame, depth, out);
        }
        if values.is_some() && !self.is_full() {
            return;
        }
        out.truncate(start);
        if level == Level::Section {
            self.open.push(identifier.clone());
            self.turn(Turn { identifier, value: None }, body, level, frame, depth, out);
        } else {
            let hidden = self.hidden(entry);
            out.push(hidden);
        }
    }

    /// Takes one turn of a loop.
    fn turn(
        &mut self,
        turn: Turn,
        body: NodeId,
        level: Level,
        outer: &Frame,
        depth: u32,
        out: &mut Vec<Entry>,
    ) {
        let entries = self.tree().entries(body).to_vec();
        let mut turns = outer.turns.clone();
        turns.push(turn);
        let mut frame = Frame { turns, done: FxHashMap::default() };
        self.entries(body, &entries, level, &mut frame, depth + 1, out);
    }

    /// Whether the loops have made as many nodes as they may.
    fn is_full(&self) -> bool {
        self.tree().len().saturating_sub(self.written) >= MAX_NODES
    }

    /// Whether there is room for so many more turns at this nesting.
    fn take(&mut self, turns: usize, nesting: usize) -> bool {
        let rest = u32::try_from(turns).ok().and_then(|turns| self.turns.checked_sub(turns));
        let Some(rest) = rest.filter(|_| nesting < MAX_NESTING) else { return false };
        self.turns = rest;
        true
    }

    /// An entry that says that something stands here which the template does not show.
    fn hidden(&mut self, entry: &Entry) -> Entry {
        let tree = &mut self.lowered.tree;
        let (span, name) = (tree.span(entry.key), tree.scalar(entry.key).unwrap_or_default().to_owned());
        let name = tree.add_string(span, &name);
        let value = tree.add_mapping(span, [("Name", span, name)]);
        Entry { key: tree.add_string(span, "Fn::Transform"), value }
    }

    /// The values of a collection; `None` when one of them is not known.
    fn values(&self, collection: NodeId) -> Option<Vec<String>> {
        let scope = Scope {
            stack: StackId(0),
            template: self.template,
            lowered: &self.lowered,
            bindings: &self.bindings,
            outside: &Alone,
        };
        let mut path = Path::new();
        let value = Resolver::new(scope, &mut path).peek(collection).value;
        let Value::List(items) = value else { return None };
        items.iter().map(|item| item.value.as_text().map(str::to_owned)).collect()
    }

    /// A scalar with the identifiers filled in. Where one of them is open, text becomes a `Fn::Sub`.
    fn text(&mut self, node: NodeId, level: Level, turns: &[Turn]) -> NodeId {
        let text = self.tree().scalar(node).unwrap_or_default();
        if turns.is_empty() || !text.contains(['$', '&']) {
            return node;
        }
        let (copy, is_open) = filled(text, turns);
        let span: Span = self.tree().span(node);
        let tag = self.tree().node(node).tag.clone();
        if is_open && level != Level::Literal && tag.is_none() {
            let argument = self.lowered.tree.add_string(span, &copy);
            return self.lowered.tree.add_mapping(span, [("Fn::Sub", span, argument)]);
        }
        if copy == text {
            return node;
        }
        let kind = Kind::Scalar { text: ScalarText::Owned(copy.into()), style: ScalarStyle::DoubleQuoted };
        self.lowered.tree.add(Node { span, tag, kind })
    }
}

/// A text with `${Identifier}` and `&{Identifier}` filled in, and whether an open identifier is left. `&{…}` takes
/// only letters and digits of the value.
fn filled(text: &str, turns: &[Turn]) -> (String, bool) {
    let mut text = text.to_owned();
    let mut is_open = false;
    for Turn { identifier, value } in turns {
        let (whole, letters) = (format!("${{{identifier}}}"), format!("&{{{identifier}}}"));
        match value {
            Some(value) => {
                text = text.replace(&whole, value);
                if text.contains(&letters) {
                    let only: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
                    text = text.replace(&letters, &only);
                }
            }
            None => {
                text = text.replace(&letters, &whole);
                is_open |= text.contains(&whole);
            }
        }
    }
    (text, is_open)
}

/// The level of a mapping's value when the mapping is a function in long form.
fn argument_level(tree: &Tree, map: NodeId) -> Option<Level> {
    let Intrinsic { function, argument } = intrinsic(tree, map)?;
    match function {
        Function::Ref | Function::GetAtt | Function::Condition => Some(Level::Literal),
        Function::Sub if tree.scalar(argument).is_some() => Some(Level::Literal),
        Function::Sub | Function::If => Some(Level::FirstLiteral),
        _ => Some(Level::Value),
    }
}

/// The levels of the first item and of the other items of a list.
fn item_levels(tag: Option<&str>, level: Level) -> (Level, Level) {
    match (tag, level) {
        (Some("!GetAtt"), _) | (_, Level::Literal) => (Level::Literal, Level::Literal),
        (Some("!Sub" | "!If"), _) | (_, Level::FirstLiteral) => (Level::Literal, Level::Value),
        (_, Level::Section | Level::Entry | Level::Value) => (Level::Value, Level::Value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_filled_in() {
        let turn = |identifier: &str, value: Option<&str>| Turn {
            identifier: identifier.to_owned(),
            value: value.map(str::to_owned),
        };
        let turns = [turn("A", Some("x-1")), turn("B", None)];
        let cases = [
            ("Api${A}", "Apix-1", false),
            ("Api&{A}", "Apix1", false),
            ("${A}${AA}", "x-1${AA}", false),
            ("${A}&{B}", "x-1${B}", true),
            ("${!A}", "${!A}", false),
            ("plain", "plain", false),
        ];
        for (text, expected, is_open) in cases {
            assert_eq!(filled(text, &turns), (expected.to_owned(), is_open), "{text}");
        }
    }
}
