//! Finds the comments between two tokens of a YAML text.
//!
//! Only looks at gaps, so a `#` inside a scalar is never met. Reads no comment's content.

use crate::source::TextRange;
use crate::syntax::parse::range;

/// The comments in `text[start..end]`, which must hold no scalar. A comment starts at a `#` that follows
/// white space or starts the text, and ends before the line end.
pub(super) fn comments(text: &str, start: usize, end: usize) -> impl Iterator<Item = TextRange> {
    let bytes = text.as_bytes();
    let mut from = start;
    std::iter::from_fn(move || {
        loop {
            let at = from + memchr::memchr(b'#', bytes.get(from..end)?)?;
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            let starts = at == start_of_content(text)
                || before.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            if !starts {
                from = at + 1;
                continue;
            }
            let tail = bytes.get(at..)?;
            let stop = memchr::memchr2(b'\n', b'\r', tail).map_or(text.len(), |len| at + len);
            from = stop.max(at + 1);
            return Some(range(at, stop));
        }
    })
}

/// The characters of `gap` that stand in no comment, with their byte offsets. A gap starts behind a token.
pub(super) fn outside_comments(gap: &str) -> impl Iterator<Item = (usize, char)> {
    let mut comment = false;
    let mut spaced = true;
    gap.char_indices().filter(move |&(_, character)| {
        match character {
            '\n' | '\r' => comment = false,
            '#' if spaced => comment = true,
            _ => {}
        }
        spaced = character.is_whitespace();
        !comment
    })
}

/// Offset after a byte order mark.
fn start_of_content(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_comments_in_gaps() {
        let found = |text: &'static str| -> Vec<&str> {
            comments(text, 0, text.len()).map(|range| &text[range.as_usize()]).collect()
        };
        assert_eq!(found("# a\r\n  # b\n\t#\n&x#y: #c"), ["# a", "# b", "#", "#c"]);
        assert_eq!(found("\u{feff}#a\r#b"), ["#a", "#b"]);
        assert!(found("").is_empty());
        assert_eq!(comments("a #b", 2, 2).count(), 0);
    }
}
