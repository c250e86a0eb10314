//! What can be wrong with text in quotes.
//!
//! Looks again at the quoted text itself, because the parser tells no more than where it starts or what follows.

use granit_parser::ErrorKind;

use crate::syntax::build::Fault;
use crate::syntax::comments::outside_comments;
use crate::syntax::parse::range;
use crate::syntax::{escapes, place};

use super::Scene;

/// The error in words if it is about quoted text.
pub(super) fn explain(kind: &ErrorKind, scene: &Scene<'_>) -> Option<Fault> {
    match kind {
        ErrorKind::UnclosedQuotedScalar => Some(scene.to_line_end("this quote is never closed")),
        ErrorKind::InvalidTrailingSingleQuotedScalar => Some(forgotten_quote(scene).unwrap_or_else(|| {
            scene.word("this follows the closing quote; inside single quotes a quote is written twice (`''`)")
        })),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => Some(forgotten_quote(scene).unwrap_or_else(|| {
            scene.word("this follows the closing quote; inside double quotes a quote is written `\\\"`")
        })),
        ErrorKind::InvalidQuotedScalarIndent => {
            Some(scene.word("quoted text that goes on in the next line must be indented there"))
        }
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            Some(scene.here("`---` or `...` at the start of a line ends the document inside quoted text"))
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => {
            let Some(bad) = escapes::first_bad(scene.text, scene.at) else {
                return Some(scene.here("this quoted text holds a malformed escape sequence"));
            };
            Some(Fault { at: bad.at, message: bad.message(), related: None })
        }
        _ => None,
    }
}

/// Quoted text that started on an earlier line and after which something else follows: most likely its own
/// closing quote was forgotten, and the next opening quote was taken for it.
fn forgotten_quote(scene: &Scene<'_>) -> Option<Fault> {
    let closed = scene.text.get(..scene.at)?.trim_end_matches([' ', '\t']).len();
    let gap = scene.text.get(scene.last_end..closed)?;
    let (offset, quote) = outside_comments(gap).find(|(_, character)| matches!(character, '"' | '\''))?;
    let quoted = gap.get(offset..)?;
    if quoted_len(quoted, quote)? != quoted.len() || !quoted.contains(['\n', '\r']) {
        return None;
    }
    let start = scene.last_end + offset;
    let related = Some((range(closed - 1, closed), "the quoted text ends only here".to_owned()));
    let message = "this quote is not closed on its line".to_owned();
    Some(Fault { at: place::tail(scene.text, start), message, related })
}

/// Length of the quoted scalar at the start of `text`, quotes included.
fn quoted_len(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if quote == '"' => {
                characters.next();
            }
            _ if character != quote => {}
            '\'' if characters.next_if(|&(_, next)| next == '\'').is_some() => {}
            _ => return Some(at + 1),
        }
    }
    None
}
