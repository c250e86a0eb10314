//! `policy-omits-endpoint`: the API is associated with an endpoint that its own policy refuses.
//!
//! A policy that refuses everybody is `policy-denies-everyone`.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::model::{Api, Caller, CallerClass, Case, Decision, EndpointType, NamedBy, PolicySource};
use crate::exposure::statements::{Condition, statements};
use crate::order::Order;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::admission::admit;
use crate::rules::unapproved_vpc_endpoint::is_unapproved_endpoint;
use crate::rules::{Context, places, telling, words};
use crate::source::Span;
use crate::template::value::{Name, Sourced, StepKind, Value};

const ID: &str = "policy-omits-endpoint";

/// Reports private APIs whose policy lets somebody in, but not the endpoint they are meant to be called through.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.rest_apis() {
        if let Some(occurrence) = occurrence(&api.cases, |case| omission(case).is_some())
            && let Some(omission) = omission(occurrence.state)
        {
            findings.push(finding(ctx, api, &occurrence, &omission));
        }
    }
}

/// The endpoint that is left out and the callers that are let in instead.
struct Omission<'case> {
    refused: &'case Caller,
    admitted: Vec<&'case Caller>,
}

fn omission(case: &Case) -> Option<Omission<'_>> {
    if case.endpoint_type != EndpointType::Private {
        return None;
    }
    let refused = expected(case).into_iter().find(|caller| is_refused(caller))?;
    if refused.is_stopped_by_endpoint() {
        return None;
    }
    if is_elsewhere(refused, case) && case.callers.iter().any(|caller| is_import(caller, false)) {
        // Another stack's endpoint may be what an import means whose name is not known.
        return None;
    }
    let others: Vec<&Caller> = case
        .callers
        .iter()
        .filter(|caller| caller.class != refused.class && caller.class != CallerClass::Internet)
        .filter(|caller| is_admitted(caller) && is_refused_more(refused, caller))
        .collect();
    (!others.is_empty()).then_some(Omission { refused, admitted: others })
}

/// Endpoints the API is meant to be called through: the associated ones, else the only one of the template or
/// of the stacks it is linked with.
fn expected(case: &Case) -> Vec<&Caller> {
    let named = |by: NamedBy| {
        let endpoints = case.callers.iter().filter(|caller| matches!(caller.class, CallerClass::Endpoint(_)));
        endpoints.filter(move |caller| caller.named_by.contains(&by)).collect::<Vec<_>>()
    };
    let associated = named(NamedBy::Association);
    if !associated.is_empty() || !case.vpc_endpoint_ids.is_empty() {
        return associated;
    }
    let own = named(NamedBy::Resource);
    let near = if own.is_empty() { named(NamedBy::Linked) } else { own };
    if near.len() == 1 { near } else { Vec::new() }
}

/// Whether a caller is an endpoint that another stack makes.
fn is_elsewhere(caller: &Caller, case: &Case) -> bool {
    let CallerClass::Endpoint(Value::Named(name)) = &caller.class else { return false };
    matches!(&**name, Name::Resource { stack, .. } if *stack != case.stack)
}

/// Whether a caller is an import that no export of the run matches, its name being plain text or not.
fn is_import(caller: &Caller, literal: bool) -> bool {
    let CallerClass::Endpoint(Value::Named(name)) = &caller.class else { return false };
    matches!(&**name, Name::Import(name) if name.is_literal() == literal)
}

/// Whether no request, or no request to some route, is let in.
fn is_refused(caller: &Caller) -> bool {
    caller.decision == Decision::Deny
        || (caller.decision == Decision::Depends && !caller.refused_routes.is_empty())
}

fn is_admitted(caller: &Caller) -> bool {
    matches!(caller.decision, Decision::Allow | Decision::Depends)
}

/// Whether `other` gets further than `refused` does.
fn is_refused_more(refused: &Caller, other: &Caller) -> bool {
    refused.decision == Decision::Deny
        || refused.refused_routes.iter().any(|route| !other.refused_routes.contains(route))
}

fn finding(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>, omission: &Omission<'_>) -> Finding {
    let case = occurrence.state;
    let refused = omission.refused;
    let associated = refused.named_by.contains(&NamedBy::Association);
    let values = compared(case);
    let defaults: Vec<String> =
        values.iter().filter_map(|value| places::default_assumption(Some(value), &occurrence.when)).collect();
    let by_pattern = values.iter().any(|value| is_by_pattern(value));
    let other_name =
        is_elsewhere(refused, case) && omission.admitted.iter().any(|caller| is_import(caller, true));
    let presumed = refused.presumed || other_name;
    let assumes = presumed || !defaults.is_empty() || by_pattern;
    let confidence = if assumes { Confidence::Medium } else { Confidence::High };
    let help = match written(ctx, refused, case).or_else(|| expression(refused, case)) {
        Some(name) => format!("put  {name}  in the list, beside or in place of what stands there"),
        None => "put that endpoint in the list, beside or in place of what stands there".to_owned(),
    };
    let message = message(api, occurrence, omission);
    // Whether the association or the list is wrong is then for somebody to say.
    let doubtful = assumes || case.vpc_endpoint_ids.iter().any(|id| is_unapproved_endpoint(ctx, id));
    let remedy = admit(ctx, api, case, refused).map(|remedy| match doubtful {
        true => Remedy { applicability: remedy.applicability.max(Applicability::Unsafe), ..remedy },
        false => remedy,
    });
    Finding::new(ID, Subject::api(api), Severity::Error, message, primary(api, case, omission))
        .confidence(confidence)
        .occurs(occurrence)
        .related(
            associated
                .then(|| refused.named_at.first())
                .flatten()
                .map(|&span| Label::new(span, "associated here")),
        )
        .related(endpoint_label(ctx, refused))
        .related(export_labels(ctx, omission))
        .related(values.iter().filter(|value| !is_linked(ctx, value)).flat_map(|value| places::steps(value)))
        .why(why(case, omission))
        .notes(telling::example(refused, false))
        .notes(
            presumed
                .then(|| "assumes that what is named differently here is a different endpoint".to_owned()),
        )
        .notes(by_pattern.then(|| {
            "assumes that an import means the one export whose name fits, since stack names are not known"
                .to_owned()
        }))
        .notes(defaults)
        .help(help)
        .remedy(remedy)
}

fn message(api: &Api, occurrence: &Occurrence<'_>, omission: &Omission<'_>) -> String {
    let refused = omission.refused;
    let mut message = if refused.named_by.contains(&NamedBy::Association) {
        format!("`{}` is associated with an endpoint its own policy refuses", api.resource)
    } else {
        format!("the policy of `{}` refuses the endpoint it is to be called through", api.resource)
    };
    if refused.decision != Decision::Deny
        && let Some((method, path)) = refused.refused_routes.first()
    {
        message += &format!(" for {}", words::method_and_path(method, path));
    }
    if !occurrence.when.is_empty() {
        message += &format!(" when {}", words::when(&occurrence.when));
    }
    message
}

/// How the association writes the endpoint, where it writes each by itself and on one line.
fn written(ctx: &Context<'_>, refused: &Caller, case: &Case) -> Option<String> {
    let place = *refused.named_at.first().filter(|_| refused.named_by.contains(&NamedBy::Association))?;
    if case.vpc_endpoint_ids.iter().filter(|entry| entry.span == place).count() != 1 {
        return None;
    }
    let list = case.association.as_ref().map(|list| list.span);
    let text = ctx.sources.slice(place);
    (list != Some(place) && !text.contains('\n')).then(|| text.to_owned())
}

/// How the API's template would write a caller.
fn expression(caller: &Caller, case: &Case) -> Option<String> {
    match &caller.class {
        CallerClass::Endpoint(value) | CallerClass::Vpc(value) => words::expression(value, case.stack),
        CallerClass::Internet | CallerClass::AnyOtherEndpoint => None,
    }
}

/// The values that decide: entries of the association, and what the policy compares VPC keys with.
fn compared(case: &Case) -> Vec<&Sourced> {
    let conditions = all_conditions(case).into_iter().filter(Condition::asks_for_vpc);
    let tested = conditions.flat_map(|condition| condition.values());
    case.vpc_endpoint_ids.iter().chain(tested).collect()
}

fn all_conditions(case: &Case) -> Vec<Condition<'_>> {
    let all = case.policies.iter().flat_map(|policy| statements(&policy.document));
    all.flat_map(|statement| statement.conditions()).collect()
}

fn is_by_pattern(value: &Sourced) -> bool {
    value.via.iter().any(|step| matches!(step.kind, StepKind::ExportByPattern(_)))
}

/// The text that names who is let in instead: the one value, or the key of the list when there are several; for
/// a deny-list the value that shuts the endpoint out.
fn primary(api: &Api, case: &Case, omission: &Omission<'_>) -> Label {
    let in_policy = |caller: &Caller| -> Vec<Span> {
        caller.named_at.iter().copied().filter(|&span| key_of(case, span).is_some()).collect()
    };
    let mut admitted: Vec<Span> = omission.admitted.iter().flat_map(|caller| in_policy(caller)).collect();
    admitted.order();
    admitted.dedup();
    match (admitted.as_slice(), in_policy(omission.refused).first()) {
        (&[only], _) if n_values(case, only) <= 1 => Label::new(only, "the only one the policy lets in"),
        (&[first, ..], _) => Label::new(key_of(case, first).unwrap_or(first), "only these are let in"),
        ([], Some(&listed)) => Label::new(listed, "shut out by this"),
        ([], None) => {
            // Where some requests pass, the first deciding text may be one that lets them in.
            let certain = omission.refused.decision == Decision::Deny;
            let statement = omission.refused.because.first().map(|because| because.span).filter(|_| certain);
            let document = case.policies.first().map(|policy| policy.document.span);
            Label::new(statement.or(document).unwrap_or(api.id_span), "refuses the endpoint")
        }
    }
}

/// How many values stand beside the one at a place, itself included.
fn n_values(case: &Case, value: Span) -> usize {
    let conditions = all_conditions(case);
    conditions.into_iter().find(|condition| condition.holds(value)).map_or(0, |one| one.values().len())
}

/// The condition key whose values include the text at `value`.
fn key_of(case: &Case, value: Span) -> Option<Span> {
    let conditions = all_conditions(case);
    conditions.into_iter().find(|condition| condition.holds(value)).map(|condition| condition.key.key_span)
}

/// The endpoint resource the API is to be called through, where the run declares it.
fn endpoint_label(ctx: &Context<'_>, refused: &Caller) -> Option<Label> {
    let CallerClass::Endpoint(value) = &refused.class else { return None };
    let endpoint = ctx.model.endpoints.iter().find(|endpoint| endpoint.name == *value)?;
    Some(Label::new(endpoint.id_span, "the endpoint that is refused"))
}

/// Exports that the association and the policy import.
fn export_labels(ctx: &Context<'_>, omission: &Omission<'_>) -> Vec<Label> {
    let named = std::iter::once(omission.refused).chain(omission.admitted.iter().copied());
    let named: Vec<Span> = named.flat_map(|caller| caller.named_at.iter().copied()).collect();
    let links = ctx.model.links.iter().filter(|link| named.contains(&link.import));
    links.map(|link| Label::new(link.export, format!("exported here as `{}`", link.name))).collect()
}

/// Whether the value is an import whose export has a label of its own.
fn is_linked(ctx: &Context<'_>, value: &Sourced) -> bool {
    ctx.model.links.iter().any(|link| link.import == value.span)
}

fn why(case: &Case, omission: &Omission<'_>) -> String {
    // SAM writes operator and key for a list; in a written statement each stands at its own place.
    let is_list = |condition: &Condition<'_>| {
        condition.asks_for_vpc() && condition.operator.key_span == condition.key.key_span
    };
    let mut from_sam = case.policies.iter().filter(|policy| policy.from == PolicySource::Sam);
    let from_list = from_sam.any(|policy| {
        statements(&policy.document).iter().any(|statement| statement.conditions().iter().any(is_list))
    });
    let through = if omission.refused.named_by.contains(&NamedBy::Association) {
        "calls through the associated endpoint get 403"
    } else {
        "calls through that endpoint get 403"
    };
    if from_list {
        format!("SAM turns this list into `Deny … StringNotEquals aws:SourceVpce`; {through}.")
    } else {
        format!("the policy decides which endpoint may call, the association only makes a name; {through}.")
    }
}
