//! Rules that an organisation writes as data: a YAML file of the form of `rules/*.yaml`, with a condition over
//! the exposure model in the place of a check (`docs/own-rules.md` is the specification).
//!
//! They are given texts and never look for a file. They are rules like others: nothing beyond this module asks
//! whose rule a finding is.

mod api_facts;
mod cursor;
mod decode;
pub mod example;
pub mod facts;
mod glob;
mod judge;
mod message;
mod other_facts;
mod predicate;
mod read;
mod reading;
mod scene;

pub use crate::rules::own::cursor::{RULE_FILE, mistake};
pub use crate::rules::own::judge::check;
pub use crate::rules::own::read::{KEYS, read};
pub use crate::rules::own::scene::Kind;

use crate::diagnostic::{Confidence, Diagnostic, Label, Persona, RuleId, Severity};
use crate::rules::metadata::Reference;
use crate::rules::own::example::Case;
use crate::rules::own::message::{LabelText, Message};
use crate::rules::own::predicate::Predicate;
use crate::source::{FileId, Span};

/// A rule that an organisation wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRule {
    /// Its name; no built-in rule has it.
    pub id: RuleId,
    /// Where the id stands in the rule file.
    pub id_span: Span,
    /// What it says about itself.
    pub page: Page,
    /// Harm if a finding is true.
    pub severity: Severity,
    /// How sure a finding is, where nothing in it is assumed.
    pub confidence: Confidence,
    /// Lowest persona that sees it.
    pub persona: Persona,
    /// What happens where it cannot be decided.
    pub unknown: Unknown,
    /// What it is about.
    pub kind: Kind,
    /// Templates that its author expects it to report, or not to.
    pub examples: Vec<Case>,
    /// Which subjects it is about.
    applies: Predicate,
    /// What holds for those.
    requirement: Predicate,
    message: Message,
    label: Option<LabelText>,
    related: Vec<LabelText>,
}

/// What a rule says about itself, in the words of built-in rules' metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The flaw in a few words.
    pub title: String,
    /// The part of the catalogue it stands in; `own` when it names none.
    pub group: String,
    /// The version of the organisation's rules that brought it; may be empty.
    pub since: String,
    /// What is wrong; may be empty.
    pub what: String,
    /// Why that hurts.
    pub why: String,
    /// What it recognises.
    pub flags: Vec<String>,
    /// What it leaves alone.
    pub not: Vec<String>,
    /// How to fix it; never empty.
    pub remedies: Vec<String>,
    /// One page per claim.
    pub references: Vec<Reference>,
}

/// What a rule does where it cannot be decided whether something obeys it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// It says so to everybody who sees its findings.
    #[default]
    Report,
    /// It says so to auditors.
    Auditor,
    /// It is silent, because its author said that this is right.
    Ignore,
}

/// The mistakes in the ids of all rules of a policy: of each id only the first stands.
pub fn duplicates(rules: &[OwnRule]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let first = rules.iter().take(index).find(|other| other.id == rule.id);
        found.extend(first.map(|first| {
            let label = Label::new(rule.id_span, "this id is taken");
            let mut again = mistake(label, format!("there are two rules `{}`", rule.id), None);
            again.related.push(Label::new(first.id_span, "by this rule"));
            again
        }));
    }
    found
}

impl OwnRule {
    /// The file it is written in.
    pub fn file(&self) -> FileId {
        self.id_span.file
    }
}
