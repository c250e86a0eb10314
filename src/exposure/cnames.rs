//! CNAME records from custom domains to the execute-api names behind them.

use crate::exposure::Context;
use crate::exposure::calls::{can_call, network, texts};
use crate::exposure::consumers::Cname;
use crate::syntax::tree::NodeId;
use crate::template::value::{Name, Sourced, Value};
use crate::workspace::Stack;

/// All such records of a workspace, in stack and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Cname> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        let tree = &stack.lowered.tree;
        for resource in &stack.lowered.resources {
            let Some(properties) = resource.properties else { continue };
            match resource.type_name.as_str() {
                "AWS::Route53::RecordSet" => found.extend(record(context, stack, properties, None)),
                "AWS::Route53::RecordSetGroup" => {
                    let zone = tree.get(properties, "HostedZoneId");
                    let records = tree.get(properties, "RecordSets").map_or(&[][..], |node| tree.items(node));
                    found.extend(records.iter().filter_map(|&node| record(context, stack, node, zone)));
                }
                _ => {}
            }
        }
    }
    found
}

fn record(context: &Context<'_>, stack: &Stack, node: NodeId, zone: Option<NodeId>) -> Option<Cname> {
    let tree = &stack.lowered.tree;
    let read = |key: &str| {
        let node = tree.get(node, key)?;
        Some(context.peek(stack, |resolver| resolver.resolve(node)))
    };
    if read("Type")?.value.as_text() != Some("CNAME") {
        return None;
    }
    let targets = read("ResourceRecords")?;
    let host = read("Name")?.value;
    let (target, domain) =
        targets.value.items().iter().find_map(|target| Some((target, regional_name(target, &host)?)))?;
    let zone = tree.get(node, "HostedZoneId").or(zone);
    Some(Cname {
        span: target.span,
        domain,
        vpcs: zone.map_or_else(Vec::new, |zone| zone_vpcs(context, stack, zone)),
        callers: host.as_text().map_or_else(Vec::new, |host| callers(context, host.trim_end_matches('.'))),
    })
}

/// The custom domain whose regional name a value is; of `d-….execute-api…` the one that has the record's name.
fn regional_name(target: &Sourced, host: &Value) -> Option<Value> {
    if let Some(text) = target.value.as_text() {
        let is_regional = text.starts_with("d-") && text.contains(".execute-api.");
        let host = host.as_text().filter(|_| is_regional)?;
        return Some(Value::String(host.trim_end_matches('.').to_owned()));
    }
    let Value::Named(name) = &target.value else { return None };
    match &**name {
        Name::Attribute { stack, id, attribute } if attribute == "RegionalDomainName" => {
            Some(Value::named(Name::Resource { stack: *stack, id: id.clone() }))
        }
        _ => None,
    }
}

/// VPCs that a hosted zone of the run is private to.
fn zone_vpcs(context: &Context<'_>, stack: &Stack, zone: NodeId) -> Vec<Value> {
    let value = context.peek(stack, |resolver| resolver.resolve(zone)).value;
    let Value::Named(name) = &value else { return Vec::new() };
    let Name::Resource { stack, id } = &**name else { return Vec::new() };
    let Some(owner) = context.workspace.stack(*stack) else { return Vec::new() };
    let zone = owner.lowered.resource(id).filter(|zone| zone.type_name == "AWS::Route53::HostedZone");
    let vpcs = zone.and_then(|zone| owner.lowered.tree.get(zone.properties?, "VPCs"));
    let Some(vpcs) = vpcs else { return Vec::new() };
    let vpcs = context.peek(owner, |resolver| resolver.resolve(vpcs)).value;
    vpcs.items().iter().filter_map(|vpc| vpc.value.get("VPCId")).map(|id| id.value.clone()).collect()
}

/// Places in code or configuration that name a host.
fn callers(context: &Context<'_>, host: &str) -> Vec<(crate::source::Span, Vec<Value>, Option<Value>)> {
    let mut found = Vec::new();
    if host.is_empty() {
        return found;
    }
    for stack in context.workspace.stacks() {
        for resource in stack.lowered.resources.iter().filter(|resource| can_call(&resource.type_name)) {
            let Some(properties) = resource.properties else { continue };
            let (subnets, vpc) = network(context, stack, resource);
            for (span, text) in texts(context, stack, properties, host) {
                let named = text.split(|letter: char| !letter.is_alphanumeric() && !"-.".contains(letter));
                if named.into_iter().any(|word| word == host) {
                    found.push((span, subnets.clone(), vpc.clone()));
                }
            }
        }
    }
    found
}
