//! Environments, samconfigs and parameter files of a run → what is known about each template's instances.
//!
//! Finds and reads the files; what they mean is worked out by `config`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::args::EnvironmentArgs;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::config::bind::{self, Bound, Policy, Question, Subject};
use crate::config::environments::Environment;
use crate::config::files::{Files, Opened};
use crate::config::{SIZE_LIMIT, Settings};
use crate::diagnostic::nearest::ranked;
use crate::load::{self, LocalReader, Role};
use crate::source::{FileId, SourceFile, Sources};
use crate::template::bindings::{Binding, Bindings};
use crate::workspace::paths;

/// A policy file that was read, as far as environments go.
pub(super) struct ReadPolicy {
    path: PathBuf,
    environments: Vec<Environment>,
}

impl ReadPolicy {
    /// The environments of a policy file and of those it extends, which come first; of one name the nearest counts.
    pub(super) fn new(path: PathBuf, layers: &[Settings]) -> Self {
        let mut environments: Vec<Environment> = Vec::new();
        for environment in layers.iter().flat_map(|layer| &layer.environments) {
            let same = |known: &&mut Environment| known.name.value == environment.name.value;
            match environments.iter_mut().find(same) {
                Some(known) => known.clone_from(environment),
                None => environments.push(environment.clone()),
            }
        }
        Self { path, environments }
    }
}

/// What the flags bind, whatever the template.
pub(super) fn flags(args: &EnvironmentArgs) -> Result<Bindings, Failure> {
    let mut parameters = BTreeMap::new();
    for text in &args.params {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| Failure::Parameter(text.clone()))?;
        parameters.insert(name.to_owned(), Binding::text(value));
    }
    Ok(Bindings { parameters, ..Bindings::default() })
}

/// Binds every template of the run. `policies` are those of the files that are reported on, `governing` says which of
/// them governs a file.
pub(super) fn bind(
    input: &mut Input,
    args: &EnvironmentArgs,
    flags: &Bindings,
    policies: &[ReadPolicy],
    governing: &BTreeMap<FileId, usize>,
) -> Result<Bound, Failure> {
    let mut parameter_files = Vec::new();
    for path in &args.parameter_files {
        let source = load::read_policy(&input.working, path, SIZE_LIMIT as u64)?;
        parameter_files.push(add(&mut input.sources, source));
    }
    let listed = policies.iter().any(|policy| !policy.environments.is_empty());
    if !listed && args.env.is_empty() && parameter_files.is_empty() && *flags == Bindings::default() {
        return Ok(Bound::default());
    }
    let templates: Vec<Subject> = input
        .files
        .iter()
        .map(|file| Subject {
            file: file.id,
            name: input.sources.name(file.id).to_owned(),
            policy: governing.get(&file.id).copied(),
            reported: file.role == Role::Reported,
        })
        .collect();
    let policies: Vec<Policy<'_>> = policies
        .iter()
        .map(|policy| Policy {
            environments: &policy.environments,
            complete: input.local.covers(&policy.path),
        })
        .collect();
    let question = Question {
        templates: &templates,
        policies: &policies,
        asked: &args.env,
        parameter_files: &parameter_files,
        flags,
    };
    let mut disk = Disk { sources: &mut input.sources, local: &input.local, read: BTreeMap::new() };
    let bound = bind::bind(&question, &mut disk);
    // A samconfig that cannot be read may well have the environment.
    if let Some(name) = bound.unknown.first().filter(|_| bound.problems.is_empty()) {
        let nearest = ranked(name, bound.known.iter().map(String::as_str));
        let nearest = nearest.into_iter().map(str::to_owned).collect();
        return Err(Failure::UnknownEnvironment { name: name.clone(), nearest, known: bound.known });
    }
    Ok(bound)
}

/// The policy file that governs each file which is only read for links, where one of `policies` does.
pub(super) fn govern_context(
    input: &Input,
    policies: &[ReadPolicy],
    governing: &mut BTreeMap<FileId, usize>,
    config: Option<&Path>,
) {
    if policies.iter().all(|policy| policy.environments.is_empty()) {
        return;
    }
    let mut by_folder: BTreeMap<PathBuf, Option<usize>> = BTreeMap::new();
    for file in input.files.iter().filter(|file| file.role == Role::Context) {
        let name = Path::new(input.sources.name(file.id));
        let folder = name.parent().unwrap_or(Path::new("")).to_path_buf();
        let found = by_folder.entry(folder).or_insert_with_key(|folder| {
            let path =
                config.map(Path::to_path_buf).or_else(|| load::policy_for_folder(&input.working, folder))?;
            policies.iter().position(|policy| policy.path == path)
        });
        governing.extend(found.map(|index| (file.id, index)));
    }
}

fn add(sources: &mut Sources, source: SourceFile) -> Opened {
    let (name, text) = (source.name().to_owned(), source.shared_text());
    Opened { id: sources.add(source), name, text }
}

/// The files of the repository, each read once.
struct Disk<'a> {
    sources: &'a mut Sources,
    local: &'a LocalReader,
    /// By display name.
    read: BTreeMap<String, Option<Opened>>,
}

impl Files for Disk<'_> {
    fn beside(&mut self, naming: FileId, path: &str) -> Option<Opened> {
        let naming = self.sources.name(naming).to_owned();
        let name = paths::beside(&naming, path)?;
        if let Some(known) = self.read.get(&name) {
            return known.clone();
        }
        let source = self.local.read_local(&naming, path);
        let opened = source.map(|source| add(self.sources, source));
        self.read.insert(name, opened.clone());
        opened
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        self.sources.get(file).map(SourceFile::shared_text)
    }
}
