//! `policy-open-to-any-vpc`: a private API that any VPC endpoint of any account in the region may call.
//!
//! Only a private API: a public one is open to more than that.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::model::{Api, Case, Decision};
use crate::exposure::reasons::Part;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::{endpoints, policies};
use crate::rules::strangers::{is_open, only_on_stray_stage, reasons, stranger};
use crate::rules::{Context, strangers, telling, words};

const ID: &str = "policy-open-to-any-vpc";

/// Reports private APIs whose policy lets in an endpoint that nobody named.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.rest_apis() {
        // What SAM's extra stage alone lets in has a rule of its own.
        let open = |case: &Case| is_open(case) && !only_on_stray_stage(api, case);
        if let Some(occurrence) = occurrence(&api.cases, open) {
            findings.push(finding(ctx, api, &occurrence));
        }
    }
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
    .notes(stranger(case).and_then(|caller| telling::example(caller, true)))
    .help(format!("say who may call:  {}", words::allow_list(ctx.model, api, case)))
    .remedy(keep_others_out(ctx, api, case))
}

/// Refuses all but the endpoints that the API is to be called through, wherever the policy counts.
fn keep_others_out(ctx: &Context<'_>, api: &Api, case: &Case) -> Option<Remedy> {
    let wanted = endpoints::wanted(ctx, case)?;
    let (place, (file, change)) = policies::keep_out_others(api, case, &wanted)?;
    let title = format!("refuse every endpoint but {}", endpoints::shown(&wanted));
    let fits = policies::is_for_same_endpoints(ctx, api, case, place);
    fits.then(|| Remedy::one(Applicability::Unsafe, title, file, change))
}

/// The key of the list of endpoints or VPCs that the policy refuses, if a stranger is let in for not being
/// among them.
fn denied_list(case: &Case) -> Option<Label> {
    let spared = reasons(case, true).filter_map(|because| because.spared.as_ref());
    spared.map(|spared| &spared.part).find_map(|part| match part {
        Part::Condition { key_span, negated: false, .. } if part.asks_for_vpc() => {
            Some(Label::new(*key_span, "only these are refused"))
        }
        _ => None,
    })
}

/// What a statement covers that refuses strangers, while other calls are let in: it is too little.
fn narrow_deny(case: &Case) -> Option<Label> {
    let resources = strangers::narrow_deny(case)?.resources?;
    Some(Label::new(resources, "other endpoints are refused for this only"))
}

/// The `Principal` of the statement that lets strangers in.
fn primary(api: &Api, case: &Case) -> Label {
    let place = reasons(case, true).find_map(|because| because.principal.or(because.effect));
    let document = case.policies.first().map(|policy| policy.document.span);
    Label::new(place.or(document).unwrap_or(api.id_span), "everyone, through whatever endpoint")
}
