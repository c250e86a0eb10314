//! The known word that a mistyped one probably means. It never guesses far.

use crate::order::Order;

/// Longest word that is compared, in bytes; nothing we know is nearly that long.
const LENGTH_LIMIT: usize = 64;

/// The candidate nearest to `word`, if it is near.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    ranked(word, candidates).first().copied()
}

/// The candidates near to `word`, the nearest first, equals in their order. Letter case and `_` for `-` count
/// nothing, and one slip in three letters is allowed.
pub fn ranked<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    if word.len() > LENGTH_LIMIT {
        return Vec::new();
    }
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .collect();
    near.order_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_nothing_else() {
        let known = ["public-api", "posture", "persona", "fail-on"];
        for (word, expected) in [
            ("pubilc-api", Some("public-api")),
            ("Public_API", Some("public-api")),
            ("postrue", Some("posture")),
            ("personas", Some("persona")),
            ("failon", Some("fail-on")),
            ("discovery", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(nearest(&"p".repeat(1000), known), None);
    }
}
