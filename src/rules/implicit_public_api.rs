//! `implicit-public-api`: events without `RestApiId` give birth to a public API of their own.
//!
//! The other kind of birth, an `HttpApi` event, is `http-api-cannot-be-private`.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case};
use crate::intent::{Intent, Posture};
use crate::order::Order;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::openness::{Openness, openness};
use crate::rules::public_api::meant_to_be_public;
use crate::rules::remedies::private::make_private;
use crate::rules::{Context, places, words};
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::SurpriseKind;

const ID: &str = "implicit-public-api";

/// Reports the API that SAM makes of events, where nothing makes it private.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let explicit: Vec<&Api> = ctx
        .apis()
        .map(|(api, _)| api)
        .filter(|api| api.kind == ApiKind::Rest && api.origin != ApiOrigin::Implicit)
        .collect();
    for (api, intent) in ctx.apis() {
        if api.kind != ApiKind::Rest || api.origin != ApiOrigin::Implicit || api.refused.is_some() {
            continue;
        }
        if !api.cases.iter().all(|case| case.endpoint_type.is_public() == Some(true)) {
            continue;
        }
        // Beside an explicit API a second public one is hardly meant, whatever the posture is.
        if intent.posture == Posture::Public && explicit.is_empty() {
            continue;
        }
        let meant = |case: &Case| {
            explicit.is_empty() && intent.posture_in(case.environment.as_deref()) == Posture::Public
        };
        if let Some(occurrence) = occurrence(&api.cases, |case| !meant(case)) {
            let intent = intent.within(&occurrence.environments);
            findings.push(finding(ctx, api, &intent, &explicit, &occurrence));
        }
    }
}

fn finding(
    ctx: &Context<'_>,
    api: &Api,
    intent: &Intent,
    explicit: &[&Api],
    occurrence: &Occurrence<'_>,
) -> Finding {
    let private = explicit.iter().find(|other| other.may_be_private());
    let severity = if private.is_some() || intent.posture == Posture::Private {
        Severity::Error
    } else {
        Severity::Warning
    };
    let case = occurrence.state;
    let discarded = api.surprises.iter().find(|surprise| surprise.kind == SurpriseKind::DiscardedResource);
    let (primary, message) = match discarded {
        Some(surprise) => (
            Label::new(surprise.span, "SAM throws this resource away and makes its own of this name"),
            format!("`{}` is replaced by a public API of the same name", api.resource),
        ),
        None => (
            Label::new(
                api.id_span,
                if explicit.is_empty() {
                    "no RestApiId: SAM makes an API for this event"
                } else {
                    "no RestApiId: SAM makes a second API for this event"
                },
            ),
            format!("this event creates `{}`, which answers on the public internet", api.resource),
        ),
    };
    let openness = openness(api, case);
    let message = message + openness.barrier().unwrap_or_default();
    let events = api.routes.iter().filter(|route| route.span != api.id_span).take(3);
    Finding::new(ID, Subject::api(api), severity, message, primary)
        .occurs(occurrence)
        .related(
            events.map(|route| Label::new(route.span, format!("{} is served there", words::route(route)))),
        )
        .related(
            case.type_value
                .iter()
                .map(|value| Label::new(places::origin(value), words::type_means(case.endpoint_type))),
        )
        .related(private.map(|other| Label::new(other.id_span, "the private API it stands beside")))
        .why(why(api, &openness))
        .help(help(ctx, explicit))
        .remedy(remedy(ctx, api, explicit))
        // What events make has no resource to write a marker on.
        .helps((intent.posture == Posture::Unset).then(|| meant_to_be_public(intent)))
        .remedy(
            // Beside an explicit API it is hardly meant to be there at all.
            (explicit.is_empty() && discarded.is_none())
                .then(|| make_private(ctx, &[(api, occurrence.states.clone())]))
                .flatten(),
        )
}

fn why(api: &Api, openness: &Openness) -> String {
    format!(
        "`{}` takes its settings from Globals alone and nothing there makes it private; {}.",
        api.resource,
        openness.clause("API id")
    )
}

fn help(ctx: &Context<'_>, explicit: &[&Api]) -> String {
    let in_template: Vec<&str> =
        explicit.iter().filter(|api| api.file == ctx.file).map(|api| api.resource.as_str()).collect();
    match in_template.as_slice() {
        [only] => format!("say which API serves the event:  RestApiId: !Ref {only}"),
        [] => "declare an AWS::Serverless::Api with  EndpointConfiguration: {Type: PRIVATE}  and name it in each \
               event's RestApiId, or set that in Globals.Api"
            .to_owned(),
        _ => "say which API serves the event, in its RestApiId".to_owned(),
    }
}

/// The only explicit API for all events, where it then serves them and nothing else speaks of the API they made.
fn remedy(ctx: &Context<'_>, api: &Api, explicit: &[&Api]) -> Option<Remedy> {
    let mut in_template = explicit.iter().filter(|other| other.file == ctx.file);
    let (Some(other), None) = (in_template.next(), in_template.next()) else { return None };
    // The body that SAM makes stands at the logical id. SAM adds no routes to one that the template writes.
    let is_made =
        |case: &Case| case.configuration.import.as_ref().is_some_and(|import| import.key == other.id_span);
    let serves = other.origin == ApiOrigin::Sam && other.refused.is_none() && other.cases.iter().all(is_made);
    let same_condition = other.condition.is_none() || other.condition == api.condition;
    let clashes = api.routes.iter().any(|route| {
        other.routes.iter().any(|known| known.path == route.path && known.method == route.method)
    });
    let is_named = ctx.sources.get(ctx.file).is_none_or(|file| file.text().contains(&api.resource));
    let mut events: Vec<_> = api.routes.iter().map(|route| route.event).collect::<Option<_>>()?;
    events.order();
    // One event may stand for several functions.
    events.dedup();
    (serves && same_condition && !clashes && !is_named && !events.is_empty()).then_some(())?;
    let name_api = |event| {
        let change = Change::SetIn {
            mapping: event,
            path: ["Properties", "RestApiId"].map(str::to_owned).to_vec(),
            value: Written::reference(&other.resource),
            after: None,
        };
        (event.file, change)
    };
    let title = format!("let `{}` serve the events", other.resource);
    Some(Remedy::all(Applicability::Safe, title, events.into_iter().map(name_api).collect()))
}
