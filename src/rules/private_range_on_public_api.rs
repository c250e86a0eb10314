//! `private-range-on-public-api`: the policy of a public API lets in private addresses only, which no call to it has.
//!
//! Addresses in the policy of a private API are `source-ip-on-private-api`.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, Auth, Case};
use crate::intent::{Intent, Posture};
use crate::policy::document::Effect;
use crate::policy::operator::Test;
use crate::policy::scalar::Block;
use crate::rules::finding::{Aspect, Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::Sourced;

const ID: &str = "private-range-on-public-api";

/// Blocks that are not routed on the internet: private use (RFC 1918, RFC 4193) and shared between a carrier's
/// customers (RFC 6598).
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// Most values that are shown.
const MOST_LABELS: usize = 6;

/// Reports public APIs whose policy asks for addresses that nobody on the internet has.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, intent) in ctx.rest_apis() {
        let Some(occurrence) = occurrence(&api.cases, |case| asked(case).is_some()) else { continue };
        if let Some(finding) = finding(ctx, api, intent, &occurrence) {
            push_shared(findings, first, finding);
        }
    }
}

/// A statement that lets in by private addresses only.
struct Asked<'case> {
    values: &'case [Sourced],
    effect: Effect,
    /// Whether SAM writes it, from a list of the user's.
    is_made: bool,
    /// Whether it is for all routes.
    is_for_all: bool,
}

/// The first statement by which nobody gets in for want of a private address.
fn asked(case: &Case) -> Option<Asked<'_>> {
    if case.endpoint_type.is_public() != Some(true) {
        return None;
    }
    let mut statements = stated(case);
    statements.retain(Stated::is_about_calls);
    let found = |one: &Stated<'_>, effect: Effect| one.effect == effect && private_only(one).is_some();
    let denies = statements.iter().find(|one| found(one, Effect::Deny));
    // An Allow that nobody meets does no harm beside one that somebody meets.
    let allows = || {
        let mut allowing = statements.iter().filter(|one| one.effect != Effect::Deny);
        let mut all = allowing.clone();
        all.all(|one| found(one, Effect::Allow)).then(|| allowing.next()).flatten()
    };
    let one = denies.or_else(allows)?;
    Some(Asked {
        values: private_only(one)?.values(),
        effect: one.effect,
        is_made: one.is_made(),
        is_for_all: one.is_for_all_routes(),
    })
}

/// The test of a statement that only private addresses pass, if there is one. In a Deny nothing may stand
/// beside it that narrows whom it denies.
fn private_only<'case>(one: &Stated<'case>) -> Option<Tested<'case>> {
    let mut passed = one.tests.iter().filter(|test| {
        test.about == About::Address
            && test.operator.test == Test::IpAddress
            && test.admits_values(one.effect) == Some(true)
    });
    let test = passed.find(|test| is_private(test.values()))?;
    // No call to a public API has the keys of a VPC: a test that holds without them narrows nothing.
    let narrows = |test: &&Tested<'_>| test.about != About::Vpc || !test.operator.negated;
    let alone = one.tests.iter().filter(narrows).count() == 1;
    (one.effect == Effect::Allow || alone).then_some(*test)
}

fn is_private(values: &[Sourced]) -> bool {
    let private: Vec<Block> = PRIVATE.iter().filter_map(|text| Block::parse(text)).collect();
    let inside = |value: &Sourced| {
        let block = value.value.as_text().and_then(Block::parse);
        block.is_some_and(|block| private.iter().any(|range| block.is_within(*range)))
    };
    !values.is_empty() && values.iter().all(inside)
}

fn finding(ctx: &Context<'_>, api: &Api, intent: &Intent, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let case = occurrence.state;
    let asked = asked(case)?;
    let (first, others) = asked.values.split_first()?;
    let posture = intent.within(&occurrence.environments).posture;
    let aspect = if posture == Posture::Private { Aspect::Whole } else { Aspect::Unstated };
    let addresses = asked.values.iter().filter_map(|value| words::value(&value.value)).collect::<Vec<_>>();
    let message = format!(
        "`{}` is {}{}, and its policy asks for {}, from where no call reaches it",
        api.resource,
        words::public_type(occurrence),
        words::under(&occurrence.when),
        words::list(&addresses)
    );
    let type_place = places::endpoint_type(api, case);
    let label = |value: &Sourced| Label::new(places::origin(value), "a private address");
    let finding = Finding::new(ID, Subject::api(api), Severity::Error, message, label(first))
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(places::way_to(first))
        .related(others.iter().take(MOST_LABELS).map(label))
        .related(
            case.type_value.as_ref().map(|_| Label::new(type_place, words::type_means(case.endpoint_type))),
        )
        .related(places::applies_to(api, first.span))
        .why(why(case, &asked))
        .notes([
            "assumes that calls come from the internet, where private addresses are not routed".to_owned()
        ])
        .assumes(case.type_value.as_ref())
        .assumes(asked.values.iter().find(|value| places::is_default(value)))
        .help("name the public addresses that the callers' networks go out by")
        .helps(
            (posture != Posture::Public).then(|| format!("or {}", words::make_private(ctx.model, api, case))),
        )
        .aspect(aspect);
    Some(finding)
}

fn why(case: &Case, asked: &Asked<'_>) -> String {
    let statement = match asked.effect {
        Effect::Deny if asked.is_made => "SAM turns the list into a Deny for all other addresses",
        Effect::Deny => "the statement denies all other addresses",
        Effect::Allow | Effect::Unknown => "nothing else is allowed",
    };
    let passed = case.methods.iter().any(|method| matches!(method.auth, Auth::Iam | Auth::Lambda));
    let end = if asked.effect == Effect::Allow && passed {
        "and what gets in nonetheless is let in by an authorizer or its own policies, from any address"
    } else if asked.is_made || asked.is_for_all {
        "so every call gets 403"
    } else {
        "so every call to the routes that it is for gets 403"
    };
    format!(
        "a call to {} API has the public address by which it leaves its network, also when it starts inside a VPC; \
         {statement}, {end}.",
        words::endpoint_type(case.endpoint_type)
    )
}
