//! `dead-routing`: a custom domain whose routing mode takes none of what leads away from it.

use crate::diagnostic::{Label, Severity};
use crate::exposure::custom::{Passage, PassageKind, Routing};
use crate::exposure::model::Domain;
use crate::exposure::network::Stated;
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};

const ID: &str = "dead-routing";

/// What a routing mode takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Mappings,
    Rules,
}

/// Reports domains that have mappings only and take rules only, or the other way round.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for domain in ctx.domains() {
        if let Some(occurrence) = occurrence(&domain.facts.routing, |state| dead(&state.fact).is_some())
            && let Some((takes, passages)) = dead(&occurrence.state.fact)
        {
            findings.push(finding(domain, &occurrence, takes, &passages));
        }
    }
}

/// What the domain takes, and what leads away from it in vain.
fn dead(routing: &Routing) -> Option<(Takes, Vec<&Passage>)> {
    let takes = takes(routing)?;
    let (rules, mappings): (Vec<_>, Vec<_>) =
        routing.passages.iter().partition(|passage| passage.kind == PassageKind::RoutingRule);
    let (live, perhaps, dead) = match takes {
        Takes::Mappings => (mappings, routing.perhaps_mapped, rules),
        Takes::Rules => (rules, routing.perhaps_ruled, mappings),
    };
    (live.is_empty() && !perhaps && !dead.is_empty()).then_some((takes, dead))
}

/// What the routing mode takes alone; `None` when it takes both, or is not known. Without one it takes mappings
/// (property pages of `AWS::ApiGateway::DomainName` and `AWS::ApiGatewayV2::DomainName`).
fn takes(routing: &Routing) -> Option<Takes> {
    let Some(mode) = &routing.mode else { return Some(Takes::Mappings) };
    match mode.value.as_text()? {
        "ROUTING_RULE_ONLY" => Some(Takes::Rules),
        "BASE_PATH_MAPPING_ONLY" | "API_MAPPING_ONLY" => Some(Takes::Mappings),
        _ => None,
    }
}

fn finding(
    domain: &Domain,
    occurrence: &Occurrence<'_, Stated<Routing>>,
    takes: Takes,
    passages: &[&Passage],
) -> Finding {
    let mode = occurrence.state.fact.mode.as_ref();
    let condition = words::under(&occurrence.when);
    let name = words::domain(&domain.name, &domain.resource);
    let (takes_what, has_what, right) = match takes {
        Takes::Mappings => ("mappings", "routing rules", "ROUTING_RULE_ONLY"),
        Takes::Rules => ("routing rules", "mappings", mapping_mode(domain)),
    };
    let message = format!("the domain {name} takes {takes_what} only and has {has_what} only{condition}");
    let primary = match (mode, passages.first()) {
        (Some(mode), _) => Label::new(places::origin(mode), format!("takes {takes_what} only")),
        (None, Some(passage)) => Label::new(passage.id_span, "never asked: the domain has no RoutingMode"),
        (None, None) => Label::new(domain.id_span, format!("takes {takes_what} only")),
    };
    let dead = passages.iter().map(|passage| Label::new(passage.id_span, "never asked"));
    Finding::new(ID, Subject::domain(domain), Severity::Warning, message, primary)
        .occurs(occurrence)
        .related(mode.into_iter().flat_map(places::way_to))
        .related([Label::new(domain.id_span, "the domain")])
        .related(dead)
        .why(format!(
            "API Gateway looks only at what the domain's routing mode takes, and does not even create the other kind in \
             it: the deployment fails, or the {has_what} are dead and every call by this name is refused.",
        ))
        .assumes(mode)
        .help(format!("RoutingMode: {right}"))
        .help("or, where both are wanted:  RoutingMode: ROUTING_RULE_THEN_".to_owned() + both(domain))
}

/// The mode in which a domain takes mappings only.
fn mapping_mode(domain: &Domain) -> &'static str {
    if domain.type_name == "AWS::ApiGatewayV2::DomainName" {
        "API_MAPPING_ONLY"
    } else {
        "BASE_PATH_MAPPING_ONLY"
    }
}

/// What stands behind `ROUTING_RULE_THEN_`.
fn both(domain: &Domain) -> &'static str {
    if domain.type_name == "AWS::ApiGatewayV2::DomainName" { "API_MAPPING" } else { "BASE_PATH_MAPPING" }
}
