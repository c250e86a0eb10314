//! VPC endpoints for execute-api.

use crate::exposure::extent::Extent;
use crate::exposure::model::{Assumption, Endpoint, EndpointExport, PrivateDns};
use crate::exposure::{Context, cases};
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
    endpoints.sort_by_key(|endpoint: &Endpoint| (endpoint.file, endpoint.id_span.range, endpoint.stack));
    endpoints
}

/// Whether a service name ends with the label `execute-api`, as far as it is known.
pub(crate) fn is_execute_api(service: &Value) -> bool {
    let last = match service {
        Value::String(text) => Some(text.as_str()),
        Value::Text(parts) => match parts.last() {
            Some(Part::Literal(text)) => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    };
    last.is_some_and(|text| text.rsplit('.').next() == Some("execute-api"))
}

fn endpoint(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<Endpoint> {
    let tree = &stack.lowered.tree;
    let properties = resource.properties?;
    let service_node = tree.get(properties, "ServiceName")?;
    let dns_node = tree.get(properties, "PrivateDnsEnabled");
    let explored = cases::split(context, stack, |resolver| {
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
        condition: resource.condition.as_ref().map(|(name, _)| name.clone()),
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
