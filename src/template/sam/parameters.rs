//! Parameter values as the translator inlines them: the given value, else the default.
//!
//! Only for the few properties that the translator resolves (`Auth`, `Domain`, …); everything else keeps its
//! `Ref`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::bindings::Binding;
use crate::template::document::Parameter;
use crate::template::intrinsic::{Function, Intrinsic, SubPart, sub_parts};
use crate::template::sam::lowering::Lowering;
use crate::template::sam::nodes::{MAX_WALK, Shape};
use crate::template::value::{Sourced, Value};

impl Lowering<'_> {
    /// The value of a `Ref` to a parameter (or `AWS::Region`, `AWS::Partition`) that is known; any other node is
    /// itself. The value of an SSM-typed parameter is not known: what is given is the name of the SSM parameter.
    pub(super) fn resolved(&mut self, node: NodeId) -> NodeId {
        let Some(name) = self.nodes.referenced(node) else { return node };
        let pseudo = match name {
            "AWS::Region" => self.bindings.region.clone(),
            "AWS::Partition" => self.bindings.partition().map(str::to_owned),
            _ => None,
        };
        let span = self.nodes.span(node);
        if let Some(text) = pseudo {
            return self.nodes.string(span, &text);
        }
        let Some(parameter) = self.template.parameter(name) else { return node };
        if parameter.is_ssm() {
            return node;
        }
        match self.bindings.parameters.get(name) {
            Some(Binding::Text { text, .. }) => self.nodes.string(span, text),
            Some(Binding::Value(Sourced { value, .. })) => self.known(node, value),
            None => parameter.default.unwrap_or(node),
        }
    }

    /// A node with all parameters in it that are known put in, `Fn::Sub` texts included: what the translator
    /// hashes into logical ids.
    pub(super) fn resolved_deep(&mut self, node: NodeId) -> NodeId {
        self.resolved_at(node, &mut MAX_WALK.clone())
    }

    fn resolved_at(&mut self, node: NodeId, budget: &mut u32) -> NodeId {
        let value = self.resolved(node);
        let Some(rest) = budget.checked_sub(1).filter(|_| value == node) else { return value };
        *budget = rest;
        let span = self.nodes.span(node);
        match self.nodes.shape(node) {
            Shape::Intrinsic(Intrinsic { function: Function::Ref | Function::GetAtt, .. })
            | Shape::Null
            | Shape::Bool(_)
            | Shape::Number(_)
            | Shape::Text(_) => node,
            Shape::List => {
                let items = self.nodes.items(node);
                let items = items.into_iter().map(|item| self.resolved_at(item, budget)).collect();
                self.nodes.list(span, items)
            }
            Shape::Map => {
                let pairs = self.nodes.pairs(node);
                let copy = self.nodes.map(span, &[]);
                for (key, entry) in pairs {
                    let value = self.resolved_at(entry.value, budget);
                    self.nodes.set(copy, &key, span, value);
                }
                copy
            }
            Shape::Intrinsic(Intrinsic { function, argument }) => {
                let name = function.name().to_owned();
                let is_sub = function == Function::Sub;
                let argument = match self.nodes.tree.scalar(argument).map(str::to_owned) {
                    Some(text) if is_sub => self.filled(span, &text),
                    Some(text) => self.nodes.string(span, &text),
                    None => {
                        let items = self.nodes.items(argument);
                        let items = items.into_iter().enumerate().map(|(at, item)| {
                            let text = self.nodes.tree.scalar(item).map(str::to_owned);
                            match text.filter(|_| is_sub && at == 0) {
                                Some(text) => self.filled(span, &text),
                                None => self.resolved_at(item, budget),
                            }
                        });
                        let items = items.collect();
                        self.nodes.list(span, items)
                    }
                };
                self.nodes.map(span, &[(&name, argument)])
            }
        }
    }

    /// A `Fn::Sub` text with known parameters put in.
    fn filled(&mut self, span: Span, text: &str) -> NodeId {
        let mut out = String::new();
        for part in sub_parts(text) {
            match part {
                SubPart::Literal("${") => out.push_str("${!"),
                SubPart::Literal(text) => out.push_str(text),
                SubPart::Variable(name) => {
                    let reference = self.nodes.reference(span, name);
                    match self.resolved_text(reference) {
                        Some(text) => out.push_str(&text),
                        None => out.push_str(&format!("${{{name}}}")),
                    }
                }
            }
        }
        self.nodes.string(span, &out)
    }

    fn known(&mut self, node: NodeId, value: &Value) -> NodeId {
        let span = self.nodes.span(node);
        match value {
            Value::String(text) | Value::Number(text) => self.nodes.string(span, text),
            Value::Bool(value) => self.nodes.string(span, if *value { "true" } else { "false" }),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.known(node, &item.value)).collect();
                match items.contains(&node) {
                    true => node,
                    false => self.nodes.list(span, items),
                }
            }
            Value::Absent
            | Value::Null
            | Value::Text(_)
            | Value::Named(_)
            | Value::Map(_)
            | Value::Unknown(_) => node,
        }
    }

    /// A node as it is, as the value of a parameter, or as the entry of a mapping whose keys are known: what the
    /// translator works out where it has to know a value.
    pub(super) fn worked_out(&mut self, node: NodeId) -> NodeId {
        let Shape::Intrinsic(Intrinsic { function: Function::FindInMap, argument }) = self.nodes.shape(node)
        else {
            return self.resolved(node);
        };
        let arguments = self.nodes.items(argument);
        let keys: Vec<_> = arguments.into_iter().map_while(|key| self.resolved_text(key)).collect();
        let [name, first, second] = keys.as_slice() else { return node };
        let mapping = self.template.mappings.iter().find(|mapping| mapping.name == *name);
        let top = mapping.and_then(|mapping| self.nodes.get(mapping.node, first));
        top.and_then(|top| self.nodes.get(top, second)).unwrap_or(node)
    }

    /// Text of a node after [`Lowering::resolved`].
    pub(super) fn resolved_text(&mut self, node: NodeId) -> Option<String> {
        let node = self.resolved(node);
        self.nodes.text(node).map(str::to_owned)
    }

    /// The value under a key after [`Lowering::resolved`], if Python takes it for true.
    pub(super) fn resolved_truthy(&mut self, map: NodeId, key: &str) -> Option<NodeId> {
        let node = self.nodes.get(map, key)?;
        let node = self.resolved(node);
        self.nodes.is_truthy(node).then_some(node)
    }

    /// Whether a node is a `Ref` to a list parameter.
    pub(super) fn is_list_parameter(&self, node: NodeId) -> bool {
        let name = self.nodes.referenced(node);
        name.and_then(|name| self.template.parameter(name)).is_some_and(Parameter::is_list)
    }

    /// The parameter that a `Ref` names.
    pub(super) fn parameter_name(&self, node: NodeId) -> Option<String> {
        let name = self.nodes.referenced(node)?;
        self.template.parameter(name).map(|parameter| parameter.name.clone())
    }

    /// Whether a node is a list to the translator once parameters are known.
    pub(super) fn is_list(&self, node: NodeId) -> bool {
        self.nodes.shape(node) == Shape::List
    }
}
