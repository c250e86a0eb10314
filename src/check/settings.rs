//! What decides who sees which finding. Filled by whoever reads the policy file and the flags.

use crate::diagnostic::{Confidence, Diagnostic, Persona, RuleId};
use crate::intent::Posture;
use crate::template::bindings::Bindings;

/// Settings of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether APIs are meant to be private, where nothing nearer says so.
    pub posture: Posture,
    /// Who the findings are for.
    pub persona: Persona,
    /// Only these rules; all when empty.
    pub select: Vec<RuleId>,
    /// Not these rules, also when they are selected.
    pub ignore: Vec<RuleId>,
    /// Findings less sure than this are not shown. Low confidence is never shown to the regular persona.
    pub min_confidence: Confidence,
    /// What is known about stack instances; each top-level template is judged once per entry. Empty: once,
    /// with nothing known.
    pub bindings: Vec<Bindings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            posture: Posture::Unset,
            persona: Persona::Regular,
            select: Vec::new(),
            ignore: Vec::new(),
            min_confidence: Confidence::Low,
            bindings: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether findings of a rule are asked for.
    pub fn wants(&self, rule: &RuleId) -> bool {
        (self.select.is_empty() || self.select.contains(rule)) && !self.ignore.contains(rule)
    }

    /// Whether a finding is shown.
    pub fn shows(&self, diagnostic: &Diagnostic) -> bool {
        self.wants(&diagnostic.rule)
            && diagnostic.persona <= self.persona
            && diagnostic.confidence >= self.min_confidence
            && (self.persona > Persona::Regular || diagnostic.confidence > Confidence::Low)
    }
}
