//! Which files a run reads, and reading them; what is in them is not looked at.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::load::paths::{display_name, normalize, policy_above, policy_folder, repository_above};
use crate::load::read::{Content, ReadError, classify, read_template};
use crate::load::walk::{Walk, template_candidates};
use crate::load::{LoadError, Loaded, LoadedFile, LocalReader, Request, Role, named_error};
use crate::order::Order;
use crate::source::SourceFile;

/// Below this many files a thread pool costs more than it saves.
const READ_SERIALLY_BELOW: usize = 16;

/// How many folders deep the neighbourhood of a named file goes where no repository and no policy file says
/// where its workspace ends; it may be somebody's whole home folder.
const NEIGHBOURHOOD_DEPTH: usize = 3;

/// The folder around a named file whose templates are read for links.
#[derive(Debug, PartialEq, Eq)]
struct Neighbourhood {
    root: PathBuf,
    max_depth: Option<usize>,
}

impl Neighbourhood {
    /// The repository of a file in `folder`, else the folder of its policy file, else `folder` itself.
    fn of(request: &Request<'_>, folder: &Path) -> Self {
        if let Some(repository) = repository_above(folder) {
            return Self { root: repository.to_path_buf(), max_depth: None };
        }
        let policy = match request.policy {
            Some(policy) => Some(normalize(&request.working.join(policy))),
            None => policy_above(folder),
        };
        match policy.as_deref().and_then(policy_folder).filter(|root| folder.starts_with(root)) {
            Some(root) => Self { root: root.to_path_buf(), max_depth: None },
            None => Self { root: folder.to_path_buf(), max_depth: Some(NEIGHBOURHOOD_DEPTH) },
        }
    }
}

/// The files of a run before they are read, by absolute path.
#[derive(Default)]
pub(super) struct Plan {
    candidates: BTreeMap<PathBuf, Role>,
    links: Vec<PathBuf>,
    named_files: Vec<PathBuf>,
    named_folders: Vec<PathBuf>,
    contexts: Vec<Neighbourhood>,
    /// Named files, as they are shown, that are not looked at.
    excluded: Vec<String>,
    errors: Vec<LoadError>,
}

impl Plan {
    pub(super) fn add_named(&mut self, request: &Request<'_>, path: &Path) {
        let absolute = normalize(&request.working.join(path));
        let shown = || display_name(&absolute, request.working);
        match absolute.metadata() {
            Ok(metadata) if metadata.is_dir() => self.add_folder(request, absolute),
            Ok(metadata)
                if metadata.is_file() && request.force_exclude && !(request.is_wanted)(&absolute) =>
            {
                self.excluded.push(shown());
            }
            Ok(metadata) if metadata.is_file() => self.add_file(request, absolute),
            Ok(_) => self.errors.push(LoadError::NotAFile { path: shown() }),
            Err(error) => self.errors.push(named_error(shown(), error)),
        }
    }

    fn add_folder(&mut self, request: &Request<'_>, folder: PathBuf) {
        let walk = Walk { respect_ignore_files: request.respect_ignore_files, max_depth: None };
        let (files, errors) = template_candidates(&folder, walk);
        for file in files.into_iter().filter(|file| (request.is_wanted)(&file.path)) {
            if file.is_link {
                self.links.push(file.path.clone());
            }
            self.candidates.insert(file.path, Role::Reported);
        }
        self.errors.extend(errors.into_iter().map(|refused| LoadError::Unreadable {
            path: display_name(&refused.path, request.working),
            source: refused.error,
        }));
        self.named_folders.push(folder);
    }

    pub(super) fn add_file(&mut self, request: &Request<'_>, file: PathBuf) {
        if let Some(folder) = file.parent() {
            let neighbourhood = Neighbourhood::of(request, folder);
            if !self.contexts.contains(&neighbourhood) {
                self.contexts.push(neighbourhood);
            }
        }
        self.candidates.insert(file.clone(), Role::Reported);
        self.named_files.push(file);
    }

    /// Adds the rest of the repositories of named files. What cannot be read there is left out without a word:
    /// nobody asked about it.
    pub(super) fn add_context(&mut self, request: &Request<'_>) {
        for Neighbourhood { root, max_depth } in &self.contexts {
            // The top of a file system is nobody's workspace.
            if root.parent().is_none() || self.named_folders.iter().any(|folder| root.starts_with(folder)) {
                continue;
            }
            let walk = Walk { respect_ignore_files: request.respect_ignore_files, max_depth: *max_depth };
            let found = template_candidates(root, walk).0.into_iter();
            for file in found.filter(|file| (request.is_wanted)(&file.path)) {
                if file.is_link {
                    self.links.push(file.path.clone());
                }
                self.candidates.entry(file.path).or_insert(Role::Context);
            }
        }
    }

    /// Drops symbolic links to files that are read anyway: the same text twice would export its names twice.
    fn drop_links(&mut self) {
        let mut kept = HashSet::new();
        self.links.order();
        for link in &self.links {
            let Ok(target) = link.canonicalize() else { continue };
            if self.named_files.contains(link) {
                continue;
            }
            if self.candidates.contains_key(&target) || !kept.insert(target) {
                self.candidates.remove(link);
            }
        }
    }

    pub(super) fn read(mut self, request: &Request<'_>, overlay: Option<&(PathBuf, &[u8])>) -> Loaded {
        self.drop_links();
        let mut jobs: Vec<Job> = std::mem::take(&mut self.candidates)
            .into_iter()
            .map(|(path, role)| Job { name: display_name(&path, request.working), path, role })
            .collect();
        jobs.order_by(|left, right| left.name.cmp(&right.name).then_with(|| left.path.cmp(&right.path)));
        let looks_like_template = request.looks_like_template;
        let read = |job: &Job| match overlay {
            Some((path, bytes)) if *path == job.path => Ok(classify(bytes.to_vec(), looks_like_template)),
            _ => read_template(&job.path, looks_like_template),
        };
        let contents: Vec<Result<Content, ReadError>> = if jobs.len() < READ_SERIALLY_BELOW {
            jobs.iter().map(read).collect()
        } else {
            jobs.par_iter().map(read).collect()
        };
        self.collect(request, jobs, contents, overlay.map(|(path, _)| path))
    }

    fn collect(
        mut self,
        request: &Request<'_>,
        jobs: Vec<Job>,
        contents: Vec<Result<Content, ReadError>>,
        overlay: Option<&PathBuf>,
    ) -> Loaded {
        let mut roots = self.named_folders.clone();
        roots.extend(self.contexts.iter().map(|context| context.root.clone()));
        let mut local = LocalReader::new(request.working, roots);
        let named: HashSet<&PathBuf> = self.named_files.iter().collect();
        let mut with_template: HashSet<&PathBuf> = HashSet::new();
        let mut files = Vec::new();
        let mut skipped = Vec::new();
        for (job, content) in jobs.into_iter().zip(contents) {
            match content {
                Ok(Content::Template(text, problem)) => {
                    let text: Arc<str> = text.into();
                    if overlay == Some(&job.path) {
                        local.set_overlay(job.path.clone(), Arc::clone(&text));
                    }
                    if job.role == Role::Reported {
                        with_template
                            .extend(self.named_folders.iter().filter(|folder| job.path.starts_with(folder)));
                    }
                    files.push(LoadedFile {
                        source: SourceFile::new(job.name, text),
                        role: job.role,
                        problem,
                    });
                }
                Ok(Content::NotTemplate) if named.contains(&job.path) => skipped.push(job.name),
                Ok(Content::NotTemplate) => {}
                Err(error) => {
                    let is_named = named.contains(&job.path);
                    self.errors.extend(job.failed(error, is_named));
                }
            }
        }
        let empty = self.named_folders.iter().filter(|folder| !with_template.contains(folder));
        let empty_folders = empty.map(|folder| display_name(folder, request.working)).collect();
        self.errors.order_by(|left, right| left.path().cmp(right.path()));
        Loaded { files, empty_folders, skipped, excluded: self.excluded, errors: self.errors, local }
    }
}

/// A file to be read.
struct Job {
    name: String,
    path: PathBuf,
    role: Role,
}

impl Job {
    /// What to say when reading failed; nothing where the file only stands in the neighbourhood, or was found
    /// by walking and has vanished since.
    fn failed(self, error: ReadError, named: bool) -> Option<LoadError> {
        if self.role == Role::Context {
            return None;
        }
        match error {
            ReadError::NotAFile => named.then_some(LoadError::NotAFile { path: self.name }),
            ReadError::Io(source) if source.kind() == io::ErrorKind::NotFound => {
                named.then_some(LoadError::Missing { path: self.name })
            }
            ReadError::Io(source) => Some(LoadError::Unreadable { path: self.name, source }),
        }
    }
}
