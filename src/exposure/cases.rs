//! From explored cells to the cases of the model: impossible ones dropped, equal ones joined.

use std::collections::BTreeSet;

use crate::exposure::Context;
use crate::exposure::model::{Assumption, Case};
use crate::template::cases::{Cell, Constraint, Constraints, Explored, Path, explore};
use crate::template::resolve::{Resolver, parameter_text};
use crate::template::value::{Name, Part, Value};
use crate::workspace::{Stack, Workspace};

/// Most cases of one API that are looked at; beyond it the answer is unknown.
pub(crate) const MAX_CASES: usize = 512;

/// Most cases looked at to see whether the template's `Rules` can be kept.
const MAX_RULE_CASES: usize = 64;

/// All cases of a question to one stack in which it has an answer and the template's `Rules` hold.
pub(crate) fn split<'run, T>(
    context: &Context<'run>,
    stack: &'run Stack,
    mut ask: impl FnMut(&mut Resolver<'run, '_>) -> Option<T>,
) -> Explored<T> {
    let scope = context.workspace.scope(stack);
    let explored = explore(&Constraints::default(), MAX_CASES, |path| {
        if is_made(context.workspace, stack, path) { ask(&mut Resolver::new(scope, path)) } else { None }
    });
    let mut cells = Vec::new();
    for cell in explored.cells {
        let Some(value) = cell.value else { continue };
        if rules_can_hold(context, stack, &cell.constraints) {
            cells.push(Cell { constraints: cell.constraints, value });
        }
    }
    Explored { cells, complete: explored.complete }
}

/// Whether the stack exists in the case under way: no stack that nests it, or is nested in between, leaves it out.
fn is_made(workspace: &Workspace, stack: &Stack, path: &mut Path) -> bool {
    let mut stack = Some(stack);
    while let Some(nested) = stack {
        if let Some((parent, condition)) = workspace.nesting_condition(nested)
            && Resolver::new(workspace.scope(parent), path).condition(condition) == Some(false)
        {
            return false;
        }
        stack = nested.parent.and_then(|(parent, _)| workspace.stack(parent));
    }
    true
}

/// Whether the template's `Rules` can be kept under these assumptions; in doubt they can.
fn rules_can_hold(context: &Context<'_>, stack: &Stack, constraints: &Constraints) -> bool {
    if stack.template.rules.is_empty() || constraints.is_empty() {
        return true;
    }
    let scope = context.workspace.scope(stack);
    let explored =
        explore(constraints, MAX_RULE_CASES, |path| keeps_rules(stack, &mut Resolver::new(scope, path)));
    !explored.complete || explored.cells.iter().any(|cell| cell.value)
}

fn keeps_rules(stack: &Stack, resolver: &mut Resolver<'_, '_>) -> bool {
    let tree = &stack.lowered.tree;
    stack.template.rules.iter().all(|rule| {
        let applies =
            tree.get(rule.node, "RuleCondition").is_none_or(|node| resolver.holds(node) != Some(false));
        let assertions = tree.get(rule.node, "Assertions").map_or(&[][..], |node| tree.items(node));
        !applies
            || assertions.iter().all(|&assertion| {
                tree.get(assertion, "Assert").is_none_or(|node| resolver.holds(node) != Some(false))
            })
    })
}

/// Cells with equal content joined as far as their assumptions allow, each with its assumptions in words.
pub(crate) fn join<T: Clone + PartialEq>(
    workspace: &Workspace,
    explored: Explored<T>,
) -> Vec<(Vec<Assumption>, T)> {
    let mut groups: Vec<(T, Vec<Vec<Assumption>>)> = Vec::new();
    for cell in explored.cells {
        let when = assumptions(workspace, &cell.constraints);
        match groups.iter_mut().find(|(value, _)| *value == cell.value) {
            Some((_, whens)) => whens.push(when),
            None => groups.push((cell.value, vec![when])),
        }
    }
    let mut cases = Vec::new();
    for (value, whens) in groups {
        let mut whens = join_assumptions(workspace, whens);
        let last = whens.pop();
        cases.extend(whens.into_iter().map(|when| (when, value.clone())));
        cases.extend(last.map(|when| (when, value)));
    }
    cases
}

fn join_assumptions(workspace: &Workspace, mut whens: Vec<Vec<Assumption>>) -> Vec<Vec<Assumption>> {
    let mut changed = true;
    while changed {
        changed = false;
        'search: for left in 0..whens.len() {
            for right in left + 1..whens.len() {
                if let Some(both) = join_pair(workspace, &whens[left], &whens[right]) {
                    whens[left] = both;
                    whens.remove(right);
                    changed = true;
                    break 'search;
                }
            }
        }
    }
    whens
}

/// One assignment for two that differ in one assumption only, or of which one contains the other.
fn join_pair(workspace: &Workspace, left: &[Assumption], right: &[Assumption]) -> Option<Vec<Assumption>> {
    let weaker = |few: &[Assumption], many: &[Assumption]| few.iter().all(|one| many.contains(one));
    if weaker(left, right) {
        return Some(left.to_vec());
    }
    if weaker(right, left) {
        return Some(right.to_vec());
    }
    if left.len() != right.len() {
        return None;
    }
    let mut different = None;
    for (index, (one, other)) in left.iter().zip(right).enumerate() {
        if !same_subject(one, other) {
            return None;
        }
        if one != other && different.replace(index).is_some() {
            return None;
        }
    }
    let index = different?;
    let united = unite(left.get(index)?, right.get(index)?)?;
    let mut joined = left.to_vec();
    if covers_all(workspace, &united) {
        joined.remove(index);
    } else {
        joined[index] = united;
    }
    Some(joined)
}

fn same_subject(left: &Assumption, right: &Assumption) -> bool {
    left.stack == right.stack && left.parameter == right.parameter
}

/// Both assumptions in one; `None` when that takes more than a list of values or a list of exceptions.
fn unite(left: &Assumption, right: &Assumption) -> Option<Assumption> {
    let mut united = left.clone();
    match (left.values.is_empty(), right.values.is_empty()) {
        (false, false) => {
            united.values.extend(right.values.iter().filter(|value| !left.values.contains(value)).cloned());
        }
        (true, true) => united.except.retain(|value| right.except.contains(value)),
        (true, false) => united.except.retain(|value| !right.values.contains(value)),
        (false, true) => {
            united = right.clone();
            united.except.retain(|value| !left.values.contains(value));
        }
    }
    Some(united)
}

fn covers_all(workspace: &Workspace, assumption: &Assumption) -> bool {
    if assumption.values.is_empty() {
        return assumption.except.is_empty();
    }
    allowed(workspace, assumption)
        .is_some_and(|allowed| allowed.iter().all(|value| assumption.values.contains(value)))
}

/// The allowed values of the parameter that an assumption is about.
fn allowed(workspace: &Workspace, assumption: &Assumption) -> Option<Vec<String>> {
    let stack = workspace.stack(assumption.stack?)?;
    let parameter = stack.template.parameter(&assumption.parameter)?;
    let tree = &stack.lowered.tree;
    let values: Option<Vec<_>> = parameter.allowed.iter().map(|&node| parameter_text(tree, node)).collect();
    values.filter(|values| !values.is_empty())
}

/// Constraints in words.
pub(crate) fn assumptions(workspace: &Workspace, constraints: &Constraints) -> Vec<Assumption> {
    constraints
        .iter()
        .map(|(atom, constraint)| {
            let (stack, parameter) = subject(atom);
            let mut assumption = Assumption { stack, parameter, values: Vec::new(), except: Vec::new() };
            match constraint {
                Constraint::Is(text) => assumption.values.push(text.clone()),
                Constraint::Not(texts) => exclude(workspace, &mut assumption, texts),
            }
            assumption
        })
        .collect()
}

fn exclude(workspace: &Workspace, assumption: &mut Assumption, texts: &BTreeSet<String>) {
    match allowed(workspace, assumption) {
        Some(allowed) => assumption.values.extend(allowed.into_iter().filter(|value| !texts.contains(value))),
        None => assumption.except.extend(texts.iter().cloned()),
    }
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
