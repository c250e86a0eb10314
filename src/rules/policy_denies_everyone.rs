//! `policy-denies-everyone`: an API whose policy lets no caller in on any method.
//!
//! A policy that refuses one endpoint and lets another in is `policy-omits-endpoint`.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::conditions::{Stated, stated};
use crate::exposure::model::{Api, Caller, Case, Decision, EndpointType};
use crate::exposure::reasons::{Because, Met, Part};
use crate::exposure::statements::value_at;
use crate::policy::document::Effect;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::policies::{INVOKE, is_for_same_endpoints, is_list, is_text};
use crate::rules::remedies::{endpoints, operators};
use crate::rules::{Context, places, telling, words};
use crate::source::Span;
use crate::syntax::edit::Change;

const ID: &str = "policy-denies-everyone";

/// Reports APIs that nobody can call because of their policy.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.rest_apis() {
        if let Some(occurrence) = occurrence(&api.cases, denies_everyone) {
            findings.push(finding(ctx, api, &occurrence));
        }
    }
}

fn denies_everyone(case: &Case) -> bool {
    case.endpoint_type != EndpointType::Unknown
        && !case.policies.is_empty()
        && !case.callers.is_empty()
        && case.callers.iter().all(|caller| caller.decision == Decision::Deny)
        // Where an endpoint's own policy stops the calls, the API's may be right.
        && !case.callers.iter().any(Caller::is_stopped_by_endpoint)
}

/// Why nobody gets in, with the text to change.
struct Reason {
    primary: Label,
    why: String,
    help: &'static str,
}

fn finding(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let mut reason = reason(api, case);
    let remedy = remedy(ctx, api, case, reason.primary.span);
    let mut policies = case.policies.iter();
    let value = policies.find_map(|policy| value_at(&policy.document, reason.primary.span));
    reason.primary.span = value.map_or(reason.primary.span, places::origin);
    let condition = match occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(" when {}", words::when(when)),
    };
    let deciding = match case.shut_by.as_slice() {
        [] => refusals(case).into_iter().find(|because| because.statement.is_some()).into_iter().collect(),
        all => all.iter().collect::<Vec<_>>(),
    };
    let also = case.shut_by.iter().skip(1).filter_map(|because| because.effect);
    let example = case.callers.iter().find_map(|caller| telling::example(caller, false));
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("the policy of `{}` lets nobody in{condition}", api.resource),
        reason.primary,
    )
    .occurs(occurrence)
    .related(also.map(|effect| Label::new(effect, "refuses the others")))
    .related(deciding.into_iter().map(|because| Label::new(because.span, telling::phrase(because))))
    .why(reason.why)
    .notes(example)
    .help(reason.help)
    .assumes(value)
    .remedy(remedy)
}

/// Another operator for wildcards, or the action of calls; `at` is the text that keeps everybody out.
fn remedy(ctx: &Context<'_>, api: &Api, case: &Case, at: Span) -> Option<Remedy> {
    let all = stated(case);
    let mut written = all.iter().filter(|one| !one.is_made() && !is_text(one.policy));
    let wild = refusals(case).into_iter().find_map(|because| match because.part {
        Part::Condition { plain_wildcards: true, key_span, .. } if because.span == at => Some(key_span),
        _ => None,
    });
    match wild {
        Some(key) => written.find_map(|one| matched_as_pattern(ctx, api, case, one, key)),
        None => written.find_map(|one| {
            let action = one.statement.part("Action").filter(|_| one.effect == Effect::Allow)?;
            let listed = action.value.value.items().iter().any(|item| item.span == at);
            let is_action =
                refusals(case).iter().any(|because| because.span == at && because.part == Part::Action);
            let text = ctx.sources.slice(at);
            (is_action && (listed || action.value.span == at)).then(|| {
                let title = format!("allow `{INVOKE}` instead of `{}`", text.trim_matches(['"', '\'']));
                Remedy { title, ..Remedy::write(Applicability::Unsafe, at, INVOKE) }
            })
        }),
    }
}

/// `StringLike` in place of `StringEquals`; where the pattern is everybody's, the endpoints that are meant in its place.
fn matched_as_pattern(
    ctx: &Context<'_>,
    api: &Api,
    case: &Case,
    one: &Stated<'_>,
    key: Span,
) -> Option<Remedy> {
    let test = one.tests.iter().find(|test| test.key_span() == key)?;
    let texts = || test.values().iter().filter_map(|value| value.value.as_text());
    if test.written.asks_for_vpc() && texts().any(|text| !operators::narrows(text)) {
        let wanted = endpoints::wanted(ctx, case).filter(|_| test.written.is_on("aws:SourceVpce"))?;
        let list = test.written.key.value.span;
        let title = format!("let in {} instead of what nobody is called", endpoints::shown(&wanted));
        let change = Change::Replace {
            at: list,
            with: if is_list(test) { endpoints::list(&wanted) } else { endpoints::values(&wanted) },
        };
        let fits = is_for_same_endpoints(ctx, api, case, list);
        return fits.then(|| Remedy::one(Applicability::Unsafe, title, list.file, change));
    }
    // What stands beside it under the operator would be a pattern as well.
    let operator = test.operator_span();
    let mut beside =
        one.tests.iter().filter(|other| other.operator_span() == operator && other.key_span() != key);
    let is_alone = beside.all(|other| {
        other
            .values()
            .iter()
            .all(|value| value.value.as_text().is_some_and(|text| !text.contains(['*', '?'])))
    });
    let to = operators::taking_patterns(test.operator_name())?;
    is_alone.then(|| Remedy {
        title: format!("compare by `{to}`, which takes wildcards"),
        ..Remedy::rename(Applicability::Safe, operator, &to)
    })
}

/// Why callers are kept out, in the order of the callers.
fn refusals(case: &Case) -> Vec<&Because> {
    let all = case.callers.iter().flat_map(|caller| &caller.because);
    all.filter(|because| because.refuses()).collect()
}

fn reason(api: &Api, case: &Case) -> Reason {
    let refusals = refusals(case);
    let first = |holds: &dyn Fn(&Because) -> bool| refusals.iter().copied().find(|because| holds(because));
    wildcard(first(&|because| matches!(because.part, Part::Condition { plain_wildcards: true, .. })))
        .or_else(|| only_denies(first(&|because| because.only_denies)))
        .or_else(|| {
            wrong_action(first(&|because| because.met == Met::Silent && because.part == Part::Action))
        })
        .or_else(|| vpc_of_public(case, shut_by(case).or_else(|| first(&lacks_vpc_key))))
        .or_else(|| deny(case, first(&|because| because.met == Met::Denied)).filter(|_| !case.allows_none))
        .unwrap_or_else(|| general(api, case, first(&lacks_allowance).or(refusals.first().copied())))
}

/// A wildcard under an operator that takes it as a plain character.
fn wildcard(because: Option<&Because>) -> Option<Reason> {
    let because = because?;
    Some(Reason {
        primary: Label::new(because.span, "compared as it is: `*` and `?` stand for themselves"),
        why: "StringEquals and StringNotEquals compare character by character, and no endpoint or VPC has such a \
              name."
            .to_owned(),
        help: "use StringLike or StringNotLike for values with `*` or `?`",
    })
}

/// No statement allows anything.
fn only_denies(because: Option<&Because>) -> Option<Reason> {
    let because = because?;
    Some(Reason {
        primary: Label::new(because.effect.unwrap_or(because.span), "it only refuses"),
        why: "where no authorizer decides, a call needs a statement that allows it; a policy that only refuses \
              lets nobody in."
            .to_owned(),
        help: "add a statement that allows `execute-api:Invoke`",
    })
}

/// The statements that allow, allow something else.
fn wrong_action(because: Option<&Because>) -> Option<Reason> {
    let because = because?;
    Some(Reason {
        primary: Label::new(because.span, "not `execute-api:Invoke`"),
        why: "calling an API is the action `execute-api:Invoke`, and no statement allows it.".to_owned(),
        help: "allow `execute-api:Invoke`",
    })
}

/// The statement that refuses every caller by itself.
fn shut_by(case: &Case) -> Option<&Because> {
    case.shut_by.first().filter(|_| case.shut_by.len() == 1)
}

fn lacks_allowance(because: &Because) -> bool {
    because.met == Met::Silent && because.statement.is_some()
}

fn lacks_vpc_key(because: &Because) -> bool {
    because.part.asks_for_vpc() && matches!(because.part, Part::Condition { missing: true, .. })
}

/// A public API is never called through an endpoint.
fn vpc_of_public(case: &Case, because: Option<&Because>) -> Option<Reason> {
    let because = because.filter(|because| lacks_vpc_key(because))?;
    let Part::Condition { key_span, .. } = because.part else { return None };
    (case.endpoint_type.is_public() == Some(true)).then(|| Reason {
        primary: Label::new(key_span, "only calls through a VPC endpoint carry this"),
        why: format!(
            "the API is {}; calls to it never come through a VPC endpoint, so they never have this key.",
            case.endpoint_type.as_str()
        ),
        help: "make the API private, or ask for something its callers have, such as aws:SourceIp",
    })
}

/// Statements that refuse what the others allow; `because` is a call that one of them refuses.
fn deny(case: &Case, because: Option<&Because>) -> Option<Reason> {
    const WINS: &str = "a statement that refuses wins over every one that allows, and";
    let because = case.shut_by.first().or(because)?;
    let (who, help) = match case.shut_by.as_slice() {
        [] => (
            "callers whom none refuses are allowed by none.",
            "let the statement that refuses spare those whom another one allows",
        ),
        [_] => (
            "this one covers every caller.",
            "narrow the statement that refuses to the callers it is meant for",
        ),
        [_, _] => (
            "these two together cover every call: what one spares, the other refuses.",
            "keep the one of them that is meant, or let them spare the same calls",
        ),
        [_, _, _, ..] => (
            "these together cover every call: what one spares, another refuses.",
            "keep those of them that are meant, or let them spare the same calls",
        ),
    };
    Some(Reason {
        primary: Label::new(because.effect?, "refuses what is allowed elsewhere"),
        why: format!("{WINS} {who}"),
        help,
    })
}

fn general(api: &Api, case: &Case, because: Option<&Because>) -> Reason {
    let document = case.policies.first().map_or(api.id_span, |policy| policy.document.span);
    let primary = match because {
        Some(because) => Label::new(because.span, telling::phrase(because)),
        None => Label::new(document, "no caller meets what this asks for"),
    };
    let help = if because.is_some_and(Because::is_about_signer) {
        "allow `execute-api:Invoke` for the principal `*`, or have the methods ask for AWS_IAM"
    } else if case.endpoint_type.is_public() == Some(true) {
        "allow `execute-api:Invoke` for those who are to call it"
    } else {
        "allow `execute-api:Invoke` for the endpoint that calls it"
    };
    Reason {
        primary,
        why: "no caller that the templates name, and no other one, is let in on any method.".to_owned(),
        help,
    }
}
