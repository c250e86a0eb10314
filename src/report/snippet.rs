//! Which source lines a finding shows, cut to a readable width, and where the marks under them go.
//!
//! Plain data for the text writer; it draws nothing. Work is proportional to what is shown, never to the file.
//! A label of several lines marks its first line: labels are small, and the line number leads to the rest.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::diagnostic::Label;
use crate::order::Order;
use crate::report::clean;
use crate::source::{FileId, SourceFile, Sources, Span};

/// Longest part of a source line that is shown, in bytes.
const LINE_LIMIT: usize = 140;
/// How much of a cut line is shown before its first mark, in bytes.
const LEAD: usize = 40;
/// Most related places shown in one finding.
const RELATED_LIMIT: usize = 12;

/// What is shown of one file.
pub(super) struct Block<'a> {
    /// The file's name, made harmless.
    pub name: Cow<'a, str>,
    /// 1-based line of the block's first label in reading order; the primary one in its file.
    pub line: u32,
    /// 1-based column in Unicode scalar values.
    pub column: u32,
    /// What is shown, from top to bottom.
    pub rows: Vec<Row<'a>>,
}

/// One row of a block.
pub(super) enum Row<'a> {
    /// A source line, or a part of a long one.
    Line {
        /// 1-based line number.
        number: usize,
        /// The text to show: harmless, without line end.
        text: Cow<'a, str>,
        /// Marks below it: sorted by range, equal ranges last first, as the renderer wants them.
        marks: Vec<Mark>,
    },
    /// Text was left out.
    Break,
}

/// Underlined bytes of a shown line.
pub(super) struct Mark {
    /// Whether it is the finding's own place.
    pub primary: bool,
    /// Bytes of the shown text, never empty; one past the text at most.
    pub range: Range<usize>,
    /// The phrase beside it, made harmless.
    pub message: String,
}

/// A label with byte offsets cut to the file, to characters, and to the line it starts in.
struct Place {
    primary: bool,
    start: usize,
    end: usize,
    /// 0-based.
    line: u32,
    message: String,
}

/// The blocks of a finding, the primary label's file first, and how many related places are not shown.
pub(super) fn blocks<'a>(
    primary: &Label,
    related: &[Label],
    sources: &'a Sources,
) -> (Vec<Block<'a>>, usize) {
    let mut files: Vec<(FileId, &SourceFile, Vec<Place>)> = Vec::new();
    let labels = std::iter::once(primary).chain(related.iter().take(RELATED_LIMIT));
    for (index, label) in labels.enumerate() {
        let Some(source) = sources.get(label.span.file) else { continue };
        let place = place(source, label.span, index == 0, clean::phrase(&label.message).into_owned());
        match files.iter_mut().find(|(id, ..)| *id == label.span.file) {
            Some((_, _, places)) => places.push(place),
            None => files.push((label.span.file, source, vec![place])),
        }
    }
    let blocks = files.into_iter().map(|(_, source, places)| block(source, &places)).collect();
    (blocks, related.len().saturating_sub(RELATED_LIMIT))
}

fn place(source: &SourceFile, span: Span, primary: bool, message: String) -> Place {
    let text = source.text();
    let mut start = (span.range.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line = source.lines().line_of(to_u32(start));
    let line_range = line_range(source, line);
    start = start.clamp(line_range.start, line_range.end);
    let mut end = (span.range.end as usize).clamp(start, line_range.end);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    end = start + text.get(start..end).unwrap_or_default().trim_end().len();
    Place { primary, start, end, line, message }
}

fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn block<'a>(source: &'a SourceFile, places: &[Place]) -> Block<'a> {
    let first = places.first().map_or(0, |place| place.start);
    let locus = source.lines().line_column(source.text(), to_u32(first));
    let shown: BTreeSet<u32> = places.iter().map(|place| place.line).collect();
    let mut rows = Vec::new();
    let mut previous: Option<u32> = None;
    for line in shown {
        match previous.map(|previous| line - previous) {
            None | Some(0 | 1) => {}
            // A single line between two shown ones takes no more room than saying that it is missing.
            Some(2) => rows.extend(line_rows(source, line - 1, &[])),
            Some(_) => rows.push(Row::Break),
        }
        rows.extend(line_rows(source, line, places));
        previous = Some(line);
    }
    Block { name: clean::phrase(source.name()), line: locus.line + 1, column: locus.column + 1, rows }
}

/// Bytes of a 0-based line without its line end, and without a byte order mark.
fn line_range(source: &SourceFile, line: u32) -> Range<usize> {
    let text = source.text();
    let start = source.lines().start_of(line).map_or(text.len(), |start| start as usize);
    let end = source.lines().start_of(line + 1).map_or(text.len(), |end| end as usize);
    let content = text.get(start..end).unwrap_or_default();
    let content = content.strip_suffix('\n').unwrap_or(content);
    let content = content.strip_suffix('\r').unwrap_or(content);
    let mark = if start == 0 && content.starts_with('\u{FEFF}') { 3 } else { 0 };
    start + mark..start + content.len()
}

/// The rows of one line: one, or one for each part of a long line that holds marks.
fn line_rows<'a>(source: &'a SourceFile, line: u32, places: &[Place]) -> Vec<Row<'a>> {
    let range = line_range(source, line);
    let mut here: Vec<&Place> = places.iter().filter(|place| place.line == line).collect();
    here.order_by_key(|place| place.start);
    if range.len() <= LINE_LIMIT || here.is_empty() {
        let window = window(source, &range, range.start);
        return vec![row(source, line, &range, &window, &here)];
    }
    let mut rows = Vec::new();
    let mut rest = here.as_slice();
    while let Some(first) = rest.first() {
        let window = window(source, &range, first.start.saturating_sub(LEAD));
        // A mark belongs to this part when it starts here with some room behind it.
        let last_start = window.end.saturating_sub(LEAD).max(first.start);
        let n_here = rest.iter().take_while(|place| place.start <= last_start).count().max(1);
        let (now, later) = rest.split_at(n_here);
        if !rows.is_empty() {
            rows.push(Row::Break);
        }
        rows.push(row(source, line, &range, &window, now));
        rest = later;
    }
    rows
}

/// At most [`LINE_LIMIT`] bytes of a line from `start` on, whole characters.
fn window(source: &SourceFile, line: &Range<usize>, start: usize) -> Range<usize> {
    let text = source.text();
    let mut start = start.clamp(line.start, line.end);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = line.end.min(start + LINE_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    start..end.max(start)
}

/// The harmless text of a window, with `…` where the line goes on, and the marks in it.
fn row<'a>(
    source: &'a SourceFile,
    line: u32,
    line_range: &Range<usize>,
    window: &Range<usize>,
    places: &[&Place],
) -> Row<'a> {
    let inner = clean::line(source.text().get(window.clone()).unwrap_or_default());
    let before = if window.start > line_range.start { "…" } else { "" };
    let after = if window.end < line_range.end { "…" } else { "" };
    let cut = !before.is_empty() || !after.is_empty();
    let text = if cut { format!("{before}{inner}{after}").into() } else { inner };
    let shown = |offset: usize| offset.clamp(window.start, window.end) - window.start + before.len();
    let mark = |place: &&Place| {
        let start = shown(place.start);
        // A label that goes on marks the `…` too; an empty one still gets one mark.
        let goes_on = if place.end > window.end { after.len() } else { 0 };
        let end = (shown(place.end) + goes_on).max(start + 1);
        Mark { primary: place.primary, range: start..end, message: place.message.clone() }
    };
    let mut marks: Vec<Mark> = places.iter().rev().map(mark).collect();
    marks.order_by_key(|mark| (mark.range.start, mark.range.end));
    Row::Line { number: line as usize + 1, text, marks }
}
