//! `widened-allow-list`: lists of VPCs and endpoints, or of `Globals` and the API, of which one is enough.
//!
//! A list that lets in everybody by itself is `policy-open-to-any-vpc`.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::conditions::{Stated, Tested, stated};
use crate::exposure::joined::{JoinedList, joined_lists};
use crate::exposure::model::{Api, CallerClass, Case, EndpointType};
use crate::exposure::widening::MixedLists;
use crate::rules::finding::{Aspect, Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::addresses::is_of_whole_api;
use crate::rules::remedies::policies::{deny, fits_everywhere, is_text, list_name};
use crate::rules::{Context, telling, words};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Same, Sourced};

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
                && let Some(finding) = mixed_finding(ctx, api, &occurrence, refuses_listed)
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
    statement: Stated<'case>,
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
        Some(Self { first, second, made: statement.is_made(), statement: statement.clone() })
    }

    /// The second key; where one list of SAM's holds both kinds, the first entry of the second kind.
    fn place(&self) -> Span {
        let entry = self.second.values().iter().map(|value| value.span).min();
        entry.filter(|_| self.is_one_list()).unwrap_or(self.second.key_span())
    }

    /// Whether the policy is text.
    fn is_text(&self) -> bool {
        is_text(self.statement.policy)
    }

    /// The key of a test, or its operator where nothing else stands under it.
    fn element(&self, test: &Tested<'_>) -> Span {
        let conditions = self.statement.statement.conditions();
        let mut beside = conditions.iter().filter(|one| one.operator.key_span == test.operator_span());
        let is_alone = !self.made && beside.by_ref().count() == 1;
        if is_alone { test.operator_span() } else { test.key_span() }
    }

    /// Whether both stand in one list of SAM's.
    fn is_one_list(&self) -> bool {
        self.made && self.first.key_span() == self.second.key_span()
    }
}

fn mixed_finding(
    ctx: &Context<'_>,
    api: &Api,
    occurrence: &Occurrence<'_>,
    refuses_listed: bool,
) -> Option<Finding> {
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
    let remedies = if redundant {
        without_endpoints(ctx, &pair, refuses_listed)
    } else {
        split(ctx, case, &pair, lists)
    };
    let finding = remedies.into_iter().fold(finding, |finding, way| finding.remedy(Some(way)));
    Some(if lists.lets_strangers_in { finding.aspect(Aspect::LetsStrangersIn) } else { finding })
}

/// Whether what is said of a case holds wherever a value of the policy counts.
fn holds_everywhere(ctx: &Context<'_>, place: Span, refuses_listed: bool) -> bool {
    fits_everywhere(ctx, place, |_, case| mixed(case, refuses_listed).is_some())
}

/// Takes out the endpoints, which the VPC lets in.
fn without_endpoints(ctx: &Context<'_>, pair: &Pair<'_>, refuses_listed: bool) -> Vec<Remedy> {
    let test = if pair.first.written.is_on("aws:SourceVpce") { &pair.first } else { &pair.second };
    let place = if pair.made { test.written.key.value.span } else { pair.statement.span() };
    if pair.is_text() || pair.is_one_list() || !holds_everywhere(ctx, place, refuses_listed) {
        return Vec::new();
    }
    let title = "take out the endpoints that the VPC lets in";
    vec![Remedy::remove(Applicability::Unsafe, pair.element(test), title)]
}

/// Asks for the second kind in a statement of its own.
fn split(ctx: &Context<'_>, case: &Case, pair: &Pair<'_>, lists: &MixedLists) -> Vec<Remedy> {
    let second = &pair.second;
    let apart = !lists.refuses_listed && is_nobody_in_both(ctx, pair);
    let apart = apart || (lists.refuses_listed && names_own(ctx, case, pair));
    let place = if pair.made { second.written.key.value.span } else { pair.statement.span() };
    if pair.is_text() || apart || !holds_everywhere(ctx, place, lists.refuses_listed) {
        return Vec::new();
    }
    let ways = if pair.made { split_lists(ctx, case, pair) } else { vec![split_statement(pair)] };
    let title = if lists.refuses_listed {
        format!("refuse by `{}` in a statement of its own", telling::key_name(&second.key().to_lowercase()))
    } else {
        format!(
            "ask for `{}` in a statement of its own, so that calls need both",
            telling::key_name(&second.key().to_lowercase())
        )
    };
    ways.into_iter().map(|changes| Remedy::all(Applicability::Unsafe, title.clone(), changes)).collect()
}

/// Whether the lists of who is refused name an endpoint of the API's own, or its VPC: refused by itself it would be shut
/// out.
fn names_own(ctx: &Context<'_>, case: &Case, pair: &Pair<'_>) -> bool {
    let listed = || pair.first.values().iter().chain(pair.second.values());
    let is_listed = |value: &Sourced| listed().any(|listed| listed.value.same(&value.value) == Same::Yes);
    let vpc_of = |id: &Sourced| {
        let mut known = ctx.model.endpoints.iter().filter(|known| known.name.same(&id.value) == Same::Yes);
        known.find_map(|known| known.vpc.as_ref())
    };
    case.vpc_endpoint_ids.iter().any(|id| is_listed(id) || vpc_of(id).is_some_and(is_listed))
}

/// Whether every listed endpoint is known to be in a VPC that is not listed: then asking for both refuses everybody.
fn is_nobody_in_both(ctx: &Context<'_>, pair: &Pair<'_>) -> bool {
    let (endpoints, vpcs) = if pair.first.written.is_on("aws:SourceVpce") {
        (&pair.first, &pair.second)
    } else {
        (&pair.second, &pair.first)
    };
    let is_outside = |value: &Sourced| {
        let mut known = ctx.model.endpoints.iter().filter(|known| known.name.same(&value.value) == Same::Yes);
        let vpc = known.find_map(|known| known.vpc.as_ref());
        vpc.is_some_and(|vpc| {
            let differs =
                |listed: &Sourced| matches!(vpc.value.same(&listed.value), Same::No | Same::Presumed);
            vpcs.values().iter().all(|listed| {
                differs(listed) && listed.value.as_text().is_none_or(|text| !text.contains(['*', '?']))
            })
        })
    };
    endpoints.values().iter().all(is_outside)
}

type Changes = Vec<(FileId, Change)>;

fn split_statement(pair: &Pair<'_>) -> Changes {
    let (one, second) = (&pair.statement, &pair.second);
    let kept = |name: &str| !["Condition", "Sid"].contains(&name);
    let parts = one.statement.text.value.members().iter().filter(|part| kept(&part.key));
    let mut parts: Vec<(String, Written)> =
        parts.map(|part| (part.key.clone(), Written::Copy(part.value.span))).collect();
    // All that the statement asks for besides stays a condition of both.
    let mut operators: Vec<(String, Vec<(String, Written)>)> = Vec::new();
    for condition in one.statement.conditions() {
        if condition.key.key_span == pair.first.key_span() {
            continue;
        }
        let entry = (condition.key.key.clone(), Written::Copy(condition.key.value.span));
        match operators.iter_mut().find(|(name, _)| *name == condition.operator.key) {
            Some((_, keys)) => keys.push(entry),
            None => operators.push((condition.operator.key.clone(), vec![entry])),
        }
    }
    let conditions = operators.into_iter().map(|(name, keys)| (name, Written::Map(keys))).collect();
    parts.push(("Condition".to_owned(), Written::Map(conditions)));
    let (at, whole) = (pair.element(second), one.span());
    vec![
        (at.file, Change::Remove { at }),
        (whole.file, Change::Join { at: whole, item: Written::Map(parts) }),
    ]
}

/// The second kind moves from SAM's lists to a statement of the user's own.
fn split_lists(ctx: &Context<'_>, case: &Case, pair: &Pair<'_>) -> Vec<Changes> {
    let (key, second) = (pair.second.key_span(), &pair.second);
    let all = stated(case);
    let in_list = list_name(ctx, &pair.first).is_some() && list_name(ctx, second).is_some();
    if !in_list || !is_of_whole_api(case, &all, key) {
        return Vec::new();
    }
    let values = second.values();
    let copies = values.iter().map(|value| Written::Copy(value.span)).collect();
    let statement = deny(second.operator_name(), second.key(), Written::List(copies));
    let list = second.written.key.value.span;
    let name = "CustomStatements".to_owned();
    let custom = Written::List(vec![statement.clone()]);
    let taken: Changes = if pair.is_one_list() {
        values.iter().map(|value| (value.span.file, Change::Remove { at: value.span })).collect()
    } else {
        vec![(key.file, Change::Remove { at: key })]
    };
    let mut ways = Vec::new();
    match all.iter().rfind(|one| !one.is_made()) {
        Some(last) => {
            let join = (last.span().file, Change::Join { at: last.span(), item: statement });
            ways.push(taken.into_iter().chain([join]).collect());
        }
        None if pair.is_one_list() => {
            let ahead = (key.file, Change::Ahead { key, name, value: custom });
            ways.push(std::iter::once(ahead).chain(taken).collect());
        }
        None => ways.push(vec![
            (key.file, Change::Rename { key, to: name }),
            (list.file, Change::Replace { at: list, with: custom }),
        ]),
    }
    ways
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
