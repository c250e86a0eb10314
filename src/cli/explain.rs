//! The verbs `explain` and `rules`: the catalogue, offline, and with it the organisation's own rules.

use crate::answer::catalogue::{own_page, page, pages, suggestions};
use crate::cli::args::{ListFormat, RulesPolicyArgs};
use crate::cli::failure::{Failure, Status};
use crate::cli::output::{to_stdout, width};
use crate::cli::own;
use crate::report::catalogue::{write_json, write_list, write_page};
use crate::rules::metadata;

/// Prints the page of a rule.
pub(super) fn explain(rule: &str, policy: &RulesPolicyArgs) -> Result<Status, Failure> {
    let page = match page(rule) {
        Some(built_in) => built_in,
        None => {
            let found = own::here(policy)?;
            if !found.mistakes.is_empty() {
                return own::show_mistakes(&found);
            }
            let own: Vec<&str> = found.rules.iter().map(|own| own.id.as_str()).collect();
            let named = found.rules.iter().find(|own| own.id.as_str() == rule);
            own_page(named.ok_or_else(|| unknown(rule, &own))?, &found.sources)
        }
    };
    to_stdout(|out| write_page(out, &page, width()))?;
    Ok(Status::Clean)
}

/// Lists all rules.
pub(super) fn list(format: ListFormat, policy: &RulesPolicyArgs) -> Result<Status, Failure> {
    let found = own::here(policy)?;
    if !found.mistakes.is_empty() {
        return own::show_mistakes(&found);
    }
    let mut pages = pages();
    pages.extend(found.rules.iter().map(|rule| own_page(rule, &found.sources)));
    to_stdout(|out| match format {
        ListFormat::Text => write_list(out, &pages),
        ListFormat::Json => write_json(out, &pages),
    })?;
    Ok(Status::Clean)
}

/// Accepts names that rules have, those of `own` among them; for others, fails with the nearest names.
pub(super) fn known_rule(rule: &str, own: &[&str]) -> Result<(), Failure> {
    if metadata::is_known(rule) || own.contains(&rule) { Ok(()) } else { Err(unknown(rule, own)) }
}

fn unknown(rule: &str, own: &[&str]) -> Failure {
    Failure::UnknownRule { name: rule.to_owned(), nearest: suggestions(rule, own) }
}
