//! Several policies on one API: whether they say the same about who may call.
//!
//! Which one counts is decided nowhere here: where they stand side by side that is not documented.

use crate::exposure::decisions::Judge;
use crate::exposure::model::{Caller, CallerClass, Decision, PolicySource};
use crate::policy::document::PolicyDocument;
use crate::source::Span;
use crate::template::lowered::{Surprise, SurpriseKind};
use crate::template::value::{Member, Sourced, Value};

/// Two policies on one API.
#[derive(Clone, Debug, PartialEq)]
pub struct Twofold {
    /// Where the first one is written, and its key.
    pub first: (PolicySource, Span),
    /// The same of the second one.
    pub second: (PolicySource, Span),
    /// Whether SAM appends the statements of the second to those of the first, so that both count.
    pub is_appended: bool,
    /// What they say, each by itself.
    pub results: Results,
    /// Whether a stranger is let in, and one of them alone refuses it.
    pub lets_strangers_in: bool,
}

/// What two policies say about all callers.
#[derive(Clone, Debug, PartialEq)]
pub enum Results {
    /// The same.
    Same,
    /// Something else about this caller.
    Differ {
        /// The caller.
        class: CallerClass,
        /// What the first says about all its calls.
        first: Decision,
        /// What the second says about them.
        second: Decision,
        /// Whether that presumes that different names are different things.
        presumed: bool,
    },
    /// Not known.
    Unknown,
}

/// A policy by itself.
struct Part {
    written: (PolicySource, Span),
    document: Sourced,
}

impl Judge<'_> {
    /// The policies of the case, where there are two; `surprises` are those of the API.
    pub(super) fn twofold(&mut self, callers: &[Caller], surprises: &[&Surprise]) -> Option<Twofold> {
        let (first, second, is_appended) = self.parts(surprises)?;
        let equal =
            first.document.value.clone().without_places() == second.document.value.clone().without_places();
        let decided = [&first, &second].map(|part| {
            let document = PolicyDocument::parse(&self.presumed.apply(&part.document), &mut self.names);
            self.decided_by(vec![document], callers)
        });
        let [by_first, by_second] = &decided;
        let stranger = |all: &[Caller], decision: &dyn Fn(Decision) -> bool| {
            let mut found = all.iter().filter(|caller| caller.class == CallerClass::AnyOtherEndpoint);
            found.any(|caller| decision(caller.decision))
        };
        let refused = |decision| decision == Decision::Deny;
        let lets_strangers_in =
            stranger(callers, &|decision| matches!(decision, Decision::Allow | Decision::Depends))
                && decided.iter().any(|all| stranger(all, &refused));
        let results = if equal { Results::Same } else { compared(by_first, by_second) };
        Some(Twofold {
            first: first.written,
            second: second.written,
            is_appended,
            results,
            lets_strangers_in,
        })
    }

    /// Two policies that stand side by side, or the two halves of one that SAM appended to.
    fn parts(&self, surprises: &[&Surprise]) -> Option<(Part, Part, bool)> {
        let told = |appended: bool| {
            surprises.iter().find_map(|surprise| match &surprise.kind {
                SurpriseKind::TwoPolicies { written, appended: so, .. } if *so == appended => {
                    Some((surprise.span, *written))
                }
                _ => None,
            })
        };
        let policies = &self.case.policies;
        if let [first, second, ..] = policies.as_slice() {
            let key =
                told(false).filter(|_| second.from == PolicySource::Sam).map_or(second.key, |(key, _)| key);
            let part = |written, document: &Sourced| Part { written, document: document.clone() };
            let first = part((first.from, first.key), &first.document);
            return Some((first, part((second.from, key), &second.document), false));
        }
        let policy = policies.first().filter(|policy| policy.from == PolicySource::Sam)?;
        let (key, written) = told(true)?;
        let inside = |statement: &Sourced| {
            let (file, range) = (statement.span.file, statement.span.range);
            file == written.file && written.range.start <= range.start && range.end <= written.range.end
        };
        let body = half(&policy.document, &inside)?;
        let made = half(&policy.document, &|statement| !inside(statement))?;
        let body = Part { written: (PolicySource::Body, policy.key), document: body };
        Some((body, Part { written: (PolicySource::Sam, key), document: made }, true))
    }
}

/// The document with some of its statements; `None` when there are none.
fn half(document: &Sourced, keep: &dyn Fn(&Sourced) -> bool) -> Option<Sourced> {
    let Value::Map(members) = &document.value else { return None };
    let statements = members.iter().find(|member| member.key == "Statement")?;
    let kept: Vec<Sourced> = match &statements.value.value {
        Value::List(items) => items.iter().filter(|item| keep(item)).cloned().collect(),
        _ => return None,
    };
    if kept.is_empty() {
        return None;
    }
    let list = Sourced { value: Value::List(kept), ..statements.value.clone() };
    let changed = members.iter().map(|member| match member.key.as_str() {
        "Statement" => Member { value: list.clone(), ..member.clone() },
        _ => member.clone(),
    });
    Some(Sourced { value: Value::Map(changed.collect()), ..document.clone() })
}

/// What two policies say about the same callers.
fn compared(first: &[Caller], second: &[Caller]) -> Results {
    let mut results = Results::Same;
    for (one, other) in first.iter().zip(second) {
        let pairs =
            [(one.decision, other.decision), (one.unsigned, other.unsigned), (one.foreign, other.foreign)];
        if let Some(&(first, second)) = pairs.iter().find(|pair| differ(**pair)) {
            let presumed = one.presumed || other.presumed;
            return Results::Differ { class: one.class.clone(), first, second, presumed };
        }
        if one.decision == Decision::Depends && one.refused_routes != other.refused_routes {
            let (first, second, presumed) = (one.decision, other.decision, one.presumed || other.presumed);
            return Results::Differ { class: one.class.clone(), first, second, presumed };
        }
        let is_settled = |pair: &(Decision, Decision)| {
            matches!(pair.0, Decision::Allow | Decision::Deny) && pair.0 == pair.1
        };
        if !pairs.iter().all(is_settled) {
            results = Results::Unknown;
        }
    }
    results
}

fn differ((first, second): (Decision, Decision)) -> bool {
    first != second && first != Decision::Unknown && second != Decision::Unknown
}
