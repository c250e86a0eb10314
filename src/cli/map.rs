//! The verb `map`: who can reach what.

use crate::answer::map::map;
use crate::cli::args::{ListFormat, MapArgs};
use crate::cli::failure::{Failure, Status};
use crate::cli::input::{self, Wanted};
use crate::cli::judge::{BAD_POLICY, Flags, analyse, policies};
use crate::cli::output::{note, note_all, to_stdout, width};
use crate::cli::progress::Progress;
use crate::load::Role;
use crate::report::text::{Colour, TextOptions};
use crate::report::{self, text};
use crate::source::FileId;

/// Runs `map`.
pub(super) fn run(args: &MapArgs) -> Result<Status, Failure> {
    let progress = Progress::start(false, "reading files");
    let mut input = input::read(&Wanted {
        paths: &args.paths,
        stdin_filename: None,
        policy: &args.policy,
        respect_ignore_files: true,
        force_exclude: false,
    })?;
    if let Err(mistakes) = policies(&mut input, &args.policy, &Flags::default())? {
        drop(progress);
        let options = TextOptions { colour: Colour::Never, width: width() };
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = text::write(&mut bytes, &mistakes, &input.sources, &options);
        note_all(String::from_utf8_lossy(&bytes).lines());
        note(BAD_POLICY);
        return Ok(Status::Failed);
    }
    let model = analyse(&mut input);
    drop(progress);
    let shown: Vec<FileId> =
        input.files.iter().filter(|file| file.role == Role::Reported).map(|file| file.id).collect();
    let answer = map(&model, &|file| shown.binary_search(&file).is_ok());
    to_stdout(|out| match args.format {
        ListFormat::Text => report::map::text::write(out, &answer, &input.sources),
        ListFormat::Json => report::map::json::write(out, &answer, &input.sources),
    })?;
    note_all(input.errors.iter().map(|error| format!("wicketgate: {error}")));
    note_all(input.empty_folders.iter().map(|folder| format!("wicketgate: no template found in {folder}")));
    Ok(if !input.errors.is_empty() {
        Status::Failed
    } else if input.empty_folders.is_empty() {
        Status::Clean
    } else {
        Status::NoTemplate
    })
}
