//! Events and operations that an API serves, for labels, and paths of written resources.

use crate::exposure::Context;
use crate::exposure::model::Route;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::document::{Origin, Resource};
use crate::template::intrinsic::{get_att, intrinsic, referenced};
use crate::workspace::Stack;

/// Longest chain of `ParentId`s that is followed.
const MAX_PATH_PARTS: usize = 128;

/// Logical ids that the transform gives to implicit APIs.
const IMPLICIT: [&str; 2] = ["ServerlessRestApi", "ServerlessHttpApi"];

/// SAM events that this API serves, in text order.
pub(crate) fn of(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Vec<Route> {
    let tree = &*stack.template.tree;
    let mut routes = Vec::new();
    let holders = context.stacks.of(stack).map_or(&[][..], |known| &known.holders);
    for holder in holders.iter().filter_map(|&number| stack.template.resources.get(number)) {
        let events = holder.properties.and_then(|properties| tree.get(properties, "Events"));
        for event in events.map_or(&[][..], |events| tree.entries(events)) {
            let name = tree.span(event.key);
            let route = event_route(tree, event.value, &holder.id, resource);
            routes.extend(route.map(|route| Route { event: Some(name), ..route }));
        }
    }
    routes
}

fn event_route(tree: &Tree, event: NodeId, handler: &str, api: &Resource) -> Option<Route> {
    let type_node = tree.get(event, "Type")?;
    let api_key = match tree.scalar(type_node)? {
        "Api" => "RestApiId",
        "HttpApi" => "ApiId",
        _ => return None,
    };
    let properties = tree.get(event, "Properties");
    let target = properties.and_then(|properties| tree.get(properties, api_key));
    let span = match target {
        Some(node) => {
            let named = referenced(tree, node).or_else(|| tree.scalar(node));
            (named == Some(api.id.as_str())).then(|| tree.tagged_span(node))?
        }
        None => {
            let implicit = api.origin == Origin::Implicit || IMPLICIT.contains(&api.id.as_str());
            let same_kind = (api.type_name == "AWS::ApiGateway::RestApi") == (api_key == "RestApiId");
            (implicit && same_kind).then(|| tree.span(type_node))?
        }
    };
    let text = |key: &str| properties.and_then(|node| tree.scalar(tree.get(node, key)?)).map(str::to_owned);
    let method = text("Method").map_or_else(|| "*".to_owned(), |method| method.to_ascii_uppercase());
    Some(Route {
        path: text("Path").unwrap_or_else(|| "/*".to_owned()),
        method: if method == "ANY" { "*".to_owned() } else { method },
        span,
        handler: Some(handler.to_owned()),
        event: None,
    })
}

/// The path that the `ResourceId` at `node` means; `None` when it cannot be read.
pub(crate) fn written_path(context: &Context<'_>, stack: &Stack, node: NodeId) -> Option<String> {
    let tree = &stack.lowered.tree;
    let mut parts: Vec<String> = Vec::new();
    let mut node = node;
    for _ in 0..MAX_PATH_PARTS {
        if let Some((_, "RootResourceId")) =
            intrinsic(tree, node).and_then(|found| get_att(tree, found.argument))
        {
            parts.reverse();
            return Some(format!("/{}", parts.join("/")));
        }
        let id = match referenced(tree, node) {
            Some(id) => id,
            None => {
                intrinsic(tree, node).and_then(|found| get_att(tree, found.argument)).map(|(id, _)| id)?
            }
        };
        let resource = stack.lowered.resource(id)?;
        let properties = resource.properties?;
        let part = tree.get(properties, "PathPart")?;
        let part = context.peek(stack, |resolver| resolver.peek(part)).value;
        parts.push(part.as_text()?.to_owned());
        node = tree.get(properties, "ParentId")?;
    }
    None
}
