//! The map as JSON, schema `wicketgate.map/1` (described in `docs/json.md`).

use std::io::{self, Write};

use serde_json::{Map as Object, Value, json};

use crate::answer::map::{Map, MapApi, MapCaller, MapCase, MapDomain, MapEndpoint, MapLink};
use crate::answer::plain::Plain;
use crate::diagnostic::When;
use crate::report::json::{range_value, write_document};
use crate::source::{Sources, Span};

/// Writes the map and a line end.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, map: &Map, sources: &Sources) -> io::Result<()> {
    let document = json!({
        "schema": "wicketgate.map/1",
        "apis": map.apis.iter().map(|api| self::api(api, sources)).collect::<Vec<_>>(),
        "endpoints": map.endpoints.iter().map(|endpoint| self::endpoint(endpoint, sources)).collect::<Vec<_>>(),
        "domains": map.domains.iter().map(|domain| self::domain(domain, sources)).collect::<Vec<_>>(),
        "links": map.links.iter().map(|link| self::link(link, sources)).collect::<Vec<_>>(),
    });
    write_document(out, &document)
}

fn api(api: &MapApi, sources: &Sources) -> Value {
    json!({
        "file": sources.name(api.file),
        "resource": api.resource,
        "kind": api.kind,
        "origin": api.origin,
        "condition": api.condition,
        "refused": api.refused,
        "range": range_value(api.span, sources),
        "cases": api.cases.iter().map(|case| self::case(case, sources)).collect::<Vec<_>>(),
    })
}

fn case(case: &MapCase, sources: &Sources) -> Value {
    let policies =
        case.policies.iter().map(|(from, document)| json!({"from": from, "document": plain(document)}));
    let stages = case.stages.iter().map(|(name, made)| json!({"name": plain(name), "from_deployment": made}));
    let methods =
        case.methods.iter().map(|(path, method, auth)| json!({"path": path, "method": method, "auth": auth}));
    json!({
        "when": case.when.iter().map(when).collect::<Vec<_>>(),
        "environment": case.environment,
        "endpoint_type": case.endpoint_type,
        "vpc_endpoint_ids": case.vpc_endpoint_ids.iter().map(plain).collect::<Vec<_>>(),
        "policies": policies.collect::<Vec<_>>(),
        "stages": stages.collect::<Vec<_>>(),
        "methods": methods.collect::<Vec<_>>(),
        "disable_execute_api_endpoint": case.disable_execute_api_endpoint,
        "auth_type": case.auth_type.as_ref().map(plain),
        "callers": case.callers.iter().map(|caller| self::caller(caller, sources)).collect::<Vec<_>>(),
    })
}

fn when(when: &When) -> Value {
    json!({"parameter": when.parameter, "values": when.values})
}

fn caller(caller: &MapCaller, sources: &Sources) -> Value {
    json!({
        "caller": caller.caller,
        "endpoint": caller.endpoint.as_ref().map(plain),
        "vpc": caller.vpc.as_ref().map(plain),
        "named_by": caller.named_by,
        "decision": caller.decision,
        "because": caller.because.iter().map(|span| place(*span, sources)).collect::<Vec<_>>(),
    })
}

fn place(span: Span, sources: &Sources) -> Value {
    json!({"file": sources.name(span.file), "range": range_value(span, sources)})
}

fn endpoint(endpoint: &MapEndpoint, sources: &Sources) -> Value {
    json!({
        "file": sources.name(endpoint.file),
        "resource": endpoint.resource,
        "service": plain(&endpoint.service),
        "type": plain(&endpoint.endpoint_type),
        "private_dns": endpoint.private_dns,
        "vpc": plain(&endpoint.vpc),
        "subnets": endpoint.subnets.iter().map(plain).collect::<Vec<_>>(),
        "security_groups": endpoint.security_groups.iter().map(plain).collect::<Vec<_>>(),
        "policy": plain(&endpoint.policy),
    })
}

fn domain(domain: &MapDomain, sources: &Sources) -> Value {
    let mappings = domain
        .mappings
        .iter()
        .map(|(api, stage, path)| json!({"api": plain(api), "stage": plain(stage), "path": path}));
    json!({
        "file": sources.name(domain.file),
        "resource": domain.resource,
        "name": plain(&domain.name),
        "type": domain.endpoint_type,
        "policy": plain(&domain.policy),
        "mappings": mappings.collect::<Vec<_>>(),
        "access_associations": domain.access_associations.iter().map(plain).collect::<Vec<_>>(),
    })
}

fn link(link: &MapLink, sources: &Sources) -> Value {
    let mut export = place(link.export, sources);
    if let Some(export) = export.as_object_mut() {
        export.insert("name".to_owned(), Value::String(link.name.clone()));
    }
    json!({"import": place(link.import, sources), "export": export})
}

/// Plain data as JSON. Numbers keep their text where JSON allows it.
pub fn plain(value: &Plain) -> Value {
    match value {
        Plain::Null => Value::Null,
        Plain::Bool(value) => Value::Bool(*value),
        Plain::Number(text) => serde_json::from_str::<serde_json::Number>(text)
            .map_or_else(|_| Value::String(text.clone()), Value::Number),
        Plain::Text(text) => Value::String(text.clone()),
        Plain::List(items) => Value::Array(items.iter().map(plain).collect()),
        Plain::Map(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone(), plain(value))).collect::<Object<_, _>>(),
        ),
    }
}
