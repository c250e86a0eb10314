//! Policy files and flags → settings, and one call of the driver for each policy file of the run.
//!
//! The flags win over the policy file. Nothing is printed here.

use std::collections::BTreeMap;
use std::path::Path;

use crate::check::settings::Settings;
use crate::check::summary::Summary;
use crate::check::{self, Analysis, File, Outcome, policy};
use crate::cli::args::PolicyArgs;
use crate::cli::failure::Failure;
use crate::cli::input::{self, Input, InputFile};
use crate::cli::policy::{Chain, read_chain};
use crate::config::FailOn;
use crate::diagnostic::{Confidence, Diagnostic, Persona, RuleId, Severity};
use crate::exposure::model::ExposureModel;
use crate::intent::Posture;
use crate::load::{self, Role};
use crate::source::FileId;

/// Said after the mistakes in policy files.
pub(super) const BAD_POLICY: &str = "wicketgate: the policy file has mistakes; nothing was judged";

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

/// Reported files that are judged alike.
pub(super) struct Group {
    settings: Settings,
    fail_on: FailOn,
    /// Whether a policy file says so.
    has_policy: bool,
    /// Ascending.
    files: Vec<FileId>,
}

/// Groups of the run, or the mistakes in its policy files: with those nothing may be judged.
pub(super) type Policies = Result<Vec<Group>, Vec<Diagnostic>>;

/// Judgements of all groups together.
#[derive(Default)]
pub(super) struct Judged {
    /// Sorted by file name, offset and rule.
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) summary: Summary,
    /// Whether some finding is at or above the threshold.
    pub(super) failing: bool,
    /// Whether some reported file has no policy file.
    pub(super) without_policy: bool,
    /// Whether a bug of ours cut the judgement short; a diagnostic tells which.
    pub(super) internal_error: bool,
}

/// Reads the policy files of the run. Each group costs a run of the driver, so files of different policy files
/// that say the same are one group.
pub(super) fn policies(input: &mut Input, from: &PolicyArgs, flags: &Flags) -> Result<Policies, Failure> {
    let mut mistakes = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut governed = input::governed(input, from);
    if let (Some(config), true) = (&from.config, governed.is_empty()) {
        // It governs nothing, and still it has to be there and to be right.
        governed.insert(Some(config.clone()), Vec::new());
    }
    for (path, mut files) in governed {
        let chain = match &path {
            Some(path) => read_chain(&mut input.sources, &input.working, path, &mut mistakes)?,
            None => Chain::default(),
        };
        let mut settings = merged(&chain, flags);
        if let Some(path) = path.as_deref().filter(|_| has_patterns(&chain)) {
            settings.paths = paths(input, path);
        }
        let stated = chain.layers.iter().rev().find_map(|layer| layer.fail_on.as_ref());
        let fail_on = flags.fail_on.or(stated.map(|word| word.value));
        let fail_on = fail_on.unwrap_or(FailOn::AtLeast(Severity::Warning));
        let has_policy = path.is_some();
        let alike = |group: &&mut Group| {
            group.settings == settings && group.fail_on == fail_on && group.has_policy == has_policy
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.files.append(&mut files),
            None => groups.push(Group { settings, fail_on, has_policy, files }),
        }
    }
    groups.iter_mut().for_each(|group| group.files.sort_unstable());
    Ok(if mistakes.is_empty() { Ok(groups) } else { Err(mistakes) })
}

/// Judges every group in the light of the whole run.
pub(super) fn judge(input: &mut Input, groups: Vec<Group>) -> Judged {
    let mut judged = Judged::default();
    let several = groups.len() > 1;
    for group in groups {
        let files = roles(input, |file| group.files.binary_search(&file.id).is_ok());
        let local = &input.local;
        let mut read_local = |naming: &str, relative: &str| local.read_local(naming, relative);
        let outcome = check::run(&mut input.sources, &files, &group.settings, &mut read_local);
        judged.take(outcome, &group, &input.files);
    }
    if several {
        let place = |diagnostic: &Diagnostic| {
            let span = diagnostic.primary.span;
            (input.sources.name(span.file).to_owned(), span.range, diagnostic.rule.clone())
        };
        judged.diagnostics.sort_by_cached_key(place);
        judged.diagnostics.dedup();
    }
    judged
}

/// States the facts without judging them, for all files of the run.
pub(super) fn analyse(input: &mut Input) -> ExposureModel {
    analyse_with(input, &Settings::default()).model
}

/// The same with settings that say what is known about the stacks.
pub(super) fn analyse_with(input: &mut Input, settings: &Settings) -> Analysis {
    let files = roles(input, |file| file.role == Role::Reported);
    let local = &input.local;
    let mut read_local = |naming: &str, relative: &str| local.read_local(naming, relative);
    check::analyse(&mut input.sources, &files, settings, &mut read_local)
}

/// The files for the driver.
fn roles(input: &Input, reported: impl Fn(&InputFile) -> bool) -> Vec<File> {
    let file = |file: &InputFile| File {
        id: file.id,
        role: if reported(file) { check::Role::Reported } else { check::Role::Context },
        problem: file.problem.as_ref().map(|problem| (problem.range, problem.message.clone())),
    };
    input.files.iter().map(file).collect()
}

fn merged(chain: &Chain, flags: &Flags) -> Settings {
    let mut settings = policy::settings(&chain.layers);
    if let Some(posture) = flags.posture {
        // It stands for what the files say of everything; what they say of less stays.
        settings.decisions.fallback = posture;
        settings.decisions.parties.iter_mut().for_each(|party| party.posture = None);
    }
    settings.persona = flags.persona.unwrap_or(settings.persona);
    settings.select.clone_from(&flags.select);
    settings.ignore.clone_from(&flags.ignore);
    settings.min_confidence = flags.min_confidence.unwrap_or(settings.min_confidence);
    settings
}

/// Whether the files say anything about paths.
fn has_patterns(chain: &Chain) -> bool {
    chain.layers.iter().any(|layer| !layer.overrides.is_empty() || !layer.exceptions.is_empty())
}

/// Paths of all files for the patterns of a policy file.
fn paths(input: &Input, policy: &Path) -> BTreeMap<FileId, String> {
    let path = |file: &InputFile| {
        let name = Path::new(input.sources.name(file.id));
        (file.id, load::path_for_policy(&input.working, policy, name))
    };
    input.files.iter().map(path).collect()
}

impl Judged {
    fn take(&mut self, outcome: Outcome, group: &Group, files: &[InputFile]) {
        self.without_policy |= !group.has_policy;
        self.internal_error |= outcome.internal_error;
        // A finding that merely touches this group is told by the group of the file it stands in.
        let told_elsewhere = |diagnostic: &Diagnostic| {
            let place = diagnostic.primary.span.file;
            group.files.binary_search(&place).is_err()
                && files.iter().any(|file| file.id == place && file.role == Role::Reported)
        };
        let found = outcome.diagnostics.into_iter().filter(|diagnostic| !told_elsewhere(diagnostic));
        for diagnostic in found {
            self.failing |= group.fail_on.fails(diagnostic.severity);
            self.diagnostics.push(diagnostic);
        }
        let sum = &mut self.summary;
        sum.templates += outcome.summary.templates;
        sum.apis += outcome.summary.apis;
        sum.private_apis += outcome.summary.private_apis;
        sum.public_apis += outcome.summary.public_apis;
        // Functions are counted over the whole run each time.
        sum.functions = sum.functions.max(outcome.summary.functions);
        sum.endpoints += outcome.summary.endpoints;
    }
}
