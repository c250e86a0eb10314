//! The conditions of own rules, and whether they hold: yes, no, or it cannot be said, and because of which facts.
//!
//! How conditions are written is decided in `decode`.

use crate::policy::truth::Truth;
use crate::rules::own::facts::Fact;
use crate::rules::own::reading::{Pattern, Reading, Seen, What, known, not};
use crate::rules::own::scene::Scene;

/// A condition over the facts of one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    /// Every one holds; true without any.
    All(Vec<Predicate>),
    /// At least one holds.
    Any(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// A fact passes a test.
    Fact(&'static Fact, Test),
}

/// A test of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// A single fact is like this.
    Is(ItemTest),
    /// Every item of a list is like this; true for an empty list.
    Every(ItemTest),
    /// At least one item is like this.
    Some(ItemTest),
    /// No item is like this; true for an empty list.
    Nothing(ItemTest),
    /// Whether the list is empty.
    Empty(bool),
    /// How many items the list has; no upper bound when `None`.
    Count(usize, Option<usize>),
    /// All of these.
    Both(Vec<Test>),
}

/// A test of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ItemTest {
    /// It fits one of the patterns.
    OneOf(Vec<Pattern>),
    /// It fits none of the patterns.
    NoneOf(Vec<Pattern>),
    /// Whether anything is written.
    Written(bool),
    /// All of these.
    Both(Vec<ItemTest>),
}

/// An answer, and what it rests on.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) truth: Truth,
    /// The facts that decide, in the order of the rule; for an unknown answer those that are not known.
    pub(super) leaves: Vec<Leaf>,
}

/// A fact that decides, with the one thing in it that does, if it is one.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) fact: &'static Fact,
    pub(super) seen: Option<Seen>,
}

impl Predicate {
    /// Whether it holds in a state.
    pub(super) fn ask(&self, scene: &Scene<'_>) -> Answer {
        match self {
            Predicate::All(parts) => join(parts.iter().map(|part| part.ask(scene)), Truth::Yes),
            Predicate::Any(parts) => join(parts.iter().map(|part| part.ask(scene)), Truth::No),
            Predicate::Not(part) => part.ask(scene).negated(),
            Predicate::Fact(fact, test) => test.ask(fact, &fact.read(scene)),
        }
    }
}

impl Answer {
    /// The other way round, resting on the same facts.
    pub(super) fn negated(self) -> Self {
        Self { truth: not(self.truth), leaves: self.leaves }
    }
}

/// "And" when nothing gives yes, "or" when nothing gives no: the answer furthest from `neutral` wins, and
/// brings the facts it rests on.
pub(super) fn join(answers: impl Iterator<Item = Answer>, neutral: Truth) -> Answer {
    let answers: Vec<Answer> = answers.collect();
    let truths = answers.iter().map(|answer| answer.truth);
    let truth = if neutral == Truth::Yes { truths.min() } else { truths.max() }.unwrap_or(neutral);
    let deciding = answers.into_iter().filter(|answer| answer.truth == truth);
    Answer { truth, leaves: deciding.flat_map(|answer| answer.leaves).collect() }
}

impl Test {
    fn ask(&self, fact: &'static Fact, reading: &Reading) -> Answer {
        let items = reading.seen();
        let about = |seen: &Seen| Leaf { fact, seen: Some(seen.clone()) };
        let each = |test: &dyn Fn(&Seen) -> Truth, neutral: Truth| {
            let answers = items.iter().map(|seen| Answer { truth: test(seen), leaves: vec![about(seen)] });
            let mut answer = join(answers, neutral);
            if answer.leaves.is_empty() {
                answer.leaves.push(Leaf { fact, seen: None });
            }
            answer
        };
        match self {
            Test::Is(test) => each(&|seen| test.ask(seen), Truth::Yes),
            // Of an item that may not be there, only what would do no harm is sure.
            Test::Every(test) => each(&|seen| at_least(seen, test.ask(seen)), Truth::Yes),
            Test::Some(test) => each(&|seen| at_most(seen, test.ask(seen)), Truth::No),
            Test::Nothing(test) => each(&|seen| at_least(seen, not(test.ask(seen))), Truth::Yes),
            Test::Empty(wanted) => {
                let answer = counted(fact, items, 0, Some(0));
                if *wanted { answer } else { answer.negated() }
            }
            Test::Count(least, most) => counted(fact, items, *least, *most),
            Test::Both(tests) => join(tests.iter().map(|test| test.ask(fact, reading)), Truth::Yes),
        }
    }
}

/// Unknown instead of no, for an item that may not be there.
fn at_least(seen: &Seen, truth: Truth) -> Truth {
    if seen.perhaps.is_some() { truth.max(Truth::Unknown) } else { truth }
}

/// Unknown instead of yes, for an item that may not be there.
fn at_most(seen: &Seen, truth: Truth) -> Truth {
    if seen.perhaps.is_some() { truth.min(Truth::Unknown) } else { truth }
}

fn counted(fact: &'static Fact, items: &[Seen], least: usize, most: Option<usize>) -> Answer {
    let (sure, unsure): (Vec<&Seen>, Vec<&Seen>) =
        items.iter().partition(|seen| seen.perhaps.is_none() && !matches!(seen.what, What::Unknown(_)));
    // What is not known may be any number of items.
    let open = !unsure.is_empty() || sure.iter().any(|seen| seen.spread);
    let upper = if open { None } else { Some(sure.len()) };
    let fits = |count: usize| count >= least && most.is_none_or(|most| count <= most);
    let truth = match upper {
        Some(count) => known(fits(count)),
        None if most.is_some_and(|most| sure.len() > most) => Truth::No,
        None if sure.len() >= least && most.is_none() => Truth::Yes,
        None => Truth::Unknown,
    };
    let speaking = match truth {
        Truth::Unknown => unsure.first().or_else(|| sure.iter().find(|seen| seen.spread)),
        Truth::Yes | Truth::No => sure.first(),
    };
    let seen = speaking.map(|seen| (*seen).clone());
    Answer { truth, leaves: vec![Leaf { fact, seen }] }
}

impl ItemTest {
    fn ask(&self, seen: &Seen) -> Truth {
        let fits = |patterns: &[Pattern]| {
            patterns.iter().map(|pattern| pattern.fits(seen)).max().unwrap_or(Truth::No)
        };
        match self {
            ItemTest::OneOf(patterns) => fits(patterns),
            ItemTest::NoneOf(patterns) => not(fits(patterns)),
            ItemTest::Written(wanted) => match seen.what {
                What::Unknown(_) => Truth::Unknown,
                What::Absent => known(!*wanted),
                What::Text(_) | What::Value(_) => known(*wanted),
            },
            ItemTest::Both(tests) => tests.iter().map(|test| test.ask(seen)).min().unwrap_or(Truth::Yes),
        }
    }
}
