//! Why a caller is let in or kept out: the text of a policy that decides, and a request that it decides.
//!
//! Facts for those who explain. What is allowed is decided by the policy engine, the words are chosen elsewhere.

use crate::exposure::statements::VPC_KEYS;
use crate::policy::compiled::Policy;
use crate::policy::decide::{Deciding, Outcome, StatementPart};
use crate::policy::document::{ConditionTest, Effect, PolicyDocument, SpannedText, Statement};
use crate::policy::operator::Test;
use crate::policy::request::{KeyValue, Request};
use crate::policy::text::{Names, Text};
use crate::policy::truth::Truth;
use crate::policy::world::is_of_principal;
use crate::source::{Span, TextRange};
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
        /// Where the key stands.
        key_span: Span,
        /// Whether the operator is a `Not…` one.
        negated: bool,
        /// Whether the request lacks the key.
        missing: bool,
        /// Whether all its values have wildcards that the operator takes as plain characters.
        plain_wildcards: bool,
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
    /// Positions of all statements that make the answer, from 0; the one past the last stands for what lets pass
    /// where the policy is silent.
    pub matched: Vec<usize>,
    /// The principal of that statement.
    pub principal: Option<Span>,
    /// The resources of that statement.
    pub resources: Option<Span>,
    /// Whether the policy has no statement that allows, or may allow, anything.
    pub only_denies: bool,
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
    /// For a request that is let in: the condition by which the nearest Deny statement spares it.
    pub spared: Option<Spared>,
    /// The request.
    pub witness: Witness,
}

/// The condition by which a Deny statement spares a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spared {
    /// Position of the statement, from 0.
    pub statement: usize,
    /// The smallest text that spares.
    pub span: Span,
    /// The condition.
    pub part: Part,
}

impl Because {
    /// Whether it keeps a request out.
    pub fn refuses(&self) -> bool {
        self.lets_in == Some(false)
    }

    /// Whether another one points at the same text to the same end, for requests that are alike: signed or not, and
    /// decided by the same statements.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let is_signed = |because: &Self| because.witness.signer != Signer::Nobody;
        self.span == other.span
            && self.lets_in == other.lets_in
            && self.matched == other.matched
            && is_signed(self) == is_signed(other)
    }

    /// Whether what decides is who signs the request.
    pub fn is_about_signer(&self) -> bool {
        match &self.part {
            Part::Principal => true,
            Part::Condition { key, .. } => is_of_principal(&key.to_ascii_lowercase()),
            Part::Action | Part::Resource | Part::Effect | Part::Unknown => false,
        }
    }
}

impl Part {
    /// Whether it is a condition on what only requests through a VPC endpoint have.
    pub fn asks_for_vpc(&self) -> bool {
        match self {
            Self::Condition { key, .. } => VPC_KEYS.iter().any(|vpc| vpc.eq_ignore_ascii_case(key)),
            Self::Principal | Self::Action | Self::Resource | Self::Effect | Self::Unknown => false,
        }
    }
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
            matched: decision.matched,
            principal: written.and_then(|statement| statement.principal.as_ref()).map(|element| element.span),
            resources: written.and_then(resources),
            only_denies: !self.may_allow(),
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
            spared: spared.map(|spared| Spared {
                statement: spared.statement,
                span: spared.span,
                part: self.part(&spared, request),
            }),
            witness,
        }
    }

    fn may_allow(&self) -> bool {
        let unread = !self.document.unknown.is_empty();
        unread || self.document.statements.iter().any(|statement| statement.effect.value != Effect::Deny)
    }

    /// All parts of a statement that SAM writes stand at the key of a list. In a policy that is JSON text all
    /// stand at the text.
    fn is_made(&self, statement: &Statement) -> bool {
        let one_place = statement.effect.span == statement.span && statement.effect.value != Effect::Unknown;
        one_place && statement.span != self.document.span
    }

    /// The policy as a whole: its first statement where none allows anything.
    fn whole(&self) -> Deciding {
        let first = self.document.statements.first().filter(|_| !self.may_allow());
        Deciding {
            statement: usize::MAX,
            span: first.map_or(self.document.span, |statement| statement.effect.span),
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
                        key_span: test.key.span,
                        negated: test.operator.value.negated,
                        missing: request.value(&test.key_lower).is_none(),
                        plain_wildcards: has_plain_wildcards(test),
                    },
                    None => Part::Unknown,
                }
            }
        }
    }
}

/// Where the resources of a statement stand, the first to the last.
fn resources(statement: &Statement) -> Option<Span> {
    let values = &statement.resources.as_ref()?.values;
    let (first, last) = (values.first()?.span, values.last()?.span);
    let whole = first.file == last.file && first.range.start <= last.range.end;
    Some(if whole { Span::new(first.file, TextRange::new(first.range.start, last.range.end)) } else { first })
}

fn has_plain_wildcards(test: &ConditionTest) -> bool {
    let exact = matches!(test.operator.value.test, Test::StringEquals | Test::StringEqualsIgnoreCase);
    let wild = |value: &SpannedText| {
        let text = value.text.as_ref().and_then(Text::literal);
        text.is_some_and(|text| text.contains(['*', '?']))
    };
    exact && !test.values.is_empty() && test.values.iter().all(wild)
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
