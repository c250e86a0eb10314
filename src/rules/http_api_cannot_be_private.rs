//! `http-api-cannot-be-private`: an HTTP or WebSocket API where something says private.
//!
//! Without a statement or evidence an HTTP API is nobody's mistake and nothing is said.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case};
use crate::intent::{Intent, Posture};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};

const ID: &str = "http-api-cannot-be-private";

/// Reports HTTP and WebSocket APIs that are stated or hinted to be private.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, intent) in ctx.apis() {
        if !matches!(api.kind, ApiKind::Http | ApiKind::WebSocket) || api.refused.is_some() {
            continue;
        }
        let meant_private = |case: &Case| match intent.posture_in(case.environment.as_deref()) {
            Posture::Private => true,
            Posture::Public => false,
            Posture::Unset => !intent.evidence.is_empty(),
        };
        let mapped = ctx.model.ways_to(api).next().is_some();
        let answers =
            |case: &Case| meant_private(case) && (mapped || case.disable_execute_api_endpoint != Some(true));
        if let Some(occurrence) = occurrence(&api.cases, answers) {
            let intent = intent.within(&occurrence.environments);
            findings.push(finding(ctx, api, &intent, &occurrence));
        }
    }
}

fn finding(ctx: &Context<'_>, api: &Api, intent: &Intent, occurrence: &Occurrence<'_>) -> Finding {
    let implicit = api.origin == ApiOrigin::Implicit;
    let private = ctx.apis().map(|(other, _)| other).find(|other| other.may_be_private());
    let severity = if intent.contradicts_public() || (implicit && private.is_some()) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let (article, kind) = if api.kind == ApiKind::Http { ("an", "HTTP") } else { ("a", "WebSocket") };
    let primary = if implicit {
        Label::new(api.id_span, format!("makes `{}`, an HTTP API", api.resource))
    } else {
        Label::new(api.id_span, format!("{kind} APIs have no private endpoint type"))
    };
    let message = format!("`{}` is {article} {kind} API and cannot be private", api.resource);
    let remedy = match (implicit, private) {
        (true, Some(other)) => format!("make the event  Type: Api  with  RestApiId: !Ref {}", other.resource),
        _ => "use a REST API (AWS::Serverless::Api, AWS::ApiGateway::RestApi) with endpoint type PRIVATE"
            .to_owned(),
    };
    Finding::new(ID, Subject::api(api), severity, message, primary)
        .occurs(occurrence)
        .related(places::first_route(api, occurrence.state))
        .related(places::evidence(intent))
        .why(format!(
            "only REST APIs can be private; {} is open to everyone on the internet who passes its authorizer, if \
             it has one.",
            api.routes.first().map_or_else(|| "it".to_owned(), words::route)
        ))
        .help(remedy)
        // What events make has no resource to write a marker on.
        .helps((!implicit).then(|| {
            "or, if this one is meant to be public, say so on it:  Metadata: {wicketgate: {exposure: public}}".to_owned()
        }))
}
