//! `source-ip-on-private-api`: the policy of a private API tests `aws:SourceIp`, which is not its callers' address.
//!
//! Addresses in the policy of a public API are `private-range-on-public-api`.

use crate::diagnostic::{Label, Severity};
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, Case, EndpointType};
use crate::order::Order;
use crate::policy::document::Effect;
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::addresses;
use crate::rules::{Context, places, words};

const ID: &str = "source-ip-on-private-api";

/// Reports private APIs whose policy asks for the address that the VPC endpoint rewrites.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        let Some(occurrence) = occurrence(&api.cases, |case| !asked(case).is_empty()) else { continue };
        if let Some(finding) = finding(ctx, api, &occurrence) {
            push_shared(findings, first, finding);
        }
    }
}

/// A test on the address.
struct Asked<'case> {
    test: Tested<'case>,
    /// Whether it is meant to let these addresses in; else to keep them out.
    admits: bool,
    /// Whether calls that it does not mean are kept out by it alone.
    alone: bool,
    /// Whether SAM writes it, from a list of the user's.
    is_made: bool,
}

/// The tests in a case, those that are meant to let somebody in first; none where the API is not private.
fn asked(case: &Case) -> Vec<Asked<'_>> {
    if case.endpoint_type != EndpointType::Private {
        return Vec::new();
    }
    let mut found: Vec<Asked<'_>> =
        stated(case).iter().filter(|one| one.is_about_calls()).flat_map(tests).collect();
    found.order_by_key(|asked| !(asked.admits && asked.alone));
    found
}

fn tests<'case>(one: &Stated<'case>) -> Vec<Asked<'case>> {
    // Beside a test on the endpoint in one Deny, the address adds nothing: the endpoint alone decides.
    let alone = !one.tests.iter().any(|test| {
        test.about == About::Vpc && test.compares() && test.admits_values(one.effect) == Some(true)
    }) || one.effect != Effect::Deny;
    let asks = one.tests.iter().filter(|test| test.about == About::Address && test.compares());
    asks.filter_map(|&test| {
        Some(Asked { test, admits: test.admits_values(one.effect)?, alone, is_made: one.is_made() })
    })
    .collect()
}

fn finding(ctx: &Context<'_>, api: &Api, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let case = occurrence.state;
    let all = asked(case);
    let (main, others) = all.split_first()?;
    let severity = if main.admits && main.alone { Severity::Error } else { Severity::Warning };
    let message = format!(
        "`{}` is PRIVATE{}, and its policy tests `aws:SourceIp`, which is not its callers' address",
        api.resource,
        words::under(&occurrence.when)
    );
    let type_place = places::endpoint_type(api, case);
    let finding = Finding::new(ID, Subject::api(api), severity, message, label(main))
        .occurs(occurrence)
        .related(others.iter().map(label))
        .related(case.type_value.as_ref().map(|_| Label::new(type_place, "private: called through VPC endpoints only")))
        .related(places::applies_to(api, main.test.key_span()))
        .why(why(main))
        .assumes(case.type_value.as_ref())
        .help(if main.is_made {
            "take the list out and test `aws:VpcSourceIp`, the caller's address in its VPC, in a statement of your own \
             under CustomStatements"
        } else {
            "test `aws:VpcSourceIp`, which is the caller's address in its VPC"
        });
    Some(
        addresses::of_callers(ctx, api, case)
            .into_iter()
            .fold(finding, |finding, way| finding.remedy(Some(way))),
    )
}

fn label(asked: &Asked<'_>) -> Label {
    let phrase = match (asked.admits, asked.alone) {
        (true, true) => "judges calls by an address that is not the caller's",
        (true, false) => "adds nothing to the endpoint or VPC beside it",
        (false, _) => "keeps nobody out: it is not the caller's address",
    };
    Label::new(asked.test.key_span(), phrase)
}

fn why(main: &Asked<'_>) -> String {
    let effect = match (main.admits, main.alone) {
        (true, true) if main.is_made => {
            "SAM turns the list into a Deny for all other addresses, and the callers it is meant for get 403"
        }
        (true, true) => "the callers it is meant to let in get 403",
        (true, false) => "what stands beside it decides alone",
        (false, _) => "whom it is meant to keep out is let in as if it were not there",
    };
    format!(
        "the VPC endpoint rewrites the source address of a call, so this key does not hold the caller's; {effect}."
    )
}
