//! Routes that ask for no signature, under a policy that lets in only who signs.
//!
//! Only what the API's own policy says; what stands in front of it is in `gates` and `questions`.

use crate::exposure::decisions::{Judge, opened};
use crate::exposure::model::{Auth, Caller, CallerClass, Method};
use crate::exposure::questions::{Class, Who};
use crate::exposure::reasons::{self, Because, Met, Part, PolicyOf, Signer, Teller, keys};
use crate::exposure::shapes::Group;
use crate::order::Order;
use crate::policy::ask::{Answer, Verdict, Witness};
use crate::policy::compiled::Policy;
use crate::policy::document::{PolicyDocument, PrincipalElement, Statement};
use crate::policy::text::Text;
use crate::policy::world::{Signing, is_of_principal};
use crate::source::Span;

/// Most signers that are tried for one policy.
const MAX_SIGNERS: usize = 12;

/// That routes without AWS_IAM refuse every call because the policy asks who signs it.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedOnly {
    /// The routes, in written order.
    pub routes: Vec<Method>,
    /// What asks for the signer.
    pub asks: Asks,
    /// Where that stands: the value of `Principal`, or the condition key. For a list of SAM its key.
    pub place: Span,
    /// Whether SAM writes the statement, from a list that the user wrote.
    pub made: bool,
    /// The way by which signed calls pass.
    pub class: CallerClass,
    /// Why an unsigned call by that way is refused.
    pub because: Because,
    /// Whether it is certain. Behind a Lambda authorizer the policy need not allow what it does not deny, by API
    /// Gateway's authorization workflow; by its page on creating resource policies every method without AWS_IAM
    /// fails under a policy that lists principals.
    pub certain: bool,
}

/// What of a statement asks for the signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// A condition key, as written.
    Key(String),
}

/// What one policy refuses of a group of routes, by position.
struct Refusal {
    group: usize,
    at: usize,
    found: SignedOnly,
}

impl Judge<'_> {
    /// The routes that refuse every unsigned call, by whatever way, and would take signed ones. `None` where there
    /// are none for certain.
    pub(super) fn signed_only(&mut self, callers: &[Caller]) -> Option<SignedOnly> {
        let asks = |document: &PolicyDocument| document.statements.iter().any(asks_for_signer);
        if self.case.methods.is_empty() || self.case.hidden_policy.is_some() {
            return None;
        }
        // Which of several policies counts is not documented: each has to ask.
        if self.documents.is_empty() || !self.documents.iter().all(asks) {
            return None;
        }
        let classes: Vec<(CallerClass, Class)> =
            callers.iter().map(|caller| (caller.class.clone(), self.class(&caller.class))).collect();
        let mut all: Option<Vec<Refusal>> = None;
        for document in &self.documents {
            let refused = self.refused_unsigned(document, &classes);
            let kept = match all {
                None => refused,
                Some(before) => {
                    let again = |one: &Refusal| refused.iter().any(|other| one.is_of_same_route(other));
                    before.into_iter().filter(again).collect()
                }
            };
            all = Some(kept);
        }
        self.together(all?)
    }

    fn refused_unsigned(&self, document: &PolicyDocument, classes: &[(CallerClass, Class)]) -> Vec<Refusal> {
        let mut found = Vec::new();
        for (at, group) in self.groups.iter().enumerate() {
            let plain = || self.refused_of_group(document, document, classes, (at, group), true);
            found.extend(match group.auth {
                Auth::None | Auth::Cognito => plain(),
                Auth::Lambda => {
                    let denied = opened(document);
                    let denied = self.refused_of_group(document, &denied, classes, (at, group), true);
                    if denied.is_empty() {
                        self.refused_of_group(document, document, classes, (at, group), false)
                    } else {
                        denied
                    }
                }
                Auth::Iam | Auth::Unknown => Vec::new(),
            });
        }
        found
    }

    /// `asked` is the document as it counts for the group, `document` the same as written.
    fn refused_of_group(
        &self,
        document: &PolicyDocument,
        asked: &PolicyDocument,
        classes: &[(CallerClass, Class)],
        (place, group): (usize, &Group),
        certain: bool,
    ) -> Vec<Refusal> {
        let policy = Policy::new(asked, &self.arn, &self.names);
        let routes = policy.routes(&group.main.shapes);
        let ask = |class: &Class, signing: Signing| {
            let who = Who { class, account: &self.account, facts: &[] };
            Some(policy.ask(&who.world(signing)?, &routes))
        };
        let unsigned: Option<Vec<Vec<Answer<'_>>>> =
            classes.iter().map(|(_, class)| ask(class, Signing::Unsigned)).collect();
        let Some(unsigned) = unsigned else { return Vec::new() };
        let shut = |at: &usize| {
            let answers = unsigned.iter().flatten().filter(|answer| answer.routes.contains(at));
            answers.clone().count() == classes.len()
                && answers.clone().all(|answer| answer.verdict() == Verdict::None)
        };
        let shut: Vec<usize> = (0..group.main.shapes.len()).filter(shut).collect();
        let mut found: Vec<Refusal> = Vec::new();
        for ((class, asker), refused) in classes.iter().zip(&unsigned) {
            let left: Vec<usize> =
                shut.iter().copied().filter(|at| found.iter().all(|known| known.at != *at)).collect();
            if left.is_empty() {
                break;
            }
            let signed = self.signers(document).into_iter();
            let signed: Vec<Answer<'_>> =
                signed.filter_map(|signing| ask(asker, signing)).flatten().collect();
            for at in left {
                let passes = signed.iter().find_map(|answer| {
                    let here = answer.routes.contains(&at) && !answer.presumed;
                    answer.allowed.as_ref().filter(|_| here)
                });
                let stopped = refused.iter().find(|answer| answer.routes.contains(&at));
                let (Some(passes), Some(stopped)) = (passes, stopped) else { continue };
                let told = Told { judge: self, policy: &policy, document, group, at };
                if let Some(one) = told.signed_only(class, stopped, passes, certain) {
                    found.push(Refusal { group: place, at, found: one });
                }
            }
        }
        found
    }

    /// Who may sign: somebody of the API's account, of another one, and whom the policy names.
    fn signers(&self, document: &PolicyDocument) -> Vec<Signing> {
        let account = || self.account.clone();
        let mut signers = vec![Signing::Account(account()), Signing::Foreign(account())];
        for signer in document.statements.iter().flat_map(named_signers) {
            if signers.len() < MAX_SIGNERS && !signers.contains(&signer) {
                signers.push(signer);
            }
        }
        signers
    }

    /// All refused routes as one; what is certain goes first.
    fn together(&self, refusals: Vec<Refusal>) -> Option<SignedOnly> {
        let certain = refusals.iter().any(|refusal| refusal.found.certain);
        let mut refusals = refusals.into_iter().filter(|refusal| refusal.found.certain == certain);
        let mut first = refusals.next()?.found;
        for other in refusals {
            let new = other.found.routes.into_iter().filter(|route| !first.routes.contains(route));
            let new: Vec<Method> = new.collect();
            first.routes.extend(new);
        }
        first.routes.order_by_key(|route| self.case.methods.iter().position(|known| known == route));
        Some(first)
    }
}

impl Refusal {
    fn is_of_same_route(&self, other: &Refusal) -> bool {
        self.group == other.group && self.at == other.at
    }
}

/// A policy with a route it is asked about, for telling why.
struct Told<'a> {
    judge: &'a Judge<'a>,
    policy: &'a Policy<'a>,
    document: &'a PolicyDocument,
    group: &'a Group,
    at: usize,
}

impl Told<'_> {
    fn signed_only(
        &self,
        class: &CallerClass,
        stopped: &Answer<'_>,
        passes: &Witness<'_>,
        certain: bool,
    ) -> Option<SignedOnly> {
        let route = self.group.main.route(self.group, self.at)?;
        let methods = &self.judge.case.methods;
        let method = methods.iter().find(|known| (&known.method, &known.path) == (&route.0, &route.1))?;
        let because = self.because(stopped.refused.as_ref()?, Signer::Nobody);
        let (asks, place, made) = match &because.part {
            Part::Principal => (Asks::Principal, because.principal.unwrap_or(because.span), because.made),
            Part::Condition { key, key_span, .. } if is_of_principal(&key.to_ascii_lowercase()) => {
                (Asks::Key(key.clone()), *key_span, because.made)
            }
            _ => {
                let refusing = Some(&because).filter(|because| because.met == Met::Denied);
                let allowing = self.because(passes, Signer::OwnAccount);
                let mut deciding = refusing.into_iter().chain([&allowing]);
                deciding.find_map(|one| {
                    let (asks, place) = asked(self.document.statements.get(one.statement?)?)?;
                    Some((asks, place, one.made))
                })?
            }
        };
        let certain = certain && !stopped.presumed;
        let (routes, class) = (vec![method.clone()], class.clone());
        Some(SignedOnly { routes, asks, place, made, class, because, certain })
    }

    fn because(&self, witness: &Witness<'_>, signer: Signer) -> Because {
        let request = witness.request();
        let told = reasons::Witness {
            route: self.group.main.route(self.group, self.at).cloned(),
            stage: self.group.main.stage(self.at).cloned(),
            signer,
            keys: keys(&request, &self.judge.names),
        };
        let (names, of) = (&self.judge.names, PolicyOf::Api);
        let teller = Teller { policy: self.policy, document: self.document, names, of };
        teller.because(&request, witness.limit(), told)
    }
}

fn asks_for_signer(statement: &Statement) -> bool {
    asked(statement).is_some()
}

/// Principals, and accounts in conditions, that a statement names.
fn named_signers(statement: &Statement) -> Vec<Signing> {
    let principals = statement.principal.iter().flat_map(|element| &element.values);
    let principals = principals.filter(|one| one.is_aws).map(|one| &one.value);
    let tests = statement.conditions.iter().filter(|test| test.key_lower == "aws:principalaccount");
    let texts = principals.chain(tests.flat_map(|test| &test.values)).filter_map(|value| value.text.as_ref());
    let signer = |text: &Text| match text.literal() {
        Some(known) if known.len() == 12 && known.chars().all(|digit| digit.is_ascii_digit()) => {
            Some(Text::from(format!("arn:aws:iam::{known}:root").as_str()))
        }
        Some(known) if !known.starts_with("arn:") => None,
        _ => Some(text.clone()),
    };
    texts.filter_map(signer).map(Signing::Principal).collect()
}

/// What of a statement only a signed call can meet, or only an unsigned one, and where it stands.
fn asked(statement: &Statement) -> Option<(Asks, Span)> {
    let everyone = |element: &PrincipalElement| {
        let is_everyone = |text: Option<&Text>| text.is_some_and(|text| text.is("*"));
        !element.negated
            && element.values.iter().any(|one| one.is_aws && is_everyone(one.value.text.as_ref()))
    };
    let principal = statement.principal.as_ref().filter(|element| !everyone(element));
    let principal = principal.map(|element| (Asks::Principal, element.span));
    principal.or_else(|| {
        let test = statement.conditions.iter().find(|test| is_of_principal(&test.key_lower))?;
        Some((Asks::Key(test.key.value.clone()), test.key.span))
    })
}
