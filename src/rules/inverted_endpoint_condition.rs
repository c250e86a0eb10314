//! `inverted-endpoint-condition`: a statement keeps out the very endpoint or VPC that it was meant to let in.
//!
//! A list of SAM's that names whom to refuse is what it says: `policy-omits-endpoint`.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::entries::Thing;
use crate::exposure::model::{Api, Auth, Caller, CallerClass, Case, Decision, EndpointType, NamedBy};
use crate::exposure::reasons::Met;
use crate::policy::document::Effect;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::operators;
use crate::rules::remedies::policies::{is_for_same_endpoints, is_text};
use crate::rules::{Context, places, telling, words};
use crate::syntax::edit::Change;
use crate::template::value::{Name, Same, Sourced, Value};

const ID: &str = "inverted-endpoint-condition";

/// Reports private APIs whose policy refuses their own endpoint where it should refuse the others.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        let Some(occurrence) = occurrence(&api.cases, |case| inverted(ctx, case).is_some()) else { continue };
        if let Some(inverted) = inverted(ctx, occurrence.state) {
            push_shared(findings, first, finding(ctx, api, &occurrence, &inverted));
        }
    }
}

/// A test that keeps out what it names, which is ours.
struct Inverted<'case> {
    test: Tested<'case>,
    effect: Effect,
    value: &'case Sourced,
    ours: Ours<'case>,
}

/// Why an endpoint or VPC is ours, and who comes through it.
struct Ours<'case> {
    caller: &'case Caller,
    because: Because,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Because {
    Associated,
    Declared,
    Linked,
    Approved,
}

fn inverted<'case>(ctx: &Context<'_>, case: &'case Case) -> Option<Inverted<'case>> {
    if case.endpoint_type != EndpointType::Private {
        return None;
    }
    let statements = stated(case);
    statements.iter().find_map(|one| {
        if one.is_made() {
            return None;
        }
        let mut refusing = one.tests.iter().filter(|test| {
            names_places(test) && test.compares() && test.admits_values(one.effect) == Some(false)
        });
        refusing.find_map(|&test| {
            let found = |value| Some((value, ours(ctx, case, value)?));
            let mut named = test.values().iter().filter_map(found);
            let (value, ours) = named.find(|(_, ours)| is_kept_out(case, &statements, one, ours.caller))?;
            Some(Inverted { test, effect: one.effect, value, ours })
        })
    })
}

/// Whether a test compares an endpoint or a VPC by its id.
fn names_places(test: &Tested<'_>) -> bool {
    test.about == About::Vpc && !test.written.is_on("aws:VpcSourceIp")
}

/// Whether the statement keeps all calls of a caller out, rather than some of them.
fn is_kept_out(case: &Case, all: &[Stated<'_>], one: &Stated<'_>, caller: &Caller) -> bool {
    match one.effect {
        Effect::Deny => {
            // Beside another test, or for some routes only, it may be meant as it stands.
            let alone = one.tests.iter().all(names_places);
            let refusals: Vec<_> = caller.because.iter().filter(|because| because.refuses()).collect();
            let decides = !refusals.is_empty()
                && refusals.iter().all(|because| because.met == Met::Denied && one.makes(because, all));
            alone && decides && caller.decision == Decision::Deny
        }
        Effect::Allow => {
            let only = all.iter().filter(|other| other.effect != Effect::Deny).count() == 1;
            // Where something else than the policy may let calls pass, it is at least not what lets ours in.
            let passes = case.methods.iter().any(|method| matches!(method.auth, Auth::Iam | Auth::Lambda));
            let unstopped = !caller.is_stopped_by_endpoint();
            unstopped && (caller.decision == Decision::Deny || (only && passes))
        }
        Effect::Unknown => false,
    }
}

/// Whether a value names an endpoint or VPC that the API is meant to be called through.
fn ours<'case>(ctx: &Context<'_>, case: &'case Case, value: &Sourced) -> Option<Ours<'case>> {
    let caller = case.callers.iter().find(|caller| match &caller.class {
        CallerClass::Endpoint(known) | CallerClass::Vpc(known) => known.same(&value.value) == Same::Yes,
        CallerClass::Internet | CallerClass::AnyOtherEndpoint => false,
    })?;
    let because = match &caller.class {
        CallerClass::Vpc(vpc) => our_vpc(ctx, case, vpc),
        _ => our_endpoint(case, caller),
    };
    let because = because.or_else(|| is_approved(ctx, value).then_some(Because::Approved))?;
    Some(Ours { caller, because })
}

fn our_endpoint(case: &Case, caller: &Caller) -> Option<Because> {
    let named = |by: NamedBy| caller.named_by.contains(&by);
    if named(NamedBy::Association) {
        return Some(Because::Associated);
    }
    if named(NamedBy::Resource) {
        return Some(Because::Declared);
    }
    let linked = case.callers.iter().filter(|other| other.named_by.contains(&NamedBy::Linked)).count();
    let alone = case.vpc_endpoint_ids.is_empty() && linked == 1;
    (alone && named(NamedBy::Linked)).then_some(Because::Linked)
}

/// Whether it is the VPC of an endpoint of ours, or one that the API's own template declares.
fn our_vpc(ctx: &Context<'_>, case: &Case, vpc: &Value) -> Option<Because> {
    let of_endpoint =
        ctx.model.endpoints.iter().filter(|endpoint| {
            endpoint.vpc.as_ref().is_some_and(|written| written.value.same(vpc) == Same::Yes)
        });
    let ours = of_endpoint.filter_map(|endpoint| {
        let mut callers = case.callers.iter();
        let caller = callers.find(
            |caller| matches!(&caller.class, CallerClass::Endpoint(known) if endpoint.name.same(known) == Same::Yes),
        )?;
        our_endpoint(case, caller)
    });
    let declared = || {
        let is_own = |name: &Name| matches!(name, Name::Resource { stack, .. } if *stack == case.stack);
        let own = matches!(vpc, Value::Named(name) if is_own(name));
        let is_vpc = case.entries.iter().any(|entry| entry.value.value == *vpc && entry.thing == Thing::Vpc);
        (own && is_vpc).then_some(Because::Declared)
    };
    ours.into_iter().next().or_else(declared)
}

fn is_approved(ctx: &Context<'_>, value: &Sourced) -> bool {
    let approved = &ctx.options.approved;
    let Some(text) = value.value.as_text() else { return false };
    approved.vpc_endpoints.iter().chain(&approved.vpcs).any(|glob| glob.matches_name(text))
}

fn finding(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>, inverted: &Inverted<'_>) -> Finding {
    let Inverted { test, effect, value, ours } = inverted;
    let case = occurrence.state;
    let does = if *effect == Effect::Deny { "keeps out" } else { "allows everybody but" };
    let condition = match occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(", when {}", words::when(when)),
    };
    let message = format!(
        "the policy of `{}` {does} {}, {}{condition}",
        api.resource,
        words::value(&value.value).unwrap_or_else(|| "the endpoint".to_owned()),
        whose(ours)
    );
    let outcome =
        if *effect == Effect::Deny { "denies calls from there" } else { "allows all calls but those" };
    let confidence = if ours.because == Because::Linked { Confidence::Medium } else { Confidence::High };
    let associated = ours
        .caller
        .named_at
        .iter()
        .find(|&&span| case.vpc_endpoint_ids.iter().any(|entry| entry.span == span));
    let effect_span = stated(case).iter().find_map(|one| {
        let has = one.tests.iter().any(|other| other.operator_span() == test.operator_span());
        has.then(|| one.effect_span()).flatten()
    });
    Finding::new(ID, Subject::api(api), Severity::Error, message, Label::new(test.operator_span(), outcome))
        .confidence(confidence)
        .occurs(occurrence)
        .related(effect_span.map(|span| {
            Label::new(span, if *effect == Effect::Deny { "the statement denies" } else { "the statement allows" })
        }))
        .related([Label::new(value.span, "named here")])
        .related(places::steps(value))
        .related(associated.map(|&span| Label::new(span, "associated here")))
        .related(declared(ctx, ours.caller))
        .related(places::applies_to(api, test.operator_span()))
        .why(why(test, *effect))
        .notes(telling::example(ours.caller, false))
        .notes((ours.because == Because::Linked).then(|| {
            "assumes that the endpoint of the stack it is linked with is the one it is to be called through".to_owned()
        }))
        .assumes(Some(value))
        .help(help(test, *effect))
        .remedy(inversion(ctx, api, case, inverted))
}

/// The opposite operator, for those of the listed that are ours.
fn inversion(ctx: &Context<'_>, api: &Api, case: &Case, inverted: &Inverted<'_>) -> Option<Remedy> {
    let Inverted { test, effect, .. } = inverted;
    let all = stated(case);
    let one = all.iter().find(|one| {
        one.tests
            .iter()
            .any(|other| other.operator_span() == test.operator_span() && other.key_span() == test.key_span())
    })?;
    // Under one operator the other keys would be turned round as well.
    let is_alone =
        one.tests.iter().filter(|other| other.operator_span() == test.operator_span()).count() == 1;
    let list = test.written.key.value.span;
    if is_text(one.policy) || !is_alone || !is_for_same_endpoints(ctx, api, case, list) {
        return None;
    }
    let (ours, others): (Vec<&Sourced>, Vec<&Sourced>) =
        test.values().iter().partition(|value| self::ours(ctx, case, value).is_some());
    if *effect == Effect::Deny && ours.iter().any(|value| is_denied_besides(ctx, case, &all, one, value)) {
        return None;
    }
    let to = operators::opposite(test.operator_name())?;
    let mut changes = vec![(list.file, Change::Rename { key: test.operator_span(), to: to.clone() })];
    changes.extend(others.iter().map(|value| (value.span.file, Change::Remove { at: value.span })));
    let names: Vec<String> = ours.iter().filter_map(|value| words::value(&value.value)).collect();
    let whom = if names.len() == ours.len() { words::list(&names) } else { "the listed".to_owned() };
    let title = match effect {
        Effect::Deny => format!("write `{to}`: refuse all but {whom}"),
        Effect::Allow | Effect::Unknown => format!("write `{to}`: let in {whom} and nobody else"),
    };
    Some(Remedy::all(Applicability::Unsafe, title, changes))
}

/// Whether another statement refuses the caller as well: then nobody would be left.
fn is_denied_besides(
    ctx: &Context<'_>,
    case: &Case,
    all: &[Stated<'_>],
    one: &Stated<'_>,
    value: &Sourced,
) -> bool {
    let Some(ours) = ours(ctx, case, value) else { return false };
    let refusals = || ours.caller.because.iter().filter(|because| because.refuses());
    let mut others = all.iter().filter(|other| other.effect == Effect::Deny && other.at != one.at);
    others.any(|other| refusals().any(|because| because.matched.contains(&other.at)))
}

/// The endpoint's resource, where the run has it.
fn declared(ctx: &Context<'_>, caller: &Caller) -> Option<Label> {
    let CallerClass::Endpoint(value) = &caller.class else { return None };
    let endpoint = ctx.model.endpoints.iter().find(|endpoint| endpoint.name == *value)?;
    Some(Label::new(endpoint.id_span, "the endpoint that is kept out"))
}

fn whose(ours: &Ours<'_>) -> &'static str {
    let vpc = matches!(ours.caller.class, CallerClass::Vpc(_));
    match ours.because {
        Because::Associated if vpc => "the VPC of the endpoint it is associated with",
        Because::Associated => "the endpoint it is associated with",
        Because::Declared if vpc => "the VPC of its own template",
        Because::Declared => "the endpoint of its own template",
        Because::Linked if vpc => "the VPC of the endpoint it is to be called through",
        Because::Linked => "the endpoint it is to be called through",
        Because::Approved if vpc => "an approved VPC",
        Because::Approved => "an approved endpoint",
    }
}

fn why(test: &Tested<'_>, effect: Effect) -> String {
    let key = telling::key_name(&test.key().to_lowercase()).to_owned();
    if effect == Effect::Deny {
        format!(
            "`{}` holds for calls whose `{key}` is one of these, and a Deny where it holds keeps those out and leaves \
             the others alone: the wrong way round for an allow-list.",
            test.operator_name()
        )
    } else {
        format!(
            "`{}` holds for calls whose `{key}` is none of these, so the Allow lets everybody in but those: the wrong \
             way round for an allow-list.",
            test.operator_name()
        )
    }
}

fn help(test: &Tested<'_>, effect: Effect) -> String {
    match (operators::opposite(test.operator_name()), effect) {
        (Some(operator), Effect::Deny) => {
            format!("write  {operator}: the Deny then keeps out everybody else")
        }
        (Some(operator), _) => format!("write  {operator}: the Allow then lets in these and nobody else"),
        (None, _) => "use the opposite operator".to_owned(),
    }
}
