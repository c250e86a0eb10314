//! Names of condition operators, turned into others.
//!
//! Only names: what an operator does is decided by the policy engine.

/// Operators that compare letter by letter, and those that take wildcards (IAM guide, "IAM JSON policy elements:
/// Condition operators").
const PATTERNS: [(&str, &str); 4] = [
    ("StringEquals", "StringLike"),
    ("StringNotEquals", "StringNotLike"),
    ("ArnEquals", "ArnLike"),
    ("ArnNotEquals", "ArnNotLike"),
];

/// Operators and their opposites (the same page).
const OPPOSITES: [(&str, &str); 4] = [
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringEquals", "StringNotEquals"),
    ("StringLike", "StringNotLike"),
    ("ArnLike", "ArnNotLike"),
];

const IF_EXISTS: &str = "IfExists";

/// The operator that takes wildcards, its prefix and suffix kept.
pub fn taking_patterns(name: &str) -> Option<String> {
    let (prefix, base, suffix) = parts(name);
    let (_, to) = PATTERNS.iter().find(|(from, _)| base.eq_ignore_ascii_case(from))?;
    Some(format!("{prefix}{to}{suffix}"))
}

/// The operator that holds where this one does not, for calls that have the key.
pub fn opposite(name: &str) -> Option<String> {
    let (_, base, _) = parts(name);
    OPPOSITES.iter().find_map(|(positive, negated)| {
        if base.eq_ignore_ascii_case(positive) {
            Some((*negated).to_owned())
        } else {
            base.eq_ignore_ascii_case(negated).then(|| (*positive).to_owned())
        }
    })
}

/// The operator without `IfExists`, and without a prefix that holds for calls that lack the key.
pub fn needing_the_key(name: &str, has_several_values: bool) -> String {
    let (_, base, _) = parts(name);
    let prefix = if has_several_values { "ForAnyValue:" } else { "" };
    format!("{prefix}{base}")
}

/// Whether a pattern for ids of endpoints or VPCs keeps enough of an id to mean somebody: eight digits.
pub fn narrows(pattern: &str) -> bool {
    let digits = pattern.split_once('-').map_or(pattern, |(_, digits)| digits);
    digits.chars().filter(char::is_ascii_hexdigit).count() >= 8
}

/// Prefix with its colon, the operator, `IfExists`.
fn parts(name: &str) -> (&str, &str, &str) {
    let (prefix, rest) = name.split_at(name.find(':').map_or(0, |at| at + 1));
    let end = rest
        .len()
        .checked_sub(IF_EXISTS.len())
        .filter(|&end| rest.get(end..).is_some_and(|suffix| suffix.eq_ignore_ascii_case(IF_EXISTS)));
    let (base, suffix) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
    (prefix, base, suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_become_others() {
        let table = [
            ("StringEquals", Some("StringLike"), Some("StringNotEquals"), "StringEquals"),
            (
                "stringnotequalsIfExists",
                Some("StringNotLikeIfExists"),
                Some("StringEquals"),
                "stringnotequals",
            ),
            (
                "ForAnyValue:StringEquals",
                Some("ForAnyValue:StringLike"),
                Some("StringNotEquals"),
                "StringEquals",
            ),
            ("StringLikeIfExists", None, Some("StringNotLike"), "StringLike"),
            ("NotIpAddress", None, None, "NotIpAddress"),
            ("IfExists", None, None, ""),
        ];
        for (name, pattern, opposite_name, plain) in table {
            assert_eq!(taking_patterns(name).as_deref(), pattern, "{name}");
            assert_eq!(opposite(name).as_deref(), opposite_name, "{name}");
            assert_eq!(needing_the_key(name, false), plain, "{name}");
        }
        assert_eq!(needing_the_key("ForAllValues:StringLike", true), "ForAnyValue:StringLike");
    }

    #[test]
    fn patterns_that_mean_somebody() {
        let table = [("vpce-*", false), ("*", false), ("vpce-0a1b2c3d4*", true), ("vpc-0a?", false)];
        for (pattern, expected) in table {
            assert_eq!(narrows(pattern), expected, "{pattern}");
        }
    }
}
