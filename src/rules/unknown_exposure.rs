//! `unknown-exposure`: what hides who can call an API, for those who want to look at it themselves.
//!
//! Refusals and values that a rule of its own explains are left to that rule.

use crate::diagnostic::{Label, Persona, Severity};
use crate::exposure::model::{Api, CallerClass, Case, Decision, EndpointType, Module};
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::source::Span;
use crate::template::lowered::{Refusal, RefusalKind, SurpriseKind};
use crate::template::value::{Same, Value};

const ID: &str = "unknown-exposure";

/// Reports texts that keep the endpoint type or the policy of an API from being known.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for refusal in ctx.refusals().filter(|refusal| refusal.kind == RefusalKind::Other) {
        push_shared(findings, first, refused(ctx, refusal));
    }
    for module in ctx.model.modules.iter().filter(|module| module.file == ctx.file) {
        push_shared(findings, first, hidden_by_module(module));
    }
    for (api, _) in ctx.apis() {
        if api.refused.is_some() {
            continue;
        }
        let hidden = [hidden_type(api), hidden_policy(api), hidden_association(api)];
        let entries = guessed_entries(ctx, api);
        let endpoints = unverified(ctx, api);
        for finding in hidden.into_iter().flatten().chain(entries).chain(endpoints) {
            push_shared(findings, first, finding);
        }
    }
}

fn refused(ctx: &Context<'_>, refusal: &Refusal) -> Finding {
    let subject = Subject { file: ctx.file, resource: refusal.resource.clone() };
    let message = match &refusal.resource {
        Some(resource) => format!("the SAM transform refuses `{resource}`: {}", refusal.reason),
        None => format!("the SAM transform refuses the template: {}", refusal.reason),
    };
    Finding::new(ID, subject, Severity::Info, message, Label::new(refusal.span, "refused here"))
        .why("a refused template makes no API, neither a private nor a public one; what its next version exposes is open.")
        .help("change what is refused, then check again")
        .persona(Persona::Auditor)
}

/// Resources that take the place of one whose type is a module.
fn hidden_by_module(module: &Module) -> Finding {
    let subject = Subject { file: module.file, resource: Some(module.resource.clone()) };
    let message =
        format!("what `{}` makes is not known: `{}` is a module", module.resource, module.type_name);
    Finding::new(ID, subject, Severity::Info, message, Label::new(module.type_span, "hides its resources"))
        .related([Label::new(module.id_span, "this resource")])
        .why("CloudFormation puts the resources of the module in its place; an API among them may be public or private.")
        .help("check the template of the module itself")
        .persona(Persona::Auditor)
}

fn about(api: &Api, message: String, label: Label) -> Finding {
    Finding::new(ID, Subject::api(api), Severity::Info, message, label).persona(Persona::Auditor)
}

/// An endpoint type that nobody can tell before the deployment.
fn hidden_type(api: &Api) -> Option<Finding> {
    let is_hidden = |case: &Case| case.endpoint_type == EndpointType::Unknown && case.type_unknown.is_some();
    let occurrence = occurrence(&api.cases, is_hidden)?;
    let case = occurrence.state;
    let reason = case.type_unknown.as_deref().unwrap_or_default();
    let behind = case.hidden_policy.as_ref().filter(|(why, _)| why == reason).map(|(_, span)| *span);
    let value = case.type_value.as_ref().filter(|_| behind.is_none());
    let span = behind.or(value.map(places::origin)).unwrap_or(api.id_span);
    let message = match reason.strip_prefix("its endpoint type ") {
        Some(rest) => format!("the endpoint type of `{}` {rest}", api.resource),
        None => format!("the endpoint type of `{}` is not known: {reason}", api.resource),
    };
    let help = match behind {
        Some(_) => "check the template as it is deployed, after whatever rewrites or copies it",
        None => "write the type as text, or give the parameter a default or a value per environment",
    };
    Some(
        finish(about(api, message, Label::new(span, "hides the endpoint type")), api, &occurrence)
            .related(value.into_iter().flat_map(places::way_to))
            .why("whether the internet reaches this API is open, so no rule says that it is private or public.")
            .help(help),
    )
}

/// A policy that is written where nobody looks.
fn hidden_policy(api: &Api) -> Option<Finding> {
    let is_hidden = |case: &Case| {
        let same = |why: &str| case.type_unknown.as_deref() == Some(why);
        case.hidden_policy.as_ref().is_some_and(|(why, _)| !same(why))
    };
    let occurrence = occurrence(&api.cases, is_hidden)?;
    let (reason, span) = occurrence.state.hidden_policy.as_ref()?;
    // The same text hides the association.
    let (what, label) = if hides_association(occurrence.state).is_some_and(|(_, other)| other == span) {
        ("policy and the association", "may hide a policy, an association and routes")
    } else {
        ("policy", "may hide a policy and routes")
    };
    let verb = if what == "policy" { "is" } else { "are" };
    let message = format!("the {what} of `{}` {verb} not known: {reason}", api.resource);
    Some(
        finish(about(api, message, Label::new(*span, label)), api, &occurrence)
            .why("who is let in, and whether there is a resource policy at all, is decided by text that is not here.")
            .help("put the definition into the template, or beside it as a file that the template names"),
    )
}

/// What hides whether a private API is associated with an endpoint.
fn hides_association(case: &Case) -> Option<&(String, Span)> {
    let private = case.endpoint_type == EndpointType::Private;
    case.configuration.hidden_association.as_ref().filter(|_| private)
}

/// An association that may be written where nobody looks, beside a policy that is known.
fn hidden_association(api: &Api) -> Option<Finding> {
    let with_policy =
        |case: &Case, span: Span| case.hidden_policy.as_ref().is_some_and(|(_, it)| *it == span);
    let is_hidden = |case: &Case| hides_association(case).is_some_and(|(_, span)| !with_policy(case, *span));
    let occurrence = occurrence(&api.cases, is_hidden)?;
    let (reason, span) = hides_association(occurrence.state)?;
    let message = format!("the association of `{}` is not known: {reason}", api.resource);
    Some(
        finish(about(api, message, Label::new(*span, "may hide an association")), api, &occurrence)
            .why(
                "whether AWS makes {api-id}-{vpce-id} names for this API is decided by text that is not here: a body \
                 may bring x-amazon-apigateway-endpoint-configuration with it.",
            )
            .help("put the definition into the template, or beside it as a file that the template names"),
    )
}

fn finish(finding: Finding, api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    finding.occurs(occurrence).related([Label::new(api.id_span, "this API")])
}

/// Entries of SAM's lists that are parameters without a value: SAM sorts them by a prefix nobody can see.
fn guessed_entries(ctx: &Context<'_>, api: &Api) -> Vec<Finding> {
    let guessed = api.surprises.iter().filter_map(|surprise| match &surprise.kind {
        SurpriseKind::AllowListEntryUnknown { field, parameter } => Some((surprise.span, field, parameter)),
        _ => None,
    });
    let finding = |(span, field, parameter): (Span, &String, &String)| {
        let message = format!("whether `{field}` keeps its entry is not known: `{parameter}` has no value");
        let label = Label::new(span, "a VPC, an endpoint, or dropped by SAM");
        let intrinsic = field.replace("SourceVpc", "IntrinsicVpce");
        about(api, message, label)
            .related([Label::new(api.id_span, "this API")])
            .why(
                "SAM sorts the entries of this list by the prefix of their value and drops what has neither.",
            )
            .help(format!("for an endpoint write  {intrinsic}: [{}]", ctx.sources.slice(span)))
    };
    guessed.map(finding).collect()
}

/// Endpoints that a private API lets in and that nothing in the run declares.
fn unverified(ctx: &Context<'_>, api: &Api) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for case in api.cases.iter().filter(|case| case.endpoint_type == EndpointType::Private) {
        for caller in &case.callers {
            let CallerClass::Endpoint(value) = &caller.class else { continue };
            let admitted = matches!(caller.decision, Decision::Allow | Decision::Depends);
            let place = caller.named_at.last().filter(|_| admitted && !is_declared(ctx, value));
            if let Some(&span) = place {
                push_shared(&mut found, 0, let_in(api, value, span));
            }
        }
    }
    found
}

fn is_declared(ctx: &Context<'_>, value: &Value) -> bool {
    ctx.model.endpoints.iter().any(|endpoint| endpoint.name.same(value) == Same::Yes)
}

fn let_in(api: &Api, value: &Value, span: Span) -> Finding {
    let name = words::value(value).unwrap_or_else(|| "this endpoint".to_owned());
    let message = format!("`{}` lets in {name}, and nothing checked here declares it", api.resource);
    about(api, message, Label::new(span, "whose endpoint this is cannot be told"))
        .related([Label::new(api.id_span, "this API")])
        .why("an endpoint that is let in may stand in any VPC and any account; its owner's callers are this API's callers.")
        .help("check the template that makes the endpoint together with this one, or compare the id with the account's endpoints")
}
