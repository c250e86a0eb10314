//! `Auth` of an API and of its events → `securityDefinitions` and `security` of the methods.
//!
//! The order is the translator's: events first, then the API's defaults around what the events wrote. Does not
//! touch the resource policy. Source: aws-sam-translator 1.115.0, `swagger/swagger.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::lowered::SurpriseKind;
use crate::template::sam::checks;
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
    let names = security_definitions(lowering, api, auth, body, iam)?;
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

/// Writes the definitions of all authorizers and returns their names; `AWS_IAM` counts when it is the default.
fn security_definitions(
    lowering: &mut Lowering<'_>,
    api: &Parent,
    auth: NodeId,
    body: NodeId,
    with_iam: bool,
) -> Step<Vec<String>> {
    let mut names = Vec::new();
    let span = lowering.nodes.span(auth);
    let mut definitions = Vec::new();
    if with_iam {
        names.push("AWS_IAM".to_owned());
        definitions.push(("AWS_IAM".to_owned(), span, aws_iam(&mut lowering.nodes, span)));
    }
    if let Some(authorizers) = lowering.resolved_truthy(auth, "Authorizers") {
        if !lowering.nodes.is_dict(authorizers) {
            return Err(Refuse::new(lowering.nodes.span(authorizers), "`Auth.Authorizers` must be a map"));
        }
        for (name, entry) in lowering.nodes.pairs(authorizers) {
            let key = lowering.nodes.span(entry.key);
            if !lowering.nodes.is_dict(entry.value) {
                return Err(Refuse::new(key, format!("authorizer `{name}` must be a map")));
            }
            let definition = authorizer(lowering, api, &name, key, entry.value)?;
            definitions.push((name.clone(), key, definition));
            names.push(name);
        }
    }
    for (name, key, definition) in definitions {
        define(&mut lowering.nodes, body, &name, key, definition, true)?;
    }
    Ok(names)
}

fn define(nodes: &mut Nodes, body: NodeId, name: &str, key: Span, definition: NodeId, replace: bool) -> Step {
    let definitions = match nodes.own_child(body, "securityDefinitions") {
        Some(node) if nodes.is_truthy(node) => node,
        _ => {
            let empty = nodes.map(key, &[]);
            nodes.set(body, "securityDefinitions", key, empty);
            empty
        }
    };
    if !nodes.is_dict(definitions) {
        return Err(Refuse::new(nodes.span(definitions), "`securityDefinitions` must be a map"));
    }
    if replace || nodes.entry(definitions, name).is_none() {
        nodes.set(definitions, name, key, definition);
    }
    Ok(())
}

/// The scheme of IAM authorization.
pub(super) fn aws_iam(nodes: &mut Nodes, span: Span) -> NodeId {
    scheme(nodes, span, "Authorization", "awsSigv4")
}

fn scheme(nodes: &mut Nodes, span: Span, header: &str, kind: &str) -> NodeId {
    let (key, name, place) =
        (nodes.string(span, "apiKey"), nodes.string(span, header), nodes.string(span, "header"));
    let kind = nodes.string(span, kind);
    nodes.map(span, &[("type", key), ("name", name), ("in", place), ("x-amazon-apigateway-authtype", kind)])
}

/// The definition of one entry of `Authorizers`.
fn authorizer(
    lowering: &mut Lowering<'_>,
    api: &Parent,
    name: &str,
    key: Span,
    written: NodeId,
) -> Step<NodeId> {
    let payload = match lowering.nodes.get(written, "FunctionPayloadType") {
        None => "TOKEN".to_owned(),
        Some(node) => {
            let text = lowering.resolved_text(node);
            text.filter(|text| matches!(text.as_str(), "TOKEN" | "REQUEST")).ok_or_else(|| {
                let reason = format!("authorizer `{name}` has an invalid `FunctionPayloadType`");
                Refuse::new(lowering.nodes.span(node), reason)
            })?
        }
    };
    if payload == "REQUEST" && is_missing_identity(lowering, written) {
        let reason = format!(
            "authorizer `{name}` must give `Identity` with `Headers`, `QueryStrings`, `StageVariables` or `Context`"
        );
        return Err(Refuse::new(key, reason));
    }
    if let Some(scopes) = lowering.nodes.get(written, "AuthorizationScopes")
        && lowering.nodes.shape(scopes) != Shape::List
    {
        return Err(Refuse::new(lowering.nodes.span(scopes), "`AuthorizationScopes` must be a list"));
    }
    checks::check_identity(&lowering.nodes, written)?;
    let pool = lowering.resolved_truthy(written, "UserPoolArn");
    let function = lowering.nodes.get(written, "FunctionArn");
    let nodes = &mut lowering.nodes;
    let (authtype, kind) = match (pool, payload.as_str()) {
        (Some(_), _) => ("cognito_user_pools", "cognito_user_pools"),
        (None, "REQUEST") => ("custom", "request"),
        (None, _) => ("custom", "token"),
    };
    let definition = scheme(nodes, key, "Authorization", authtype);
    let kind = nodes.string(key, kind);
    let settings = nodes.map(key, &[("type", kind)]);
    if let Some(pool) = pool {
        let pools = if nodes.shape(pool) == Shape::List { pool } else { nodes.list(key, vec![pool]) };
        nodes.set(settings, "providerARNs", key, pools);
    } else if let Some(function) = function {
        let partition = partition_variable();
        let uri = format!(
            "arn:{partition}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{__FunctionArn__}}/invocations"
        );
        let uri = nodes.sub(key, &uri, &[("__FunctionArn__", function)]);
        nodes.set(settings, "authorizerUri", key, uri);
        if lowering.resolved_truthy(written, "DisableFunctionDefaultPermissions").is_none() {
            authorizer_permission(lowering, api, name, function);
        }
    }
    let nodes = &mut lowering.nodes;
    nodes.set(definition, "x-amazon-apigateway-authorizer", key, settings);
    Ok(definition)
}

/// The translator writes the partition of its own region; the pseudo parameter says the same everywhere.
pub(super) fn partition_variable() -> &'static str {
    "${AWS::Partition}"
}

/// Lets API Gateway call an authorizer's function.
pub(super) fn authorizer_permission(lowering: &mut Lowering<'_>, api: &Parent, name: &str, function: NodeId) {
    let span = lowering.nodes.span(function);
    let nodes = &mut lowering.nodes;
    let api_id = nodes.reference(span, &api.id);
    let partition = partition_variable();
    let arn = format!(
        "arn:{partition}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/authorizers/*"
    );
    let source = nodes.sub(span, &arn, &[("__ApiId__", api_id)]);
    let action = nodes.string(span, "lambda:InvokeFunction");
    let principal = nodes.string(span, "apigateway.amazonaws.com");
    let properties = nodes.map(
        span,
        &[("Action", action), ("FunctionName", function), ("Principal", principal), ("SourceArn", source)],
    );
    let id = format!("{}{name}AuthorizerPermission", api.id);
    lowering.make(api, &id, "AWS::Lambda::Permission", properties);
}

fn is_missing_identity(lowering: &mut Lowering<'_>, written: NodeId) -> bool {
    let Some(identity) = lowering.resolved_truthy(written, "Identity") else { return true };
    let none = ["Headers", "QueryStrings", "StageVariables", "Context"]
        .iter()
        .all(|key| lowering.resolved_truthy(identity, key).is_none());
    let Some(seconds) = lowering.nodes.get(identity, "ReauthorizeEvery") else { return none };
    let seconds = lowering.resolved(seconds);
    let seconds = lowering.nodes.tree.scalar(seconds).and_then(|text| text.trim().parse::<i64>().ok());
    none && seconds.is_none_or(|seconds| seconds > 0)
}

struct Default<'a> {
    name: &'a str,
    span: Span,
    scopes: Option<NodeId>,
}

/// Entries of a method's `security`; refused when it is no list of maps.
fn security(nodes: &Nodes, definition: NodeId) -> Step<Vec<NodeId>> {
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

fn requirement(nodes: &mut Nodes, span: Span, name: &str, scopes: Option<NodeId>) -> NodeId {
    let scopes = scopes.unwrap_or_else(|| nodes.list(span, Vec::new()));
    nodes.map(span, &[(name, scopes)])
}

fn set_security(nodes: &mut Nodes, body: NodeId, definition: NodeId, span: Span, items: Vec<NodeId>) -> Step {
    let first = items.first().copied();
    let list = nodes.list(span, items);
    nodes.set(definition, "security", span, list);
    if first.is_some_and(|first| has_key(nodes, first, &["AWS_IAM"])) {
        let scheme = aws_iam(nodes, span);
        define(nodes, body, "AWS_IAM", span, scheme, false)?;
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
    define_api_key(nodes, body, span)?;
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

fn define_api_key(nodes: &mut Nodes, body: NodeId, span: Span) -> Step {
    let key = nodes.string(span, "apiKey");
    let (name, place) = (nodes.string(span, "x-api-key"), nodes.string(span, "header"));
    let scheme = nodes.map(span, &[("type", key), ("name", name), ("in", place)]);
    define(nodes, body, "api_key", span, scheme, false)
}

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
pub(super) fn apply_event(lowering: &mut Lowering<'_>, event: &EventAuth<'_>, body: NodeId) -> Step {
    let authorizer = lowering.nodes.get_truthy(event.auth, "Authorizer");
    let api_auth = |key: &str| event.api_auth.and_then(|auth| lowering.nodes.get_truthy(auth, key));
    let authorizers = api_auth("Authorizers");
    let (has_default, has_key) =
        (api_auth("DefaultAuthorizer").is_some(), api_auth("ApiKeyRequired").is_some());
    if let Some(authorizer) = authorizer {
        check_event_authorizer(lowering, event, authorizer, authorizers, has_default)?;
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
        set_event_authorizer(lowering, event, authorizer, authorizers, body)?;
    }
    if let Some(api_key) = api_key {
        set_event_api_key(&mut lowering.nodes, event.operation, api_key, body)?;
    }
    Ok(())
}

fn check_event_authorizer(
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

fn set_event_authorizer(
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
        let mut items = security(nodes, definition)?;
        items.push(requirement(nodes, span, &name, scopes));
        set_security(nodes, body, definition, span, items)?;
    }
    Ok(())
}

fn set_event_api_key(nodes: &mut Nodes, operation: &Operation, api_key: NodeId, body: NodeId) -> Step {
    let span = nodes.span(api_key);
    let required = nodes.is_truthy(api_key);
    for definition in openapi::method(nodes, body, operation)? {
        if required {
            define_api_key(nodes, body, span)?;
        }
        let mut items = security(nodes, definition)?;
        items.push(requirement(nodes, span, if required { "api_key" } else { "api_key_false" }, None));
        let list = nodes.list(span, items);
        nodes.set(definition, "security", span, list);
    }
    Ok(())
}
