//! Makes text from templates harmless to a terminal: no escape sequences, no reordered or invisible text.
//!
//! It does not judge whether text is sensible; it only replaces what a terminal would act on.

use std::borrow::Cow;

/// Longest name or message shown, in bytes. A logical id can be as long as the template.
const PHRASE_LIMIT: usize = 2000;

/// Whether a terminal acts on the character, or a reader cannot see it: controls, bidirectional overrides and
/// marks (U+202A-202E, U+2066-2069 and the like), line separators, zero-width spaces and tag characters.
pub(super) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A source line to show. Each byte of a harmful character becomes `?`, so offsets stay what they were; tabs
/// stay tabs.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    let harmful = |character: char| is_harmful(character) && character != '\t';
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            clean.extend(std::iter::repeat_n('?', character.len_utf8()));
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

/// A name or message to show on one line: harmful characters become `?`, white space becomes a blank, and far
/// too long text is cut.
pub(crate) fn phrase(text: &str) -> Cow<'_, str> {
    let kept = cut(text, PHRASE_LIMIT);
    if kept.len() == text.len() && !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean: String = kept
        .chars()
        .map(|character| match character {
            '\n' | '\t' | '\r' => ' ',
            harmful if is_harmful(harmful) => '?',
            harmless => harmless,
        })
        .collect();
    if kept.len() < text.len() {
        clean.push('…');
    }
    Cow::Owned(clean)
}

/// The head of `text`, at most `limit` bytes, never half a character.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_length() {
        for (given, shown) in [
            ("plain\tå", "plain\tå"),
            ("a\u{1b}[31mb", "a?[31mb"),
            ("a\u{202e}b", "a???b"),
            ("\u{9b}31m", "??31m"),
            ("\u{2066}\u{200b}x", "??????x"),
            ("\u{0}\u{7f}", "??"),
        ] {
            assert_eq!(line(given), shown);
            assert_eq!(line(given).len(), given.len());
        }
    }

    #[test]
    fn phrases_are_one_harmless_line() {
        assert_eq!(phrase("fine"), "fine");
        assert_eq!(phrase("a\nb\u{1b}\u{202e}"), "a b??");
        let long = phrase(&"é".repeat(5000)).into_owned();
        assert!(long.ends_with('…') && long.len() <= PHRASE_LIMIT + 3);
    }
}
