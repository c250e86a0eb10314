//! `missing-resource-policy`: a private API without any resource policy.
//!
//! A policy that lets nobody or everybody in is another rule's.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{Api, ApiKind, Case, EndpointType};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::complete::let_in;
use crate::rules::{Context, places, words};
use crate::template::lowered::SurpriseKind;

const ID: &str = "missing-resource-policy";

/// Reports private APIs that end up without a policy.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis() {
        // Whoever reads a fragment adds the rest, the policy perhaps included.
        if api.kind != ApiKind::Rest || api.refused.is_some() || api.fragment {
            continue;
        }
        let lacks = |case: &Case| {
            case.endpoint_type == EndpointType::Private
                && case.policies.is_empty()
                && case.hidden_policy.is_none()
        };
        if let Some(occurrence) = occurrence(&api.cases, lacks) {
            findings.push(finding(ctx, api, &occurrence));
        }
    }
}

fn finding(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let name = &api.resource;
    let pathless = api.surprises.iter().find(|surprise| surprise.kind == SurpriseKind::PolicyWithoutPaths);
    let condition = match occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(" when {}", words::when(when)),
    };
    let (primary, why, help) = if let Some(surprise) = pathless {
        (
            Label::new(surprise.span, "SAM writes these statements per path, and the API has none"),
            format!(
                "SAM turns the lists into statements for each path of `{name}`; it has no path, so no policy is made and the deployment fails."
            ),
            "give the API an event or a path, or use CustomStatements".to_owned(),
        )
    } else if let Some(absent) = case.absent_policy {
        (Label::new(absent, "comes to nothing here"), why(), help(ctx, api, case))
    } else {
        (
            Label::new(places::endpoint_type_here(api, case), "private, and no policy says who may call"),
            why(),
            help(ctx, api, case),
        )
    };
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("private API `{name}` has no resource policy{condition}"),
        primary,
    )
    .occurs(occurrence)
    .related(case.type_value.iter().flat_map(places::way_to))
    .related(case.type_value.as_ref().and_then(places::given))
    .related(
        case.type_value
            .as_ref()
            .filter(|value| places::is_from_globals(value))
            .map(|_| Label::new(api.id_span, "inherits this")),
    )
    .why(why)
    .assumes(case.type_value.as_ref())
    .help(help)
    .remedy(match pathless {
        // The lists that do nothing name endpoints that are not known here.
        Some(_) if case.vpc_endpoint_ids.is_empty() => None,
        _ => let_in(ctx, api, &occurrence.states),
    })
}

fn why() -> String {
    "AWS refuses to deploy a private API without a resource policy, and until there is one nobody can call it."
        .to_owned()
}

fn help(ctx: &Context<'_>, api: &Api, case: &Case) -> String {
    format!("let the endpoint in:  {}", words::allow_list(ctx.model, api, case))
}
