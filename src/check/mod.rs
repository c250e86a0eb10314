//! The one driver: texts and settings → muted, filtered, sorted diagnostics.
//!
//! It reads no file and renders nothing; whoever needs diagnostics calls it, and there is no other way to get
//! them.

pub mod accept;
pub mod bound;
pub mod examples;
pub mod judge;
pub mod merge;
pub mod muting;
pub mod origin;
pub mod policy;
pub mod read;
pub mod readable;
mod remedies;
mod select;
pub mod settings;
pub mod summary;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::check::accept::{Acceptance, Accepted};
use crate::check::bound::Refused;
use crate::check::judge::{Bench, Judged};
use crate::check::read::{Read, ReadLocal};
use crate::check::settings::Settings;
use crate::check::summary::Summary;
use crate::diagnostic::Diagnostic;
use crate::exposure::model::ExposureModel;
use crate::intent::Intents;
use crate::intent::exception::Exception;
use crate::intent::stated::Decided;
use crate::order::Order;
use crate::rules::finding::Finding;
use crate::rules::unreadable_template::{self, Problem};
use crate::source::{FileId, Sources, TextRange};
use crate::syntax::tree::Tree;
use crate::workspace::Workspace;

/// Why a file is part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Findings that touch it are shown.
    Reported,
    /// It is read for links only.
    Context,
}

/// A file of a run.
#[derive(Clone, Debug)]
pub struct File {
    /// Its text.
    pub id: FileId,
    /// Why it is here.
    pub role: Role,
    /// Set when its bytes are no text that can be judged: where, and what is wrong.
    pub problem: Option<(TextRange, String)>,
}

/// What the templates of a run come to, before anything is judged.
#[derive(Debug)]
pub struct Analysis {
    /// The linked stacks.
    pub workspace: Workspace,
    /// The facts.
    pub model: ExposureModel,
    /// Values given to parameters that CloudFormation would refuse, and what else of the bindings cannot be.
    pub refused: Refused,
    /// What could not be read.
    read: Read,
}

impl Analysis {
    /// The trees of the files that were read.
    pub fn trees(&self) -> &FxHashMap<FileId, Arc<Tree>> {
        &self.read.inputs.trees
    }
}

/// A finding that is not shown because somebody accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// What would be shown.
    pub diagnostic: Diagnostic,
    /// By which exceptions it is accepted.
    pub exceptions: Vec<Exception>,
}

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// The findings to show, sorted by file, offset and rule.
    pub diagnostics: Vec<Diagnostic>,
    /// The findings that exceptions hide, sorted likewise.
    pub hidden: Vec<Hidden>,
    /// The numbers of the run.
    pub summary: Summary,
    /// The exceptions of the policy files and templates.
    pub exceptions: Vec<Accepted>,
    /// The facts and what they were built from.
    pub analysis: Analysis,
    /// Whether a rule or the parser failed: a defect of ours, told by a diagnostic. The run exits with 2.
    pub internal_error: bool,
}

/// Reads, links and states the facts of `files`. Files that templates name are read through `read_local` and
/// added to `sources`.
pub fn analyse(
    sources: &mut Sources,
    files: &[File],
    settings: &Settings,
    read_local: &mut ReadLocal<'_>,
) -> Analysis {
    let readable = files.iter().filter(|file| file.problem.is_none()).map(|file| file.id);
    let mut read = read::read(sources, &readable.collect::<Vec<_>>(), &settings.instances, read_local);
    for file in files {
        if let Some((range, message)) = &file.problem {
            read.problems.insert(file.id, vec![read::whole_file_problem(file.id, *range, message)]);
        }
    }
    let workspace = Workspace::link(&read.inputs);
    let model = crate::exposure::build(&workspace);
    let whole = read.problems.is_empty() && read.failures.is_empty();
    let refused = bound::refused(&workspace, &settings.instances, whole);
    Analysis { workspace, model, refused, read }
}

/// Checks `files`: the only way to get diagnostics about templates.
pub fn run(
    sources: &mut Sources,
    files: &[File],
    settings: &Settings,
    read_local: &mut ReadLocal<'_>,
) -> Outcome {
    let analysis = analyse(sources, files, settings, read_local);
    let model = &analysis.model;
    let read = &analysis.read;
    let mut acceptance = Acceptance::collect(settings, &read.inputs, model, sources);
    let intents = Intents::new(model, |api, environment| Decided {
        ignores_marker: acceptance.voids_marker(api),
        ..settings.decisions.of(&api.labels, settings.path(sources, api.file), environment)
    });
    let bench = Bench { model, intents: &intents, settings, sources, trees: analysis.trees() };
    let Judged { mut findings, failures } = bench.judge(&select::wanted(settings, &acceptance));
    findings.extend(read.problems.values().filter_map(|problems| unreadable(problems)));
    origin::name_constructs(&mut findings, &analysis.workspace);
    let broken = read.failures.iter().map(|&file| judge::unread(file));
    let failures: Vec<Finding> = failures.into_iter().chain(broken).collect();
    let mut reported: Vec<FileId> =
        files.iter().filter(|file| file.role == Role::Reported).map(|file| file.id).collect();
    reported.order();
    let is_reported = |file: FileId| reported.binary_search(&file).is_ok();
    let internal_error = !failures.is_empty();
    acceptance.count(&findings, &bench);
    let all_whole = read.problems.is_empty() && !internal_error;
    let mut about_exceptions =
        acceptance.findings(is_reported, |file| !read.problems.contains_key(&file), all_whole);
    remedies::realise(about_exceptions.iter_mut(), analysis.trees(), sources);
    let chosen = select::choose(findings, about_exceptions, settings, &bench, &acceptance, is_reported);
    let failures = failures.into_iter().map(|failure| failure.diagnostic);
    let refused = analysis.refused.found.iter().filter(|refused| select::touches(refused, is_reported));
    let shown = chosen.shown.into_iter().chain(failures).chain(refused.cloned());
    let diagnostics = merge::merge(shown.collect());
    let templates = reported
        .iter()
        .filter(|file| read.inputs.templates.contains_key(*file) || read.problems.contains_key(*file));
    let mut summary = Summary::of(model, templates.count(), is_reported);
    summary.suppressed = chosen.n_hidden;
    let exceptions = acceptance.into_all();
    Outcome { diagnostics, hidden: chosen.hidden, summary, exceptions, analysis, internal_error }
}

fn unreadable(problems: &[Problem]) -> Option<Finding> {
    problems.split_first().map(|(first, more)| unreadable_template::finding(first, more.len()))
}
