//! Who may call a REST API in one case: the caller classes that the API, its policy and its template name.
//!
//! What the policies say about each class is worked out in `decisions`.

use std::collections::BTreeSet;

use crate::exposure::Context;
use crate::exposure::decisions::Judge;
use crate::exposure::links::neighbours;
use crate::exposure::model::{Caller, CallerClass, Case, Decision, Endpoint, EndpointType, NamedBy};
use crate::exposure::reasons::Because;
use crate::exposure::signatures::SignedOnly;
use crate::exposure::twofold::Twofold;
use crate::exposure::widening::MixedLists;
use crate::order::Order;
use crate::source::Span;
use crate::template::document::Resource;
use crate::template::value::{Same, Value};
use crate::workspace::Stack;

/// Fills in all callers of an API in one case, associated endpoints first, with decisions, and what else follows
/// from its policies.
pub(crate) fn judge(
    context: &Context<'_>,
    endpoints: &[Endpoint],
    stack: &Stack,
    resource: &Resource,
    case: &mut Case,
) {
    let judged = judged(context, endpoints, stack, resource, case);
    case.callers = judged.callers;
    case.signed_only = judged.signed_only;
    case.shut_by = judged.shut_by;
    case.allows_none = judged.allows_none;
    case.mixed_lists = judged.mixed_lists;
    case.twofold = judged.twofold;
    if case.endpoint_type.is_public() == Some(true) && !case.policies.is_empty() {
        let private = Case { endpoint_type: EndpointType::Private, ..case.clone() };
        case.callers_if_private = self::judged(context, endpoints, stack, resource, &private).callers;
    }
}

/// What follows from the policies of a case.
pub(crate) struct Judged {
    /// All callers, associated endpoints first, with decisions.
    pub(crate) callers: Vec<Caller>,
    signed_only: Option<SignedOnly>,
    shut_by: Vec<Because>,
    allows_none: bool,
    mixed_lists: Vec<MixedLists>,
    twofold: Option<Twofold>,
}

/// All callers, and what else follows from the policies.
pub(crate) fn judged(
    context: &Context<'_>,
    endpoints: &[Endpoint],
    stack: &Stack,
    resource: &Resource,
    case: &Case,
) -> Judged {
    let mut judge = Judge::new(endpoints, stack, resource, case);
    let mut callers = Vec::new();
    if case.endpoint_type.is_public() != Some(false) {
        callers.push(caller(CallerClass::Internet));
    }
    if case.endpoint_type.is_public() != Some(true) {
        named_endpoints(context, endpoints, stack, case, &judge, &mut callers);
        for (vpc, span) in judge.constants("aws:sourcevpc") {
            name(&mut callers, CallerClass::Vpc(vpc), NamedBy::Policy, Some(span));
        }
        callers.push(caller(CallerClass::AnyOtherEndpoint));
    }
    judge.decide(&mut callers);
    let signed_only = judge.signed_only(&callers);
    let shut_by = judge.shut_by(&callers);
    let allows_none = judge.allows_none(&callers);
    let mixed_lists = judge.mixed_lists(&callers);
    let surprises = stack.lowered.surprises.iter();
    let surprises: Vec<_> = surprises.filter(|surprise| surprise.resource == resource.id).collect();
    let twofold = judge.twofold(&callers, &surprises);
    Judged { callers, signed_only, shut_by, allows_none, mixed_lists, twofold }
}

fn caller(class: CallerClass) -> Caller {
    Caller {
        class,
        named_by: Vec::new(),
        named_at: Vec::new(),
        decision: Decision::Unknown,
        unsigned: Decision::Unknown,
        foreign: Decision::Unknown,
        because: Vec::new(),
        presumed: false,
        refused_routes: Vec::new(),
        blockade: None,
    }
}

fn named_endpoints(
    context: &Context<'_>,
    endpoints: &[Endpoint],
    stack: &Stack,
    case: &Case,
    judge: &Judge<'_>,
    callers: &mut Vec<Caller>,
) {
    let endpoint = |value: &Value| CallerClass::Endpoint(value.clone().without_places());
    for entry in &case.vpc_endpoint_ids {
        if !matches!(entry.value, Value::Null | Value::Unknown(_)) {
            name(callers, endpoint(&entry.value), NamedBy::Association, Some(entry.span));
        }
    }
    for (value, span) in judge.constants("aws:sourcevpce") {
        name(callers, endpoint(&value), NamedBy::Policy, Some(span));
    }
    let elsewhere = endpoints.iter().any(|endpoint| endpoint.stack != stack.id);
    let neighbours = if elsewhere { neighbours(context, stack) } else { BTreeSet::new() };
    for known in endpoints {
        if known.stack == stack.id {
            name(callers, endpoint(&known.name), NamedBy::Resource, None);
        } else if neighbours.contains(&known.stack) {
            name(callers, endpoint(&known.name), NamedBy::Linked, None);
        }
    }
}

fn name(callers: &mut Vec<Caller>, class: CallerClass, by: NamedBy, at: Option<Span>) {
    let is_same = |known: &Caller| match (&known.class, &class) {
        (CallerClass::Endpoint(left), CallerClass::Endpoint(right))
        | (CallerClass::Vpc(left), CallerClass::Vpc(right)) => left.same(right) == Same::Yes,
        _ => false,
    };
    let index = callers.iter().position(is_same).unwrap_or_else(|| {
        callers.push(caller(class));
        callers.len() - 1
    });
    let Some(caller) = callers.get_mut(index) else { return };
    if !caller.named_by.contains(&by) {
        caller.named_by.push(by);
        caller.named_by.order();
    }
    caller.named_at.extend(at);
}
