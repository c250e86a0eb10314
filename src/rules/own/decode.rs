//! The conditions of a rule file → predicates, checked against the vocabulary of the rule's subject.
//!
//! It knows the grammar of conditions, not the other keys of a rule.

use crate::diagnostic::nearest::nearest;
use crate::glob::Glob;
use crate::rules::own::cursor::{Cursor, Mistakes};
use crate::rules::own::facts::{self, CALLERS, Fact, Type};
use crate::rules::own::predicate::{ItemTest, Predicate, Test};
use crate::rules::own::reading::{Pattern, SPELLINGS};
use crate::rules::own::scene::Kind;
use crate::source::Span;

/// Keys of a condition that are no facts.
const WORDS: [&str; 3] = ["all", "any", "not"];
/// Keys of a test of a list.
const LIST_TESTS: [&str; 5] = ["every", "some", "none", "empty", "count"];
/// Keys of a test of a single thing.
const ITEM_TESTS: [&str; 3] = ["is", "not", "written"];
/// Keys of a test of an item: what is in a list is written.
const LIST_ITEM_TESTS: [&str; 2] = ["is", "not"];
/// Longest pattern, in bytes.
const PATTERN_LIMIT: usize = 1024;

/// A condition; all entries of the map hold together. `None` when there is a mistake in it.
pub(super) fn predicate(kind: Kind, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Predicate> {
    if !at.is_map() {
        let help = "write `fact: value` lines, or `all:`, `any:` or `not:` above them".to_owned();
        mistakes.wrong_type(at, "a condition", "a map", Some(help));
        return None;
    }
    let parts: Vec<Option<Predicate>> =
        at.keys().map(|(key, span)| part(kind, at, key, span, mistakes)).collect();
    if parts.is_empty() {
        mistakes.add(at.span(), "this condition is empty".to_owned(), "it says nothing", None);
        return None;
    }
    let mut parts: Vec<Predicate> = parts.into_iter().collect::<Option<_>>()?;
    if parts.len() == 1 { parts.pop() } else { Some(Predicate::All(parts)) }
}

fn part(kind: Kind, at: Cursor<'_>, key: &str, span: Span, mistakes: &mut Mistakes) -> Option<Predicate> {
    let value = at.get(key);
    match (key, value) {
        ("all", Some(value)) => Some(Predicate::All(predicates(kind, key, value, mistakes)?)),
        ("any", Some(value)) => Some(Predicate::Any(predicates(kind, key, value, mistakes)?)),
        ("not", Some(value)) => Some(Predicate::Not(Box::new(predicate(kind, value, mistakes)?))),
        (_, value) => {
            let Some((fact, value)) = fact(kind, key).zip(value) else {
                unknown_fact(kind, key, span, mistakes);
                return None;
            };
            Some(Predicate::Fact(fact, test(fact, value, mistakes)?))
        }
    }
}

/// The fact of this name about a subject.
pub(super) fn fact(kind: Kind, name: &str) -> Option<&'static Fact> {
    facts::of(kind).find(|fact| fact.name == name)
}

/// Says that there is no such fact, and what there is.
pub(super) fn unknown_fact(kind: Kind, name: &str, span: Span, mistakes: &mut Mistakes) {
    let names: Vec<&str> = facts::of(kind).map(|fact| fact.name).collect();
    let elsewhere = Kind::ALL.iter().find(|(_, other)| fact(*other, name).is_some());
    let help = match elsewhere {
        Some((word, _)) => format!("`{name}` is a fact of rules `for: {word}`"),
        None => format!("facts of `for: {}`: {}", kind.word(), names.join(", ")),
    };
    let message = format!("unknown fact `{name}`");
    mistakes.unknown(span, message, name, names.into_iter().chain(WORDS), help);
}

fn predicates(kind: Kind, key: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Vec<Predicate>> {
    let items = at.items().filter(|items| !items.is_empty());
    let Some(items) = items else {
        let help = format!("write `{key}:` and below it conditions, each behind a dash");
        mistakes.wrong_type(at, &format!("`{key}`"), "a list of conditions", Some(help));
        return None;
    };
    let decoded: Vec<Option<Predicate>> =
        items.into_iter().map(|item| predicate(kind, item, mistakes)).collect();
    decoded.into_iter().collect()
}

fn test(fact: &'static Fact, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Test> {
    if !fact.list {
        return item_test(fact, at, &ITEM_TESTS, mistakes).map(Test::Is);
    }
    if !at.is_map() {
        let help = format!(
            "`{}` is a list: write `every:`, `some:` or `none:` below it, or `empty:` or `count:`",
            fact.name
        );
        mistakes.wrong_type(at, &format!("the test of `{}`", fact.name), "a map", Some(help));
        return None;
    }
    let tests: Vec<Option<Test>> = at
        .keys()
        .map(|(key, span)| match (key, at.get(key)) {
            ("every", Some(value)) => item_test(fact, value, &LIST_ITEM_TESTS, mistakes).map(Test::Every),
            ("some", Some(value)) => item_test(fact, value, &LIST_ITEM_TESTS, mistakes).map(Test::Some),
            ("none", Some(value)) => item_test(fact, value, &LIST_ITEM_TESTS, mistakes).map(Test::Nothing),
            ("empty", Some(value)) => flag(key, value, mistakes).map(Test::Empty),
            ("count", Some(value)) => count(value, mistakes),
            _ => unknown_test(key, span, &LIST_TESTS, mistakes),
        })
        .collect();
    let mut tests: Vec<Test> = whole(at, tests, mistakes)?;
    if tests.len() == 1 { tests.pop() } else { Some(Test::Both(tests)) }
}

/// A test of one thing: a pattern, a list of which one has to fit, or a map of tests that hold together.
fn item_test(
    fact: &Fact,
    at: Cursor<'_>,
    known: &[&'static str],
    mistakes: &mut Mistakes,
) -> Option<ItemTest> {
    if !at.is_map() {
        return patterns(fact, at, mistakes).map(ItemTest::OneOf);
    }
    let tests: Vec<Option<ItemTest>> = at
        .keys()
        .map(|(key, span)| match (key, at.get(key).filter(|_| known.contains(&key))) {
            ("is", Some(value)) => patterns(fact, value, mistakes).map(ItemTest::OneOf),
            ("not", Some(value)) => patterns(fact, value, mistakes).map(ItemTest::NoneOf),
            ("written", Some(value)) => flag(key, value, mistakes).map(ItemTest::Written),
            _ => unknown_test(key, span, known, mistakes),
        })
        .collect();
    let mut tests: Vec<ItemTest> = whole(at, tests, mistakes)?;
    if tests.len() == 1 { tests.pop() } else { Some(ItemTest::Both(tests)) }
}

fn unknown_test<T>(key: &str, span: Span, known: &[&'static str], mistakes: &mut Mistakes) -> Option<T> {
    let help = format!("tests here: {}", known.join(", "));
    mistakes.unknown(span, format!("unknown test `{key}`"), key, known.iter().copied(), help);
    None
}

/// All of it, if nothing is wrong and there is something.
fn whole<T>(at: Cursor<'_>, tests: Vec<Option<T>>, mistakes: &mut Mistakes) -> Option<Vec<T>> {
    if tests.is_empty() {
        mistakes.add(at.span(), "this test is empty".to_owned(), "it says nothing", None);
        return None;
    }
    tests.into_iter().collect()
}

fn flag(key: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<bool> {
    let flag = at.flag();
    if flag.is_none() {
        let help = "write true or false, without quotes".to_owned();
        mistakes.wrong_type(at, &format!("`{key}`"), "true or false", Some(help));
    }
    flag
}

/// A number, or a map with `at-least` and `at-most`.
fn count(at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Test> {
    if let Some(count) = at.count() {
        return Some(Test::Count(count, Some(count)));
    }
    let known = ["at-least", "at-most"];
    if !at.is_map() || at.keys().next().is_none() {
        let help = "write a number, or `{at-least: 1}`, or `{at-most: 3}`".to_owned();
        mistakes.wrong_type(at, "`count`", "a number", Some(help));
        return None;
    }
    let bounds: Vec<Option<usize>> = at
        .keys()
        .map(|(key, span)| match at.get(key).filter(|_| known.contains(&key)) {
            None => unknown_test(key, span, &known, mistakes),
            Some(value) => {
                if value.count().is_none() {
                    mistakes.wrong_type(value, &format!("`{key}`"), "a number", None);
                }
                value.count()
            }
        })
        .collect();
    bounds.into_iter().collect::<Option<Vec<_>>>()?;
    let bound = |key: &str| at.get(key).and_then(Cursor::count);
    let (least, most) = (bound("at-least").unwrap_or(0), bound("at-most"));
    if most.is_some_and(|most| most < least) {
        mistakes.add(at.span(), "no number is both".to_owned(), "", None);
        return None;
    }
    Some(Test::Count(least, most))
}

/// One pattern or a list of them.
fn patterns(fact: &Fact, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Vec<Pattern>> {
    let Some(items) = at.items() else { return pattern(fact, at, mistakes).map(|only| vec![only]) };
    if items.is_empty() {
        mistakes.add(at.span(), "this list is empty".to_owned(), "nothing is in it", None);
        return None;
    }
    let decoded: Vec<Option<Pattern>> = items.into_iter().map(|item| pattern(fact, item, mistakes)).collect();
    decoded.into_iter().collect()
}

fn pattern(fact: &Fact, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Pattern> {
    let what = format!("`{}`", fact.name);
    if fact.of == Type::Flag {
        return flag(fact.name, at, mistakes).map(|yes| Pattern::Word(yes.to_string()));
    }
    let Some(text) = at.text() else {
        let expected = match fact.of {
            Type::Word(_) => "a word",
            Type::Flag | Type::Name | Type::Path | Type::Value | Type::Caller => "a text",
        };
        mistakes.wrong_type(at, &what, expected, None);
        return None;
    };
    if text.is_empty() && fact.of != Type::Name || text.len() > PATTERN_LIMIT {
        let label = if text.is_empty() { "it is empty" } else { "it is too long" };
        mistakes.add(at.span(), format!("{what} cannot be compared with this"), label, None);
        return None;
    }
    match fact.of {
        Type::Word(words) => word(fact, words, text, at, mistakes),
        // Paths begin where the policy file lies, with or without a slash.
        Type::Path => Some(Pattern::Path(Glob::new(text.trim_start_matches('/')))),
        Type::Value => value(text, at, mistakes),
        Type::Caller => caller(fact, text, at, mistakes),
        Type::Name | Type::Flag => Some(Pattern::Name(text.to_owned())),
    }
}

fn word(
    fact: &Fact,
    words: &'static [&'static str],
    text: &str,
    at: Cursor<'_>,
    mistakes: &mut Mistakes,
) -> Option<Pattern> {
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        return Some(Pattern::Word((*word).to_owned()));
    }
    let help = format!("`{}` is one of: {}", fact.name, words.join(", "));
    let message = format!("`{}` cannot be `{text}`", fact.name);
    mistakes.unknown(at.span(), message, text, words.iter().copied(), help);
    None
}

/// A glob, or a spelling with a glob: `export:network-*`.
fn value(text: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Pattern> {
    let Some((prefix, rest)) = text.split_once(':') else { return Some(Pattern::Name(text.to_owned())) };
    let prefixes = SPELLINGS.iter().map(|(prefix, _)| *prefix);
    if let Some((_, spelling)) = SPELLINGS.iter().find(|(known, _)| *known == prefix) {
        return Some(Pattern::Written(*spelling, rest.trim().to_owned()));
    }
    if let Some(near) = nearest(prefix, prefixes) {
        let message = format!("`{prefix}:` is no way to write a value");
        mistakes.add(at.span(), message, format!("did you mean `{near}:`?"), None);
        return None;
    }
    Some(Pattern::Name(text.to_owned()))
}

/// A caller: a word that names a class, or a value that can be an id.
fn caller(fact: &Fact, text: &str, at: Cursor<'_>, mistakes: &mut Mistakes) -> Option<Pattern> {
    let is_id = text.starts_with("vpce-") || text.starts_with("vpc-") || text.contains(['*', '?', ':']);
    if is_id || CALLERS.contains(&text) {
        return value(text, at, mistakes);
    }
    let help = format!(
        "a caller is {}, the id of an endpoint (`vpce-…`) or VPC (`vpc-…`), or `export:…`, `parameter:…`, \
         `ssm:…`, `resource:…`",
        CALLERS.join(", ")
    );
    let message = format!("`{}` cannot be `{text}`", fact.name);
    mistakes.unknown(at.span(), message, text, CALLERS.iter().copied(), help);
    None
}
