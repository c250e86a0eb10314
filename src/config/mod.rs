//! The policy file `wicketgate.toml`: its text read into settings, its mistakes into diagnostics.
//!
//! It is handed text and never looks for a file. It does not know command line flags: who reads both lets the
//! flag win.

pub mod nearest;

mod decode;

use crate::config::decode::{Section, parse};
use crate::diagnostic::{Diagnostic, Persona, RuleId, Severity};
use crate::intent::Posture;
use crate::source::{FileId, Spanned};

/// Stands in diagnostics about the policy file where a rule's name would; it is no rule.
pub const POLICY_FILE: RuleId = RuleId::new("policy-file");

/// Largest policy file that is read, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024;

/// The number that `schema` must have.
const SCHEMA: i64 = 1;

/// The lowest severity that fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailOn {
    /// This severity and everything above it.
    AtLeast(Severity),
    /// No finding fails the run.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails the run.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            FailOn::AtLeast(lowest) => severity >= lowest,
            FailOn::Never => false,
        }
    }
}

/// What a policy file says. `None`: it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether APIs are meant to be private.
    pub posture: Option<Spanned<Posture>>,
    /// Who the findings are for.
    pub persona: Option<Spanned<Persona>>,
    /// From which severity on the run fails.
    pub fail_on: Option<Spanned<FailOn>>,
}

const POSTURES: &[(&str, Posture)] =
    &[("private", Posture::Private), ("public", Posture::Public), ("unset", Posture::Unset)];

const PERSONAS: &[(&str, Persona)] =
    &[("regular", Persona::Regular), ("pedantic", Persona::Pedantic), ("auditor", Persona::Auditor)];

const FAIL_ON: &[(&str, FailOn)] = &[
    ("error", FailOn::AtLeast(Severity::Error)),
    ("warning", FailOn::AtLeast(Severity::Warning)),
    ("info", FailOn::AtLeast(Severity::Info)),
    ("never", FailOn::Never),
];

/// Reads a policy file. Each mistake is one diagnostic of severity error, sorted by place; a file with a
/// mistake must not be used, whatever could be read of it.
///
/// A key that this version does not know is a mistake: a gate that looks switched on must be switched on.
pub fn read(file: FileId, text: &str) -> (Settings, Vec<Diagnostic>) {
    let (table, mut mistakes) = parse(file, text);
    let mut settings = Settings::default();
    if let Some(table) = table {
        let mut top = Section::top(&table, &mut mistakes);
        top.number("schema", SCHEMA);
        settings.posture = top.word("posture", POSTURES);
        settings.persona = top.word("persona", PERSONAS);
        settings.fail_on = top.word("fail-on", FAIL_ON);
        top.finish();
    }
    (settings, mistakes.sorted())
}

#[cfg(test)]
mod tests;
