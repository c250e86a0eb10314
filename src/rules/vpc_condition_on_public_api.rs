//! `vpc-condition-on-public-api`: the policy of a public API asks for a VPC or an endpoint, which no call to it has.
//!
//! `IfExists`, which holds without the key, is `if-exists-opens-policy`; addresses are `private-range-on-public-api`.

use crate::diagnostic::{Label, Severity};
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, Caller, CallerClass, Case, Decision};
use crate::intent::{Intent, Posture};
use crate::order::Order;
use crate::policy::document::Effect;
use crate::rules::finding::{Aspect, Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, telling, words};

const ID: &str = "vpc-condition-on-public-api";

/// Reports public APIs whose policy tests what only calls through a VPC endpoint have.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, intent) in ctx.rest_apis() {
        let Some(occurrence) = occurrence(&api.cases, |case| !asked(case).is_empty()) else { continue };
        if let Some(finding) = finding(ctx, api, intent, &occurrence) {
            push_shared(findings, first, finding);
        }
    }
}

/// A test on a key that calls to this API never have.
struct Asked<'case> {
    test: Tested<'case>,
    effect: Effect,
    /// Whether the statement has no other tests but on such keys.
    alone: bool,
    /// Whether SAM writes it, from a list of the user's.
    is_made: bool,
}

/// For whom a statement is, as far as calls to a public API go.
enum For {
    Everyone,
    /// Whom the other tests beside it name.
    TheOthers,
    Nobody,
}

impl Asked<'_> {
    fn is_for(&self) -> For {
        match (self.test.operator.negated, self.alone) {
            (true, true) => For::Everyone,
            (true, false) => For::TheOthers,
            (false, _) => For::Nobody,
        }
    }

    fn verb(&self) -> &'static str {
        if self.effect == Effect::Deny { "denies" } else { "allows" }
    }

    /// What comes of it: the test is the same for all calls.
    fn outcome(&self) -> String {
        let verb = self.verb();
        match self.is_for() {
            For::Everyone => format!("no call has it, so this {verb} everyone"),
            For::TheOthers => "no call has it, so this part always holds".to_owned(),
            For::Nobody => format!("no call has it, so this {verb} nobody"),
        }
    }

    /// Greater for what does more harm.
    fn harm(&self) -> u8 {
        let denies = self.effect == Effect::Deny;
        u8::from(denies) + u8::from(denies && matches!(self.is_for(), For::Everyone))
    }
}

/// The tests in a case, the most harmful first; none where calls may have the keys.
fn asked(case: &Case) -> Vec<Asked<'_>> {
    if case.endpoint_type.is_public() != Some(true) {
        return Vec::new();
    }
    let statements = stated(case);
    let known = statements.iter().filter(|one| {
        one.effect != Effect::Unknown && one.is_about_calls() && !one.asks_presence(About::Vpc)
    });
    let all = known.flat_map(|one| {
        let alone = one.tests.iter().all(|test| test.about == About::Vpc);
        tests(one).map(move |&test| Asked { test, effect: one.effect, alone, is_made: one.is_made() })
    });
    let mut found: Vec<Asked<'_>> = all.collect();
    found.order_by_key(|asked| std::cmp::Reverse(asked.harm()));
    found
}

/// The tests of one statement that fail or hold for want of the key.
fn tests<'one, 'case>(one: &'one Stated<'case>) -> impl Iterator<Item = &'one Tested<'case>> {
    one.tests.iter().filter(|test| test.about == About::Vpc && test.compares() && !test.tolerates_absence())
}

/// Whether something is allowed without a test on these keys.
fn allows_otherwise(case: &Case) -> bool {
    stated(case).iter().any(|one| one.effect == Effect::Allow && tests(one).next().is_none())
}

fn finding(ctx: &Context<'_>, api: &Api, intent: &Intent, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let case = occurrence.state;
    let all = asked(case);
    let (main, others) = all.split_first()?;
    let shut = internet(case).is_some_and(|caller| caller.decision == Decision::Deny);
    let harms = main.effect == Effect::Deny || shut || !allows_otherwise(case);
    let severity = if harms { Severity::Error } else { Severity::Warning };
    let posture = intent.within(&occurrence.environments).posture;
    let aspect = if posture == Posture::Private { Aspect::Whole } else { Aspect::Unstated };
    let message = format!(
        "`{}` is {}{}, and its policy tests `{}`, which only calls to private APIs have",
        api.resource,
        words::public_type(occurrence),
        words::under(&occurrence.when),
        telling::key_name(&main.test.key().to_lowercase())
    );
    let private = words::make_private(ctx.model, api, case);
    let finding = Finding::new(ID, Subject::api(api), severity, message, label(main))
        .occurs(occurrence)
        .related(others.iter().map(label))
        .related(
            case.type_value
                .as_ref()
                .map(|_| Label::new(places::endpoint_type(api, case), words::type_means(case.endpoint_type))),
        )
        .related(case.type_value.iter().flat_map(places::way_to))
        .related(places::applies_to(api, main.test.key_span()))
        .why(why(case, main))
        .notes(example(case, main))
        .assumes(case.type_value.as_ref())
        .helps((posture != Posture::Public).then_some(private))
        .help(remedy(main))
        .aspect(aspect);
    Some(finding)
}

fn label(asked: &Asked<'_>) -> Label {
    Label::new(asked.test.key_span(), asked.outcome())
}

fn why(case: &Case, main: &Asked<'_>) -> String {
    let kind = words::endpoint_type(case.endpoint_type);
    let verb = main.verb();
    let who = match main.is_for() {
        For::Everyone => "every call that lacks the key, and that is all of them",
        For::TheOthers => "what the conditions beside it name, as if this one were not there",
        For::Nobody => "only calls that have the key, and that is none",
    };
    let statement = match main.is_made {
        true => {
            format!("SAM turns this list into a statement that allows everyone and one that {verb} {who}")
        }
        false => format!("the statement {verb} {who}"),
    };
    format!("a call to {kind} API never comes through a VPC endpoint, so it never has this key; {statement}.")
}

/// A call from the internet that shows what comes of it.
fn example(case: &Case, main: &Asked<'_>) -> Option<String> {
    let internet = internet(case)?;
    let refused =
        matches!((main.effect, main.is_for()), (Effect::Deny, For::Everyone) | (Effect::Allow, For::Nobody));
    telling::example(internet, !refused).or_else(|| telling::example(internet, refused))
}

fn internet(case: &Case) -> Option<&Caller> {
    case.callers.iter().find(|caller| caller.class == CallerClass::Internet)
}

fn remedy(main: &Asked<'_>) -> &'static str {
    if main.is_made {
        "or, if it is to stay public, take the list out; IpRangeWhitelist names addresses"
    } else {
        "or, if it is to stay public, test what its callers have, such as `aws:SourceIp`"
    }
}
