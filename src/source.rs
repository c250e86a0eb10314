//! Source texts, byte ranges, line and column tables, and text edits.
//!
//! Everything above points into texts by [`Span`]; nothing here reads a file or knows what a template is.

use std::sync::{Arc, OnceLock};

/// Index of a source text in one run. Never a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Half-open byte offsets `start..end` into one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextRange {
    /// First byte of the range.
    pub start: u32,
    /// One past the last byte of the range.
    pub end: u32,
}

impl TextRange {
    /// A range from `start` to `end`; an `end` before `start` gives an empty range at `start`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether the range covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the whole of `other` lies inside this range.
    pub fn contains(self, other: TextRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that holds both.
    pub fn cover(self, other: TextRange) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The range as indices into the text's bytes.
    pub fn as_usize(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A byte range in a named file of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub range: TextRange,
}

impl Span {
    /// A span of `range` in `file`.
    pub fn new(file: FileId, range: TextRange) -> Self {
        Self { file, range }
    }
}

/// A value together with the text the user wrote it at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where the user wrote it.
    pub span: Span,
}

/// One source text: its display name (`/` separated, relative to the working directory) and its content.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A source text under its display name.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// The display name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, byte order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as a shared handle.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The line table, made on first use.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The text of `range`, cut to the file and to character boundaries, so that it never panics.
    pub fn slice(&self, range: TextRange) -> &str {
        let clamp = |offset: u32| {
            let mut at = (offset as usize).min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (clamp(range.start), clamp(range.end));
        self.text.get(start..end.max(start)).unwrap_or_default()
    }
}

/// All source texts of a run, by [`FileId`].
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No texts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text and returns its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// Gives the file with this id another text; nothing happens for an id of another run.
    pub fn replace(&mut self, id: FileId, text: impl Into<Arc<str>>) {
        if let Some(file) = self.files.get_mut(id.0 as usize) {
            *file = SourceFile::new(std::mem::take(&mut file.name), text);
        }
    }

    /// The text with this id; `None` for an id of another run.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Display name of a file, empty for an unknown id.
    pub fn name(&self, id: FileId) -> &str {
        self.get(id).map_or("", SourceFile::name)
    }

    /// The text behind a span, empty for an unknown file.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |file| file.slice(span.range))
    }

    /// All files in id order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(u32::try_from(index).unwrap_or(u32::MAX)), file))
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// Line and column of a byte offset, both 0-based; the column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// 0-based line.
    pub line: u32,
    /// 0-based column in Unicode scalar values.
    pub column: u32,
}

/// Bytes between two entries of [`LineIndex::scalars`]: what one column look-up may have to count.
const SCALAR_STEP: usize = 1024;

/// Byte offsets at which the lines of one text start, and enough counts to find a column without reading the
/// whole line (a minified template is one line of a megabyte).
#[derive(Debug, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// How many Unicode scalar values start before each multiple of [`SCALAR_STEP`] bytes.
    scalars: Vec<u32>,
}

/// How many Unicode scalar values start in these bytes: all bytes but the continuation bytes.
fn count_scalars(bytes: &[u8]) -> u32 {
    let count = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl LineIndex {
    /// The table for `text`. A line ends with `\n`; a `\r` before it belongs to the line end.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)),
        );
        let scalars = text
            .as_bytes()
            .chunks(SCALAR_STEP)
            .scan(0_u32, |before, chunk| {
                let here = *before;
                *before = before.saturating_add(count_scalars(chunk));
                Some(here)
            })
            .collect();
        Self { starts, scalars }
    }

    /// Number of lines, at least 1.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never true: even an empty text has one line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// 0-based line that holds the byte offset; past the end gives the last line.
    pub fn line_of(&self, offset: u32) -> u32 {
        let after = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(after.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Byte offset at which a 0-based line starts, `None` past the last line.
    pub fn start_of(&self, line: u32) -> Option<u32> {
        self.starts.get(line as usize).copied()
    }

    /// Line and column of a byte offset in `text`, which must be the text the table was made from. A byte
    /// order mark is no column: the first character after it is in column 0.
    pub fn line_column(&self, text: &str, offset: u32) -> LineColumn {
        let line = self.line_of(offset);
        let start = self.start_of(line).unwrap_or(0) as usize;
        let mut end = (offset as usize).min(text.len()).max(start);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mark = u32::from(line == 0 && end >= 3 && text.starts_with('\u{FEFF}'));
        let column = self.scalars_before(text, end).saturating_sub(self.scalars_before(text, start));
        LineColumn { line, column: column.saturating_sub(mark) }
    }

    /// How many Unicode scalar values start before a byte offset.
    fn scalars_before(&self, text: &str, offset: usize) -> u32 {
        let step = offset / SCALAR_STEP;
        // An offset at the very end of a text of whole steps has no entry of its own.
        let step = step.min(self.scalars.len().saturating_sub(1));
        let before = self.scalars.get(step).copied().unwrap_or(0);
        let rest = text.as_bytes().get(step * SCALAR_STEP..offset).unwrap_or_default();
        before.saturating_add(count_scalars(rest))
    }
}

/// Replaces one byte range of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextEdit {
    /// The bytes to replace; empty to insert.
    pub range: TextRange,
    /// The new text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_scalar_values() {
        let text = "a: é!\r\nb: 𝄞x\n";
        let lines = LineIndex::new(text);
        let at = |needle: &str| {
            let offset = u32::try_from(text.find(needle).unwrap()).unwrap();
            let place = lines.line_column(text, offset);
            (place.line, place.column)
        };
        assert_eq!(at("!"), (0, 4));
        assert_eq!(at("x"), (1, 4));
        assert_eq!(lines.line_column(text, 999).line, 2);
    }

    #[test]
    fn columns_agree_with_counting_on_long_lines() {
        let text = format!("{}\n{}", "é".repeat(1500), "a𝄞".repeat(1400));
        let lines = LineIndex::new(&text);
        let start = text.find('\n').unwrap() + 1;
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let line_start = if offset < start { 0 } else { start };
            let expected = text[line_start..offset].chars().count();
            let got = lines.line_column(&text, u32::try_from(offset).unwrap());
            assert_eq!(got.column as usize, expected, "at byte {offset}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let text = "\u{FEFF}a: b\nc: d";
        let lines = LineIndex::new(text);
        assert_eq!(lines.line_column(text, 0).column, 0);
        assert_eq!(lines.line_column(text, 3).column, 0);
        assert_eq!(lines.line_column(text, 6).column, 3);
        assert_eq!(lines.line_column(text, 8), LineColumn { line: 1, column: 0 });
    }

    #[test]
    fn slices_never_cut_a_character() {
        let file = SourceFile::new("a.yaml", "é");
        assert_eq!(file.slice(TextRange::new(1, 2)), "é");
        assert_eq!(file.slice(TextRange::new(7, 9)), "");
    }
}
