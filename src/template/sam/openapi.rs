//! Editing an OpenAPI body: paths, methods and integrations, as the translator's Swagger editor does.
//!
//! Knows of authorizers only that a method may have `security`; `auth` decides what it holds.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::lowering::{Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};

/// A method for all methods.
pub(super) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
/// The resource policy of a body.
pub(super) const POLICY: &str = "x-amazon-apigateway-policy";
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

/// Keys of a path item that are no method to the translator.
const NO_METHODS: [&str; 3] = ["summary", "description", "parameters"];

/// The body SAM starts from when there is none.
pub(super) fn skeleton(nodes: &mut Nodes, span: Span) -> NodeId {
    let title = nodes.reference(span, "AWS::StackName");
    let version = nodes.string(span, "1.0");
    let info = nodes.map(span, &[("version", version), ("title", title)]);
    let swagger = nodes.string(span, "2.0");
    let paths = nodes.map(span, &[]);
    nodes.map(span, &[("swagger", swagger), ("info", info), ("paths", paths)])
}

/// The body SAM starts from for an HTTP API.
pub(super) fn skeleton_3(nodes: &mut Nodes, span: Span) -> NodeId {
    let body = skeleton(nodes, span);
    let version = nodes.string(span, "3.0.1");
    nodes.remove(body, "swagger");
    nodes.set(body, "openapi", span, version);
    body
}

/// Whether the translator takes a node for an OpenAPI 3 document it can edit.
pub(super) fn is_valid_3(nodes: &Nodes, body: NodeId) -> bool {
    nodes.is_dict(body)
        && nodes.get(body, "paths").is_some_and(|paths| nodes.is_dict(paths))
        && is_openapi_3(nodes, body)
}

/// Whether the translator takes a node for an OpenAPI document it can edit.
pub(super) fn is_valid(nodes: &Nodes, body: NodeId) -> bool {
    nodes.is_dict(body)
        && nodes.get(body, "paths").is_some_and(|paths| nodes.is_dict(paths))
        && (nodes.get_truthy(body, "swagger").is_some() || is_openapi_3(nodes, body))
}

/// Whether the document says it is OpenAPI 3.
pub(super) fn is_openapi_3(nodes: &Nodes, body: NodeId) -> bool {
    nodes.get(body, "openapi").and_then(|version| nodes.tree.scalar(version)).is_some_and(is_version_3)
}

/// `3`, `3.x` or `3.x.y`, by the translator's pattern (at least one dot and digit).
pub(super) fn is_version_3(text: &str) -> bool {
    text.starts_with('3') && is_version(text)
}

/// A version that `OpenApiVersion` may have: 2 or 3, one or two more digits.
pub(super) fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let digit = |part: &str| part.len() == 1 && part.starts_with(|digit: char| digit.is_ascii_digit());
    matches!(parts.next(), Some("2" | "3")) && matches!(text.split('.').count(), 2 | 3) && parts.all(digit)
}

/// Refuses paths that the editor cannot look into: no map, or a malformed `Fn::If`.
pub(super) fn check_paths(nodes: &Nodes, body: NodeId) -> Step {
    let Some(paths) = nodes.get(body, "paths") else { return Ok(()) };
    for (path, entry) in nodes.pairs(paths) {
        let is_list = |arguments: NodeId| nodes.shape(arguments) == Shape::List;
        if nodes.get(entry.value, "Fn::If").is_some_and(|arguments| !is_list(arguments)) {
            return Err(Refuse::new(nodes.span(entry.value), "the value of `Fn::If` must be a list"));
        }
        for item in nodes.alternatives(entry.value) {
            check_path_item(nodes, item, &path)?;
        }
    }
    Ok(())
}

/// A method's name as a key of a path item.
pub(super) fn normalized(method: &str) -> String {
    match method.to_lowercase().as_str() {
        "any" => ANY_METHOD.to_owned(),
        lower => lower.to_owned(),
    }
}

/// Whether a key of a path item is a method.
pub(super) fn is_verb(key: &str) -> bool {
    const VERBS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
    VERBS.iter().any(|verb| key.eq_ignore_ascii_case(verb))
}

/// A path with `*` for each `{parameter}` or `{parameter+}`.
pub(super) fn without_parameters(path: &str) -> String {
    replace_parameters(path, |name| is_parameter(name.strip_suffix('+').unwrap_or(name)))
}

/// A path with `*` for each `{parameter}` and `{proxy+}`; other greedy ones stay, as in the translator's HTTP APIs.
pub(super) fn without_plain_parameters(path: &str) -> String {
    replace_parameters(path, |name| is_parameter(name) || name == "proxy+")
}

fn replace_parameters(path: &str, replaces: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let name = from.find('}').map(|end| &from[1..end]);
        match name.filter(|name| replaces(name)) {
            Some(name) => {
                out.push('*');
                rest = &from[name.len() + 2..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out + rest
}

fn is_parameter(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

/// All paths of a body, in order.
pub(super) fn paths(nodes: &Nodes, body: NodeId) -> Vec<String> {
    let paths = nodes.get(body, "paths");
    paths.map(|paths| nodes.pairs(paths).into_iter().map(|(path, _)| path).collect()).unwrap_or_default()
}

/// A path and method that an event asks for, with the text that says so.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) path: String,
    pub(super) path_span: Span,
    /// As written, in lower case where the translator lowers it.
    pub(super) method: String,
    pub(super) method_span: Span,
}

/// Adds an empty method, unless it is there.
pub(super) fn add_path(nodes: &mut Nodes, body: NodeId, operation: &Operation) -> Step {
    let Some(paths) = nodes.own_child(body, "paths") else { return Ok(()) };
    if nodes.entry(paths, &operation.path).is_none() {
        let empty = nodes.map(operation.path_span, &[]);
        nodes.set(paths, &operation.path, operation.path_span, empty);
    }
    let method = normalized(&operation.method);
    for item in nodes.own_alternatives(paths, &operation.path) {
        check_path_item(nodes, item, &operation.path)?;
        if nodes.entry(item, &method).is_none() {
            let empty = nodes.map(operation.method_span, &[]);
            nodes.set(item, &method, operation.method_span, empty);
        }
    }
    Ok(())
}

/// Whether the path has an integration for the method in all its alternatives.
pub(super) fn has_integration(nodes: &Nodes, body: NodeId, operation: &Operation) -> bool {
    let item = nodes.get(body, "paths").and_then(|paths| nodes.get(paths, &operation.path));
    let Some(item) = item else { return false };
    let method = normalized(&operation.method);
    nodes.alternatives(item).into_iter().all(|item| {
        let definition = nodes.get(item, &method);
        definition.is_some_and(|definition| {
            nodes.alternatives(definition).into_iter().any(|method| is_integrated(nodes, method))
        })
    })
}

fn is_integrated(nodes: &Nodes, method: NodeId) -> bool {
    nodes.get_truthy(method, INTEGRATION).is_some()
}

/// Adds the integration of an event; under a condition the whole method becomes a `Fn::If`.
pub(super) fn add_integration(
    nodes: &mut Nodes,
    body: NodeId,
    operation: &Operation,
    integration: NodeId,
    condition: Option<&str>,
) -> Step {
    add_path(nodes, body, operation)?;
    let Some(paths) = nodes.own_child(body, "paths") else { return Ok(()) };
    let method = normalized(&operation.method);
    for item in nodes.own_alternatives(paths, &operation.path) {
        let Some(mut definition) = nodes.own_child(item, &method) else { continue };
        if nodes.shape(definition) == Shape::Null {
            definition = nodes.map(operation.method_span, &[]);
            nodes.set(item, &method, operation.method_span, definition);
        }
        if !nodes.is_dict(definition) {
            let reason =
                format!("the definition of method `{method}` of path `{}` is no map", operation.path);
            return Err(Refuse::new(nodes.span(definition), reason));
        }
        let span = operation.method_span;
        nodes.set(definition, INTEGRATION, span, integration);
        if nodes.entry(definition, "responses").is_none() {
            let responses = nodes.map(span, &[]);
            nodes.set(definition, "responses", span, responses);
        }
        if let Some(condition) = condition {
            let conditional = nodes.conditional(span, condition, definition);
            nodes.set(item, &method, span, conditional);
        }
    }
    Ok(())
}

/// The methods of a path that have an integration and may be changed: normalized name and definition.
pub(super) fn methods(nodes: &mut Nodes, body: NodeId, path: &str) -> Step<Vec<(String, NodeId)>> {
    let Some(paths) = nodes.own_child(body, "paths") else { return Ok(Vec::new()) };
    let mut methods = Vec::new();
    for item in nodes.own_alternatives(paths, path) {
        check_path_item(nodes, item, path)?;
        for (name, _) in nodes.pairs(item) {
            if NO_METHODS.contains(&name.as_str()) {
                continue;
            }
            for definition in nodes.own_alternatives(item, &name) {
                check_method(nodes, definition, path, &name)?;
                if is_integrated(nodes, definition) {
                    methods.push((normalized(&name), definition));
                }
            }
        }
    }
    Ok(methods)
}

/// The definitions of one method that have an integration and may be changed.
pub(super) fn method(nodes: &mut Nodes, body: NodeId, operation: &Operation) -> Step<Vec<NodeId>> {
    let Some(paths) = nodes.own_child(body, "paths") else { return Ok(Vec::new()) };
    let name = normalized(&operation.method);
    let mut methods = Vec::new();
    for item in nodes.own_alternatives(paths, &operation.path) {
        check_path_item(nodes, item, &operation.path)?;
        if nodes.entry(item, &name).is_none() {
            let reason = format!("path `{}` of the body has no method `{name}`", operation.path);
            return Err(Refuse::new(operation.method_span, reason));
        }
        for definition in nodes.own_alternatives(item, &name) {
            check_method(nodes, definition, &operation.path, &name)?;
            if is_integrated(nodes, definition) {
                methods.push(definition);
            }
        }
    }
    Ok(methods)
}

/// Refuses methods that the editor of HTTP APIs does not find again under their lower-case name.
pub(super) fn check_method_names(nodes: &Nodes, body: NodeId, path: &str) -> Step {
    let item = nodes.get(body, "paths").and_then(|paths| nodes.get(paths, path));
    for item in item.map(|item| nodes.alternatives(item)).unwrap_or_default() {
        for (name, entry) in nodes.pairs(item) {
            let normal = normalized(&name);
            if normal != "options" && normal != "parameters" && nodes.entry(item, &normal).is_none() {
                let reason = format!("`{normal}` is not found in path `{path}` of the body");
                return Err(Refuse::new(nodes.span(entry.key), reason));
            }
        }
    }
    Ok(())
}

fn check_path_item(nodes: &Nodes, item: NodeId, path: &str) -> Step {
    match nodes.is_dict(item) {
        true => Ok(()),
        false => Err(Refuse::new(nodes.span(item), format!("the value of path `{path}` is no map"))),
    }
}

fn check_method(nodes: &Nodes, definition: NodeId, path: &str, method: &str) -> Step {
    match nodes.is_dict(definition) {
        true => Ok(()),
        false => {
            let reason = format!("the definition of method `{method}` of path `{path}` is no map");
            Err(Refuse::new(nodes.span(definition), reason))
        }
    }
}

/// Wraps a whole path in a condition.
pub(super) fn make_path_conditional(nodes: &mut Nodes, body: NodeId, path: &str, condition: &str) {
    let Some(paths) = nodes.own_child(body, "paths") else { return };
    let Some(entry) = nodes.entry(paths, path) else { return };
    let span = nodes.span(entry.key);
    let conditional = nodes.conditional(span, condition, entry.value);
    nodes.set(paths, path, span, conditional);
}

/// Writes `disableExecuteApiEndpoint` where the document's version wants it.
pub(super) fn set_disable_endpoint(nodes: &mut Nodes, body: NodeId, key: Span, value: NodeId) -> Step {
    if !is_openapi_3(nodes, body) {
        return set_in_extension(nodes, body, key, value);
    }
    set_disable_in_servers(nodes, body, key, value)
}

/// Writes `disableExecuteApiEndpoint` into every server of the document.
pub(super) fn set_disable_in_servers(nodes: &mut Nodes, body: NodeId, key: Span, value: NodeId) -> Step {
    let servers = match nodes.own_child(body, "servers") {
        Some(servers) if nodes.shape(servers) == Shape::List => servers,
        Some(servers) => return Err(Refuse::new(nodes.span(servers), "`servers` is no list")),
        None => {
            let server = nodes.map(key, &[]);
            let servers = nodes.list(key, vec![server]);
            nodes.set(body, "servers", key, servers);
            servers
        }
    };
    let items: Vec<_> = nodes.items(servers).into_iter().map(|server| nodes.own(server)).collect();
    if let Some(node) = nodes.tree.node_mut(servers) {
        node.kind = crate::syntax::tree::Kind::Sequence(items.clone());
    }
    items.into_iter().try_for_each(|server| set_in_extension(nodes, server, key, value))
}

fn set_in_extension(nodes: &mut Nodes, holder: NodeId, key: Span, value: NodeId) -> Step {
    if !nodes.is_dict(holder) {
        return Err(Refuse::new(nodes.span(holder), "a map is wanted for the endpoint configuration"));
    }
    let extension = match nodes.own_child(holder, ENDPOINT) {
        Some(extension) if nodes.is_dict(extension) => extension,
        Some(extension) => return Err(Refuse::new(nodes.span(extension), format!("`{ENDPOINT}` is no map"))),
        None => {
            let extension = nodes.map(key, &[]);
            nodes.set(holder, ENDPOINT, key, extension);
            extension
        }
    };
    nodes.set(extension, "disableExecuteApiEndpoint", key, value);
    Ok(())
}

/// Moves what SAM writes in Swagger 2 form to its OpenAPI 3 place, if the document is to be OpenAPI 3.
pub(super) fn postprocess(nodes: &mut Nodes, body: NodeId, version: Option<&str>) {
    if nodes.get(body, "swagger").is_some() {
        return;
    }
    let own = nodes.get(body, "openapi").and_then(|version| nodes.tree.scalar(version)).map(str::to_owned);
    let version = version.map(str::to_owned).or(own);
    if !version.is_some_and(|version| is_version_3(&version)) {
        return;
    }
    for (from, to) in [("securityDefinitions", "securitySchemes"), ("definitions", "schemas")] {
        let Some(entry) = nodes.entry(body, from).filter(|entry| nodes.is_truthy(entry.value)) else {
            continue;
        };
        let span = nodes.span(entry.key);
        let components = nodes.own_child(body, "components").filter(|&node| nodes.is_truthy(node));
        let components = components.unwrap_or_else(|| nodes.map(span, &[]));
        nodes.set(components, to, span, entry.value);
        nodes.set(body, "components", span, components);
        nodes.remove(body, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_stars() {
        let cases = [
            ("/a/{b}/c", "/a/*/c"),
            ("/{proxy+}", "/*"),
            ("/a/", "/a/"),
            ("/{a b}/{c", "/{a b}/{c"),
            ("/{}", "/{}"),
        ];
        for (path, expected) in cases {
            assert_eq!(without_parameters(path), expected, "{path}");
        }
    }

    #[test]
    fn versions() {
        for text in ["3.0.1", "3.0", "2.0"] {
            assert!(is_version(text), "{text}");
        }
        for text in ["3", "3.0.1.1", "4.0", "3.10", "x"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
