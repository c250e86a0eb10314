//! The verbs `explain` and `rules`: the catalogue, offline.

use crate::answer::catalogue::{page, pages, suggestions};
use crate::cli::args::ListFormat;
use crate::cli::failure::{Failure, Status};
use crate::cli::output::{to_stdout, width};
use crate::report::catalogue::{write_json, write_list, write_page};
use crate::rules::metadata::is_known;

/// Prints the page of a rule.
pub(super) fn explain(rule: &str) -> Result<Status, Failure> {
    let page = page(rule).ok_or_else(|| unknown(rule))?;
    to_stdout(|out| write_page(out, &page, width()))?;
    Ok(Status::Clean)
}

/// Lists all rules.
pub(super) fn list(format: ListFormat) -> Result<Status, Failure> {
    let pages = pages();
    to_stdout(|out| match format {
        ListFormat::Text => write_list(out, &pages),
        ListFormat::Json => write_json(out, &pages),
    })?;
    Ok(Status::Clean)
}

/// Accepts names that rules have; for others, fails with the nearest names.
pub(super) fn known_rule(rule: &str) -> Result<(), Failure> {
    if is_known(rule) { Ok(()) } else { Err(unknown(rule)) }
}

fn unknown(rule: &str) -> Failure {
    Failure::UnknownRule { name: rule.to_owned(), nearest: suggestions(rule) }
}
