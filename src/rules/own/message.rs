//! Texts with the facts of a finding in them: `{endpoint-type}` stands for what that fact is.
//!
//! Which texts a rule has is not known here.

use crate::rules::own::cursor::{Cursor, Mistakes};
use crate::rules::own::decode::{fact, unknown_fact};
use crate::rules::own::facts::Fact;
use crate::rules::own::reading::Reading;
use crate::rules::own::scene::{Kind, Scene};
use crate::rules::words;

/// A text with facts in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Fact(&'static Fact),
}

/// A label on the place of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelText {
    pub(super) at: &'static Fact,
    pub(super) text: Message,
}

impl Message {
    /// Reads a text; `{{` and `}}` are braces. `None` when there is a mistake in it.
    pub(super) fn read(kind: Kind, at: Cursor<'_>, what: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let text = phrase(at, what, mistakes)?;
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(brace) = rest.find(['{', '}']) {
            let (before, behind) = rest.split_at(brace);
            plain += before;
            if let Some(after) = behind.strip_prefix("{{").or_else(|| behind.strip_prefix("}}")) {
                plain.push_str(behind.get(..1).unwrap_or_default());
                rest = after;
                continue;
            }
            let Some((name, after)) = behind.strip_prefix('{').and_then(|inner| inner.split_once('}')) else {
                let help = Some("write `{{` or `}}` for a brace".to_owned());
                mistakes.add(at.span(), format!("a brace in {what} has no partner"), "", help);
                return None;
            };
            let Some(fact) = fact(kind, name) else {
                unknown_fact(kind, name, at.span(), mistakes);
                return None;
            };
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Fact(fact));
            rest = after;
        }
        pieces.push(Piece::Text(plain + rest));
        Some(Self { pieces })
    }

    /// The text with the facts of a scene in it.
    pub(super) fn fill(&self, scene: &Scene<'_>) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Fact(fact) => shown(&fact.read(scene)),
        });
        filled.collect()
    }
}

/// One line without a full stop at its end.
fn phrase<'d>(at: Cursor<'d>, what: &str, mistakes: &mut Mistakes) -> Option<&'d str> {
    let Some(text) = at.text().map(str::trim).filter(|text| !text.is_empty()) else {
        mistakes.wrong_type(at, what, "a text", None);
        return None;
    };
    let fault = if text.contains('\n') {
        "it has several lines"
    } else if text.ends_with('.') {
        "it ends with a full stop"
    } else {
        return Some(text);
    };
    let message = format!("{what} must be one line without a full stop");
    mistakes.add(at.span(), message, fault, None);
    None
}

/// A fact in a text: a single thing as it is, things of a list in backquotes.
fn shown(reading: &Reading) -> String {
    match reading {
        Reading::One(seen) => one_line(&seen.shown()),
        Reading::Many(items) if items.is_empty() => "nothing".to_owned(),
        Reading::Many(items) => {
            let items: Vec<String> =
                items.iter().map(|seen| format!("`{}`", one_line(&seen.shown()))).collect();
            words::list(&items)
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
