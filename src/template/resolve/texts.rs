//! `Fn::Base64`, `Fn::ToJsonString`, `Fn::Cidr` and `Fn::GetAZs`: worked out where everything they need is known,
//! a name otherwise.

// Addresses only: sockets are in `std`.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::source::Span;
use crate::template::resolve::functions::{named, unknown};
use crate::template::value::{Name, Part, Sourced, Value};

/// Most subnets that `Fn::Cidr` makes (AWS CloudFormation User Guide, `Fn::Cidr`, count).
const MAX_SUBNETS: u32 = 256;

/// `Fn::Base64` of a value.
pub(super) fn base64(value: Value) -> Value {
    match (value.as_text(), &value) {
        (Some(text), _) => Value::String(encoded(text.as_bytes())),
        (None, Value::Text(_) | Value::Named(_)) => named("Fn::Base64", vec![value]),
        _ => not_text(value, "Fn::Base64"),
    }
}

fn not_text(value: Value, function: &str) -> Value {
    match value {
        Value::Unknown(_) => value,
        _ => unknown(format!("`{function}` of something that is no text")),
    }
}

/// Standard Base64 with padding (RFC 4648 section 4).
fn encoded(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// `Fn::ToJsonString` of a value: JSON without blanks, names left in as they are.
pub(super) fn json(value: &Value) -> Value {
    let mut parts = Vec::new();
    match json_parts(value, &mut parts) {
        Some(()) => Value::from_parts(parts),
        None => unknown("`Fn::ToJsonString` of something that is not known"),
    }
}

fn json_parts(value: &Value, parts: &mut Vec<Part>) -> Option<()> {
    let literal = |parts: &mut Vec<Part>, text: &str| parts.push(Part::Literal(text.to_owned()));
    match value {
        Value::Null | Value::Absent => literal(parts, "null"),
        Value::Bool(value) => literal(parts, if *value { "true" } else { "false" }),
        Value::Number(text) => literal(parts, text),
        Value::String(_) | Value::Text(_) | Value::Named(_) => {
            literal(parts, "\"");
            for part in value.to_parts()? {
                match part {
                    Part::Literal(text) => literal(parts, &inside_quotes(&text)),
                    Part::Named(_) => parts.push(part),
                }
            }
            literal(parts, "\"");
        }
        Value::List(items) => {
            literal(parts, "[");
            for (index, item) in items.iter().enumerate() {
                literal(parts, if index > 0 { "," } else { "" });
                json_parts(&item.value, parts)?;
            }
            literal(parts, "]");
        }
        Value::Map(members) => {
            literal(parts, "{");
            for (index, member) in members.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                literal(parts, &format!("{comma}\"{}\":", inside_quotes(&member.key)));
                json_parts(&member.value.value, parts)?;
            }
            literal(parts, "}");
        }
        Value::Unknown(_) => return None,
    }
    Some(())
}

fn inside_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out
}

/// `Fn::GetAZs` of a region. How many zones there are depends on the account, so it stays a name; without a
/// region it is the stack's own.
pub(super) fn zones(region: Value, own: impl FnOnce() -> Value) -> Value {
    let region = match region {
        Value::String(text) if text.is_empty() => own(),
        Value::Null => own(),
        other => other,
    };
    match region {
        Value::Unknown(_) => region,
        Value::String(_) | Value::Text(_) | Value::Named(_) => named("Fn::GetAZs", vec![region]),
        _ => unknown("`Fn::GetAZs` of something that is no region"),
    }
}

/// `Fn::Cidr` of `[block, count, bits]`, the list of subnets. A name where the block is not known, or where AWS
/// says nothing about what comes out.
pub(super) fn subnets(argument: Value, span: Span) -> Value {
    if let Value::Unknown(_) = argument {
        return argument;
    }
    let texts: Option<Vec<&str>> = argument.items().iter().map(|item| item.value.as_text()).collect();
    let made = match texts.as_deref() {
        Some([block, count]) => cut(block, count, None),
        Some([block, count, bits]) => cut(block, count, Some(bits)),
        _ => None,
    };
    match made {
        Some(blocks) => {
            Value::List(blocks.into_iter().map(|block| Sourced::new(Value::String(block), span)).collect())
        }
        None => match argument {
            Value::List(items) => named("Fn::Cidr", items.into_iter().map(|item| item.value).collect()),
            _ => unknown("`Fn::Cidr` needs a list of arguments"),
        },
    }
}

/// The first `count` subnets of `block` with `bits` host bits each; IPv6 has 64 by default. `None` when that
/// does not fit.
fn cut(block: &str, count: &str, bits: Option<&str>) -> Option<Vec<String>> {
    let (address, length) = block.split_once('/')?;
    let (address, length): (IpAddr, u32) = (address.parse().ok()?, length.parse().ok()?);
    let count: u32 = count.parse().ok().filter(|count| (1..=MAX_SUBNETS).contains(count))?;
    let (first, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32_u32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let bits: u32 = match bits {
        Some(text) => text.parse().ok()?,
        None if width == 128 => 64,
        None => return None,
    };
    let room = width.checked_sub(length)?.checked_sub(bits)?;
    let is_start = first.trailing_zeros() >= width - length || first == 0;
    if !is_start || room < 32 && count > 1 << room || bits >= 128 {
        return None;
    }
    let block = |index: u32| {
        let start = first + (u128::from(index) << bits);
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(start).ok()?)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(start)),
        };
        Some(format!("{address}/{}", width - bits))
    };
    (0..count).map(block).collect()
}

/// `AWS::Region` where it is not known.
pub(super) fn region() -> Value {
    Value::named(Name::Pseudo { stack: None, name: "AWS::Region".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, TextRange};
    use crate::template::value::Member;

    #[test]
    fn base64_pads() {
        for (text, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(encoded(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn blocks_are_cut() {
        let cases = [
            ("192.168.0.0/24", "6", Some("5"), Some("192.168.0.0/27 192.168.0.160/27 6")),
            ("10.0.0.0/16", "256", Some("8"), Some("10.0.0.0/24 10.0.255.0/24 256")),
            ("10.0.0.0/16", "2", Some("17"), None),
            ("10.0.0.0/24", "9", Some("5"), None),
            ("10.0.0.1/24", "1", Some("5"), None),
            ("10.0.0.0/24", "1", None, None),
            ("0.0.0.0/0", "2", Some("31"), Some("0.0.0.0/1 128.0.0.0/1 2")),
            ("fd00::/56", "2", None, Some("fd00::/64 fd00:0:0:1::/64 2")),
            ("10.0.0.0/24", "257", Some("0"), None),
            ("10.0.0.0/33", "1", Some("0"), None),
            ("text", "1", Some("0"), None),
        ];
        for (block, count, bits, expected) in cases {
            let found = cut(block, count, bits).map(|blocks| {
                let ends = [blocks.first(), blocks.last()].map(|end| end.cloned().unwrap_or_default());
                format!("{} {} {}", ends[0], ends[1], blocks.len())
            });
            assert_eq!(found.as_deref(), expected, "{block} {count} {bits:?}");
        }
    }

    #[test]
    fn json_keeps_names() {
        let nowhere = Span::new(FileId(0), TextRange::new(0, 0));
        let at = |value: Value| Sourced::new(value, nowhere);
        let text = |text: &str| Value::String(text.to_owned());
        let list = Value::List(vec![at(text("a\"b")), at(Value::Number("1".to_owned())), at(Value::Null)]);
        let map = |value: Value| {
            Value::Map(vec![Member { key: "k".to_owned(), key_span: nowhere, value: at(value) }])
        };
        assert_eq!(json(&map(list)), text(r#"{"k":["a\"b",1,null]}"#));
        let Value::Text(parts) = json(&map(region())) else { panic!("a name inside a text") };
        assert_eq!(parts.len(), 3);
        assert!(matches!(json(&map(Value::Unknown("x".to_owned()))), Value::Unknown(_)));
    }
}
