//! Files that a template names: nested stacks, `DefinitionUri`, `AWS::Include`.
//!
//! A template is somebody else's text, so what it names is read only inside the repository or workspace it
//! stands in, and never from the network.

use std::path::{Path, PathBuf};

use crate::load::paths::{display_name, normalize, policy_folder, repository_above};
use crate::load::read::read_text;
use crate::source::SourceFile;

/// Reads files for templates that are already loaded.
#[derive(Clone, Debug)]
pub struct LocalReader {
    working: PathBuf,
    /// Absolute folders that were named or stand for named files.
    roots: Vec<PathBuf>,
    /// Text of standard input under the path it was given.
    overlay: Option<(PathBuf, SourceFileText)>,
}

type SourceFileText = std::sync::Arc<str>;

impl LocalReader {
    pub(super) fn new(working: &Path, roots: Vec<PathBuf>) -> Self {
        Self { working: working.to_path_buf(), roots, overlay: None }
    }

    pub(super) fn set_overlay(&mut self, path: PathBuf, text: SourceFileText) {
        self.overlay = Some((path, text));
    }

    /// The text that the file called `naming_file` names as `relative`, under its display name.
    ///
    /// `None` when `relative` is absolute, has a URL scheme, leads (also through symbolic links) out of the
    /// repository of the naming file or, without one, out of the folder that was named; and when there is no
    /// regular UTF-8 file of at most [`super::MAX_TEMPLATE_BYTES`] there.
    pub fn read_local(&self, naming_file: &str, relative: &str) -> Option<SourceFile> {
        if relative.is_empty() || relative.contains("://") || relative.contains('\0') {
            return None;
        }
        // Templates written on Windows are read everywhere.
        let relative = relative.replace('\\', "/");
        let written = Path::new(&relative);
        if written.is_absolute() || written.has_root() {
            return None;
        }
        let naming = normalize(&self.working.join(naming_file));
        let folder = naming.parent()?;
        let wanted = normalize(&folder.join(written));
        if let Some((path, text)) = &self.overlay
            && *path == wanted
        {
            return Some(SourceFile::new(display_name(&wanted, &self.working), text.clone()));
        }
        let fence = self.fence(folder).canonicalize().ok()?;
        let real = wanted.canonicalize().ok()?;
        if !real.starts_with(&fence) {
            return None;
        }
        let text = read_text(&real).ok()??;
        Some(SourceFile::new(display_name(&wanted, &self.working), text))
    }

    /// Whether every template that the policy file at `path` governs was looked for.
    pub fn covers(&self, path: &Path) -> bool {
        let policy = normalize(&self.working.join(path));
        let governed = policy_folder(&policy);
        governed.is_some_and(|folder| self.roots.iter().any(|root| folder.starts_with(root)))
    }

    /// The folder that nothing is read outside of.
    fn fence<'a>(&'a self, folder: &'a Path) -> &'a Path {
        if let Some(repository) = repository_above(folder) {
            return repository;
        }
        let holding = self.roots.iter().filter(|root| folder.starts_with(root));
        holding.max_by_key(|root| std::cmp::Reverse(root.as_os_str().len())).map_or(folder, PathBuf::as_path)
    }
}
