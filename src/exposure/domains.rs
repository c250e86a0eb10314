//! Custom domains, what is mapped to them and who gets to them.

use crate::exposure::Context;
use crate::exposure::custom::{
    Access, DomainFacts, Kind, Mapping, Passage, PassageKind, PassageProperty, Routing, WrongAssociationKey,
};
use crate::exposure::leads::{Declared, Lead, Says, is_made, is_readable};
use crate::exposure::model::{Domain, EndpointType};
use crate::exposure::network::Stated;
use crate::exposure::others::from_globals;
use crate::exposure::wiring::property;
use crate::exposure::{cases, leads};
use crate::order::Order;
use crate::policy::document::PolicyDocument;
use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId, Tree};
use crate::template::cases::Path;
use crate::template::document::Origin;
use crate::template::lowered::SurpriseKind;
use crate::template::resolve::Resolver;
use crate::template::value::{Same, Sourced, Value};

/// All custom domains of a workspace.
pub(crate) fn find(context: &Context<'_>) -> Vec<Domain> {
    let mut domains = Vec::new();
    for stack in context.workspace.stacks() {
        for resource in &stack.lowered.resources {
            if leads::DOMAINS.contains(&resource.type_name.as_str()) {
                domains.push(domain(context, Declared { stack, resource }));
            }
        }
    }
    domains.order_by_key(|domain: &Domain| (domain.file, domain.id_span.range, domain.stack));
    domains
}

fn domain<'run>(context: &Context<'run>, at: Declared<'run>) -> Domain {
    let Declared { stack, resource } = at;
    let mut path = Path::new();
    path.freeze();
    let about = context.leads.about(context, at);
    let (mut mappings, mut access_associations) = (Vec::new(), Vec::new());
    for lead in &about {
        if lead.is_about(context, at, &mut path) != Same::Yes {
            continue;
        }
        match lead.says {
            Says::Maps(kind) => mappings.extend(self::mappings(context, lead, kind, &mut path)),
            Says::Associates => {
                let source = lead.property(context, "AccessAssociationSource", &mut path);
                access_associations.extend(source.map(|source| source.value));
            }
            Says::Shares => {}
        }
    }
    Domain {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: place(at),
        stack: stack.id,
        name: name(context, at, &mut path).map_or(Value::Absent, |name| name.value),
        endpoint_type: kind(context, at, &mut path).endpoint_type,
        policy: policy(context, at, &mut path),
        mappings,
        access_associations,
        type_name: resource.type_name.clone(),
        made_from: made_from(at).map(str::to_owned),
        wrong_association_key: wrong_association_key(at),
        for_public_only: for_public_only(at),
        facts: facts(context, at, &about),
    }
}

/// Where a reader looks for a domain: its logical id; for one that SAM makes `Domain`, in `Globals` when it gets its
/// name there.
pub(crate) fn place(at: Declared<'_>) -> Span {
    let (tree, own) = (&at.stack.lowered.tree, at.resource.id_span);
    let shared = || {
        let globals = at.stack.template.globals.filter(|_| at.resource.origin != Origin::Written)?;
        let domain = tree.entry(tree.get(globals, "Api")?, "Domain")?;
        let name = tree.span(tree.get(at.resource.properties?, "DomainName")?);
        let whole = tree.span(domain.value);
        (whole.file == name.file && whole.range.contains(name.range)).then(|| tree.span(domain.key))
    };
    shared().unwrap_or(own)
}

/// Logical id of the SAM resource whose `Domain` it is.
fn made_from(at: Declared<'_>) -> Option<&str> {
    match &at.resource.origin {
        Origin::Sam(id) => Some(id),
        Origin::Implicit => Some("ServerlessRestApi"),
        Origin::Written => None,
    }
}

/// Whether SAM's `Domain`, own or in `Globals`, has keys whose values are not those of a private domain: its records
/// lead elsewhere, it has no client certificates and only dual-stack addresses.
fn for_public_only(at: Declared<'_>) -> bool {
    let (template, tree) = (&at.stack.template, &at.stack.template.tree);
    let own = made_from(at).and_then(|from| template.resource(from)?.properties);
    let own = own.and_then(|node| tree.get(node, "Domain"));
    let global = template.globals.and_then(|node| tree.get_path(node, &["Api", "Domain"]));
    let keys = ["Route53", "MutualTlsAuthentication", "OwnershipVerificationCertificateArn"];
    own.into_iter().chain(global).any(|domain| {
        let address = tree.get(domain, "IpAddressType");
        let is_dual = |node| tree.scalar(node) == Some("dualstack");
        keys.iter().any(|key| tree.get(domain, key).is_some()) || address.is_some_and(|node| !is_dual(node))
    })
}

/// A key of `Domain` that SAM drops and that means `AccessAssociation`.
fn wrong_association_key(at: Declared<'_>) -> Option<WrongAssociationKey> {
    let from = made_from(at)?;
    let of_it = at.stack.lowered.surprises.iter().filter(|surprise| surprise.resource == from);
    of_it
        .filter_map(|surprise| match &surprise.kind {
            SurpriseKind::UnknownDomainKey { key, associates, nearest: Some("AccessAssociation") } => {
                let (key, span) = (key.clone(), surprise.span);
                Some(WrongAssociationKey { key, span, associates: *associates })
            }
            _ => None,
        })
        .next()
}

fn mappings<'run>(
    context: &Context<'run>,
    lead: &Lead<'run>,
    kind: PassageKind,
    path: &mut Path,
) -> Vec<Mapping> {
    let (stage_key, path_key) = match kind {
        PassageKind::BasePathMapping | PassageKind::BasePathMappingV2 => ("Stage", "BasePath"),
        PassageKind::ApiMapping => ("Stage", "ApiMappingKey"),
        PassageKind::RoutingRule => ("", ""),
    };
    let stage = lead.property(context, stage_key, path).map(|stage| stage.value);
    let base = lead.property(context, path_key, path);
    let base = base.and_then(|base| base.value.as_text().map(str::to_owned)).unwrap_or_default();
    let span = lead.at.resource.id_span;
    let apis = lead.apis(context, path).into_iter();
    apis.map(|api| Mapping { api: api.value, stage: stage.clone(), path: base.clone(), span }).collect()
}

/// `DomainName`.
pub(crate) fn name<'run>(context: &Context<'run>, at: Declared<'run>, path: &mut Path) -> Option<Sourced> {
    property(&mut Resolver::new(context.workspace.scope(at.stack), path), at.resource, "DomainName")
}

/// Its own policy; `None` when nothing is written or nothing is in it.
pub(crate) fn policy<'run>(context: &Context<'run>, at: Declared<'run>, path: &mut Path) -> Option<Sourced> {
    let mut resolver = Resolver::new(context.workspace.scope(at.stack), path);
    let policy = property(&mut resolver, at.resource, "Policy")?;
    let is_empty = match &policy.value {
        Value::Null => true,
        Value::Map(members) => members.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    (!is_empty).then(|| PolicyDocument::written_as_text(&policy).unwrap_or(policy))
}

/// The endpoint type in the case under way.
pub(crate) fn kind<'run>(context: &Context<'run>, at: Declared<'run>, path: &mut Path) -> Kind {
    let mut resolver = Resolver::new(context.workspace.scope(at.stack), path);
    let type_name = at.resource.type_name.as_str();
    let of_v2 = type_name == "AWS::ApiGatewayV2::DomainName";
    let (holder, key) = match of_v2 {
        true => ("DomainNameConfigurations", "EndpointType"),
        false => ("EndpointConfiguration", "Types"),
    };
    let holder = property(&mut resolver, at.resource, holder);
    let holder = match holder {
        Some(Sourced { value: Value::List(items), .. }) if of_v2 => items.into_iter().next(),
        other => other,
    };
    let mut default = || Kind { endpoint_type: default_type(&mut resolver, at), value: None };
    let Some(holder) = holder else { return default() };
    let written = match &holder.value {
        Value::Map(_) => match holder.value.get(key) {
            Some(written) => written.clone(),
            None => return default(),
        },
        _ => return Kind { endpoint_type: EndpointType::Unknown, value: Some(holder) },
    };
    let one = match &written.value {
        Value::Absent | Value::Null => return default(),
        Value::List(items) => match items.as_slice() {
            [] => return default(),
            [one] => Sourced { via: one.via.iter().chain(&written.via).cloned().collect(), ..one.clone() },
            _ => return Kind { endpoint_type: EndpointType::Unknown, value: Some(written) },
        },
        _ => written,
    };
    // SAM's own choice is not written anywhere.
    if at.resource.origin != Origin::Written && one.span == at.resource.id_span {
        return Kind { endpoint_type: EndpointType::Regional, value: None };
    }
    let endpoint_type = match one.value.as_text() {
        Some("EDGE") => EndpointType::Edge,
        Some("REGIONAL") => EndpointType::Regional,
        Some("PRIVATE") => EndpointType::Private,
        _ => EndpointType::Unknown,
    };
    Kind { endpoint_type, value: Some(from_globals(at.stack, one)) }
}

/// The type of a domain that states none. A domain of the first kind is edge-optimised, unless only a regional
/// certificate is given.
fn default_type(resolver: &mut Resolver<'_, '_>, at: Declared<'_>) -> EndpointType {
    let mut has = |key: &str| property(resolver, at.resource, key).is_some();
    match at.resource.type_name.as_str() {
        "AWS::ApiGateway::DomainNameV2" => EndpointType::Private,
        "AWS::ApiGatewayV2::DomainName" => EndpointType::Regional,
        _ if has("RegionalCertificateArn") && !has("CertificateArn") => EndpointType::Regional,
        _ => EndpointType::Edge,
    }
}

/// All questions about a domain, answered.
fn facts<'run>(context: &Context<'run>, at: Declared<'run>, about: &[Lead<'run>]) -> DomainFacts {
    if !is_readable(at) {
        return DomainFacts::default();
    }
    let handed_on = context.handed_on.has(context, at);
    DomainFacts {
        access: stated(context, at, |path| access(context, at, about, handed_on, path)),
        routing: stated(context, at, |path| routing(context, at, about, handed_on, path)),
    }
}

/// One question in all cases in which the domain exists.
fn stated<'run, T: Clone + PartialEq>(
    context: &Context<'run>,
    at: Declared<'run>,
    mut ask: impl FnMut(&mut Path) -> T,
) -> Vec<Stated<T>> {
    let explored = cases::split(context, at.stack, |resolver| {
        is_made(context, at, resolver.path()).then(|| ask(resolver.path()))
    });
    if !explored.complete {
        return Vec::new();
    }
    let environment = &at.stack.bindings.environment;
    let told = cases::join(explored).told().into_iter();
    told.map(|(_, extent, fact)| Stated { extent, environment: environment.clone(), fact }).collect()
}

fn access<'run>(
    context: &Context<'run>,
    at: Declared<'run>,
    about: &[Lead<'run>],
    handed_on: bool,
    path: &mut Path,
) -> Access {
    let kind = kind(context, at, path);
    if kind.endpoint_type != EndpointType::Private {
        return Access { kind, policy: None, sources: Vec::new(), incomplete: true };
    }
    let (sources, incomplete) = sources(context, at, about, path);
    Access { policy: policy(context, at, path), kind, sources, incomplete: incomplete || handed_on }
}

/// Endpoints with an access association in the case under way, and whether there may be others.
pub(crate) fn sources<'run>(
    context: &Context<'run>,
    at: Declared<'run>,
    about: &[Lead<'run>],
    path: &mut Path,
) -> (Vec<Sourced>, bool) {
    let (mut sources, mut incomplete) = (Vec::new(), false);
    for lead in about {
        if matches!(lead.says, Says::Maps(_)) || !lead.is_made(context, path) {
            continue;
        }
        match (lead.says, lead.is_about(context, at, path)) {
            (_, Same::No | Same::Presumed) | (Says::Maps(_), _) => {}
            (Says::Associates, Same::Yes) => match lead.property(context, "AccessAssociationSource", path) {
                Some(source) => sources.push(source),
                None => incomplete = true,
            },
            (Says::Associates, Same::Unknown) | (Says::Shares, _) => incomplete = true,
        }
    }
    (sources, incomplete)
}

fn routing<'run>(
    context: &Context<'run>,
    at: Declared<'run>,
    about: &[Lead<'run>],
    handed_on: bool,
    path: &mut Path,
) -> Routing {
    let mut resolver = Resolver::new(context.workspace.scope(at.stack), path);
    let mode = property(&mut resolver, at.resource, "RoutingMode");
    let mut routing = Routing {
        kind: kind(context, at, path),
        mode,
        passages: Vec::new(),
        perhaps_mapped: handed_on,
        perhaps_ruled: handed_on,
    };
    for lead in about {
        let Says::Maps(kind) = lead.says else { continue };
        if !lead.is_made(context, path) {
            continue;
        }
        match lead.is_about(context, at, path) {
            Same::Yes => routing.passages.extend(passage(context, lead, kind, path)),
            Same::Unknown if kind == PassageKind::RoutingRule => routing.perhaps_ruled = true,
            Same::Unknown => routing.perhaps_mapped = true,
            Same::No | Same::Presumed => {}
        }
    }
    routing
}

/// A mapping or rule in the case under way.
pub(crate) fn passage<'run>(
    context: &Context<'run>,
    lead: &Lead<'run>,
    kind: PassageKind,
    path: &mut Path,
) -> Option<Passage> {
    let Declared { stack, resource } = lead.at;
    let tree = &stack.lowered.tree;
    let made = resource.origin != Origin::Written;
    let type_node = tree.get(resource.node, "Type").filter(|_| !made);
    Some(Passage {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        type_span: type_node.map_or(resource.id_span, |node| tree.tagged_span(node)),
        kind,
        made,
        names: lead.owner(context, path)?,
        properties: if made { Vec::new() } else { passage_properties(tree, resource.properties) },
    })
}

fn passage_properties(tree: &Tree, properties: Option<NodeId>) -> Vec<PassageProperty> {
    let entries = properties.map_or(&[][..], |properties| tree.entries(properties));
    let property = |entry: &Entry| PassageProperty {
        name: tree.scalar(entry.key).unwrap_or_default().to_owned(),
        key: tree.span(entry.key),
        text: tree.scalar(entry.value).filter(|_| tree.tag(entry.value).is_none()).map(str::to_owned),
    };
    entries.iter().map(property).collect()
}
