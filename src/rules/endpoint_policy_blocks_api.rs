//! `endpoint-policy-blocks-api`: the endpoint's own policy stops the calls to an API that is associated with it.
//!
//! What the API's policy says of the endpoint is `policy-omits-endpoint`.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::gates::{Blockade, Stops};
use crate::exposure::model::{
    Api, ApiKind, Auth, Caller, CallerClass, Case, Endpoint, EndpointType, NamedBy,
};
use crate::exposure::reasons::{Met, Part};
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, words};

const ID: &str = "endpoint-policy-blocks-api";

/// Reports endpoint policies that let no call, or no unsigned call, to an associated API of the run through.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for endpoint in ctx.endpoints().filter(|endpoint| !endpoint.facts.traits.is_empty()) {
        let apis = ctx.model.apis.iter().filter(|api| api.kind == ApiKind::Rest && api.refused.is_none());
        for api in apis {
            if let Some(occurrence) = occurrence(&api.cases, |case| blocked(case, endpoint).is_some())
                && let Some((caller, blockade)) = blocked(occurrence.state, endpoint)
            {
                push_shared(findings, first, finding(endpoint, api, &occurrence, caller, blockade));
            }
        }
    }
}

/// How the endpoint's policy stops calls to the API, if the API is private and associated with the endpoint.
fn blocked<'case>(case: &'case Case, endpoint: &Endpoint) -> Option<(&'case Caller, &'case Blockade)> {
    if case.endpoint_type != EndpointType::Private {
        return None;
    }
    let caller = case.callers.iter().find(|caller| {
        caller.named_by.contains(&NamedBy::Association)
            && matches!(&caller.class, CallerClass::Endpoint(value) if *value == endpoint.name)
    })?;
    Some((caller, caller.blockade.as_ref()?))
}

fn finding(
    endpoint: &Endpoint,
    api: &Api,
    occurrence: &Occurrence<'_>,
    caller: &Caller,
    blockade: &Blockade,
) -> Finding {
    let case = occurrence.state;
    let (confidence, assumption) = assumption(blockade);
    let calls = match blockade.stops {
        Stops::Everybody => "no call",
        Stops::Unsigned => "no unsigned call",
    };
    let condition = words::under(&occurrence.when);
    let message = format!(
        "the policy of `{}` lets {calls} to `{}` through{condition}",
        endpoint.resource, api.resource
    );
    let unsigned =
        case.methods.iter().find(|method| matches!(method.auth, Auth::None | Auth::Cognito | Auth::Lambda));
    let route = unsigned.filter(|_| blockade.stops == Stops::Unsigned).map(|method| {
        let route = words::method_and_path(&method.method, &method.path);
        Label::new(method.span, format!("{route} is served {}", words::auth(method.auth)))
    });
    Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, Label::new(blockade.because.span, label(blockade)))
        .confidence(confidence)
        .occurs(occurrence)
        .related(caller.named_at.first().map(|&span| Label::new(span, format!("`{}` is associated with it here", api.resource))))
        .related(route)
        .related([Label::new(endpoint.id_span, "the endpoint")])
        .why(
            "a call through an endpoint has to pass the endpoint's policy first, then the API's: it gets 403 Forbidden \
             here, whatever the API's own policy allows.",
        )
        .notes(assumption.map(str::to_owned))
        .help(help(api, blockade))
}

fn assumption(blockade: &Blockade) -> (Confidence, Option<&'static str>) {
    match blockade.stops {
        _ if blockade.by_shorthand => (
            Confidence::Medium,
            Some("assumes that endpoint policies take full ARNs only, as AWS documents them"),
        ),
        Stops::Everybody => (Confidence::High, None),
        Stops::Unsigned => (
            Confidence::Medium,
            Some("assumes that callers sign no request to a method that asks for no signature"),
        ),
    }
}

fn label(blockade: &Blockade) -> String {
    let because = &blockade.because;
    if blockade.by_shorthand {
        return "this short form is for resource policies".to_owned();
    }
    match (&because.part, because.met) {
        (Part::Resource, Met::Silent) => "not this API".to_owned(),
        (Part::Action, Met::Silent) => "does not include `execute-api:Invoke`".to_owned(),
        (Part::Principal, Met::Silent) if blockade.stops == Stops::Unsigned => {
            "only who signs can be one of these".to_owned()
        }
        (Part::Principal, Met::Silent) => "none of the callers".to_owned(),
        (Part::Condition { key, missing: true, .. }, Met::Silent) => {
            format!("unsigned requests have no `{key}`")
        }
        (Part::Condition { .. }, Met::Silent) => "no call to this API meets it".to_owned(),
        (_, Met::Denied) => "denies every call".to_owned(),
        _ => "allows no call".to_owned(),
    }
}

fn help(api: &Api, blockade: &Blockade) -> String {
    let resource = format!(
        "Resource: !Sub arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{}}}/*",
        api.resource
    );
    match (&blockade.because.part, blockade.because.met) {
        (_, Met::Denied) => format!("leave `{}` out of this Deny", api.resource),
        (Part::Action, _) => "Action: execute-api:Invoke".to_owned(),
        (Part::Principal | Part::Condition { .. }, _) if blockade.stops == Stops::Unsigned => {
            format!("Principal: '*', and narrow the policy by resources:  {resource}")
        }
        (Part::Principal, _) => "Principal: '*'".to_owned(),
        _ => resource,
    }
}
