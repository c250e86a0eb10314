//! Names for findings that survive edits elsewhere: what a baseline remembers and what CI systems compare.
//!
//! A fingerprint covers the rule, the file's name, the resource and the labelled text, never a line or an
//! offset. It is no checksum against forgery.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// How much of the labelled text counts, in bytes: enough to tell values apart, little enough that a label on
/// a whole file costs nothing.
const TEXT_LIMIT: usize = 4096;

/// One fingerprint per diagnostic, in the same order: `v1:` and 32 hexadecimal digits.
///
/// Findings that agree in everything that counts are told apart by their order, so the list must be sorted and
/// whole: fingerprint first, filter afterwards.
pub fn fingerprints(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let mut seen: HashMap<u128, u32> = HashMap::new();
    diagnostics
        .iter()
        .map(|diagnostic| {
            let base = identity(diagnostic, sources);
            let ordinal = seen.entry(base.0).or_insert(0);
            let whole = base.field(&ordinal.to_string());
            *ordinal += 1;
            format!("v1:{:032x}", whole.0)
        })
        .collect()
}

/// A number for a list of texts: another list has, as far as anybody will meet, another one.
pub fn digest<'a>(fields: impl IntoIterator<Item = &'a str>) -> u128 {
    fields.into_iter().fold(Fnv::new(), Fnv::field).0
}

/// What makes a finding this finding, apart from its place among equals.
fn identity(diagnostic: &Diagnostic, sources: &Sources) -> Fnv {
    let text = sources.slice(diagnostic.primary.span);
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Fnv::new()
        .field(diagnostic.rule.as_str())
        .field(sources.name(diagnostic.primary.span.file))
        .field(diagnostic.resource.as_deref().unwrap_or_default())
        .field(&words)
}

/// FNV-1a, 128 bits: the same on every machine and in every version, and a dozen lines.
/// Constants: the FNV reference by Fowler, Noll and Vo (draft-eastlake-fnv).
#[derive(Clone, Copy)]
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B))
    }

    /// Adds a text and a byte that no UTF-8 text holds, so that `ab` + `c` differs from `a` + `bc`.
    fn field(self, text: &str) -> Self {
        text.bytes().fold(self, Self::byte).byte(0xFF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, RuleId, Severity};
    use crate::source::{SourceFile, Span, TextRange};

    fn finding(sources: &Sources, needle: &str, nth: usize) -> Diagnostic {
        let (file, source) = sources.iter().next().unwrap();
        let (start, _) = source.text().match_indices(needle).nth(nth).unwrap();
        let start = u32::try_from(start).unwrap();
        let range = TextRange::new(start, start + u32::try_from(needle.len()).unwrap());
        let primary = Label::new(Span::new(file, range), "");
        let found = Diagnostic::new(RuleId::new("public-api"), Severity::Warning, "any".to_owned(), primary);
        Diagnostic { resource: Some("Api".to_owned()), ..found }
    }

    fn one_file(text: &str) -> Sources {
        let mut sources = Sources::new();
        sources.add(SourceFile::new("a.yaml", text));
        sources
    }

    #[test]
    fn the_hash_is_fnv1a_128() {
        // Test vectors of the reference: the offset basis, and "a".
        assert_eq!(Fnv::new().0, 0x6c62272e07bb014262b821756295c58d);
        assert_eq!(Fnv::new().byte(b'a').0, 0xd228cb696f1a8caf78912b704e4a8964);
    }

    #[test]
    fn line_shifts_indentation_and_severity_do_not_matter() {
        let before = one_file("Api:\n  Type: [ EDGE,\n REGIONAL ]\n");
        let after = one_file("# new\n\nApi:\n    Type: [   EDGE, REGIONAL ]\n");
        let first = finding(&before, "[ EDGE,\n REGIONAL ]", 0);
        let mut second = finding(&after, "[   EDGE, REGIONAL ]", 0);
        second.severity = Severity::Error;
        second.message = "other words".to_owned();
        assert_eq!(fingerprints(&[first], &before), fingerprints(&[second], &after));
    }

    #[test]
    fn rule_resource_text_and_order_matter() {
        let sources = one_file("A: EDGE\nB: EDGE\nC: REGIONAL\n");
        let plain = finding(&sources, "EDGE", 0);
        let same_text = finding(&sources, "EDGE", 1);
        let other_text = finding(&sources, "REGIONAL", 0);
        let mut other_rule = plain.clone();
        other_rule.rule = RuleId::new("public-function-url");
        let mut other_resource = plain.clone();
        other_resource.resource = Some("Api2".to_owned());
        let all = [plain, same_text, other_text, other_rule, other_resource];
        let mut prints = fingerprints(&all, &sources);
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), all.len());
    }
}
