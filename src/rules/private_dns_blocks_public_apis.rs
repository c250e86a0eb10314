//! `private-dns-blocks-public-apis`: an execute-api endpoint with private DNS captures the names of public APIs.
//!
//! Whether the endpoint can have private DNS at all is another question.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};

use crate::exposure::consumers::{Call, Cname};
use crate::exposure::model::{Api, Domain, Endpoint, ExposureModel, PrivateDns};
use crate::intent::stated::{Dns, PrivateDnsStance};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::source::Span;
use crate::template::value::{Sourced, StepKind, Value};

const ID: &str = "private-dns-blocks-public-apis";

/// Most public APIs that are shown beside a finding.
const MOST_LABELS: usize = 3;

/// Reports interface endpoints for execute-api that turn on private DNS.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let dns = &ctx.options.dns;
    if dns.public_api_callers == Some(false) && dns.private_dns != Some(PrivateDnsStance::Off) {
        return;
    }
    for endpoint in ctx.endpoints().filter(|endpoint| endpoint.is_interface() == Some(true)) {
        if let Some(occurrence) = occurrence(&endpoint.private_dns, |case| case.enabled == Some(true)) {
            findings.push(finding(ctx, endpoint, &occurrence));
        }
    }
}

/// What the run says about callers inside the endpoint's VPC.
enum Evidence<'run> {
    /// A caller in that VPC uses a name that private DNS captures.
    Broken(&'run Call),
    /// A public API's domain leads to such a name by CNAME, and that VPC asks for it.
    Renamed(&'run Cname),
    /// Private APIs are called by the names private DNS makes work, and no API is public.
    Wanted(&'run Call),
    /// Nothing either way.
    Nothing,
}

fn finding(ctx: &Context<'_>, endpoint: &Endpoint, occurrence: &Occurrence<'_, PrivateDns>) -> Finding {
    let may_be_hidden =
        |api: &&Api| api.has_execute_api_host() && api.may_be_public() && may_share_region(api, endpoint);
    let public: Vec<&Api> = ctx.model.apis.iter().filter(may_be_hidden).collect();
    let evidence = evidence(ctx.model, endpoint, &public);
    let stated = stated(&ctx.options.dns);
    let (severity, confidence) = match evidence {
        _ if stated.is_some() => (Severity::Error, Confidence::High),
        Evidence::Broken(_) | Evidence::Renamed(_) => (Severity::Error, Confidence::High),
        Evidence::Wanted(_) => (Severity::Info, Confidence::Medium),
        Evidence::Nothing => (Severity::Warning, Confidence::Medium),
    };
    let call = match evidence {
        Evidence::Broken(call) => Some(Label::new(call.span, "called here, from that VPC: 403 Forbidden")),
        Evidence::Renamed(cname) => {
            Some(Label::new(cname.span, "a CNAME to an execute-api name: 403 Forbidden from that VPC"))
        }
        Evidence::Wanted(call) => {
            Some(Label::new(call.span, "a private API is called by its default name here"))
        }
        Evidence::Nothing => None,
    };
    let blocked = public.iter().take(MOST_LABELS);
    let value = occurrence.state.value.as_ref();
    let subject = Subject { file: endpoint.file, resource: Some(endpoint.resource.clone()) };
    Finding::new(ID, subject, severity, message(endpoint, occurrence), primary(endpoint, value))
        .confidence(confidence)
        .occurs(occurrence)
        .related(value.and_then(decided))
        .related(value.into_iter().flat_map(places::steps))
        .related(call)
        .related(blocked.map(|api| Label::new(api.id_span, "public: not reachable from that VPC by its default name")))
        .why(
            "inside that VPC every *.execute-api name of the region leads to the endpoint: private APIs work without \
             headers, and public APIs, also those of other teams and vendors, answer 403 Forbidden.",
        )
        .notes(more(public.len()))
        .assumes(value)
        .notes(stated.map(str::to_owned).or_else(|| assumption(&evidence)))
        .helps(helps(ctx.model))
        .remedy(value.and_then(|value| remedy(ctx, endpoint, value)))
}

/// Turns it off, unless it is on by the policy file, or somebody relies, or may rely, on the names that it makes
/// private APIs known by.
fn remedy(ctx: &Context<'_>, endpoint: &Endpoint, value: &Sourced) -> Option<Remedy> {
    let relies = |call: &Call| match ctx.model.called(call) {
        Some(api) => api.may_be_private(),
        None => !call.is_output && !matches!(call.api, Value::String(_)),
    };
    let mut by_default_host =
        ctx.model.calls.iter().filter(|call| call.alias_endpoint.is_none() && !call.is_host_header);
    let is_wanted = ctx.options.dns.private_dns == Some(PrivateDnsStance::On) || by_default_host.any(relies);
    let is_free = !is_wanted && decided::is_own(ctx, endpoint);
    let title = format!("turn off private DNS of `{}`", endpoint.resource);
    is_free.then(|| decided::write(ctx, Applicability::Unsafe, title, value, "false"))?
}

/// What to do; private DNS is not to be turned off under those who call a private API by its default name.
fn helps(model: &ExposureModel) -> [String; 2] {
    const ALIAS: &str = "{api-id}-{vpce-id}.execute-api.{region}.amazonaws.com";
    let domain = "give the public APIs a custom domain with an alias record";
    match wanted(model) {
        Some(_) => [
            format!("keep it on and {domain}"),
            format!("or have the private APIs called by  {ALIAS}  first, and then turn it off"),
        ],
        None => [format!("keep it off and call  {ALIAS}"), format!("or keep it on and {domain}")],
    }
}

/// What the policy file says against private DNS.
fn stated(dns: &Dns) -> Option<&'static str> {
    if dns.private_dns == Some(PrivateDnsStance::Off) {
        Some("the policy file says that private DNS is off")
    } else if dns.public_api_callers == Some(true) {
        Some("the policy file says that public APIs are called from there")
    } else {
        None
    }
}

fn message(endpoint: &Endpoint, occurrence: &Occurrence<'_, PrivateDns>) -> String {
    let condition = match occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(" when {}", words::when(when)),
    };
    format!("private DNS of `{}` hides public APIs of the region from its VPC{condition}", endpoint.resource)
}

fn primary(endpoint: &Endpoint, value: Option<&Sourced>) -> Label {
    let place: Span = value.map_or(endpoint.id_span, |value| value.span);
    Label::new(place, "captures every execute-api name in the VPC")
}

/// Where a parameter, mapping or parent decides that it is on.
fn decided(value: &Sourced) -> Option<Label> {
    let step = places::origin_step(value).filter(|step| step.span != value.span)?;
    let phrase = match &step.kind {
        StepKind::Default(_) => "on by default",
        StepKind::Choice(_) => "may be on",
        StepKind::MapEntry => "on in this entry",
        StepKind::Given(_) => "turned on here",
        StepKind::Bound(_)
        | StepKind::Stored(_)
        | StepKind::Export(_)
        | StepKind::ExportByPattern(_)
        | StepKind::Output(_)
        | StepKind::Branch
        | StepKind::Globals => return None,
    };
    Some(Label::new(step.span, phrase))
}

fn evidence<'run>(model: &'run ExposureModel, endpoint: &Endpoint, public: &[&Api]) -> Evidence<'run> {
    let is_broken = |call: &&Call| {
        let captured = is_captured(model, call) && reaches_region(call.region.as_deref(), endpoint);
        captured && is_inside(call, endpoint)
    };
    if let Some(call) = default_hosts(model).find(is_broken) {
        return Evidence::Broken(call);
    }
    if let Some(cname) = model.cnames.iter().find(|cname| is_renamed(model, cname, endpoint)) {
        return Evidence::Renamed(cname);
    }
    match wanted(model) {
        Some(call) if public.is_empty() => Evidence::Wanted(call),
        _ => Evidence::Nothing,
    }
}

/// Calls by a default name; outputs call nothing.
fn default_hosts(model: &ExposureModel) -> impl Iterator<Item = &Call> {
    model.calls.iter().filter(|call| call.alias_endpoint.is_none() && !call.is_output)
}

/// A call of a private API by its default name, which private DNS makes work.
fn wanted(model: &ExposureModel) -> Option<&Call> {
    default_hosts(model).find(|call| model.called(call).is_some_and(Api::may_be_private))
}

/// The region of the names that private DNS captures, if it is known.
fn region(endpoint: &Endpoint) -> Option<&str> {
    let service = endpoint.service.value.as_text().and_then(|name| name.strip_suffix(".execute-api"));
    let named = service.and_then(|name| name.rsplit_once('.')).map(|(_, region)| region);
    named.or(endpoint.region.as_deref())
}

/// Whether names of this region may be captured: those of other regions are not.
fn reaches_region(of_name: Option<&str>, endpoint: &Endpoint) -> bool {
    match (of_name, region(endpoint)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn may_share_region(api: &Api, endpoint: &Endpoint) -> bool {
    api.cases.iter().any(|case| reaches_region(case.region.as_deref(), endpoint))
}

/// Whether the call's host leads to the endpoint though what it names is no private API of the run.
fn is_captured(model: &ExposureModel, call: &Call) -> bool {
    match model.called(call) {
        Some(api) => api.may_be_public(),
        // An id nobody declares may be anything; a name (a parameter, an import) may be a private API.
        None => matches!(call.api, Value::String(_)),
    }
}

/// Whether the record is for a public API and the endpoint's VPC asks for it: by its own zone, or by a caller.
fn is_renamed(model: &ExposureModel, cname: &Cname, endpoint: &Endpoint) -> bool {
    let is_own = |vpc: &Value| endpoint.vpc.as_ref().is_some_and(|own| is_same(vpc, &own.value));
    let is_asked = cname.vpcs.iter().any(is_own)
        || cname.callers.iter().any(|(_, subnets, vpc)| runs_inside(subnets, vpc.as_ref(), endpoint));
    let leads_to_public = |domain: &Domain| {
        let mut ways = model.ways.iter().filter(|way| domain.is_meant_by(&way.domain));
        domain.endpoint_type.is_public() == Some(true)
            && ways.any(|way| model.apis.iter().any(|api| api.is_named_by(&way.api) && api.may_be_public()))
    };
    is_asked
        && model.domains.iter().any(|domain| domain.is_meant_by(&cname.domain) && leads_to_public(domain))
}

/// Whether the caller runs in the endpoint's VPC, as far as subnets tell.
fn is_inside(call: &Call, endpoint: &Endpoint) -> bool {
    runs_inside(&call.subnets, call.vpc.as_ref(), endpoint)
}

fn runs_inside(callers: &[Value], vpc: Option<&Value>, endpoint: &Endpoint) -> bool {
    let same_vpc = matches!((vpc, &endpoint.vpc), (Some(vpc), Some(own)) if is_same(vpc, &own.value));
    let subnets = match endpoint.subnets.as_ref().map(|written| &written.value) {
        Some(Value::List(items)) => items.iter().map(|item| &item.value).collect(),
        Some(single) => vec![single],
        None => Vec::new(),
    };
    same_vpc || callers.iter().any(|subnet| subnets.iter().any(|own| is_same(subnet, own)))
}

/// Whether both are certainly the same thing.
fn is_same(left: &Value, right: &Value) -> bool {
    left == right && matches!(left, Value::String(_) | Value::Named(_) | Value::Text(_))
}

fn more(public: usize) -> Option<String> {
    let hidden = public.saturating_sub(MOST_LABELS);
    (hidden > 0).then(|| format!("{hidden} more public APIs of this run are affected likewise"))
}

fn assumption(evidence: &Evidence<'_>) -> Option<String> {
    match evidence {
        Evidence::Broken(_) | Evidence::Renamed(_) => None,
        Evidence::Wanted(_) | Evidence::Nothing => Some(
            "assumes that something in that VPC calls, or will call, a public API of the region".to_owned(),
        ),
    }
}
