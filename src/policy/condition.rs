//! Condition tests: compiled once, decided for one context.
//!
//! After "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys".
//! Where those pages are silent (a single-valued operator on several values), no value matches.

use super::document::{ConditionTest, SpannedText};
use super::keys;
use super::operator::{Operator, SetQualifier, Test};
use super::pattern::Pattern;
use super::pieces::{self, Piece};
use super::request::{KeyValue, Request};
use super::scalar::{self, Block, Decimal, Moment};
use super::text::Text;
use super::truth::{Judge, Truth};
use super::words;
use crate::template::value::Same;

/// A condition test ready to be decided. Equal tests of different statements compare equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Clause {
    pub(super) operator: Operator,
    /// In lower case.
    pub(super) key: String,
    pub(super) constants: Vec<Constant>,
}

/// One value of a test, as its operator reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Constant {
    /// Text to match.
    Pattern(Pattern),
    /// Text with policy variables.
    Variable(Vec<Piece>),
    /// Number.
    Number(Decimal),
    /// Point in time.
    Date(Moment),
    /// Addresses.
    Block(Block),
    /// `true` or `false`; for `Null` whether the key must be missing.
    Flag(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Not known, or not readable by the operator.
    Unknown,
}

/// What a policy variable comes to.
enum Filled {
    Pieces(Vec<Piece>),
    /// A variable without value: the text matches nothing.
    Nothing,
    Unknown,
}

impl Clause {
    /// Compiles a test; `variables` says whether `${…}` is a policy variable.
    pub(super) fn compile(test: &ConditionTest, variables: bool) -> Self {
        let operator = test.operator.value;
        let variables = variables && operator.test.takes_variables();
        let constants = test.values.iter().map(|v| constant(operator.test, v, variables)).collect();
        Self { operator, key: test.key_lower.clone(), constants }
    }

    /// Whether the test holds for the request's context.
    pub(super) fn holds(&self, request: &Request, judge: &Judge<'_>) -> Truth {
        let value = request.value(&self.key);
        if let Some(KeyValue::Unknown(_)) = value {
            return Truth::Unknown;
        }
        if self.operator.test == Test::Null {
            return self.any(|c| match c {
                Constant::Flag(missing) => Truth::known(*missing == value.is_none()),
                _ => Truth::Unknown,
            });
        }
        match (self.operator.set, value) {
            (None, None) => Truth::known(self.operator.negated || self.operator.if_exists),
            (Some(SetQualifier::ForAllValues), None) => Truth::Yes,
            (Some(SetQualifier::ForAnyValue), None) | (None, Some(KeyValue::Several(_))) => Truth::No,
            (Some(set), Some(KeyValue::Several(values))) => {
                let each = values.iter().map(|v| self.one(&KeyValue::Is(v.clone()), request, judge));
                match set {
                    SetQualifier::ForAllValues => each.min().unwrap_or(Truth::Yes),
                    SetQualifier::ForAnyValue => each.max().unwrap_or(Truth::No),
                }
            }
            (_, Some(value)) => self.one(value, request, judge),
        }
    }

    /// The position of the value that makes a positive test hold.
    pub(super) fn matching(&self, request: &Request, judge: &Judge<'_>) -> Option<usize> {
        let value = request.value(&self.key)?;
        let hit = |value: &KeyValue| {
            self.constants.iter().position(|c| self.compare(c, value, request, judge) == Truth::Yes)
        };
        match value {
            KeyValue::Several(values) => values.iter().find_map(|v| hit(&KeyValue::Is(v.clone()))),
            KeyValue::Unknown(_) => None,
            KeyValue::Is(_) | KeyValue::Unnamed(_) | KeyValue::Stranger(_) => hit(value),
        }
    }

    /// The keys that policy variables in the values refer to.
    pub(super) fn variable_keys(&self) -> Vec<String> {
        let pieces = self.constants.iter().filter_map(|c| match c {
            Constant::Variable(pieces) => Some(pieces),
            _ => None,
        });
        let key = |piece: &Piece| match piece {
            Piece::Variable { key, .. } => key.clone(),
            Piece::Letter(_) | Piece::Wild(_) => None,
        };
        pieces.flatten().filter_map(key).collect()
    }

    /// Whether any value holds a policy variable.
    pub(super) fn has_variables(&self) -> bool {
        self.constants.iter().any(|c| matches!(c, Constant::Variable(_)))
    }

    /// The test with the values of policy variables from the request in place.
    pub(super) fn filled(&self, request: &Request) -> Self {
        let constants = self.constants.iter().map(|constant| match constant {
            Constant::Variable(pieces) => match fill(pieces, request) {
                Filled::Pieces(pieces) => Constant::Pattern(pattern_of(self.operator.test, &pieces)),
                Filled::Nothing => Constant::Pattern(Pattern::never()),
                Filled::Unknown => Constant::Unknown,
            },
            other => other.clone(),
        });
        Self { operator: self.operator, key: self.key.clone(), constants: constants.collect() }
    }

    fn any(&self, holds: impl Fn(&Constant) -> Truth) -> Truth {
        let mut best = Truth::No;
        for constant in &self.constants {
            best = best.max(holds(constant));
            if best == Truth::Yes {
                break;
            }
        }
        best
    }

    fn one(&self, value: &KeyValue, request: &Request, judge: &Judge<'_>) -> Truth {
        self.any(|c| self.compare(c, value, request, judge)).negated_if(self.operator.negated)
    }

    fn compare(&self, constant: &Constant, value: &KeyValue, request: &Request, judge: &Judge<'_>) -> Truth {
        let (KeyValue::Is(text) | KeyValue::Unnamed(text) | KeyValue::Stranger(text)) = value else {
            return Truth::Unknown;
        };
        match constant {
            Constant::Pattern(pattern) => self.matches(pattern, value, text, judge),
            Constant::Variable(pieces) => match fill(pieces, request) {
                Filled::Pieces(pieces) => {
                    self.matches(&pattern_of(self.operator.test, &pieces), value, text, judge)
                }
                Filled::Nothing => Truth::No,
                Filled::Unknown => Truth::Unknown,
            },
            Constant::Unknown => Truth::Unknown,
            Constant::Number(_)
            | Constant::Date(_)
            | Constant::Block(_)
            | Constant::Flag(_)
            | Constant::Bytes(_) => match text.literal() {
                Some(literal) => Truth::known(scalar_matches(self.operator.test, constant, &literal)),
                None => Truth::Unknown,
            },
        }
    }

    fn matches(&self, pattern: &Pattern, value: &KeyValue, text: &Text, judge: &Judge<'_>) -> Truth {
        match value {
            KeyValue::Stranger(_) if pattern.is_named() => {
                // What a person fills in may hold a wildcard that matches strangers as well.
                let wild = self.operator.test == Test::StringLike
                    && pattern
                        .constant()
                        .and_then(|t| t.single_name())
                        .is_some_and(|s| judge.names.is_filled_in(s));
                judge.rule(if wild { Same::Presumed } else { Same::No })
            }
            KeyValue::Unnamed(_) if pattern.is_named() => Truth::No,
            KeyValue::Stranger(_) if pattern.is_constant() || keys::kept_digits(pattern) >= 8 => Truth::No,
            _ => match pattern.matches(text, judge.names) {
                Same::Unknown if !pattern.is_named() && keys::has_form(&self.key) => {
                    text.single_name().map_or(Truth::Unknown, |_| self.form_matches(pattern))
                }
                same => judge.rule(same),
            },
        }
    }

    /// Whether a name matches, by the form of this key's values.
    fn form_matches(&self, pattern: &Pattern) -> Truth {
        let form = keys::Form::of_key(&self.key);
        match words::cells(&[pattern], form.patterns(), words::STATES) {
            Ok(cells) => {
                let yes = cells.iter().any(|c| c.matches.first() == Some(&true));
                let no = cells.iter().any(|c| c.matches.first() == Some(&false));
                if yes && no { Truth::Unknown } else { Truth::known(yes) }
            }
            Err(words::TooMany) => Truth::Unknown,
        }
    }
}

fn constant(test: Test, value: &SpannedText, variables: bool) -> Constant {
    let Some(text) = &value.text else { return Constant::Unknown };
    if test.takes_variables() {
        let pieces = pieces::cut(text, variables);
        if pieces::has_variable(&pieces) {
            return Constant::Variable(pieces);
        }
        return Constant::Pattern(pattern_of(test, &pieces));
    }
    let Some(literal) = text.literal() else { return Constant::Unknown };
    read_constant(test, &literal).unwrap_or(Constant::Unknown)
}

/// The constant that a test other than one of text reads from a policy value; `None` when it cannot.
pub(super) fn read_constant(test: Test, literal: &str) -> Option<Constant> {
    match test {
        Test::Numeric(_) => Decimal::parse(literal).map(Constant::Number),
        Test::Date(_) => Moment::parse(literal).map(Constant::Date),
        Test::IpAddress => Block::parse(literal).map(Constant::Block),
        Test::Bool | Test::Null => flag(literal).map(Constant::Flag),
        Test::Binary => scalar::base64(literal).map(Constant::Bytes),
        Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike | Test::ArnLike => None,
    }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn pattern_of(test: Test, pieces: &[Piece]) -> Pattern {
    match test {
        Test::StringLike => pieces::glob(pieces, false),
        Test::ArnLike => pieces::arn(pieces),
        Test::StringEqualsIgnoreCase => pieces::equality(pieces, true),
        _ => pieces::equality(pieces, false),
    }
}

fn scalar_matches(test: Test, constant: &Constant, value: &str) -> bool {
    match (test, constant) {
        (Test::Numeric(order), Constant::Number(own)) => {
            Decimal::parse(value).is_some_and(|v| order.holds(v.cmp(own)))
        }
        (Test::Date(order), Constant::Date(own)) => {
            Moment::parse(value).is_some_and(|v| order.holds(v.cmp(own)))
        }
        (Test::IpAddress, Constant::Block(own)) => {
            scalar::parse_address(value).is_some_and(|address| own.contains(address))
        }
        (Test::Bool, Constant::Flag(own)) => flag(value) == Some(*own),
        (Test::Binary, Constant::Bytes(own)) => scalar::base64(value).as_ref() == Some(own),
        _ => false,
    }
}

/// Puts the values of policy variables in; they count as letters, wildcards included.
fn fill(pieces: &[Piece], request: &Request) -> Filled {
    let mut filled = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece::Variable { key, default } = piece else {
            filled.push(piece.clone());
            continue;
        };
        let Some(key) = key else { return Filled::Unknown };
        let text = match request.value(key) {
            Some(KeyValue::Is(text) | KeyValue::Unnamed(text) | KeyValue::Stranger(text)) => Some(text),
            Some(KeyValue::Unknown(_)) => return Filled::Unknown,
            Some(KeyValue::Several(_)) => return Filled::Nothing,
            None => default.as_ref(),
        };
        let Some(text) = text else { return Filled::Nothing };
        filled.extend(text.symbols().iter().copied().map(Piece::Letter));
    }
    Filled::Pieces(filled)
}

/// A resource pattern with its variables filled in from the request: `Ok(None)` matches nothing, `Err` is not
/// known.
pub(super) fn filled_resource(pieces: &[Piece], request: &Request) -> Result<Option<Pattern>, ()> {
    match fill(pieces, request) {
        Filled::Nothing => Ok(None),
        Filled::Unknown => Err(()),
        Filled::Pieces(filled) => {
            // Variables are documented for the last part of the ARN only.
            let colon = |p: &&Piece| **p == Piece::Letter(super::text::Symbol::of(':'));
            let first =
                pieces.iter().position(|p| matches!(p, Piece::Variable { .. })).unwrap_or(pieces.len());
            if pieces.iter().take(first).filter(colon).count() < 5 {
                return Err(());
            }
            Ok(Some(pieces::resource(&filled)))
        }
    }
}
