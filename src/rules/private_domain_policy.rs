//! `private-domain-policy`: a private custom domain without a policy of its own, or whose policy refuses an endpoint
//! that the API behind it lets in.
//!
//! What the API's own policy refuses is for the rules about that.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::custom::{Access, Entering, Entrance};
use crate::exposure::model::{Api, ApiKind, Decision, Domain, EndpointType};
use crate::exposure::network::Stated;
use crate::exposure::reasons::{Met, Part};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::remedies::doors;
use crate::rules::{Context, places, telling, words};

const ID: &str = "private-domain-policy";

/// Reports private domains that let nobody in, or not the endpoint that is to call.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let entered = ctx.model.entered();
    for domain in ctx.domains() {
        if let Some(occurrence) = occurrence(&domain.facts.access, |state| lacks_policy(domain, &state.fact))
        {
            // What is written in one branch only is not to be overwritten.
            let never = domain.facts.access.iter().all(|state| lacks_policy(domain, &state.fact));
            let remedy = doors::with_policy(domain, entered.through(domain)).filter(|_| never);
            findings.push(without(domain, &occurrence).remedy(remedy));
        }
        let apis = entered.through(domain).iter();
        for (api, ways) in apis.filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none()) {
            let refuses = |state: &Stated<Vec<Entrance>>| refused(&state.fact, domain).is_some();
            if let Some(occurrence) = occurrence(&ways.entrances, refuses)
                && let Some(caller) = refused(&occurrence.state.fact, domain)
                && let Some(finding) = refusal(domain, api, &occurrence, caller)
            {
                let remedy = mended(domain, occurrence.state, caller).filter(|_| occurrence.when.is_empty());
                findings.push(finding.remedy(remedy));
            }
        }
    }
}

fn lacks_policy(domain: &Domain, access: &Access) -> bool {
    access.kind.endpoint_type == EndpointType::Private
        && domain.is_as_lowered(access)
        && domain.is_of_private_kind()
        && access.policy.is_none()
}

/// An endpoint that the API and an association let in and the domain's policy refuses.
fn refused<'run>(entrances: &'run [Entrance], domain: &Domain) -> Option<&'run Entering> {
    let here = entrances
        .iter()
        .filter(|known| known.domain.file == domain.file && known.domain.resource == domain.resource);
    here.filter_map(|entrance| {
        let associated = entrance.callers.iter().any(|caller| caller.associated);
        entrance.callers.iter().find(|caller| {
            // Where nobody has access yet, the API's own association says who is meant.
            (caller.associated || (!associated && caller.named_by_api))
                && matches!(caller.by_api, Decision::Allow | Decision::Depends)
                && caller.by_both == Decision::Deny
                && caller.because.is_some()
        })
    })
    .next()
}

/// The policy with the endpoint let in, where it is one policy whatever the case.
fn mended(domain: &Domain, state: &Stated<Vec<Entrance>>, caller: &Entering) -> Option<Remedy> {
    let mut policies = domain.facts.access.iter().filter_map(|state| state.fact.policy.as_ref());
    let policy = policies.next()?;
    if policies.any(|other| other != policy)
        || domain.facts.access.iter().any(|state| state.fact.policy.is_none())
    {
        return None;
    }
    let here = state
        .fact
        .iter()
        .filter(|known| known.domain.file == domain.file && known.domain.resource == domain.resource);
    let passing = here.flat_map(|entrance| &entrance.callers).filter(|other| {
        matches!(other.by_both, Decision::Allow | Decision::Depends)
            && (other.associated || other.named_by_api)
    });
    doors::let_in(domain, policy, caller, passing.count())
}

fn without(domain: &Domain, occurrence: &Occurrence<'_, Stated<Access>>) -> Finding {
    let condition = words::under(&occurrence.when);
    let name = words::domain(&domain.name, &domain.resource);
    let kind = occurrence.state.fact.kind.value.as_ref();
    let message = format!("the private domain {name} has no policy{condition}");
    Finding::new(ID, Subject::domain(domain), Severity::Error, message, Label::new(domain.id_span, "has no Policy"))
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(kind.map(|value| Label::new(places::origin(value), "private")))
        .related(domain.mappings.first().map(|mapping| Label::new(mapping.span, "leads to the API from there")))
        .why(
            "a private custom domain has a policy of its own, beside the API's, and lets in only whom that allows; \
             without one every call by its name gets 403 Forbidden.",
        )
        .notes(["assumes that a private domain without a policy lets nobody in".to_owned()])
        .assumes(kind)
        .help(
            "give it the API's policy:  Policy  with an Allow for execute-api:Invoke on execute-api:/* and a Deny of it  \
             StringNotEquals: {aws:SourceVpce: <VPC endpoint id>}",
        )
}

fn refusal(
    domain: &Domain,
    api: &Api,
    occurrence: &Occurrence<'_, Stated<Vec<Entrance>>>,
    caller: &Entering,
) -> Option<Finding> {
    let because = caller.because.as_ref()?;
    let condition = words::under(&occurrence.when);
    let name = words::domain(&domain.name, &domain.resource);
    let endpoint = words::value(&caller.endpoint.value);
    let message = format!(
        "the policy of the private domain {name} refuses {}, which `{}` lets in{condition}",
        endpoint.as_deref().unwrap_or("the endpoint of its access association"),
        api.resource
    );
    let let_in = if caller.associated { "has access to the domain" } else { "the API's endpoint" };
    let presumed = caller
        .presumed
        .then(|| "assumes that what is named differently here is a different endpoint".to_owned());
    let phrase = match (&because.part, because.met) {
        (Part::Resource, Met::Silent) => "not this domain".to_owned(),
        _ => telling::phrase(because),
    };
    let primary = Label::new(because.span, phrase);
    let finding = Finding::new(ID, Subject::domain(domain), Severity::Error, message, primary)
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(telling::labels(because).into_iter().skip(1))
        .related([Label::new(caller.endpoint.span, let_in)])
        .related([Label::new(domain.id_span, "the domain")])
        .related([Label::new(api.id_span, "the API behind it")])
        .why(
            "a call by the domain's name has to pass the domain's policy and then the API's; what the first refuses gets \
             403 Forbidden, whatever the API allows.",
        )
        .notes(presumed)
        .assumes(Some(&caller.endpoint))
        .help("let the same endpoints in as the API's policy does");
    Some(finding)
}
