//! YAML text → tree, from the events of `granit-parser`.
//!
//! Owns what the events leave open: where collections and absent values end, what a block scalar covers,
//! where comments stand. Errors are put into words in `message`.

use granit_parser::{Event, Options, Parser, ScalarStyle as GranitStyle, Span as GranitSpan, StructureStyle};

use crate::source::TextRange;
use crate::syntax::build::{Builder, LimitReached, Shape, scalar_text};
use crate::syntax::comments::{comments, outside_comments};
use crate::syntax::limits::{MAX_DEPTH, MAX_KEY_LOOKAHEAD};
use crate::syntax::parse::range;
use crate::syntax::tree::{ScalarStyle, ScalarText};
use crate::syntax::{message, place};

/// Reads the first document of `text`; false when something made the text unreadable from there on.
pub(super) fn read(builder: &mut Builder<'_>, text: &str) -> bool {
    let mut reader = Reader { builder, text, last_start: 0, last_end: 0, documents: 0, rooted: false };
    let control = first_control_character(text);
    if let Some((at, character)) = control {
        let number = u32::from(character);
        let message = format!("the control character U+{number:04X} is not allowed in a template");
        reader.builder.error(range(at, at + character.len_utf8()), message, None);
    }
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                // A control character explains whatever the parser finds wrong behind it.
                if control.is_none_or(|(control, _)| at < control && !opens_quote(text, at)) {
                    let fault = message::explain(error.kind(), &reader.scene(at));
                    reader.builder.fault(fault);
                }
                return false;
            }
        };
        match reader.event(&event, &span) {
            Ok(true) => {}
            Ok(false) | Err(LimitReached) => return false,
        }
    }
    control.is_none()
}

fn options() -> Options {
    granit_parser::options! {
        // Comments are found between the tokens, which is cheaper.
        emit_comments: false,
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: MAX_KEY_LOOKAHEAD,
        // One more than we allow, so that our own message comes first.
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    }
}

/// The first character that YAML calls non-printable; a byte order mark and NEL are not among them.
fn first_control_character(text: &str) -> Option<(usize, char)> {
    let suspicious = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f;
    // Two-byte C1 characters start with C2, U+FFFE and U+FFFF with EF; both are rare in templates.
    let any = text.as_bytes().chunks(256).any(|chunk| {
        chunk.iter().fold(false, |any, &byte| any | suspicious(byte) | (byte == 0xc2) | (byte == 0xef))
    });
    if !any {
        return None;
    }
    text.char_indices().find(|&(_, character)| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    })
}

fn opens_quote(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|tail| tail.starts_with(['"', '\'']))
}

struct Reader<'read, 'text> {
    builder: &'read mut Builder<'text>,
    text: &'read str,
    /// End of the last token that was seen; what lies behind it is indicators, anchors, space and comments.
    last_end: usize,
    /// Start of the last scalar, alias or tag.
    last_start: usize,
    documents: usize,
    /// Whether a document with content was read.
    rooted: bool,
}

impl Reader<'_, '_> {
    /// Takes one event; `Ok(false)` ends the reading.
    fn event(&mut self, event: &Event<'_>, span: &GranitSpan) -> Result<bool, LimitReached> {
        let at = span.byte_range().unwrap_or(self.last_end..self.last_end);
        let tag = span.tag_span().and_then(|tag| tag.byte_range()).map(|tag| range(tag.start, tag.end));
        match event {
            Event::DocumentStart(..) => return Ok(self.document(at.start)),
            Event::Scalar(text, style, anchor, _) => {
                let (at, text) = self.scalar(text, *style, at, tag);
                self.builder.scalar(text, scalar_style(*style), at, tag, *anchor)?;
                self.rooted |= !at.is_empty() || tag.is_some();
            }
            Event::SequenceStart(style, anchor, _) => self.open(Shape::Sequence, *style, *anchor, at, tag)?,
            Event::MappingStart(style, anchor, _) => self.open(Shape::Mapping, *style, *anchor, at, tag)?,
            Event::SequenceEnd | Event::MappingEnd => {
                // Block collections and lone pairs in brackets have no closing token of their own.
                let closing = (!at.is_empty()).then_some(at.end);
                if let Some(end) = closing {
                    self.token(at.start, end);
                }
                self.builder.close(closing.map(|end| range(end, end).end));
            }
            Event::Alias(anchor) => {
                self.token(at.start, at.end);
                self.builder.alias(*anchor, range(at.start, at.end))?;
            }
            Event::UnresolvedAlias(name) => {
                self.token(at.start, at.end);
                self.rooted = true;
                let message = message::unknown_alias(name);
                self.builder.placeholder(range(at.start, at.end), message)?;
            }
            Event::StreamEnd => self.gap(self.text.len()),
            _ => {}
        }
        Ok(true)
    }

    /// A template is one document. Empty ones before it are passed over, but said.
    fn document(&mut self, at: usize) -> bool {
        self.gap(at);
        self.documents += 1;
        if self.documents == 2 {
            let at = place::word(self.text, at);
            let message = "a second document starts here; a template is a single document".to_owned();
            self.builder.error(at, message, None);
        }
        !self.rooted
    }

    fn open(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        anchor: usize,
        at: std::ops::Range<usize>,
        tag: Option<TextRange>,
    ) -> Result<(), LimitReached> {
        self.tag(tag);
        self.rooted = true;
        let flow = style == StructureStyle::Flow;
        let below_a_key = !flow && shape == Shape::Sequence && self.builder.in_block_mapping();
        let start = if below_a_key { self.first_dash(at.start) } else { at.start };
        self.gap(start);
        self.builder.open(shape, flow, range(start, start).start, tag, anchor)?;
        if flow {
            self.last_end = self.last_end.max(at.end);
        }
        Ok(())
    }

    /// Where the block sequence below a key starts. The parser places one that is not indented deeper than its
    /// key behind its first dash.
    fn first_dash(&self, at: usize) -> usize {
        let gap = self.text.get(self.last_end..at).unwrap_or_default();
        let mut line_start = self.last_end;
        for line in gap.split_inclusive(['\n', '\r']) {
            let content = line.trim_start_matches(' ');
            let dash = line_start + (line.len() - content.len());
            let below_the_key = line_start > self.last_end;
            if below_the_key && content.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-')) {
                return dash;
            }
            line_start += line.len();
        }
        at
    }

    /// Range and content of a scalar.
    fn scalar(
        &mut self,
        text: &str,
        style: GranitStyle,
        at: std::ops::Range<usize>,
        tag: Option<TextRange>,
    ) -> (TextRange, ScalarText) {
        self.tag(tag);
        if style == GranitStyle::Plain && at.is_empty() {
            let at = self.absent(at.start, tag);
            return (at, ScalarText::Owned("".into()));
        }
        let at = match style {
            GranitStyle::Literal | GranitStyle::Folded => self.block_scalar(text, at),
            GranitStyle::Plain | GranitStyle::SingleQuoted | GranitStyle::DoubleQuoted => {
                range(at.start, at.end)
            }
        };
        self.token(at.start as usize, at.end as usize);
        (at, scalar_text(self.text, text, scalar_style(style), at))
    }

    /// An absent value stands right behind the last thing before it: its tag, its key's colon, its dash.
    fn absent(&self, at: usize, tag: Option<TextRange>) -> TextRange {
        if let Some(tag) = tag {
            return range(tag.end as usize, tag.end as usize);
        }
        // Where a line end follows the colon the parser's place is in front of it.
        if self.builder.expects_value() && self.text.get(at..).is_some_and(|tail| tail.starts_with(':')) {
            return range(at + 1, at + 1);
        }
        let limit = self.builder.innermost().map_or(0, |open| open.start as usize);
        let gap = self.text.get(self.last_end..at).unwrap_or_default();
        let seen = outside_comments(gap)
            .filter(|&(_, character)| !character.is_whitespace() && character != '\u{feff}');
        let stop = seen
            .last()
            .map_or(self.last_end, |(offset, character)| self.last_end + offset + character.len_utf8());
        let stop = stop.max(limit);
        range(stop, stop)
    }

    /// What a block scalar covers: its first content character to its last, or its header when there is none.
    fn block_scalar(&self, text: &str, at: std::ops::Range<usize>) -> TextRange {
        let written = self.text.get(at.clone()).unwrap_or_default();
        let empty = text.bytes().all(|byte| byte == b'\n');
        if !empty {
            let lead = written.len() - written.trim_start_matches(['\n', '\r']).len();
            let kept = written.trim_end_matches([' ', '\t', '\n', '\r']).len();
            return range(at.start + if kept == 0 { 0 } else { lead }, at.start + kept.max(lead));
        }
        let gap = self.text.get(self.last_end..at.end).unwrap_or_default();
        let mut before = ' ';
        let header = outside_comments(gap).find(|&(_, character)| {
            let found = matches!(character, '|' | '>') && before.is_whitespace();
            before = character;
            found
        });
        match header {
            Some((offset, _)) => {
                let start = self.last_end + offset;
                let len = gap.get(offset..).and_then(|tail| tail.find(char::is_whitespace));
                range(start, len.map_or(at.end, |len| start + len))
            }
            None => range(self.last_end, self.last_end),
        }
    }

    fn tag(&mut self, tag: Option<TextRange>) {
        if let Some(tag) = tag {
            self.token(tag.start as usize, tag.end as usize);
        }
    }

    /// Takes note of a token and of the comments before it.
    fn token(&mut self, start: usize, end: usize) {
        self.gap(start);
        self.last_start = start;
        self.last_end = self.last_end.max(end);
    }

    fn scene(&self, at: usize) -> message::Scene<'_> {
        message::Scene {
            text: self.text,
            at: place::floor(self.text, at.min(self.text.len())),
            last_start: self.last_start,
            last_end: self.last_end,
            bracket: self.builder.bracket(),
            dash: self.builder.dash(),
        }
    }

    fn gap(&mut self, end: usize) {
        for comment in comments(self.text, self.last_end, end) {
            self.builder.comment(comment);
        }
        self.last_end = self.last_end.max(end);
    }
}

fn scalar_style(style: GranitStyle) -> ScalarStyle {
    match style {
        GranitStyle::Plain => ScalarStyle::Plain,
        GranitStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        GranitStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        GranitStyle::Literal => ScalarStyle::Literal,
        GranitStyle::Folded => ScalarStyle::Folded,
    }
}
