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
    /// A value bound by an environment, the command line or a parent stack.
    Bound(String),
    /// A branch of `Fn::If`.
    Branch,
    /// An entry of a mapping.
    MapEntry,
    /// An export of another stack, with its name.
    Export(String),
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
