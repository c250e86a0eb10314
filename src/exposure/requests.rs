//! One request to one API in one case: what the policies on its way, and API Gateway itself, do with it.
//!
//! The workflow per authorization type is that of "API Gateway authorization workflow" in the developer guide.
//! Which API, route and caller somebody means is found out elsewhere.

use crate::exposure::decisions::{Gate, Judge};
use crate::exposure::model::{
    Api, ApiKind, Auth, CallerClass, Case, Decision, Domain, ExposureModel, Method, Stage,
};
use crate::exposure::questions::{Class, Questions, Reply, Who};
use crate::exposure::reasons::{Because, PolicyOf};
use crate::order::Order;
use crate::policy::document::PolicyDocument;
use crate::policy::text::Text;
use crate::policy::world::{self, Signing};
use crate::source::Span;
use crate::template::value::{Name, Part, Same, Sourced, Value};
use crate::workspace::Workspace;

/// A request, as far as it is known. What is not known is left open.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    /// Which way it comes.
    pub class: CallerClass,
    /// The VPC of its endpoint, where the templates do not say.
    pub vpc: Option<&'q str>,
    /// The address it comes from: on the internet, or in the VPC.
    pub address: Option<&'q str>,
    /// Who signs it, as an ARN; nobody for `None`.
    pub principal: Option<&'q str>,
    /// The organisation of who signs it.
    pub organisation: Option<&'q str>,
    /// What the other side says: the signer's own policies, or the authorizer.
    pub identity: Option<Identity>,
    /// The route, with the path that is asked for.
    pub method: Method,
    /// The stage; all of the API for `None`.
    pub stage: Option<Stage>,
    /// The custom domain that it names.
    pub domain: Option<&'q Domain>,
}

/// What the signer's own policies, or the authorizer, say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// They allow it.
    Allow,
    /// They say nothing about it.
    Silent,
    /// They deny it.
    Deny,
}

/// What a decision stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The policies: see [`Verdict::because`].
    Policies,
    /// A public API without a policy lets everybody in.
    OpenWithoutPolicy,
    /// A private API without a policy lets nobody in.
    ClosedWithoutPolicy,
    /// Calls through an endpoint reach private APIs only.
    PublicThroughEndpoint,
    /// Calls to a private API come through an endpoint.
    PrivateFromInternet,
    /// Nobody signs it, and the method wants a signature.
    NotSigned,
    /// The signer's own policies, or the authorizer, refuse it.
    OtherSide,
    /// The private domain has no access association with the endpoint.
    NotAssociated,
    /// The private domain has no policy of its own, and only a policy lets in.
    DomainWithoutPolicy,
    /// The kind of API has no resource policy.
    NoPolicyForKind,
    /// The policy is hidden, why and where.
    HiddenPolicy(String, Span),
    /// The endpoint type is not known, and why.
    UnknownType(String),
    /// How callers of the method prove who they are is not known.
    UnknownAuth,
    /// The transform refuses the template, and why.
    Refused(String),
}

/// Who has a say besides the policies of the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherSide {
    /// The method's Lambda authorizer.
    Authorizer,
    /// The method's Cognito user pool.
    UserPool,
    /// The signer's own policies: it is allowed when they allow it.
    OwnPolicies,
    /// The same, if the signer is of the API's account, which is not known.
    OwnPoliciesIfSameAccount,
    /// The signer's own policies have to allow it as well.
    OwnPoliciesToo,
    /// The same, if the signer is of another account than the API's, which is not known.
    OwnPoliciesTooIfOtherAccount,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// As far as the policies of the templates go.
    pub decision: Decision,
    /// What that stands on.
    pub ground: Ground,
    /// Who else has a say.
    pub other: Option<OtherSide>,
    /// Why; empty where no policy decides.
    pub because: Vec<Because>,
    /// Whether it presumes that two different names are different things.
    pub presumed: bool,
}

impl Verdict {
    fn plain(decision: Decision, ground: Ground) -> Self {
        Self { decision, ground, other: None, because: Vec::new(), presumed: false }
    }
}

/// What becomes of a request to an API in one of its cases.
pub fn judge(
    workspace: &Workspace,
    model: &ExposureModel,
    api: &Api,
    case: &Case,
    question: &Question<'_>,
) -> Verdict {
    if let Some((reason, _)) = &api.refused {
        return Verdict::plain(Decision::Unknown, Ground::Refused(reason.clone()));
    }
    let through = question.class != CallerClass::Internet;
    match (case.endpoint_type.is_public(), through) {
        (Some(true), true) => return Verdict::plain(Decision::Deny, Ground::PublicThroughEndpoint),
        (Some(false), false) => return Verdict::plain(Decision::Deny, Ground::PrivateFromInternet),
        _ => {}
    }
    if api.kind != ApiKind::Rest {
        let internet = case.callers.iter().find(|caller| caller.class == CallerClass::Internet);
        let decision = internet.map_or(Decision::Unknown, |caller| caller.decision);
        return Verdict::plain(decision, Ground::NoPolicyForKind);
    }
    if let Some(domain) = question.domain.filter(|_| through)
        && let Some(verdict) = without_association(domain, &question.class)
    {
        return verdict;
    }
    let verdict = if question.method.auth == Auth::Iam && question.principal.is_none() {
        Verdict::plain(Decision::Deny, Ground::NotSigned)
    } else if case.policies.is_empty() {
        without_policy(case, question)
    } else {
        with_policies(workspace, model, api, case, question)
    };
    match &case.type_unknown {
        Some(why) if verdict.decision != Decision::Deny => {
            Verdict { decision: Decision::Unknown, ground: Ground::UnknownType(why.clone()), ..verdict }
        }
        _ => verdict,
    }
}

/// Why a private domain does not take calls from there, if it does not.
fn without_association(domain: &Domain, class: &CallerClass) -> Option<Verdict> {
    let CallerClass::Endpoint(endpoint) = class else {
        return Some(Verdict::plain(Decision::Deny, Ground::NotAssociated));
    };
    if domain.policy.is_none() {
        return Some(Verdict::plain(Decision::Deny, Ground::DomainWithoutPolicy));
    }
    let known: Vec<Same> = domain.access_associations.iter().map(|value| value.same(endpoint)).collect();
    if known.contains(&Same::Yes) {
        None
    } else if known.contains(&Same::Unknown) {
        Some(Verdict::plain(Decision::Unknown, Ground::NotAssociated))
    } else {
        Some(Verdict::plain(Decision::Deny, Ground::NotAssociated))
    }
}

fn without_policy(case: &Case, question: &Question<'_>) -> Verdict {
    if let Some((why, span)) = &case.hidden_policy {
        return Verdict::plain(Decision::Unknown, Ground::HiddenPolicy(why.clone(), *span));
    }
    if case.endpoint_type.is_public() != Some(true) {
        return Verdict::plain(Decision::Deny, Ground::ClosedWithoutPolicy);
    }
    let open = Ground::OpenWithoutPolicy;
    let other = match (question.method.auth, question.identity) {
        (Auth::None, _) | (_, Some(Identity::Allow)) => None,
        (Auth::Unknown, _) => return Verdict::plain(Decision::Unknown, Ground::UnknownAuth),
        (_, Some(Identity::Silent | Identity::Deny)) => {
            return Verdict::plain(Decision::Deny, Ground::OtherSide);
        }
        (Auth::Cognito, None) => Some(OtherSide::UserPool),
        (Auth::Lambda, None) => Some(OtherSide::Authorizer),
        (Auth::Iam, None) => {
            let other = Some(OtherSide::OwnPolicies);
            return Verdict { other, ..Verdict::plain(Decision::Depends, open) };
        }
    };
    Verdict { other, ..Verdict::plain(Decision::Allow, open) }
}

fn with_policies(
    workspace: &Workspace,
    model: &ExposureModel,
    api: &Api,
    case: &Case,
    question: &Question<'_>,
) -> Verdict {
    let narrowed = narrowed(case, question);
    let found =
        workspace.stack(case.stack).and_then(|stack| Some((stack, stack.lowered.resource(&api.resource)?)));
    let Some((stack, resource)) = found else {
        return Verdict::plain(Decision::Unknown, Ground::Policies);
    };
    let mut judge = Judge::new(&model.endpoints, stack, resource, &narrowed);
    let class = match judge.class(&question.class) {
        Class::Endpoint(id, None) => Class::Endpoint(id, question.vpc.map(Text::from)),
        class => class,
    };
    let mut gates: Vec<Gate> = judge.endpoint_gate(&question.class).into_iter().collect();
    gates.extend(question.domain.and_then(|domain| judge.domain_gate(domain)));
    let facts = facts(question);
    let who = Who { class: &class, account: &judge.account, facts: &facts };
    let opened: Vec<_> = judge.documents.iter().map(|document| judge.opened(document)).collect();
    let gates: Vec<_> = gates.iter().map(|gate| judge.prepare_gate(gate)).collect();
    let mut verdicts = Vec::new();
    for opened in &opened {
        let prepared = judge.prepare(opened);
        let questions = judge.asking(&prepared, &gates, 0, false, who);
        verdicts.push(settle(&questions, question, is_own_account(&judge.account, question)));
    }
    let mut verdict = agreed(verdicts);
    verdict.presumed |= judge.presumed.matters();
    verdict
}

/// The case with nothing but the route and stage that are asked for.
fn narrowed(case: &Case, question: &Question<'_>) -> Case {
    let mut narrowed = case.clone();
    narrowed.methods = vec![question.method.clone()];
    match &question.stage {
        Some(stage) => narrowed.stages = vec![Stage { from_deployment: false, ..stage.clone() }],
        None => {
            let named = narrowed.stages.iter().any(|stage| !stage.from_deployment);
            narrowed.stages.retain(|stage| !named || !stage.from_deployment);
        }
    }
    narrowed
}

fn facts(question: &Question<'_>) -> Vec<(String, world::Domain)> {
    let is = |text: &str| world::Domain::Is(Text::from(text));
    let address = if question.class == CallerClass::Internet { "aws:sourceip" } else { "aws:vpcsourceip" };
    let address = question.address.map(|text| (address.to_owned(), is(text)));
    let organisation = question.organisation.map(|text| ("aws:principalorgid".to_owned(), is(text)));
    address.into_iter().chain(organisation).collect()
}

/// Whether the signer is of the API's account; `None` when that account is not known.
fn is_own_account(account: &Text, question: &Question<'_>) -> Option<bool> {
    let own = account.literal()?;
    let signer = question.principal?.split(':').nth(4)?;
    Some(own == signer)
}

/// What the policies say, by the method's authorization type.
fn settle(questions: &Questions<'_>, question: &Question<'_>, own_account: Option<bool>) -> Verdict {
    let signing = question.principal.map_or(Signing::Unsigned, |arn| Signing::Principal(Text::from(arn)));
    // The API's policy sees a signature only where the method asks for one.
    let seen = if question.method.auth == Auth::Iam { signing.clone() } else { Signing::Unsigned };
    let allow = questions.ask(&seen, &signing, &questions.allow);
    let pass = questions.pass.as_ref().map(|pass| questions.ask(&seen, &signing, pass));
    let refused = |decision| decision == Decision::Deny;
    match (question.method.auth, pass) {
        (Auth::Cognito, _) => match question.identity {
            _ if refused(allow.decision) => of(allow, None),
            Some(Identity::Silent | Identity::Deny) => Verdict::plain(Decision::Deny, Ground::OtherSide),
            Some(Identity::Allow) => of(allow, None),
            None => of(allow, Some(OtherSide::UserPool)),
        },
        (Auth::Lambda, Some(pass)) => match question.identity {
            _ if refused(pass.decision) => of(pass, None),
            Some(Identity::Deny) => Verdict::plain(Decision::Deny, Ground::OtherSide),
            Some(Identity::Silent) => of(allow, None),
            Some(Identity::Allow) => of(pass, None),
            None => of(pass, Some(OtherSide::Authorizer)),
        },
        (Auth::Iam, Some(pass)) => signed(allow, pass, question.identity, own_account),
        (Auth::Unknown, Some(pass)) if !refused(pass.decision) => {
            Verdict { ground: Ground::UnknownAuth, decision: Decision::Unknown, ..of(pass, None) }
        }
        (Auth::Unknown, Some(pass)) => of(pass, None),
        (Auth::None | Auth::Lambda | Auth::Iam | Auth::Unknown, _) => of(allow, None),
    }
}

/// A signed request: either side may allow it in the own account, both have to in another one.
fn signed(allow: Reply, pass: Reply, identity: Option<Identity>, own_account: Option<bool>) -> Verdict {
    let own = OtherSide::OwnPolicies;
    match (own_account, identity) {
        _ if pass.decision == Decision::Deny => of(pass, None),
        (_, Some(Identity::Deny)) | (Some(false), Some(Identity::Silent)) => {
            Verdict::plain(Decision::Deny, Ground::OtherSide)
        }
        (Some(true), Some(Identity::Allow)) => of(pass, None),
        (Some(true), Some(Identity::Silent)) | (Some(false), Some(Identity::Allow)) => of(allow, None),
        (Some(true), None) | (None, Some(Identity::Allow)) if allow.decision == Decision::Allow => {
            of(allow, None)
        }
        (Some(true), None) if pass.decision == Decision::Allow => {
            Verdict { decision: Decision::Depends, ..of(allow, Some(own)) }
        }
        (Some(false), None) if allow.decision == Decision::Deny => of(allow, None),
        (Some(false), None) => of(allow, Some(OtherSide::OwnPoliciesToo)),
        (None, _) if allow.decision == Decision::Allow => {
            of(allow, Some(OtherSide::OwnPoliciesTooIfOtherAccount))
        }
        (None, _) if pass.decision == Decision::Allow => {
            Verdict { decision: Decision::Depends, ..of(allow, Some(OtherSide::OwnPoliciesIfSameAccount)) }
        }
        (Some(true) | None, _) => of(pass, Some(own)),
    }
}

fn of(reply: Reply, other: Option<OtherSide>) -> Verdict {
    Verdict {
        decision: reply.decision,
        ground: Ground::Policies,
        other,
        because: reply.because,
        presumed: reply.presumed,
    }
}

/// Several policies on one API: which of them counts is not documented, so they have to agree.
fn agreed(verdicts: Vec<Verdict>) -> Verdict {
    let mut verdicts = verdicts.into_iter();
    let Some(mut first) = verdicts.next() else {
        return Verdict::plain(Decision::Unknown, Ground::Policies);
    };
    for other in verdicts {
        if other.decision != first.decision {
            first.decision = Decision::Unknown;
            first.because.extend(other.because);
        }
        first.presumed |= other.presumed;
    }
    first
}

impl Judge<'_> {
    /// The policy of a private custom domain; `None` for a domain that has none of its own.
    fn domain_gate(&mut self, domain: &Domain) -> Option<Gate> {
        let owner = Name::Resource { stack: domain.stack, id: domain.resource.clone() };
        Some(self.gate_of_domain(domain.policy.as_ref()?, &domain.name, &owner))
    }

    /// The policy of a private custom domain, by its name and its resource.
    pub(super) fn gate_of_domain(&mut self, policy: &Sourced, name: &Value, owner: &Name) -> Gate {
        let mut document = PolicyDocument::parse(&self.presumed.apply(policy), &mut self.names);
        // A domain's own ARN means all that is called through it.
        for resources in document.statements.iter_mut().filter_map(|statement| statement.resources.as_mut()) {
            for value in &mut resources.values {
                let whole = value.text.as_ref().filter(|text| is_whole_domain(&self.names.parts(text)));
                if let Some(text) = whole.map(|text| text.then(&Text::from("/*"))) {
                    value.text = Some(text);
                }
            }
        }
        // `arn:PARTITION:execute-api:REGION:ACCOUNT:/domainnames/NAME+ID`, as in "API provider: Share your
        // private custom domain name".
        let mut parts = self.names.parts(&self.arn);
        while let Some(last) = parts.pop() {
            if let Part::Literal(text) = last
                && let Some((kept, _)) = text.rsplit_once(':')
            {
                parts.push(Part::Literal(format!("{kept}:/domainnames/")));
                break;
            }
        }
        parts.extend(name.to_parts().unwrap_or_default());
        parts.push(Part::Literal("+".to_owned()));
        if let Name::Resource { stack, id } = owner {
            let attribute = "DomainNameId".to_owned();
            let own = Name::Attribute { stack: *stack, id: id.clone(), attribute };
            parts.push(Part::Named(std::sync::Arc::new(own)));
        }
        let arn = self.names.join(&parts);
        Gate { of: PolicyOf::Domain, document, arn, elsewhere: true }
    }
}

/// Whether a text is a domain's ARN without anything behind it.
fn is_whole_domain(parts: &[Part]) -> bool {
    let literal = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Named(_) => "@".to_owned(),
    };
    let text: String = parts.iter().map(literal).collect();
    text.split_once(":/domainnames/").is_some_and(|(_, rest)| !rest.contains(['/', '*']))
}

/// The route of a case that a request goes to. `None` when there is none, and, where not all routes are known,
/// when there may be one.
///
/// A literal segment goes before a path parameter, and that before a greedy one. API Gateway looks for the
/// path first, so a path whose method is missing is not served by a greedy parameter above it.
pub fn route<'c>(case: &'c Case, method: &str, path: &str) -> Option<&'c Method> {
    let fitting = case.methods.iter().filter_map(|known| Some((fit(&known.path, path)?, known)));
    let best = fitting.clone().map(|(fit, _)| fit).min()?;
    let mut here: Vec<&Method> = fitting.filter(|(fit, _)| *fit == best).map(|(_, known)| known).collect();
    here.retain(|known| known.method == method || known.method == "*");
    here.order_by_key(|known| known.method == "*");
    here.first().copied()
}

/// How a path fits a template: by segment 0 for the same text, 1 for a parameter, 2 for a greedy one.
fn fit(template: &str, path: &str) -> Option<Vec<u8>> {
    let mut rest: Vec<&str> = segments(path);
    rest.reverse();
    let mut found = Vec::new();
    for segment in segments(template) {
        let inner = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        match (inner, rest.pop()) {
            (Some(name), Some(_)) if name.ends_with('+') => {
                found.push(2);
                return Some(found);
            }
            (Some(_), Some(_)) => found.push(1),
            (None, Some(text)) if text == segment => found.push(0),
            _ => return None,
        }
    }
    rest.is_empty().then_some(found)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_templates() {
        let table: [(&str, &str, Option<&[u8]>); 8] = [
            ("/", "/", Some(&[])),
            ("/users/{id}", "/users/42", Some(&[0, 1])),
            ("/users/{id}", "/users", None),
            ("/users/{id}", "/users/42/x", None),
            ("/{proxy+}", "/a/b/c", Some(&[2])),
            ("/{proxy+}", "/", None),
            ("/users", "/users/", Some(&[0])),
            ("/Users", "/users", None),
        ];
        for (template, path, expected) in table {
            assert_eq!(fit(template, path).as_deref(), expected, "{template} {path}");
        }
    }
}
