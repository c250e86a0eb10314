//! Files of an organisation's own rules, and the templates that examples in them name.
//!
//! A policy file may be somebody else's text, so nothing is read outside of its repository. What the files say
//! is not looked at here.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::load::LoadError;
use crate::load::paths::{display_name, has_template_extension, normalize, repository_above};
use crate::load::read::read_text;
use crate::order::Order;
use crate::source::SourceFile;

/// Most rule files in one folder, and most templates of one example.
const MOST_FILES: usize = 1000;

/// The folder of a folder of rules in which nobody looks for templates to judge.
const EXAMPLES: &str = "examples";

/// How deep the folders of an example may lie in each other.
const MOST_FOLDERS: usize = 8;

/// Why the rules of a folder cannot be had. All of these are for the author of the policy file to mend, but for
/// the last.
#[derive(Debug)]
pub enum RuleFolderError {
    /// There is no such folder.
    Missing,
    /// It leads out of the repository of the policy file.
    Outside,
    /// No `*.yaml` or `*.yml` lies in it.
    Empty,
    /// More files lie in it than anybody could read.
    TooMany,
    /// The system refuses, or a file is no text.
    Load(LoadError),
}

impl fmt::Display for RuleFolderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("there is no such folder"),
            Self::Outside => formatter.write_str("it leads out of the repository of the policy file"),
            Self::Empty => formatter.write_str("no rule (`*.yaml`) lies in it"),
            Self::TooMany => write!(formatter, "more than {MOST_FILES} files lie in it"),
            Self::Load(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for RuleFolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Missing | Self::Outside | Self::Empty | Self::TooMany => None,
            Self::Load(error) => Some(error),
        }
    }
}

/// Reads the `*.yaml` and `*.yml` files of a folder, those in folders below it left out, sorted by name; `folder`
/// is relative to the file called `naming`. Longer ones than `limit` bytes are cut one byte behind it, so that
/// whoever knows the limit sees that it is passed.
///
/// # Errors
/// When there is no such folder, nothing in it, too much, something unreadable, or it is not inside the
/// repository of `naming` (without one: the folder of `naming`).
pub fn rule_files(
    working: &Path,
    naming: &str,
    folder: &str,
    limit: usize,
) -> Result<Vec<SourceFile>, RuleFolderError> {
    let naming = normalize(&working.join(naming));
    let base = naming.parent().unwrap_or(Path::new(""));
    let folder = below(base, folder).map_err(|outside| match outside {
        Some(()) => RuleFolderError::Outside,
        None => RuleFolderError::Missing,
    })?;
    let refused = |source| {
        RuleFolderError::Load(LoadError::Unreadable { path: display_name(&folder, working), source })
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_file() && matches!(ending, Some("yaml" | "yml")) {
            paths.push(path);
        }
        if paths.len() > MOST_FILES {
            return Err(RuleFolderError::TooMany);
        }
    }
    paths.order();
    if paths.is_empty() {
        return Err(RuleFolderError::Empty);
    }
    let read = |path: &PathBuf| rule_file(working, path, limit);
    paths.iter().map(read).collect()
}

/// Whether the file at an absolute path is a template of an example: it lies in the folder `examples` of a folder
/// of rules. `folder` is relative to the file called `naming`.
pub fn is_example(working: &Path, naming: &str, folder: &str, file: &Path) -> bool {
    let naming = normalize(&working.join(naming));
    let base = naming.parent().unwrap_or(Path::new(""));
    normalize(file).starts_with(normalize(&base.join(folder)).join(EXAMPLES))
}

fn rule_file(working: &Path, path: &Path, limit: usize) -> Result<SourceFile, RuleFolderError> {
    let name = display_name(path, working);
    let refused = |source| RuleFolderError::Load(LoadError::Unreadable { path: name.clone(), source });
    let mut text = match read_text(path) {
        Ok(Some(text)) => text,
        Ok(None) => return Err(refused(io::Error::other("it is no UTF-8 text, or too long"))),
        Err(_) => return Err(refused(io::Error::other("it cannot be read"))),
    };
    if text.len() > limit {
        let mut end = limit + 1;
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.truncate(end);
    }
    Ok(SourceFile::new(name, text))
}

/// The folder or file at `relative` from `base`. `Err(Some)` when it lies outside of the repository of `base`,
/// `Err(None)` when nothing is there.
fn below(base: &Path, relative: &str) -> Result<PathBuf, Option<()>> {
    let wanted = normalize(&base.join(relative.replace('\\', "/")));
    let fence = repository_above(base).unwrap_or(base).canonicalize().map_err(|_| None)?;
    let real = wanted.canonicalize().map_err(|_| None)?;
    if real.starts_with(&fence) { Ok(wanted) } else { Err(Some(())) }
}

/// The templates of an example: those at `path`, a file or a folder, relative to the rule file called `naming`.
/// Names are relative to `path`; of a file its own name. Empty when nothing is there that could be read.
pub fn example(working: &Path, naming: &str, path: &str) -> Vec<(String, String)> {
    let naming = normalize(&working.join(naming));
    let base = naming.parent().unwrap_or(Path::new(""));
    let Ok(wanted) = below(base, path) else { return Vec::new() };
    if wanted.is_file() {
        let name = wanted.file_name().map(|name| name.to_string_lossy().into_owned());
        return name.zip(read_text(&wanted).ok().flatten()).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut open = vec![(wanted.clone(), 0)];
    while let Some((folder, depth)) = open.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
            if path.is_dir() && !is_link && depth < MOST_FOLDERS {
                open.push((path, depth + 1));
            } else if path.is_file() && has_template_extension(&path) && found.len() < MOST_FILES {
                let text = read_text(&path).ok().flatten();
                found.extend(text.map(|text| (display_name(&path, &wanted), text)));
            }
        }
    }
    found.order();
    found
}
