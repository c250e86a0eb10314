//! Intrinsic functions in short, long and JSON form, as one enum.
//!
//! Only recognises a function and names its argument nodes; what it yields is decided in `resolve`.

use crate::syntax::tree::{NodeId, Tree};

/// An intrinsic function with its argument node. The argument's shape is not checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intrinsic<'tree> {
    /// Which function.
    pub function: Function<'tree>,
    /// Its whole argument.
    pub argument: NodeId,
}

/// The functions of CloudFormation (`domain` notes: template reference, intrinsic functions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function<'tree> {
    /// `Ref`.
    Ref,
    /// `Fn::GetAtt`.
    GetAtt,
    /// `Fn::Sub`.
    Sub,
    /// `Fn::Join`.
    Join,
    /// `Fn::Split`.
    Split,
    /// `Fn::Select`.
    Select,
    /// `Fn::FindInMap`.
    FindInMap,
    /// `Fn::If`.
    If,
    /// `Fn::Equals`.
    Equals,
    /// `Fn::And`.
    And,
    /// `Fn::Or`.
    Or,
    /// `Fn::Not`.
    Not,
    /// `Condition` as a reference to a condition.
    Condition,
    /// `Fn::ImportValue`.
    ImportValue,
    /// `Fn::GetStackOutput`.
    GetStackOutput,
    /// `Fn::GetAZs`.
    GetAzs,
    /// `Fn::Cidr`.
    Cidr,
    /// `Fn::Base64`.
    Base64,
    /// `Fn::Transform`.
    Transform,
    /// `Fn::Length`.
    Length,
    /// `Fn::ToJsonString`.
    ToJsonString,
    /// A function of the `Rules` section (`Fn::Contains`, …), by its long name.
    Rule(&'tree str),
    /// A tag or `Fn::` key nobody knows.
    Unknown(&'tree str),
}

impl Function<'_> {
    /// The long name (`Fn::Sub`, `Ref`), or what was written for an unknown one.
    pub fn name(&self) -> &str {
        match self {
            Function::Ref => "Ref",
            Function::GetAtt => "Fn::GetAtt",
            Function::Sub => "Fn::Sub",
            Function::Join => "Fn::Join",
            Function::Split => "Fn::Split",
            Function::Select => "Fn::Select",
            Function::FindInMap => "Fn::FindInMap",
            Function::If => "Fn::If",
            Function::Equals => "Fn::Equals",
            Function::And => "Fn::And",
            Function::Or => "Fn::Or",
            Function::Not => "Fn::Not",
            Function::Condition => "Condition",
            Function::ImportValue => "Fn::ImportValue",
            Function::GetStackOutput => "Fn::GetStackOutput",
            Function::GetAzs => "Fn::GetAZs",
            Function::Cidr => "Fn::Cidr",
            Function::Base64 => "Fn::Base64",
            Function::Transform => "Fn::Transform",
            Function::Length => "Fn::Length",
            Function::ToJsonString => "Fn::ToJsonString",
            Function::Rule(name) | Function::Unknown(name) => name,
        }
    }
}

fn by_name(name: &str) -> Option<Function<'_>> {
    let short = name.strip_prefix("Fn::").unwrap_or(name);
    Some(match short {
        "Ref" => Function::Ref,
        "GetAtt" => Function::GetAtt,
        "Sub" => Function::Sub,
        "Join" => Function::Join,
        "Split" => Function::Split,
        "Select" => Function::Select,
        "FindInMap" => Function::FindInMap,
        "If" => Function::If,
        "Equals" => Function::Equals,
        "And" => Function::And,
        "Or" => Function::Or,
        "Not" => Function::Not,
        "Condition" => Function::Condition,
        "ImportValue" => Function::ImportValue,
        "GetStackOutput" => Function::GetStackOutput,
        "GetAZs" => Function::GetAzs,
        "Cidr" => Function::Cidr,
        "Base64" => Function::Base64,
        "Transform" => Function::Transform,
        "Length" => Function::Length,
        "ToJsonString" => Function::ToJsonString,
        "Contains" | "EachMemberEquals" | "EachMemberIn" | "RefAll" | "ValueOf" | "ValueOfAll" => {
            Function::Rule(name)
        }
        _ => return None,
    })
}

/// The function a node is, or `None` for plain data. A `{"Condition": "Name"}` map is [`Function::Condition`]
/// only where it has that one key and a scalar value; callers outside conditions treat it as data.
pub fn intrinsic(tree: &Tree, node: NodeId) -> Option<Intrinsic<'_>> {
    if let Some(tag) = tree.tag(node) {
        let name = tag.strip_prefix('!')?;
        // `!!str` and `!<…>` are YAML's own tags, not functions.
        if name.is_empty() || name.starts_with(['!', '<']) {
            return None;
        }
        let function = by_name(name).filter(|_| !name.starts_with("Fn::"));
        return Some(Intrinsic { function: function.unwrap_or(Function::Unknown(name)), argument: node });
    }
    written_long(tree, node)
}

/// The function that a mapping with one key is in long form, whatever tag stands before it: the inner function of
/// `!Base64 {Ref: X}`.
pub(crate) fn written_long(tree: &Tree, node: NodeId) -> Option<Intrinsic<'_>> {
    let [entry] = tree.entries(node) else { return None };
    let key = tree.scalar(entry.key)?;
    let function = match key {
        "Ref" => Function::Ref,
        "Condition" if tree.scalar(entry.value).is_some() => Function::Condition,
        _ if key.starts_with("Fn::ForEach::") => return None,
        _ if key.starts_with("Fn::") => by_name(key).unwrap_or(Function::Unknown(key)),
        _ => return None,
    };
    Some(Intrinsic { function, argument: entry.value })
}

/// Whether a map has a `Fn::Transform` beside other keys, which then replaces or adds to them.
pub fn embedded_transform(tree: &Tree, node: NodeId) -> Option<NodeId> {
    tree.get(node, "Fn::Transform")
}

/// The logical id a node refers to when it is a `Ref` with a literal name.
pub fn referenced(tree: &Tree, node: NodeId) -> Option<&str> {
    match intrinsic(tree, node) {
        Some(Intrinsic { function: Function::Ref, argument }) => tree.scalar(argument),
        _ => None,
    }
}

/// Logical id and attribute of a `Fn::GetAtt` with literal arguments, split at the first dot.
pub fn get_att(tree: &Tree, argument: NodeId) -> Option<(&str, &str)> {
    if let Some(text) = tree.scalar(argument) {
        return text.split_once('.');
    }
    match tree.items(argument) {
        [id, attribute] => Some((tree.scalar(*id)?, tree.scalar(*attribute)?)),
        _ => None,
    }
}

/// A piece of a `Fn::Sub` text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubPart<'text> {
    /// Text as it is; `${!X}` has become `${X}` in two pieces.
    Literal(&'text str),
    /// `${X}` or `${X.Y}`, the name between the braces without blanks around it.
    Variable(&'text str),
}

/// Splits a `Fn::Sub` text. An unclosed `${` is literal.
pub fn sub_parts(text: &str) -> Vec<SubPart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 2..start + length];
        if start > 0 {
            parts.push(SubPart::Literal(&rest[..start]));
        }
        match name.strip_prefix('!') {
            Some(_) => {
                parts.push(SubPart::Literal("${"));
                parts.push(SubPart::Literal(&rest[start + 3..=start + length]));
            }
            None => parts.push(SubPart::Variable(name.trim())),
        }
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        parts.push(SubPart::Literal(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_texts_split() {
        use SubPart::{Literal, Variable};
        let cases: [(&str, &[SubPart<'_>]); 5] = [
            ("a${B}c", &[Literal("a"), Variable("B"), Literal("c")]),
            ("${ A.B }", &[Variable("A.B")]),
            ("${!X}y", &[Literal("${"), Literal("X}"), Literal("y")]),
            ("a${b", &[Literal("a${b")]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(sub_parts(text), expected, "{text}");
        }
    }
}
