//! What a rule says: plain data, with places in the user's text.
//!
//! Nothing here renders, sorts or decides; reporters turn it into text, JSON or an editor's squiggle.

pub mod fingerprint;
pub mod nearest;

use std::borrow::Cow;
use std::fmt;

use crate::source::{FileId, Span, TextEdit};

/// A rule's kebab-case name, for example `public-api`. Never carries severity or number, never changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(Cow<'static, str>);

impl RuleId {
    /// The id of a built-in rule.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The id of a rule that an organisation wrote.
    pub fn owned(id: String) -> Self {
        Self(Cow::Owned(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Harm if the finding is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Works, worth knowing.
    Info,
    /// Exposed or broken for someone, and nothing was stated.
    Warning,
    /// The deployment fails, everyone is denied, or exposed against what was stated.
    Error,
}

/// How sure we are that a finding is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A heuristic.
    Low,
    /// Rests on one assumption, which the message names.
    Medium,
    /// Follows from text that is literal or resolved.
    High,
}

/// Who a finding is shown to; each shows all that the one before it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Persona {
    /// Findings worth anybody's time.
    Regular,
    /// Also advice.
    Pedantic,
    /// Also what could not be decided.
    Auditor,
}

/// A place in the user's text with a phrase about it. The phrase may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The text it is about.
    pub span: Span,
    /// A phrase without a full stop.
    pub message: String,
}

impl Label {
    /// A label on `span`. Compiled once, not in each of the rules.
    #[inline(never)]
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// One parameter of the smallest assignment under which a finding holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    /// Logical id of the parameter (or the pseudo parameter's name).
    pub parameter: String,
    /// The values under which it holds, default first. A value that stands for all others starts with `not `.
    pub values: Vec<String>,
}

/// Whether a fix may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Meaning and comments are preserved, or the change is certainly wanted.
    Safe,
    /// May break a deployment or change who has access.
    Unsafe,
    /// Never applied by us.
    DisplayOnly,
}

/// A proposed change: disjoint edits, sorted by file and offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, an imperative phrase.
    pub title: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
    /// The edits.
    pub edits: Vec<(FileId, TextEdit)>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that speaks.
    pub rule: RuleId,
    /// Harm if true.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// Lowest persona that sees it.
    pub persona: Persona,
    /// What is so, one line, no full stop.
    pub message: String,
    /// Logical id of the resource it is about, if it is about one.
    pub resource: Option<String>,
    /// The smallest text a reader would change.
    pub primary: Label,
    /// The rest of the story, in reading order; other files included.
    pub related: Vec<Label>,
    /// The smallest assignment of parameters under which it holds; empty when it always holds.
    pub when: Vec<When>,
    /// The environments in which it holds; empty when the run has none.
    pub environments: Vec<String>,
    /// Who can call, or who cannot, and why; sentences.
    pub why: String,
    /// Further facts, one line each.
    pub notes: Vec<String>,
    /// Remedies, one line each.
    pub help: Vec<String>,
    /// Proposed changes.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A finding without anything but its place and its message: confidence high, persona regular.
    pub fn new(rule: RuleId, severity: Severity, message: String, primary: Label) -> Self {
        Self {
            rule,
            severity,
            confidence: Confidence::High,
            persona: Persona::Regular,
            message,
            resource: None,
            primary,
            related: Vec::new(),
            when: Vec::new(),
            environments: Vec::new(),
            why: String::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }
}
