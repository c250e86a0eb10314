//! `public-graphql-api`: a GraphQL API on the internet where private ones are meant.
//!
//! Who has a key or a token for it is not asked.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::model::{Api, ApiKind, CallerClass, Case, Decision, EndpointType};
use crate::intent::{Intent, Posture};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, both, occurrence};
use crate::rules::public_api::meant_to_be_public;
use crate::rules::{Context, places, words};

const ID: &str = "public-graphql-api";

/// Reports GraphQL APIs that answer on the internet against a statement, or beside a private REST API.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, intent) in ctx.apis() {
        if api.kind != ApiKind::GraphQl || api.refused.is_some() || intent.posture == Posture::Public {
            continue;
        }
        let wanted = |case: &Case| match intent.posture_in(case.environment.as_deref()) {
            Posture::Private => true,
            Posture::Public => false,
            Posture::Unset => intent.has_strong_evidence() || private_sibling(ctx, case).is_some(),
        };
        if let Some(occurrence) = occurrence(&api.cases, |case| is_public(case) && wanted(case)) {
            let intent = intent.within(&occurrence.environments);
            findings.push(finding(ctx, api, &intent, &occurrence));
        }
    }
}

/// Whether the internet reaches the API in this case, and something answers there.
fn is_public(case: &Case) -> bool {
    let answers = |case: &Case| {
        let mut internet = case.callers.iter().filter(|caller| caller.class == CallerClass::Internet);
        internet.any(|caller| caller.decision == Decision::Depends)
    };
    case.endpoint_type == EndpointType::Regional && answers(case)
}

/// A REST API of the template that is private while the GraphQL API is as this case says.
fn private_sibling<'run>(ctx: &Context<'run>, case: &Case) -> Option<(&'run Api, Occurrence<'run>)> {
    let mut apis = ctx.apis().map(|(api, _)| api).filter(|api| api.kind == ApiKind::Rest);
    apis.find_map(|api| {
        let private = |other: &Case| other.endpoint_type == EndpointType::Private && other.can_meet(case);
        let found = occurrence(&api.cases, private).filter(|_| api.refused.is_none())?;
        Some((api, found))
    })
}

fn finding(ctx: &Context<'_>, api: &Api, intent: &Intent, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let severity = if intent.contradicts_public() { Severity::Error } else { Severity::Warning };
    // What was stated needs no other API to go by.
    let sibling = private_sibling(ctx, case).filter(|_| !intent.contradicts_public());
    let (beside, when) = match &sibling {
        Some((sibling, private)) => {
            (format!(", beside the private `{}`", sibling.resource), both(&occurrence.when, &private.when))
        }
        None => (String::new(), occurrence.when.clone()),
    };
    let message = format!(
        "GraphQL API `{}` answers on the public internet{beside}{}",
        api.resource,
        words::under(&when)
    );
    let label = match &case.type_value {
        Some(value) => Label::new(places::origin(value), "public"),
        None => Label::new(api.id_span, "has no `Visibility`: public"),
    };
    Finding::new(ID, Subject::api(api), severity, message, label)
        .confidence(if api.incomplete { Confidence::Medium } else { Confidence::High })
        .occurs(occurrence)
        .takes_also(&when)
        .related(case.type_value.iter().flat_map(places::way_to))
        .related(sibling.map(|(sibling, _)| Label::new(sibling.id_span, "private")))
        .related(places::evidence(intent))
        .why(
            "its address is on the internet: whoever holds a key or a token calls it from anywhere, past the VPC \
             endpoint that guards the other APIs.",
        )
        .assumes(case.type_value.as_ref())
        .help(
            "make it private:  Visibility: PRIVATE  with a VPC endpoint for  com.amazonaws.{region}.appsync-api",
        )
        .help("the visibility of an API is fixed when it is made: changing it makes a new API with a new address")
        .help(meant_to_be_public(intent))
}
