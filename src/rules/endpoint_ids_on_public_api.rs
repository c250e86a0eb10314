//! `endpoint-ids-on-public-api`: an edge-optimised or regional API that is associated with VPC endpoints.
//!
//! That an API is public is `public-api`'s; a policy that asks for an endpoint is another rule's.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::model::{Api, Case};
use crate::intent::{EvidenceKind, Intent, Posture};
use crate::rules::finding::{Aspect, Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::private::make_private;
use crate::rules::{Context, places, words};
use crate::source::Span;
use crate::template::value::Value;

const ID: &str = "endpoint-ids-on-public-api";

/// Reports endpoint ids wherever the type is certainly public; those in `Globals` once for all that inherit both.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, intent) in ctx.rest_apis() {
        let refused = |case: &Case| case.endpoint_type.is_public() == Some(true) && key(case).is_some();
        if let Some(occurrence) = occurrence(&api.cases, refused)
            && let Some(key) = key(occurrence.state)
        {
            push_shared(findings, first, finding(ctx, api, intent, &occurrence, key));
        }
    }
}

/// The key of the ids, if there are any.
fn key(case: &Case) -> Option<Span> {
    let configuration = &case.configuration;
    // A list that is empty by default is filled where the type is another, too.
    configuration
        .association_key
        .filter(|_| !case.vpc_endpoint_ids.is_empty() && !configuration.association_left_empty)
}

fn finding(ctx: &Context<'_>, api: &Api, intent: &Intent, occurrence: &Occurrence<'_>, key: Span) -> Finding {
    let case = occurrence.state;
    let word = if case.endpoint_type.as_str() == "EDGE" { "edge-optimised" } else { "regional" };
    let condition = words::under(&occurrence.when);
    let message = format!("`{}` lists VPC endpoints and is {word}{condition}", api.resource);
    let (primary, other) = labels(case, key);
    let only_evidence = intent.posture == Posture::Unset
        && intent.evidence.iter().all(|one| matches!(one.kind, EvidenceKind::Association));
    let finding = Finding::new(ID, Subject::api(api), Severity::Error, message, primary)
        .aspect(if only_evidence { Aspect::OnlyEvidence } else { Aspect::Whole })
        .occurs(occurrence)
        .related(other)
        .related(case.type_value.iter().flat_map(places::way_to))
        .related([Label::new(api.id_span, "this API")])
        .why(
            "only private APIs are reached through VPC endpoints. API Gateway refuses the ids (\"VPCEndpoints can only \
             be specified with PRIVATE apis\"), and the deployment fails; without them the internet reaches the API.",
        )
        .confidence(if maybe_empty(case).is_some() { Confidence::Medium } else { Confidence::High })
        .notes(maybe_empty(case))
        .assumes(case.type_value.as_ref())
        .assumes(case.association.as_ref())
        .help(format!("make it private:  {}", words::private_configuration(ctx.model, api, case)))
        .help("or, if it is meant to be public, remove the endpoints");
    remedies(ctx, api, intent, key).into_iter().fold(finding, |finding, one| finding.remedy(Some(one)))
}

/// What takes the contradiction away: first what was stated, if anything was.
fn remedies(ctx: &Context<'_>, api: &Api, intent: &Intent, key: Span) -> Vec<Remedy> {
    let public: Vec<&Case> =
        api.cases.iter().filter(|case| case.endpoint_type.is_public() == Some(true)).collect();
    let private = make_private(ctx, &[(api, public)]);
    let inherited = |case: &Case| case.association.as_ref().is_some_and(places::is_from_globals);
    let is_there = |case: &Case| case.configuration.association_key == Some(key);
    let ours = |case: &Case| case.endpoint_type.is_public() == Some(true) && !inherited(case);
    let apart = ctx.apis().all(|(api, _)| api.cases.iter().all(|case| !is_there(case) || ours(case)));
    let removed = (apart && intent.posture != Posture::Private).then(|| {
        Remedy::remove(
            Applicability::Unsafe,
            key,
            format!("leave `{}` public, without endpoints", api.resource),
        )
    });
    private.into_iter().chain(removed).collect()
}

/// The primary label, and one on the other half of the contradiction: what is inherited is not what to change.
fn labels(case: &Case, key: Span) -> (Label, Option<Label>) {
    let type_value = case.type_value.as_ref();
    let place = type_value.map(places::origin);
    let inherited = case.association.as_ref().is_some_and(places::is_from_globals);
    match (place, type_value.filter(|value| inherited && !places::is_from_globals(value))) {
        (Some(place), Some(_)) => (
            Label::new(
                place,
                format!("{}, but with endpoints from Globals", words::type_means(case.endpoint_type)),
            ),
            Some(Label::new(key, "inherits these endpoints")),
        ),
        (place, _) => (
            Label::new(key, "only for private APIs"),
            place.map(|place| Label::new(place, words::type_means(case.endpoint_type))),
        ),
    }
}

/// The assumption that a list which nobody knows yet names an endpoint.
fn maybe_empty(case: &Case) -> Option<String> {
    let association = case.association.as_ref()?;
    let name = match &association.value {
        Value::Named(_) => words::value(&association.value),
        _ => return None,
    };
    Some(format!("assumes that {} is not empty", name.unwrap_or_else(|| "the list".to_owned())))
}
