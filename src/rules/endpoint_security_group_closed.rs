//! `endpoint-security-group-closed`: nobody gets through the endpoint's security groups on port 443.
//!
//! Who gets through, and from where, is not asked.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Group, Groups, Ingress, Room, Stated};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::syntax::edit::{Change, Written};

const ID: &str = "endpoint-security-group-closed";

/// Reports interface endpoints whose groups let nobody in on TCP port 443, or that are in the default group.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        let groups = &endpoint.facts.groups;
        if let Some(occurrence) = occurrence(groups, |case| closed(&case.fact).is_some()) {
            findings.extend(let_nobody_in(ctx, endpoint, &occurrence));
        } else if let Some(occurrence) = occurrence(groups, |case| is_default(&case.fact)) {
            findings.push(default_group(endpoint, &occurrence));
        }
    }
}

/// The groups, if all of them are known and none lets HTTPS in.
fn closed(groups: &Groups) -> Option<Vec<&Group>> {
    let known: Option<Vec<&Group>> = groups.groups.iter().map(Option::as_ref).collect();
    let known = known.filter(|known| !known.is_empty() && groups.interface == Some(true))?;
    let is_closed =
        |group: &&Group| !group.incomplete && group.ingress.iter().all(|rule| rule.https == Some(false));
    known.iter().all(is_closed).then_some(known)
}

fn is_default(groups: &Groups) -> bool {
    groups.interface == Some(true) && groups.groups.is_empty()
}

fn let_nobody_in(
    ctx: &Context<'_>,
    endpoint: &Endpoint,
    occurrence: &Occurrence<'_, Stated<Groups>>,
) -> Option<Finding> {
    let groups = closed(&occurrence.state.fact)?;
    let (first, others) = groups.split_first()?;
    let rules: Vec<&Ingress> = groups.iter().flat_map(|group| &group.ingress).collect();
    let (label, mut related) = match rules.as_slice() {
        [only] => {
            let id = Label::new(first.id_span, format!("the security group of `{}`", endpoint.resource));
            (Label::new(places::origin(&only.ports), "not TCP port 443, and the only rule"), vec![id])
        }
        [] => (Label::new(first.id_span, "lets nobody in: it has no ingress rule"), Vec::new()),
        _ => (Label::new(first.id_span, "none of its rules lets TCP port 443 in"), Vec::new()),
    };
    related.extend(others.iter().map(|group| Label::new(group.id_span, "nor does this group")));
    related.push(Label::new(endpoint.id_span, "this endpoint is behind it"));
    let condition = words::under(&occurrence.when);
    related.extend(rules.first().into_iter().flat_map(|rule| places::way_to(&rule.ports)));
    let message =
        format!("no security group of `{}` lets callers in on port 443{condition}", endpoint.resource);
    let finding = Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, label)
        .occurs(occurrence)
        .related(related)
        .why("the endpoint answers on TCP port 443 only: every call to a private API through it times out.")
        .assumes(rules.first().map(|rule| &rule.ports))
        .help("SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: <CIDR of the VPC>}]")
        .remedy(remedy(ctx, &groups, occurrence.when.is_empty()));
    Some(finding)
}

/// Lets HTTPS in: TCP where another protocol has the port, else from all addresses of the VPC. In some cases only
/// (`always` says otherwise) others have their rules already.
fn remedy(ctx: &Context<'_>, groups: &[&Group], always: bool) -> Option<Remedy> {
    let mut rules = groups.iter().flat_map(|group| &group.ingress);
    let is_written = |group: &&Group| decided::is_written(ctx, &group.resource, group.id_span);
    if let (Some(only), None) = (rules.next(), rules.next())
        && let Some(protocol) = &only.wrong_protocol
        && groups.iter().all(is_written)
    {
        return decided::write(ctx, Applicability::Unsafe, "let TCP in", protocol, "tcp");
    }
    groups.iter().copied().filter(is_written).filter(|_| always).find_map(from_vpc)
}

/// A rule for the addresses of the VPC, where the group's own template makes both.
fn from_vpc(group: &Group) -> Option<Remedy> {
    let vpc = group.vpc.as_deref()?;
    let text = |key: &str, text: &str| (key.to_owned(), Written::text(text));
    let port = |key: &str| (key.to_owned(), Written::Plain("443".to_owned()));
    let source = ("CidrIp".to_owned(), Written::attribute(vpc, "CidrBlock"));
    let rule = Written::Map(vec![text("IpProtocol", "tcp"), port("FromPort"), port("ToPort"), source]);
    let change = match group.room {
        Room::List(list) => Change::Append { list, item: rule },
        Room::Missing => Change::SetIn {
            mapping: group.id_span,
            path: vec!["Properties".to_owned(), "SecurityGroupIngress".to_owned()],
            value: Written::List(vec![rule]),
            after: Some("VpcId".to_owned()),
        },
        Room::Other => return None,
    };
    let title = format!("let TCP port 443 into `{}` from the addresses of `{vpc}`", group.resource);
    Some(Remedy::one(Applicability::Unsafe, title, group.file, change).alone())
}

fn default_group(endpoint: &Endpoint, occurrence: &Occurrence<'_, Stated<Groups>>) -> Finding {
    let written = occurrence.state.fact.written.as_ref().map(|written| &written.value);
    let condition = words::under(&occurrence.when);
    let message = format!("`{}` is in the default security group of its VPC{condition}", endpoint.resource);
    let place = written.map_or(endpoint.id_span, places::origin);
    let said = if written.is_some() { "no security group" } else { "has no `SecurityGroupIds`" };
    Finding::new(ID, Subject::endpoint(endpoint), Severity::Warning, message, Label::new(place, said))
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(written.into_iter().flat_map(places::way_to))
        .why(
            "without `SecurityGroupIds` an endpoint is in its VPC's default group, which lets in only what is in the \
             same group: calls to private APIs from anywhere else time out.",
        )
        .notes(["assumes that nobody added rules to the default group, and that callers are outside it".to_owned()])
        .help("SecurityGroupIds: [<a group that lets TCP port 443 in from the callers>]")
}
