//! Finding files under a folder.
//!
//! Only names and kinds are looked at: no file is opened, and folders behind symbolic links are not entered.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::load::ignored::Ignored;
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
    let mut ignored = Ignored::default();
    // Without a repository there is no end to the folders above, and they are none of ours.
    if let Some(repository) = repository_above(root) {
        let above: Vec<&Path> =
            root.ancestors().skip(1).take_while(|up| up.starts_with(repository)).collect();
        above.into_iter().rev().for_each(|folder| ignored.enter(folder));
    }
    let outside = ignored.depth();
    let max_depth = walk.max_depth.map_or(usize::MAX, |depth| depth + 1);
    let mut entries = WalkDir::new(root).follow_links(false).max_depth(max_depth).into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.error(root, error);
                continue;
            }
        };
        let is_folder = entry.file_type().is_dir();
        if !is_folder && !has_template_extension(entry.path()) {
            continue;
        }
        ignored.leave(outside + entry.depth());
        if entry.depth() > 0 {
            let name = entry.file_name().to_str().unwrap_or_default();
            if is_folder && BUILD_FOLDERS.contains(&name) || ignored.leaves_out(entry.path(), is_folder) {
                if is_folder {
                    entries.skip_current_dir();
                }
                continue;
            }
        }
        if is_folder {
            ignored.enter(entry.path());
        }
        found.entry(entry.file_type(), entry.into_path());
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
            Err(error) => found.error(root, error),
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

    fn error(&mut self, root: &Path, error: walkdir::Error) {
        let path = error.path().unwrap_or(root).to_path_buf();
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
