//! `missing-vpc-endpoint-ids`: a private API that no VPC endpoint is associated with.
//!
//! Whether the policy lets an endpoint in is another question (`policy-omits-endpoint`).

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case, Domain, Endpoint, EndpointType, ExposureModel};
use crate::intent::stated::PrivateDnsStance;
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
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
    let lacks = |case: &Case| case.endpoint_type == EndpointType::Private && case.vpc_endpoint_ids.is_empty();
    let occurrence = occurrence(&api.cases, lacks)?;
    let case = occurrence.state;
    // An association that comes to nothing in this case is nearer to the mistake than the type.
    let written = case.association.as_ref().map(places::origin);
    let place = written.unwrap_or_else(|| places::endpoint_type_here(api, case));
    let severity = severity(ctx, api, case);
    Some(Missing { api, occurrence, place, severity })
}

/// Whether a private custom domain with an access association leads to the API: callers then use that name.
fn has_private_domain(model: &ExposureModel, api: &Api) -> bool {
    let is_private = |domain: &&Domain| {
        domain.endpoint_type == EndpointType::Private && !domain.access_associations.is_empty()
    };
    let private: Vec<&Domain> = model.domains.iter().filter(is_private).collect();
    model.ways_to(api).any(|way| private.iter().any(|domain| domain.is_meant_by(&way.domain)))
}

fn severity(ctx: &Context<'_>, api: &Api, case: &Case) -> Severity {
    let model = ctx.model;
    let by_alias = model.calls_of(api).any(|call| call.alias_endpoint.is_some());
    let by_default_host = model.calls_of(api).any(|call| call.alias_endpoint.is_none() && !call.is_output);
    if by_alias || case.strict_endpoint_access == Some(true) || (by_default_host && only_without_dns(model)) {
        return Severity::Error;
    }
    let dns_on = ctx.options.dns.private_dns == Some(PrivateDnsStance::On)
        || model.endpoints.iter().any(|endpoint| endpoint.private_dns() == Some(true));
    if dns_on { Severity::Info } else { Severity::Warning }
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
        .also_about(others.iter().map(|one| Subject::api(one.api)))
        .why(why(severity))
        .assumes(case.type_value.as_ref())
        .notes(exports(ctx))
        .help(help(ctx, api, case)),
    )
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

fn why(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => {
            "without it AWS creates no {api-id}-{vpce-id} name, and the callers of this API have no other name that \
             leads to it."
        }
        Severity::Warning => {
            "without it AWS creates no {api-id}-{vpce-id} name, so each caller must send a Host or x-apigw-api-id \
             header (a browser cannot set Host), or depend on private DNS or a private custom domain."
        }
        Severity::Info => {
            "without it AWS creates no {api-id}-{vpce-id} name; callers depend on the endpoint's private DNS, which \
             works only inside its VPC."
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
