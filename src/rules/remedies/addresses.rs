//! Tests of addresses in the policy of a private API, turned into tests of what its calls have.
//!
//! An address in a VPC is not unique: who is to get in by one also has to come through an endpoint that is meant.

use crate::diagnostic::Applicability;
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, ApiOrigin, Case, EndpointType, PolicySource};
use crate::order::Order;
use crate::policy::document::Effect;
use crate::rules::Context;
use crate::rules::finding::Remedy;
use crate::rules::remedies::endpoints::{self, Wanted};
use crate::rules::remedies::policies::{
    self, deny, deny_others, fits_everywhere, is_for_same_endpoints, is_text,
};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};

const ADDRESS: &str = "aws:VpcSourceIp";

/// Tests `aws:VpcSourceIp` in place of `aws:SourceIp`, and asks for the API's endpoints where nothing does. Several ways,
/// of which those that fit the text are offered.
pub fn of_callers(ctx: &Context<'_>, api: &Api, case: &Case) -> Vec<Remedy> {
    let all = stated(case);
    let Some(policy) = case.policies.first().filter(|policy| case.policies.len() == 1 && !is_text(policy))
    else {
        return Vec::new();
    };
    let tests: Vec<(&Stated<'_>, &Tested<'_>)> = all
        .iter()
        .filter(|one| one.is_about_calls())
        .flat_map(|one| one.tests.iter().map(move |test| (one, test)))
        .filter(|(_, test)| test.about == About::Address && test.compares())
        .collect();
    let is_private = |_: &Api, case: &Case| case.endpoint_type == EndpointType::Private;
    if !tests.iter().all(|(_, test)| fits_everywhere(ctx, test.written.key.value.span, is_private)) {
        return Vec::new();
    }
    let is_open = tests.iter().any(|(one, _)| !is_beside_place(one) && !is_guarded(&all, one));
    let admits = tests.iter().any(|(one, test)| test.admits_values(one.effect) == Some(true));
    let wanted = endpoints::wanted(ctx, case).filter(|_| is_open);
    let place = all.first().map_or(policy.document.span, Stated::span);
    if wanted.is_some() && !is_for_same_endpoints(ctx, api, case, place) {
        return Vec::new();
    }
    let title = match &wanted {
        Some(wanted) => {
            format!("test `{ADDRESS}`, and refuse every endpoint but {}", endpoints::shown(wanted))
        }
        None if is_open && admits => {
            format!("test `{ADDRESS}`, which lets in these addresses of whatever VPC")
        }
        None if tests.iter().all(|(one, _)| is_beside_place(one)) => {
            "take out the addresses, which add nothing to the endpoint or VPC beside them".to_owned()
        }
        None => format!("test `{ADDRESS}`"),
    };
    let made = tests.iter().filter(|(one, _)| one.is_made()).count();
    let ways = match (made, policy.from) {
        (0, _) => written(api, case, &tests, wanted.as_deref()).into_iter().collect(),
        (n, PolicySource::Sam) if n == tests.len() && api.origin == ApiOrigin::Sam => {
            lists(case, &all, &tests, wanted.as_deref())
        }
        _ => Vec::new(),
    };
    ways.into_iter().map(|changes| Remedy::all(Applicability::Unsafe, title.clone(), changes)).collect()
}

/// Whether a statement asks for an endpoint or a VPC.
fn asks_for_place(one: &Stated<'_>) -> bool {
    one.tests.iter().any(|test| {
        let is_place = test.written.is_on("aws:SourceVpce") || test.written.is_on("aws:SourceVpc");
        is_place && test.compares() && test.admits_values(one.effect) == Some(true)
    })
}

/// Whether a Deny asks for a place as well: no call has the address, so that the place decides alone. A test of the
/// caller's address would spare everybody who has it.
fn is_beside_place(one: &Stated<'_>) -> bool {
    one.effect == Effect::Deny && asks_for_place(one)
}

/// Whether callers from elsewhere are kept out, whatever their address.
fn is_guarded(all: &[Stated<'_>], one: &Stated<'_>) -> bool {
    let tests_address = |other: &Stated<'_>| other.tests.iter().any(|test| test.about == About::Address);
    let refuses = |other: &Stated<'_>| is_beside_place(other) && !tests_address(other);
    all.iter().any(refuses) || (one.effect == Effect::Allow && asks_for_place(one))
}

type Changes = Vec<(FileId, Change)>;

fn written(
    api: &Api,
    case: &Case,
    tests: &[(&Stated<'_>, &Tested<'_>)],
    wanted: Option<&[Wanted<'_>]>,
) -> Option<Changes> {
    let change = |one: &Stated<'_>, test: &Tested<'_>| {
        let key = test.key_span();
        if !is_beside_place(one) {
            return (key.file, Change::Rename { key, to: ADDRESS.to_owned() });
        }
        let conditions = one.statement.conditions();
        let n_keys =
            conditions.iter().filter(|other| other.operator.key_span == test.operator_span()).count();
        (key.file, Change::Remove { at: if n_keys == 1 { test.operator_span() } else { key } })
    };
    let mut changes: Changes = tests.iter().map(|(one, test)| change(one, test)).collect();
    if let Some(wanted) = wanted {
        changes.push(policies::add_statement(api, case, &deny_others(wanted))?.1);
    }
    Some(changes)
}

/// One list of SAM's becomes statements of the user's own: under its key, or where there are such, among them.
fn lists(
    case: &Case,
    all: &[Stated<'_>],
    tests: &[(&Stated<'_>, &Tested<'_>)],
    wanted: Option<&[Wanted<'_>]>,
) -> Vec<Changes> {
    let Some((_, first)) = tests.first() else { return Vec::new() };
    let key = first.key_span();
    // A single value stands for a list of one.
    let list = Some(first.written.key.value.span).filter(|list| *list != key);
    let Some(list) = list.or_else(|| first.values().first().map(|value| value.span)) else {
        return Vec::new();
    };
    let one_list = tests.iter().all(|(_, test)| test.key_span() == key);
    if !one_list || !is_of_whole_api(case, all, key) {
        return Vec::new();
    }
    let mut statements = Vec::new();
    // Other lists of SAM's allow everybody as well.
    if !all.iter().any(|one| one.is_made() && one.tests.iter().any(|test| test.key_span() != key)) {
        statements.push(policies::statement("Allow", Vec::new()));
    }
    statements.push(deny(first.operator_name(), ADDRESS, Written::Copy(list)));
    statements.extend(wanted.map(deny_others));
    let under_key: Changes = vec![
        (key.file, Change::Rename { key, to: "CustomStatements".to_owned() }),
        (list.file, Change::Replace { at: list, with: Written::List(statements.clone()) }),
    ];
    let mut ways = vec![under_key];
    if let Some(last) = all.iter().rfind(|one| !one.is_made()) {
        let joined =
            statements.into_iter().map(|item| (last.span().file, Change::Join { at: last.span(), item }));
        ways.push(std::iter::once((key.file, Change::Remove { at: key })).chain(joined).collect());
    }
    ways
}

/// Whether a list of SAM's is that of the whole API: those of events are for their own path.
pub fn is_of_whole_api(case: &Case, all: &[Stated<'_>], key: Span) -> bool {
    let mut paths: Vec<&str> = case.methods.iter().map(|method| method.path.as_str()).collect();
    paths.order();
    paths.dedup();
    let of_list = |one: &&Stated<'_>| {
        one.is_made() && one.effect == Effect::Deny && one.tests.iter().any(|test| test.key_span() == key)
    };
    !case.methods_incomplete && all.iter().filter(of_list).count() == paths.len()
}
