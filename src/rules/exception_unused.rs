//! `exception-unused`: an exception that hides nothing.
//!
//! The driver knows what each exception hides and hands over those that hide nothing.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::intent::exception::{Effect, Exception, Scope};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::syntax::edit::Change;

/// Why an exception hides nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// Nothing that it is for is found.
    Nothing,
    /// It was granted for another exposure; the one the API has now.
    Changed(String),
    /// There is no such rule; the nearest one there is.
    UnknownRule(String, Option<String>),
}

/// The finding about one exception.
pub fn finding(exception: &Exception, why: &Unused) -> Finding {
    let subject = Subject { file: exception.span.file, resource: None };
    let finding = |message: String, label: Label| {
        Finding::new("exception-unused", subject.clone(), Severity::Warning, message, label)
    };
    match why {
        Unused::Nothing => {
            let (message, phrase) = match (&exception.effect, &exception.scope) {
                (Effect::Publishes, _) => ("this marker publishes nothing", "this is no public API"),
                (_, Scope::Line { .. }) => {
                    ("this exception hides nothing", "nothing of this is found on the line")
                }
                (_, Scope::Patterns { .. } | Scope::Resource { .. }) => {
                    ("this exception hides nothing", "nothing of this is found")
                }
            };
            finding(message.to_owned(), Label::new(exception.rules_span(), phrase))
                .why("what it was for is mended or stands elsewhere now; left in place it would hide the next such mistake.")
                .help("remove it")
                .remedy(Some(remove(exception, Applicability::Safe)))
        }
        Unused::Changed(now) => {
            let span = exception.fingerprint.as_ref().map_or(exception.span, |written| written.span);
            let label = Label::new(span, "granted for another exposure");
            finding("this exception is void: what it was granted for has changed".to_owned(), label)
                .why("it was granted for one exposure of the API; who can call it is not the same any more.")
                .notes([format!("the exposure is now `{now}`")])
                .help("look at the change and, if it is still acceptable, write the new fingerprint")
                // It hides nothing as it is, but somebody should look before it is forgotten.
                .remedy(Some(remove(exception, Applicability::Unsafe)))
        }
        Unused::UnknownRule(name, nearest) => {
            let place = exception.rules().iter().find(|rule| rule.value == *name);
            let phrase = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "no rule has this name".to_owned(),
            };
            let label = Label::new(place.map_or(exception.span, |rule| rule.span), phrase);
            finding(format!("there is no rule `{name}`"), label)
                .why("an exception for a rule that does not exist hides nothing, though it looks as if it did.")
                .help("`wicketgate rules` lists the rules")
        }
    }
}

/// Takes it out of the file that it stands in.
fn remove(exception: &Exception, applicability: Applicability) -> Remedy {
    let at = exception.whole;
    let (title, change) = match (&exception.effect, &exception.scope) {
        (_, Scope::Line { .. }) => ("remove the comment", Change::RemoveComment { at }),
        (Effect::Publishes, _) => ("remove the marker", Change::Remove { at }),
        (_, Scope::Patterns { .. } | Scope::Resource { .. }) => {
            ("remove the exception", Change::Remove { at })
        }
    };
    Remedy::one(applicability, title, at.file, change).alone()
}
