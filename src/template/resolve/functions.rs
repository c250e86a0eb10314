//! The functions that build texts and lists.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::cases::Constraint;
use crate::template::intrinsic::{Function, Intrinsic, SubPart, sub_parts, written_long};
use crate::template::resolve::Resolver;
use crate::template::resolve::references::literal_text;
use crate::template::resolve::texts;
use crate::template::value::{Name, Part, Sourced, StepKind, Value};

pub(super) fn unknown(reason: impl Into<String>) -> Value {
    Value::Unknown(reason.into())
}

pub(super) fn named(name: &'static str, arguments: Vec<Value>) -> Value {
    let arguments = arguments.into_iter().map(Value::without_places).collect();
    Value::named(Name::Function { name, arguments })
}

/// A value as parts of a text; a list is joined with commas, as CloudFormation does with list parameters.
fn text_parts(value: &Value) -> Option<Vec<Part>> {
    let Value::List(items) = value else { return value.to_parts() };
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            parts.push(Part::Literal(",".to_owned()));
        }
        parts.extend(item.value.to_parts()?);
    }
    Some(parts)
}

fn literals(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Literal(text) => Some(text.as_str()),
        Part::Named(_) => None,
    })
}

/// Cuts a partly known text at the delimiters that are written; what is named is taken to hold none.
fn split_parts(parts: &[Part], delimiter: &str) -> Vec<Vec<Part>> {
    let mut items: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts {
        match part {
            Part::Named(_) => {
                if let Some(last) = items.last_mut() {
                    last.push(part.clone());
                }
            }
            Part::Literal(text) => {
                for (index, piece) in text.split(delimiter).enumerate() {
                    if index > 0 {
                        items.push(Vec::new());
                    }
                    if let Some(last) = items.last_mut() {
                        last.push(Part::Literal(piece.to_owned()));
                    }
                }
            }
        }
    }
    items
}

impl Resolver<'_, '_> {
    /// What a function yields. `node` is the whole function, its argument included.
    pub(super) fn function(&mut self, found: Intrinsic<'_>, node: NodeId) -> Sourced {
        let (span, argument) = (self.tree().tagged_span(node), found.argument);
        let value = match found.function {
            Function::Ref => {
                return match self.tree().scalar(argument) {
                    Some(name) => self.reference(name, span),
                    None => Sourced::new(unknown("a `Ref` whose name is no text"), span),
                };
            }
            Function::GetAtt => return self.attribute(argument, span),
            Function::ImportValue => return self.import_value(found, node),
            Function::If => return self.branch(argument, span),
            Function::FindInMap => return self.find_in_map(argument, span),
            Function::Select => return self.select(argument, span),
            Function::Sub => self.sub(found, node),
            Function::Join => self.join(argument),
            Function::Split => self.split(argument, span),
            Function::Length => self.length(argument),
            Function::Base64 => texts::base64(self.untagged(found, node).value),
            Function::GetAzs => {
                let region = self.untagged(found, node).value;
                texts::zones(region, || self.pseudo("AWS::Region").unwrap_or_else(texts::region))
            }
            Function::Cidr => texts::subnets(self.untagged(found, node).value, span),
            Function::GetStackOutput => stack_output(self.untagged(found, node).value),
            Function::ToJsonString => texts::json(&self.untagged(found, node).value),
            Function::Transform => unknown("what a transform puts here is not in the template"),
            Function::Equals | Function::And | Function::Or | Function::Not | Function::Condition => {
                match self.holds(node) {
                    Some(holds) => Value::Bool(holds),
                    None => unknown("a condition that is not decided"),
                }
            }
            Function::Rule(name) => self.rule_value(name, argument),
            Function::Unknown(name) => unknown(format!("`{name}` is no function that is known")),
        };
        Sourced::new(value, span)
    }

    /// The argument as a value. In short form the argument is the tagged node itself, so its tag is looked
    /// through.
    fn untagged(&mut self, found: Intrinsic<'_>, node: NodeId) -> Sourced {
        if found.argument != node {
            return self.resolve(found.argument);
        }
        let tree = self.tree();
        let span = tree.tagged_span(node);
        if let Some(text) = tree.scalar(node) {
            return Sourced::new(super::dynamic(text), span);
        }
        if tree.is_sequence(node) {
            let items = tree.items(node).to_vec();
            return Sourced::new(Value::List(self.list(&items)), span);
        }
        Sourced::new(self.untagged_map(node), span)
    }

    /// A tagged map such as `!Base64 {Ref: X}` or `!ImportValue {Fn::Sub: x}` holds the inner function.
    fn untagged_map(&mut self, node: NodeId) -> Value {
        match written_long(self.tree(), node) {
            Some(found) if found.function != Function::Condition => self.function(found, node).value,
            _ => self.map(node),
        }
    }

    fn import_value(&mut self, found: Intrinsic<'_>, node: NodeId) -> Sourced {
        let span = self.tree().tagged_span(node);
        if found.argument != node {
            return self.import(found.argument, span);
        }
        let name = self.untagged(found, node).value;
        self.import_of(name, span)
    }

    fn branch(&mut self, argument: NodeId, span: Span) -> Sourced {
        let tree = self.tree();
        let [condition, yes, no] = *tree.items(argument) else {
            return Sourced::new(unknown("`Fn::If` needs three arguments"), span);
        };
        let Some(name) = tree.scalar(condition) else {
            return Sourced::new(unknown("`Fn::If` needs the name of a condition"), span);
        };
        match self.condition(name) {
            Some(holds) => {
                let taken = if holds { yes } else { no };
                let place = tree.tagged_span(taken);
                let value = self.resolve(taken);
                Sourced { span: value.span, ..value }.step(StepKind::Branch, place)
            }
            None => Sourced::new(unknown("a branch that is not decided"), span),
        }
    }

    fn sub(&mut self, found: Intrinsic<'_>, node: NodeId) -> Value {
        let tree = self.tree();
        let (text, map) = match tree.items(found.argument) {
            [text, map] => (tree.scalar(*text), Some(*map)),
            [text] => (tree.scalar(*text), None),
            _ => (tree.scalar(found.argument), None),
        };
        let Some(text) = text else { return unknown("`Fn::Sub` needs a text") };
        let span = tree.tagged_span(node);
        let mut parts = Vec::new();
        for part in sub_parts(text) {
            match part {
                SubPart::Literal(text) => parts.extend(super::dynamic(text).to_parts().unwrap_or_default()),
                SubPart::Variable(name) => match text_parts(&self.variable(name, map, span)) {
                    Some(value) => parts.extend(value),
                    None => return unknown(format!("`${{{name}}}` is no text that is known")),
                },
            }
        }
        Value::from_parts(parts)
    }

    fn variable(&mut self, name: &str, map: Option<NodeId>, span: Span) -> Value {
        if let Some(node) = map.and_then(|map| self.tree().get(map, name)) {
            return self.resolve(node).value;
        }
        match name.split_once('.') {
            Some((id, attribute)) => self.attribute_of(id, attribute, span).value,
            None => self.reference(name, span).value,
        }
    }

    fn join(&mut self, argument: NodeId) -> Value {
        let tree = self.tree();
        let [delimiter, list] = *tree.items(argument) else {
            return unknown("`Fn::Join` needs two arguments");
        };
        let Some(delimiter) = tree.scalar(delimiter) else {
            return unknown("`Fn::Join` needs a literal delimiter");
        };
        let list = self.resolve(list).value;
        match &list {
            Value::List(items) => {
                let mut parts = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        parts.push(Part::Literal(delimiter.to_owned()));
                    }
                    match item.value.to_parts() {
                        Some(item) => parts.extend(item),
                        None => return unknown("`Fn::Join` over something that is no text"),
                    }
                }
                Value::from_parts(parts)
            }
            Value::Named(_) => named("Fn::Join", vec![Value::String(delimiter.to_owned()), list]),
            _ => unknown("`Fn::Join` over something that is no list"),
        }
    }

    fn split(&mut self, argument: NodeId, span: Span) -> Value {
        let tree = self.tree();
        let [delimiter, text] = *tree.items(argument) else {
            return unknown("`Fn::Split` needs two arguments");
        };
        let Some(delimiter) = tree.scalar(delimiter).filter(|text| !text.is_empty()) else {
            return unknown("`Fn::Split` needs a literal delimiter");
        };
        let text = self.resolve(text);
        match &text.value {
            Value::String(content) => {
                let item = |item: &str| Sourced { value: super::dynamic(item), span, via: text.via.clone() };
                Value::List(content.split(delimiter).map(item).collect())
            }
            Value::Text(parts) if literals(parts).any(|literal| literal.contains(delimiter)) => {
                let item =
                    |item: Vec<Part>| Sourced { value: Value::from_parts(item), span, via: text.via.clone() };
                Value::List(split_parts(parts, delimiter).into_iter().map(item).collect())
            }
            // An id holds no delimiter that a list is joined with.
            Value::Named(name) if matches!(**name, Name::Resource { .. }) && delimiter == "," => {
                Value::List(vec![text])
            }
            Value::Text(_) | Value::Named(_) => {
                named("Fn::Split", vec![Value::String(delimiter.to_owned()), text.value])
            }
            _ => unknown("`Fn::Split` of something that is no text"),
        }
    }

    fn select(&mut self, argument: NodeId, span: Span) -> Sourced {
        let [index, list] = *self.tree().items(argument) else {
            return Sourced::new(unknown("`Fn::Select` needs two arguments"), span);
        };
        let index = self.resolve(index).value;
        let list = self.resolve(list);
        let number = index.as_text().and_then(|text| text.parse::<usize>().ok());
        match (&list.value, number) {
            (Value::List(items), Some(number)) => match items.get(number) {
                Some(item) => Sourced { value: item.value.clone(), span, via: item.via.clone() },
                None => Sourced::new(unknown("`Fn::Select` past the end of its list"), span),
            },
            (Value::Named(_), _) | (Value::List(_), None) if index.to_parts().is_some() => {
                Sourced::new(named("Fn::Select", vec![index, list.value]), span)
            }
            _ => Sourced::new(unknown("`Fn::Select` of something that is no list"), span),
        }
    }

    fn find_in_map(&mut self, argument: NodeId, span: Span) -> Sourced {
        let tree = self.tree();
        let items = tree.items(argument);
        let [map, first, second] = *items.get(..3).unwrap_or_default() else {
            return Sourced::new(unknown("`Fn::FindInMap` needs three arguments"), span);
        };
        let default = items.get(3).and_then(|&node| tree.get(node, "DefaultValue"));
        let map_name = self.resolve(map).value;
        let table = map_name.as_text().and_then(|name| self.scope.template.mapping(name));
        let Some(table) = table else {
            return Sourced::new(unknown("`Fn::FindInMap` in a mapping that is not declared"), span);
        };
        let or_default = default.is_some();
        let Some(row) = self.key(table, first, or_default) else { return self.not_in_map(default, span) };
        let Some(row) = row else {
            return Sourced::new(unknown("a mapping's key that is not decided"), span);
        };
        let Some(cell) = self.key(row, second, or_default) else { return self.not_in_map(default, span) };
        let Some(cell) = cell else {
            return Sourced::new(unknown("a mapping's key that is not decided"), span);
        };
        let place = tree.tagged_span(cell);
        let value = self.resolve(cell);
        Sourced { span, ..value }.step(StepKind::MapEntry, place)
    }

    fn not_in_map(&mut self, default: Option<NodeId>, span: Span) -> Sourced {
        match default {
            Some(node) => self.resolve(node),
            None => Sourced::new(unknown("a key that the mapping does not have"), span),
        }
    }

    /// The entry of `table` under the key that `node` yields: outer `None` when there is none, inner `None`
    /// when the key is not decided. A key that is not in the mapping fails the deployment unless there is a
    /// default, so without one only the mapping's keys are possible.
    fn key(&mut self, table: NodeId, node: NodeId, or_default: bool) -> Option<Option<NodeId>> {
        let tree = self.tree();
        let key = match self.peek(node).value {
            value if value.as_text().is_some() => value,
            _ => self.resolve(node).value,
        };
        if let Some(key) = key.as_text() {
            return self.entry(table, key).map(Some);
        }
        if !matches!(key, Value::Named(_) | Value::Text(_)) {
            return Some(None);
        }
        // A key that is not in the mapping fails the deployment, so only its keys are possible.
        let keys: Vec<_> = tree
            .entries(table)
            .iter()
            .filter_map(|entry| tree.scalar(entry.key).map(str::to_owned))
            .collect();
        if self.path.is_frozen() {
            let known = self.path.only(&key);
            return known.map_or(Some(None), |key| self.entry(table, &key).map(Some));
        }
        let others = Constraint::Not(keys.iter().cloned().collect());
        let keys = keys.into_iter().map(Constraint::Is);
        let options = or_default.then_some(others).into_iter().chain(keys).collect();
        let atom = self.atom(&key);
        match self.path.choose(atom, options) {
            Some(Constraint::Is(key)) => self.entry(table, &key).map(Some),
            Some(Constraint::Not(_)) => None,
            None => Some(None),
        }
    }

    fn entry(&self, table: NodeId, key: &str) -> Option<NodeId> {
        let tree = self.tree();
        let is_key = |node: NodeId| {
            tree.scalar(node)
                .is_some_and(|text| text == key || literal_text(text, tree.is_plain(node)) == key)
        };
        tree.entries(table).iter().find(|entry| is_key(entry.key)).map(|entry| entry.value)
    }

    fn length(&mut self, argument: NodeId) -> Value {
        let list = self.resolve(argument).value;
        match &list {
            Value::List(items) => Value::Number(items.len().to_string()),
            Value::Named(_) => named("Fn::Length", vec![list]),
            _ => unknown("`Fn::Length` of something that is no list"),
        }
    }
}

/// `Fn::GetStackOutput`: an output of a stack that may be anywhere, so always a name. Its arguments in a fixed
/// order: stack, output, region, role; what is not given is absent.
fn stack_output(argument: Value) -> Value {
    let field = |key: &str| argument.get(key).map_or(Value::Absent, |field| field.value.clone());
    let arguments = ["StackName", "OutputName", "Region", "RoleArn"].map(field);
    match &arguments {
        _ if matches!(argument, Value::Unknown(_)) => argument,
        [Value::Absent, ..] | [_, Value::Absent, ..] => {
            unknown("`Fn::GetStackOutput` needs `StackName` and `OutputName`")
        }
        _ => named("Fn::GetStackOutput", arguments.to_vec()),
    }
}
