//! `Auth.Authorizers` → definitions in the body, with the permissions that let API Gateway call their functions.
//!
//! Does not say which methods use them. Source: aws-sam-translator 1.115.0, `model/apigateway.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::checks;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};

/// Writes the definitions of all authorizers and returns their names; `AWS_IAM` counts when it is the default.
pub(super) fn security_definitions(
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

/// Writes one definition; an existing one stays unless `replace`.
pub(super) fn define(
    nodes: &mut Nodes,
    body: NodeId,
    name: &str,
    key: Span,
    definition: NodeId,
    replace: bool,
) -> Step {
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

/// Defines the API key scheme unless it is there.
pub(super) fn define_api_key(nodes: &mut Nodes, body: NodeId, span: Span) -> Step {
    let key = nodes.string(span, "apiKey");
    let (name, place) = (nodes.string(span, "x-api-key"), nodes.string(span, "header"));
    let scheme = nodes.map(span, &[("type", key), ("name", name), ("in", place)]);
    define(nodes, body, "api_key", span, scheme, false)
}
