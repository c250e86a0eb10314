//! `unreachable-private-api`: a private API without its default host and without a private custom domain.
//!
//! A private domain that lets nobody through is for the rules about private domains.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::custom::{Door, Doors};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, EndpointType};
use crate::exposure::network::Stated;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};

const ID: &str = "unreachable-private-api";

/// Reports private APIs that have no name left under which they answer.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis().filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none()) {
        for ways in &api.custom_ways {
            if let Some(occurrence) = occurrence(&ways.doors, |state| is_unreachable(&state.fact))
                && let Some(finding) = finding(api, &occurrence)
            {
                findings.push(finding);
            }
        }
    }
}

fn is_unreachable(doors: &Doors) -> bool {
    doors.kind.endpoint_type == EndpointType::Private
        && doors.host_off.is_some()
        && !doors.incomplete
        && doors.doors.iter().all(Door::is_shut)
}

fn finding(api: &Api, occurrence: &Occurrence<'_, Stated<Doors>>) -> Option<Finding> {
    let doors = &occurrence.state.fact;
    let host_off = doors.host_off.as_ref()?;
    let condition = words::under(&occurrence.when);
    let private = doors.kind.value.as_ref().map(|value| Label::new(places::origin(value), "private"));
    let public = doors.doors.iter().map(|door| {
        Label::new(
            door.passage.id_span,
            "leads here from a public domain, which does not reach a private API",
        )
    });
    let name = &api.resource;
    let finding = Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("nobody can call private API `{name}`: it has no default host and no private custom domain{condition}"),
        Label::new(places::origin(host_off), "switches the default host off"),
    )
    .confidence(Confidence::Medium)
    .occurs(occurrence)
    .related(places::way_to(host_off))
    .related(private)
    .related(public)
    .why(
        "without its default host an API answers only through custom domains, and a private API only through \
         private ones; nothing in these templates leads from one to it, so each call gets 403 Forbidden.",
    )
    .notes(["assumes that no custom domain outside of these templates leads to it".to_owned()])
    .assumes(Some(host_off))
    .help("remove  DisableExecuteApiEndpoint: true  (callers still have to come through the VPC endpoint)")
    .remedy(
        places::literal(host_off)
            .map(|at| Remedy::remove(Applicability::Safe, at, "let the default host answer")),
    )
    .help(match api.origin {
        ApiOrigin::Written => {
            "or give it a private custom domain:  AWS::ApiGateway::DomainNameV2 and AWS::ApiGateway::BasePathMappingV2"
        }
        ApiOrigin::Sam | ApiOrigin::Implicit => {
            "or give it a private custom domain:  Domain: {EndpointConfiguration: PRIVATE, ...}"
        }
    });
    Some(finding)
}
