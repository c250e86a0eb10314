//! `unsupported-dns-option`: `DnsOptions` that endpoints for execute-api do not have.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Property, Stated, Traits};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::Value;

const ID: &str = "unsupported-dns-option";

/// For services that have gateway and interface endpoints: S3 and DynamoDB.
const INBOUND_ONLY: &str = "PrivateDnsOnlyForInboundResolverEndpoint";

/// For endpoints of the types `Resource` and `ServiceNetwork`.
const LATTICE: [&str; 2] = ["PrivateDnsPreference", "PrivateDnsSpecifiedDomains"];

/// Reports options that EC2 refuses on an endpoint for execute-api, each by itself.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        for name in [INBOUND_ONLY, LATTICE[0], LATTICE[1]] {
            let traits = &endpoint.facts.traits;
            if let Some(occurrence) = occurrence(traits, |case| option(&case.fact, name).is_some()) {
                findings.extend(finding(endpoint, &occurrence, name));
            }
        }
    }
}

/// The option of this name, if it asks for something that execute-api does not have.
fn option<'t>(traits: &'t Traits, name: &str) -> Option<&'t Property> {
    let (_, option) = traits.dns_options.iter().find(|(key, _)| key == name)?;
    let asks = match &option.value.value {
        Value::String(word) if name == INBOUND_ONLY => word != "NotSpecified",
        Value::String(_) | Value::List(_) => name != INBOUND_ONLY,
        _ => false,
    };
    asks.then_some(option)
}

fn finding(endpoint: &Endpoint, occurrence: &Occurrence<'_, Stated<Traits>>, name: &str) -> Option<Finding> {
    let option = option(&occurrence.state.fact, name)?;
    let condition = words::under(&occurrence.when);
    let message =
        format!("`{}` sets `{name}`, which execute-api endpoints do not have{condition}", endpoint.resource);
    let why = if name == INBOUND_ONLY {
        "this option is for services that have a gateway endpoint beside the interface endpoint, which execute-api \
         has not: the deployment of the endpoint fails."
    } else {
        "this option is for endpoints of VPC Lattice resources and service networks: the deployment of the endpoint \
         fails."
    };
    let label = Label::new(option.key, "not for execute-api");
    let finding = Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, label)
        .occurs(occurrence)
        .related(places::way_to(&option.value))
        .why(why)
        .assumes(Some(&option.value))
        .help(format!("remove `{name}`"))
        .remedy(Some(Remedy::remove(Applicability::Safe, option.key, format!("remove `{name}`"))));
    Some(finding)
}
