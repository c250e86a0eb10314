//! `sam-endpoint-configuration-shape`: SAM puts the whole of `EndpointConfiguration` where one word belongs.
//!
//! Only shapes; a wrong word or a wrong key is another rule's.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Api;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::{Context, choices};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::{Choice, EndpointShape, SurpriseKind};

const ID: &str = "sam-endpoint-configuration-shape";

/// Reports `EndpointConfiguration`s that SAM cannot take apart; a shared one (Globals) once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis() {
        for surprise in &api.surprises {
            let SurpriseKind::EndpointConfigurationShape(shape) = &surprise.kind else { continue };
            push_shared(findings, first, finding(ctx, api, surprise.span, shape));
        }
    }
}

fn finding(ctx: &Context<'_>, api: &Api, span: Span, shape: &EndpointShape) -> Finding {
    let (phrase, lands, help) = described(shape);
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("SAM cannot read the endpoint type of `{}`", api.resource),
        Label::new(span, phrase),
    )
    .related(value_place(shape).map(|place| Label::new(place, "the type is meant to be this")))
    .related(Some(Label::new(api.id_span, "this API")))
    .why(format!("SAM copies {lands} as a whole into `Types` of the REST API; the deployment fails."))
    .help(help)
    .remedy(remedy(ctx, span, shape))
}

/// The shape that SAM reads.
fn remedy(ctx: &Context<'_>, span: Span, shape: &EndpointShape) -> Option<Remedy> {
    match shape {
        EndpointShape::Types { value, single: true } => {
            let mut remedy = Remedy::rename(Applicability::Safe, span, "Type");
            remedy.changes.push((value.file, Change::Unwrap { at: *value }));
            Some(remedy)
        }
        EndpointShape::TypeNotText { value: list, single: true } => Some(unwrap(*list)),
        EndpointShape::List { single: true } => Some(unwrap(span)),
        // No other type takes endpoints.
        EndpointShape::IdsOnly => {
            let (key, value) = ("Type".to_owned(), Written::text("PRIVATE"));
            let change = Change::SetFirst { mapping: span, key, value };
            Some(Remedy::one(Applicability::Unsafe, "make it private", span.file, change))
        }
        EndpointShape::IntrinsicOfObjects { parts } if !parts.is_empty() => {
            let part = |(key, choice): &(&str, Choice)| ((*key).to_owned(), choices::written(ctx, choice));
            let change = Change::Replace { at: span, with: Written::Map(parts.iter().map(part).collect()) };
            let title = "use the function on the parts";
            Some(Remedy::one(Applicability::Unsafe, title, span.file, change))
        }
        EndpointShape::Types { .. }
        | EndpointShape::TypeNotText { .. }
        | EndpointShape::List { .. }
        | EndpointShape::NoType
        | EndpointShape::IntrinsicOfObjects { .. } => None,
    }
}

fn unwrap(list: Span) -> Remedy {
    let change = Change::Unwrap { at: list };
    Remedy::one(Applicability::Safe, "take it out of the list", list.file, change)
}

fn value_place(shape: &EndpointShape) -> Option<Span> {
    match shape {
        EndpointShape::Types { value, .. } => Some(*value),
        EndpointShape::TypeNotText { .. }
        | EndpointShape::IdsOnly
        | EndpointShape::NoType
        | EndpointShape::List { .. }
        | EndpointShape::IntrinsicOfObjects { .. } => None,
    }
}

/// The label, what is copied, and the remedy.
fn described(shape: &EndpointShape) -> (&'static str, &'static str, &'static str) {
    match shape {
        EndpointShape::Types { .. } => (
            "the CloudFormation spelling; SAM reads `Type`",
            "a map without `Type`",
            "write  Type: PRIVATE  instead of  Types: [PRIVATE]",
        ),
        EndpointShape::IdsOnly => (
            "no `Type` beside the endpoint ids",
            "a map without `Type`",
            "add  Type: PRIVATE  beside the ids (a string in Globals is not merged into a map)",
        ),
        EndpointShape::NoType => ("no `Type` in it", "a map without `Type`", "add  Type: PRIVATE  to it"),
        EndpointShape::List { .. } => {
            ("a list", "the list", "write  Type: PRIVATE  with  VPCEndpointIds  beside it")
        }
        EndpointShape::IntrinsicOfObjects { .. } => (
            "a function that yields a map",
            "a function it does not look into",
            "use the function on the parts:  Type: !If [...]  and  VPCEndpointIds: !If [..., [...], !Ref AWS::NoValue]",
        ),
        EndpointShape::TypeNotText { .. } => {
            ("SAM wants one word here", "this", "write  Type: PRIVATE  without a list")
        }
    }
}
