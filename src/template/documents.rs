//! OpenAPI documents that an API has as text: `Body` takes an object or a string (CloudFormation's resource schema of
//! `AWS::ApiGateway::RestApi`).
//!
//! Only makes nodes of the text; what they say is read elsewhere. Text that is no such document stays text.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::Span;
use crate::syntax::parse::parse;
use crate::syntax::tree::{Entry, Kind, Node, NodeId, Tree};
use crate::template::intrinsic::{Function, Intrinsic, intrinsic};
use crate::template::lowered::Lowered;

/// Most branches of `Fn::If` that are looked at for one API.
const MAX_BRANCHES: usize = 64;

/// Reads the texts among the bodies of REST APIs, so that [`Lowered::documents`] has what they say.
pub(crate) fn read(lowered: &mut Lowered) {
    for node in candidates(lowered) {
        if let Some(document) = document(&mut lowered.tree, node) {
            lowered.documents.insert(node, document);
        }
    }
}

/// Bodies that may be text, those in the branches of `Fn::If` included.
fn candidates(lowered: &Lowered) -> Vec<NodeId> {
    let tree = &lowered.tree;
    let mut found = Vec::new();
    for resource in lowered.resources.iter().filter(|one| one.type_name == "AWS::ApiGateway::RestApi") {
        let mut open: Vec<NodeId> =
            resource.properties.and_then(|node| tree.get(node, "Body")).into_iter().collect();
        for _ in 0..MAX_BRANCHES {
            let Some(node) = open.pop() else { break };
            match intrinsic(tree, node) {
                Some(Intrinsic { function: Function::If, argument }) => {
                    open.extend(tree.items(argument).iter().skip(1).copied());
                }
                Some(Intrinsic { function: Function::Sub, .. }) => found.push(node),
                None if tree.scalar(node).is_some() => found.push(node),
                _ => {}
            }
        }
    }
    found
}

/// The document in a text, or in the text of an `Fn::Sub`.
fn document(tree: &mut Tree, node: NodeId) -> Option<NodeId> {
    let span = tree.tagged_span(node);
    let Some(Intrinsic { argument, .. }) = intrinsic(tree, node) else {
        let text: Arc<str> = tree.scalar(node)?.into();
        return copied(tree, &text, span);
    };
    let (text, values) = match *tree.items(argument) {
        [text, values] => (text, Some(values)),
        _ => (argument, None),
    };
    let text: Arc<str> = tree.scalar(text)?.into();
    let root = copied(tree, &text, span)?;
    Substituting { tree, values, span, done: FxHashMap::default() }.node(root)
}

fn copied(tree: &mut Tree, text: &Arc<str>, span: Span) -> Option<NodeId> {
    let read = parse(tree.file(), text);
    let root = read.tree.root().filter(|_| read.whole && read.errors.is_empty())?;
    let is_document = ["swagger", "openapi"].iter().any(|key| read.tree.get(root, key).is_some());
    // Nobody works out functions that stand inside a text.
    let has_function = (0..read.tree.len()).any(|id| intrinsic(&read.tree, NodeId(id)).is_some());
    (is_document && !has_function).then(|| tree.graft_as(&read.tree, root, span))
}

/// Puts an `Fn::Sub` around each text of a document in which something is to be put in.
struct Substituting<'run> {
    tree: &'run mut Tree,
    /// The second argument of the `Fn::Sub` around the whole document.
    values: Option<NodeId>,
    span: Span,
    done: FxHashMap<NodeId, NodeId>,
}

impl Substituting<'_> {
    /// The node with its texts substituted; `None` where something is to be put into a key.
    fn node(&mut self, node: NodeId) -> Option<NodeId> {
        if let Some(&done) = self.done.get(&node) {
            return Some(done);
        }
        let kind = match self.tree.node(node).kind.clone() {
            Kind::Scalar { .. } => None,
            Kind::Sequence(items) => {
                let items = items.into_iter().map(|item| self.node(item)).collect::<Option<_>>()?;
                Some(Kind::Sequence(items))
            }
            Kind::Mapping(entries) => {
                let entry = |entry: Entry| {
                    let is_open = self.tree.scalar(entry.key).is_some_and(|key| key.contains("${"));
                    if is_open {
                        return None;
                    }
                    Some(Entry { key: entry.key, value: self.node(entry.value)? })
                };
                Some(Kind::Mapping(entries.into_iter().map(entry).collect::<Option<_>>()?))
            }
        };
        let made = match kind {
            Some(kind) => self.tree.add(Node { span: self.span, tag: None, kind }),
            None if self.tree.scalar(node).is_some_and(|text| text.contains("${")) => self.substituted(node),
            None => node,
        };
        self.done.insert(node, made);
        Some(made)
    }

    fn substituted(&mut self, text: NodeId) -> NodeId {
        let argument = match self.values {
            Some(values) => self.tree.add_sequence(self.span, vec![text, values]),
            None => text,
        };
        self.tree.add_mapping(self.span, [("Fn::Sub", self.span, argument)])
    }
}
