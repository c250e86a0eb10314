//! `public-domain-on-private-api`: a private API behind a custom domain that is edge-optimised or regional.
//!
//! A mapping of the wrong resource type is `wrong-mapping-for-private-domain`.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::custom::{Access, Door, DoorDomain, Doors, PassageKind};
use crate::exposure::model::{Api, ApiKind, Domain, EndpointType};
use crate::exposure::network::Stated;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::SurpriseKind;

const ID: &str = "public-domain-on-private-api";

/// The resource type of private domains.
const PRIVATE_DOMAIN: &str = "AWS::ApiGateway::DomainNameV2";

/// Reports public domains that lead to private APIs, and access associations that a public domain ignores.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none()) {
        for ways in &api.custom_ways {
            for key in domains(&ways.doors) {
                if let Some(occurrence) =
                    occurrence(&ways.doors, |state| public_door(&state.fact, key).is_some())
                    && let Some((door, domain)) = public_door(&occurrence.state.fact, key)
                {
                    findings.push(mapped(ctx, api, &occurrence, door, domain));
                }
            }
        }
    }
    for domain in ctx.domains() {
        let public = |state: &Stated<Access>| state.fact.kind.endpoint_type.is_public() == Some(true);
        if let Some((key, place)) = ignored_association(ctx, domain)
            && let Some(occurrence) = occurrence(&domain.facts.access, public)
        {
            let finding = ignored(domain, &occurrence, &key, place);
            let place = finding.diagnostic.primary.span;
            // What leads to a private API has been said.
            if findings.iter().skip(first).all(|known| known.diagnostic.primary.span != place) {
                findings.push(finding);
            }
        }
    }
}

type Key<'run> = (FileId, &'run str);

/// Domains of the run that lead to an API, each once.
fn domains(states: &[Stated<Doors>]) -> Vec<Key<'_>> {
    let all = states.iter().flat_map(|state| &state.fact.doors).filter_map(|door| door.domain.as_ref());
    let mut found: Vec<Key<'_>> = Vec::new();
    for key in all.map(|domain| (domain.file, domain.resource.as_str())) {
        if !found.contains(&key) {
            found.push(key);
        }
    }
    found
}

/// The mapping from that domain to a private API, if the domain is public.
fn public_door<'run>(doors: &'run Doors, key: Key<'_>) -> Option<(&'run Door, &'run DoorDomain)> {
    if doors.kind.endpoint_type != EndpointType::Private {
        return None;
    }
    let with_domain = doors.doors.iter().filter_map(|door| Some((door, door.domain.as_ref()?)));
    let mut public = with_domain.filter(|(door, domain)| {
        // A written mapping for private domains is wrong itself; SAM makes what it takes the domain for.
        let is_right = door.passage.kind != PassageKind::BasePathMappingV2 || door.passage.made;
        (domain.file, domain.resource.as_str()) == key && door.is_shut() && is_right
    });
    public.next()
}

/// `AccessAssociation` of a SAM domain that lowering ignored, however it is spelt, with the place of its key.
fn ignored_association(ctx: &Context<'_>, domain: &Domain) -> Option<(String, Span)> {
    let from = domain.made_from.as_deref()?;
    let (api, _) = ctx.apis().find(|(api, _)| api.resource == from)?;
    let ignored = api.surprises.iter().find(|known| known.kind == SurpriseKind::AccessAssociationIgnored);
    let ignored = ignored.map(|surprise| ("AccessAssociation".to_owned(), surprise.span));
    ignored.or_else(|| domain.wrong_association_key.as_ref().map(|wrong| (wrong.key.clone(), wrong.span)))
}

/// What kind of domain it is, a word.
fn kind(endpoint_type: EndpointType) -> &'static str {
    if endpoint_type == EndpointType::Edge { "edge-optimised" } else { "regional" }
}

fn severity(endpoint_type: EndpointType) -> Severity {
    if endpoint_type == EndpointType::Edge { Severity::Error } else { Severity::Warning }
}

fn mapped(
    ctx: &Context<'_>,
    api: &Api,
    occurrence: &Occurrence<'_, Stated<Doors>>,
    door: &Door,
    domain: &DoorDomain,
) -> Finding {
    let doors = &occurrence.state.fact;
    let kind = kind(domain.kind.endpoint_type);
    let condition = words::under(&occurrence.when);
    let value = domain.kind.value.as_ref();
    let primary = match (value, domain.made) {
        (Some(value), _) => Label::new(places::origin(value), format!("{kind}: a public domain")),
        (None, true) => Label::new(domain.id_span, "regional where nothing else is written"),
        (None, false) => Label::new(door.passage.names.span, format!("this domain is {kind}")),
    };
    let private = doors.kind.value.as_ref().map(|value| Label::new(places::origin(value), "private"));
    let mapping = (!door.passage.made).then(|| Label::new(door.passage.id_span, "mapped here"));
    let at_domain = (!domain.made).then(|| Label::new(domain.id_span, "the domain"));
    let ignored = api.surprises.iter().find(|known| known.kind == SurpriseKind::AccessAssociationIgnored);
    let name = words::domain(&domain.name, &domain.resource);
    let message = format!("private API `{}` stands behind the {kind} domain {name}{condition}", api.resource);
    Finding::new(ID, Subject::api(api), severity(domain.kind.endpoint_type), message, primary)
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(value.iter().flat_map(|value| places::way_to(value)))
        .related(at_domain)
        .related(places::steps(&door.passage.names))
        .related(mapping)
        .related(private)
        .related(ignored.map(|surprise| Label::new(surprise.span, "has no effect on a public domain")))
        .why(
            "a public custom domain does not lead to a private API: the deployment fails, or every call by this name is \
             refused. It makes nothing public, and nobody can use it.",
        )
        .notes(["assumes that no load balancer outside of these templates answers by this name".to_owned()])
        .assumes(value)
        .help(if domain.made {
            "make the domain private:  Domain: {EndpointConfiguration: PRIVATE, Policy: ..., AccessAssociation: {VpcEndpointId: ...}}"
        } else {
            "make the domain private:  AWS::ApiGateway::DomainNameV2 with BasePathMappingV2 and DomainNameAccessAssociation"
        })
        .remedy(remedy(ctx, door, domain))
}

/// The domain with the type PRIVATE, where its type alone is wrong and it leads to nothing but private APIs.
fn remedy(ctx: &Context<'_>, door: &Door, domain: &DoorDomain) -> Option<Remedy> {
    let is_it = |known: &&Domain| known.file == domain.file && known.resource == domain.resource;
    let declared = ctx.domains().find(is_it)?;
    // A written domain of the first version is a resource of another type, and so are its mappings.
    let takes_it = match domain.made {
        true => !declared.for_public_only,
        false => declared.type_name == PRIVATE_DOMAIN && door.passage.kind == PassageKind::RoutingRule,
    };
    (takes_it && leads_to_private_only(ctx, domain)).then_some(())?;
    let name = words::domain(&domain.name, &domain.resource);
    let title = match domain.made {
        true => format!("make the domain {name} private; it then needs a Policy and an AccessAssociation"),
        false => format!(
            "make the domain {name} private; it then needs a Policy and a DomainNameAccessAssociation"
        ),
    };
    if let Some(value) = &domain.kind.value {
        return decided::write(ctx, Applicability::Unsafe, title, value, "PRIVATE");
    }
    let change = Change::SetIn {
        mapping: domain.id_span,
        path: vec!["EndpointConfiguration".to_owned()],
        value: Written::text("PRIVATE"),
        after: Some("CertificateArn".to_owned()),
    };
    domain.made.then(|| Remedy::one(Applicability::Unsafe, title, domain.id_span.file, change).alone())
}

/// Whether all APIs behind domains whose type is written at the same place are private in all cases.
fn leads_to_private_only(ctx: &Context<'_>, domain: &DoorDomain) -> bool {
    let place = |domain: &DoorDomain| domain.kind.value.as_ref().map_or(domain.id_span, places::origin);
    let here = |door: &Door| door.domain.as_ref().is_some_and(|other| place(other) == place(domain));
    let stands_behind = |api: &&Api| {
        let mut states = api.custom_ways.iter().flat_map(|ways| &ways.doors);
        states.any(|state| state.fact.doors.iter().any(here))
    };
    let is_private = |api: &Api| api.cases.iter().all(|case| case.endpoint_type == EndpointType::Private);
    ctx.model.apis.iter().filter(stands_behind).all(is_private)
}

fn ignored(domain: &Domain, occurrence: &Occurrence<'_, Stated<Access>>, key: &str, place: Span) -> Finding {
    let kind_of = &occurrence.state.fact.kind;
    let kind = kind(kind_of.endpoint_type);
    let condition = words::under(&occurrence.when);
    let written = kind_of.value.as_ref();
    let primary = match written {
        Some(value) => Label::new(places::origin(value), format!("{kind}: a public domain")),
        None => Label::new(domain.id_span, "regional where nothing else is written"),
    };
    let name = words::domain(&domain.name, &domain.resource);
    let message = format!("`{key}` has no effect on the {kind} domain {name}{condition}");
    Finding::new(ID, Subject::domain(domain), severity(kind_of.endpoint_type), message, primary)
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(written.iter().flat_map(|value| places::way_to(value)))
        .related([Label::new(place, "SAM drops this")])
        .why(
            "only private domains have access associations: SAM makes none here, and whoever resolves the name can \
             reach the domain from the internet.",
        )
        .notes(["assumes that the domain is meant to be private, since an endpoint is given access to it".to_owned()])
        .assumes(written)
        .help("make the domain private:  EndpointConfiguration: PRIVATE")
        .help(format!("or remove  {key}"))
}
