//! The form of the policy file as data: which keys there are and what they take.
//!
//! Made by asking the reader itself, so it cannot say anything else than what is read.

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text that is not empty.
    Text,
    /// A text that may be empty.
    AnyText,
    /// `true` or `false`.
    Boolean,
    /// A day of the calendar.
    Date,
    /// A number of days.
    Days,
    /// This number and no other.
    Constant(i64),
    /// One of these.
    Words(Vec<&'static str>),
    /// Any number of these.
    List(Box<Shape>),
    /// A table with these keys and no others.
    Table(Vec<Property>),
    /// A table with keys of the user's choice.
    Named(Box<Shape>),
    /// One of these.
    Either(Vec<Shape>),
}

impl Shape {
    /// One of the words of a list of meanings.
    pub(super) fn words<T>(words: &[(&'static str, T)]) -> Self {
        Self::Words(words.iter().map(|(word, _)| *word).collect())
    }
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The key.
    pub key: &'static str,
    /// What it is for, a sentence without a full stop.
    pub about: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// What it takes.
    pub shape: Shape,
}
