//! When a state of an API holds: a formula over parameters, and what it is in words.

use std::sync::Arc;

use crate::exposure::model::Assumption;
use crate::order::Order;
use crate::template::guards::{Guard, Guards, Literal};
use crate::template::value::{Name, Part, Value};

/// The assignments of parameters under which something is so.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    guards: Arc<Guards>,
    guard: Option<Guard>,
    /// Those under which there is something to ask about at all.
    possible: Option<Guard>,
}

/// Two states are compared by what they say; when they hold is compared by its words.
impl PartialEq for Extent {
    fn eq(&self, _: &Extent) -> bool {
        true
    }
}

impl Extent {
    /// The assignments of `guard`, of those of `possible`.
    pub(crate) fn new(guards: Arc<Guards>, guard: Guard, possible: Guard) -> Self {
        Self { guards, guard: Some(guard), possible: Some(possible) }
    }

    fn guard(&self) -> Guard {
        self.guard.unwrap_or(Guard::ALWAYS)
    }

    /// The smallest assignment under which one of `wanted`, which are of one instance, holds wherever something
    /// does; empty when that is so always. Then the place among `wanted` of the first that the assignment allows.
    pub fn smallest(wanted: &[&Extent]) -> (Vec<Assumption>, usize) {
        let Some(first) = wanted.first() else { return (Vec::new(), 0) };
        let possible = first.possible.unwrap_or(Guard::ALWAYS);
        if wanted.iter().any(|extent| extent.guard() == possible) {
            return (Vec::new(), 0);
        }
        let mut guards = Guards::clone(&first.guards);
        let any = wanted.iter().fold(Guard::NEVER, |any, extent| guards.or(any, extent.guard()));
        let literals = guards.smallest(any, possible).unwrap_or_default();
        let cube = guards.all_of(&literals);
        let at = wanted.iter().position(|extent| guards.and(cube, extent.guard()) != Guard::NEVER);
        (assumptions(&guards, &literals), at.unwrap_or_default())
    }
}

/// Whether two assignments can hold at once, as far as the parameters that both speak of tell.
pub fn can_meet(one: &[Assumption], other: &[Assumption]) -> bool {
    let agree = |left: &Assumption, right: &Assumption| {
        let same = left.stack == right.stack && left.parameter == right.parameter;
        let allows = |of: &Assumption, value: &String| {
            (of.values.is_empty() || of.values.contains(value)) && !of.except.contains(value)
        };
        match (left.values.is_empty(), right.values.is_empty()) {
            _ if !same => true,
            (false, _) => left.values.iter().any(|value| allows(right, value)),
            (true, false) => right.values.iter().any(|value| allows(left, value)),
            (true, true) => true,
        }
    };
    one.iter().all(|left| other.iter().all(|right| agree(left, right)))
}

/// An assignment in words, ordered by stack and parameter.
pub(crate) fn assumptions(guards: &Guards, literals: &[Literal]) -> Vec<Assumption> {
    let mut assumptions: Vec<Assumption> = literals
        .iter()
        .filter_map(|literal| {
            let (stack, parameter) = subject(guards.value(literal.atom)?);
            let (values, except) = (literal.texts.clone(), literal.except.clone());
            Some(Assumption { stack, parameter, values, except })
        })
        .collect();
    assumptions.order();
    assumptions
}

/// The stack and the name for people of an undecided value.
fn subject(atom: &Value) -> (Option<crate::template::value::StackId>, String) {
    match atom {
        Value::Named(name) => match &**name {
            Name::Parameter { stack, name } => (Some(*stack), name.clone()),
            Name::Pseudo { stack, name } => (*stack, name.clone()),
            other => (None, describe(other)),
        },
        Value::Text(parts) => (None, parts.iter().map(describe_part).collect()),
        other => (None, other.as_text().unwrap_or("a condition").to_owned()),
    }
}

fn describe_part(part: &Part) -> String {
    match part {
        Part::Literal(text) => text.clone(),
        Part::Named(name) => format!("${{{}}}", describe(name)),
    }
}

/// A name for people, short.
fn describe(name: &Name) -> String {
    match name {
        Name::Resource { id, .. } => id.clone(),
        Name::Attribute { id, attribute, .. } => format!("{id}.{attribute}"),
        Name::Parameter { name, .. } | Name::Pseudo { name, .. } => name.clone(),
        Name::Import(name) => format!("import {}", subject(name).1),
        Name::Dynamic(text) => text.clone(),
        Name::Function { name, arguments } => {
            let arguments: Vec<_> = arguments.iter().map(|argument| subject(argument).1).collect();
            match (*name, arguments.as_slice()) {
                ("Fn::Equals", [left, right]) => format!("{left} = {right}"),
                _ => format!("{name}({})", arguments.join(", ")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written as `Env=dev|test Size!=small`.
    fn assumed(text: &str) -> Vec<Assumption> {
        let one = |part: &str| {
            let (name, values) = part.split_once('=')?;
            let values: Vec<String> = values.split('|').map(str::to_owned).collect();
            let parameter = name.trim_end_matches('!').to_owned();
            let (values, except) =
                if name.ends_with('!') { (Vec::new(), values) } else { (values, Vec::new()) };
            Some(Assumption { stack: None, parameter, values, except })
        };
        text.split_whitespace().filter_map(one).collect()
    }

    #[test]
    fn assignments_meet_where_no_parameter_keeps_them_apart() {
        let table = [
            ("", "Env=dev", true),
            ("Env=dev", "Env=prod", false),
            ("Env=dev|test", "Env=test|prod", true),
            ("Env=dev", "Size=small", true),
            ("Env=dev", "Env!=dev", false),
            ("Env=dev|test", "Env!=dev", true),
            ("Env!=dev", "Env!=prod", true),
            ("Env=dev Size=small", "Env=dev Size=large", false),
        ];
        for (one, other, expected) in table {
            assert_eq!(can_meet(&assumed(one), &assumed(other)), expected, "{one} and {other}");
            assert_eq!(can_meet(&assumed(other), &assumed(one)), expected, "{other} and {one}");
        }
    }
}
