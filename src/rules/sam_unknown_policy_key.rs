//! `sam-unknown-policy-key`: a key in SAM's `Auth.ResourcePolicy` that SAM does not know and drops.
//!
//! What the known keys come to is judged by the policy rules.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Api;
use crate::rules::Context;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::source::Span;
use crate::template::lowered::SurpriseKind;

const ID: &str = "sam-unknown-policy-key";

/// Reports keys that have no effect; one in `Globals` once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis() {
        for surprise in &api.surprises {
            let SurpriseKind::UnknownPolicyKey { key, nearest, alone } = &surprise.kind else { continue };
            push_shared(
                findings,
                first,
                finding(api, surprise.span, &Key { key, nearest: *nearest, alone: *alone }),
            );
        }
    }
}

struct Key<'run> {
    key: &'run str,
    nearest: Option<&'static str>,
    alone: bool,
}

fn finding(api: &Api, span: Span, key: &Key<'_>) -> Finding {
    let severity = if key.alone { Severity::Error } else { Severity::Warning };
    let label = key.nearest.map_or_else(|| "not known here".to_owned(), |near| format!("`{near}` is meant"));
    let why = if key.alone {
        "SAM takes the keys it knows and says nothing about others: no statement is made of this policy."
    } else {
        "SAM takes the keys it knows and says nothing about others: what stands here is not in the policy."
    };
    Finding::new(
        ID,
        Subject::api(api),
        severity,
        format!("SAM drops `{}` from the resource policy of `{}`", key.key, api.resource),
        Label::new(span, label),
    )
    .related(Some(Label::new(api.id_span, "this API")))
    .why(why)
    .help(match key.nearest {
        Some(nearest) => format!("write  {nearest}"),
        None => {
            "endpoints are let in by IntrinsicVpceWhitelist, anything else by CustomStatements".to_owned()
        }
    })
    .remedy(key.nearest.map(|nearest| Remedy::rename(Applicability::Safe, span, nearest)))
}
