//! Exceptions: findings that somebody accepts for a while, in the policy file or in a template.
//!
//! Plain data with its places. Whether one is complete, in time or needed at all is for rules to say.

use crate::glob::Glob;
use crate::intent::date::Date;
use crate::source::{FileId, Span, Spanned};

/// A key that exceptions may have to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Who answers for it.
    Owner,
    /// Why.
    Reason,
    /// Until when.
    Expires,
    /// Where it is tracked.
    Ticket,
}

impl Key {
    /// The key as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Key::Owner => "owner",
            Key::Reason => "reason",
            Key::Expires => "expires",
            Key::Ticket => "ticket",
        }
    }
}

/// What exceptions must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many days away `expires` may be at most; `None`: any number.
    pub max_days: Option<u16>,
    /// How many days before expiry a note appears.
    pub warn_days: u16,
    /// What each must have.
    pub require: Vec<Key>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_days: None, warn_days: 14, require: vec![Key::Owner, Key::Reason, Key::Expires] }
    }
}

/// Which findings an exception is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that fit patterns; `None` fits all.
    Patterns {
        /// Files.
        path: Option<Glob>,
        /// Logical ids or `Name` properties.
        resource: Option<Glob>,
    },
    /// Those on one line of a file, or about the resource whose logical id stands on it.
    Line {
        /// The file.
        file: FileId,
        /// The line, 0-based.
        line: u32,
    },
    /// Those about one resource.
    Resource {
        /// The file.
        file: FileId,
        /// Logical id.
        id: String,
    },
}

/// What an exception does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Findings of these rules are not shown.
    Ignores(Vec<Spanned<String>>),
    /// An API is taken to be meant for the public, against what holds for it otherwise.
    Publishes,
}

/// A finding, or a kind of findings, that somebody accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its name, if it has one.
    pub id: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// For what.
    pub scope: Scope,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is tracked.
    pub ticket: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Spanned<Date>>,
    /// The exposure for which it was granted.
    pub fingerprint: Option<Spanned<String>>,
    /// Its header, comment or key.
    pub span: Span,
    /// What goes when it is taken out: its header, its comment, or the key of the entry that says nothing else.
    pub whole: Span,
    /// Whether it stands in a file that others extend, so that not all it is for is part of a run.
    pub is_shared: bool,
    /// What cannot be understood in it: where, and what is wrong.
    pub mistakes: Vec<(Span, String)>,
}

impl Exception {
    /// Whether it no longer holds on this day.
    pub fn is_expired(&self, today: Option<Date>) -> bool {
        matches!((&self.expires, today), (Some(expires), Some(today)) if expires.value < today)
    }

    /// The rules it is for; empty for one that publishes an API.
    pub fn rules(&self) -> &[Spanned<String>] {
        match &self.effect {
            Effect::Ignores(rules) => rules,
            Effect::Publishes => &[],
        }
    }

    /// Whether this key is there.
    pub fn has(&self, key: Key) -> bool {
        match key {
            Key::Owner => self.owner.is_some(),
            Key::Reason => self.reason.is_some(),
            Key::Expires => self.expires.is_some(),
            Key::Ticket => self.ticket.is_some(),
        }
    }

    /// The text that a finding about the whole of it points at: its rules, else its header.
    pub fn rules_span(&self) -> Span {
        match self.rules() {
            [] => self.span,
            [first, rest @ ..] => {
                let last = rest.last().unwrap_or(first);
                Span::new(first.span.file, first.span.range.cover(last.span.range))
            }
        }
    }
}
