//! `not-a-vpc-endpoint-id`: something else stands where a VPC endpoint is to be named, or the other way round.
//!
//! An endpoint for another service is `wrong-endpoint-service`.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::conditions::{Tested, stated};
use crate::exposure::entries::{AccessSource, Entry, Place, Thing};
use crate::exposure::model::{Api, ApiOrigin, Case};
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Part, Sourced, StepKind, Value};

const ID: &str = "not-a-vpc-endpoint-id";

/// Reports entries of associations, policy conditions and access associations that are clearly something else.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        for (span, place) in wrong_places(api) {
            let is_here =
                |entry: &&Entry| entry.value.span == span && entry.place == place && is_wrong(entry);
            if let Some(occurrence) =
                occurrence(&api.cases, |case| case.entries.iter().any(|entry| is_here(&entry)))
                && let Some(entry) = occurrence.state.entries.iter().find(is_here)
            {
                push_shared(findings, first, in_api(ctx, api, &occurrence, entry));
            }
        }
    }
    for source in ctx.model.access_sources.iter().filter(|source| source.file == ctx.file) {
        if let Some(occurrence) = occurrence(&source.cases, |case| is_wrong(&case.fact)) {
            findings.push(in_domain(source, &occurrence, &occurrence.state.fact));
        }
    }
}

/// Where wrong entries of an API stand, in written order, each once.
fn wrong_places(api: &Api) -> Vec<(Span, Place)> {
    let entries = api.cases.iter().flat_map(|case| &case.entries).filter(|entry| is_wrong(entry));
    let mut found: Vec<(Span, Place)> = Vec::new();
    for entry in entries {
        let key = (entry.value.span, entry.place);
        if !found.contains(&key) {
            found.push(key);
        }
    }
    found
}

fn is_wrong(entry: &Entry) -> bool {
    match entry.place {
        Place::VpcCondition => entry.thing == Thing::Endpoint,
        Place::Association | Place::EndpointCondition | Place::AccessAssociation => {
            !matches!(entry.thing, Thing::Endpoint | Thing::Unknown)
        }
    }
}

fn in_api(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>, entry: &Entry) -> Finding {
    let (name, condition) = (&api.resource, words::under(&occurrence.when));
    let shown = words::value(&entry.value.value).unwrap_or_else(|| "a text".to_owned());
    let what = phrase(&entry.thing);
    let message = match entry.place {
        Place::VpcCondition => {
            format!("the policy of `{name}` compares `aws:SourceVpc` with {shown}, {what}{condition}")
        }
        Place::EndpointCondition => {
            format!("the policy of `{name}` compares `aws:SourceVpce` with {shown}, {what}{condition}")
        }
        Place::Association | Place::AccessAssociation => {
            format!("`{name}` is associated with {shown}, {what}{condition}")
        }
    };
    finished(Subject::api(api), message, entry).occurs(occurrence).assumes(Some(&entry.value)).remedy(remedy(
        ctx,
        api,
        occurrence.state,
        entry,
    ))
}

fn in_domain<S>(source: &AccessSource, occurrence: &Occurrence<'_, S>, entry: &Entry) -> Finding {
    let shown = words::value(&entry.value.value).unwrap_or_else(|| "a text".to_owned());
    let (what, condition) = (phrase(&entry.thing), words::under(&occurrence.when));
    let message = format!("`{}` gives access to {shown}, {what}{condition}", source.resource);
    let subject = Subject { file: source.file, resource: Some(source.resource.clone()) };
    finished(subject, message, entry).occurs(occurrence).assumes(Some(&entry.value))
}

fn finished(subject: Subject, message: String, entry: &Entry) -> Finding {
    let (value, place) = (&entry.value, text(&entry.value));
    let wanted = if entry.place == Place::VpcCondition {
        "a VPC's id belongs here"
    } else {
        "a VPC endpoint's id belongs here"
    };
    let used = (value.span != place).then(|| Label::new(value.span, "used here"));
    Finding::new(ID, subject, Severity::Error, message, Label::new(place, wanted))
        .related(used)
        .related(places::steps(value))
        .why(why(entry))
        .help(help(entry))
}

/// The text to change: the entry itself where its value comes from another stack, else where the value stands.
fn text(value: &Sourced) -> Span {
    let is_elsewhere = |kind: &StepKind| {
        matches!(kind, StepKind::Export(_) | StepKind::ExportByPattern(_) | StepKind::Output(_))
    };
    if value.via.iter().any(|step| is_elsewhere(&step.kind)) { value.span } else { places::origin(value) }
}

fn phrase(thing: &Thing) -> String {
    match thing {
        Thing::Endpoint => "a VPC endpoint".to_owned(),
        Thing::Vpc => "a VPC".to_owned(),
        Thing::Subnet => "a subnet".to_owned(),
        Thing::SecurityGroup => "a security group".to_owned(),
        Thing::Arn => "an ARN".to_owned(),
        Thing::Several => "several ids in one text".to_owned(),
        Thing::Other(what) => (*what).to_owned(),
        Thing::Resource(type_name) => format!("an `{type_name}`"),
        Thing::Unknown => "something else".to_owned(),
    }
}

fn why(entry: &Entry) -> &'static str {
    match entry.place {
        Place::Association => {
            "API Gateway takes the ids of VPC endpoints here, one in each entry, and refuses anything else: the \
             deployment fails."
        }
        Place::AccessAssociation => {
            "access to a private domain is given to a VPC endpoint by its id; anything else is refused, and the \
             deployment fails."
        }
        Place::EndpointCondition => {
            "this key holds the id of the endpoint that a call comes through, `vpce-…`, so it never equals this value: \
             an Allow lets nobody in by it, and a Deny that spares it spares nobody."
        }
        Place::VpcCondition => {
            "this key holds the id of the VPC that a call comes from, `vpc-…`, so it never equals this value: an Allow \
             lets nobody in by it, and a Deny that spares it spares nobody."
        }
    }
}

fn help(entry: &Entry) -> &'static str {
    match (entry.place, &entry.thing) {
        (Place::VpcCondition, _) => {
            "compare it with `aws:SourceVpce`  (SAM: put it in `IntrinsicVpceWhitelist`)"
        }
        (Place::EndpointCondition, Thing::Vpc) => {
            "compare it with `aws:SourceVpc`  (SAM: put it in `IntrinsicVpcWhitelist`), or name the endpoint"
        }
        (Place::Association, Thing::Several) => "split the text:  !Split [',', ...]  in place of the list",
        _ => "name the VPC endpoint:  !Ref <AWS::EC2::VPCEndpoint>  or its id  vpce-...",
    }
}

fn remedy(ctx: &Context<'_>, api: &Api, case: &Case, entry: &Entry) -> Option<Remedy> {
    match entry.place {
        Place::Association if entry.thing == Thing::Several => {
            split(api, case, &entry.value).or_else(|| one_by_one(case, &entry.value))
        }
        Place::EndpointCondition if entry.thing == Thing::Vpc => other_key(ctx, case, entry, "aws:SourceVpc"),
        Place::VpcCondition => other_key(ctx, case, entry, "aws:SourceVpce"),
        Place::Association | Place::EndpointCondition | Place::AccessAssociation => None,
    }
}

/// The text of another stack taken apart, in place of the list that has it as its only entry.
fn split(api: &Api, case: &Case, value: &Sourced) -> Option<Remedy> {
    let from_elsewhere = |kind: &StepKind| {
        matches!(kind, StepKind::Export(_) | StepKind::ExportByPattern(_) | StepKind::Output(_))
    };
    let is_joined = value.via.iter().any(|step| from_elsewhere(&step.kind));
    let list = case.association.as_ref().filter(|_| api.origin == ApiOrigin::Written && is_joined)?;
    let at = places::literal(list).filter(|_| list.value.items().len() == 1)?;
    let arguments = vec![Written::text(separator(&value.value)?), Written::Copy(value.span)];
    let with = Written::Call("Fn::Split".to_owned(), Box::new(Written::List(arguments)));
    Some(Remedy::one(Applicability::Safe, "split the text", at.file, Change::Replace { at, with }))
}

/// The ids of a text that is written out, each as an entry of the list.
fn one_by_one(case: &Case, value: &Sourced) -> Option<Remedy> {
    let (at, list) = (places::literal(value)?, places::literal(case.association.as_ref()?)?);
    let ids: Vec<&str> = value.value.as_text()?.split(',').map(str::trim).collect();
    let (first, others) = ids.split_first().filter(|_| ids.iter().all(|id| id.starts_with("vpce-")))?;
    let append = |id: &&str| (list.file, Change::Append { list, item: Written::text(*id) });
    let first = (at.file, Change::Replace { at, with: Written::text(*first) });
    let changes = std::iter::once(first).chain(others.iter().map(append)).collect();
    Some(Remedy::all(Applicability::Safe, "write the ids one by one", changes))
}

/// What stands between the ids of a text, if it is the same everywhere.
fn separator(value: &Value) -> Option<&'static str> {
    let known: Vec<&str> = match value {
        Value::String(text) => vec![text],
        Value::Text(parts) => parts
            .iter()
            .filter_map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Named(_) => None,
            })
            .collect(),
        _ => return None,
    };
    let count = |pattern: &str| known.iter().map(|text| text.matches(pattern).count()).sum::<usize>();
    let separator = if count(", ") > 0 { ", " } else { "," };
    (count(separator) > 0 && count(separator) == count(",") && count(" ") == count(", ")).then_some(separator)
}

/// The key that is about such things, in place of the one whose values are all of the wrong kind; of SAM's lists the
/// other one for this value.
fn other_key(ctx: &Context<'_>, case: &Case, entry: &Entry, key: &str) -> Option<Remedy> {
    let statements = stated(case);
    let tests: Vec<&Tested<'_>> = statements.iter().flat_map(|statement| &statement.tests).collect();
    let holds = |test: &&&Tested<'_>| test.values().iter().any(|value| value.span == entry.value.span);
    let test = tests.iter().find(holds)?;
    let at = test.key_span();
    let written = ctx.sources.slice(at).trim_matches(['"', '\'']);
    if written.ends_with("Whitelist") || written.ends_with("Blacklist") {
        let kind = if entry.place == Place::VpcCondition { "Vpce" } else { "Vpc" };
        let suffix = if written.ends_with("Whitelist") { "Whitelist" } else { "Blacklist" };
        return Some(Remedy::transfer(
            Applicability::Unsafe,
            entry.value.span,
            format!("Intrinsic{kind}{suffix}"),
        ));
    }
    let is_wrong = |value: &Sourced| {
        let mut known = case.entries.iter().filter(|known| known.value == *value);
        known.any(|known| known.place == entry.place && known.thing == entry.thing)
    };
    // The operator may test the other key as well: then there is no room for it.
    let operator = test.written.operator.key_span;
    let is_free =
        !tests.iter().any(|known| known.written.operator.key_span == operator && known.written.is_on(key));
    let fits = is_free && written == test.written.key.key && test.values().iter().all(is_wrong);
    fits.then(|| Remedy::rename(Applicability::Unsafe, at, key))
}
