//! Policies written as JSON text: the text is read into the same values as a written object.
//!
//! Named parts inside JSON strings stay names. Every value has the span of the whole text; this module knows
//! nothing about policies.

use std::sync::Arc;

use crate::source::Span;
use crate::template::value::{Member, Name, Part, Sourced, Value};

/// A noncharacter that encloses the number of a name while the JSON is read.
const MARK: char = '\u{10FFFE}';

/// What a value that may be JSON text turned out to be.
pub(super) enum Reading {
    /// No text: use the value itself.
    AsIs,
    /// The JSON's value.
    Read(Sourced),
    /// Text without names that is no JSON; the parser's words.
    NotJson(String),
    /// Text whose names stand where the structure would be; the reason.
    Unknown(String),
}

/// Reads JSON text, with or without named parts.
pub(super) fn read_if_text(value: &Sourced) -> Reading {
    let (text, names) = match &value.value {
        Value::String(text) => (text.clone(), Vec::new()),
        Value::Text(parts) => mark(parts),
        _ => return Reading::AsIs,
    };
    if names.is_empty() != !text.contains(MARK) {
        return Reading::Unknown("the policy text holds a character that stands for nothing".to_owned());
    }
    match serde_json::from_str(&text) {
        Ok(json) => Reading::Read(convert(&json, value.span, &names)),
        Err(error) if names.is_empty() => Reading::NotJson(error.to_string()),
        Err(_) => Reading::Unknown("the policy is text whose structure only AWS knows".to_owned()),
    }
}

fn mark(parts: &[Part]) -> (String, Vec<Arc<Name>>) {
    let (mut text, mut names) = (String::new(), Vec::new());
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Named(name) => {
                text.push_str(&format!("{MARK}{}{MARK}", names.len()));
                names.push(Arc::clone(name));
            }
        }
    }
    (text, names)
}

/// The same value as a resolved one, all of it at one place.
pub fn to_value(json: &serde_json::Value, span: Span) -> Sourced {
    convert(json, span, &[])
}

/// The depth of `json` is bounded by the JSON parser's own limit.
fn convert(json: &serde_json::Value, span: Span, names: &[Arc<Name>]) -> Sourced {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => unmark(text, names),
        Json::Array(items) => Value::List(items.iter().map(|item| convert(item, span, names)).collect()),
        Json::Object(members) if !names.is_empty() && members.keys().any(|key| key.contains(MARK)) => {
            Value::Unknown("only AWS knows a key of the policy text".to_owned())
        }
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| Member {
                key: key.clone(),
                key_span: span,
                value: convert(value, span, names),
            };
            Value::Map(members.iter().map(member).collect())
        }
    };
    Sourced { value, span, via: Vec::new() }
}

fn unmark(text: &str, names: &[Arc<Name>]) -> Value {
    if names.is_empty() || !text.contains(MARK) {
        return Value::String(text.to_owned());
    }
    let mut parts = Vec::new();
    for (at, piece) in text.split(MARK).enumerate() {
        let name = if at % 2 == 1 { piece.parse().ok().and_then(|n: usize| names.get(n)) } else { None };
        match name {
            Some(name) => parts.push(Part::Named(Arc::clone(name))),
            None if piece.is_empty() => {}
            None => parts.push(Part::Literal(piece.to_owned())),
        }
    }
    match parts.as_slice() {
        [Part::Named(name)] => Value::Named(Arc::clone(name)),
        _ => Value::Text(parts),
    }
}
