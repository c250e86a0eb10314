//! The part of YAML that templates are mostly written in, read directly.
//!
//! Many times as fast as the parser behind `yaml`, and never of another opinion: at the first sign of anything
//! rare, doubtful or wrong (anchors, aliases, `?` keys, tabs, several documents, multi-line quotes, …) it gives
//! up, and the whole text is read by `yaml` instead. So it words no error, and what it does read is the same tree
//! to the byte, which the tests compare over the corpus and over generated texts.

mod blocks;
mod brackets;
mod scalars;

use crate::source::TextRange;
use crate::syntax::build::{Builder, LimitReached};
use crate::syntax::parse::range;

/// The text is outside the subset.
#[derive(Debug)]
pub(super) struct GiveUp;

impl From<LimitReached> for GiveUp {
    fn from(_: LimitReached) -> Self {
        Self
    }
}

/// Longest implicit key, in bytes, that is read here.
const MAX_KEY: usize = 1_000;

/// Reads `text` into `builder`, or gives up and leaves the builder in a state of no use. The caller makes sure
/// that `text` holds no control characters.
pub(super) fn read(builder: &mut Builder<'_>, text: &str) -> Result<(), GiveUp> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let tail = text.get(start..).ok_or(GiveUp)?;
    // Lone CR is a line end to YAML, NEL is one to some; a second byte order mark is an error in most places.
    let lone_return = |at: usize| tail.as_bytes().get(at + 1) != Some(&b'\n');
    if memchr::memchr_iter(b'\r', tail.as_bytes()).any(lone_return) || tail.contains(['\u{85}', '\u{feff}']) {
        return Err(GiveUp);
    }
    let mut reader =
        Reader { builder, text, bytes: text.as_bytes(), at: start, line: start, known_line: (usize::MAX, 0) };
    reader.document()
}

struct Reader<'read, 'text> {
    builder: &'read mut Builder<'text>,
    text: &'read str,
    bytes: &'read [u8],
    /// The next byte to read.
    at: usize,
    /// First byte of the line of `at`.
    line: usize,
    /// First byte and end of the line whose end was looked for last: a line may be long and hold many tokens.
    known_line: (usize, usize),
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), GiveUp> {
        let Some(column) = self.content()? else { return Ok(()) };
        let column = if self.is_marker() {
            if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"---")) {
                return Err(GiveUp);
            }
            self.at += 3;
            self.end_of_line()?;
            self.content()?.ok_or(GiveUp)?
        } else {
            column
        };
        self.root(column)?;
        match self.content()? {
            None => Ok(()),
            Some(_) => Err(GiveUp),
        }
    }

    /// The byte at `at`, 0 at the end.
    fn byte(&self) -> u8 {
        self.byte_at(self.at)
    }

    fn byte_at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    fn column(&self) -> usize {
        self.at - self.line
    }

    /// End of the line of `at`, line end excluded.
    fn line_end(&mut self) -> usize {
        if self.known_line.0 != self.line {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |len| self.at + len);
            let carriage = end > self.at && self.byte_at(end - 1) == b'\r';
            self.known_line = (self.line, end - usize::from(carriage));
        }
        self.known_line.1
    }

    fn spaces(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|&&byte| byte == b' ').count();
    }

    /// Whether `at` is at a line end or the end of the text.
    fn at_line_end(&self) -> bool {
        matches!(self.byte(), b'\n' | b'\r') || self.at >= self.bytes.len()
    }

    /// Takes the line end at `at`.
    fn next_line(&mut self) {
        if self.byte() == b'\r' {
            self.at += 1;
        }
        if self.byte() == b'\n' {
            self.at += 1;
        }
        self.line = self.at;
    }

    /// Takes a comment if one starts at `at`, which is behind a space or at the start of a line.
    fn comment(&mut self) {
        if self.byte() == b'#' {
            let end = self.line_end();
            self.builder.comment(range(self.at, end));
            self.at = end;
        }
    }

    /// Takes what may follow a value: space, a comment behind space, and stops at the line end.
    fn end_of_line(&mut self) -> Result<(), GiveUp> {
        let before = self.at;
        self.spaces();
        if self.at > before || self.column() == 0 {
            self.comment();
        }
        if self.at_line_end() { Ok(()) } else { Err(GiveUp) }
    }

    /// Goes to the next content and gives its column; `None` at the end of the text. `at` is at a line's start,
    /// behind a space or behind the end of a value.
    fn content(&mut self) -> Result<Option<usize>, GiveUp> {
        loop {
            self.end_of_line_or_content()?;
            if self.at >= self.bytes.len() {
                return Ok(None);
            }
            if !self.at_line_end() {
                return Ok(Some(self.column()));
            }
            self.next_line();
        }
    }

    fn end_of_line_or_content(&mut self) -> Result<(), GiveUp> {
        let start = self.at == self.line || self.byte_at(self.at.wrapping_sub(1)) == b' ';
        let before = self.at;
        self.spaces();
        if start || self.at > before {
            self.comment();
        }
        // Tabs may separate here and indent there.
        if self.byte() == b'\t' { Err(GiveUp) } else { Ok(()) }
    }

    /// Whether `at` is at a document marker or directive.
    fn is_marker(&self) -> bool {
        if self.column() > 0 {
            return false;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let marker = rest.starts_with(b"---") || rest.starts_with(b"...");
        self.byte() == b'%'
            || (marker && matches!(self.byte_at(self.at + 3), 0 | b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Whether the byte at `at` is white space, a line end or the end of the text.
    fn separates(&self, at: usize) -> bool {
        matches!(self.byte_at(at), b' ' | b'\n' | b'\r') || at >= self.bytes.len()
    }

    /// A tag and the space behind it. Gives `None` where there is no tag.
    fn tag(&mut self) -> Result<Option<TextRange>, GiveUp> {
        if self.byte() != b'!' {
            return Ok(None);
        }
        let start = self.at;
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'.' | b'-');
        self.at += rest.iter().take_while(name).count();
        if self.at == start + 1 || !self.separates(self.at) {
            return Err(GiveUp);
        }
        Ok(Some(range(start, self.at)))
    }
}
