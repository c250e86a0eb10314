//! The policy of a private custom domain, made to let in those whom the API behind it lets in.
//!
//! Whom the API lets in is taken as it is.

use crate::diagnostic::Applicability;
use crate::exposure::custom::{CustomWays, Entering};
use crate::exposure::model::{Api, Decision, Domain};
use crate::exposure::reasons::{Because, Met, Part};
use crate::exposure::statements::{Condition, statements};
use crate::rules::finding::Remedy;
use crate::rules::remedies::endpoints::{Wanted, expression, shown};
use crate::rules::remedies::operators;
use crate::rules::remedies::policies::{ALL_CALLS, deny_others, statement};
use crate::rules::words;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Same, Sourced, StackId, Value};

/// A policy for a domain that has none: everybody may call, through the endpoints that the APIs behind it let in.
pub fn with_policy(domain: &Domain, behind: &[(&Api, &CustomWays)]) -> Option<Remedy> {
    let entrances = behind.iter().flat_map(|(_, ways)| ways.entrances.iter().flat_map(|state| &state.fact));
    let here =
        entrances.filter(|one| one.domain.file == domain.file && one.domain.resource == domain.resource);
    let mut let_in: Vec<Wanted<'_>> = Vec::new();
    for caller in here.flat_map(|entrance| &entrance.callers) {
        let passes = matches!(caller.by_api, Decision::Allow | Decision::Depends);
        let is_new = let_in.iter().all(|known| known.value.same(&caller.endpoint.value) != Same::Yes);
        if passes && (caller.associated || caller.named_by_api) && is_new {
            let_in.push(named(&caller.endpoint, domain)?);
        }
    }
    if let_in.is_empty() {
        return None;
    }
    let statements = Written::List(vec![statement("Allow", Vec::new()), deny_others(&let_in)]);
    let policy = Written::Map(vec![
        ("Version".to_owned(), Written::text("2012-10-17")),
        ("Statement".to_owned(), statements),
    ]);
    // `Domain` of SAM stands for the domain and holds its policy.
    let path: &[&str] = if domain.made_from.is_some() { &["Policy"] } else { &["Properties", "Policy"] };
    let path = path.iter().map(|&key| key.to_owned()).collect();
    let change = Change::SetIn { mapping: domain.id_span, path, value: policy, after: None };
    let title = format!("give it a policy that lets in {} only", shown(&let_in));
    Some(Remedy::one(Applicability::Unsafe, title, domain.file, change))
}

/// Lets in an endpoint that the domain's policy refuses.
pub fn let_in(domain: &Domain, policy: &Sourced, caller: &Entering, others: usize) -> Option<Remedy> {
    let because = caller.because.as_ref()?;
    let all = statements(policy);
    if all.iter().any(|one| one.text.span == policy.span) {
        return None;
    }
    let wanted = named(&caller.endpoint, domain)?;
    match because.part {
        Part::Resource if because.met == Met::Silent => {
            let title = format!("let it be about this domain: write `{ALL_CALLS}`");
            Some(Remedy { title, ..Remedy::write(Applicability::Unsafe, because.span, ALL_CALLS) })
        }
        Part::Condition { key_span, .. } => {
            let (one, condition) = all.iter().find_map(|one| {
                let conditions = one.conditions();
                let found = conditions.into_iter().find(|condition| condition.key.key_span == key_span)?;
                Some((one, found))
            })?;
            let denies = one.has_effect("Deny");
            by_condition(because, &condition, denies, wanted, others)
        }
        Part::Principal | Part::Action | Part::Resource | Part::Effect | Part::Unknown => None,
    }
}

fn by_condition(
    because: &Because,
    condition: &Condition<'_>,
    denies: bool,
    wanted: Wanted<'_>,
    others: usize,
) -> Option<Remedy> {
    let Part::Condition { negated, .. } = because.part else { return None };
    let list = condition.key.value.span;
    let key = condition.key.key_span;
    let operator = condition.operator.key_span;
    let shown = wanted.shown.clone();
    if !condition.is_on("aws:SourceVpce") && !condition.is_on("aws:SourceVpc") {
        return None;
    }
    if denies != negated {
        // The wrong way round: it names whom it is to let in.
        let ours = |value: &Sourced| value.value.same(wanted.value) == Same::Yes;
        let n_keys = condition.operator.value.value.members().len();
        let to = operators::opposite(&condition.operator.key)?;
        let change = Change::Rename { key: operator, to: to.clone() };
        let title = format!("write `{to}`: let in {shown} and nobody else");
        let fits = n_keys == 1 && condition.values().iter().all(ours);
        return fits.then(|| Remedy::one(Applicability::Unsafe, title, operator.file, change));
    }
    let is_list = matches!(condition.key.value.value, Value::List(_));
    if condition.is_on("aws:SourceVpc") {
        let with = if is_list { Written::List(vec![wanted.written]) } else { wanted.written };
        let rename = Change::Rename { key, to: "aws:SourceVpce".to_owned() };
        let changes = vec![(key.file, rename), (list.file, Change::Replace { at: list, with })];
        return Some(Remedy::all(
            Applicability::Unsafe,
            format!("let in {shown} instead of the VPC"),
            changes,
        ));
    }
    let (title, change) = match condition.values() {
        [old] if others == 0 => {
            let change = Change::Replace { at: old.span, with: wanted.written };
            (format!("let in {shown} instead of the one that is listed"), change)
        }
        [old] if !is_list => {
            let both = Written::List(vec![Written::Copy(old.span), wanted.written]);
            (format!("let in {shown} as well"), Change::Replace { at: old.span, with: both })
        }
        _ => (format!("let in {shown} as well"), Change::Append { list, item: wanted.written }),
    };
    Some(Remedy::one(Applicability::Unsafe, title, list.file, change))
}

/// An endpoint as the domain's template names it.
fn named<'run>(endpoint: &'run Sourced, domain: &Domain) -> Option<Wanted<'run>> {
    let stack: StackId = domain.stack;
    let written = if endpoint.span.file == domain.file && endpoint.via.is_empty() {
        Written::Copy(endpoint.span)
    } else {
        expression(&endpoint.value, stack)?
    };
    let shown = words::expression(&endpoint.value, stack).map(|text| format!("`{text}`"));
    let shown = shown.or_else(|| words::value(&endpoint.value)).unwrap_or_else(|| "the endpoint".to_owned());
    Some(Wanted { value: &endpoint.value, written, shown, is_list: false, fits_source_list: false })
}
