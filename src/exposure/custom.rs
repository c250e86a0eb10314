//! What is written about custom domains and the ways from them to APIs, case by case.
//!
//! Each question is split into cases by itself. Whether any of it is right is for the rules.

use crate::exposure::model::{Decision, EndpointType};
use crate::exposure::network::Stated;
use crate::exposure::reasons::Because;
use crate::source::{FileId, Span};
use crate::template::value::{Sourced, Value};

/// How a resource leads from a domain to an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassageKind {
    /// `AWS::ApiGateway::BasePathMapping`, for public domains.
    BasePathMapping,
    /// `AWS::ApiGateway::BasePathMappingV2`, for private domains.
    BasePathMappingV2,
    /// `AWS::ApiGatewayV2::ApiMapping`, for public domains.
    ApiMapping,
    /// `AWS::ApiGatewayV2::RoutingRule`, for either.
    RoutingRule,
}

impl PassageKind {
    /// Its resource type.
    pub fn type_name(self) -> &'static str {
        match self {
            PassageKind::BasePathMapping => "AWS::ApiGateway::BasePathMapping",
            PassageKind::BasePathMappingV2 => "AWS::ApiGateway::BasePathMappingV2",
            PassageKind::ApiMapping => "AWS::ApiGatewayV2::ApiMapping",
            PassageKind::RoutingRule => "AWS::ApiGatewayV2::RoutingRule",
        }
    }
}

/// A mapping or routing rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands; for one that SAM makes, `Domain`.
    pub id_span: Span,
    /// Where the resource type stands; for one that SAM makes, `Domain`.
    pub type_span: Span,
    /// What it is.
    pub kind: PassageKind,
    /// Whether SAM makes it.
    pub made: bool,
    /// How it names the domain.
    pub names: Sourced,
    /// Its properties as they are written, none for one that SAM makes.
    pub properties: Vec<PassageProperty>,
}

/// A property of a mapping or routing rule.
#[derive(Clone, Debug, PartialEq)]
pub struct PassageProperty {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub key: Span,
    /// The value, where it is a text and no function.
    pub text: Option<String>,
}

/// The endpoint type of a domain or API.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// The type.
    pub endpoint_type: EndpointType,
    /// The value that says so, `None` when nothing is written.
    pub value: Option<Sourced>,
}

/// A mapping or routing rule from a domain to an API.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The API, as the mapping names it.
    pub api: Value,
    /// The stage, if given.
    pub stage: Option<Value>,
    /// Base path, empty for the root.
    pub path: String,
    /// Where it is written.
    pub span: Span,
}

/// A mapping or routing rule, whether or not the run declares its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The API, as the mapping or rule names it.
    pub api: Value,
    /// The domain, as the mapping or rule names it: its name or its ARN.
    pub domain: Value,
    /// Where a reader looks for it.
    pub span: Span,
}

/// Everything that is asked about a domain. A question has no cases where what is written need not be what is
/// deployed, or where there are too many.
#[derive(Clone, Debug, Default)]
pub struct DomainFacts {
    /// Who gets to it.
    pub access: Vec<Stated<Access>>,
    /// What it leads to.
    pub routing: Vec<Stated<Routing>>,
}

/// Who gets to a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// Its type.
    pub kind: Kind,
    /// Its own policy; `None` when nothing is written, or something empty.
    pub policy: Option<Sourced>,
    /// Endpoints with an access association.
    pub sources: Vec<Sourced>,
    /// Whether there may be access associations that are not known: the domain is shared with other accounts, is
    /// handed to something that the run does not show, or an association names what may be the domain.
    pub incomplete: bool,
}

/// What a domain leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Routing {
    /// Its type.
    pub kind: Kind,
    /// `RoutingMode`.
    pub mode: Option<Sourced>,
    /// Mappings and rules.
    pub passages: Vec<Passage>,
    /// Whether there may be mappings that are not known.
    pub perhaps_mapped: bool,
    /// Whether there may be routing rules that are not known.
    pub perhaps_ruled: bool,
}

/// Ways to a REST API through custom domains, for one instance of its template.
#[derive(Clone, Debug, Default)]
pub struct CustomWays {
    /// The ways that are there; no cases where nothing leads to the API and its default host answers.
    pub doors: Vec<Stated<Doors>>,
    /// Who gets through the private domains of them.
    pub entrances: Vec<Stated<Vec<Entrance>>>,
}

/// The ways to an API in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Doors {
    /// The API's type.
    pub kind: Kind,
    /// The value that switches the API's default host off; `None` when it answers, or that is not known.
    pub host_off: Option<Sourced>,
    /// The ways.
    pub doors: Vec<Door>,
    /// Whether there may be ways that are not known.
    pub incomplete: bool,
}

/// A way to an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Door {
    /// The mapping or rule.
    pub passage: Passage,
    /// The domain, where the run declares it; one that may be meant counts.
    pub domain: Option<DoorDomain>,
}

/// A domain as a way to an API sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct DoorDomain {
    /// The template.
    pub file: FileId,
    /// Logical id after lowering.
    pub resource: String,
    /// Where a reader looks for it; for one that SAM makes, `Domain`.
    pub id_span: Span,
    /// `DomainName`.
    pub name: Value,
    /// Whether SAM makes it.
    pub made: bool,
    /// Its type.
    pub kind: Kind,
    /// Whether it may stand for a load balancer inside the VPC that answers by its name.
    pub balanced: bool,
    /// Whether it is certain that this domain is meant.
    pub certain: bool,
}

/// A private domain of the run that leads to a private API, in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrance {
    /// The mapping or rule.
    pub passage: Passage,
    /// The domain.
    pub domain: DoorDomain,
    /// Endpoints that come through the domain, or are meant to.
    pub callers: Vec<Entering>,
    /// Whether other endpoints may have an access association.
    pub incomplete: bool,
}

/// An endpoint on its way through a private domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Entering {
    /// How the access association, the API's association or the API's policy names the endpoint.
    pub endpoint: Sourced,
    /// Whether an access association lets it to the domain.
    pub associated: bool,
    /// Whether the API's own association names it.
    pub named_by_api: bool,
    /// What the API's policy says of it.
    pub by_api: Decision,
    /// What the API's policy and the domain's say together.
    pub by_both: Decision,
    /// Why not, where the domain's policy keeps it out.
    pub because: Option<Because>,
    /// Whether that presumes that two different names are different things.
    pub presumed: bool,
}

/// A key that SAM drops and that means `AccessAssociation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongAssociationKey {
    /// The key as written.
    pub key: String,
    /// Where it stands.
    pub span: Span,
    /// Whether what stands under it names an endpoint as `AccessAssociation` does.
    pub associates: bool,
}
