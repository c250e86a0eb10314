//! What stands on the internet and leads to a VPC endpoint for execute-api: load balancers, CloudFront origins and
//! integrations of APIs.
//!
//! How a value leads to an endpoint is found by `chains`. Whether an API with such an integration is public is not
//! asked.

use memchr::memmem;

use crate::exposure::chains::{LOAD_BALANCER, Search, is_internet_facing};
use crate::exposure::extent::Extent;
use crate::exposure::model::Assumption;
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::exposure::{Context, cases};
use crate::source::{FileId, Span};
use crate::syntax::tree::NodeId;
use crate::template::document::Resource;
use crate::template::intrinsic::intrinsic;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Sourced, StackId, Value};
use crate::workspace::Stack;

/// Extension of an operation that says what it calls.
const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// Deepest nesting of a body that is searched for integrations.
const MAX_BODY_DEPTH: usize = 32;

/// Something that leads to an execute-api endpoint in some case.
#[derive(Clone, Debug)]
pub struct Front {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// What it is.
    pub kind: FrontKind,
    /// For an integration: its API, as it is named.
    pub api: Option<Value>,
    /// The cases in which it exists.
    pub cases: Vec<FrontCase>,
}

/// Kinds of [`Front`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontKind {
    /// An internet-facing load balancer.
    LoadBalancer,
    /// A CloudFront distribution.
    Distribution,
    /// An integration of an API.
    Integration,
}

/// A front in one case.
#[derive(Clone, Debug)]
pub struct FrontCase {
    /// The instance it belongs to.
    pub stack: StackId,
    /// The assignment of parameters.
    pub when: Vec<Assumption>,
    /// All assignments of parameters under which this case holds.
    pub extent: Extent,
    /// The environment of the instance.
    pub environment: Option<String>,
    /// Where it leads; `None` when that is to no endpoint, or cannot be shown, or the internet does not reach it.
    pub lead: Option<Lead>,
}

/// A chain from a front to an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// What makes it a front: `Scheme`, the origin's `DomainName`, the integration's `Uri`; `None` when it is not
    /// written.
    pub written: Option<Sourced>,
    /// What stands on the way, in its order.
    pub way: Vec<(Span, Hop)>,
    /// Where it ends.
    pub goal: Goal,
}

/// What a chain passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// A load balancer that is not on the internet itself.
    LoadBalancer,
    /// The targets of a group.
    Targets,
    /// What connects to a VPC: a VPC link, or a VPC origin.
    Link,
    /// A custom resource, or a stored value.
    Lookup,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The addresses of an endpoint that the run declares.
    Endpoint {
        /// Its id as callers and policies name it.
        name: Value,
        /// Logical id.
        resource: String,
        /// Where the logical id stands.
        id_span: Span,
    },
    /// The name of an endpoint as text, at this place.
    Host(Span),
}

/// All fronts of a workspace, in stack and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Front> {
    const SIGNS: [&[u8]; 3] = [b"NetworkInterfaceIds", b"DnsEntries", b".vpce."];
    let mut found = Vec::new();
    let has_sign = |stack: &Stack| {
        let text = stack.lowered.tree.text().as_bytes();
        SIGNS.iter().any(|sign| memmem::find(text, sign).is_some())
    };
    if !context.workspace.stacks().iter().any(has_sign) {
        return found;
    }
    for stack in context.workspace.stacks() {
        for resource in stack.lowered.resources.iter().filter(|one| !is_obscured(stack, one)) {
            fronts_of(context, stack, resource, &mut found);
        }
    }
    found
}

/// Adds the fronts that a resource is or has.
fn fronts_of<'run>(
    context: &Context<'run>,
    stack: &'run Stack,
    resource: &'run Resource,
    found: &mut Vec<Front>,
) {
    let mut add =
        |kind: FrontKind, api: Option<Value>, ask: &dyn Fn(&mut Resolver<'run, '_>) -> Option<Lead>| {
            let cases = cases_of(context, stack, resource, ask);
            if cases.iter().any(|case| case.lead.is_some()) {
                let (file, id_span) = (stack.template.file, resource.id_span);
                found.push(Front { file, resource: resource.id.clone(), id_span, kind, api, cases });
            }
        };
    let named = |key: &str| {
        let node = stack.lowered.tree.get(resource.properties?, key)?;
        Some(context.peek(stack, |resolver| resolver.resolve(node)).value)
    };
    match resource.type_name.as_str() {
        LOAD_BALANCER => {
            add(FrontKind::LoadBalancer, None, &|resolver| load_balancer(context, stack, resource, resolver));
        }
        "AWS::CloudFront::Distribution" => {
            add(FrontKind::Distribution, None, &|resolver| distribution(context, resource, resolver));
        }
        "AWS::ApiGateway::Method" => add(FrontKind::Integration, named("RestApiId"), &|resolver| {
            let integration = property(resolver, resource, "Integration")?;
            let part = |key: &str| integration.value.get(key);
            integrated(context, resolver, part("Uri"), part("ConnectionId"))
        }),
        "AWS::ApiGatewayV2::Integration" => add(FrontKind::Integration, named("ApiId"), &|resolver| {
            let uri = property(resolver, resource, "IntegrationUri");
            let connection = property(resolver, resource, "ConnectionId");
            integrated(context, resolver, uri.as_ref(), connection.as_ref())
        }),
        "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => {
            let own = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
            for node in integrations(stack, resource) {
                add(FrontKind::Integration, Some(own.clone()), &|resolver| {
                    let integration = resolver.resolve(node);
                    let part = |key: &str| integration.value.get(key);
                    integrated(context, resolver, part("uri"), part("connectionId"))
                });
            }
        }
        _ => {}
    }
}

/// All cases in which a resource exists, with where it leads.
fn cases_of<'run>(
    context: &Context<'run>,
    stack: &'run Stack,
    resource: &Resource,
    ask: &dyn Fn(&mut Resolver<'run, '_>) -> Option<Lead>,
) -> Vec<FrontCase> {
    let explored = cases::split(context, stack, |resolver| exists(resolver, resource).then(|| ask(resolver)));
    if !explored.complete {
        return Vec::new();
    }
    let environment = &stack.bindings.environment;
    let told = cases::join(explored).told().into_iter();
    told.map(|(when, extent, lead)| FrontCase {
        stack: stack.id,
        when,
        extent,
        environment: environment.clone(),
        lead,
    })
    .collect()
}

fn load_balancer<'run>(
    context: &Context<'run>,
    stack: &'run Stack,
    resource: &Resource,
    resolver: &mut Resolver<'run, '_>,
) -> Option<Lead> {
    let (on_internet, written) = is_internet_facing(resolver, resource)?;
    if !on_internet {
        return None;
    }
    let mut search = Search::new(context);
    let goal = search.behind_load_balancer(resolver.path(), stack, resource, 0)?;
    Some(Lead { written, way: search.way, goal })
}

/// The first origin that leads to an endpoint.
fn distribution<'run>(
    context: &Context<'run>,
    resource: &Resource,
    resolver: &mut Resolver<'run, '_>,
) -> Option<Lead> {
    let tree = resolver.tree();
    let configuration = tree.get(resource.properties?, "DistributionConfig")?;
    let enabled = tree.get(configuration, "Enabled").map(|node| resolver.resolve(node).value);
    let origins = tree.get(configuration, "Origins").map(|node| resolver.resolve(node))?;
    if enabled.is_some_and(|enabled| enabled.as_bool() == Some(false)) {
        return None;
    }
    origins.value.items().iter().find_map(|origin| {
        let written = origin.value.get("DomainName").cloned();
        let inside = origin.value.get("VpcOriginConfig").and_then(|vpc| vpc.value.get("VpcOriginId"));
        // Without a VPC origin CloudFront reaches no load balancer that is not on the internet by itself.
        [inside, written.as_ref()].into_iter().flatten().find_map(|value| {
            let mut search = Search::new(context);
            let goal = search.value(resolver.path(), value, 0)?;
            let needs_link = search.way.iter().any(|(_, hop)| *hop == Hop::LoadBalancer);
            let is_linked = search.way.iter().any(|(_, hop)| *hop == Hop::Link);
            (is_linked || !needs_link).then(|| Lead { written: written.clone(), way: search.way, goal })
        })
    })
}

fn integrated<'run>(
    context: &Context<'run>,
    resolver: &mut Resolver<'run, '_>,
    uri: Option<&Sourced>,
    connection: Option<&Sourced>,
) -> Option<Lead> {
    [uri, connection].into_iter().flatten().find_map(|value| {
        let mut search = Search::new(context);
        let goal = search.value(resolver.path(), value, 0)?;
        Some(Lead { written: uri.cloned(), way: search.way, goal })
    })
}

/// Integrations of the operations in an API's body.
fn integrations(stack: &Stack, resource: &Resource) -> Vec<NodeId> {
    let tree = &stack.lowered.tree;
    let body = resource.properties.and_then(|properties| tree.get(properties, "Body"));
    let body = body.map(|node| stack.lowered.documents.get(&node).copied().unwrap_or(node));
    let mut found = Vec::new();
    let mut open: Vec<(NodeId, usize)> = body.into_iter().map(|node| (node, 0)).collect();
    while let Some((node, depth)) = open.pop() {
        if depth > MAX_BODY_DEPTH || intrinsic(tree, node).is_some() {
            continue;
        }
        for entry in tree.entries(node).iter().rev() {
            if tree.scalar(entry.key) == Some(INTEGRATION) {
                found.push(entry.value);
            } else {
                open.push((entry.value, depth + 1));
            }
        }
    }
    found
}
