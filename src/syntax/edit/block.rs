//! Edits of YAML that is written with indentation.

use crate::source::{TextEdit, TextRange};
use crate::syntax::edit::lines;
use crate::syntax::edit::site::Sites;
use crate::syntax::edit::written::{self, Written};
use crate::syntax::tree::NodeId;

/// What stands behind the colon of a key that starts at `column` (bytes): a value on the same line, or a block
/// on the lines below.
pub(super) fn below_key(sites: &Sites<'_>, column: usize, value: &Written) -> Option<String> {
    let deeper = column + sites.indent_unit();
    let line = format!("{}{}", lines::line_end(sites.tree.text()), " ".repeat(deeper));
    match value {
        Written::Map(entries) if !entries.is_empty() => {
            let entry = |(key, value): &(String, Written)| {
                Some(format!("{line}{}:{}", written::key(sites.tree, key), below_key(sites, deeper, value)?))
            };
            entries.iter().map(entry).collect()
        }
        Written::List(items) if items.iter().any(|item| matches!(item, Written::Map(_))) => items
            .iter()
            .map(|item| Some(format!("{line}- {}", behind_dash(sites, deeper + 2, item)?)))
            .collect(),
        _ => Some(format!(" {}", written::inline(sites.tree, value, false)?)),
    }
}

/// An item whose text starts at `column` (bytes).
fn behind_dash(sites: &Sites<'_>, column: usize, item: &Written) -> Option<String> {
    let Written::Map(entries) = item else { return written::inline(sites.tree, item, false) };
    let line = format!("{}{}", lines::line_end(sites.tree.text()), " ".repeat(column));
    let entry = |(key, value): &(String, Written)| {
        Some(format!("{}:{}", written::key(sites.tree, key), below_key(sites, column, value)?))
    };
    Some(entries.iter().map(entry).collect::<Option<Vec<_>>>()?.join(&line))
}

/// The indentation of the elements of a block collection, if only indentation and dashes stand before the first.
fn column_of_elements(sites: &Sites<'_>, first: u32) -> Option<usize> {
    let text = sites.tree.text();
    let before = lines::before(text, first).trim_start_matches('\u{feff}');
    before.chars().all(|c| matches!(c, ' ' | '-')).then(|| lines::column(text, first))
}

pub(super) fn insert(
    sites: &Sites<'_>,
    mapping: NodeId,
    key: &str,
    value: &Written,
    after: Option<&str>,
) -> Option<Vec<TextEdit>> {
    let (tree, text) = (sites.tree, sites.tree.text());
    let entries = tree.entries(mapping);
    let own = |entry: &&crate::syntax::tree::Entry| sites.is_own_entry(mapping, **entry);
    let first = entries.iter().find(own)?;
    let wanted = after.and_then(|key| entries.iter().find(|entry| tree.scalar(entry.key) == Some(key)));
    let before = wanted.filter(own).or_else(|| entries.last().filter(own));
    match before.filter(|entry| !sites.keeps_empty_lines(entry.value)) {
        Some(before) => {
            let column = column_of_elements(sites, tree.tagged_span(first.key).range.start)?;
            let entry = format!("{}:{}", written::key(tree, key), below_key(sites, column, value)?);
            let (nl, pad) = (lines::line_end(text), " ".repeat(column));
            let end = sites.end_of(before.value)?.max(tree.span(before.key).range.end);
            Some(lines::insertion(lines::end_of_line(text, end), format!("{nl}{pad}{entry}")))
        }
        None => insert_before(sites, first.key, key, value),
    }
}

/// A new entry before the first one, whose key is `first`.
pub(super) fn insert_before(
    sites: &Sites<'_>,
    first: NodeId,
    key: &str,
    value: &Written,
) -> Option<Vec<TextEdit>> {
    let (tree, text) = (sites.tree, sites.tree.text());
    let start = tree.tagged_span(first).range.start;
    let column = column_of_elements(sites, start)?;
    let entry = format!("{}:{}", written::key(tree, key), below_key(sites, column, value)?);
    Some(lines::insertion(start, format!("{entry}{}{}", lines::line_end(text), " ".repeat(column))))
}

pub(super) fn append(sites: &Sites<'_>, list: NodeId, item: &Written) -> Option<Vec<TextEdit>> {
    let text = sites.tree.text();
    let last = *sites.tree.items(list).last()?;
    // A list starts at its first dash.
    let column = column_of_elements(sites, sites.tree.span(list).range.start)?;
    (!sites.keeps_empty_lines(last)).then_some(())?;
    let end = lines::end_of_line(text, sites.end_of(last)?);
    let (nl, pad) = (lines::line_end(text), " ".repeat(column));
    Some(lines::insertion(end, format!("{nl}{pad}- {}", behind_dash(sites, column + 2, item)?)))
}

/// Takes the lines of an entry (by its key) or of an item.
pub(super) fn remove(sites: &Sites<'_>, parent: NodeId, node: NodeId) -> Option<Vec<TextEdit>> {
    let (tree, text) = (sites.tree, sites.tree.text());
    let entry = tree.entries(parent).iter().find(|entry| entry.key == node);
    let value = entry.map_or(node, |entry| entry.value);
    // What stands behind the lines would belong to a text before them.
    let elements = sites.elements(parent);
    let index = elements.iter().position(|&(element, _)| element == node)?;
    let before = index.checked_sub(1).and_then(|before| elements.get(before)).map(|&(_, value)| value);
    (!before.into_iter().chain([value]).any(|value| sites.keeps_empty_lines(value))).then_some(())?;
    let start = tree.tagged_span(node).range.start;
    let start = match entry {
        Some(_) => start,
        // The dash of an item stands before it, on this line or on one above.
        None => u32::try_from(text.get(..start as usize)?.rfind('-')?).ok()?,
    };
    let end = sites.end_of(value)?.max(tree.span(node).range.end);
    if lines::before(text, start).trim().is_empty() {
        let (from, to) = (lines::start_of_line(text, start), lines::next_line(text, end));
        // The last line of a text without a final line end goes with the line end before it.
        let at_end = to as usize == text.len() && !text.ends_with('\n');
        let range = if at_end && from > 0 {
            lines::range(lines::end_of_line(text, from - 1).min(from - 1), to)
        } else {
            lines::range(from, to)
        };
        return Some(vec![TextEdit { range, text: String::new() }]);
    }
    // The first one behind a dash: what follows moves up.
    let next = tree.tagged_span(elements.get(index + 1)?.0).range.start;
    entry.is_some().then(|| vec![TextEdit { range: lines::range(start, next), text: String::new() }])
}

/// Puts a dash before a block of several lines and moves it to the right.
pub(super) fn wrap(sites: &Sites<'_>, node: NodeId, range: TextRange) -> Option<Vec<TextEdit>> {
    into_list(sites, node, range, "", &[])
}

/// Makes a block the last item of the list below a function's tag.
pub(super) fn call(
    sites: &Sites<'_>,
    node: NodeId,
    range: TextRange,
    function: &str,
    before: &[Written],
) -> Option<Vec<TextEdit>> {
    let tag = format!(" !{}", function.strip_prefix("Fn::")?);
    let before = before.iter().map(|argument| written::inline(sites.tree, argument, false));
    into_list(sites, node, range, &tag, &before.collect::<Option<Vec<_>>>()?)
}

/// Makes a block the last item of a list: `tag` stands behind the key, `before` are the items before it.
fn into_list(
    sites: &Sites<'_>,
    node: NodeId,
    range: TextRange,
    tag: &str,
    before: &[String],
) -> Option<Vec<TextEdit>> {
    let text = sites.tree.text();
    let super::site::Place::Value { entry, .. } = sites.place(node)? else { return None };
    let key_column = lines::column(text, sites.tree.span(entry.key).range.start);
    column_of_elements(sites, sites.tree.tagged_span(entry.key).range.start)?;
    let below = sites.is_block_below(node);
    let dash = column_of_dash(sites, node, key_column, range);
    let line = format!("{}{}", lines::line_end(text), " ".repeat(dash));
    let head: String = before.iter().map(|item| format!("- {item}{line}")).collect();
    let mut starts = Vec::new();
    let mut next = lines::next_line(text, range.start);
    while next < range.end {
        let line = text.get(next as usize..lines::end_of_line(text, next) as usize)?;
        if !line.trim().is_empty() {
            starts.push((next, line.len() - line.trim_start_matches(' ').len()));
        }
        next = lines::next_line(text, next);
    }
    let least = starts.iter().map(|&(_, indent)| indent).min().unwrap_or(dash);
    let shift = (dash + 2).saturating_sub(least.min(if below { dash } else { least }));
    let from = sites.colon_after(sites.tree.span(entry.key).range.end)?;
    let mut edits = if below {
        let tagged = (!tag.is_empty()).then(|| lines::insertion(from, tag.to_owned()));
        let mut edits = tagged.unwrap_or_default();
        edits.extend(lines::insertion(range.start, format!("{head}- ")));
        edits
    } else {
        vec![TextEdit { range: lines::range(from, range.start), text: format!("{tag}{line}{head}- ") }]
    };
    edits.extend(starts.into_iter().flat_map(|(at, _)| lines::insertion(at, " ".repeat(shift))));
    Some(edits)
}

/// Another item behind a block that gets a dash.
pub(super) fn behind_wrapped(
    sites: &Sites<'_>,
    node: NodeId,
    range: TextRange,
    item: &Written,
) -> Option<Vec<TextEdit>> {
    let text = sites.tree.text();
    let super::site::Place::Value { entry, .. } = sites.place(node)? else { return None };
    (!sites.keeps_empty_lines(node)).then_some(())?;
    let key_column = lines::column(text, sites.tree.span(entry.key).range.start);
    let dash = column_of_dash(sites, node, key_column, range);
    let (nl, pad) = (lines::line_end(text), " ".repeat(dash));
    let item = behind_dash(sites, dash + 2, item)?;
    Some(lines::insertion(lines::end_of_line(text, range.end), format!("{nl}{pad}- {item}")))
}

/// The column of the dash that a value below a key gets.
fn column_of_dash(sites: &Sites<'_>, node: NodeId, key_column: usize, range: TextRange) -> usize {
    if sites.is_block_below(node) {
        lines::column(sites.tree.text(), range.start)
    } else {
        key_column + sites.indent_unit()
    }
}
