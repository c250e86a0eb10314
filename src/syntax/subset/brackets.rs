//! Mappings and lists in brackets.

use super::{GiveUp, Reader};
use crate::source::TextRange;
use crate::syntax::build::Shape;
use crate::syntax::parse::range;
use crate::syntax::tree::{ScalarStyle, ScalarText};

impl Reader<'_, '_> {
    /// The collection in brackets at `at`.
    pub(super) fn brackets(&mut self, tag: Option<TextRange>) -> Result<(), GiveUp> {
        let (shape, closer) = match self.byte() {
            b'[' => (Shape::Sequence, b']'),
            _ => (Shape::Mapping, b'}'),
        };
        self.builder.open(shape, true, range(self.at, self.at).start, tag, 0)?;
        self.at += 1;
        loop {
            self.flow_space()?;
            if self.byte() == closer {
                break;
            }
            match shape {
                Shape::Sequence => self.flow_node()?,
                Shape::Mapping => self.flow_pair()?,
            }
            self.flow_space()?;
            match self.byte() {
                b',' => self.at += 1,
                byte if byte == closer => break,
                _ => return Err(GiveUp),
            }
        }
        self.at += 1;
        self.builder.close(Some(range(self.at, self.at).end));
        Ok(())
    }

    /// Space, line ends and comments between tokens in brackets.
    fn flow_space(&mut self) -> Result<(), GiveUp> {
        loop {
            self.end_of_line_or_content()?;
            if self.at >= self.bytes.len() {
                return Err(GiveUp);
            }
            if !self.at_line_end() {
                return if self.is_marker() { Err(GiveUp) } else { Ok(()) };
            }
            self.next_line();
        }
    }

    fn flow_pair(&mut self) -> Result<(), GiveUp> {
        let quoted = matches!(self.byte(), b'"' | b'\'');
        if quoted {
            self.quoted(None)?;
            self.spaces();
        } else {
            self.flow_plain(None)?;
        }
        // Behind a quoted key a colon needs no space, but then it may be the start of text.
        let spaced = self.separates(self.at + 1);
        let json = quoted && matches!(self.byte_at(self.at + 1), b'"' | b'[' | b'{');
        if self.byte() != b':' || !(spaced || json) {
            return Err(GiveUp);
        }
        self.at += 1;
        self.flow_space()?;
        self.flow_node()
    }

    fn flow_node(&mut self) -> Result<(), GiveUp> {
        let tag = self.tag()?;
        if tag.is_some() {
            self.flow_space()?;
        }
        match self.byte() {
            b'[' | b'{' => self.brackets(tag),
            b'"' | b'\'' => self.quoted(tag),
            _ => self.flow_plain(tag),
        }
    }

    /// A plain scalar in brackets, on one line.
    fn flow_plain(&mut self, tag: Option<TextRange>) -> Result<(), GiveUp> {
        if !self.starts_plain(self.at, true) {
            return Err(GiveUp);
        }
        let start = self.at;
        let line = self.bytes.get(start..self.line_end()).ok_or(GiveUp)?;
        let mut length = line.len();
        for (offset, byte) in line.iter().enumerate() {
            match byte {
                b',' | b']' | b'}' => {
                    length = offset;
                    break;
                }
                b':' if self.separates(start + offset + 1) => {
                    length = offset;
                    break;
                }
                b'#' if offset > 0 && line.get(offset - 1) == Some(&b' ') => {
                    length = offset;
                    break;
                }
                b'[' | b'{' | b'\t' => return Err(GiveUp),
                b':' if matches!(line.get(offset + 1), Some(b',' | b']' | b'}')) => return Err(GiveUp),
                _ => {}
            }
        }
        let content = line.get(..length).unwrap_or_default();
        let trailing = content.iter().rev().take_while(|&&byte| byte == b' ').count();
        let at = range(start, start + length - trailing);
        self.builder.scalar(ScalarText::Slice(at), ScalarStyle::Plain, at, tag, 0)?;
        self.at = start + length;
        Ok(())
    }
}
