//! Which instances of each template there are: what was decided outside of the templates.
//!
//! Nested stacks are not in it; the stacks that nest them decide.

use std::collections::BTreeMap;

use crate::source::{FileId, Span, Spanned};
use crate::template::bindings::Bindings;

/// The instances of the top-level templates of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instances {
    /// By template; templates that are not here have the usual ones.
    by_template: BTreeMap<FileId, Vec<Bindings>>,
    /// Of every other template; empty: one about which nothing is known.
    usual: Vec<Bindings>,
    /// Parameters that some template of the run has to declare, with the place where they are given a value;
    /// `None` for the command line.
    pub expected: Vec<(String, Option<Span>)>,
    /// Stack names that the policy files give, each with its environment.
    pub stack_names: Vec<(String, Spanned<String>)>,
    /// Policy files: what is wrong in them ends the run.
    pub policies: Vec<FileId>,
    /// Other files that were named, by a policy file or on the command line: what is wrong in them ends the run, too.
    pub named: Vec<FileId>,
}

impl Instances {
    /// The same instances of every template.
    pub fn all(usual: Vec<Bindings>) -> Self {
        Self { usual, ..Self::default() }
    }

    /// Sets the instances of one template; none at all means one about which nothing is known.
    pub fn set(&mut self, template: FileId, instances: Vec<Bindings>) {
        self.by_template.insert(template, instances);
    }

    /// The instances of a template, at least one.
    pub fn of(&self, template: FileId) -> Vec<Bindings> {
        let listed = self.by_template.get(&template).unwrap_or(&self.usual);
        if listed.is_empty() { vec![Bindings::default()] } else { listed.clone() }
    }
}
