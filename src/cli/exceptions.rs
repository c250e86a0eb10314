//! The verb `exceptions`: who accepts what, and until when.

use crate::answer::exceptions::{Listed, list};
use crate::cli::args::{ExceptionsArgs, TableFormat};
use crate::cli::environments;
use crate::cli::failure::{Failure, Status};
use crate::cli::input::{self, Wanted};
use crate::cli::judge::{Flags, judge, policies, today};
use crate::cli::output::{note_all, note_mistakes, to_stdout};
use crate::report::exceptions as report;

/// Runs `exceptions`.
pub(super) fn run(args: &ExceptionsArgs) -> Result<Status, Failure> {
    let mut input = input::read(&Wanted {
        paths: &args.paths,
        stdin_filename: None,
        policy: &args.policy,
        respect_ignore_files: true,
        force_exclude: false,
    })?;
    let day = args.today.unwrap_or_else(today);
    let flags = Flags { today: Some(day), ..Flags::default() };
    let bindings = environments::flags(&args.environment)?;
    let policies = match policies(&mut input, &args.policy, &args.environment, &bindings, &flags)? {
        Ok(policies) => policies,
        Err(mistakes) => {
            note_mistakes(&mistakes, &input);
            return Ok(Status::Failed);
        }
    };
    let judged = judge(&mut input, &policies);
    if !judged.mistakes.is_empty() {
        note_mistakes(&judged.mistakes, &input);
        return Ok(Status::Failed);
    }
    let found = judged.exceptions.iter().map(|one| (&one.exception, one.fits, one.exposures.as_slice()));
    let listed: Vec<Listed> = list(found, day);
    to_stdout(|out| match args.format {
        TableFormat::Text => report::text(out, &listed, &input.sources),
        TableFormat::Json => report::json(out, &listed, &day.to_string(), &input.sources),
        TableFormat::Csv => report::csv(out, &listed, &input.sources),
    })?;
    note_all(input.errors.iter().map(|error| format!("wicketgate: {error}")));
    Ok(if input.errors.is_empty() { Status::Clean } else { Status::Failed })
}
