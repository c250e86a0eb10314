//! The endpoint type of a REST API in a case, and the keys of its endpoint configuration that mean nothing.
//!
//! Which VPC endpoints it is associated with is not settled here.

use crate::exposure::body::{Settled, settle};
use crate::exposure::configuration::TypeFault;
use crate::exposure::model::{ApiOrigin, Case, EndpointType, UnknownKey};
use crate::exposure::origin;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::document::Resource;
use crate::template::intrinsic::{Function, Intrinsic, intrinsic};
use crate::template::resolve::Resolver;
use crate::template::value::{Sourced, Value};
use crate::workspace::Stack;

/// Sets the endpoint type in the case under way.
pub(crate) fn find(
    stack: &Stack,
    properties: Option<NodeId>,
    resolver: &mut Resolver<'_, '_>,
    case: &mut Case,
) {
    let tree = &stack.lowered.tree;
    let property = |key: &str| properties.and_then(|node| tree.get(node, key));
    if let Some(written) = property("EndpointConfiguration") {
        match settle(resolver, written) {
            Settled::Node(node) if tree.is_mapping(node) => {
                if let Some(types) = tree.get(node, "Types") {
                    let types = resolver.resolve(types);
                    set_type(case, types);
                }
                let address = tree.get(node, "IpAddressType").map(|address| resolver.resolve(address));
                case.configuration.ip_address_type = address.filter(|it| it.value != Value::Absent);
            }
            Settled::Absent => {}
            Settled::Node(_) | Settled::Hidden(_) => {
                case.endpoint_type = EndpointType::Unknown;
                case.type_unknown = Some("`EndpointConfiguration` cannot be read".to_owned());
                case.type_value = Some(resolver.peek(written));
            }
        }
    }
    if case.type_value.is_none() && case.type_unknown.is_none() {
        default_type(stack, property("Parameters"), property("Body").is_some(), resolver, case);
    }
}

/// The type of an API that has none in its endpoint configuration.
fn default_type(
    stack: &Stack,
    parameters: Option<NodeId>,
    has_body: bool,
    resolver: &mut Resolver<'_, '_>,
    case: &mut Case,
) {
    let tree = &stack.lowered.tree;
    let given = parameters.and_then(|node| tree.get(node, "endpointConfigurationTypes"));
    if let Some(node) = given.filter(|_| has_body) {
        let value = resolver.resolve(node);
        if value.value != Value::Absent {
            return set_type(case, value);
        }
    }
    // Edge-optimised APIs exist in the commercial partition only; elsewhere SAM writes REGIONAL.
    let commercial = stack.bindings.partition().is_none_or(|partition| partition == "aws");
    case.endpoint_type = if commercial { EndpointType::Edge } else { EndpointType::Regional };
}

fn set_type(case: &mut Case, types: Sourced) {
    let unknown = |case: &mut Case, value: Sourced, why: &str| {
        case.endpoint_type = EndpointType::Unknown;
        case.type_unknown = Some(why.to_owned());
        case.type_value = Some(value);
    };
    let entry = |entry: &Sourced| {
        let mut entry = entry.clone();
        entry.via.extend(types.via.iter().cloned());
        entry
    };
    let one = match &types.value {
        Value::Absent => return,
        Value::List(items) => match items.as_slice() {
            [] => {
                case.configuration.type_fault.get_or_insert((TypeFault::Nothing, types));
                return;
            }
            [one] => entry(one),
            [_, second, ..] => {
                let second = entry(second);
                case.configuration.type_fault = Some((TypeFault::Several, second.clone()));
                return unknown(case, second, "an API has one endpoint type");
            }
        },
        _ => types,
    };
    let known = match one.value.as_text() {
        Some("EDGE") => EndpointType::Edge,
        Some("REGIONAL") => EndpointType::Regional,
        Some("PRIVATE") => EndpointType::Private,
        Some(_) => {
            case.configuration.type_fault = Some((TypeFault::NotAType, one.clone()));
            return unknown(case, one, "it is no endpoint type");
        }
        None => return unknown(case, one, "its endpoint type is only known at deployment"),
    };
    case.endpoint_type = known;
    case.type_value = Some(one);
}

/// Deepest nesting of `Fn::If`s that is looked into for keys.
const MAX_BRANCHES: usize = 16;

/// Keys of a written endpoint configuration that CloudFormation refuses (resource schema of
/// `AWS::ApiGateway::RestApi`: `additionalProperties` is false).
pub(crate) fn unknown_keys(stack: &Stack, resource: &Resource) -> Vec<UnknownKey> {
    const KNOWN: [&str; 3] = ["Types", "VpcEndpointIds", "IpAddressType"];
    let tree = &stack.lowered.tree;
    let written = origin(resource) == ApiOrigin::Written;
    let configuration = resource.properties.and_then(|node| tree.get(node, "EndpointConfiguration"));
    let Some(node) = configuration.filter(|_| written) else { return Vec::new() };
    let mut found = Vec::new();
    for branch in branches(tree, node) {
        // What stands there already is not what a second key is a misspelling of.
        let nearest = |key: &str| nearest_key(key).filter(|nearest| tree.entry(branch, nearest).is_none());
        let entries = tree.entries(branch).iter();
        let keys = entries.filter_map(|entry| Some((tree.scalar(entry.key)?, tree.span(entry.key))));
        let unknown =
            keys.filter(|(key, _)| !KNOWN.contains(key) && !key.starts_with("Fn::") && *key != "Ref");
        found.extend(unknown.map(|(key, span)| UnknownKey {
            key: key.to_owned(),
            span,
            nearest: nearest(key),
        }));
    }
    found
}

/// The values that `Fn::If`s choose between, in text order; the node itself where it is none.
fn branches(tree: &Tree, node: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut open = vec![(node, 0_usize)];
    while let Some((node, depth)) = open.pop() {
        match intrinsic(tree, node) {
            Some(Intrinsic { function: Function::If, argument }) if depth < MAX_BRANCHES => {
                let chosen = tree.items(argument).iter().skip(1).rev();
                open.extend(chosen.map(|&branch| (branch, depth + 1)));
            }
            _ => found.push(node),
        }
    }
    found
}

fn nearest_key(key: &str) -> Option<&'static str> {
    let lower: String = key.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    match lower.as_str() {
        "type" | "types" | "endpointtype" | "endpointtypes" => Some("Types"),
        "ipaddresstype" | "ipaddresstypes" => Some("IpAddressType"),
        _ if lower.contains("endpoint") && lower.contains("id") => Some("VpcEndpointIds"),
        _ if lower.starts_with("vpc") => Some("VpcEndpointIds"),
        _ => None,
    }
}
