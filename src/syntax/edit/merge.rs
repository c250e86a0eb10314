//! Entries that a mapping is to have, whatever of it is there already.
//!
//! What is left out is not taken away.

use crate::source::TextEdit;
use crate::syntax::edit::site::{Place, Sites};
use crate::syntax::edit::written::{self, Written};
use crate::syntax::edit::{block, flow, lines, replace};
use crate::syntax::tree::{Entry, Kind, NodeId};

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
