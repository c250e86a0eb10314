//! Places of parts of quoted texts: where a value inside `"K=V K2=V2"` stands in the file.

use crate::source::{Span, TextRange};

/// The place of the bytes `part` of the text `value`, which is written at `span` of `source`, quotes included. The
/// whole place when escapes or folding leave no such place.
pub(super) fn part_span(source: &str, span: Span, value: &str, part: std::ops::Range<usize>) -> Span {
    let Some(written) = source.get(span.range.as_usize()) else { return span };
    let Some(offsets) = offsets(written, value) else { return span };
    let (Some(start), Some(end)) = (offsets.get(part.start), offsets.get(part.end)) else { return span };
    let narrow = |at: usize| span.range.start + u32::try_from(at).unwrap_or(0);
    Span::new(span.file, TextRange::new(narrow(*start), narrow(*end)))
}

/// For each byte of `value`, and its end, the byte of `written` it comes from; `None` when it cannot be told.
fn offsets(written: &str, value: &str) -> Option<Vec<usize>> {
    let (open, escapes) = match written.as_bytes() {
        [b'"', b'"', b'"', ..] => (3, Some('\\')),
        [b'\'', b'\'', b'\'', ..] => (3, None),
        [b'"', ..] => (1, Some('\\')),
        [b'\'', ..] => (1, Some('\'')),
        _ => (0, None),
    };
    let mut offsets = Vec::with_capacity(value.len() + 1);
    let mut rest = written.get(open..)?;
    let mut at = open;
    for letter in value.chars() {
        let taken = one_letter(rest, letter, escapes)?;
        offsets.extend(std::iter::repeat_n(at, letter.len_utf8()));
        at += taken;
        rest = rest.get(taken..)?;
    }
    offsets.push(at);
    Some(offsets)
}

/// How many bytes of `rest` write `letter`.
fn one_letter(rest: &str, letter: char, escapes: Option<char>) -> Option<usize> {
    let first = rest.chars().next()?;
    if Some(first) != escapes {
        return (first == letter).then(|| first.len_utf8());
    }
    let second = rest.chars().nth(1)?;
    let code = |digits: usize| {
        let number = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
        (char::from_u32(number) == Some(letter)).then_some(2 + digits)
    };
    match (first, second) {
        ('\'', '\'') => (letter == '\'').then_some(2),
        ('\'', _) => None,
        (_, 'u') => code(4),
        (_, 'U') => code(8),
        (_, 'x') => code(2),
        (_, other) => {
            let meant = match other {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'e' => '\u{1b}',
                '0' => '\0',
                other => other,
            };
            (meant == letter).then(|| 1 + other.len_utf8())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn parts_of_texts_have_places() {
        for (written, value, part, shown) in [
            (r#""A=b C=d""#, "A=b C=d", 6..7, "d"),
            (r#""A=\"b c\"""#, "A=\"b c\"", 2..7, r#"\"b c\""#),
            (r#""\u00e9=x""#, "é=x", 3..4, "x"),
            ("'it''s=y'", "it's=y", 5..6, "y"),
            (r"'a\b=y'", r"a\b=y", 4..5, "y"),
            ("'''A=b'''", "A=b", 2..3, "b"),
            ("A=b", "A=b", 2..3, "b"),
            ("\"A=\\\n  b\"", "A=b", 2..3, "\"A=\\\n  b\""),
        ] {
            let length = u32::try_from(written.len()).expect("the text is short");
            let span = Span::new(FileId(0), TextRange::new(0, length));
            let found = part_span(written, span, value, part);
            assert_eq!(&written[found.range.as_usize()], shown, "{written}");
        }
    }
}
