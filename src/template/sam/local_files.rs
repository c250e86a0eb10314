//! Local files that a template names, and their content put in their place.
//!
//! Reads nothing itself: paths go out, trees come in. Files elsewhere (S3, URLs) stay unknown.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::source::Span;
use crate::syntax::tree::{Entry, Kind, Node, NodeId, Tree};
use crate::template::document::Template;
use crate::template::intrinsic::{Function, intrinsic};
use crate::template::lowered::LocalFile;
use crate::template::sam::lowering::Lowering;
use crate::template::sam::nodes::MAX_DEPTH;

/// Properties that may name a local file as text, by resource type.
const NAMING: [(&str, &str); 6] = [
    ("AWS::Serverless::Api", "DefinitionUri"),
    ("AWS::Serverless::HttpApi", "DefinitionUri"),
    ("AWS::Serverless::Application", "Location"),
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    // `aws cloudformation package` uploads these.
    ("AWS::ApiGateway::RestApi", "BodyS3Location"),
    ("AWS::ApiGatewayV2::Api", "BodyS3Location"),
];

/// Properties that may hold `AWS::Include`, by resource type.
const INCLUDING: [(&str, &str); 4] = [
    ("AWS::Serverless::Api", "DefinitionBody"),
    ("AWS::Serverless::HttpApi", "DefinitionBody"),
    ("AWS::ApiGateway::RestApi", "Body"),
    ("AWS::ApiGatewayV2::Api", "Body"),
];

/// Local files that a template names: definitions, nested templates, `AWS::Include`. In written order.
pub(super) fn local_files(template: &Template) -> Vec<LocalFile> {
    let tree = &template.tree;
    let mut files = Vec::new();
    for section in ["Api", "HttpApi"] {
        let section = template.globals.and_then(|globals| tree.get(globals, section));
        let uri = section.and_then(|section| tree.get(section, "DefinitionUri"));
        files.extend(uri.and_then(|node| named(tree, node)));
    }
    for resource in &template.resources {
        let Some(properties) = resource.properties else { continue };
        let of = |table: &[(&str, &'static str)]| {
            let of_type = table.iter().filter(|(type_name, _)| *type_name == resource.type_name);
            of_type.filter_map(|(_, key)| tree.get(properties, key)).collect::<Vec<_>>()
        };
        files.extend(of(&NAMING).into_iter().filter_map(|node| named(tree, node)));
        for body in of(&INCLUDING) {
            collect_includes(tree, body, 0, &mut FxHashSet::default(), &mut files);
        }
    }
    files
}

/// Whether a path names a file beside the template: relative, no URL, nothing to be filled in.
pub(super) fn is_local(path: &str) -> bool {
    let strange = ["://", "${", "{{", "\n", "{"];
    !path.is_empty() && !path.starts_with(['/', '~']) && !strange.iter().any(|part| path.contains(part))
}

fn named(tree: &Tree, node: NodeId) -> Option<LocalFile> {
    let path = tree.scalar(node).filter(|path| tree.tag(node).is_none() && is_local(path))?;
    Some(LocalFile { path: path.to_owned(), span: tree.span(node), node })
}

/// The `Location` of an `AWS::Include`.
fn include_location(tree: &Tree, transform: NodeId) -> Option<NodeId> {
    let is_include = tree.get(transform, "Name").and_then(|name| tree.scalar(name)) == Some("AWS::Include");
    tree.get_path(transform, &["Parameters", "Location"]).filter(|_| is_include)
}

/// The argument of the `Fn::Transform` in a mapping, or of the short form.
fn transform_of(tree: &Tree, node: NodeId) -> Option<NodeId> {
    match intrinsic(tree, node) {
        Some(found) if found.function == Function::Transform => Some(found.argument),
        Some(_) => None,
        None => tree.get(node, "Fn::Transform"),
    }
}

fn collect_includes(
    tree: &Tree,
    node: NodeId,
    depth: u32,
    seen: &mut FxHashSet<NodeId>,
    files: &mut Vec<LocalFile>,
) {
    if depth > MAX_DEPTH || !seen.insert(node) {
        return;
    }
    let location = transform_of(tree, node).and_then(|transform| include_location(tree, transform));
    files.extend(location.and_then(|node| named(tree, node)));
    for entry in tree.entries(node) {
        collect_includes(tree, entry.value, depth + 1, seen, files);
    }
    for &item in tree.items(node) {
        collect_includes(tree, item, depth + 1, seen, files);
    }
}

impl Lowering<'_> {
    /// The content of a definition that is a local file at hand.
    pub(super) fn local_definition(&mut self, uri: NodeId) -> Option<NodeId> {
        let path = self.nodes.text(uri).filter(|path| is_local(path))?.to_owned();
        self.file(&path)
    }

    fn file(&mut self, path: &str) -> Option<NodeId> {
        let tree = (self.files)(path)?;
        let root = tree.root()?;
        Some(self.nodes.graft(&tree, root))
    }

    /// Puts local files in place of `AWS::Include` in the bodies of raw APIs. SAM sees its own bodies before
    /// the files are in them, so those follow when the body is done ([`Lowering::with_files`]).
    pub(super) fn include_files(&mut self) {
        for at in 0..self.items.len() {
            let item = &self.items[at];
            if item.resource.type_name.starts_with("AWS::Serverless::") {
                continue;
            }
            let of_type = INCLUDING.iter().find(|(type_name, _)| item.is(type_name));
            let Some((_, key)) = of_type else { continue };
            let Some(entry) = self.nodes.entry(item.properties, key) else { continue };
            let body = self.with_files(entry.value);
            if body != entry.value {
                let properties = self.own_properties(at);
                self.nodes.set(properties, key, self.nodes.span(entry.key), body);
            }
        }
    }

    /// A body with local files in place of `AWS::Include`; the body itself when there are none.
    pub(super) fn with_files(&mut self, body: NodeId) -> NodeId {
        let mut wanted = Vec::new();
        collect_includes(&self.nodes.tree, body, 0, &mut FxHashSet::default(), &mut wanted);
        if wanted.is_empty() { body } else { self.included(body, 0, &mut FxHashMap::default()) }
    }

    /// Puts local files in place of `BodyS3Location` of raw APIs, which packaging uploads.
    pub(super) fn read_bodies(&mut self) {
        for at in 0..self.items.len() {
            let item = &self.items[at];
            if !item.is("AWS::ApiGateway::RestApi") && !item.is("AWS::ApiGatewayV2::Api") {
                continue;
            }
            let Some(entry) = self.nodes.entry(item.properties, "BodyS3Location") else { continue };
            if let Some(body) = self.local_definition(entry.value) {
                let properties = self.own_properties(at);
                self.nodes.remove(properties, "BodyS3Location");
                self.nodes.set(properties, "Body", self.nodes.span(entry.key), body);
            }
        }
    }

    /// The properties of an item as a mapping that may be changed; its resource shows them too.
    fn own_properties(&mut self, at: usize) -> NodeId {
        let properties = self.nodes.own(self.items[at].properties);
        let item = &mut self.items[at];
        item.properties = properties;
        if item.resource.properties.is_some() {
            item.resource.properties = Some(properties);
        }
        properties
    }

    /// A copy of a node in which local includes are replaced; the node itself where nothing changes.
    fn included(&mut self, node: NodeId, depth: u32, done: &mut FxHashMap<NodeId, NodeId>) -> NodeId {
        if let Some(&copy) = done.get(&node) {
            return copy;
        }
        let copy = if depth > MAX_DEPTH { node } else { self.included_anew(node, depth, done) };
        done.insert(node, copy);
        copy
    }

    fn included_anew(&mut self, node: NodeId, depth: u32, done: &mut FxHashMap<NodeId, NodeId>) -> NodeId {
        if let Some(transform) = transform_of(&self.nodes.tree, node)
            && let Some(merged) = self.with_include(node, transform, depth, done)
        {
            return merged;
        }
        let tag = self.nodes.tree.node(node).tag.clone();
        let span = self.nodes.span(node);
        let kind = match self.nodes.tree.node(node).kind.clone() {
            Kind::Scalar { .. } => return node,
            Kind::Sequence(items) => {
                let copy: Vec<_> = items.iter().map(|&item| self.included(item, depth + 1, done)).collect();
                if copy == items {
                    return node;
                }
                Kind::Sequence(copy)
            }
            Kind::Mapping(entries) => {
                let copy = self.included_entries(&entries, depth, done);
                if copy == entries {
                    return node;
                }
                Kind::Mapping(copy)
            }
        };
        self.nodes.tree.add(Node { span, tag, kind })
    }

    fn included_entries(
        &mut self,
        entries: &[Entry],
        depth: u32,
        done: &mut FxHashMap<NodeId, NodeId>,
    ) -> Vec<Entry> {
        let copy =
            |entry: &Entry| Entry { key: entry.key, value: self.included(entry.value, depth + 1, done) };
        entries.iter().map(copy).collect()
    }

    /// The mapping with the included file's entries beside its own, which win.
    fn with_include(
        &mut self,
        node: NodeId,
        transform: NodeId,
        depth: u32,
        done: &mut FxHashMap<NodeId, NodeId>,
    ) -> Option<NodeId> {
        let location = include_location(&self.nodes.tree, transform)?;
        let file = self.local_definition(location)?;
        let span: Span = self.nodes.span(node);
        let own = match self.nodes.tree.tag(node) {
            Some(_) => Vec::new(),
            None => self.nodes.tree.entries(node).to_vec(),
        };
        let is_transform = |entry: &Entry| self.nodes.tree.scalar(entry.key) == Some("Fn::Transform");
        let own: Vec<_> = own.into_iter().filter(|entry| !is_transform(entry)).collect();
        if own.is_empty() {
            return Some(file);
        }
        let mut entries = self.included_entries(&own, depth, done);
        let known: Vec<_> =
            entries.iter().filter_map(|entry| self.nodes.tree.scalar(entry.key).map(str::to_owned)).collect();
        for (key, entry) in self.nodes.pairs(file) {
            if !known.contains(&key) {
                entries.push(entry);
            }
        }
        Some(self.nodes.tree.add(Node { span, tag: None, kind: Kind::Mapping(entries) }))
    }
}
