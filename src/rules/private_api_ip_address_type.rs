//! `private-api-ip-address-type`: a private API, or a private custom domain, that asks for IPv4 addresses only.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::configuration::{Address, DomainAddress};
use crate::exposure::model::{Api, Case, EndpointType};
use crate::exposure::network::Stated;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::Sourced;

const ID: &str = "private-api-ip-address-type";

/// Reports `ipv4` on what is private; a value in `Globals` once for all that inherit it.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        let found = occurrence(&api.cases, |case| of_api(case).is_some());
        let found = found.and_then(|occurrence| about_api(api, &occurrence));
        found.into_iter().for_each(|finding| push_shared(findings, first, finding));
    }
    for domain in ctx.model.domain_addresses.iter().filter(|domain| domain.file == ctx.file) {
        let found = occurrence(&domain.cases, |case| of_domain(&case.fact).is_some());
        let found = found.and_then(|occurrence| about_domain(domain, &occurrence));
        found.into_iter().for_each(|finding| push_shared(findings, first, finding));
    }
}

fn of_api(case: &Case) -> Option<&Sourced> {
    narrow(case.endpoint_type, case.configuration.ip_address_type.as_ref())
}

fn of_domain(address: &Address) -> Option<&Sourced> {
    narrow(address.endpoint_type, address.ip_address_type.as_ref())
}

/// The kind of addresses, where it is one that a private endpoint does not have.
fn narrow(endpoint_type: EndpointType, written: Option<&Sourced>) -> Option<&Sourced> {
    written
        .filter(|written| endpoint_type == EndpointType::Private && written.value.as_text() == Some("ipv4"))
}

fn about_api(api: &Api, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let written = of_api(occurrence.state)?;
    let type_value = occurrence.state.type_value.as_ref();
    let condition = words::under(&occurrence.when);
    let message = format!("the private API `{}` asks for IPv4 addresses only{condition}", api.resource);
    let finding = described(Subject::api(api), message, written, occurrence)
        .related(type_value.map(|value| Label::new(places::origin(value), "private")))
        .related([Label::new(api.id_span, "this API")]);
    Some(finish(finding, written).assumes(type_value))
}

fn about_domain(domain: &DomainAddress, occurrence: &Occurrence<'_, Stated<Address>>) -> Option<Finding> {
    let written = of_domain(&occurrence.state.fact)?;
    let name = words::value(&domain.name).unwrap_or_else(|| format!("of `{}`", domain.owner));
    let condition = words::under(&occurrence.when);
    let message = format!("the private domain {name} asks for IPv4 addresses only{condition}");
    let subject = Subject { file: domain.file, resource: Some(domain.owner.clone()) };
    let finding =
        described(subject, message, written, occurrence).related([Label::new(domain.id_span, "this domain")]);
    Some(finish(finding, written))
}

fn described<S>(
    subject: Subject,
    message: String,
    written: &Sourced,
    occurrence: &Occurrence<'_, S>,
) -> Finding {
    let label = Label::new(places::origin(written), "not for what is private");
    Finding::new(ID, subject, Severity::Error, message, label)
        .occurs(occurrence)
        .related(places::way_to(written))
}

fn finish(finding: Finding, written: &Sourced) -> Finding {
    // In other cases it is public, and its addresses may be meant.
    let always = finding.diagnostic.when.is_empty();
    let applicability = if always { Applicability::Safe } else { Applicability::Unsafe };
    finding
        .why(
            "private endpoints always answer on IPv4 and IPv6 (dualstack); API Gateway refuses anything else, and the \
             deployment fails.",
        )
        .assumes(Some(written))
        .help("write  IpAddressType: dualstack  or leave it out")
        .remedy(places::literal(written).map(|at| Remedy::write(applicability, at, "dualstack")))
}
