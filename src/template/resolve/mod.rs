//! What a node is in the case under way: intrinsic functions, parameters and conditions worked out.
//!
//! A [`Resolver`] reads one stack; other stacks are asked through [`Outside`]. It never guesses: what only AWS
//! knows becomes a name, what cannot be decided becomes unknown with the reason.

mod conditions;
mod functions;
mod known;
mod references;
mod rules;
mod texts;

use crate::source::Span;
use crate::syntax::tree::{Kind, NodeId, Tree};
use crate::template::bindings::Bindings;
use crate::template::cases::Path;
use crate::template::document::Template;
use crate::template::guards::Domain;
use crate::template::intrinsic::{Function, intrinsic};
use crate::template::lowered::Lowered;
use crate::template::value::{Member, Name, Part, Sourced, StackId, Value};

/// Deepest nesting of values and references that is followed.
pub const MAX_DEPTH: u32 = 128;

/// Most nodes looked at in one run over one stack; aliases and references can otherwise repeat a small text
/// without end.
pub const MAX_STEPS: u32 = 2_000_000;

/// What lies outside a stack.
pub trait Outside {
    /// What a parent stack passes for a parameter, in the case under way; `None` when nothing is passed.
    fn passed(&self, stack: StackId, parameter: &str, path: &mut Path) -> Option<Sourced>;

    /// Whether a parent stack decides every parameter of this one: those it passes nothing for have their
    /// defaults.
    fn is_governed(&self, _stack: StackId) -> bool {
        false
    }

    /// What a parameter of another stack may be.
    fn domain(&self, _stack: StackId, _parameter: &str) -> Domain {
        Domain::default()
    }

    /// The exported value that an import of this name means, if exactly one export of the run fits.
    fn import(&self, stack: StackId, name: &Value, import: Span, path: &mut Path) -> Option<Sourced>;

    /// An output of the stack that a nested-stack resource makes, if its template is in the run.
    fn output(&self, stack: StackId, resource: &str, output: &str, path: &mut Path) -> Option<Sourced>;
}

/// Nothing lies outside: every import and nested output stays a name.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Outside for Alone {
    fn passed(&self, _: StackId, _: &str, _: &mut Path) -> Option<Sourced> {
        None
    }

    fn import(&self, _: StackId, _: &Value, _: Span, _: &mut Path) -> Option<Sourced> {
        None
    }

    fn output(&self, _: StackId, _: &str, _: &str, _: &mut Path) -> Option<Sourced> {
        None
    }
}

/// One stack instance as the resolver sees it.
#[derive(Clone, Copy)]
pub struct Scope<'run> {
    /// The instance.
    pub stack: StackId,
    /// Its template.
    pub template: &'run Template,
    /// The template as CloudFormation gets it.
    pub lowered: &'run Lowered,
    /// What is known about the instance.
    pub bindings: &'run Bindings,
    /// Everything else.
    pub outside: &'run dyn Outside,
}

/// Works out values of one stack in one case.
pub struct Resolver<'run, 'path> {
    scope: Scope<'run>,
    path: &'path mut Path,
}

impl<'run, 'path> Resolver<'run, 'path> {
    /// A resolver for `scope` on `path`.
    pub fn new(scope: Scope<'run>, path: &'path mut Path) -> Self {
        Self { scope, path }
    }

    /// The stack it reads.
    pub fn scope(&self) -> Scope<'run> {
        self.scope
    }

    /// The tree it reads.
    pub fn tree(&self) -> &'run Tree {
        &self.scope.lowered.tree
    }

    /// The case under way.
    pub fn path(&mut self) -> &mut Path {
        self.path
    }

    /// Resolves without choosing: undecided parameters stay names, undecided branches become unknown.
    pub fn peek(&mut self, node: NodeId) -> Sourced {
        self.path.freeze();
        let value = self.resolve(node);
        self.path.thaw();
        value
    }

    /// What `node` is in the case under way.
    pub fn resolve(&mut self, node: NodeId) -> Sourced {
        let span = self.tree().tagged_span(node);
        self.path.steps += 1;
        if self.path.depth >= MAX_DEPTH || self.path.steps > MAX_STEPS {
            return Sourced::new(Value::Unknown("too deeply nested to follow".to_owned()), span);
        }
        self.path.depth += 1;
        let mut value = self.resolve_node(node, span);
        self.path.depth -= 1;
        if !self.scope.bindings.known.is_empty() {
            value.value = self.known(value.value);
        }
        value
    }

    fn resolve_node(&mut self, node: NodeId, span: Span) -> Sourced {
        let tree = self.tree();
        if let Some(found) = intrinsic(tree, node) {
            if found.function != Function::Condition {
                return self.function(found, node);
            }
            if tree.tag(node).is_some() {
                return Sourced::new(Value::Unknown("`!Condition` outside a condition".to_owned()), span);
            }
        }
        match &tree.node(node).kind {
            Kind::Scalar { .. } => Sourced::new(self.scalar(node), span),
            Kind::Sequence(items) => Sourced::new(Value::List(self.list(items)), span),
            Kind::Mapping(_) => Sourced::new(self.map(node), span),
        }
    }

    /// A scalar without functions: YAML's booleans, numbers and null where it is plain, text otherwise.
    fn scalar(&self, node: NodeId) -> Value {
        let tree = self.tree();
        let text = tree.scalar(node).unwrap_or_default();
        if tree.is_plain(node) && tree.tag(node).is_none_or(|tag| tag != "!!str") {
            plain(text)
        } else {
            dynamic(text)
        }
    }

    fn list(&mut self, items: &[NodeId]) -> Vec<Sourced> {
        let resolved = items.iter().map(|&item| self.resolve(item));
        resolved.filter(|item| item.value != Value::Absent).collect()
    }

    fn map(&mut self, node: NodeId) -> Value {
        let tree = self.tree();
        let mut members: Vec<Member> = Vec::new();
        for entry in tree.entries(node) {
            let Some(key) = tree.scalar(entry.key) else {
                return Value::Unknown("a key that is no text".to_owned());
            };
            let value = if key == "Fn::Transform" {
                Sourced::new(
                    Value::Unknown("content added by a transform".to_owned()),
                    tree.span(entry.value),
                )
            } else {
                self.resolve(entry.value)
            };
            if value.value != Value::Absent {
                members.push(Member { key: key.to_owned(), key_span: tree.span(entry.key), value });
            }
        }
        Value::Map(members)
    }
}

/// What YAML 1.1 (as CloudFormation reads it) makes of a plain scalar.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => dynamic(text),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.ends_with(|last: char| last.is_ascii_digit() || last == '.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().filter(|&byte| byte == b'.').count() <= 1
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'))
        && digits.parse::<f64>().is_ok()
}

/// The text that a literal is as a parameter's value: `Yes` and `True` without quotes are booleans to YAML, and
/// their text is `true`.
pub fn parameter_text(tree: &Tree, node: NodeId) -> Option<String> {
    tree.scalar(node).map(|text| references::literal_text(text, tree.is_plain(node)))
}

/// Text in which `{{resolve:…}}` stands for something only AWS knows.
pub(crate) fn dynamic(text: &str) -> Value {
    if !text.contains("{{resolve:") {
        return Value::String(text.to_owned());
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{resolve:") {
        let Some(length) = rest[start..].find("}}") else { break };
        let end = start + length + 2;
        parts.push(Part::Literal(rest[..start].to_owned()));
        parts.push(Part::Named(std::sync::Arc::new(Name::Dynamic(rest[start..end].to_owned()))));
        rest = &rest[end..];
    }
    parts.push(Part::Literal(rest.to_owned()));
    Value::from_parts(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_read_as_cloudformation_does() {
        let cases = [
            ("yes", Value::Bool(true)),
            ("off", Value::Bool(false)),
            ("443", Value::Number("443".to_owned())),
            ("-1.5e3", Value::Number("-1.5e3".to_owned())),
            ("2012-10-17", Value::String("2012-10-17".to_owned())),
            ("1.2.3.4", Value::String("1.2.3.4".to_owned())),
            ("~", Value::Null),
            ("vpce-1", Value::String("vpce-1".to_owned())),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
