//! Ways to a REST API through custom domains, and who gets through them.
//!
//! Both are asked in the cases of the API, so that conditions and parameters that it shares with its mappings and
//! domains hold for all of them at once.

use crate::exposure::custom::{CustomWays, Door, DoorDomain, Doors, Entering, Entrance, Kind};
use crate::exposure::decisions::Judge;
use crate::exposure::domains::{self, passage};
use crate::exposure::leads::{Declared, Lead, Says, is_made, is_readable};
use crate::exposure::model::{Caller, CallerClass, Case, Decision, Endpoint, EndpointType, NamedBy};
use crate::exposure::network::Stated;
use crate::exposure::opinions::Opinion;
use crate::exposure::others::from_globals;
use crate::exposure::reasons::PolicyOf;
use crate::exposure::wiring::property;
use crate::exposure::{Context, callers, cases, endpoint_type, rest};
use crate::template::cases::Path;
use crate::template::document::Origin;
use crate::template::guards::Guard;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Same, Sourced, Value};

/// Ways to an API, and who gets through them.
pub(crate) fn ways<'run>(context: &Context<'run>, endpoints: &[Endpoint], api: Declared<'run>) -> CustomWays {
    let leads = context.leads.to(context, api);
    let closable = context.stacks.of(api.stack).is_some_and(|known| known.closes_hosts);
    if (leads.is_empty() && !closable)
        || !is_readable(api)
        || rest::refusal(api.stack, api.resource).is_some()
    {
        return CustomWays::default();
    }
    let handed_on = closable && context.handed_on.has(context, api);
    let doors = stated(context, api, |resolver| doors(context, api, &leads, handed_on, resolver));
    let is_private = |door: &Door| is_private(door);
    let entrances = match doors.iter().any(|state| state.fact.doors.iter().any(is_private)) {
        true => entrances(context, endpoints, api, &leads),
        false => Vec::new(),
    };
    CustomWays { doors, entrances }
}

fn is_private(door: &Door) -> bool {
    let private = |domain: &DoorDomain| domain.certain && domain.kind.endpoint_type == EndpointType::Private;
    door.domain.as_ref().is_some_and(private)
}

/// A question to the API in all cases in which it exists.
fn stated<'run, T: Clone + PartialEq>(
    context: &Context<'run>,
    api: Declared<'run>,
    mut ask: impl FnMut(&mut Resolver<'run, '_>) -> T,
) -> Vec<Stated<T>> {
    let explored = cases::split(context, api.stack, |resolver| {
        is_made(context, api, resolver.path()).then(|| ask(resolver))
    });
    if !explored.complete {
        return Vec::new();
    }
    told(cases::join(explored), api)
}

fn told<T: Clone>(joined: cases::Joined<T>, api: Declared<'_>) -> Vec<Stated<T>> {
    let environment = &api.stack.bindings.environment;
    let told = joined.told().into_iter();
    told.map(|(_, extent, fact)| Stated { extent, environment: environment.clone(), fact }).collect()
}

fn doors<'run>(
    context: &Context<'run>,
    api: Declared<'run>,
    leads: &[Lead<'run>],
    handed_on: bool,
    resolver: &mut Resolver<'run, '_>,
) -> Doors {
    let mut case = rest::empty(api.stack);
    endpoint_type::find(api.stack, api.resource.properties, resolver, &mut case);
    rest::unreadable(api.stack, api.resource, resolver, &mut case);
    let value = case.type_value.map(|value| from_globals(api.stack, value));
    let kind = Kind { endpoint_type: case.endpoint_type, value };
    if kind.endpoint_type != EndpointType::Private {
        return Doors { kind, host_off: None, doors: Vec::new(), incomplete: true };
    }
    let host_off = host_off(api, resolver);
    let (doors, incomplete) = here(context, api, leads, resolver.path());
    Doors { kind, host_off, doors, incomplete: incomplete || handed_on }
}

/// The value that switches the default host off in the case under way. The property goes before the body.
fn host_off<'run>(api: Declared<'run>, resolver: &mut Resolver<'run, '_>) -> Option<Sourced> {
    let written = property(resolver, api.resource, "DisableExecuteApiEndpoint");
    let written = match written {
        Some(written) => Some(written),
        None => rest::body(api.stack, api.resource, resolver).and_then(|body| body.disabled(resolver)),
    };
    written.filter(|written| written.value.as_bool() == Some(true))
}

/// The ways that are there in the case under way, and whether there may be others.
fn here<'run>(
    context: &Context<'run>,
    api: Declared<'run>,
    leads: &[Lead<'run>],
    path: &mut Path,
) -> (Vec<Door>, bool) {
    let (mut doors, mut incomplete) = (Vec::new(), false);
    for lead in leads {
        let Says::Maps(kind) = lead.says else { continue };
        if !lead.is_made(context, path) {
            continue;
        }
        let leads_here = lead.leads_to(context, api, path);
        if matches!(leads_here, Same::No | Same::Presumed) {
            continue;
        }
        let Some(passage) = passage(context, lead, kind, path) else { continue };
        let domain = domain_of(context, lead, path).map(|(at, same)| DoorDomain {
            file: at.stack.template.file,
            resource: at.resource.id.clone(),
            id_span: domains::place(at),
            name: domains::name(context, at, path).map_or(Value::Absent, |name| name.value),
            made: at.resource.origin != Origin::Written,
            kind: match is_readable(at) {
                true => domains::kind(context, at, path),
                false => Kind { endpoint_type: EndpointType::Unknown, value: None },
            },
            balanced: context.balancers.may_answer(context.workspace, at),
            certain: same == Same::Yes,
        });
        let door = Door { passage, domain };
        if leads_here == Same::Yes {
            doors.push(door);
        } else {
            incomplete |= !door.is_shut();
        }
    }
    (doors, incomplete)
}

/// The domain of the run that a mapping stands on in the case under way: one that is certainly meant, else one
/// that may be.
fn domain_of<'run>(
    context: &Context<'run>,
    lead: &Lead<'run>,
    path: &mut Path,
) -> Option<(Declared<'run>, Same)> {
    let mut found = lead.domains(context, path);
    found.retain(|(at, _)| is_made(context, *at, path));
    let certain = found.iter().find(|(_, same)| *same == Same::Yes).copied();
    certain.or_else(|| found.first().copied())
}

/// A state of the API with the private domains that lead to it.
#[derive(Clone, PartialEq)]
struct State {
    draft: rest::Draft,
    entrances: Vec<Plan>,
}

/// An entrance before anybody is judged.
#[derive(Clone, PartialEq)]
struct Plan {
    entrance: Entrance,
    policy: Sourced,
    owner: Name,
    sources: Vec<Sourced>,
}

fn entrances<'run>(
    context: &Context<'run>,
    endpoints: &[Endpoint],
    api: Declared<'run>,
    leads: &[Lead<'run>],
) -> Vec<Stated<Vec<Entrance>>> {
    let Some(drafts) = rest::drafts(context, api.stack, api.resource) else { return Vec::new() };
    let mut states = drafts.each(|_, guard, draft| vec![(guard, State { draft, entrances: Vec::new() })]);
    states.deepen(context.workspace.scope(api.stack), &mut |resolver, state| {
        if state.draft.case.endpoint_type == EndpointType::Private {
            state.entrances = plans(context, api, leads, resolver.path());
        }
    });
    let judged = states.each(|guards, guard, state| {
        let mut case = state.draft.case;
        for served in state.draft.methods {
            if guards.and(guard, served.when) != Guard::NEVER {
                case.methods.push(served.method);
            }
        }
        let judged = state.entrances.into_iter().map(|plan| judged(context, endpoints, api, &case, plan));
        vec![(guard, judged.collect::<Vec<Entrance>>())]
    });
    told(judged, api)
}

/// Private domains of the run that lead to the API in the case under way.
fn plans<'run>(
    context: &Context<'run>,
    api: Declared<'run>,
    leads: &[Lead<'run>],
    path: &mut Path,
) -> Vec<Plan> {
    let mut plans = Vec::new();
    for lead in leads {
        if !lead.is_made(context, path) || lead.leads_to(context, api, path) != Same::Yes {
            continue;
        }
        let one = std::slice::from_ref(lead);
        let (doors, _) = here(context, api, one, path);
        let Some(Door { passage, domain: Some(domain) }) = doors.into_iter().find(is_private) else {
            continue;
        };
        let Some((at, _)) = domain_of(context, lead, path) else { continue };
        let about = context.leads.about(context, at);
        let (sources, incomplete) = domains::sources(context, at, &about, path);
        let policy = domains::policy(context, at, path);
        let nothing = || Sourced::new(Value::Absent, at.resource.id_span);
        plans.push(Plan {
            entrance: Entrance { passage, domain, callers: Vec::new(), incomplete },
            policy: policy.unwrap_or_else(nothing),
            owner: Name::Resource { stack: at.stack.id, id: at.resource.id.clone() },
            sources,
        });
    }
    plans
}

/// An entrance with what the policies say of the endpoints that come, or are meant to come, through it.
fn judged<'run>(
    context: &Context<'run>,
    endpoints: &[Endpoint],
    api: Declared<'run>,
    case: &Case,
    plan: Plan,
) -> Entrance {
    let Plan { mut entrance, policy, owner, sources } = plan;
    let known = callers::judged(context, endpoints, api.stack, api.resource, case).callers;
    let name = &entrance.domain.name;
    let callers = asked(&known, sources).into_iter().map(|mut caller| {
        let mut judge = Judge::new(endpoints, api.stack, api.resource, case);
        let class = CallerClass::Endpoint(caller.endpoint.value.clone().without_places());
        let gate = (policy.value != Value::Absent).then(|| judge.gate_of_domain(&policy, name, &owner));
        let alone = judge.opinion_on(&class, None);
        caller.by_api = alone.decision;
        caller.presumed = alone.presumed;
        if let Some(gate) = gate {
            decide(&mut caller, judge.opinion_on(&class, Some(gate)));
        }
        caller
    });
    entrance.callers = callers.collect();
    entrance
}

/// Endpoints to ask about: those with an access association, then others that the API's association or its policy
/// names.
fn asked(known: &[Caller], sources: Vec<Sourced>) -> Vec<Entering> {
    let entering = |endpoint: Sourced, associated: bool, caller: Option<&Caller>| Entering {
        endpoint,
        associated,
        named_by_api: caller.is_some_and(|caller| caller.named_by.contains(&NamedBy::Association)),
        by_api: Decision::Unknown,
        by_both: Decision::Deny,
        because: None,
        presumed: false,
    };
    let is = |caller: &Caller, value: &Value| matches!(&caller.class, CallerClass::Endpoint(known) if known.same(value) == Same::Yes);
    let mut found: Vec<Entering> = Vec::new();
    for source in sources {
        let caller = known.iter().find(|caller| is(caller, &source.value));
        found.push(entering(source, true, caller));
    }
    for caller in known {
        let CallerClass::Endpoint(value) = &caller.class else { continue };
        let named = [NamedBy::Association, NamedBy::Policy].iter().any(|by| caller.named_by.contains(by));
        let is_known = found.iter().any(|known| known.endpoint.value.same(value) == Same::Yes);
        if let Some(&span) = caller.named_at.first().filter(|_| named && !is_known) {
            found.push(entering(Sourced::new(value.clone(), span), false, Some(caller)));
        }
    }
    found
}

fn decide(caller: &mut Entering, both: Opinion) {
    caller.by_both = both.decision;
    caller.presumed |= both.presumed;
    let mut refusals =
        both.because.into_iter().filter(|because| because.refuses() && because.policy == PolicyOf::Domain);
    caller.because = refusals.next();
}
