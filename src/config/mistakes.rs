//! Mistakes in configuration files as diagnostics. What is a mistake is decided elsewhere.

use crate::config;
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Diagnostic, RuleId};
use crate::source::Span;

/// The mistakes found so far, in any number of files.
#[derive(Clone, Debug)]
pub(super) struct Mistakes {
    /// Stands where a rule's name would.
    rule: RuleId,
    /// In the order in which they were found.
    pub(super) found: Vec<Diagnostic>,
}

impl Mistakes {
    /// No mistakes yet; `rule` stands in them where a rule's name would.
    pub(super) fn new(rule: RuleId) -> Self {
        Self { rule, found: Vec::new() }
    }

    /// Adds a mistake.
    pub(super) fn add(&mut self, at: Span, message: String, label: String, help: Option<String>) {
        self.found.push(mistake(self.rule.clone(), at, message, label, help));
    }
}

/// A mistake under the name `rule`.
pub(crate) fn mistake(
    rule: RuleId,
    at: Span,
    message: String,
    label: String,
    help: Option<String>,
) -> Diagnostic {
    Diagnostic { rule, ..config::mistake(at, message, label, help) }
}

/// The phrase that offers the nearest known word; empty when none is near.
pub(crate) fn did_you_mean<'c>(word: &str, known: impl IntoIterator<Item = &'c str>) -> String {
    nearest(word, known).map_or_else(String::new, |known| format!("did you mean `{known}`?"))
}
