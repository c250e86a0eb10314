//! Conditions: formulas over what is undecided, and what they come to in the case under way.

use crate::order::Order;
use crate::syntax::tree::NodeId;
use crate::template::cases::Path;
use crate::template::guards::{AtomId, Domain, Guard};
use crate::template::intrinsic::{Function, intrinsic, referenced};
use crate::template::resolve::{MAX_DEPTH, Resolver};
use crate::template::value::{Name, Part, Same, Value};

/// Most cases of the operands of one comparison.
const MAX_OPERAND_CASES: usize = 2_000;

impl Resolver<'_, '_> {
    /// Whether a named condition holds; `None` only while choices are off and it is undecided.
    pub fn condition(&mut self, name: &str) -> Option<bool> {
        let guard = self.condition_guard(name);
        self.decide(guard)
    }

    /// Whether a condition expression holds.
    pub fn holds(&mut self, node: NodeId) -> Option<bool> {
        let guard = self.guard(node);
        self.decide(guard)
    }

    fn decide(&mut self, guard: Guard) -> Option<bool> {
        // Whatever is read of conditions holds in every deployment: keys are in their mappings.
        if let Some(valid) = self.path.guards().valid
            && !matches!(guard, Guard::ALWAYS | Guard::NEVER)
        {
            self.path.assume(valid);
        }
        self.path.decide(guard)
    }

    /// When a named condition holds.
    pub fn condition_guard(&mut self, name: &str) -> Guard {
        let scope = self.scope;
        let added = || scope.lowered.conditions.iter().find(|condition| condition.name == name);
        let node = scope.template.condition(name).or_else(|| added().map(|condition| condition.node));
        // One that leads back to itself, or to none, can be either.
        let is_open =
            |path: &mut Path, node| matches!(path.guards().known.get(&(scope.stack, node)), Some(None));
        match node.filter(|&node| !is_open(self.path, node)) {
            Some(node) => self.guard(node),
            None => self.either(&Value::String(format!("condition {name}"))),
        }
    }

    /// When a condition expression holds. Each is worked out once per store of formulas; one that leads back to
    /// itself is not decided.
    pub fn guard(&mut self, node: NodeId) -> Guard {
        let key = (self.scope.stack, node);
        match self.path.guards().known.get(&key) {
            Some(Some(guard)) => return *guard,
            Some(None) => return self.opaque(node),
            None => {}
        }
        if self.path.depth >= MAX_DEPTH {
            return self.opaque(node);
        }
        self.path.guards().known.insert(key, None);
        self.path.depth += 1;
        let guard = self.worked_out(node);
        self.path.depth -= 1;
        self.path.guards().known.insert(key, Some(guard));
        guard
    }

    fn worked_out(&mut self, node: NodeId) -> Guard {
        let tree = self.tree();
        let Some(found) = intrinsic(tree, node) else { return self.read(node) };
        let items = tree.items(found.argument);
        match (found.function, items) {
            (Function::Condition, _) => match tree.scalar(found.argument) {
                Some(name) => self.condition_guard(name),
                None => self.opaque(node),
            },
            (Function::Equals, &[left, right]) => self.equals(left, right),
            (Function::Rule(_), _) => match self.list_test(found) {
                Some(guard) => guard,
                None => self.opaque(node),
            },
            (Function::Not, &[inner]) => {
                let inner = self.guard(inner);
                self.path.guards().not(inner)
            }
            (Function::And, items) => items.iter().fold(Guard::ALWAYS, |all, &item| {
                let one = self.guard(item);
                self.path.guards().and(all, one)
            }),
            (Function::Or, items) => items.iter().fold(Guard::NEVER, |any, &item| {
                let one = self.guard(item);
                self.path.guards().or(any, one)
            }),
            (Function::Equals | Function::Not, _) => self.opaque(node),
            _ => self.read(node),
        }
    }

    /// A condition that is a value.
    fn read(&mut self, node: NodeId) -> Guard {
        match self.peek(node).value.as_bool() {
            Some(true) => Guard::ALWAYS,
            Some(false) => Guard::NEVER,
            None => self.opaque(node),
        }
    }

    /// A condition nobody can read: either way, the same way wherever it stands.
    fn opaque(&mut self, node: NodeId) -> Guard {
        let range = self.tree().tagged_span(node).range;
        self.either(&Value::String(format!("condition at {}", range.start)))
    }

    fn either(&mut self, atom: &Value) -> Guard {
        let texts = ["true", "false"].map(str::to_owned).to_vec();
        let default = texts.first().cloned();
        let atom = self.path.guards().atom(atom, || Domain { texts, default });
        self.path.guards().is(atom, "true")
    }

    /// When both sides are the same. They are worked out by themselves, whatever is assumed outside; where they are
    /// made of parameters, for each value of those.
    fn equals(&mut self, left: NodeId, right: NodeId) -> Guard {
        let mut pending = vec![Guard::ALWAYS];
        let (mut equal, mut covered) = (Guard::NEVER, Guard::NEVER);
        let mut runs = 0;
        while let Some(start) = pending.pop() {
            runs += 1;
            if runs > MAX_OPERAND_CASES || self.path.guards().overflowed() {
                self.path.guards().overflow();
                return Guard::NEVER;
            }
            let outer = self.path.enter(start);
            let (left_value, right_value) = (self.operand(left), self.operand(right));
            let same = self.same(left_value, right_value);
            let inner = self.path.leave(outer);
            if inner.fresh {
                pending.extend(inner.alternatives);
                pending.push(inner.guard);
            } else {
                let guards = self.path.guards();
                let here = guards.and(inner.guard, same);
                equal = guards.or(equal, here);
                covered = guards.or(covered, inner.guard);
            }
        }
        if covered != Guard::ALWAYS {
            let guards = self.path.guards();
            let valid = guards.valid.unwrap_or(Guard::ALWAYS);
            guards.valid = Some(guards.and(valid, covered));
        }
        equal
    }

    /// An operand of `Fn::Equals`: a lone parameter stays a name, so that comparing it splits in two and not
    /// into all its values; anything built from parameters is worked out.
    fn operand(&mut self, node: NodeId) -> Value {
        if let Some(parameter) = referenced(self.tree(), node)
            && let Some(name) = self.free_parameter(parameter)
        {
            return name;
        }
        let value = self.peek(node).value;
        match &value {
            Value::Named(name)
                if matches!(**name, Name::Parameter { .. } | Name::Pseudo { .. } | Name::Dynamic(_)) =>
            {
                value
            }
            _ if value.is_literal() => value,
            _ => self.resolve(node).value.without_places(),
        }
    }

    /// When two values are the same.
    pub(super) fn same(&mut self, left: Value, right: Value) -> Guard {
        match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => return if left == right { Guard::ALWAYS } else { Guard::NEVER },
            (None, Some(text)) if is_name(&left) => return self.is_text(&left, text),
            (Some(text), None) if is_name(&right) => return self.is_text(&right, text),
            _ => {}
        }
        match left.same(&right) {
            Same::Yes => return Guard::ALWAYS,
            Same::No => return Guard::NEVER,
            Same::Presumed | Same::Unknown => {}
        }
        let (first, second) = if left <= right { (left, right) } else { (right, left) };
        let (first, second) = (first.without_places(), second.without_places());
        if is_name(&first) && is_name(&second) {
            return self.same_names(first, second);
        }
        self.either(&equality(first, second))
    }

    /// When two undecided values are the same: where one has a list of values, when both are the same one of them,
    /// else nobody knows. Whether they are the same and what is known of each then fit together.
    fn same_names(&mut self, first: Value, second: Value) -> Guard {
        let (own, other) = (self.domain(&first), self.domain(&second));
        let is_closed = !own.texts.is_empty() || !other.texts.is_empty();
        let mut texts = [self.known_texts(&first), self.known_texts(&second)].concat();
        texts.order();
        texts.dedup();
        let (mut both_one, mut alike) = (Guard::NEVER, Guard::ALWAYS);
        for text in texts {
            let (one, other) = (self.is_text(&first, &text), self.is_text(&second, &text));
            let guards = self.path.guards();
            let (both, either) = (guards.and(one, other), guards.or(one, other));
            let neither = guards.not(either);
            let fits = guards.or(both, neither);
            both_one = guards.or(both_one, both);
            alike = guards.and(alike, fits);
        }
        if is_closed {
            return both_one;
        }
        let same = self.either(&equality(first, second));
        let guards = self.path.guards();
        let (other, not_both) = (guards.not(same), guards.not(both_one));
        let (yes, no) = (guards.and(same, alike), guards.and(other, not_both));
        let fits = guards.or(yes, no);
        let valid = guards.valid.unwrap_or(Guard::ALWAYS);
        guards.valid = Some(guards.and(valid, fits));
        same
    }

    /// Texts that an undecided value is said or asked to be.
    fn known_texts(&self, value: &Value) -> Vec<String> {
        let mut domain = self.domain(value);
        if let Value::Named(name) = value
            && let Name::Parameter { stack, name } = &**name
            && *stack == self.scope.stack
            && let Some(parameter) = self.scope.template.parameter(name)
        {
            domain.texts.extend(self.options(parameter).values);
            domain.texts.extend(domain.default);
        }
        domain.texts
    }

    fn is_text(&mut self, value: &Value, text: &str) -> Guard {
        if !can_be(value, text) {
            return Guard::NEVER;
        }
        let atom = self.atom(value);
        self.path.guards().is(atom, text)
    }

    /// The atom for an undecided value.
    pub(super) fn atom(&mut self, value: &Value) -> AtomId {
        if let Some(known) = self.path.guards().known_atom(value) {
            return known;
        }
        let domain = self.domain(value);
        self.path.guards().atom(value, || domain)
    }

    /// What an undecided value may be.
    fn domain(&self, value: &Value) -> Domain {
        if let Value::Named(name) = value
            && let Name::Parameter { stack, name } = &**name
        {
            if *stack == self.scope.stack {
                return self.parameter_domain(name);
            }
            return self.scope.outside.domain(*stack, name);
        }
        Domain::default()
    }
}

/// The undecided question whether two values are the same.
fn equality(first: Value, second: Value) -> Value {
    Value::named(Name::Function { name: "Fn::Equals", arguments: vec![first, second] })
}

fn is_name(value: &Value) -> bool {
    matches!(value, Value::Named(_) | Value::Text(_))
}

/// Whether something that only AWS knows can be this text. Ids are never empty, and neither are exported values
/// (CloudFormation refuses to export them); what is written around a name stays around it.
fn can_be(atom: &Value, text: &str) -> bool {
    match atom {
        Value::Named(name) if matches!(**name, Name::Resource { .. } | Name::Import(_)) => !text.is_empty(),
        Value::Text(parts) => {
            let fits = |part: Option<&Part>, fit: &dyn Fn(&str) -> bool| match part {
                Some(Part::Literal(literal)) => fit(literal),
                Some(Part::Named(_)) | None => true,
            };
            let written: usize = parts
                .iter()
                .map(|part| match part {
                    Part::Literal(literal) => literal.len(),
                    Part::Named(_) => 0,
                })
                .sum();
            text.len() >= written
                && fits(parts.first(), &|head| text.starts_with(head))
                && fits(parts.last(), &|tail| text.ends_with(tail))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::template::value::StackId;

    #[test]
    fn what_a_name_can_be() {
        let resource = Name::Resource { stack: StackId(0), id: "E".to_owned() };
        let parameter = Arc::new(Name::Parameter { stack: StackId(0), name: "P".to_owned() });
        let around = Value::Text(vec![
            Part::Literal("a-".to_owned()),
            Part::Named(parameter.clone()),
            Part::Literal("-z".to_owned()),
        ]);
        let table = [
            (Value::named(resource), "", false),
            (Value::Named(parameter), "", true),
            (around.clone(), "a-x-z", true),
            (around.clone(), "a--z", true),
            (around.clone(), "a-z", false),
            (around.clone(), "b-x-z", false),
            (around, "", false),
        ];
        for (atom, text, expected) in table {
            assert_eq!(can_be(&atom, text), expected, "{atom:?} {text}");
        }
    }
}
