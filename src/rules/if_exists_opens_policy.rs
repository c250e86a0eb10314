//! `if-exists-opens-policy`: an Allow that asks for a key only where there is one lets in calls that have none.
//!
//! In a Deny the same operator keeps those calls out, and a call through a VPC endpoint always has the VPC keys.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, Caller, CallerClass, Case, Decision};
use crate::exposure::reasons::{Because, Met, Signer};
use crate::policy::document::Effect;
use crate::policy::keys;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::operators;
use crate::rules::remedies::policies::is_text;
use crate::rules::{Context, places, telling, words};
use crate::syntax::edit::Change;

const ID: &str = "if-exists-opens-policy";

/// Reports APIs that are open to calls without the key that their policy asks for.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        let Some(occurrence) = occurrence(&api.cases, |case| !openings(case).is_empty()) else { continue };
        if let Some(finding) = finding(api, &occurrence) {
            push_shared(findings, first, finding);
        }
    }
}

/// A test that lets somebody in for not having its key.
struct Opening<'case> {
    test: Tested<'case>,
    effect: Option<Label>,
    caller: &'case Caller,
    because: &'case Because,
    /// Whether it stands in a policy that is text.
    is_text: bool,
}

/// All such tests of a case, in written order.
fn openings(case: &Case) -> Vec<Opening<'_>> {
    let statements = stated(case);
    let allows = statements.iter().filter(|one| one.effect == Effect::Allow);
    let found = allows.flat_map(|one| {
        let tolerant = one.tests.iter().filter(|test| test.tolerates_absence());
        tolerant.filter_map(|&test| opening(case, &statements, one, test)).collect::<Vec<_>>()
    });
    found.collect()
}

fn opening<'case>(
    case: &'case Case,
    all: &[Stated<'_>],
    one: &Stated<'case>,
    test: Tested<'case>,
) -> Option<Opening<'case>> {
    let concerns = |caller: &&Caller| match test.about {
        About::Vpc => caller.class == CallerClass::Internet,
        About::Signer => matches!(caller.unsigned, Decision::Allow | Decision::Depends),
        About::Address | About::Other => false,
    };
    let lets_in = |because: &&Because| {
        because.met == Met::Allowed
            && because.lets_in == Some(true)
            && (test.about != About::Signer || because.witness.signer == Signer::Nobody)
            && one.makes(because, all)
            && !is_open_anyhow(because, one, all)
    };
    let callers = case.callers.iter().filter(concerns);
    let (caller, because) =
        callers.filter_map(|caller| Some((caller, caller.because.iter().find(lets_in)?))).next()?;
    let effect = one.effect_span().map(|span| Label::new(span, "the statement allows"));
    Some(Opening { test, effect, caller, because, is_text: is_text(one.policy) })
}

/// Whether the calls are let in without a condition, too: by a statement that has none, or by what decides where
/// the policy is silent.
fn is_open_anyhow(because: &Because, one: &Stated<'_>, all: &[Stated<'_>]) -> bool {
    let own = |at: usize| all.iter().find(|other| other.policy_at == one.policy_at && other.at == at);
    because.matched.iter().any(|&at| own(at).is_none_or(|other| !other.has_condition()))
}

fn finding(api: &Api, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let case = occurrence.state;
    let all = openings(case);
    let (main, others) = all.split_first()?;
    let key = telling::key_name(&main.test.key().to_lowercase()).to_owned();
    let who = match main.test.about {
        About::Vpc if main.caller.decision == Decision::Allow => {
            format!("every call from the internet: none has `{key}`")
        }
        About::Vpc => format!("calls from the internet: none has `{key}`"),
        _ => format!("unsigned calls: they have no `{key}`"),
    };
    let label =
        |opening: &Opening<'_>| Label::new(opening.test.operator_span(), "holds for calls without the key");
    let message = format!("the policy of `{}` lets in {who}{}", api.resource, words::under(&occurrence.when));
    let finding = Finding::new(ID, Subject::api(api), Severity::Error, message, label(main))
        .occurs(occurrence)
        .related(main.effect.clone())
        .related([Label::new(main.test.key_span(), missing(main))])
        .related(others.iter().map(label))
        .related(
            (main.test.about == About::Vpc)
                .then_some(case.type_value.as_ref())
                .flatten()
                .map(|_| Label::new(places::endpoint_type(api, case), words::type_means(case.endpoint_type))),
        )
        .related(places::applies_to(api, main.test.operator_span()))
        .why(why(case, main))
        .notes([format!(
            "for example, {} {} is let in",
            telling::call(&main.because.witness),
            telling::way(&main.caller.class)
        )])
        .assumes(case.type_value.as_ref().filter(|_| main.test.about == About::Vpc))
        .help(help(main))
        .remedy(remedy(&all));
    Some(finding)
}

fn missing(opening: &Opening<'_>) -> &'static str {
    match opening.test.about {
        About::Vpc => "only calls to private APIs have it",
        _ => "only calls to methods with AWS_IAM have it",
    }
}

fn why(case: &Case, opening: &Opening<'_>) -> String {
    let operator = opening.test.operator_name();
    let lacking = match opening.test.about {
        About::Vpc => format!(
            "calls to {} API never come through a VPC endpoint and never have it",
            words::endpoint_type(case.endpoint_type)
        ),
        _ => "calls to methods without AWS_IAM never have it, signed or not".to_owned(),
    };
    format!(
        "`{operator}` holds where the key is missing; {lacking}, so the condition keeps none of them out."
    )
}

fn help(opening: &Opening<'_>) -> String {
    if opening.test.operator.negated {
        return "a Not… operator holds without the key with or without IfExists: say who may call with an operator that \
                is none"
            .to_owned();
    }
    format!("write  {}, which needs the key", plain_operator(opening))
}

/// The operator that holds only where the key is there.
fn plain_operator(opening: &Opening<'_>) -> String {
    let has_several = keys::has_several_values(&opening.test.key().to_lowercase());
    operators::needing_the_key(opening.test.operator_name(), has_several)
}

/// The plain operator for each of them; none where one is a Not… operator, which holds without the key anyway.
fn remedy(all: &[Opening<'_>]) -> Option<Remedy> {
    let first = all.first()?;
    if all.iter().any(|opening| opening.test.operator.negated || opening.is_text) {
        return None;
    }
    let rename = |opening: &Opening<'_>| {
        let key = opening.test.operator_span();
        (key.file, Change::Rename { key, to: plain_operator(opening) })
    };
    let changes = all.iter().map(rename).collect();
    let title = format!("write `{}`: refuse calls without the key", plain_operator(first));
    Some(Remedy::all(Applicability::Unsafe, title, changes))
}
