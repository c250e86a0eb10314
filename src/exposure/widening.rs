//! Statements that refuse by a list of VPCs and a list of endpoints at once, and whom that lets in.
//!
//! All conditions of a statement have to hold, so such a statement refuses only who is outside of both lists; or,
//! for lists of who is refused, only who is in both. Who is meant is not known here.

use crate::exposure::decisions::Judge;
use crate::exposure::model::{Caller, CallerClass, Decision};
use crate::policy::document::{ConditionTest, Effect, PolicyDocument, Statement};
use crate::policy::operator::Test;
use crate::policy::text::Text;

const VPC: &str = "aws:sourcevpc";
const ENDPOINT: &str = "aws:sourcevpce";

/// Statements that refuse by both lists, and let in callers that one of the lists alone keeps out.
#[derive(Clone, Debug, PartialEq)]
pub struct MixedLists {
    /// Whether they list who is refused, rather than who is not.
    pub refuses_listed: bool,
    /// The statements: position of the policy among those of the case, and position in it, both from 0.
    pub statements: Vec<(usize, usize)>,
    /// Callers that are let in, and would be refused if the statements asked for endpoints only (for lists of who is
    /// refused: for VPCs only).
    pub admitted: Vec<CallerClass>,
    /// Whether every listed endpoint is known to be in a listed VPC, so that its entry adds nobody.
    pub is_redundant: bool,
    /// Whether an endpoint that nobody names, in a VPC that nobody names, is let in only because of this.
    pub lets_strangers_in: bool,
}

impl Judge<'_> {
    /// What the policies' mixed lists let in; at most one of each kind.
    pub(super) fn mixed_lists(&mut self, callers: &[Caller]) -> Vec<MixedLists> {
        [false, true].into_iter().filter_map(|refuses| self.mixed_lists_of_kind(callers, refuses)).collect()
    }

    fn mixed_lists_of_kind(&mut self, callers: &[Caller], refuses_listed: bool) -> Option<MixedLists> {
        let statements: Vec<(usize, usize)> = self
            .documents
            .iter()
            .enumerate()
            .flat_map(|(policy, document)| {
                let all = document.statements.iter().enumerate();
                let mixed = all.filter(|(_, statement)| is_mixed(statement, refuses_listed));
                mixed.map(move |(at, _)| (policy, at)).collect::<Vec<_>>()
            })
            .collect();
        if statements.is_empty() {
            return None;
        }
        let by_endpoint = self.decided_without(callers, VPC, refuses_listed);
        let by_vpc = self.decided_without(callers, ENDPOINT, refuses_listed);
        // A list that lets nobody in (or refuses nobody) widens nothing.
        let (narrower, counts) = if refuses_listed {
            (&by_vpc, by_endpoint.iter().any(is_refused))
        } else {
            (&by_endpoint, by_endpoint.iter().any(is_let_in))
        };
        let further = callers.iter().zip(narrower).filter(|(now, then)| gets_further(now, then));
        let admitted: Vec<CallerClass> = further.map(|(now, _)| now.class.clone()).collect();
        if admitted.is_empty() || !counts {
            return None;
        }
        let stranger = |decided: &[Caller]| {
            let found = callers.iter().zip(decided);
            let mut found = found.filter(|(now, _)| now.class == CallerClass::AnyOtherEndpoint);
            found.any(|(now, then)| is_let_in(now) && is_refused(then))
        };
        let lets_strangers_in = stranger(&by_endpoint) || stranger(&by_vpc);
        let is_redundant = !refuses_listed
            && !lets_strangers_in
            && statements.iter().all(|&(policy, at)| self.is_redundant(policy, at));
        Some(MixedLists { refuses_listed, statements, admitted, is_redundant, lets_strangers_in })
    }

    /// What would be decided if the mixed statements did not ask for a key.
    fn decided_without(&mut self, callers: &[Caller], key: &str, refuses_listed: bool) -> Vec<Caller> {
        let changed = self.documents.iter().map(|document| without(document, key, refuses_listed)).collect();
        self.decided_by(changed, callers)
    }

    /// Whether every endpoint that a statement lists is one of the run, in a VPC that the statement lists.
    fn is_redundant(&mut self, policy: usize, at: usize) -> bool {
        let Some(statement) = self.documents.get(policy).and_then(|document| document.statements.get(at))
        else {
            return false;
        };
        let (vpcs, listed) = (values(statement, VPC), values(statement, ENDPOINT));
        let mut known: Vec<(Text, Text)> = Vec::new();
        for endpoint in self.endpoints {
            let vpc = endpoint.vpc.as_ref().and_then(|vpc| self.names.text(&vpc.value));
            known.extend(self.names.text(&endpoint.name).zip(vpc));
        }
        listed.iter().all(|id| {
            let vpc = known.iter().find(|(name, _)| name == id).map(|(_, vpc)| vpc);
            vpc.is_some_and(|vpc| vpcs.contains(vpc))
        })
    }
}

fn is_let_in(caller: &Caller) -> bool {
    matches!(caller.decision, Decision::Allow | Decision::Depends)
}

fn is_refused(caller: &Caller) -> bool {
    caller.decision == Decision::Deny
}

/// Whether a caller is let in where, otherwise, it would be refused, or refused on more routes.
fn gets_further(now: &Caller, then: &Caller) -> bool {
    let refused_more = || then.refused_routes.iter().any(|route| !now.refused_routes.contains(route));
    match (now.decision, then.decision) {
        (Decision::Allow, Decision::Deny | Decision::Depends) | (Decision::Depends, Decision::Deny) => true,
        (Decision::Depends, Decision::Depends) => refused_more(),
        _ => false,
    }
}

/// Whether a statement refuses by VPCs and endpoints at once, both listed as who is refused or as who is not.
fn is_mixed(statement: &Statement, refuses_listed: bool) -> bool {
    let lists = |key: &str| {
        let mut tests = statement.conditions.iter().filter(|test| is_list(test, key, refuses_listed));
        tests.any(|test| !test.values.is_empty())
    };
    statement.effect.value == Effect::Deny && lists(VPC) && lists(ENDPOINT)
}

fn is_list(test: &ConditionTest, key: &str, refuses_listed: bool) -> bool {
    let operator = test.operator.value;
    test.key_lower == key && operator.test != Test::Null && operator.negated != refuses_listed
}

/// The document whose mixed statements do not ask for a key.
fn without(document: &PolicyDocument, key: &str, refuses_listed: bool) -> PolicyDocument {
    let mut changed = document.clone();
    for statement in changed.statements.iter_mut().filter(|statement| is_mixed(statement, refuses_listed)) {
        statement.conditions.retain(|test| !is_list(test, key, refuses_listed));
    }
    changed
}

fn values(statement: &Statement, key: &str) -> Vec<Text> {
    let tests = statement.conditions.iter().filter(|test| is_list(test, key, false));
    tests.flat_map(|test| &test.values).filter_map(|value| value.text.clone()).collect()
}
