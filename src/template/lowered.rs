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
    /// Events that an API serves, in the order in which the translator adds them.
    pub routes: Vec<EventRoute>,
    /// OpenAPI documents that stand in the template as text: what the node of the text (or of the `Fn::Sub` around
    /// it) says.
    pub documents: FxHashMap<NodeId, NodeId>,
    index: FxHashMap<String, usize>,
    derived: FxHashMap<String, String>,
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
        let (routes, derived, documents) = (Vec::new(), FxHashMap::default(), FxHashMap::default());
        Self { tree, resources, conditions, surprises, refusals, routes, documents, index, derived }
    }

    /// Adds the events and the derived names (`Api.Stage`) with the logical ids they stand for.
    pub fn with_events(mut self, routes: Vec<EventRoute>, derived: FxHashMap<String, String>) -> Self {
        self.routes = routes;
        self.derived = derived;
        self
    }

    /// A template that no transform changes.
    pub fn plain(template: &Template) -> Self {
        let tree = Tree::overlay(std::sync::Arc::clone(&template.tree));
        Self::new(tree, template.resources.clone(), Vec::new(), Vec::new(), Vec::new())
    }

    /// The resource of this logical id, or of a name that SAM lets templates refer to (`Api.Stage`).
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.index.get(self.logical_id(id)).and_then(|&at| self.resources.get(at))
    }

    /// The logical id that a name in `Ref` or `Fn::Sub` stands for: `Api.Stage` is the id of the stage that SAM
    /// makes for `Api`; everything else stands for itself.
    pub fn logical_id<'name>(&'name self, name: &'name str) -> &'name str {
        self.derived.get(name).map_or(name, String::as_str)
    }
}

/// An `Api` or `HttpApi` event of a function or state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRoute {
    /// Logical id of the API that serves it.
    pub api: String,
    /// Path as written.
    pub path: String,
    /// Upper-case method, `*` for any.
    pub method: String,
    /// The text that routes it here: the event's `RestApiId` or `ApiId`, else its `Type` value.
    pub span: Span,
    /// The value of the event's `Path`, if it has one, else the event's name.
    pub path_span: Span,
    /// Logical id of the function or state machine.
    pub handler: String,
}

/// What a [`Refusal`] is about, as far as a rule of its own tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// `RestApiId` or `ApiId` that names no API of the template; the span is its value.
    ApiId,
    /// `RestApiId` or `ApiId` in a form other than text and `Ref`, whatever it names; the span is its value.
    ApiIdForm,
    /// A section or key of `Globals` that SAM does not allow; the span is the key.
    GlobalsKey,
    /// Both spellings of the endpoint ids; the span is the second key.
    BothEndpointIdSpellings,
    /// `EndpointConfiguration` on an HTTP or WebSocket API; the span is the key.
    EndpointConfigurationOnHttpApi,
    /// An entry of `SourceVpcWhitelist` or `SourceVpcBlacklist` that is no text; the span is the entry.
    AllowListEntry,
    /// The same, and it is an object or a list rather than a function; the span is the entry.
    AllowListObject,
    /// Anything else.
    Other,
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
    /// What it is about.
    pub kind: RefusalKind,
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
    /// A key in `EndpointConfiguration` that SAM drops.
    UnknownEndpointKey {
        /// The key as written.
        key: String,
        /// What was probably meant: the nearest key that SAM knows and that may be added, if one is near.
        nearest: Option<&'static str>,
    },
    /// Both `VPCEndpointIds` and `VpcEndpointIds` after merging `Globals`.
    BothEndpointIdSpellings {
        /// The first spelling.
        other: Span,
        /// How one key would do, where both have lists.
        merging: Option<IdMerging>,
    },
    /// A list field of `Auth.ResourcePolicy` that is no list and is taken apart.
    AllowListNotAList {
        /// The field.
        field: String,
        /// What stands there.
        given: NotAList,
        /// What the policy reads after the transform, for example `["Ref"]`.
        becomes: Vec<String>,
        /// Items of a list that come to what is meant, where a function stands in place of the list.
        items: Option<ListItems>,
    },
    /// An entry of `SourceVpcWhitelist`/`SourceVpcBlacklist` that starts with neither `vpc-` nor `vpce-`.
    AllowListEntryIgnored {
        /// The field.
        field: String,
        /// The parameter whose value it is.
        parameter: Option<String>,
        /// Whether no entry of the list is left.
        empties: bool,
    },
    /// An entry of `SourceVpcWhitelist`/`SourceVpcBlacklist` whose value is not known, so that whether it names
    /// a VPC or an endpoint is a guess from the parameter's type and name.
    AllowListEntryUnknown {
        /// The field.
        field: String,
        /// The parameter.
        parameter: String,
    },
    /// A list field of `Auth.ResourcePolicy` in `Globals` and on the API: both lists count. The span is the
    /// API's own key.
    JoinedAllowLists {
        /// The field.
        field: String,
        /// The key in `Globals`.
        global: Span,
        /// The list in `Globals`.
        inherited: Span,
        /// The API's own list.
        own: Span,
    },
    /// A key of `Auth.ResourcePolicy` that SAM does not know.
    UnknownPolicyKey {
        /// The key as written.
        key: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
        /// Whether the policy has no key that SAM knows.
        alone: bool,
    },
    /// Lists in `Auth.ResourcePolicy` that come to nothing because the API has no path.
    PolicyWithoutPaths,
    /// Event-level lists under an intrinsic `StageName`: they name the stage `Stage`.
    EventPolicyNamesStage,
    /// A resource of the implicit API's name, which the transform throws away.
    DiscardedResource,
    /// A policy both in `Policy` and in the body. The span is the key of the one that comes second.
    TwoPolicies {
        /// The key of the other one.
        other: Span,
        /// The other one.
        written: Span,
        /// Whether the second is appended to the first instead of standing beside it.
        appended: bool,
    },
    /// An event of an API that has its own `DefinitionBody`: its path or method is not in the body, so nothing
    /// serves it. The span is the event's `Path` value.
    EventNotInBody {
        /// The path.
        path: String,
        /// Upper-case method, `*` for any.
        method: String,
        /// Logical id of the function or state machine.
        handler: String,
        /// Whether SAM could merge it into the body: it does so for functions only, and into paths that are there.
        mergeable: bool,
    },
    /// An event takes the API's default authorizer off with `Authorizer: NONE`. The span is the `NONE`.
    AuthorizerNone {
        /// The path.
        path: String,
        /// Upper-case method, `*` for any.
        method: String,
    },
    /// A `Policy` on an API that is not redeployed when only the policy changes. The span is the key.
    PolicyNotRedeployed,
    /// `Domain.AccessAssociation` on a domain that is not private: ignored. The span is the key.
    AccessAssociationIgnored,
    /// A key of `Domain` that SAM does not know and drops. The span is the key.
    UnknownDomainKey {
        /// The key as written.
        key: String,
        /// Whether it says what `AccessAssociation` has to say.
        associates: bool,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
}

/// How the lists of two spellings of the endpoint ids come under one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdMerging {
    /// One list is inherited from `Globals`: under its name the other one is added to it.
    Inherited {
        /// The API's own key.
        own: Span,
        /// The spelling in `Globals`.
        spelling: &'static str,
    },
    /// Both stand in one map.
    Beside {
        /// The list under the documented spelling, which is not empty.
        kept: Span,
        /// The key of the other one.
        dropped: Span,
        /// What stands in the other list only.
        missing: Vec<Span>,
    },
}

/// Shapes of `EndpointConfiguration` that SAM puts whole into `Types`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointShape {
    /// A map with `Types`, the CloudFormation form; the place of its value.
    Types {
        /// The value of `Types`.
        value: Span,
        /// Whether it is one word, or a list of one, and `Type` does not stand beside it.
        single: bool,
    },
    /// A map with ids but no `Type`.
    IdsOnly,
    /// A map without a truthy `Type`.
    NoType,
    /// A list.
    List {
        /// Whether it is a list of one word.
        single: bool,
    },
    /// `Fn::If` or another intrinsic that yields objects.
    IntrinsicOfObjects {
        /// What each key is if the function stands at the values instead of around the map, in written order;
        /// empty where that cannot be said.
        parts: Vec<(&'static str, Choice)>,
    },
    /// `Type` is a list or a map.
    TypeNotText {
        /// The value of `Type`.
        value: Span,
        /// Whether it is a list of one word.
        single: bool,
    },
}

/// What the value of a key depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What is written here.
    Written(Span),
    /// A word that is written nowhere and comes to the same.
    Word(&'static str),
    /// Nothing: `AWS::NoValue`.
    Absent,
    /// One thing or another.
    If {
        /// The place of the condition's name.
        condition: Span,
        /// Where it holds, and where not.
        branches: Box<[Choice; 2]>,
    },
}

/// Items that stand for a function which yields a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListItems {
    /// The function yields one text: it is the item.
    Itself,
    /// `Fn::If` of lists: the function at each item.
    Choices(Vec<Choice>),
    /// `Fn::Split`: so many pieces, the first only where it is not known how many there are.
    Pieces(usize),
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
