//! Policy files and flags → settings, and one call of the driver for each policy file of the run.
//!
//! The flags win over the policy file. Nothing is printed here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::check::accept::Accepted;
use crate::check::settings::Settings;
use crate::check::summary::Summary;
use crate::check::{self, Analysis, File, Outcome, policy};
use crate::cli::args::{EnvironmentArgs, PolicyArgs};
use crate::cli::environments::{self, ReadPolicy};
use crate::cli::failure::Failure;
use crate::cli::input::{self, Input, InputFile};
use crate::cli::own;
use crate::cli::policy::{Chain, read_chain};
use crate::config::{self, FailOn};
use crate::diagnostic::fingerprint::fingerprints;
use crate::diagnostic::{Confidence, Diagnostic, Persona, RuleId, Severity};
use crate::intent::Posture;
use crate::intent::date::Date;
use crate::intent::exception::Exception;
use crate::load::{self, Role};
use crate::order::Order;
use crate::rules::own::{OwnRule, RULE_FILE};
use crate::source::{FileId, Sources};
use crate::template::bindings::Bindings;
use crate::workspace::instances::Instances;

/// What is said after mistakes because of which nothing was judged.
pub(super) fn nothing_judged(mistakes: &[Diagnostic]) -> &'static str {
    if mistakes.iter().any(|mistake| mistake.rule == config::POLICY_FILE) {
        "wicketgate: the policy file has mistakes; nothing was judged"
    } else if mistakes.iter().any(|mistake| mistake.rule == RULE_FILE) {
        "wicketgate: an own rule has mistakes; nothing was judged"
    } else {
        "wicketgate: values of parameters have mistakes; nothing was judged"
    }
}

/// What the flags say; `None` where they say nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags {
    pub(super) posture: Option<Posture>,
    pub(super) persona: Option<Persona>,
    pub(super) fail_on: Option<FailOn>,
    pub(super) select: Vec<RuleId>,
    pub(super) ignore: Vec<RuleId>,
    pub(super) min_confidence: Option<Confidence>,
    pub(super) today: Option<Date>,
}

/// Today in UTC.
pub(super) fn today() -> Date {
    const SECONDS_A_DAY: u64 = 24 * 60 * 60;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let days = i64::try_from(seconds / SECONDS_A_DAY).ok().and_then(Date::from_days);
    days.expect("no machine's clock is past the year 9999")
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

/// What the policy files and flags come to.
pub(super) struct Policies {
    groups: Vec<Group>,
    /// What is known about the stacks, the same for all groups.
    pub(super) instances: Instances,
    /// What is wrong in samconfigs beside templates.
    problems: Vec<Diagnostic>,
}

/// What governs the run, or the mistakes in what was named: with those nothing may be judged.
pub(super) type ReadPolicies = Result<Policies, Vec<Diagnostic>>;

/// A finding of the run.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) diagnostic: Diagnostic,
    /// Filled in when all findings of the run are there.
    pub(super) fingerprint: String,
    /// Whether it is at or above the threshold of its file.
    pub(super) fails: bool,
}

impl Finding {
    fn new(diagnostic: Diagnostic, fails: bool) -> Self {
        Self { diagnostic, fingerprint: String::new(), fails }
    }
}

/// Why a finding is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Somebody accepts it.
    Exception(Box<Exception>),
    /// The baseline knows it.
    Baseline,
}

/// A finding that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) finding: Finding,
    pub(super) reasons: Vec<Reason>,
}

/// Judgements of all groups together.
#[derive(Clone, Default)]
pub(super) struct Judged {
    /// Sorted by file name, offset and rule.
    pub(super) findings: Vec<Finding>,
    /// What exceptions hide, then what a baseline hides; each sorted likewise.
    pub(super) hidden: Vec<Hidden>,
    pub(super) summary: Summary,
    /// The exceptions of all groups.
    pub(super) exceptions: Vec<Accepted>,
    /// Whether some reported file has no policy file.
    pub(super) without_policy: bool,
    /// What is wrong with values in files that were named; if there is anything, nothing else counts.
    pub(super) mistakes: Vec<Diagnostic>,
    /// Parameters of the command line that no template declares, with the declared names most like them.
    pub(super) unknown: Vec<(String, Option<String>)>,
    /// Whether a bug of ours cut the judgement short; a diagnostic tells which.
    pub(super) internal_error: bool,
}

/// Reads the policy files of the run. Each group costs a run of the driver, so files of different policy files
/// that say the same are one group. `bindings` is what the flags say about every stack. Asked once more it reads
/// what the sources say by then.
pub(super) fn policies(
    input: &mut Input,
    from: &PolicyArgs,
    environment: &EnvironmentArgs,
    bindings: &Bindings,
    flags: &Flags,
) -> Result<ReadPolicies, Failure> {
    let mut mistakes = Vec::new();
    let mut known = std::mem::take(&mut input.known);
    known.begin();
    let mut groups: Vec<Group> = Vec::new();
    let mut read: Vec<ReadPolicy> = Vec::new();
    let mut governing = BTreeMap::new();
    let mut governed = input::governed(input, from);
    if let (Some(config), true) = (&from.config, governed.is_empty()) {
        // It governs nothing, and still it has to be there and to be right.
        governed.insert(Some(config.clone()), Vec::new());
    }
    for (path, mut files) in governed {
        let has_policy = path.is_some();
        let chain = match &path {
            Some(path) => read_chain(&mut input.sources, &input.working, path, &mut known, &mut mistakes)?,
            None => Chain::default(),
        };
        let mut settings = merged(&chain, flags);
        settings.all_environments = environment.is_plain();
        settings.own_rules =
            own::load(&mut input.sources, &input.working, &chain, &mut known, &mut mistakes)?;
        if let Some(path) = path.as_deref().filter(|_| has_patterns(&chain)) {
            settings.paths = paths(input, path);
            settings.is_whole = input.is_whole_for(path);
        }
        let stated = chain.layers.iter().rev().find_map(|layer| layer.fail_on.as_ref());
        let fail_on = flags.fail_on.or(stated.map(|word| word.value));
        let fail_on = fail_on.unwrap_or(FailOn::AtLeast(Severity::Warning));
        if let Some(path) = path {
            governing.extend(files.iter().map(|&governed| (governed, read.len())));
            read.push(ReadPolicy::new(path, &chain.layers));
        }
        let alike = |group: &&mut Group| {
            group.settings == settings && group.fail_on == fail_on && group.has_policy == has_policy
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.files.append(&mut files),
            None => groups.push(Group { settings, fail_on, has_policy, files }),
        }
    }
    input.known = known;
    groups.iter_mut().for_each(|group| group.files.order());
    if !mistakes.is_empty() {
        return Ok(Err(mistakes));
    }
    environments::govern_context(input, &read, &mut governing, from.config.as_deref());
    let bound = environments::bind(input, environment, bindings, &read, &governing)?;
    if !bound.mistakes.is_empty() {
        return Ok(Err(bound.mistakes));
    }
    if !bound.unknown.is_empty() {
        return Ok(Err(bound.problems));
    }
    for group in &mut groups {
        group.settings.instances = bound.instances.clone();
    }
    Ok(Ok(Policies { groups, instances: bound.instances, problems: bound.problems }))
}

impl Policies {
    /// Whether this file holds exceptions of the run that nobody else shares.
    pub(super) fn own(&self, file: FileId) -> bool {
        let mut exceptions = self.groups.iter().flat_map(|group| &group.settings.exceptions);
        exceptions.any(|exception| exception.span.file == file && !exception.is_shared)
    }
}

/// Ids of the organisation's own rules, over all groups.
pub(super) fn own_ids(policies: &Policies) -> Vec<&str> {
    policies.groups.iter().flat_map(|group| &group.settings.own_rules).map(|rule| rule.id.as_str()).collect()
}

/// The organisation's own rules, over all groups, each once.
pub(super) fn own_rules(policies: &Policies) -> Vec<&OwnRule> {
    let all = policies.groups.iter().flat_map(|group| &group.settings.own_rules);
    let by_id: BTreeMap<&str, &OwnRule> = all.map(|rule| (rule.id.as_str(), rule.as_ref())).collect();
    by_id.into_values().collect()
}

/// Judges every group in the light of the whole run.
pub(super) fn judge(input: &mut Input, policies: &Policies) -> Judged {
    let mut judged = Judged::default();
    let several = policies.groups.len() > 1 || !policies.problems.is_empty();
    for problem in &policies.problems {
        let fails = |group: &Group| group.fail_on.fails(problem.severity);
        let fails = policies.groups.iter().any(fails);
        judged.findings.push(Finding::new(problem.clone(), fails));
    }
    for group in &policies.groups {
        let files = roles(input, |file| group.files.binary_search(&file.id).is_ok());
        let local = &input.local;
        let mut read_local = |naming: &str, relative: &str| local.read_local(naming, relative);
        let outcome = check::run(&mut input.sources, &files, &group.settings, &mut read_local);
        if !outcome.analysis.refused.mistakes.is_empty() || !outcome.analysis.refused.unknown.is_empty() {
            // The same in every group: it is about all templates of the run.
            let refused = outcome.analysis.refused;
            return Judged { mistakes: refused.mistakes, unknown: refused.unknown, ..Judged::default() };
        }
        judged.take(outcome, group, &input.files);
    }
    if several {
        let place = |finding: &Finding| {
            let span = finding.diagnostic.primary.span;
            (input.sources.name(span.file).to_owned(), span.range, finding.diagnostic.rule.clone())
        };
        judged.findings.sort_by_cached_key(place);
        judged.findings.dedup();
        judged.hidden.sort_by_cached_key(|hidden| place(&hidden.finding));
        judged.hidden.dedup();
    }
    judged.name_findings(&input.sources);
    judged
}

/// States the facts about the instances of all templates of the run, without judging them.
pub(super) fn analyse(input: &mut Input, instances: Instances) -> Analysis {
    let settings = Settings { instances, ..Settings::default() };
    let files = roles(input, |file| file.role == Role::Reported);
    let local = &input.local;
    let mut read_local = |naming: &str, relative: &str| local.read_local(naming, relative);
    check::analyse(&mut input.sources, &files, &settings, &mut read_local)
}

/// The facts, and what is wrong in samconfigs beside templates: those templates are shown without them.
pub(super) struct Analysed {
    pub(super) analysis: Analysis,
    pub(super) problems: Vec<Diagnostic>,
}

/// Reads what governs the run and states the facts; mistakes because of which that is not done instead.
pub(super) fn analysed(
    input: &mut Input,
    policy: &PolicyArgs,
    environment: &EnvironmentArgs,
    bindings: &Bindings,
) -> Result<Result<Analysed, Vec<Diagnostic>>, Failure> {
    let policies = match policies(input, policy, environment, bindings, &Flags::default())? {
        Ok(policies) => policies,
        Err(mistakes) => return Ok(Err(mistakes)),
    };
    let mut analysis = analyse(input, policies.instances);
    let refused = std::mem::take(&mut analysis.refused);
    if !refused.mistakes.is_empty() {
        return Ok(Err(refused.mistakes));
    }
    if let Some(failure) = unknown_parameter(refused.unknown) {
        return Err(failure);
    }
    let is_reported = |file| input.files.iter().any(|one| one.id == file && one.role == Role::Reported);
    let about = |found: &Diagnostic| found.related.iter().any(|label| is_reported(label.span.file));
    let mut problems = policies.problems;
    problems.extend(refused.found.into_iter().filter(about));
    Ok(Ok(Analysed { analysis, problems }))
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
    settings.today = flags.today;
    settings.min_confidence = flags.min_confidence.unwrap_or(settings.min_confidence);
    settings
}

/// The failure for a parameter of the command line that no template declares.
pub(super) fn unknown_parameter(unknown: Vec<(String, Option<String>)>) -> Option<Failure> {
    let (name, nearest) = unknown.into_iter().next()?;
    Some(Failure::UnknownParameter { name, nearest })
}

/// Whether the files say anything about paths.
fn has_patterns(chain: &Chain) -> bool {
    chain.layers.iter().any(|layer| {
        !layer.overrides.is_empty() || !layer.exceptions.is_empty() || !layer.own_rules.is_empty()
    })
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
    /// What is shown.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.findings.iter().map(|finding| finding.diagnostic.clone()).collect()
    }

    /// Whether some finding is at or above the threshold.
    pub(super) fn is_failing(&self) -> bool {
        self.findings.iter().any(|finding| finding.fails)
    }

    /// Fills in the fingerprints. What is hidden comes last, so that the names of what is shown do not hang on it.
    fn name_findings(&mut self, sources: &Sources) {
        let mut all = self.diagnostics();
        all.extend(self.hidden.iter().map(|hidden| hidden.finding.diagnostic.clone()));
        let hidden = self.hidden.iter_mut().map(|hidden| &mut hidden.finding);
        for (finding, print) in self.findings.iter_mut().chain(hidden).zip(fingerprints(&all, sources)) {
            finding.fingerprint = print;
        }
    }

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
            let fails = group.fail_on.fails(diagnostic.severity);
            self.findings.push(Finding::new(diagnostic, fails));
        }
        for hidden in outcome.hidden.into_iter().filter(|hidden| !told_elsewhere(&hidden.diagnostic)) {
            let fails = group.fail_on.fails(hidden.diagnostic.severity);
            let reasons = hidden.exceptions.into_iter().map(|one| Reason::Exception(Box::new(one)));
            self.hidden
                .push(Hidden { finding: Finding::new(hidden.diagnostic, fails), reasons: reasons.collect() });
        }
        let sum = &mut self.summary;
        sum.templates += outcome.summary.templates;
        sum.apis += outcome.summary.apis;
        sum.private_apis += outcome.summary.private_apis;
        sum.public_apis += outcome.summary.public_apis;
        sum.functions += outcome.summary.functions;
        sum.endpoints += outcome.summary.endpoints;
        sum.suppressed += outcome.summary.suppressed;
        self.exceptions.extend(outcome.exceptions);
    }
}
