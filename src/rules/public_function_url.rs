//! `public-function-url`: a Lambda function URL that anyone may call.
//!
//! A URL without authentication whose function lets nobody invoke it answers 403 and is not reported.

use std::borrow::Cow;

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::{Api, ApiKind, Case};
use crate::intent::{Intent, Posture};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::private::only_value;
use crate::rules::{Context, places};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Sourced, StepKind, Value};

const ID: &str = "public-function-url";

/// A public function URL with the text that makes it so.
struct PublicUrl<'run> {
    api: &'run Api,
    intent: Cow<'run, Intent>,
    occurrence: Occurrence<'run>,
    /// The `NONE`.
    place: Span,
}

/// Reports function URLs without authentication; those that share one `NONE` (Globals) in one finding.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut urls: Vec<PublicUrl<'_>> =
        ctx.apis().filter_map(|(api, intent)| public_url(api, intent)).collect();
    while !urls.is_empty() {
        let place = urls.first().map(|url| url.place);
        let (same, rest): (Vec<_>, Vec<_>) = urls.into_iter().partition(|url| Some(url.place) == place);
        urls = rest;
        findings.extend(finding(ctx, &same));
    }
}

fn public_url<'run>(api: &'run Api, intent: &'run Intent) -> Option<PublicUrl<'run>> {
    if api.kind != ApiKind::FunctionUrl || api.refused.is_some() || intent.posture == Posture::Public {
        return None;
    }
    let meant = |case: &Case| intent.posture_in(case.environment.as_deref()) == Posture::Public;
    let open = |case: &Case| is_none(case) && case.public_permission == Some(true) && !meant(case);
    let occurrence = occurrence(&api.cases, open)?;
    let intent = intent.within(&occurrence.environments);
    let place = occurrence.state.auth_type.as_ref().map(places::origin)?;
    Some(PublicUrl { api, intent, occurrence, place })
}

fn is_none(case: &Case) -> bool {
    matches!(&case.auth_type, Some(Sourced { value: Value::String(word), .. }) if word == "NONE")
}

fn finding(ctx: &Context<'_>, urls: &[PublicUrl<'_>]) -> Option<Finding> {
    let (first, others) = urls.split_first()?;
    let back_door = urls.iter().find_map(|url| private_route(ctx, url.api));
    let stated = urls.iter().any(|url| url.intent.posture == Posture::Private);
    let severity = if back_door.is_some() || stated { Severity::Error } else { Severity::Warning };
    let auth_type = first.occurrence.state.auth_type.as_ref();
    let from_globals = auth_type.is_some_and(places::is_from_globals);
    let message = if others.is_empty() {
        format!("anyone can call `{}` through its function URL", name(first.api))
    } else {
        format!("anyone can call {} functions through their URLs", urls.len())
    };
    let phrase = if from_globals {
        "no authentication, for every function of the template"
    } else {
        "no authentication"
    };
    let heirs = urls.iter().filter(|_| from_globals || !others.is_empty());
    Some(
        Finding::new(ID, Subject::api(first.api), severity, message, Label::new(first.place, phrase))
            .occurs(&first.occurrence)
            .related(auth_type.into_iter().flat_map(places::way_to))
            .related(heirs.map(|url| Label::new(url.api.id_span, "gets a public URL")))
            .related(back_door.clone())
            .also_about(others.iter().map(|url| Subject::api(url.api)))
            .assumes(auth_type)
            .why(if back_door.is_some() {
                "a function URL answers on the internet without asking who calls, and goes around the private API."
            } else {
                "a function URL is never private; with AuthType NONE it answers everyone on the internet."
            })
            .help("use  AuthType: AWS_IAM  or remove the URL")
            .remedy(remedy(ctx, urls)),
    )
}

/// Asks for signatures. What a permission allows for URLs that ask for none then allows nothing.
fn remedy(ctx: &Context<'_>, urls: &[PublicUrl<'_>]) -> Option<Remedy> {
    let first = urls.first()?;
    let value = first.occurrence.state.auth_type.as_ref()?;
    let at = |case: &Case| case.auth_type.as_ref().map(places::origin) == Some(first.place);
    let is_ours = |api: &Api| urls.iter().any(|url| std::ptr::eq(url.api, api));
    // A URL that is meant to be public may stand on the same text.
    let mut others = ctx.model.apis.iter().filter(|api| !is_ours(api));
    if first.place.file != ctx.file || others.any(|api| api.cases.iter().any(at)) {
        return None;
    }
    let change = match places::origin_step(value).map(|step| &step.kind) {
        None => Change::Replace { at: first.place, with: Written::text(SIGNED) },
        Some(StepKind::Default(name) | StepKind::Choice(name)) => only_value(name, SIGNED),
        Some(_) => return None,
    };
    let title = match urls {
        [only] => format!("let only signed calls through the URL of `{}`", name(only.api)),
        _ => format!("let only signed calls through the URLs of {} functions", urls.len()),
    };
    Some(Remedy::one(Applicability::Unsafe, title, ctx.file, change))
}

/// The `AuthType` that asks who calls.
const SIGNED: &str = "AWS_IAM";

fn name(api: &Api) -> &str {
    api.function.as_deref().unwrap_or(&api.resource)
}

/// Where a private API serves the same function.
fn private_route(ctx: &Context<'_>, url: &Api) -> Option<Label> {
    let function = url.function.as_deref()?;
    ctx.apis().map(|(api, _)| api).filter(|api| api.may_be_private()).find_map(|api| {
        let route = places::route_of_handler(api, function).map(|route| route.span);
        let called = || api.backends.iter().find(|backend| backend.function == function);
        let span = route.or_else(|| called().map(|backend| backend.span))?;
        Some(Label::new(span, format!("`{}` serves it privately here", api.resource)))
    })
}
