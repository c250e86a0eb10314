//! Plain, quoted and block scalars.

use super::{GiveUp, Reader};
use crate::source::TextRange;
use crate::syntax::build::scalar_text;
use crate::syntax::escapes;
use crate::syntax::parse::range;
use crate::syntax::tree::{ScalarStyle, ScalarText};

impl Reader<'_, '_> {
    /// Whether a plain scalar may start at `at`. Stricter than YAML: what is rare is left to the parser.
    pub(super) fn starts_plain(&self, at: usize, flow: bool) -> bool {
        match self.byte_at(at) {
            b'-' => self.byte_at(at + 1).is_ascii_alphanumeric(),
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>'
            | b'\'' | b'"' | b'%' | b'@' | b'`' | b' ' | b'\t' | b'\n' | b'\r' | 0 => false,
            b'.' => {
                flow || at > self.line || !self.bytes.get(at..).is_some_and(|rest| rest.starts_with(b"..."))
            }
            _ => true,
        }
    }

    /// A plain scalar, over several lines if the next ones are indented deeper than `parent`.
    pub(super) fn plain_lines(&mut self, parent: usize, tag: Option<TextRange>) -> Result<(), GiveUp> {
        if !self.starts_plain(self.at, false) {
            return Err(GiveUp);
        }
        let start = self.at;
        let mut end = self.plain_line()?;
        let mut folded: Option<String> = None;
        let mut first = start;
        loop {
            let (line, at) = (self.line, self.at);
            // A comment ends the scalar.
            if !self.at_line_end() {
                break;
            }
            let breaks = self.blank_lines();
            if self.at >= self.bytes.len() || self.column() <= parent {
                (self.line, self.at) = (line, at);
                break;
            }
            match self.byte() {
                b'#' => {
                    (self.line, self.at) = (line, at);
                    break;
                }
                _ if !self.starts_plain(self.at, false) => return Err(GiveUp),
                _ => {}
            }
            let text = folded.get_or_insert_default();
            text.push_str(self.text.get(first..end).ok_or(GiveUp)?);
            if breaks == 1 {
                text.push(' ');
            } else {
                text.extend(std::iter::repeat_n('\n', breaks - 1));
            }
            first = self.at;
            end = self.plain_line()?;
        }
        if let Some(text) = &mut folded {
            text.push_str(self.text.get(first..end).ok_or(GiveUp)?);
        }
        let at = range(start, end);
        let text = folded.map_or(ScalarText::Slice(at), |text| ScalarText::Owned(text.into()));
        self.builder.scalar(text, ScalarStyle::Plain, at, tag, 0)?;
        self.comment_behind_space()
    }

    fn comment_behind_space(&mut self) -> Result<(), GiveUp> {
        self.comment();
        if self.at_line_end() { Ok(()) } else { Err(GiveUp) }
    }

    /// Goes from the end of a line to the next line with content; gives the number of line ends.
    fn blank_lines(&mut self) -> usize {
        let mut breaks = 0;
        while self.at < self.bytes.len() && self.at_line_end() {
            self.next_line();
            self.spaces();
            breaks += 1;
        }
        breaks
    }

    /// The rest of a plain scalar's line: gives its end and goes to the line end or the comment behind it.
    fn plain_line(&mut self) -> Result<usize, GiveUp> {
        let line_end = self.line_end();
        let line = self.bytes.get(self.at..line_end).ok_or(GiveUp)?;
        let comment = memchr::memmem::find(line, b" #");
        let content = line.get(..comment.unwrap_or(line.len())).unwrap_or_default();
        let odd = memchr::memchr(b'\t', content).is_some()
            || memchr::memchr_iter(b':', content).any(|at| self.separates(self.at + at + 1));
        if odd {
            return Err(GiveUp);
        }
        let length = content.len() - content.iter().rev().take_while(|&&byte| byte == b' ').count();
        let end = self.at + length;
        self.at = comment.map_or(line_end, |comment| self.at + comment + 1);
        Ok(end)
    }

    /// A quoted scalar on one line.
    pub(super) fn quoted(&mut self, tag: Option<TextRange>) -> Result<(), GiveUp> {
        let start = self.at;
        let line = self.bytes.get(start..self.line_end()).ok_or(GiveUp)?;
        let length = quoted_len(line).ok_or(GiveUp)?;
        let at = range(start, start + length);
        let inner = self.text.get(start + 1..start + length - 1).ok_or(GiveUp)?;
        let (style, decoded) = if self.byte() == b'\'' {
            let decoded = memchr::memchr(b'\'', inner.as_bytes()).map(|_| inner.replace("''", "'"));
            (ScalarStyle::SingleQuoted, decoded)
        } else {
            (ScalarStyle::DoubleQuoted, decode(inner)?)
        };
        let text = match decoded {
            Some(decoded) => scalar_text(self.text, &decoded, style, at),
            None => ScalarText::Slice(range(start + 1, start + length - 1)),
        };
        self.builder.scalar(text, style, at, tag, 0)?;
        self.at = start + length;
        Ok(())
    }

    /// A block scalar without an indentation digit. Goes to the line end of its last line.
    pub(super) fn block_scalar(&mut self, parent: usize, tag: Option<TextRange>) -> Result<(), GiveUp> {
        let style = if self.byte() == b'|' { ScalarStyle::Literal } else { ScalarStyle::Folded };
        self.at += 1;
        let chomp = match self.byte() {
            byte @ (b'-' | b'+') => {
                self.at += 1;
                byte
            }
            _ => 0,
        };
        self.end_of_line()?;
        if self.at >= self.bytes.len() {
            return Err(GiveUp);
        }
        self.next_line();
        let mut decoded = String::new();
        let leading = self.leading_breaks()?;
        decoded.extend(std::iter::repeat_n('\n', leading));
        let indent = self.column();
        if indent <= parent || self.at >= self.bytes.len() || self.byte() == b'\t' {
            return Err(GiveUp);
        }
        let start = self.at;
        let end = self.block_lines(indent, style, chomp, &mut decoded)?;
        let at = range(start, end);
        let text = scalar_text(self.text, &decoded, style, at);
        Ok(self.builder.scalar(text, style, at, tag, 0)?)
    }

    /// Empty lines before the content of a block scalar; goes to its first content.
    fn leading_breaks(&mut self) -> Result<usize, GiveUp> {
        let mut breaks = 0;
        loop {
            self.spaces();
            if !self.at_line_end() || self.at >= self.bytes.len() {
                return Ok(breaks);
            }
            // Space on an empty line may be deeper than the content.
            if self.column() > 0 {
                return Err(GiveUp);
            }
            self.next_line();
            breaks += 1;
        }
    }

    /// The lines of a block scalar from its first content on; gives the end of its last visible character.
    fn block_lines(
        &mut self,
        indent: usize,
        style: ScalarStyle,
        chomp: u8,
        decoded: &mut String,
    ) -> Result<usize, GiveUp> {
        let mut end = self.at;
        // Line ends since the last content.
        let mut breaks = 0;
        let mut content_before = false;
        loop {
            let line_end = self.line_end();
            let line = self.text.get(self.at..line_end).ok_or(GiveUp)?;
            if style == ScalarStyle::Folded && line.starts_with([' ', '\t']) {
                // A deeper line keeps the line ends around it.
                return Err(GiveUp);
            }
            match (style, breaks) {
                (ScalarStyle::Folded, 1) if content_before => decoded.push(' '),
                (ScalarStyle::Folded, more) if content_before => {
                    decoded.extend(std::iter::repeat_n('\n', more - 1));
                }
                (_, more) => decoded.extend(std::iter::repeat_n('\n', more)),
            }
            decoded.push_str(line);
            content_before = true;
            let visible = line.trim_end_matches([' ', '\t']).len();
            if visible > 0 {
                end = self.at + visible;
            }
            self.at = line_end;
            breaks = 0;
            match self.next_block_line(indent, &mut breaks)? {
                true => {}
                false => break,
            }
        }
        match chomp {
            b'-' => {}
            b'+' => decoded.extend(std::iter::repeat_n('\n', breaks.max(1))),
            _ => decoded.push('\n'),
        }
        Ok(end)
    }

    /// Goes from a line end to the content of the next line that is indented by `indent`. Gives false and
    /// stays at the start of a line where the scalar has ended. Counts line ends.
    fn next_block_line(&mut self, indent: usize, breaks: &mut usize) -> Result<bool, GiveUp> {
        loop {
            if self.at >= self.bytes.len() {
                return Ok(false);
            }
            self.next_line();
            *breaks += 1;
            if self.at >= self.bytes.len() {
                return Ok(false);
            }
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let spaces = rest.iter().take(indent).take_while(|&&byte| byte == b' ').count();
            self.at += spaces;
            if spaces == indent && !self.at_line_end() {
                return Ok(true);
            }
            if !self.at_line_end() {
                // `at` stays behind the indentation, as after any skipped space.
                return if self.byte() == b'\t' { Err(GiveUp) } else { Ok(false) };
            }
        }
    }
}

/// Length of the quoted scalar that starts `line`, quotes included; `None` when it does not end there.
pub(super) fn quoted_len(line: &[u8]) -> Option<usize> {
    let quote = *line.first()?;
    let mut from = 1;
    loop {
        from += memchr::memchr2(quote, if quote == b'"' { b'\\' } else { quote }, line.get(from..)?)?;
        let doubled = quote == b'\'' && line.get(from + 1) == Some(&quote);
        if line.get(from) == Some(&quote) && !doubled {
            return Some(from + 1);
        }
        from += 2;
    }
}

/// Decodes double-quoted text; `None` when it has no escapes. Knows the escapes that JSON has too.
fn decode(inner: &str) -> Result<Option<String>, GiveUp> {
    let mut decoded = String::new();
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'\\', inner.as_bytes().get(from..).unwrap_or_default()) {
        let at = from + found;
        decoded.push_str(inner.get(from..at).ok_or(GiveUp)?);
        let (character, end) = escapes::json(inner, at).map_err(|_| GiveUp)?;
        decoded.push(character);
        from = end;
    }
    if from == 0 {
        return Ok(None);
    }
    decoded.push_str(inner.get(from..).ok_or(GiveUp)?);
    Ok(Some(decoded))
}
