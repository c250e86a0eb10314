//! Texts in TOML, YAML and JSON as one spanned tree of plain data, for files whose notation is the user's choice.
//!
//! It knows nothing of what a file means. Scalars are read as `sam` reads them: TOML's own types, and YAML 1.2's
//! (`yes` is a text there); templates are not read here.

use std::sync::Arc;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::config::SIZE_LIMIT;
use crate::config::mistakes::Mistakes;
use crate::order::Order;
use crate::source::{FileId, Span, Spanned, TextRange};
use crate::syntax::parse::parse;
use crate::syntax::tree::{Format, Kind, NodeId, Tree};

/// Deepest nesting that is followed; aliases can nest deeper than any text.
const MAX_DEPTH: u32 = 64;

/// Most syntax errors reported; more are echoes of the first ones.
const SYNTAX_ERROR_LIMIT: usize = 10;

/// Most values of one file; aliases can repeat a small text without end.
const MAX_VALUES: u32 = 100_000;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    /// What it is.
    pub(super) value: DataValue,
    /// Where it stands, quotes included.
    pub(super) span: Span,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DataValue {
    /// Text; dates and times are text, too.
    Text(String),
    /// A number as Python writes it, which is what becomes of it on the way to CloudFormation.
    Number {
        /// The number.
        text: String,
        /// Whether it has a fraction or an exponent.
        is_float: bool,
    },
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
    /// A list.
    List(Vec<Data>),
    /// Keys and values in written order; each key once.
    Table(Vec<(Spanned<String>, Data)>),
}

impl Data {
    /// Members of a table, nothing for anything else.
    pub(super) fn members(&self) -> &[(Spanned<String>, Data)] {
        match &self.value {
            DataValue::Table(members) => members,
            _ => &[],
        }
    }

    /// The member of a table under this key.
    pub(super) fn get(&self, key: &str) -> Option<&Data> {
        self.members().iter().find(|(name, _)| name.value == key).map(|(_, value)| value)
    }

    /// The text of a text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            DataValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages: `this is …`.
    pub(super) fn type_words(&self) -> &'static str {
        match self.value {
            DataValue::Text(_) => "a text",
            DataValue::Number { .. } => "a number",
            DataValue::Bool(_) => "a boolean",
            DataValue::Null => "nothing",
            DataValue::List(_) => "a list",
            DataValue::Table(_) => "a table",
        }
    }
}

/// Reads a file by the ending of its name: `.toml`, else YAML or JSON. `None` for an empty text and when it cannot
/// be read; in the latter case the mistakes say why. `what` begins their messages: `the parameter file`.
pub(super) fn read(
    file: FileId,
    name: &str,
    text: &Arc<str>,
    what: &str,
    mistakes: &mut Mistakes,
) -> Option<Data> {
    if text.len() > SIZE_LIMIT {
        let message = format!("{what} is larger than {} KB", SIZE_LIMIT / 1024);
        mistakes.add(Span::new(file, TextRange::new(0, 0)), message, String::new(), None);
        return None;
    }
    if name.to_ascii_lowercase().ends_with(".toml") {
        let table = parse_toml(file, text, what, mistakes)?;
        return Some(Data {
            value: DataValue::Table(members(file, &table, 0)),
            span: span(file, 0..text.len()),
        });
    }
    let parsed = parse(file, text);
    for error in &parsed.errors {
        let message = format!("{what} cannot be read: {}", error.message);
        mistakes.add(error.span, message, String::new(), None);
    }
    if !parsed.errors.is_empty() {
        return None;
    }
    if name.to_ascii_lowercase().ends_with(".json") && parsed.tree.format() != Format::Json {
        let message = format!("{what} is not valid JSON");
        let start = parsed.tree.root().map_or(span(file, 0..0), |root| parsed.tree.span(root));
        mistakes.add(start, message, "this can be read as YAML only".to_owned(), None);
        return None;
    }
    let root = parsed.tree.root()?;
    let mut budget = MAX_VALUES;
    let data = from_tree(&parsed.tree, root, 0, &mut budget);
    if data.is_none() {
        let message = format!("{what} is nested too deeply, or holds too many values");
        mistakes.add(parsed.tree.span(root), message, String::new(), None);
    }
    data
}

/// The top table of a TOML text; `None` when it is no TOML, the mistakes then say why.
fn parse_toml<'text>(
    file: FileId,
    text: &'text str,
    what: &str,
    mistakes: &mut Mistakes,
) -> Option<DeTable<'text>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Some(table.into_inner());
    }
    for error in errors.into_iter().take(SYNTAX_ERROR_LIMIT) {
        // An error without a place is about the text as a whole; its end is where the reader gave up.
        let at = error.span().unwrap_or(text.len()..text.len());
        let message = format!("{what} is not valid TOML");
        mistakes.add(span(file, at), message, error.message().to_owned(), None);
    }
    None
}

/// A TOML value; what is nested too deeply is null, far beyond what TOML's own limit lets through.
fn from_toml(file: FileId, value: &TomlSpanned<DeValue<'_>>, depth: u32) -> Data {
    let text = |text: &str| DataValue::Text(text.to_owned());
    let content = match value.get_ref() {
        _ if depth > MAX_DEPTH * 4 => DataValue::Null,
        DeValue::String(string) => text(string),
        DeValue::Integer(integer) => {
            let digits = integer.as_str().replace('_', "");
            let number = i64::from_str_radix(&digits, integer.radix());
            DataValue::Number { text: number.map_or(digits, |number| number.to_string()), is_float: false }
        }
        DeValue::Float(float) => DataValue::Number { text: float_text(float.as_str()), is_float: true },
        DeValue::Boolean(value) => DataValue::Bool(*value),
        DeValue::Datetime(date) => text(&date.to_string()),
        DeValue::Array(items) => {
            DataValue::List(items.iter().map(|item| from_toml(file, item, depth + 1)).collect())
        }
        DeValue::Table(table) => DataValue::Table(members(file, table, depth)),
    };
    Data { value: content, span: span(file, value.span()) }
}

fn members(file: FileId, table: &DeTable<'_>, depth: u32) -> Vec<(Spanned<String>, Data)> {
    let mut members: Vec<(Spanned<String>, Data)> = table
        .iter()
        .map(|(key, value)| {
            let name: &str = key.get_ref();
            let key = Spanned { value: name.to_owned(), span: span(file, key.span()) };
            (key, from_toml(file, value, depth + 1))
        })
        .collect();
    // The reader sorts keys by name; here they stand as they are written.
    members.order_by_key(|(key, _)| key.span.range.start);
    members
}

fn span(file: FileId, bytes: std::ops::Range<usize>) -> Span {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(file, TextRange::new(narrow(bytes.start), narrow(bytes.end)))
}

/// A node of a YAML or JSON tree; `None` past the limits.
fn from_tree(tree: &Tree, node: NodeId, depth: u32, budget: &mut u32) -> Option<Data> {
    *budget = budget.checked_sub(1).filter(|_| depth <= MAX_DEPTH)?;
    let value = match &tree.node(node).kind {
        Kind::Scalar { .. } => {
            let text = tree.scalar(node).unwrap_or_default();
            if tree.is_plain(node) && tree.tag(node).is_none() {
                plain(text)
            } else {
                DataValue::Text(text.to_owned())
            }
        }
        Kind::Sequence(items) => {
            let items = items.iter().map(|&item| from_tree(tree, item, depth + 1, budget));
            DataValue::List(items.collect::<Option<_>>()?)
        }
        Kind::Mapping(entries) => {
            let mut members = Vec::with_capacity(entries.len());
            for entry in entries {
                let key = tree.scalar(entry.key).unwrap_or_default().to_owned();
                let key = Spanned { value: key, span: tree.span(entry.key) };
                members.push((key, from_tree(tree, entry.value, depth + 1, budget)?));
            }
            DataValue::Table(members)
        }
    };
    Some(Data { value, span: tree.span(node) })
}

/// A scalar without quotes in YAML 1.2 (and in JSON, whose scalars without quotes mean the same).
fn plain(text: &str) -> DataValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => DataValue::Null,
        "true" | "True" | "TRUE" => DataValue::Bool(true),
        "false" | "False" | "FALSE" => DataValue::Bool(false),
        _ => number(text).unwrap_or_else(|| DataValue::Text(text.to_owned())),
    }
}

fn number(text: &str) -> Option<DataValue> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            let number = i64::from_str_radix(&rest.replace('_', ""), radix).ok()?;
            return Some(DataValue::Number { text: format!("{sign}{number}"), is_float: false });
        }
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        // YAML 1.2 has no octal numbers with a mere zero in front: the zeros are lost.
        let plain = digits.replace('_', "");
        let short = plain.trim_start_matches('0');
        let short = if short.is_empty() { "0" } else { short };
        return Some(DataValue::Number { text: format!("{sign}{short}"), is_float: false });
    }
    let known = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+');
    (digits.bytes().all(known) && digits.parse::<f64>().is_ok())
        .then(|| DataValue::Number { text: float_text(text), is_float: true })
}

/// A number with a fraction as Python writes it, where that is short; else as it was written.
fn float_text(written: &str) -> String {
    match written.replace('_', "").parse::<f64>() {
        Ok(number) if number == 0.0 || (1e-4..1e16).contains(&number.abs()) => format!("{number:?}"),
        _ => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_as_sam_reads_them() {
        for (text, expected) in [
            ("yes", "Text(\"yes\")"),
            ("True", "Bool(true)"),
            ("~", "Null"),
            ("0123", "Number { text: \"123\", is_float: false }"),
            ("-0x1F", "Number { text: \"-31\", is_float: false }"),
            ("1_000", "Number { text: \"1000\", is_float: false }"),
            ("1.10", "Number { text: \"1.1\", is_float: true }"),
            ("1.2.3", "Text(\"1.2.3\")"),
            ("2012-10-17", "Text(\"2012-10-17\")"),
            ("eu-west-1", "Text(\"eu-west-1\")"),
        ] {
            assert_eq!(format!("{:?}", plain(text)), expected, "{text}");
        }
    }
}
