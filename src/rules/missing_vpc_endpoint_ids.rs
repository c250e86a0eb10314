//! `missing-vpc-endpoint-ids`: a private API that no VPC endpoint is associated with.
//!
//! Whether the policy lets an endpoint in is another question (`policy-omits-endpoint`).

use crate::diagnostic::{Label, Severity};
use crate::exposure::custom::{Door, PassageKind};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case, Domain, Endpoint, EndpointType, ExposureModel};
use crate::intent::stated::PrivateDnsStance;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::complete::associate;
use crate::rules::{Context, places, words};
use crate::source::Span;

const ID: &str = "missing-vpc-endpoint-ids";

/// A private API without association, and the text to change.
struct Missing<'run> {
    api: &'run Api,
    occurrence: Occurrence<'run>,
    place: Span,
    severity: Severity,
}

/// Reports private APIs without an association; those that share one `PRIVATE` (Globals) in one finding.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    if ctx.options.allow_unassociated {
        return;
    }
    let mut missing: Vec<Missing<'_>> = ctx.apis().filter_map(|(api, _)| missing(ctx, api)).collect();
    while !missing.is_empty() {
        let place = missing.first().map(|one| one.place);
        let (same, rest): (Vec<_>, Vec<_>) = missing.into_iter().partition(|one| Some(one.place) == place);
        missing = rest;
        findings.extend(finding(ctx, &same));
    }
}

fn missing<'run>(ctx: &Context<'run>, api: &'run Api) -> Option<Missing<'run>> {
    let model = ctx.model;
    if api.kind != ApiKind::Rest || api.refused.is_some() || has_private_domain(model, api) {
        return None;
    }
    let lacks = |case: &Case| {
        case.endpoint_type == EndpointType::Private
            && case.vpc_endpoint_ids.is_empty()
            && case.configuration.hidden_association.is_none()
    };
    let occurrence = occurrence(&api.cases, lacks)?;
    let case = occurrence.state;
    // An association that comes to nothing in this case is nearer to the mistake than the type.
    let written = case.association.as_ref().map(places::origin);
    let place = written.unwrap_or_else(|| places::endpoint_type_here(api, case));
    let severity = severity(ctx, api, case);
    Some(Missing { api, occurrence, place, severity })
}

/// Whether a private custom domain with an access association leads to the API, or may do so: callers then use that
/// name. The association may stand elsewhere, or the domain itself.
fn has_private_domain(model: &ExposureModel, api: &Api) -> bool {
    let has_access = |domain: &Domain| {
        !domain.access_associations.is_empty()
            || domain.facts.access.iter().any(|state| state.fact.incomplete)
    };
    let is_private = |domain: &&Domain| domain.endpoint_type == EndpointType::Private && has_access(domain);
    let private: Vec<&Domain> = model.domains.iter().filter(is_private).collect();
    let mut ways = model.ways_to(api);
    ways.any(|way| private.iter().any(|domain| domain.is_meant_by(&way.domain)))
        || api
            .custom_ways
            .iter()
            .flat_map(|ways| &ways.doors)
            .any(|state| state.fact.doors.iter().any(leads_elsewhere))
}

/// Whether a way comes from a domain that may be a private one and is not certainly one of the run.
fn leads_elsewhere(door: &Door) -> bool {
    let private = matches!(door.passage.kind, PassageKind::BasePathMappingV2 | PassageKind::RoutingRule);
    private && door.domain.as_ref().is_none_or(|domain| !domain.certain)
}

fn severity(ctx: &Context<'_>, api: &Api, case: &Case) -> Severity {
    let model = ctx.model;
    let by_alias = model.calls_of(api).any(|call| call.alias_endpoint.is_some());
    let by_default_host = model.calls_of(api).any(|call| call.alias_endpoint.is_none() && !call.is_output);
    if by_alias || case.strict_endpoint_access == Some(true) || (by_default_host && only_without_dns(model)) {
        return Severity::Error;
    }
    let dns_on = says_dns_on(ctx) || with_dns(model).is_some();
    if dns_on { Severity::Info } else { Severity::Warning }
}

/// Whether the policy file says that endpoints have private DNS.
fn says_dns_on(ctx: &Context<'_>) -> bool {
    ctx.options.dns.private_dns == Some(PrivateDnsStance::On)
}

/// The first endpoint of the run that has private DNS, in whatever VPC it stands.
fn with_dns(model: &ExposureModel) -> Option<&Endpoint> {
    model.endpoints.iter().find(|endpoint| endpoint.private_dns() == Some(true))
}

/// Where the private DNS is switched on that makes the association less missed.
fn dns_label(ctx: &Context<'_>, severity: Severity) -> Option<Label> {
    let endpoint = with_dns(ctx.model).filter(|_| severity == Severity::Info)?;
    let value = endpoint.private_dns.first()?.value.as_ref();
    Some(Label::new(value.map_or(endpoint.id_span, |value| value.span), "this endpoint has private DNS"))
}

/// Whether the run declares one endpoint, which has no private DNS in any of its stacks.
fn only_without_dns(model: &ExposureModel) -> bool {
    let Some(first) = model.endpoints.first() else { return false };
    let is_first = |other: &Endpoint| other.file == first.file && other.resource == first.resource;
    model.endpoints.iter().all(|endpoint| is_first(endpoint) && endpoint.private_dns() == Some(false))
}

fn finding(ctx: &Context<'_>, missing: &[Missing<'_>]) -> Option<Finding> {
    let (first, others) = missing.split_first()?;
    let (api, case) = (first.api, first.occurrence.state);
    let severity = missing.iter().map(|one| one.severity).max()?;
    let from_globals = case.type_value.as_ref().is_some_and(places::is_from_globals);
    let heirs = missing.iter().filter(|_| from_globals || !others.is_empty());
    let calls = ctx.model.calls_of(api).take(2).map(|call| {
        let how = match (&call.alias_endpoint, call.is_output) {
            (Some(_), _) => "the missing name is used here",
            (None, true) => "handed out under its default name here",
            (None, false) => "called by its default name here",
        };
        Label::new(call.span, how)
    });
    Some(
        Finding::new(
            ID,
            Subject::api(api),
            severity,
            message(first, others),
            primary(api, case, first.place),
        )
        .occurs(&first.occurrence)
        .related(case.type_value.iter().flat_map(places::way_to))
        .related(case.type_value.as_ref().and_then(places::given))
        .related(heirs.map(|one| Label::new(one.api.id_span, "inherits this")))
        .related(calls)
        .related(dns_label(ctx, severity))
        .also_about(others.iter().map(|one| Subject::api(one.api)))
        .why(why(ctx, severity))
        .assumes(case.type_value.as_ref())
        .notes(exports(ctx))
        .help(help(ctx, api, case))
        .remedy(remedy(ctx, missing)),
    )
}

/// Associates all of them.
fn remedy(ctx: &Context<'_>, missing: &[Missing<'_>]) -> Option<Remedy> {
    let all: Vec<_> = missing.iter().map(|one| (one.api, one.occurrence.states.clone())).collect();
    associate(ctx, &all)
}

fn message(first: &Missing<'_>, others: &[Missing<'_>]) -> String {
    let names: Vec<String> =
        std::iter::once(first).chain(others).map(|one| format!("`{}`", one.api.resource)).collect();
    let condition = match first.occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(" when {}", words::when(when)),
    };
    if others.is_empty() {
        format!("private API {} is not associated with a VPC endpoint{condition}", words::list(&names))
    } else {
        format!("private APIs {} are not associated with a VPC endpoint{condition}", words::list(&names))
    }
}

/// The property's name as the API's resource type spells it.
fn property(api: &Api) -> &'static str {
    match api.origin {
        ApiOrigin::Written => "VpcEndpointIds",
        ApiOrigin::Sam | ApiOrigin::Implicit => "VPCEndpointIds",
    }
}

fn primary(api: &Api, case: &Case, place: Span) -> Label {
    let phrase = if case.association.is_some() {
        "nothing is associated here".to_owned()
    } else {
        format!("{} is missing", property(api))
    };
    Label::new(place, phrase)
}

fn why(ctx: &Context<'_>, severity: Severity) -> &'static str {
    match severity {
        Severity::Error => {
            "without it AWS creates no {api-id}-{vpce-id} name, and the callers of this API have no other name that \
             leads to it."
        }
        Severity::Warning => {
            "without it AWS creates no {api-id}-{vpce-id} name, so each caller must send a Host or x-apigw-api-id \
             header (a browser cannot set Host), or depend on private DNS or a private custom domain."
        }
        Severity::Info if with_dns(ctx.model).is_some() => {
            "without it AWS creates no {api-id}-{vpce-id} name; callers depend on private DNS, which an endpoint here \
             has, for its own VPC only, or on a header in each request."
        }
        Severity::Info => {
            "without it AWS creates no {api-id}-{vpce-id} name; callers depend on private DNS, which endpoints have by \
             wicketgate.toml, each for its own VPC only, or on a header in each request."
        }
    }
}

/// Where the run exports endpoints that could be associated.
fn exports(ctx: &Context<'_>) -> Vec<String> {
    let exports = ctx.model.endpoint_exports.iter().filter(|export| export.span.file != ctx.file);
    let mut notes: Vec<String> = exports
        .filter_map(|export| {
            let name = export.name.as_deref()?;
            Some(format!("{} exports `{name}`", words::place(ctx.sources, export.span)))
        })
        .take(3)
        .collect();
    notes.dedup();
    notes
}

fn help(ctx: &Context<'_>, api: &Api, case: &Case) -> String {
    let endpoint = words::endpoint_expression(ctx.model, api, case);
    match api.origin {
        ApiOrigin::Written => format!("add   VpcEndpointIds: [{endpoint}]   to EndpointConfiguration"),
        ApiOrigin::Sam => {
            format!("add   VPCEndpointIds: [{endpoint}]   to EndpointConfiguration, beside  Type: PRIVATE")
        }
        ApiOrigin::Implicit => {
            format!(
                "write   EndpointConfiguration: {{Type: PRIVATE, VPCEndpointIds: [{endpoint}]}}   in Globals.Api"
            )
        }
    }
}
