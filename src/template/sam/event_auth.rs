//! `Auth` of an `Api` event → `security` of its method, before the API's defaults come.
//!
//! Does not touch the resource policy. Source: aws-sam-translator 1.115.0, `model/eventsources/push.py`.

use crate::syntax::tree::NodeId;
use crate::template::lowered::SurpriseKind;
use crate::template::sam::auth;
use crate::template::sam::authorizers;
use crate::template::sam::lowering::{Lowering, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi::{self, Operation};

/// Who asks and what for: an event with `Auth`.
pub(super) struct EventAuth<'a> {
    /// The API the event belongs to.
    pub(super) api: &'a str,
    /// `Auth` of that API, globals included.
    pub(super) api_auth: Option<NodeId>,
    /// `Auth` of the event.
    pub(super) auth: NodeId,
    pub(super) operation: &'a Operation,
}

/// Writes an event's `Authorizer` and `ApiKeyRequired` into its method.
pub(super) fn apply(lowering: &mut Lowering<'_>, event: &EventAuth<'_>, body: NodeId) -> Step {
    let authorizer = lowering.nodes.get_truthy(event.auth, "Authorizer");
    let api_auth = |key: &str| event.api_auth.and_then(|auth| lowering.nodes.get_truthy(auth, key));
    let authorizers = api_auth("Authorizers");
    let (has_default, has_key) =
        (api_auth("DefaultAuthorizer").is_some(), api_auth("ApiKeyRequired").is_some());
    if let Some(authorizer) = authorizer {
        check_authorizer(lowering, event, authorizer, authorizers, has_default)?;
    }
    if let Some(scopes) = lowering.nodes.get_truthy(event.auth, "AuthorizationScopes") {
        let span = lowering.nodes.span(scopes);
        if lowering.nodes.shape(scopes) != Shape::List {
            return Err(Refuse::new(span, "`AuthorizationScopes` must be a list"));
        }
        if authorizer.is_none() {
            return Err(Refuse::new(span, "`AuthorizationScopes` works only with `Authorizer`"));
        }
    }
    let api_key = lowering.nodes.get(event.auth, "ApiKeyRequired");
    if let Some(api_key) = api_key
        && !lowering.nodes.is_truthy(api_key)
        && !has_key
    {
        let reason = "`ApiKeyRequired: false` needs an API that requires keys";
        return Err(Refuse::new(lowering.nodes.span(api_key), reason));
    }
    if let Some(authorizer) = authorizer {
        set_authorizer(lowering, event, authorizer, authorizers, body)?;
    }
    if let Some(api_key) = api_key {
        set_api_key(&mut lowering.nodes, event.operation, api_key, body)?;
    }
    Ok(())
}

fn check_authorizer(
    lowering: &mut Lowering<'_>,
    event: &EventAuth<'_>,
    authorizer: NodeId,
    authorizers: Option<NodeId>,
    has_default: bool,
) -> Step {
    let nodes = &lowering.nodes;
    let span = nodes.span(authorizer);
    if let Some(authorizers) = authorizers
        && !nodes.is_dict(authorizers)
    {
        return Err(Refuse::new(nodes.span(authorizers), "`Auth.Authorizers` must be a map"));
    }
    match nodes.text(authorizer) {
        Some("AWS_IAM") => Ok(()),
        Some("NONE") if has_default => {
            let Operation { path, method, .. } = event.operation;
            let method = if method == "any" { "*".to_owned() } else { method.to_uppercase() };
            let kind = SurpriseKind::AuthorizerNone { path: path.clone(), method };
            lowering.surprise(event.api, span, kind);
            Ok(())
        }
        Some("NONE") => Err(Refuse::new(span, "`Authorizer: NONE` needs an API with a `DefaultAuthorizer`")),
        Some(name) => match authorizers.and_then(|authorizers| nodes.get_truthy(authorizers, name)) {
            Some(_) => Ok(()),
            None => Err(Refuse::new(span, format!("the API does not define the authorizer `{name}`"))),
        },
        None => Err(Refuse::new(span, "`Authorizer` must be the name of an authorizer of the API")),
    }
}

fn set_authorizer(
    lowering: &mut Lowering<'_>,
    event: &EventAuth<'_>,
    authorizer: NodeId,
    authorizers: Option<NodeId>,
    body: NodeId,
) -> Step {
    let span = lowering.nodes.span(authorizer);
    let Some(name) = lowering.nodes.text(authorizer).map(str::to_owned) else { return Ok(()) };
    let definition = authorizers.and_then(|authorizers| lowering.nodes.get(authorizers, &name));
    let scopes = definition.and_then(|definition| {
        let own = lowering.nodes.get(event.auth, "AuthorizationScopes");
        own.or_else(|| lowering.nodes.get(definition, "AuthorizationScopes"))
    });
    let nodes = &mut lowering.nodes;
    for definition in openapi::method(nodes, body, event.operation)? {
        let mut items = auth::security(nodes, definition)?;
        items.push(auth::requirement(nodes, span, &name, scopes));
        auth::set_security(nodes, body, definition, span, items)?;
    }
    Ok(())
}

fn set_api_key(nodes: &mut Nodes, operation: &Operation, api_key: NodeId, body: NodeId) -> Step {
    let span = nodes.span(api_key);
    let required = nodes.is_truthy(api_key);
    for definition in openapi::method(nodes, body, operation)? {
        if required {
            authorizers::define_api_key(nodes, body, span)?;
        }
        let mut items = auth::security(nodes, definition)?;
        items.push(auth::requirement(nodes, span, if required { "api_key" } else { "api_key_false" }, None));
        let list = nodes.list(span, items);
        nodes.set(definition, "security", span, list);
    }
    Ok(())
}
