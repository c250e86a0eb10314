//! Conditions: decided by what is known, else by the case under way.

use std::collections::BTreeSet;

use crate::syntax::tree::NodeId;
use crate::template::cases::Constraint;
use crate::template::intrinsic::{Function, intrinsic};
use crate::template::resolve::{MAX_DEPTH, Resolver, parameter_text};
use crate::template::value::{Name, Part, Same, Value};

impl Resolver<'_, '_> {
    /// Whether a named condition holds; `None` only while choices are off and it is undecided.
    pub fn condition(&mut self, name: &str) -> Option<bool> {
        let scope = self.scope;
        let added = || scope.lowered.conditions.iter().find(|condition| condition.name == name);
        let node = scope.template.condition(name).or_else(|| added().map(|condition| condition.node));
        match node {
            Some(node) if self.path.depth < MAX_DEPTH => {
                self.path.depth += 1;
                let holds = self.holds(node);
                self.path.depth -= 1;
                holds
            }
            _ => self.either(&Value::String(format!("condition {name}"))),
        }
    }

    /// Whether a condition expression holds.
    pub fn holds(&mut self, node: NodeId) -> Option<bool> {
        let tree = self.tree();
        if self.path.depth >= MAX_DEPTH {
            return None;
        }
        self.path.depth += 1;
        let found = intrinsic(tree, node);
        let holds = match found.map(|found| (found.function, found.argument)) {
            Some((Function::Condition, argument)) => match tree.scalar(argument) {
                Some(name) => self.condition(name),
                None => None,
            },
            Some((Function::Equals, argument)) => match tree.items(argument) {
                [left, right] => self.equals(*left, *right),
                _ => self.opaque(node),
            },
            Some((Function::Not, argument)) => match tree.items(argument) {
                [inner] => self.holds(*inner).map(|holds| !holds),
                _ => self.opaque(node),
            },
            Some((Function::And, argument)) => self.all(argument, true),
            Some((Function::Or, argument)) => self.all(argument, false).map(|none| !none),
            _ => match self.resolve(node).value.as_bool() {
                Some(holds) => Some(holds),
                None => self.opaque(node),
            },
        };
        self.path.depth -= 1;
        holds
    }

    /// Whether every item holds (`wanted`), or none does (not `wanted`).
    fn all(&mut self, argument: NodeId, wanted: bool) -> Option<bool> {
        let mut undecided = false;
        for &item in self.tree().items(argument) {
            match self.holds(item) {
                Some(holds) if holds != wanted => return Some(false),
                Some(_) => {}
                None => undecided = true,
            }
        }
        if undecided { None } else { Some(true) }
    }

    /// A condition nobody can read: either way, the same way wherever it stands.
    fn opaque(&mut self, node: NodeId) -> Option<bool> {
        let range = self.tree().tagged_span(node).range;
        self.either(&Value::String(format!("condition at {}", range.start)))
    }

    fn either(&mut self, atom: &Value) -> Option<bool> {
        let truth = |constraint: &Constraint| matches!(constraint, Constraint::Is(text) if text == "true");
        if let Some(known) = self.path.constraint(atom) {
            return Some(truth(known));
        }
        let options = ["true", "false"].map(|text| Constraint::Is(text.to_owned()));
        self.path.choose(atom, options.to_vec()).as_ref().map(truth)
    }

    fn equals(&mut self, left: NodeId, right: NodeId) -> Option<bool> {
        let (left_value, right_value) = (self.operand(left), self.operand(right));
        if let (Some(left), Some(right)) = (left_value.as_text(), right_value.as_text()) {
            return Some(left == right);
        }
        match (left_value, right_value) {
            (atom @ (Value::Named(_) | Value::Text(_)), other) if other.as_text().is_some() => {
                self.is_text(&atom, other.as_text().unwrap_or_default())
            }
            (other, atom @ (Value::Named(_) | Value::Text(_))) if other.as_text().is_some() => {
                self.is_text(&atom, other.as_text().unwrap_or_default())
            }
            (left, right) => match left.same(&right) {
                Same::Yes => Some(true),
                Same::No => Some(false),
                Same::Presumed | Same::Unknown => {
                    let (first, second) = if left <= right { (left, right) } else { (right, left) };
                    self.either(&Value::named(Name::Function {
                        name: "Fn::Equals",
                        arguments: vec![first.without_places(), second.without_places()],
                    }))
                }
            },
        }
    }

    /// An operand of `Fn::Equals`: a lone parameter stays a name, so that comparing it splits in two and not
    /// into all its values; anything built from parameters is worked out.
    fn operand(&mut self, node: NodeId) -> Value {
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

    fn is_text(&mut self, atom: &Value, text: &str) -> Option<bool> {
        if !can_be(atom, text) {
            return Some(false);
        }
        let excluded = match self.path.constraint(atom) {
            Some(Constraint::Is(known)) => return Some(known == text),
            Some(Constraint::Not(excluded)) if excluded.contains(text) => return Some(false),
            Some(Constraint::Not(excluded)) => excluded.clone(),
            None => BTreeSet::new(),
        };
        let (values, open, default) = self.atom_values(atom);
        let left: Vec<_> = values.iter().filter(|value| !excluded.contains(*value)).collect();
        if !open && !left.iter().any(|value| *value == text) {
            return Some(false);
        }
        if let ([only], false) = (left.as_slice(), open) {
            return Some(*only == text);
        }
        let mut others = excluded;
        others.insert(text.to_owned());
        let rest: Vec<_> = left.into_iter().filter(|value| *value != text).collect();
        let other = match (rest.as_slice(), open) {
            ([only], false) => Constraint::Is((*only).clone()),
            _ => Constraint::Not(others),
        };
        let is = Constraint::Is(text.to_owned());
        // The default's side comes first, so that the first case is what a plain deployment gives. Without a
        // default any one value is the rarer one.
        let by_default = default.is_some_and(|default| default == text);
        let options = if by_default { vec![is, other] } else { vec![other, is] };
        self.path.choose(atom, options).map(|chosen| chosen == Constraint::Is(text.to_owned()))
    }

    /// Known values of an atom, whether it may have others, and its default.
    fn atom_values(&self, atom: &Value) -> (Vec<String>, bool, Option<String>) {
        if let Value::Named(name) = atom
            && let Name::Parameter { stack, name } = &**name
            && *stack == self.scope.stack
            && let Some(parameter) = self.scope.template.parameter(name)
        {
            let default = parameter.default.and_then(|node| parameter_text(self.tree(), node));
            if parameter.allowed.is_empty() {
                return (Vec::new(), true, default);
            }
            let options = self.options(parameter);
            return (options.values, options.open, default);
        }
        (Vec::new(), true, None)
    }
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
