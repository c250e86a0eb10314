//! What values condition keys can have: the forms of ids.
//!
//! From the "AWS global condition context keys" page and the documented forms of the ids (VPC and endpoint
//! ids end in 8 or 17 hexadecimal digits). Which keys a caller has is in [`super::world`].

use super::pattern::{Class, Pattern, Token};
use super::text::{Symbol, Text};

/// Keys that may have several values.
const SEVERAL: [&str; 6] = [
    "aws:tagkeys",
    "aws:principalorgpaths",
    "aws:calledvia",
    "aws:principalservicenameslist",
    "aws:sourceorgpaths",
    "aws:vpceorgpaths",
];

/// The form of the values of a key: any of these patterns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Form(Vec<Pattern>);

impl Form {
    /// Any text but the empty one.
    pub fn anything() -> Self {
        Self(vec![Pattern::new(vec![Token::Any(Class::Any), Token::Many(Class::Any)])])
    }

    /// The documented form of the values of a key given in lower case, [`Self::anything`] where none is known.
    pub fn of_key(key: &str) -> Self {
        match key {
            "aws:sourcevpce" => Self::id("vpce-"),
            "aws:sourcevpc" => Self::id("vpc-"),
            "aws:principalorgid" => Self(vec![counted("o-", Class::LowerAlphanumeric, 10, 32)]),
            "aws:principalaccount" | "aws:sourceaccount" => Self(vec![counted("", Class::Digit, 12, 12)]),
            _ => Self::anything(),
        }
    }

    /// Whatever starts with this text.
    pub fn starting_with(text: &Text) -> Self {
        let mut tokens: Vec<Token> = text.symbols().iter().copied().map(Token::One).collect();
        tokens.push(Token::Many(Class::Any));
        Self(vec![Pattern::new(tokens)])
    }

    fn id(prefix: &str) -> Self {
        Self(vec![counted(prefix, Class::Hex, 8, 8), counted(prefix, Class::Hex, 17, 17)])
    }

    pub(super) fn patterns(&self) -> &[Pattern] {
        &self.0
    }
}

/// The prefix and `least` characters of the class; more up to any number when `most` is larger.
fn counted(prefix: &str, class: Class, least: usize, most: usize) -> Pattern {
    let mut tokens: Vec<Token> = prefix.chars().map(|c| Token::One(Symbol::of(c))).collect();
    tokens.extend(std::iter::repeat_n(Token::Any(class), least));
    if most > least {
        tokens.push(Token::Many(class));
    }
    Pattern::new(tokens)
}

/// Whether a key given in lower case may have several values.
pub fn has_several_values(key: &str) -> bool {
    SEVERAL.contains(&key)
}

/// Whether the values of a key given in lower case are ids with a known form, so that a name standing for one
/// has that form too.
pub(super) fn has_form(key: &str) -> bool {
    matches!(key, "aws:sourcevpce" | "aws:sourcevpc" | "aws:principalorgid" | "aws:principalaccount")
}

/// How many hexadecimal digits of an id such as `vpce-0a1b…` a pattern keeps.
pub(super) fn kept_digits(pattern: &Pattern) -> usize {
    let tokens = pattern.tokens();
    let start = tokens
        .iter()
        .rposition(|t| matches!(t, Token::One(s) | Token::Fold(s) if *s == Symbol::of('-')))
        .map_or_else(
            || {
                let prefix = "vpce".chars().map(Symbol::of);
                tokens
                    .iter()
                    .zip(prefix)
                    .take_while(|(t, c)| matches!(t, Token::One(s) | Token::Fold(s) if s == c))
                    .count()
            },
            |at| at + 1,
        );
    let kept = tokens.iter().skip(start).filter(|t| match t {
        Token::One(symbol) | Token::Fold(symbol) => {
            Class::Hex.holds(symbol.lower(), super::pattern::Mode::Must)
        }
        Token::Any(_) | Token::Many(_) => false,
    });
    kept.count()
}
