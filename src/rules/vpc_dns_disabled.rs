//! `vpc-dns-disabled`: private DNS in a VPC whose own DNS settings do not allow it.
//!
//! What private DNS does to other APIs is `private-dns-blocks-public-apis`.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Stated, Switch, Vpc, VpcDns};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::syntax::edit::{Change, Written};

const ID: &str = "vpc-dns-disabled";

/// Reports endpoints with private DNS in a VPC of the run that has DNS names or DNS itself switched off.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        if let Some(occurrence) = occurrence(&endpoint.facts.dns, |case| missing(&case.fact).is_some()) {
            findings.extend(finding(ctx, endpoint, &occurrence));
        }
    }
}

/// The VPC, the setting that is off, and its name.
fn missing(dns: &VpcDns) -> Option<(&Vpc, &Switch, &'static str)> {
    let vpc = dns.vpc.as_ref().filter(|_| dns.private_dns == Some(true))?;
    let settings = [(&vpc.support, "EnableDnsSupport"), (&vpc.hostnames, "EnableDnsHostnames")];
    let (setting, name) = settings.into_iter().find(|(setting, _)| setting.on == Some(false))?;
    Some((vpc, setting, name))
}

fn finding(
    ctx: &Context<'_>,
    endpoint: &Endpoint,
    occurrence: &Occurrence<'_, Stated<VpcDns>>,
) -> Option<Finding> {
    let dns = &occurrence.state.fact;
    let (vpc, setting, name) = missing(dns)?;
    let label = match &setting.value {
        Some(value) => Label::new(places::origin(value), "off"),
        None => Label::new(vpc.id_span, format!("has no `{name}`, which is off by default")),
    };
    let condition = words::under(&occurrence.when);
    let message = format!(
        "`{}` turns on private DNS in `{}`, whose `{name}` is off{condition}",
        endpoint.resource, vpc.resource
    );
    let private_dns = dns.written.as_ref();
    let finding = Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, label)
        .occurs(occurrence)
        .related(setting.value.iter().flat_map(places::way_to))
        .related(private_dns.map(|value| Label::new(places::origin(value), "needs both DNS settings of the VPC")))
        .why(
            "private DNS takes a VPC with `EnableDnsSupport` and `EnableDnsHostnames` on; CloudFormation leaves the \
             second off in every VPC it makes: the deployment of the endpoint fails.",
        )
        .assumes(private_dns)
        .assumes(setting.value.as_ref())
        .help(format!("on the VPC:  {name}: true"))
        .help("or turn off private DNS and call  {api-id}-{vpce-id}.execute-api.{region}.amazonaws.com")
        .remedy(remedy(ctx, vpc, setting, name));
    Some(finding)
}

/// Turns the setting on where it is decided, or in the VPC where nothing is written.
fn remedy(ctx: &Context<'_>, vpc: &Vpc, setting: &Switch, name: &str) -> Option<Remedy> {
    let title = format!("turn on `{name}` of `{}`", vpc.resource);
    decided::is_written(ctx, &vpc.resource, vpc.id_span).then_some(())?;
    if let Some(value) = &setting.value {
        return decided::write(ctx, Applicability::Unsafe, title, value, "true");
    }
    let change = Change::SetIn {
        mapping: vpc.id_span,
        path: vec!["Properties".to_owned(), name.to_owned()],
        value: Written::Plain("true".to_owned()),
        after: Some("CidrBlock".to_owned()),
    };
    Some(Remedy::one(Applicability::Unsafe, title, vpc.file, change).alone())
}
