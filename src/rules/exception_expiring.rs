//! `exception-expiring`: an exception that ends soon.
//!
//! The driver hands it the exceptions, the day, and how soon is soon.

use crate::diagnostic::{Label, Severity};
use crate::intent::date::Date;
use crate::intent::exception::{Exception, Limits};
use crate::rules::finding::{Finding, Subject};

/// Reports an exception whose last day is near.
pub fn check(exception: &Exception, limits: &Limits, today: Option<Date>, findings: &mut Vec<Finding>) {
    let (Some(expires), Some(today)) = (&exception.expires, today) else { return };
    let days = expires.value.days_after(today);
    if !(0..=i64::from(limits.warn_days)).contains(&days) {
        return;
    }
    let left = match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _ => format!("in {days} days"),
    };
    let owner = exception.owner.as_ref().map(|owner| format!("{owner} answers for it"));
    let subject = Subject { file: exception.span.file, resource: None };
    let message = format!("this exception ends {left}");
    findings.push(
        Finding::new(
            "exception-expiring",
            subject,
            Severity::Info,
            message,
            Label::new(expires.span, "its last day"),
        )
        .why("after that day what it hides is reported again, and the run fails.")
        .notes(owner)
        .help("mend what it hides, or agree on a later day in time"),
    );
}
