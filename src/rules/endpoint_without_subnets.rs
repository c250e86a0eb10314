//! `endpoint-without-subnets`: an interface endpoint for execute-api that has no network interface.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Stated, Subnets};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};

const ID: &str = "endpoint-without-subnets";

/// Reports interface endpoints whose `SubnetIds` are absent or come to nothing.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        if let Some(occurrence) = occurrence(&endpoint.facts.subnets, |case| is_nowhere(&case.fact)) {
            findings.push(finding(endpoint, &occurrence));
        }
    }
}

fn is_nowhere(subnets: &Subnets) -> bool {
    subnets.interface == Some(true) && subnets.subnets.as_ref().is_some_and(Vec::is_empty)
}

fn finding(endpoint: &Endpoint, occurrence: &Occurrence<'_, Stated<Subnets>>) -> Finding {
    let written = occurrence.state.fact.written.as_ref().map(|written| &written.value);
    let label = match written {
        Some(list) => Label::new(places::origin(list), "no subnet"),
        None => Label::new(endpoint.id_span, "has no `SubnetIds`"),
    };
    let condition = words::under(&occurrence.when);
    let message = format!("interface endpoint `{}` is in no subnet{condition}", endpoint.resource);
    Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, label)
        .occurs(occurrence)
        .related(written.into_iter().flat_map(places::way_to))
        .why(
            "an interface endpoint has one network interface in each of its subnets; without a subnet there is nothing \
             that a call could reach, and no private API can be called through it.",
        )
        .assumes(written)
        .help("SubnetIds: [<subnet in one zone>, <subnet in another zone>]")
}
