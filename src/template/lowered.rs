//! What CloudFormation would get from one instance of a template: its resources after the SAM transform.
//!
//! Only data; `sam` makes it. For a template without SAM it is the written resources.

use rustc_hash::FxHashMap;

use crate::source::Span;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::document::{Named, Resource, Template};

/// A template as CloudFormation would get it.
#[derive(Debug)]
pub struct Lowered {
    /// The template's tree with the nodes that lowering made on top.
    pub tree: Tree,
    /// All resources: the written ones that stay, then those the transform makes.
    pub resources: Vec<Resource>,
    /// Conditions the transform adds (`ServerlessRestApiCondition`).
    pub conditions: Vec<Named>,
    /// Where the transform does something its author hardly meant.
    pub surprises: Vec<Surprise>,
    /// Why the transform refuses the template; empty when it does not.
    pub refusals: Vec<Refusal>,
    index: FxHashMap<String, usize>,
}

impl Lowered {
    /// Puts the parts together.
    pub fn new(
        tree: Tree,
        resources: Vec<Resource>,
        conditions: Vec<Named>,
        surprises: Vec<Surprise>,
        refusals: Vec<Refusal>,
    ) -> Self {
        let mut index = FxHashMap::default();
        for (at, resource) in resources.iter().enumerate() {
            index.entry(resource.id.clone()).or_insert(at);
        }
        Self { tree, resources, conditions, surprises, refusals, index }
    }

    /// A template that no transform changes.
    pub fn plain(template: &Template) -> Self {
        let tree = Tree::overlay(std::sync::Arc::clone(&template.tree));
        Self::new(tree, template.resources.clone(), Vec::new(), Vec::new(), Vec::new())
    }

    /// The resource of this logical id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.index.get(id).and_then(|&at| self.resources.get(at))
    }
}

/// Why the SAM transform refuses a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Logical id of the resource that is refused, if it is one.
    pub resource: Option<String>,
    /// The text that is refused.
    pub span: Span,
    /// The reason, one line, no full stop.
    pub reason: String,
}

/// Something the transform does that its author hardly meant. `resource` is the logical id of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surprise {
    /// The resource it happens to.
    pub resource: String,
    /// The text that causes it.
    pub span: Span,
    /// What happens.
    pub kind: SurpriseKind,
}

/// Kinds of [`Surprise`] (sources: aws-sam-translator 1.115.0, observed by running it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurpriseKind {
    /// `EndpointConfiguration` ends up whole inside `Types`, as something that is no string.
    EndpointConfigurationShape(EndpointShape),
    /// A key in `EndpointConfiguration` that SAM drops. The nearest key it knows, if one is near.
    UnknownEndpointKey {
        /// The key as written.
        key: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// Both `VPCEndpointIds` and `VpcEndpointIds` after merging `Globals`.
    BothEndpointIdSpellings {
        /// The first spelling.
        other: Span,
    },
    /// A list field of `Auth.ResourcePolicy` that is no list and is taken apart.
    AllowListNotAList {
        /// The field.
        field: String,
        /// What stands there.
        given: NotAList,
        /// What the policy reads after the transform, for example `["Ref"]`.
        becomes: Vec<String>,
    },
    /// An entry of `SourceVpcWhitelist`/`SourceVpcBlacklist` that starts with neither `vpc-` nor `vpce-`.
    AllowListEntryIgnored {
        /// The field.
        field: String,
    },
    /// A key of `Auth.ResourcePolicy` that SAM does not know.
    UnknownPolicyKey {
        /// The key as written.
        key: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// Lists in `Auth.ResourcePolicy` that come to nothing because the API has no path.
    PolicyWithoutPaths,
    /// Event-level lists under an intrinsic `StageName`: they name the stage `Stage`.
    EventPolicyNamesStage,
    /// A resource of the implicit API's name, which the transform throws away.
    DiscardedResource,
    /// A policy both in `Policy` and in the body.
    TwoPolicies {
        /// The other one.
        other: Span,
    },
}

/// Shapes of `EndpointConfiguration` that SAM puts whole into `Types`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointShape {
    /// A map with `Types`, the CloudFormation form; the place of its value.
    Types {
        /// The value of `Types`.
        value: Span,
    },
    /// A map with ids but no `Type`.
    IdsOnly,
    /// A map without a truthy `Type`.
    NoType,
    /// A list.
    List,
    /// `Fn::If` or another intrinsic that yields objects.
    IntrinsicOfObjects,
    /// `Type` is a list or a map.
    TypeNotText {
        /// The value of `Type`.
        value: Span,
    },
}

/// What stands where SAM wants a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAList {
    /// A plain text.
    Text,
    /// `Ref` of something that is no list parameter.
    Reference,
    /// `Ref` of a list parameter.
    ListParameter,
    /// Another intrinsic, by its long name.
    Intrinsic(String),
    /// A map that is no intrinsic.
    Map,
}

/// A local file that a template names and that is read beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// The path as written, relative to the template.
    pub path: String,
    /// The text that names it.
    pub span: Span,
    /// The place it is wanted for.
    pub node: NodeId,
}
