//! Pairs of execute-api endpoints that may have private DNS in one VPC.
//!
//! Both are asked on one path, so that conditions and parameters that they share hold for both at once.

use crate::exposure::model::Endpoint;
use crate::exposure::network::{Conflict, Meeting, Stated};
use crate::exposure::wiring::{exists, is_obscured, private_dns, property, service};
use crate::exposure::{Context, cases};
use crate::template::cases::Path;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Same, Sourced, Value};
use crate::workspace::Stack;

/// Most pairs that are compared; beyond it nothing is said.
const MAX_PAIRS: usize = 10_000;

/// Endpoints that conflict with an earlier one in some case, each with the first of those.
pub(crate) fn find(context: &Context<'_>, endpoints: &[Endpoint]) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut pairs = 0;
    for (second, later) in endpoints.iter().enumerate() {
        let earlier = endpoints.iter().enumerate().take(second);
        for (first, earlier) in earlier.filter(|(_, earlier)| can_meet(context, earlier, later)) {
            pairs += 1;
            if pairs > MAX_PAIRS {
                return found;
            }
            let cases = meetings(context, earlier, later);
            if cases.iter().any(|case| case.fact.conflict) {
                found.push(Conflict { first, second, cases });
                break;
            }
        }
    }
    found
}

/// Whether two endpoints can exist side by side: two instances of one template that nobody nests are two
/// answers about the same stack, and so are stacks of different environments or regions.
fn can_meet(context: &Context<'_>, first: &Endpoint, second: &Endpoint) -> bool {
    let (Some(one), Some(other)) =
        (context.workspace.stack(first.stack), context.workspace.stack(second.stack))
    else {
        return false;
    };
    let nested = one.parent.is_some() && other.parent.is_some();
    let same_text = first.file == second.file && first.resource == second.resource;
    let (one, other) = (&one.bindings, &other.bindings);
    let agree =
        |left: &Option<String>, right: &Option<String>| left.is_none() || right.is_none() || left == right;
    (!same_text || nested)
        && first.private_dns.iter().any(|case| case.enabled == Some(true))
        && second.private_dns.iter().any(|case| case.enabled == Some(true))
        && one.environment == other.environment
        && agree(&one.region, &other.region)
        && agree(&one.account, &other.account)
}

/// What one endpoint brings to a pair in the case under way.
struct Side {
    on: Option<bool>,
    written: Option<Sourced>,
    vpc: Option<Sourced>,
}

fn meetings(context: &Context<'_>, first: &Endpoint, second: &Endpoint) -> Vec<Stated<Meeting>> {
    let (Some(one), Some(other)) = (place(context, first), place(context, second)) else {
        return Vec::new();
    };
    let explored = cases::split_stacks(context, &[one.0, other.0], |path| {
        // Where there is no second one there is nothing to tell of it.
        let other = side(context, other, path)?;
        let Some(one) = side(context, one, path) else {
            return Some(Meeting { conflict: false, first: None, second: other.written, vpc: other.vpc });
        };
        let same = match (&one.vpc, &other.vpc) {
            (Some(one), Some(other)) => is_known(&one.value) && one.value.same(&other.value) == Same::Yes,
            _ => false,
        };
        let conflict = same && one.on == Some(true) && other.on == Some(true);
        Some(Meeting { conflict, first: one.written, second: other.written, vpc: other.vpc })
    });
    if !explored.complete {
        return Vec::new();
    }
    let environment = one.0.bindings.environment.clone();
    let told = cases::join(explored).told().into_iter();
    told.map(|(_, extent, fact)| Stated { extent, environment: environment.clone(), fact }).collect()
}

fn place<'run>(context: &Context<'run>, endpoint: &Endpoint) -> Option<(&'run Stack, &'run Resource)> {
    let stack = context.workspace.stack(endpoint.stack)?;
    let resource = stack.lowered.resource(&endpoint.resource)?;
    (!is_obscured(stack, resource)).then_some((stack, resource))
}

fn side<'run>(
    context: &Context<'run>,
    (stack, resource): (&'run Stack, &'run Resource),
    path: &mut Path,
) -> Option<Side> {
    let mut resolver = Resolver::new(context.workspace.scope(stack), path);
    if !exists(&mut resolver, resource) {
        return None;
    }
    let is_served = service(&mut resolver, resource).is_some();
    let (on, written) = private_dns(&mut resolver, resource);
    Some(Side { on: on.map(|on| on && is_served), written, vpc: property(&mut resolver, resource, "VpcId") })
}

/// Whether a value is the id or the name of one thing.
fn is_known(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Named(_) | Value::Text(_))
}
