//! Escape sequences of double-quoted text in YAML and JSON: which are malformed, and where.
//!
//! Decodes for JSON only; YAML text comes decoded from its parser.

use crate::source::TextRange;
use crate::syntax::parse::range;

/// A malformed escape sequence.
pub(super) struct BadEscape<'text> {
    /// From the backslash to the last character that belongs to the sequence.
    pub(super) at: TextRange,
    written: &'text str,
    why: Why,
}

#[derive(Clone, Copy)]
enum Why {
    Unknown,
    Digits,
    Surrogate,
    NoCharacter,
}

impl BadEscape<'_> {
    /// What is wrong with it.
    pub(super) fn message(&self) -> String {
        let written = self.written.escape_debug().to_string().replace("\\\\", "\\");
        match self.why {
            Why::Unknown => {
                format!("`{written}` is no escape sequence; write `\\{written}` for a backslash")
            }
            Why::Digits => format!("`{written}` lacks hexadecimal digits"),
            Why::Surrogate => format!("`{written}` is half of a surrogate pair without its other half"),
            Why::NoCharacter => format!("`{written}` names no character"),
        }
    }
}

/// The first malformed escape sequence in the YAML text quoted with `"` that starts at `quote`.
pub(super) fn first_bad(text: &str, quote: usize) -> Option<BadEscape<'_>> {
    let mut at = quote + 1;
    loop {
        at += text.get(at..)?.find(['\\', '"'])?;
        if text.get(at..)?.starts_with('"') {
            return None;
        }
        let letter = text.get(at + 1..)?.chars().next()?;
        let end = match letter {
            'x' => hexadecimal(text, at, 2).map(|(_, end)| end),
            'u' => code_unit(text, at).map(|(_, end)| end),
            'U' => hexadecimal(text, at, 8).and_then(|(code, end)| match char::from_u32(code) {
                Some(_) => Ok(end),
                None => Err(bad(text, at, end, Why::NoCharacter)),
            }),
            '0' | 'a' | 'b' | 't' | '\t' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '/' | '\\' | 'N'
            | '_' | 'L' | 'P' | '\n' | '\r' => Ok(at + 2),
            _ => Err(bad(text, at, at + 1 + letter.len_utf8(), Why::Unknown)),
        };
        match end {
            Ok(end) => at = end,
            Err(bad) => return Some(bad),
        }
    }
}

/// The character of the JSON escape sequence at the backslash `at`, and the end of the sequence.
pub(super) fn json(text: &str, at: usize) -> Result<(char, usize), BadEscape<'_>> {
    let letter = text.get(at + 1..).and_then(|tail| tail.chars().next());
    let plain = match letter {
        Some('"') => '"',
        Some('\\') => '\\',
        Some('/') => '/',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return code_unit(text, at),
        Some(other) => return Err(bad(text, at, at + 1 + other.len_utf8(), Why::Unknown)),
        None => return Err(bad(text, at, at + 1, Why::Unknown)),
    };
    Ok((plain, at + 2))
}

/// `\uXXXX`, or a surrogate pair of two such sequences.
fn code_unit(text: &str, at: usize) -> Result<(char, usize), BadEscape<'_>> {
    let (high, end) = hexadecimal(text, at, 4)?;
    if let Some(character) = char::from_u32(high) {
        return Ok((character, end));
    }
    let alone = || bad(text, at, end, Why::Surrogate);
    if high >= 0xdc00 || !text.get(end..).is_some_and(|tail| tail.starts_with("\\u")) {
        return Err(alone());
    }
    let (low, pair_end) = hexadecimal(text, end, 4)?;
    if !(0xdc00..0xe000).contains(&low) {
        return Err(alone());
    }
    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    char::from_u32(code).map(|character| (character, pair_end)).ok_or_else(alone)
}

/// The number written by exactly `digits` hexadecimal digits two bytes behind `at`, and their end.
fn hexadecimal(text: &str, at: usize, digits: usize) -> Result<(u32, usize), BadEscape<'_>> {
    let start = at + 2;
    let tail = text.get(start..).unwrap_or_default();
    let found = tail.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let number =
        tail.get(..found).filter(|_| found == digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    number.map(|number| (number, start + digits)).ok_or_else(|| bad(text, at, start + found, Why::Digits))
}

fn bad(text: &str, start: usize, end: usize, why: Why) -> BadEscape<'_> {
    let at = range(start, end.min(text.len()));
    BadEscape { at, written: text.get(at.as_usize()).unwrap_or_default(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_bad_escape() {
        let table = [
            (r#""a\d b""#, r"\d"),
            (r#""\n\x4""#, r"\x4"),
            (r#""\ud83d\ude00 \ud83d""#, r"\ud83d"),
            (r#""\ude00""#, r"\ude00"),
            (r#""\ud83d\u0041""#, r"\ud83d"),
            (r#""\U00110000""#, r"\U00110000"),
            (r#""\\\é""#, r"\é"),
        ];
        for (text, expected) in table {
            let bad = first_bad(text, 0).expect("each text has one");
            assert_eq!(&text[bad.at.as_usize()], expected);
            assert!(bad.message().starts_with(&format!("`{expected}`")), "{}", bad.message());
        }
        assert!(first_bad(r#""\\\"\u00e9" \d"#, 0).is_none());
        assert!(first_bad("\"open", 0).is_none());
    }

    #[test]
    fn decodes_json_escapes() {
        let decoded = |text| json(text, 0).ok();
        assert_eq!(decoded(r"\n"), Some(('\n', 2)));
        assert_eq!(decoded(r"\ud83d\ude00x"), Some(('😀', 12)));
        assert_eq!(decoded(r"\u00e9"), Some(('é', 6)));
        assert!(decoded(r"\x41").is_none());
        assert!(decoded("\\").is_none());
    }
}
