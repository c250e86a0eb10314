//! What becomes of one request, as annotated text: a picture for each different answer.

use std::io::{self, Write};

use codespan_reporting::diagnostic::Severity as Level;

use crate::answer::request::{Answer, Told};
use crate::report::text::{Note, Picture, TextOptions, draw_to, when};
use crate::source::Sources;

/// Writes each different answer, with an empty line after it.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(
    out: &mut dyn Write,
    answer: &Answer,
    sources: &Sources,
    options: &TextOptions,
) -> io::Result<()> {
    answer.cases.iter().try_for_each(|told| draw_to(out, &picture(told), sources, options))
}

fn picture(told: &Told) -> Picture<'_> {
    let mut notes = vec![Note::new("why", &*told.why)];
    notes.extend(when(&told.when, &told.environments).map(|when| Note::new("when", when)));
    notes.extend(told.notes.iter().map(|note| Note::new("note", &**note)));
    Picture {
        head: told.decision.to_owned(),
        level: match told.decision {
            "allow" => Level::Note,
            "deny" => Level::Error,
            _ => Level::Warning,
        },
        message: &told.headline,
        primary: &told.primary,
        related: &told.related,
        notes,
    }
}
