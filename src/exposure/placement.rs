//! Where what calls APIs runs: the subnets of functions, tasks and instances.
//!
//! A task or a machine is often placed by another resource: a service, a schedule, a scaling group. Whom they call is
//! in `calls`.

use crate::exposure::Context;
use crate::syntax::tree::NodeId;
use crate::template::document::Resource;
use crate::template::value::{Name, Value};
use crate::workspace::Stack;

/// Properties of a resource that hold its subnets.
const OWN: [&[&str]; 5] = [
    &["VpcConfig", "SubnetIds"],
    &["VPCConfig", "SubnetIds"],
    &["VpcConfig", "Subnets"],
    &["SubnetId"],
    &["NetworkConfiguration", "AwsvpcConfiguration", "Subnets"],
];

/// Properties of a resource that hold network interfaces with a subnet each.
const INTERFACES: [&[&str]; 2] = [&["NetworkInterfaces"], &["LaunchTemplateData", "NetworkInterfaces"]];

/// A resource type that places other resources: by which property, and in which subnets.
struct Placing {
    type_name: &'static str,
    /// A list of parts that each place something; empty for the properties themselves.
    parts: &'static [&'static str],
    placed: &'static [&'static str],
    subnets: &'static [&'static str],
}

const PLACING: [Placing; 7] = [
    Placing {
        type_name: "AWS::ECS::Service",
        parts: &[],
        placed: &["TaskDefinition"],
        subnets: &["NetworkConfiguration", "AwsvpcConfiguration", "Subnets"],
    },
    Placing {
        type_name: "AWS::ECS::TaskSet",
        parts: &[],
        placed: &["TaskDefinition"],
        subnets: &["NetworkConfiguration", "AwsvpcConfiguration", "Subnets"],
    },
    Placing {
        type_name: "AWS::Events::Rule",
        parts: &["Targets"],
        placed: &["EcsParameters", "TaskDefinitionArn"],
        subnets: &["EcsParameters", "NetworkConfiguration", "AwsVpcConfiguration", "Subnets"],
    },
    Placing {
        type_name: "AWS::Scheduler::Schedule",
        parts: &[],
        placed: &["Target", "EcsParameters", "TaskDefinitionArn"],
        subnets: &["Target", "EcsParameters", "NetworkConfiguration", "AwsvpcConfiguration", "Subnets"],
    },
    Placing {
        type_name: "AWS::AutoScaling::AutoScalingGroup",
        parts: &[],
        placed: &["LaunchTemplate", "LaunchTemplateId"],
        subnets: &["VPCZoneIdentifier"],
    },
    Placing {
        type_name: "AWS::AutoScaling::AutoScalingGroup",
        parts: &[],
        placed: &["LaunchConfigurationName"],
        subnets: &["VPCZoneIdentifier"],
    },
    Placing {
        type_name: "AWS::EC2::Instance",
        parts: &[],
        placed: &["LaunchTemplate", "LaunchTemplateId"],
        subnets: &["SubnetId"],
    },
];

/// Resource types that are placed by another resource.
const PLACED: [&str; 3] =
    ["AWS::ECS::TaskDefinition", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"];

/// Subnets that a resource runs in, as far as the run tells; empty when none is written.
pub(crate) fn subnets(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Vec<Value> {
    let Some(properties) = resource.properties else { return Vec::new() };
    let mut found = own(context, stack, properties);
    if found.is_empty() && PLACED.contains(&resource.type_name.as_str()) {
        let name = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
        for other in context.workspace.stacks() {
            for placing in &other.lowered.resources {
                found.extend(placed_by(context, other, placing, &name));
            }
        }
    }
    found
}

fn own(context: &Context<'_>, stack: &Stack, properties: NodeId) -> Vec<Value> {
    let tree = &stack.lowered.tree;
    let written = OWN.iter().find_map(|keys| tree.get_path(properties, keys));
    let interfaces = INTERFACES.iter().filter_map(|keys| tree.get_path(properties, keys));
    let of_interfaces =
        interfaces.flat_map(|node| tree.items(node)).filter_map(|&item| tree.get(item, "SubnetId"));
    written.into_iter().chain(of_interfaces).flat_map(|node| values(context, stack, node)).collect()
}

/// The subnets in which a resource places what `name` names.
fn placed_by(context: &Context<'_>, stack: &Stack, resource: &Resource, name: &Value) -> Vec<Value> {
    let tree = &stack.lowered.tree;
    let Some(properties) = resource.properties else { return Vec::new() };
    let mut found = Vec::new();
    for placing in PLACING.iter().filter(|placing| placing.type_name == resource.type_name) {
        let parts = match placing.parts {
            [] => vec![properties],
            keys => tree.get_path(properties, keys).map_or_else(Vec::new, |node| tree.items(node).to_vec()),
        };
        for part in parts {
            let placed = tree.get_path(part, placing.placed);
            let is_placed = placed.is_some_and(|node| values(context, stack, node).contains(name));
            if let Some(node) = tree.get_path(part, placing.subnets).filter(|_| is_placed) {
                found.extend(values(context, stack, node));
            }
        }
    }
    found
}

/// A value, or the values of a list.
fn values(context: &Context<'_>, stack: &Stack, node: NodeId) -> Vec<Value> {
    match context.peek(stack, |resolver| resolver.resolve(node)).value {
        Value::List(items) => items.into_iter().map(|item| item.value).collect(),
        Value::Absent | Value::Unknown(_) => Vec::new(),
        other => vec![other],
    }
}
