//! `sam-allow-list-entry-ignored`: SAM drops, or refuses, an entry of a list of VPCs and endpoints.
//!
//! What stands in place of the whole list is `sam-allow-list-not-a-list`'s.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::model::Api;
use crate::rules::Context;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::source::Span;
use crate::template::lowered::{Refusal, RefusalKind, SurpriseKind};

const ID: &str = "sam-allow-list-entry-ignored";

/// Reports entries of `SourceVpcWhitelist` and `SourceVpcBlacklist` that have no effect; one in `Globals` once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis() {
        for surprise in &api.surprises {
            let SurpriseKind::AllowListEntryIgnored { field, parameter, empties } = &surprise.kind else {
                continue;
            };
            let ignored = Ignored { field, parameter: parameter.as_deref(), empties: *empties };
            push_shared(findings, first, ignored.finding(ctx, api, surprise.span));
        }
    }
    let about_entry = |kind| matches!(kind, RefusalKind::AllowListEntry | RefusalKind::AllowListObject);
    for refusal in ctx.refusals().filter(|refusal| about_entry(refusal.kind)) {
        push_shared(findings, first, refused(ctx, refusal));
    }
}

struct Ignored<'run> {
    field: &'run str,
    parameter: Option<&'run str>,
    empties: bool,
}

impl Ignored<'_> {
    fn finding(&self, ctx: &Context<'_>, api: &Api, span: Span) -> Finding {
        let severity = if self.empties { Severity::Error } else { Severity::Warning };
        let (label, confidence) = match self.parameter {
            None => ("begins with neither vpc- nor vpce-".to_owned(), Confidence::High),
            Some(_) => ("its value begins with neither vpc- nor vpce-".to_owned(), Confidence::Medium),
        };
        let note =
            self.parameter.map(|name| format!("assumes that the parameter `{name}` keeps its default"));
        let mut why =
            "SAM sorts the entries by their prefix and drops any other without a word; it sees references to secrets \
             and parameters of Systems Manager as plain text."
                .to_owned();
        if self.empties {
            why.push_str(" Nothing is left of this list, and no statement is made from it.");
        }
        Finding::new(
            ID,
            Subject::api(api),
            severity,
            format!("SAM ignores an entry of `{}`", self.field),
            Label::new(span, label),
        )
        .confidence(confidence)
        .related(Some(Label::new(api.id_span, "this API")))
        .why(why)
        .notes(note)
        .help(help(ctx, span, self.field))
        .remedy(self.parameter.is_none().then(|| mend(ctx, span, self.field)).flatten())
    }
}

/// An entry that makes SAM refuse the template.
fn refused(ctx: &Context<'_>, refusal: &Refusal) -> Finding {
    let field = refusal.reason.split('`').nth(1).unwrap_or("SourceVpcWhitelist");
    let subject = Subject { file: ctx.file, resource: refusal.resource.clone() };
    let api = ctx.apis().map(|(api, _)| api).find(|api| Some(&api.resource) == refusal.resource.as_ref());
    Finding::new(
        ID,
        subject,
        Severity::Error,
        format!("SAM refuses an entry of `{field}`"),
        Label::new(refusal.span, "SAM wants text, or a `Ref` to a parameter"),
    )
    .related(api.map(|api| Label::new(api.id_span, "this API")))
    .why("SAM sorts the entries by their prefix, so it must see their text; it refuses the template for any other function.")
    .help(match refusal.kind {
        RefusalKind::AllowListObject => {
            let suffix = suffix(field);
            format!("write text or a function; for an endpoint that a parameter names:  IntrinsicVpce{suffix}: [!Ref ...]")
        }
        _ => help(ctx, refusal.span, field),
    })
    .remedy(match refusal.kind {
        RefusalKind::AllowListEntry => Some(move_on(ctx, refusal.span, field)),
        _ => None,
    })
}

/// The end of the names of lists of this kind.
fn suffix(field: &str) -> &'static str {
    if field.ends_with("Blacklist") { "Blacklist" } else { "Whitelist" }
}

/// The id that is meant, without blanks and in lower case.
fn cleaned(written: &str) -> Option<String> {
    let cleaned = written.trim_matches(['"', '\'']).trim().to_ascii_lowercase();
    let is_id = cleaned.starts_with("vpc-") || cleaned.starts_with("vpce-");
    (cleaned != written && is_id).then_some(cleaned)
}

/// The id itself; a text that stands for one goes where any text may stand, and what means nothing stays.
fn mend(ctx: &Context<'_>, span: Span, field: &str) -> Option<Remedy> {
    let written = ctx.sources.slice(span);
    match cleaned(written) {
        Some(id) => Some(Remedy::write(Applicability::Safe, span, &id)),
        None => written.contains("{{resolve:").then(|| move_on(ctx, span, field)),
    }
}

/// The list whose entries may be anything, of the kind that the entry speaks of.
fn move_on(ctx: &Context<'_>, span: Span, field: &str) -> Remedy {
    let written = ctx.sources.slice(span).to_ascii_lowercase();
    let speaks = |words: &[&str]| words.iter().any(|word| written.contains(word));
    let (kind, applicability) = if speaks(&["vpce", "endpoint"]) {
        ("Vpce", Applicability::Safe)
    } else if speaks(&["vpc"]) {
        ("Vpc", Applicability::Safe)
    } else {
        ("Vpce", Applicability::Unsafe)
    };
    Remedy::transfer(applicability, span, format!("Intrinsic{kind}{}", suffix(field)))
}

/// The list whose entries may be anything.
fn help(ctx: &Context<'_>, span: Span, field: &str) -> String {
    let suffix = suffix(field);
    let written = ctx.sources.slice(span);
    if let Some(id) = cleaned(written) {
        return format!("write  {id}");
    }
    let item = if written.contains('\n') { "..." } else { written };
    format!(
        "move it to IntrinsicVpce{suffix}, or for a VPC to IntrinsicVpc{suffix}:  IntrinsicVpce{suffix}: [{item}]"
    )
}
