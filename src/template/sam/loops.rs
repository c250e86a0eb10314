//! `Fn::ForEach` in `Resources`: each turn becomes a resource of its own, whose nodes stand where the loop stands.
//!
//! Runs before SAM sees the resources, as `AWS::LanguageExtensions` does. A loop over something that is not
//! known stays out, as do loops inside properties, conditions and outputs.

use rustc_hash::FxHashMap;

use crate::syntax::tree::{Entry, Kind, Node, NodeId, ScalarStyle, ScalarText};
use crate::template::document::{Origin, Resource};
use crate::template::intrinsic::referenced;
use crate::template::sam::lowering::Lowering;
use crate::template::sam::nodes::MAX_DEPTH;

/// How many nodes all loops of a template may make together; a loop that would make more is left out.
const MAX_NODES: u32 = 200_000;
/// How many turns all loops of a template may take together.
const MAX_TURNS: u32 = 10_000;
/// Loops stand in at most five loops (CloudFormation's limit).
const MAX_NESTING: usize = 5;

/// Adds the resources of all loops.
pub(super) fn expand(lowering: &mut Lowering<'_>) {
    let mut budget = MAX_TURNS;
    for entry in lowering.template.loops.clone() {
        let mut turns = Vec::new();
        run(lowering, entry.node, &[], &mut budget, &mut turns);
        for (id, key, node) in turns {
            let resource = resource(lowering, id, key, node);
            lowering.add_item(&resource);
        }
    }
}

/// An identifier with its value of this turn.
type Turn = (String, String);

/// Runs one loop: collects the logical id, key and content of each resource it makes.
fn run(
    lowering: &mut Lowering<'_>,
    node: NodeId,
    outer: &[Turn],
    budget: &mut u32,
    out: &mut Vec<(String, NodeId, NodeId)>,
) {
    let [identifier, collection, body] = lowering.nodes.items(node)[..] else { return };
    let Some(identifier) = lowering.nodes.tree.scalar(identifier).map(str::to_owned) else { return };
    if outer.len() >= MAX_NESTING {
        return;
    }
    for value in collection_values(lowering, collection, outer) {
        let Some(rest) = budget.checked_sub(1).filter(|_| lowering.nodes.made() < MAX_NODES) else { return };
        *budget = rest;
        let turns = [outer, &[(identifier.clone(), value)]].concat();
        for (key, entry) in lowering.nodes.pairs(body) {
            if key.starts_with("Fn::ForEach::") {
                run(lowering, entry.value, &turns, budget, out);
            } else {
                let node = substituted(lowering, entry.value, &turns, &mut FxHashMap::default(), 0);
                out.push((filled(&key, &turns), entry.key, node));
            }
        }
    }
}

/// The values of a collection: a list of texts, or a list parameter with a known value.
fn collection_values(lowering: &mut Lowering<'_>, collection: NodeId, turns: &[Turn]) -> Vec<String> {
    let is_list_parameter = lowering.is_list_parameter(collection);
    let value = lowering.resolved(collection);
    if is_list_parameter && let Some(text) = lowering.nodes.text(value) {
        return text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
    }
    let mut values = Vec::new();
    for item in lowering.nodes.items(value) {
        let item = lowering.resolved(item);
        match lowering.nodes.tree.scalar(item) {
            Some(text) if lowering.nodes.tree.tag(item).is_none() => values.push(filled(text, turns)),
            // One item that is not known leaves the whole loop unknown.
            _ => return Vec::new(),
        }
    }
    values
}

/// A text with `${Identifier}` and `&{Identifier}` filled in; the latter takes only letters and digits.
fn filled(text: &str, turns: &[Turn]) -> String {
    let mut text = text.to_owned();
    for (identifier, value) in turns {
        text = text.replace(&format!("${{{identifier}}}"), value);
        if text.contains("&{") {
            let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text = text.replace(&format!("&{{{identifier}}}"), &letters);
        }
    }
    text
}

/// A copy of a node with the identifiers filled in; the node itself where none occurs.
fn substituted(
    lowering: &mut Lowering<'_>,
    node: NodeId,
    turns: &[Turn],
    done: &mut FxHashMap<NodeId, NodeId>,
    depth: u32,
) -> NodeId {
    if let Some(&copy) = done.get(&node) {
        return copy;
    }
    let copy = if depth > MAX_DEPTH { node } else { copied(lowering, node, turns, done, depth) };
    done.insert(node, copy);
    copy
}

fn copied(
    lowering: &mut Lowering<'_>,
    node: NodeId,
    turns: &[Turn],
    done: &mut FxHashMap<NodeId, NodeId>,
    depth: u32,
) -> NodeId {
    let name = referenced(&lowering.nodes.tree, node);
    let turn = name.and_then(|name| turns.iter().rev().find(|(identifier, _)| identifier == name));
    let span = lowering.nodes.span(node);
    if let Some((_, value)) = turn {
        return lowering.nodes.string(span, value);
    }
    let tag = lowering.nodes.tree.node(node).tag.clone();
    let kind = match lowering.nodes.tree.node(node).kind.clone() {
        Kind::Scalar { .. } => {
            let text = lowering.nodes.tree.scalar(node).unwrap_or_default();
            let copy = filled(text, turns);
            if copy == text {
                return node;
            }
            Kind::Scalar { text: ScalarText::Owned(copy.into()), style: ScalarStyle::DoubleQuoted }
        }
        Kind::Sequence(items) => {
            let copy: Vec<_> =
                items.iter().map(|&item| substituted(lowering, item, turns, done, depth + 1)).collect();
            if copy == items {
                return node;
            }
            Kind::Sequence(copy)
        }
        Kind::Mapping(entries) => {
            let copy: Vec<_> = entries
                .iter()
                .map(|entry| Entry {
                    key: substituted(lowering, entry.key, turns, done, depth + 1),
                    value: substituted(lowering, entry.value, turns, done, depth + 1),
                })
                .collect();
            if copy == entries {
                return node;
            }
            Kind::Mapping(copy)
        }
    };
    lowering.nodes.tree.add(Node { span, tag, kind })
}

fn resource(lowering: &Lowering<'_>, id: String, key: NodeId, node: NodeId) -> Resource {
    let nodes = &lowering.nodes;
    let field = |name: &str| nodes.entry(node, name).map(|entry| entry.value);
    let text = |node: NodeId| nodes.tree.scalar(node).map(str::to_owned);
    Resource {
        id,
        id_span: nodes.span(key),
        type_name: field("Type").and_then(text).unwrap_or_default(),
        node,
        properties: field("Properties"),
        condition: field("Condition").and_then(|node| Some((text(node)?, nodes.span(node)))),
        metadata: field("Metadata"),
        origin: Origin::Written,
    }
}
