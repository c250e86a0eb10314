//! `unauthorised-route`: a route of a public API that asks nobody who they are, where that was meant.
//!
//! It was meant where the API has a default authorizer, or the policy file requires one.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{Api, Auth, Case, Method};
use crate::intent::stated::Requirement;
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::occurrence;
use crate::rules::{Context, words};
use crate::source::Span;
use crate::template::lowered::SurpriseKind;

/// Reports each open route of public APIs that have, or must have, an authorizer.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, intent) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        let is_required = intent.require.contains(&Requirement::Authorizer);
        if !is_required && api.default_authorizer.is_none() {
            continue;
        }
        let mut open: Vec<&Method> = Vec::new();
        for method in api.cases.iter().filter(|case| is_public(case)).flat_map(|case| &case.methods) {
            let known = |other: &&Method| other.path == method.path && other.method == method.method;
            if is_open(method) && !open.iter().any(known) {
                open.push(method);
            }
        }
        findings.extend(open.iter().filter_map(|method| finding(api, method, is_required)));
    }
}

fn is_public(case: &Case) -> bool {
    case.endpoint_type.is_public() == Some(true)
}

/// Browsers send preflights without credentials, so `OPTIONS` is open by design.
fn is_open(method: &Method) -> bool {
    method.auth == Auth::None && method.method != "OPTIONS"
}

/// The `NONE` that takes the default authorizer off, else the event's name, else what writes the method.
fn place(api: &Api, method: &Method) -> Span {
    let none = api.surprises.iter().find(|surprise| match &surprise.kind {
        SurpriseKind::AuthorizerNone { path, method: verb } => *path == method.path && *verb == method.method,
        _ => false,
    });
    let mut routes = api.routes.iter();
    let event = routes.find(|route| route.path == method.path && route.method == method.method);
    none.map(|surprise| surprise.span).or_else(|| event.and_then(|route| route.event)).unwrap_or(method.span)
}

fn finding(api: &Api, method: &Method, is_required: bool) -> Option<Finding> {
    let holds = |case: &Case| {
        let same =
            |other: &Method| other.path == method.path && other.method == method.method && is_open(other);
        is_public(case) && case.methods.iter().any(same)
    };
    let occurrence = occurrence(&api.cases, holds)?;
    let severity = if is_required { Severity::Error } else { Severity::Warning };
    let name = match method.method.as_str() {
        "*" => method.path.clone(),
        verb => format!("{verb} {}", method.path),
    };
    let message = format!("{name} of the public API `{}` asks nobody who they are", api.resource);
    let default = api.default_authorizer.map(|span| Label::new(span, "the other routes ask this one"));
    let why = if is_required {
        "the policy file lets this API be public because every route has an authorizer, and this one has none."
    } else {
        "the API has a default authorizer, and this route does without it: anyone on the internet can call it."
    };
    Some(
        Finding::new(
            "unauthorised-route",
            Subject::api(api),
            severity,
            message,
            Label::new(place(api, method), words::auth(Auth::None)),
        )
        .occurs(&occurrence)
        .related(default)
        .why(why)
        .help("give it an authorizer; an API key does not count, it says who pays, not who calls"),
    )
}
