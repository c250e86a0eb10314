//! Text → [`Tree`], filled from `granit-parser` events.
//!
//! Returns what could be read together with the errors; it never fails as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle as GranitStyle};

use crate::source::{FileId, Span, TextRange};
use crate::syntax::tree::{Comment, Entry, Format, Kind, Node, NodeId, ScalarStyle, ScalarText, Tag, Tree};

/// Why a text is not (wholly) readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The place of the error.
    pub span: Span,
    /// What is wrong, one line, no full stop.
    pub message: String,
    /// A second place that belongs to the error, with a phrase; for example the first of two equal keys.
    pub related: Option<(Span, String)>,
}

/// A tree and what was wrong with the text.
#[derive(Debug)]
pub struct Parsed {
    /// What could be read.
    pub tree: Tree,
    /// In written order.
    pub errors: Vec<SyntaxError>,
}

/// Reads the first document of `text`.
pub fn parse(file: FileId, text: &Arc<str>) -> Parsed {
    let format = if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        Format::Json
    } else {
        Format::Yaml
    };
    let mut builder = Builder {
        tree: Tree::new(file, format, Arc::clone(text)),
        anchors: HashMap::new(),
        open: Vec::new(),
        errors: Vec::new(),
        file,
        text,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                let tag_range = span.tag_span().and_then(|tag| tag.byte_range());
                builder.event(event, to_range(range), tag_range.map(to_range));
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                let range = to_range(at..at);
                builder.errors.push(SyntaxError {
                    span: Span::new(file, range),
                    message: error.info(),
                    related: None,
                });
                break;
            }
        }
    }
    Parsed { tree: builder.tree, errors: builder.errors }
}

fn to_range(range: std::ops::Range<usize>) -> TextRange {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    TextRange::new(narrow(range.start), narrow(range.end))
}

struct Open {
    range: TextRange,
    tag: Option<Box<Tag>>,
    anchor: usize,
    children: Vec<NodeId>,
    mapping: bool,
}

struct Builder<'text> {
    tree: Tree,
    anchors: HashMap<usize, NodeId>,
    open: Vec<Open>,
    errors: Vec<SyntaxError>,
    file: FileId,
    text: &'text Arc<str>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, range: TextRange, tag_range: Option<TextRange>) {
        match event {
            Event::Comment(..) => self.tree.add_comment(Comment { range }),
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, anchor, range, tag_range),
            Event::SequenceStart(_, anchor, _) => self.start(range, tag_range, anchor, false),
            Event::MappingStart(_, anchor, _) => self.start(range, tag_range, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            Event::Alias(anchor) => {
                if let Some(&id) = self.anchors.get(&anchor) {
                    self.push(id);
                }
            }
            _ => {}
        }
    }

    fn tag(&self, range: Option<TextRange>) -> Option<Box<Tag>> {
        let range = range?;
        let name = self.text.get(range.as_usize())?.into();
        Some(Box::new(Tag { name, span: Span::new(self.file, range) }))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: GranitStyle,
        anchor: usize,
        range: TextRange,
        tag: Option<TextRange>,
    ) {
        let style = match style {
            GranitStyle::Plain => ScalarStyle::Plain,
            GranitStyle::SingleQuoted => ScalarStyle::SingleQuoted,
            GranitStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
            GranitStyle::Literal => ScalarStyle::Literal,
            GranitStyle::Folded => ScalarStyle::Folded,
        };
        let written = self.text.get(range.as_usize()).unwrap_or_default();
        let text = if range.is_empty() {
            ScalarText::Owned("".into())
        } else if written == text {
            ScalarText::Slice(range)
        } else {
            ScalarText::Owned(text.into())
        };
        let node = Node {
            span: Span::new(self.file, range),
            tag: self.tag(tag),
            kind: Kind::Scalar { text, style },
        };
        let id = self.tree.add(node);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.push(id);
    }

    fn start(&mut self, range: TextRange, tag: Option<TextRange>, anchor: usize, mapping: bool) {
        let tag = self.tag(tag);
        self.open.push(Open { range, tag, anchor, children: Vec::new(), mapping });
    }

    fn end(&mut self, range: TextRange) {
        let Some(open) = self.open.pop() else { return };
        let kind = if open.mapping {
            let entries = open.children.chunks_exact(2).map(|pair| Entry { key: pair[0], value: pair[1] });
            Kind::Mapping(entries.collect())
        } else {
            Kind::Sequence(open.children)
        };
        let span = Span::new(self.file, TextRange::new(open.range.start, range.end));
        let id = self.tree.add(Node { span, tag: open.tag, kind });
        if open.anchor != 0 {
            self.anchors.insert(open.anchor, id);
        }
        self.push(id);
    }

    fn push(&mut self, id: NodeId) {
        match self.open.last_mut() {
            Some(open) => open.children.push(id),
            None => {
                if self.tree.root().is_none() {
                    self.tree.set_root(id);
                }
            }
        }
    }
}
