//! What makes a list of pairs a mapping: equal keys are found and merge keys are put in.
//!
//! Of equal keys the last counts, as in the loaders of the AWS command line, sam-cli and Python's JSON; what
//! CloudFormation does with them is undefined
//! ([template format](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html), 2026-11).
//! Keys are equal when their tag and text are; how a key is quoted does not count, because CloudFormation
//! has string keys only. Keys that are collections are left alone.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::syntax::build::Fault;
use crate::syntax::limits::MAX_MERGED_ENTRIES;
use crate::syntax::tree::{Entry, NodeId, Tree};

/// Up to this many keys are compared each with each; more are sorted.
const FEW: usize = 8;

/// Tag and text of a scalar key.
type Name<'tree> = (Option<&'tree str>, &'tree str);

/// Finds equal keys in `entries` and replaces merge keys by what they bring. `merged` counts the entries that
/// merge keys looked at in this text so far.
pub(super) fn settle(
    tree: &Tree,
    entries: &mut Vec<Entry>,
    placeholders: &[NodeId],
    merged: &mut usize,
) -> Vec<Fault> {
    let mut faults = duplicates(tree, entries);
    if entries.iter().any(|entry| is_merge(tree, entry.key)) {
        expand(tree, entries, placeholders, merged, &mut faults);
    }
    faults
}

fn name(tree: &Tree, key: NodeId) -> Option<Name<'_>> {
    tree.scalar(key).map(|text| (tree.tag(key), text))
}

/// Reports equal keys and keeps the last entry of each.
fn duplicates(tree: &Tree, entries: &mut Vec<Entry>) -> Vec<Fault> {
    let groups = if entries.len() <= FEW { few(tree, entries) } else { many(tree, entries) };
    if groups.is_empty() {
        return Vec::new();
    }
    let mut shadowed: Vec<usize> = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for group in &groups {
        if let [first, rest @ ..] = group.as_slice() {
            shadowed.extend(group.iter().take(rest.len()));
            pairs.extend(rest.iter().map(|&second| (*first, second)));
        }
    }
    shadowed.sort_unstable();
    pairs.sort_unstable_by_key(|&(_, second)| second);
    let key = |index: usize| entries.get(index).map(|entry: &Entry| entry.key);
    let faults =
        pairs.iter().filter_map(|&(first, second)| Some(fault(tree, key(first)?, key(second)?))).collect();
    let mut index = 0;
    entries.retain(|_| {
        index += 1;
        shadowed.binary_search(&(index - 1)).is_err()
    });
    faults
}

fn fault(tree: &Tree, first: NodeId, second: NodeId) -> Fault {
    let name = tree.scalar(second).unwrap_or_default();
    let message = if name.is_empty() {
        "the empty key stands twice in this mapping".to_owned()
    } else {
        format!("the key `{}` stands twice in this mapping", shown(name))
    };
    let related = Some((tree.span(first).range, "first written here".to_owned()));
    Fault { at: tree.span(second).range, message, related }
}

/// Indices of equal keys, each group in written order.
fn few(tree: &Tree, entries: &[Entry]) -> Vec<Vec<usize>> {
    let mut names: [Option<Name<'_>>; FEW] = [None; FEW];
    for (slot, entry) in names.iter_mut().zip(entries) {
        *slot = name(tree, entry.key);
    }
    let mut groups = Vec::new();
    for (index, wanted) in names.iter().enumerate() {
        let same = |other: &usize| wanted.is_some() && names.get(*other) == Some(wanted);
        if (index + 1..FEW).any(|later| same(&later)) && !(0..index).any(|earlier| same(&earlier)) {
            groups.push((index..FEW).filter(same).collect());
        }
    }
    groups
}

/// As [`few`]. Sorting keeps equal keys in written order and needs no hash that a template could attack.
fn many(tree: &Tree, entries: &[Entry]) -> Vec<Vec<usize>> {
    let named = |(index, entry): (usize, &Entry)| Some((name(tree, entry.key)?, index));
    let mut names: Vec<(Name<'_>, usize)> = entries.iter().enumerate().filter_map(named).collect();
    names.sort_by(|(left, _), (right, _)| by_text(*left, *right));
    let groups = names.chunk_by(|(left, _), (right, _)| left == right).filter(|group| group.len() > 1);
    groups.map(|group| group.iter().map(|&(_, index)| index).collect()).collect()
}

/// Length first: it tells most keys apart without touching their text.
fn by_text(left: Name<'_>, right: Name<'_>) -> Ordering {
    left.1.len().cmp(&right.1.len()).then_with(|| left.1.cmp(right.1)).then_with(|| left.0.cmp(&right.0))
}

/// Whether a key is the plain, untagged `<<`.
fn is_merge(tree: &Tree, key: NodeId) -> bool {
    tree.scalar(key) == Some("<<") && tree.is_plain(key) && tree.tag(key).is_none()
}

fn expand(
    tree: &Tree,
    entries: &mut Vec<Entry>,
    placeholders: &[NodeId],
    merged: &mut usize,
    faults: &mut Vec<Fault>,
) {
    let (merges, mut kept): (Vec<Entry>, Vec<Entry>) =
        entries.drain(..).partition(|entry| is_merge(tree, entry.key));
    let mut seen: HashSet<Name<'_>> = kept.iter().filter_map(|entry| name(tree, entry.key)).collect();
    for merge in merges {
        let Some(sources) = sources(tree, merge.value) else {
            if !placeholders.contains(&merge.value) {
                let at = tree.span(merge.key).range;
                let message = "`<<` takes a mapping or a list of mappings".to_owned();
                faults.push(Fault { at, message, related: None });
            }
            continue;
        };
        for entry in sources.into_iter().flat_map(|source| tree.entries(source)) {
            *merged += 1;
            if *merged > MAX_MERGED_ENTRIES {
                let at = tree.span(merge.key).range;
                let message =
                    format!("merge keys bring more than {MAX_MERGED_ENTRIES} entries; not expanded");
                faults.push(Fault { at, message, related: None });
                *entries = kept;
                return;
            }
            if name(tree, entry.key).is_none_or(|name| seen.insert(name)) {
                kept.push(*entry);
            }
        }
    }
    *entries = kept;
}

/// The mappings that the value of `<<` names, `None` when it is anything else.
fn sources(tree: &Tree, value: NodeId) -> Option<Vec<NodeId>> {
    if tree.is_mapping(value) {
        return Some(vec![value]);
    }
    let items = tree.items(value);
    (tree.is_sequence(value) && items.iter().all(|&item| tree.is_mapping(item))).then(|| items.to_vec())
}

/// A key as it may stand in a one-line message.
fn shown(key: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = key.chars().take(LONGEST + 1).collect();
    if shown.chars().count() > LONGEST {
        shown = shown.chars().take(LONGEST).chain(['…']).collect();
    }
    shown.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}
