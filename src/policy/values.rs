//! Representative values of a context key: one of each cell that the tests of a policy cut its domain into.
//!
//! Text is cut by the patterns' automata, addresses at the ends of blocks, numbers and dates around each
//! constant. Whether a test holds for a representative is decided elsewhere ([`super::condition`]).

use std::collections::BTreeSet;

use super::condition::{Clause, Constant};
use super::keys::{self, Form};
use super::operator::Test;
use super::pattern::{Pattern, Token};
use super::request::KeyValue;
use super::scalar::{self, Block, Decimal, Moment};
use super::text::{Symbol, Text};
use super::words;
use super::world::{Domain, is_list};

/// How many patterns with wildcards one key may have before its values are not worked out.
const PATTERNS: usize = 64;
/// How many different values of a key with several are put together in all ways.
const SEVERAL: usize = 10;
/// Steps of automata spent on one key.
const STEPS: usize = 16_000_000;

/// One value that a key can have; `None` is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: Option<KeyValue>,
    /// Which alternative of an unsettled domain it belongs to: choices of different ones are not the
    /// caller's to make.
    pub(super) unsettled: bool,
}

/// Representatives of everything the key can hold, with respect to these tests. A domain that cannot be
/// worked out is one unknown value.
pub(super) fn choices(domain: &Domain, key: &str, clauses: &[&Clause]) -> Vec<Choice> {
    let unsettled = matches!(domain, Domain::Unsettled(_));
    let mut values = Vec::new();
    match collect(domain, key, clauses, &mut values) {
        Ok(()) if values.is_empty() => {
            let reason = format!("{key} can have no value at all");
            vec![Choice { value: Some(KeyValue::Unknown(reason)), unsettled: false }]
        }
        Ok(()) => values.into_iter().map(|value| Choice { value, unsettled }).collect(),
        Err(reason) => vec![Choice { value: Some(KeyValue::Unknown(reason)), unsettled: false }],
    }
}

/// Nested alternatives are at most two deep, as [`super::world`] builds them.
fn collect(
    domain: &Domain,
    key: &str,
    clauses: &[&Clause],
    values: &mut Vec<Option<KeyValue>>,
) -> Result<(), String> {
    match domain {
        Domain::Missing => values.push(None),
        Domain::Is(text) => values.push(Some(KeyValue::Is(text.clone()))),
        Domain::Free(form) => values.extend(free(form, key, clauses)?.into_iter().map(Some)),
        Domain::Stranger(form) => values.extend(strangers(form, key, clauses)?.into_iter().map(Some)),
        Domain::PrivateAddress => values.extend(private_addresses(key, clauses)?.into_iter().map(Some)),
        Domain::Either(domains) | Domain::Unsettled(domains) => {
            for domain in domains {
                collect(domain, key, clauses, values)?;
            }
        }
        Domain::Unknown(reason) => return Err(reason.clone()),
    }
    Ok(())
}

/// What kinds of tests a key has; a key tested in two ways is not worked out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Address,
    Flag,
    Number,
    Date,
}

fn kind(key: &str, clauses: &[&Clause]) -> Result<Option<Kind>, String> {
    let mut found = None;
    for clause in clauses {
        let kind = match clause.operator.test {
            Test::Null => continue,
            Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike | Test::ArnLike => {
                Kind::Text
            }
            Test::IpAddress => Kind::Address,
            Test::Bool => Kind::Flag,
            Test::Numeric(_) => Kind::Number,
            Test::Date(_) => Kind::Date,
            Test::Binary => return Err(format!("{key} is compared as bytes")),
        };
        if found.is_some_and(|other| other != kind) {
            return Err(format!("{key} is tested in two ways"));
        }
        found = Some(kind);
    }
    Ok(found)
}

fn free(form: &Form, key: &str, clauses: &[&Clause]) -> Result<Vec<KeyValue>, String> {
    let literal = |texts: Vec<String>| texts.iter().map(|t| KeyValue::Is(Text::from(t.as_str()))).collect();
    match kind(key, clauses)? {
        None if matches!(key, "aws:sourceip" | "aws:vpcsourceip") => {
            Ok(literal(vec!["192.0.2.1".to_owned()]))
        }
        None | Some(Kind::Text) => texts(form, key, clauses),
        Some(Kind::Address) => Ok(literal(addresses(&blocks(clauses)))),
        Some(Kind::Flag) => Ok(literal(vec!["true".to_owned(), "false".to_owned()])),
        Some(Kind::Number) => Ok(literal(numbers(clauses).into_iter().map(|n| n.to_string()).collect())),
        Some(Kind::Date) => {
            Ok(literal(dates(clauses).into_iter().map(|s| Moment::at(s).to_text()).collect()))
        }
    }
}

// ---- text

fn texts(form: &Form, key: &str, clauses: &[&Clause]) -> Result<Vec<KeyValue>, String> {
    let mut patterns = patterns(clauses);
    let named: BTreeSet<Text> =
        patterns.iter().filter(|p| p.is_named()).filter_map(|p| p.constant()).collect();
    patterns.retain(|p| !p.is_named());
    let mut values = if patterns.iter().all(|p| p.is_constant()) {
        constants(form, &patterns)
    } else {
        cells(form, key, &patterns)?
    };
    values.extend(named.into_iter().map(KeyValue::Is));
    if !is_list(key) {
        return Ok(values);
    }
    if clauses.iter().any(|c| c.operator.set.is_none() && c.operator.test != Test::Null) {
        return Err(format!("{key} may have several values and is tested as if it had one"));
    }
    several(key, values)
}

fn patterns<'c>(clauses: &[&'c Clause]) -> Vec<&'c Pattern> {
    let constants = clauses.iter().flat_map(|c| &c.constants);
    let mut patterns: Vec<&Pattern> = constants
        .filter_map(|c| match c {
            Constant::Pattern(pattern) => Some(pattern),
            _ => None,
        })
        .collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}

/// Where every pattern is one text: each of them, and one more.
fn constants(form: &Form, patterns: &[&Pattern]) -> Vec<KeyValue> {
    let fits =
        |text: &Text| form.patterns().iter().any(|p| p.accepts(text.symbols(), super::pattern::Mode::Must));
    let texts: BTreeSet<Text> = patterns.iter().filter_map(|p| p.constant()).filter(fits).collect();
    let other = (0..).filter_map(|n| form.example(n)).find(|text| !texts.contains(text));
    let mut values: Vec<KeyValue> = texts.into_iter().map(KeyValue::Is).collect();
    values.extend(other.map(KeyValue::Unnamed));
    values
}

fn cells(form: &Form, key: &str, patterns: &[&Pattern]) -> Result<Vec<KeyValue>, String> {
    let too_many = || format!("{key} is tested with too many wildcards to work out");
    if patterns.len() > PATTERNS {
        return Err(too_many());
    }
    let limit = words::STATES.min(STEPS / (64 * (patterns.len() + 1)));
    let cells = words::cells(patterns, form.patterns(), limit).map_err(|words::TooMany| too_many())?;
    let constants: BTreeSet<Text> = patterns.iter().filter_map(|p| p.constant()).collect();
    let value = |cell: words::Cell| {
        if constants.contains(&cell.text) { KeyValue::Is(cell.text) } else { KeyValue::Unnamed(cell.text) }
    };
    Ok(cells.into_iter().map(value).collect())
}

/// Every set of the values, for keys that can have several at once.
fn several(key: &str, values: Vec<KeyValue>) -> Result<Vec<KeyValue>, String> {
    let texts: Vec<Text> = values
        .into_iter()
        .filter_map(|value| match value {
            KeyValue::Is(text) | KeyValue::Unnamed(text) | KeyValue::Stranger(text) => Some(text),
            KeyValue::Several(_) | KeyValue::Unknown(_) => None,
        })
        .collect();
    if texts.len() > SEVERAL {
        return Err(format!("{key} may have several values and is tested for too many to work out"));
    }
    let set = |bits: usize| {
        let chosen = texts.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
        KeyValue::Several(chosen.map(|(_, text)| text.clone()).collect())
    };
    Ok((1..1 << texts.len()).map(set).collect())
}

/// Ids that nobody wrote down: they differ only in the wildcards that keep fewer than eight digits.
fn strangers(form: &Form, key: &str, clauses: &[&Clause]) -> Result<Vec<KeyValue>, String> {
    if !matches!(kind(key, clauses)?, None | Some(Kind::Text)) {
        return Err(format!("{key} is not tested as text"));
    }
    let mut patterns = patterns(clauses);
    patterns.retain(|p| !p.is_named() && !p.is_constant() && keys::kept_digits(p) < 8);
    let folded = |p: &&Pattern| p.tokens().iter().all(|t| matches!(t, Token::One(_) | Token::Fold(_)));
    patterns.retain(|p| !folded(p));
    let found = if patterns.is_empty() { constants(form, &[]) } else { cells(form, key, &patterns)? };
    Ok(found
        .into_iter()
        .map(|value| match value {
            KeyValue::Is(text) | KeyValue::Unnamed(text) => KeyValue::Stranger(text),
            other => other,
        })
        .collect())
}

impl Form {
    /// The `n`-th of some different texts of the form; `None` when it has fewer.
    fn example(&self, n: usize) -> Option<Text> {
        use super::pattern::{Class, Mode};
        let pattern = self.patterns().last()?;
        let letters = |class: Class| -> Vec<Symbol> {
            let order = match class {
                Class::Hex | Class::Digit => "0123456789abcdef",
                _ => "zyxwvutsrqponmlkjihg0123456789abcdef",
            };
            order.chars().map(Symbol::of).filter(|s| class.holds(*s, Mode::Must)).collect()
        };
        let mut rest = n;
        let mut symbols = Vec::new();
        for token in pattern.tokens().iter().rev() {
            match token {
                Token::One(symbol) | Token::Fold(symbol) => symbols.push(*symbol),
                Token::Any(class) => {
                    let letters = letters(*class);
                    symbols.push(*letters.get(rest % letters.len().max(1))?);
                    rest /= letters.len().max(1);
                }
                Token::Many(class) => {
                    let letters = letters(*class);
                    for _ in 0..rest / 20 {
                        symbols.push(*letters.first()?);
                    }
                    rest %= 20;
                }
            }
        }
        symbols.reverse();
        (rest == 0).then(|| Text::of_symbols(symbols))
    }
}

// ---- addresses

fn blocks(clauses: &[&Clause]) -> Vec<Block> {
    let constants = clauses.iter().flat_map(|c| &c.constants);
    constants
        .filter_map(|c| match c {
            Constant::Block(block) => Some(*block),
            _ => None,
        })
        .collect()
}

/// An address of every cell that the blocks cut out, of both families: each block's start, and what follows
/// its end.
fn cuts(blocks: &[Block]) -> BTreeSet<(bool, u128)> {
    let mut cuts = BTreeSet::from([(false, 0), (true, 0)]);
    for block in blocks {
        cuts.insert((block.v6, block.first));
        let end = if block.v6 { u128::MAX } else { u128::from(u32::MAX) };
        if block.last < end {
            cuts.insert((block.v6, block.last + 1));
        }
    }
    cuts
}

fn addresses(blocks: &[Block]) -> Vec<String> {
    cuts(blocks).into_iter().map(|(v6, value)| scalar::address_text(v6, value)).collect()
}

/// Blocks that are not routed on the internet: private use (RFC 1918, RFC 4193), shared (RFC 6598),
/// link-local and loopback.
const PRIVATE: [&str; 8] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
];

fn private_addresses(key: &str, clauses: &[&Clause]) -> Result<Vec<KeyValue>, String> {
    if !matches!(kind(key, clauses)?, None | Some(Kind::Address)) {
        return Err(format!("{key} is not tested as an address"));
    }
    let private: Vec<Block> = PRIVATE.iter().filter_map(|text| Block::parse(text)).collect();
    let mut all = blocks(clauses);
    all.extend(&private);
    let inside =
        cuts(&all).into_iter().filter(|address| private.iter().any(|block| block.contains(*address)));
    Ok(inside.map(|(v6, value)| KeyValue::Is(Text::from(scalar::address_text(v6, value).as_str()))).collect())
}

// ---- numbers and dates

/// Whole numbers around every constant; the keys that hold numbers hold whole ones, none negative.
fn numbers(clauses: &[&Clause]) -> BTreeSet<i64> {
    let mut found = BTreeSet::from([0]);
    for constant in clauses.iter().flat_map(|c| &c.constants) {
        let Constant::Number(number) = constant else { continue };
        let Some(floor) = number.floor() else { continue };
        let whole = Decimal::parse(&floor.to_string()).as_ref() == Some(number);
        let after = if whole { floor } else { floor.saturating_add(1) };
        found.extend([floor.saturating_sub(1), floor, after, after.saturating_add(1)]);
    }
    found.into_iter().filter(|n| *n >= 0).collect()
}

/// Whole seconds around every constant.
fn dates(clauses: &[&Clause]) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    for constant in clauses.iter().flat_map(|c| &c.constants) {
        let Constant::Date(Moment { seconds, .. }) = constant else { continue };
        found.extend([seconds.saturating_sub(1), *seconds, seconds.saturating_add(1)]);
    }
    if found.is_empty() {
        found.insert(0);
    }
    found
}
