//! `unsupported-globals-key`: `Globals` has a section or key that SAM refuses.
//!
//! `EndpointConfiguration` of HTTP APIs is `endpoint-configuration-on-http-api`'s.

use crate::diagnostic::{Label, Severity};
use crate::rules::Context;
use crate::rules::finding::{Finding, Subject};
use crate::template::lowered::{Refusal, RefusalKind};

const ID: &str = "unsupported-globals-key";

/// Reports each section and key of `Globals` that SAM does not allow.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let refusals = ctx.refusals().filter(|refusal| refusal.kind == RefusalKind::GlobalsKey);
    findings.extend(refusals.map(|refusal| finding(ctx, refusal)));
}

fn finding(ctx: &Context<'_>, refusal: &Refusal) -> Finding {
    let key = ctx.sources.slice(refusal.span).trim_matches(['"', '\'']);
    let is_section = refusal.reason.starts_with("`Globals` has no section");
    let (phrase, help) = if is_section {
        ("no section of Globals", "remove it, or write what is in it on the resources themselves".to_owned())
    } else {
        ("not for Globals", format!("set {key} on each resource that needs it"))
    };
    let subject = Subject { file: ctx.file, resource: None };
    Finding::new(ID, subject, Severity::Error, refusal.reason.clone(), Label::new(refusal.span, phrase))
        .why(
            "SAM knows a fixed list of sections and keys in `Globals` and refuses the whole template for any other: \
             nothing in it is deployed, and nothing is inherited from it.",
        )
        .help(help)
}
