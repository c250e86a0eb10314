//! What the statements of an API's policies test: operators, keys and values, each with its place.
//!
//! For rules about how a condition is written. What a policy allows is decided by the policy engine.

use crate::exposure::model::{Case, Policy};
use crate::exposure::reasons::{Because, PolicyOf};
use crate::exposure::statements::{self, Condition, Statement, VPC_KEYS};
use crate::glob::Glob;
use crate::policy::document::Effect;
use crate::policy::operator::{Operator, SetQualifier, Test};
use crate::policy::world;
use crate::source::Span;
use crate::template::value::{Member, Sourced, Value};

/// A statement of one of an API's policies.
#[derive(Clone, Debug)]
pub struct Stated<'c> {
    /// The policy it stands in.
    pub policy: &'c Policy,
    /// Position of that policy among those of the case, from 0.
    pub policy_at: usize,
    /// Position in that policy, from 0, as the policy engine counts.
    pub at: usize,
    /// The statement.
    pub statement: Statement<'c>,
    /// What it does; [`Effect::Unknown`] when that is missing, wrong or not known.
    pub effect: Effect,
    /// All its tests, in written order; those with an operator that IAM does not have are left out.
    pub tests: Vec<Tested<'c>>,
}

/// One operator applied to one key.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'c> {
    /// The operator.
    pub operator: Operator,
    /// What the key is about.
    pub about: About,
    /// Operator, key and values as written.
    pub written: Condition<'c>,
}

/// What a condition key is about (API Gateway guide, "AWS condition keys that can be used in API Gateway resource
/// policies").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// The way through a VPC endpoint: only calls to private APIs have it.
    Vpc,
    /// `aws:SourceIp`.
    Address,
    /// Who signs: only calls to methods with AWS_IAM have it.
    Signer,
    /// Anything else.
    Other,
}

/// All statements of all policies of a case, in order.
pub fn stated(case: &Case) -> Vec<Stated<'_>> {
    let policies = case.policies.iter().enumerate();
    policies
        .flat_map(|(policy_at, policy)| {
            let all = statements::statements(&policy.document).into_iter().enumerate();
            all.map(move |(at, statement)| Stated {
                policy,
                policy_at,
                at,
                statement,
                effect: effect(&statement),
                tests: tests(&statement),
            })
        })
        .collect()
}

fn effect(statement: &Statement<'_>) -> Effect {
    match statement.part("Effect").map(|part| &part.value.value) {
        Some(Value::String(word)) if word == "Allow" => Effect::Allow,
        Some(Value::String(word)) if word == "Deny" => Effect::Deny,
        _ => Effect::Unknown,
    }
}

fn tests<'c>(statement: &Statement<'c>) -> Vec<Tested<'c>> {
    let read = |written: Condition<'c>| {
        let operator = Operator::parse(&written.operator.key)?;
        Some(Tested { operator, about: About::of(&written.key.key), written })
    };
    statement.conditions().into_iter().filter_map(read).collect()
}

impl About {
    /// What a key, in any letter case, is about.
    pub fn of(key: &str) -> Self {
        let lower = key.to_lowercase();
        if VPC_KEYS.iter().any(|vpc| vpc.eq_ignore_ascii_case(key)) {
            Self::Vpc
        } else if lower == "aws:sourceip" {
            Self::Address
        } else if world::is_of_principal(&lower) {
            Self::Signer
        } else {
            Self::Other
        }
    }
}

impl<'c> Stated<'c> {
    /// Whether SAM writes it, from a list of the user's: then all its parts stand at the key of that list.
    pub fn is_made(&self) -> bool {
        let whole = self.statement.text.span;
        let effect = self.statement.part("Effect").map(|part| part.value.span);
        // In a policy that is JSON text every part stands at the text.
        effect == Some(whole) && whole != self.policy.document.span
    }

    /// Where the whole statement stands; for one that SAM makes, the key of the list.
    pub fn span(&self) -> Span {
        self.statement.text.span
    }

    /// Where the value of `Effect` stands.
    pub fn effect_span(&self) -> Option<Span> {
        self.statement.part("Effect").map(|part| part.value.span)
    }

    /// Whether it has a condition at all, readable or not.
    pub fn has_condition(&self) -> bool {
        self.statement.part("Condition").is_some_and(|part| match &part.value.value {
            Value::Map(operators) => !operators.is_empty(),
            Value::Absent | Value::Null => false,
            _ => true,
        })
    }

    /// Whether it is about calling an API; what cannot be known of its actions counts as if it were.
    pub fn is_about_calls(&self) -> bool {
        let covers = |part: &Member| {
            let all = match &part.value.value {
                Value::List(items) => items.as_slice(),
                _ => std::slice::from_ref(&part.value),
            };
            // IAM compares action names in any letter case.
            all.iter().any(|action| {
                let known = action.value.as_text().map(str::to_ascii_lowercase);
                known.is_none_or(|action| Glob::new(action).matches_name("execute-api:invoke"))
            })
        };
        match (self.statement.part("Action"), self.statement.part("NotAction")) {
            (Some(part), None) => covers(part),
            (None, Some(part)) => !covers(part) || !is_known(&part.value),
            _ => true,
        }
    }

    /// Whether it is for all routes of the API, by one of its resources.
    pub fn is_for_all_routes(&self) -> bool {
        let Some(part) = self.statement.part("Resource") else { return false };
        let all = match &part.value.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&part.value),
        };
        let is_all = |text: &str| {
            // `execute-api:/*`, or the same behind a region, an account and an id.
            let routes = text.strip_prefix("execute-api:").or_else(|| text.splitn(6, ':').nth(5));
            let routes = routes.and_then(|routes| routes.find(['/', '*']).and_then(|at| routes.get(at..)));
            text == "*" || routes.is_some_and(|routes| ["*", "/*"].contains(&routes))
        };
        all.iter().any(|resource| resource.value.as_text().is_none_or(is_all))
    }

    /// Whether it is one of the statements of the API's policy that make an answer; `all` are those of the case.
    pub fn makes(&self, because: &Because, all: &[Stated<'_>]) -> bool {
        let mut own = all.iter().filter(|other| other.policy_at == self.policy_at);
        because.policy == PolicyOf::Api
            && because.matched.contains(&self.at)
            && own.any(|other| Some(other.at) == because.statement && other.effect_span() == because.effect)
    }

    /// Whether it asks if a key about this is there (`Null`).
    pub fn asks_presence(&self, about: About) -> bool {
        self.tests.iter().any(|test| test.about == about && test.operator.test == Test::Null)
    }
}

fn is_known(value: &Sourced) -> bool {
    match &value.value {
        Value::List(items) => items.iter().all(|item| item.value.as_text().is_some()),
        value => value.as_text().is_some(),
    }
}

impl<'c> Tested<'c> {
    /// The condition key as written.
    pub fn key(&self) -> &'c str {
        &self.written.key.key
    }

    /// Where the key stands; for a list of SAM's, the key of the list.
    pub fn key_span(&self) -> Span {
        self.written.key.key_span
    }

    /// Where the operator stands; for a list of SAM's, the key of the first list.
    pub fn operator_span(&self) -> Span {
        self.written.operator.key_span
    }

    /// The operator as written.
    pub fn operator_name(&self) -> &'c str {
        &self.written.operator.key
    }

    /// Whether a request passes by having one of the values (an Allow that asks for them, a Deny that spares them);
    /// else those that have one are kept out. `None` for a statement whose effect is not known.
    pub fn admits_values(&self, effect: Effect) -> Option<bool> {
        match effect {
            Effect::Allow => Some(!self.operator.negated),
            Effect::Deny => Some(self.operator.negated),
            Effect::Unknown => None,
        }
    }

    /// The values, in written order, with the way they came.
    pub fn values(&self) -> &'c [Sourced] {
        self.written.values()
    }

    /// Whether it compares the key with something; `Null` only asks if it is there.
    pub fn compares(&self) -> bool {
        self.operator.test != Test::Null
    }

    /// Whether it holds for a request that lacks the key; `None` where that depends on its values (`Null`).
    pub fn holds_without_key(&self) -> Option<bool> {
        holds_without_key(self.operator)
    }

    /// Whether its suffix or prefix alone makes it hold for a request that lacks the key (`…IfExists`,
    /// `ForAllValues:`).
    pub fn tolerates_absence(&self) -> bool {
        let Operator { set, if_exists, .. } = self.operator;
        self.compares() && (set == Some(SetQualifier::ForAllValues) || (set.is_none() && if_exists))
    }
}

/// As the policy engine decides it.
fn holds_without_key(operator: Operator) -> Option<bool> {
    match operator {
        Operator { test: Test::Null, .. } => None,
        Operator { set: Some(SetQualifier::ForAllValues), .. } => Some(true),
        Operator { set: Some(SetQualifier::ForAnyValue), .. } => Some(false),
        Operator { set: None, negated, if_exists, .. } => Some(negated || if_exists),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keys_are_about() {
        let table = [
            ("aws:SourceVpce", About::Vpc),
            ("aws:sourcevpc", About::Vpc),
            ("aws:VpcSourceIp", About::Vpc),
            ("aws:SourceIp", About::Address),
            ("aws:PrincipalOrgID", About::Signer),
            ("aws:userid", About::Signer),
            ("aws:SecureTransport", About::Other),
            ("aws:SourceVpcArn", About::Other),
        ];
        for (key, about) in table {
            assert_eq!(About::of(key), about, "{key}");
        }
    }

    #[test]
    fn what_holds_without_the_key() {
        let table = [
            ("StringEquals", Some(false)),
            ("StringNotEquals", Some(true)),
            ("StringEqualsIfExists", Some(true)),
            ("ForAllValues:StringEquals", Some(true)),
            ("ForAnyValue:StringEquals", Some(false)),
            ("Null", None),
        ];
        for (name, expected) in table {
            assert_eq!(Operator::parse(name).and_then(holds_without_key), expected, "{name}");
        }
    }
}
