//! What stands where an endpoint is to be named: in associations, in policy conditions, in access associations.
//!
//! Only what a value clearly is, by its text or by what it refers to; who is let in is not asked.

use crate::exposure::Context;
use crate::exposure::cases;
use crate::exposure::model::Case;
use crate::exposure::network::Stated;
use crate::exposure::statements::statements;
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::source::{FileId, Span};
use crate::template::value::{Name, Part, Sourced, Value};

/// A value that stands where an endpoint or a VPC is to be named.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value.
    pub value: Sourced,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub thing: Thing,
}

/// Where an [`Entry`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the association of an API.
    Association,
    /// In a policy, compared with `aws:SourceVpce`.
    EndpointCondition,
    /// In a policy, compared with `aws:SourceVpc`.
    VpcCondition,
    /// `AccessAssociationSource` of a custom domain.
    AccessAssociation,
}

/// What a value clearly is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A VPC endpoint, or a placeholder for one.
    Endpoint,
    /// A VPC.
    Vpc,
    /// A subnet.
    Subnet,
    /// A security group.
    SecurityGroup,
    /// An ARN.
    Arn,
    /// Several ids in one text.
    Several,
    /// A resource of another type.
    Resource(String),
    /// Something else, in words: `a route table`.
    Other(&'static str),
    /// Cannot be said.
    Unknown,
}

/// `AccessAssociationSource` of a `AWS::ApiGateway::DomainNameAccessAssociation`.
#[derive(Clone, Debug)]
pub struct AccessSource {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// What it is in each case.
    pub cases: Vec<Stated<Entry>>,
}

/// All values of an API's association and policies that are to name an endpoint or a VPC, each text once.
pub(crate) fn of_api(context: &Context<'_>, case: &Case) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut add = |value: &Sourced, place: Place| {
        if !found.iter().any(|known| known.value == *value && known.place == place) {
            found.push(Entry { value: value.clone(), place, thing: thing(context, &value.value) });
        }
    };
    for value in &case.vpc_endpoint_ids {
        add(value, Place::Association);
    }
    for policy in &case.policies {
        for statement in statements(&policy.document) {
            for condition in statement.conditions() {
                let place = if condition.is_on("aws:SourceVpce") {
                    Place::EndpointCondition
                } else if condition.is_on("aws:SourceVpc") {
                    Place::VpcCondition
                } else {
                    continue;
                };
                // `Null` compares with true and false, and names nothing.
                if !condition.operator.key.eq_ignore_ascii_case("Null") {
                    condition.values().iter().for_each(|value| add(value, place));
                }
            }
        }
    }
    found
}

/// All sources of access associations, in stack and text order.
pub(crate) fn of_domains(context: &Context<'_>) -> Vec<AccessSource> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        for resource in &stack.lowered.resources {
            if resource.type_name != "AWS::ApiGateway::DomainNameAccessAssociation"
                || is_obscured(stack, resource)
            {
                continue;
            }
            let explored = cases::split(context, stack, |resolver| {
                exists(resolver, resource).then(|| property(resolver, resource, "AccessAssociationSource"))
            });
            if !explored.complete {
                continue;
            }
            let environment = &stack.bindings.environment;
            let told = cases::join(explored).told().into_iter();
            let cases = told.filter_map(|(_, extent, value)| {
                let value = value?;
                let thing = thing(context, &value.value);
                let fact = Entry { value, place: Place::AccessAssociation, thing };
                Some(Stated { extent, environment: environment.clone(), fact })
            });
            found.push(AccessSource {
                file: stack.template.file,
                resource: resource.id.clone(),
                id_span: resource.id_span,
                cases: cases.collect(),
            });
        }
    }
    found
}

fn thing(context: &Context<'_>, value: &Value) -> Thing {
    match value {
        Value::String(text) => literal(text),
        Value::Text(parts) => partly(parts),
        Value::Named(name) => named(context, name),
        _ => Thing::Unknown,
    }
}

/// Ids by what they begin with.
const PREFIXES: [(&str, Thing); 3] =
    [("vpc-", Thing::Vpc), ("subnet-", Thing::Subnet), ("sg-", Thing::SecurityGroup)];

/// Ids of other things of a network by what they begin with, before 8 or more hexadecimal digits.
const OTHER_PREFIXES: [(&str, &str); 10] = [
    ("vpce-svc-", "an endpoint service"),
    ("i-", "an instance"),
    ("eni-", "a network interface"),
    ("rtb-", "a route table"),
    ("igw-", "an internet gateway"),
    ("nat-", "a NAT gateway"),
    ("acl-", "a network ACL"),
    ("pl-", "a prefix list"),
    ("tgw-", "a transit gateway"),
    ("pcx-", "a peering connection"),
];

fn literal(text: &str) -> Thing {
    let text = text.trim();
    if text.split(',').filter(|item| !item.trim().is_empty()).count() > 1 {
        return Thing::Several;
    }
    if text.starts_with("arn:") {
        return Thing::Arn;
    }
    if text.starts_with("com.amazonaws.") {
        return Thing::Other("the name of a service");
    }
    let is_hex = |rest: &str| rest.len() >= 8 && rest.chars().all(|letter| letter.is_ascii_hexdigit());
    let other = OTHER_PREFIXES.iter().find(|(prefix, _)| text.strip_prefix(prefix).is_some_and(is_hex));
    if let Some((_, what)) = other {
        return Thing::Other(what);
    }
    if text.starts_with("vpce-") {
        return Thing::Endpoint;
    }
    let is_id = |rest: &str| {
        rest.len() >= 4
            && rest.chars().all(|letter| letter.is_ascii_alphanumeric())
            && (rest.len() >= 8 || rest.contains(|letter: char| letter.is_ascii_digit()))
    };
    let known = PREFIXES.iter().find(|(prefix, _)| text.strip_prefix(prefix).is_some_and(is_id));
    known.map_or(Thing::Unknown, |(_, thing)| thing.clone())
}

fn partly(parts: &[Part]) -> Thing {
    let literals = || {
        parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Named(_) => None,
        })
    };
    let n_named = parts.len() - literals().count();
    match parts.first() {
        Some(Part::Literal(text)) if text.starts_with("arn:") => Thing::Arn,
        _ if n_named > 1 && literals().any(|text| text.contains(',')) => Thing::Several,
        _ => Thing::Unknown,
    }
}

fn named(context: &Context<'_>, name: &Name) -> Thing {
    match name {
        Name::Resource { stack, id } => {
            let stack = context.workspace.stack(*stack);
            stack
                .and_then(|stack| stack.lowered.resource(id))
                .map_or(Thing::Unknown, |found| of_type(&found.type_name))
        }
        Name::Attribute { stack, id, attribute } => {
            let stack = context.workspace.stack(*stack);
            let resource = stack.and_then(|stack| stack.lowered.resource(id));
            let is_told = resource.is_some_and(|found| of_type(&found.type_name) != Thing::Unknown);
            if is_told { of_attribute(attribute) } else { Thing::Unknown }
        }
        Name::Parameter { stack, name } => {
            let stack = context.workspace.stack(*stack);
            let parameter = stack.and_then(|stack| stack.template.parameter(name));
            parameter.map_or(Thing::Unknown, |parameter| of_parameter(&parameter.type_name))
        }
        _ => Thing::Unknown,
    }
}

/// What `Ref` of a resource of this type is. A custom resource may return the id of anything, and so may what is
/// not AWS's own.
fn of_type(type_name: &str) -> Thing {
    match type_name {
        "AWS::EC2::VPCEndpoint" => Thing::Endpoint,
        "AWS::EC2::VPC" => Thing::Vpc,
        "AWS::EC2::Subnet" => Thing::Subnet,
        "AWS::EC2::SecurityGroup" => Thing::SecurityGroup,
        _ if !type_name.starts_with("AWS::")
            || type_name.starts_with("AWS::CloudFormation::")
            || type_name.ends_with("::MODULE") =>
        {
            Thing::Unknown
        }
        _ => Thing::Resource(type_name.to_owned()),
    }
}

/// What an attribute of one of AWS's own resources is, by its name.
fn of_attribute(attribute: &str) -> Thing {
    match attribute {
        "VpcId" => Thing::Vpc,
        "SubnetId" => Thing::Subnet,
        "GroupId" => Thing::SecurityGroup,
        _ if attribute.ends_with("Arn") => Thing::Arn,
        _ => Thing::Unknown,
    }
}

/// What a parameter of this type holds.
fn of_parameter(type_name: &str) -> Thing {
    let inner = type_name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(type_name);
    match inner {
        "AWS::EC2::VPC::Id" => Thing::Vpc,
        "AWS::EC2::Subnet::Id" => Thing::Subnet,
        "AWS::EC2::SecurityGroup::Id" => Thing::SecurityGroup,
        _ => Thing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_clearly_is() {
        let table = [
            ("vpce-0a1b2c3d4e5f67890", Thing::Endpoint),
            ("vpce-xxxx", Thing::Endpoint),
            ("vpce-svc-0a1b2c3d4e5f67890", Thing::Other("an endpoint service")),
            ("rtb-0a1b2c3d", Thing::Other("a route table")),
            ("i-internal", Thing::Unknown),
            ("com.amazonaws.eu-west-1.execute-api", Thing::Other("the name of a service")),
            ("vpc-0a1b2c3d4e5f67890", Thing::Vpc),
            ("vpc-xxxxxxxx", Thing::Vpc),
            ("vpc-endpoint-id", Thing::Unknown),
            ("vpc-id", Thing::Unknown),
            ("subnet-12345678", Thing::Subnet),
            ("sg-12345678", Thing::SecurityGroup),
            ("arn:aws:ec2:eu-west-1:111111111111:vpc-endpoint/vpce-1", Thing::Arn),
            ("vpce-1,vpce-2", Thing::Several),
            ("vpce-*", Thing::Endpoint),
            ("vpc-*", Thing::Unknown),
            ("", Thing::Unknown),
        ];
        for (text, expected) in table {
            assert_eq!(literal(text), expected, "{text}");
        }
    }
}
