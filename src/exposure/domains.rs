//! Custom domains and what is mapped to them.

use crate::exposure::Context;
use crate::exposure::model::{Domain, EndpointType, Mapping};
use crate::template::document::Resource;
use crate::template::value::{Name, Same, Sourced, Value};
use crate::workspace::Stack;

/// All custom domains of a workspace.
pub(crate) fn find(context: &Context<'_>) -> Vec<Domain> {
    let mut domains = Vec::new();
    for stack in context.workspace.stacks() {
        for resource in &stack.lowered.resources {
            let private = match resource.type_name.as_str() {
                "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName" => false,
                "AWS::ApiGateway::DomainNameV2" => true,
                _ => continue,
            };
            domains.push(domain(context, stack, resource, private));
        }
    }
    domains.sort_by_key(|domain: &Domain| (domain.file, domain.id_span.range, domain.stack));
    domains
}

fn read(context: &Context<'_>, stack: &Stack, resource: &Resource, keys: &[&str]) -> Option<Sourced> {
    let tree = &stack.lowered.tree;
    let node = tree.get_path(resource.properties?, keys)?;
    let value = context.peek(stack, |resolver| resolver.resolve(node));
    (value.value != Value::Absent).then_some(value)
}

fn domain(context: &Context<'_>, stack: &Stack, resource: &Resource, second: bool) -> Domain {
    let name = read(context, stack, resource, &["DomainName"]).map_or(Value::Absent, |value| value.value);
    let own = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
    let attribute = "DomainNameArn".to_owned();
    let arn = Value::named(Name::Attribute { stack: stack.id, id: resource.id.clone(), attribute });
    let mut mappings = Vec::new();
    let mut access_associations = Vec::new();
    for key in [&own, &arn, &name] {
        for kind in MAPPINGS {
            for (holder, mapping) in context.attachments.of(context.workspace, kind.type_name, key) {
                mappings.extend(kind.read(context, holder, mapping));
            }
        }
        let associations =
            context.attachments.of(context.workspace, "AWS::ApiGateway::DomainNameAccessAssociation", key);
        for (holder, association) in associations {
            access_associations.extend(
                read(context, holder, association, &["AccessAssociationSource"]).map(|value| value.value),
            );
        }
    }
    Domain {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        stack: stack.id,
        name,
        endpoint_type: endpoint_type(context, stack, resource, second),
        policy: read(context, stack, resource, &["Policy"]),
        mappings,
        access_associations,
    }
}

fn endpoint_type(context: &Context<'_>, stack: &Stack, resource: &Resource, second: bool) -> EndpointType {
    let tree = &stack.lowered.tree;
    let configurations = resource.properties.and_then(|node| tree.get(node, "DomainNameConfigurations"));
    let v2 = configurations.and_then(|node| tree.items(node).first().copied());
    let written = match v2 {
        Some(first) => tree.get(first, "EndpointType"),
        None => resource.properties.and_then(|node| tree.get_path(node, &["EndpointConfiguration", "Types"])),
    };
    let value = written.map(|node| context.peek(stack, |resolver| resolver.resolve(node)).value);
    let text = match &value {
        Some(Value::List(items)) => items.first().and_then(|item| item.value.as_text()),
        Some(value) => value.as_text(),
        None => None,
    };
    match (text, &value) {
        (Some("EDGE"), _) => EndpointType::Edge,
        (Some("REGIONAL"), _) => EndpointType::Regional,
        (Some("PRIVATE"), _) => EndpointType::Private,
        (None, None | Some(Value::Absent)) => default_type(&resource.type_name, second),
        _ => EndpointType::Unknown,
    }
}

/// The type of a domain that states none.
fn default_type(type_name: &str, second: bool) -> EndpointType {
    match type_name {
        _ if second => EndpointType::Private,
        "AWS::ApiGatewayV2::DomainName" => EndpointType::Regional,
        _ => EndpointType::Edge,
    }
}

/// A resource type that maps a domain to an API.
struct MappingKind {
    type_name: &'static str,
    api: &'static str,
    stage: &'static str,
    path: &'static str,
}

const MAPPINGS: [MappingKind; 3] = [
    MappingKind {
        type_name: "AWS::ApiGateway::BasePathMapping",
        api: "RestApiId",
        stage: "Stage",
        path: "BasePath",
    },
    MappingKind {
        type_name: "AWS::ApiGateway::BasePathMappingV2",
        api: "RestApiId",
        stage: "Stage",
        path: "BasePath",
    },
    MappingKind {
        type_name: "AWS::ApiGatewayV2::ApiMapping",
        api: "ApiId",
        stage: "Stage",
        path: "ApiMappingKey",
    },
];

impl MappingKind {
    fn read(&self, context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<Mapping> {
        let value = |key: &str| read(context, stack, resource, &[key]).map(|value| value.value);
        let path = value(self.path).and_then(|path| path.as_text().map(str::to_owned)).unwrap_or_default();
        Some(Mapping { api: value(self.api)?, stage: value(self.stage), path, span: resource.id_span })
    }
}

impl Domain {
    /// Whether a mapping of this domain leads to the API of that name.
    pub fn serves(&self, api: &Value) -> bool {
        self.mappings.iter().any(|mapping| mapping.api.same(api) == Same::Yes)
    }
}
