//! `widened-allow-list`: lists of VPCs and endpoints, or of `Globals` and the API, of which one is enough.
//!
//! A list that lets in everybody by itself is `policy-open-to-any-vpc`.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::conditions::{Stated, Tested, stated};
use crate::exposure::joined::{JoinedList, joined_lists};
use crate::exposure::model::{Api, CallerClass, Case, EndpointType};
use crate::exposure::widening::MixedLists;
use crate::rules::finding::{Aspect, Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, words};
use crate::source::Span;
use crate::template::value::Sourced;

const ID: &str = "widened-allow-list";

/// Most entries that are pointed at.
const MAX_SHOWN: usize = 3;

/// Reports lists that let in more than each of them; what stands in `Globals` once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        for refuses_listed in [false, true] {
            let holds = |case: &Case| mixed(case, refuses_listed).is_some();
            if let Some(occurrence) = occurrence(&api.cases, holds)
                && let Some(finding) = mixed_finding(api, &occurrence, refuses_listed)
            {
                push_shared(findings, first, finding);
            }
        }
        findings.extend(joined_findings(api));
    }
}

fn mixed(case: &Case, refuses_listed: bool) -> Option<&MixedLists> {
    let mut all = case.mixed_lists.iter().filter(|_| case.endpoint_type == EndpointType::Private);
    all.find(|lists| lists.refuses_listed == refuses_listed)
}

/// The two tests of a mixed statement, in text order.
struct Pair<'case> {
    first: Tested<'case>,
    second: Tested<'case>,
    made: bool,
}

impl<'case> Pair<'case> {
    fn find(case: &'case Case, lists: &MixedLists) -> Option<Self> {
        let all = stated(case);
        let mut mixed = all.iter().filter(|one| lists.statements.contains(&(one.policy_at, one.at)));
        mixed.find_map(|statement| Self::of(statement, lists.refuses_listed))
    }

    fn of(statement: &Stated<'case>, refuses_listed: bool) -> Option<Self> {
        let on = |key: &str| {
            let tests = statement.tests.iter().filter(|test| test.written.is_on(key) && test.compares());
            tests.copied().find(|test| test.operator.negated != refuses_listed)
        };
        let (vpcs, endpoints) = (on("aws:SourceVpc")?, on("aws:SourceVpce")?);
        let place = |test: &Tested<'_>| {
            let first = test.values().iter().map(|value| value.span).min();
            (test.key_span(), first)
        };
        let in_order = place(&vpcs) <= place(&endpoints);
        let (first, second) = if in_order { (vpcs, endpoints) } else { (endpoints, vpcs) };
        Some(Self { first, second, made: statement.is_made() })
    }

    /// The second key; where one list of SAM's holds both kinds, the first entry of the second kind.
    fn place(&self) -> Span {
        let entry = self.second.values().iter().map(|value| value.span).min();
        entry.filter(|_| self.is_one_list()).unwrap_or(self.second.key_span())
    }

    /// Whether both stand in one list of SAM's.
    fn is_one_list(&self) -> bool {
        self.made && self.first.key_span() == self.second.key_span()
    }
}

fn mixed_finding(api: &Api, occurrence: &Occurrence<'_>, refuses_listed: bool) -> Option<Finding> {
    let case = occurrence.state;
    let lists = mixed(case, refuses_listed)?;
    let pair = Pair::find(case, lists)?;
    let redundant =
        occurrence.states.iter().all(|case| mixed(case, false).is_some_and(|one| one.is_redundant));
    let message = match (refuses_listed, redundant) {
        (true, _) => "refuses only calls that match both its VPCs and its endpoints",
        (false, true) => "lists endpoints of a VPC that it lets in as a whole",
        (false, false) => "lets in calls that match either its VPCs or its endpoints",
    };
    let label = match (refuses_listed, redundant) {
        (true, _) => "refused only together with the other",
        (false, true) => "these are let in by their VPC already",
        (false, false) => "either this or the other is enough",
    };
    let finding = Finding::new(
        ID,
        Subject::api(api),
        if redundant { Severity::Info } else { Severity::Warning },
        format!("the policy of `{}` {message}{}", api.resource, words::under(&occurrence.when)),
        Label::new(if redundant { endpoints(&pair) } else { pair.place() }, label),
    )
    .occurs(occurrence)
    .related(pair.made.then(|| Label::new(api.id_span, "this API")))
    .related([Label::new(
        pair.first.key_span(),
        if pair.is_one_list() { "one list of both kinds" } else { "the other list" },
    )])
    .why(why(lists))
    .help(help(&pair, refuses_listed));
    Some(if lists.lets_strangers_in { finding.aspect(Aspect::LetsStrangersIn) } else { finding })
}

/// The place of the endpoints, which add nothing.
fn endpoints(pair: &Pair<'_>) -> Span {
    let test = if pair.first.written.is_on("aws:SourceVpce") { &pair.first } else { &pair.second };
    let entry = test.values().iter().map(|value| value.span).min();
    entry.filter(|_| pair.is_one_list()).unwrap_or(test.key_span())
}

fn why(lists: &MixedLists) -> String {
    let vpcs: Vec<String> = lists
        .admitted
        .iter()
        .filter_map(|class| match class {
            CallerClass::Vpc(value) => words::value(value),
            CallerClass::Internet | CallerClass::Endpoint(_) | CallerClass::AnyOtherEndpoint => None,
        })
        .collect();
    let others = if vpcs.is_empty() { String::new() } else { format!(" in {}", words::list(&vpcs)) };
    if lists.refuses_listed {
        return format!(
            "all conditions of a statement have to hold: it refuses a call only when the VPC and the endpoint are both \
             listed, so calls through other endpoints{others} get in."
        );
    }
    if lists.lets_strangers_in {
        return "all conditions of a statement have to hold: it refuses a call only when neither the VPC nor the \
                endpoint is listed, and one of the lists matches everything."
            .to_owned();
    }
    format!(
        "all conditions of a statement have to hold: it refuses a call only when neither the VPC nor the endpoint is \
         listed, so calls through every endpoint{others} get in."
    )
}

fn help(pair: &Pair<'_>, refuses_listed: bool) -> String {
    match (pair.made, refuses_listed) {
        (true, true) => "keep one kind in this list, and refuse the other with a statement of its own in CustomStatements".to_owned(),
        (true, false) => "where both are to be asked for, keep one kind in the lists and write a Deny for the other in CustomStatements".to_owned(),
        (false, true) => format!("refuse by  {}  in a statement of its own", pair.second.key()),
        (false, false) => format!("where both are to be asked for, put  {}  into a Deny statement of its own", pair.second.key()),
    }
}

fn joined_findings(api: &Api) -> Vec<Finding> {
    let mut places: Vec<Span> = Vec::new();
    for list in api.cases.iter().flat_map(|case| joined_lists(api, case)) {
        if !places.contains(&list.own) {
            places.push(list.own);
        }
    }
    let at = |case: &Case, place: Span| joined_lists(api, case).into_iter().find(|list| list.own == place);
    let finding = |place: Span| {
        let occurrence = occurrence(&api.cases, |case| at(case, place).is_some())?;
        Some(joined_finding(api, &occurrence, &at(occurrence.state, place)?))
    };
    places.into_iter().filter_map(finding).collect()
}

fn joined_finding(api: &Api, occurrence: &Occurrence<'_>, list: &JoinedList) -> Finding {
    let name = |entry: &Sourced| words::value(&entry.value);
    let names: Option<Vec<String>> = list.added.iter().map(name).collect();
    let added = names.map_or_else(|| "its entries".to_owned(), |names| words::list(&names));
    let finding = Finding::new(
        ID,
        Subject::api(api),
        Severity::Warning,
        format!(
            "`{}` of `{}` lets in what `Globals` lists, too{}",
            list.field,
            api.resource,
            words::under(&occurrence.when)
        ),
        Label::new(list.own, "joined with the list in `Globals`"),
    )
    .confidence(Confidence::Medium)
    .occurs(occurrence)
    .related([Label::new(list.global, "the list it is joined with")])
    .related(list.added.iter().take(MAX_SHOWN).map(|entry| Label::new(entry.span, "let in as well")))
    .why(format!(
        "SAM puts the entries of `Globals` in front of those of the API; a list on the API does not replace them, so \
         {added} can call it."
    ))
    .notes(["assumes that the API's own list was meant to be all of it".to_owned()])
    .help("leave the list out of `Globals`, or write  IgnoreGlobals: [Auth]  beside the API's `Properties` and repeat there what is needed");
    list.added.iter().fold(finding, |finding, entry| finding.assumes(Some(entry)))
}
