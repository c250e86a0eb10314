//! From paths on the command line to texts with ids and the policy that governs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::args::PolicyArgs;
use crate::cli::failure::Failure;
use crate::cli::policy::{Discoverer, Known};
use crate::load::{self, LoadError, Loaded, LocalReader, Request, Role, TextProblem};
use crate::source::{FileId, Sources};
use crate::syntax::sniff;

/// What a verb is asked to read.
pub(super) struct Wanted<'a> {
    /// Paths as given; `-` stands alone and means standard input.
    pub(super) paths: &'a [PathBuf],
    /// Name that standard input stands for.
    pub(super) stdin_filename: Option<&'a Path>,
    /// Where settings come from.
    pub(super) policy: &'a PolicyArgs,
    /// Whether `.gitignore` and `.ignore` count.
    pub(super) respect_ignore_files: bool,
    /// Whether what the policy file excludes is left out when it is named, too.
    pub(super) force_exclude: bool,
}

/// A template of the run.
pub(super) struct InputFile {
    pub(super) id: FileId,
    pub(super) role: Role,
    pub(super) problem: Option<TextProblem>,
}

/// Everything that was read.
pub(super) struct Input {
    pub(super) working: PathBuf,
    pub(super) sources: Sources,
    /// Sorted by name.
    pub(super) files: Vec<InputFile>,
    pub(super) empty_folders: Vec<String>,
    pub(super) skipped: Vec<String>,
    pub(super) excluded: Vec<String>,
    pub(super) errors: Vec<LoadError>,
    pub(super) local: LocalReader,
    /// Policy files and own rules of the run.
    pub(super) known: Known,
    /// Standard input as it was read, where that is what is judged.
    pub(super) stdin: Option<Vec<u8>>,
    /// Paths as given.
    named: Vec<PathBuf>,
}

impl Input {
    /// The files that are reported on, ascending.
    pub(super) fn reported(&self) -> Vec<FileId> {
        self.files.iter().filter(|file| file.role == Role::Reported).map(|file| file.id).collect()
    }

    /// Whether all files that a policy file is for are reported on.
    pub(super) fn is_whole_for(&self, policy: &Path) -> bool {
        load::is_below_any(&self.working, policy, &self.named)
    }
}

/// Reads what is wanted.
pub(super) fn read(wanted: &Wanted<'_>) -> Result<Input, Failure> {
    let working = std::env::current_dir().map_err(Failure::WorkingDirectory)?;
    let bytes = if reads_stdin(wanted)? { Some(load::read_stdin().map_err(Failure::Stdin)?) } else { None };
    let name = wanted.stdin_filename.unwrap_or(Path::new("<stdin>"));
    let discoverer = Discoverer::new(&working, wanted.policy);
    let loaded = load::load(&Request {
        working: &working,
        paths: if bytes.is_some() { &[] } else { wanted.paths },
        stdin: bytes.as_deref().map(|bytes| (name, bytes)),
        isolated: wanted.policy.isolated,
        respect_ignore_files: wanted.respect_ignore_files,
        policy: wanted.policy.config.as_deref(),
        is_wanted: &|file| discoverer.wants(file),
        force_exclude: wanted.force_exclude,
        looks_like_template,
    });
    drop(discoverer);
    Ok(Input { stdin: bytes, ..register(working, loaded, wanted.paths.to_vec()) })
}

fn reads_stdin(wanted: &Wanted<'_>) -> Result<bool, Failure> {
    let dash = wanted.paths.iter().any(|path| path.as_os_str() == "-");
    match (dash, wanted.paths.len()) {
        (true, 1) => Ok(true),
        (true, _) => Err(Failure::StdinBesidePaths),
        (false, _) if wanted.stdin_filename.is_some() => Err(Failure::NameWithoutStdin),
        (false, _) => Ok(false),
    }
}

fn register(working: PathBuf, loaded: Loaded, named: Vec<PathBuf>) -> Input {
    let mut sources = Sources::new();
    let files = loaded
        .files
        .into_iter()
        .map(|file| InputFile { id: sources.add(file.source), role: file.role, problem: file.problem })
        .collect();
    Input {
        working,
        sources,
        files,
        empty_folders: loaded.empty_folders,
        skipped: loaded.skipped,
        excluded: loaded.excluded,
        errors: loaded.errors,
        local: loaded.local,
        known: Known::default(),
        stdin: None,
        named,
    }
}

/// The policy files of a run, each with the reported files it governs; `None` for those without one.
pub(super) fn governed(input: &Input, policy: &PolicyArgs) -> BTreeMap<Option<PathBuf>, Vec<FileId>> {
    let mut governed: BTreeMap<Option<PathBuf>, Vec<FileId>> = BTreeMap::new();
    let mut by_folder: BTreeMap<PathBuf, Option<PathBuf>> = BTreeMap::new();
    for file in input.files.iter().filter(|file| file.role == Role::Reported) {
        let found = if policy.isolated {
            None
        } else if let Some(config) = &policy.config {
            Some(config.clone())
        } else {
            let name = Path::new(input.sources.name(file.id));
            let folder = name.parent().unwrap_or(Path::new("")).to_path_buf();
            by_folder
                .entry(folder)
                .or_insert_with_key(|folder| load::policy_for_folder(&input.working, folder))
                .clone()
        };
        governed.entry(found).or_default().push(file.id);
    }
    governed
}

/// Whether bytes, possibly only the first of a file, look like a template.
fn looks_like_template(bytes: &[u8]) -> bool {
    // Bytes that are no text are looked past here: in a template they are a finding of their own.
    sniff::looks_like_template(&String::from_utf8_lossy(bytes)).is_template()
}
