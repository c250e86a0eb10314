//! A resolved policy document as statements with their places.
//!
//! For pointing only: which text is the effect, the condition key, the value. What a policy allows is not
//! decided here.

use crate::source::Span;
use crate::template::value::{Member, Sourced, Value};

/// One statement of a policy document.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'v> {
    /// The whole statement.
    pub text: &'v Sourced,
}

/// One key under one operator of a statement's `Condition`.
#[derive(Clone, Copy, Debug)]
pub struct Condition<'v> {
    /// The operator with its keys.
    pub operator: &'v Member,
    /// The key with its values.
    pub key: &'v Member,
}

/// Condition keys that only requests through a VPC endpoint carry (API Gateway guide, "AWS condition keys that
/// can be used in API Gateway resource policies").
pub const VPC_KEYS: [&str; 3] = ["aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"];

/// The statements of a document; none when it is no map.
pub fn statements(document: &Sourced) -> Vec<Statement<'_>> {
    match member(document, "Statement").map(|member| &member.value) {
        Some(Sourced { value: Value::List(items), .. }) => {
            items.iter().map(|text| Statement { text }).collect()
        }
        Some(text) => vec![Statement { text }],
        None => Vec::new(),
    }
}

impl<'v> Statement<'v> {
    /// A part of the statement by its key: `Effect`, `Principal`, `Action`, …
    pub fn part(&self, key: &str) -> Option<&'v Member> {
        member(self.text, key)
    }

    /// Whether the statement's effect is this word.
    pub fn has_effect(&self, effect: &str) -> bool {
        matches!(self.part("Effect").map(|part| &part.value.value), Some(Value::String(word)) if word == effect)
    }

    /// All conditions, in written order.
    pub fn conditions(&self) -> Vec<Condition<'v>> {
        let operators = self.part("Condition").map_or(&[][..], |part| members(&part.value));
        let keys = operators
            .iter()
            .flat_map(|operator| members(&operator.value).iter().map(move |key| Condition { operator, key }));
        keys.collect()
    }
}

impl<'v> Condition<'v> {
    /// Whether the key is this one, in any letter case.
    pub fn is_on(&self, key: &str) -> bool {
        self.key.key.eq_ignore_ascii_case(key)
    }

    /// Whether only requests through a VPC endpoint carry the key.
    pub fn asks_for_vpc(&self) -> bool {
        VPC_KEYS.iter().any(|key| self.is_on(key))
    }

    /// The values: the items of a list, or the single value.
    pub fn values(&self) -> &'v [Sourced] {
        match &self.key.value {
            Sourced { value: Value::List(items), .. } => items,
            single => std::slice::from_ref(single),
        }
    }

    /// Whether the value at `span` is one of them.
    pub fn holds(&self, span: Span) -> bool {
        self.values().iter().any(|value| value.span == span)
    }
}

/// The value of a document that stands at a place, the outermost.
pub fn value_at(document: &Sourced, place: Span) -> Option<&Sourced> {
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        if value.span == place {
            return Some(value);
        }
        match &value.value {
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Map(members) => open.extend(members.iter().rev().map(|member| &member.value)),
            _ => {}
        }
    }
    None
}

fn members(value: &Sourced) -> &[Member] {
    match &value.value {
        Value::Map(members) => members,
        _ => &[],
    }
}

fn member<'v>(value: &'v Sourced, key: &str) -> Option<&'v Member> {
    members(value).iter().find(|member| member.key == key)
}
