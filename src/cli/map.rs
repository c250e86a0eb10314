//! The verb `map`: who can reach what.

use crate::answer::map::Map;
use crate::cli::args::{ListFormat, MapArgs};
use crate::cli::failure::{Failure, Status};
use crate::cli::input::{self, Wanted};
use crate::cli::judge::{Flags, Verdict, judge};
use crate::cli::output::{note_all, to_stdout, width};
use crate::cli::progress::Progress;
use crate::report::text::{Colour, TextOptions};
use crate::report::{map, text};

/// Runs `map`.
pub(super) fn run(args: &MapArgs) -> Result<Status, Failure> {
    let progress = Progress::start(false, "reading files");
    let mut input = input::read(&Wanted {
        paths: &args.paths,
        stdin_filename: None,
        policy: &args.policy,
        respect_ignore_files: true,
    })?;
    let verdict = judge(&mut input, &args.policy, &Flags::default())?;
    drop(progress);
    let judged = match verdict {
        Verdict::Judged(judged) => judged,
        Verdict::BadPolicy(mistakes) => {
            let options = TextOptions { colour: Colour::Never, width: width() };
            let mut bytes = Vec::new();
            let _ = text::write(&mut bytes, &mistakes, &input.sources, &options);
            note_all(String::from_utf8_lossy(&bytes).lines());
            return Ok(Status::Failed);
        }
    };
    let mut whole = Map::default();
    for (model, files) in &judged.models {
        whole.append(crate::answer::map::map(model, &|file| files.binary_search(&file).is_ok()));
    }
    to_stdout(|out| match args.format {
        ListFormat::Text => map::text::write(out, &whole, &input.sources),
        ListFormat::Json => map::json::write(out, &whole, &input.sources),
    })?;
    note_all(input.errors.iter().map(|error| format!("wicketgate: {error}")));
    note_all(input.empty_folders.iter().map(|folder| format!("wicketgate: no template found in {folder}")));
    Ok(if !input.errors.is_empty() || judged.internal_error {
        Status::Failed
    } else if input.empty_folders.is_empty() {
        Status::Clean
    } else {
        Status::NoTemplate
    })
}
