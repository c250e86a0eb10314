//! A baseline: the findings that were there when it was written, by fingerprints that survive line shifts.
//!
//! It is handed text and gives text back; who reads and writes the file is elsewhere.

use crate::order::Order;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Largest baseline that is read, in bytes.
pub const SIZE_LIMIT: usize = 16 * 1024 * 1024;

const SCHEMA: &str = "wicketgate.baseline/1";

/// The findings that a project has and does not want to be told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Baseline {
    schema: String,
    /// Whether errors about exposure may be hidden, too.
    #[serde(default)]
    pub include_errors: bool,
    /// Sorted by file, rule and fingerprint.
    pub findings: Vec<Known>,
}

/// A finding that is known. Only the fingerprint decides; the rest is for readers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Known {
    /// The file that it stands in, as it is shown.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// The fingerprint.
    pub fingerprint: String,
    /// Logical id of what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What it says.
    #[serde(default)]
    pub message: String,
}

impl Baseline {
    /// A baseline of these findings.
    pub fn new(mut findings: Vec<Known>, include_errors: bool) -> Self {
        findings.order();
        findings.dedup();
        Self { schema: SCHEMA.to_owned(), include_errors, findings }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// A phrase with line and column, when the text is no baseline, or one of another version.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > SIZE_LIMIT {
            return Err(format!("larger than {} MB", SIZE_LIMIT / (1024 * 1024)));
        }
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if baseline.schema != SCHEMA {
            return Err(format!(
                "its schema is `{}`, and this version knows only `{SCHEMA}`",
                baseline.schema
            ));
        }
        Ok(baseline)
    }

    /// The baseline as it is written: one finding a paragraph, so that it merges and reads well.
    pub fn to_text(&self) -> String {
        // Strings and lists of them always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Whether a finding with this fingerprint is known.
    pub fn knows(&self, fingerprint: &str) -> bool {
        self.findings.iter().any(|known| known.fingerprint == fingerprint)
    }

    /// Leaves out what is not there any more: what stands in a file that `is_checked` and is not among `seen`.
    /// Returns how many that were.
    pub fn shrink(&mut self, seen: &BTreeSet<String>, is_checked: impl Fn(&str) -> bool) -> usize {
        let before = self.findings.len();
        self.findings.retain(|known| seen.contains(&known.fingerprint) || !is_checked(&known.file));
        before - self.findings.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(file: &str, fingerprint: &str) -> Known {
        Known {
            file: file.to_owned(),
            rule: "public-api".to_owned(),
            fingerprint: fingerprint.to_owned(),
            resource: None,
            message: "x".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let baseline = Baseline::new(vec![known("b", "v1:2"), known("a", "v1:1"), known("a", "v1:1")], true);
        assert_eq!(baseline.findings.len(), 2);
        assert_eq!(Baseline::read(&baseline.to_text()), Ok(baseline));
        for text in [
            "",
            "{",
            "[]",
            "{\"schema\": \"wicketgate.baseline/2\", \"findings\": []}",
            "{\"findings\": [], \"x\": 1}",
        ] {
            assert!(Baseline::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_was_looked_for_disappears() {
        let mut baseline =
            Baseline::new(vec![known("a", "v1:1"), known("a", "v1:2"), known("b", "v1:3")], false);
        let seen = BTreeSet::from(["v1:1".to_owned()]);
        assert_eq!(baseline.shrink(&seen, |file| file == "a"), 1);
        assert!(baseline.knows("v1:1") && !baseline.knows("v1:2") && baseline.knows("v1:3"));
    }
}
