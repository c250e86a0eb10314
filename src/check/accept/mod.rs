//! Exceptions applied to finished findings: what somebody accepts is not shown, and what is wrong with the
//! exceptions themselves is.
//!
//! Rules know nothing of it. Who may accept what is not judged here; the policy file says what is required.

pub mod exposure;

mod comments;
mod metadata;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::judge::Bench;
use crate::check::settings::Settings;
use crate::diagnostic::RuleId;
use crate::diagnostic::nearest::nearest;
use crate::exposure::model::{Api, ExposureModel};
use crate::intent::Posture;
use crate::intent::exception::{Effect, Exception, Scope};
use crate::order::Order;
use crate::rules::exception_unused::{self, Unused};
use crate::rules::finding::{Finding, Subject};
use crate::rules::{exception_expired, exception_expiring, exception_incomplete};
use crate::source::{FileId, Sources, Span};
use crate::workspace::Inputs;

/// An exception of a run and how many findings it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The exception.
    pub exception: Exception,
    /// How many findings it fits, shown or not.
    pub fits: usize,
    /// The exposure of the API when it differs from the one for which the exception was granted.
    pub changed: Option<String>,
    /// Fingerprints of the exposures of the APIs it is for, in the order of the run.
    pub exposures: Vec<String>,
}

/// The exceptions of a run.
pub(super) struct Acceptance<'run> {
    all: Vec<Accepted>,
    /// Where a finding about several APIs would stand if it were about this one only.
    alone: BTreeMap<(RuleId, Subject), Vec<Span>>,
    model: &'run ExposureModel,
    sources: &'run Sources,
    settings: &'run Settings,
}

/// How much of a finding is accepted.
pub(super) enum Coverage {
    /// Nothing.
    None,
    /// What it says about these, but not all.
    Some(Vec<Subject>),
    /// All of it.
    All,
}

impl<'run> Acceptance<'run> {
    /// The exceptions of the policy files and of every template that was read.
    pub(super) fn collect(
        settings: &'run Settings,
        inputs: &Inputs,
        model: &'run ExposureModel,
        sources: &'run Sources,
    ) -> Self {
        let mut found: Vec<Exception> = settings.exceptions.clone();
        let mut files: Vec<FileId> = inputs.files.keys().copied().collect();
        files.order();
        for file in files {
            let Some(tree) = inputs.trees.get(&file) else { continue };
            if memchr::memmem::find(tree.text().as_bytes(), b"wicketgate").is_none() {
                continue;
            }
            if let Some(source) = sources.get(file) {
                found.extend(comments::find(tree, source.lines()));
            }
            if let Some(template) = inputs.templates.get(&file) {
                found.extend(metadata::find(template));
            }
        }
        let accepted = |exception| Accepted { exception, fits: 0, changed: None, exposures: Vec::new() };
        Self {
            all: found.into_iter().map(accepted).collect(),
            alone: BTreeMap::new(),
            model,
            sources,
            settings,
        }
    }

    /// The rules that have to run to know which exceptions are needed.
    pub(super) fn rules(&self) -> BTreeSet<&str> {
        let rules = self.all.iter().flat_map(|one| one.exception.rules());
        rules.map(|rule| rule.value.as_str()).collect()
    }

    /// Whether what the resource says of its own exposure no longer counts.
    pub(super) fn voids_marker(&self, api: &Api) -> bool {
        let own = self.all.iter().map(|one| &one.exception).filter(|exception| is_marker_of(exception, api));
        own.into_iter()
            .any(|exception| exception.is_expired(self.settings.today) || !exception.mistakes.is_empty())
    }

    /// Counts what each exception is for.
    pub(super) fn count(&mut self, findings: &[Finding], bench: &Bench<'_>) {
        self.look_closer(findings, bench);
        let mut all = std::mem::take(&mut self.all);
        for one in &mut all {
            for finding in findings {
                let fitting: Vec<&Subject> = finding
                    .subjects
                    .iter()
                    .filter(|subject| self.fits(&one.exception, finding, subject))
                    .collect();
                if fitting.is_empty() {
                    continue;
                }
                let exposures: Vec<String> =
                    fitting.iter().filter_map(|subject| self.exposure_of(subject)).collect();
                let differs = one
                    .exception
                    .fingerprint
                    .as_ref()
                    .is_some_and(|granted| exposures.iter().all(|exposure| *exposure != granted.value));
                if differs {
                    one.changed = exposures.first().cloned().or(one.changed.take());
                } else {
                    one.fits += 1;
                }
                for exposure in exposures {
                    if !one.exposures.contains(&exposure) {
                        one.exposures.push(exposure);
                    }
                }
            }
        }
        self.all = all;
    }

    /// Asks rules that speak of several APIs at once about each of them where a comment may be for one of them:
    /// it stands where the finding about that one would.
    fn look_closer(&mut self, findings: &[Finding], bench: &Bench<'_>) {
        for finding in findings.iter().filter(|finding| finding.subjects.len() > 1) {
            let rule = &finding.diagnostic.rule;
            let has_comment = |file: FileId| {
                self.all.iter().map(|one| &one.exception).any(|exception| {
                    matches!(exception.scope, Scope::Line { file: own, .. } if own == file)
                        && exception.rules().iter().any(|named| named.value == rule.as_str())
                })
            };
            let Some(known) = self.settings.rules().find(|known| known.id == *rule) else { continue };
            for subject in finding.subjects.iter().filter(|subject| has_comment(subject.file)) {
                let others: Vec<Subject> =
                    finding.subjects.iter().filter(|other| *other != subject).cloned().collect();
                let alone = bench.judge_again(&known, subject.file, &others).findings;
                let own = alone.iter().filter(|one| one.subjects.contains(subject));
                let places = own.map(|one| one.diagnostic.primary.span).collect();
                self.alone.insert((rule.clone(), subject.clone()), places);
            }
        }
    }

    /// How much of a finding somebody accepts today.
    pub(super) fn coverage(&self, finding: &Finding) -> Coverage {
        let covered =
            |subject: &&Subject| self.all.iter().any(|one| self.holds_for(&one.exception, finding, subject));
        let accepted: Vec<Subject> = finding.subjects.iter().filter(covered).cloned().collect();
        if accepted.is_empty() {
            Coverage::None
        } else if accepted.len() == finding.subjects.len() {
            Coverage::All
        } else {
            Coverage::Some(accepted)
        }
    }

    /// The exceptions by which somebody accepts the finding, or a part of it, today.
    pub(super) fn accepting(&self, finding: &Finding) -> impl Iterator<Item = &Exception> {
        let accepts = |exception: &&Exception| {
            finding.subjects.iter().any(|subject| self.holds_for(exception, finding, subject))
        };
        self.all.iter().map(|one| &one.exception).filter(accepts)
    }

    fn holds_for(&self, exception: &Exception, finding: &Finding, subject: &Subject) -> bool {
        !exception.is_expired(self.settings.today)
            && self.fits(exception, finding, subject)
            && self.is_granted_for(exception, subject)
    }

    fn is_granted_for(&self, exception: &Exception, subject: &Subject) -> bool {
        let Some(granted) = &exception.fingerprint else { return true };
        self.exposure_of(subject).is_some_and(|exposure| exposure == granted.value)
    }

    fn exposure_of(&self, subject: &Subject) -> Option<String> {
        self.api_of(subject).map(|api| exposure::fingerprint(self.model, api))
    }

    fn api_of(&self, subject: &Subject) -> Option<&'run Api> {
        let id = subject.resource.as_deref()?;
        self.model.apis.iter().find(|api| api.file == subject.file && api.resource == id)
    }

    /// Whether an exception is for what a finding says about one of its subjects, whatever the day.
    fn fits(&self, exception: &Exception, finding: &Finding, subject: &Subject) -> bool {
        let rule = finding.diagnostic.rule.as_str();
        if !exception.mistakes.is_empty() || exception.rules().iter().all(|named| named.value != rule) {
            return false;
        }
        match &exception.scope {
            Scope::Patterns { path, resource } => {
                let file = self.settings.path(self.sources, subject.file);
                path.as_ref().is_none_or(|glob| glob.matches_path(file))
                    && resource
                        .as_ref()
                        .is_none_or(|glob| self.names_of(subject).iter().any(|name| glob.matches_name(name)))
            }
            Scope::Resource { file, id } => {
                subject.file == *file && self.names_of(subject).iter().any(|name| name == id)
            }
            Scope::Line { file, line } => self.stands_on(finding, subject, *file, *line),
        }
    }

    /// Logical ids of what a finding is about, and its name.
    fn names_of<'a>(&'a self, subject: &'a Subject) -> Vec<&'a str> {
        let own = subject.resource.as_deref();
        let labels = self.api_of(subject).map(|api| &api.labels);
        let names = labels.into_iter().flat_map(|labels| &labels.names).map(String::as_str);
        own.into_iter().chain(names).collect()
    }

    /// Whether a comment for a line is for this subject: its logical id stands there, or the finding does and
    /// the line is nobody else's.
    fn stands_on(&self, finding: &Finding, subject: &Subject, file: FileId, line: u32) -> bool {
        let on_line = |span: Span| {
            span.file == file
                && self.sources.get(file).is_some_and(|text| text.lines().line_of(span.range.start) == line)
        };
        let declared = |subject: &Subject| self.id_of(subject).is_some_and(on_line);
        let key = (finding.diagnostic.rule.clone(), subject.clone());
        declared(subject)
            || self.alone.get(&key).is_some_and(|places| places.iter().any(|span| on_line(*span)))
            || (on_line(finding.diagnostic.primary.span) && !finding.subjects.iter().any(declared))
    }

    /// Where the logical id of an API or endpoint stands.
    fn id_of(&self, subject: &Subject) -> Option<Span> {
        let id = subject.resource.as_deref()?;
        let endpoint = || {
            let endpoints = self.model.endpoints.iter();
            endpoints
                .filter(|one| one.file == subject.file)
                .find(|one| one.resource == id)
                .map(|one| one.id_span)
        };
        self.api_of(subject).map(|api| api.id_span).or_else(endpoint)
    }

    /// What is wrong with the exceptions. `is_reported` says of which files that is told; `is_whole` of which
    /// files everything is known; `all_whole` whether that is so of all files.
    pub(super) fn findings(
        &self,
        is_reported: impl Fn(FileId) -> bool,
        is_whole: impl Fn(FileId) -> bool,
        all_whole: bool,
    ) -> Vec<Finding> {
        let (limits, today) = (&self.settings.limits, self.settings.today);
        let mut findings = Vec::new();
        for one in &self.all {
            let exception = &one.exception;
            let in_policy = matches!(exception.scope, Scope::Patterns { .. });
            if !in_policy && !is_reported(exception.span.file) {
                continue;
            }
            if self.has_to_be_complete(exception) {
                exception_incomplete::check(exception, limits, today, &mut findings);
            }
            exception_expired::check(exception, today, &mut findings);
            exception_expiring::check(exception, limits, today, &mut findings);
            let is_known = if in_policy {
                self.settings.is_whole && !exception.is_shared
            } else {
                is_whole(exception.span.file)
            };
            let is_known = is_known && self.settings.all_environments;
            if is_known && exception.mistakes.is_empty() && !exception.is_expired(today) {
                let unused = self.unused(one);
                let mut unused: Vec<Finding> =
                    unused.iter().map(|why| exception_unused::finding(exception, why)).collect();
                // What could not be read may be what it is for.
                unused.iter_mut().filter(|_| !all_whole).for_each(|finding| finding.remedies.clear());
                findings.append(&mut unused);
            }
        }
        findings
    }

    /// Whether an exception needs an owner and the like. Who says that an API is public where nobody says that
    /// it should be private answers a question, and asks for no exception.
    fn has_to_be_complete(&self, exception: &Exception) -> bool {
        if exception.effect != Effect::Publishes {
            return true;
        }
        let mut apis = self.model.apis.iter().filter(|api| is_marker_of(exception, api));
        apis.any(|api| {
            let path = self.settings.path(self.sources, api.file);
            let environments = api.cases.iter().map(|case| case.environment.as_deref());
            let decisions = &self.settings.decisions;
            let meant = |environment| decisions.of(&api.labels, path, environment).posture;
            environments.chain([None]).any(|environment| meant(environment) == Posture::Private)
        })
    }

    fn unused(&self, one: &Accepted) -> Vec<Unused> {
        let exception = &one.exception;
        if exception.effect == Effect::Publishes {
            let mut apis = self.model.apis.iter().filter(|api| is_marker_of(exception, api));
            let is_needed = apis.any(|api| {
                api.cases.is_empty()
                    || api.cases.iter().any(|case| case.endpoint_type.is_public() != Some(false))
            });
            return if is_needed { Vec::new() } else { vec![Unused::Nothing] };
        }
        let known = || self.settings.rule_ids();
        let unknown = exception.rules().iter().filter(|rule| known().all(|id| id.as_str() != rule.value));
        let wrong: Vec<Unused> = unknown
            .map(|rule| {
                let near = nearest(&rule.value, known().map(RuleId::as_str)).map(str::to_owned);
                Unused::UnknownRule(rule.value.clone(), near)
            })
            .collect();
        if !wrong.is_empty() || one.fits > 0 {
            return wrong;
        }
        vec![one.changed.clone().map_or(Unused::Nothing, Unused::Changed)]
    }

    /// All exceptions, as they were found.
    pub(super) fn into_all(self) -> Vec<Accepted> {
        self.all
    }
}

/// Whether an exception is the word of this API's resource on its own exposure.
fn is_marker_of(exception: &Exception, api: &Api) -> bool {
    let Scope::Resource { file, id } = &exception.scope else { return false };
    exception.effect == Effect::Publishes
        && api.file == *file
        && (api.resource == *id || api.labels.names.contains(id))
}
