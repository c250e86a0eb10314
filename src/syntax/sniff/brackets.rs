//! Signs in JSON and YAML that stands in brackets, found by following brackets and quotes.
//!
//! A string is taken to end at its line's end when its quote is not closed before, so one lost quote does not
//! hide the rest.

use super::{Signs, is_type, value_of};

/// Looks through `text`, which starts with `{`.
pub(super) fn scan(text: &str, signs: &mut Signs) {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut section = "";
    let mut at = 0;
    // Whether a key without quotes may stand here: behind `{` and `,`. One with quotes is known by its colon,
    // so a forgotten comma does not hide it.
    let mut key_next = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                key_next = byte == b'{';
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                key_next = false;
                at += 1;
            }
            b',' => {
                key_next = true;
                at += 1;
            }
            b'/' | b'#' if starts_comment(bytes, at) => at = line_end(bytes, at),
            b'"' | b'\'' | b'A'..=b'Z' | b'a'..=b'z' => {
                let end = word_end(bytes, at);
                let word = text.get(at..end).unwrap_or_default().trim_matches(['"', '\'']);
                let quoted = matches!(byte, b'"' | b'\'');
                let is_key = (quoted || key_next) && value_of(text.get(end..).unwrap_or_default()).is_some();
                if is_key && depth == 1 {
                    section = word;
                    signs.keys.add(word);
                    signs.format_version |= word == "AWSTemplateFormatVersion";
                }
                sign(word, is_key, section, text.get(end..).unwrap_or_default(), signs);
                key_next = false;
                at = end;
            }
            _ => at += 1,
        }
        if signs.settled() {
            return;
        }
    }
}

/// What a word inside a top-level section tells.
fn sign(word: &str, is_key: bool, section: &str, tail: &str, signs: &mut Signs) {
    match section {
        "Transform" => signs.aws_transform |= !is_key && word.contains("AWS::"),
        "Resources" => {
            signs.typed_resource |= is_key && word == "Type" && value_of(tail).is_some_and(is_type);
        }
        _ => {}
    }
}

/// End of the quoted string or bare word that starts at `at`.
fn word_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at).copied().unwrap_or_default();
    if !matches!(quote, b'"' | b'\'') {
        let len =
            bytes.iter().skip(at).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        return at + len.max(1);
    }
    let mut from = at + 1;
    loop {
        let Some(len) = bytes.get(from..).and_then(|tail| memchr::memchr3(quote, b'\\', b'\n', tail)) else {
            return bytes.len();
        };
        from += len;
        match bytes.get(from) {
            Some(b'\\') => from += 2,
            Some(b'\n') | None => return from.min(bytes.len()),
            Some(_) => return from + 1,
        }
    }
}

/// `//` and `#` behind white space: no JSON, but people write it.
fn starts_comment(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let open = before.is_none_or(u8::is_ascii_whitespace) || before == Some(&b',') || before == Some(&b'{');
    open && (bytes.get(at) == Some(&b'#') || bytes.get(at + 1) == Some(&b'/'))
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|tail| memchr::memchr(b'\n', tail)).map_or(bytes.len(), |len| at + len)
}
