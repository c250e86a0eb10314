//! Splitting what a template can be into consistent cases.
//!
//! A computation runs as if every condition were decided. Whenever it meets something undecided it asks the
//! [`Path`] to choose; the path takes the first alternative and remembers the others, and [`explore`] runs the
//! computation again for each of them. The cases found partition the satisfiable assignments, are consistent
//! each in itself, and come default first. Nothing here knows what is computed.

use std::collections::{BTreeMap, BTreeSet};

use crate::template::value::Value;

/// What is assumed about one undecided value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constraint {
    /// It is this text.
    Is(String),
    /// It is none of these texts.
    Not(BTreeSet<String>),
}

/// A consistent set of assumptions, by the undecided value they are about.
///
/// Keys are parameters, pseudo parameters and other names ([`Value::Named`], [`Value::Text`]); a list of two
/// values stands for "the two are equal", with the texts `true` and `false`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constraints(BTreeMap<Value, Constraint>);

impl Constraints {
    /// What is assumed about a value.
    pub fn get(&self, atom: &Value) -> Option<&Constraint> {
        self.0.get(atom)
    }

    /// All assumptions, ordered by value.
    pub fn iter(&self) -> impl Iterator<Item = (&Value, &Constraint)> {
        self.0.iter()
    }

    /// Whether nothing is assumed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds or replaces an assumption.
    pub fn insert(&mut self, atom: Value, constraint: Constraint) {
        self.0.insert(atom, constraint);
    }
}

/// The assumptions of the case under way, and the alternatives met on the way.
#[derive(Debug)]
pub struct Path {
    constraints: Constraints,
    alternatives: Vec<Constraints>,
    fresh: bool,
    frozen: u32,
    /// Nesting of the value under way, over all stacks.
    pub(super) depth: u32,
    /// Nodes looked at in this run, over all stacks.
    pub(super) steps: u32,
}

impl Path {
    /// A path on which `constraints` are assumed.
    pub fn new(constraints: Constraints) -> Self {
        Self { constraints, alternatives: Vec::new(), fresh: false, frozen: 0, depth: 0, steps: 0 }
    }

    /// What is assumed about a value so far.
    pub fn constraint(&self, atom: &Value) -> Option<&Constraint> {
        self.constraints.get(atom)
    }

    /// Runs `question` without making choices: what is undecided stays undecided in it.
    pub fn frozen<T>(&mut self, question: impl FnOnce(&mut Self) -> T) -> T {
        self.frozen += 1;
        let answer = question(self);
        self.frozen -= 1;
        answer
    }

    /// Stops making choices until [`Path::thaw`].
    pub fn freeze(&mut self) {
        self.frozen += 1;
    }

    /// Ends one [`Path::freeze`].
    pub fn thaw(&mut self) {
        self.frozen = self.frozen.saturating_sub(1);
    }

    /// Whether choices are off.
    pub fn is_frozen(&self) -> bool {
        self.frozen > 0
    }

    /// Takes the first of `options` for `atom` and remembers the others. `options` must be disjoint, cover all
    /// that is possible, and hold at least one entry. `None` when choices are off.
    pub fn choose(&mut self, atom: &Value, options: Vec<Constraint>) -> Option<Constraint> {
        if self.is_frozen() {
            return None;
        }
        let mut options = options.into_iter();
        let first = options.next()?;
        for other in options {
            let mut alternative = self.constraints.clone();
            alternative.insert(atom.clone(), other);
            self.alternatives.push(alternative);
        }
        self.constraints.insert(atom.clone(), first.clone());
        self.fresh = true;
        Some(first)
    }
}

/// One case of an exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<T> {
    /// What is assumed in it.
    pub constraints: Constraints,
    /// What the computation yields under it.
    pub value: T,
}

/// All cases of a computation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored<T> {
    /// The cases, default first.
    pub cells: Vec<Cell<T>>,
    /// Whether all cases were looked at; `false` when there were more than the budget.
    pub complete: bool,
}

/// Runs `run` once per case, starting from what `start` assumes. At most `budget` cases are looked at.
///
/// Where a run makes choices it is repeated with all of them assumed from its beginning, so that a choice made
/// late also holds for what was computed early.
pub fn explore<T>(start: &Constraints, budget: usize, mut run: impl FnMut(&mut Path) -> T) -> Explored<T> {
    let mut pending = vec![start.clone()];
    let mut cells = Vec::new();
    let mut runs = 0;
    while let Some(constraints) = pending.pop() {
        if runs >= budget.saturating_mul(2) || cells.len() >= budget {
            return Explored { cells, complete: false };
        }
        runs += 1;
        let mut path = Path::new(constraints);
        let value = run(&mut path);
        if path.fresh {
            // The first alternative met differs earliest; it is tried last.
            pending.extend(path.alternatives);
            pending.push(path.constraints);
        } else {
            cells.push(Cell { constraints: path.constraints, value });
        }
    }
    Explored { cells, complete: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str) -> Constraint {
        Constraint::Is(text.to_owned())
    }

    fn ask(path: &mut Path, name: &str) -> bool {
        let atom = Value::String(name.to_owned());
        let known = path.constraint(&atom).cloned();
        known.or_else(|| path.choose(&atom, vec![is("true"), is("false")])) == Some(is("true"))
    }

    #[test]
    fn cases_partition_and_follow_only_what_is_asked() {
        let explored = explore(&Constraints::default(), 100, |path| {
            if ask(path, "a") { (true, ask(path, "b")) } else { (false, false) }
        });
        let values: Vec<_> = explored.cells.iter().map(|cell| cell.value).collect();
        assert_eq!(values, [(true, true), (true, false), (false, false)]);
        assert!(explored.complete);
    }

    #[test]
    fn a_late_choice_holds_for_what_came_early() {
        let explored = explore(&Constraints::default(), 100, |path| {
            let early = path.constraint(&Value::String("a".to_owned())).cloned();
            ask(path, "a");
            early
        });
        let values: Vec<_> = explored.cells.into_iter().map(|cell| cell.value).collect();
        assert_eq!(values, [Some(is("true")), Some(is("false"))]);
    }

    #[test]
    fn the_budget_ends_an_explosion() {
        let explored = explore(&Constraints::default(), 50, |path| {
            (0..40).filter(|index| ask(path, &index.to_string())).count()
        });
        assert!(!explored.complete);
        assert!(explored.cells.len() <= 50);
    }
}
