//! Puts nodes together into a [`Tree`]; both readers feed it.
//!
//! Keeps the open collections, anchors, limits and errors. Knows nothing about YAML or JSON notation.

use std::collections::HashMap;
use std::sync::Arc;

use crate::order::Order;
use crate::source::{FileId, Span, TextRange};
use crate::syntax::keys;
use crate::syntax::limits::{MAX_DEPTH, MAX_ERRORS, MAX_NODES};
use crate::syntax::parse::{Parsed, SyntaxError, range};
use crate::syntax::place;
use crate::syntax::tree::{Comment, Entry, Format, Kind, Node, NodeId, ScalarStyle, ScalarText, Tag, Tree};

/// How many different tags share their name; beyond that each node keeps its own copy.
const SHARED_TAGS: usize = 32;

/// Which collection is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Sequence,
    Mapping,
}

/// A collection whose end has not been seen.
pub(super) struct Open {
    /// First byte of the collection.
    pub(super) start: u32,
    /// End of what was read of it so far.
    pub(super) end: u32,
    /// Whether it is written with brackets, or is a lone pair inside brackets.
    pub(super) flow: bool,
    shape: Shape,
    tag: Option<Box<Tag>>,
    anchor: usize,
    /// Index of its first child in `Builder::children`.
    first_child: usize,
}

/// Something wrong, not yet bound to a file.
pub(super) struct Fault {
    pub(super) at: TextRange,
    pub(super) message: String,
    pub(super) related: Option<(TextRange, String)>,
}

/// What stops the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LimitReached;

pub(super) struct Builder<'text> {
    pub(super) tree: Tree,
    text: &'text str,
    file: FileId,
    errors: Vec<SyntaxError>,
    open: Vec<Open>,
    /// Children of all open collections, innermost last.
    children: Vec<NodeId>,
    anchors: HashMap<usize, NodeId>,
    /// Nodes that stand for something unreadable; nothing more is said about them.
    placeholders: Vec<NodeId>,
    tags: Vec<Arc<str>>,
    merged: usize,
    /// Whether nothing ended the reading early.
    whole: bool,
}

impl<'text> Builder<'text> {
    pub(super) fn new(file: FileId, format: Format, text: &'text Arc<str>) -> Self {
        Self {
            tree: Tree::new(file, format, Arc::clone(text)),
            text,
            file,
            errors: Vec::new(),
            open: Vec::new(),
            children: Vec::new(),
            anchors: HashMap::new(),
            placeholders: Vec::new(),
            tags: Vec::new(),
            merged: 0,
            whole: true,
        }
    }

    /// Records an error; past [`MAX_ERRORS`] only the fact that there are more.
    pub(super) fn fault(&mut self, fault: Fault) {
        self.error(fault.at, fault.message, fault.related);
    }

    /// Records an error as [`Builder::fault`] does.
    pub(super) fn error(&mut self, at: TextRange, message: String, related: Option<(TextRange, String)>) {
        let message = match self.errors.len() {
            count if count > MAX_ERRORS => return,
            MAX_ERRORS => format!("there are more than {MAX_ERRORS} errors; the rest are not listed"),
            _ => message,
        };
        let at = if at.is_empty() { place::visible(self.text, at.start as usize) } else { at };
        let related = related.map(|(at, phrase)| (Span::new(self.file, at), phrase));
        self.errors.push(SyntaxError { span: Span::new(self.file, at), message, related });
    }

    /// Takes note that the text is not read from here on.
    pub(super) fn cut(&mut self) {
        self.whole = false;
        self.tree.set_cut();
    }

    pub(super) fn comment(&mut self, range: TextRange) {
        self.tree.add_comment(Comment { range });
    }

    /// The innermost open collection.
    pub(super) fn innermost(&self) -> Option<&Open> {
        self.open.last()
    }

    /// Whether the innermost open collection is a mapping without brackets.
    pub(super) fn in_block_mapping(&self) -> bool {
        self.innermost().is_some_and(|open| open.shape == Shape::Mapping && !open.flow)
    }

    /// Whether the next child belongs to a key.
    pub(super) fn expects_value(&self) -> bool {
        let Some(open) = self.innermost() else { return false };
        open.shape == Shape::Mapping && !(self.children.len() - open.first_child).is_multiple_of(2)
    }

    /// Start of the innermost open collection that is written with brackets.
    pub(super) fn bracket(&self) -> Option<usize> {
        let written = |open: &Open| self.text.get(open.start as usize..).unwrap_or_default();
        let open = self.open.iter().rev().find(|open| open.flow && written(open).starts_with(['[', '{']))?;
        Some(open.start as usize)
    }

    /// Start of the innermost open collection if it is a list written with dashes.
    pub(super) fn dash(&self) -> Option<usize> {
        let open = self.open.last().filter(|open| open.shape == Shape::Sequence && !open.flow)?;
        Some(open.start as usize)
    }

    pub(super) fn scalar(
        &mut self,
        text: ScalarText,
        style: ScalarStyle,
        at: TextRange,
        tag: Option<TextRange>,
        anchor: usize,
    ) -> Result<(), LimitReached> {
        let id = self.add(at, tag, Kind::Scalar { text, style })?;
        self.anchor(anchor, id);
        self.push(id, at.end);
        Ok(())
    }

    pub(super) fn open(
        &mut self,
        shape: Shape,
        flow: bool,
        start: u32,
        tag: Option<TextRange>,
        anchor: usize,
    ) -> Result<(), LimitReached> {
        if self.open.len() >= MAX_DEPTH {
            let at = place::visible(self.text, start as usize);
            self.error(at, format!("nested deeper than {MAX_DEPTH} levels"), None);
            return Err(LimitReached);
        }
        self.check_room(start)?;
        let tag = self.tag(tag);
        let first_child = self.children.len();
        let bracket =
            flow && self.text.get(start as usize..).is_some_and(|tail| tail.starts_with(['[', '{']));
        self.open.push(Open {
            start,
            end: start + u32::from(bracket),
            flow,
            shape,
            tag,
            anchor,
            first_child,
        });
        Ok(())
    }

    /// Closes the innermost collection. `end` is the end of its closing bracket, or `None` when it ends with
    /// the last thing in it.
    pub(super) fn close(&mut self, end: Option<u32>) {
        let Some(open) = self.open.pop() else { return };
        let end = end.unwrap_or(open.end).max(open.end);
        let kind = match open.shape {
            Shape::Sequence => Kind::Sequence(self.children.split_off(open.first_child)),
            Shape::Mapping => Kind::Mapping(self.entries(open.first_child)),
        };
        let at = TextRange::new(open.start, end);
        let id = self.tree.add(Node { span: Span::new(self.file, at), tag: open.tag, kind });
        self.anchor(open.anchor, id);
        self.push(id, end);
    }

    /// A `*name` at `at` that names an earlier anchor.
    pub(super) fn alias(&mut self, anchor: usize, at: TextRange) -> Result<(), LimitReached> {
        if let Some(&id) = self.anchors.get(&anchor) {
            self.push(id, at.end);
            return Ok(());
        }
        let name = self.text.get(at.as_usize()).unwrap_or_default();
        self.placeholder(at, format!("`{name}` stands inside the node that it names"))
    }

    /// Records an error at `at` and leaves an empty node there.
    pub(super) fn placeholder(&mut self, at: TextRange, message: String) -> Result<(), LimitReached> {
        self.error(at, message, None);
        let kind = Kind::Scalar { text: ScalarText::Owned("".into()), style: ScalarStyle::Plain };
        let id = self.add(at, None, kind)?;
        self.placeholders.push(id);
        self.push(id, at.end);
        Ok(())
    }

    /// Closes what is still open and hands over the tree, errors in written order.
    pub(super) fn finish(mut self) -> Parsed {
        while !self.open.is_empty() {
            self.close(None);
        }
        self.errors.order_by_key(|error| error.span.range);
        Parsed { tree: self.tree, errors: self.errors, whole: self.whole }
    }

    /// The entries of the mapping whose first key is the child with this index; takes them off the children.
    fn entries(&mut self, first_child: usize) -> Vec<Entry> {
        if (self.children.len() - first_child) % 2 == 1 {
            self.value_for_last_key();
        }
        let pairs = self.children.get(first_child..).unwrap_or_default().chunks_exact(2);
        let entry = |pair: &[NodeId]| match *pair {
            [key, value] => Some(Entry { key, value }),
            _ => None,
        };
        let mut entries: Vec<Entry> = pairs.filter_map(entry).collect();
        self.children.truncate(first_child);
        let faults = keys::settle(&self.tree, &mut entries, &self.placeholders, &mut self.merged);
        for fault in faults {
            self.fault(fault);
        }
        entries
    }

    /// The text ended after a key; its value is absent.
    fn value_for_last_key(&mut self) {
        let Some(&key) = self.children.last() else { return };
        let end = self.tree.span(key).range.end;
        let kind = Kind::Scalar { text: ScalarText::Owned("".into()), style: ScalarStyle::Plain };
        let span = Span::new(self.file, TextRange::new(end, end));
        let value = self.tree.add(Node { span, tag: None, kind });
        self.placeholders.push(value);
        self.children.push(value);
    }

    fn add(&mut self, at: TextRange, tag: Option<TextRange>, kind: Kind) -> Result<NodeId, LimitReached> {
        self.check_room(at.start)?;
        let tag = self.tag(tag);
        Ok(self.tree.add(Node { span: Span::new(self.file, at), tag, kind }))
    }

    /// Collections still open may go past the limit when they close: at most [`MAX_DEPTH`] nodes.
    fn check_room(&mut self, at: u32) -> Result<(), LimitReached> {
        if self.tree.len() < MAX_NODES {
            return Ok(());
        }
        let at = place::visible(self.text, at as usize);
        self.error(at, format!("this file has more than {MAX_NODES} nodes; the rest is not read"), None);
        Err(LimitReached)
    }

    fn anchor(&mut self, anchor: usize, id: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
    }

    fn tag(&mut self, at: Option<TextRange>) -> Option<Box<Tag>> {
        let at = at?;
        let written = self.text.get(at.as_usize())?;
        let shared = self.tags.iter().find(|tag| &***tag == written).cloned();
        let name = shared.unwrap_or_else(|| {
            let name: Arc<str> = written.into();
            if self.tags.len() < SHARED_TAGS {
                self.tags.push(Arc::clone(&name));
            }
            name
        });
        if let Some(open) = self.open.last_mut() {
            open.end = open.end.max(at.end);
        }
        Some(Box::new(Tag { name, span: Span::new(self.file, at) }))
    }

    fn is_absent(&self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        let empty = matches!(node.kind, Kind::Scalar { .. }) && node.span.range.is_empty();
        empty && node.tag.is_none()
    }

    fn push(&mut self, id: NodeId, end: u32) {
        if let Some(open) = self.open.last_mut() {
            open.end = open.end.max(end);
            self.children.push(id);
        } else if !self.is_absent(id) {
            // The absent value of an empty document is no root.
            self.tree.set_root(id);
        }
    }
}

/// Content of a scalar at `at`, kept as a range of the source where it stands there as it is.
pub(super) fn scalar_text(source: &str, decoded: &str, style: ScalarStyle, at: TextRange) -> ScalarText {
    let (start, end) = (at.start as usize, at.end as usize);
    let start = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => start + 1,
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => start,
    };
    let slice = start..start + decoded.len();
    if end >= start && source.get(slice.clone()) == Some(decoded) {
        ScalarText::Slice(range(slice.start, slice.end))
    } else {
        ScalarText::Owned(decoded.into())
    }
}
