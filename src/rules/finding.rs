//! A finding while rules make it: the diagnostic, and what it is about so that others can be muted.
//!
//! Who mutes whom is not known here.
//!
//! What is built here is built seldom, and by seventy rules: it is compiled once (`inline(never)`), not in each of them.

use crate::diagnostic::{Applicability, Confidence, Diagnostic, Label, Persona, RuleId, Severity, When};
use crate::exposure::model::{Api, Domain, Endpoint};
use crate::rules::occurrence::{Occurrence, both};
use crate::rules::places;
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::value::Sourced;

/// What a finding is about: an API or endpoint of a file, or the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The template.
    pub file: FileId,
    /// Logical id; `None` for the whole file.
    pub resource: Option<String>,
}

impl Subject {
    /// The API as a subject.
    #[inline(never)]
    pub fn api(api: &Api) -> Self {
        Self { file: api.file, resource: Some(api.resource.clone()) }
    }

    /// The endpoint as a subject.
    #[inline(never)]
    pub fn endpoint(endpoint: &Endpoint) -> Self {
        Self { file: endpoint.file, resource: Some(endpoint.resource.clone()) }
    }

    /// The custom domain as a subject: the SAM resource whose `Domain` it is, else its own.
    #[inline(never)]
    pub fn domain(domain: &Domain) -> Self {
        let resource = domain.made_from.as_ref().unwrap_or(&domain.resource);
        Self { file: domain.file, resource: Some(resource.clone()) }
    }

    /// Whether what is said about `self` is also said about `other`.
    pub fn covers(&self, other: &Subject) -> bool {
        self.file == other.file && (self.resource.is_none() || self.resource == other.resource)
    }
}

/// Which part of a finding's rule it is, where muting tells parts apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Nothing in particular.
    #[default]
    Whole,
    /// It leaves the endpoint type unset.
    EndpointType,
    /// It is why strangers get in.
    LetsStrangersIn,
    /// It could not be decided.
    Undecided,
    /// The deployment fails because of it.
    Broken,
    /// What it speaks of is all that says that the API is meant to be private.
    OnlyEvidence,
    /// Nobody stated that the API is to be private.
    Unstated,
    /// A statement that refuses does not do so.
    Deny,
}

/// A way to mend what a finding is about, in terms of the written trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What it does, an imperative phrase.
    pub title: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
    /// What changes in which file.
    pub changes: Vec<(FileId, Change)>,
    /// The parameter that is changed: the remedy is right only where nothing else takes its value from it.
    pub only_use: Option<OnlyUse>,
    /// Whether it is right only for the place it names, and not for others that an alias brings the text to.
    pub alone: bool,
}

/// A parameter that has to be used at one place only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlyUse {
    /// The template that declares it.
    pub file: FileId,
    /// Its name.
    pub parameter: String,
    /// The value it is given, which has to be among its `AllowedValues`; `None` where its default changes: then it
    /// must have no such list, since each of them counts beside the default.
    pub given: Option<String>,
}

impl Remedy {
    /// Several changes; one that several reasons ask for is made once.
    #[inline(never)]
    pub fn all(applicability: Applicability, title: impl Into<String>, asked: Vec<(FileId, Change)>) -> Self {
        let mut changes = Vec::with_capacity(asked.len());
        for change in asked {
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
        Self { title: title.into(), applicability, changes, only_use: None, alone: false }
    }

    /// One change of one file.
    pub fn one(applicability: Applicability, title: impl Into<String>, file: FileId, change: Change) -> Self {
        Self::all(applicability, title, vec![(file, change)])
    }

    /// Says that it is not right for other places that an alias brings the text to.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Another name for the key at `key`.
    #[inline(never)]
    pub fn rename(applicability: Applicability, key: Span, to: &str) -> Self {
        let change = Change::Rename { key, to: to.to_owned() };
        Self::one(applicability, format!("rename it to `{to}`"), key.file, change)
    }

    /// Another text in place of the value at `at`.
    #[inline(never)]
    pub fn write(applicability: Applicability, at: Span, text: &str) -> Self {
        let change = Change::Replace { at, with: Written::text(text) };
        Self::one(applicability, format!("write `{text}`"), at.file, change)
    }

    /// Takes the entry (by its key) or the item at `at` out.
    #[inline(never)]
    pub fn remove(applicability: Applicability, at: Span, title: impl Into<String>) -> Self {
        Self::one(applicability, title, at.file, Change::Remove { at })
    }

    /// Takes the item at `item` to the list under another key.
    #[inline(never)]
    pub fn transfer(applicability: Applicability, item: Span, to: String) -> Self {
        Self::one(applicability, format!("move it to `{to}`"), item.file, Change::Move { item, to })
    }

    /// Puts the value at `at` into a list.
    #[inline(never)]
    pub fn wrap(applicability: Applicability, at: Span) -> Self {
        Self::one(applicability, "wrap it in a list", at.file, Change::Wrap { at })
    }
}

/// A diagnostic with its subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What will be shown.
    pub diagnostic: Diagnostic,
    /// What it is about; the first is the one it names.
    pub subjects: Vec<Subject>,
    /// Which part of the rule.
    pub aspect: Aspect,
    /// Ways to mend it, the best first; the driver turns those that can be made into fixes.
    pub remedies: Vec<Remedy>,
}

impl Finding {
    /// A finding of `rule` about `subject`; confidence high, persona regular, everything else empty.
    #[inline(never)]
    pub fn new(
        rule: &'static str,
        subject: Subject,
        severity: Severity,
        message: impl Into<String>,
        primary: Label,
    ) -> Self {
        let found = Diagnostic::new(RuleId::new(rule), severity, message.into(), primary);
        let diagnostic = Diagnostic { resource: subject.resource.clone(), ..found };
        Self { diagnostic, subjects: vec![subject], aspect: Aspect::Whole, remedies: Vec::new() }
    }

    /// Sets how sure we are.
    #[must_use]
    #[inline(never)]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.diagnostic.confidence = confidence;
        self
    }

    /// Sets who sees it at the least.
    #[must_use]
    #[inline(never)]
    pub fn persona(mut self, persona: Persona) -> Self {
        self.diagnostic.persona = persona;
        self
    }

    /// Says under which parameters and environments it holds.
    #[must_use]
    #[inline(never)]
    pub fn occurs<S>(mut self, occurrence: &Occurrence<'_, S>) -> Self {
        self.diagnostic.when.clone_from(&occurrence.when);
        self.diagnostic.environments.clone_from(&occurrence.environments);
        self
    }

    /// Says that it also takes this assignment of parameters, of something else that it is about.
    #[must_use]
    #[inline(never)]
    pub fn takes_also(mut self, when: &[When]) -> Self {
        self.diagnostic.when = both(&self.diagnostic.when, when);
        self
    }

    /// Adds labels that tell the rest of the story; one at a place that already has one is left out.
    #[must_use]
    #[inline(never)]
    pub fn related(mut self, labels: impl IntoIterator<Item = Label>) -> Self {
        for label in labels {
            self.relate(label);
        }
        self
    }

    #[inline(never)]
    fn relate(&mut self, label: Label) {
        let known = std::iter::once(&self.diagnostic.primary).chain(&self.diagnostic.related);
        if known.map(|known| known.span).all(|span| span != label.span) {
            self.diagnostic.related.push(label);
        }
    }

    /// Says who can or cannot call, and why.
    #[must_use]
    #[inline(never)]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.diagnostic.why = why.into();
        self
    }

    /// Adds further facts.
    #[must_use]
    #[inline(never)]
    pub fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.diagnostic.notes.extend(notes);
        self
    }

    /// Names the assumption that a parameter keeps its default, where the value rests on it; then we are less sure.
    #[must_use]
    #[inline(never)]
    pub fn assumes(self, value: Option<&Sourced>) -> Self {
        match places::default_assumption(value, &self.diagnostic.when) {
            Some(note) if !self.diagnostic.notes.contains(&note) => {
                let confidence = self.diagnostic.confidence.min(Confidence::Medium);
                self.confidence(confidence).notes([note])
            }
            Some(_) | None => self,
        }
    }

    /// Adds a way to mend it, if there is one.
    #[must_use]
    #[inline(never)]
    pub fn remedy(mut self, remedy: Option<Remedy>) -> Self {
        self.remedies.extend(remedy);
        self
    }

    /// Adds a remedy in words.
    #[must_use]
    #[inline(never)]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        self.diagnostic.help.push(line.into());
        self
    }

    /// Adds remedies that may not apply.
    #[must_use]
    #[inline(never)]
    pub fn helps(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.diagnostic.help.extend(lines);
        self
    }

    /// Adds what else it is about.
    #[must_use]
    #[inline(never)]
    pub fn also_about(mut self, subjects: impl IntoIterator<Item = Subject>) -> Self {
        self.subjects.extend(subjects);
        self
    }

    /// Says which part of the rule it is.
    #[must_use]
    #[inline(never)]
    pub fn aspect(mut self, aspect: Aspect) -> Self {
        self.aspect = aspect;
        self
    }
}

/// Adds a finding, or joins it with one at the same place among those from `first` on: what stands in `Globals`
/// is one mistake, whoever inherits it.
pub fn push_shared(findings: &mut Vec<Finding>, first: usize, finding: Finding) {
    let place = finding.diagnostic.primary.span;
    match findings.iter_mut().skip(first).find(|known| known.diagnostic.primary.span == place) {
        Some(known) => {
            *known = known.clone().related(finding.diagnostic.related).also_about(finding.subjects);
        }
        None => findings.push(finding),
    }
}
