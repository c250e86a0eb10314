//! Values as plain data: what is not a known literal is written in CloudFormation's long form.

use crate::template::value::{Name, Part, Sourced, StackId, StepKind, Value};

/// Plain data, as JSON has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Null; also a value that is not known at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Plain>),
    /// A map, in order.
    Map(Vec<(String, Plain)>),
}

impl Plain {
    fn function(name: &str, argument: Plain) -> Self {
        Plain::Map(vec![(name.to_owned(), argument)])
    }
}

/// A value as the stack `home` would write it; things of other stacks are written as the import that reaches
/// them where that is known.
pub fn sourced(value: &Sourced, home: StackId) -> Plain {
    let export = value.via.iter().find_map(|step| match &step.kind {
        StepKind::Export(name) | StepKind::ExportByPattern(name) => Some(name),
        _ => None,
    });
    match export {
        Some(name) if !value.value.is_literal() => {
            Plain::function("Fn::ImportValue", Plain::Text(name.clone()))
        }
        _ => plain(&value.value, home),
    }
}

/// A value as the stack `home` would write it.
pub fn plain(value: &Value, home: StackId) -> Plain {
    match value {
        Value::Absent | Value::Null | Value::Unknown(_) => Plain::Null,
        Value::Bool(value) => Plain::Bool(*value),
        Value::Number(text) => Plain::Number(text.clone()),
        Value::String(text) => Plain::Text(text.clone()),
        Value::Named(found) => name(found, home),
        Value::Text(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Literal(text) => Plain::Text(text.clone()),
                Part::Named(found) => name(found, home),
            });
            let parts = vec![Plain::Text(String::new()), Plain::List(parts.collect())];
            Plain::function("Fn::Join", Plain::List(parts))
        }
        Value::List(items) => Plain::List(items.iter().map(|item| sourced(item, home)).collect()),
        Value::Map(members) => {
            let member =
                |member: &crate::template::value::Member| (member.key.clone(), sourced(&member.value, home));
            Plain::Map(members.iter().map(member).collect())
        }
    }
}

fn name(found: &Name, home: StackId) -> Plain {
    match found {
        Name::Resource { stack, id } if *stack == home => Plain::function("Ref", Plain::Text(id.clone())),
        Name::Attribute { stack, id, attribute } if *stack == home => Plain::function(
            "Fn::GetAtt",
            Plain::List(vec![Plain::Text(id.clone()), Plain::Text(attribute.clone())]),
        ),
        // Another stack's: only that stack could write it, so the stack is named too.
        Name::Resource { stack, id } | Name::Attribute { stack, id, .. } => Plain::Map(vec![
            ("Ref".to_owned(), Plain::Text(id.clone())),
            ("Stack".to_owned(), Plain::Number(stack.0.to_string())),
        ]),
        Name::Parameter { name, .. } | Name::Pseudo { name, .. } => {
            Plain::function("Ref", Plain::Text(name.clone()))
        }
        Name::Import(name) => Plain::function("Fn::ImportValue", plain(name, home)),
        Name::Dynamic(text) => Plain::Text(text.clone()),
        Name::Function { name, arguments } => {
            let mut arguments: Vec<_> = arguments.iter().map(|argument| plain(argument, home)).collect();
            let single = matches!(*name, "Fn::Base64" | "Fn::GetAZs" | "Fn::Length") && arguments.len() == 1;
            match arguments.pop() {
                Some(only) if single => Plain::function(name, only),
                last => {
                    arguments.extend(last);
                    Plain::function(name, Plain::List(arguments))
                }
            }
        }
    }
}
