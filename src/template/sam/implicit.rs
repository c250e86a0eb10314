//! Bodies that SAM makes up, and the implicit APIs that events without `RestApiId` or `ApiId` ask for.
//!
//! Only adds paths and conditions; integrations and authorizers come when functions are lowered. Source:
//! aws-sam-translator 1.115.0, `plugins/api/`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::document::{Named, Origin, Resource};
use crate::template::lowered::{RefusalKind, SurpriseKind};
use crate::template::sam::events::{self, Event};
use crate::template::sam::lowering::{Item, Lowering, Refuse, Step};
use crate::template::sam::nodes::Nodes;
use crate::template::sam::openapi::{self, Operation};

/// REST or HTTP: what their events, APIs and implicit API are called.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// SAM type of the APIs.
    pub(super) type_name: &'static str,
    /// `Type` of the events.
    pub(super) event: &'static str,
    /// Property of an event that names its API.
    pub(super) api_key: &'static str,
    /// Logical id of the implicit API.
    pub(super) implicit: &'static str,
}

/// REST APIs.
pub(super) const REST: Family = Family {
    type_name: "AWS::Serverless::Api",
    event: "Api",
    api_key: "RestApiId",
    implicit: "ServerlessRestApi",
};
/// HTTP APIs.
pub(super) const HTTP: Family = Family {
    type_name: "AWS::Serverless::HttpApi",
    event: "HttpApi",
    api_key: "ApiId",
    implicit: "ServerlessHttpApi",
};

impl Family {
    /// The body that SAM starts from.
    pub(super) fn skeleton(&self, nodes: &mut Nodes, span: Span) -> NodeId {
        if *self == REST { openapi::skeleton(nodes, span) } else { openapi::skeleton_3(nodes, span) }
    }
}

/// How many conditions one `Fn::Or` takes.
const MAX_OR: usize = 10;

/// Gives every API without a definition the skeleton that events add to. Runs before `Globals` are merged, as
/// in the translator: a global `DefinitionUri` then meets a body.
pub(super) fn default_bodies(lowering: &mut Lowering<'_>) {
    for family in [REST, HTTP] {
        for at in lowering.of_type(family.type_name) {
            let properties = lowering.properties(at);
            let has = |key: &str| lowering.nodes.get_truthy(properties, key).is_some();
            if has("DefinitionBody") || has("DefinitionUri") {
                continue;
            }
            let span = lowering.items[at].resource.id_span;
            let body = family.skeleton(&mut lowering.nodes, span);
            lowering.nodes.set(properties, "DefinitionBody", span, body);
            lowering.items[at].managed = true;
        }
    }
}

/// Adds the paths of events to the APIs whose body SAM manages, the implicit one included.
pub(super) fn add_paths(lowering: &mut Lowering<'_>, family: &Family) {
    for at in 0..lowering.items.len() {
        if !matches!(
            lowering.items[at].resource.type_name.as_str(),
            "AWS::Serverless::Function" | "AWS::Serverless::StateMachine"
        ) {
            continue;
        }
        let resource = &lowering.items[at].resource;
        let (id, condition) = (resource.id.clone(), resource.condition.clone().map(|(name, _)| name));
        for event in events::of(lowering, at, family.event) {
            let step = add_event(lowering, family, &event, condition.as_deref());
            // The translator gives up on the function's other events too.
            if lowering.attempt(&id, step).is_none() {
                break;
            }
        }
    }
    add_conditions(lowering, family);
}

fn add_event(lowering: &mut Lowering<'_>, family: &Family, event: &Event, condition: Option<&str>) -> Step {
    let Some(properties) = events::properties(&lowering.nodes, family, event)? else { return Ok(()) };
    let operation = events::operation(&lowering.nodes, family, event, properties)?;
    let api = events::api_id(&lowering.nodes, family, event, properties)?;
    if api.id == family.implicit {
        ensure_implicit(lowering, family, event);
    }
    let accepted = |item: &Item| *family == HTTP || !item.is(HTTP.type_name);
    let Some(at) = lowering.find(&api.id).filter(|&at| accepted(&lowering.items[at])) else {
        let Family { api_key, type_name, .. } = family;
        let reason = format!("`{api_key}` must refer to an `{type_name}` of the same template");
        return Err(Refuse::new(api.span, reason).of_kind(RefusalKind::ApiId));
    };
    note_condition(&mut lowering.items[at], &operation, condition);
    if !lowering.items[at].managed {
        return Ok(());
    }
    let body = lowering.nodes.own_child(lowering.items[at].properties, "DefinitionBody");
    match body {
        Some(body) => openapi::add_path(&mut lowering.nodes, body, &operation),
        None => Ok(()),
    }
}

fn note_condition(item: &mut Item, operation: &Operation, condition: Option<&str>) {
    let at = item.paths.iter().position(|(path, _)| *path == operation.path).unwrap_or_else(|| {
        item.paths.push((operation.path.clone(), Vec::new()));
        item.paths.len() - 1
    });
    let Some((_, methods)) = item.paths.get_mut(at) else { return };
    let condition = condition.map(str::to_owned);
    match methods.iter_mut().find(|(method, _)| *method == operation.method) {
        Some(known) => known.1 = condition,
        None => methods.push((operation.method.clone(), condition)),
    }
}

/// Makes the implicit API the first time an event asks for it. A resource of its name is thrown away.
fn ensure_implicit(lowering: &mut Lowering<'_>, family: &Family, event: &Event) {
    let existing = lowering.find(family.implicit);
    if existing.is_some_and(|at| lowering.items[at].resource.origin == Origin::Implicit) {
        return;
    }
    let item = implicit_item(lowering, family, event.type_span);
    match existing {
        Some(at) => {
            let span = lowering.items[at].resource.id_span;
            lowering.surprise(family.implicit, span, SurpriseKind::DiscardedResource);
            lowering.items[at] = item;
        }
        None => lowering.items.push(item),
    }
}

fn implicit_item(lowering: &mut Lowering<'_>, family: &Family, span: Span) -> Item {
    let body = family.skeleton(&mut lowering.nodes, span);
    let mut entries = vec![("DefinitionBody", body)];
    if *family == REST {
        entries.push(("StageName", lowering.nodes.string(span, "Prod")));
    }
    let properties = lowering.nodes.map(span, &entries);
    let node = lowering.nodes.map(span, &[("Properties", properties)]);
    let resource = Resource {
        id: family.implicit.to_owned(),
        id_span: span,
        type_name: family.type_name.to_owned(),
        node,
        properties: Some(properties),
        condition: None,
        metadata: None,
        origin: Origin::Implicit,
    };
    Item { resource, properties, managed: true, paths: Vec::new() }
}

/// Conditions of the implicit API and of the paths of all managed ones.
fn add_conditions(lowering: &mut Lowering<'_>, family: &Family) {
    if let Some(at) = lowering.find(family.implicit)
        && lowering.items[at].resource.origin == Origin::Implicit
    {
        let all = lowering.items[at].paths.iter().flat_map(|(_, methods)| methods);
        let conditions = shared(all);
        let span = lowering.items[at].resource.id_span;
        let name = combined(lowering, conditions, &format!("{}Condition", family.implicit), span);
        lowering.items[at].resource.condition = name.map(|name| (name, span));
    }
    for at in lowering.of_type(family.type_name) {
        if lowering.items[at].managed {
            add_path_conditions(lowering, at);
        }
    }
}

fn add_path_conditions(lowering: &mut Lowering<'_>, at: usize) {
    let Item { resource, properties, paths, .. } = &lowering.items[at];
    let (id, span, properties, paths) = (resource.id.clone(), resource.id_span, *properties, paths.clone());
    let Some(body) = lowering.nodes.own_child(properties, "DefinitionBody") else { return };
    for (path, methods) in paths {
        let logical = path.replace('/', "SLASH").replace('{', "OB").replace('}', "CB");
        let name = format!("{id}{logical}PathCondition");
        if let Some(condition) = combined(lowering, shared(methods.iter()), &name, span) {
            openapi::make_path_conditional(&mut lowering.nodes, body, &path, &condition);
        }
    }
}

/// The conditions of methods, sorted, when every method has one.
fn shared<'m>(methods: impl Iterator<Item = &'m (String, Option<String>)>) -> Vec<String> {
    let all: Option<std::collections::BTreeSet<_>> =
        methods.map(|(_, condition)| condition.clone()).collect();
    all.unwrap_or_default().into_iter().collect()
}

/// The one condition, or a new one that is true when any of several is. `None` without conditions.
fn combined(
    lowering: &mut Lowering<'_>,
    mut conditions: Vec<String>,
    name: &str,
    span: Span,
) -> Option<String> {
    if conditions.len() < 2 {
        return conditions.pop();
    }
    let mut numbered = (conditions.len() - 2) / (MAX_OR - 1);
    let mut last = name.to_owned();
    while conditions.len() > 1 {
        last = if numbered > 0 { format!("{name}{numbered}") } else { name.to_owned() };
        numbered = numbered.saturating_sub(1);
        let rest = conditions.split_off(conditions.len().min(MAX_OR));
        let node = any_of(lowering, &conditions, span);
        lowering.conditions.push(Named { name: last.clone(), name_span: span, node });
        conditions = rest;
        conditions.push(last.clone());
    }
    Some(last)
}

fn any_of(lowering: &mut Lowering<'_>, conditions: &[String], span: Span) -> NodeId {
    let items = conditions.iter().map(|name| {
        let name = lowering.nodes.string(span, name);
        lowering.nodes.map(span, &[("Condition", name)])
    });
    let items: Vec<_> = items.collect();
    let items = lowering.nodes.list(span, items);
    lowering.nodes.map(span, &[("Fn::Or", items)])
}

/// Turns a body that SAM manages into OpenAPI 3 when `OpenApiVersion` says so. Runs after `Globals`.
pub(super) fn set_openapi_version(lowering: &mut Lowering<'_>) {
    for at in lowering.of_type("AWS::Serverless::Api") {
        if !lowering.items[at].managed {
            continue;
        }
        let properties = lowering.properties(at);
        let Some(version) = lowering.nodes.get(properties, "OpenApiVersion") else { continue };
        let Some(text) = lowering.nodes.tree.scalar(version).map(str::to_owned) else { continue };
        if !openapi::is_version_3(&text) {
            continue;
        }
        let span = lowering.nodes.span(version);
        let version = lowering.nodes.string(span, &text);
        lowering.nodes.set(properties, "OpenApiVersion", span, version);
        if let Some(body) = lowering.nodes.own_child(properties, "DefinitionBody") {
            lowering.nodes.set(body, "openapi", span, version);
            lowering.nodes.remove(body, "swagger");
        }
    }
}
