//! Places that build an execute-api host: who calls which API by which name.

use memchr::memmem;

use crate::exposure::Context;
use crate::exposure::model::Call;
use crate::exposure::placement::subnets;
use crate::source::Span;
use crate::syntax::tree::{Kind, NodeId};
use crate::template::document::Resource;
use crate::template::intrinsic::intrinsic;
use crate::template::value::{Name, Part, Value};
use crate::workspace::Stack;

/// What stands in every default or alias host.
const HOST: &str = ".execute-api.";

/// The attribute of an HTTP or WebSocket API that holds its default address.
const API_ENDPOINT: &str = "ApiEndpoint";

/// Deepest nesting of properties that is searched.
const MAX_DEPTH: usize = 64;

/// All calls of a workspace, in file and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Call> {
    let mut calls = Vec::new();
    for stack in context.workspace.stacks() {
        let tree = &stack.lowered.tree;
        let mentions = |part: &str| memmem::find(tree.text().as_bytes(), part.as_bytes()).is_some();
        if !mentions("execute-api") && !mentions(API_ENDPOINT) {
            continue;
        }
        for resource in &stack.lowered.resources {
            let Some(properties) = resource.properties.filter(|_| can_call(&resource.type_name)) else {
                continue;
            };
            let hosts = hosts(context, stack, properties);
            if hosts.is_empty() {
                continue;
            }
            let (subnets, vpc) = network(context, stack, resource);
            for (span, host) in hosts {
                calls.push(Call {
                    file: stack.template.file,
                    resource: resource.id.clone(),
                    span,
                    api: host.api,
                    alias_endpoint: host.endpoint,
                    region: host.region,
                    is_output: false,
                    subnets: subnets.clone(),
                    vpc: vpc.clone(),
                });
            }
        }
        for output in &stack.template.outputs {
            for (span, host) in output.value.map_or_else(Vec::new, |node| hosts(context, stack, node)) {
                calls.push(Call {
                    file: stack.template.file,
                    resource: output.name.clone(),
                    span,
                    api: host.api,
                    alias_endpoint: host.endpoint,
                    region: host.region,
                    is_output: true,
                    subnets: Vec::new(),
                    vpc: None,
                });
            }
        }
    }
    calls.sort_by_key(|call| (call.file, call.span.range));
    calls.dedup_by(|left, right| left.span == right.span && left.resource == right.resource);
    calls
}

/// Resource types whose properties say what something calls, as opposed to what may be called: APIs, their
/// parts, permissions, endpoints and roles name execute-api for other reasons.
pub(crate) fn can_call(type_name: &str) -> bool {
    matches!(
        type_name,
        "AWS::Lambda::Function"
            | "AWS::ECS::TaskDefinition"
            | "AWS::EC2::Instance"
            | "AWS::EC2::LaunchTemplate"
            | "AWS::AutoScaling::LaunchConfiguration"
            | "AWS::AppRunner::Service"
            | "AWS::Batch::JobDefinition"
            | "AWS::CodeBuild::Project"
            | "AWS::Synthetics::Canary"
            | "AWS::StepFunctions::StateMachine"
            | "AWS::Glue::Job"
    )
}

/// An execute-api host.
struct Host {
    api: Value,
    /// The endpoint in an alias host.
    endpoint: Option<Value>,
    /// The region after `.execute-api.`, if it is text.
    region: Option<String>,
}

fn hosts(context: &Context<'_>, stack: &Stack, node: NodeId) -> Vec<(Span, Host)> {
    let tree = &stack.lowered.tree;
    let mut found = Vec::new();
    let mut open = vec![(node, 0_usize)];
    while let Some((node, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            continue;
        }
        if intrinsic(tree, node).is_some() || tree.scalar(node).is_some_and(|text| text.contains(HOST)) {
            let value = context.peek(stack, |resolver| resolver.resolve(node)).value;
            if let Some(host) = host(&value) {
                found.push((tree.tagged_span(node), host));
            } else if intrinsic(tree, node).is_some() {
                // A branch of a condition or an argument may hold the host.
                open.extend(children(stack, node).into_iter().map(|child| (child, depth + 1)));
            }
            continue;
        }
        open.extend(children(stack, node).into_iter().map(|child| (child, depth + 1)));
    }
    found
}

/// Known texts below a node in which `part` stands, with their places.
pub(crate) fn texts(context: &Context<'_>, stack: &Stack, node: NodeId, part: &str) -> Vec<(Span, String)> {
    let tree = &stack.lowered.tree;
    let mut found = Vec::new();
    let mut open = vec![(node, 0_usize)];
    while let Some((node, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            continue;
        }
        if tree.scalar(node).is_some_and(|text| text.contains(part)) {
            let value = context.peek(stack, |resolver| resolver.resolve(node));
            let known: String = value
                .value
                .to_parts()
                .unwrap_or_default()
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => text.as_str(),
                    Part::Named(_) => " ",
                })
                .collect();
            found.push((tree.tagged_span(node), known));
        }
        open.extend(children(stack, node).into_iter().map(|child| (child, depth + 1)));
    }
    found
}

/// Values and items right below a node.
pub(crate) fn children(stack: &Stack, node: NodeId) -> Vec<NodeId> {
    match &stack.lowered.tree.node(node).kind {
        Kind::Scalar { .. } => Vec::new(),
        Kind::Sequence(items) => items.clone(),
        Kind::Mapping(entries) => entries.iter().map(|entry| entry.value).collect(),
    }
}

/// The execute-api host that a text holds.
fn host(value: &Value) -> Option<Host> {
    let parts = value.to_parts()?;
    if let Some(api) = parts.iter().find_map(own_endpoint) {
        return Some(Host { api, endpoint: None, region: None });
    }
    let at = parts.iter().position(|part| matches!(part, Part::Literal(text) if text.contains(HOST)))?;
    let Some(Part::Literal(text)) = parts.get(at) else { return None };
    let label = &text[..text.find(HOST)?];
    let label = label.rsplit(['/', '@', ' ', '"', '\'', ':']).next().unwrap_or_default();
    let mut name: Vec<Part> = Vec::new();
    if text.find(HOST)? == label.len() {
        // The label begins in the parts before.
        for part in parts[..at].iter().rev() {
            match part {
                Part::Named(_) => name.insert(0, part.clone()),
                Part::Literal(text) => {
                    let start = text.rfind(['/', '@', ' ', '"', '\'', ':']).map_or(0, |at| at + 1);
                    name.insert(0, Part::Literal(text[start..].to_owned()));
                    if start > 0 {
                        break;
                    }
                }
            }
        }
    }
    name.push(Part::Literal(label.to_owned()));
    let (api, endpoint) = split_alias(name)?;
    let after = text.find(HOST).map(|start| &text[start + HOST.len()..])?;
    let region = after.split_once('.').map(|(region, _)| region.to_owned());
    Some(Host { api, endpoint, region })
}

/// The API whose default address a part of a text is.
fn own_endpoint(part: &Part) -> Option<Value> {
    let Part::Named(name) = part else { return None };
    match &**name {
        Name::Attribute { stack, id, attribute } if attribute == API_ENDPOINT => {
            Some(Value::named(Name::Resource { stack: *stack, id: id.clone() }))
        }
        _ => None,
    }
}

/// `{api}` or `{api}-{vpce}`.
fn split_alias(label: Vec<Part>) -> Option<(Value, Option<Value>)> {
    let whole = Value::from_parts(label);
    match &whole {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => match text.split_once("-vpce-") {
            Some((api, endpoint)) => {
                Some((Value::String(api.to_owned()), Some(Value::String(format!("vpce-{endpoint}")))))
            }
            None => Some((whole, None)),
        },
        Value::Text(parts) => {
            let dash =
                parts.iter().position(|part| matches!(part, Part::Literal(text) if text.starts_with('-')))?;
            let Some(Part::Literal(text)) = parts.get(dash) else { return None };
            let mut endpoint = vec![Part::Literal(text[1..].to_owned())];
            endpoint.extend(parts[dash + 1..].iter().cloned());
            let api = Value::from_parts(parts[..dash].iter().cloned());
            Some((api, Some(Value::from_parts(endpoint))))
        }
        Value::Named(_) => Some((whole, None)),
        _ => None,
    }
}

/// Subnets a resource runs in, and the VPC they belong to as far as subnets of the workspace tell.
pub(crate) fn network(
    context: &Context<'_>,
    stack: &Stack,
    resource: &Resource,
) -> (Vec<Value>, Option<Value>) {
    let subnets = subnets(context, stack, resource);
    let vpc = subnets.iter().find_map(|subnet| vpc_of(context, subnet));
    (subnets, vpc)
}

/// The VPC of a subnet that some stack of the run declares.
pub(crate) fn vpc_of(context: &Context<'_>, subnet: &Value) -> Option<Value> {
    let Value::Named(name) = subnet else { return None };
    let Name::Resource { stack, id } = &**name else { return None };
    let stack = context.workspace.stack(*stack)?;
    let resource = stack.lowered.resource(id).filter(|resource| resource.type_name == "AWS::EC2::Subnet")?;
    let node = stack.lowered.tree.get(resource.properties?, "VpcId")?;
    Some(context.peek(stack, |resolver| resolver.resolve(node)).value)
}
