//! `duplicate-private-dns`: two execute-api endpoints with private DNS in one VPC.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Conflict, Meeting};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::occurrence;
use crate::rules::{Context, decided, places, words};

const ID: &str = "duplicate-private-dns";

/// Reports the later of two endpoints that ask for the same private DNS names in one VPC.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for &index in ctx.endpoints {
        for conflict in ctx.model.conflicts.iter().filter(|conflict| conflict.second == index) {
            let endpoint = |index: usize| ctx.model.endpoints.get(index);
            if let (Some(first), Some(second)) = (endpoint(conflict.first), endpoint(conflict.second)) {
                findings.extend(finding(ctx, first, second, conflict));
            }
        }
    }
}

fn finding(ctx: &Context<'_>, first: &Endpoint, second: &Endpoint, conflict: &Conflict) -> Option<Finding> {
    let occurrence = occurrence(&conflict.cases, |case| case.fact.conflict)?;
    let meeting = &occurrence.state.fact;
    let written = meeting.second.as_ref()?;
    let condition = words::under(&occurrence.when);
    let elsewhere = if first.file == second.file {
        String::new()
    } else {
        format!(" of {}", words::place(ctx.sources, first.id_span))
    };
    let message = format!(
        "`{}` and `{}`{elsewhere} both turn on private DNS in one VPC{condition}",
        second.resource, first.resource
    );
    let label = Label::new(places::origin(written), "the second one in this VPC: it cannot be created");
    let other = meeting.first.as_ref().map_or(first.id_span, places::origin);
    let finding = Finding::new(ID, Subject::endpoint(second), Severity::Error, message, label)
        .occurs(&occurrence)
        .related(places::way_to(written))
        .related([Label::new(other, "already on here")])
        .related(meeting.vpc.as_ref().map(|vpc| Label::new(vpc.span, "the same VPC")))
        .related(meeting.vpc.iter().flat_map(places::steps))
        .why(
            "a VPC has one private zone for *.execute-api of its region: EC2 refuses the second with \"conflicting DNS \
             domain\", and the deployment fails. One endpoint serves all private APIs of the region.",
        )
        .assumes(meeting.first.as_ref())
        .assumes(Some(written))
        .help("turn off private DNS of one and call  {api-id}-{vpce-id}.execute-api.{region}.amazonaws.com")
        .help("or keep one of the two endpoints")
        .remedy(remedy(ctx, second, meeting));
    Some(finding)
}

/// Turns the second one off, where the first one is not turned on by the same text.
fn remedy(ctx: &Context<'_>, second: &Endpoint, meeting: &Meeting) -> Option<Remedy> {
    let written = meeting.second.as_ref()?;
    let is_apart = places::origin(meeting.first.as_ref()?) != places::origin(written);
    let title = format!("turn off private DNS of `{}`", second.resource);
    (is_apart && decided::is_own(ctx, second))
        .then(|| decided::write(ctx, Applicability::Unsafe, title, written, "false"))?
}
