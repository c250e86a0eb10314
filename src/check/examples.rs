//! Runs the examples inside an organisation's rules: whether each is reported, or not, as its author expects.
//!
//! The templates of an example are handed in; nothing is read here but what is in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::judge::Bench;
use crate::check::settings::Settings;
use crate::check::{Analysis, File, Role, analyse};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::intent::Intents;
use crate::intent::stated::Decided;
use crate::rules::Rule;
use crate::rules::finding::{Aspect, Finding};
use crate::rules::own::example::Case;
use crate::rules::own::{OwnRule, mistake};
use crate::source::{SourceFile, Sources};
use crate::workspace::paths;

/// Logical ids of what a rule says about an example.
#[derive(Debug, Default)]
struct Said {
    reported: BTreeSet<String>,
    undecided: BTreeSet<String>,
}

/// Runs one example over its templates, names and texts. `None`: it is as its author expects; else what is
/// different, at its place in the rule file.
pub fn run(rule: &Arc<OwnRule>, case: &Case, templates: &[(String, String)]) -> Option<Diagnostic> {
    let mut sources = Sources::new();
    let mut files = Vec::new();
    for (name, text) in templates {
        let id = sources.add(SourceFile::new(name.as_str(), text.as_str()));
        files.push(File { id, role: Role::Reported, problem: None });
    }
    let mut read_local = |naming: &str, relative: &str| {
        let wanted = paths::beside(naming, relative)?;
        let (name, text) = templates.iter().find(|(name, _)| *name == wanted)?;
        Some(SourceFile::new(name.as_str(), text.as_str()))
    };
    let analysis = analyse(&mut sources, &files, &Settings::default(), &mut read_local);
    let fault = unread(&analysis, &sources).or_else(|| wrong(rule, case, &analysis, &sources))?;
    let name = &rule.id;
    let mut found = mistake(Label::new(case.span, fault), format!("an example of `{name}` is wrong"), None);
    found.severity = Severity::Error;
    Some(found)
}

/// What cannot be read of the templates, or that there is nothing in them.
fn unread(analysis: &Analysis, sources: &Sources) -> Option<String> {
    let problem = analysis.read.problems.values().flatten().next();
    if let Some(problem) = problem {
        let file = sources.get(problem.span.file)?;
        let line = file.lines().line_of(problem.span.range.start) + 1;
        return Some(format!("line {line} of {}: {}", file.name(), problem.message));
    }
    let empty = analysis.read.inputs.templates.is_empty();
    empty.then(|| "there is no template in it".to_owned())
}

fn wrong(rule: &Arc<OwnRule>, case: &Case, analysis: &Analysis, sources: &Sources) -> Option<String> {
    // The names of an example are paths from the folder of the policy file already.
    let settings = Settings::default();
    let decided = Decided { posture: case.posture, ..Decided::default() };
    let intents = Intents::new(&analysis.model, |_, _| decided.clone());
    let bench = Bench {
        model: &analysis.model,
        intents: &intents,
        settings: &settings,
        sources,
        trees: analysis.trees(),
    };
    let judged = bench.judge(&[Rule::own(rule)]);
    if !judged.failures.is_empty() {
        return Some("the rule failed on it: this is a defect of wicketgate".to_owned());
    }
    let mut said = Said::default();
    for finding in &judged.findings {
        said.add(finding);
    }
    said.differs(case)
}

impl Said {
    fn add(&mut self, finding: &Finding) {
        let ids = if finding.aspect == Aspect::Undecided { &mut self.undecided } else { &mut self.reported };
        ids.extend(finding.subjects.iter().filter_map(|subject| subject.resource.clone()));
    }

    /// What is different from what an example expects.
    fn differs(&self, case: &Case) -> Option<String> {
        if !case.bad {
            return differ("reported", &BTreeSet::new(), &self.reported)
                .or_else(|| differ("undecided", &BTreeSet::new(), &self.undecided));
        }
        let nothing = BTreeSet::new();
        let reports = match &case.reports {
            Some(ids) => Some(ids),
            None if case.undecided.is_empty() => None,
            None => Some(&nothing),
        };
        let undecided = differ("undecided", &case.undecided, &self.undecided);
        match reports {
            Some(ids) => differ("reported", ids, &self.reported).or(undecided),
            None if self.reported.is_empty() => Some("nothing is reported".to_owned()),
            None => undecided,
        }
    }
}

fn differ(what: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) -> Option<String> {
    let list = |ids: Vec<&String>| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let missing = list(expected.difference(found).collect());
    let extra = list(found.difference(expected).collect());
    match (missing.is_empty(), extra.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("not {what}: {missing}")),
        (true, false) => Some(format!("{what}, and should not be: {extra}")),
        (false, false) => Some(format!("not {what}: {missing}; {what} instead: {extra}")),
    }
}
