//! Questions several rules ask of the model. Only combines facts that are there; judges nothing.

use rustc_hash::FxHashMap;

use crate::exposure::consumers::{Call, Use};
use crate::exposure::custom::{Access, CustomWays, Door, DoorDomain, Mapping, Way};
use crate::exposure::extent::can_meet;
use crate::exposure::fronts::FrontCase;
use crate::exposure::model::{
    Api, ApiKind, Caller, Case, Decision, Domain, Endpoint, EndpointType, ExposureModel, PrivateDns,
};
use crate::exposure::network::Traits;
use crate::exposure::reasons::PolicyOf;
use crate::source::FileId;
use crate::template::value::{Name, Sourced, Value};

impl Api {
    /// Whether `value` names this API: the `Ref` of it in one of its stacks.
    pub fn is_named_by(&self, value: &Value) -> bool {
        let Value::Named(name) = value else { return false };
        let Name::Resource { stack, id } = &**name else { return false };
        *id == self.resource && self.cases.iter().any(|case| case.stack == *stack)
    }

    /// Whether it is a REST API that is private in some case.
    pub fn may_be_private(&self) -> bool {
        self.kind == ApiKind::Rest
            && self.cases.iter().any(|case| case.endpoint_type == EndpointType::Private)
    }

    /// Whether it is public in some case.
    pub fn may_be_public(&self) -> bool {
        self.cases.iter().any(|case| case.endpoint_type.is_public() == Some(true))
    }

    /// Whether it answers under an execute-api host: REST, HTTP and WebSocket APIs do.
    pub fn has_execute_api_host(&self) -> bool {
        matches!(self.kind, ApiKind::Rest | ApiKind::Http | ApiKind::WebSocket)
    }
}

/// APIs by the private domains that lead to them.
pub struct Entered<'m> {
    by_domain: FxHashMap<(FileId, &'m str), Vec<(&'m Api, &'m CustomWays)>>,
}

impl<'m> Entered<'m> {
    /// APIs that a domain leads to in some case, in file and text order, with their ways of that instance.
    pub fn through(&self, domain: &'m Domain) -> &[(&'m Api, &'m CustomWays)] {
        self.by_domain.get(&(domain.file, domain.resource.as_str())).map_or(&[], Vec::as_slice)
    }
}

impl ExposureModel {
    /// All APIs that private domains lead to.
    pub fn entered(&self) -> Entered<'_> {
        let mut by_domain: FxHashMap<_, Vec<(&Api, &CustomWays)>> = FxHashMap::default();
        let each = self.apis.iter().flat_map(|api| api.custom_ways.iter().map(move |ways| (api, ways)));
        for (api, ways) in each {
            for DoorDomain { file, resource, .. } in ways.private_domains() {
                let known = by_domain.entry((*file, resource.as_str())).or_default();
                if known.last().is_none_or(|(_, last)| !std::ptr::eq(*last, ways)) {
                    known.push((api, ways));
                }
            }
        }
        Entered { by_domain }
    }

    /// Mappings and routing rules that lead to an API, whether or not the run declares the domain.
    pub fn ways_to<'m>(&'m self, api: &'m Api) -> impl Iterator<Item = &'m Way> {
        self.ways.iter().filter(|way| api.is_named_by(&way.api))
    }

    /// Mappings that lead to an API from domains that the run declares.
    pub fn mappings_to<'m>(&'m self, api: &'m Api) -> impl Iterator<Item = (&'m Domain, &'m Mapping)> {
        let mapped = |domain: &'m Domain| domain.mappings.iter().map(move |mapping| (domain, mapping));
        self.domains.iter().flat_map(mapped).filter(|(_, mapping)| api.is_named_by(&mapping.api))
    }

    /// The API of the workspace that a call names, if it names one.
    pub fn called<'m>(&'m self, call: &Call) -> Option<&'m Api> {
        self.apis.iter().find(|api| api.is_named_by(&call.api))
    }

    /// Places that call an API of the workspace.
    pub fn calls_of<'m>(&'m self, api: &'m Api) -> impl Iterator<Item = &'m Call> {
        self.calls.iter().filter(|call| api.is_named_by(&call.api))
    }
}

impl CustomWays {
    /// Private domains that lead to the API, once for each case and way.
    fn private_domains(&self) -> impl Iterator<Item = &DoorDomain> {
        self.entrances.iter().flat_map(|state| &state.fact).map(|entrance| &entrance.domain)
    }
}

impl Case {
    /// Whether this case and one of another API can be deployed at once, as far as parameters and environments tell.
    pub fn can_meet(&self, other: &Case) -> bool {
        agree(self.environment.as_deref(), other.environment.as_deref()) && can_meet(&self.when, &other.when)
    }

    /// Whether this case and one of an endpoint can be deployed at once.
    pub fn can_meet_dns(&self, dns: &PrivateDns) -> bool {
        agree(self.environment.as_deref(), dns.environment.as_deref()) && can_meet(&self.when, &dns.when)
    }
}

impl Use {
    /// Whether this case and one of an API can be deployed at once.
    pub fn can_meet(&self, case: &Case) -> bool {
        agree(self.environment.as_deref(), case.environment.as_deref()) && can_meet(&self.when, &case.when)
    }

    /// Whether this case and one of an endpoint can be deployed at once.
    pub fn can_meet_dns(&self, dns: &PrivateDns) -> bool {
        agree(self.environment.as_deref(), dns.environment.as_deref()) && can_meet(&self.when, &dns.when)
    }
}

impl FrontCase {
    /// Whether this case and one of an API can be deployed at once.
    pub fn can_meet(&self, case: &Case) -> bool {
        agree(self.environment.as_deref(), case.environment.as_deref()) && can_meet(&self.when, &case.when)
    }
}

/// Whether two environments are one, or one of the two is not known.
fn agree(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

impl Caller {
    /// Whether it is the policy of its VPC endpoint that keeps it out, and not the API's.
    pub fn is_stopped_by_endpoint(&self) -> bool {
        let mut refusals = self.because.iter().filter(|because| because.refuses());
        self.decision == Decision::Deny
            && refusals.next().is_some_and(|because| because.policy == PolicyOf::Endpoint)
    }
}

impl Door {
    /// Whether it certainly leads to no private API: it is a public domain, and no load balancer inside the VPC
    /// answers by its name.
    pub fn is_shut(&self) -> bool {
        self.domain.as_ref().is_some_and(|domain| {
            domain.certain && !domain.balanced && domain.kind.endpoint_type.is_public() == Some(true)
        })
    }
}

impl Domain {
    /// Whether `value` is this domain's name, the `Ref` of its resource, or an attribute of it such as its ARN.
    pub fn is_meant_by(&self, value: &Value) -> bool {
        let is_attribute = |name: &Name| matches!(name, Name::Attribute { stack, id, .. } if *stack == self.stack && *id == self.resource);
        let attribute = matches!(value, Value::Named(name) if is_attribute(name));
        attribute || self.is_named_by(value) || (value.as_text().is_some() && self.name == *value)
    }

    /// Whether SAM would make this kind of domain in a state: it chooses by the endpoint type that it knows when
    /// it transforms, which in another state may be another one.
    pub fn is_as_lowered(&self, access: &Access) -> bool {
        let is_private = access.kind.endpoint_type == EndpointType::Private;
        self.made_from.is_none() || is_private == (self.type_name == "AWS::ApiGateway::DomainNameV2")
    }

    /// Whether its resource type is the one for private domains, which alone takes a policy and access associations
    /// (resource schemas of `AWS::ApiGateway::DomainName` and `AWS::ApiGateway::DomainNameV2`).
    pub fn is_of_private_kind(&self) -> bool {
        self.type_name == "AWS::ApiGateway::DomainNameV2"
    }

    /// Whether `value` is the `Ref` of this domain's resource.
    pub fn is_named_by(&self, value: &Value) -> bool {
        let Value::Named(name) = value else { return false };
        matches!(&**name, Name::Resource { stack, id } if *stack == self.stack && *id == self.resource)
    }
}

impl Endpoint {
    /// Whether it is an interface endpoint; `None` when its type is not known.
    pub fn is_interface(&self) -> Option<bool> {
        match self.endpoint_type.as_ref().map(|written| &written.value) {
            None | Some(Value::Absent) => Some(false),
            Some(Value::String(word)) => Some(word == "Interface"),
            Some(_) => None,
        }
    }
}

impl Traits {
    /// Whether the endpoint's type is known in this case.
    pub fn endpoint_type_is_known(&self) -> bool {
        let known = |written: &Sourced| written.value == Value::Absent || written.value.as_text().is_some();
        self.endpoint_type.as_ref().is_none_or(known)
    }
}
