//! Cutting the texts of a form into cells on which every pattern is constant, by a product of automata.
//!
//! Letters are the characters that occur, plus fresh ones that stand for all the others. The search goes
//! breadth first, so each cell has a shortest text. Nothing here knows what the patterns are for.

use rustc_hash::FxHashSet;

use super::pattern::{Class, Mode, Pattern, Token, reaction, skippable};
use super::text::{Symbol, Text};

/// How many states of the product automaton are looked at before giving up.
pub(super) const STATES: usize = 60_000;

/// More states than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// One cell: a text in it, and which patterns match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: Text,
    /// By the position of the pattern; where names are involved, whether it certainly matches.
    pub(super) matches: Vec<bool>,
}

/// The cells of the texts that match any pattern of `form`, shortest text first.
///
/// # Errors
///
/// [`TooMany`] when more than `limit` states would be looked at.
pub(super) fn cells(patterns: &[&Pattern], form: &[Pattern], limit: usize) -> Result<Vec<Cell>, TooMany> {
    let opaque = form.iter().any(Pattern::is_named) || patterns.iter().any(|p| p.is_named());
    let mut automata: Vec<Automaton<'_>> = form.iter().map(|p| Automaton::new(p, Mode::Must)).collect();
    automata.extend(patterns.iter().map(|p| Automaton::new(p, Mode::Must)));
    if opaque {
        automata.extend(patterns.iter().map(|p| Automaton::new(p, Mode::May)));
    }
    let letters = letters(patterns, form);
    for automaton in &mut automata {
        automaton.prepare(&letters);
    }
    search(&automata, &letters, (form.len(), patterns.len()), limit)
}

/// A pattern as a bit-parallel automaton; its states are `tokens + 1` bits at `offset` words.
struct Automaton<'p> {
    pattern: &'p Pattern,
    mode: Mode,
    words: usize,
    skip: Vec<u64>,
    /// By letter: the tokens that stay, and those that advance; `None` for a name that may be anything.
    moves: Vec<Option<(Vec<u64>, Vec<u64>)>>,
}

impl<'p> Automaton<'p> {
    fn new(pattern: &'p Pattern, mode: Mode) -> Self {
        let words = pattern.tokens().len() / 64 + 1;
        let mut skip = vec![0; words];
        for (at, token) in pattern.tokens().iter().enumerate() {
            if skippable(*token, mode) {
                put(&mut skip, at);
            }
        }
        Self { pattern, mode, words, skip, moves: Vec::new() }
    }

    fn prepare(&mut self, letters: &[Symbol]) {
        self.moves = letters.iter().map(|letter| self.moves_on(*letter)).collect();
    }

    fn moves_on(&self, letter: Symbol) -> Option<(Vec<u64>, Vec<u64>)> {
        if letter.is_name() && self.mode == Mode::May {
            return None;
        }
        let (mut stay, mut advance) = (vec![0; self.words], vec![0; self.words]);
        for (at, token) in self.pattern.tokens().iter().enumerate() {
            let (stays, advances) = reaction(*token, letter, self.mode);
            if stays {
                put(&mut stay, at);
            }
            if advances {
                put(&mut advance, at);
            }
        }
        Some((stay, advance))
    }

    fn start(&self, states: &mut [u64]) {
        if !self.pattern.is_never() {
            states[0] = 1;
            self.close(states);
        }
    }

    fn close(&self, states: &mut [u64]) {
        // Runs of skippable tokens are short; each round passes over one more of them.
        loop {
            let mut changed = false;
            let mut carry = 0;
            for (word, skip) in states.iter_mut().zip(&self.skip) {
                let moved = *word & skip;
                let new = *word | moved << 1 | carry;
                carry = moved >> 63;
                changed |= new != *word;
                *word = new;
            }
            if !changed {
                return;
            }
        }
    }

    fn step(&self, from: &[u64], letter: usize, to: &mut [u64]) {
        let Some(Some((stay, advance))) = self.moves.get(letter) else {
            return self.anything(from, to);
        };
        let mut carry = 0;
        for (((new, old), stay), advance) in to.iter_mut().zip(from).zip(stay).zip(advance) {
            let moved = old & advance;
            *new = old & stay | moved << 1 | carry;
            carry = moved >> 63;
        }
        self.close(to);
    }

    /// A name may stand for any string: every place from the first on.
    fn anything(&self, from: &[u64], to: &mut [u64]) {
        let total = self.pattern.tokens().len();
        let first = (0..=total).find(|at| has(from, *at)).unwrap_or(total + 1);
        to.fill(0);
        (first..=total).for_each(|at| put(to, at));
    }

    fn accepts(&self, states: &[u64]) -> bool {
        has(states, self.pattern.tokens().len())
    }
}

fn has(states: &[u64], at: usize) -> bool {
    states.get(at / 64).is_some_and(|w| w >> (at % 64) & 1 == 1)
}

fn put(states: &mut [u64], at: usize) {
    if let Some(word) = states.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// The letters that matter: those of the patterns, and a fresh one of each class that occurs.
fn letters(patterns: &[&Pattern], form: &[Pattern]) -> Vec<Symbol> {
    let mut found = Vec::new();
    let mut classes = vec![Class::Any];
    for token in patterns.iter().copied().chain(form).flat_map(Pattern::tokens) {
        match token {
            Token::One(symbol) => found.push(*symbol),
            Token::Fold(symbol) => {
                found.push(*symbol);
                let upper = symbol.character().and_then(|c| {
                    let mut upper = c.to_uppercase();
                    upper.next().filter(|_| upper.next().is_none()).map(Symbol::of)
                });
                found.extend(upper);
            }
            Token::Any(class) | Token::Many(class) => classes.push(*class),
        }
    }
    classes.sort_unstable();
    classes.dedup();
    for class in &classes {
        match class {
            Class::Any => {}
            Class::NoColon | Class::PerhapsNoColon => found.push(Symbol::of(':')),
            Class::NoSlash => found.push(Symbol::of('/')),
            Class::Hex => found.extend(fresh(&found, "0123456789abcdef")),
            Class::Digit => found.extend(fresh(&found, "0123456789")),
            Class::LowerAlphanumeric => found.extend(fresh(&found, "zyxwvutsrqponmlkjihg")),
        }
    }
    found.sort_unstable();
    found.dedup();
    // The letter that stands for all others comes last, so that texts read like the policy's own.
    found.extend(fresh(&found, "zyxwutsrqnmlkjihg987654321~_|!").or_else(|| fresh_beyond(&found)));
    found
}

/// The first of these characters that does not occur, in either letter case.
fn fresh(found: &[Symbol], from: &str) -> Option<Symbol> {
    let occurs =
        |c: char| found.contains(&Symbol::of(c)) || found.contains(&Symbol::of(c.to_ascii_uppercase()));
    from.chars().find(|c| !occurs(*c)).map(Symbol::of)
}

fn fresh_beyond(found: &[Symbol]) -> Option<Symbol> {
    ('\u{4e00}'..'\u{9fff}').map(Symbol::of).find(|s| !found.contains(s))
}

struct Visit {
    states: Vec<u64>,
    /// The visit it came from and the letter; the first has none.
    from: Option<(usize, usize)>,
}

fn search(
    automata: &[Automaton<'_>],
    letters: &[Symbol],
    (n_forms, n_patterns): (usize, usize),
    limit: usize,
) -> Result<Vec<Cell>, TooMany> {
    let offsets: Vec<(usize, usize)> = automata
        .iter()
        .scan(0, |at, a| {
            let start = *at;
            *at += a.words;
            Some((start, *at))
        })
        .collect();
    let total = offsets.last().map_or(0, |(_, end)| *end);
    let n_form_words = offsets.get(n_forms).map_or(total, |(start, _)| *start);
    let mut first = vec![0; total];
    for (automaton, (start, end)) in automata.iter().zip(&offsets) {
        automaton.start(&mut first[*start..*end]);
    }
    let mut seen: FxHashSet<Vec<u64>> = FxHashSet::default();
    seen.insert(first.clone());
    let mut visits = vec![Visit { states: first, from: None }];
    let mut found: Vec<(Vec<bool>, Cell)> = Vec::new();
    let mut at = 0;
    while let Some(visit) = visits.get(at) {
        let accepts = |(automaton, (start, end)): (&Automaton<'_>, &(usize, usize))| {
            automaton.accepts(&visit.states[*start..*end])
        };
        if automata.iter().zip(&offsets).take(n_forms).any(accepts) {
            let vector: Vec<bool> = automata.iter().zip(&offsets).skip(n_forms).map(accepts).collect();
            if !found.iter().any(|(known, _)| *known == vector) {
                let matches = vector.iter().copied().take(n_patterns).collect();
                found.push((vector, Cell { text: spell(&visits, at, letters), matches }));
            }
        }
        for letter in 0..letters.len() {
            let mut next = vec![0; total];
            let from = &visits[at].states;
            for (automaton, (start, end)) in automata.iter().zip(&offsets) {
                automaton.step(&from[*start..*end], letter, &mut next[*start..*end]);
            }
            let alive = next[..n_form_words].iter().any(|w| *w != 0);
            if alive && !seen.contains(&next) {
                if seen.len() >= limit {
                    return Err(TooMany);
                }
                seen.insert(next.clone());
                visits.push(Visit { states: next, from: Some((at, letter)) });
            }
        }
        at += 1;
    }
    Ok(found.into_iter().map(|(_, cell)| cell).collect())
}

fn spell(visits: &[Visit], mut at: usize, letters: &[Symbol]) -> Text {
    let mut symbols = Vec::new();
    while let Some((from, letter)) = visits.get(at).and_then(|v| v.from) {
        symbols.extend(letters.get(letter));
        at = from;
    }
    symbols.reverse();
    Text::of_symbols(symbols)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::keys::Form;
    use crate::policy::pieces::{cut, glob};

    fn cut_into(patterns: &[&str], form: &Form) -> Vec<(String, Vec<bool>)> {
        let patterns: Vec<Pattern> =
            patterns.iter().map(|p| glob(&cut(&Text::from(*p), false), false)).collect();
        let found = cells(&patterns.iter().collect::<Vec<_>>(), form.patterns(), STATES).unwrap();
        found.into_iter().map(|c| (c.text.literal().unwrap(), c.matches)).collect()
    }

    #[test]
    fn every_cell_once() {
        let found = cut_into(&["a*", "*b"], &Form::anything());
        let vectors: Vec<Vec<bool>> = found.iter().map(|(_, v)| v.clone()).collect();
        assert_eq!(found.len(), 4);
        for vector in [[false, false], [true, false], [false, true], [true, true]] {
            assert!(vectors.contains(&vector.to_vec()), "{vector:?}");
        }
        assert!(found.contains(&("ab".to_owned(), vec![true, true])));
    }

    #[test]
    fn empty_cells_do_not_show() {
        let ids = Form::of_key("aws:sourcevpce");
        assert_eq!(cut_into(&["vpce-*"], &ids).len(), 1);
        assert_eq!(cut_into(&["vpc-*"], &ids), [("vpce-00000000".to_owned(), vec![false])]);
        assert_eq!(cut_into(&["vpce-0a1*"], &ids).len(), 2);
        assert_eq!(cut_into(&["vpce-0123456789"], &ids).len(), 1);
        assert_eq!(cut_into(&["vpce-?????????????????"], &ids).len(), 2);
    }

    #[test]
    fn the_budget_holds() {
        let pattern = glob(&cut(&Text::from("*a??????????????????b*"), false), false);
        assert_eq!(cells(&[&pattern], Form::anything().patterns(), 1000), Err(TooMany));
    }
}
