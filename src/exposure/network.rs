//! What is written about an execute-api endpoint, case by case: what it is, its VPC's DNS, its subnets and its
//! security groups.
//!
//! Each question is split into cases by itself, so that a condition matters only where it is asked about.
//! Whether any of it is right is for the rules.

use crate::exposure::extent::Extent;
use crate::source::{FileId, Span};
use crate::template::value::{Sourced, StackId, Value};

/// What holds of an endpoint in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated<T> {
    /// When it holds.
    pub extent: Extent,
    /// The environment of the instance.
    pub environment: Option<String>,
    /// What holds.
    pub fact: T,
}

/// A property with the place of its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Where the key stands.
    pub key: Span,
    /// What it is; never absent.
    pub value: Sourced,
}

/// Everything that is asked about an endpoint. A question has no cases where what is written need not be what
/// is deployed (a macro, a broken file), or where there are too many.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What it is.
    pub traits: Vec<Stated<Traits>>,
    /// Private DNS, and the DNS settings of its VPC.
    pub dns: Vec<Stated<VpcDns>>,
    /// Its subnets.
    pub subnets: Vec<Stated<Subnets>>,
    /// Its security groups.
    pub groups: Vec<Stated<Groups>>,
}

/// What an endpoint is.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    /// `ServiceName`.
    pub service: Sourced,
    /// `ServiceRegion`.
    pub service_region: Option<Sourced>,
    /// `VpcEndpointType`, `AWS::NoValue` included; without one it is `Gateway`.
    pub endpoint_type: Option<Sourced>,
    /// `RouteTableIds`, when it is a list of something.
    pub route_tables: Option<Property>,
    /// Members of `DnsOptions`.
    pub dns_options: Vec<(String, Property)>,
}

/// Private DNS of an endpoint beside the DNS settings of its VPC.
#[derive(Clone, Debug, PartialEq)]
pub struct VpcDns {
    /// Whether it is an interface endpoint with private DNS; `None` when undecided.
    pub private_dns: Option<bool>,
    /// `PrivateDnsEnabled` as written.
    pub written: Option<Sourced>,
    /// Its VPC, where the run declares it.
    pub vpc: Option<Vpc>,
}

/// A VPC that the run declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Vpc {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// `EnableDnsHostnames`; absent means off.
    pub hostnames: Switch,
    /// `EnableDnsSupport`; absent means on.
    pub support: Switch,
}

/// A property that is on or off.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// Whether it is on, the default counted in; `None` when undecided.
    pub on: Option<bool>,
    /// The value as written, `AWS::NoValue` included; `None` when there is no such key.
    pub value: Option<Sourced>,
}

/// Subnets of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Subnets {
    /// Whether it is an interface endpoint; `None` when undecided.
    pub interface: Option<bool>,
    /// The whole list as written, also when it comes to nothing (`AWS::NoValue`).
    pub written: Option<Property>,
    /// The subnets, each once; `None` when how many there are cannot be known.
    pub subnets: Option<Vec<Subnet>>,
}

/// A subnet of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Subnet {
    /// How the endpoint names it.
    pub value: Sourced,
    /// Its `AvailabilityZone`, where the run declares the subnet and the zone is written.
    pub zone: Option<Sourced>,
}

/// Security groups of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// Whether it is an interface endpoint; `None` when undecided.
    pub interface: Option<bool>,
    /// The whole list as written, also when it comes to nothing (`AWS::NoValue`).
    pub written: Option<Property>,
    /// The groups as far as the run declares them; `None` for one that it does not.
    pub groups: Vec<Option<Group>>,
}

/// A security group that the run declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// Its ingress rules: inline ones, then resources of their own.
    pub ingress: Vec<Ingress>,
    /// Where a rule can be added to the inline ones.
    pub room: Room,
    /// Logical id of its VPC, where the same stack makes it.
    pub vpc: Option<String>,
    /// Whether there may be rules that are not known.
    pub incomplete: bool,
}

/// Where a security group holds its inline ingress rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Nowhere: it has no such property.
    Missing,
    /// In a list that is written out here.
    List(Span),
    /// In something else: a function, a single rule.
    Other,
}

/// A rule that lets traffic into a security group.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingress {
    /// Whether it lets TCP port 443 in; `None` when undecided.
    pub https: Option<bool>,
    /// What keeps port 443 out, or lets it in: `IpProtocol` when it is not TCP, else `FromPort`; the whole rule
    /// where that is not written.
    pub ports: Sourced,
    /// `IpProtocol`, where it is another one than TCP and the ports are right.
    pub wrong_protocol: Option<Sourced>,
    /// `CidrIp` or `CidrIpv6`.
    pub source: Option<Sourced>,
}

/// Two interface endpoints for execute-api that may meet in one VPC.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// Index of the endpoint that stands first, by file and place.
    pub first: usize,
    /// Index of the other one.
    pub second: usize,
    /// The cases in which the later one exists.
    pub cases: Vec<Stated<Meeting>>,
}

/// Two endpoints in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Meeting {
    /// Whether both have private DNS in the same VPC for certain.
    pub conflict: bool,
    /// `PrivateDnsEnabled` of the first.
    pub first: Option<Sourced>,
    /// `PrivateDnsEnabled` of the second.
    pub second: Option<Sourced>,
    /// `VpcId` of the second.
    pub vpc: Option<Sourced>,
}

/// A VPC endpoint for another service than execute-api.
#[derive(Clone, Debug)]
pub struct ForeignEndpoint {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// The stack instance it belongs to.
    pub stack: StackId,
    /// Its id as callers and policies name it.
    pub name: Value,
    /// `ServiceName`.
    pub service: Sourced,
}
