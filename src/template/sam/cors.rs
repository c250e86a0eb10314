//! `Cors` of `AWS::Serverless::Api` → an OPTIONS method per path.
//!
//! Writes what makes the method exist and answer; does not spell out all response headers.

use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::sam::lowering::{Lowering, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi;

const KEYS: [&str; 5] = ["AllowMethods", "AllowHeaders", "AllowOrigin", "MaxAge", "AllowCredentials"];

/// Adds the OPTIONS methods to a body.
pub(super) fn apply(lowering: &mut Lowering<'_>, cors: Entry, body: Option<NodeId>) -> Step {
    let nodes = &mut lowering.nodes;
    let key = nodes.span(cors.key);
    let Some(body) = body else {
        return Err(Refuse::new(key, "`Cors` works only with an inline `DefinitionBody`"));
    };
    let origin = allowed_origin(nodes, cors)?;
    if !openapi::is_valid(nodes, body) {
        return Err(Refuse::new(key, "`Cors` needs a `DefinitionBody` that is a valid OpenAPI document"));
    }
    let mut done: Vec<String> = Vec::new();
    for path in openapi::paths(nodes, body) {
        let normal = if path == "/" { path.as_str() } else { path.trim_end_matches('/') };
        // API Gateway takes `/a` and `/a/` for one path.
        if !done.iter().any(|other| other == normal) {
            done.push(normal.to_owned());
            add_options(nodes, body, &path, key, origin)?;
        }
    }
    Ok(())
}

/// The origin, after checking the shape. Without one it is `'*'`.
fn allowed_origin(nodes: &mut Nodes, cors: Entry) -> Step<NodeId> {
    let value = cors.value;
    match nodes.shape(value) {
        Shape::Text(_) | Shape::Intrinsic(_) => return Ok(value),
        Shape::Map => {}
        Shape::Null | Shape::Bool(_) | Shape::Number(_) | Shape::List => {
            return Err(Refuse::new(nodes.span(value), "invalid value for `Cors`"));
        }
    }
    if let Some((key, entry)) = nodes.pairs(value).into_iter().find(|(key, _)| !KEYS.contains(&key.as_str()))
    {
        return Err(Refuse::new(nodes.span(entry.key), format!("`Cors` has no key `{key}`")));
    }
    let span = nodes.span(cors.key);
    let origin = nodes.entry(value, "AllowOrigin").map(|entry| entry.value);
    let is_wildcard = origin.is_none_or(|origin| nodes.text(origin) == Some("'*'"));
    let credentials = nodes.get(value, "AllowCredentials").map(|node| nodes.shape(node));
    if is_wildcard && credentials == Some(Shape::Bool(true)) {
        return Err(Refuse::new(span, "`AllowCredentials` cannot be true when `AllowOrigin` is \"'*'\""));
    }
    Ok(origin.unwrap_or_else(|| nodes.string(span, "'*'")))
}

fn add_options(nodes: &mut Nodes, body: NodeId, path: &str, key: Span, origin: NodeId) -> Step {
    let Some(paths) = nodes.own_child(body, "paths") else { return Ok(()) };
    for item in nodes.own_alternatives(paths, path) {
        if !nodes.is_dict(item) {
            return Err(Refuse::new(nodes.span(item), format!("the value of path `{path}` is no map")));
        }
        if let Some(options) = nodes.entry(item, "options") {
            check_headers(nodes, body, options.value)?;
            continue;
        }
        if !nodes.is_truthy(origin) {
            return Err(Refuse::new(key, "`Cors` needs an allowed origin"));
        }
        let options = options(nodes, key, origin);
        nodes.set(item, "options", key, options);
    }
    Ok(())
}

/// The translator gives the headers of an OPTIONS method a schema in OpenAPI 3, so they have to be a map.
fn check_headers(nodes: &Nodes, body: NodeId, options: NodeId) -> Step {
    let headers = ["responses", "200", "headers"].iter().try_fold(options, |node, key| nodes.get(node, key));
    match headers.filter(|&headers| nodes.is_truthy(headers) && !nodes.is_dict(headers)) {
        Some(headers) if nodes.get(body, "openapi").is_some() => {
            Err(Refuse::new(nodes.span(headers), "`headers` of a response must be a map"))
        }
        _ => Ok(()),
    }
}

fn options(nodes: &mut Nodes, key: Span, origin: NodeId) -> NodeId {
    let status = nodes.string(key, "200");
    let parameters = nodes.map(key, &[("method.response.header.Access-Control-Allow-Origin", origin)]);
    let default = nodes.map(key, &[("statusCode", status), ("responseParameters", parameters)]);
    let responses = nodes.map(key, &[("default", default)]);
    let kind = nodes.string(key, "mock");
    let integration = nodes.map(key, &[("type", kind), ("responses", responses)]);
    let summary = nodes.string(key, "CORS support");
    let description = nodes.string(key, "Default response for CORS method");
    let ok = nodes.map(key, &[("description", description)]);
    let responses = nodes.map(key, &[("200", ok)]);
    nodes.map(
        key,
        &[("summary", summary), ("x-amazon-apigateway-integration", integration), ("responses", responses)],
    )
}
