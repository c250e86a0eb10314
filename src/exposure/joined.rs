//! Allow-lists of `Auth.ResourcePolicy` that SAM joins with those of `Globals`, and what that adds.
//!
//! Compares entries; who is let in otherwise is in the callers.

use crate::exposure::conditions::stated;
use crate::exposure::model::{Api, CallerClass, Case, Decision};
use crate::policy::scalar::Block;
use crate::source::Span;
use crate::template::lowered::SurpriseKind;
use crate::template::value::{Same, Sourced, Value};

/// An API's own allow-list with entries of `Globals` that let somebody in whom its own do not.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinedList {
    /// The list's name.
    pub field: String,
    /// The key on the API.
    pub own: Span,
    /// The key in `Globals`.
    pub global: Span,
    /// Entries of `Globals` that none of the API's own covers, each text once.
    pub added: Vec<Sourced>,
}

/// The joined lists of an API in one of its cases, in the order of its surprises.
pub fn joined_lists(api: &Api, case: &Case) -> Vec<JoinedList> {
    let mut found = Vec::new();
    for surprise in &api.surprises {
        let SurpriseKind::JoinedAllowLists { field, global, inherited, own } = &surprise.kind else {
            continue;
        };
        if !field.ends_with("Whitelist") || !can_matter(field, case) {
            continue;
        }
        let (inherited, own) = (entries_in(case, *inherited), entries_in(case, *own));
        let is_new = |entry: &&Sourced| own.iter().all(|known| is_other(entry, known));
        let added: Vec<Sourced> = inherited
            .iter()
            .copied()
            .filter(is_new)
            .filter(|entry| lets_in(field, entry, case))
            .cloned()
            .collect();
        if !own.is_empty() && !added.is_empty() {
            found.push(JoinedList { field: field.clone(), own: surprise.span, global: *global, added });
        }
    }
    found
}

/// Calls to private APIs come through endpoints, calls to others from addresses.
fn can_matter(field: &str, case: &Case) -> bool {
    match case.endpoint_type.is_public() {
        Some(true) => !field.contains("Vpc"),
        Some(false) => !field.starts_with("IpRange"),
        None => false,
    }
}

/// What the policies compare with or name as principals and what stands in a list, each text once.
fn entries_in(case: &Case, list: Span) -> Vec<&Sourced> {
    let mut found: Vec<&Sourced> = Vec::new();
    let mut add = |value| add_entry(&mut found, value, list);
    for statement in stated(case) {
        statement.tests.iter().flat_map(|test| test.written.values()).for_each(&mut add);
        let principal = statement.statement.part("Principal").map(|part| &part.value);
        if let Some(Sourced { value: Value::Map(kinds), .. }) = principal {
            for kind in kinds {
                match &kind.value.value {
                    Value::List(items) => items.iter().for_each(&mut add),
                    _ => add(&kind.value),
                }
            }
        }
    }
    found
}

fn add_entry<'c>(found: &mut Vec<&'c Sourced>, value: &'c Sourced, list: Span) {
    let (file, range) = (value.span.file, value.span.range);
    let inside = file == list.file && list.range.start <= range.start && range.end <= list.range.end;
    if inside && value.span != list && !found.iter().any(|known| known.span == value.span) {
        found.push(value);
    }
}

/// Whether an entry is certainly not covered by another.
fn is_other(entry: &Sourced, known: &Sourced) -> bool {
    let block = |value: &Sourced| value.value.as_text().and_then(Block::parse);
    if let (Some(entry), Some(known)) = (block(entry), block(known)) {
        return !(known.v6 == entry.v6 && known.first <= entry.first && entry.last <= known.last);
    }
    matches!(entry.value.same(&known.value), Same::No | Same::Presumed)
}

/// Whether an entry of a list of VPCs or endpoints is let in; entries of other lists are.
fn lets_in(field: &str, entry: &Sourced, case: &Case) -> bool {
    if !field.contains("Vpc") {
        return true;
    }
    let named = case.callers.iter().find(|caller| match &caller.class {
        CallerClass::Endpoint(value) | CallerClass::Vpc(value) => value.same(&entry.value) == Same::Yes,
        CallerClass::Internet | CallerClass::AnyOtherEndpoint => false,
    });
    named.is_some_and(|caller| matches!(caller.decision, Decision::Allow | Decision::Depends))
}
