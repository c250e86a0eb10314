//! Where to point: offsets turned into ranges that a caret can be drawn under.
//!
//! Knows characters and line ends only; which offset is at fault is decided elsewhere.

use crate::source::TextRange;
use crate::syntax::parse::range;

/// A range for an error at byte offset `at`: the character there if it can be seen; else the nearest visible
/// one before it on its line, then after it on its line, then the last visible one before, then the first
/// after. Empty only when the text has nothing visible.
pub(super) fn visible(text: &str, at: usize) -> TextRange {
    let at = floor(text, at.min(text.len()));
    let (before, after) = text.split_at(at);
    let line_head = before.rfind(['\n', '\r']).map_or(before, |end| &before[end + 1..]);
    let line_tail = after.find(['\n', '\r']).map_or(after, |end| &after[..end]);
    if let Some(character) = line_tail.chars().next().filter(|&character| can_be_seen(character)) {
        return range(at, at + character.len_utf8());
    }
    last_visible(line_head, at - line_head.len())
        .or_else(|| first_visible(line_tail, at))
        .or_else(|| last_visible(before, 0))
        .or_else(|| first_visible(after, at))
        .unwrap_or(range(at, at))
}

/// The word at `at`: from there to the next space, line end or flow indicator; [`visible`] when there is none.
pub(super) fn word(text: &str, at: usize) -> TextRange {
    let at = floor(text, at.min(text.len()));
    let after = &text[at..];
    let stops = |character: char| !can_be_seen(character) || matches!(character, ',' | '[' | ']' | '{' | '}');
    let len = after.find(stops).unwrap_or(after.len());
    if len == 0 { visible(text, at) } else { range(at, at + len) }
}

/// From `at` to the end of its line, trailing space excluded; [`visible`] when nothing can be seen there.
pub(super) fn tail(text: &str, at: usize) -> TextRange {
    let at = floor(text, at.min(text.len()));
    let after = &text[at..];
    let end = after.find(['\n', '\r']).unwrap_or(after.len());
    let len = after[..end].trim_end().len();
    if after.starts_with(can_be_seen) && len > 0 { range(at, at + len) } else { visible(text, at) }
}

/// The whole line around `at` without its indentation, trailing space and line end.
pub(super) fn line(text: &str, at: usize) -> TextRange {
    let at = floor(text, at.min(text.len()));
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |len| at + len);
    let written = &text[start..end];
    let trimmed = written.trim();
    if trimmed.is_empty() {
        return visible(text, at);
    }
    let lead = written.len() - written.trim_start().len();
    range(start + lead, start + lead + trimmed.len())
}

fn can_be_seen(character: char) -> bool {
    !character.is_whitespace() && character != '\u{feff}'
}

fn last_visible(part: &str, offset: usize) -> Option<TextRange> {
    let (at, character) = part.char_indices().rev().find(|&(_, character)| can_be_seen(character))?;
    Some(range(offset + at, offset + at + character.len_utf8()))
}

fn first_visible(part: &str, offset: usize) -> Option<TextRange> {
    let (at, character) = part.char_indices().find(|&(_, character)| can_be_seen(character))?;
    Some(range(offset + at, offset + at + character.len_utf8()))
}

/// The character boundary at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_something_visible() {
        let table = [
            ("a: b\n", 4, "b"),
            ("a: b\n", 5, "b"),
            ("a:\n\n  \n", 6, ":"),
            ("  é", 0, "é"),
            ("é: x", 1, "é"),
            ("\u{feff}a", 0, "a"),
            ("", 0, ""),
            (" \n", 9, ""),
        ];
        for (text, at, expected) in table {
            assert_eq!(&text[visible(text, at).as_usize()], expected, "{text:?} at {at}");
        }
    }

    #[test]
    fn words_and_lines() {
        assert_eq!(word("a: [bc, d]", 4), range(4, 6));
        assert_eq!(word("a: [bc, d]", 6), range(6, 7));
        assert_eq!(line("x\r\n  foo: bar \r\n", 7), range(5, 13));
    }
}
