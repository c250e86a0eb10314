//! The policy file `wicketgate.toml`: its text read into settings, its mistakes into diagnostics.
//!
//! It is handed text and never looks for a file. It does not know command line flags: who reads both lets the
//! flag win.

pub mod bind;
pub mod baseline;
pub mod environments;
pub mod files;
pub(crate) mod mistakes;
pub mod removal;
pub mod samconfig;
pub mod schema;
pub mod settings;
pub mod shape;
pub mod tighten;

mod data;
mod decode;
mod overrides;
mod parameter_file;
mod parts;
mod tables;

pub use crate::config::settings::{FailOn, Settings};

use crate::config::decode::{Section, parse};
use crate::config::shape::Property;
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Diagnostic, Label, RuleId, Severity};
use crate::source::{FileId, Span, Spanned};

/// Stands in diagnostics about the policy file where a rule's name would; it is no rule.
pub const POLICY_FILE: RuleId = RuleId::new("policy-file");

/// Stands where a rule's name would in diagnostics about samconfigs, files of parameter values and the values in
/// them; it is no rule.
pub const ENVIRONMENT: RuleId = RuleId::new("environment");

/// Largest policy file that is read, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024;

/// Reads a policy file. Each mistake is one diagnostic of severity error, sorted by place; a file with a
/// mistake must not be used, whatever could be read of it.
///
/// A key that this version does not know is a mistake: a gate that looks switched on must be switched on.
/// Whether the rules that it names exist is a question for [`unknown_rules`].
pub fn read(file: FileId, text: &str) -> (Settings, Vec<Diagnostic>) {
    let (table, mut mistakes) = parse(file, text);
    let mut settings = Settings::default();
    if let Some(table) = table {
        let mut top = Section::top(&table, &mut mistakes);
        settings = tables::file(&mut top);
        top.finish();
    }
    (settings, mistakes.sorted())
}

/// The keys of the file, in the order in which they are documented.
pub fn describe() -> Vec<Property> {
    Section::describe(tables::file)
}

/// The mistakes in names of rules: those that are not among `known`.
pub fn unknown_rules(settings: &Settings, known: &[&str]) -> Vec<Diagnostic> {
    let excepted = settings.exceptions.iter().flat_map(|exception| &exception.rules);
    let named = settings.rules.iter().map(|setting| &setting.rule).chain(excepted);
    let wrong = named.filter(|rule| !known.contains(&rule.value.as_str()));
    wrong.map(|rule| unknown_rule(rule, known)).collect()
}

fn unknown_rule(rule: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let near = nearest(&rule.value, known.iter().copied());
    let label = near.map_or_else(String::new, |near| format!("did you mean `{near}`?"));
    let help = "`wicketgate rules` lists them".to_owned();
    mistake(rule.span, format!("there is no rule `{}`", rule.value), label, Some(help))
}

/// A mistake in a policy file, or in a file that one names.
pub fn mistake(span: Span, message: String, label: String, help: Option<String>) -> Diagnostic {
    let found = Diagnostic::new(POLICY_FILE, Severity::Error, message, Label::new(span, label));
    Diagnostic { help: help.into_iter().collect(), ..found }
}

#[cfg(test)]
mod tests;
