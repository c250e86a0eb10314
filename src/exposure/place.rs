//! Where an API is deployed, as far as its own policy tells.
//!
//! Region, account and partition of a stack are often not known, and an API cannot refer to itself in its own
//! policy, so authors write them out in ARNs. Where all execute-api ARNs of a policy agree on one, it is
//! presumed to be the API's own.

use std::sync::Arc;

use crate::order::Order;
use crate::template::value::{Member, Name, Part, Sourced, Value};

/// Fields of an ARN that say where an API is: partition, region, account, API id.
const FIELDS: [usize; 4] = [1, 3, 4, 5];

/// What is presumed: names and the texts they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presumed {
    texts: Vec<(Name, String)>,
}

impl Presumed {
    /// What the policies of an API say about where it is. `own` are the names of partition, region, account and
    /// API id, `None` where the text is known.
    pub(crate) fn from_policies<'p>(
        policies: impl Iterator<Item = &'p Sourced>,
        own: [Option<Name>; 4],
    ) -> Self {
        let mut found: [Vec<String>; 4] = Default::default();
        for policy in policies {
            collect(policy, &mut found);
        }
        let mut texts = Vec::new();
        for (field, (own, mut found)) in own.into_iter().zip(found).enumerate() {
            found.order();
            found.dedup();
            match (own, found.as_slice()) {
                (Some(name), [only]) => texts.push((name, only.clone())),
                // The commercial partition, unless something else is said.
                (Some(name), []) if field == 0 => texts.push((name, "aws".to_owned())),
                _ => {}
            }
        }
        Self { texts }
    }

    /// The text a name stands for.
    pub(crate) fn text(&self, name: &Name) -> Option<&str> {
        self.texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Whether more is presumed than that the partition is the commercial one.
    pub(crate) fn matters(&self) -> bool {
        self.texts.iter().any(|(_, text)| text != "aws")
    }

    /// The value with what is presumed put in.
    pub(crate) fn apply(&self, value: &Sourced) -> Sourced {
        Sourced { value: self.value(&value.value), span: value.span, via: value.via.clone() }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Named(name) => match self.text(name) {
                Some(text) => Value::String(text.to_owned()),
                None => value.clone(),
            },
            Value::Text(parts) => Value::from_parts(parts.iter().map(|part| self.part(part))),
            Value::List(items) => Value::List(items.iter().map(|item| self.apply(item)).collect()),
            Value::Map(members) => Value::Map(
                members
                    .iter()
                    .map(|member| Member { value: self.apply(&member.value), ..member.clone() })
                    .collect(),
            ),
            Value::Absent
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Unknown(_) => value.clone(),
        }
    }

    fn part(&self, part: &Part) -> Part {
        match part {
            Part::Named(name) => match self.text(name) {
                Some(text) => Part::Literal(text.to_owned()),
                None => part.clone(),
            },
            Part::Literal(_) => part.clone(),
        }
    }
}

/// Adds the literal fields of all execute-api ARNs in a policy.
fn collect(policy: &Sourced, found: &mut [Vec<String>; 4]) {
    match &policy.value {
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Map(members) => members.iter().for_each(|member| collect(&member.value, found)),
        value => {
            for arn in arns(value) {
                fields(&arn, found);
            }
        }
    }
}

/// Texts that may be ARNs: the value itself, or what stands in quotes in a JSON text.
fn arns(value: &Value) -> Vec<Vec<Part>> {
    let Some(parts) = value.to_parts() else { return Vec::new() };
    let json = matches!(parts.first(), Some(Part::Literal(text)) if text.trim_start().starts_with('{'));
    if !json {
        return vec![parts];
    }
    let mut texts: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts {
        match part {
            Part::Named(_) => {
                if let Some(last) = texts.last_mut() {
                    last.push(part);
                }
            }
            Part::Literal(text) => {
                for (index, piece) in text.split('"').enumerate() {
                    if index > 0 {
                        texts.push(Vec::new());
                    }
                    if let Some(last) = texts.last_mut() {
                        last.push(Part::Literal(piece.to_owned()));
                    }
                }
            }
        }
    }
    texts
}

fn fields(arn: &[Part], found: &mut [Vec<String>; 4]) {
    let mut pieces: Vec<Vec<Part>> = vec![Vec::new()];
    for part in arn {
        match part {
            Part::Named(_) => {
                if let Some(last) = pieces.last_mut() {
                    last.push(part.clone());
                }
            }
            Part::Literal(text) => {
                for (index, piece) in text.split(':').enumerate() {
                    if index > 0 {
                        pieces.push(Vec::new());
                    }
                    if let Some(last) = pieces.last_mut() {
                        last.push(Part::Literal(piece.to_owned()));
                    }
                }
            }
        }
    }
    let pieces: Vec<Value> = pieces.into_iter().map(Value::from_parts).collect();
    let is = |at: usize, text: &str| pieces.get(at).is_some_and(|piece| piece.as_text() == Some(text));
    if !is(0, "arn") || !is(2, "execute-api") {
        return;
    }
    for (field, found) in FIELDS.iter().zip(found) {
        let Some(text) = pieces.get(*field).and_then(Value::as_text) else { continue };
        let text = text.split('/').next().unwrap_or_default();
        if !text.is_empty() && !text.contains(['*', '?', '$', '{']) {
            found.push(text.to_owned());
        }
    }
}

/// The name of a pseudo parameter.
pub(crate) fn pseudo(name: &str) -> Name {
    Name::Pseudo { stack: None, name: name.to_owned() }
}

/// A name, or the text it is known or presumed to stand for.
pub(crate) fn part(name: Name, known: Option<&str>, presumed: &Presumed) -> Part {
    match known.or_else(|| presumed.text(&name)) {
        Some(text) => Part::Literal(text.to_owned()),
        None => Part::Named(Arc::new(name)),
    }
}
