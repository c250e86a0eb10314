//! `exception-expired`: an exception whose last day is over. What it hid is shown again.
//!
//! The driver hands it the exceptions and the day.

use crate::diagnostic::{Label, Severity};
use crate::intent::date::Date;
use crate::intent::exception::Exception;
use crate::rules::finding::{Finding, Subject};

/// Reports an exception that no longer holds.
pub fn check(exception: &Exception, today: Option<Date>, findings: &mut Vec<Finding>) {
    let (Some(expires), Some(today)) = (&exception.expires, today) else { return };
    if !exception.is_expired(Some(today)) {
        return;
    }
    let days = today.days_after(expires.value);
    let ago = if days == 1 { "yesterday".to_owned() } else { format!("{days} days ago") };
    let owner = exception.owner.as_ref().map(|owner| format!("{owner} answers for it"));
    let subject = Subject { file: exception.span.file, resource: None };
    let message = format!("this exception expired {ago}");
    findings.push(
        Finding::new(
            "exception-expired",
            subject,
            Severity::Error,
            message,
            Label::new(expires.span, "its last day"),
        )
        .why("it hides nothing any more: what it was for is reported again.")
        .notes(owner)
        .help("mend what it hid and remove it, or agree on a later day with whoever grants exceptions"),
    );
}
