//! Strict JSON text (RFC 8259) → tree.
//!
//! A reader of its own, because JSON is common and this is many times as fast as reading it as YAML. Accepts
//! nothing beyond the standard, and stops at the first error.

use crate::source::TextRange;
use crate::syntax::build::{Builder, Fault, LimitReached, Shape};
use crate::syntax::parse::range;
use crate::syntax::tree::{ScalarStyle, ScalarText};
use crate::syntax::{escapes, place};

/// What the author of a text that is not JSON seems to have meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// JSON with a mistake that YAML would read as something else.
    Json,
    /// YAML in brackets.
    Yaml,
    /// Either.
    Unclear,
}

/// Why a text is not JSON.
pub(super) struct NotJson {
    pub(super) fault: Fault,
    pub(super) meant: Meant,
}

/// Reads `text` into `builder`. On an error what was read so far stays in the builder.
pub(super) fn read(builder: &mut Builder<'_>, text: &str) -> Result<(), NotJson> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { builder, text, bytes: text.as_bytes(), at: start, open: Vec::new() };
    match reader.document() {
        Ok(()) => Ok(()),
        Err(Stop::Limit) => {
            // The builder has said which.
            reader.builder.cut();
            Ok(())
        }
        Err(Stop::NotJson(not_json)) => Err(*not_json),
    }
}

enum Stop {
    Limit,
    NotJson(Box<NotJson>),
}

impl From<LimitReached> for Stop {
    fn from(_: LimitReached) -> Self {
        Self::Limit
    }
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// Behind `[`.
    FirstItem,
    /// Behind `{`.
    FirstKey,
    Key,
    /// Behind a value: a comma, or the end of what is open.
    Separator,
}

struct Reader<'read, 'text> {
    builder: &'read mut Builder<'text>,
    text: &'read str,
    bytes: &'read [u8],
    at: usize,
    /// Open collections and where they start.
    open: Vec<(Shape, usize)>,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), Stop> {
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            expect = match (expect, self.bytes.get(self.at).copied()) {
                (Expect::Value | Expect::FirstItem, Some(b'{')) => self.start(Shape::Mapping)?,
                (Expect::Value | Expect::FirstItem, Some(b'[')) => self.start(Shape::Sequence)?,
                (Expect::FirstItem, Some(b']')) | (Expect::FirstKey, Some(b'}')) => self.end()?,
                (Expect::Value | Expect::FirstItem, Some(byte)) => self.scalar(byte)?,
                (Expect::FirstKey | Expect::Key, Some(b'"')) => self.key()?,
                (Expect::Separator, None) if self.open.is_empty() => return Ok(()),
                (Expect::Separator, Some(byte)) => self.separator(byte)?,
                (_, None) => return Err(self.unclosed()),
                (Expect::FirstKey | Expect::Key, Some(byte)) => return Err(self.not_a_key(byte)),
            };
        }
    }

    fn skip_space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let space = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.unwrap_or(rest.len());
    }

    fn start(&mut self, shape: Shape) -> Result<Expect, Stop> {
        self.builder.open(shape, true, range(self.at, self.at).start, None, 0)?;
        self.open.push((shape, self.at));
        self.at += 1;
        Ok(match shape {
            Shape::Sequence => Expect::FirstItem,
            Shape::Mapping => Expect::FirstKey,
        })
    }

    fn end(&mut self) -> Result<Expect, Stop> {
        self.at += 1;
        self.open.pop();
        self.builder.close(Some(range(self.at, self.at).end));
        Ok(Expect::Separator)
    }

    fn separator(&mut self, byte: u8) -> Result<Expect, Stop> {
        match (self.open.last().copied(), byte) {
            (Some((Shape::Mapping, _)), b'}') | (Some((Shape::Sequence, _)), b']') => self.end(),
            (Some((shape, _)), b',') => {
                let comma = self.at;
                self.at += 1;
                self.skip_space();
                if matches!(self.bytes.get(self.at), Some(b'}' | b']')) {
                    return Err(stop(
                        range(comma, comma + 1),
                        "JSON allows no comma after the last entry",
                        Meant::Unclear,
                    ));
                }
                Ok(if shape == Shape::Mapping { Expect::Key } else { Expect::Value })
            }
            (Some((shape, start)), _) => Err(self.no_separator(shape, start, byte)),
            (None, _) if self.is_comment() => Err(self.comment()),
            (None, _) => {
                let at = place::word(self.text, self.at);
                Err(stop(at, "the document has ended before this", Meant::Unclear))
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<Expect, Stop> {
        self.string()?;
        self.skip_space();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.here("`:` is expected behind a key", Meant::Unclear));
        }
        self.at += 1;
        Ok(Expect::Value)
    }

    fn scalar(&mut self, first: u8) -> Result<Expect, Stop> {
        match first {
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.literal()?,
        }
        Ok(Expect::Separator)
    }

    fn string(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let mut from = start + 1;
        let mut decoded: Option<String> = None;
        loop {
            let rest = self.bytes.get(from..).unwrap_or_default();
            let found = memchr::memchr2(b'"', b'\\', rest);
            self.refuse_control(start, from, found.unwrap_or(rest.len()))?;
            let Some(len) = found else {
                let message = "this quote is never closed";
                return Err(stop(place::tail(self.text, start), message, Meant::Unclear));
            };
            let stop_at = from + len;
            let piece = self.text.get(from..stop_at).unwrap_or_default();
            if rest.get(len) == Some(&b'"') {
                if let Some(decoded) = &mut decoded {
                    decoded.push_str(piece);
                }
                self.at = stop_at + 1;
                return self.add_string(start, decoded);
            }
            let (character, end) = escapes::json(self.text, stop_at)
                .map_err(|bad| stop(bad.at, &bad.message(), Meant::Unclear))?;
            let decoded = decoded.get_or_insert_default();
            decoded.push_str(piece);
            decoded.push(character);
            from = end;
        }
    }

    fn add_string(&mut self, start: usize, decoded: Option<String>) -> Result<(), Stop> {
        let text = match decoded {
            Some(decoded) => ScalarText::Owned(decoded.into()),
            None => ScalarText::Slice(range(start + 1, self.at - 1)),
        };
        let at = range(start, self.at);
        Ok(self.builder.scalar(text, ScalarStyle::DoubleQuoted, at, None, 0)?)
    }

    /// JSON strings hold no raw control character; a raw line end mostly means a forgotten quote.
    fn refuse_control(&self, quote: usize, from: usize, len: usize) -> Result<(), Stop> {
        let piece = self.bytes.get(from..from + len).unwrap_or_default();
        if !piece.iter().fold(false, |any, &byte| any | (byte < b' ')) {
            return Ok(());
        }
        let Some(offset) = piece.iter().position(|&byte| byte < b' ') else { return Ok(()) };
        let at = from + offset;
        Err(match piece.get(offset) {
            Some(b'\n' | b'\r') => {
                stop(place::tail(self.text, quote), "this quote is not closed on its line", Meant::Unclear)
            }
            Some(b'\t') => {
                stop(range(quote, at + 1), "a tab inside a JSON string is written `\\t`", Meant::Unclear)
            }
            byte => {
                let number = byte.copied().unwrap_or_default();
                let message = format!("the control character U+{number:04X} is not allowed in a template");
                stop(range(at, at + 1), &message, Meant::Json)
            }
        })
    }

    fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let len = number_len(rest);
        // `1.2.3`, `01`, `1x`: the word goes on behind the longest number.
        let ends = rest.get(len).is_none_or(|byte| {
            matches!(
                byte,
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}' | b'/' | b':' | b'{' | b'[' | b'"'
            )
        });
        if len == 0 || !ends {
            return Err(stop(place::word(self.text, start), "this is not a JSON number", Meant::Unclear));
        }
        self.plain(start, len)
    }

    fn literal(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        match rest.get(..word) {
            Some(b"true" | b"false" | b"null") => self.plain(self.at, word),
            _ => Err(self.not_a_value(rest.first().copied().unwrap_or_default())),
        }
    }

    fn plain(&mut self, start: usize, len: usize) -> Result<(), Stop> {
        let at = range(start, start + len);
        self.at = start + len;
        Ok(self.builder.scalar(ScalarText::Slice(at), ScalarStyle::Plain, at, None, 0)?)
    }

    fn not_a_value(&self, byte: u8) -> Stop {
        match byte {
            _ if self.is_comment() => self.comment(),
            b'}' | b']' | b',' | b':' => self.here("a value is expected here", Meant::Unclear),
            b'\'' => self.here("JSON strings stand in double quotes", Meant::Yaml),
            _ => {
                let at = place::word(self.text, self.at);
                stop(at, "JSON text must stand in double quotes", Meant::Yaml)
            }
        }
    }

    fn not_a_key(&self, byte: u8) -> Stop {
        match byte {
            _ if self.is_comment() => self.comment(),
            b',' => self.here("a comma without anything before it", Meant::Unclear),
            b'}' | b']' | b':' | b'{' | b'[' => {
                self.here("a key in double quotes is expected here", Meant::Unclear)
            }
            _ => {
                let at = place::word(self.text, self.at);
                stop(at, "a JSON key must stand in double quotes", Meant::Yaml)
            }
        }
    }

    fn no_separator(&self, shape: Shape, start: usize, byte: u8) -> Stop {
        if self.is_comment() {
            return self.comment();
        }
        let (opener, closer) = match shape {
            Shape::Mapping => ('{', '}'),
            Shape::Sequence => ('[', ']'),
        };
        if matches!(byte, b'}' | b']') {
            let message = format!("`{opener}` is closed by `{}`", char::from(byte));
            let related = Some((range(start, start + 1), "opened here".to_owned()));
            let at = range(self.at, self.at + 1);
            return Stop::NotJson(Box::new(NotJson {
                fault: Fault { at, message, related },
                meant: Meant::Unclear,
            }));
        }
        let meant = if byte == b'#' { Meant::Yaml } else { Meant::Unclear };
        self.here(&format!("`,` or `{closer}` is expected here"), meant)
    }

    fn unclosed(&self) -> Stop {
        match self.open.last() {
            Some(&(shape, start)) => {
                let opener = if shape == Shape::Mapping { '{' } else { '[' };
                let message = format!("`{opener}` is never closed");
                stop(range(start, start + 1), &message, Meant::Unclear)
            }
            None => self.here("a value is expected here", Meant::Unclear),
        }
    }

    fn is_comment(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        rest.starts_with(b"//") || rest.starts_with(b"/*")
    }

    /// YAML would read `// …` as text, which nobody means.
    fn comment(&self) -> Stop {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line = place::tail(self.text, self.at);
        let closed = rest.find("*/").filter(|_| rest.starts_with("/*"));
        let end = closed.map_or(line.end, |len| line.end.min(range(0, self.at + len + 2).end));
        stop(TextRange::new(line.start, end), "JSON has no comments", Meant::Json)
    }

    fn here(&self, message: &str, meant: Meant) -> Stop {
        stop(place::visible(self.text, self.at), message, meant)
    }
}

fn stop(at: TextRange, message: &str, meant: Meant) -> Stop {
    let fault = Fault { at, message: message.to_owned(), related: None };
    Stop::NotJson(Box::new(NotJson { fault, meant }))
}

/// Length of the longest JSON number at the start of `bytes`, 0 when there is none.
fn number_len(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = match bytes.get(sign) {
        Some(b'0') => 1,
        _ => digits(sign),
    };
    if whole == 0 {
        return 0;
    }
    let mut len = sign + whole;
    if bytes.get(len) == Some(&b'.') {
        let fraction = digits(len + 1);
        if fraction == 0 {
            return 0;
        }
        len += 1 + fraction;
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let exponent = digits(len + 1 + sign);
        if exponent == 0 {
            return 0;
        }
        len += 1 + sign + exponent;
    }
    len
}
