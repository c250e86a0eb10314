//! Answers with three values, and the judge who decides what a presumption counts for.
//!
//! No policy element is known here.

use std::cell::Cell;

use super::text::Names;
use crate::template::value::Same;

/// Whether something holds. Ordered, so that `min` is "and" and `max` is "or".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not.
    No,
    /// It depends on something that is not known.
    Unknown,
    /// It does.
    Yes,
}

impl Truth {
    /// Yes or no.
    pub(super) fn known(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// The opposite when `negated`; unknown stays unknown.
    pub(super) fn negated_if(self, negated: bool) -> Self {
        match (self, negated) {
            (Self::No, true) => Self::Yes,
            (Self::Yes, true) => Self::No,
            (same, _) => same,
        }
    }
}

/// Knows the names and whether two names presumed different count as different; notes when that mattered.
pub(super) struct Judge<'n> {
    pub(super) names: &'n Names,
    strict: bool,
    presumed: Cell<bool>,
}

impl<'n> Judge<'n> {
    /// A judge who takes presumptions as true.
    pub(super) fn presuming(names: &'n Names) -> Self {
        Self { names, strict: false, presumed: Cell::new(false) }
    }

    /// A judge to whom what is only presumed is unknown.
    pub(super) fn strict(names: &'n Names) -> Self {
        Self { names, strict: true, presumed: Cell::new(false) }
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether an answer so far rests on a presumption.
    pub(super) fn has_presumed(&self) -> bool {
        self.presumed.get()
    }

    /// The answer that a comparison comes to.
    pub(super) fn rule(&self, same: Same) -> Truth {
        match same {
            Same::Yes => Truth::Yes,
            Same::No => Truth::No,
            Same::Unknown => Truth::Unknown,
            Same::Presumed if self.strict => Truth::Unknown,
            Same::Presumed => {
                self.presumed.set(true);
                Truth::No
            }
        }
    }
}
