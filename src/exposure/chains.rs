//! Chains of references from a value to the addresses of a VPC endpoint for execute-api.
//!
//! Only references that are written are followed, and custom resources on the way give what they are given; names
//! that happen to be equal prove nothing.

use std::collections::BTreeSet;

use crate::exposure::Context;
use crate::exposure::endpoints::is_execute_api;
use crate::exposure::fronts::{Goal, Hop};
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::source::Span;
use crate::template::cases::Path;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Part, Sourced, StackId, Value};
use crate::workspace::Stack;

pub(crate) const LOAD_BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const LISTENER_RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

/// Attributes of a VPC endpoint that are its addresses.
const ADDRESSES: [&str; 2] = ["NetworkInterfaceIds", "DnsEntries"];

/// Deepest chain of references, and of values in one another, that is followed.
const MAX_DEPTH: usize = 64;

/// A load balancer is on the internet unless its scheme is another one (property page of the type).
pub(crate) fn is_internet_facing(
    resolver: &mut Resolver<'_, '_>,
    resource: &Resource,
) -> Option<(bool, Option<Sourced>)> {
    let is_gateway =
        property(resolver, resource, "Type").is_some_and(|one| one.value.as_text() == Some("gateway"));
    let scheme = property(resolver, resource, "Scheme");
    match scheme.as_ref().map(|scheme| scheme.value.as_text()) {
        _ if is_gateway => Some((false, None)),
        None => Some((true, None)),
        Some(word) => word.map(|word| (word == "internet-facing", scheme.clone())),
    }
}

/// A walk along references, in the case under way.
pub(crate) struct Search<'c, 'run> {
    context: &'c Context<'run>,
    /// Resources that were looked at: what leads in a circle leads nowhere.
    seen: BTreeSet<(StackId, String)>,
    /// What the walk passed, in its order.
    pub(crate) way: Vec<(Span, Hop)>,
}

impl<'c, 'run> Search<'c, 'run> {
    /// A walk that begins.
    pub(crate) fn new(context: &'c Context<'run>) -> Self {
        Self { context, seen: BTreeSet::new(), way: Vec::new() }
    }

    /// Where a value leads.
    pub(crate) fn value(&mut self, path: &mut Path, value: &Sourced, depth: usize) -> Option<Goal> {
        if depth > MAX_DEPTH {
            return None;
        }
        match &value.value {
            Value::String(_) => is_endpoint_host(&value.value).then_some(Goal::Host(value.span)),
            Value::Text(_) if is_endpoint_host(&value.value) => Some(Goal::Host(value.span)),
            Value::Text(parts) => parts.iter().find_map(|part| match part {
                Part::Named(name) => self.name(path, name, value.span, depth + 1),
                Part::Literal(_) => None,
            }),
            Value::Named(name) => self.name(path, name, value.span, depth + 1),
            Value::List(items) => items.iter().find_map(|item| self.value(path, item, depth + 1)),
            Value::Map(members) => {
                members.iter().find_map(|member| self.value(path, &member.value, depth + 1))
            }
            Value::Absent | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => None,
        }
    }

    fn name(&mut self, path: &mut Path, name: &Name, span: Span, depth: usize) -> Option<Goal> {
        let (stack, id, attribute) = match name {
            Name::Resource { stack, id } => (*stack, id, None),
            Name::Attribute { stack, id, attribute } => (*stack, id, Some(attribute.as_str())),
            Name::Function { arguments, .. } => {
                let inner = |argument: &Value| Sourced::new(argument.clone(), span);
                return arguments.iter().find_map(|one| self.value(path, &inner(one), depth + 1));
            }
            Name::Parameter { .. } | Name::Pseudo { .. } | Name::Import(_) | Name::Dynamic(_) => return None,
        };
        let stack = self.context.workspace.stack(stack)?;
        let resource = stack.lowered.resource(id).filter(|one| !is_obscured(stack, one))?;
        let mut resolver = Resolver::new(self.context.workspace.scope(stack), path);
        if !exists(&mut resolver, resource) {
            return None;
        }
        if resource.type_name == "AWS::EC2::VPCEndpoint" {
            let is_address = attribute.is_some_and(|attribute| ADDRESSES.contains(&attribute));
            let service = property(&mut resolver, resource, "ServiceName")?;
            let reached = is_address && is_execute_api(&service.value);
            return reached.then(|| Goal::Endpoint {
                name: Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() }),
                resource: resource.id.clone(),
                id_span: resource.id_span,
            });
        }
        if !self.seen.insert((stack.id, resource.id.clone())) {
            return None;
        }
        self.resource(path, stack, resource, attribute, depth + 1)
    }

    /// Where a resource leads that is not an endpoint.
    fn resource(
        &mut self,
        path: &mut Path,
        stack: &'run Stack,
        resource: &'run Resource,
        attribute: Option<&str>,
        depth: usize,
    ) -> Option<Goal> {
        let mut resolver = Resolver::new(self.context.workspace.scope(stack), path);
        let (hop, key) = match resource.type_name.as_str() {
            LOAD_BALANCER => {
                // One that is on the internet is a front by itself.
                if is_internet_facing(&mut resolver, resource).is_none_or(|(on_internet, _)| on_internet) {
                    return None;
                }
                return self.passing((resource.id_span, Hop::LoadBalancer), |search| {
                    search.behind_load_balancer(path, stack, resource, depth)
                });
            }
            LISTENER => {
                let balancer = property(&mut resolver, resource, "LoadBalancerArn")?;
                if self.is_on_internet(path, &balancer.value) {
                    return None;
                }
                return self.passing((resource.id_span, Hop::LoadBalancer), |search| {
                    search.behind_listener(path, stack, resource, depth)
                });
            }
            "AWS::ElasticLoadBalancingV2::TargetGroup" => (Hop::Targets, "Targets"),
            "AWS::ApiGateway::VpcLink" => (Hop::Link, "TargetArns"),
            "AWS::CloudFront::VpcOrigin" => (Hop::Link, "VpcOriginEndpointConfig"),
            "AWS::SSM::Parameter" if attribute == Some("Value") => (Hop::Lookup, "Value"),
            kind if kind == "AWS::CloudFormation::CustomResource" || kind.starts_with("Custom::") => {
                let given = resolver.resolve(resource.properties?);
                return self.passing((resource.id_span, Hop::Lookup), |search| {
                    let given = given.value.members().iter().filter(|member| member.key != "ServiceToken");
                    given.map(|member| &member.value).find_map(|value| search.value(path, value, depth))
                });
            }
            _ => return None,
        };
        let value = property(&mut resolver, resource, key)?;
        self.passing((resource.id_span, hop), |search| search.value(path, &value, depth))
    }

    /// Goes on past something, and back where that leads nowhere.
    fn passing(&mut self, hop: (Span, Hop), ask: impl FnOnce(&mut Self) -> Option<Goal>) -> Option<Goal> {
        let before = self.way.len();
        self.way.push(hop);
        let goal = ask(self);
        if goal.is_none() {
            self.way.truncate(before);
        }
        goal
    }

    /// Whether a load balancer of the run is on the internet, or may be.
    fn is_on_internet(&mut self, path: &mut Path, balancer: &Value) -> bool {
        let Value::Named(name) = balancer else { return true };
        let Name::Resource { stack, id } = &**name else { return true };
        let found =
            self.context.workspace.stack(*stack).and_then(|stack| Some((stack, stack.lowered.resource(id)?)));
        let Some((stack, resource)) = found else { return true };
        let mut resolver = Resolver::new(self.context.workspace.scope(stack), path);
        is_internet_facing(&mut resolver, resource).is_none_or(|(on_internet, _)| on_internet)
    }

    /// Where the listeners of a load balancer lead.
    pub(crate) fn behind_load_balancer(
        &mut self,
        path: &mut Path,
        stack: &'run Stack,
        resource: &Resource,
        depth: usize,
    ) -> Option<Goal> {
        let own = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
        let listeners: Vec<_> = self.context.attachments.of(self.context.workspace, LISTENER, &own).collect();
        listeners
            .into_iter()
            .find_map(|(holder, listener)| self.behind_listener(path, holder, listener, depth))
    }

    fn behind_listener(
        &mut self,
        path: &mut Path,
        stack: &'run Stack,
        listener: &'run Resource,
        depth: usize,
    ) -> Option<Goal> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(goal) = self.actions(path, stack, listener, "DefaultActions", depth) {
            return Some(goal);
        }
        let own = Value::named(Name::Resource { stack: stack.id, id: listener.id.clone() });
        let rules: Vec<_> =
            self.context.attachments.of(self.context.workspace, LISTENER_RULE, &own).collect();
        rules.into_iter().find_map(|(holder, rule)| self.actions(path, holder, rule, "Actions", depth))
    }

    /// Where the actions of a listener or of a rule of it lead.
    fn actions(
        &mut self,
        path: &mut Path,
        stack: &'run Stack,
        resource: &'run Resource,
        key: &str,
        depth: usize,
    ) -> Option<Goal> {
        let mut resolver = Resolver::new(self.context.workspace.scope(stack), path);
        if is_obscured(stack, resource) || !exists(&mut resolver, resource) {
            return None;
        }
        let actions = property(&mut resolver, resource, key)?;
        self.value(path, &actions, depth + 1)
    }
}

/// Whether a text is, or holds, the name of a VPC endpoint for execute-api:
/// `vpce-….execute-api.REGION.vpce.amazonaws.com`.
fn is_endpoint_host(value: &Value) -> bool {
    let parts = value.to_parts().unwrap_or_default();
    let text: String = parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Named(_) => "x",
        })
        .collect();
    let is_in_host = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
    text.match_indices(".execute-api.").any(|(at, host)| {
        let rest = &text[at + host.len()..];
        let end = rest.find(|letter| !is_in_host(letter)).unwrap_or(rest.len());
        rest[..end].contains(".vpce.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_texts_name_an_endpoint() {
        let table = [
            ("vpce-0a1b-xyz.execute-api.eu-west-1.vpce.amazonaws.com", true),
            ("https://vpce-0a1b-xyz-eu-west-1a.execute-api.eu-west-1.vpce.amazonaws.com/prod", true),
            ("a1b2c3.execute-api.eu-west-1.amazonaws.com", false),
            ("a1b2c3.execute-api.eu-west-1.amazonaws.com/x.vpce.", false),
            ("vpce-0a1b-xyz.s3.eu-west-1.vpce.amazonaws.com", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_endpoint_host(&Value::String(text.to_owned())), expected, "{text}");
        }
    }
}
