//! Patterns over names of which a part is only known after deployment.
//!
//! Paths are always known; their patterns are those of the policy file (`crate::glob`).

use crate::policy::truth::Truth;

/// Longest text that is compared, in characters, times the longest pattern bounds the work.
const LENGTH_LIMIT: usize = 4096;

/// Stands in a text for a part of it that is not known; no template can hold it.
pub(super) const HOLE: char = '\0';

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    One(char),
    AnyOne,
    Many,
}

/// Whether the pattern matches the whole text: `*` stands for any characters, `?` for one. `Unknown` where that
/// depends on what a [`HOLE`] stands for.
pub(super) fn matches(pattern: &str, text: &str) -> Truth {
    let tokens: Vec<Token> = pattern.chars().map(token).collect();
    let text: Vec<char> = text.chars().collect();
    if text.len() > LENGTH_LIMIT || tokens.len() > LENGTH_LIMIT {
        return Truth::Unknown;
    }
    if run(&tokens, &text, false) {
        Truth::Yes
    } else if text.contains(&HOLE) && run(&tokens, &text, true) {
        Truth::Unknown
    } else {
        Truth::No
    }
}

fn token(letter: char) -> Token {
    match letter {
        '*' => Token::Many,
        '?' => Token::AnyOne,
        other => Token::One(other),
    }
}

/// Works from the end: `row[at]` says whether the tokens looked at so far match the text from `at` on. With
/// `generous` a hole is whatever helps, else only a star takes it.
fn run(tokens: &[Token], text: &[char], generous: bool) -> bool {
    let hole = |at: usize| text.get(at) == Some(&HOLE);
    let mut row = vec![false; text.len() + 1];
    for at in (0..=text.len()).rev() {
        let later = row.get(at + 1).copied().unwrap_or(true);
        set(&mut row, at, at == text.len() || (generous && hole(at) && later));
    }
    for token in tokens.iter().rev() {
        let mut next = vec![false; text.len() + 1];
        for at in (0..=text.len()).rev() {
            let here = text.get(at).copied();
            let rest = row.get(at).copied().unwrap_or(false);
            let rest_after = row.get(at + 1).copied().unwrap_or(false);
            let same_after = next.get(at + 1).copied().unwrap_or(false);
            let mut holds = match token {
                Token::One(wanted) => here == Some(*wanted) && rest_after,
                Token::AnyOne => here.is_some_and(|it| it != HOLE) && rest_after,
                Token::Many => rest || (here.is_some() && same_after),
            };
            // A generous hole is nothing, or it takes this token and is still there for the next one.
            holds |= generous && hole(at) && (same_after || rest);
            set(&mut next, at, holds);
        }
        row = next;
    }
    row.first().copied().unwrap_or(false)
}

fn set(row: &mut [bool], at: usize, value: bool) {
    if let Some(slot) = row.get_mut(at) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let table = [
            ("*-internal", "orders-internal", Truth::Yes),
            ("*-internal", "internal", Truth::No),
            ("*", "", Truth::Yes),
            ("a?c", "abc", Truth::Yes),
            ("a?c", "ac", Truth::No),
            ("a*b*c", "a/x/b/y/c", Truth::Yes),
            ("é*", "été", Truth::Yes),
            ("", "", Truth::Yes),
            ("", "a", Truth::No),
            ("network-*-vpce", "network-\0-vpce", Truth::Yes),
            ("network-prod-vpce", "network-\0-vpce", Truth::Unknown),
            ("network-prod-vpce", "network-\0-api", Truth::No),
            ("network-prod", "\0", Truth::Unknown),
            ("a?", "a\0", Truth::Unknown),
            ("abc", "abc\0", Truth::Unknown),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches(pattern, text), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn many_stars_cost_no_more_than_their_product() {
        let text = "a".repeat(4000);
        assert_eq!(matches(&"*a".repeat(1000), &format!("{text}b")), Truth::No);
        assert_eq!(matches("*", &"a".repeat(LENGTH_LIMIT + 1)), Truth::Unknown);
    }
}
