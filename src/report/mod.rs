//! Findings as people and programs read them: annotated text, one line each, JSON, the formats of CI systems, and
//! the summary line; and the catalogue of rules.
//!
//! Writers get diagnostics, sources and a place to write to. They decide nothing, drop nothing and never touch
//! standard output themselves.

pub mod catalogue;
pub mod concise;
pub mod diff;
pub mod exceptions;
pub mod github;
pub mod gitlab;
pub mod init;
pub mod json;
pub mod junit;
pub mod map;
pub mod request;
pub mod resolve;
pub mod run;
pub mod sarif;
pub mod statistics;
pub mod summary;
pub mod text;

pub(crate) mod clean;
mod snippet;
mod wrap;

use crate::answer::catalogue::is_built_in;
use crate::diagnostic::{RuleId, Severity};

/// Where a rule is explained: a command to type and a page of the project, relative to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocsReference {
    /// What to type.
    pub command: String,
    /// The generated page; `None` for a rule of the organisation.
    pub page: Option<String>,
}

/// Names that stand where a rule's would, for what is no rule and has no page.
const NO_RULES: &[&str] = &["policy-file", "environment", "own-rule"];

/// Where `rule` is explained, `None` for what is no rule. The one place that knows.
pub fn docs_reference(rule: &RuleId) -> Option<DocsReference> {
    let is_rule = !NO_RULES.contains(&rule.as_str());
    is_rule.then(|| DocsReference {
        command: format!("wicketgate explain {rule}"),
        page: is_built_in(rule).then(|| format!("docs/rules/{rule}.md")),
    })
}

/// A severity in the words of every output format.
fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// `1 API`, `2 APIs`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
