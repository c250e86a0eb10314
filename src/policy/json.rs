//! Policies written as JSON text: the text is read into the same values as a written object.
//!
//! Named parts inside JSON strings stay names. Every value has the span of the whole text; this module knows
//! nothing about policies.

use std::sync::Arc;

use crate::source::Span;
use crate::template::value::{Member, Name, Part, Sourced, Value};

/// How deep objects and lists may be nested.
const DEPTH: usize = 128;

/// What a value that may be JSON text turned out to be.
pub(super) enum Reading {
    /// No text: use the value itself.
    AsIs,
    /// The JSON's value.
    Read(Sourced),
    /// Text that is no JSON whatever its names stand for; what was found.
    NotJson(String),
    /// Text whose names stand where the structure would be; the reason.
    Unknown(String),
}

/// Reads JSON text, with or without named parts.
pub(super) fn read_if_text(value: &Sourced) -> Reading {
    let whole;
    let parts = match &value.value {
        Value::String(text) => {
            whole = [Part::Literal(text.clone())];
            &whole[..]
        }
        Value::Text(parts) => parts,
        _ => return Reading::AsIs,
    };
    let mut reader = Reader { units: units(parts), at: 0, span: value.span };
    let read = reader.value(0).and_then(|read| {
        reader.blanks();
        if reader.units.len() == reader.at { Ok(read) } else { Err(reader.unexpected("the end")) }
    });
    match read {
        Ok(read) => Reading::Read(read),
        Err(_) if !reader.has_only_plain_names() => {
            Reading::Unknown("the policy is text whose structure only AWS knows".to_owned())
        }
        Err(error) => Reading::NotJson(error),
    }
}

/// A character, or a name between characters.
enum Unit {
    Character(char),
    Name(Arc<Name>),
}

fn units(parts: &[Part]) -> Vec<Unit> {
    let mut units = Vec::new();
    for part in parts {
        match part {
            Part::Literal(text) => units.extend(text.chars().map(Unit::Character)),
            Part::Named(name) => units.push(Unit::Name(Arc::clone(name))),
        }
    }
    units
}

struct Reader {
    units: Vec<Unit>,
    at: usize,
    span: Span,
}

impl Reader {
    /// Whether reading stopped at a character or the end, and all names before it stand for texts without quotes:
    /// ids of resources, accounts, regions and the like. Those were met inside of strings only.
    fn has_only_plain_names(&self) -> bool {
        let read = self.units.get(..=self.at).unwrap_or(&self.units);
        let stopped_at_name = matches!(self.units.get(self.at), Some(Unit::Name(_)));
        let is_plain = |unit: &Unit| match unit {
            Unit::Character(_) => true,
            Unit::Name(name) => matches!(**name, Name::Resource { .. } | Name::Pseudo { .. }),
        };
        !stopped_at_name && read.iter().all(is_plain)
    }

    fn peek(&self) -> Option<char> {
        match self.units.get(self.at) {
            Some(Unit::Character(character)) => Some(*character),
            Some(Unit::Name(_)) | None => None,
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    /// Passes over this character, if it is next.
    fn take(&mut self, character: char) -> bool {
        let found = self.peek() == Some(character);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, wanted: &str) -> String {
        let found = match self.units.get(self.at) {
            Some(Unit::Character(character)) => format!("{character:?}"),
            Some(Unit::Name(_)) => "a reference".to_owned(),
            None => "the end".to_owned(),
        };
        format!("{found} at character {} where {wanted} should be", self.at + 1)
    }

    fn sourced(&self, value: Value) -> Sourced {
        Sourced { value, span: self.span, via: Vec::new() }
    }

    fn value(&mut self, depth: usize) -> Result<Sourced, String> {
        if depth > DEPTH {
            return Err(format!("more than {DEPTH} levels of nesting"));
        }
        self.blanks();
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            _ => self.word()?,
        };
        Ok(self.sourced(value))
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut members: Vec<Member> = Vec::new();
        let mut hidden = false;
        self.blanks();
        if self.take('}') {
            return Ok(Value::Map(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some('"') {
                return Err(self.unexpected("a key in quotes"));
            }
            let key = text(self.string()?);
            self.blanks();
            if !self.take(':') {
                return Err(self.unexpected("a colon"));
            }
            let value = self.value(depth + 1)?;
            match key {
                Value::String(key) => {
                    // As most readers do, the last of equal keys counts.
                    members.retain(|m| m.key != key);
                    members.push(Member { key, key_span: self.span, value });
                }
                _ => hidden = true,
            }
            self.blanks();
            if self.take('}') {
                break;
            }
            if !self.take(',') {
                return Err(self.unexpected("a comma or the end of the object"));
            }
        }
        if hidden {
            return Ok(Value::Unknown("only AWS knows a key of the policy text".to_owned()));
        }
        Ok(Value::Map(members))
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.take(']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(']') {
                return Ok(Value::List(items));
            }
            if !self.take(',') {
                return Err(self.unexpected("a comma or the end of the list"));
            }
        }
    }

    fn string(&mut self) -> Result<Vec<Part>, String> {
        self.at += 1;
        let (mut parts, mut run) = (Vec::new(), String::new());
        loop {
            match self.units.get(self.at) {
                None => return Err(self.unexpected("a closing quote")),
                Some(Unit::Name(name)) => {
                    if !run.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut run)));
                    }
                    parts.push(Part::Named(Arc::clone(name)));
                    self.at += 1;
                }
                Some(Unit::Character('"')) => {
                    self.at += 1;
                    if !run.is_empty() {
                        parts.push(Part::Literal(run));
                    }
                    return Ok(parts);
                }
                Some(Unit::Character('\\')) => {
                    self.at += 1;
                    run.push(self.escape()?);
                }
                Some(Unit::Character(character)) if *character < ' ' => {
                    return Err(self.unexpected("an escaped control character"));
                }
                Some(Unit::Character(character)) => {
                    run.push(*character);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let Some(kind) = self.peek() else { return Err(self.unexpected("an escape")) };
        let simple = match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                self.at += 1;
                return self.code_point();
            }
            _ => return Err(self.unexpected("an escape")),
        };
        self.at += 1;
        Ok(simple)
    }

    fn code_point(&mut self) -> Result<char, String> {
        let first = self.four_digits()?;
        if (0xD800..0xDC00).contains(&first) && self.take('\\') && self.take('u') {
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        char::from_u32(first).ok_or_else(|| self.unexpected("the second half of a character"))
    }

    fn four_digits(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.unexpected("a hexadecimal digit"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, String> {
        let mut text = String::new();
        while let Some(character @ ('-' | '+' | '.' | 'e' | 'E' | '0'..='9')) = self.peek() {
            text.push(character);
            self.at += 1;
        }
        match text.parse::<f64>() {
            Ok(_) => Ok(Value::Number(text)),
            Err(_) => Err(format!("{text} is no number")),
        }
    }

    fn word(&mut self) -> Result<Value, String> {
        for (word, value) in
            [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)]
        {
            let start = self.at;
            if word.chars().all(|c| self.take(c)) {
                return Ok(value);
            }
            self.at = start;
        }
        Err(self.unexpected("a value"))
    }
}

/// The value of a string's parts.
fn text(mut parts: Vec<Part>) -> Value {
    match parts.as_mut_slice() {
        [] => Value::String(String::new()),
        [Part::Literal(text)] => Value::String(std::mem::take(text)),
        [Part::Named(name)] => Value::Named(Arc::clone(name)),
        _ => Value::Text(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, TextRange};
    use crate::template::value::StackId;

    fn read(value: Value) -> Reading {
        let span = Span::new(FileId(0), TextRange::new(3, 9));
        read_if_text(&Sourced { value, span, via: Vec::new() })
    }

    fn shown(value: &Sourced) -> String {
        match &value.value {
            Value::Map(members) => {
                let members = members.iter().map(|m| format!("{}={}", m.key, shown(&m.value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
            }
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
            Value::String(text) => text.clone(),
            Value::Text(parts) => format!("<{}>", parts.len()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn texts_that_are_json() {
        let table = [
            (r#" {"a": ["b", {}], "c": ""} "#, "{a=[b {}] c=}"),
            (r#"{"a": 1, "a": true}"#, "{a=Bool(true)}"),
            (r#""\u00e4\n\ud83d\ude00\/""#, "ä\n😀/"),
            ("[-1.5e3, null]", "[Number(\"-1.5e3\") Null]"),
        ];
        for (text, expected) in table {
            let Reading::Read(value) = read(Value::String(text.to_owned())) else { panic!("{text}") };
            assert_eq!(shown(&value), expected);
        }
    }

    #[test]
    fn texts_that_are_no_json() {
        let deep = "[".repeat(200_000);
        for text in [
            "",
            "{",
            "{a: 1}",
            "{\"a\" 1}",
            "[1,]",
            "\"a",
            "{} x",
            "'a'",
            "--1",
            "\"\\x\"",
            "\"\\ud800\"",
            &deep,
        ] {
            assert!(matches!(read(Value::String(text.to_owned())), Reading::NotJson(_)), "{text:.20}");
        }
    }

    #[test]
    fn names_inside_and_outside_strings() {
        let name = Part::Named(Arc::new(Name::Parameter { stack: StackId(0), name: "P".to_owned() }));
        let literal = |text: &str| Part::Literal(text.to_owned());
        let inside = Value::Text(vec![literal("{\"a\": \"x-"), name.clone(), literal("\"}")]);
        let Reading::Read(value) = read(inside) else { panic!("names inside strings are read") };
        assert_eq!(shown(&value), "{a=<2>}");
        let outside = Value::Text(vec![literal("{\"a\": "), name, literal("}")]);
        assert!(matches!(read(outside), Reading::Unknown(_)));
    }
}
