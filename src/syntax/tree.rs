//! The spanned tree that YAML and JSON are read into, and the overlay that lowering adds nodes to.
//!
//! Nodes live in an arena and are named by [`NodeId`]. An alias is the id of the anchored node, so a tree is
//! really a graph without cycles: walks over it need a budget where the input is hostile.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::{FileId, Span, TextRange};
use crate::syntax::limits::MAX_DEPTH;

/// Index of a node in a [`Tree`], its base included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Without quotes; YAML may read it as a number, a boolean or null.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`, also every JSON string.
    DoubleQuoted,
    /// `|` block.
    Literal,
    /// `>` block.
    Folded,
}

/// Content of a scalar after escapes and folding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScalarText {
    /// The same bytes as this range of the tree's own text.
    Slice(TextRange),
    /// Decoded text that stands nowhere as it is.
    Owned(Box<str>),
}

/// A tag such as `!Ref`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag as written, leading `!` included; `!!str` style tags keep both marks.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// One `key: value` of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, usually a scalar.
    pub key: NodeId,
    /// The value; an absent one is an empty plain scalar.
    pub value: NodeId,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, number, boolean or null: raw.
    Scalar {
        /// Its content.
        text: ScalarText,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A list.
    Sequence(Vec<NodeId>),
    /// Keys and values in written order, what merge keys bring last. Of equal keys only the last is kept (and
    /// the rest reported), so each scalar key stands here once.
    Mapping(Vec<Entry>),
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The text a reader would point at: content without its tag; a block collection from its first key or
    /// dash to its last content byte; a quoted scalar with its quotes. Nodes made by lowering carry the span
    /// of the text they were made from.
    pub span: Span,
    /// The tag, if one was written.
    pub tag: Option<Box<Tag>>,
    /// What it is.
    pub kind: Kind,
}

/// Notation of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON: the text starts with `{` or `[` and is strict JSON.
    Json,
}

/// A comment, `#` included, line end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub range: TextRange,
}

/// An arena of nodes over one text, possibly on top of another tree.
#[derive(Debug)]
pub struct Tree {
    file: FileId,
    format: Format,
    text: Arc<str>,
    base: Option<Arc<Tree>>,
    base_len: u32,
    nodes: Vec<Node>,
    root: Option<NodeId>,
    comments: Vec<Comment>,
    cut: bool,
}

impl Tree {
    /// An empty tree over `text`.
    pub fn new(file: FileId, format: Format, text: Arc<str>) -> Self {
        // Templates have a node every 12 to 24 bytes, and growing copies nodes.
        let nodes = Vec::with_capacity((text.len() / 24).min(1 << 20));
        Self {
            file,
            format,
            text,
            base: None,
            base_len: 0,
            nodes,
            root: None,
            comments: Vec::new(),
            cut: false,
        }
    }

    /// A tree that holds all nodes of `base` under their ids and to which nodes can be added.
    pub fn overlay(base: Arc<Tree>) -> Self {
        Self {
            file: base.file,
            format: base.format,
            text: Arc::clone(&base.text),
            base_len: base.len(),
            nodes: Vec::new(),
            root: base.root,
            comments: Vec::new(),
            cut: base.cut,
            base: Some(base),
        }
    }

    /// The file the tree was read from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The notation of the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the text goes on where the tree ends, because an error ended the reading.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Takes note that the text goes on where the tree ends.
    pub fn set_cut(&mut self) {
        self.cut = true;
    }

    /// The whole text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of nodes, the base's included.
    pub fn len(&self) -> u32 {
        self.base_len + u32::try_from(self.nodes.len()).unwrap_or(u32::MAX - self.base_len)
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The top node, `None` for an empty text.
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// Makes `root` the top node.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = Some(root);
    }

    /// All comments in written order.
    pub fn comments(&self) -> &[Comment] {
        match &self.base {
            Some(base) => base.comments(),
            None => &self.comments,
        }
    }

    /// Records a comment.
    pub fn add_comment(&mut self, comment: Comment) {
        self.comments.push(comment);
    }

    /// Adds a node and returns its id.
    pub fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.len());
        self.nodes.push(node);
        id
    }

    /// Adds a scalar that stands for the text at `span`. Its style is quoted: it is a string whatever it spells.
    pub fn add_string(&mut self, span: Span, text: &str) -> NodeId {
        let kind = Kind::Scalar { text: ScalarText::Owned(text.into()), style: ScalarStyle::DoubleQuoted };
        self.add(Node { span, tag: None, kind })
    }

    /// Adds a plain scalar (number, boolean, null) that stands for the text at `span`.
    pub fn add_plain(&mut self, span: Span, text: &str) -> NodeId {
        let kind = Kind::Scalar { text: ScalarText::Owned(text.into()), style: ScalarStyle::Plain };
        self.add(Node { span, tag: None, kind })
    }

    /// Adds a list that stands for the text at `span`.
    pub fn add_sequence(&mut self, span: Span, items: Vec<NodeId>) -> NodeId {
        self.add(Node { span, tag: None, kind: Kind::Sequence(items) })
    }

    /// Adds a mapping that stands for the text at `span`; each key is a new scalar at the span beside it.
    pub fn add_mapping<'k>(
        &mut self,
        span: Span,
        entries: impl IntoIterator<Item = (&'k str, Span, NodeId)>,
    ) -> NodeId {
        let entries = entries
            .into_iter()
            .map(|(key, key_span, value)| Entry { key: self.add_string(key_span, key), value })
            .collect();
        self.add(Node { span, tag: None, kind: Kind::Mapping(entries) })
    }

    /// Changes a node of this layer in place; a node of the base is left alone and `false` returned.
    pub fn replace(&mut self, id: NodeId, node: Node) -> bool {
        match id.0.checked_sub(self.base_len).and_then(|index| self.nodes.get_mut(index as usize)) {
            Some(slot) => {
                *slot = node;
                true
            }
            None => false,
        }
    }

    /// A node of this layer, to be changed in place; `None` for a node of the base.
    pub fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        let index = id.0.checked_sub(self.base_len)?;
        self.nodes.get_mut(index as usize)
    }

    /// The layer that owns a node.
    fn owner(&self, id: NodeId) -> Option<(&Tree, &Node)> {
        match id.0.checked_sub(self.base_len) {
            Some(index) => self.nodes.get(index as usize).map(|node| (self, node)),
            None => self.base.as_deref().and_then(|base| base.owner(id)),
        }
    }

    /// The node with this id.
    ///
    /// # Panics
    /// When the id belongs to another tree: ids are only handed out by the tree itself.
    pub fn node(&self, id: NodeId) -> &Node {
        self.owner(id).map(|(_, node)| node).expect("a node id is only used with the tree that made it")
    }

    /// Where a node stands.
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span
    }

    /// Where a node stands, its tag included.
    pub fn tagged_span(&self, id: NodeId) -> Span {
        let node = self.node(id);
        match &node.tag {
            Some(tag) if tag.span.file == node.span.file => {
                Span::new(node.span.file, tag.span.range.cover(node.span.range))
            }
            _ => node.span,
        }
    }

    /// The node's tag as written (`!Ref`), if any.
    pub fn tag(&self, id: NodeId) -> Option<&str> {
        self.node(id).tag.as_deref().map(|tag| &*tag.name)
    }

    /// Content of a scalar, tagged or not; `None` for collections.
    pub fn scalar(&self, id: NodeId) -> Option<&str> {
        let (tree, node) = self.owner(id)?;
        match &node.kind {
            Kind::Scalar { text: ScalarText::Owned(text), .. } => Some(text),
            Kind::Scalar { text: ScalarText::Slice(range), .. } => tree.text.get(range.as_usize()),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// Whether the node is a plain scalar, which YAML may read as something other than a string.
    pub fn is_plain(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, Kind::Scalar { style: ScalarStyle::Plain, .. })
    }

    /// Items of a sequence; empty for anything else.
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.node(id).kind {
            Kind::Sequence(items) => items,
            Kind::Scalar { .. } | Kind::Mapping(_) => &[],
        }
    }

    /// Entries of a mapping; empty for anything else.
    pub fn entries(&self, id: NodeId) -> &[Entry] {
        match &self.node(id).kind {
            Kind::Mapping(entries) => entries,
            Kind::Scalar { .. } | Kind::Sequence(_) => &[],
        }
    }

    /// Whether the node is a mapping.
    pub fn is_mapping(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, Kind::Mapping(_))
    }

    /// Whether the node is a sequence.
    pub fn is_sequence(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, Kind::Sequence(_))
    }

    /// The entry of a mapping with this key.
    pub fn entry(&self, id: NodeId, key: &str) -> Option<Entry> {
        self.entries(id).iter().copied().find(|entry| self.scalar(entry.key) == Some(key))
    }

    /// The value of a mapping under this key.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.entry(id, key).map(|entry| entry.value)
    }

    /// The node under a chain of keys.
    pub fn get_path(&self, id: NodeId, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(id, |node, key| self.get(node, key))
    }

    /// Copies a node of another file's tree with all that is in it; the copies keep their own spans.
    pub fn graft(&mut self, other: &Tree, node: NodeId) -> NodeId {
        self.graft_at(other, node, &mut FxHashMap::default(), 0)
    }

    /// Copies a node of a tree that was read from a text inside this file; the copies stand for the text at `span`.
    pub fn graft_as(&mut self, other: &Tree, node: NodeId, span: Span) -> NodeId {
        let first = self.len();
        let copy = self.graft(other, node);
        for id in first..self.len() {
            if let Some(node) = self.node_mut(NodeId(id)) {
                node.span = span;
            }
        }
        copy
    }

    fn graft_at(
        &mut self,
        other: &Tree,
        node: NodeId,
        done: &mut FxHashMap<NodeId, NodeId>,
        depth: usize,
    ) -> NodeId {
        if let Some(&copy) = done.get(&node) {
            return copy;
        }
        let original = other.node(node);
        let kind = match &original.kind {
            Kind::Scalar { style, .. } => Kind::Scalar {
                text: ScalarText::Owned(other.scalar(node).unwrap_or_default().into()),
                style: *style,
            },
            // Parsed trees are never that deep.
            Kind::Sequence(_) | Kind::Mapping(_) if depth > MAX_DEPTH => Kind::Sequence(Vec::new()),
            Kind::Sequence(items) => Kind::Sequence(
                items.iter().map(|&item| self.graft_at(other, item, done, depth + 1)).collect(),
            ),
            Kind::Mapping(entries) => {
                let copy = entries.iter().map(|entry| Entry {
                    key: self.graft_at(other, entry.key, done, depth + 1),
                    value: self.graft_at(other, entry.value, done, depth + 1),
                });
                Kind::Mapping(copy.collect())
            }
        };
        let copy = self.add(Node { span: original.span, tag: original.tag.clone(), kind });
        done.insert(node, copy);
        copy
    }
}
