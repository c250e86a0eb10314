//! What decides who sees which finding. Filled by whoever reads the policy file and the flags.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::settings::Level;
use crate::diagnostic::{Confidence, Diagnostic, Persona, RuleId};
use crate::intent::date::Date;
use crate::intent::exception::{Exception, Limits};
use crate::intent::stated::Decisions;
use crate::rules::metadata;
use crate::rules::options::Options;
use crate::rules::own::OwnRule;
use crate::rules::{RULES, Rule};
use crate::source::{FileId, Sources};
use crate::workspace::instances::Instances;

/// Settings of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What APIs are meant to be, where they do not say so themselves.
    pub decisions: Decisions,
    /// What the user chose where rules leave a choice.
    pub options: Options,
    /// How loud rules are that are not as loud as usual.
    pub levels: BTreeMap<RuleId, Level>,
    /// Exceptions of the policy files.
    pub exceptions: Vec<Exception>,
    /// What exceptions must look like.
    pub limits: Limits,
    /// Which day it is; `None`: nothing expires.
    pub today: Option<Date>,
    /// Whether all files that the policy file is for are part of the run.
    pub is_whole: bool,
    /// Whether every environment is judged, with the values it has: otherwise what hides nothing here may be needed.
    pub all_environments: bool,
    /// Paths of files relative to the folder that decisions are for; its name for a file that is not here.
    pub paths: BTreeMap<FileId, String>,
    /// Who the findings are for.
    pub persona: Persona,
    /// Only these rules; all when empty.
    pub select: Vec<RuleId>,
    /// Not these rules, also when they are selected.
    pub ignore: Vec<RuleId>,
    /// Findings less sure than this are not shown. Low confidence is never shown to the regular persona.
    pub min_confidence: Confidence,
    /// Which instances of each top-level template are judged, and what is known about them.
    pub instances: Instances,
    /// Rules of the organisation, with ids that no other rule has; they are asked beside the built-in ones.
    pub own_rules: Vec<Arc<OwnRule>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            decisions: Decisions::default(),
            options: Options::default(),
            levels: BTreeMap::new(),
            exceptions: Vec::new(),
            limits: Limits::default(),
            today: None,
            is_whole: true,
            all_environments: true,
            paths: BTreeMap::new(),
            persona: Persona::Regular,
            select: Vec::new(),
            ignore: Vec::new(),
            min_confidence: Confidence::Low,
            instances: Instances::default(),
            own_rules: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether findings of a rule are asked for.
    pub fn wants(&self, rule: &RuleId) -> bool {
        let off = self.levels.get(rule) == Some(&Level::Off);
        let selected = if self.select.is_empty() { !off } else { self.select.contains(rule) };
        selected && !self.ignore.contains(rule)
    }

    /// The names of all rules there are in this run.
    pub fn rule_ids(&self) -> impl Iterator<Item = &RuleId> + '_ {
        metadata::ids().map(|id| -> &RuleId { id }).chain(self.own_rules.iter().map(|rule| &rule.id))
    }

    /// All rules there are in this run, the built-in ones first.
    pub fn rules(&self) -> impl Iterator<Item = Rule> + '_ {
        RULES.iter().cloned().chain(self.own_rules.iter().map(Rule::own))
    }

    /// The finding as loud as it is wanted.
    pub fn set_level(&self, diagnostic: &mut Diagnostic) {
        if let Some(Level::At(severity)) = self.levels.get(&diagnostic.rule) {
            diagnostic.severity = *severity;
        }
    }

    /// The path of a file for patterns of the policy file.
    pub fn path<'a>(&'a self, sources: &'a Sources, file: FileId) -> &'a str {
        self.paths.get(&file).map_or_else(|| sources.name(file), String::as_str)
    }

    /// Whether a finding is shown.
    pub fn shows(&self, diagnostic: &Diagnostic) -> bool {
        self.wants(&diagnostic.rule)
            && diagnostic.persona <= self.persona
            && diagnostic.confidence >= self.min_confidence
            && (self.persona > Persona::Regular || diagnostic.confidence > Confidence::Low)
    }
}
