//! Wildcard patterns over texts with opaque parts.
//!
//! A match has three answers: certainly, certainly not, or it depends on what a name stands for. Building
//! patterns from policy text (wildcards, ARN segments, variables) is done in [`super::pieces`].

use super::text::{Names, Symbol, Text};
use crate::template::value::Same;

/// A set of characters that a wildcard stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// Any character.
    Any,
    /// Any but `:`.
    NoColon,
    /// Any but perhaps `:`, as the number of colons before it is not known.
    PerhapsNoColon,
    /// Any but `/`.
    NoSlash,
    /// `0` to `9` and `a` to `f`.
    Hex,
    /// `0` to `9`.
    Digit,
    /// `0` to `9` and `a` to `z`.
    LowerAlphanumeric,
}

/// One token of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Token {
    /// This symbol.
    One(Symbol),
    /// This symbol, given in lower case, in any letter case.
    Fold(Symbol),
    /// One character of the class.
    Any(Class),
    /// Any number of characters of the class.
    Many(Class),
}

/// Which question is asked where names stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mode {
    /// Does it match whatever the names stand for?
    Must,
    /// Does it match for something the names may stand for?
    May,
}

impl Class {
    /// Whether the class holds the symbol, in [`Mode::Must`] for a name: whatever it stands for.
    pub(super) fn holds(self, symbol: Symbol, mode: Mode) -> bool {
        let Some(character) = symbol.character() else {
            return match self {
                Self::Any => true,
                Self::NoColon | Self::NoSlash => mode == Mode::May || symbol.is_plain(),
                Self::PerhapsNoColon | Self::Hex | Self::Digit | Self::LowerAlphanumeric => mode == Mode::May,
            };
        };
        match self {
            Self::Any => true,
            Self::NoColon => character != ':',
            Self::PerhapsNoColon => character != ':' || mode == Mode::May,
            Self::NoSlash => character != '/',
            Self::Hex => matches!(character, '0'..='9' | 'a'..='f'),
            Self::Digit => character.is_ascii_digit(),
            Self::LowerAlphanumeric => matches!(character, '0'..='9' | 'a'..='z'),
        }
    }
}

/// A pattern: a sequence of tokens that must cover the whole text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
    /// The symbols of the tokens at the start that are [`Token::One`].
    start: Vec<Symbol>,
    /// One past the last token that is a name.
    names_end: usize,
    /// Whether any token is [`Class::PerhapsNoColon`].
    vague: bool,
    never: bool,
}

impl Pattern {
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        let is_name = |t: &Token| matches!(t, Token::One(s) if s.is_name());
        let names_end = tokens.iter().rposition(is_name).map_or(0, |at| at + 1);
        let one = |t: &Token| match t {
            Token::One(symbol) => Some(*symbol),
            Token::Fold(_) | Token::Any(_) | Token::Many(_) => None,
        };
        let start = tokens.iter().map_while(one).collect();
        let perhaps = |t: &Token| matches!(t, Token::Any(c) | Token::Many(c) if *c == Class::PerhapsNoColon);
        let vague = tokens.iter().any(perhaps);
        Self { tokens, start, names_end, vague, never: false }
    }

    /// The pattern of exactly this text.
    pub(super) fn exactly(text: &Text) -> Self {
        Self::new(text.symbols().iter().copied().map(Token::One).collect())
    }

    /// The pattern that matches nothing.
    pub(super) fn never() -> Self {
        Self { never: true, ..Self::new(Vec::new()) }
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn is_named(&self) -> bool {
        self.names_end > 0
    }

    pub(super) fn is_never(&self) -> bool {
        self.never
    }

    /// Whether the pattern stands for one text only, in one letter case.
    pub(super) fn is_constant(&self) -> bool {
        !self.never && self.start.len() == self.tokens.len()
    }

    /// The one text that the pattern stands for, when [`Self::is_constant`].
    pub(super) fn constant(&self) -> Option<Text> {
        self.is_constant().then(|| Text::of_symbols(self.start.clone()))
    }

    /// How many symbols of the fixed start of the pattern the text starts with.
    pub(super) fn common_start(&self, text: &[Symbol]) -> usize {
        common_start(&self.start, text)
    }

    /// Whether the text matches.
    pub(super) fn matches(&self, value: &Text, names: &Names) -> Same {
        self.matches_from(0, value, names)
    }

    /// Whether the text matches, when the first `known` symbols are known to be those of the fixed start.
    pub(super) fn matches_from(&self, known: usize, value: &Text, names: &Names) -> Same {
        if self.never {
            return Same::No;
        }
        // What both start with stands for the same string, names included: only the rest decides.
        let known = known.min(self.start.len()).min(value.symbols().len());
        let common = known + common_start(&self.start[known..], &value.symbols()[known..]);
        let (tokens, symbols) = (&self.tokens[common..], &value.symbols()[common..]);
        let literal = common >= self.names_end && (!value.is_named() || !symbols.iter().any(|s| s.is_name()));
        if literal && common < self.start.len() {
            return Same::No;
        }
        if run(tokens, symbols, Mode::Must) {
            return Same::Yes;
        }
        if literal && !self.vague || !run(tokens, symbols, Mode::May) {
            return Same::No;
        }
        if !self.is_named() || !value.is_named() {
            return Same::Unknown;
        }
        let relation = |a, b| names.relation(a, b);
        if !could_be(tokens, symbols, &|a, b| relation(a, b) == Same::No) {
            return Same::No;
        }
        if !could_be(tokens, symbols, &|a, b| matches!(relation(a, b), Same::No | Same::Presumed)) {
            return Same::Presumed;
        }
        Same::Unknown
    }

    /// Whether some text of the form may match; a quick look that may say yes too often, never no.
    pub(super) fn may_meet(&self, form: &Pattern) -> bool {
        if self.never {
            return false;
        }
        let common = common_start(&self.start, &form.start);
        let tokens = &self.tokens[common..];
        let mut states = vec![0; tokens.len() / 64 + 1];
        states[0] = 1;
        close(tokens, &mut states, Mode::May);
        for token in &form.tokens[common..] {
            match token {
                Token::One(symbol) | Token::Fold(symbol) => step(tokens, &mut states, *symbol, Mode::May),
                Token::Any(class) => states = step_over(tokens, &states, *class),
                Token::Many(class) => loop {
                    let mut next = step_over(tokens, &states, *class);
                    next.iter_mut().zip(&states).for_each(|(new, old)| *new |= old);
                    if next == states {
                        break;
                    }
                    states = next;
                },
            }
            if states.iter().all(|w| *w == 0) {
                return false;
            }
        }
        has(&states, tokens.len())
    }

    /// Whether the symbols match in the given mode.
    pub(super) fn accepts(&self, symbols: &[Symbol], mode: Mode) -> bool {
        !self.never && run(&self.tokens, symbols, mode)
    }
}

/// How many symbols both start with; by sixteens, as whole ARNs are compared.
fn common_start(left: &[Symbol], right: &[Symbol]) -> usize {
    const WIDTH: usize = 16;
    let same = |(a, b): &(&[Symbol], &[Symbol])| a.iter().zip(*b).fold(true, |all, (a, b)| all & (a == b));
    let whole = left.chunks_exact(WIDTH).zip(right.chunks_exact(WIDTH)).take_while(same).count() * WIDTH;
    let rest = left.iter().zip(right).skip(whole);
    whole + rest.take_while(|(a, b)| a == b).count()
}

/// Whether the symbols could match, when a name stands for no part of a name it is `apart` from, and none is
/// empty.
fn could_be(tokens: &[Token], symbols: &[Symbol], apart: &dyn Fn(Symbol, Symbol) -> bool) -> bool {
    let total = tokens.len();
    let mut states = vec![false; total + 1];
    let pass = |states: &mut Vec<bool>| {
        for (at, token) in tokens.iter().enumerate() {
            if states[at] && matches!(token, Token::Many(_)) {
                states[at + 1] = true;
            }
        }
    };
    states[0] = true;
    pass(&mut states);
    for symbol in symbols {
        let mut next = vec![false; total + 1];
        for at in (0..total).filter(|at| states[*at]) {
            if symbol.is_name() {
                cover(tokens, at, *symbol, apart, &mut next);
            } else {
                let (stays, advances) = reaction(tokens[at], *symbol, Mode::May);
                next[at] |= stays;
                next[at + 1] |= advances || stays && matches!(tokens[at], Token::One(_));
            }
        }
        pass(&mut next);
        states = next;
    }
    states[total]
}

/// Marks the places after a name of the text that starts at token `at`.
fn cover(
    tokens: &[Token],
    at: usize,
    name: Symbol,
    apart: &dyn Fn(Symbol, Symbol) -> bool,
    next: &mut [bool],
) {
    for (reached, token) in tokens.iter().enumerate().skip(at) {
        match token {
            Token::One(own) if own.is_name() && *own != name => {
                if apart(*own, name) {
                    return;
                }
                next[reached] = true;
            }
            Token::Many(_) => next[reached] = true,
            Token::One(_) | Token::Fold(_) | Token::Any(_) => {}
        }
        next[reached + 1] = true;
    }
}

/// Runs the tokens as an automaton without determinism, one bit per token.
fn run(tokens: &[Token], symbols: &[Symbol], mode: Mode) -> bool {
    match tokens {
        [] => return symbols.is_empty(),
        [Token::Many(Class::Any)] => return true,
        _ => {}
    }
    let words = tokens.len() / 64 + 1;
    let (mut small, mut large) = ([0_u64; 4], Vec::new());
    let states = if words <= 4 {
        &mut small[..words]
    } else {
        large.resize(words, 0);
        &mut large[..]
    };
    states[0] = 1;
    close(tokens, states, mode);
    for symbol in symbols {
        step(tokens, states, *symbol, mode);
        if states.iter().all(|w| *w == 0) {
            return false;
        }
    }
    has(states, tokens.len())
}

fn has(states: &[u64], at: usize) -> bool {
    states.get(at / 64).is_some_and(|w| w >> (at % 64) & 1 == 1)
}

fn set(states: &mut [u64], at: usize) {
    if let Some(word) = states.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// Whether a token may be passed over without a symbol.
pub(super) fn skippable(token: Token, mode: Mode) -> bool {
    match token {
        Token::Many(_) => true,
        Token::One(symbol) => mode == Mode::May && symbol.is_name(),
        Token::Fold(_) | Token::Any(_) => false,
    }
}

/// Where a token goes on a symbol: `(stays, advances)`. Names as symbols in [`Mode::May`] are not for this.
pub(super) fn reaction(token: Token, symbol: Symbol, mode: Mode) -> (bool, bool) {
    match token {
        Token::One(own) => (mode == Mode::May && own.is_name(), own == symbol),
        Token::Fold(own) => (false, own == symbol.lower()),
        Token::Any(class) => (false, !symbol.is_name() && class.holds(symbol, mode)),
        Token::Many(class) => (class.holds(symbol, mode), false),
    }
}

fn close(tokens: &[Token], states: &mut [u64], mode: Mode) {
    for (at, token) in tokens.iter().enumerate() {
        if has(states, at) && skippable(*token, mode) {
            set(states, at + 1);
        }
    }
}

fn step(tokens: &[Token], states: &mut [u64], symbol: Symbol, mode: Mode) {
    if symbol.is_name() && mode == Mode::May {
        // A name may stand for any string, so every later place can be reached; a plain one does not go past a
        // colon or a slash.
        let mut reached = false;
        for at in 0..=tokens.len() {
            reached |= has(states, at);
            if reached {
                set(states, at);
            }
            let wall = |own: &Token| matches!(own, Token::One(c) if !c.is_name() && !c.is_plain());
            reached &= !(symbol.is_plain() && tokens.get(at).is_some_and(wall));
        }
        return;
    }
    for at in (0..=tokens.len()).rev() {
        if !has(states, at) {
            continue;
        }
        if let Some(word) = states.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
        if let Some(token) = tokens.get(at) {
            let (stays, advances) = reaction(*token, symbol, mode);
            if stays {
                set(states, at);
            }
            if advances {
                set(states, at + 1);
            }
        }
    }
    close(tokens, states, mode);
}

/// The places after some symbol of the class.
fn step_over(tokens: &[Token], states: &[u64], class: Class) -> Vec<u64> {
    let mut next = vec![0; states.len()];
    for (at, token) in tokens.iter().enumerate().filter(|(at, _)| has(states, *at)) {
        let (stays, advances) = match token {
            Token::One(own) => (own.is_name(), own.is_name() || class.holds(*own, Mode::May)),
            Token::Any(_) | Token::Fold(_) => (false, true),
            Token::Many(_) => (true, false),
        };
        if stays {
            set(&mut next, at);
        }
        if advances {
            set(&mut next, at + 1);
        }
    }
    close(tokens, &mut next, Mode::May);
    next
}
