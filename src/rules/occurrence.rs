//! When a finding holds: the smallest assignment of parameters under which every state has it.
//!
//! Knows nothing of what is found; it is given the states and those in which it holds.

use crate::diagnostic::When;
use crate::exposure::consumers::Use;
use crate::exposure::extent::Extent;
use crate::exposure::fronts::FrontCase;
use crate::exposure::model::{Assumption, Case, PrivateDns};
use crate::exposure::network::Stated;
use crate::template::value::StackId;

/// A state of an API or endpoint, as far as this module cares.
pub trait State {
    /// When it holds.
    fn extent(&self) -> &Extent;
    /// The environment of its instance.
    fn environment(&self) -> Option<&str>;
    /// Which instance it belongs to; states of different instances have nothing to do with each other.
    fn instance(&self) -> Option<StackId>;
}

/// A state by its own fields; `$instance` says which instance it belongs to.
macro_rules! state {
    (<$($generic:ident)?> $state:ty, |$it:ident| $instance:expr) => {
        impl<$($generic)?> State for $state {
            fn extent(&self) -> &Extent {
                &self.extent
            }

            fn environment(&self) -> Option<&str> {
                self.environment.as_deref()
            }

            fn instance(&self) -> Option<StackId> {
                let $it = self;
                $instance
            }
        }
    };
}

state!(<> Case, |case| Some(case.stack));
state!(<> Use, |used| Some(used.stack));
state!(<> FrontCase, |case| Some(case.stack));
state!(<> PrivateDns, |_it| None);
state!(<T> Stated<T>, |_it| None);

/// Where a finding holds.
#[derive(Debug)]
pub struct Occurrence<'case, S = Case> {
    /// The first state that has it under `when`.
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
    let chosen: Vec<&S> = states.iter().filter(|state| holds(state)).collect();
    let first = *chosen.first()?;
    let mut environments: Vec<String> = Vec::new();
    for name in chosen.iter().filter_map(|state| state.environment()) {
        if !environments.iter().any(|known| known == name) {
            environments.push(name.to_owned());
        }
    }
    let smallest = |of: &S| {
        let group = |state: &&S| state.instance() == of.instance() && state.environment() == of.environment();
        let siblings: Vec<&S> = chosen.iter().copied().filter(group).collect();
        let extents: Vec<&Extent> = siblings.iter().map(|state| state.extent()).collect();
        let (when, at) = Extent::smallest(&extents);
        let when: Vec<When> = when.iter().map(to_when).collect();
        (when, siblings.get(at).copied())
    };
    let (mut when, at) = smallest(first);
    // What holds in one environment only is not claimed of all of them.
    let others = environments.iter().skip(1);
    let mut others =
        others.filter_map(|name| chosen.iter().find(|state| state.environment() == Some(name.as_str())));
    if others.any(|other| smallest(other).0 != when) {
        when.clear();
    }
    Some(Occurrence { when, state: at.unwrap_or(first), states: chosen, environments })
}

fn to_when(assumption: &Assumption) -> When {
    let values = if assumption.values.is_empty() {
        assumption.except.iter().map(|value| format!("not {value}")).collect()
    } else {
        assumption.values.clone()
    };
    When { parameter: assumption.parameter.clone(), values }
}

/// Two assignments at once: what each says of a parameter, joined where both speak of it.
pub fn both(one: &[When], other: &[When]) -> Vec<When> {
    let joined = |left: &When| match other.iter().find(|right| right.parameter == left.parameter) {
        Some(right) => When { parameter: left.parameter.clone(), values: both_values(left, right) },
        None => left.clone(),
    };
    let mut found: Vec<When> = one.iter().map(joined).collect();
    let is_new = |right: &&When| one.iter().all(|left| left.parameter != right.parameter);
    found.extend(other.iter().filter(is_new).cloned());
    // The smallest assignments of two things need not be of the same cases; then the parameter says nothing.
    found.retain(|when| !when.values.is_empty());
    found
}

/// Values of a parameter that both assignments leave it; `not X` stands for all but `X`.
fn both_values(one: &When, other: &When) -> Vec<String> {
    let is_negated = |when: &When| when.values.iter().all(|value| value.starts_with("not "));
    let except = |few: &When, all_but: &When| {
        let kept = few.values.iter().filter(|value| !all_but.values.contains(&format!("not {value}")));
        kept.cloned().collect()
    };
    match (is_negated(one), is_negated(other)) {
        (false, true) => except(one, other),
        (true, false) => except(other, one),
        (false, false) => one.values.iter().filter(|value| other.values.contains(value)).cloned().collect(),
        (true, true) => {
            let more = other.values.iter().filter(|value| !one.values.contains(value));
            one.values.iter().chain(more).cloned().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::template::guards::{Domain, Guard, Guards};
    use crate::template::value::Value;

    struct Plain {
        extent: Extent,
        environment: Option<&'static str>,
        bad: bool,
    }

    impl State for Plain {
        fn extent(&self) -> &Extent {
            &self.extent
        }
        fn environment(&self) -> Option<&str> {
            self.environment
        }
        fn instance(&self) -> Option<StackId> {
            None
        }
    }

    /// Written as `Env=dev Size=small` or `Env!=prod`.
    fn guard(guards: &mut Guards, text: &str) -> Guard {
        text.split_whitespace().filter_map(|part| part.split_once('=')).fold(
            Guard::ALWAYS,
            |all, (name, value)| {
                let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
                let texts = if name.starts_with("Size") { texts(&["s", "l"]) } else { Vec::new() };
                let parameter = Value::String(name.trim_end_matches('!').to_owned());
                let atom = guards.atom(&parameter, || Domain { texts, default: Some("dev".to_owned()) });
                let is = guards.is(atom, value);
                let one = if name.ends_with('!') { guards.not(is) } else { is };
                guards.and(all, one)
            },
        )
    }

    fn states(written: &[(&str, bool)]) -> Vec<Plain> {
        let mut guards = Guards::default();
        let found: Vec<(Guard, bool)> =
            written.iter().map(|(text, bad)| (guard(&mut guards, text), *bad)).collect();
        let possible = found.iter().fold(Guard::NEVER, |any, (one, _)| guards.or(any, *one));
        let guards = Arc::new(guards);
        let state = |(guard, bad)| {
            let extent = Extent::new(Arc::clone(&guards), guard, possible);
            Plain { extent, environment: None, bad }
        };
        found.into_iter().map(state).collect()
    }

    fn shown(states: &[Plain]) -> String {
        let Some(found) = occurrence(states, |state| state.bad) else { return "never".to_owned() };
        let one = |when: &When| format!("{}={}", when.parameter, when.values.join("|"));
        found.when.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_smallest_assignment_is_named() {
        let cases: [(&[(&str, bool)], &str); 9] = [
            (&[("Env=dev", true), ("Env=prod", false)], "Env=dev"),
            (&[("Env=dev Size=s", true), ("Env=dev Size=l", true), ("Env=prod", false)], "Env=dev"),
            (&[("Env=dev", true), ("Env=test", true), ("Env=prod", false)], "Env=dev|test"),
            (&[("Env!=prod", true), ("Env=prod", false)], "Env=not prod"),
            (&[("Env=dev", true), ("Env=prod", true)], ""),
            (&[("Env=dev Size=s", true), ("Env=dev Size=l", false), ("Env=prod", false)], "Env=dev Size=s"),
            (&[("Env=dev", false)], "never"),
            // One value of `Size` does it alone, though the first bad state names two parameters.
            (&[("Env=prod Size=s", false), ("Env!=prod Size=s", true), ("Size=l", true)], "Env=not prod"),
            (&[("Env=dev Size=s", true), ("Env!=dev Size=s", false), ("Size=l", true)], "Env=dev"),
        ];
        for (written, expected) in cases {
            assert_eq!(shown(&states(written)), expected, "{written:?}");
        }
    }

    #[test]
    fn the_state_is_one_that_the_assignment_allows() {
        let found = states(&[("Env=prod Size=s", true), ("Env=dev", true), ("Env=prod Size=l", false)]);
        let occurrence = occurrence(&found, |state| state.bad).unwrap();
        assert_eq!(occurrence.when.len(), 1);
        assert!(
            std::ptr::eq(occurrence.state, &raw const found[1]) || occurrence.when[0].parameter == "Size"
        );
    }

    #[test]
    fn two_assignments_at_once() {
        let read = |text: &str| -> Vec<When> {
            let parts = text.split_whitespace().filter_map(|part| part.split_once('='));
            let values = |text: &str| text.split('|').map(|value| value.replace('!', "not ")).collect();
            let when = |(name, text): (&str, &str)| When { parameter: name.to_owned(), values: values(text) };
            parts.map(when).collect()
        };
        let table = [
            ("", "Env=dev", "Env=dev"),
            ("Env=dev|prod", "Env=prod|test", "Env=prod"),
            ("Env=dev|prod", "Env=!dev", "Env=prod"),
            ("Env=!dev", "Env=!prod", "Env=!dev|!prod"),
            ("Size=s", "Env=dev", "Size=s Env=dev"),
            ("Size=s Env=dev", "Env=prod", "Size=s"),
        ];
        for (one, other, expected) in table {
            assert_eq!(both(&read(one), &read(other)), read(expected), "{one} and {other}");
        }
    }

    #[test]
    fn environments_are_listed_and_judged_apart() {
        let in_environment = |name, bad| Plain { extent: Extent::default(), environment: Some(name), bad };
        let states =
            [in_environment("dev", true), in_environment("prod", false), in_environment("test", true)];
        let found = occurrence(&states, |state| state.bad).unwrap();
        assert_eq!(found.environments, ["dev", "test"]);
        assert!(found.when.is_empty());
    }
}
