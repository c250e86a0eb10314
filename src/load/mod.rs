//! Paths and standard input → texts: discovery, reading, and the files that templates name.
//!
//! It decides which files belong to a run and whether they are reported on; it does not parse them, and what
//! makes a text a template is asked of a function it is given.

mod ignored;
mod local;
mod paths;
mod plan;
mod read;
mod rules;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use crate::load::local::LocalReader;
pub use crate::load::read::{MAX_TEMPLATE_BYTES, TextProblem};
pub use crate::load::rules::{RuleFolderError, example, is_example, rule_files};

use crate::load::paths::{display_name, normalize, policy_above, policy_folder, repository_above};
use crate::load::plan::Plan;
use crate::load::read::read_up_to;
use crate::source::SourceFile;

/// Whether the file at `path` holds `text` and nothing else.
pub fn still_says(path: &Path, text: &str) -> bool {
    read::read_text(path).is_ok_and(|now| now.as_deref() == Some(text))
}

/// Why a file is part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It stands in the named paths: findings in it are shown.
    Reported,
    /// It stands in the repository of a named file: it is read for links only.
    Context,
}

/// A template of the run.
#[derive(Debug)]
pub struct LoadedFile {
    /// Its text; the name is relative to the working directory, with `/`.
    pub source: SourceFile,
    /// Why it is here.
    pub role: Role,
    /// Set when its bytes are no text that can be judged. The text is then the best that can be shown.
    pub problem: Option<TextProblem>,
}

/// What to load.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The absolute working directory; names are relative to it.
    pub working: &'a Path,
    /// Files and folders, as they were given.
    pub paths: &'a [PathBuf],
    /// A text that stands in for a file: its name as given, and its bytes.
    pub stdin: Option<(&'a Path, &'a [u8])>,
    /// Read nothing beyond what is named.
    pub isolated: bool,
    /// Leave out what `.gitignore` and `.ignore` leave out, and build folders.
    pub respect_ignore_files: bool,
    /// The policy file that was asked for by name.
    pub policy: Option<&'a Path>,
    /// Whether a file that was found in a folder, by its absolute path, is looked at.
    pub is_wanted: &'a dyn Fn(&Path) -> bool,
    /// Ask that of named files, too.
    pub force_exclude: bool,
    /// Whether bytes, possibly only the first of a file, look like a template.
    pub looks_like_template: fn(&[u8]) -> bool,
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Templates, sorted by name.
    pub files: Vec<LoadedFile>,
    /// Named folders, as they are shown, in which no template was found.
    pub empty_folders: Vec<String>,
    /// Named files, as they are shown, that are no templates.
    pub skipped: Vec<String>,
    /// Named files, as they are shown, that are not wanted.
    pub excluded: Vec<String>,
    /// What could not be read, sorted by path. The rest of the run is not hurt by it.
    pub errors: Vec<LoadError>,
    /// Reads what these templates name.
    pub local: LocalReader,
}

/// A path that could not be read. All of these are for the user to mend.
#[derive(Debug)]
pub enum LoadError {
    /// A named path is not there.
    Missing {
        /// The path, as it is shown.
        path: String,
    },
    /// A named path is a FIFO, a socket or a device.
    NotAFile {
        /// The path, as it is shown.
        path: String,
    },
    /// The system refused to show a file or folder.
    Unreadable {
        /// The path, as it is shown.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

impl LoadError {
    fn path(&self) -> &str {
        match self {
            Self::Missing { path } | Self::NotAFile { path } | Self::Unreadable { path, .. } => path,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(formatter, "no such file or folder: {path}"),
            Self::NotAFile { path } => write!(formatter, "neither a file nor a folder: {path}"),
            Self::Unreadable { path, source } => write!(formatter, "cannot read {path}: {source}"),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Missing { .. } | Self::NotAFile { .. } => None,
            Self::Unreadable { source, .. } => Some(source),
        }
    }
}

/// Finds and reads all templates of a run. Files are read in parallel on rayon's current pool; the result does
/// not depend on it.
pub fn load(request: &Request<'_>) -> Loaded {
    let mut plan = Plan::default();
    for path in request.paths {
        plan.add_named(request, path);
    }
    let overlay = request.stdin.map(|(name, bytes)| {
        let path = normalize(&request.working.join(name));
        plan.add_file(request, path.clone());
        (path, bytes)
    });
    if !request.isolated {
        plan.add_context(request);
    }
    plan.read(request, overlay.as_ref())
}

/// Reads all of standard input, at most a little more than [`MAX_TEMPLATE_BYTES`].
///
/// # Errors
/// When the stream fails.
pub fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_TEMPLATE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The policy file that governs the files of a folder, looked for up to the root of its repository.
pub fn policy_for_folder(working: &Path, folder: &Path) -> Option<PathBuf> {
    policy_above(&normalize(&working.join(folder)))
}

/// The path of a file for the patterns of a policy file: relative to the folder the policy file speaks for,
/// with `..` where it lies outside.
pub fn path_for_policy(working: &Path, policy: &Path, file: &Path) -> String {
    let policy = normalize(&working.join(policy));
    let file = normalize(&working.join(file));
    policy_folder(&policy).map_or_else(|| display_name(&file, working), |folder| display_name(&file, folder))
}

/// Whether the folder that a policy file speaks for lies in one of the named folders.
pub fn is_below_any(working: &Path, policy: &Path, named: &[PathBuf]) -> bool {
    let policy = normalize(&working.join(policy));
    let folder = policy_folder(&policy).unwrap_or(Path::new(""));
    named.iter().map(|named| normalize(&working.join(named))).any(|named| folder.starts_with(named))
}

/// The file or folder that a policy file names, relative to where the policy file lies.
///
/// # Errors
/// A phrase, when it is a URL or an absolute path, or leads (also through symbolic links) out of the
/// repository of the policy file or, without one, out of its folder: what a repository says must not make us
/// show what lies elsewhere.
pub fn named_by_policy(working: &Path, policy: &Path, relative: &str) -> Result<PathBuf, &'static str> {
    if relative.contains("://") {
        return Err("nothing is fetched: keep a copy in the repository");
    }
    let written = Path::new(relative);
    if written.is_absolute() || written.has_root() || relative.contains('\0') {
        return Err("write a path relative to this file");
    }
    let policy = normalize(&working.join(policy));
    let folder = policy.parent().unwrap_or(Path::new(""));
    let wanted = normalize(&folder.join(written));
    let fence = repository_above(folder).unwrap_or(folder);
    let outside = match (wanted.canonicalize(), fence.canonicalize()) {
        (Ok(real), Ok(fence)) => !real.starts_with(fence),
        _ => !wanted.starts_with(fence),
    };
    if outside { Err("it lies outside of the repository") } else { Ok(wanted) }
}

/// Reads a policy file, or another one that was named, under its display name. Longer ones than `limit` bytes are
/// refused.
///
/// # Errors
/// When there is no such regular file, it is too long, or it is not UTF-8.
pub fn read_policy(working: &Path, path: &Path, limit: u64) -> Result<SourceFile, LoadError> {
    let absolute = normalize(&working.join(path));
    let shown = display_name(&absolute, working);
    let unreadable = |source| LoadError::Unreadable { path: shown.clone(), source };
    let metadata = absolute.metadata().map_err(|error| named_error(shown.clone(), error))?;
    if !metadata.is_file() {
        return Err(LoadError::NotAFile { path: shown });
    }
    let mut file = std::fs::File::open(&absolute).map_err(unreadable)?;
    let bytes = read_up_to(&mut file, metadata.len(), limit + 1).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(unreadable(io::Error::other(format!("longer than {limit} bytes"))));
    }
    let text = String::from_utf8(bytes).map_err(|error| unreadable(io::Error::other(error.utf8_error())))?;
    Ok(SourceFile::new(shown, text))
}

fn named_error(path: String, source: io::Error) -> LoadError {
    if source.kind() == io::ErrorKind::NotFound {
        LoadError::Missing { path }
    } else {
        LoadError::Unreadable { path, source }
    }
}
