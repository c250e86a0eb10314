//! `public-api`: a REST API that is public whatever the parameters are.
//!
//! An API that is public in some possibilities only is `conditionally-public-api`.

use std::borrow::Cow;

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case};
use crate::intent::{Intent, Posture};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::openness::{Openness, openness};
use crate::rules::remedies::private::make_private;
use crate::rules::{Context, places, words};
use crate::source::Span;

const ID: &str = "public-api";

/// Most further APIs that are shown beside a question about a template.
const MOST_LABELS: usize = 5;

/// A public API with what is needed to speak about it.
struct Public<'run> {
    api: &'run Api,
    /// As far as it is about the environments in which the API is public.
    intent: Cow<'run, Intent>,
    occurrence: Occurrence<'run>,
}

/// Reports each public REST API that ought to be private, and asks once per template about the others.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let public = ctx.apis().filter_map(|(api, intent)| public(ctx, api, intent));
    // What events make is asked about where the event stands, by itself.
    let (asked, told): (Vec<_>, Vec<_>) = public
        .partition(|public| !public.intent.contradicts_public() && public.api.origin != ApiOrigin::Implicit);
    findings.extend(told.iter().map(|public| finding(ctx, public).remedy(remedy(ctx, [public]))));
    if let Some((first, others)) = asked.split_first() {
        // A loop makes several APIs at one place; they are one text.
        let (same, elsewhere): (Vec<_>, Vec<_>) =
            others.iter().partition(|other| other.api.id_span == first.api.id_span);
        let mut places: Vec<Span> = elsewhere.iter().map(|other| other.api.id_span).collect();
        places.dedup();
        let labels = places.iter().take(MOST_LABELS).map(|&place| Label::new(place, "public, too"));
        let subjects = others.iter().map(|other| Subject::api(other.api));
        let same: Vec<_> = same.iter().map(|other| other.api.resource.clone()).collect();
        let hidden = places.len().saturating_sub(MOST_LABELS);
        let hidden = (hidden > 0).then(|| format!("{hidden} more APIs of this template are public, too"));
        let notes = words::same_holds_for(&same).into_iter().chain(hidden);
        let finding = finding(ctx, first).related(labels).notes(notes).also_about(subjects);
        let each = asked.iter().filter(|_| !others.is_empty()).map(|public| remedy(ctx, [public]));
        let remedies = std::iter::once(remedy(ctx, &asked)).chain(each);
        findings.push(remedies.fold(finding, Finding::remedy));
    }
}

/// Makes them private, all at once.
fn remedy<'p, 'run: 'p>(
    ctx: &Context<'_>,
    all: impl IntoIterator<Item = &'p Public<'run>>,
) -> Option<Remedy> {
    let all: Vec<_> = all.into_iter().map(|public| (public.api, public.occurrence.states.clone())).collect();
    make_private(ctx, &all)
}

fn public<'run>(ctx: &Context<'run>, api: &'run Api, intent: &'run Intent) -> Option<Public<'run>> {
    if api.kind != ApiKind::Rest || api.refused.is_some() || intent.posture == Posture::Public {
        return None;
    }
    if !api.cases.iter().all(|case| case.endpoint_type.is_public() == Some(true)) || by_default_only(api) {
        return None;
    }
    let mapped = ctx.model.ways_to(api).next().is_some();
    // Without its default host and without a custom domain nobody can call it.
    let occurrence = occurrence(&api.cases, |case| {
        let answers = mapped || case.disable_execute_api_endpoint != Some(true);
        answers && intent.posture_in(case.environment.as_deref()) != Posture::Public
    })?;
    let intent = intent.within(&occurrence.environments);
    Some(Public { api, intent, occurrence })
}

/// Whether the type is public only because nobody gave the parameter another value.
pub(super) fn by_default_only(api: &Api) -> bool {
    let decided_by_default =
        |case: &Case| case.environment.is_none() && case.type_value.as_ref().is_some_and(places::is_default);
    api.cases.iter().any(decided_by_default) && api.cases.len() == 1
}

fn finding(ctx: &Context<'_>, public: &Public<'_>) -> Finding {
    let Public { api, intent, occurrence } = public;
    let case = occurrence.state;
    let openness = openness(api, case);
    let severity = if intent.contradicts_public() { Severity::Error } else { Severity::Warning };
    let doubtful = (!openness.is_open() && intent.posture == Posture::Unset)
        || case.disable_execute_api_endpoint.is_none()
        || api.incomplete;
    let mut message = format!("`{}` answers on the public internet", api.resource);
    message += openness.barrier().unwrap_or_default();
    let route = places::first_route(api, case);
    Finding::new(ID, Subject::api(api), severity, message, primary(api, case))
        .confidence(if doubtful { Confidence::Medium } else { Confidence::High })
        .occurs(occurrence)
        .related(route)
        .related(case.type_value.iter().flat_map(places::way_to))
        .related(inherits(api, case))
        .related(reachable_by_domain(ctx, api, case))
        .related(places::evidence(intent))
        .why(why(case, &openness))
        .notes(assumed_host(case))
        .help(format!("make it private:  {}", words::private_configuration(ctx.model, api, case)))
        .helps(
            case.policies
                .is_empty()
                .then(|| format!("and let the endpoint in:  {}", words::allow_list(ctx.model, api, case))),
        )
        .help(meant_to_be_public(intent))
}

fn primary(api: &Api, case: &Case) -> Label {
    let phrase = match &case.type_value {
        Some(_) => words::type_means(case.endpoint_type),
        None => "no EndpointConfiguration: edge-optimised in most regions, and public in all",
    };
    Label::new(places::endpoint_type(api, case), phrase)
}

fn inherits(api: &Api, case: &Case) -> Option<Label> {
    let from_globals = case.type_value.as_ref().is_some_and(places::is_from_globals);
    from_globals.then(|| Label::new(api.id_span, "inherits this"))
}

fn reachable_by_domain(ctx: &Context<'_>, api: &Api, case: &Case) -> Option<Label> {
    let closed = case.disable_execute_api_endpoint == Some(true);
    closed.then(|| places::first_mapping(ctx.model, api)).flatten()
}

fn why(case: &Case, openness: &Openness) -> String {
    let address =
        if case.disable_execute_api_endpoint == Some(true) { "name of the domain" } else { "API id" };
    format!("{}; a private API answers only through a VPC endpoint.", openness.clause(address))
}

fn assumed_host(case: &Case) -> Option<String> {
    let undecided = case.disable_execute_api_endpoint.is_none();
    undecided.then(|| "assumes that DisableExecuteApiEndpoint, which is not known here, stays off".to_owned())
}

/// The remedy for an API that is public on purpose.
pub(super) fn meant_to_be_public(intent: &Intent) -> String {
    match intent.posture {
        Posture::Unset if !intent.has_strong_evidence() => {
            "or say it is meant to be public, once, in wicketgate.toml:  posture = \"public\"".to_owned()
        }
        _ => {
            "or, if this one is meant to be public, say so on it:  Metadata: {wicketgate: {exposure: public}}"
                .to_owned()
        }
    }
}
