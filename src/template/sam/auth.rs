//! `Auth` of an API → `security` of its methods.
//!
//! The order is the translator's: events first, then the API's defaults around what the events wrote. Does not
//! touch the resource policy. Source: aws-sam-translator 1.115.0, `swagger/swagger.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::authorizers;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi::{self, Operation};

const FIELDS: [&str; 8] = [
    "Authorizers",
    "DefaultAuthorizer",
    "InvokeRole",
    "AddDefaultAuthorizerToCorsPreflight",
    "AddApiKeyRequiredToCorsPreflight",
    "ApiKeyRequired",
    "ResourcePolicy",
    "UsagePlan",
];

/// Writes the authorizers and defaults of an API's `Auth` into its body. The resource policy is separate.
pub(super) fn apply(lowering: &mut Lowering<'_>, api: &Parent, auth: NodeId, body: NodeId) -> Step {
    if let Some((key, entry)) =
        lowering.nodes.pairs(auth).into_iter().find(|(key, _)| !FIELDS.contains(&key.as_str()))
    {
        let reason = format!("`Auth` has no key `{key}`");
        return Err(Refuse::new(lowering.nodes.span(entry.key), reason));
    }
    let default = default_authorizer(lowering, auth)?;
    let iam = default.as_ref().is_some_and(|default| default.name == "AWS_IAM");
    let names = authorizers::security_definitions(lowering, api, auth, body, iam)?;
    if let Some(default) = &default
        && (!names.is_empty() || !default.known)
    {
        apply_default(lowering, api, auth, body, &names, default)?;
    }
    if lowering.resolved_truthy(auth, "ApiKeyRequired").is_some() {
        require_api_key(lowering, api, auth, body)?;
    }
    Ok(())
}

/// Puts the default authorizer on every method that has an integration.
fn apply_default(
    lowering: &mut Lowering<'_>,
    api: &Parent,
    auth: NodeId,
    body: NodeId,
    names: &[String],
    default: &DefaultName,
) -> Step {
    let written = lowering.nodes.get(auth, "DefaultAuthorizer");
    let span = written.map_or(api.span, |node| lowering.nodes.span(node));
    let DefaultName { name, known } = default;
    if *known && !names.contains(name) && name != "AWS_IAM" {
        return Err(Refuse::new(span, format!("`DefaultAuthorizer` `{name}` is not among `Authorizers`")));
    }
    let preflight = flag(lowering, auth, "AddDefaultAuthorizerToCorsPreflight");
    let default = Default { name, span, scopes: scopes(lowering, auth, name) };
    for path in openapi::paths(&lowering.nodes, body) {
        for (method, definition) in openapi::methods(&mut lowering.nodes, body, &path)? {
            if preflight || method != "options" {
                set_default(&mut lowering.nodes, body, definition, names, &default)?;
            }
        }
    }
    Ok(())
}

/// The default authorizer's name. A parameter without value stands under its own name, which no scheme has:
/// the authorizer is not known.
fn default_authorizer(lowering: &mut Lowering<'_>, auth: NodeId) -> Step<Option<DefaultName>> {
    let Some(node) = lowering.resolved_truthy(auth, "DefaultAuthorizer") else { return Ok(None) };
    if let Some(name) = lowering.nodes.text(node) {
        return Ok(Some(DefaultName { name: name.to_owned(), known: true }));
    }
    match lowering.parameter_name(node) {
        Some(parameter) => Ok(Some(DefaultName { name: format!("${{{parameter}}}"), known: false })),
        None if lowering.nodes.get_truthy(auth, "Authorizers").is_none() => Ok(None),
        None => Err(Refuse::new(lowering.nodes.span(node), "`DefaultAuthorizer` is not a string")),
    }
}

/// Name of the default authorizer, and whether it is a name rather than a parameter's.
struct DefaultName {
    name: String,
    known: bool,
}

/// A flag that is on unless it is written otherwise.
fn flag(lowering: &mut Lowering<'_>, auth: NodeId, key: &str) -> bool {
    lowering.nodes.entry(auth, key).is_none() || lowering.resolved_truthy(auth, key).is_some()
}

fn scopes(lowering: &mut Lowering<'_>, auth: NodeId, authorizer: &str) -> Option<NodeId> {
    let authorizers = lowering.nodes.get(auth, "Authorizers")?;
    let authorizer = lowering.nodes.get(authorizers, authorizer)?;
    lowering.nodes.get(authorizer, "AuthorizationScopes")
}

struct Default<'a> {
    name: &'a str,
    span: Span,
    scopes: Option<NodeId>,
}

/// Entries of a method's `security`; refused when it is no list of maps.
pub(super) fn security(nodes: &Nodes, definition: NodeId) -> Step<Vec<NodeId>> {
    let Some(entry) = nodes.entry(definition, "security") else { return Ok(Vec::new()) };
    if nodes.shape(entry.value) != Shape::List {
        return Err(Refuse::new(nodes.span(entry.value), "`security` of a method must be a list"));
    }
    let items = nodes.items(entry.value);
    match items.iter().find(|&&item| !nodes.is_dict(item)) {
        Some(&item) => Err(Refuse::new(nodes.span(item), "an entry of `security` must be a map")),
        None => Ok(items),
    }
}

fn has_key(nodes: &Nodes, requirement: NodeId, keys: &[&str]) -> bool {
    nodes.keys(requirement).iter().any(|key| keys.contains(&key.as_str()))
}

/// One entry of `security`.
pub(super) fn requirement(nodes: &mut Nodes, span: Span, name: &str, scopes: Option<NodeId>) -> NodeId {
    let scopes = scopes.unwrap_or_else(|| nodes.list(span, Vec::new()));
    nodes.map(span, &[(name, scopes)])
}

/// Writes `security`; the translator defines IAM's scheme when it comes first.
pub(super) fn set_security(
    nodes: &mut Nodes,
    body: NodeId,
    definition: NodeId,
    span: Span,
    items: Vec<NodeId>,
) -> Step {
    let first = items.first().copied();
    let list = nodes.list(span, items);
    nodes.set(definition, "security", span, list);
    if first.is_some_and(|first| has_key(nodes, first, &["AWS_IAM"])) {
        let scheme = authorizers::aws_iam(nodes, span);
        authorizers::define(nodes, body, "AWS_IAM", span, scheme, false)?;
    }
    Ok(())
}

/// Adds one requirement to the methods of an operation.
pub(super) fn add_requirement(
    nodes: &mut Nodes,
    body: NodeId,
    operation: &Operation,
    span: Span,
    name: &str,
    scopes: Option<NodeId>,
) -> Step {
    for definition in openapi::method(nodes, body, operation)? {
        let mut items = security(nodes, definition)?;
        items.push(requirement(nodes, span, name, scopes));
        let list = nodes.list(span, items);
        nodes.set(definition, "security", span, list);
    }
    Ok(())
}

/// Makes one requirement the whole `security` of a method.
pub(super) fn set_only_requirement(
    nodes: &mut Nodes,
    definition: NodeId,
    span: Span,
    name: &str,
    scopes: Option<NodeId>,
) {
    let item = requirement(nodes, span, name, scopes);
    let list = nodes.list(span, vec![item]);
    nodes.set(definition, "security", span, list);
}

/// Adds the default authorizer unless the event or the author gave one, or said `NONE`.
fn set_default(
    nodes: &mut Nodes,
    body: NodeId,
    definition: NodeId,
    names: &[String],
    default: &Default<'_>,
) -> Step {
    let mut known: Vec<&str> = names.iter().map(String::as_str).collect();
    known.push("AWS_IAM");
    let (own, mut others): (Vec<_>, Vec<_>) =
        security(nodes, definition)?.into_iter().partition(|&item| has_key(nodes, item, &known));
    let none = others.iter().position(|&item| has_key(nodes, item, &["NONE"]));
    match none {
        Some(at) => {
            others.remove(at);
        }
        None if !own.is_empty() => others.extend(own),
        None => others.push(requirement(nodes, default.span, default.name, default.scopes)),
    }
    if others.is_empty() {
        return Ok(());
    }
    set_security(nodes, body, definition, default.span, others)
}

fn require_api_key(lowering: &mut Lowering<'_>, api: &Parent, auth: NodeId, body: NodeId) -> Step {
    let span = lowering.nodes.get(auth, "ApiKeyRequired").map_or(api.span, |it| lowering.nodes.span(it));
    let preflight = flag(lowering, auth, "AddApiKeyRequiredToCorsPreflight");
    let nodes = &mut lowering.nodes;
    authorizers::define_api_key(nodes, body, span)?;
    for path in openapi::paths(nodes, body) {
        for (method, definition) in openapi::methods(nodes, body, &path)? {
            let existing = security(nodes, definition)?;
            let count = existing.len();
            let (own, mut others): (Vec<_>, Vec<_>) =
                existing.into_iter().partition(|&item| has_key(nodes, item, &["api_key", "api_key_false"]));
            let refused = own.iter().any(|&item| has_key(nodes, item, &["api_key_false"]));
            let wanted = !refused && (method != "options" || preflight);
            if wanted {
                others.push(requirement(nodes, span, "api_key", None));
            }
            if others.len() != count || !own.is_empty() {
                let list = nodes.list(span, others);
                nodes.set(definition, "security", span, list);
            }
        }
    }
    Ok(())
}
