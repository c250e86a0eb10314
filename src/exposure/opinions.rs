//! What policies say about a caller over several routes, stages and documents, put together.
//!
//! The policies are asked elsewhere.

use crate::exposure::model::Decision;
use crate::exposure::reasons::Because;

/// Most deciding texts that are kept for one caller.
const MAX_BECAUSE: usize = 8;

/// What is said over some routes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opinion {
    pub(crate) decision: Decision,
    pub(crate) unsigned: Decision,
    pub(crate) foreign: Decision,
    pub(crate) presumed: bool,
    pub(crate) because: Vec<Because>,
    /// Positions of routes that are refused, among those asked about; turned into routes later.
    pub(crate) refused_at: Vec<usize>,
    pub(crate) refused: Vec<(String, String)>,
    pub(crate) empty: bool,
}

impl Opinion {
    pub(crate) fn start() -> Self {
        Self {
            decision: Decision::Unknown,
            unsigned: Decision::Unknown,
            foreign: Decision::Unknown,
            presumed: false,
            because: Vec::new(),
            refused_at: Vec::new(),
            refused: Vec::new(),
            empty: true,
        }
    }

    pub(crate) fn of(decision: Decision, unsigned: Decision, foreign: Decision) -> Self {
        Self { decision, unsigned, foreign, empty: false, ..Self::start() }
    }

    /// Over these routes and others.
    pub(crate) fn also(mut self, other: Opinion) -> Self {
        if self.empty {
            return other;
        }
        self.decision = both(self.decision, other.decision);
        self.unsigned = both(self.unsigned, other.unsigned);
        self.foreign = both(self.foreign, other.foreign);
        self.presumed |= other.presumed;
        self.explain(other.because);
        self.refused.extend(other.refused);
        self
    }

    pub(crate) fn explain(&mut self, because: Vec<Because>) {
        for reason in because {
            add_reason(&mut self.because, reason);
        }
    }

    /// What a stage nobody asked for adds: it matters only where it lets somebody in who is kept out else.
    pub(crate) fn widened_by(mut self, extra: Opinion) -> Self {
        let widen = |own: Decision, extra: Decision| match (own, extra) {
            (Decision::Deny, Decision::Allow | Decision::Depends) => Decision::Depends,
            (Decision::Deny, Decision::Unknown) => Decision::Unknown,
            _ => own,
        };
        let widened = widen(self.decision, extra.decision);
        if widened != self.decision || self.decision != Decision::Deny {
            self.explain(extra.because);
        }
        self.decision = widened;
        self.unsigned = widen(self.unsigned, extra.unsigned);
        self.foreign = widen(self.foreign, extra.foreign);
        self
    }
}

/// A decision over two sets of routes.
pub(crate) fn both(left: Decision, right: Decision) -> Decision {
    match (left, right) {
        _ if left == right => left,
        // Some requests pass and some do not, whatever the unknown ones do.
        (Decision::Depends, _)
        | (_, Decision::Depends)
        | (Decision::Allow, Decision::Deny)
        | (Decision::Deny, Decision::Allow) => Decision::Depends,
        _ => Decision::Unknown,
    }
}

/// Several documents on one API: which of them counts is not documented, so they have to agree.
pub(crate) fn agree(opinions: Vec<Opinion>) -> Opinion {
    let mut opinions = opinions.into_iter();
    let Some(mut first) = opinions.next() else { return Opinion::start() };
    for other in opinions {
        let one = |left: Decision, right: Decision| if left == right { left } else { Decision::Unknown };
        first.decision = one(first.decision, other.decision);
        first.unsigned = one(first.unsigned, other.unsigned);
        first.foreign = one(first.foreign, other.foreign);
        first.presumed |= other.presumed;
        first.explain(other.because);
        if first.refused != other.refused {
            first.refused.clear();
        }
    }
    first
}

/// Adds a reason, unless it is there or there are enough.
pub(crate) fn add_reason(reasons: &mut Vec<Because>, reason: Because) {
    if reasons.len() < MAX_BECAUSE && !reasons.iter().any(|known| known.says_the_same(&reason)) {
        reasons.push(reason);
    }
}
