//! What each rule says about itself: `rules/<rule-id>.yaml`, embedded as text and read when somebody asks.
//!
//! Nothing here runs a rule. A check that finds nothing never reads any of this.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::diagnostic::RuleId;

/// Largest metadata file that is read, in bytes.
pub(crate) const SIZE_LIMIT: usize = 256 * 1024;
/// Most open flow collections: the YAML library is quadratic on `{a: {a: …` (measured in `dependencies.md`).
pub(super) const FLOW_LIMIT: usize = 64;

/// Embeds `rules/<id>.yaml` for each id.
macro_rules! catalogue {
    ($($id:literal),* $(,)?) => {
        &[$((RuleId::new($id), include_str!(concat!("../../rules/", $id, ".yaml")))),*]
    };
}

/// All built-in rules in the order of the catalogue, with the text of their metadata.
static CATALOGUE: &[(RuleId, &str)] = catalogue![
    "public-api",
    "conditionally-public-api",
    "implicit-public-api",
    "http-api-cannot-be-private",
    "public-function-url",
    "public-invoke-permission",
    "public-graphql-api",
    "public-domain-on-private-api",
    "unreachable-private-api",
    "public-front-for-private-api",
    "unknown-exposure",
    "sam-endpoint-configuration-shape",
    "wrong-endpoint-configuration-key",
    "invalid-endpoint-type",
    "endpoint-configuration-on-http-api",
    "private-api-ip-address-type",
    "endpoint-ids-on-public-api",
    "body-import-ignores-endpoint-type",
    "ignored-openapi-extension",
    "policy-change-not-deployed",
    "missing-vpc-endpoint-ids",
    "not-a-vpc-endpoint-id",
    "wrong-endpoint-service",
    "duplicate-vpc-endpoint-id",
    "missing-resource-policy",
    "policy-omits-endpoint",
    "policy-open-to-any-vpc",
    "policy-denies-everyone",
    "policy-resource-mismatch",
    "stray-sam-stage",
    "invalid-policy-document",
    "unsigned-principal-condition",
    "inverted-endpoint-condition",
    "vpc-condition-on-public-api",
    "source-ip-on-private-api",
    "private-range-on-public-api",
    "if-exists-opens-policy",
    "widened-allow-list",
    "conflicting-policies",
    "sam-allow-list-not-a-list",
    "sam-allow-list-entry-ignored",
    "sam-unknown-policy-key",
    "unauthorised-route",
    "unapproved-vpc-endpoint",
    "private-dns-blocks-public-apis",
    "duplicate-private-dns",
    "vpc-dns-disabled",
    "unsupported-dns-option",
    "gateway-endpoint-for-execute-api",
    "invalid-endpoint-service-name",
    "endpoint-without-subnets",
    "endpoint-security-group-closed",
    "endpoint-open-to-world",
    "endpoint-single-subnet",
    "endpoint-policy-blocks-api",
    "private-domain-without-association",
    "private-domain-policy",
    "wrong-mapping-for-private-domain",
    "dead-routing",
    "unreachable-consumer-url",
    "consumer-outside-vpc",
    "unreadable-template",
    "invalid-rest-api-id",
    "missing-event-path",
    "unsupported-globals-key",
    "list-passed-to-nested-stack",
    "exception-incomplete",
    "exception-expired",
    "exception-expiring",
    "exception-unused",
];

/// The ids of all built-in rules, in the order of the catalogue.
pub fn ids() -> impl Iterator<Item = &'static RuleId> {
    CATALOGUE.iter().map(|(id, _)| id)
}

/// Whether a built-in rule has this id.
pub fn is_known(id: &str) -> bool {
    ids().any(|known| known.as_str() == id)
}

/// What the built-in rule `id` says about itself; `None` for an unknown id.
pub fn load(id: &str) -> Option<Metadata> {
    let (_, text) = CATALOGUE.iter().find(|(known, _)| known.as_str() == id)?;
    Some(parse(text).expect("a test reads every embedded file"))
}

/// What all built-in rules say about themselves, in the order of the catalogue.
pub fn load_all() -> Vec<Metadata> {
    ids().filter_map(|id| load(id.as_str())).collect()
}

/// A severity as metadata files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeverityWord {
    /// The deployment fails, everyone is denied, or exposed against what was stated.
    Error,
    /// Exposed or broken for someone, and nothing was stated.
    Warning,
    /// Works, worth knowing.
    Info,
}

/// A confidence as metadata files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfidenceWord {
    /// Follows from text that is literal or resolved.
    High,
    /// Rests on one assumption.
    Medium,
    /// A heuristic.
    Low,
}

/// A persona as metadata files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonaWord {
    /// Everybody.
    Regular,
    /// Those who asked for advice too.
    Pedantic,
    /// Those who asked for what could not be decided too.
    Auditor,
}

/// Whether a rule offers to change the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixWord {
    /// A change that may be applied without asking.
    Safe,
    /// A change that may break a deployment or change who has access.
    Unsafe,
    /// No change is offered.
    None,
}

/// A sentence of the rule and the page that says so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What the page says.
    pub claim: String,
    /// Where.
    pub url: String,
}

/// A short template that is reported, and the smallest change that makes it silent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Reported.
    pub bad: String,
    /// Not reported.
    pub good: String,
}

/// What a rule says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Metadata {
    /// The rule's id.
    pub id: String,
    /// The flaw in a few words, without a full stop.
    pub title: String,
    /// The part of the catalogue it stands in.
    pub group: String,
    /// Severity when nothing else is known.
    pub severity: SeverityWord,
    /// Other severities and when they apply.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severity_changes: BTreeMap<SeverityWord, String>,
    /// Confidence when nothing else is known.
    pub confidence: ConfidenceWord,
    /// Other confidences and when they apply.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub confidence_changes: BTreeMap<ConfidenceWord, String>,
    /// Lowest persona that sees it.
    pub persona: PersonaWord,
    /// Whether it offers a change.
    pub fix: FixWord,
    /// The version that brought it.
    pub since: String,
    /// What is wrong, one or two sentences.
    pub what: String,
    /// Who can call, or who cannot, and why that hurts.
    pub why: String,
    /// What it recognises.
    pub flags: Vec<String>,
    /// What it leaves alone.
    pub not: Vec<String>,
    /// How to fix it.
    #[serde(rename = "do")]
    pub remedies: Vec<String>,
    /// A pair of short templates.
    pub example: Example,
    /// One page per claim.
    pub references: Vec<Reference>,
    /// Rules that are silent for the same thing when this one speaks; `*` means all others in the file.
    #[serde(default)]
    pub mutes: Vec<String>,
    /// Rules that make this one silent when they speak.
    #[serde(default)]
    pub muted_by: Vec<String>,
}

/// Why metadata cannot be read. The author of the file has to change it.
#[derive(Debug)]
pub enum MetadataError {
    /// More bytes than a metadata file may have.
    TooLarge,
    /// Too many open `{` or `[`.
    TooDeep,
    /// No YAML, or not the fields of [`Metadata`].
    Malformed(serde_yaml::Error),
}

impl fmt::Display for MetadataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetadataError::TooLarge => write!(formatter, "larger than {} KB", SIZE_LIMIT / 1024),
            MetadataError::TooDeep => write!(formatter, "more than {FLOW_LIMIT} open brackets"),
            MetadataError::Malformed(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for MetadataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            MetadataError::TooLarge | MetadataError::TooDeep => None,
            MetadataError::Malformed(error) => Some(error),
        }
    }
}

/// Reads one metadata file.
///
/// # Errors
/// When the text is too large or nested too deeply, is no YAML, lacks a field, or has an unknown one.
pub fn parse(text: &str) -> Result<Metadata, MetadataError> {
    if text.len() > SIZE_LIMIT {
        return Err(MetadataError::TooLarge);
    }
    if deepest_flow(text) > FLOW_LIMIT {
        return Err(MetadataError::TooDeep);
    }
    serde_yaml::from_str(text).map_err(MetadataError::Malformed)
}

/// Most brackets open at once, quotes not looked at: too strict rather than too slow.
pub(super) fn deepest_flow(text: &str) -> usize {
    let mut open = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_is_read_and_named_for_its_rule() {
        assert_eq!(load_all().len(), CATALOGUE.len());
        for (id, text) in CATALOGUE {
            let metadata = parse(text).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(metadata.id, id.as_str());
        }
        assert!(is_known("public-api") && !is_known("public") && load("public").is_none());
    }

    #[test]
    fn hostile_metadata_is_refused() {
        assert!(matches!(parse(&"a".repeat(SIZE_LIMIT + 1)), Err(MetadataError::TooLarge)));
        assert!(matches!(parse(&"{a: ".repeat(16_000)), Err(MetadataError::TooDeep)));
        for text in ["", "id: a", "- a", "id: [", "\u{0}"] {
            assert!(matches!(parse(text), Err(MetadataError::Malformed(_))), "{text:?}");
        }
    }
}
