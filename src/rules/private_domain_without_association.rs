//! `private-domain-without-association`: a private custom domain that no endpoint of its callers has access to.
//!
//! Whom the domain's policy lets in is `private-domain-policy`.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::custom::{Access, Entering, Entrance};
use crate::exposure::model::{Decision, Domain, EndpointType};
use crate::exposure::network::Stated;
use crate::exposure::query::Entered;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};

const ID: &str = "private-domain-without-association";

/// Reports private domains without an access association, and those whose associations are for endpoints that the
/// API behind the domain refuses.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let entered = ctx.model.entered();
    for domain in ctx.domains() {
        if let Some(occurrence) = occurrence(&domain.facts.access, |state| is_closed(domain, &state.fact)) {
            findings.push(closed(domain, &occurrence));
        } else {
            misdirected(&entered, domain, findings);
        }
    }
}

/// Whether nobody has access.
fn is_closed(domain: &Domain, access: &Access) -> bool {
    access.kind.endpoint_type == EndpointType::Private
        && domain.is_as_lowered(access)
        && domain.is_of_private_kind()
        && !access.incomplete
        && access.sources.is_empty()
}

fn closed(domain: &Domain, occurrence: &Occurrence<'_, Stated<Access>>) -> Finding {
    let condition = words::under(&occurrence.when);
    let name = words::domain(&domain.name, &domain.resource);
    let kind = occurrence.state.fact.kind.value.as_ref();
    let (primary, help) = match (&domain.wrong_association_key, &domain.made_from) {
        (Some(wrong), _) => {
            let label = Label::new(wrong.span, format!("SAM drops `{}`", wrong.key));
            (label, "write  AccessAssociation".to_owned())
        }
        (None, Some(_)) => (
            Label::new(domain.id_span, "has no AccessAssociation"),
            "add   AccessAssociation: {VpcEndpointId: <VPC endpoint id>}   to Domain".to_owned(),
        ),
        (None, None) => (
            Label::new(domain.id_span, "no access association names it"),
            format!(
                "add  Type: AWS::ApiGateway::DomainNameAccessAssociation, Properties: {{DomainNameArn: !Ref {}, \
                 AccessAssociationSourceType: VPCE, AccessAssociationSource: <VPC endpoint id>}}",
                domain.resource
            ),
        ),
    };
    let misspelt = domain.wrong_association_key.as_ref().filter(|wrong| wrong.associates);
    let message = format!("no VPC endpoint has access to the private domain {name}{condition}");
    Finding::new(ID, Subject::domain(domain), Severity::Error, message, primary)
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(kind.map(|value| Label::new(places::origin(value), "private")))
        .related(domain.mappings.first().map(|mapping| Label::new(mapping.span, "leads to the API from there")))
        .why(
            "a private custom domain answers only through VPC endpoints that have an access association with it; \
             without one every call by its name gets 403 Forbidden.",
        )
        .notes(["assumes that no template outside of these associates an endpoint with it".to_owned()])
        .assumes(kind)
        .help(help)
        .remedy(misspelt.map(|wrong| Remedy::rename(Applicability::Safe, wrong.span, "AccessAssociation")))
}

/// Reports associations of a domain whose endpoints the API behind it refuses, while it lets others in.
fn misdirected<'m>(entered: &Entered<'m>, domain: &'m Domain, findings: &mut Vec<Finding>) {
    let is_here = |entrance: &&Entrance| {
        entrance.domain.file == domain.file && entrance.domain.resource == domain.resource
    };
    let wrong = |entrance: &Entrance| is_here(&entrance) && meant(entrance).is_some();
    // Where the association is right for another API of the domain, it is the policy of this one that is not.
    let serves = |entrance: &Entrance| {
        let right = |caller: &Entering| caller.associated && caller.by_api != Decision::Deny;
        is_here(&entrance) && (entrance.incomplete || entrance.callers.iter().any(right))
    };
    let all = || entered.through(domain).iter().map(|(_, ways)| &ways.entrances);
    if all().flatten().any(|state| state.fact.iter().any(serves)) {
        return;
    }
    for entrances in all() {
        if let Some(occurrence) = occurrence(entrances, |state| state.fact.iter().any(wrong))
            && let Some(entrance) = occurrence.state.fact.iter().find(|entrance| wrong(entrance))
            && let Some((source, caller)) = meant(entrance)
        {
            findings.push(misdirection(domain, &occurrence, source, caller));
        }
    }
}

/// An endpoint that has access and that the API refuses, and one that the API lets in, where all are so.
fn meant(entrance: &Entrance) -> Option<(&Entering, &Entering)> {
    let (associated, others): (Vec<_>, Vec<_>) =
        entrance.callers.iter().partition(|caller| caller.associated);
    let refused = |caller: &&Entering| caller.by_api == Decision::Deny && !caller.named_by_api;
    if entrance.incomplete || !associated.iter().all(refused) {
        return None;
    }
    let lets_in = |caller: &&&Entering| matches!(caller.by_api, Decision::Allow | Decision::Depends);
    Some((associated.first()?, others.iter().find(lets_in)?))
}

fn misdirection(
    domain: &Domain,
    occurrence: &Occurrence<'_, Stated<Vec<Entrance>>>,
    source: &Entering,
    caller: &Entering,
) -> Finding {
    let condition = words::under(&occurrence.when);
    let name = words::domain(&domain.name, &domain.resource);
    let endpoint = &source.endpoint;
    let message =
        format!("only an endpoint that the API refuses has access to the private domain {name}{condition}");
    let place = if places::is_default(endpoint) { places::origin(endpoint) } else { endpoint.span };
    let primary = Label::new(place, "the API's policy refuses this endpoint");
    let presumed = (source.presumed || caller.presumed)
        .then(|| "assumes that what is named differently here is a different endpoint".to_owned());
    Finding::new(ID, Subject::domain(domain), Severity::Error, message, primary)
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(places::way_to(endpoint))
        .related([Label::new(caller.endpoint.span, "the API lets this one in")])
        .related([Label::new(domain.id_span, "the domain")])
        .why(
            "a call by the domain's name needs an access association for its endpoint, and the API's policy has to let \
             the same endpoint in; no endpoint has both, so every call by this name gets 403 Forbidden.",
        )
        .notes(presumed)
        .notes(["assumes that no template outside of these associates another endpoint with it".to_owned()])
        .assumes(Some(endpoint))
        .help("associate the endpoint that the API lets in")
}
