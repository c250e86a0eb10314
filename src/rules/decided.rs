//! Where a value is decided, and writing another one there.
//!
//! A place that decides more than the one value is left alone; whether the other value is right is for the rules.

use crate::diagnostic::Applicability;
use crate::exposure::model::Endpoint;
use crate::rules::finding::{OnlyUse, Remedy};
use crate::rules::occurrence::occurrence;
use crate::rules::{Context, places};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Sourced, Step, StepKind, Value};

/// Another text in place of a value: where it is written literally (a branch of `Fn::If` included), as the default of
/// a free parameter that nothing else uses, or as what a parent stack passes for such a parameter. `None` for every other
/// value: others may depend on it.
pub fn write(
    ctx: &Context<'_>,
    applicability: Applicability,
    title: impl Into<String>,
    value: &Sourced,
    text: &str,
) -> Option<Remedy> {
    let remedy = |at: Span| {
        let change = Change::Replace { at, with: written(ctx, at, text) };
        Remedy::one(applicability, title, at.file, change).alone()
    };
    if let Some(at) = places::literal(value) {
        return (value.value == Value::Absent || is_plain(ctx.sources.slice(at))).then(|| remedy(at));
    }
    let mut steps = value.via.iter().filter(|step| step.kind != StepKind::Branch);
    let Step { kind, span } = steps.next()?;
    let (parameter, given) = match kind {
        StepKind::Default(parameter) => (parameter, None),
        StepKind::Bound(parameter) => (parameter, Some(text.to_owned())),
        _ => return None,
    };
    let is_literal = value.value.as_text() == Some(bare(ctx.sources.slice(*span)));
    (is_literal && steps.next().is_none()).then_some(())?;
    let only = OnlyUse { file: value.span.file, parameter: parameter.clone(), given };
    Some(Remedy { only_use: Some(only), ..remedy(*span) })
}

/// Whether a text is a scalar and no function.
fn is_plain(text: &str) -> bool {
    !text.starts_with(['[', '{']) && !text.contains("${") && !text.contains(": ") && !text.contains('\n')
}

/// A word as it stands best at a place: quotes stay, and booleans get none.
fn written(ctx: &Context<'_>, at: Span, text: &str) -> Written {
    let quoted = ctx.sources.slice(at).starts_with(['"', '\'']);
    let boolean = matches!(text, "true" | "false");
    if boolean && !quoted { Written::Plain(text.to_owned()) } else { Written::text(text) }
}

/// A scalar without its quotes.
fn bare(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// Whether the resource is written out under its own logical id, and not made by a loop that makes others as well.
pub fn is_written(ctx: &Context<'_>, resource: &str, id_span: Span) -> bool {
    bare(ctx.sources.slice(id_span)) == resource
}

/// Whether the endpoint's text makes endpoints for execute-api and no others: what is written there may be changed
/// for it.
pub fn is_own(ctx: &Context<'_>, endpoint: &Endpoint) -> bool {
    let always = occurrence(&endpoint.facts.traits, |_| true).is_some_and(|found| found.when.is_empty());
    let mut foreign = ctx.model.foreign_endpoints.iter();
    let is_elsewhere_another =
        foreign.any(|other| other.file == endpoint.file && other.id_span == endpoint.id_span);
    always && !is_elsewhere_another && is_written(ctx, &endpoint.resource, endpoint.id_span)
}
