//! The sections of one template: parameters, mappings, conditions, resources, outputs.
//!
//! Reads names and places only; values stay nodes until `resolve` is asked about them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::{FileId, Span};
use crate::syntax::tree::{Entry, NodeId, Tree};

/// One CloudFormation or SAM template.
#[derive(Debug)]
pub struct Template {
    /// The file it was read from.
    pub file: FileId,
    /// Its text as a tree.
    pub tree: Arc<Tree>,
    /// `Parameters`, in written order.
    pub parameters: Vec<Parameter>,
    /// `Conditions`: name and expression, in written order.
    pub conditions: Vec<Named>,
    /// `Mappings`: name and table, in written order.
    pub mappings: Vec<Named>,
    /// `Rules`: name and rule, in written order.
    pub rules: Vec<Named>,
    /// `Resources` as written (before SAM), in written order. `Fn::ForEach` entries are not resources.
    pub resources: Vec<Resource>,
    /// `Fn::ForEach::…` entries of `Resources`, unexpanded.
    pub loops: Vec<Named>,
    /// `Outputs`, in written order.
    pub outputs: Vec<Output>,
    /// `Globals` of a SAM template.
    pub globals: Option<NodeId>,
    /// Names in `Transform`, in order, then those of `Fn::Transform` beside all sections or all resources.
    pub transforms: Vec<(String, Span)>,
    /// Top-level `Description`.
    pub description: Option<NodeId>,
    /// Identifiers of loops over something that is not known: `Ref` reaches them.
    pub identifiers: Vec<String>,
    parameter_index: FxHashMap<String, usize>,
    condition_index: FxHashMap<String, NodeId>,
    resource_index: FxHashMap<String, usize>,
}

/// A named entry of a section.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Its content.
    pub node: NodeId,
}

/// A parameter declaration.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// `Type`, `String` when it is missing.
    pub type_name: String,
    /// `Default`.
    pub default: Option<NodeId>,
    /// Items of `AllowedValues`.
    pub allowed: Vec<NodeId>,
}

impl Parameter {
    /// Whether the value given is the name of an SSM parameter rather than the value itself.
    pub fn is_ssm(&self) -> bool {
        self.type_name.starts_with("AWS::SSM::Parameter::Value")
    }

    /// Whether `Ref` yields a list.
    pub fn is_list(&self) -> bool {
        self.type_name == "CommaDelimitedList"
            || self.type_name.starts_with("List<")
            || self.type_name.contains("Value<List<")
            || self.type_name.contains("Value<CommaDelimitedList>")
    }
}

/// Where a resource came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written as it is.
    Written,
    /// What a SAM resource of this logical id becomes.
    Sam(String),
    /// Made by the transform because events ask for it.
    Implicit,
}

/// A resource, written or lowered.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Logical id.
    pub id: String,
    /// Where a reader looks for it: the logical id, or for an implicit API the event's `Type` value.
    pub id_span: Span,
    /// `Type`, empty when it is missing or no text.
    pub type_name: String,
    /// The whole entry (`Type`, `Properties`, …).
    pub node: NodeId,
    /// `Properties`.
    pub properties: Option<NodeId>,
    /// `Condition`, with the place of its name.
    pub condition: Option<(String, Span)>,
    /// `Metadata`.
    pub metadata: Option<NodeId>,
    /// Where it came from.
    pub origin: Origin,
}

/// An output.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// `Value`.
    pub value: Option<NodeId>,
    /// `Export.Name`.
    pub export: Option<NodeId>,
    /// `Condition`.
    pub condition: Option<String>,
}

impl Template {
    /// Reads the sections of a tree. `None` when its top is no mapping.
    pub fn read(tree: Arc<Tree>) -> Option<Self> {
        let root = tree.root().filter(|&root| tree.is_mapping(root))?;
        let section = |key: &str| tree.get(root, key);
        let parameters = entries(&tree, section("Parameters")).map(|entry| parameter(&tree, entry)).collect();
        let (loops, resources): (Vec<_>, Vec<_>) = entries(&tree, section("Resources"))
            .filter(|entry| tree.scalar(entry.key) != Some("Fn::Transform"))
            .partition(|entry| tree.scalar(entry.key).is_some_and(|key| key.starts_with("Fn::ForEach::")));
        let mut template = Self {
            file: tree.file(),
            parameters,
            conditions: named(&tree, section("Conditions")),
            mappings: named(&tree, section("Mappings")),
            rules: named(&tree, section("Rules")),
            resources: resources.into_iter().map(|entry| resource(&tree, entry)).collect(),
            loops: loops.into_iter().map(|entry| name(&tree, entry)).collect(),
            outputs: entries(&tree, section("Outputs")).map(|entry| output(&tree, entry)).collect(),
            globals: section("Globals").filter(|&node| tree.is_mapping(node)),
            transforms: all_transforms(&tree, root),
            description: section("Description"),
            identifiers: Vec::new(),
            parameter_index: FxHashMap::default(),
            condition_index: FxHashMap::default(),
            resource_index: FxHashMap::default(),
            tree,
        };
        template.index();
        Some(template)
    }

    fn index(&mut self) {
        let number = |items: &mut dyn Iterator<Item = &str>| {
            let mut index = FxHashMap::default();
            for (at, name) in items.enumerate() {
                index.entry(name.to_owned()).or_insert(at);
            }
            index
        };
        self.parameter_index = number(&mut self.parameters.iter().map(|parameter| parameter.name.as_str()));
        self.resource_index = number(&mut self.resources.iter().map(|resource| resource.id.as_str()));
        for condition in &self.conditions {
            self.condition_index.entry(condition.name.clone()).or_insert(condition.node);
        }
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameter_index.get(name).and_then(|&at| self.parameters.get(at))
    }

    /// The written resource of this logical id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resource_index.get(id).and_then(|&at| self.resources.get(at))
    }

    /// The expression of a condition.
    pub fn condition(&self, name: &str) -> Option<NodeId> {
        self.condition_index.get(name).copied()
    }

    /// The table of a mapping.
    pub fn mapping(&self, name: &str) -> Option<NodeId> {
        self.mappings.iter().find(|mapping| mapping.name == name).map(|mapping| mapping.node)
    }

    /// Whether the SAM transform applies: it is named, or a `AWS::Serverless::` type is used without it.
    pub fn is_sam(&self) -> bool {
        self.transforms.iter().any(|(name, _)| name.starts_with("AWS::Serverless-"))
            || self.resources.iter().any(|resource| resource.type_name.starts_with("AWS::Serverless::"))
    }

    /// The first transform that rewrites the template in a way no reader can follow: a custom macro.
    pub fn macro_name(&self) -> Option<&(String, Span)> {
        self.transforms.iter().find(|(name, _)| !name.starts_with("AWS::"))
    }
}

fn entries(tree: &Tree, section: Option<NodeId>) -> impl Iterator<Item = Entry> + '_ {
    section.map_or(&[][..], |node| tree.entries(node)).iter().copied()
}

fn text(tree: &Tree, node: NodeId) -> String {
    tree.scalar(node).unwrap_or_default().to_owned()
}

fn name(tree: &Tree, entry: Entry) -> Named {
    Named { name: text(tree, entry.key), name_span: tree.span(entry.key), node: entry.value }
}

fn named(tree: &Tree, section: Option<NodeId>) -> Vec<Named> {
    entries(tree, section).map(|entry| name(tree, entry)).collect()
}

fn parameter(tree: &Tree, entry: Entry) -> Parameter {
    let field = |key: &str| tree.get(entry.value, key);
    Parameter {
        name: text(tree, entry.key),
        name_span: tree.span(entry.key),
        type_name: field("Type").map_or_else(|| "String".to_owned(), |node| text(tree, node)),
        default: field("Default").filter(|&node| tree.scalar(node).is_some()),
        allowed: field("AllowedValues").map_or_else(Vec::new, |node| tree.items(node).to_vec()),
    }
}

fn resource(tree: &Tree, entry: Entry) -> Resource {
    let field = |key: &str| tree.get(entry.value, key);
    let condition =
        field("Condition").and_then(|node| Some((tree.scalar(node)?.to_owned(), tree.span(node))));
    Resource {
        id: text(tree, entry.key),
        id_span: tree.span(entry.key),
        type_name: field("Type").map_or_else(String::new, |node| text(tree, node)),
        node: entry.value,
        properties: field("Properties"),
        condition,
        metadata: field("Metadata"),
        origin: Origin::Written,
    }
}

fn output(tree: &Tree, entry: Entry) -> Output {
    let field = |key: &str| tree.get(entry.value, key);
    Output {
        name: text(tree, entry.key),
        name_span: tree.span(entry.key),
        value: field("Value"),
        export: field("Export").and_then(|export| tree.get(export, "Name")),
        condition: field("Condition").and_then(|node| tree.scalar(node)).map(str::to_owned),
    }
}

/// The names in `Transform`, and those of `Fn::Transform` beside all sections or all resources: a macro there is
/// handed everything it stands beside (AWS CloudFormation User Guide, `Fn::Transform`).
fn all_transforms(tree: &Tree, root: NodeId) -> Vec<(String, Span)> {
    let beside = |node: NodeId| transforms(tree, tree.get(node, "Fn::Transform"));
    let mut names = transforms(tree, tree.get(root, "Transform"));
    names.extend(beside(root));
    names.extend(tree.get(root, "Resources").map(beside).unwrap_or_default());
    names
}

fn transforms(tree: &Tree, section: Option<NodeId>) -> Vec<(String, Span)> {
    let Some(node) = section else { return Vec::new() };
    let one = |node: NodeId| {
        let name = if tree.is_mapping(node) { tree.get(node, "Name")? } else { node };
        Some((tree.scalar(name)?.to_owned(), tree.span(name)))
    };
    if tree.is_sequence(node) {
        tree.items(node).iter().filter_map(|&item| one(item)).collect()
    } else {
        one(node).into_iter().collect()
    }
}
