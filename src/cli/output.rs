//! Where results go: standard output or a file that is written whole. What they say is made elsewhere.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::cli::args::ColorChoice;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::cli::judge::nothing_judged;
use crate::diagnostic::Diagnostic;
use crate::report::clean::phrase;
use crate::report::text::{self, Colour, TextOptions};

/// Runs `write` against standard output, or collects what it writes and puts that into `file` whole.
pub(super) fn deliver(
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let Some(path) = file else { return to_stdout(write) };
    let mut bytes = Vec::new();
    write(&mut bytes)
        .and_then(|()| replace_file(path, &bytes))
        .map_err(|source| Failure::Output { path: path.to_path_buf(), source })
}

/// Runs `write` against standard output, locked and buffered. A reader that went away wanted no more.
pub(super) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    write(&mut out).and_then(|()| out.flush()).map_err(|error| {
        // What is left in the buffer has no reader either.
        let _ = out.into_parts();
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::Stdout(error),
        }
    })
}

/// Writes one line to standard error. When even that fails there is nobody left to tell.
pub(super) fn note(line: &str) {
    note_all([line]);
}

/// Writes lines to standard error; names of files in them cannot do harm to a terminal.
pub(super) fn note_all(lines: impl IntoIterator<Item = impl AsRef<str>>) {
    let mut text = String::new();
    for line in lines {
        text += &phrase(line.as_ref());
        text.push('\n');
    }
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes mistakes because of which nothing was done to standard error.
pub(super) fn note_mistakes(mistakes: &[Diagnostic], input: &Input) {
    note_diagnostics(mistakes, input);
    note(nothing_judged(mistakes));
}

/// Writes diagnostics to standard error, for verbs whose results are something else.
pub(super) fn note_diagnostics(mistakes: &[Diagnostic], input: &Input) {
    let options = TextOptions { colour: Colour::Never, width: width() };
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = text::write(&mut bytes, mistakes, &input.sources, &options);
    note_all(String::from_utf8_lossy(&bytes).lines());
}

/// Writes a file that must not be there yet.
pub(super) fn create_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    created
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|source| Failure::Output { path: path.to_path_buf(), source })
}

/// Puts `bytes` into the file at `path`: whole or not at all, so that nobody ever reads half a result.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A pipe or a device is written to; only regular files are replaced. A link stays, its target is replaced.
    let target = match path.canonicalize() {
        Ok(real) if !real.metadata()?.is_file() => return fs::write(path, bytes),
        Ok(real) => real,
        Err(_) => path.to_path_buf(),
    };
    let temporary = beside(&target);
    let written = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        if let Ok(old) = target.metadata() {
            file.set_permissions(old.permissions())?;
        }
        // A name that leads to bytes which are not on the disk yet would be an empty file after a power failure.
        file.sync_all()?;
        fs::rename(&temporary, &target)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A name for a temporary file in the folder of `target`: renaming works only inside one file system.
fn beside(target: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    target.with_file_name(name)
}

/// Whether to colour what goes to standard output, or to a file.
///
/// The flag decides; then `NO_COLOR` (<https://no-color.org>: any text but the empty one), then
/// `CLICOLOR_FORCE` (<https://bixense.com/clicolors>: anything but `0`), then whether a terminal is there.
pub(super) fn wants_color(choice: ColorChoice, to_file: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if to_file || set("NO_COLOR").is_some() => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => set("TERM").is_none_or(|term| term != "dumb") && io::stdout().is_terminal(),
    }
}

/// How many columns to fill: those of the terminal as far as the environment says, else 100.
pub(super) fn width() -> usize {
    const USUAL: usize = 100;
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .filter(|&n| n >= 40)
        .unwrap_or(USUAL)
}
