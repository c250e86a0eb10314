//! Policy text cut into letters, wildcards and policy variables, and made into patterns.
//!
//! Policy variables: "IAM policy elements: Variables and tags". Segments of ARNs: "IAM JSON policy elements:
//! Resource" (wildcards in ARN segments). Matching itself is in [`super::pattern`].

use super::pattern::{Class, Mode, Pattern, Token};
use super::text::{Symbol, Text};

/// A piece of policy text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    /// A character or name that means itself.
    Letter(Symbol),
    /// `*` or `?`.
    Wild(char),
    /// `${key}` or `${key, 'default'}`; the key is in lower case, `None` when only AWS knows it.
    Variable { key: Option<String>, default: Option<Text> },
}

const STAR: Symbol = Symbol::of('*');
const QUESTION: Symbol = Symbol::of('?');
const COLON: Symbol = Symbol::of(':');

/// Cuts a text; `variables` says whether `${…}` is one.
pub(super) fn cut(text: &Text, variables: bool) -> Vec<Piece> {
    let symbols = text.symbols();
    let mut pieces = Vec::with_capacity(symbols.len());
    let mut at = 0;
    while let Some(&symbol) = symbols.get(at) {
        if variables && symbol == Symbol::of('$') && symbols.get(at + 1) == Some(&Symbol::of('{')) {
            let inside = symbols.get(at + 2..).unwrap_or_default();
            if let Some(length) = inside.iter().position(|s| *s == Symbol::of('}')) {
                pieces.push(variable(inside.get(..length).unwrap_or_default()));
                at += length + 3;
                continue;
            }
        }
        pieces.push(match symbol {
            STAR => Piece::Wild('*'),
            QUESTION => Piece::Wild('?'),
            other => Piece::Letter(other),
        });
        at += 1;
    }
    pieces
}

fn variable(inside: &[Symbol]) -> Piece {
    let Some(name) = inside.iter().map(|s| s.character()).collect::<Option<String>>() else {
        return Piece::Variable { key: None, default: None };
    };
    if let ("*" | "?" | "$", Some(symbol)) = (name.as_str(), inside.first()) {
        return Piece::Letter(*symbol);
    }
    let (key, default) = match default_of(&name) {
        Some((key, default)) => (key, Some(Text::from(default))),
        None => (name.as_str(), None),
    };
    Piece::Variable { key: Some(key.trim().to_lowercase()), default }
}

/// `key, 'default'`
fn default_of(inside: &str) -> Option<(&str, &str)> {
    let (key, rest) = inside.split_once(',')?;
    let default = rest.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (!default.contains('\'')).then_some((key, default))
}

/// Whether any piece is a policy variable.
pub(super) fn has_variable(pieces: &[Piece]) -> bool {
    pieces.iter().any(|p| matches!(p, Piece::Variable { .. }))
}

/// A pattern in which wildcards mean themselves; `fold` ignores letter case.
pub(super) fn equality(pieces: &[Piece], fold: bool) -> Pattern {
    let symbols = pieces.iter().map(|piece| match piece {
        Piece::Letter(symbol) => *symbol,
        Piece::Wild('*') => STAR,
        Piece::Wild(_) | Piece::Variable { .. } => QUESTION,
    });
    Pattern::new(symbols.map(|s| letter(s, fold)).collect())
}

/// A pattern with wildcards over any character.
pub(super) fn glob(pieces: &[Piece], fold: bool) -> Pattern {
    Pattern::new(pieces.iter().map(|piece| token(piece, Class::Any, Class::Any, fold)).collect())
}

fn letter(symbol: Symbol, fold: bool) -> Token {
    if fold && !symbol.is_name() { Token::Fold(symbol.lower()) } else { Token::One(symbol) }
}

fn token(piece: &Piece, star: Class, question: Class, fold: bool) -> Token {
    match piece {
        Piece::Letter(symbol) => letter(*symbol, fold),
        Piece::Wild('*') => Token::Many(star),
        Piece::Wild(_) | Piece::Variable { .. } => Token::Any(question),
    }
}

/// The pattern of `ArnEquals` and `ArnLike`: each of the six parts is matched on its own.
pub(super) fn arn(pieces: &[Piece]) -> Pattern {
    let segments = segments(pieces);
    let named = pieces.iter().any(|p| matches!(p, Piece::Letter(s) if s.is_name()));
    if segments.len() != 6 {
        if !named {
            return Pattern::never();
        }
        let loose = Class::PerhapsNoColon;
        return Pattern::new(pieces.iter().map(|p| token(p, loose, loose, false)).collect());
    }
    let mut tokens = Vec::with_capacity(pieces.len());
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            tokens.push(Token::One(COLON));
        }
        if index == 0 && !named {
            let start = Text::from("arn");
            if !glob(segment, false).accepts(start.symbols(), Mode::Must) {
                return Pattern::never();
            }
            tokens.extend(start.symbols().iter().copied().map(Token::One));
            continue;
        }
        let class = if index == 5 { Class::Any } else { Class::NoColon };
        tokens.extend(segment.iter().map(|p| token(p, class, class, false)));
    }
    Pattern::new(tokens)
}

/// The pattern of a `Resource` element: segment by segment, except that a `*` which ends a segment goes on
/// over colons. An ARN of fewer than six segments that does not end in `*` matches nothing.
pub(super) fn resource(pieces: &[Piece]) -> Pattern {
    let segments = segments(pieces);
    let short = segments.len() < 6;
    let ends_in_star = matches!(pieces.last(), Some(Piece::Wild('*')));
    let mut named = false;
    if short && !ends_in_star && !pieces.iter().any(|p| matches!(p, Piece::Letter(s) if s.is_name())) {
        return Pattern::never();
    }
    let mut tokens = Vec::with_capacity(pieces.len());
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            tokens.push(Token::One(COLON));
        }
        for (at, piece) in segment.iter().enumerate() {
            // A name may hold colons, and then what follows it stands further right than it looks.
            named |= matches!(piece, Piece::Letter(s) if s.is_name() && !s.is_plain());
            let class = match (index, named) {
                (5, _) => Class::Any,
                (_, false) => Class::NoColon,
                (_, true) => Class::PerhapsNoColon,
            };
            let last = at + 1 == segment.len();
            tokens.push(token(piece, if last { Class::Any } else { class }, class, false));
        }
    }
    Pattern::new(tokens)
}

/// The pieces split at the first five colons.
fn segments(pieces: &[Piece]) -> Vec<&[Piece]> {
    pieces.splitn(6, |p| *p == Piece::Letter(COLON)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::text::Names;
    use crate::template::value::{Name, Same, StackId};
    use std::sync::Arc;

    fn matches(build: fn(&[Piece]) -> Pattern, text: &str, value: &str) -> bool {
        let pattern = build(&cut(&Text::from(text), true));
        pattern.matches(&Text::from(value), &Names::new()) == Same::Yes
    }

    #[test]
    fn globs() {
        let table = [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("vpce-${*}", "vpce-*", true),
            ("vpce-${*}", "vpce-1", false),
            ("", "", true),
            ("a", "A", false),
            ("[x]", "[x]", true),
        ];
        for (pattern, value, expected) in table {
            assert_eq!(matches(|p| glob(p, false), pattern, value), expected, "{pattern} {value}");
        }
        assert!(matches(|p| equality(p, false), "a*", "a*") && !matches(|p| equality(p, false), "a*", "ab"));
        assert!(matches(|p| equality(p, true), "VPCE-ÄB", "vpce-äb"));
    }

    #[test]
    fn long_patterns_and_texts() {
        let long = "ab".repeat(200);
        assert!(matches(|p| glob(p, false), &format!("*{long}*c"), &format!("x{long}{long}c")));
        assert!(!matches(|p| glob(p, false), &format!("*{long}*c"), &format!("x{long}{long}d")));
    }

    #[test]
    fn arns_part_by_part() {
        let role = "arn:aws:iam::123456789012:role/app";
        let table = [
            ("arn:aws:iam::*:role/*", role, true),
            ("arn:*:role/*", role, false),
            ("*:aws:iam::*:role/app", role, true),
            ("x*:aws:iam::*:role/app", role, false),
            ("arn:aws:iam::123456789012:*", role, true),
            ("arn:aws:iam::1*:r?le/app", role, true),
            ("arn:aws:iam::*", role, false),
            ("*:*:*:*:*:*", "no:t:a:n:a:rn", false),
        ];
        for (pattern, value, expected) in table {
            assert_eq!(matches(arn, pattern, value), expected, "{pattern}");
        }
    }

    #[test]
    fn resources_by_segment() {
        let api = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/pets";
        let table = [
            ("*", true),
            ("arn:*", true),
            ("arn:aws:execute-api:*", true),
            ("arn:aws:execute-api:*:*:*", true),
            ("arn:aws:execute-api:eu-*:123456789012:a1b2c3d4e5/*", true),
            ("arn:aws:execute-api:eu-*-1:123456789012:a1b2c3d4e5/*", true),
            ("arn:aws:execute-api:e*1:a1b2c3d4e5/*", false),
            ("arn:aws:execute-api:eu-west-1:*/pets", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:*/prod/*", true),
            ("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/GET/pet?", true),
            ("arn:aws:execute-api", false),
        ];
        for (pattern, expected) in table {
            assert_eq!(matches(resource, pattern, api), expected, "{pattern}");
        }
    }

    #[test]
    fn names_in_patterns_and_values() {
        let mut names = Names::new();
        let mut name = |id: &str| {
            let name = Name::Parameter { stack: StackId(0), name: id.to_owned() };
            names.symbol(&Arc::new(name))
        };
        let (a, b) = (name("A"), name("B"));
        let text =
            |parts: &[&dyn Fn() -> Vec<Symbol>]| Text::of_symbols(parts.iter().flat_map(|p| p()).collect());
        let literal = |t: &'static str| move || Text::from(t).symbols().to_vec();
        let one = |s: Symbol| move || vec![s];
        let table = [
            (text(&[&one(a)]), text(&[&one(a)]), Same::Yes),
            (text(&[&one(a)]), text(&[&one(b)]), Same::Unknown),
            (text(&[&one(a)]), text(&[&literal("x")]), Same::Unknown),
            (text(&[&literal("*")]), text(&[&one(a)]), Same::Yes),
            (text(&[&literal("?")]), text(&[&one(a)]), Same::Unknown),
            (text(&[&literal("x-*")]), text(&[&literal("x-"), &one(a)]), Same::Yes),
            (text(&[&literal("y-*")]), text(&[&literal("x-"), &one(a)]), Same::No),
            (text(&[&one(a), &literal("/*")]), text(&[&one(a), &literal("/b")]), Same::Yes),
            (text(&[&one(a), &literal("/*/c")]), text(&[&one(a), &literal("/b")]), Same::No),
            (text(&[&literal("x"), &one(a)]), text(&[&literal("y")]), Same::No),
        ];
        for (pattern, value, expected) in table {
            let got = glob(&cut(&pattern, true), false).matches(&value, &names);
            assert_eq!(got, expected, "{pattern:?} {value:?}");
        }
    }
}
