//! `EndpointConfiguration` of `AWS::Serverless::Api`: one `if` of the translator decides all.
//!
//! A map with a truthy `Type` is the object form; anything else is put whole into `Types: [ … ]`
//! (aws-sam-translator 1.115.0, `ApiGenerator._set_endpoint_configuration`).

use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::lowered::{Choice, EndpointShape, IdMerging, RefusalKind, SurpriseKind};
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::schema::nearest;

/// How deep `Fn::If` in `Fn::If` is looked into; aliases could double the work at each level.
const MAX_NESTED_IFS: u32 = 12;

/// The two spellings of the endpoint ids.
const ID_KEYS: [&str; 2] = ["VPCEndpointIds", "VpcEndpointIds"];

const KEYS: [&str; 4] = ["Type", "VPCEndpointIds", "VpcEndpointIds", "IpAddressType"];

/// The two properties of a RestApi that SAM makes from `EndpointConfiguration`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Endpoint {
    /// `EndpointConfiguration`.
    pub(super) configuration: NodeId,
    /// `Parameters`.
    pub(super) parameters: NodeId,
}

/// Lowers the entry; without one, REGIONAL in the partitions that have no edge endpoints.
pub(super) fn lower(lowering: &mut Lowering<'_>, api: &Parent, entry: Option<Entry>) -> Option<Endpoint> {
    let Some(entry) = entry.filter(|entry| lowering.nodes.is_truthy(entry.value)) else {
        let partition = lowering.bindings.partition()?;
        if partition == "aws" {
            return None;
        }
        let regional = lowering.nodes.string(api.span, "REGIONAL");
        return Some(whole(&mut lowering.nodes, regional));
    };
    match lowering.nodes.get_truthy(entry.value, "Type") {
        Some(kind) if lowering.nodes.shape(entry.value) == Shape::Map => {
            Some(object(lowering, api, entry, kind))
        }
        _ => {
            report_shape(lowering, api, entry);
            Some(whole(&mut lowering.nodes, entry.value))
        }
    }
}

fn whole(nodes: &mut Nodes, value: NodeId) -> Endpoint {
    let span = nodes.span(value);
    let types = nodes.list(span, vec![value]);
    Endpoint {
        configuration: nodes.map(span, &[("Types", types)]),
        parameters: nodes.map(span, &[("endpointConfigurationTypes", value)]),
    }
}

fn object(lowering: &mut Lowering<'_>, api: &Parent, entry: Entry, kind: NodeId) -> Endpoint {
    if matches!(lowering.nodes.shape(kind), Shape::List | Shape::Map) {
        let value = lowering.nodes.span(kind);
        let single = is_list_of_one(lowering, kind);
        let shape = EndpointShape::TypeNotText { value, single };
        lowering.surprise(&api.id, value, SurpriseKind::EndpointConfigurationShape(shape));
    }
    report_unknown_keys(lowering, api, entry.value);
    let both = both_spellings(lowering, api, entry.value);
    lowering.attempt(&api.id, both);
    let nodes = &mut lowering.nodes;
    let endpoint = whole(nodes, kind);
    let spellings = ID_KEYS.map(|key| nodes.entry(entry.value, key));
    if let Some(written) = spellings.iter().flatten().next().copied() {
        let ids = spellings.iter().flatten().map(|entry| entry.value).find(|&ids| nodes.is_truthy(ids));
        let ids = match ids {
            Some(ids) => ids,
            None => nodes.tree.add_plain(nodes.span(written.value), "null"),
        };
        nodes.set(endpoint.configuration, "VpcEndpointIds", nodes.span(written.key), ids);
    }
    if let Some(address) = nodes.entry(entry.value, "IpAddressType") {
        nodes.set(endpoint.configuration, "IpAddressType", nodes.span(address.key), address.value);
    }
    endpoint
}

fn both_spellings(lowering: &mut Lowering<'_>, api: &Parent, map: NodeId) -> Step {
    let nodes = &lowering.nodes;
    let (Some(first), Some(second)) =
        (nodes.entry(map, "VPCEndpointIds"), nodes.entry(map, "VpcEndpointIds"))
    else {
        return Ok(());
    };
    let (mut other, mut span) = (nodes.span(first.key), nodes.span(second.key));
    if (other.file, other.range) > (span.file, span.range) {
        std::mem::swap(&mut other, &mut span);
    }
    let merging = merging(lowering, first, second);
    lowering.surprise(&api.id, span, SurpriseKind::BothEndpointIdSpellings { other, merging });
    let reason = "`VPCEndpointIds` and `VpcEndpointIds` cannot be used together in `EndpointConfiguration`";
    Err(Refuse::new(span, reason).of_kind(RefusalKind::BothEndpointIdSpellings))
}

/// How one of the two keys would do: `VPCEndpointIds` and `VpcEndpointIds`, in this order.
fn merging(lowering: &Lowering<'_>, first: Entry, second: Entry) -> Option<IdMerging> {
    let nodes = &lowering.nodes;
    let lists = [first, second].map(|entry| nodes.shape(entry.value) == Shape::List);
    (lists == [true, true]).then_some(())?;
    let keys = [first, second].map(|entry| nodes.span(entry.key));
    let globals = lowering.template.globals.map(|globals| nodes.span(globals));
    let inherited =
        |key: Span| globals.is_some_and(|all| all.file == key.file && all.range.contains(key.range));
    match keys.map(inherited) {
        [true, false] => Some(IdMerging::Inherited { own: keys[1], spelling: ID_KEYS[0] }),
        [false, true] => Some(IdMerging::Inherited { own: keys[0], spelling: ID_KEYS[1] }),
        _ => {
            let kept = nodes.items(first.value);
            let spans = |items: &[NodeId]| -> Vec<Span> {
                items.iter().map(|&item| nodes.tree.tagged_span(item)).collect()
            };
            let text = |span: Span| nodes.tree.text().get(span.range.as_usize());
            let known: Vec<_> = spans(&kept).into_iter().map(text).collect();
            let mut missing = spans(&nodes.items(second.value));
            missing.retain(|&span| !known.contains(&text(span)));
            let beside =
                IdMerging::Beside { kept: nodes.span(first.value), dropped: nodes.span(second.key), missing };
            (!kept.is_empty()).then_some(beside)
        }
    }
}

fn report_unknown_keys(lowering: &mut Lowering<'_>, api: &Parent, map: NodeId) {
    let is_there = |key: &str| lowering.nodes.entry(map, key).is_some();
    let has_ids = has_ids(&lowering.nodes, map);
    // What stands there already is not what a second key is a misspelling of.
    let taken = |key: &str| is_there(key) || (has_ids && ID_KEYS.contains(&key));
    let meant: Vec<&'static str> = KEYS.into_iter().filter(|key| !taken(key)).collect();
    for (key, entry) in lowering.nodes.pairs(map) {
        if KEYS.contains(&key.as_str()) {
            continue;
        }
        let kind = SurpriseKind::UnknownEndpointKey { nearest: nearest(&key, &meant), key };
        lowering.surprise(&api.id, lowering.nodes.span(entry.key), kind);
    }
}

fn report_shape(lowering: &mut Lowering<'_>, api: &Parent, entry: Entry) {
    let nodes = &lowering.nodes;
    let value = entry.value;
    let key = nodes.span(entry.key);
    let (span, shape) = match nodes.shape(value) {
        Shape::List => (nodes.span(value), EndpointShape::List { single: is_list_of_one(lowering, value) }),
        Shape::Intrinsic(_) if yields_objects(nodes, value, 0) => {
            let parts = parts(lowering, value).unwrap_or_default();
            (nodes.tree.tagged_span(value), EndpointShape::IntrinsicOfObjects { parts })
        }
        Shape::Map => match (nodes.entry(value, "Types"), nodes.entry(value, "Type")) {
            (Some(types), beside) => {
                let single = is_word(lowering, types.value) || is_list_of_one(lowering, types.value);
                let value = nodes.span(types.value);
                (nodes.span(types.key), EndpointShape::Types { value, single: single && beside.is_none() })
            }
            (None, None) if has_ids(nodes, value) => (key, EndpointShape::IdsOnly),
            (None, _) => (key, EndpointShape::NoType),
        },
        Shape::Null | Shape::Bool(_) | Shape::Number(_) | Shape::Text(_) | Shape::Intrinsic(_) => return,
    };
    lowering.surprise(&api.id, span, SurpriseKind::EndpointConfigurationShape(shape));
}

/// Whether the value is text, or becomes text when the template is deployed.
fn is_word(lowering: &Lowering<'_>, node: NodeId) -> bool {
    match lowering.nodes.shape(node) {
        Shape::Text(text) => !text.is_empty(),
        Shape::Intrinsic(_) => !lowering.is_list_parameter(node) && !yields_objects(&lowering.nodes, node, 0),
        Shape::Null | Shape::Bool(_) | Shape::Number(_) | Shape::List | Shape::Map => false,
    }
}

fn is_list_of_one(lowering: &Lowering<'_>, node: NodeId) -> bool {
    lowering.nodes.shape(node) == Shape::List
        && matches!(*lowering.nodes.items(node), [item] if is_word(lowering, item))
}

/// What a `Fn::If` of maps comes to key by key; `None` for anything else in it.
fn parts(lowering: &Lowering<'_>, value: NodeId) -> Option<Vec<(&'static str, Choice)>> {
    let mut maps = Vec::new();
    leaves(&lowering.nodes, value, &mut maps, 0)?;
    let written: Vec<String> =
        maps.iter().flat_map(|&map| lowering.nodes.pairs(map)).map(|(key, _)| key).collect();
    if written.iter().any(|key| key != "Types" && !KEYS.contains(&key.as_str())) {
        return None;
    }
    let mut parts = vec![("Type", choice(lowering, value, &["Type", "Types"])?)];
    if written.iter().any(|key| ID_KEYS.contains(&key.as_str())) {
        parts.push((ID_KEYS[0], choice(lowering, value, &ID_KEYS)?));
    }
    if written.iter().any(|key| key == "IpAddressType") {
        parts.push(("IpAddressType", choice(lowering, value, &["IpAddressType"])?));
    }
    Some(parts)
}

/// The maps that a nested `Fn::If` yields; `None` where a list or another function stands among them.
fn leaves(nodes: &Nodes, node: NodeId, found: &mut Vec<NodeId>, depth: u32) -> Option<()> {
    match (nodes.if_arguments(node).as_deref(), nodes.shape(node)) {
        (Some(&[_, yes, no]), _) if depth < MAX_NESTED_IFS => {
            leaves(nodes, yes, found, depth + 1)?;
            leaves(nodes, no, found, depth + 1)
        }
        (None, Shape::Map) => {
            found.push(node);
            Some(())
        }
        (None, Shape::Text(_)) => Some(()),
        (None, Shape::Intrinsic(_)) if nodes.is_no_value(node) => Some(()),
        _ => None,
    }
}

/// What stands under one of `keys` (the first, where it is the type, must be there) in each of the maps. Called only
/// for what [`leaves`] went through.
fn choice(lowering: &Lowering<'_>, node: NodeId, keys: &[&str]) -> Option<Choice> {
    let nodes = &lowering.nodes;
    if let Some(&[condition, yes, no]) = nodes.if_arguments(node).as_deref() {
        let condition = nodes.tree.tagged_span(condition);
        return Some(match [choice(lowering, yes, keys)?, choice(lowering, no, keys)?] {
            [Choice::Absent, Choice::Absent] => Choice::Absent,
            branches => Choice::If { condition, branches: Box::new(branches) },
        });
    }
    let is_type = keys.contains(&"Type");
    match nodes.shape(node) {
        Shape::Map => {
            let mut there = keys.iter().filter_map(|key| nodes.entry(node, key));
            let Some(entry) = there.next() else { return (!is_type).then_some(Choice::Absent) };
            let value = match *nodes.items(entry.value) {
                [item] if is_type => item,
                _ => entry.value,
            };
            let fits = there.next().is_none() && (!is_type || is_word(lowering, value));
            fits.then(|| Choice::Written(nodes.tree.tagged_span(value)))
        }
        Shape::Text(_) if is_type => Some(Choice::Written(nodes.span(node))),
        // What SAM writes where there is nothing.
        Shape::Intrinsic(_) if is_type => {
            let regional = lowering.bindings.partition().is_some_and(|partition| partition != "aws");
            Some(Choice::Word(if regional { "REGIONAL" } else { "EDGE" }))
        }
        _ => Some(Choice::Absent),
    }
}

fn has_ids(nodes: &Nodes, map: NodeId) -> bool {
    ID_KEYS.iter().any(|key| nodes.entry(map, key).is_some())
}

/// Whether some branch of a (nested) `Fn::If` is a map or a list.
fn yields_objects(nodes: &Nodes, node: NodeId, depth: u32) -> bool {
    match nodes.if_arguments(node) {
        Some(arguments) if depth < MAX_NESTED_IFS => {
            arguments.into_iter().skip(1).any(|branch| yields_objects(nodes, branch, depth + 1))
        }
        _ => matches!(nodes.shape(node), Shape::Map | Shape::List),
    }
}
