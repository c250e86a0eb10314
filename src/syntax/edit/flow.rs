//! Edits inside brackets: YAML's flow style and JSON.

use crate::source::TextEdit;
use crate::syntax::edit::lines;
use crate::syntax::edit::site::Sites;
use crate::syntax::edit::written::{self, Written};
use crate::syntax::tree::{Entry, NodeId};

/// What stands behind the colon of a key.
pub(super) fn beside_key(sites: &Sites<'_>, value: &Written) -> Option<String> {
    Some(format!(" {}", written::inline(sites.tree, value, true)?))
}

/// What stands behind the colon of a key in place of another value: in JSON as the file is set.
pub(super) fn behind_colon(sites: &Sites<'_>, entry: Entry, value: &Written) -> Option<String> {
    let start = sites.tree.span(entry.key).range.start;
    let colon = colon(sites, entry.key).unwrap_or(": ");
    let text = match own_line(sites, start) {
        Some(indent) => spread(sites, value, indent, colon)?,
        None => written::inline(sites.tree, value, true)?,
    };
    let blank = if colon.ends_with(' ') { " " } else { "" };
    Some(close_up(sites, colon, format!("{blank}{text}")))
}

pub(super) fn insert(
    sites: &Sites<'_>,
    mapping: NodeId,
    key: &str,
    value: &Written,
    after: Option<&str>,
) -> Option<Vec<TextEdit>> {
    let entries = sites.tree.entries(mapping);
    let Some(first) = entries.first() else {
        let text =
            format!("{}: {}", written::key(sites.tree, key), written::inline(sites.tree, value, true)?);
        return into_empty(sites, mapping, text);
    };
    let wanted = after.and_then(|key| sites.tree.entry(mapping, key));
    let before = wanted.filter(|entry| sites.is_own_entry(mapping, *entry)).or(entries.last().copied())?;
    let end = match sites.is_absent(before.value) {
        true => {
            let key_end = sites.tree.span(before.key).range.end;
            sites.colon_after(key_end).unwrap_or(key_end)
        }
        false => sites.end_of(before.value).filter(|_| sites.is_own_entry(mapping, before))?,
    };
    let first_start = sites.tree.tagged_span(first.key).range.start;
    // The colon looks as that of the neighbour.
    let colon = colon(sites, before.key).unwrap_or(": ");
    let text = entry(sites, first_start, key, colon, value)?;
    Some(lines::insertion(end, close_up(sites, colon, format!("{}{text}", separator(sites, first_start)))))
}

/// A new entry before the first one, whose key is `first`.
pub(super) fn insert_before(
    sites: &Sites<'_>,
    first: NodeId,
    key: &str,
    value: &Written,
) -> Option<Vec<TextEdit>> {
    let start = sites.tree.tagged_span(first).range.start;
    let colon = colon(sites, first).unwrap_or(": ");
    let text = format!("{}{}", entry(sites, start, key, colon, value)?, separator(sites, start));
    Some(lines::insertion(start, close_up(sites, colon, text)))
}

/// A new entry as its neighbour that starts at `neighbour` is set: over several lines in JSON where that one begins
/// a line.
fn entry(sites: &Sites<'_>, neighbour: u32, key: &str, colon: &str, value: &Written) -> Option<String> {
    let value = match (own_line(sites, neighbour), sites.is_json()) {
        (Some(indent), true) => spread(sites, value, indent, colon)?,
        _ => written::inline(sites.tree, value, true)?,
    };
    Some(format!("{}{colon}{value}", written::key(sites.tree, key)))
}

/// JSON as the file is set: by its first colon.
pub(super) fn as_the_file(sites: &Sites<'_>, text: String) -> String {
    let top = sites.tree.root().and_then(|root| sites.tree.entries(root).first());
    let colon = top.and_then(|entry| colon(sites, entry.key)).unwrap_or(": ");
    close_up(sites, colon, text)
}

/// Leaves the blanks behind commas and colons out where the file has none.
fn close_up(sites: &Sites<'_>, colon: &str, text: String) -> String {
    if !sites.is_json() || colon != ":" {
        return text;
    }
    let (mut quoted, mut escaped, mut last) = (false, false, ' ');
    text.chars()
        .filter(|&c| {
            let keep = quoted || c != ' ' || !matches!(last, ',' | ':');
            if c == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = c == '\\' && !escaped;
            last = c;
            keep
        })
        .collect()
}

/// The text between a key and its value, if it is a colon with blanks.
fn colon<'text>(sites: &Sites<'text>, key: NodeId) -> Option<&'text str> {
    let start = sites.tree.span(key).range.end;
    let rest = sites.tree.text().get(start as usize..)?;
    let length = rest.find(|c| c != ' ' && c != ':').unwrap_or(rest.len());
    let text = rest.get(..length)?;
    (text.contains(':') && (text.ends_with(' ') || sites.is_json())).then_some(text)
}

/// The indentation of a line, if nothing else stands before `start` on it.
fn own_line<'text>(sites: &Sites<'text>, start: u32) -> Option<&'text str> {
    let before = lines::before(sites.tree.text(), start);
    before.trim().is_empty().then_some(before)
}

/// What separates a new element from the one before, as the first one is set: on a line of its own or not.
fn separator(sites: &Sites<'_>, first: u32) -> String {
    match own_line(sites, first) {
        Some(indent) => format!(",{}{indent}", lines::line_end(sites.tree.text())),
        None => ", ".to_owned(),
    }
}

/// A value of JSON over several lines: mappings that are not empty open up, and lists of such.
fn spread(sites: &Sites<'_>, value: &Written, close: &str, colon: &str) -> Option<String> {
    let nl = lines::line_end(sites.tree.text());
    let unit =
        if close.contains('\t') { "\t".to_owned() } else { " ".repeat(sites.indent_unit_of_brackets()) };
    let pad = format!("{close}{unit}");
    Some(match value {
        Written::Map(entries) if !entries.is_empty() => {
            let entry = |(key, value): &(String, Written)| {
                let value = spread(sites, value, &pad, colon)?;
                Some(format!("{pad}{}{colon}{value}", written::key(sites.tree, key)))
            };
            let all: Option<Vec<_>> = entries.iter().map(entry).collect();
            format!("{{{nl}{}{nl}{close}}}", all?.join(&format!(",{nl}")))
        }
        Written::List(items) if !items.is_empty() => {
            let item = |item: &Written| Some(format!("{pad}{}", spread(sites, item, &pad, colon)?));
            let all: Option<Vec<_>> = items.iter().map(item).collect();
            format!("[{nl}{}{nl}{close}]", all?.join(&format!(",{nl}")))
        }
        _ => written::inline(sites.tree, value, true)?,
    })
}

fn into_empty(sites: &Sites<'_>, collection: NodeId, text: String) -> Option<Vec<TextEdit>> {
    let range = sites.tree.span(collection).range;
    let inner = lines::range(range.start + 1, range.end.checked_sub(1)?);
    let blank = sites.text_of(inner)?.trim().is_empty();
    blank.then(|| vec![TextEdit { range: inner, text }])
}

pub(super) fn append(sites: &Sites<'_>, list: NodeId, item: &Written) -> Option<Vec<TextEdit>> {
    let (Some(&first), Some(&last)) = (sites.tree.items(list).first(), sites.tree.items(list).last()) else {
        return into_empty(sites, list, written::inline(sites.tree, item, true)?);
    };
    let start = sites.end_of(first).map(|_| sites.tree.tagged_span(first).range.start)?;
    // What is set on lines of its own opens up as its neighbour does.
    let open = sites.text_of(sites.tree.tagged_span(first).range).is_some_and(|text| text.contains('\n'));
    let text = match own_line(sites, start) {
        Some(indent) if open && sites.is_json() => spread(sites, item, indent, ": ")?,
        _ => written::inline(sites.tree, item, true)?,
    };
    let text = as_the_file(sites, format!("{}{text}", separator(sites, start)));
    Some(lines::insertion(sites.end_of(last)?, text))
}

/// Takes an element with the comma that belongs to it; `node` is an item, or the key of an entry.
pub(super) fn remove(sites: &Sites<'_>, parent: NodeId, node: NodeId) -> Option<Vec<TextEdit>> {
    let elements = sites.elements(parent);
    let index = elements.iter().position(|&(start, _)| start == node)?;
    let start_of =
        |index: usize| elements.get(index).map(|&(start, _)| sites.tree.tagged_span(start).range.start);
    let end_of = |index: usize| elements.get(index).and_then(|&(_, end)| sites.end_of(end));
    let range = match start_of(index + 1) {
        Some(next) => lines::range(start_of(index)?, next),
        None => lines::range(end_of(index.checked_sub(1)?)?, end_of(index)?),
    };
    Some(vec![TextEdit { range, text: String::new() }])
}
