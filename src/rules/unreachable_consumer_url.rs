//! `unreachable-consumer-url`: a private API is called by a name that does not lead to it.
//!
//! Whether the policy then lets the call in, and whether the caller runs in a VPC, are other questions.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::consumers::{Call, Use};
use crate::exposure::model::{Api, Case, Endpoint};
use crate::intent::stated::PrivateDnsStance;
use crate::rules::consumer::{calls_private, private_api};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, both, occurrence};
use crate::rules::remedies::offered::associated;
use crate::rules::{Context, places, words};
use crate::source::{Span, TextRange};
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Same, Sourced, StackId, Value};

const ID: &str = "unreachable-consumer-url";

/// Reports texts that name a private API by a host that is not made, or that does not resolve.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for call in ctx.model.calls.iter().filter(|call| call.file == ctx.file) {
        let Some(api) = private_api(ctx.model, call) else { continue };
        let fails = |one: &Use| api.cases.iter().any(|case| reason(ctx, call, one, case).is_some());
        if let Some(used) = occurrence(&call.cases, fails) {
            findings.extend(finding(ctx, call, api, &used));
        }
    }
}

/// Why a host does not lead to the API.
#[derive(Clone, Copy)]
enum Reason<'run> {
    /// It is the default host, and the API has none.
    Closed,
    /// It is the alias of an endpoint that is not associated; whether that presumes that two names are two
    /// endpoints.
    NotAssociated { presumed: bool },
    /// It is the default host, and no endpoint has private DNS: one that has it off, if the run declares one.
    NoPrivateDns(Option<&'run Endpoint>),
}

fn reason<'run>(ctx: &Context<'run>, call: &Call, one: &Use, case: &Case) -> Option<Reason<'run>> {
    if !calls_private(call, one, case) {
        return None;
    }
    match &call.alias_endpoint {
        Some(endpoint) => not_associated(case, endpoint),
        None if case.disable_execute_api_endpoint == Some(true) => Some(Reason::Closed),
        // The name of the endpoint leads there, whatever this one leads to.
        None if call.is_host_header => None,
        None => no_private_dns(ctx, one, case),
    }
}

/// Whether the endpoint of an alias is certainly none of those that are associated with the API.
fn not_associated(case: &Case, endpoint: &Value) -> Option<Reason<'static>> {
    // What nobody can see may associate it.
    if case.hidden_policy.is_some() {
        return None;
    }
    let mut presumed = false;
    for associated in &case.vpc_endpoint_ids {
        match associated.value.same(endpoint) {
            Same::Yes | Same::Unknown => return None,
            Same::Presumed => presumed = true,
            Same::No => {}
        }
    }
    Some(Reason::NotAssociated { presumed })
}

/// Whether every endpoint that is known has private DNS off, and one at least is known.
fn no_private_dns<'run>(ctx: &Context<'run>, one: &Use, case: &Case) -> Option<Reason<'run>> {
    let stance = ctx.options.dns.private_dns;
    // A zone of the caller's own leads the name to the endpoint as private DNS does.
    if stance == Some(PrivateDnsStance::On) || !ctx.model.zones.is_empty() {
        return None;
    }
    let mut off = None;
    for endpoint in ctx.model.endpoints.iter().filter(|endpoint| endpoint.is_interface() != Some(false)) {
        if endpoint.private_dns.is_empty() {
            return None;
        }
        for dns in &endpoint.private_dns {
            if !one.can_meet_dns(dns) || !case.can_meet_dns(dns) {
                continue;
            }
            match dns.enabled {
                Some(false) => off = off.or(Some(endpoint)),
                Some(true) | None => return None,
            }
        }
    }
    let known = off.is_some() || stance == Some(PrivateDnsStance::Off);
    known.then_some(Reason::NoPrivateDns(off))
}

fn finding(ctx: &Context<'_>, call: &Call, api: &Api, used: &Occurrence<'_, Use>) -> Option<Finding> {
    let one = used.state;
    let found = occurrence(&api.cases, |case| reason(ctx, call, one, case).is_some())?;
    let case = found.state;
    let reason = reason(ctx, call, one, case)?;
    let when = both(&used.when, &found.when);
    let severity = if call.is_output { Severity::Warning } else { Severity::Error };
    let subject = Subject { file: call.file, resource: Some(call.resource.clone()) };
    let message = message(call, api, reason) + &words::under(&when);
    let finding =
        Finding::new(ID, subject, severity, message, Label::new(places::origin(&call.text), phrase(reason)))
            .confidence(Confidence::Medium)
            .occurs(used)
            .takes_also(&when)
            .related(places::way_to(&call.text))
            .related([Label::new(places::endpoint_type(api, case), "private")])
            .related(evidence(case, reason))
            .why(why(reason))
            .notes([assumption(call, reason)])
            .helps(helps(ctx, call, api, case, one.stack, reason))
            .remedy(remedy(ctx, call, api, one.stack, reason));
    Some(finding)
}

/// Names the only associated endpoint in a text of `Fn::Sub`; the rest of it stays as it is written.
fn remedy(ctx: &Context<'_>, call: &Call, api: &Api, stack: StackId, reason: Reason<'_>) -> Option<Remedy> {
    let at = places::literal(&call.text).filter(|at| at.file == call.file && call.file == api.file)?;
    let written = ctx.sources.slice(at);
    let is_sub = ["!Sub ", "{\"Fn::Sub\":", "Fn::Sub:"].iter().any(|start| written.starts_with(start));
    if !is_sub || written.contains('\n') || call.is_host_header {
        return None;
    }
    let api_in_text = in_text(words::expression(&call.api, stack).as_deref())?;
    let host = match (reason, &call.alias_endpoint) {
        (Reason::NoPrivateDns(_), None) => format!("{api_in_text}.execute-api."),
        (Reason::NotAssociated { .. }, Some(other)) => {
            let other = in_text(words::expression(other, stack).as_deref())?;
            format!("{api_in_text}-{other}.execute-api.")
        }
        _ => return None,
    };
    let endpoint = associated(ctx, api)??;
    let ([shown], false) = (endpoint.shown.as_slice(), endpoint.is_list) else { return None };
    let endpoint = if endpoint.is_literal { shown.clone() } else { in_text(Some(shown))? };
    let alias = format!("{api_in_text}-{endpoint}.execute-api.");
    // The long form without brackets stands on lines of its own; only its text changes.
    let text = written.strip_prefix("Fn::Sub:").map_or(written, str::trim_start);
    let at = Span::new(at.file, TextRange::new(at.range.end - u32::try_from(text.len()).ok()?, at.range.end));
    let with = Written::Plain(text.replace(&host, &alias));
    let title = format!("call `{}` by the name of `{shown}`", api.resource);
    written
        .contains(&host)
        .then(|| Remedy::one(Applicability::Unsafe, title, at.file, Change::Replace { at, with }))
}

fn message(call: &Call, api: &Api, reason: Reason<'_>) -> String {
    let (who, api) = (&call.resource, &api.resource);
    let verb = if call.is_output { "hands out" } else { "calls" };
    let who = if call.is_output { format!("output `{who}`") } else { format!("`{who}`") };
    match reason {
        Reason::Closed => format!("{who} {verb} private `{api}` by its default name, which is switched off"),
        Reason::NotAssociated { .. } => {
            let endpoint = call.alias_endpoint.as_ref().and_then(words::value);
            let endpoint = endpoint.unwrap_or_else(|| "an endpoint".to_owned());
            format!("{who} {verb} private `{api}` by the name of {endpoint}, which is not associated with it")
        }
        Reason::NoPrivateDns(_) => {
            format!("{who} {verb} private `{api}` by its default name, and no endpoint has private DNS")
        }
    }
}

fn phrase(reason: Reason<'_>) -> &'static str {
    match reason {
        Reason::Closed => "the default name, which the API does not answer to",
        Reason::NotAssociated { .. } => "AWS makes this name for associated endpoints only",
        Reason::NoPrivateDns(_) => "the default name, which leads past the VPC endpoint",
    }
}

fn why(reason: Reason<'_>) -> &'static str {
    match reason {
        Reason::Closed => {
            "with DisableExecuteApiEndpoint the API answers only to its custom domains: calls by this name get \
             403 Forbidden."
        }
        Reason::NotAssociated { .. } => {
            "the name {api-id}-{vpce-id} is a record that AWS makes for each associated endpoint; for another \
             endpoint there is none, and the name does not resolve."
        }
        Reason::NoPrivateDns(_) => {
            "the default name of a private API leads to a VPC endpoint only inside a VPC whose endpoint has private \
             DNS on; elsewhere it resolves to public addresses, which refuse calls to private APIs."
        }
    }
}

/// The text that makes it so.
fn evidence(case: &Case, reason: Reason<'_>) -> Option<Label> {
    match reason {
        Reason::Closed => None,
        Reason::NotAssociated { .. } => {
            let associated = case.association.as_ref()?;
            Some(Label::new(associated.span, "associated with the API"))
        }
        Reason::NoPrivateDns(endpoint) => {
            let endpoint = endpoint?;
            let mut off = endpoint.private_dns.iter().filter(|dns| dns.enabled == Some(false));
            let written: Option<&Sourced> = off.find_map(|dns| dns.value.as_ref());
            Some(Label::new(written.map_or(endpoint.id_span, places::origin), "private DNS is off"))
        }
    }
}

fn assumption(call: &Call, reason: Reason<'_>) -> String {
    match reason {
        Reason::Closed => {
            "assumes that the switch holds for calls through VPC endpoints as it does on the internet".to_owned()
        }
        Reason::NotAssociated { presumed: true } => {
            let named = call.alias_endpoint.as_ref().and_then(words::value);
            let named = named.unwrap_or_else(|| "the endpoint of the name".to_owned());
            format!("assumes that {named} is none of the associated endpoints, which are named otherwise")
        }
        Reason::NotAssociated { presumed: false } => {
            "assumes that nothing outside of the templates associates the endpoint".to_owned()
        }
        Reason::NoPrivateDns(_) => {
            "assumes that the caller's VPC has no other endpoint with private DNS, and no private zone for this name"
                .to_owned()
        }
    }
}

fn helps(
    ctx: &Context<'_>,
    call: &Call,
    api: &Api,
    case: &Case,
    stack: StackId,
    reason: Reason<'_>,
) -> Vec<String> {
    let alias = || {
        let endpoint =
            Some(words::endpoint_expression(ctx.model, api, case)).filter(|_| call.file == api.file);
        let api = words::expression(&call.api, stack);
        let api = in_text(api.as_deref()).unwrap_or_else(|| "<API id>".to_owned());
        let endpoint = in_text(endpoint.as_deref()).unwrap_or_else(|| "<VPC endpoint id>".to_owned());
        format!("https://{api}-{endpoint}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}")
    };
    match reason {
        Reason::Closed => vec![
            "call it by a private custom domain".to_owned(),
            "or remove  DisableExecuteApiEndpoint: true  from the API".to_owned(),
        ],
        Reason::NotAssociated { .. } if case.vpc_endpoint_ids.is_empty() => {
            vec!["associate the endpoint with the API, in  EndpointConfiguration".to_owned()]
        }
        Reason::NotAssociated { .. } => vec![
            format!("name an endpoint that is associated:  {}", alias()),
            "or associate this endpoint with the API, too".to_owned(),
        ],
        Reason::NoPrivateDns(endpoint) => {
            let associate = case.vpc_endpoint_ids.is_empty();
            let associate =
                associate.then(|| "and associate the endpoint with the API, for that name".to_owned());
            let turn_on = endpoint.map(|endpoint| {
                format!("or turn on private DNS of `{}`:  PrivateDnsEnabled: true", endpoint.resource)
            });
            let alias = format!("call it by the name of an associated endpoint:  {}", alias());
            std::iter::once(alias).chain(associate).chain(turn_on).collect()
        }
    }
}

/// What stands for `!Ref X` in the text of an `Fn::Sub`.
fn in_text(reference: Option<&str>) -> Option<String> {
    Some(format!("${{{}}}", reference?.strip_prefix("!Ref ")?))
}
