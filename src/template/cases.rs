//! Splitting what a template can be into consistent cases.
//!
//! A computation runs as if every condition were decided. Whenever it meets something undecided it asks the
//! [`Path`] to choose; the path takes the first alternative and remembers the others, and [`explore`] runs the
//! computation again for each of them. What is assumed in a case is a formula ([`Guard`]), so a condition splits in
//! two however many parameters it is made of. The cases found partition the satisfiable assignments, are consistent
//! each in itself, and come default first. Nothing here knows what is computed.

use std::collections::BTreeSet;

use crate::template::guards::{AtomId, Guard, Guards};
use crate::template::value::Value;

/// What is assumed about one undecided value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constraint {
    /// It is this text.
    Is(String),
    /// It is none of these texts.
    Not(BTreeSet<String>),
}

/// The assumptions of the case under way, and the alternatives met on the way.
#[derive(Debug)]
pub struct Path {
    guards: Guards,
    guard: Guard,
    alternatives: Vec<Guard>,
    fresh: bool,
    frozen: u32,
    /// Nesting of the value under way, over all stacks.
    pub(super) depth: u32,
    /// Nodes looked at in this run, over all stacks.
    pub(super) steps: u32,
}

impl Default for Path {
    fn default() -> Self {
        Self::new()
    }
}

/// The run around a question that is worked out by itself.
pub(super) struct Outer {
    guard: Guard,
    alternatives: Vec<Guard>,
    fresh: bool,
    frozen: u32,
}

/// How a question that was worked out by itself ended.
pub(super) struct Inner {
    /// What it assumed in the end.
    pub(super) guard: Guard,
    /// What it did not look at.
    pub(super) alternatives: Vec<Guard>,
    /// Whether it made choices, so that what came before them has to be looked at again.
    pub(super) fresh: bool,
}

impl Path {
    /// A path on which nothing is assumed.
    pub fn new() -> Self {
        Self::under(Guards::default(), Guard::ALWAYS)
    }

    /// A path on which `guard` is assumed.
    pub fn under(guards: Guards, guard: Guard) -> Self {
        Self { guards, guard, alternatives: Vec::new(), fresh: false, frozen: 0, depth: 0, steps: 0 }
    }

    /// The formulas.
    pub fn guards(&mut self) -> &mut Guards {
        &mut self.guards
    }

    /// What is assumed so far.
    pub fn guard(&self) -> Guard {
        self.guard
    }

    /// The only text a value can be under what is assumed.
    pub fn only(&mut self, value: &Value) -> Option<String> {
        let atom = self.guards.known_atom(value)?;
        self.guards.only(self.guard, atom)
    }

    /// Which of `texts`, and which others that are asked for, a value can still be, and whether it can be yet
    /// another text.
    pub fn left(&mut self, value: &Value, texts: Vec<String>, open: bool) -> (Vec<String>, bool) {
        match self.guards.known_atom(value) {
            Some(atom) if self.guard != Guard::ALWAYS => {
                let (left, other) = self.guards.left(self.guard, atom, texts);
                (left, other && open)
            }
            _ => (texts, open),
        }
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

    /// Begins a question that is worked out by itself, under `guard` alone.
    pub(super) fn enter(&mut self, guard: Guard) -> Outer {
        Outer {
            guard: std::mem::replace(&mut self.guard, guard),
            alternatives: std::mem::take(&mut self.alternatives),
            fresh: std::mem::take(&mut self.fresh),
            frozen: std::mem::take(&mut self.frozen),
        }
    }

    /// Ends what [`Path::enter`] began.
    pub(super) fn leave(&mut self, outer: Outer) -> Inner {
        self.frozen = outer.frozen;
        Inner {
            guard: std::mem::replace(&mut self.guard, outer.guard),
            alternatives: std::mem::replace(&mut self.alternatives, outer.alternatives),
            fresh: std::mem::replace(&mut self.fresh, outer.fresh),
        }
    }

    /// Assumes `guard` on top of what is assumed. False where that cannot be.
    pub fn assume(&mut self, guard: Guard) -> bool {
        self.guard = self.guards.and(self.guard, guard);
        self.guard != Guard::NEVER
    }

    /// Whether `guard` holds: as far as what is assumed tells, else by choice, the default's side first. `None` when
    /// it is undecided and choices are off.
    pub fn decide(&mut self, guard: Guard) -> Option<bool> {
        match guard {
            Guard::ALWAYS => return Some(true),
            Guard::NEVER => return Some(false),
            _ => {}
        }
        let yes = self.guards.and(self.guard, guard);
        let opposite = self.guards.not(guard);
        let no = self.guards.and(self.guard, opposite);
        if self.guards.overflowed() {
            return (!self.is_frozen()).then_some(false);
        }
        if yes == Guard::NEVER || no == Guard::NEVER {
            return Some(no == Guard::NEVER);
        }
        if self.is_frozen() {
            return None;
        }
        let first = self.guards.by_default(guard);
        let (taken, other) = if first { (yes, no) } else { (no, yes) };
        self.alternatives.push(other);
        self.guard = taken;
        self.fresh = true;
        Some(first)
    }

    /// Takes the first of `options` for `atom` that is possible and remembers the others. `options` must be
    /// disjoint and cover all that is possible. `None` when choices are off or nothing is possible.
    pub fn choose(&mut self, atom: AtomId, options: Vec<Constraint>) -> Option<Constraint> {
        if self.is_frozen() {
            return None;
        }
        let mut possible = Vec::new();
        for option in options {
            let guard = match &option {
                Constraint::Is(text) => self.guards.is(atom, text),
                Constraint::Not(texts) => {
                    let any = self.guards.is_one_of(atom, texts.iter().map(String::as_str));
                    self.guards.not(any)
                }
            };
            let guard = self.guards.and(self.guard, guard);
            if guard != Guard::NEVER {
                possible.push((option, guard));
            }
        }
        let mut possible = possible.into_iter();
        let (first, guard) = possible.next()?;
        self.alternatives.extend(possible.map(|(_, guard)| guard));
        self.fresh |= guard != self.guard;
        self.guard = guard;
        Some(first)
    }
}

/// One case of an exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<T> {
    /// When it is so.
    pub guard: Guard,
    /// What the computation yields then.
    pub value: T,
}

/// All cases of a computation.
#[derive(Debug)]
pub struct Explored<T> {
    /// The formulas that the cases are about.
    pub guards: Guards,
    /// What was explored: the cases partition it.
    pub possible: Guard,
    /// The cases, default first.
    pub cells: Vec<Cell<T>>,
    /// Whether all cases were looked at; `false` when there were more than the budget.
    pub complete: bool,
}

/// Runs `run` once per case. At most `budget` cases are looked at, of those that `start` assumes.
///
/// Where a run makes choices it is repeated with all of them assumed from its beginning, so that a choice made
/// late also holds for what was computed early.
pub fn explore<T>(
    guards: Guards,
    start: Guard,
    budget: usize,
    mut run: impl FnMut(&mut Path) -> T,
) -> Explored<T> {
    let mut pending = vec![start];
    let mut explored = Explored { guards, possible: start, cells: Vec::new(), complete: true };
    let mut runs = 0;
    while let Some(guard) = pending.pop() {
        if runs >= budget.saturating_mul(2) || explored.cells.len() >= budget || explored.guards.overflowed()
        {
            explored.complete = false;
            break;
        }
        if guard == Guard::NEVER {
            continue;
        }
        runs += 1;
        let mut path = Path::under(std::mem::take(&mut explored.guards), guard);
        let value = run(&mut path);
        explored.guards = path.guards;
        if path.fresh {
            // The first alternative met differs earliest; it is tried last.
            pending.extend(path.alternatives);
            pending.push(path.guard);
        } else {
            explored.cells.push(Cell { guard: path.guard, value });
        }
    }
    explored.complete &= !explored.guards.overflowed();
    explored.keep_valid();
    explored
}

impl<T> Explored<T> {
    /// Drops what no deployment can be as far as conditions tell.
    fn keep_valid(&mut self) {
        let Some(valid) = self.guards.valid else { return };
        self.possible = self.guards.and(self.possible, valid);
        for cell in &mut self.cells {
            cell.guard = self.guards.and(cell.guard, valid);
        }
        self.cells.retain(|cell| cell.guard != Guard::NEVER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::guards::Domain;

    fn ask(path: &mut Path, name: &str) -> bool {
        let texts = ["true", "false"].map(str::to_owned).to_vec();
        let default = texts.first().cloned();
        let atom = path.guards().atom(&Value::String(name.to_owned()), || Domain { texts, default });
        let holds = path.guards().is(atom, "true");
        path.decide(holds) == Some(true)
    }

    fn all<T>(budget: usize, run: impl FnMut(&mut Path) -> T) -> Explored<T> {
        explore(Guards::default(), Guard::ALWAYS, budget, run)
    }

    #[test]
    fn cases_partition_and_follow_only_what_is_asked() {
        let mut explored =
            all(100, |path| if ask(path, "a") { (true, ask(path, "b")) } else { (false, false) });
        let values: Vec<_> = explored.cells.iter().map(|cell| cell.value).collect();
        assert_eq!(values, [(true, true), (true, false), (false, false)]);
        assert!(explored.complete);
        let mut any = Guard::NEVER;
        for cell in &explored.cells {
            assert_eq!(explored.guards.and(any, cell.guard), Guard::NEVER);
            any = explored.guards.or(any, cell.guard);
        }
        assert_eq!(any, Guard::ALWAYS);
    }

    #[test]
    fn a_late_choice_holds_for_what_came_early() {
        let explored = all(100, |path| {
            let early = path.only(&Value::String("a".to_owned()));
            ask(path, "a");
            early
        });
        let values: Vec<_> = explored.cells.into_iter().map(|cell| cell.value).collect();
        assert_eq!(values, [Some("true".to_owned()), Some("false".to_owned())]);
    }

    #[test]
    fn the_budget_ends_an_explosion() {
        let explored = all(50, |path| (0..40).filter(|index| ask(path, &index.to_string())).count());
        assert!(!explored.complete);
        assert!(explored.cells.len() <= 50);
    }
}
