//! VPC endpoints for execute-api.

use crate::exposure::extent::Extent;
use crate::exposure::model::{Assumption, Endpoint, PrivateDns};
use crate::exposure::network::ForeignEndpoint;
use crate::exposure::offers::EndpointExport;
use crate::exposure::{Context, cases, wiring};
use crate::order::Order;
use crate::syntax::tree::NodeId;
use crate::template::document::Resource;
use crate::template::value::{Name, Part, Sourced, Value};
use crate::workspace::Stack;

/// All execute-api endpoints of a workspace, in file and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for stack in context.workspace.stacks() {
        for resource in &stack.lowered.resources {
            if resource.type_name == "AWS::EC2::VPCEndpoint" {
                endpoints.extend(endpoint(context, stack, resource));
            }
        }
    }
    endpoints.order_by_key(|endpoint: &Endpoint| (endpoint.file, endpoint.id_span.range, endpoint.stack));
    endpoints
}

/// All VPC endpoints of a workspace for other services, in file and text order.
pub(crate) fn foreign(context: &Context<'_>) -> Vec<ForeignEndpoint> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        for resource in &stack.lowered.resources {
            if resource.type_name == "AWS::EC2::VPCEndpoint" {
                found.extend(foreign_endpoint(context, stack, resource));
            }
        }
    }
    found.order_by_key(|endpoint: &ForeignEndpoint| (endpoint.file, endpoint.id_span.range, endpoint.stack));
    found
}

fn foreign_endpoint(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<ForeignEndpoint> {
    let service = peek(context, stack, stack.lowered.tree.get(resource.properties?, "ServiceName"))?;
    // Only a service that is known is known to be another one.
    let last = last_label(&service.value)?;
    (last != "execute-api").then(|| ForeignEndpoint {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        stack: stack.id,
        name: Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() }),
        service: service.clone(),
    })
}

/// Whether a service name ends with the label `execute-api`, as far as it is known.
pub(crate) fn is_execute_api(service: &Value) -> bool {
    last_label(service) == Some("execute-api")
}

/// The last label of a service name, if it is known.
fn last_label(service: &Value) -> Option<&str> {
    let last = match service {
        Value::String(text) => text.as_str(),
        Value::Text(parts) => match parts.last() {
            // A label that begins in a name is not known to its beginning.
            Some(Part::Literal(text)) if text.contains('.') => text.as_str(),
            _ => return None,
        },
        _ => return None,
    };
    last.rsplit('.').next()
}

fn endpoint(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<Endpoint> {
    let tree = &stack.lowered.tree;
    let properties = resource.properties?;
    let service_node = tree.get(properties, "ServiceName")?;
    let dns_node = tree.get(properties, "PrivateDnsEnabled");
    let explored = cases::split_within(context, stack, cases::MAX_ENDPOINT_CASES, |resolver| {
        if let Some((condition, _)) = &resource.condition
            && resolver.condition(condition) == Some(false)
        {
            return None;
        }
        let service = resolver.resolve(service_node);
        // For another service it is an endpoint, too, and nothing more is asked.
        Some(is_execute_api(&service.value).then(|| (service, dns_node.map(|node| resolver.resolve(node)))))
    });
    let service = explored.cells.iter().find_map(|cell| cell.value.as_ref())?.0.clone();
    let told = cases::join(explored).told().into_iter();
    let private_dns = told
        .filter_map(|(when, extent, value)| {
            let (_, value) = value?;
            Some(private_dns(stack, when, extent, value))
        })
        .collect();
    let peek = |key: &str| peek(context, stack, tree.get(properties, key));
    Some(Endpoint {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        stack: stack.id,
        name: Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() }),
        service,
        endpoint_type: peek("VpcEndpointType"),
        private_dns,
        vpc: peek("VpcId"),
        subnets: peek("SubnetIds"),
        security_groups: peek("SecurityGroupIds"),
        policy: peek("PolicyDocument"),
        region: stack.bindings.region.clone(),
        account: stack.bindings.account.clone(),
        facts: wiring::facts(context, stack, resource),
    })
}

fn peek(context: &Context<'_>, stack: &Stack, node: Option<NodeId>) -> Option<Sourced> {
    let value = context.peek(stack, |resolver| Some(resolver.resolve(node?)))?;
    (value.value != Value::Absent).then_some(value)
}

fn private_dns(stack: &Stack, when: Vec<Assumption>, extent: Extent, value: Option<Sourced>) -> PrivateDns {
    let value = value.filter(|value| value.value != Value::Absent);
    // CloudFormation's default is off (property page of `AWS::EC2::VPCEndpoint`).
    let enabled = match &value {
        None => Some(false),
        Some(value) => value.value.as_bool(),
    };
    PrivateDns { when, extent, environment: stack.bindings.environment.clone(), enabled, value }
}

/// Exports of the run whose value is one of these endpoints.
pub(crate) fn exported(context: &Context<'_>, endpoints: &[Endpoint]) -> Vec<EndpointExport> {
    if endpoints.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for export in context.workspace.exports() {
        let (Some(stack), Some(node)) = (context.workspace.stack(export.stack), export.value) else {
            continue;
        };
        let value = context.peek(stack, |resolver| resolver.resolve(node)).value;
        if endpoints.iter().any(|endpoint| endpoint.name == value) {
            found.push(EndpointExport {
                name: export.name.as_text().map(str::to_owned),
                span: export.name_span,
                value,
            });
        }
    }
    found
}
