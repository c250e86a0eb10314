//! Mappings and routing rules of the whole run, by the API they lead to.
//!
//! The domain may be declared anywhere or nowhere; what a declared domain maps is in `domains`.

use crate::exposure::Context;
use crate::exposure::custom::Way;
use crate::syntax::tree::NodeId;
use crate::template::value::Value;
use crate::workspace::Stack;

/// All of them, in file and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Way> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        let tree = &stack.lowered.tree;
        for resource in &stack.lowered.resources {
            let Some(properties) = resource.properties else { continue };
            let (domain, apis) = match resource.type_name.as_str() {
                "AWS::ApiGateway::BasePathMapping" => ("DomainName", api(stack, properties, "RestApiId")),
                "AWS::ApiGateway::BasePathMappingV2" => {
                    ("DomainNameArn", api(stack, properties, "RestApiId"))
                }
                "AWS::ApiGatewayV2::ApiMapping" => ("DomainName", api(stack, properties, "ApiId")),
                "AWS::ApiGatewayV2::RoutingRule" => ("DomainNameArn", invoked(stack, properties)),
                _ => continue,
            };
            let read = |node: NodeId| context.peek(stack, |resolver| resolver.resolve(node)).value;
            let domain = tree.get(properties, domain).map_or(Value::Absent, read);
            let span = resource.id_span;
            found.extend(apis.into_iter().map(|node| Way { api: read(node), domain: domain.clone(), span }));
        }
    }
    found.sort_by_key(|way| (way.span.file, way.span.range));
    found
}

fn api(stack: &Stack, properties: NodeId, key: &str) -> Vec<NodeId> {
    stack.lowered.tree.get(properties, key).into_iter().collect()
}

/// The APIs that a routing rule's actions call.
fn invoked(stack: &Stack, properties: NodeId) -> Vec<NodeId> {
    let tree = &stack.lowered.tree;
    let actions = tree.get(properties, "Actions").map_or(&[][..], |node| tree.items(node));
    actions.iter().filter_map(|&action| tree.get_path(action, &["InvokeApi", "ApiId"])).collect()
}
