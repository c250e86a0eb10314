//! `unreadable-template`: a template that cannot be read.
//!
//! There is no model to ask, so this rule is not in the hands of a check: the driver hands it what is wrong.

use crate::diagnostic::{Label, RuleId, Severity};
use crate::rules::finding::{Finding, Subject};
use crate::source::Span;

/// The rule's name.
pub const ID: RuleId = RuleId::new("unreadable-template");

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place of the error.
    pub span: Span,
    /// What is wrong, one line, no full stop.
    pub message: String,
    /// A second place that belongs to the error, with a phrase.
    pub related: Option<(Span, String)>,
}

/// The finding for the first problem of a file; `more` is the number of further ones.
pub fn finding(problem: &Problem, more: usize) -> Finding {
    let subject = Subject { file: problem.span.file, resource: None };
    let message = format!("this template cannot be read: {}", problem.message);
    let related = problem.related.iter().map(|(span, phrase)| Label::new(*span, phrase.clone()));
    let note = match more {
        0 => None,
        1 => Some("there is one more error in this file".to_owned()),
        _ => Some(format!("there are {more} more errors in this file")),
    };
    Finding::new("unreadable-template", subject, Severity::Error, message, Label::new(problem.span, "here"))
        .related(related)
        .why("who can call the APIs in this file is not known, and nothing in it is judged.")
        .notes(note)
        .help("mend the text there; nothing else in the file is looked at until then")
}
