//! `EndpointConfiguration` of `AWS::Serverless::Api`: one `if` of the translator decides all.
//!
//! A map with a truthy `Type` is the object form; anything else is put whole into `Types: [ … ]`
//! (aws-sam-translator 1.115.0, `ApiGenerator._set_endpoint_configuration`).

use crate::syntax::tree::{Entry, NodeId};
use crate::template::lowered::{EndpointShape, RefusalKind, SurpriseKind};
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
        let shape = EndpointShape::TypeNotText { value };
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
    lowering.surprise(&api.id, span, SurpriseKind::BothEndpointIdSpellings { other });
    let reason = "`VPCEndpointIds` and `VpcEndpointIds` cannot be used together in `EndpointConfiguration`";
    Err(Refuse::new(span, reason).of_kind(RefusalKind::BothEndpointIdSpellings))
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
        Shape::List => (nodes.span(value), EndpointShape::List),
        Shape::Intrinsic(_) if yields_objects(nodes, value, 0) => {
            (nodes.tree.tagged_span(value), EndpointShape::IntrinsicOfObjects)
        }
        Shape::Map => match (nodes.entry(value, "Types"), nodes.entry(value, "Type")) {
            (Some(types), _) => {
                (nodes.span(types.key), EndpointShape::Types { value: nodes.span(types.value) })
            }
            (None, None) if has_ids(nodes, value) => (key, EndpointShape::IdsOnly),
            (None, _) => (key, EndpointShape::NoType),
        },
        Shape::Null | Shape::Bool(_) | Shape::Number(_) | Shape::Text(_) | Shape::Intrinsic(_) => return,
    };
    lowering.surprise(&api.id, span, SurpriseKind::EndpointConfigurationShape(shape));
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
