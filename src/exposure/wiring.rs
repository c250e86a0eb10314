//! Reads how an execute-api endpoint is wired up: its kind, its VPC's DNS, its subnets, its security groups.
//!
//! Fills the types of `network`; judges nothing.

use crate::exposure::Context;
use crate::exposure::cases;
use crate::exposure::endpoints::is_execute_api;
use crate::exposure::network::{
    Facts, Group, Groups, Ingress, Property, Room, Stated, Subnet, Subnets, Switch, Traits, Vpc, VpcDns,
};
use crate::syntax::tree::NodeId;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Same, Sourced, Value};
use crate::workspace::Stack;

/// The port that API Gateway's endpoints listen on.
const HTTPS: u32 = 443;

/// All questions about an endpoint, answered; none where what is written need not be what is deployed.
pub(crate) fn facts(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Facts {
    if is_obscured(stack, resource) {
        return Facts::default();
    }
    Facts {
        traits: stated(context, stack, resource, |resolver, service| traits(resolver, resource, service)),
        dns: stated(context, stack, resource, |resolver, _| vpc_dns(context, resolver, resource)),
        subnets: stated(context, stack, resource, |resolver, _| subnets(context, resolver, resource)),
        groups: stated(context, stack, resource, |resolver, _| groups(context, resolver, resource)),
    }
}

/// Whether something adds to what is written or takes away from it: a macro, a transform, a broken file.
pub(crate) fn is_obscured(stack: &Stack, resource: &Resource) -> bool {
    let tree = &stack.lowered.tree;
    let is_readable = |node: NodeId| {
        tree.is_mapping(node) && !tree.entries(node).iter().any(|entry| is_function(stack, entry.key))
    };
    tree.is_cut()
        || stack.template.macro_name().is_some()
        || resource.properties.is_some_and(|node| !is_readable(node))
}

fn is_function(stack: &Stack, key: NodeId) -> bool {
    stack.lowered.tree.scalar(key).is_some_and(|key| key.starts_with("Fn::"))
}

/// One question in all cases in which the endpoint exists and is one for execute-api.
fn stated<'run, T: Clone + PartialEq>(
    context: &Context<'run>,
    stack: &'run Stack,
    resource: &Resource,
    mut ask: impl FnMut(&mut Resolver<'run, '_>, Sourced) -> T,
) -> Vec<Stated<T>> {
    let explored = cases::split(context, stack, |resolver| {
        // For another service it is an endpoint, too, and nothing more is asked.
        let made = exists(resolver, resource);
        made.then(|| service(resolver, resource).map(|service| ask(resolver, service)))
    });
    if !explored.complete {
        return Vec::new();
    }
    let environment = &stack.bindings.environment;
    let told = cases::join(explored).told().into_iter();
    told.filter_map(|(_, extent, fact)| {
        Some(Stated { extent, environment: environment.clone(), fact: fact? })
    })
    .collect()
}

/// Whether a resource is made in the case under way; in doubt it is.
pub(crate) fn exists(resolver: &mut Resolver<'_, '_>, resource: &Resource) -> bool {
    resource.condition.as_ref().is_none_or(|(name, _)| resolver.condition(name) != Some(false))
}

/// `ServiceName`, if it is one for execute-api in the case under way.
pub(crate) fn service(resolver: &mut Resolver<'_, '_>, resource: &Resource) -> Option<Sourced> {
    let node = resolver.tree().get(resource.properties?, "ServiceName")?;
    Some(resolver.resolve(node)).filter(|service| is_execute_api(&service.value))
}

/// A property in the case under way, `AWS::NoValue` and all.
fn written(resolver: &mut Resolver<'_, '_>, resource: &Resource, key: &str) -> Option<Property> {
    let tree = resolver.tree();
    let entry = tree.entry(resource.properties?, key)?;
    Some(Property { key: tree.span(entry.key), value: resolver.resolve(entry.value) })
}

/// A property in the case under way; `None` when it comes to nothing.
pub(crate) fn property(resolver: &mut Resolver<'_, '_>, resource: &Resource, key: &str) -> Option<Sourced> {
    let value = written(resolver, resource, key)?.value;
    (value.value != Value::Absent).then_some(value)
}

fn traits(resolver: &mut Resolver<'_, '_>, resource: &Resource, service: Sourced) -> Traits {
    let route_tables =
        written(resolver, resource, "RouteTableIds").filter(|tables| !tables.value.value.items().is_empty());
    let dns_options = property(resolver, resource, "DnsOptions");
    let members = dns_options.as_ref().map_or(&[][..], |options| options.value.members());
    Traits {
        service,
        service_region: property(resolver, resource, "ServiceRegion"),
        endpoint_type: written(resolver, resource, "VpcEndpointType").map(|written| written.value),
        route_tables,
        dns_options: members
            .iter()
            .map(|member| {
                (member.key.clone(), Property { key: member.key_span, value: member.value.clone() })
            })
            .collect(),
    }
}

/// Whether a list certainly has no items.
fn is_nothing(list: &Sourced) -> bool {
    matches!(&list.value, Value::Absent | Value::Null) || list.value == Value::List(Vec::new())
}

/// Whether the endpoint is an interface endpoint in the case under way; `None` when undecided.
pub(crate) fn is_interface(resolver: &mut Resolver<'_, '_>, resource: &Resource) -> Option<bool> {
    match property(resolver, resource, "VpcEndpointType") {
        None => Some(false),
        Some(written) => written.value.as_text().map(|word| word == "Interface"),
    }
}

/// Whether the endpoint is an interface endpoint with private DNS, and `PrivateDnsEnabled` as written.
pub(crate) fn private_dns(
    resolver: &mut Resolver<'_, '_>,
    resource: &Resource,
) -> (Option<bool>, Option<Sourced>) {
    let written = property(resolver, resource, "PrivateDnsEnabled");
    // CloudFormation's default is off (property page of `AWS::EC2::VPCEndpoint`).
    let enabled = written.as_ref().map_or(Some(false), |value| value.value.as_bool());
    let on = match (is_interface(resolver, resource), enabled) {
        (Some(true), Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        _ => None,
    };
    (on, written)
}

/// The resource that a value names, if the run declares one of this type that is made in the case under way.
fn declared<'run>(
    context: &Context<'run>,
    resolver: &mut Resolver<'run, '_>,
    value: &Value,
    type_name: &str,
) -> Option<(&'run Stack, &'run Resource)> {
    let Value::Named(name) = value else { return None };
    let Name::Resource { stack, id } = &**name else { return None };
    let stack = context.workspace.stack(*stack)?;
    let resource = stack.lowered.resource(id).filter(|resource| resource.type_name == type_name)?;
    let made = exists(&mut Resolver::new(context.workspace.scope(stack), resolver.path()), resource);
    (made && !is_obscured(stack, resource)).then_some((stack, resource))
}

fn vpc_dns<'run>(context: &Context<'run>, resolver: &mut Resolver<'run, '_>, resource: &Resource) -> VpcDns {
    let (private_dns, written) = private_dns(resolver, resource);
    let named = property(resolver, resource, "VpcId").filter(|_| private_dns == Some(true));
    let vpc = named.and_then(|vpc| declared(context, resolver, &vpc.value, "AWS::EC2::VPC"));
    let vpc = vpc.map(|(stack, vpc)| {
        let mut resolver = Resolver::new(context.workspace.scope(stack), resolver.path());
        // The defaults for a VPC that a template makes (property page of `AWS::EC2::VPC`).
        let hostnames = switch(&mut resolver, vpc, "EnableDnsHostnames", false);
        let support = switch(&mut resolver, vpc, "EnableDnsSupport", true);
        Vpc { file: stack.template.file, resource: vpc.id.clone(), id_span: vpc.id_span, hostnames, support }
    });
    VpcDns { private_dns, written, vpc }
}

fn switch(resolver: &mut Resolver<'_, '_>, resource: &Resource, key: &str, default: bool) -> Switch {
    let value = written(resolver, resource, key).map(|written| written.value);
    let given = value.as_ref().filter(|value| value.value != Value::Absent);
    Switch { on: given.map_or(Some(default), |value| value.value.as_bool()), value }
}

fn subnets<'run>(context: &Context<'run>, resolver: &mut Resolver<'run, '_>, resource: &Resource) -> Subnets {
    let interface = is_interface(resolver, resource);
    let written = written(resolver, resource, "SubnetIds");
    let items: Option<Vec<Sourced>> = match written.as_ref().map(|list| &list.value) {
        None => Some(Vec::new()),
        Some(list) if is_nothing(list) => Some(Vec::new()),
        Some(list) => distinct(context, list),
    };
    let subnets = items.map(|items| items.into_iter().map(|item| subnet(context, resolver, item)).collect());
    Subnets { interface, written, subnets }
}

/// Items of a list, each once; `None` when it may hold more items than are written.
fn distinct(context: &Context<'_>, list: &Sourced) -> Option<Vec<Sourced>> {
    let mut found: Vec<Sourced> = Vec::new();
    // CloudFormation takes one item for a list of it.
    for item in if let Value::List(items) = &list.value { items } else { std::slice::from_ref(list) } {
        if !is_single(context, &item.value) {
            return None;
        }
        if found.iter().all(|known| known.value.same(&item.value) != Same::Yes) {
            found.push(item.clone());
        }
    }
    Some(found)
}

/// Whether a value in a list is certainly one item.
fn is_single(context: &Context<'_>, value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(','),
        Value::Named(name) => match &**name {
            Name::Resource { .. } | Name::Import(_) => true,
            Name::Parameter { stack, name } => context
                .workspace
                .stack(*stack)
                .and_then(|stack| stack.template.parameter(name))
                .is_some_and(|parameter| !parameter.is_list()),
            Name::Function { name, .. } => *name == "Fn::Select",
            Name::Attribute { .. } | Name::Pseudo { .. } | Name::Dynamic(_) => false,
        },
        _ => false,
    }
}

fn subnet<'run>(context: &Context<'run>, resolver: &mut Resolver<'run, '_>, value: Sourced) -> Subnet {
    let found = declared(context, resolver, &value.value, "AWS::EC2::Subnet");
    let zone = found.and_then(|(stack, subnet)| {
        let mut resolver = Resolver::new(context.workspace.scope(stack), resolver.path());
        property(&mut resolver, subnet, "AvailabilityZone")
    });
    Subnet { value, zone }
}

fn groups<'run>(context: &Context<'run>, resolver: &mut Resolver<'run, '_>, resource: &Resource) -> Groups {
    let interface = is_interface(resolver, resource);
    let written = written(resolver, resource, "SecurityGroupIds");
    let groups = match written.as_ref().map(|list| &list.value) {
        None => Vec::new(),
        Some(list) if is_nothing(list) => Vec::new(),
        Some(Sourced { value: Value::List(items), .. }) => {
            items.iter().map(|item| group(context, resolver, &item.value)).collect()
        }
        // CloudFormation takes one item for a list of it.
        Some(item) => vec![group(context, resolver, &item.value)],
    };
    Groups { interface, written, groups }
}

fn group<'run>(context: &Context<'run>, resolver: &mut Resolver<'run, '_>, value: &Value) -> Option<Group> {
    const RULE: &str = "AWS::EC2::SecurityGroupIngress";
    let (stack, group) = declared(context, resolver, value, "AWS::EC2::SecurityGroup")?;
    let mut own = Resolver::new(context.workspace.scope(stack), resolver.path());
    let rules = written(&mut own, group, "SecurityGroupIngress").map(|rules| rules.value);
    let room = match &rules {
        None => Room::Missing,
        Some(Sourced { value: Value::List(_), span, via }) if via.is_empty() => Room::List(*span),
        Some(_) => Room::Other,
    };
    let (mut ingress, mut incomplete) = match rules.filter(|rules| rules.value != Value::Absent) {
        None => (Vec::new(), false),
        Some(Sourced { value: Value::List(rules), .. }) => (rules.iter().map(inline_rule).collect(), false),
        Some(rule @ Sourced { value: Value::Map(_), .. }) => (vec![inline_rule(&rule)], false),
        Some(_) => (Vec::new(), true),
    };
    let vpc = property(&mut own, group, "VpcId");
    let vpc = vpc.and_then(|vpc| declared(context, resolver, &vpc.value, "AWS::EC2::VPC"));
    let vpc = vpc.filter(|(holder, _)| holder.id == stack.id).map(|(_, vpc)| vpc.id.clone());
    for (holder, rule) in context.attachments.of(context.workspace, RULE, value) {
        ingress.extend(separate_rule(context, resolver, holder, rule));
    }
    for (holder, rule) in context.attachments.perhaps_of(context.workspace, RULE, value) {
        let rule = separate_rule(context, resolver, holder, rule);
        incomplete |= rule.is_some_and(|rule| rule.https != Some(false));
    }
    let (file, id_span) = (stack.template.file, group.id_span);
    Some(Group { file, resource: group.id.clone(), id_span, ingress, room, vpc, incomplete })
}

fn separate_rule<'run>(
    context: &Context<'run>,
    resolver: &mut Resolver<'run, '_>,
    stack: &'run Stack,
    resource: &Resource,
) -> Option<Ingress> {
    let mut resolver = Resolver::new(context.workspace.scope(stack), resolver.path());
    let node = resource.properties.filter(|_| exists(&mut resolver, resource))?;
    Some(inline_rule(&resolver.resolve(node)))
}

/// A rule as its properties say it.
fn inline_rule(rule: &Sourced) -> Ingress {
    let protocol = rule.value.get("IpProtocol");
    let is_tcp = |protocol: &&Sourced| protocol.value.as_text().is_none_or(is_tcp);
    let from = rule.value.get("FromPort").filter(|_| protocol.is_none_or(|protocol| is_tcp(&protocol)));
    let ports = from.or(protocol).unwrap_or(rule).clone();
    let source = rule.value.get("CidrIp").or_else(|| rule.value.get("CidrIpv6")).cloned();
    let is_other = |protocol: &&Sourced| !is_tcp(protocol);
    let wrong_protocol = protocol.filter(is_other).filter(|_| has_https_port(&rule.value) == Some(true));
    Ingress { https: lets_https_in(&rule.value), ports, wrong_protocol: wrong_protocol.cloned(), source }
}

/// Whether a rule covers TCP port 443. `IpProtocol` is a name or number, `-1` for all (property page of
/// `AWS::EC2::SecurityGroupIngress`).
fn lets_https_in(rule: &Value) -> Option<bool> {
    if !matches!(rule, Value::Map(_)) {
        return None;
    }
    match rule.get("IpProtocol")?.value.as_text()? {
        "-1" => return Some(true),
        protocol if is_tcp(protocol) => {}
        _ => return Some(false),
    }
    has_https_port(rule)
}

/// Whether port 443 is among the ports of a rule.
fn has_https_port(rule: &Value) -> Option<bool> {
    let port = |key: &str| rule.get(key)?.value.as_text()?.trim().parse::<u32>().ok();
    match (port("FromPort"), port("ToPort")) {
        (Some(from), Some(to)) => Some(from <= HTTPS && HTTPS <= to),
        (Some(from), None) if from > HTTPS => Some(false),
        (None, Some(to)) if to < HTTPS => Some(false),
        _ => None,
    }
}

fn is_tcp(protocol: &str) -> bool {
    protocol == "6" || protocol.eq_ignore_ascii_case("tcp")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span, TextRange};
    use crate::template::value::Member;

    fn rule(members: &[(&str, &str)]) -> Value {
        let span = Span::new(FileId(0), TextRange::new(0, 0));
        let member = |(key, text): &(&str, &str)| Member {
            key: (*key).to_owned(),
            key_span: span,
            value: Sourced::new(Value::String((*text).to_owned()), span),
        };
        Value::Map(members.iter().map(member).collect())
    }

    type Row = (&'static [(&'static str, &'static str)], Option<bool>);

    #[test]
    fn which_rules_let_https_in() {
        let table: [Row; 9] = [
            (&[("IpProtocol", "tcp"), ("FromPort", "443"), ("ToPort", "443")], Some(true)),
            (&[("IpProtocol", "6"), ("FromPort", "0"), ("ToPort", "65535")], Some(true)),
            (&[("IpProtocol", "TCP"), ("FromPort", "80"), ("ToPort", "80")], Some(false)),
            (&[("IpProtocol", "-1")], Some(true)),
            (&[("IpProtocol", "udp"), ("FromPort", "443"), ("ToPort", "443")], Some(false)),
            (&[("IpProtocol", "tcp")], None),
            (&[("IpProtocol", "tcp"), ("FromPort", "8080")], Some(false)),
            (&[("IpProtocol", "tcp"), ("FromPort", "x"), ("ToPort", "443")], None),
            (&[("FromPort", "443"), ("ToPort", "443")], None),
        ];
        for (members, expected) in table {
            assert_eq!(lets_https_in(&rule(members)), expected, "{members:?}");
        }
    }
}
