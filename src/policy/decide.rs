//! Deciding one request by one policy.
//!
//! The resource policy alone: what follows for a method's authorization type is the business of others.

use super::compiled::{Action, Compiled, Policy};
use super::document::{Effect, Element, Statement};
use super::principal::{self, How};
use super::request::{KeyValue, Request};
use super::truth::{Judge, Truth};
use crate::source::Span;

/// What a policy says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A Deny statement matches.
    ExplicitDeny,
    /// An Allow statement matches the caller itself.
    Allow,
    /// An Allow statement matches the caller's account only, whose own policies must allow it as well.
    AllowForAccount,
    /// No statement matches.
    Neither,
    /// There is no policy.
    NoPolicy,
    /// It depends on something that is not known.
    Unknown,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the policy says.
    pub outcome: Outcome,
    /// Indices of the statements that make the outcome, ascending; for [`Outcome::Unknown`] those in doubt.
    pub matched: Vec<usize>,
    /// Whether the policy lets the request through, for its account at least. Known more often than the
    /// outcome: without any statement that may allow, the answer is no.
    pub allowed: Truth,
    /// The text that decides: in the first matched statement; for [`Outcome::Neither`] in the Allow statement
    /// that came nearest (the one that holds in most parts). `None` when the policy has none.
    pub deciding: Option<Deciding>,
    /// For a request that is let through: the text by which the Deny statement that came nearest spares it,
    /// where that is a condition. `None` when no Deny comes that near.
    pub spared: Option<Deciding>,
    /// Why the outcome is [`Outcome::Unknown`], as a phrase for the user; else `None`.
    pub reason: Option<String>,
    /// Whether the outcome rests on presuming that different names stand for different things.
    pub presumed: bool,
}

/// Where in a policy a decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deciding {
    /// Index of the statement.
    pub statement: usize,
    /// The smallest text that decides: the value that matches or fails, the key of a test that fails for
    /// want of a value, or the `Effect` of a statement without conditions.
    pub span: Span,
    /// What kind of text that is.
    pub part: StatementPart,
    /// Whether that part holds, fails, or is in doubt.
    pub holds: Truth,
}

/// A part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementPart {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// A condition test: its index in the statement.
    Condition(usize),
    /// `Effect`: nothing narrows the statement.
    Effect,
    /// What cannot be read or known of the statement.
    Unknown,
}

/// How one statement meets a request: the truth of all parts together, and the part that decides it.
struct Meeting {
    how: How,
    part: StatementPart,
    span: Span,
    /// How many parts hold.
    parts: usize,
}

impl Policy<'_> {
    /// Decides a request.
    pub fn decide(&self, request: &Request) -> Decision {
        let judge = Judge::presuming(self.names);
        let mut decision = self.decide_by(request, &judge);
        if judge.has_presumed() {
            let strict = self.decide_by(request, &Judge::strict(self.names));
            decision.presumed = strict.outcome != decision.outcome;
        }
        decision
    }

    fn decide_by(&self, request: &Request, judge: &Judge<'_>) -> Decision {
        let mut tally = Tally::default();
        let action = Action::new(&request.action);
        for (at, statement) in self.statements.iter().enumerate() {
            let meeting = self.meet(statement, request, &action, judge);
            tally.add(at, statement.effect(), &meeting);
        }
        let hidden = !self.document.unknown.is_empty();
        let outcome = tally.outcome(hidden);
        let may_allow =
            !tally.exact.is_empty() || !tally.account.is_empty() || tally.doubtful_allow || hidden;
        let allows_anyhow = !tally.account.is_empty() && !tally.doubtful_deny && !hidden;
        let matched = match outcome {
            Outcome::ExplicitDeny => tally.deny,
            Outcome::Allow => tally.exact,
            Outcome::AllowForAccount => tally.account,
            Outcome::Unknown => tally.doubt,
            Outcome::Neither | Outcome::NoPolicy => Vec::new(),
        };
        let pick = match outcome {
            Outcome::Neither => tally.nearest.map(|(at, _)| at),
            _ => matched.first().copied(),
        };
        let deciding_of = |at: usize| {
            let meeting = self.meet(self.statements.get(at)?, request, &action, judge);
            let holds = meeting.how.truth();
            Some(Deciding { statement: at, span: meeting.span, part: meeting.part, holds })
        };
        let deciding = pick.and_then(deciding_of);
        let spared = tally.sparing.filter(|_| matches!(outcome, Outcome::Allow | Outcome::AllowForAccount));
        let spared = spared.and_then(|(at, _)| deciding_of(at));
        let allowed = match outcome {
            Outcome::Allow | Outcome::AllowForAccount => Truth::Yes,
            // Whether it is the caller or its account that is allowed does not matter here.
            Outcome::Unknown if allows_anyhow => Truth::Yes,
            Outcome::Unknown if may_allow => Truth::Unknown,
            Outcome::ExplicitDeny | Outcome::Neither | Outcome::NoPolicy | Outcome::Unknown => Truth::No,
        };
        let reason = (outcome == Outcome::Unknown).then(|| self.reason(deciding.as_ref(), request));
        Decision { outcome, matched, allowed, deciding, spared, reason, presumed: false }
    }
}

#[derive(Default)]
struct Tally {
    deny: Vec<usize>,
    exact: Vec<usize>,
    account: Vec<usize>,
    doubt: Vec<usize>,
    doubtful_deny: bool,
    doubtful_allow: bool,
    /// The Allow statement that fails latest, with the number of its parts that hold.
    nearest: Option<(usize, usize)>,
    /// The same for the Deny statements that fail in a condition.
    sparing: Option<(usize, usize)>,
}

impl Tally {
    fn add(&mut self, at: usize, effect: Effect, meeting: &Meeting) {
        match (effect, meeting.how) {
            (Effect::Allow, How::No) => {
                if self.nearest.is_none_or(|(_, parts)| meeting.parts > parts) {
                    self.nearest = Some((at, meeting.parts));
                }
            }
            (Effect::Deny, How::No) => {
                let in_condition = matches!(meeting.part, StatementPart::Condition(_));
                if in_condition && self.sparing.is_none_or(|(_, parts)| meeting.parts > parts) {
                    self.sparing = Some((at, meeting.parts));
                }
            }
            (_, How::No) => {}
            (Effect::Unknown, _) => {
                self.doubt.push(at);
                self.doubtful_deny = true;
                self.doubtful_allow = true;
            }
            (Effect::Deny, How::Unknown) => {
                self.doubt.push(at);
                self.doubtful_deny = true;
            }
            (Effect::Allow, How::Unknown) => {
                self.doubt.push(at);
                self.doubtful_allow = true;
            }
            (Effect::Deny, _) => self.deny.push(at),
            (Effect::Allow, How::Account) => self.account.push(at),
            (Effect::Allow, How::Exact) => self.exact.push(at),
        }
    }

    fn outcome(&self, hidden: bool) -> Outcome {
        if !self.deny.is_empty() {
            Outcome::ExplicitDeny
        } else if self.doubtful_deny || hidden {
            Outcome::Unknown
        } else if !self.exact.is_empty() {
            Outcome::Allow
        } else if self.doubtful_allow {
            Outcome::Unknown
        } else if !self.account.is_empty() {
            Outcome::AllowForAccount
        } else {
            Outcome::Neither
        }
    }
}

impl Policy<'_> {
    /// Why a request is in doubt, from the text that decides.
    fn reason(&self, deciding: Option<&Deciding>, request: &Request) -> String {
        let statement = deciding.and_then(|d| Some((d.part, self.statements.get(d.statement)?)));
        match statement {
            Some((StatementPart::Condition(index), statement)) => {
                let test = statement.written.conditions.get(index);
                match test.map(|t| (&t.key.value, request.value(&t.key_lower))) {
                    Some((_, Some(KeyValue::Unknown(reason)))) => reason.clone(),
                    Some((key, _)) => format!("a value that {key} is compared with cannot be known"),
                    None => "the condition cannot be known".to_owned(),
                }
            }
            Some((StatementPart::Unknown, statement)) => {
                let first = statement.written.unknown.first();
                first.map_or_else(|| "the statement cannot be known".to_owned(), |u| u.reason.clone())
            }
            Some((StatementPart::Principal, _)) => "a principal cannot be known".to_owned(),
            Some((StatementPart::Action, _)) => "an action cannot be known".to_owned(),
            Some((StatementPart::Resource, _)) => "a resource cannot be known".to_owned(),
            Some((StatementPart::Effect, _)) => "the effect cannot be known".to_owned(),
            None => {
                let first = self.document.unknown.first();
                first.map_or_else(|| "the policy cannot be known".to_owned(), |u| u.reason.clone())
            }
        }
    }

    /// Checks the parts of a statement in order: principal, action, resource, conditions, what is not known.
    fn meet(
        &self,
        statement: &Compiled<'_>,
        request: &Request,
        action: &Action,
        judge: &Judge<'_>,
    ) -> Meeting {
        let written = statement.written;
        let mut how = How::Exact;
        let mut found = Found { doubt: None, parts: 0, last: (StatementPart::Effect, written.effect.span) };
        if let Some(element) = &written.principal {
            let caller = request.principal.as_ref();
            let (own, at) = principal::matches(element, caller, request.is_stranger, judge);
            let span = at.and_then(|at| element.values.get(at)).map_or(element.span, |v| v.value.span);
            if let Some(no) = found.add(own.truth(), StatementPart::Principal, || span, None) {
                return no;
            }
            how = own;
        }
        let (about, at) = statement.action(action, judge);
        let span = || value_span(written.actions.as_ref(), at, written.span);
        if let Some(no) = found.add(about, StatementPart::Action, span, None) {
            return no;
        }
        let (resource, at) = statement.resource(request, judge);
        let span = || value_span(written.resources.as_ref(), at, written.span);
        if let Some(no) = found.add(resource, StatementPart::Resource, span, None) {
            return no;
        }
        for (index, id) in statement.clauses.iter().enumerate() {
            let clause = self.clause(*id);
            let truth = clause.holds(request, judge);
            // The value that matches: what makes a positive test hold and a negated one fail.
            let matching = || statement.clause_span(index, clause.matching(request, judge));
            if let Some(no) = found.add(truth, StatementPart::Condition(index), matching, Some(&matching)) {
                return no;
            }
        }
        found.finish(written, how)
    }
}

/// What was found about the parts of a statement so far.
struct Found {
    doubt: Option<(StatementPart, Span)>,
    parts: usize,
    last: (StatementPart, Span),
}

impl Found {
    /// Notes a part; gives the meeting when the part fails. `matching` is the text of a condition that holds.
    fn add(
        &mut self,
        truth: Truth,
        part: StatementPart,
        span: impl Fn() -> Span,
        matching: Option<&dyn Fn() -> Span>,
    ) -> Option<Meeting> {
        match truth {
            Truth::No => return Some(Meeting { how: How::No, part, span: span(), parts: self.parts }),
            Truth::Unknown => self.doubt = self.doubt.or_else(|| Some((part, span()))),
            Truth::Yes => {
                self.parts += 1;
                if let Some(matching) = matching {
                    self.last = (part, matching());
                }
            }
        }
        None
    }

    fn finish(self, written: &Statement, how: How) -> Meeting {
        let unknown = written.unknown.first().map(|u| (StatementPart::Unknown, u.span));
        let effect = written.effect.value == Effect::Unknown;
        let effect = effect.then_some((StatementPart::Effect, written.effect.span));
        match self.doubt.or(unknown).or(effect) {
            Some((part, span)) => Meeting { how: How::Unknown, part, span, parts: self.parts },
            None => Meeting { how, part: self.last.0, span: self.last.1, parts: self.parts },
        }
    }
}

/// The value at `at`, else the only value, else the key.
fn value_span(element: Option<&Element>, at: Option<usize>, statement: Span) -> Span {
    let Some(element) = element else { return statement };
    match (at.and_then(|at| element.values.get(at)), element.values.as_slice()) {
        (Some(value), _) | (None, [value]) => value.span,
        (None, _) => element.key_span,
    }
}
