//! Signs in block YAML, found line by line.
//!
//! Follows indentation and block scalars only; quotes that run over lines are not followed.

use super::{Signs, has_type};

/// Looks through the lines of `text`.
pub(super) fn scan(text: &str, signs: &mut Signs) {
    let foreign_marks = ["{%", "{{", "${self:", "${opt:", "${file(", "${sls:"];
    let marked =
        foreign_marks.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some());
    let mut state = State { root: None, block: None, section: Section::None };
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default();
        state.line(line, marked, signs);
        if signs.settled() && !marked {
            return;
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
}

/// The top-level section that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Transform,
    Resources,
}

struct State {
    /// Indentation of the top-level keys, known from the first content line on.
    root: Option<usize>,
    /// Inside a block scalar: the column that its content is indented deeper than.
    block: Option<usize>,
    section: Section,
}

impl State {
    fn line(&mut self, line: &str, marked: bool, signs: &mut Signs) {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        if content.is_empty() || self.block.is_some_and(|parent| indent > parent) {
            return;
        }
        self.block = None;
        if content.starts_with(['#', '%']) || content.starts_with("---") {
            return;
        }
        if marked {
            signs.text_template |= is_text_template(content);
            signs.serverless_variable |=
                ["${self:", "${opt:", "${file(", "${sls:"].iter().any(|mark| content.contains(mark));
        }
        let root = *self.root.get_or_insert(indent);
        if indent <= root {
            self.top_level(content, signs);
        }
        match self.section {
            Section::Transform => signs.aws_transform |= content.contains("AWS::"),
            Section::Resources => signs.typed_resource = signs.typed_resource || has_type(content),
            Section::None => {}
        }
        if opens_block_scalar(content) {
            self.block = Some(indent + column_of_key(content));
        }
    }

    fn top_level(&mut self, content: &str, signs: &mut Signs) {
        if content == "-" || content.starts_with("- ") {
            // A list below a key may stand at the key's own column.
            signs.list |= self.section == Section::None && signs.keys.0 == 0;
            return;
        }
        let key = key(content);
        signs.keys.add(key);
        signs.format_version |= key == "AWSTemplateFormatVersion";
        self.section = match key {
            "Transform" => Section::Transform,
            "Resources" => Section::Resources,
            _ => Section::None,
        };
    }
}

/// The key at the start of a line, without quotes; of a line without a colon its first word.
fn key(content: &str) -> &str {
    let bare = content.strip_prefix(['"', '\'']).unwrap_or(content);
    let ends = |character: char| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.'));
    bare.find(ends).and_then(|end| bare.get(..end)).unwrap_or(bare)
}

/// Whether a line or the value in it starts with the brackets of a template engine. Dynamic references
/// (`{{resolve:…}}`) are CloudFormation's own.
fn is_text_template(content: &str) -> bool {
    let starts = |part: &str| {
        part.starts_with("{%")
            || (part.starts_with("{{") && !part.trim_start_matches(['{', ' ']).starts_with("resolve:"))
    };
    let item = content.trim_start_matches(['-', ' ']);
    starts(item) || item.split_once(": ").is_some_and(|(_, value)| starts(value.trim_start()))
}

/// Whether a line ends with the header of a block scalar: `|`, `>-`, `|2+` and so on.
fn opens_block_scalar(content: &str) -> bool {
    let code = content.find(" #").and_then(|comment| content.get(..comment)).unwrap_or(content).trim_end();
    let header = code.trim_end_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let Some(before) = header.strip_suffix(['|', '>']) else { return false };
    code.len() - header.len() <= 2 && (before.is_empty() || before.ends_with([' ', '\t']))
}

/// Bytes before the key of `- - key: |`; for `- |` those before its last dash.
fn column_of_key(content: &str) -> usize {
    let mut column = 0;
    let mut rest = content;
    while let Some(after) = rest.strip_prefix("- ") {
        let next = after.trim_start_matches(' ');
        if next.starts_with(['|', '>']) {
            break;
        }
        column += rest.len() - next.len();
        rest = next;
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_scalar_headers() {
        for line in ["a: |", "a: >-  # c", "- |", "a: !Sub |2+", "|", "a: >1"] {
            assert!(opens_block_scalar(line), "{line}");
        }
        for line in ["a: b", "a: x|", "a: \"|\"x", "a: 1", "a: | b", "a: |123"] {
            assert!(!opens_block_scalar(line), "{line}");
        }
    }

    #[test]
    fn columns_of_keys() {
        for (line, column) in [("a: |", 0), ("- a: |", 2), ("-   - a: |", 6), ("- |", 0), ("- - >", 2)] {
            assert_eq!(column_of_key(line), column, "{line}");
        }
    }
}
