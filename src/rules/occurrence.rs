//! When a finding holds: the smallest assignment of parameters under which every state has it.
//!
//! Knows nothing of what is found; it is given the states and those in which it holds.

use crate::diagnostic::When;
use crate::exposure::model::{Assumption, Case, PrivateDns};
use crate::template::value::StackId;

/// A state of an API or endpoint, as far as this module cares.
pub trait State {
    /// The assignment of parameters in this state.
    fn when(&self) -> &[Assumption];
    /// The environment of its instance.
    fn environment(&self) -> Option<&str>;
    /// Which instance it belongs to; states of different instances have nothing to do with each other.
    fn instance(&self) -> Option<StackId>;
}

impl State for Case {
    fn when(&self) -> &[Assumption] {
        &self.when
    }

    fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    fn instance(&self) -> Option<StackId> {
        Some(self.stack)
    }
}

impl State for PrivateDns {
    fn when(&self) -> &[Assumption] {
        &self.when
    }

    fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    fn instance(&self) -> Option<StackId> {
        None
    }
}

/// Where a finding holds.
#[derive(Debug)]
pub struct Occurrence<'case, S = Case> {
    /// The first state that has it.
    pub state: &'case S,
    /// All states that have it, in the order given; never empty.
    pub states: Vec<&'case S>,
    /// The smallest assignment under which it holds in the first state's instance; empty when it always does.
    pub when: Vec<When>,
    /// The environments in which it holds, in the order given; empty when the run has none.
    pub environments: Vec<String>,
}

/// Finds where `holds` is true. `None` when it never is.
pub fn occurrence<'case, S: State>(
    states: &'case [S],
    holds: impl Fn(&S) -> bool,
) -> Option<Occurrence<'case, S>> {
    let bad: Vec<bool> = states.iter().map(holds).collect();
    let chosen: Vec<&S> = states.iter().zip(&bad).filter(|(_, bad)| **bad).map(|(state, _)| state).collect();
    let first = *chosen.first()?;
    let mut environments: Vec<String> = Vec::new();
    for name in chosen.iter().filter_map(|state| state.environment()) {
        if !environments.iter().any(|known| known == name) {
            environments.push(name.to_owned());
        }
    }
    let group =
        |state: &&S| state.instance() == first.instance() && state.environment() == first.environment();
    let siblings: Vec<(&S, bool)> =
        states.iter().zip(bad.iter().copied()).filter(|(state, _)| group(state)).collect();
    Some(Occurrence { when: smallest(&siblings, first), state: first, states: chosen, environments })
}

/// Drops assumptions of `first` one by one while every state that is still possible is a bad one, then adds
/// the values of other bad states to those that stay.
fn smallest<S: State>(siblings: &[(&S, bool)], first: &S) -> Vec<When> {
    let all_bad = |assumptions: &[Assumption]| {
        siblings.iter().all(|(state, bad)| *bad || !compatible(assumptions, state.when()))
    };
    let mut kept: Vec<Assumption> = first.when().to_vec();
    for assumption in first.when() {
        let fewer: Vec<Assumption> = kept.iter().filter(|other| *other != assumption).cloned().collect();
        if all_bad(&fewer) {
            kept = fewer;
        }
    }
    for at in 0..kept.len() {
        for (state, _) in siblings.iter().filter(|(_, bad)| *bad) {
            let mut wider = kept.clone();
            let Some(slot) = wider.get_mut(at) else { continue };
            let same = state.when().iter().find(|other| same_parameter(other, slot));
            if same.is_some_and(|other| widen(slot, other)) && all_bad(&wider) {
                kept = wider;
            }
        }
    }
    kept.iter().map(to_when).collect()
}

fn same_parameter(left: &Assumption, right: &Assumption) -> bool {
    left.parameter == right.parameter && left.stack == right.stack
}

/// Adds the values of `other` to `slot`; false when that changes nothing or cannot be said as a list.
fn widen(slot: &mut Assumption, other: &Assumption) -> bool {
    if slot.values.is_empty() || other.values.is_empty() {
        return false;
    }
    let before = slot.values.len();
    for value in &other.values {
        if !slot.values.contains(value) {
            slot.values.push(value.clone());
        }
    }
    slot.values.len() > before
}

/// Whether both assignments can hold at once.
fn compatible(left: &[Assumption], right: &[Assumption]) -> bool {
    left.iter()
        .all(|one| right.iter().filter(|other| same_parameter(one, other)).all(|other| meet(one, other)))
}

/// Whether there is a value both allow.
fn meet(left: &Assumption, right: &Assumption) -> bool {
    match (left.values.as_slice(), right.values.as_slice()) {
        ([], []) => true,
        ([], values) => values.iter().any(|value| !left.except.contains(value)),
        (values, []) => values.iter().any(|value| !right.except.contains(value)),
        (values, others) => values.iter().any(|value| others.contains(value)),
    }
}

fn to_when(assumption: &Assumption) -> When {
    let values = if assumption.values.is_empty() {
        assumption.except.iter().map(|value| format!("not {value}")).collect()
    } else {
        assumption.values.clone()
    };
    When { parameter: assumption.parameter.clone(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain {
        when: Vec<Assumption>,
        environment: Option<&'static str>,
        bad: bool,
    }

    impl State for Plain {
        fn when(&self) -> &[Assumption] {
            &self.when
        }
        fn environment(&self) -> Option<&str> {
            self.environment
        }
        fn instance(&self) -> Option<StackId> {
            None
        }
    }

    fn is(parameter: &str, value: &str) -> Assumption {
        let values = if value.starts_with('!') { Vec::new() } else { vec![value.to_owned()] };
        let except = value.strip_prefix('!').into_iter().map(str::to_owned).collect();
        Assumption { stack: None, parameter: parameter.to_owned(), values, except }
    }

    /// Written as `Env=dev Size=small → bad`.
    fn state(text: &str, bad: bool) -> Plain {
        let when = text.split_whitespace().filter_map(|part| part.split_once('=')).map(|(p, v)| is(p, v));
        Plain { when: when.collect(), environment: None, bad }
    }

    fn shown(states: &[Plain]) -> String {
        let Some(found) = occurrence(states, |state| state.bad) else { return "never".to_owned() };
        let one = |when: &When| format!("{}={}", when.parameter, when.values.join("|"));
        found.when.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_smallest_assignment_is_named() {
        let cases: [(&[(&str, bool)], &str); 7] = [
            (&[("Env=dev", true), ("Env=prod", false)], "Env=dev"),
            (&[("Env=dev Size=s", true), ("Env=dev Size=l", true), ("Env=prod", false)], "Env=dev"),
            (&[("Env=dev", true), ("Env=test", true), ("Env=prod", false)], "Env=dev|test"),
            (&[("Env=!prod", true), ("Env=prod", false)], "Env=not prod"),
            (&[("Env=dev", true), ("Env=prod", true)], ""),
            (&[("Env=dev Size=s", true), ("Env=dev Size=l", false), ("Env=prod", false)], "Env=dev Size=s"),
            (&[("Env=dev", false)], "never"),
        ];
        for (states, expected) in cases {
            let states: Vec<Plain> = states.iter().map(|(text, bad)| state(text, *bad)).collect();
            assert_eq!(shown(&states), expected);
        }
    }

    #[test]
    fn environments_are_listed_and_judged_apart() {
        let in_environment = |name, bad| Plain { when: Vec::new(), environment: Some(name), bad };
        let states =
            [in_environment("dev", true), in_environment("prod", false), in_environment("test", true)];
        let found = occurrence(&states, |state| state.bad).unwrap();
        assert_eq!(found.environments, ["dev", "test"]);
        assert!(found.when.is_empty());
    }
}
