//! Why a caller is let in or kept out: the text of a policy that decides, and a request that it decides.
//!
//! Facts for those who explain. What is allowed is decided by the policy engine, the words are chosen elsewhere.

use crate::policy::compiled::Policy;
use crate::policy::decide::{Deciding, Outcome, StatementPart};
use crate::policy::document::{Effect, PolicyDocument, Statement};
use crate::policy::request::{KeyValue, Request};
use crate::policy::text::Names;
use crate::policy::truth::Truth;
use crate::source::Span;
use crate::template::value::Value;

/// Whose policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyOf {
    /// The API's resource policy.
    Api,
    /// The policy of the VPC endpoint that the call comes through.
    Endpoint,
    /// The policy of the private custom domain that the call names.
    Domain,
}

/// What a policy does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Met {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement denies it and none allows it.
    Silent,
    /// It cannot be known.
    Unknown,
}

/// The part of a statement that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// A condition.
    Condition {
        /// The condition key as written.
        key: String,
        /// Whether the operator is a `Not…` one.
        negated: bool,
        /// Whether the request lacks the key.
        missing: bool,
    },
    /// Nothing narrows the statement.
    Effect,
    /// What cannot be read or known.
    Unknown,
}

/// Who signs a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signer {
    /// Nobody.
    Nobody,
    /// Somebody of the API's account.
    OwnAccount,
    /// Somebody of another account.
    OtherAccount,
    /// The principal that was asked about.
    Given,
}

/// A request that a policy decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// Method and path of a route; `None` where no route is known.
    pub route: Option<(String, String)>,
    /// The stage, where it is known.
    pub stage: Option<Value>,
    /// Who signs it.
    pub signer: Signer,
    /// Its condition keys, in lower case, that a policy tests or that say which way it comes.
    pub keys: Vec<(String, Value)>,
}

/// Why a request is let in or kept out.
#[derive(Clone, Debug, PartialEq)]
pub struct Because {
    /// The smallest text that decides.
    pub span: Span,
    /// Whose policy it stands in.
    pub policy: PolicyOf,
    /// Position of the statement in the policy, from 0; `None` when the policy as a whole decides.
    pub statement: Option<usize>,
    /// The effect of that statement.
    pub effect: Option<Span>,
    /// Whether SAM writes that statement, from a list that the user wrote.
    pub made: bool,
    /// Whether the request is let in as far as this policy goes, where a silent policy may let pass; `None` when
    /// that is not known.
    pub lets_in: Option<bool>,
    /// What the policy does with the request.
    pub met: Met,
    /// The part of the statement that the text belongs to.
    pub part: Part,
    /// Whether that part holds; `None` when that is not known.
    pub holds: Option<bool>,
    /// Why it cannot be known, a phrase.
    pub doubt: Option<String>,
    /// For a request that is let in: the condition by which the nearest Deny statement spares it, with the
    /// position of that statement.
    pub spared: Option<(usize, Span)>,
    /// The request.
    pub witness: Witness,
}

/// What is needed to say why.
pub(crate) struct Teller<'a> {
    pub(crate) policy: &'a Policy<'a>,
    /// The document as written; statements that are only supposed stand behind its own.
    pub(crate) document: &'a PolicyDocument,
    pub(crate) names: &'a Names,
    pub(crate) of: PolicyOf,
}

impl Teller<'_> {
    /// Why the policy decides a request as it does; `limit` is the limit of the analysis a doubt comes from.
    pub(crate) fn because(
        &self,
        request: &Request,
        limit: Option<&'static str>,
        witness: Witness,
    ) -> Because {
        let decision = self.policy.decide(request);
        let deciding = decision.deciding.unwrap_or_else(|| self.whole());
        let written = self.document.statements.get(deciding.statement);
        let spared = decision.spared.filter(|spared| spared.statement < self.document.statements.len());
        Because {
            span: deciding.span,
            policy: self.of,
            statement: written.map(|_| deciding.statement),
            effect: written.map(|statement| statement.effect.span),
            made: written.is_some_and(|statement| self.is_made(statement)),
            lets_in: match decision.allowed {
                _ if limit.is_some() => None,
                Truth::Yes => Some(true),
                Truth::No => Some(false),
                Truth::Unknown => None,
            },
            met: match decision.outcome {
                _ if limit.is_some() => Met::Unknown,
                Outcome::ExplicitDeny => Met::Denied,
                // Where a silent policy lets pass, what is supposed to allow is no statement of the policy.
                Outcome::Allow | Outcome::AllowForAccount if written.is_none() => Met::Silent,
                Outcome::Allow | Outcome::AllowForAccount => Met::Allowed,
                Outcome::Neither | Outcome::NoPolicy => Met::Silent,
                Outcome::Unknown => Met::Unknown,
            },
            part: self.part(&deciding, request),
            holds: match deciding.holds {
                Truth::Yes => Some(true),
                Truth::No => Some(false),
                Truth::Unknown => None,
            },
            doubt: limit.map(str::to_owned).or(decision.reason),
            spared: spared.map(|spared| (spared.statement, spared.span)),
            witness,
        }
    }

    /// All parts of a statement that SAM writes stand at the key of a list. In a policy that is JSON text all
    /// stand at the text.
    fn is_made(&self, statement: &Statement) -> bool {
        let one_place = statement.effect.span == statement.span && statement.effect.value != Effect::Unknown;
        one_place && statement.span != self.document.span
    }

    /// The policy as a whole.
    fn whole(&self) -> Deciding {
        Deciding {
            statement: usize::MAX,
            span: self.document.span,
            part: StatementPart::Unknown,
            holds: Truth::Unknown,
        }
    }

    fn part(&self, deciding: &Deciding, request: &Request) -> Part {
        let statement = self.document.statements.get(deciding.statement);
        match deciding.part {
            StatementPart::Principal => Part::Principal,
            StatementPart::Action => Part::Action,
            StatementPart::Resource => Part::Resource,
            StatementPart::Effect => Part::Effect,
            StatementPart::Unknown => Part::Unknown,
            StatementPart::Condition(index) => {
                match statement.and_then(|statement| statement.conditions.get(index)) {
                    Some(test) => Part::Condition {
                        key: test.key.value.clone(),
                        negated: test.operator.value.negated,
                        missing: request.value(&test.key_lower).is_none(),
                    },
                    None => Part::Unknown,
                }
            }
        }
    }
}

/// The condition keys of a request that have one known value.
pub(crate) fn keys(request: &Request, names: &Names) -> Vec<(String, Value)> {
    let known = request.context.iter().filter_map(|(key, value)| match value {
        KeyValue::Is(text) | KeyValue::Unnamed(text) | KeyValue::Stranger(text) => {
            Some((key.clone(), Value::from_parts(names.parts(text))))
        }
        KeyValue::Several(_) | KeyValue::Unknown(_) => None,
    });
    known.collect()
}
