//! Resources that say whom they belong to: methods, stages, permissions, found once per run.

use rustc_hash::FxHashMap;

use crate::order::Order;
use crate::template::cases::Path;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Same, StackId, Value};
use crate::workspace::{Stack, Workspace};

/// A resource of a stack, by number.
pub(crate) type Place = (StackId, usize);

/// Resources by what they are attached to.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    by_owner: FxHashMap<(&'static str, Value), Vec<Place>>,
}

/// Resource types that belong to another resource, with the property that names it.
const ATTACHED: [(&str, &str); 11] = [
    ("AWS::ApiGateway::Method", "RestApiId"),
    ("AWS::ApiGateway::Stage", "RestApiId"),
    ("AWS::ApiGateway::Deployment", "RestApiId"),
    ("AWS::ApiGatewayV2::Stage", "ApiId"),
    ("AWS::ApiGatewayV2::Route", "ApiId"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::EC2::SecurityGroupIngress", "GroupId"),
    ("AWS::ApiGateway::Authorizer", "RestApiId"),
    ("AWS::AppSync::SourceApiAssociation", "MergedApiIdentifier"),
    ("AWS::ElasticLoadBalancingV2::Listener", "LoadBalancerArn"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "ListenerArn"),
];

impl Attachments {
    /// All attached resources of a workspace, in stack and text order.
    pub(crate) fn find(workspace: &Workspace) -> Self {
        let mut found = Self::default();
        for stack in workspace.stacks() {
            for (index, resource) in stack.lowered.resources.iter().enumerate() {
                found.add(workspace, stack, index, resource);
            }
        }
        found
    }

    fn add(&mut self, workspace: &Workspace, stack: &Stack, index: usize, resource: &Resource) {
        let Some(&(type_name, property)) = ATTACHED.iter().find(|(name, _)| *name == resource.type_name)
        else {
            return;
        };
        let owner = resource.properties.and_then(|properties| stack.lowered.tree.get(properties, property));
        let Some(owner) = owner else { return };
        let mut path = Path::new();
        let owner = Resolver::new(workspace.scope(stack), &mut path).peek(owner).value.without_places();
        self.by_owner.entry((type_name, owner)).or_default().push((stack.id, index));
    }

    /// Resources of a type that belong to `owner`.
    pub(crate) fn of<'run>(
        &self,
        workspace: &'run Workspace,
        type_name: &'static str,
        owner: &Value,
    ) -> impl Iterator<Item = (&'run Stack, &'run Resource)> + use<'run> {
        let places = self.by_owner.get(&(type_name, owner.clone())).cloned().unwrap_or_default();
        places.into_iter().filter_map(|(stack, index)| {
            let stack = workspace.stack(stack)?;
            Some((stack, stack.lowered.resources.get(index)?))
        })
    }

    /// Resources of a type that belong to something that may be `owner` but is not certainly so.
    pub(crate) fn perhaps_of<'run>(
        &self,
        workspace: &'run Workspace,
        type_name: &'static str,
        owner: &Value,
    ) -> Vec<(&'run Stack, &'run Resource)> {
        let doubtful =
            |(name, other): &(&str, Value)| *name == type_name && other.same(owner) == Same::Unknown;
        let mut places: Vec<Place> = self
            .by_owner
            .iter()
            .filter(|(key, _)| doubtful(key))
            .flat_map(|(_, places)| places.clone())
            .collect();
        places.order();
        let found = places.into_iter().filter_map(|(stack, index)| {
            let stack = workspace.stack(stack)?;
            Some((stack, stack.lowered.resources.get(index)?))
        });
        found.collect()
    }
}
