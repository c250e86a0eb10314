//! `duplicate-vpc-endpoint-id`: an association names the same endpoint twice.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::{Api, Case};
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::{Same, Sourced, Value};

const ID: &str = "duplicate-vpc-endpoint-id";

/// Reports associations in which an endpoint stands twice, whatever it is called.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        if let Some(occurrence) = occurrence(&api.cases, |case| twice(case).is_some())
            && let Some((one, other)) = twice(occurrence.state)
        {
            push_shared(findings, first, finding(api, &occurrence, one, other));
        }
    }
}

/// The first two entries of the association that are certainly the same endpoint.
fn twice(case: &Case) -> Option<(&Sourced, &Sourced)> {
    let entries = case.association.as_ref()?.value.items();
    let is_known =
        |entry: &Sourced| matches!(entry.value, Value::String(_) | Value::Named(_) | Value::Text(_));
    entries.iter().enumerate().filter(|(_, entry)| is_known(entry)).find_map(|(at, other)| {
        let before = entries.iter().take(at).find(|one| one.value.same(&other.value) == Same::Yes)?;
        Some((before, other))
    })
}

fn finding(api: &Api, occurrence: &Occurrence<'_>, one: &Sourced, other: &Sourced) -> Finding {
    let shown = words::value(&other.value).map_or_else(String::new, |value| format!(" {value}"));
    let condition = words::under(&occurrence.when);
    let message = format!("`{}` is associated with the endpoint{shown} twice{condition}", api.resource);
    // Both items of a list parameter's text stand where the list is used.
    let list = occurrence.state.association.as_ref().filter(|_| one.span == other.span);
    let place = list.map_or(other.span, places::origin);
    let label = Label::new(place, "the same endpoint again");
    // Two names that may have different values elsewhere are both wanted.
    let is_plain = list.is_none() && occurrence.when.is_empty() && one.via.is_empty() && other.via.is_empty();
    Finding::new(ID, Subject::api(api), Severity::Info, message, label)
        .occurs(occurrence)
        .related([Label::new(one.span, "named here")])
        .related(places::steps(one))
        .related(places::steps(other))
        .why("an endpoint is associated once; the second entry changes nobody's access, and one of the two was perhaps meant to be another endpoint.")
        .assumes(list)
    .assumes(Some(one))
        .assumes(Some(other))
        .help("remove the second entry, or name the endpoint that was meant")
        .remedy(is_plain.then(|| Remedy::remove(Applicability::Safe, other.span, "remove the second entry")))
}
