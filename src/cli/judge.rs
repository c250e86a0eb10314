//! Policy files and flags → settings, and one call of the driver for each policy file of the run.
//!
//! The flags win over the policy file. Nothing is printed here.

use std::path::Path;

use crate::check::settings::Settings;
use crate::check::summary::Summary;
use crate::check::{self, File, Outcome, run};
use crate::cli::args::PolicyArgs;
use crate::cli::failure::Failure;
use crate::cli::input::{Input, policies};
use crate::config::{self, FailOn};
use crate::diagnostic::{Confidence, Diagnostic, Persona, RuleId, Severity};
use crate::exposure::model::ExposureModel;
use crate::intent::Posture;
use crate::load;
use crate::source::FileId;

/// What the flags say; `None` where they say nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags {
    pub(super) posture: Option<Posture>,
    pub(super) persona: Option<Persona>,
    pub(super) fail_on: Option<FailOn>,
    pub(super) select: Vec<RuleId>,
    pub(super) ignore: Vec<RuleId>,
    pub(super) min_confidence: Option<Confidence>,
}

/// What a run came to.
pub(super) enum Verdict {
    /// The policy files have mistakes: these. Nothing was judged.
    BadPolicy(Vec<Diagnostic>),
    /// Everything was judged.
    Judged(Judged),
}

/// Judgements of all policy files together.
#[derive(Default)]
pub(super) struct Judged {
    /// Sorted by file name, offset and rule.
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) summary: Summary,
    /// Whether some finding is at or above the threshold.
    pub(super) failing: bool,
    /// Whether some reported file has no policy file.
    pub(super) without_policy: bool,
    /// Whether a bug of ours cut the judgement short; it was said already.
    pub(super) internal_error: bool,
    /// The facts, with the files they are to be shown for.
    pub(super) models: Vec<(ExposureModel, Vec<FileId>)>,
}

/// Judges everything that was read.
pub(super) fn judge(input: &mut Input, policy: &PolicyArgs, flags: &Flags) -> Result<Verdict, Failure> {
    let mut mistakes = Vec::new();
    let mut groups = Vec::new();
    if let (Some(config), true) = (&policy.config, input.files.is_empty()) {
        // Nothing is governed by it, and still it has to be there and to be right.
        read_policy(input, config, &mut mistakes)?;
    }
    for (path, governed) in policies(input, policy) {
        let settings = match &path {
            Some(path) => read_policy(input, path, &mut mistakes)?,
            None => config::Settings::default(),
        };
        groups.push((path.is_some(), settings, governed));
    }
    if !mistakes.is_empty() {
        return Ok(Verdict::BadPolicy(mistakes));
    }
    let several = groups.len() > 1;
    let mut judged = Judged::default();
    for (has_policy, settings, governed) in groups {
        let outcome = run_driver(input, &governed, &merged(&settings, flags));
        let fail_on = flags.fail_on.or(settings.fail_on.map(|word| word.value));
        judged.take(outcome, fail_on.unwrap_or(FailOn::AtLeast(Severity::Warning)), governed);
        judged.without_policy |= !has_policy;
    }
    if several {
        let place = |diagnostic: &Diagnostic| {
            let span = diagnostic.primary.span;
            (input.sources.name(span.file).to_owned(), span.range, diagnostic.rule.clone())
        };
        judged.diagnostics.sort_by_cached_key(place);
    }
    Ok(Verdict::Judged(judged))
}

fn read_policy(
    input: &mut Input,
    path: &Path,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<config::Settings, Failure> {
    let source = load::read_policy(&input.working, path, config::SIZE_LIMIT as u64)?;
    let text = source.shared_text();
    let id = input.sources.add(source);
    let (settings, found) = config::read(id, &text);
    mistakes.extend(found);
    Ok(settings)
}

fn merged(settings: &config::Settings, flags: &Flags) -> Settings {
    let usual = Settings::default();
    Settings {
        posture: flags.posture.or(settings.posture.as_ref().map(|word| word.value)).unwrap_or(usual.posture),
        persona: flags.persona.or(settings.persona.as_ref().map(|word| word.value)).unwrap_or(usual.persona),
        select: flags.select.clone(),
        ignore: flags.ignore.clone(),
        min_confidence: flags.min_confidence.unwrap_or(usual.min_confidence),
        bindings: usual.bindings,
    }
}

/// Runs the driver with the governed files reported and all others as context.
fn run_driver(input: &mut Input, governed: &[FileId], settings: &Settings) -> Outcome {
    let files: Vec<File> = input
        .files
        .iter()
        .map(|file| File {
            id: file.id,
            role: if governed.binary_search(&file.id).is_ok() {
                check::Role::Reported
            } else {
                check::Role::Context
            },
            problem: file.problem.as_ref().map(|problem| (problem.range, problem.message.clone())),
        })
        .collect();
    let local = &input.local;
    run(&mut input.sources, &files, settings, &mut |naming, relative| local.read_local(naming, relative))
}

impl Judged {
    fn take(&mut self, outcome: Outcome, fail_on: FailOn, governed: Vec<FileId>) {
        self.failing |= outcome.diagnostics.iter().any(|diagnostic| fail_on.fails(diagnostic.severity));
        self.diagnostics.extend(outcome.diagnostics);
        self.internal_error |= outcome.internal_error;
        let sum = &mut self.summary;
        sum.templates += outcome.summary.templates;
        sum.apis += outcome.summary.apis;
        sum.private_apis += outcome.summary.private_apis;
        sum.public_apis += outcome.summary.public_apis;
        sum.functions += outcome.summary.functions;
        sum.endpoints += outcome.summary.endpoints;
        self.models.push((outcome.analysis.model, governed));
    }
}
