//! `endpoint-open-to-world`: the endpoint's security group lets every address in.
//!
//! Which APIs answer those callers is up to their policies.

use crate::diagnostic::{Label, Persona, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Groups, Stated};
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::Sourced;

const ID: &str = "endpoint-open-to-world";

/// All addresses, by version.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Reports security groups of execute-api endpoints that let any address in on port 443; once for a group.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for endpoint in ctx.endpoints() {
        let groups = &endpoint.facts.groups;
        if let Some(occurrence) = occurrence(groups, |case| !open(&case.fact).is_empty())
            && let Some(finding) = finding(endpoint, &occurrence)
        {
            push_shared(findings, first, finding);
        }
    }
}

/// The sources that are everywhere, in the order of the groups and their rules.
fn open(groups: &Groups) -> Vec<&Sourced> {
    let known = groups.groups.iter().flatten().filter(|_| groups.interface == Some(true));
    let rules = known.flat_map(|group| &group.ingress).filter(|rule| rule.https == Some(true));
    let everywhere =
        |source: &&Sourced| source.value.as_text().is_some_and(|text| EVERYWHERE.contains(&text.trim()));
    rules.filter_map(|rule| rule.source.as_ref()).filter(everywhere).collect()
}

fn finding(endpoint: &Endpoint, occurrence: &Occurrence<'_, Stated<Groups>>) -> Option<Finding> {
    let sources = open(&occurrence.state.fact);
    let (first, others) = sources.split_first()?;
    let condition = words::under(&occurrence.when);
    let message = format!("the security group of `{}` lets every address in{condition}", endpoint.resource);
    let label = Label::new(places::origin(first), "every address");
    let mut finding = Finding::new(ID, Subject::endpoint(endpoint), Severity::Info, message, label)
        .occurs(occurrence)
        .related(places::way_to(first))
        .related(others.iter().map(|source| Label::new(places::origin(source), "every address, too")))
        .related([Label::new(endpoint.id_span, "this endpoint is behind it")])
        .why(
            "whatever has a route into the VPC (peering, transit gateway, VPN) can call through the endpoint, so only \
             the APIs' own policies keep callers apart; the internet has no such route.",
        )
        .assumes(Some(first))
        .help("CidrIp: <CIDR of the VPC>,  or  SourceSecurityGroupId: <group of the callers>");
    finding.diagnostic.persona = Persona::Pedantic;
    Some(finding)
}
