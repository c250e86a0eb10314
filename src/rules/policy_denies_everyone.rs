//! `policy-denies-everyone`: an API whose policy lets no caller in on any method.
//!
//! A policy that refuses one endpoint and lets another in is `policy-omits-endpoint`.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{Api, ApiKind, Case, Decision, EndpointType};
use crate::exposure::statements::{Condition, Statement, statements};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, words};
use crate::template::value::Value;

const ID: &str = "policy-denies-everyone";

/// Reports APIs that nobody can call because of their policy.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis() {
        if api.kind != ApiKind::Rest || api.refused.is_some() {
            continue;
        }
        if let Some(occurrence) = occurrence(&api.cases, denies_everyone) {
            findings.push(finding(api, &occurrence));
        }
    }
}

fn denies_everyone(case: &Case) -> bool {
    case.endpoint_type != EndpointType::Unknown
        && !case.policies.is_empty()
        && !case.callers.is_empty()
        && case.callers.iter().all(|caller| caller.decision == Decision::Deny)
}

/// Why nobody gets in, with the text to change.
struct Reason {
    primary: Label,
    why: String,
    help: &'static str,
}

fn finding(api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let reason = reason(api, case);
    let condition = match occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(" when {}", words::when(when)),
    };
    let because = case.callers.iter().filter_map(|caller| caller.because.first());
    let because = because.filter(|because| because.statement.is_some());
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("the policy of `{}` lets nobody in{condition}", api.resource),
        reason.primary,
    )
    .occurs(occurrence)
    .related(because.take(1).map(|because| Label::new(because.span, "this decides")))
    .why(reason.why)
    .help(reason.help)
}

fn reason(api: &Api, case: &Case) -> Reason {
    let all: Vec<Statement<'_>> =
        case.policies.iter().flat_map(|policy| statements(&policy.document)).collect();
    wildcard(&all)
        .or_else(|| no_allow(&all))
        .or_else(|| public_with_vpc_condition(case, &all))
        .or_else(|| deny(&all))
        .unwrap_or_else(|| general(api, case))
}

/// A wildcard under an operator that takes it as a plain character.
fn wildcard(all: &[Statement<'_>]) -> Option<Reason> {
    let mut conditions = all.iter().flat_map(Statement::conditions);
    let found =
        conditions.find(|condition| is_exact(condition) && condition.values().iter().all(has_wildcard))?;
    let value = found.values().first()?;
    let operator = found.operator.key.clone();
    Some(Reason {
        primary: Label::new(value.span, format!("{operator} takes `*` and `?` as they are")),
        why: format!("{operator} compares character by character, and no endpoint or VPC has such a name."),
        help: "use StringLike or StringNotLike for values with `*` or `?`",
    })
}

fn is_exact(condition: &Condition<'_>) -> bool {
    let operator = condition.operator.key.to_ascii_lowercase();
    condition.asks_for_vpc() && (operator.contains("stringequals") || operator.contains("stringnotequals"))
}

fn has_wildcard(value: &crate::template::value::Sourced) -> bool {
    matches!(&value.value, Value::String(text) if text.contains(['*', '?']))
}

/// No statement allows `execute-api:Invoke`: there is none that allows, or they allow something else.
fn no_allow(all: &[Statement<'_>]) -> Option<Reason> {
    let allowing: Vec<_> = all.iter().filter(|statement| statement.has_effect("Allow")).collect();
    if allowing.is_empty() {
        let effect = all.iter().find(|statement| statement.has_effect("Deny"))?.part("Effect")?;
        return Some(Reason {
            primary: Label::new(effect.value.span, "it only refuses"),
            why: "where no authorizer decides, a call needs a statement that allows it; a policy that only refuses \
                  lets nobody in."
                .to_owned(),
            help: "add a statement that allows `execute-api:Invoke`",
        });
    }
    if allowing.iter().any(|statement| may_allow_invoke(statement)) {
        return None;
    }
    let action = allowing.first()?.part("Action")?;
    Some(Reason {
        primary: Label::new(action.value.span, "not `execute-api:Invoke`"),
        why: "calling an API is the action `execute-api:Invoke`, and no statement allows it.".to_owned(),
        help: "allow `execute-api:Invoke`",
    })
}

/// Whether a statement's actions could include `execute-api:Invoke`. What is not plain text could.
fn may_allow_invoke(statement: &Statement<'_>) -> bool {
    let Some(action) = statement.part("Action") else { return true };
    let items = match &action.value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&action.value),
    };
    items.iter().any(|item| match &item.value {
        Value::String(text) => {
            let text = text.to_ascii_lowercase();
            let head = text.split('*').next().unwrap_or_default();
            if text.contains(['*', '?']) {
                "execute-api:invoke".starts_with(head)
            } else {
                text == "execute-api:invoke"
            }
        }
        _ => true,
    })
}

/// A public API is never called through an endpoint.
fn public_with_vpc_condition(case: &Case, all: &[Statement<'_>]) -> Option<Reason> {
    if case.endpoint_type.is_public() != Some(true) {
        return None;
    }
    // Without the key a negated operator holds and any other one does not.
    let negated = |condition: &Condition<'_>| condition.operator.key.to_ascii_lowercase().contains("not");
    let refusing = |statement: &&Statement<'_>| statement.has_effect("Deny");
    let found = all.iter().find_map(|statement| {
        let mut conditions = statement.conditions().into_iter().filter(Condition::asks_for_vpc);
        conditions.find(|condition| negated(condition) == refusing(&statement))
    })?;
    Some(Reason {
        primary: Label::new(found.key.key_span, "only calls through a VPC endpoint carry this"),
        why: format!(
            "the API is {}; calls to it never come through a VPC endpoint, so they never have this key.",
            case.endpoint_type.as_str()
        ),
        help: "make the API private, or ask for something its callers have, such as aws:SourceIp",
    })
}

/// A statement that refuses what the others allow.
fn deny(all: &[Statement<'_>]) -> Option<Reason> {
    let effect = all.iter().find(|statement| statement.has_effect("Deny"))?.part("Effect")?;
    Some(Reason {
        primary: Label::new(effect.value.span, "refuses what is allowed elsewhere"),
        why: "a statement that refuses wins over every one that allows, and this one covers every caller."
            .to_owned(),
        help: "narrow the statement that refuses to the callers it is meant for",
    })
}

fn general(api: &Api, case: &Case) -> Reason {
    let document = case.policies.first().map_or(api.id_span, |policy| policy.document.span);
    Reason {
        primary: Label::new(document, "no caller meets what this asks for"),
        why: "no caller that the templates name, and no other one, is let in on any method.".to_owned(),
        help: "allow `execute-api:Invoke` for the endpoint that calls it",
    }
}
