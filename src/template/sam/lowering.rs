//! The state of one lowering: the tree under construction, the SAM resources still to be lowered, and what
//! came out so far. Does no lowering itself.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::Span;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::bindings::Bindings;
use crate::template::document::{Named, Origin, Resource, Template};
use crate::template::lowered::{EventRoute, Lowered, Refusal, RefusalKind, Surprise, SurpriseKind};
use crate::template::sam::event_checks::Triggers;
use crate::template::sam::nodes::Nodes;
use crate::template::sam::resource_policy::Statements;

/// Why the translator gives up on something.
#[derive(Debug)]
pub(super) struct Refuse {
    pub(super) span: Span,
    pub(super) reason: String,
    pub(super) kind: RefusalKind,
}

impl Refuse {
    pub(super) fn new(span: Span, reason: impl Into<String>) -> Self {
        Self { span, reason: reason.into(), kind: RefusalKind::Other }
    }

    pub(super) fn of_kind(mut self, kind: RefusalKind) -> Self {
        self.kind = kind;
        self
    }
}

/// One step of lowering: done, or refused.
pub(super) type Step<T = ()> = Result<T, Refuse>;

/// Conditions of the events of one path: method as written, condition of the function.
pub(super) type MethodConditions = Vec<(String, Option<String>)>;

/// A resource on its way through the transform.
#[derive(Debug)]
pub(super) struct Item {
    /// As written; for an implicit API made up.
    pub(super) resource: Resource,
    /// Its properties, a mapping that may be changed.
    pub(super) properties: NodeId,
    /// Whether SAM made its `DefinitionBody`, so that events add their paths to it.
    pub(super) managed: bool,
    /// For a managed API: the conditions of each path's methods, in order of appearance.
    pub(super) paths: Vec<(String, MethodConditions)>,
}

impl Item {
    pub(super) fn is(&self, type_name: &str) -> bool {
        self.resource.type_name == type_name
    }
}

/// Logical id, reader's place and condition that everything made from one SAM resource shares.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    pub(super) id: String,
    pub(super) span: Span,
    pub(super) origin: Origin,
    pub(super) condition: Option<(String, Span)>,
    pub(super) metadata: Option<NodeId>,
}

impl Parent {
    pub(super) fn of(resource: &Resource) -> Self {
        let origin = match resource.origin {
            Origin::Implicit => Origin::Implicit,
            Origin::Written | Origin::Sam(_) => Origin::Sam(resource.id.clone()),
        };
        Self {
            id: resource.id.clone(),
            span: resource.id_span,
            origin,
            condition: resource.condition.clone(),
            metadata: resource.metadata,
        }
    }
}

/// The state of one lowering.
pub(super) struct Lowering<'a> {
    pub(super) template: &'a Template,
    pub(super) bindings: &'a Bindings,
    pub(super) files: &'a dyn Fn(&str) -> Option<Arc<Tree>>,
    pub(super) nodes: Nodes,
    /// All resources in the order in which the translator sees them.
    pub(super) items: Vec<Item>,
    pub(super) conditions: Vec<Named>,
    pub(super) routes: Vec<EventRoute>,
    /// Statements that the policies under construction have already.
    pub(super) statements: Statements,
    /// Triggers of user pools that functions have taken.
    pub(super) triggers: Triggers,
    surprises: Vec<Surprise>,
    refusals: Vec<Refusal>,
    made: Vec<Resource>,
    derived: FxHashMap<String, String>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        template: &'a Template,
        bindings: &'a Bindings,
        files: &'a dyn Fn(&str) -> Option<Arc<Tree>>,
    ) -> Self {
        let mut lowering = Self {
            template,
            bindings,
            files,
            nodes: Nodes::new(&template.tree),
            items: Vec::with_capacity(template.resources.len() + 2),
            conditions: Vec::new(),
            routes: Vec::new(),
            statements: Statements::default(),
            triggers: Triggers::default(),
            surprises: Vec::new(),
            refusals: Vec::new(),
            made: Vec::new(),
            derived: FxHashMap::default(),
        };
        for resource in &template.resources {
            lowering.add_item(resource);
        }
        lowering
    }

    /// Adds a resource as if it were written.
    pub(super) fn add_item(&mut self, resource: &Resource) {
        let is_sam = resource.type_name.starts_with("AWS::Serverless::");
        let properties = match resource.properties {
            Some(node) if !is_sam => node,
            Some(node) if self.nodes.is_dict(node) => self.nodes.own(node),
            Some(node) => {
                self.refuse(Some(&resource.id), Refuse::new(self.nodes.span(node), "`Properties` is no map"));
                self.nodes.map(self.nodes.span(node), &[])
            }
            None => self.nodes.map(resource.id_span, &[]),
        };
        let resource = resource.clone();
        self.items.push(Item { resource, properties, managed: false, paths: Vec::new() });
    }

    /// Place of a resource among the items.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.items.iter().position(|item| item.resource.id == id)
    }

    /// Places of all items of a type.
    pub(super) fn of_type(&self, type_name: &str) -> Vec<usize> {
        (0..self.items.len()).filter(|&at| self.items[at].is(type_name)).collect()
    }

    /// The properties of an item.
    pub(super) fn properties(&self, at: usize) -> NodeId {
        self.items[at].properties
    }

    pub(super) fn refuse(&mut self, resource: Option<&str>, refuse: Refuse) {
        let Refuse { span, reason, kind } = refuse;
        self.refusals.push(Refusal { resource: resource.map(str::to_owned), span, reason, kind });
    }

    /// Records the refusal of a step, if it was refused; lowering goes on with the rest.
    pub(super) fn attempt<T>(&mut self, resource: &str, step: Step<T>) -> Option<T> {
        match step {
            Ok(value) => Some(value),
            Err(refuse) => {
                self.refuse(Some(resource), refuse);
                None
            }
        }
    }

    pub(super) fn surprise(&mut self, resource: &str, span: Span, kind: SurpriseKind) {
        self.surprises.push(Surprise { resource: resource.to_owned(), span, kind });
    }

    /// Adds a resource that the transform makes from `parent`; the one with the parent's own id keeps its
    /// metadata.
    pub(super) fn make(&mut self, parent: &Parent, id: &str, type_name: &str, properties: NodeId) {
        self.check_id(parent, id, type_name);
        let type_node = self.nodes.string(parent.span, type_name);
        let mut entries = vec![("Type", type_node), ("Properties", properties)];
        let condition = parent.condition.as_ref().map(|(name, span)| self.nodes.string(*span, name));
        entries.extend(condition.map(|node| ("Condition", node)));
        let node = self.nodes.map(parent.span, &entries);
        self.made.push(Resource {
            id: id.to_owned(),
            id_span: parent.span,
            type_name: type_name.to_owned(),
            node,
            properties: Some(properties),
            condition: parent.condition.clone(),
            metadata: parent.metadata.filter(|_| id == parent.id),
            origin: parent.origin.clone(),
        });
    }

    /// Refuses an id that the template uses for something else. Domains and their mappings may stand in for
    /// written ones.
    fn check_id(&mut self, parent: &Parent, id: &str, type_name: &str) {
        let Some(written) = self.template.resource(id).filter(|_| id != parent.id) else { return };
        let replaces = type_name.starts_with("AWS::ApiGateway::DomainName")
            || type_name.starts_with("AWS::ApiGateway::BasePathMapping");
        if !(replaces && written.type_name == type_name) {
            let reason = format!("the transform makes a resource `{id}`, which the template has already");
            self.refuse(Some(&parent.id), Refuse::new(written.id_span, reason));
        }
    }

    /// Whether the transform has made a resource of this id already.
    pub(super) fn has_made(&self, id: &str) -> bool {
        self.made.iter().any(|resource| resource.id == id)
    }

    /// Lets `name` (`Api.Stage`) stand for a logical id.
    pub(super) fn derive(&mut self, name: String, id: &str) {
        self.derived.entry(name).or_insert_with(|| id.to_owned());
    }

    /// Logical id of the stage that SAM makes for an API.
    pub(super) fn stage_of(&self, api: &str) -> String {
        let name = format!("{api}.Stage");
        self.derived.get(&name).cloned().unwrap_or(name)
    }

    /// The result: written resources that stay, then those that were made.
    pub(super) fn finish(self) -> Lowered {
        let stays = self.items.into_iter().map(|item| item.resource);
        let mut resources: Vec<_> =
            stays.filter(|resource| !resource.type_name.starts_with("AWS::Serverless::")).collect();
        resources.extend(self.made);
        Lowered::new(self.nodes.tree, resources, self.conditions, self.surprises, self.refusals)
            .with_events(self.routes, self.derived)
    }
}
