//! Values of SSM parameters that were stated outside of the templates, put in where a template asks for them.
//!
//! Imports are matched to exports first, and elsewhere.

use std::sync::Arc;

use crate::source::Span;
use crate::template::document::Parameter;
use crate::template::resolve::Resolver;
use crate::template::resolve::references::split_list;
use crate::template::value::{Name, Part, Value};

impl Resolver<'_, '_> {
    /// The value with every dynamic reference to SSM in it that is known replaced.
    pub(super) fn known(&self, value: Value) -> Value {
        match value {
            Value::Named(name) => match self.stated(&name) {
                Some(text) => Value::String(text.to_owned()),
                None => Value::Named(name),
            },
            Value::Text(parts) => Value::from_parts(parts.into_iter().map(|part| match part {
                Part::Named(name) => match self.stated(&name) {
                    Some(text) => Part::Literal(text.to_owned()),
                    None => Part::Named(Arc::clone(&name)),
                },
                Part::Literal(text) => Part::Literal(text),
            })),
            other => other,
        }
    }

    /// The value of a parameter, with a list of an SSM-typed one taken apart.
    pub(super) fn known_parameter(&self, parameter: &Parameter, value: Value, span: Span) -> Value {
        if !parameter.is_ssm() {
            return value;
        }
        match self.known(value) {
            Value::String(text) if parameter.is_list() => Value::List(split_list(&text, span)),
            other => other,
        }
    }

    /// What was stated about `{{resolve:ssm:NAME}}` or `{{resolve:ssm:NAME:VERSION}}`.
    fn stated(&self, name: &Name) -> Option<&str> {
        let Name::Dynamic(text) = name else { return None };
        let path = text.strip_prefix("{{resolve:ssm:")?.strip_suffix("}}")?;
        let known = &self.scope.bindings.known;
        let is_version = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let plain = path.rsplit_once(':').filter(|(_, version)| is_version(version)).map(|(path, _)| path);
        let found = known.get(&format!("ssm:{path}"));
        found.or_else(|| known.get(&format!("ssm:{}", plain?))).map(String::as_str)
    }
}
