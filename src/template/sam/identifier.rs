//! Logical ids with a hash in them, as the translator's `LogicalIdGenerator` makes them: the first ten hex digits
//! of the SHA-1 of the text, or of the value as compact JSON with sorted keys.
//!
//! SHA-1 names things here; nothing is protected by it.

use std::fmt::Write as _;

use crate::order::Order;
use crate::syntax::tree::NodeId;
use crate::template::intrinsic::{Function, get_att};
use crate::template::sam::nodes::{MAX_DEPTH, Nodes, Shape};

/// `prefix` and `suffix`, the suffix hashed unless it is alphanumeric.
pub(super) fn with_suffix(prefix: &str, suffix: &str) -> String {
    match !suffix.is_empty() && suffix.chars().all(char::is_alphanumeric) {
        true => format!("{prefix}{suffix}"),
        false => format!("{prefix}{}", hash_text(suffix)),
    }
}

/// The hash of a text, empty for an empty one.
pub(super) fn hash_text(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut out = String::with_capacity(10);
    for byte in sha1(text.as_bytes()).iter().take(5) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The hash of a value: a string's own text, anything else as JSON.
pub(super) fn hash_node(nodes: &Nodes, node: NodeId) -> String {
    match nodes.text(node) {
        Some(text) => hash_text(text),
        None if nodes.is_truthy(node) => hash_text(&json(nodes, node)),
        None => String::new(),
    }
}

/// A digest of a value: equal for equal values, whatever their notation.
pub(super) fn digest(nodes: &Nodes, node: NodeId) -> [u8; 20] {
    sha1(json(nodes, node).as_bytes())
}

/// The hash of a list of values.
pub(super) fn hash_list(nodes: &Nodes, items: &[Option<NodeId>]) -> String {
    let items: Vec<_> =
        items.iter().map(|item| item.map_or_else(|| "null".to_owned(), |node| json(nodes, node))).collect();
    hash_text(&format!("[{}]", items.join(",")))
}

/// How long the JSON of a hashed value may get, in bytes; aliases make a small text a large value.
const MAX_JSON: usize = 1 << 20;

/// Compact JSON with sorted keys; short intrinsics in their long form.
pub(super) fn json(nodes: &Nodes, node: NodeId) -> String {
    let mut out = String::new();
    write_json(nodes, node, 0, &mut out);
    out
}

fn write_json(nodes: &Nodes, node: NodeId, depth: u32, out: &mut String) {
    if depth > MAX_DEPTH || out.len() > MAX_JSON {
        out.push_str("null");
        return;
    }
    match nodes.shape(node) {
        Shape::Null => out.push_str("null"),
        Shape::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Shape::Number(text) => out.push_str(text),
        Shape::Text(text) => write_string(text, out),
        Shape::List => write_list(nodes, nodes.tree.items(node), depth, out),
        Shape::Map => write_map(nodes, node, depth, out),
        Shape::Intrinsic(intrinsic) => {
            out.push('{');
            write_string(intrinsic.function.name(), out);
            out.push(':');
            let argument = intrinsic.argument;
            match (intrinsic.function, nodes.tree.scalar(argument)) {
                (Function::GetAtt, Some(text)) if nodes.tree.tag(node).is_some() => {
                    let (id, attribute) = get_att(&nodes.tree, argument).unwrap_or((text, ""));
                    out.push('[');
                    write_string(id, out);
                    out.push(',');
                    write_string(attribute, out);
                    out.push(']');
                }
                (_, Some(text)) => write_string(text, out),
                // The argument of a short form is the tagged node itself: written here without its tag.
                (_, None) if nodes.tree.is_sequence(argument) => {
                    write_list(nodes, nodes.tree.items(argument), depth, out);
                }
                (_, None) => write_map(nodes, argument, depth, out),
            }
            out.push('}');
        }
    }
}

fn write_list(nodes: &Nodes, items: &[NodeId], depth: u32, out: &mut String) {
    out.push('[');
    for (at, &item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_json(nodes, item, depth + 1, out);
    }
    out.push(']');
}

fn write_map(nodes: &Nodes, node: NodeId, depth: u32, out: &mut String) {
    let mut pairs = nodes.pairs(node);
    pairs.order_by(|left, right| left.0.cmp(&right.0));
    out.push('{');
    for (at, (key, entry)) in pairs.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        write_json(nodes, entry.value, depth + 1, out);
    }
    out.push('}');
}

/// A JSON string in ASCII, as Python writes it.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(letter),
            _ => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// SHA-1 (FIPS 180-4).
fn sha1(data: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut message = data.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if message.len() - data.len() < 9 {
        message.resize(message.len() + 64, 0);
    }
    let length = message.len();
    message.truncate(length - 8);
    message.extend((data.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        let mut words: Vec<u32> = block
            .chunks_exact(4)
            .map(|word| word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
            .collect();
        for at in 16..80 {
            words.push((words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mixed, constant) = match at {
                0..20 => ((b & c) | (!b & d), 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *old = old.wrapping_add(new);
        }
    }
    let mut out = [0; 20];
    for (place, number) in out.chunks_exact_mut(4).zip(state) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_sha1() {
        assert_eq!(hash_text("abc"), "a9993e3647");
        assert_eq!(hash_text(&"a".repeat(56)), "c2db330f60");
        assert_eq!(hash_text(""), "");
    }

    #[test]
    fn suffixes() {
        assert_eq!(with_suffix("XStage", "prod"), "XStageprod");
        assert_eq!(with_suffix("X", "a-b").len(), 11);
    }
}
