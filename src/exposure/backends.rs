//! Lambda functions that the operations of an API call: integrations of written methods and of bodies.
//!
//! Events are in `routes`.

use crate::exposure::Context;
use crate::exposure::model::Backend;
use crate::order::Order;
use crate::source::Span;
use crate::syntax::tree::{Kind, NodeId};
use crate::template::document::Resource;
use crate::template::value::{Name, Part, Value};
use crate::workspace::Stack;

/// Deepest nesting of a body that is searched.
const MAX_DEPTH: usize = 64;

/// Keys of a body below which an integration stands.
const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// The functions of the API's template that it calls, each once, in text order.
pub(crate) fn of(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Vec<Backend> {
    let mut found = Vec::new();
    let name = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
    for (holder, method) in context.attachments.of(context.workspace, "AWS::ApiGateway::Method", &name) {
        let uri =
            method.properties.and_then(|node| holder.lowered.tree.get_path(node, &["Integration", "Uri"]));
        if let Some(uri) = uri.filter(|_| holder.id == stack.id) {
            found.extend(called(context, holder, uri, method.id_span));
        }
    }
    let tree = &stack.lowered.tree;
    if let Some(body) = resource.properties.and_then(|node| tree.get(node, "Body")) {
        for integration in integrations(stack, body) {
            if let Some(uri) = tree.get(integration, "uri") {
                found.extend(called(context, stack, uri, tree.tagged_span(uri)));
            }
        }
    }
    found.order_by_key(|backend| (backend.span.file, backend.span.range));
    let mut once: Vec<Backend> = Vec::new();
    for backend in found {
        if once.iter().all(|known| known.function != backend.function) {
            once.push(backend);
        }
    }
    once
}

/// The integrations below a node.
fn integrations(stack: &Stack, body: NodeId) -> Vec<NodeId> {
    let tree = &stack.lowered.tree;
    let mut found = Vec::new();
    let mut open = vec![(body, 0_usize)];
    while let Some((node, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            continue;
        }
        match &tree.node(node).kind {
            Kind::Scalar { .. } => {}
            Kind::Sequence(items) => open.extend(items.iter().map(|&item| (item, depth + 1))),
            Kind::Mapping(entries) => {
                for entry in entries {
                    if tree.scalar(entry.key) == Some(INTEGRATION) {
                        found.push(entry.value);
                    } else {
                        open.push((entry.value, depth + 1));
                    }
                }
            }
        }
    }
    found
}

/// The function of the stack whose ARN stands in an integration's address.
fn called(context: &Context<'_>, stack: &Stack, uri: NodeId, span: Span) -> Option<Backend> {
    let value = context.peek(stack, |resolver| resolver.resolve(uri)).value;
    let parts = value.to_parts()?;
    let function = parts.iter().find_map(|part| {
        let Part::Named(name) = part else { return None };
        let (Name::Attribute { stack: owner, id, .. } | Name::Resource { stack: owner, id }) = &**name else {
            return None;
        };
        let resource = stack.lowered.resource(id).filter(|_| *owner == stack.id)?;
        (resource.type_name == "AWS::Lambda::Function").then(|| id.clone())
    })?;
    Some(Backend { function, span })
}
