//! `consumer-outside-vpc`: something that runs in no VPC has the address of a private API.
//!
//! By which name it calls, and whether that name resolves inside the VPC, is another question.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::consumers::{Call, Use};
use crate::exposure::model::Api;
use crate::rules::consumer::{calls_private, private_api};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{both, occurrence};
use crate::rules::{Context, places, words};
use crate::source::Span;

const ID: &str = "consumer-outside-vpc";

/// Reports functions and the like outside of every VPC that hold the address of a private API, each once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for call in ctx.model.calls.iter().filter(|call| call.file == ctx.file && !call.is_output) {
        if seen.contains(&call.id_span) {
            continue;
        }
        let Some(api) = private_api(ctx.model, call) else { continue };
        if let Some(finding) = finding(call, api) {
            seen.push(call.id_span);
            findings.push(finding);
        }
    }
}

fn finding(call: &Call, api: &Api) -> Option<Finding> {
    let outside =
        |one: &Use| one.in_vpc == Some(false) && api.cases.iter().any(|case| calls_private(call, one, case));
    let used = occurrence(&call.cases, outside)?;
    let found = occurrence(&api.cases, |case| calls_private(call, used.state, case))?;
    let when = both(&used.when, &found.when);
    let (who, name) = (&call.resource, &api.resource);
    let message = format!("`{who}` calls private `{name}` and runs in no VPC{}", words::under(&when));
    let subject = Subject { file: call.file, resource: Some(who.clone()) };
    let finding = Finding::new(ID, subject, Severity::Warning, message, Label::new(call.id_span, "runs in no VPC"))
        .confidence(Confidence::Medium)
        .occurs(&used)
        .takes_also(&when)
        .related([Label::new(call.span, "has the address here")])
        .related([Label::new(places::endpoint_type(api, found.state), "private")])
        .why(
            "a private API is reached through a VPC endpoint; from a network of AWS's own, in which a function without \
             VpcConfig runs, its names lead to public addresses that refuse the call, or to addresses inside a VPC.",
        )
        .assumes(found.state.type_value.as_ref())
        .notes([format!("assumes that `{who}` itself calls the address it holds")])
        .help("run it in the VPC of the endpoint, or in one that reaches it:  VpcConfig: {SubnetIds: [...], SecurityGroupIds: [...]}");
    Some(finding)
}
