//! `exception-incomplete`: an exception that lacks what exceptions must have, or cannot be understood.
//!
//! The driver hands it the exceptions; it looks at no template.

use crate::diagnostic::{Label, Severity};
use crate::intent::date::Date;
use crate::intent::exception::{Effect, Exception, Key, Limits};
use crate::rules::finding::{Finding, Subject};

const ID: &str = "exception-incomplete";

const WHY: &str = "an exception hides a finding from everybody; without an owner, a reason and an end nobody can tell later \
                   whether it is still meant.";

/// Reports what is missing or wrong in one exception.
pub fn check(exception: &Exception, limits: &Limits, today: Option<Date>, findings: &mut Vec<Finding>) {
    let subject = || Subject { file: exception.span.file, resource: None };
    for (span, wrong) in &exception.mistakes {
        let message = "this exception cannot be understood".to_owned();
        let label = Label::new(*span, wrong.clone());
        findings.push(
            Finding::new(ID, subject(), Severity::Error, message, label)
                .why("what cannot be understood hides nothing, though it looks as if it did.")
                .help("in a comment:  # wicketgate: ignore[RULE] until=2027-03-31 owner=NAME: why")
                .help("in a resource:  Metadata: {wicketgate: {ignore: [RULE], until: 2027-03-31, owner: NAME, reason: why}}"),
        );
    }
    let missing: Vec<&str> =
        limits.require.iter().filter(|key| !exception.has(**key)).map(|key| key.as_str()).collect();
    if !missing.is_empty() && exception.mistakes.is_empty() {
        let names: Vec<String> = missing.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("this exception has no {}", names.join(", no "));
        let phrase = match exception.effect {
            Effect::Ignores(_) => "hides findings",
            Effect::Publishes => "makes an API public that is meant to be private",
        };
        findings.push(
            Finding::new(ID, subject(), Severity::Error, message, Label::new(exception.span, phrase))
                .why(WHY)
                .help(format!("add {}", names.join(", "))),
        );
    }
    findings.extend(too_far(exception, limits, today));
}

fn too_far(exception: &Exception, limits: &Limits, today: Option<Date>) -> Option<Finding> {
    let (expires, limit) = (exception.expires.as_ref()?, limits.max_days?);
    let days = expires.value.days_after(today?);
    if days <= i64::from(limit) || !limits.require.contains(&Key::Expires) {
        return None;
    }
    let subject = Subject { file: exception.span.file, resource: None };
    let message = format!("this exception holds for {days} days, and {limit} are allowed");
    let last = Date::from_days(today?.days() + i64::from(limit));
    let help = last.map_or_else(String::new, |last| format!("end it on {last} or before"));
    Some(
        Finding::new(ID, subject, Severity::Error, message, Label::new(expires.span, "too far away"))
            .why(WHY)
            .help(help),
    )
}
