//! Lines of a text as edits need them. Offsets are bytes.

use crate::source::{TextEdit, TextRange};

pub(super) fn range(start: u32, end: u32) -> TextRange {
    TextRange::new(start, end)
}

/// The one edit that puts a text at `at`.
pub(super) fn insertion(at: u32, text: String) -> Vec<TextEdit> {
    vec![TextEdit { range: range(at, at), text }]
}

/// The line end that the text uses: that of its first line.
pub(super) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r') => "\r\n",
        _ => "\n",
    }
}

/// Whether each carriage return is followed by a line feed.
pub(super) fn end_with_line_feeds(text: &str) -> bool {
    memchr::memchr_iter(b'\r', text.as_bytes()).all(|at| text.as_bytes().get(at + 1) == Some(&b'\n'))
}

/// Offset of the first byte of the line that holds `offset`.
pub(super) fn start_of_line(text: &str, offset: u32) -> u32 {
    let before = text.get(..offset as usize).unwrap_or_default();
    before.rfind('\n').map_or(0, |at| u32::try_from(at + 1).unwrap_or(u32::MAX))
}

/// Offset of the end of the line that holds `offset`, its line end not included.
pub(super) fn end_of_line(text: &str, offset: u32) -> u32 {
    let rest = text.get(offset as usize..).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    let line = rest.get(..length).unwrap_or_default();
    offset + u32::try_from(line.trim_end_matches('\r').len()).unwrap_or(0)
}

/// Offset of the line after the one that holds `offset`, or the end of the text.
pub(super) fn next_line(text: &str, offset: u32) -> u32 {
    let rest = text.get(offset as usize..).unwrap_or_default();
    let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
    offset + u32::try_from(length).unwrap_or(0)
}

/// What stands before `offset` on its line.
pub(super) fn before(text: &str, offset: u32) -> &str {
    text.get(start_of_line(text, offset) as usize..offset as usize).unwrap_or_default()
}

/// Column of `offset` in bytes, a byte order mark left out.
pub(super) fn column(text: &str, offset: u32) -> usize {
    before(text, offset).trim_start_matches('\u{feff}').len()
}

/// Indentation of the first line that a text begins, if it begins with one.
pub(super) fn indent_of_first(text: &str) -> usize {
    let line = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}
