//! Letting an endpoint in that a policy refuses: its lists of endpoints and VPCs changed.
//!
//! Only lists that name who gets in, or who does not; a policy without any is left alone.

use crate::diagnostic::Applicability;
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, Caller, Case, Decision, NamedBy};
use crate::exposure::reasons::{Because, Met};
use crate::policy::document::Effect;
use crate::rules::Context;
use crate::rules::finding::Remedy;
use crate::rules::remedies::endpoints::{self, Wanted, wanted};
use crate::rules::remedies::policies::{is_for_same_endpoints, is_list, is_text, list_name};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Same, Sourced, Value};

type Changes = Vec<(FileId, Change)>;

/// How a list is changed: the edits, the value of the policy that they are about, and what they do.
struct Listed {
    changes: Changes,
    place: Span,
    does: Does,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Replace,
    ReplaceVpcs,
    Add,
    Only,
    Spare,
}

/// Lets in the endpoints that an API is to be called through, of which its policy refuses one.
pub fn admit(ctx: &Context<'_>, api: &Api, case: &Case, refused: &Caller) -> Option<Remedy> {
    let [policy] = case.policies.as_slice() else { return None };
    if is_text(policy) {
        return None;
    }
    let wanted = wanted(ctx, case)?;
    let all = stated(case);
    let associated = refused.named_by.contains(&NamedBy::Association);
    let spared: Vec<Listed> = {
        let tests = all.iter().flat_map(|one| one.tests.iter().map(move |test| (one, test)));
        let refusing = tests.filter(|(one, test)| {
            one.effect == Effect::Deny
                && test.admits_values(one.effect) == Some(false)
                && is_of_endpoints(test)
                && test.values().iter().any(|value| is_wanted(value, &wanted))
        });
        refusing.map(|(one, test)| spare(ctx, one, test, &wanted)).collect::<Option<_>>()?
    };
    let lists = if spared.is_empty() {
        let keys = refusing(&all, refused);
        keys.into_iter()
            .map(|(one, test)| widen(ctx, one, test, &wanted, associated))
            .collect::<Option<_>>()?
    } else {
        spared
    };
    let first = lists.first()?;
    if !lists.iter().all(|list| is_for_same_endpoints(ctx, api, case, list.place)) {
        return None;
    }
    let certain = associated && wanted.len() == 1 && refused.decision == Decision::Deny;
    let is_safe = certain && lists.iter().all(|list| list.does == Does::Replace);
    let applicability = if is_safe { Applicability::Safe } else { Applicability::Unsafe };
    let title = title(ctx, case, first, &wanted);
    // SAM writes a statement for each path from one list.
    let changes = lists.into_iter().flat_map(|list| list.changes).collect();
    Some(Remedy::all(applicability, title, changes))
}

fn title(ctx: &Context<'_>, case: &Case, list: &Listed, wanted: &[Wanted<'_>]) -> String {
    let shown = endpoints::shown(wanted);
    let tests: Vec<Tested<'_>> = stated(case).into_iter().flat_map(|one| one.tests).collect();
    let replaced =
        tests.iter().find(|test| test.written.key.value.span == list.place || test.written.holds(list.place));
    match (list.does, replaced.map(Tested::values)) {
        (Does::Replace | Does::ReplaceVpcs, Some([only])) => {
            let text = ctx.sources.slice(only.span).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("let in {shown} instead of `{text}`")
        }
        (Does::Replace | Does::ReplaceVpcs, _) => format!("let in {shown} instead of what is listed"),
        (Does::Add, _) => format!("let in {shown} beside what is listed"),
        (Does::Only, _) => format!("let in {shown} only, instead of everybody else"),
        (Does::Spare, _) => format!("no longer refuse {shown}"),
    }
}

fn is_of_endpoints(test: &Tested<'_>) -> bool {
    test.compares() && test.written.is_on("aws:SourceVpce")
}

fn is_of_places(test: &Tested<'_>) -> bool {
    test.about == About::Vpc && test.compares() && !test.written.is_on("aws:VpcSourceIp")
}

fn is_wanted(value: &Sourced, wanted: &[Wanted<'_>]) -> bool {
    wanted.iter().any(|one| one.value.same(&value.value) == Same::Yes)
}

/// The tests that name who gets in and keep the endpoint out, one for each statement.
fn refusing<'all, 'case>(
    all: &'all [Stated<'case>],
    refused: &Caller,
) -> Vec<(&'all Stated<'case>, &'all Tested<'case>)> {
    let reasons: Vec<&Because> = refused.because.iter().filter(|because| because.refuses()).collect();
    let silent = reasons.iter().any(|because| because.met == Met::Silent);
    let names_places = |one: &Stated<'_>| one.tests.iter().any(|test| is_of_places(test));
    let allowed =
        all.iter().any(|one| one.effect == Effect::Allow && one.is_about_calls() && !names_places(one));
    let keeps_out = |one: &&Stated<'_>| match one.effect {
        Effect::Deny => reasons.iter().any(|because| because.met == Met::Denied && one.makes(because, all)),
        Effect::Allow => one.is_about_calls() && (silent || !allowed),
        Effect::Unknown => false,
    };
    let by_statement = all.iter().filter(keeps_out).filter_map(|one| {
        let mut tests = one.tests.iter().filter(|test| is_of_places(test));
        let tests: Vec<_> =
            tests.by_ref().filter(|test| test.admits_values(one.effect) == Some(true)).collect();
        // A Deny spares whom one of its lists names; an Allow asks for all of them.
        match (one.effect, tests.as_slice()) {
            (_, [only]) => Some((one, *only)),
            (Effect::Deny, several) => {
                several.iter().find(|test| is_of_endpoints(test)).map(|test| (one, *test))
            }
            _ => None,
        }
    });
    by_statement.collect()
}

/// Adds the endpoints to a list of who gets in, or puts them in place of its only entry.
fn widen(
    ctx: &Context<'_>,
    one: &Stated<'_>,
    test: &Tested<'_>,
    wanted: &[Wanted<'_>],
    associated: bool,
) -> Option<Listed> {
    let name = if one.is_made() { Some(list_name(ctx, test)?) } else { None };
    if name.is_some() && wanted.iter().any(|one| one.is_list) {
        return None;
    }
    if !is_of_endpoints(test) {
        return Some(instead_of_vpcs(test, name, wanted));
    }
    let values = test.values();
    let missing: Vec<&Wanted<'_>> = wanted
        .iter()
        .filter(|one| !values.iter().any(|value| one.value.same(&value.value) == Same::Yes))
        .collect();
    let list = test.written.key.value.span;
    match (values, wanted) {
        ([old], [new]) if associated => {
            let at = if new.is_list { list } else { old.span };
            let mut changes = vec![(at.file, Change::Replace { at, with: new.written.clone() })];
            changes.extend(to_intrinsic(test, name, &missing));
            Some(Listed { changes, place: at, does: Does::Replace })
        }
        _ if wanted.iter().any(|one| one.is_list) => None,
        _ => add(test, name, &missing),
    }
}

/// A list of SAM's that takes no functions is named as the one that does, where the new entries need it.
fn to_intrinsic(test: &Tested<'_>, name: Option<&str>, missing: &[&Wanted<'_>]) -> Option<(FileId, Change)> {
    let is_source = name.is_some_and(|name| name.starts_with("SourceVpc"));
    let key = test.key_span();
    let rename = Change::Rename { key, to: "IntrinsicVpceWhitelist".to_owned() };
    (is_source && !missing.iter().all(|one| one.fits_source_list)).then_some((key.file, rename))
}

fn add(test: &Tested<'_>, name: Option<&str>, missing: &[&Wanted<'_>]) -> Option<Listed> {
    let list = test.written.key.value.span;
    let items = || missing.iter().map(|one| one.written.clone());
    let changes = if to_intrinsic(test, name, missing).is_some() {
        let (key, name) = (test.key_span(), "IntrinsicVpceWhitelist".to_owned());
        vec![(key.file, Change::Beside { key, name, value: Written::List(items().collect()) })]
    } else if is_list(test) {
        items().map(|item| (list.file, Change::Append { list, item })).collect()
    } else {
        let [old] = test.values() else { return None };
        let all = std::iter::once(Written::Copy(old.span)).chain(items()).collect();
        vec![(old.span.file, Change::Replace { at: old.span, with: Written::List(all) })]
    };
    Some(Listed { changes, place: list, does: Does::Add })
}

/// The endpoints in place of VPCs in which they are not.
fn instead_of_vpcs(test: &Tested<'_>, name: Option<&str>, wanted: &[Wanted<'_>]) -> Listed {
    let (key, list) = (test.key_span(), test.written.key.value.span);
    let (to, with) = match name {
        Some(_) => ("IntrinsicVpceWhitelist", endpoints::list(wanted)),
        None if is_list(test) => ("aws:SourceVpce", endpoints::list(wanted)),
        None => ("aws:SourceVpce", endpoints::values(wanted)),
    };
    let rename = Change::Rename { key, to: to.to_owned() };
    let changes = vec![(key.file, rename), (list.file, Change::Replace { at: list, with })];
    Listed { changes, place: list, does: Does::ReplaceVpcs }
}

/// Takes the endpoints out of a list of who is refused; a list of nobody else becomes one of who gets in.
fn spare(ctx: &Context<'_>, one: &Stated<'_>, test: &Tested<'_>, wanted: &[Wanted<'_>]) -> Option<Listed> {
    let place = test.written.key.value.span;
    let values = test.values();
    let (ours, others): (Vec<&Sourced>, Vec<&Sourced>) =
        values.iter().partition(|value| is_wanted(value, wanted));
    if others.is_empty() && one.is_made() && ours.len() == wanted.len() {
        let (name, key) = (list_name(ctx, test)?, test.key_span());
        let to = format!("{}Whitelist", name.strip_suffix("Blacklist")?);
        return Some(Listed {
            changes: vec![(key.file, Change::Rename { key, to })],
            place,
            does: Does::Only,
        });
    }
    let is_own_item =
        |value: &&Sourced| value.span != place && values.iter().filter(|v| v.span == value.span).count() == 1;
    let apart = matches!(test.written.key.value.value, Value::List(_)) && ours.iter().all(is_own_item);
    let changes = ours.iter().map(|value| (value.span.file, Change::Remove { at: value.span })).collect();
    (apart && !others.is_empty()).then_some(Listed { changes, place, does: Does::Spare })
}
