//! What is written about a REST API's endpoint beside its type and its association: faults of the type, the kind of
//! addresses, how a body is imported, and extensions of the body that do nothing.
//!
//! Whether any of it is right is for the rules.

use crate::exposure::body::{Settled, settle};
use crate::exposure::model::EndpointType;
use crate::exposure::network::Stated;
use crate::exposure::wiring::{exists, is_obscured};
use crate::exposure::{Context, cases};
use crate::order::Order;
use crate::source::{FileId, Span};
use crate::syntax::tree::{NodeId, Tree};
use crate::template::document::{Origin, Resource};
use crate::template::intrinsic::intrinsic;
use crate::template::resolve::Resolver;
use crate::template::value::{Sourced, Value};
use crate::workspace::Stack;

/// What is written about the endpoint of an API in one case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// Why what is written is no endpoint type, with the text at fault.
    pub type_fault: Option<(TypeFault, Sourced)>,
    /// `IpAddressType`, `None` when absent.
    pub ip_address_type: Option<Sourced>,
    /// The key under which the first endpoint of the association stands.
    pub association_key: Option<Span>,
    /// The key of the endpoints in `EndpointConfiguration`, as it is written, also where it comes to nothing.
    pub ids_key: Option<Span>,
    /// Whether the association is a list parameter whose default is empty: the template alone makes none.
    pub association_left_empty: bool,
    /// Why there may be an association nobody can see, with the text that hides it; `None` where one is known.
    pub hidden_association: Option<(String, Span)>,
    /// The import of a body, where there is one.
    pub import: Option<Import>,
    /// Endpoint extensions of the body, and keys in them, that API Gateway does not read; in text order.
    pub idle_extensions: Vec<IdleExtension>,
}

/// Why something is no endpoint type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeFault {
    /// Known text that is none of the three words.
    NotAType,
    /// A second entry.
    Several,
    /// A list of nothing.
    Nothing,
}

/// How an API is made from a body: `ImportRestApi` knows only what the body and `Parameters` say, and what stands in
/// `EndpointConfiguration` comes later.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Key of the body: `Body` or `BodyS3Location`.
    pub key: Span,
    /// Whether `Parameters` names an endpoint type; `None` when undecided.
    pub gives_type: Option<bool>,
    /// The one endpoint type, as it is written, where `Parameters` is a plain map or is not there.
    pub plain_type: Option<Span>,
    /// Key of the endpoint ids that the body asks for.
    pub ids: Option<Span>,
}

/// Part of a body that looks as if it configured the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleExtension {
    /// The key.
    pub span: Span,
    /// Why it does nothing.
    pub kind: Idle,
}

/// Why API Gateway does not read an endpoint extension or a key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idle {
    /// At the top of an OpenAPI 3 document, where Swagger 2 has it.
    AtTheTop,
    /// Inside `servers` of a Swagger 2 document, where OpenAPI 3 has it.
    InServers,
    /// A key that would set the endpoint type.
    Type {
        /// The key as written.
        key: String,
    },
    /// A key that would set the kind of addresses.
    AddressType {
        /// The key as written.
        key: String,
    },
}

/// A custom domain of the second kind that says which addresses it has.
#[derive(Clone, Debug)]
pub struct DomainAddress {
    /// The template.
    pub file: FileId,
    /// Logical id of what the user wrote: the domain, or the SAM API that asks for it.
    pub owner: String,
    /// Where a reader looks for it.
    pub id_span: Span,
    /// `DomainName`.
    pub name: Value,
    /// What is written, case by case.
    pub cases: Vec<Stated<Address>>,
}

/// Addresses of a custom domain in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// Its endpoint type; private when none is written, for these domains have no other.
    pub endpoint_type: EndpointType,
    /// `IpAddressType`, `None` when absent.
    pub ip_address_type: Option<Sourced>,
}

/// The import that makes an API of these properties, but for what the body says; `None` without a body.
pub(crate) fn import(properties: NodeId, resolver: &mut Resolver<'_, '_>) -> Option<Import> {
    let tree = resolver.tree();
    let mut bodies = ["Body", "BodyS3Location"].into_iter().filter_map(|key| tree.entry(properties, key));
    let entry = bodies.find(|entry| !matches!(settle(resolver, entry.value), Settled::Absent))?;
    let gives_type = match tree.get(properties, "Parameters").map(|node| settle(resolver, node)) {
        None | Some(Settled::Absent) => Some(false),
        Some(Settled::Node(node)) if tree.is_mapping(node) => {
            let given = tree.get(node, "endpointConfigurationTypes");
            Some(given.is_some_and(|node| !matches!(settle(resolver, node), Settled::Absent)))
        }
        Some(Settled::Node(_) | Settled::Hidden(_)) => None,
    };
    let plain_type = plain_type(tree, properties);
    Some(Import { key: tree.span(entry.key), gives_type, plain_type, ids: None })
}

fn plain_type(tree: &Tree, properties: NodeId) -> Option<Span> {
    let is_plain = |node: NodeId| tree.is_mapping(node) && intrinsic(tree, node).is_none();
    tree.get(properties, "Parameters").is_none_or(is_plain).then_some(())?;
    let configuration = tree.get(properties, "EndpointConfiguration").filter(|&node| is_plain(node))?;
    let types = tree.get(configuration, "Types")?;
    match *tree.items(types) {
        [only] if tree.is_sequence(types) && tree.tag(types).is_none() => Some(tree.tagged_span(only)),
        _ => None,
    }
}

/// What a key of an effective endpoint extension would set, if API Gateway does not read it there.
pub(crate) fn idle_key(key: &str) -> Option<Idle> {
    let lower: String = key.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let key = key.to_owned();
    match lower.as_str() {
        "type" | "types" | "endpointtype" | "endpointtypes" | "endpointconfigurationtypes" => {
            Some(Idle::Type { key })
        }
        "ipaddresstype" => Some(Idle::AddressType { key }),
        _ => None,
    }
}

/// All custom domains of the second kind that say which addresses they have, in file and text order.
pub(crate) fn domain_addresses(context: &Context<'_>) -> Vec<DomainAddress> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        let second = |resource: &&Resource| resource.type_name == "AWS::ApiGateway::DomainNameV2";
        found.extend(
            stack.lowered.resources.iter().filter(second).filter_map(|it| of_domain(context, stack, it)),
        );
    }
    found.order_by_key(|domain: &DomainAddress| (domain.file, domain.id_span.range));
    found
}

fn of_domain(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<DomainAddress> {
    let tree = &stack.lowered.tree;
    let properties = resource.properties.filter(|_| !is_obscured(stack, resource))?;
    let configuration = tree.get(properties, "EndpointConfiguration")?;
    let explored = cases::split(context, stack, |resolver| {
        exists(resolver, resource).then(|| address(configuration, resolver))
    });
    if !explored.complete {
        return None;
    }
    let told = cases::join(explored).told().into_iter();
    let environment = &stack.bindings.environment;
    let stated = |(_, extent, fact)| Stated { extent, environment: environment.clone(), fact };
    let name = tree.get(properties, "DomainName");
    let name =
        name.map_or(Value::Absent, |node| context.peek(stack, |resolver| resolver.resolve(node)).value);
    let owner = match &resource.origin {
        Origin::Sam(api) => api.clone(),
        Origin::Written | Origin::Implicit => resource.id.clone(),
    };
    Some(DomainAddress {
        file: stack.template.file,
        owner,
        id_span: resource.id_span,
        name,
        cases: told.map(stated).collect(),
    })
}

fn address(configuration: NodeId, resolver: &mut Resolver<'_, '_>) -> Address {
    let unknown = Address { endpoint_type: EndpointType::Unknown, ip_address_type: None };
    let tree = resolver.tree();
    let node = match settle(resolver, configuration) {
        Settled::Node(node) if tree.is_mapping(node) => node,
        Settled::Node(_) | Settled::Absent | Settled::Hidden(_) => return unknown,
    };
    let Some(written) = tree.get(node, "IpAddressType") else { return unknown };
    let endpoint_type = match tree.get(node, "Types").map(|types| resolver.resolve(types).value) {
        None | Some(Value::Absent) => EndpointType::Private,
        Some(Value::List(items)) => word(items.first().map(|item| &item.value)),
        Some(value) => word(Some(&value)),
    };
    let written = resolver.resolve(written);
    let ip_address_type = Some(written).filter(|written| written.value != Value::Absent);
    Address { endpoint_type, ip_address_type }
}

fn word(value: Option<&Value>) -> EndpointType {
    match value.and_then(Value::as_text) {
        Some("EDGE") => EndpointType::Edge,
        Some("REGIONAL") => EndpointType::Regional,
        Some("PRIVATE") => EndpointType::Private,
        Some(_) | None => EndpointType::Unknown,
    }
}
