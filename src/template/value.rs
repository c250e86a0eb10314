//! What a value is once conditions and parameters of one case are fixed: literal, named or unknown.
//!
//! A *named* value is something only AWS knows (an id, an import, a parameter without value). It is an opaque
//! constant, equal only to itself. Unknown is never equal or different to anything.

use std::sync::Arc;

use crate::source::Span;

/// Index of a stack instance in the workspace: a template with its parameter bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(pub u32);

/// Something only AWS knows, in normal form: the same thing always has the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// `Ref` of a resource: its physical id.
    Resource {
        /// The stack that declares it.
        stack: StackId,
        /// Logical id.
        id: String,
    },
    /// `Fn::GetAtt`. The id attribute of a VPC endpoint is written as [`Name::Resource`].
    Attribute {
        /// The stack that declares the resource.
        stack: StackId,
        /// Logical id.
        id: String,
        /// Attribute, dots included (`Outputs.X`).
        attribute: String,
    },
    /// `Ref` of a parameter that has no value in this case.
    Parameter {
        /// The stack that declares it.
        stack: StackId,
        /// Parameter name.
        name: String,
    },
    /// A pseudo parameter: `AWS::Region`, `AWS::AccountId`, … `stack` is set where each stack has its own
    /// (`AWS::StackName`, `AWS::StackId`).
    Pseudo {
        /// The stack, for those that differ per stack.
        stack: Option<StackId>,
        /// Full name, `AWS::` included.
        name: String,
    },
    /// `Fn::ImportValue` that matches no export of the workspace; the export's name.
    Import(Box<Value>),
    /// Text of a dynamic reference, braces included, or `{{resolve:ssm:NAME}}` for an SSM-typed parameter
    /// whose name is known.
    Dynamic(String),
    /// Any other function of values not all of which are known.
    Function {
        /// Long name: `Fn::Select`, `Fn::Split`, `Fn::GetAZs`, …
        name: &'static str,
        /// Its arguments, in the function's own order.
        arguments: Vec<Value>,
    },
}

/// One piece of a text that is partly known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Known characters.
    Literal(String),
    /// A name in between.
    Named(Arc<Name>),
}

/// A value with its place and the chain it came by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sourced {
    /// The value.
    pub value: Value,
    /// The text that a reader of the finding should look at: the literal, the `Ref`, the function.
    pub span: Span,
    /// How the value got there from `span`, nearest first; empty for a literal.
    pub via: Vec<Step>,
}

/// One step from the text to the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// What kind of step.
    pub kind: StepKind,
    /// Where the value, or what leads on to it, stands.
    pub span: Span,
}

/// Kinds of [`Step`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// `Default` of a parameter, taken because nothing else is known.
    Default(String),
    /// One of the `AllowedValues` of a parameter, or a value a condition compares it with.
    Choice(String),
    /// A value bound by the command line or a parent stack.
    Bound(String),
    /// A value given to a parameter in a samconfig, a parameter file or the policy file.
    Given(String),
    /// A parameter whose value CloudFormation reads from SSM; the step stands where the parameter is used.
    Stored(String),
    /// A branch of `Fn::If`.
    Branch,
    /// An entry of a mapping.
    MapEntry,
    /// An export of another stack, with its name.
    Export(String),
    /// An export of another stack whose name fits only as a pattern: the stack's name is not known. With the
    /// fixed part of the name. An assumption.
    ExportByPattern(String),
    /// An output of a nested stack.
    Output(String),
    /// `Globals` of a SAM template.
    Globals,
}

/// A key of a map value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// What it maps to.
    pub value: Sourced,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `AWS::NoValue`: as if it were not written. Inside lists and maps it is already removed.
    Absent,
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Known text.
    String(String),
    /// Text with at least one named part and at least one more part.
    Text(Vec<Part>),
    /// Something only AWS knows: one string, or a list where a list is asked for.
    Named(Arc<Name>),
    /// A list.
    List(Vec<Sourced>),
    /// A map, in written order.
    Map(Vec<Member>),
    /// Not decidable; the reason is a phrase for the user.
    Unknown(String),
}

/// Whether two values are the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Same {
    /// They are.
    Yes,
    /// They are not.
    No,
    /// Different names: presumed different, which costs confidence.
    Presumed,
    /// Cannot be said.
    Unknown,
}

impl Sourced {
    /// A value written at `span`, without steps.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, via: Vec::new() }
    }

    /// The same value with one step put in front of the chain.
    #[must_use]
    pub fn step(mut self, kind: StepKind, span: Span) -> Self {
        self.via.insert(0, Step { kind, span });
        self
    }

    /// The text that holds the value in the end: where the last step leads, else the value's own place.
    pub fn root_span(&self) -> Span {
        self.via.last().map_or(self.span, |step| step.span)
    }
}

impl Value {
    /// A named value.
    pub fn named(name: Name) -> Self {
        Value::Named(Arc::new(name))
    }

    /// Known text, or a boolean or number as text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::String(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Absent
            | Value::Null
            | Value::Text(_)
            | Value::Named(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Unknown(_) => None,
        }
    }

    /// Items of a list, nothing for anything else.
    pub fn items(&self) -> &[Sourced] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Members of a map, nothing for anything else.
    pub fn members(&self) -> &[Member] {
        match self {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The member of a map under this key.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.key == key)
    }

    /// The value of a map under this key.
    pub fn get(&self, key: &str) -> Option<&Sourced> {
        self.member(key).map(|member| &member.value)
    }

    /// A boolean as CloudFormation takes it: also the texts `true` and `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nothing in the value is named or unknown.
    pub fn is_literal(&self) -> bool {
        match self {
            Value::Absent | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::Text(_) | Value::Named(_) | Value::Unknown(_) => false,
            Value::List(items) => items.iter().all(|item| item.value.is_literal()),
            Value::Map(members) => members.iter().all(|member| member.value.value.is_literal()),
        }
    }

    /// The same value with all places taken away, so that equal content is equal.
    #[must_use]
    pub fn without_places(self) -> Self {
        let nowhere = Span::new(crate::source::FileId(0), crate::source::TextRange::new(0, 0));
        match self {
            Value::List(items) => Value::List(
                items.into_iter().map(|item| Sourced::new(item.value.without_places(), nowhere)).collect(),
            ),
            Value::Map(members) => Value::Map(
                members
                    .into_iter()
                    .map(|member| Member {
                        key: member.key,
                        key_span: nowhere,
                        value: Sourced::new(member.value.value.without_places(), nowhere),
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    /// Joins parts into the simplest value: known text, a single name, or text with names in it.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut joined: Vec<Part> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (_, Part::Literal(text)) if text.is_empty() => {}
                (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
                (_, part) => joined.push(part),
            }
        }
        match (joined.pop(), joined.is_empty()) {
            (None, _) => Value::String(String::new()),
            (Some(Part::Literal(text)), true) => Value::String(text),
            (Some(Part::Named(name)), true) => Value::Named(name),
            (Some(last), false) => {
                joined.push(last);
                Value::Text(joined)
            }
        }
    }

    /// The value as parts of a text; `None` for lists, maps, null, absent and unknown values.
    pub fn to_parts(&self) -> Option<Vec<Part>> {
        match self {
            Value::Text(parts) => Some(parts.clone()),
            Value::Named(name) => Some(vec![Part::Named(Arc::clone(name))]),
            _ => self.as_text().map(|text| vec![Part::Literal(text.to_owned())]),
        }
    }

    /// Whether two values are the same thing. Texts are compared part by part; nothing is guessed.
    pub fn same(&self, other: &Value) -> Same {
        if matches!(self, Value::Unknown(_)) || matches!(other, Value::Unknown(_)) {
            return Same::Unknown;
        }
        if let (Some(left), Some(right)) = (self.as_text(), other.as_text()) {
            return if left == right { Same::Yes } else { Same::No };
        }
        if self == other {
            return Same::Yes;
        }
        match (self, other) {
            (Value::Named(left), Value::Named(right)) => left.same(right),
            (Value::Text(_) | Value::Named(_), Value::Text(_) | Value::Named(_)) => Same::Presumed,
            (Value::Text(_) | Value::Named(_), _) | (_, Value::Text(_) | Value::Named(_)) => Same::Unknown,
            _ => Same::No,
        }
    }
}

impl Name {
    /// Whether two names stand for the same thing.
    ///
    /// Two resources are two things, and a stack cannot import its own export. A parameter without a value may
    /// be anything but the id of a resource that the stack itself makes. An author who writes two names of one
    /// kind (two exports, two SSM paths) is presumed to mean two things; names of different kinds say nothing
    /// about each other.
    pub fn same(&self, other: &Name) -> Same {
        use Name::{Import, Parameter, Resource};
        match (self, other) {
            _ if self == other => Same::Yes,
            (Resource { .. }, Resource { .. }) => Same::No,
            (Resource { .. }, Import(name)) | (Import(name), Resource { .. }) => {
                if name.is_literal() {
                    Same::No
                } else {
                    Same::Unknown
                }
            }
            (Parameter { stack: asks, .. }, Resource { stack: makes, .. })
            | (Resource { stack: makes, .. }, Parameter { stack: asks, .. })
                if asks == makes =>
            {
                Same::Presumed
            }
            (Import(left), Import(right)) if left.is_literal() && right.is_literal() => Same::Presumed,
            (Import(_), Import(_)) | (Parameter { .. }, Parameter { .. }) => Same::Unknown,
            _ if std::mem::discriminant(self) == std::mem::discriminant(other) => Same::Presumed,
            _ => Same::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_between_names() {
        let resource = |id: &str| Name::Resource { stack: StackId(0), id: id.to_owned() };
        let import = |n: &str| Name::Import(Box::new(Value::String(n.to_owned())));
        let parameter = |n: &str| Name::Parameter { stack: StackId(0), name: n.to_owned() };
        let table = [
            (parameter("A"), parameter("A"), Same::Yes),
            (parameter("A"), parameter("B"), Same::Unknown),
            (parameter("A"), import("x"), Same::Unknown),
            (import("x"), import("y"), Same::Presumed),
            (import("x"), Name::Dynamic("{{resolve:ssm:/x}}".to_owned()), Same::Unknown),
            (parameter("A"), resource("E"), Same::Presumed),
            (Name::Parameter { stack: StackId(1), name: "A".to_owned() }, resource("E"), Same::Unknown),
            (import("x"), resource("E"), Same::No),
            (Name::Import(Box::new(Value::named(parameter("A")))), resource("E"), Same::Unknown),
            (resource("E"), resource("F"), Same::No),
        ];
        for (left, right, expected) in table {
            assert_eq!(left.same(&right), expected, "{left:?} {right:?}");
            assert_eq!(right.same(&left), expected, "{right:?} {left:?}");
        }
    }
}
