//! Load balancers inside a VPC that answer by the name of a custom domain.
//!
//! Before private custom domains there were, a regional domain of the same name let API Gateway know the name, and a
//! balancer with its certificate led the calls to the VPC endpoint. Such a domain is no mistake.

use crate::exposure::calls::descend;
use crate::exposure::leads::Declared;
use crate::exposure::wiring::property;
use crate::syntax::tree::NodeId;
use crate::template::cases::Path;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Part, Same, StackId, Value};
use crate::workspace::{Stack, Workspace};

/// Types of load balancers.
const TYPES: [&str; 2] =
    ["AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancing::LoadBalancer"];

/// What the internal balancers of a stack answer to.
#[derive(Debug)]
struct Front {
    stack: StackId,
    certificates: Vec<Value>,
    names: Vec<Value>,
}

/// Internal load balancers of a run.
#[derive(Debug, Default)]
pub(crate) struct Balancers {
    fronts: Vec<Front>,
}

impl Balancers {
    /// Finds them.
    pub(crate) fn find(workspace: &Workspace) -> Self {
        Self { fronts: workspace.stacks().iter().filter_map(|stack| front(workspace, stack)).collect() }
    }

    /// Whether one of them may answer by a domain's name.
    pub(crate) fn may_answer(&self, workspace: &Workspace, domain: Declared<'_>) -> bool {
        if self.fronts.is_empty() {
            return false;
        }
        let (stack, resource) = (domain.stack, domain.resource);
        let mut path = frozen();
        let mut resolver = Resolver::new(workspace.scope(stack), &mut path);
        let mut read = |key: &str| property(&mut resolver, resource, key).map(|written| written.value);
        let name: Vec<Value> = read("DomainName").into_iter().collect();
        let mut certificates: Vec<Value> =
            ["CertificateArn", "RegionalCertificateArn"].into_iter().filter_map(&mut read).collect();
        let configurations = read("DomainNameConfigurations");
        let first = configurations.as_ref().and_then(|list| list.items().first());
        certificates.extend(
            first.and_then(|first| first.value.get("CertificateArn")).map(|written| written.value.clone()),
        );
        self.fronts.iter().any(|front| {
            let meets = |left: &[Value], right: &[Value]| {
                let alike = |one: &Value, other: &Value| match one.same(other) {
                    Same::Yes => true,
                    Same::Unknown => front.stack == stack.id,
                    Same::No | Same::Presumed => false,
                };
                left.iter().any(|one| right.iter().any(|other| alike(one, other)))
            };
            meets(&front.names, &name) || meets(&front.certificates, &certificates)
        })
    }
}

fn frozen() -> Path {
    let mut path = Path::new();
    path.freeze();
    path
}

fn front(workspace: &Workspace, stack: &Stack) -> Option<Front> {
    let internal: Vec<&str> = stack
        .lowered
        .resources
        .iter()
        .filter(|resource| TYPES.contains(&resource.type_name.as_str()))
        .filter(|resource| is_internal(workspace, stack, resource))
        .map(|resource| resource.id.as_str())
        .collect();
    if internal.is_empty() {
        return None;
    }
    let mut front = Front { stack: stack.id, certificates: Vec::new(), names: Vec::new() };
    for resource in &stack.lowered.resources {
        let Some(properties) = resource.properties else { continue };
        let read = |key: &str| below(workspace, stack, properties, key);
        match resource.type_name.as_str() {
            "AWS::ElasticLoadBalancingV2::Listener" | "AWS::ElasticLoadBalancingV2::ListenerCertificate" => {
                front.certificates.extend(read("CertificateArn"));
            }
            "AWS::ElasticLoadBalancing::LoadBalancer" => {
                front.certificates.extend(read("SSLCertificateId"));
            }
            "AWS::ElasticLoadBalancingV2::ListenerRule" => {
                front.names.extend(read("HostHeaderConfig").iter().flat_map(values));
            }
            "AWS::Route53::RecordSet" => {
                front.names.extend(record(workspace, stack, properties, &internal));
            }
            "AWS::Route53::RecordSetGroup" => {
                let records = stack.lowered.tree.get(properties, "RecordSets");
                let records = records.map_or(&[][..], |node| stack.lowered.tree.items(node));
                let names = records.iter().filter_map(|&node| record(workspace, stack, node, &internal));
                front.names.extend(names);
            }
            _ => {}
        }
    }
    Some(front)
}

/// Whether a balancer may be internal; an absent `Scheme` is internet-facing (property page of
/// `AWS::ElasticLoadBalancingV2::LoadBalancer`).
fn is_internal(workspace: &Workspace, stack: &Stack, resource: &Resource) -> bool {
    let mut path = frozen();
    let scheme = property(&mut Resolver::new(workspace.scope(stack), &mut path), resource, "Scheme");
    scheme.is_some_and(|scheme| scheme.value.as_text().is_none_or(|word| word == "internal"))
}

/// The name of a record that leads to one of the balancers.
fn record(workspace: &Workspace, stack: &Stack, node: NodeId, internal: &[&str]) -> Option<Value> {
    let tree = &stack.lowered.tree;
    let target = tree.get_path(node, &["AliasTarget", "DNSName"]).or(tree.get(node, "ResourceRecords"))?;
    let read = |node: NodeId| {
        let mut path = frozen();
        Resolver::new(workspace.scope(stack), &mut path).peek(node).value
    };
    let is_balancer =
        |name: &Name| matches!(name, Name::Attribute { id, .. } if internal.contains(&id.as_str()));
    let leads = |value: &Value| {
        let parts = value.to_parts().unwrap_or_default();
        parts.iter().any(|part| matches!(part, Part::Named(name) if is_balancer(name)))
    };
    let target = read(target);
    let leads = leads(&target) || target.items().iter().any(|item| leads(&item.value));
    let name = tree.get(node, "Name").filter(|_| leads)?;
    Some(match read(name) {
        Value::String(text) => Value::String(text.trim_end_matches('.').to_owned()),
        other => other,
    })
}

/// Texts of a value or of what is in it.
fn values(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.iter().map(|item| item.value.clone()).collect(),
        Value::Map(members) => members.iter().flat_map(|member| values(&member.value.value)).collect(),
        other => vec![other.clone()],
    }
}

/// Deepest nesting of properties that is searched.
const MAX_DEPTH: usize = 32;

/// What stands under a key anywhere below a node.
fn below(workspace: &Workspace, stack: &Stack, node: NodeId, key: &str) -> Vec<Value> {
    let tree = &stack.lowered.tree;
    let mut found = Vec::new();
    descend(stack, node, MAX_DEPTH, |node| {
        if let Some(written) = tree.get(node, key) {
            let mut path = frozen();
            found.push(Resolver::new(workspace.scope(stack), &mut path).peek(written).value);
        }
        true
    });
    found
}
