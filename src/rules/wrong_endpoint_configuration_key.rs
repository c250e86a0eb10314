//! `wrong-endpoint-configuration-key`: a key in `EndpointConfiguration` that is refused or dropped.
//!
//! SAM and CloudFormation spell the keys differently, which is where most of these come from.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::{Api, UnknownKey};
use crate::rules::Context;
use crate::rules::finding::{Aspect, Finding, Remedy, Subject, push_shared};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::{IdMerging, Surprise, SurpriseKind};

const ID: &str = "wrong-endpoint-configuration-key";

/// Reports wrong keys; one in `Globals` once for all that inherit it.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis() {
        let refused = api.unknown_endpoint_keys.iter().map(|key| refused_key(api, key));
        let surprises = api.surprises.iter().filter_map(|surprise| surprise_about(api, surprise));
        for finding in refused.chain(surprises) {
            push_shared(findings, first, finding);
        }
    }
}

/// A key that CloudFormation does not know, on a resource that SAM has no part in.
fn refused_key(api: &Api, key: &UnknownKey) -> Finding {
    let help = match key.nearest {
        Some("Types") => "write  Types: [PRIVATE]  (a list, with an s)".to_owned(),
        Some(nearest) => format!("write  {nearest}"),
        None => remove(&key.key, "CloudFormation knows Types, VpcEndpointIds and IpAddressType here"),
    };
    let aspect = if key.nearest == Some("Types") { Aspect::EndpointType } else { Aspect::Whole };
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("CloudFormation refuses `{}` in the EndpointConfiguration of `{}`", key.key, api.resource),
        Label::new(key.span, meant(key.nearest, "CloudFormation")),
    )
    .related(Some(Label::new(api.id_span, "this API")))
    .why("AWS::ApiGateway::RestApi takes no such key; the deployment fails.")
    .help(help)
    .remedy(key.nearest.map(|nearest| refused_key_remedy(key.span, nearest)))
    .aspect(aspect)
}

/// The right key; `Types` is a list.
fn refused_key_remedy(key: Span, nearest: &str) -> Remedy {
    let mut remedy = Remedy::rename(Applicability::Safe, key, nearest);
    if nearest == "Types" {
        remedy.changes.push((key.file, Change::Wrap { at: key }));
    }
    remedy
}

fn surprise_about(api: &Api, surprise: &Surprise) -> Option<Finding> {
    match &surprise.kind {
        SurpriseKind::UnknownEndpointKey { key, nearest } => {
            Some(dropped_key(api, surprise.span, key, *nearest))
        }
        SurpriseKind::BothEndpointIdSpellings { other, merging } => {
            Some(both_spellings(api, surprise.span, *other).remedy(merging.as_ref().map(one_spelling)))
        }
        _ => None,
    }
}

fn dropped_key(api: &Api, span: Span, key: &str, nearest: Option<&'static str>) -> Finding {
    let help = match nearest {
        Some(nearest) => format!("write  {nearest}"),
        None => remove(key, "beside Type, SAM reads VPCEndpointIds and IpAddressType here"),
    };
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Warning,
        format!("SAM drops `{key}` from the EndpointConfiguration of `{}`", api.resource),
        Label::new(span, meant(nearest, "SAM")),
    )
    .related(Some(Label::new(api.id_span, "this API")))
    .why("SAM passes on the keys it knows and says nothing about others: what stands here has no effect.")
    .help(help)
    .remedy(nearest.map(|nearest| Remedy::rename(Applicability::Safe, span, nearest)))
}

fn both_spellings(api: &Api, span: Span, other: Span) -> Finding {
    Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!("`{}` names its endpoints under two keys", api.resource),
        Label::new(span, "the second spelling"),
    )
    .related([Label::new(other, "the first spelling"), Label::new(api.id_span, "this API")])
    .why("SAM takes VPCEndpointIds or VpcEndpointIds, but refuses both together, also when one comes from Globals.")
    .help("keep one spelling, VPCEndpointIds, and put all endpoints there")
}

/// All endpoints under one key.
fn one_spelling(merging: &IdMerging) -> Remedy {
    match merging {
        IdMerging::Inherited { own, spelling } => {
            let title = format!("spell it `{spelling}` as Globals does, so that both lists count");
            let change = Change::Rename { key: *own, to: (*spelling).to_owned() };
            Remedy::one(Applicability::Unsafe, title, own.file, change)
        }
        IdMerging::Beside { kept, dropped, missing } => {
            let item = |span: &Span| (kept.file, Change::Append { list: *kept, item: Written::Copy(*span) });
            let mut changes: Vec<_> = missing.iter().map(item).collect();
            changes.push((dropped.file, Change::Remove { at: *dropped }));
            let title = "put all endpoints under `VPCEndpointIds`".to_owned();
            Remedy::all(Applicability::Unsafe, title, changes)
        }
    }
}

/// What to do with a key that is no misspelling of one that could be added.
fn remove(key: &str, known: &str) -> String {
    match key {
        "Name" => "remove it; the name of an API is the property Name of the API itself".to_owned(),
        _ => format!("remove it; {known}"),
    }
}

fn meant(nearest: Option<&'static str>, reader: &str) -> String {
    match nearest {
        Some(nearest) => format!("`{nearest}` is meant"),
        None => format!("{reader} does not know this key"),
    }
}
