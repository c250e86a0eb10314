//! One caller class, one group of routes: what the API's policy and the policies in front of it say together.
//!
//! A VPC endpoint's policy stands in front of the API's, whatever the authorization type, and has to allow
//! (API Gateway guide, "Use VPC endpoint policies for private APIs"); so does the policy of a private custom
//! domain. Several routes and documents are put together elsewhere.

use crate::exposure::model::{Auth, Decision};
use crate::exposure::opinions::{Opinion, add_reason, both};
use crate::exposure::reasons::{self, Because, Signer, Teller, keys};
use crate::exposure::shapes::{Group, Shapes};
use crate::policy::ask::{Answer, Verdict, Witness};
use crate::policy::request::Request;
use crate::policy::routes::Routes;
use crate::policy::text::Text;
use crate::policy::truth::Truth;
use crate::policy::world::{Domain, Signing, World};

/// A caller class in the words of the policy engine.
pub(crate) enum Class {
    Internet,
    Endpoint(Text, Option<Text>),
    Vpc(Text),
    AnyOther,
    Unreadable,
}

/// Who asks, and what else is known of the requests.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) class: &'a Class,
    /// The API's account.
    pub(crate) account: &'a Text,
    /// What condition keys hold, beyond what the class says.
    pub(crate) facts: &'a [(String, Domain)],
}

impl Who<'_> {
    pub(crate) fn world(&self, signing: Signing) -> Option<World> {
        let signed = signing != Signing::Unsigned;
        let world = match self.class {
            Class::Internet => World::internet(signing),
            Class::Endpoint(id, vpc) => World::endpoint(id, vpc.as_ref(), signing),
            Class::Vpc(vpc) => World::inside_vpc(vpc, signing),
            Class::AnyOther => World::any_other_endpoint(signing),
            Class::Unreadable => return None,
        };
        let facts = self.facts.iter().filter(|(key, _)| signed || !key.starts_with("aws:principal"));
        Some(facts.fold(world, |world, (key, domain)| world.with(key, domain.clone())))
    }
}

/// A policy with the routes it is asked about.
pub(crate) struct Asked<'a> {
    pub(crate) teller: Teller<'a>,
    pub(crate) routes: &'a Routes,
    /// The resource that is asked for, where it is not the API's.
    pub(crate) resource: Option<&'a Text>,
}

/// One group of routes with the policies that decide it.
pub(crate) struct Questions<'a> {
    pub(crate) who: Who<'a>,
    pub(crate) group: &'a Group,
    pub(crate) shapes: &'a Shapes,
    /// The API's policy as it is.
    pub(crate) allow: Asked<'a>,
    /// The same where a silent policy lets pass; `None` where no route of the API needs it.
    pub(crate) pass: Option<Asked<'a>>,
    /// Policies in front of it.
    pub(crate) gates: Vec<Asked<'a>>,
}

/// What policies say about a world.
pub(crate) struct Reply {
    pub(crate) decision: Decision,
    pub(crate) presumed: bool,
    pub(crate) because: Vec<Because>,
    /// Positions of refused routes.
    pub(crate) refused_at: Vec<usize>,
}

impl Questions<'_> {
    /// What is said over all routes of the group, by their authorization.
    pub(crate) fn over_routes(&self) -> Opinion {
        let Some(pass) = &self.pass else { return self.open() };
        match self.group.auth {
            Auth::None => self.open(),
            Auth::Cognito => self.unsigned(&self.allow),
            // The authorizer decides what the policy does not deny.
            Auth::Lambda => self.unsigned(pass),
            Auth::Iam => self.signed(pass),
            Auth::Unknown => {
                let (open, signed) = (self.open(), self.signed(pass));
                let one =
                    |left: Decision, right: Decision| if left == right { left } else { Decision::Unknown };
                Opinion {
                    decision: one(open.decision, signed.decision),
                    unsigned: one(open.unsigned, signed.unsigned),
                    foreign: one(open.foreign, signed.foreign),
                    ..open
                }
            }
        }
    }

    /// Nobody's signature counts for the API's policy. A policy in front reads it, though, whatever the
    /// method's authorization type.
    fn open(&self) -> Opinion {
        let mut opinion = self.unsigned(&self.allow);
        if self.gates.is_empty() || self.group.auth == Auth::Cognito {
            return opinion;
        }
        let signed = |signing: Signing| self.ask(&Signing::Unsigned, &signing, &self.allow);
        let own = signed(Signing::Account(self.who.account.clone()));
        let foreign = signed(Signing::Foreign(self.who.account.clone()));
        let all = [opinion.unsigned, own.decision, foreign.decision];
        if all.iter().any(|decision| *decision != opinion.unsigned) {
            let somebody = |decision: &Decision| matches!(decision, Decision::Allow | Decision::Depends);
            let some = all.iter().any(somebody);
            opinion.decision = if some { Decision::Depends } else { Decision::Unknown };
            opinion.explain(own.because);
            opinion.explain(foreign.because);
        }
        opinion.presumed |= own.presumed || foreign.presumed;
        opinion.foreign = foreign.decision;
        opinion
    }

    /// Nobody's signature counts: signed callers are as good as unsigned ones.
    fn unsigned(&self, asked: &Asked<'_>) -> Opinion {
        let reply = self.ask(&Signing::Unsigned, &Signing::Unsigned, asked);
        let decision = reply.decision;
        Opinion {
            presumed: reply.presumed,
            because: reply.because,
            refused_at: reply.refused_at,
            ..Opinion::of(decision, decision, decision)
        }
    }

    /// Only signed callers pass: those of the own account unless denied, others when allowed.
    fn signed(&self, pass: &Asked<'_>) -> Opinion {
        let account = self.who.account;
        let (own, foreign) = (Signing::Account(account.clone()), Signing::Foreign(account.clone()));
        let own = self.ask(&own, &own, pass);
        let foreign = self.ask(&foreign, &foreign, &self.allow);
        let decision = match (own.decision, foreign.decision) {
            (Decision::Deny, Decision::Deny) => Decision::Deny,
            (Decision::Allow | Decision::Depends, _) | (_, Decision::Allow | Decision::Depends) => {
                Decision::Depends
            }
            _ => Decision::Unknown,
        };
        let mut opinion = Opinion::of(decision, Decision::Deny, foreign.decision);
        opinion.presumed = foreign.presumed || own.presumed;
        opinion.refused_at =
            own.refused_at.into_iter().filter(|at| foreign.refused_at.contains(at)).collect();
        opinion.explain(foreign.because);
        opinion.explain(own.because);
        opinion
    }

    /// What `asked` and the policies in front say. `seen` is who signs as far as `asked` sees, `signing` who
    /// signs as far as those in front see.
    pub(crate) fn ask(&self, seen: &Signing, signing: &Signing, asked: &Asked<'_>) -> Reply {
        let mut reply = Reply {
            decision: Decision::Unknown,
            presumed: false,
            because: Vec::new(),
            refused_at: Vec::new(),
        };
        let (Some(own), Some(front)) = (self.who.world(seen.clone()), self.who.world(signing.clone())) else {
            return reply;
        };
        let mut parts = vec![(asked, asked.teller.policy.ask(&own, asked.routes))];
        parts.extend(self.gates.iter().map(|gate| (gate, gate.teller.policy.ask(&front, gate.routes))));
        let mut decision: Option<Decision> = None;
        for together in together(&parts, self.shapes.shapes.len()) {
            let verdict = together.decision(seen == signing);
            if verdict == Decision::Deny {
                reply.refused_at.extend(&together.routes);
            }
            decision = Some(decision.map_or(verdict, |before| both(before, verdict)));
            reply.presumed |= together.parts.iter().any(|(_, answer)| answer.presumed);
            self.explain(&mut reply.because, &together, if together.deciding() > 0 { signing } else { seen });
        }
        reply.decision = decision.unwrap_or(Decision::Unknown);
        reply
    }

    fn explain(&self, because: &mut Vec<Because>, together: &Together<'_>, signing: &Signing) {
        let Some((asked, answer)) = together.parts.get(together.deciding()) else { return };
        let at = together.routes.first().copied().unwrap_or_default();
        for witness in [&answer.refused, &answer.doubtful, &answer.allowed].into_iter().flatten() {
            let request = witness.request();
            let told = reasons::Witness {
                route: self.shapes.route(self.group, at).cloned(),
                stage: self.shapes.stage(at).cloned(),
                signer: match signing {
                    Signing::Unsigned => Signer::Nobody,
                    Signing::Account(_) => Signer::OwnAccount,
                    Signing::Foreign(_) => Signer::OtherAccount,
                    Signing::Principal(_) => Signer::Given,
                },
                keys: keys(&request, asked.teller.names),
            };
            add_reason(because, asked.teller.because(&request, witness.limit(), told));
        }
    }
}

/// Routes about which each policy has one answer: the API's own first.
struct Together<'a> {
    routes: Vec<usize>,
    parts: Vec<(&'a Asked<'a>, &'a Answer<'a>)>,
}

/// The routes by what all policies answer, in the order of their first routes.
fn together<'a>(parts: &'a [(&'a Asked<'a>, Vec<Answer<'a>>)], n_routes: usize) -> Vec<Together<'a>> {
    let [(only, answers)] = parts else {
        let mut found: Vec<(Vec<usize>, Together<'a>)> = Vec::new();
        for route in 0..n_routes {
            let of = |answers: &Vec<Answer<'_>>| answers.iter().position(|one| one.routes.contains(&route));
            let Some(which) = parts.iter().map(|(_, answers)| of(answers)).collect::<Option<Vec<usize>>>()
            else {
                continue;
            };
            if let Some((_, known)) = found.iter_mut().find(|(known, _)| *known == which) {
                known.routes.push(route);
                continue;
            }
            let answers = parts.iter().zip(&which);
            let answers = answers.filter_map(|((asked, answers), at)| Some((*asked, answers.get(*at)?)));
            found.push((which.clone(), Together { routes: vec![route], parts: answers.collect() }));
        }
        return found.into_iter().map(|(_, together)| together).collect();
    };
    let one =
        |answer: &'a Answer<'a>| Together { routes: answer.routes.to_vec(), parts: vec![(*only, answer)] };
    answers.iter().map(one).collect()
}

impl Together<'_> {
    /// What all policies let through. `same` says whether all of them see the same signer.
    fn decision(&self, same: bool) -> Decision {
        let verdicts: Vec<Verdict> = self.parts.iter().map(|(_, answer)| answer.verdict()).collect();
        let n_some = verdicts.iter().filter(|verdict| **verdict == Verdict::Some).count();
        if verdicts.contains(&Verdict::None) {
            Decision::Deny
        } else if verdicts.contains(&Verdict::Unknown) {
            Decision::Unknown
        } else {
            match n_some {
                0 => Decision::Allow,
                1 => Decision::Depends,
                _ if self.has_common_request(same) => Decision::Depends,
                _ => Decision::Unknown,
            }
        }
    }

    /// Position of the policy that decides: the first that keeps all out, else the first that is not sure,
    /// else the first that keeps some out, else the API's own.
    fn deciding(&self) -> usize {
        let first = |verdict: Verdict| self.parts.iter().position(|(_, answer)| answer.verdict() == verdict);
        first(Verdict::None).or_else(|| first(Verdict::Unknown)).or_else(|| first(Verdict::Some)).unwrap_or(0)
    }

    /// Whether a request made of the policies' witnesses is let through by all of them. `same` says whether all
    /// see the same signer; else the API's own policy sees none.
    fn has_common_request(&self, same: bool) -> bool {
        let witnesses = self.parts.iter().filter(|(asked, _)| asked.resource.is_none());
        let witnesses = witnesses.filter_map(|(_, answer)| answer.allowed.as_ref());
        let witnesses: Vec<Request> = witnesses.map(Witness::request).collect();
        let passes = |request: &Request, at: usize, asked: &Asked<'_>| {
            let mut request = request.clone();
            if let Some(resource) = asked.resource {
                request.resource = resource.clone();
            }
            if at == 0 && !same {
                request.principal = None;
                request.is_stranger = false;
                request.context.retain(|(key, _)| !key.starts_with("aws:principal"));
            }
            asked.teller.policy.decide(&request).allowed == Truth::Yes
        };
        let mut candidates = witnesses.iter().map(|first| first_of_all(first, &witnesses));
        candidates
            .any(|request| self.parts.iter().enumerate().all(|(at, (asked, _))| passes(&request, at, asked)))
    }
}

/// The first request, with what it lacks from the others.
fn first_of_all(first: &Request, others: &[Request]) -> Request {
    let mut request = first.clone();
    for other in others {
        if request.principal.is_none() {
            request.principal.clone_from(&other.principal);
            request.is_stranger = other.is_stranger;
        }
        for (key, value) in &other.context {
            if request.value(key).is_none() {
                request.context.push((key.clone(), value.clone()));
            }
        }
    }
    request
}
