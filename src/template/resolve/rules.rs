//! The functions of the `Rules` section: tests over lists of parameter values, and what its assertions say a
//! parameter may be.
//!
//! Which parameters AWS would look up (`Fn::ValueOf`: the attributes of a VPC or subnet) stays a name.

use crate::syntax::tree::NodeId;
use crate::template::guards::Guard;
use crate::template::intrinsic::{Function, Intrinsic, intrinsic, referenced};
use crate::template::resolve::functions::{named, unknown};
use crate::template::resolve::{Resolver, parameter_text};
use crate::template::value::{Sourced, Value};

/// The function's name without `Fn::`, which the short form does not have.
fn short(name: &str) -> &str {
    name.strip_prefix("Fn::").unwrap_or(name)
}

impl Resolver<'_, '_> {
    /// When a test over lists holds; `None` for anything else, and where a list is not known.
    pub(super) fn list_test(&mut self, found: Intrinsic<'_>) -> Option<Guard> {
        let Function::Rule(name) = found.function else { return None };
        let &[first, second] = self.tree().items(found.argument) else { return None };
        match short(name) {
            "Contains" => {
                let (list, one) = (self.members(first)?, self.member(second));
                Some(self.is_among(&one, &list))
            }
            "EachMemberEquals" => {
                let (list, one) = (self.members(first)?, self.member(second));
                Some(self.each(&list, |resolver, member| resolver.same(member.clone(), one.clone())))
            }
            "EachMemberIn" => {
                let (list, others) = (self.members(first)?, self.members(second)?);
                Some(self.each(&list, |resolver, member| resolver.is_among(member, &others)))
            }
            _ => None,
        }
    }

    fn each(&mut self, list: &[Value], mut holds: impl FnMut(&mut Self, &Value) -> Guard) -> Guard {
        list.iter().fold(Guard::ALWAYS, |all, member| {
            let one = holds(self, member);
            self.path.guards().and(all, one)
        })
    }

    fn is_among(&mut self, one: &Value, list: &[Value]) -> Guard {
        list.iter().fold(Guard::NEVER, |any, member| {
            let is = self.same(member.clone(), one.clone());
            self.path.guards().or(any, is)
        })
    }

    /// The members of a list of texts and functions, or of a list parameter whose value is known.
    fn members(&mut self, list: NodeId) -> Option<Vec<Value>> {
        let tree = self.tree();
        if tree.is_sequence(list) && tree.tag(list).is_none() {
            let mut members = Vec::new();
            for &item in tree.items(list) {
                match self.member(item) {
                    // A list parameter among the items is its values.
                    Value::List(items) => members.extend(items.into_iter().map(|item| item.value)),
                    member => members.push(member),
                }
            }
            return Some(members);
        }
        match self.member(list) {
            Value::List(items) => Some(items.into_iter().map(|item| item.value).collect()),
            _ => None,
        }
    }

    /// A value as it can be compared: a lone parameter stays a name.
    fn member(&mut self, node: NodeId) -> Value {
        if let Some(parameter) = referenced(self.tree(), node)
            && self.scope.template.parameter(parameter).is_some_and(|parameter| !parameter.is_list())
            && let Some(name) = self.free_parameter(parameter)
        {
            return name;
        }
        self.peek(node).value.without_places()
    }

    /// `Fn::RefAll`, `Fn::ValueOf` and `Fn::ValueOfAll`.
    pub(super) fn rule_value(&mut self, name: &str, argument: NodeId) -> Value {
        let tree = self.tree();
        match (short(name), tree.items(argument)) {
            ("RefAll", _) => match tree.scalar(argument) {
                Some(type_name) => self.all_of(type_name),
                None => unknown("`Fn::RefAll` needs the name of a type"),
            },
            ("ValueOf", &[of, attribute]) => self.looked_up("Fn::ValueOf", of, attribute),
            ("ValueOfAll", &[of, attribute]) => self.looked_up("Fn::ValueOfAll", of, attribute),
            (short, _) => unknown(format!("`Fn::{short}` is no value that is known")),
        }
    }

    /// The values of all parameters of a type.
    fn all_of(&mut self, type_name: &str) -> Value {
        let template = self.scope.template;
        let of_type = template.parameters.iter().filter(|parameter| parameter.type_name == type_name);
        let values: Vec<Sourced> =
            of_type.map(|parameter| self.reference(&parameter.name, parameter.name_span)).collect();
        Value::List(values)
    }

    fn looked_up(&mut self, name: &'static str, of: NodeId, attribute: NodeId) -> Value {
        let arguments = [of, attribute].map(|node| self.peek(node).value);
        match arguments.iter().all(|argument| argument.as_text().is_some()) {
            true => named(name, arguments.to_vec()),
            false => unknown(format!("`{name}` needs two texts")),
        }
    }

    /// The texts that an assertion without a condition leaves a parameter; empty when none says.
    pub(super) fn asserted(&self, parameter: &str) -> Vec<String> {
        let tree = self.tree();
        let rules = self.scope.template.rules.iter();
        for rule in rules.filter(|rule| tree.get(rule.node, "RuleCondition").is_none()) {
            let assertions = tree.get(rule.node, "Assertions").map_or(&[][..], |node| tree.items(node));
            for test in assertions.iter().filter_map(|&assertion| tree.get(assertion, "Assert")) {
                if let Some(texts) = self.texts_of_test(test, parameter) {
                    return texts;
                }
            }
        }
        Vec::new()
    }

    /// The literals that a test says a parameter is one of.
    fn texts_of_test(&self, test: NodeId, parameter: &str) -> Option<Vec<String>> {
        let tree = self.tree();
        let Intrinsic { function, argument } = intrinsic(tree, test)?;
        let is_parameter = |node: NodeId| referenced(tree, node) == Some(parameter);
        let literal = |node: NodeId| intrinsic(tree, node).is_none().then(|| parameter_text(tree, node))?;
        match (function, tree.items(argument)) {
            (Function::Rule(name), &[list, one]) if short(name) == "Contains" && is_parameter(one) => {
                let texts: Option<Vec<_>> = tree.items(list).iter().map(|&item| literal(item)).collect();
                texts.filter(|texts| !texts.is_empty())
            }
            (Function::Equals, &[left, right]) if is_parameter(left) => literal(right).map(|text| vec![text]),
            (Function::Equals, &[left, right]) if is_parameter(right) => literal(left).map(|text| vec![text]),
            _ => None,
        }
    }
}
