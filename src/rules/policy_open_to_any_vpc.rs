//! `policy-open-to-any-vpc`: a private API that any VPC endpoint of any account in the region may call.
//!
//! Only a private API: a public one is open to more than that.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::model::{Api, ApiKind, Caller, CallerClass, Case, Decision, EndpointType};
use crate::exposure::statements::{Condition, Statement, statements};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, words};

const ID: &str = "policy-open-to-any-vpc";

/// Reports private APIs whose policy lets in an endpoint that nobody named.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis() {
        if api.kind != ApiKind::Rest || api.refused.is_some() {
            continue;
        }
        let open = |case: &Case| stranger(case).is_some_and(|stranger| is_open(stranger, case));
        if let Some(occurrence) = occurrence(&api.cases, open) {
            findings.push(finding(ctx, api, &occurrence));
        }
    }
}

/// The caller through an endpoint in a VPC and account that nobody names.
fn stranger(case: &Case) -> Option<&Caller> {
    if case.endpoint_type != EndpointType::Private || case.policies.is_empty() {
        return None;
    }
    case.callers.iter().find(|caller| caller.class == CallerClass::AnyOtherEndpoint)
}

/// Whether a stranger gets in somewhere: unsigned, or signed by an account that is not the API's.
fn is_open(caller: &Caller, case: &Case) -> bool {
    let passes = |decision: Decision| matches!(decision, Decision::Allow | Decision::Depends);
    // Where it depends on who signs, a stranger is not whom the policy means.
    let signed = match caller.foreign {
        Decision::Allow => true,
        Decision::Depends => !asks_who_signs(case),
        Decision::Deny | Decision::Unknown => false,
    };
    passes(caller.unsigned) || signed
}

/// Whether the policy tests something that only signed requests have.
fn asks_who_signs(case: &Case) -> bool {
    let conditions = all_statements(case).into_iter().flat_map(|statement| statement.conditions());
    let mut keys = conditions.map(|condition| condition.key.key.to_ascii_lowercase());
    keys.any(|key| key.starts_with("aws:principal") || key == "aws:userid" || key == "aws:username")
}

fn finding(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let denied = denied_list(case);
    let narrow = denied.is_none().then(|| narrow_deny(case)).flatten();
    let signed_only = stranger(case).is_some_and(|caller| caller.unsigned == Decision::Deny);
    let condition = match occurrence.when.as_slice() {
        [] => String::new(),
        when => format!(", when {}", words::when(when)),
    };
    let name = &api.resource;
    let message = if signed_only {
        format!(
            "`{name}` lets in signed requests of any account, through every VPC endpoint of the region{condition}"
        )
    } else {
        format!("`{name}` lets in every VPC endpoint of the region, of any account{condition}")
    };
    let confidence = if denied.is_some() { Confidence::Medium } else { Confidence::High };
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        message,
        denied.clone().unwrap_or_else(|| primary(api, case)),
    )
    .confidence(confidence)
    .occurs(occurrence)
    .related(case.association.as_ref().map(|written| {
        Label::new(written.span, "associating an endpoint gives it a name, it keeps nobody out")
    }))
    .related(narrow.clone())
    .why(if denied.is_some() {
        "a list of who is refused lets in everybody else: anyone with an AWS account can make an endpoint and call \
         the API once they learn its id."
    } else if narrow.is_some() {
        "the statement that refuses other endpoints does not cover all that is allowed: anyone with an AWS account \
         can make an endpoint in the region and call the rest once they learn the API's id."
    } else {
        "nothing in the policy asks which endpoint the call comes through: anyone with an AWS account can make an \
         endpoint in the region and call the API once they learn its id."
    })
    .help(format!("say who may call:  {}", words::allow_list(ctx.model, api, case)))
}

/// The key of the list of endpoints or VPCs that the policy refuses, if it has one.
fn denied_list(case: &Case) -> Option<Label> {
    let refusing = all_statements(case).into_iter().filter(|statement| statement.has_effect("Deny"));
    let mut conditions = refusing.flat_map(|statement| statement.conditions());
    let listed = conditions.find(|condition| {
        condition.asks_for_vpc() && !condition.operator.key.to_ascii_lowercase().contains("not")
    })?;
    Some(Label::new(listed.key.key_span, "only these are refused"))
}

/// What a statement covers that refuses all endpoints but some, if there is one: it is too little.
fn narrow_deny(case: &Case) -> Option<Label> {
    let statements = all_statements(case).into_iter().filter(|statement| statement.has_effect("Deny"));
    let mut refusing =
        statements.filter(|statement| statement.conditions().iter().any(Condition::asks_for_vpc));
    let resource = refusing.find_map(|statement| statement.part("Resource"))?;
    Some(Label::new(resource.value.span, "other endpoints are refused for this only"))
}

/// The `Principal` of the statement that lets strangers in.
fn primary(api: &Api, case: &Case) -> Label {
    let because = stranger(case).map_or(&[][..], |caller| &caller.because);
    let allows: Vec<Statement<'_>> =
        all_statements(case).into_iter().filter(|statement| statement.has_effect("Allow")).collect();
    let deciding = allows
        .iter()
        .find(|statement| because.iter().any(|because| because.span == statement.text.span))
        .or(allows.first());
    let place = deciding.map(|statement| {
        let principal = statement.part("Principal").map(|part| part.value.span);
        principal.unwrap_or(statement.text.span)
    });
    let document = case.policies.first().map(|policy| policy.document.span);
    Label::new(place.or(document).unwrap_or(api.id_span), "everyone, through whatever endpoint")
}

fn all_statements(case: &Case) -> Vec<Statement<'_>> {
    case.policies.iter().flat_map(|policy| statements(&policy.document)).collect()
}
