//! `Api` events of functions and state machines: what they ask for, and how they get into the API's body.
//!
//! Other events have no exposure of their own and are left out.

use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::document::Origin;
use crate::template::lowered::{EventRoute, RefusalKind, SurpriseKind};
use crate::template::sam::api;
use crate::template::sam::authorizers;
use crate::template::sam::checks;
use crate::template::sam::event_auth::{self, EventAuth};
use crate::template::sam::implicit::{Family, HTTP, REST};
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi::{self, ANY_METHOD, Operation};
use crate::template::sam::policy_lists;
use crate::template::sam::resource_policy;

/// One event of a function or state machine.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) name_span: Span,
    /// Where the value of `Type` stands.
    pub(super) type_span: Span,
    pub(super) properties: Option<NodeId>,
    /// The whole event.
    pub(super) node: NodeId,
}

/// Path of the default route of HTTP APIs.
pub(super) const DEFAULT_PATH: &str = "$default";

/// The API that an event names.
#[derive(Clone, Debug)]
pub(super) struct ApiId {
    pub(super) id: String,
    /// The text that names it, else the event's `Type` value.
    pub(super) span: Span,
    /// What names it, if the event does.
    pub(super) written: Option<NodeId>,
}

/// All events of one type, in written order.
pub(super) fn of(lowering: &Lowering<'_>, at: usize, type_name: &str) -> Vec<Event> {
    let nodes = &lowering.nodes;
    let Some(events) = nodes.get(lowering.properties(at), "Events") else { return Vec::new() };
    let event = |(name, entry): (String, Entry)| {
        let kind = nodes.get(entry.value, "Type").filter(|&kind| nodes.text(kind) == Some(type_name))?;
        Some(Event {
            name,
            name_span: nodes.span(entry.key),
            type_span: nodes.span(kind),
            properties: nodes.entry(entry.value, "Properties").map(|entry| entry.value),
            node: entry.value,
        })
    };
    nodes.pairs(events).into_iter().filter_map(event).collect()
}

/// The properties of an event. Without any, an `Api` event is left alone and an `HttpApi` event is the default
/// route.
pub(super) fn properties(nodes: &Nodes, family: &Family, event: &Event) -> Step<Option<NodeId>> {
    let is_http = *family == HTTP;
    match event.properties {
        Some(node) if nodes.is_dict(node) => Ok(Some(node).filter(|&node| is_http || nodes.is_truthy(node))),
        Some(node) if is_http || nodes.is_truthy(node) => {
            Err(Refuse::new(nodes.span(node), "`Properties` of an event must be a map"))
        }
        // Nothing is found in an event without properties, whichever node stands for them.
        None if is_http => Ok(Some(event.node)),
        Some(_) | None => Ok(None),
    }
}

/// Path and method of an event, method as written.
pub(super) fn operation(
    nodes: &Nodes,
    family: &Family,
    event: &Event,
    properties: NodeId,
) -> Step<Operation> {
    let is_default =
        *family == HTTP && ["Path", "Method"].iter().all(|key| nodes.get_truthy(properties, key).is_none());
    if is_default {
        return Ok(Operation {
            path: DEFAULT_PATH.to_owned(),
            path_span: event.name_span,
            method: ANY_METHOD.to_owned(),
            method_span: event.type_span,
        });
    }
    let text = |key: &str| match nodes.get(properties, key) {
        None => Err(Refuse::new(event.name_span, format!("event `{}` needs `{key}`", event.name))),
        Some(node) => match nodes.text(node) {
            Some(text) => Ok((text.to_owned(), nodes.span(node))),
            None => {
                let reason = format!("`{key}` of event `{}` must be a string", event.name);
                Err(Refuse::new(nodes.span(node), reason))
            }
        },
    };
    let (path, path_span) = text("Path")?;
    let (method, method_span) = text("Method")?;
    Ok(Operation { path, path_span, method, method_span })
}

/// The API an event belongs to: named by text or `Ref`, else the implicit one.
pub(super) fn api_id(nodes: &Nodes, family: &Family, event: &Event, properties: NodeId) -> Step<ApiId> {
    let Some(entry) = nodes.entry(properties, family.api_key) else {
        return Ok(ApiId { id: family.implicit.to_owned(), span: event.type_span, written: None });
    };
    let span = nodes.span(entry.value);
    let id = nodes.referenced(entry.value).or_else(|| nodes.text(entry.value));
    match id {
        Some(id) => Ok(ApiId { id: id.to_owned(), span, written: Some(entry.value) }),
        None => {
            let reason =
                format!("`{}` of event `{}` should be a string or a `Ref`", family.api_key, event.name);
            Err(Refuse::new(nodes.tree.tagged_span(entry.value), reason).of_kind(RefusalKind::ApiIdForm))
        }
    }
}

/// Who serves an event: a function or a state machine.
pub(super) struct Handler<'a> {
    pub(super) parent: &'a Parent,
    /// What `Fn::Sub` writes for its ARN, without braces: `F.Arn`, or the alias.
    pub(super) arn: String,
    pub(super) is_state_machine: bool,
}

/// One `Api` event on its way into a body.
struct Placed {
    event: Event,
    properties: NodeId,
    operation: Operation,
    api: ApiId,
    at: usize,
    /// The stage its permission and resource policy name.
    stage: Option<NodeId>,
}

/// Lowers an `Api` event: adds its integration and authorizer to the API's body. Returns the API and the
/// suffix of the permission's logical id.
pub(super) fn lower_api_event(
    lowering: &mut Lowering<'_>,
    handler: &Handler<'_>,
    event: Event,
) -> Step<Option<(ApiId, Operation, String)>> {
    let Some(properties) = event.properties.filter(|&node| lowering.nodes.is_dict(node)) else {
        let reason = format!("event `{}` needs `Properties`", event.name);
        return Err(Refuse::new(event.name_span, reason));
    };
    let Ok(mut operation) = operation(&lowering.nodes, &REST, &event, properties) else { return Ok(None) };
    let Ok(api) = api_id(&lowering.nodes, &REST, &event, properties) else { return Ok(None) };
    // Both were refused when the paths were collected.
    let Some(at) = lowering.find(&api.id) else { return Ok(None) };
    operation.method = operation.method.to_lowercase();
    let written = lowering.nodes.get(lowering.properties(at), "StageName");
    let text = written.and_then(|stage| lowering.nodes.text(stage)).map(str::to_owned);
    if let (Some(stage), Some("")) = (written, text.as_deref()) {
        return Err(Refuse::new(lowering.nodes.span(stage), "`StageName` cannot be empty"));
    }
    let suffix = text.clone().unwrap_or_else(|| "Stage".to_owned());
    let stage = match handler.is_state_machine {
        true => lowering.nodes.get(properties, "Stage"),
        false => Some(match (written, text) {
            (Some(stage), Some(_)) => stage,
            _ => lowering.nodes.string(event.type_span, "Stage"),
        }),
    };
    let placed = Placed { event, properties, operation, api, at, stage };
    add_route(lowering, &handler.parent.id, &placed.api, &placed.operation);
    add_to_body(lowering, handler, &placed)?;
    Ok(Some((placed.api, placed.operation, suffix)))
}

/// Records that an API serves an event.
pub(super) fn add_route(lowering: &mut Lowering<'_>, handler: &str, api: &ApiId, operation: &Operation) {
    lowering.routes.push(EventRoute {
        api: api.id.clone(),
        path: operation.path.clone(),
        method: shown_method(&operation.method),
        span: api.span,
        path_span: operation.path_span,
        handler: handler.to_owned(),
    });
}

/// Upper case, `*` for any.
pub(super) fn shown_method(method: &str) -> String {
    if method.eq_ignore_ascii_case("any") || method == ANY_METHOD {
        "*".to_owned()
    } else {
        method.to_uppercase()
    }
}

fn add_to_body(lowering: &mut Lowering<'_>, handler: &Handler<'_>, placed: &Placed) -> Step {
    let item = &lowering.items[placed.at];
    let (properties, managed) = (item.properties, item.managed);
    let merge =
        !handler.is_state_machine && lowering.nodes.get_truthy(properties, "MergeDefinitions").is_some();
    let Some(body) = lowering.nodes.own_child(properties, "DefinitionBody") else { return Ok(()) };
    if merge {
        let skeleton = openapi::skeleton(&mut lowering.nodes, placed.event.name_span);
        integrate(lowering, handler, placed, skeleton)?;
        merge_method(&mut lowering.nodes, placed, body, skeleton)?;
    } else if managed {
        integrate(lowering, handler, placed, body)?;
    } else {
        report_missing_path(lowering, handler, placed, body);
    }
    if !handler.is_state_machine
        && let Some(auth) = event_auth(lowering, placed)?
        && lowering.nodes.get_truthy(auth, "OverrideApiAuth").is_some()
    {
        let wanted = ["Authorizer", "ApiKeyRequired", "ResourcePolicy"];
        if !wanted.iter().any(|key| lowering.nodes.get_truthy(auth, key).is_some()) {
            let reason = "`OverrideApiAuth` needs `Authorizer`, `ApiKeyRequired` or `ResourcePolicy`";
            return Err(Refuse::new(lowering.nodes.span(auth), reason));
        }
        apply_auth(lowering, placed, auth, body)?;
    }
    Ok(())
}

fn event_auth(lowering: &Lowering<'_>, placed: &Placed) -> Step<Option<NodeId>> {
    let Some(auth) = lowering.nodes.get_truthy(placed.properties, "Auth") else { return Ok(None) };
    match lowering.nodes.is_dict(auth) {
        true => Ok(Some(auth)),
        false => Err(Refuse::new(lowering.nodes.span(auth), "`Auth` of an event must be a map")),
    }
}

/// Adds the integration and what `Auth` asks for to a body.
fn integrate(lowering: &mut Lowering<'_>, handler: &Handler<'_>, placed: &Placed, body: NodeId) -> Step {
    let Placed { operation, event, .. } = placed;
    if !openapi::is_valid(&lowering.nodes, body) {
        return Err(Refuse::new(lowering.nodes.span(body), "`DefinitionBody` is no valid OpenAPI document"));
    }
    if openapi::has_integration(&lowering.nodes, body, operation) {
        let Operation { path, method, method_span, .. } = operation;
        let reason = format!("method `{method}` is defined several times for path `{path}`");
        return Err(Refuse::new(*method_span, reason));
    }
    let integration = integration(&mut lowering.nodes, handler, event.name_span);
    let condition = handler.parent.condition.as_ref().map(|(name, _)| name.as_str());
    openapi::add_integration(&mut lowering.nodes, body, operation, integration, condition)?;
    if let Some(auth) = event_auth(lowering, placed)? {
        apply_auth(lowering, placed, auth, body)?;
    }
    let models = lowering.nodes.get(lowering.properties(placed.at), "Models");
    checks::check_request_model(&lowering.nodes, placed.properties, models)
}

/// The integration that calls a function or starts a state machine.
pub(super) fn integration(nodes: &mut Nodes, handler: &Handler<'_>, span: Span) -> NodeId {
    let partition = authorizers::partition_variable();
    let (kind, uri) = if handler.is_state_machine {
        ("aws", format!("arn:{partition}:apigateway:${{AWS::Region}}:states:action/StartExecution"))
    } else {
        let arn = &handler.arn;
        let uri = format!(
            "arn:{partition}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{arn}}}/invocations"
        );
        ("aws_proxy", uri)
    };
    let uri = nodes.sub(span, &uri, &[]);
    let kind = nodes.string(span, kind);
    let method = nodes.string(span, "POST");
    nodes.map(span, &[("type", kind), ("httpMethod", method), ("uri", uri)])
}

fn apply_auth(lowering: &mut Lowering<'_>, placed: &Placed, auth: NodeId, body: NodeId) -> Step {
    let api_auth = lowering.nodes.get_truthy(lowering.properties(placed.at), "Auth");
    let event = EventAuth { api: &placed.api.id, api_auth, auth, operation: &placed.operation };
    event_auth::apply(lowering, &event, body)?;
    let Some(entry) = lowering.nodes.entry(auth, "ResourcePolicy") else { return Ok(()) };
    if !lowering.nodes.is_truthy(entry.value) {
        return Ok(());
    }
    let key = lowering.nodes.span(entry.key);
    if !lowering.nodes.is_dict(entry.value) {
        return Err(Refuse::new(key, "`ResourcePolicy` of an event must be a map"));
    }
    let properties = lowering.properties(placed.at);
    api::report_two_policies(lowering, &placed.api.id, properties, key);
    let lists = policy_lists::read(lowering, &placed.api.id, entry.value);
    let stage = match placed.stage {
        Some(stage) => stage,
        None => lowering.nodes.tree.add_plain(key, "null"),
    };
    let named = lowering.nodes.get(lowering.properties(placed.at), "StageName");
    if named.is_some_and(|named| lowering.nodes.is_intrinsic(named)) && lists.any {
        lowering.surprise(&placed.api.id, key, SurpriseKind::EventPolicyNamesStage);
    }
    resource_policy::add_for_path(lowering, &lists, body, &placed.operation.path, stage)?;
    resource_policy::add_custom(lowering, &lists, body)
}

/// Merges one generated method into an own body; generated keys win. An own body without paths gets none: the
/// translator adds to a copy that it drops.
fn merge_method(nodes: &mut Nodes, placed: &Placed, body: NodeId, generated: NodeId) -> Step {
    let Operation { path, path_span, method, method_span } = &placed.operation;
    let normal = openapi::normalized(method);
    let item = nodes.get(generated, "paths").and_then(|paths| nodes.get(paths, path));
    let Some(generated) = item.and_then(|item| nodes.get(item, &normal)) else { return Ok(()) };
    if nodes.get_truthy(body, "paths").is_none() {
        return Ok(());
    }
    let Some(paths) = nodes.own_child(body, "paths") else { return Ok(()) };
    let item = match nodes.own_child(paths, path) {
        Some(item) if nodes.is_dict(item) => item,
        Some(item) => {
            return Err(Refuse::new(nodes.span(item), format!("path `{path}` of the body is no map")));
        }
        None => {
            let item = nodes.map(*path_span, &[]);
            nodes.set(paths, path, *path_span, item);
            item
        }
    };
    let Some(existing) = nodes.own_child(item, method).filter(|&node| nodes.shape(node) != Shape::Null)
    else {
        nodes.set(item, method, *method_span, generated);
        return Ok(());
    };
    if !nodes.is_dict(existing) {
        let reason = format!("method `{method}` of path `{path}` of the body is no map");
        return Err(Refuse::new(nodes.span(existing), reason));
    }
    for (key, entry) in nodes.pairs(generated) {
        nodes.set(existing, &key, nodes.span(entry.key), entry.value);
    }
    Ok(())
}

/// An event whose path the API's own body does not serve.
fn report_missing_path(lowering: &mut Lowering<'_>, handler: &Handler<'_>, placed: &Placed, body: NodeId) {
    let nodes = &lowering.nodes;
    let is_known = |node: NodeId| {
        nodes.shape(node) == Shape::Map && !nodes.keys(node).iter().any(|key| key.starts_with("Fn::"))
    };
    let paths = nodes.get(body, "paths");
    if !is_known(body)
        || paths.is_some_and(|paths| !is_known(paths) || serves(nodes, paths, &placed.operation))
        || lowering.items[placed.at].resource.origin == Origin::Implicit
    {
        return;
    }
    let Operation { path, path_span, method, .. } = &placed.operation;
    let kind = SurpriseKind::EventNotInBody {
        path: path.clone(),
        method: shown_method(method),
        handler: handler.parent.id.clone(),
        mergeable: !handler.is_state_machine && paths.is_some_and(|paths| takes(nodes, paths, path)),
    };
    let span = *path_span;
    lowering.surprise(&placed.api.id, span, kind);
}

/// Whether SAM can merge a method into the paths of a body: there are some, and no function stands at this one.
fn takes(nodes: &Nodes, paths: NodeId, path: &str) -> bool {
    let there = nodes.entry(paths, path).map(|entry| entry.value);
    !nodes.tree.entries(paths).is_empty() && there.is_none_or(|item| nodes.shape(item) == Shape::Map)
}

fn serves(nodes: &Nodes, paths: NodeId, operation: &Operation) -> bool {
    let normal = |path: &str| openapi::without_parameters(path).trim_end_matches('/').to_owned();
    let wanted = normal(&operation.path);
    let method = openapi::normalized(&operation.method);
    let head_of = |path: &str| {
        // `*` stands for all paths in the permission that the event makes, and nowhere else.
        let (head, _) =
            path.strip_suffix("+}").map_or_else(|| path.split_once('*'), |path| path.rsplit_once('{'))?;
        Some(openapi::without_parameters(head))
    };
    // An event for all paths below one, or for any method, is content with some of them: its permission covers them
    // all, and the body says which there are.
    let below = |path: &str, head: &str| path.len() > head.len() && path.starts_with(head);
    let wanted_head = head_of(&operation.path);
    nodes.pairs(paths).into_iter().any(|(path, entry)| {
        let path_is = normal(&path);
        let covers = path_is == wanted
            || head_of(&path).is_some_and(|head| below(&wanted, &head))
            || wanted_head.as_ref().is_some_and(|head| below(&path_is, head));
        let has = |item: NodeId| {
            let keys = nodes.keys(item);
            let any = [ANY_METHOD, "$ref", "Fn::Transform"];
            let is_verb = |key: &str| [ANY_METHOD, "*"].contains(&method.as_str()) && openapi::is_verb(key);
            keys.iter()
                .any(|key| key.eq_ignore_ascii_case(&method) || any.contains(&key.as_str()) || is_verb(key))
        };
        covers && nodes.alternatives(entry.value).into_iter().any(has)
    })
}
