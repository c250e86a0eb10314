//! Phrases that several rules use, so that the same thing is always called the same.
//!
//! Decides nothing; it only puts facts into words.

use crate::diagnostic::When;
use crate::exposure::conditions::{Tested, stated};
use crate::exposure::entries::{Entry, Place};
use crate::exposure::model::{
    Api, ApiOrigin, Auth, Caller, CallerClass, Case, EndpointType, ExposureModel, NamedBy, Route,
};
use crate::order::Order;
use crate::policy::document::Effect;
use crate::rules::occurrence::Occurrence;
use crate::source::{Sources, Span};
use crate::template::value::{Name, Part, Same, StackId, Step, StepKind, Value};

/// `GET /entities`; `any method of /x` for a route of every method.
pub fn route(route: &Route) -> String {
    method_and_path(&route.method, &route.path)
}

/// `GET /entities`; `any method of /x` for `*`.
pub fn method_and_path(method: &str, path: &str) -> String {
    if method == "*" { format!("any method of {path}") } else { format!("{method} {path}") }
}

/// How callers of a route prove who they are, a phrase; empty when it is not known.
pub fn auth_of(case: &Case, route: &Route) -> &'static str {
    let known = case.methods.iter().find(|method| method.path == route.path && method.method == route.method);
    known.map_or("", |method| auth(method.auth))
}

/// How callers prove who they are, a phrase; empty when it is not known.
pub fn auth(auth: Auth) -> &'static str {
    match auth {
        Auth::None => "with no authorizer",
        Auth::Iam => "for callers that sign their requests",
        Auth::Lambda => "behind a Lambda authorizer",
        Auth::Cognito => "behind a Cognito user pool",
        Auth::Unknown => "",
    }
}

/// What an endpoint type means, a phrase for a label on the type.
pub fn type_means(endpoint_type: EndpointType) -> &'static str {
    match endpoint_type {
        EndpointType::Edge => "edge-optimised: public, through CloudFront",
        EndpointType::Regional => "regional: public",
        EndpointType::Private => "private",
        EndpointType::Unknown => "not known before deployment",
    }
}

/// The type of a public API as AWS calls it; `public` where it is one type here and the other there.
pub fn public_type(occurrence: &Occurrence<'_>) -> &'static str {
    let own = occurrence.state.endpoint_type;
    let same = occurrence.states.iter().all(|case| case.endpoint_type == own);
    if same { own.as_str() } else { "public" }
}

/// An endpoint type with its article, before a noun: `an EDGE`.
pub fn endpoint_type(endpoint_type: EndpointType) -> &'static str {
    match endpoint_type {
        EndpointType::Edge => "an EDGE",
        EndpointType::Regional => "a REGIONAL",
        EndpointType::Private => "a PRIVATE",
        EndpointType::Unknown => "such an",
    }
}

/// A custom domain by its name, or by its resource where the name takes more than a word.
pub fn domain(name: &Value, resource: &str) -> String {
    value(name).unwrap_or_else(|| format!("`{resource}`"))
}

/// A value in backquotes: text as it is, a name by what the template calls it. `None` when that needs more
/// than a word.
pub fn value(value: &Value) -> Option<String> {
    bare(value).map(|text| format!("`{text}`"))
}

fn bare(value: &Value) -> Option<String> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Named(name) => name_text(name),
        Value::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.clone()),
                Part::Named(name) => name_text(name).map(|name| format!("${{{name}}}")),
            })
            .collect(),
        Value::Absent | Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
    }
}

fn name_text(name: &Name) -> Option<String> {
    match name {
        Name::Resource { id, .. } => Some(id.clone()),
        Name::Attribute { id, attribute, .. } => Some(format!("{id}.{attribute}")),
        Name::Parameter { name, .. } | Name::Pseudo { name, .. } => Some(name.clone()),
        Name::Import(name) => bare(name),
        Name::Dynamic(text) => Some(text.clone()),
        Name::Function { .. } => None,
    }
}

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and 3 more ``; the items come in backquotes already.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    }
}

/// `` `Env` is `dev` or `test` and `Size` is not `large` ``.
pub fn when(when: &[When]) -> String {
    let shown = |value: &str| if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") };
    let one = |when: &When| {
        let (negated, values): (Vec<_>, Vec<_>) =
            when.values.iter().partition(|value| value.starts_with("not "));
        if negated.is_empty() {
            let values: Vec<String> = values.iter().map(|value| shown(value)).collect();
            return format!("`{}` is {}", when.parameter, values.join(" or "));
        }
        let others: Vec<String> =
            negated.iter().filter_map(|value| value.strip_prefix("not ")).map(shown).collect();
        format!("`{}` is not {}", when.parameter, others.join(" or "))
    };
    when.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// `` when `Env` is `dev` `` with a blank in front; nothing when it always holds.
pub fn under(conditions: &[When]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" when {}", when(conditions)) }
}

/// `file:line` of a place, the line 1-based.
pub fn place(sources: &Sources, span: Span) -> String {
    let line = sources.get(span.file).map_or(0, |file| file.lines().line_of(span.range.start) + 1);
    format!("{}:{line}", sources.name(span.file))
}

/// How the template would name the endpoint that an API is for, as YAML: the one that its association or policy
/// names, else the only endpoint of the template, else the only export of one in the run, else a placeholder.
pub fn endpoint_expression(model: &ExposureModel, api: &Api, case: &Case) -> String {
    if let Some(named) = named_endpoint(case) {
        return named;
    }
    let own: Vec<_> = model.endpoints.iter().filter(|endpoint| endpoint.file == api.file).collect();
    let mut ids: Vec<&str> = own.iter().map(|endpoint| endpoint.resource.as_str()).collect();
    ids.dedup();
    if let [only] = ids.as_slice() {
        return format!("!Ref {only}");
    }
    let mut exports: Vec<&str> =
        model.endpoint_exports.iter().filter_map(|export| export.name.as_deref()).collect();
    exports.order();
    exports.dedup();
    match exports.as_slice() {
        [only] if own.is_empty() => format!("!ImportValue {only}"),
        _ => "<VPC endpoint id>".to_owned(),
    }
}

/// The only endpoint that an API's association names, or else its policy, as YAML.
fn named_endpoint(case: &Case) -> Option<String> {
    let named = |by: NamedBy| {
        let written = case.callers.iter().filter(move |caller: &&Caller| caller.named_by.contains(&by));
        written.filter_map(|caller| match &caller.class {
            CallerClass::Endpoint(value) => Some(value),
            CallerClass::Internet | CallerClass::Vpc(_) | CallerClass::AnyOtherEndpoint => None,
        })
    };
    let associated: Vec<&Value> = named(NamedBy::Association).collect();
    let mut endpoints = if associated.is_empty() { named(NamedBy::Policy).collect() } else { associated };
    let statements = stated(case);
    if endpoints.is_empty() {
        // No caller of a public API comes through an endpoint, though its policy may let one in.
        let tests = statements.iter().flat_map(|one| one.tests.iter().map(move |test| (one.effect, test)));
        let admits = |(effect, test): &(Effect, &Tested<'_>)| {
            test.written.is_on("aws:SourceVpce") && test.admits_values(*effect) == Some(true)
        };
        let values = tests.filter(admits).flat_map(|(_, test)| test.values());
        endpoints.extend(values.map(|value| &value.value));
    }
    let [only] = endpoints.as_slice() else { return None };
    let names_it =
        |entry: &&Entry| entry.place != Place::VpcCondition && entry.value.value.same(only) == Same::Yes;
    // What a mapping, a branch or a parameter gives here may be another endpoint in another stack.
    match case.entries.iter().find(names_it) {
        Some(entry) if entry.value.via.iter().any(is_choice) => {
            let holder = if entry.place == Place::Association { "association" } else { "policy" };
            Some(format!("<as the {holder} names it>"))
        }
        _ => expression(only, case.stack).filter(|text| !text.contains('*')),
    }
}

/// Whether a value may be another one in another stack.
fn is_choice(step: &Step) -> bool {
    match step.kind {
        StepKind::Default(_)
        | StepKind::Choice(_)
        | StepKind::Bound(_)
        | StepKind::Given(_)
        | StepKind::Branch
        | StepKind::MapEntry => true,
        StepKind::Stored(_)
        | StepKind::Export(_)
        | StepKind::ExportByPattern(_)
        | StepKind::Output(_)
        | StepKind::Globals => false,
    }
}

/// A value as the template of a stack would write it in YAML; `None` for what takes more than a word.
pub fn expression(value: &Value, stack: StackId) -> Option<String> {
    let Value::Named(name) = value else { return value.as_text().map(str::to_owned) };
    match &**name {
        Name::Resource { stack: owner, id } | Name::Parameter { stack: owner, name: id }
            if *owner == stack =>
        {
            Some(format!("!Ref {id}"))
        }
        Name::Import(name) => name.as_text().map(|name| format!("!ImportValue {name}")),
        _ => None,
    }
}

/// The properties that make an API private, as flow YAML, in the spelling its resource type takes.
pub fn private_configuration(model: &ExposureModel, api: &Api, case: &Case) -> String {
    let endpoint = endpoint_expression(model, api, case);
    let (type_, ids) = match api.origin {
        ApiOrigin::Written => ("Types: [PRIVATE]", "VpcEndpointIds"),
        ApiOrigin::Sam | ApiOrigin::Implicit => ("Type: PRIVATE", "VPCEndpointIds"),
    };
    if case.vpc_endpoint_ids.is_empty() {
        format!("EndpointConfiguration: {{{type_}, {ids}: [{endpoint}]}}")
    } else {
        format!("EndpointConfiguration: {{{type_}, {ids}: ...}}")
    }
}

/// How to make a public API private, a remedy; what events make takes its settings from `Globals`.
pub fn make_private(model: &ExposureModel, api: &Api, case: &Case) -> String {
    let place = if api.origin == ApiOrigin::Implicit { ", under Globals: Api" } else { "" };
    format!("make it private{place}:  {}", private_configuration(model, api, case))
}

/// What lets one endpoint in and refuses every other, for the API's resource type.
pub fn allow_list(model: &ExposureModel, api: &Api, case: &Case) -> String {
    let endpoint = endpoint_expression(model, api, case);
    match api.origin {
        ApiOrigin::Written => format!(
            "a `Policy` that allows `execute-api:Invoke` and denies it with  StringNotEquals: {{aws:SourceVpce: {endpoint}}}"
        ),
        ApiOrigin::Sam | ApiOrigin::Implicit => {
            format!("Auth: {{ResourcePolicy: {{IntrinsicVpceWhitelist: [{endpoint}]}}}}")
        }
    }
}
/// That what a finding says holds for other resources at the same place: a loop's other turns. `None` without any.
pub fn same_holds_for(resources: &[String]) -> Option<String> {
    let named: Vec<_> = resources.iter().map(|name| format!("`{name}`")).collect();
    (!named.is_empty()).then(|| format!("the same holds for {}", list(&named)))
}
