//! `conditionally-public-api`: a REST API that parameters, a default or an environment can make public.
//!
//! An API that is public whatever they are is `public-api`.

use crate::diagnostic::{Applicability, Confidence, Label, Persona, Severity};
use crate::exposure::model::{Api, Case, EndpointType};
use crate::intent::{Intent, Posture};
use crate::rules::finding::{Aspect, Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::openness::openness;
use crate::rules::public_api::{by_default_only, meant_to_be_public};
use crate::rules::remedies::private::{make_private, only_value};
use crate::rules::{Context, places, words};
use crate::source::Span;
use crate::template::value::StepKind;

const ID: &str = "conditionally-public-api";

/// Reports each REST API that is public in some possibilities, or because of a parameter's default.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, intent) in ctx.rest_apis() {
        if intent.posture == Posture::Public {
            continue;
        }
        let mapped = ctx.model.ways_to(api).next().is_some();
        let answers = |case: &Case| {
            case.endpoint_type.is_public() == Some(true)
                && intent.posture_in(case.environment.as_deref()) != Posture::Public
                && (mapped || case.disable_execute_api_endpoint != Some(true))
        };
        let Some(occurrence) = occurrence(&api.cases, answers) else {
            findings.extend(private_by_default(api, intent));
            continue;
        };
        let always_public = api.cases.iter().all(|case| case.endpoint_type.is_public() == Some(true));
        if !always_public || by_default_only(api) {
            let intent = intent.within(&occurrence.environments);
            let remedy = make_private(ctx, &[(api, occurrence.states.clone())]);
            findings.push(finding(api, &intent, &occurrence).remedy(remedy));
        }
    }
}

/// A type that is private only because nobody gave the parameter another value: for those who want to know.
fn private_by_default(api: &Api, intent: &Intent) -> Option<Finding> {
    let is_free = |case: &Case| {
        let meant = intent.posture_in(case.environment.as_deref()) == Posture::Public;
        case.endpoint_type == EndpointType::Private && case.type_may_be_given.is_some() && !meant
    };
    let occurrence = occurrence(&api.cases, is_free)?;
    let case = occurrence.state;
    let parameter = case.type_may_be_given.as_ref()?;
    let intent = intent.within(&occurrence.environments);
    let severity = if intent.posture == Posture::Private { Severity::Error } else { Severity::Warning };
    let message = format!("`{}` is private unless a parameter says otherwise", api.resource);
    let label =
        Label::new(places::endpoint_type(api, case), "PRIVATE is the default, and any value is allowed");
    let what = api.routes.first().map_or_else(|| "it".to_owned(), words::route);
    Some(
        Finding::new(ID, Subject::api(api), severity, message, label)
            .confidence(Confidence::Low)
            .persona(Persona::Auditor)
            .aspect(Aspect::Undecided)
            .occurs(&occurrence)
            .related(case.type_value.iter().flat_map(places::way_to))
            .why(format!(
                "a stack that is made with another value of `{parameter}` is public: anyone who learns the API id \
                 can call {what}."
            ))
            .help(format!("list PRIVATE alone in AllowedValues of `{parameter}`, or assert it in Rules"))
            .remedy(only_private(api, case, parameter))
            .help(meant_to_be_public(&intent)),
    )
}

/// Allows no other value of the parameter.
fn only_private(api: &Api, case: &Case, parameter: &str) -> Option<Remedy> {
    let step = places::origin_step(case.type_value.as_ref()?)?;
    let here = matches!(step.kind, StepKind::Default(_)) && step.span.file == api.file;
    let title = format!("allow only PRIVATE for `{parameter}`");
    here.then(|| Remedy::one(Applicability::Unsafe, title, api.file, only_value(parameter, "PRIVATE")))
}

fn finding(api: &Api, intent: &Intent, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let severity = if intent.posture == Posture::Private { Severity::Error } else { Severity::Warning };
    let by_default = by_default_only(api);
    Finding::new(ID, Subject::api(api), severity, message(api, occurrence, by_default), primary(api, case))
        .confidence(if by_default || api.incomplete { Confidence::Medium } else { Confidence::High })
        .occurs(occurrence)
        .related(case.type_value.iter().flat_map(places::way_to))
        .related(other_public_values(api, occurrence))
        .related(private_value(api))
        .related(places::first_route(api, case))
        .why(why(api, occurrence, by_default))
        .assumes(case.type_value.as_ref())
        .help(help(case))
        .help(meant_to_be_public(intent))
}

fn message(api: &Api, occurrence: &Occurrence<'_>, by_default: bool) -> String {
    let name = &api.resource;
    if by_default {
        return format!("`{name}` is public unless a parameter says otherwise");
    }
    if !occurrence.when.is_empty() {
        return format!("`{name}` is public when {}", words::when(&occurrence.when));
    }
    if occurrence.environments.is_empty() {
        return format!("`{name}` is public in some stacks");
    }
    let environments: Vec<String> =
        occurrence.environments.iter().map(|environment| format!("`{environment}`")).collect();
    format!("`{name}` is public in {}", words::list(&environments))
}

fn primary(api: &Api, case: &Case) -> Label {
    let phrase = match &case.type_value {
        Some(value) if places::is_default(value) => {
            format!("{} is the default, and public", case.endpoint_type.as_str())
        }
        Some(_) => words::type_means(case.endpoint_type).to_owned(),
        None => "then there is no EndpointConfiguration, and it is public".to_owned(),
    };
    Label::new(places::endpoint_type(api, case), phrase)
}

/// Further values that make it public.
fn other_public_values(api: &Api, occurrence: &Occurrence<'_>) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for case in &occurrence.states {
        let span = places::endpoint_type(api, case);
        if labels.iter().all(|label| label.span != span) {
            labels.push(Label::new(span, words::type_means(case.endpoint_type)));
        }
    }
    labels
}

/// Where it is made private otherwise.
fn private_value(api: &Api) -> Option<Label> {
    let private = api.cases.iter().find(|case| case.endpoint_type.is_public() == Some(false))?;
    let span: Span = private.type_value.as_ref().map(places::origin)?;
    Some(Label::new(span, "private otherwise"))
}

fn why(api: &Api, occurrence: &Occurrence<'_>, by_default: bool) -> String {
    let stack = if by_default {
        "a stack made without that parameter"
    } else if occurrence.when.is_empty() {
        "that stack"
    } else {
        "a stack made with these values"
    };
    format!("in {stack}, {}.", openness(api, occurrence.state).clause("API id"))
}

fn help(case: &Case) -> &'static str {
    let Some(value) = &case.type_value else { return "set the endpoint type to PRIVATE in every branch" };
    match places::origin_step(value).map(|step| &step.kind) {
        Some(StepKind::Default(_) | StepKind::Choice(_)) => {
            "make PRIVATE the default, and list it alone in AllowedValues"
        }
        Some(StepKind::Bound(_) | StepKind::Given(_)) => "pass PRIVATE there, too",
        _ => "write PRIVATE there, too",
    }
}
