//! Takes a table out of the text of a policy file; every other line stays as it is.
//!
//! Which table, and whether that is wanted, is for others to say.

use std::ops::Range;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::order::Order;
use crate::source::{TextEdit, TextRange};
use crate::syntax::edit::Edited;

/// The edit that takes out the table of an array of tables whose header (`[[exception]]`) stands at `header`, with the
/// empty lines that part it from what follows. Comments above it stay. `None` where no such table stands there on
/// lines of its own, and for one in brackets.
pub fn table(text: &str, header: TextRange) -> Option<Edited> {
    let top = DeTable::parse(text).ok()?.into_inner();
    let tables = top.iter().filter_map(|(_, value)| match value.get_ref() {
        DeValue::Array(items) => Some(items),
        _ => None,
    });
    let found = tables.flat_map(|items| items.iter()).find(|item| item.span() == header.as_usize())?;
    let DeValue::Table(members) = found.get_ref() else { return None };
    let header = header.as_usize();
    text.get(header.clone())?.starts_with("[[").then_some(())?;
    let start = line_start(text, header.start);
    text.get(start..header.start)?.trim().is_empty().then_some(())?;
    let parts = parts(&header, members);
    let last = parts.iter().map(|part| part.end).max()?;
    let end = line_end(text, last);
    let block = text.get(start..end)?;
    let drops_comment = holds_comment(text, start..end, parts) || would_move_comment(text, start, end);
    let range = with_empty_lines(text, start, start + block.len());
    let narrow = |at: usize| u32::try_from(at).ok();
    let range = TextRange::new(narrow(range.start)?, narrow(range.end)?);
    Some(Edited { edits: vec![TextEdit { range, text: String::new() }], drops_comment, shared: false })
}

/// The header, the keys and the values of a table.
fn parts(header: &Range<usize>, members: &DeTable<'_>) -> Vec<Range<usize>> {
    let spans = |(key, value): (&TomlSpanned<_>, &TomlSpanned<_>)| [key.span(), value.span()];
    std::iter::once(header.clone()).chain(members.iter().flat_map(spans)).collect()
}

/// Whether a comment stands in the lines, outside of the parts.
fn holds_comment(text: &str, lines: Range<usize>, mut parts: Vec<Range<usize>>) -> bool {
    parts.order_by_key(|part| part.start);
    let mut at = lines.start;
    for part in parts {
        let between = text.get(at..part.start.max(at)).unwrap_or_default();
        let inside = text.get(part.clone()).unwrap_or_default();
        // Only a list holds comments, between its items.
        if between.contains('#') || (inside.starts_with('[') && inside.lines().any(is_comment_in_list)) {
            return true;
        }
        at = at.max(part.end);
    }
    text.get(at..lines.end).unwrap_or_default().contains('#')
}

/// Whether a line of a list may hold a comment; one in a text counts.
fn is_comment_in_list(line: &str) -> bool {
    line.contains('#')
}

/// Whether a comment that stands right above the table would seem to speak of what comes next.
fn would_move_comment(text: &str, start: usize, end: usize) -> bool {
    let above = text.get(..start).unwrap_or_default().lines().next_back().unwrap_or_default();
    let below = text.get(end..).unwrap_or_default().lines().next().unwrap_or_default();
    above.trim_start().starts_with('#') && !below.trim().is_empty()
}

/// The lines with the empty ones behind them; at the end of the text with those before them. A comment above keeps
/// the empty lines that part it from what follows.
fn with_empty_lines(text: &str, start: usize, end: usize) -> Range<usize> {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let above = before.lines().next_back().unwrap_or_default();
    if after.trim().is_empty() {
        let kept = before.trim_end().len();
        let from = if kept == 0 { 0 } else { line_end(text, kept) };
        return from..text.len();
    }
    if above.trim_start().starts_with('#') {
        return start..end;
    }
    let blank = after.len() - after.trim_start().len();
    start..line_start(text, end + blank).max(end)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Where the line that holds `at` ends, its line end included.
fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "[[exception]]\nrules = [\"public-api\"]\nowner = \"a # b\"\n";
    const SECOND: &str = "[[exception]]\nrules = [\n  \"public-api\",\n]\nexpires = 2027-01-01\n";

    /// What is left when the `index`th table goes, and whether a comment does.
    fn without(text: &str, index: usize) -> Option<(String, bool)> {
        let (start, header) = text.match_indices("[[exception]]").nth(index).unwrap_or((0, ""));
        let range = TextRange::new(u32::try_from(start).ok()?, u32::try_from(start + header.len()).ok()?);
        let edited = table(text, range)?;
        let mut left = text.to_owned();
        for edit in edited.edits {
            left.replace_range(edit.range.as_usize(), &edit.text);
        }
        Some((left, edited.drops_comment))
    }

    #[test]
    fn the_other_lines_stay() {
        let table = [
            (
                format!("posture = \"private\"\n\n{FIRST}\n{SECOND}"),
                0,
                format!("posture = \"private\"\n\n{SECOND}"),
                false,
            ),
            (
                format!("posture = \"private\"\n\n{FIRST}\n{SECOND}"),
                1,
                format!("posture = \"private\"\n\n{FIRST}"),
                false,
            ),
            (FIRST.to_owned(), 0, String::new(), false),
            (format!("{FIRST}# why\n{SECOND}\n[rules]\n"), 0, format!("# why\n{SECOND}\n[rules]\n"), false),
            (format!("{FIRST}# why\n{SECOND}\n[rules]\n"), 1, format!("{FIRST}# why\n\n[rules]\n"), false),
            (format!("# why\n{FIRST}{SECOND}"), 0, format!("# why\n{SECOND}"), true),
            (format!("{FIRST}expires = 2027-01-01 # soon\n[rules]\n"), 0, "[rules]\n".to_owned(), true),
            (FIRST.replace('\n', "\r\n") + "\r\n# end\r\n", 0, "# end\r\n".to_owned(), false),
            (format!("  {}", FIRST.trim_end()), 0, String::new(), false),
        ];
        for (text, index, left, drops) in table {
            assert_eq!(without(&text, index), Some((left, drops)), "{text}");
        }
    }

    #[test]
    fn tables_in_brackets_are_left_alone() {
        let text = "exception = [{ rules = [\"public-api\"] }]\n";
        assert_eq!(table(text, TextRange::new(13, 40)), None);
        assert_eq!(table("[[exception", TextRange::new(0, 5)), None);
    }
}
