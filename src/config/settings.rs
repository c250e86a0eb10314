//! What a policy file says, decoded; everything with the place where it was written.
//!
//! Nothing here is merged with other files, flags or defaults.

use crate::config::environments::Environment;
use crate::diagnostic::{Persona, Severity};
use crate::glob::Glob;
use crate::intent::Posture;
use crate::intent::date::Date;
use crate::intent::exception::Key;
use crate::intent::stated::{PrivateDnsStance, Requirement};
use crate::source::{Span, Spanned};

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
    /// Other policy files, relative to this one's folder, that this one may only tighten.
    pub extends: Vec<Spanned<String>>,
    /// Whether APIs are meant to be private.
    pub posture: Option<Spanned<Posture>>,
    /// Who the findings are for.
    pub persona: Option<Spanned<Persona>>,
    /// From which severity on the run fails.
    pub fail_on: Option<Spanned<FailOn>>,
    /// Folders of the organisation's own rules, relative to this file's folder.
    pub own_rules: Vec<Spanned<String>>,
    /// Which files are looked at.
    pub discovery: Discovery,
    /// What may be in an association, an allow-list or a policy condition.
    pub approved: Approved,
    /// How names resolve.
    pub dns: Dns,
    /// Decisions for some APIs.
    pub overrides: Vec<Override>,
    /// Findings that are accepted for a while.
    pub exceptions: Vec<Exception>,
    /// What exceptions must look like.
    pub limits: Limits,
    /// The environments that every template is judged in, in written order.
    pub environments: Vec<Environment>,
    /// Levels and options of rules.
    pub rules: Vec<RuleSetting>,
}

/// Which files are looked at, relative to the policy file's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Only these.
    pub include: Option<Vec<Spanned<Glob>>>,
    /// Not these.
    pub exclude: Option<Vec<Spanned<Glob>>>,
}

impl Discovery {
    /// Whether the file of this path is looked at.
    pub fn wants(&self, path: &str) -> bool {
        let any = |globs: &[Spanned<Glob>]| globs.iter().any(|glob| glob.value.matches_path(path));
        self.include.as_deref().is_none_or(any) && !self.exclude.as_deref().is_some_and(any)
    }
}

/// What may be in an association, an allow-list or a policy condition. `None`: anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Ids of VPC endpoints.
    pub vpc_endpoints: Option<Vec<Spanned<Glob>>>,
    /// Ids of VPCs.
    pub vpcs: Option<Vec<Spanned<Glob>>>,
    /// Names of exports.
    pub exports: Option<Vec<Spanned<Glob>>>,
    /// Names of SSM parameters.
    pub ssm: Option<Vec<Spanned<Glob>>>,
    /// Names of template parameters.
    pub parameters: Option<Vec<Spanned<Glob>>>,
    /// Account ids.
    pub accounts: Option<Vec<Spanned<Glob>>>,
    /// Ids of organisations.
    pub organisations: Option<Vec<Spanned<Glob>>>,
}

/// How names resolve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// Whether endpoints have private DNS.
    pub private_dns: Option<Spanned<PrivateDnsStance>>,
    /// Whether something in the VPCs calls public APIs.
    pub public_api_callers: Option<Spanned<bool>>,
}

/// A decision for some APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The header.
    pub span: Span,
    /// Files.
    pub paths: Vec<Spanned<Glob>>,
    /// Resource type.
    pub resource: Option<Spanned<String>>,
    /// Logical ids or `Name` properties.
    pub names: Vec<Spanned<Glob>>,
    /// Tags, key and value.
    pub tags: Vec<(Spanned<String>, Spanned<String>)>,
    /// What they are meant to be.
    pub posture: Option<Spanned<Posture>>,
    /// What a public one must show instead.
    pub require: Vec<Spanned<Requirement>>,
    /// Who answers for it.
    pub owner: Option<Spanned<String>>,
    /// Why.
    pub reason: Option<Spanned<String>>,
}

/// A finding that is accepted for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The header.
    pub span: Span,
    /// Its name among the organisation's exceptions.
    pub id: Option<Spanned<String>>,
    /// The rules that are silent; never empty in a file without mistakes.
    pub rules: Vec<Spanned<String>>,
    /// Files.
    pub path: Option<Spanned<Glob>>,
    /// Logical ids.
    pub resource: Option<Spanned<Glob>>,
    /// Who answers for it.
    pub owner: Option<Spanned<String>>,
    /// Why.
    pub reason: Option<Spanned<String>>,
    /// Where it is tracked.
    pub ticket: Option<Spanned<String>>,
    /// The last day on which it holds.
    pub expires: Option<Spanned<Date>>,
    /// The exposure for which it was granted.
    pub fingerprint: Option<Spanned<String>>,
}

/// What exceptions must look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How far away `expires` may be.
    pub max_days: Option<Spanned<u16>>,
    /// How many days before expiry a note appears.
    pub warn_days: Option<Spanned<u16>>,
    /// What each must have.
    pub require: Option<Vec<Spanned<Key>>>,
    /// Where the list of what each must have is written.
    pub span: Option<Span>,
}

/// How loud a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Its findings are not reported.
    Off,
    /// Its findings have this severity.
    At(Severity),
}

/// What is said about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetting {
    /// The rule's name as written; not yet known to exist.
    pub rule: Spanned<String>,
    /// How loud it is.
    pub level: Option<Spanned<Level>>,
    /// `allow-unassociated` of `missing-vpc-endpoint-ids`.
    pub allow_unassociated: Option<Spanned<bool>>,
}
