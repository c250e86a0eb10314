//! `wrong-mapping-for-private-domain`: a mapping or a domain resource of the kind that is not for this endpoint type.
//!
//! A public domain with the right mapping is `public-domain-on-private-api`.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::custom::{Passage, PassageKind, Routing};
use crate::exposure::model::{ApiKind, Domain, EndpointType};
use crate::exposure::network::Stated;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::source::FileId;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Name, Same, Sourced, Value};

const ID: &str = "wrong-mapping-for-private-domain";

/// The resource type of private domains.
const PRIVATE_DOMAIN: &str = "AWS::ApiGateway::DomainNameV2";

/// Reports private domains of a public kind, and mappings that are for the other kind of domain.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    // SAM chooses domain and mapping by the endpoint type.
    for domain in ctx.domains().filter(|domain| domain.made_from.is_none()) {
        let of_public_kind = |state: &Stated<Routing>| {
            state.fact.kind.endpoint_type == EndpointType::Private && domain.type_name != PRIVATE_DOMAIN
        };
        if let Some(occurrence) = occurrence(&domain.facts.routing, of_public_kind)
            && let Some(value) = &occurrence.state.fact.kind.value
        {
            findings.push(wrong_domain(domain, &occurrence, value));
        }
        for key in passages(&domain.facts.routing) {
            let is_wrong = |state: &Stated<Routing>| wrong(ctx, domain, &state.fact, key).is_some();
            if let Some(occurrence) = occurrence(&domain.facts.routing, is_wrong)
                && let Some(passage) = wrong(ctx, domain, &occurrence.state.fact, key)
            {
                findings.push(wrong_mapping(ctx, domain, &occurrence, passage));
            }
        }
    }
}

/// Mappings of a domain, each once.
fn passages(states: &[Stated<Routing>]) -> Vec<&Passage> {
    let mut found: Vec<&Passage> = Vec::new();
    for passage in states.iter().flat_map(|state| &state.fact.passages) {
        if !found.iter().any(|known| is_same(known, passage)) {
            found.push(passage);
        }
    }
    found
}

fn is_same(one: &Passage, other: &Passage) -> bool {
    one.file == other.file && one.resource == other.resource
}

/// The mapping, if it is there and not for a domain of this type.
fn wrong<'run>(
    ctx: &Context<'_>,
    domain: &Domain,
    routing: &'run Routing,
    key: &Passage,
) -> Option<&'run Passage> {
    let passage = routing.passages.iter().find(|passage| is_same(passage, key))?;
    let is_wrong = match (routing.kind.endpoint_type, passage.kind) {
        // A private domain of another kind is wrong itself.
        (EndpointType::Private, PassageKind::BasePathMapping | PassageKind::ApiMapping) => {
            domain.type_name == PRIVATE_DOMAIN && !has_public_twin(ctx, domain, passage)
        }
        (EndpointType::Edge | EndpointType::Regional, PassageKind::BasePathMappingV2) => true,
        _ => false,
    };
    is_wrong.then_some(passage)
}

/// Whether the mapping names its domain by a name that a public domain of the run has, too: then it maps that one.
/// Inside and outside of a VPC one name may lead to different domains, and only a public one is known by its name.
fn has_public_twin(ctx: &Context<'_>, domain: &Domain, passage: &Passage) -> bool {
    let by_name = passage.names.value.same(&domain.name) == Same::Yes;
    let mut all = ctx.model.domains.iter();
    by_name && all.any(|twin| twin.type_name != PRIVATE_DOMAIN && twin.name.same(&domain.name) == Same::Yes)
}

fn wrong_domain(domain: &Domain, occurrence: &Occurrence<'_, Stated<Routing>>, value: &Sourced) -> Finding {
    let condition = words::under(&occurrence.when);
    let (name, type_name) = (&domain.resource, &domain.type_name);
    let message = format!("`{name}` is private, but {type_name} is for public domains{condition}");
    let primary = Label::new(places::origin(value), "not a type of this resource");
    Finding::new(ID, Subject::domain(domain), Severity::Error, message, primary)
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(places::way_to(value))
        .related([Label::new(domain.id_span, "the domain")])
        .why(
            "private custom domains are resources of their own, with a policy and access associations; this one takes \
             public endpoint types only: the deployment fails, and there is no name by which to call the API.",
        )
        .notes(["assumes that API Gateway refuses PRIVATE where it documents public types only".to_owned()])
        .assumes(Some(value))
        .help(format!("Type: {PRIVATE_DOMAIN}, with AWS::ApiGateway::BasePathMappingV2 for its mappings"))
}

fn wrong_mapping(
    ctx: &Context<'_>,
    domain: &Domain,
    occurrence: &Occurrence<'_, Stated<Routing>>,
    passage: &Passage,
) -> Finding {
    let routing = &occurrence.state.fact;
    let condition = words::under(&occurrence.when);
    let name = words::domain(&domain.name, &domain.resource);
    let is_private = routing.kind.endpoint_type == EndpointType::Private;
    let (kind, label, right) = match (is_private, domain.type_name.as_str()) {
        (true, _) => ("private", "maps public domains only", PassageKind::BasePathMappingV2),
        (false, "AWS::ApiGatewayV2::DomainName") => {
            ("public", "maps private domains only", PassageKind::ApiMapping)
        }
        (false, _) => ("public", "maps private domains only", PassageKind::BasePathMapping),
    };
    let message = format!("`{}` cannot map the {kind} domain {name}{condition}", passage.resource);
    let value = routing.kind.value.as_ref();
    let at_type = value.map(|value| Label::new(places::origin(value), kind));
    let subject = Subject { file: passage.file, resource: Some(passage.resource.clone()) };
    Finding::new(ID, subject, Severity::Error, message, Label::new(passage.type_span, label))
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related([Label::new(passage.names.span, "names the domain")])
        .related([Label::new(domain.id_span, "the domain")])
        .related(at_type)
        .also_about([Subject::domain(domain)])
        .why(
            "API Gateway knows private domains by their ARN and public ones by their name, and each kind has a mapping \
             of its own: with the other one the deployment fails (\"Invalid domain name identifier specified\").",
        )
        .notes(["assumes that API Gateway refuses a mapping of the other kind of domain".to_owned()])
        .assumes(value)
        .help(help(domain, passage, is_private, right))
        // In the other cases the mapping is the right one.
        .remedy(occurrence.when.is_empty().then(|| remedy(ctx, domain, passage, right)).flatten())
}

/// Properties that the three kinds of mappings have under other names.
const PROPERTIES: [[&str; 3]; 4] = [
    ["DomainName", "DomainNameArn", "DomainName"],
    ["RestApiId", "RestApiId", "ApiId"],
    ["Stage", "Stage", "Stage"],
    ["BasePath", "BasePath", "ApiMappingKey"],
];

/// The column of a kind in [`PROPERTIES`].
fn column(kind: PassageKind) -> Option<usize> {
    match kind {
        PassageKind::BasePathMapping => Some(0),
        PassageKind::BasePathMappingV2 => Some(1),
        PassageKind::ApiMapping => Some(2),
        PassageKind::RoutingRule => None,
    }
}

/// The mapping as one of the right kind, where each of its properties has a counterpart.
fn remedy(ctx: &Context<'_>, domain: &Domain, passage: &Passage, right: PassageKind) -> Option<Remedy> {
    let (from, to) = (column(passage.kind)?, column(right)?);
    let is_ours = !passage.made && decided::is_written(ctx, &passage.resource, passage.id_span);
    (is_ours && leads_to_rest_api(ctx, domain, passage)).then_some(())?;
    let mut changes = vec![(
        passage.file,
        Change::Replace { at: passage.type_span, with: Written::text(right.type_name()) },
    )];
    for property in &passage.properties {
        let row = PROPERTIES.iter().find(|row| row.get(from) == Some(&property.name.as_str()))?;
        // Only mappings of the second version are known to take a path of several parts.
        if *row.get(from)? == "ApiMappingKey" {
            property.text.as_ref().filter(|path| !path.contains('/'))?;
        }
        let name = row.get(to).filter(|name| **name != property.name);
        changes.extend(
            name.map(|name| (passage.file, Change::Rename { key: property.key, to: (*name).to_owned() })),
        );
    }
    changes.extend(domain_reference(ctx, domain, passage, right)?);
    let title = format!("make `{}` a mapping of the type {}", passage.resource, right.type_name());
    Some(Remedy::all(Applicability::Unsafe, title, changes).alone())
}

/// Whether the mapping leads to REST APIs of the run: other kinds have one kind of mapping only.
fn leads_to_rest_api(ctx: &Context<'_>, domain: &Domain, passage: &Passage) -> bool {
    let mut own = domain.mappings.iter().filter(|mapping| mapping.span == passage.id_span).peekable();
    let is_rest = |api: &Value| {
        ctx.model.apis.iter().any(|known| known.is_named_by(api) && known.kind == ApiKind::Rest)
    };
    own.peek().is_some() && own.all(|mapping| is_rest(&mapping.api))
}

/// What names the domain as the right kind of mapping wants it: nothing changes where it does already; `None` where it
/// cannot be named.
fn domain_reference(
    ctx: &Context<'_>,
    domain: &Domain,
    passage: &Passage,
    right: PassageKind,
) -> Option<Option<(FileId, Change)>> {
    let is_right = match &passage.names.value {
        Value::Named(name) => match &**name {
            // The ARN of a private domain, the name of a public one.
            Name::Resource { stack, id } => *stack == domain.stack && *id == domain.resource,
            Name::Attribute { attribute, .. } => {
                right == PassageKind::BasePathMappingV2 && attribute == "DomainNameArn"
            }
            _ => false,
        },
        _ => false,
    };
    if is_right {
        return Some(None);
    }
    let is_beside = domain.file == passage.file && decided::is_written(ctx, &domain.resource, domain.id_span);
    let at = places::literal(&passage.names).filter(|_| is_beside)?;
    let change = Change::Replace { at, with: Written::reference(&domain.resource) };
    Some(Some((passage.file, change)))
}

fn help(domain: &Domain, passage: &Passage, is_private: bool, right: PassageKind) -> String {
    let key = if is_private { "DomainNameArn" } else { "DomainName" };
    let value = match (domain.file == passage.file, is_private) {
        (true, _) => format!("!Ref {}", domain.resource),
        (false, true) => "<ARN of the domain>".to_owned(),
        (false, false) => "<name of the domain>".to_owned(),
    };
    format!("Type: {}, with  {key}: {value}", right.type_name())
}
