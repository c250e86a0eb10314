//! What makes a list of pairs a mapping: equal keys are found and merge keys are put in.
//!
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

fn duplicates(tree: &Tree, entries: &[Entry]) -> Vec<Fault> {
    let mut pairs: Vec<(NodeId, NodeId)> = Vec::new();
    if entries.len() <= FEW {
        for (index, second) in entries.iter().enumerate() {
            let Some(wanted) = name(tree, second.key) else { continue };
            let earlier = entries.iter().take(index);
            if let Some(first) = earlier.copied().find(|first| name(tree, first.key) == Some(wanted)) {
                pairs.push((first.key, second.key));
            }
        }
    } else {
        pairs = duplicates_by_sorting(tree, entries);
    }
    let fault = |(first, second): (NodeId, NodeId)| Fault {
        at: tree.span(second).range,
        message: format!("the key `{}` stands twice in this mapping", shown(tree.scalar(second))),
        related: Some((tree.span(first).range, "first written here".to_owned())),
    };
    pairs.into_iter().map(fault).collect()
}

/// Sorting keeps equal keys in written order and needs no hash that a template could attack.
fn duplicates_by_sorting(tree: &Tree, entries: &[Entry]) -> Vec<(NodeId, NodeId)> {
    let mut keys: Vec<(Name<'_>, NodeId)> =
        entries.iter().filter_map(|entry| Some((name(tree, entry.key)?, entry.key))).collect();
    keys.sort_by(|(left, _), (right, _)| by_text(*left, *right));
    let mut pairs: Vec<(NodeId, NodeId)> = Vec::new();
    for group in keys.chunk_by(|(left, _), (right, _)| left == right) {
        if let [(_, first), rest @ ..] = group {
            pairs.extend(rest.iter().map(|&(_, second)| (*first, second)));
        }
    }
    pairs.sort_by_key(|&(_, second)| second);
    pairs
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
fn shown(key: Option<&str>) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = key.unwrap_or_default().chars().take(LONGEST + 1).collect();
    if shown.chars().count() > LONGEST {
        shown = shown.chars().take(LONGEST).chain(['…']).collect();
    }
    shown.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}
