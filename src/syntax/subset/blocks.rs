//! Mappings and lists by indentation.

use super::{GiveUp, MAX_KEY, Reader};
use crate::source::TextRange;
use crate::syntax::build::Shape;
use crate::syntax::parse::range;
use crate::syntax::tree::{ScalarStyle, ScalarText};

impl Reader<'_, '_> {
    /// The top node: a mapping or a list; lone scalars are left to the parser.
    pub(super) fn root(&mut self, column: usize) -> Result<(), GiveUp> {
        if self.is_dash() {
            return self.sequence(column, None, None);
        }
        if self.is_key() { self.mapping(column, None) } else { Err(GiveUp) }
    }

    /// The node at `at`, which is the first content of its line or stands behind a dash. `parent` is the
    /// column of the collection that it belongs to.
    fn node(&mut self, column: usize, parent: usize, tag: Option<TextRange>) -> Result<(), GiveUp> {
        if self.is_marker() {
            return Err(GiveUp);
        }
        if self.is_dash() {
            return self.sequence(column, tag, None);
        }
        if self.byte() != b'!' && self.is_key() {
            return self.mapping(column, tag);
        }
        if tag.is_some() {
            return self.inline(parent, tag);
        }
        match self.tag()? {
            None => self.inline(parent, None),
            Some(tag) => self.tagged(parent, tag),
        }
    }

    /// What a tag that starts a node stands before.
    fn tagged(&mut self, parent: usize, tag: TextRange) -> Result<(), GiveUp> {
        self.spaces();
        if !self.at_line_end() && self.byte() != b'#' {
            // A tagged key, a list on the tag's line: not here.
            if self.is_dash() || self.is_key() {
                return Err(GiveUp);
            }
            return self.inline(parent, Some(tag));
        }
        match self.content()? {
            Some(column) if column > parent && self.byte() != b'!' => self.node(column, parent, Some(tag)),
            _ => Err(GiveUp),
        }
    }

    /// A value that is no block collection, and the end of its last line.
    fn inline(&mut self, parent: usize, tag: Option<TextRange>) -> Result<(), GiveUp> {
        match self.byte() {
            b'|' | b'>' => self.block_scalar(parent, tag),
            b'[' | b'{' => {
                self.brackets(tag)?;
                self.end_of_line()
            }
            b'"' | b'\'' => {
                self.quoted(tag)?;
                self.end_of_line()
            }
            _ => self.plain_lines(parent, tag),
        }
    }

    fn is_dash(&self) -> bool {
        self.byte() == b'-' && self.separates(self.at + 1)
    }

    /// Whether a key and its colon stand at `at`.
    fn is_key(&mut self) -> bool {
        self.key_end().is_some()
    }

    /// Ends of the key at `at` and of its colon.
    fn key_end(&mut self) -> Option<(usize, usize)> {
        let limit = self.line_end().min(self.at + MAX_KEY);
        let line = self.bytes.get(self.at..limit)?;
        if matches!(self.byte(), b'"' | b'\'') {
            let end = self.at + super::scalars::quoted_len(line)?;
            let space = self.bytes.get(end..limit)?.iter().take_while(|&&byte| byte == b' ').count();
            let colon = end + space;
            return (self.byte_at(colon) == b':' && self.separates(colon + 1)).then_some((end, colon + 1));
        }
        if !self.starts_plain(self.at, false) {
            return None;
        }
        let colon = memchr::memchr_iter(b':', line).find(|&at| self.separates(self.at + at + 1))?;
        let key = line.get(..colon)?;
        let length = key.len() - key.iter().rev().take_while(|&&byte| byte == b' ').count();
        if memchr::memchr(b'\t', key).is_some() || memchr::memmem::find(key, b" #").is_some() {
            return None;
        }
        Some((self.at + length, self.at + colon + 1))
    }

    fn mapping(&mut self, column: usize, tag: Option<TextRange>) -> Result<(), GiveUp> {
        self.builder.open(Shape::Mapping, false, range(self.at, self.at).start, tag, 0)?;
        loop {
            let (key_end, colon_end) = self.key_end().ok_or(GiveUp)?;
            self.key(key_end)?;
            self.at = colon_end;
            self.value(column)?;
            match self.content()? {
                Some(next) if next == column && !self.is_marker() => {}
                Some(next) if next > column => return Err(GiveUp),
                _ => break,
            }
            // The list of a key one level up, or a mistake.
            if self.is_dash() {
                return Err(GiveUp);
            }
        }
        self.builder.close(None);
        Ok(())
    }

    fn key(&mut self, end: usize) -> Result<(), GiveUp> {
        if matches!(self.byte(), b'"' | b'\'') {
            return self.quoted(None);
        }
        let at = range(self.at, end);
        Ok(self.builder.scalar(ScalarText::Slice(at), ScalarStyle::Plain, at, None, 0)?)
    }

    /// What stands behind the colon of a key in a mapping at `column`.
    fn value(&mut self, column: usize) -> Result<(), GiveUp> {
        let mut end = self.at;
        self.spaces();
        let tag = self.tag()?;
        if let Some(tag) = tag {
            end = tag.end as usize;
            self.spaces();
        }
        if !(self.at_line_end() || self.byte() == b'#' && self.byte_at(self.at - 1) == b' ') {
            if self.is_dash() {
                return Err(GiveUp);
            }
            return self.inline(column, tag);
        }
        match self.content()? {
            Some(next) if next > column => {
                if tag.is_some() && self.byte() == b'!' {
                    return Err(GiveUp);
                }
                self.node(next, column, tag)
            }
            Some(next) if next == column && self.is_dash() && !self.is_marker() => {
                self.sequence(next, tag, Some(column))
            }
            _ => self.absent(end, tag),
        }
    }

    fn absent(&mut self, end: usize, tag: Option<TextRange>) -> Result<(), GiveUp> {
        let text = ScalarText::Owned("".into());
        Ok(self.builder.scalar(text, ScalarStyle::Plain, range(end, end), tag, 0)?)
    }

    /// A list whose dashes stand at `column`; `key` is the column of the key it belongs to if that is the same.
    fn sequence(&mut self, column: usize, tag: Option<TextRange>, key: Option<usize>) -> Result<(), GiveUp> {
        self.builder.open(Shape::Sequence, false, range(self.at, self.at).start, tag, 0)?;
        loop {
            self.at += 1;
            self.item(column)?;
            match self.content()? {
                Some(next) if next == column && self.is_dash() && !self.is_marker() => {}
                Some(next) if next > column => return Err(GiveUp),
                Some(next) if next == column && key.is_none() => return Err(GiveUp),
                _ => break,
            }
        }
        self.builder.close(None);
        Ok(())
    }

    /// What stands behind a dash.
    fn item(&mut self, column: usize) -> Result<(), GiveUp> {
        let end = self.at;
        self.spaces();
        if !self.at_line_end() && self.byte() != b'#' {
            if self.byte() == b'\t' {
                return Err(GiveUp);
            }
            return self.node(self.column(), column, None);
        }
        match self.content()? {
            Some(next) if next > column => self.node(next, column, None),
            _ => self.absent(end, None),
        }
    }
}
