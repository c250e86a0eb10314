//! Where the nodes of a tree stand in its text: parents, brackets, the end of an entry.
//!
//! Writes nothing.

use rustc_hash::FxHashMap;

use crate::source::{Span, TextEdit, TextRange};
use crate::syntax::edit::{block, flow, lines, written::Written};
use crate::syntax::tree::{Entry, Format, Kind, NodeId, ScalarStyle, Tree};

/// What a node is in its parent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Top,
    Key { mapping: NodeId, entry: Entry },
    Value { mapping: NodeId, entry: Entry },
    Item { list: NodeId },
}

/// A tree with the way back from each node to its parent.
pub(super) struct Sites<'tree> {
    pub(super) tree: &'tree Tree,
    places: FxHashMap<NodeId, Place>,
    /// The innermost node of each range, with and without its tag.
    at: FxHashMap<TextRange, NodeId>,
    /// What aliases and merge keys bring to other places as well; often nothing.
    shared: Vec<TextRange>,
}

impl<'tree> Sites<'tree> {
    pub(super) fn of(tree: &'tree Tree) -> Self {
        let mut sites =
            Self { tree, places: FxHashMap::default(), at: FxHashMap::default(), shared: Vec::new() };
        let mut shared = Vec::new();
        let mut open: Vec<NodeId> = tree.root().into_iter().collect();
        sites.places.extend(tree.root().map(|root| (root, Place::Top)));
        while let Some(node) = open.pop() {
            for range in [tree.span(node).range, tree.tagged_span(node).range] {
                // An outer node is visited before those in it.
                sites.at.insert(range, node);
            }
            // An alias leads to a node that stands elsewhere, before it.
            let mut from = tree.span(node).range.start;
            let mut merged: Option<TextRange> = None;
            let mut visit = |child: NodeId, place: Place| {
                let range = tree.tagged_span(child).range;
                let is_own = sites.holds(node, child) && from <= tree.span(child).range.start;
                if is_own && !sites.places.contains_key(&child) {
                    from = range.end;
                    sites.places.insert(child, place);
                    open.push(child);
                }
                (!is_own).then_some(range)
            };
            for &item in tree.items(node) {
                shared.extend(visit(item, Place::Item { list: node }));
            }
            for &entry in tree.entries(node) {
                let key = visit(entry.key, Place::Key { mapping: node, entry });
                let value = visit(entry.value, Place::Value { mapping: node, entry });
                match (key, value) {
                    (Some(key), Some(value)) => {
                        let all = key.cover(value);
                        merged = Some(merged.map_or(all, |merged| merged.cover(all)));
                    }
                    (None, Some(value)) => shared.push(value),
                    (_, None) => {}
                }
            }
            shared.extend(merged);
        }
        sites.shared = shared;
        sites
    }

    /// Whether an edit changes what stands at other places as well, by an alias or a merge key.
    pub(super) fn is_shared(&self, edit: &TextEdit) -> bool {
        let reaches = |range: &TextRange| {
            // An entry at the end of a block stands behind its last line.
            let end = lines::end_of_line(self.tree.text(), range.end);
            range.start <= edit.range.start && edit.range.end <= end
        };
        self.shared.iter().any(reaches)
    }

    /// Whether `child` is written inside `parent`.
    fn holds(&self, parent: NodeId, child: NodeId) -> bool {
        let (outer, inner) = (self.tree.span(parent), self.tree.span(child));
        outer.file == inner.file && outer.range.contains(inner.range)
    }

    /// The node at a span, with or without its tag; the innermost where several have the same.
    pub(super) fn node(&self, at: Span) -> Option<NodeId> {
        self.at.get(&at.range).copied().filter(|_| at.file == self.tree.file())
    }

    /// The value at a span, or the value of the key there.
    pub(super) fn value(&self, at: Span) -> Option<NodeId> {
        let node = self.node(at)?;
        match self.place(node)? {
            Place::Key { mapping, entry } => self.is_own_entry(mapping, entry).then_some(entry.value),
            Place::Top | Place::Value { .. } | Place::Item { .. } => Some(node),
        }
    }

    pub(super) fn place(&self, node: NodeId) -> Option<Place> {
        self.places.get(&node).copied()
    }

    /// The range of a node with its tag (of a block scalar: with its header), if it is written here.
    pub(super) fn own_range(&self, node: NodeId) -> Option<TextRange> {
        self.places.contains_key(&node).then_some(())?;
        let range = self.tree.tagged_span(node).range;
        match self.tree.node(node).kind {
            Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. }
                if self.tree.tag(node).is_none() =>
            {
                Some(lines::range(self.header(node)?, range.end))
            }
            _ => Some(range),
        }
    }

    pub(super) fn is_block_scalar(&self, node: NodeId) -> bool {
        let kind = &self.tree.node(node).kind;
        matches!(kind, Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. })
    }

    /// Where the `|` or `>` of a block scalar stands.
    fn header(&self, node: NodeId) -> Option<u32> {
        let text = self.tree.text();
        let start = self.tree.span(node).range.start;
        // A comment may follow the header, empty lines may follow both.
        let line = lines::before(text, start);
        let above = text.get(..(start as usize).checked_sub(line.len())?)?.trim_end();
        let above = if line.trim().is_empty() { above } else { text.get(..start as usize)? };
        let last = above.get(lines::start_of_line(above, u32::try_from(above.len()).ok()?) as usize..)?;
        let last_start = above.len() - last.len();
        let bare = last.split_once(" #").map_or(last, |(before, _)| before).trim_end();
        let header = bare.rfind(['|', '>'])?;
        let indicators = bare.get(header + 1..)?;
        let clean = indicators.chars().all(|c| matches!(c, '+' | '-') || c.is_ascii_digit());
        // The span of an empty one says nothing about its lines.
        let empty = self.tree.scalar(node).is_none_or(|text| text.trim().is_empty());
        (clean && !empty).then(|| u32::try_from(last_start + header).ok())?
    }

    pub(super) fn text_of(&self, range: TextRange) -> Option<&'tree str> {
        self.tree.text().get(range.as_usize())
    }

    /// First and last node of each entry or item of a collection: key and value, or the item twice.
    pub(super) fn elements(&self, collection: NodeId) -> Vec<(NodeId, NodeId)> {
        let entries = self.tree.entries(collection).iter().map(|entry| (entry.key, entry.value));
        entries.chain(self.tree.items(collection).iter().map(|&item| (item, item))).collect()
    }

    pub(super) fn is_json(&self) -> bool {
        self.tree.format() == Format::Json
    }

    /// Whether the collection is written with brackets.
    pub(super) fn is_bracketed(&self, node: NodeId) -> bool {
        self.text_of(self.tree.span(node).range).is_some_and(|text| text.starts_with(['{', '[']))
    }

    /// Whether something with brackets holds the node.
    pub(super) fn in_brackets(&self, node: NodeId) -> bool {
        let mut at = node;
        while let Some(place) = self.place(at) {
            at = match place {
                Place::Top => return false,
                Place::Key { mapping, .. } | Place::Value { mapping, .. } => mapping,
                Place::Item { list } => list,
            };
            if self.is_bracketed(at) {
                return true;
            }
        }
        false
    }

    /// Whether the entry is written in this mapping, key and value, and not brought by a merge key or an alias.
    pub(super) fn is_own_entry(&self, mapping: NodeId, entry: Entry) -> bool {
        let here = |node: NodeId| match self.place(node) {
            Some(
                Place::Key { mapping: holder, entry: held } | Place::Value { mapping: holder, entry: held },
            ) => holder == mapping && held.key == entry.key,
            _ => false,
        };
        here(entry.key) && here(entry.value)
    }

    /// Whether a key has no value at all.
    pub(super) fn is_absent(&self, node: NodeId) -> bool {
        let empty = matches!(&self.tree.node(node).kind, Kind::Scalar { .. });
        empty && self.tree.span(node).range.is_empty() && self.tree.tag(node).is_none()
    }

    /// Whether a block starts on a line below its key.
    pub(super) fn is_block_below(&self, node: NodeId) -> bool {
        let Some(Place::Value { entry, .. }) = self.place(node) else { return false };
        let key_end = self.tree.span(entry.key).range.end;
        let start = self.tree.tagged_span(node).range.start;
        self.text_of(lines::range(key_end, start)).is_some_and(|text| text.contains('\n'))
    }

    /// Offset behind the colon that follows a key.
    pub(super) fn colon_after(&self, key_end: u32) -> Option<u32> {
        let rest = self.tree.text().get(key_end as usize..)?;
        let space = rest.len() - rest.trim_start().len();
        rest.get(space..)?.starts_with(':').then(|| key_end + u32::try_from(space + 1).unwrap_or(0))
    }

    /// Where the text of an entry's value or of an item ends; `None` if an alias stands there.
    pub(super) fn end_of(&self, node: NodeId) -> Option<u32> {
        self.place(node).map(|_| self.tree.tagged_span(node).range.end)
    }

    /// Whether the last text in a node is a block scalar that keeps the empty lines behind it.
    pub(super) fn keeps_empty_lines(&self, node: NodeId) -> bool {
        let mut last = node;
        loop {
            let children = (self.tree.items(last).last(), self.tree.entries(last).last());
            last = match children {
                (Some(&item), _) => item,
                (None, Some(entry)) => entry.value,
                (None, None) => break,
            };
        }
        let Kind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } =
            self.tree.node(last).kind
        else {
            return false;
        };
        let text = self.tree.text();
        self.header(last).is_none_or(|start| {
            let header = lines::range(start, lines::end_of_line(text, start));
            self.text_of(header).is_none_or(|header| header.contains('+'))
        })
    }

    /// How far the file indents a mapping below its key: the first that is written so, else two.
    pub(super) fn indent_unit(&self) -> usize {
        let Some(root) = self.tree.root() else { return 2 };
        let text = self.tree.text();
        let column = |node: NodeId| lines::column(text, self.tree.span(node).range.start);
        let mut open = vec![root];
        while let Some(mapping) = open.pop() {
            for entry in self.tree.entries(mapping) {
                if self.tree.is_mapping(entry.value) && self.is_block_below(entry.value) {
                    let deeper = column(entry.value).saturating_sub(column(entry.key));
                    if deeper > 0 {
                        return deeper;
                    }
                }
            }
        }
        2
    }

    /// As [`Sites::indent_unit`], where brackets open on one line and the first element stands on the next.
    pub(super) fn indent_unit_of_brackets(&self) -> usize {
        let text = self.tree.text();
        let first = self.tree.root().and_then(|root| self.tree.entries(root).first());
        first
            .map(|entry| lines::column(text, self.tree.span(entry.key).range.start))
            .filter(|column| *column > 0)
            .unwrap_or(2)
    }

    /// A value for a key that has none.
    pub(super) fn fill(&self, mapping: NodeId, entry: Entry, value: &Written) -> Option<Vec<TextEdit>> {
        let colon = self.colon_after(self.tree.span(entry.key).range.end)?;
        let text = if self.is_bracketed(mapping) || self.in_brackets(mapping) {
            flow::beside_key(self, value)?
        } else {
            block::below_key(
                self,
                lines::column(self.tree.text(), self.tree.span(entry.key).range.start),
                value,
            )?
        };
        Some(vec![TextEdit { range: lines::range(colon, colon), text }])
    }

    /// Whether a comment stands in what an edit takes out.
    pub(super) fn drops_comment(&self, edit: &TextEdit) -> bool {
        let inside = |comment: TextRange| edit.range.contains(comment) && !comment.is_empty();
        self.tree.comments().iter().any(|comment| inside(comment.range))
    }
}
