//! Finding files under a folder.
//!
//! Only names and kinds are looked at: no file is opened, and folders behind symbolic links are not entered.

use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use walkdir::WalkDir;

use crate::load::paths::{has_template_extension, repository_above};

/// Folders that hold no sources: version control, packages, and what `sam build` and `cdk synth` write. They
/// are left out below a folder, and read when they are named themselves.
const BUILD_FOLDERS: [&str; 4] = [".git", ".aws-sam", "cdk.out", "node_modules"];

/// A path that the system would not show us.
#[derive(Debug)]
pub(super) struct WalkError {
    /// The path, as far as it is known.
    pub(super) path: PathBuf,
    /// What the system said.
    pub(super) error: io::Error,
}

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    /// The `.gitignore` and `.ignore` files of the repository count (those of the user's account do not, so that
    /// a run says the same everywhere) and build folders are left out. Otherwise only `.git` is left out.
    pub(super) respect_ignore_files: bool,
    /// How many folders deep to look, the root being 0; `None` for no end.
    pub(super) max_depth: Option<usize>,
}

/// A file whose name ends like a template's.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its path below the root that was walked.
    pub(super) path: PathBuf,
    /// Whether it is a symbolic link (to a regular file).
    pub(super) is_link: bool,
}

/// Files under `root` whose names end like a template's, unsorted, and what could not be looked into.
pub(super) fn template_candidates(root: &Path, walk: Walk) -> (Vec<Candidate>, Vec<WalkError>) {
    if walk.respect_ignore_files { walk_respecting(root, walk) } else { walk_everything(root, walk) }
}

fn walk_respecting(root: &Path, walk: Walk) -> (Vec<Candidate>, Vec<WalkError>) {
    let mut found = Found::default();
    let walk = WalkBuilder::new(root)
        .max_depth(walk.max_depth.map(|depth| depth + 1))
        .hidden(false)
        .follow_links(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        // Without a repository there is no end to the folders above, and they are none of ours.
        .parents(repository_above(root).is_some())
        .filter_entry(|entry| {
            let name = entry.file_name().to_str().unwrap_or_default();
            entry.depth() == 0
                || !(BUILD_FOLDERS.contains(&name) && entry.file_type().is_some_and(|kind| kind.is_dir()))
        })
        .build();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let Some(kind) = entry.file_type() else { continue };
                found.entry(kind, entry.into_path());
            }
            Err(error) => found.error(root, error),
        }
    }
    (found.files, found.errors)
}

fn walk_everything(root: &Path, walk: Walk) -> (Vec<Candidate>, Vec<WalkError>) {
    let mut found = Found::default();
    let max_depth = walk.max_depth.map_or(usize::MAX, |depth| depth + 1);
    let walk =
        WalkDir::new(root).follow_links(false).max_depth(max_depth).into_iter().filter_entry(|entry| {
            entry.depth() == 0 || entry.file_name() != ".git" || !entry.file_type().is_dir()
        });
    for entry in walk {
        match entry {
            Ok(entry) => found.entry(entry.file_type(), entry.into_path()),
            Err(error) => {
                let path = error.path().unwrap_or(root).to_path_buf();
                if let Some(error) = error.into_io_error() {
                    found.refused(path, error);
                }
            }
        }
    }
    (found.files, found.errors)
}

#[derive(Default)]
struct Found {
    files: Vec<Candidate>,
    errors: Vec<WalkError>,
}

impl Found {
    fn entry(&mut self, kind: std::fs::FileType, path: PathBuf) {
        if !has_template_extension(&path) {
            return;
        }
        // A link counts when it leads to a regular file; one that leads nowhere is nobody's mistake here.
        let is_link = kind.is_symlink();
        if kind.is_file() || is_link && path.metadata().is_ok_and(|target| target.is_file()) {
            self.files.push(Candidate { path, is_link });
        }
    }

    fn error(&mut self, root: &Path, error: ignore::Error) {
        let path = path_of(&error).unwrap_or(root).to_path_buf();
        if let Some(error) = error.into_io_error() {
            self.refused(path, error);
        }
    }

    fn refused(&mut self, path: PathBuf, error: io::Error) {
        // What vanished while we looked is not there any more: nothing to say.
        if error.kind() != io::ErrorKind::NotFound {
            self.errors.push(WalkError { path, error });
        }
    }
}

fn path_of(mut error: &ignore::Error) -> Option<&Path> {
    loop {
        match error {
            ignore::Error::WithPath { path, .. } => return Some(path),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error = err,
            _ => return None,
        }
    }
}
