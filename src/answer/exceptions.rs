//! Exceptions as a list: what each hides, who answers for it and how long it still holds.
//!
//! The soonest to end comes first; one without an end comes last.

use crate::intent::date::Date;
use crate::intent::exception::{Effect, Exception, Scope};
use crate::order::Order;
use crate::source::Span;

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name; empty when it has none.
    pub id: String,
    /// Its last day, as 2027-03-31; such texts sort like the days.
    pub expires: Option<String>,
    /// Days until then, negative when it is over.
    pub days: Option<i64>,
    /// Whether it is a marker on a resource that makes an API public, rather than one that hides findings.
    pub is_marker: bool,
    /// The rules it hides; `exposure` for one that publishes an API.
    pub rules: Vec<String>,
    /// Where it holds, a phrase.
    pub scope: String,
    /// Who answers for it; empty when nobody does.
    pub owner: String,
    /// Why; may be empty.
    pub reason: String,
    /// Where it is tracked; may be empty.
    pub ticket: String,
    /// How many findings it fits.
    pub findings: usize,
    /// Fingerprints of the exposures it is for.
    pub exposures: Vec<String>,
    /// Where it is written.
    pub span: Span,
}

/// The list for a day, each place once.
pub fn list<'a>(
    found: impl Iterator<Item = (&'a Exception, usize, &'a [String])>,
    today: Date,
) -> Vec<Listed> {
    let mut listed: Vec<Listed> =
        found.map(|(one, fits, exposures)| line(one, fits, exposures, today)).collect();
    listed.order_by_key(|one| (one.expires.is_none(), one.expires.clone(), one.span));
    listed.dedup_by(|later, first| {
        let same = later.span == first.span && later.rules == first.rules;
        if same {
            first.findings = first.findings.max(later.findings);
        }
        same
    });
    listed
}

fn line(exception: &Exception, findings: usize, exposures: &[String], today: Date) -> Listed {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let expires = exception.expires.as_ref().map(|day| day.value);
    let rules = match &exception.effect {
        Effect::Ignores(rules) => rules.iter().map(|rule| rule.value.clone()).collect(),
        Effect::Publishes => vec!["exposure".to_owned()],
    };
    Listed {
        id: text(&exception.id),
        expires: expires.map(|day| day.to_string()),
        days: expires.map(|day| day.days_after(today)),
        is_marker: exception.effect == Effect::Publishes,
        rules,
        scope: scope(&exception.scope),
        owner: text(&exception.owner),
        reason: text(&exception.reason),
        ticket: text(&exception.ticket),
        findings,
        exposures: exposures.to_vec(),
        span: exception.span,
    }
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Patterns { path: None, resource: None } => "everything".to_owned(),
        Scope::Patterns { path: Some(path), resource: None } => path.to_string(),
        Scope::Patterns { path: None, resource: Some(resource) } => resource.to_string(),
        Scope::Patterns { path: Some(path), resource: Some(resource) } => format!("{resource} in {path}"),
        Scope::Line { line, .. } => format!("line {}", line + 1),
        Scope::Resource { id, .. } => id.clone(),
    }
}
