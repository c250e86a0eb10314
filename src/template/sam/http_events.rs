//! `HttpApi` events of functions: their integration, authorizer and permission.
//!
//! Unlike `Api` events they are added to an own `DefinitionBody` too. Source: aws-sam-translator 1.115.0,
//! `model/eventsources/push.py` (`HttpApi`), `open_api/open_api.py`.

use crate::syntax::tree::NodeId;
use crate::template::lowered::SurpriseKind;
use crate::template::sam::auth;
use crate::template::sam::events::{self, ApiId, DEFAULT_PATH, Event, Handler};
use crate::template::sam::implicit::HTTP;
use crate::template::sam::lowering::{Lowering, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi::{self, ANY_METHOD, Operation};

/// What a lowered event needs for its permission: `None` when the function's default route covers it.
pub(super) type Placed = (ApiId, Operation, bool);

/// Lowers an `HttpApi` event. Says whether a permission of its own is needed.
pub(super) fn lower(
    lowering: &mut Lowering<'_>,
    handler: &Handler<'_>,
    event: &Event,
) -> Step<Option<Placed>> {
    // What is refused here was refused when the paths were collected.
    let Ok(Some(properties)) = events::properties(&lowering.nodes, &HTTP, event) else { return Ok(None) };
    let Ok(mut operation) = events::operation(&lowering.nodes, &HTTP, event, properties) else {
        return Ok(None);
    };
    let Ok(api) = events::api_id(&lowering.nodes, &HTTP, event, properties) else { return Ok(None) };
    let Some(at) = lowering.find(&api.id) else { return Ok(None) };
    operation.method = operation.method.to_lowercase();
    events::add_route(lowering, &handler.parent.id, &api, &operation);
    let api_properties = lowering.properties(at);
    let is_sam = lowering.items[at].resource.type_name.starts_with("AWS::Serverless::");
    let body = match is_sam {
        true => lowering.nodes.own_child(api_properties, "DefinitionBody"),
        false => None,
    };
    let Some(body) = body.filter(|&body| lowering.nodes.is_truthy(body)) else {
        return Ok(Some((api, operation, true)));
    };
    if !openapi::is_valid_3(&lowering.nodes, body) {
        let reason = "`DefinitionBody` of an HTTP API must be a valid OpenAPI 3 document";
        return Err(Refuse::new(lowering.nodes.span(body), reason));
    }
    let covered = operation.path != DEFAULT_PATH && has_default_route(&lowering.nodes, body, handler);
    let placed = (api, operation, !covered);
    if lowering.items[at].managed && openapi::has_integration(&lowering.nodes, body, &placed.1) {
        let Operation { path, method, method_span, .. } = &placed.1;
        let reason = format!("method `{method}` is defined several times for path `{path}`");
        return Err(Refuse::new(*method_span, reason));
    }
    if !openapi::has_integration(&lowering.nodes, body, &placed.1) {
        let integration = events::integration(&mut lowering.nodes, handler, event.name_span);
        let condition = handler.parent.condition.as_ref().map(|(name, _)| name.as_str());
        openapi::add_integration(&mut lowering.nodes, body, &placed.1, integration, condition)?;
    }
    if let Some(auth) = lowering.nodes.get_truthy(properties, "Auth") {
        let api_auth = lowering.nodes.get(api_properties, "Auth");
        add_auth(lowering, &placed, auth, api_auth, body)?;
    }
    Ok(Some(placed))
}

/// Whether the body's default route goes to this function (an alias never counts).
fn has_default_route(nodes: &Nodes, body: NodeId, handler: &Handler<'_>) -> bool {
    let item = nodes.get(body, "paths").and_then(|paths| nodes.get(paths, DEFAULT_PATH));
    let Some(item) = item else { return false };
    let wanted = format!("{}.Arn", handler.parent.id);
    let goes_here = |uri: NodeId| {
        let text = nodes.get_text(uri, "Fn::Sub").unwrap_or_default();
        first_arn(text) == Some(wanted.as_str())
    };
    let mut found = false;
    for item in nodes.alternatives(item) {
        let Some(method) = nodes.get(item, ANY_METHOD) else { return false };
        for method in nodes.alternatives(method) {
            let integration = nodes.get(method, "x-amazon-apigateway-integration");
            let Some(uri) = integration.and_then(|integration| nodes.get(integration, "uri")) else {
                return false;
            };
            if !nodes.alternatives(uri).into_iter().all(goes_here) {
                return false;
            }
            found = true;
        }
    }
    found && handler.arn == wanted
}

/// The first `Name.Arn` in a text.
fn first_arn(text: &str) -> Option<&str> {
    let end = text.find(".Arn")?;
    let (head, _) = text.split_at(end);
    let start = head.rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    text.get(start..end + 4).filter(|found| found.len() > 4)
}

fn add_auth(
    lowering: &mut Lowering<'_>,
    (api, operation, _): &Placed,
    auth: NodeId,
    api_auth: Option<NodeId>,
    body: NodeId,
) -> Step {
    let nodes = &lowering.nodes;
    let of_api = |key: &str| api_auth.and_then(|auth| nodes.get_truthy(auth, key));
    let default = of_api("DefaultAuthorizer");
    let span = nodes.span(auth);
    let Some(authorizer) = nodes.get_truthy(auth, "Authorizer").or(default) else {
        let reason = "`Auth` of an event needs `Authorizer`, or a `DefaultAuthorizer` on the API";
        return Err(Refuse::new(span, reason));
    };
    let authorizers = of_api("Authorizers");
    let iam = of_api("EnableIamAuthorizer").is_some_and(|node| nodes.shape(node) == Shape::Bool(true));
    let place = nodes.span(authorizer);
    let Some(name) = nodes.text(authorizer).map(str::to_owned) else {
        return Err(Refuse::new(place, "`Authorizer` must be the name of an authorizer of the API"));
    };
    let definition = authorizers.and_then(|authorizers| nodes.get_truthy(authorizers, &name));
    match name.as_str() {
        "NONE" if default.is_none() => {
            return Err(Refuse::new(place, "`Authorizer: NONE` needs an API with a `DefaultAuthorizer`"));
        }
        "NONE" => {
            let method = events::shown_method(&operation.method);
            let kind = SurpriseKind::AuthorizerNone { path: operation.path.clone(), method };
            lowering.surprise(&api.id, place, kind);
        }
        "AWS_IAM" if iam => {}
        _ if definition.is_none() => {
            return Err(Refuse::new(place, format!("the API does not define the authorizer `{name}`")));
        }
        _ => {}
    }
    let nodes = &mut lowering.nodes;
    let own = nodes.get_truthy(auth, "AuthorizationScopes");
    if let Some(scopes) = own.filter(|&scopes| nodes.shape(scopes) != Shape::List) {
        return Err(Refuse::new(nodes.span(scopes), "`AuthorizationScopes` must be a list of strings"));
    }
    let scopes =
        definition.and_then(|definition| own.or_else(|| nodes.get_truthy(definition, "AuthorizationScopes")));
    let scopes = scopes.filter(|_| !matches!(name.as_str(), "NONE" | "AWS_IAM"));
    auth::add_requirement(nodes, body, operation, place, &name, scopes)
}
