//! Who may call a REST API in one case: caller classes and what the policies say about each.

use crate::exposure::Context;
use crate::exposure::links::neighbours;
use crate::exposure::model::{Caller, CallerClass, Case, Decision, Endpoint, EndpointType, NamedBy};
use crate::source::Span;
use crate::template::document::Resource;
use crate::template::value::{Same, Value};
use crate::workspace::Stack;

/// All callers of an API in one case, associated endpoints first, with decisions.
pub(crate) fn find(
    context: &Context<'_>,
    endpoints: &[Endpoint],
    stack: &Stack,
    _resource: &Resource,
    case: &Case,
) -> Vec<Caller> {
    let mut callers = Vec::new();
    if case.endpoint_type.is_public() != Some(false) {
        callers.push(caller(CallerClass::Internet));
    }
    if case.endpoint_type.is_public() != Some(true) {
        named_endpoints(context, endpoints, stack, case, &mut callers);
        callers.push(caller(CallerClass::AnyOtherEndpoint));
    }
    for caller in &mut callers {
        decide(case, caller);
    }
    callers
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
    }
}

fn named_endpoints(
    context: &Context<'_>,
    endpoints: &[Endpoint],
    stack: &Stack,
    case: &Case,
    callers: &mut Vec<Caller>,
) {
    for entry in &case.vpc_endpoint_ids {
        name(callers, &entry.value, NamedBy::Association, Some(entry.span));
    }
    let neighbours = neighbours(context, stack);
    for endpoint in endpoints {
        if endpoint.stack == stack.id {
            name(callers, &endpoint.name, NamedBy::Resource, None);
        } else if neighbours.contains(&endpoint.stack) {
            name(callers, &endpoint.name, NamedBy::Linked, None);
        }
    }
}

fn name(callers: &mut Vec<Caller>, value: &Value, by: NamedBy, at: Option<Span>) {
    let known = callers.iter_mut().find(
        |caller| matches!(&caller.class, CallerClass::Endpoint(known) if known.same(value) == Same::Yes),
    );
    let caller = match known {
        Some(caller) => caller,
        None => {
            callers.push(caller(CallerClass::Endpoint(value.clone().without_places())));
            match callers.last_mut() {
                Some(caller) => caller,
                None => return,
            }
        }
    };
    if !caller.named_by.contains(&by) {
        caller.named_by.push(by);
        caller.named_by.sort_unstable();
    }
    caller.named_at.extend(at);
}

fn decide(case: &Case, caller: &mut Caller) {
    let decision = if case.policies.is_empty() && case.hidden_policy.is_none() {
        match (&caller.class, case.endpoint_type) {
            // A private API without a policy lets nobody in; a public one everybody.
            (_, EndpointType::Private) => Decision::Deny,
            (CallerClass::Internet, _) => Decision::Allow,
            _ => Decision::Deny,
        }
    } else {
        Decision::Unknown
    };
    caller.decision = decision;
    caller.unsigned = decision;
    caller.foreign = decision;
}
