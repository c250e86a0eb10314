//! Which statements of a policy refuse every caller, each alone or all together.
//!
//! Only what the API's own policy denies; callers whom it merely does not allow are in the callers' own reasons.

use crate::exposure::decisions::{Judge, opened};
use crate::exposure::model::{Auth, Caller, Decision};
use crate::exposure::questions::{Class, Who};
use crate::exposure::reasons::{self, Because, PolicyOf, Signer, Teller, keys};
use crate::policy::ask::Verdict;
use crate::policy::compiled::Policy;
use crate::policy::document::{Effect, PolicyDocument};
use crate::policy::world::Signing;

/// Most Deny statements that are tried without each other.
const MAX_DENIES: usize = 16;

impl Judge<'_> {
    /// The fewest Deny statements, as far as leaving out one by one finds them, that refuse every caller whatever
    /// the others allow: why each refuses somebody, in the order of the policy. Empty where somebody is not denied,
    /// or the API has several policies.
    pub(super) fn shut_by(&mut self, callers: &[Caller]) -> Vec<Because> {
        if callers.is_empty() || callers.iter().any(|caller| caller.decision != Decision::Deny) {
            return Vec::new();
        }
        let classes: Vec<Class> = callers.iter().map(|caller| self.class(&caller.class)).collect();
        let [document] = self.documents.as_slice() else { return Vec::new() };
        let statements = document.statements.iter().enumerate();
        let denies = statements.filter(|(_, statement)| statement.effect.value == Effect::Deny);
        let denies: Vec<usize> = denies.map(|(at, _)| at).take(MAX_DENIES).collect();
        let refusals = |kept: &[usize]| {
            let document = only(document, kept);
            self.refusals(&document, &opened(&document), &classes)
        };
        let shuts = |kept: &[usize]| refusals(kept).0;
        if denies.is_empty() || !shuts(&denies) {
            return Vec::new();
        }
        let alone = denies.iter().find(|&&deny| shuts(&[deny]));
        let fewest = alone.map_or_else(|| fewest(&denies, &shuts), |&deny| vec![deny]);
        let because = |&at: &usize| {
            let because = refusals(&[at]).1?;
            Some(Because { statement: Some(at), matched: vec![at], ..because })
        };
        fewest.iter().filter_map(because).collect()
    }

    /// Whether everybody is refused and nobody would be allowed without Deny statements; `false` where the API has
    /// several policies, or routes that a silent policy lets pass.
    pub(super) fn allows_none(&mut self, callers: &[Caller]) -> bool {
        if callers.is_empty() || callers.iter().any(|caller| caller.decision != Decision::Deny) {
            return false;
        }
        if !self.groups.iter().all(|group| matches!(group.auth, Auth::None | Auth::Cognito)) {
            return false;
        }
        let classes: Vec<Class> = callers.iter().map(|caller| self.class(&caller.class)).collect();
        let [document] = self.documents.as_slice() else { return false };
        let statements = document.statements.iter().enumerate();
        let others = statements.filter(|(_, statement)| statement.effect.value != Effect::Deny);
        let others: Vec<usize> = others.map(|(at, _)| at).collect();
        let document = only(document, &others);
        self.refusals(&document, &document, &classes).0
    }

    /// Whether the document, `asked` as it counts, refuses every call, and why it refuses the first that it does.
    fn refusals(
        &self,
        document: &PolicyDocument,
        asked: &PolicyDocument,
        classes: &[Class],
    ) -> (bool, Option<Because>) {
        let policy = Policy::new(asked, &self.arn, &self.names);
        let teller = Teller { policy: &policy, document, names: &self.names, of: PolicyOf::Api };
        let (mut all, mut because) = (true, None);
        for group in &self.groups {
            let routes = policy.routes(&group.main.shapes);
            for (class, signing) in classes.iter().flat_map(|class| self.signings(group.auth, class)) {
                let who = Who { class, account: &self.account, facts: &[] };
                let answers = who.world(signing.clone()).map(|world| policy.ask(&world, &routes));
                let Some(answers) = answers else { return (false, because) };
                all &= answers.iter().all(|answer| answer.verdict() == Verdict::None);
                let refused = answers.iter().find_map(|answer| Some((answer, answer.refused.as_ref()?)));
                if let (None, Some((answer, witness))) = (&because, refused) {
                    let at = answer.routes.first().copied().unwrap_or_default();
                    let request = witness.request();
                    let told = reasons::Witness {
                        route: group.main.route(group, at).cloned(),
                        stage: group.main.stage(at).cloned(),
                        signer: signer(&signing),
                        keys: keys(&request, &self.names),
                    };
                    because = Some(teller.because(&request, witness.limit(), told));
                }
            }
        }
        (all, because)
    }

    /// Who may sign calls of a class: with IAM every call is signed.
    fn signings<'c>(&self, auth: Auth, class: &'c Class) -> Vec<(&'c Class, Signing)> {
        let account = || self.account.clone();
        let signed = [Signing::Account(account()), Signing::Foreign(account())];
        let unsigned = (auth != Auth::Iam).then_some(Signing::Unsigned);
        unsigned.into_iter().chain(signed).map(|signing| (class, signing)).collect()
    }
}

fn signer(signing: &Signing) -> Signer {
    match signing {
        Signing::Unsigned => Signer::Nobody,
        Signing::Account(_) => Signer::OwnAccount,
        Signing::Foreign(_) => Signer::OtherAccount,
        Signing::Principal(_) => Signer::Given,
    }
}

/// The statements without each of those that are not needed to shut all callers out.
fn fewest(denies: &[usize], shuts: &dyn Fn(&[usize]) -> bool) -> Vec<usize> {
    let mut kept = denies.to_vec();
    for deny in denies {
        let without: Vec<usize> = kept.iter().copied().filter(|other| other != deny).collect();
        if shuts(&without) {
            kept = without;
        }
    }
    kept
}

/// The document without all other statements.
fn only(document: &PolicyDocument, kept: &[usize]) -> PolicyDocument {
    let statements = document.statements.iter().enumerate().filter(|(at, _)| kept.contains(at));
    let statements = statements.map(|(_, statement)| statement.clone()).collect();
    PolicyDocument { statements, ..document.clone() }
}
