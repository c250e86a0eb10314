//! One request, as a policy sees it: who asks for what, with which context keys.

use super::text::Text;

/// A request to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The signer's ARN, or `None` for an unsigned request.
    pub principal: Option<Text>,
    /// Whether the signer is one that no policy names (see [`KeyValue::Stranger`]).
    pub is_stranger: bool,
    /// The action, such as `execute-api:Invoke`.
    pub action: String,
    /// The ARN that is asked for.
    pub resource: Text,
    /// Context keys in lower case with their values; a key that is not here is missing.
    pub context: Vec<(String, KeyValue)>,
}

/// Value of a context key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyValue {
    /// This text.
    Is(Text),
    /// This text, known to be none of the things that a policy refers to by name.
    Unnamed(Text),
    /// An id like this one that nobody wrote down: it equals no constant and no name, and wildcards match it
    /// only when they keep fewer than eight hexadecimal digits.
    Stranger(Text),
    /// Several values, of a key that can have them.
    Several(Vec<Text>),
    /// Not known, not even whether it is missing; the reason.
    Unknown(String),
}

impl Request {
    /// An unsigned request for a resource, without any context key.
    pub fn new(action: &str, resource: Text) -> Self {
        Self { principal: None, is_stranger: false, action: action.to_owned(), resource, context: Vec::new() }
    }

    /// The request with a context key set; the key's letter case does not matter.
    #[must_use]
    pub fn with(mut self, key: &str, value: KeyValue) -> Self {
        let key = key.to_lowercase();
        self.context.retain(|(other, _)| *other != key);
        self.context.push((key, value));
        self
    }

    /// The value of a key given in lower case.
    pub fn value(&self, key: &str) -> Option<&KeyValue> {
        self.context.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }
}
