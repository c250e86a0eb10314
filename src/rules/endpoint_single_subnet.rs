//! `endpoint-single-subnet`: an execute-api endpoint that stands or falls with one availability zone.

use crate::diagnostic::{Label, Persona, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Property, Stated, Subnet, Subnets};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::Same;

const ID: &str = "endpoint-single-subnet";

/// Reports interface endpoints with one subnet, or with subnets in one zone only.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        if let Some(occurrence) = occurrence(&endpoint.facts.subnets, |case| alone(&case.fact).is_some()) {
            findings.extend(finding(endpoint, &occurrence));
        }
    }
}

/// The list and its subnets, if all of them certainly lie in one zone.
fn alone(subnets: &Subnets) -> Option<(&Property, &[Subnet])> {
    let (written, known) = (subnets.written.as_ref()?, subnets.subnets.as_deref()?);
    let (first, rest) = known.split_first()?;
    let beside = |other: &Subnet| match (&first.zone, &other.zone) {
        (Some(one), Some(other)) => one.value.same(&other.value) == Same::Yes,
        _ => false,
    };
    (subnets.interface == Some(true) && rest.iter().all(beside)).then_some((written, known))
}

fn finding(endpoint: &Endpoint, occurrence: &Occurrence<'_, Stated<Subnets>>) -> Option<Finding> {
    let (written, subnets) = alone(&occurrence.state.fact)?;
    let (said, text) = match subnets {
        [_] => ("has one subnet", "one subnet, so one availability zone"),
        _ => ("has all its subnets in one availability zone", "all in one availability zone"),
    };
    let condition = words::under(&occurrence.when);
    let message = format!("`{}` {said}{condition}", endpoint.resource);
    let zones: Vec<_> =
        subnets.iter().filter(|_| subnets.len() > 1).filter_map(|subnet| subnet.zone.as_ref()).collect();
    let mut finding =
        Finding::new(ID, Subject::endpoint(endpoint), Severity::Info, message, Label::new(written.key, text))
            .occurs(occurrence)
            .related(zones.iter().map(|zone| Label::new(places::origin(zone), "in this zone")))
            .why(
                "when that zone fails, nobody can call a private API through this endpoint; EC2 advises subnets in at \
                 least two zones.",
            )
            .assumes(Some(&written.value))
            .help("add a subnet in another availability zone");
    finding.diagnostic.persona = Persona::Pedantic;
    Some(finding)
}
