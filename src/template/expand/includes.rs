//! `AWS::Include` of local files: the file's content in its place. Files elsewhere (S3, URLs) stay unknown.
//!
//! The bodies of SAM's APIs are left to `sam`, which sees them before the files are in them.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::source::Span;
use crate::syntax::tree::{Entry, Kind, Node, NodeId, Tree};
use crate::template::document::Template;
use crate::template::intrinsic::{Function, intrinsic};
use crate::template::lowered::LocalFile;
use crate::template::resolve::MAX_DEPTH;

/// Gives the tree of a local file by the path as the template writes it.
pub(crate) type Files<'run> = dyn Fn(&str) -> Option<Arc<Tree>> + 'run;

/// Whether a path names a file beside the template: relative, no URL, nothing to be filled in.
pub(crate) fn is_local(path: &str) -> bool {
    let strange = ["://", "${", "{{", "\n", "{"];
    !path.is_empty() && !path.starts_with(['/', '~']) && !strange.iter().any(|part| path.contains(part))
}

/// The local file that a node names as plain text.
pub(crate) fn named(tree: &Tree, node: NodeId) -> Option<LocalFile> {
    let path = tree.scalar(node).filter(|path| tree.tag(node).is_none() && is_local(path))?;
    Some(LocalFile { path: path.to_owned(), span: tree.span(node), node })
}

/// The `Location` of an `AWS::Include`.
fn location(tree: &Tree, transform: NodeId) -> Option<NodeId> {
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

/// The transforms of a whole template: items of `Transform`, and `Fn::Transform` beside the sections.
fn top_level(tree: &Tree, root: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    for node in ["Transform", "Fn::Transform"].into_iter().filter_map(|key| tree.get(root, key)) {
        match tree.items(node) {
            [] => found.push(node),
            items => found.extend(items),
        }
    }
    found
}

/// The local files that a template includes, in written order.
pub(crate) fn wanted(template: &Template) -> Vec<LocalFile> {
    let tree = &template.tree;
    let Some(root) = tree.root() else { return Vec::new() };
    let top = top_level(tree, root).into_iter().filter_map(|node| location(tree, node));
    let mut files: Vec<_> = top.filter_map(|node| named(tree, node)).collect();
    let mut seen = FxHashSet::default();
    for entry in tree.entries(root) {
        if !matches!(tree.scalar(entry.key), Some("Transform" | "Fn::Transform")) {
            collect(tree, entry.value, 0, &mut seen, &mut files);
        }
    }
    files
}

fn collect(tree: &Tree, node: NodeId, depth: u32, seen: &mut FxHashSet<NodeId>, files: &mut Vec<LocalFile>) {
    if depth > MAX_DEPTH || !seen.insert(node) {
        return;
    }
    let location = transform_of(tree, node).and_then(|transform| location(tree, transform));
    files.extend(location.and_then(|node| named(tree, node)));
    for entry in tree.entries(node) {
        collect(tree, entry.value, depth + 1, seen, files);
    }
    for &item in tree.items(node) {
        collect(tree, item, depth + 1, seen, files);
    }
}

/// The template with its local files put in, except in SAM resources; `None` when none is at hand.
pub(super) fn put_in(template: &Template, files: &Files<'_>) -> Option<Template> {
    let root = template.tree.root()?;
    let mut tree = Tree::overlay(Arc::clone(&template.tree));
    let mut sections: Vec<Entry> = Vec::new();
    for entry in template.tree.entries(root) {
        let value = match tree.scalar(entry.key) {
            Some("Transform" | "Fn::Transform") => entry.value,
            Some("Resources") => resources(&mut tree, files, entry.value),
            _ => with_files(&mut tree, files, entry.value),
        };
        sections.push(Entry { key: entry.key, value });
    }
    for transform in top_level(&template.tree, root) {
        let Some(content) = location(&tree, transform).and_then(|node| content(&mut tree, files, node))
        else {
            continue;
        };
        for entry in tree.entries(content).to_vec() {
            merge(&mut tree, &mut sections, entry);
        }
    }
    if sections == template.tree.entries(root) {
        return None;
    }
    let root = tree.add(Node { span: tree.span(root), tag: None, kind: Kind::Mapping(sections) });
    tree.set_root(root);
    Template::read(Arc::new(tree))
}

/// Adds a section of an included file; what the template has of it already stays and is added to.
fn merge(tree: &mut Tree, sections: &mut Vec<Entry>, added: Entry) {
    let same = |section: &&mut Entry| tree.scalar(section.key) == tree.scalar(added.key);
    let Some(section) = sections.iter_mut().find(same) else { return sections.push(added) };
    if tree.is_mapping(section.value) {
        let mut entries = tree.entries(section.value).to_vec();
        add_new(tree, &mut entries, added.value);
        let span = tree.span(section.value);
        section.value = tree.add(Node { span, tag: None, kind: Kind::Mapping(entries) });
    }
}

/// The `Resources` with their files put in.
fn resources(tree: &mut Tree, files: &Files<'_>, section: NodeId) -> NodeId {
    let mut entries = Vec::new();
    let mut included = None;
    for entry in tree.entries(section).to_vec() {
        let is_sam = |tree: &Tree| {
            let kind = tree.get(entry.value, "Type").and_then(|node| tree.scalar(node));
            kind.is_some_and(|kind| kind.starts_with("AWS::Serverless::"))
        };
        if tree.scalar(entry.key) == Some("Fn::Transform") {
            let at = location(tree, entry.value);
            included = at.and_then(|node| content(tree, files, node));
            if included.is_none() {
                entries.push(entry);
            }
        } else if is_sam(tree) {
            entries.push(entry);
        } else {
            entries.push(Entry { key: entry.key, value: with_files(tree, files, entry.value) });
        }
    }
    if let Some(content) = included {
        add_new(tree, &mut entries, content);
    }
    if entries == tree.entries(section) {
        return section;
    }
    tree.add(Node { span: tree.span(section), tag: None, kind: Kind::Mapping(entries) })
}

/// Adds the entries of `content` whose keys are not there yet.
fn add_new(tree: &Tree, entries: &mut Vec<Entry>, content: NodeId) {
    let known: FxHashSet<_> = entries.iter().filter_map(|entry| tree.scalar(entry.key)).collect();
    let new = tree.entries(content).iter();
    let new: Vec<_> =
        new.filter(|entry| tree.scalar(entry.key).is_some_and(|key| !known.contains(key))).copied().collect();
    entries.extend(new);
}

/// The content of a local file that is at hand.
pub(crate) fn content(tree: &mut Tree, files: &Files<'_>, location: NodeId) -> Option<NodeId> {
    let path = tree.scalar(location).filter(|path| tree.tag(location).is_none() && is_local(path))?;
    let file = files(path)?;
    Some(tree.graft(&file, file.root()?))
}

/// A node with local files in place of the `AWS::Include` in it; the node itself when there are none.
pub(crate) fn with_files(tree: &mut Tree, files: &Files<'_>, node: NodeId) -> NodeId {
    let mut wanted = Vec::new();
    collect(tree, node, 0, &mut FxHashSet::default(), &mut wanted);
    if wanted.is_empty() { node } else { Putting { tree, files, done: FxHashMap::default() }.copy(node, 0) }
}

struct Putting<'run> {
    tree: &'run mut Tree,
    files: &'run Files<'run>,
    done: FxHashMap<NodeId, NodeId>,
}

impl Putting<'_> {
    fn copy(&mut self, node: NodeId, depth: u32) -> NodeId {
        if let Some(&copy) = self.done.get(&node) {
            return copy;
        }
        let copy = if depth > MAX_DEPTH { node } else { self.copied(node, depth) };
        self.done.insert(node, copy);
        copy
    }

    fn copied(&mut self, node: NodeId, depth: u32) -> NodeId {
        if let Some(transform) = transform_of(self.tree, node)
            && let Some(merged) = self.with_include(node, transform, depth)
        {
            return merged;
        }
        let tag = self.tree.node(node).tag.clone();
        let span = self.tree.span(node);
        let kind = match self.tree.node(node).kind.clone() {
            Kind::Scalar { .. } => return node,
            Kind::Sequence(items) => {
                let copy: Vec<_> = items.iter().map(|&item| self.copy(item, depth + 1)).collect();
                if copy == items {
                    return node;
                }
                Kind::Sequence(copy)
            }
            Kind::Mapping(entries) => {
                let copy = self.entries(&entries, depth);
                if copy == entries {
                    return node;
                }
                Kind::Mapping(copy)
            }
        };
        self.tree.add(Node { span, tag, kind })
    }

    fn entries(&mut self, entries: &[Entry], depth: u32) -> Vec<Entry> {
        let copy = |entry: &Entry| Entry { key: entry.key, value: self.copy(entry.value, depth + 1) };
        entries.iter().map(copy).collect()
    }

    /// The mapping with the included file's entries beside its own, which win.
    fn with_include(&mut self, node: NodeId, transform: NodeId, depth: u32) -> Option<NodeId> {
        let location = location(self.tree, transform)?;
        let file = content(self.tree, self.files, location)?;
        let span: Span = self.tree.span(node);
        let own = match self.tree.tag(node) {
            Some(_) => Vec::new(),
            None => self.tree.entries(node).to_vec(),
        };
        let is_transform = |entry: &Entry| self.tree.scalar(entry.key) == Some("Fn::Transform");
        let own: Vec<_> = own.into_iter().filter(|entry| !is_transform(entry)).collect();
        if own.is_empty() {
            return Some(file);
        }
        let mut entries = self.entries(&own, depth);
        add_new(self.tree, &mut entries, file);
        Some(self.tree.add(Node { span, tag: None, kind: Kind::Mapping(entries) }))
    }
}
