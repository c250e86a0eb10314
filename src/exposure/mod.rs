//! What is reachable by whom: APIs, endpoints, domains, policies, callers.
//!
//! Facts only. No wording, no severity, no `Diagnostic`.

mod attachments;
mod backends;
mod body;
mod callers;
mod calls;
mod cases;
mod chains;
pub mod cnames;
pub mod conditions;
pub mod configuration;
mod conflicts;
pub mod consumers;
mod decisions;
mod balancers;
pub mod custom;
pub mod deployments;
mod domains;
mod doors;
mod endpoint_type;
mod endpoints;
pub mod entries;
pub mod extent;
pub mod fronts;
pub mod gates;
mod handed;
mod leads;
mod meant;
pub mod joined;
pub mod links;
mod markers;
pub mod misses;
pub mod model;
mod opinions;
pub mod nesting;
pub mod offers;
pub mod network;
mod others;
pub mod permissions;
mod place;
mod placement;
pub mod query;
mod questions;
pub mod reasons;
pub mod requests;
mod rest;
mod routes;
mod served;
mod shapes;
mod shut;
pub mod signatures;
mod stacks;
pub mod statements;
pub mod twofold;
pub mod widening;
mod wiring;
mod zones;

use rayon::prelude::*;

use crate::exposure::attachments::Attachments;
use crate::exposure::balancers::Balancers;
use crate::exposure::handed::HandedOn;
use crate::exposure::leads::Leads;
use crate::exposure::model::{Api, ApiOrigin, ExposureModel, Refused, Stray};
use crate::exposure::stacks::Stacks;
use crate::order::Order;
use crate::template::cases::Path;
use crate::template::document::{Origin, Resource};
use crate::template::resolve::Resolver;
use crate::workspace::{Stack, Workspace};

/// What every part of the model is built from.
pub(crate) struct Context<'run> {
    workspace: &'run Workspace,
    attachments: Attachments,
    leads: Leads,
    balancers: Balancers,
    handed_on: HandedOn,
    stacks: Stacks,
}

impl<'run> Context<'run> {
    /// Asks something of a stack without assuming anything and without splitting into cases.
    fn peek<T>(&self, stack: &'run Stack, ask: impl FnOnce(&mut Resolver<'run, '_>) -> T) -> T {
        let mut path = Path::new();
        path.freeze();
        ask(&mut Resolver::new(self.workspace.scope(stack), &mut path))
    }
}

/// States who can call what in a workspace.
pub fn build(workspace: &Workspace) -> ExposureModel {
    let (leads, balancers) = (Leads::find(workspace), Balancers::find(workspace));
    let (attachments, handed_on) = (Attachments::find(workspace), HandedOn::new(workspace));
    let stacks = Stacks::find(workspace);
    let context = Context { workspace, attachments, leads, balancers, handed_on, stacks };
    let endpoints = endpoints::find(&context);
    let apis = workspace.stacks().par_iter().flat_map_iter(|stack| stack_apis(&context, &endpoints, stack));
    let mut model = ExposureModel { apis: join_instances(apis.collect()), ..ExposureModel::default() };
    model.functions = links::functions(workspace);
    model.domains = domains::find(&context);
    model.ways = context.leads.ways(workspace);
    model.domain_addresses = configuration::domain_addresses(&context);
    model.deployments = deployments::find(&context);
    model.passed_lists = nesting::passed_lists(&context);
    model.links = links::find(&context);
    model.calls = calls::find(&context);
    model.permissions = permissions::find(&context);
    model.fronts = fronts::find(&context);
    model.zones = zones::find(&context);
    model.cnames = cnames::find(&context);
    model.foreign_endpoints = endpoints::foreign(&context);
    model.access_sources = entries::of_domains(&context);
    model.conflicts = conflicts::find(&context, &endpoints);
    model.endpoint_exports = endpoints::exported(&context, &endpoints);
    model.endpoints = endpoints;
    model.endpoint_parameters = offers::parameters(workspace);
    model.refusals = refusals(workspace);
    model.strays = strays(workspace);
    model.modules = links::modules(workspace);
    model
}

/// Events that name a resource which is no API, once for all instances of a template.
fn strays(workspace: &Workspace) -> Vec<Stray> {
    let mut found: Vec<Stray> = Vec::new();
    for stack in workspace.stacks() {
        let is_api = |resource: &Resource| {
            ["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"].contains(&resource.type_name.as_str())
        };
        for route in &stack.lowered.routes {
            let stray = Stray { file: stack.template.file, handler: route.handler.clone(), span: route.span };
            let named = stack.lowered.resource(&route.api);
            if named.is_some_and(|resource| !is_api(resource)) && !found.contains(&stray) {
                found.push(stray);
            }
        }
    }
    found.order_by_key(|stray| stray.file);
    found
}

/// What the transform refuses, once for all instances of a template.
fn refusals(workspace: &Workspace) -> Vec<Refused> {
    let mut found: Vec<Refused> = Vec::new();
    for stack in workspace.stacks() {
        for refusal in &stack.lowered.refusals {
            let refused = Refused { file: stack.template.file, refusal: refusal.clone() };
            if !found.contains(&refused) {
                found.push(refused);
            }
        }
    }
    found.order_by_key(|refused| refused.file);
    found
}

fn stack_apis(context: &Context<'_>, endpoints: &[model::Endpoint], stack: &Stack) -> Vec<Api> {
    let mut apis = Vec::new();
    for resource in &stack.lowered.resources {
        match resource.type_name.as_str() {
            "AWS::ApiGateway::RestApi" => apis.push(rest::api(context, endpoints, stack, resource)),
            "AWS::ApiGatewayV2::Api" => apis.push(others::v2_api(context, stack, resource)),
            "AWS::Lambda::Url" => apis.push(others::function_url(context, stack, resource)),
            "AWS::Lambda::WebFunctionEndpoint" => apis.push(others::web_function(context, stack, resource)),
            "AWS::AppSync::GraphQLApi" => apis.push(others::graphql(context, stack, resource)),
            _ => {}
        }
    }
    apis
}

/// One entry per file and logical id: instances of the same template become its cases.
fn join_instances(mut apis: Vec<Api>) -> Vec<Api> {
    apis.order_by(|left, right| {
        let place = |api: &Api| (api.file, api.id_span.range, api.kind);
        place(left).cmp(&place(right)).then_with(|| left.resource.cmp(&right.resource))
    });
    let mut joined: Vec<Api> = Vec::with_capacity(apis.len());
    for api in apis {
        match joined.last_mut() {
            Some(last) if last.file == api.file && last.resource == api.resource && last.kind == api.kind => {
                last.incomplete |= api.incomplete;
                last.refused = last.refused.take().or(api.refused);
                last.custom_ways.extend(api.custom_ways);
                for case in api.cases {
                    if !last.cases.iter().any(|known| {
                        known.same_facts(&case)
                            && known.when == case.when
                            && known.environment == case.environment
                    }) {
                        last.cases.push(case);
                    }
                }
            }
            _ => joined.push(api),
        }
    }
    joined
}

fn origin(resource: &Resource) -> ApiOrigin {
    match &resource.origin {
        Origin::Written => ApiOrigin::Written,
        Origin::Sam(_) => ApiOrigin::Sam,
        Origin::Implicit => ApiOrigin::Implicit,
    }
}
