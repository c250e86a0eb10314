//! Places that build an execute-api host: who calls which API by which name.

use memchr::memmem;

use crate::exposure::consumers::{Call, Use};
use crate::exposure::placement::subnets;
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::exposure::{Context, cases};
use crate::order::Order;
use crate::source::Span;
use crate::syntax::tree::{Kind, NodeId};
use crate::template::document::{Output, Resource};
use crate::template::intrinsic::{Function, intrinsic};
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Part, Sourced, Value};
use crate::workspace::Stack;

/// What stands in every default or alias host.
const HOST: &str = ".execute-api.";

/// The attribute of an HTTP or WebSocket API that holds its default address.
const API_ENDPOINT: &str = "ApiEndpoint";

/// What stands in the host of a VPC endpoint itself, which names no API.
const ENDPOINT_HOST: &str = ".vpce.";

/// Deepest nesting of properties and values that is searched.
const MAX_DEPTH: usize = 64;

/// Who holds a text that names a host.
#[derive(Clone, Copy)]
enum Holder<'run> {
    Resource(&'run Resource),
    Output(&'run Output),
}

/// All calls of a workspace, in file and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let names_host = |stack: &Stack| has_text(stack, "execute-api") || has_text(stack, API_ENDPOINT);
    if !context.workspace.stacks().iter().any(names_host) {
        return calls;
    }
    for stack in context.workspace.stacks().iter().filter(|stack| may_name_host(stack)) {
        for resource in stack.lowered.resources.iter().filter(|one| can_call(&one.type_name)) {
            if let Some(properties) = resource.properties {
                calls.extend(calls_of(context, stack, Holder::Resource(resource), properties));
            }
        }
        for output in &stack.template.outputs {
            if let Some(value) = output.value {
                calls.extend(calls_of(context, stack, Holder::Output(output), value));
            }
        }
    }
    calls.order_by_key(|call| (call.file, call.span.range));
    join_instances(calls)
}

fn has_text(stack: &Stack, text: &str) -> bool {
    memmem::find(stack.lowered.tree.text().as_bytes(), text.as_bytes()).is_some()
}

/// Whether a template writes a host, or gets texts from another one.
fn may_name_host(stack: &Stack) -> bool {
    stack.parent.is_some()
        || !stack.children.is_empty()
        || ["execute-api", "ImportValue", API_ENDPOINT].iter().any(|text| has_text(stack, text))
}

/// One entry per text and host: those of several instances of a template are its cases.
fn join_instances(calls: Vec<Call>) -> Vec<Call> {
    let mut joined: Vec<Call> = Vec::with_capacity(calls.len());
    for call in calls {
        let is_same = |known: &&mut Call| {
            known.span == call.span
                && known.resource == call.resource
                && known.api == call.api
                && known.alias_endpoint == call.alias_endpoint
        };
        match joined.iter_mut().rev().take_while(|known| known.span == call.span).find(is_same) {
            Some(known) => known.cases.extend(call.cases),
            None => joined.push(call),
        }
    }
    joined
}

/// The calls of a resource or an output of a stack.
fn calls_of(context: &Context<'_>, stack: &Stack, holder: Holder<'_>, node: NodeId) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for node in candidates(context, stack, node) {
        let explored = cases::split(context, stack, |resolver| {
            if !is_made(resolver, holder) {
                return None;
            }
            let mut found = Vec::new();
            hosts(&resolver.resolve(node), 0, &mut found);
            let in_vpc = if found.is_empty() { None } else { runs_in_vpc(resolver, stack, holder) };
            Some((found, in_vpc))
        });
        let complete = explored.complete;
        for (when, extent, (hosts, in_vpc)) in cases::join(explored).told() {
            let environment = stack.bindings.environment.clone();
            let one = Use { stack: stack.id, when, extent, environment, in_vpc };
            for host in hosts {
                let call = match calls.iter_mut().find(|known| host.is_of(known)) {
                    Some(known) => known,
                    None => {
                        calls.push(call(context, stack, holder, host));
                        let Some(last) = calls.last_mut() else { continue };
                        last
                    }
                };
                call.cases.extend(complete.then(|| one.clone()));
            }
        }
    }
    calls
}

fn call(context: &Context<'_>, stack: &Stack, holder: Holder<'_>, host: Host) -> Call {
    let (name, id_span, (subnets, vpc)) = match holder {
        Holder::Resource(resource) => (&resource.id, resource.id_span, network(context, stack, resource)),
        Holder::Output(output) => (&output.name, output.name_span, (Vec::new(), None)),
    };
    let is_host_header =
        host.endpoint.is_none() && is_bare(&host.text) && names_endpoint(context, stack, holder);
    Call {
        is_host_header,
        file: stack.template.file,
        resource: name.clone(),
        id_span,
        span: host.text.span,
        text: host.text,
        api: host.api,
        alias_endpoint: host.endpoint,
        region: host.region,
        is_output: matches!(holder, Holder::Output(_)),
        subnets,
        vpc,
        cases: Vec::new(),
    }
}

/// Whether a text is a host without a scheme.
fn is_bare(text: &Sourced) -> bool {
    let parts = text.value.to_parts().unwrap_or_default();
    !parts.iter().any(|part| matches!(part, Part::Literal(literal) if literal.contains("://")))
}

/// Whether a resource also holds the own name of a VPC endpoint.
fn names_endpoint(context: &Context<'_>, stack: &Stack, holder: Holder<'_>) -> bool {
    let Holder::Resource(Resource { properties: Some(properties), .. }) = holder else { return false };
    [ENDPOINT_HOST, "DnsEntries"].iter().any(|part| !texts(context, stack, *properties, part).is_empty())
}

/// Whether the resource or output is made in the case under way; in doubt it is.
fn is_made(resolver: &mut Resolver<'_, '_>, holder: Holder<'_>) -> bool {
    match holder {
        Holder::Resource(resource) => exists(resolver, resource),
        Holder::Output(output) => {
            output.condition.as_ref().is_none_or(|name| resolver.condition(name) != Some(false))
        }
    }
}

/// Whether what holds the text runs inside a VPC in the case under way; `None` when it runs nothing, or that cannot
/// be said. Functions, builds, canaries and services run in a network of AWS's own unless they are told otherwise
/// (the property pages of the types); tasks and instances always run in a VPC.
fn runs_in_vpc(resolver: &mut Resolver<'_, '_>, stack: &Stack, holder: Holder<'_>) -> Option<bool> {
    let Holder::Resource(resource) = holder else { return None };
    if is_obscured(stack, resource) {
        return None;
    }
    match resource.type_name.as_str() {
        // Managed instances run in the VPC of their capacity provider.
        "AWS::Lambda::Function" if property(resolver, resource, "CapacityProviderConfig").is_some() => None,
        "AWS::Lambda::Function" => has_subnets(property(resolver, resource, "VpcConfig"), "SubnetIds"),
        "AWS::CodeBuild::Project" => has_subnets(property(resolver, resource, "VpcConfig"), "Subnets"),
        "AWS::Synthetics::Canary" => has_subnets(property(resolver, resource, "VPCConfig"), "SubnetIds"),
        "AWS::AppRunner::Service" => {
            let Some(network) = property(resolver, resource, "NetworkConfiguration") else {
                return Some(false);
            };
            match network.value.get("EgressConfiguration").map(|egress| egress.value.get("EgressType")) {
                None | Some(None) if matches!(network.value, Value::Map(_)) => Some(false),
                Some(Some(egress)) => egress.value.as_text().map(|word| word == "VPC"),
                None | Some(None) => None,
            }
        }
        "AWS::ECS::TaskDefinition"
        | "AWS::EC2::Instance"
        | "AWS::EC2::LaunchTemplate"
        | "AWS::AutoScaling::LaunchConfiguration"
        | "AWS::Batch::JobDefinition" => Some(true),
        _ => None,
    }
}

/// Whether a VPC configuration names subnets; an empty list, or none, means no VPC.
fn has_subnets(configuration: Option<Sourced>, key: &str) -> Option<bool> {
    let Some(configuration) = configuration else { return Some(false) };
    match (&configuration.value, configuration.value.get(key).map(|subnets| &subnets.value)) {
        (Value::Map(_), None | Some(Value::Absent)) => Some(false),
        (Value::Map(_), Some(Value::List(subnets))) => Some(!subnets.is_empty()),
        (Value::Map(_), Some(Value::String(_) | Value::Named(_) | Value::Text(_))) => Some(true),
        _ => None,
    }
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

/// Nodes below this one, none in another, that are or may be texts with a host.
fn candidates(context: &Context<'_>, stack: &Stack, node: NodeId) -> Vec<NodeId> {
    let tree = &stack.lowered.tree;
    let mut found = Vec::new();
    descend(stack, node, MAX_DEPTH, |node| {
        let function = intrinsic(tree, node).map(|found| found.function);
        if function == Some(Function::Base64) {
            // What is encoded names no host any more, and what is inside does.
            return true;
        }
        let is_text = function.is_some() || tree.scalar(node).is_some_and(|text| text.contains(HOST));
        if is_text {
            let value = context.peek(stack, |resolver| resolver.resolve(node));
            let mut known = Vec::new();
            if hosts(&value, 0, &mut known) || !known.is_empty() {
                found.push(node);
            }
        }
        !is_text
    });
    found
}

/// An execute-api host in a text.
#[derive(Clone, Debug, PartialEq)]
struct Host {
    /// The text.
    text: Sourced,
    api: Value,
    /// The endpoint in an alias host.
    endpoint: Option<Value>,
    /// The region after `.execute-api.`, if it is text.
    region: Option<String>,
}

impl Host {
    fn is_of(&self, call: &Call) -> bool {
        call.span == self.text.span
            && call.api == self.api
            && call.alias_endpoint == self.endpoint
            && call.region == self.region
    }
}

/// Adds the hosts of all texts in a value; whether some of it is not known.
fn hosts(value: &Sourced, depth: usize, found: &mut Vec<Host>) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let mut unknown = false;
    match &value.value {
        Value::Named(name) if matches!(**name, Name::Function { .. }) => {
            let Name::Function { arguments, .. } = &**name else { return false };
            for argument in arguments {
                unknown |= hosts(&Sourced::new(argument.clone(), value.span), depth + 1, found);
            }
        }
        Value::String(_) | Value::Text(_) | Value::Named(_) => {
            for host in hosts_of_text(value) {
                if !found.contains(&host) {
                    found.push(host);
                }
            }
        }
        Value::List(items) => {
            for item in items {
                unknown |= hosts(item, depth + 1, found);
            }
        }
        Value::Map(members) => {
            for member in members {
                unknown |= hosts(&member.value, depth + 1, found);
            }
        }
        Value::Unknown(_) => unknown = true,
        Value::Absent | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    unknown
}

/// Known texts below a node in which `part` stands, with their places.
pub(crate) fn texts(context: &Context<'_>, stack: &Stack, node: NodeId, part: &str) -> Vec<(Span, String)> {
    let tree = &stack.lowered.tree;
    let mut found = Vec::new();
    descend(stack, node, MAX_DEPTH, |node| {
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
        true
    });
    found
}

/// Visits a node and what is below it, at most `deepest` levels down, last child first; not what is below a node for
/// which `visit` says no.
pub(crate) fn descend(stack: &Stack, node: NodeId, deepest: usize, mut visit: impl FnMut(NodeId) -> bool) {
    let mut open = vec![(node, 0_usize)];
    while let Some((node, depth)) = open.pop() {
        if depth <= deepest && visit(node) {
            open.extend(children(stack, node).into_iter().map(|child| (child, depth + 1)));
        }
    }
}

/// Values and items right below a node.
pub(crate) fn children(stack: &Stack, node: NodeId) -> Vec<NodeId> {
    match &stack.lowered.tree.node(node).kind {
        Kind::Scalar { .. } => Vec::new(),
        Kind::Sequence(items) => items.clone(),
        Kind::Mapping(entries) => entries.iter().map(|entry| entry.value).collect(),
    }
}

/// Each execute-api host in a text, in its order.
fn hosts_of_text(text: &Sourced) -> Vec<Host> {
    let parts = text.value.to_parts().unwrap_or_default();
    let mut found = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let literal = match part {
            Part::Named(name) => {
                let api = default_address(name);
                found.extend(api.map(|api| Host { text: text.clone(), api, endpoint: None, region: None }));
                continue;
            }
            Part::Literal(literal) => literal,
        };
        for (start, _) in literal.match_indices(HOST) {
            let rest = &literal[start + HOST.len()..];
            if is_endpoint_host(rest, &parts[at + 1..]) {
                continue;
            }
            let region = rest.split_once('.').map(|(region, _)| region.to_owned());
            let named = split_alias(label_before(&literal[..start], &parts[..at]));
            found.extend(named.map(|(api, endpoint)| Host { text: text.clone(), api, endpoint, region }));
        }
    }
    found
}

/// The API whose default address a name is.
fn default_address(name: &Name) -> Option<Value> {
    match name {
        Name::Attribute { stack, id, attribute } if attribute == API_ENDPOINT => {
            Some(Value::named(Name::Resource { stack: *stack, id: id.clone() }))
        }
        _ => None,
    }
}

/// Whether a letter may stand in a host name.
fn is_in_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '.'
}

/// Whether the rest of a host says that it is a VPC endpoint's own.
fn is_endpoint_host(rest: &str, parts: &[Part]) -> bool {
    let mut host = String::new();
    let later = parts.iter().map(|part| match part {
        Part::Literal(text) => text.as_str(),
        Part::Named(_) => "",
    });
    for text in std::iter::once(rest).chain(later) {
        let end = text.find(|letter| !is_in_host(letter));
        host.push_str(&text[..end.unwrap_or(text.len())]);
        if end.is_some() {
            break;
        }
    }
    host.contains(ENDPOINT_HOST)
}

/// The label that ends where a text ends; it may begin in the parts before.
fn label_before(text: &str, parts: &[Part]) -> Vec<Part> {
    let begin = |text: &str| {
        text.rfind(|letter| !is_in_host(letter))
            .map(|at| at + text[at..].chars().next().map_or(1, char::len_utf8))
    };
    let start = begin(text);
    let mut label = vec![Part::Literal(text[start.unwrap_or_default()..].to_owned())];
    if start.is_some() {
        return label;
    }
    for part in parts.iter().rev() {
        match part {
            Part::Named(_) => label.insert(0, part.clone()),
            Part::Literal(text) => {
                let start = begin(text);
                label.insert(0, Part::Literal(text[start.unwrap_or_default()..].to_owned()));
                if start.is_some() {
                    break;
                }
            }
        }
    }
    label
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
