//! How configuration reads the files that it names: asked of whoever can read.

use std::sync::Arc;

use crate::source::FileId;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its id in the run.
    pub id: FileId,
    /// Its display name.
    pub name: String,
    /// Its text.
    pub text: Arc<str>,
}

/// Reads files and remembers them: the same file is the same id each time.
pub trait Files {
    /// The file that `path` means, written in the file `naming`. `None` when there is no such text file, or when
    /// it lies where configuration may not lead: outside of the repository.
    fn beside(&mut self, naming: FileId, path: &str) -> Option<Opened>;

    /// The text of a file of the run.
    fn text(&self, file: FileId) -> Option<Arc<str>>;
}
