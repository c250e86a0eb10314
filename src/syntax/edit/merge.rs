//! Entries that a mapping is to have, whatever of it is there already.
//!
//! What is left out is not taken away.

use std::borrow::Cow;

use crate::source::TextEdit;
use crate::syntax::edit::Change;
use crate::syntax::edit::site::{Place, Sites};
use crate::syntax::edit::written::{self, Written};
use crate::syntax::edit::{block, flow, lines, replace};
use crate::syntax::tree::{Entry, Kind, NodeId};

/// The changes, with one in place of several merges that would each make the same missing mapping, or fill the same
/// empty one. `None` where these contradict each other.
pub(super) fn together<'c>(sites: &Sites<'_>, changes: &'c [Change]) -> Option<Vec<Cow<'c, Change>>> {
    let mut found: Vec<Cow<'c, Change>> = Vec::new();
    for change in changes {
        let Some(outer) = outermost(sites, change) else {
            found.push(Cow::Borrowed(change));
            continue;
        };
        match found.iter_mut().find(|known| is_at_same_place(known, &outer)) {
            Some(known) => join(known.to_mut(), outer)?,
            None => found.push(Cow::Owned(outer)),
        }
    }
    Some(found)
}

/// A merge as one at the outermost mapping that it makes or fills; `None` for one into mappings that are there.
fn outermost(sites: &Sites<'_>, change: &Change) -> Option<Change> {
    let Change::Merge { within, path, entries, replaces, after, first } = change else { return None };
    let mut node = within.map_or_else(|| sites.tree.root(), |at| sites.value(at))?;
    let mut depth = 0;
    let there = loop {
        if !sites.tree.is_mapping(node) {
            return None;
        }
        let key = path.get(depth)?;
        match sites.tree.entry(node, key) {
            None if sites.tree.entries(node).is_empty() => break depth,
            None => break depth + 1,
            Some(entry) if sites.is_absent(entry.value) => break depth + 1,
            Some(entry) => node = entry.value,
        }
        depth += 1;
    };
    let (path, inner) = path.split_at_checked(there)?;
    let nest = |entries, key: &String| vec![(key.clone(), Written::Map(entries))];
    let entries = inner.iter().rev().fold(entries.clone(), nest);
    Some(Change::Merge { within: *within, path: path.to_vec(), entries, replaces: *replaces, after, first })
}

fn is_at_same_place(known: &Change, other: &Change) -> bool {
    let place = |change: &Change| match change {
        Change::Merge { within, path, .. } => Some((*within, path.clone())),
        _ => None,
    };
    place(known).is_some() && place(known) == place(other)
}

fn join(known: &mut Change, other: Change) -> Option<()> {
    let Change::Merge { entries: known, .. } = known else { return None };
    let Change::Merge { entries, .. } = other else { return None };
    join_entries(known, entries)
}

fn join_entries(known: &mut Vec<(String, Written)>, entries: Vec<(String, Written)>) -> Option<()> {
    for (key, value) in entries {
        match (known.iter_mut().find(|(name, _)| *name == key), value) {
            (None, value) => known.push((key, value)),
            (Some((_, Written::Map(inner))), Written::Map(entries)) => join_entries(inner, entries)?,
            (Some((_, there)), value) => (*there == value).then_some(())?,
        }
    }
    Some(())
}

/// What a mapping is to have, and where it stands.
pub(super) struct Wanted<'a> {
    /// Entries of the mapping.
    pub(super) entries: &'a [(String, Written)],
    /// Whether something other than a mapping gives way.
    pub(super) replaces: bool,
    /// Keys to stand behind, the last of them that is there.
    pub(super) after: &'a [&'static str],
    /// Keys that stand first where none of those is there.
    pub(super) first: &'a [&'static str],
}

/// Descends as far as the path exists, makes what is missing, and merges the entries there.
pub(super) fn merge(
    sites: &Sites<'_>,
    mapping: NodeId,
    path: &[String],
    wanted: &Wanted<'_>,
) -> Option<Vec<TextEdit>> {
    let Some((key, rest)) = path.split_first() else { return into(sites, mapping, wanted) };
    is_plain_mapping(sites, mapping).then_some(())?;
    let whole = || Written::Map(wanted.entries.to_vec());
    let missing = || rest.iter().rev().fold(whole(), |inner, key| Written::Map(vec![(key.clone(), inner)]));
    let Some(entry) = sites.tree.entry(mapping, key) else {
        return insert(sites, mapping, key, &missing(), wanted);
    };
    // What a merge key or an alias brings belongs to others as well.
    sites.is_own_entry(mapping, entry).then_some(())?;
    if sites.is_absent(entry.value) {
        return sites.fill(mapping, entry, &missing());
    }
    if is_plain_mapping(sites, entry.value) {
        return merge(sites, entry.value, rest, wanted);
    }
    (rest.is_empty() && wanted.replaces).then(|| put(sites, mapping, entry, &whole()))?
}

fn into(sites: &Sites<'_>, mapping: NodeId, wanted: &Wanted<'_>) -> Option<Vec<TextEdit>> {
    is_plain_mapping(sites, mapping).then_some(())?;
    if sites.tree.entries(mapping).is_empty() {
        return replace(sites, mapping, &Written::Map(wanted.entries.to_vec()));
    }
    let mut found = Vec::new();
    for (key, value) in wanted.entries {
        let edits = match sites.tree.entry(mapping, key) {
            None => insert(sites, mapping, key, value, wanted)?,
            Some(entry) => {
                sites.is_own_entry(mapping, entry).then_some(())?;
                over(sites, mapping, entry, value)?
            }
        };
        found.extend(edits);
    }
    Some(found)
}

/// A value in place of one that is there, which stays as far as it says the same.
fn over(sites: &Sites<'_>, mapping: NodeId, entry: Entry, value: &Written) -> Option<Vec<TextEdit>> {
    let node = entry.value;
    if sites.is_absent(node) {
        return sites.fill(mapping, entry, value);
    }
    match value {
        Written::Map(entries) if is_plain_mapping(sites, node) => {
            into(sites, node, &Wanted { entries, replaces: true, after: &[], first: &[] })
        }
        Written::List(items) if is_as_long(sites, node, items.len()) => {
            let each = sites.tree.items(node).iter().zip(items);
            let edits = each.map(|(&node, item)| item_over(sites, node, item));
            Some(edits.collect::<Option<Vec<_>>>()?.concat())
        }
        Written::List(items) if matches!(items.as_slice(), [item] if says(sites, node, item)) => {
            Some(Vec::new())
        }
        _ if says(sites, node, value) => Some(Vec::new()),
        _ => put(sites, mapping, entry, value),
    }
}

fn item_over(sites: &Sites<'_>, node: NodeId, item: &Written) -> Option<Vec<TextEdit>> {
    if says(sites, node, item) { Some(Vec::new()) } else { replace(sites, node, item) }
}

/// A value in place of another, set as its neighbours are.
fn put(sites: &Sites<'_>, mapping: NodeId, entry: Entry, value: &Written) -> Option<Vec<TextEdit>> {
    let end = sites.own_range(entry.value)?.end;
    let many = matches!(value, Written::Map(_) | Written::List(_));
    let flow = sites.is_bracketed(mapping) || sites.in_brackets(mapping);
    if !many || (flow && !sites.is_json()) {
        return replace(sites, entry.value, value);
    }
    let Place::Value { .. } = sites.place(entry.value)? else { return None };
    let key = sites.tree.span(entry.key).range;
    let colon = sites.colon_after(key.end)?;
    let text = if flow {
        flow::behind_colon(sites, entry, value)?
    } else {
        block::below_key(sites, lines::column(sites.tree.text(), key.start), value)?
    };
    Some(vec![TextEdit { range: lines::range(colon, end), text }])
}

fn insert(
    sites: &Sites<'_>,
    mapping: NodeId,
    key: &str,
    value: &Written,
    wanted: &Wanted<'_>,
) -> Option<Vec<TextEdit>> {
    if sites.tree.entries(mapping).is_empty() {
        return replace(sites, mapping, &Written::Map(vec![(key.to_owned(), value.clone())]));
    }
    let mut written = sites.tree.entries(mapping).iter().rev().filter_map(|it| sites.tree.scalar(it.key));
    let after = written.find(|key| wanted.after.contains(key));
    if after.is_none() && wanted.first.contains(&key) {
        return first(sites, mapping, key, value);
    }
    if sites.is_bracketed(mapping) {
        flow::insert(sites, mapping, key, value, after)
    } else {
        block::insert(sites, mapping, key, value, after)
    }
}

fn first(sites: &Sites<'_>, mapping: NodeId, key: &str, value: &Written) -> Option<Vec<TextEdit>> {
    let first = sites.tree.entries(mapping).first().filter(|entry| sites.is_own_entry(mapping, **entry))?;
    if sites.is_bracketed(mapping) {
        flow::insert_before(sites, first.key, key, value)
    } else {
        block::insert_before(sites, first.key, key, value)
    }
}

/// Whether a node is written here and is a mapping, not the result of a function.
fn is_plain_mapping(sites: &Sites<'_>, node: NodeId) -> bool {
    sites.tree.is_mapping(node)
        && sites.tree.tag(node).is_none()
        && sites.place(node).is_some()
        && !is_long_call(sites, node)
}

/// Whether it is a function in its long form.
fn is_long_call(sites: &Sites<'_>, node: NodeId) -> bool {
    let [only] = sites.tree.entries(node) else { return false };
    sites.tree.scalar(only.key).is_some_and(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn is_as_long(sites: &Sites<'_>, node: NodeId, length: usize) -> bool {
    let plain = sites.tree.is_sequence(node) && sites.tree.tag(node).is_none();
    plain && sites.tree.items(node).len() == length && length > 0
}

/// Whether a node says a value already: the same text, or what is to be copied from there.
fn says(sites: &Sites<'_>, node: NodeId, value: &Written) -> bool {
    let text = || match sites.tree.node(node).kind {
        Kind::Scalar { .. } if sites.tree.tag(node).is_none() => sites.tree.scalar(node),
        _ => None,
    };
    match value {
        Written::Copy(span) => *span == sites.tree.tagged_span(node) || *span == sites.tree.span(node),
        Written::Text(wanted) => text() == Some(wanted.as_str()),
        Written::Plain(_)
        | Written::Call(..)
        | Written::Attribute { .. }
        | Written::List(_)
        | Written::Map(_) => {
            let written = sites.own_range(node).and_then(|range| sites.text_of(range));
            written.is_some_and(|text| written::inline(sites.tree, value, true).as_deref() == Some(text))
        }
    }
}
