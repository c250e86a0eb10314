//! From explored cells to the cases of the model: impossible ones dropped, equal ones joined.

use std::sync::Arc;

use crate::exposure::Context;
use crate::exposure::extent::{Extent, assumptions};
use crate::exposure::model::{Assumption, Case};
use crate::template::cases::{Cell, Explored, Path, explore};
use crate::template::guards::{Guard, Guards};
use crate::template::resolve::{Resolver, Scope};
use crate::template::value::Value;
use crate::workspace::{Stack, Workspace};

/// Most cases of one API, or of one stage of working it out, that are looked at; beyond it the answer is unknown.
const MAX_CASES: usize = 256;

/// Most cases of an endpoint: a parameter for its service may list all that there are.
pub(crate) const MAX_ENDPOINT_CASES: usize = 2_048;

/// Most assignments that are written out for states that say the same; the last of them stands for all that are
/// left.
const MAX_ASSIGNMENTS: usize = 8;

/// All cases of a question to one stack in which it has an answer and the template's `Rules` hold.
pub(crate) fn split<'run, T>(
    context: &Context<'run>,
    stack: &'run Stack,
    ask: impl FnMut(&mut Resolver<'run, '_>) -> Option<T>,
) -> Explored<T> {
    split_within(context, stack, MAX_CASES, ask)
}

/// The same, with at most `budget` cases.
pub(crate) fn split_within<'run, T>(
    context: &Context<'run>,
    stack: &'run Stack,
    budget: usize,
    mut ask: impl FnMut(&mut Resolver<'run, '_>) -> Option<T>,
) -> Explored<T> {
    let scope = context.workspace.scope(stack);
    explore_stacks(context, &[stack], budget, |path| ask(&mut Resolver::new(scope, path)))
}

/// All cases of a question to several stacks at once.
pub(crate) fn split_stacks<'run, T>(
    context: &Context<'run>,
    stacks: &[&'run Stack],
    ask: impl FnMut(&mut Path) -> Option<T>,
) -> Explored<T> {
    explore_stacks(context, stacks, MAX_CASES, ask)
}

fn explore_stacks<'run, T>(
    context: &Context<'run>,
    stacks: &[&'run Stack],
    budget: usize,
    ask: impl FnMut(&mut Path) -> Option<T>,
) -> Explored<T> {
    let (guards, kept, start) = start(context.workspace, stacks);
    let mut explored = explore(guards, start, budget, ask);
    let cells = explored.cells.into_iter().filter_map(|cell| {
        let guard = cell.guard;
        cell.value.map(|value| Cell { guard, value })
    });
    let cells = cells.collect();
    let valid = explored.guards.valid().unwrap_or(Guard::ALWAYS);
    let possible = explored.guards.and(kept, valid);
    Explored { cells, guards: explored.guards, possible, complete: explored.complete }
}

/// When the `Rules` of the templates are kept, and when besides no stack that nests one of these, or is nested in
/// between, leaves it out.
fn start(workspace: &Workspace, stacks: &[&Stack]) -> (Guards, Guard, Guard) {
    let mut path = Path::new();
    let mut kept = Guard::ALWAYS;
    for stack in stacks {
        let own = keeps_rules(stack, &mut Resolver::new(workspace.scope(stack), &mut path));
        // Rules that contradict themselves, or each other, are read wrongly rather than written so.
        if own != Guard::NEVER {
            kept = path.guards().and(kept, own);
        }
    }
    path.assume(kept);
    for &stack in stacks {
        let mut nested = Some(stack);
        while let Some(inner) = nested {
            if let Some((parent, condition)) = workspace.nesting_condition(inner) {
                let made = Resolver::new(workspace.scope(parent), &mut path).condition_guard(condition);
                path.assume(made);
            }
            nested = inner.parent.and_then(|(parent, _)| workspace.stack(parent));
        }
    }
    let start = path.guard();
    (std::mem::take(path.guards()), kept, start)
}

/// When the template's `Rules` are kept; what cannot be read of them is.
fn keeps_rules(stack: &Stack, resolver: &mut Resolver<'_, '_>) -> Guard {
    let tree = &stack.lowered.tree;
    let mut kept = Guard::ALWAYS;
    for rule in &stack.template.rules {
        let applies = tree.get(rule.node, "RuleCondition").map_or(Guard::ALWAYS, |node| resolver.guard(node));
        let assertions = tree.get(rule.node, "Assertions").map_or(&[][..], |node| tree.items(node));
        for &assertion in assertions {
            let Some(node) = tree.get(assertion, "Assert") else { continue };
            let holds = resolver.guard(node);
            let guards = resolver.path().guards();
            let free = guards.not(applies);
            let fine = guards.or(free, holds);
            kept = guards.and(kept, fine);
        }
    }
    let is_unread = |value: &Value| matches!(value, Value::String(_));
    resolver.path().guards().without(kept, &is_unread)
}

/// What an exploration comes to: equal values joined, with the formulas that say when each holds.
pub(crate) struct Joined<T> {
    /// The formulas.
    pub(crate) guards: Guards,
    /// What was explored.
    possible: Guard,
    /// Under what there is a value at all.
    exists: Guard,
    /// Values with the formula under which each holds; disjoint, default first.
    pub(crate) states: Vec<(Guard, T)>,
}

/// Cells with equal content joined.
pub(crate) fn join<T: PartialEq>(explored: Explored<T>) -> Joined<T> {
    let Explored { mut guards, possible, cells, .. } = explored;
    let mut states: Vec<(Guard, T)> = Vec::new();
    let mut exists = Guard::NEVER;
    for cell in cells {
        exists = guards.or(exists, cell.guard);
        match states.iter_mut().find(|(_, value)| *value == cell.value) {
            Some((guard, _)) => *guard = guards.or(*guard, cell.guard),
            None => states.push((cell.guard, cell.value)),
        }
    }
    Joined { guards, possible, exists, states }
}

impl<T: Clone + PartialEq> Joined<T> {
    /// Works out more of each state: `more` adds to a value in each of its cases. Where there are more cases than
    /// are looked at, what is undecided stays undecided in all of them.
    pub(crate) fn deepen<'run>(
        &mut self,
        scope: Scope<'run>,
        more: &mut dyn FnMut(&mut Resolver<'run, '_>, &mut T),
    ) {
        let before = self.guards.clone();
        let deeper = self.deeper(scope, more).unwrap_or_else(|| {
            self.guards = before;
            let mut undecided = |(guard, mut value): (Guard, T)| {
                let mut path = Path::under(std::mem::take(&mut self.guards), guard);
                path.freeze();
                more(&mut Resolver::new(scope, &mut path), &mut value);
                self.guards = std::mem::take(path.guards());
                (guard, value)
            };
            let states = std::mem::take(&mut self.states);
            states.into_iter().map(&mut undecided).collect()
        });
        self.states = deeper;
        if let Some(valid) = self.guards.valid() {
            self.possible = self.guards.and(self.possible, valid);
            self.exists = self.guards.and(self.exists, valid);
        }
    }

    /// The cases of all states; `None` when they are more than are looked at.
    fn deeper<'run>(
        &mut self,
        scope: Scope<'run>,
        more: &mut dyn FnMut(&mut Resolver<'run, '_>, &mut T),
    ) -> Option<Vec<(Guard, T)>> {
        let mut budget = MAX_CASES;
        let mut deeper: Vec<(Guard, T)> = Vec::new();
        for (guard, value) in &self.states {
            let explored = explore(std::mem::take(&mut self.guards), *guard, budget, |path| {
                let mut value = value.clone();
                more(&mut Resolver::new(scope, path), &mut value);
                value
            });
            self.guards = explored.guards;
            budget = budget.checked_sub(explored.cells.len()).filter(|_| explored.complete)?;
            for cell in explored.cells {
                match deeper.iter_mut().find(|(_, value)| *value == cell.value) {
                    Some((guard, _)) => *guard = self.guards.or(*guard, cell.guard),
                    None => deeper.push((cell.guard, cell.value)),
                }
            }
        }
        Some(deeper)
    }
}

impl<T> Joined<T> {
    /// Makes of each state what `into` makes of it, with the formula under which it is so.
    pub(crate) fn each<U, F>(self, mut into: F) -> Joined<U>
    where
        F: FnMut(&mut Guards, Guard, T) -> Vec<(Guard, U)>,
    {
        let Joined { mut guards, possible, exists, states } = self;
        let states = states.into_iter().flat_map(|(guard, value)| into(&mut guards, guard, value)).collect();
        Joined { guards, possible, exists, states }
    }
}

impl<T: Clone> Joined<T> {
    /// One case per assignment that has to be told: where what a value holds under is no one assignment, it is
    /// told several times.
    pub(crate) fn told(mut self) -> Vec<(Vec<Assumption>, Extent, T)> {
        let mut told = Vec::new();
        for (guard, value) in std::mem::take(&mut self.states) {
            for (when, part) in self.assignments(guard) {
                told.push((when, part, value.clone()));
            }
        }
        self.guards.settle();
        let guards = Arc::new(self.guards);
        told.into_iter()
            .map(|(when, part, value)| (when, Extent::new(Arc::clone(&guards), part, self.exists), value))
            .collect()
    }

    /// Assignments that cover a formula, each with the part of it that none before covers.
    fn assignments(&mut self, guard: Guard) -> Vec<(Vec<Assumption>, Guard)> {
        let impossible = self.guards.not(self.possible);
        let goal = self.guards.or(guard, impossible);
        let mut found = Vec::new();
        let mut left = guard;
        while left != Guard::NEVER {
            // Wherever the assignment is possible the goal holds, and what is left holds somewhere.
            let Some(literals) = self.guards.smallest_within(goal, left) else { break };
            let cube = self.guards.all_of(&literals);
            let others = self.guards.not(cube);
            let rest = self.guards.and(left, others);
            let is_last = rest == left || found.len() + 1 >= MAX_ASSIGNMENTS;
            let part = if is_last { left } else { self.guards.and(left, cube) };
            found.push((assumptions(&self.guards, &literals), part));
            left = if is_last { Guard::NEVER } else { rest };
        }
        found
    }
}

impl Case {
    /// Whether two cases say the same about the API, whatever they assume.
    pub(crate) fn same_facts(&self, other: &Case) -> bool {
        let mut aligned = other.clone();
        aligned.when.clone_from(&self.when);
        aligned.stack = self.stack;
        aligned.environment.clone_from(&self.environment);
        *self == aligned
    }
}
