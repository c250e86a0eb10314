//! The verb `map`: who can reach what.

use crate::answer::map::map;
use crate::cli::args::{ListFormat, MapArgs};
use crate::cli::environments;
use crate::cli::failure::{Failure, Status};
use crate::cli::input::{self, Wanted};
use crate::cli::judge::{Analysed, analysed};
use crate::cli::output::{note_all, note_diagnostics, note_mistakes, to_stdout};
use crate::cli::progress::Progress;
use crate::report;

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
    let bindings = environments::flags(&args.environment)?;
    let Analysed { analysis, problems } =
        match analysed(&mut input, &args.policy, &args.environment, &bindings)? {
            Ok(analysed) => analysed,
            Err(mistakes) => {
                drop(progress);
                note_mistakes(&mistakes, &input);
                return Ok(Status::Failed);
            }
        };
    drop(progress);
    let shown = input.reported();
    let answer = map(&analysis.model, &|file| shown.binary_search(&file).is_ok());
    to_stdout(|out| match args.format {
        ListFormat::Text => report::map::text::write(out, &answer, &input.sources),
        ListFormat::Json => report::map::json::write(out, &answer, &input.sources),
    })?;
    note_all(input.errors.iter().map(|error| format!("wicketgate: {error}")));
    note_all(input.empty_folders.iter().map(|folder| format!("wicketgate: no template found in {folder}")));
    note_diagnostics(&problems, &input);
    Ok(if !input.errors.is_empty() || !problems.is_empty() {
        Status::Failed
    } else if input.empty_folders.is_empty() {
        Status::Clean
    } else {
        Status::NoTemplate
    })
}
