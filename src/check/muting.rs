//! One root cause, one finding: which findings are left out because another one explains them.
//!
//! A table over finished findings (rule catalogue, section 4). Rules know nothing of it.

use crate::diagnostic::Diagnostic;
use crate::rules::finding::{Aspect, Finding};

/// When `by` is reported, the `muted` rules are silent about the same API, endpoint or file.
struct Muting {
    by: &'static str,
    /// Only where `by` speaks of this part; `None` for all of it.
    aspect: Option<Aspect>,
    /// Only findings that point at a text that `by` points at: others are about other entries of a list.
    same_text: bool,
    muted: &'static [&'static str],
}

const fn muting(by: &'static str, muted: &'static [&'static str]) -> Muting {
    Muting { by, aspect: None, same_text: false, muted }
}

/// As [`muting`], for the same entry of a list.
const fn muting_entry(by: &'static str, muted: &'static [&'static str]) -> Muting {
    Muting { by, aspect: None, same_text: true, muted }
}

/// As [`muting`], where it speaks of this part.
const fn muting_aspect(by: &'static str, aspect: Aspect, muted: &'static [&'static str]) -> Muting {
    Muting { by, aspect: Some(aspect), same_text: false, muted }
}

/// Stands for every rule.
const ALL: &[&str] = &["*"];

/// What follows from an endpoint type that is refused.
const BESIDE_A_BROKEN_TYPE: &[&str] = &[
    "public-api",
    "conditionally-public-api",
    "missing-vpc-endpoint-ids",
    "missing-resource-policy",
    "endpoint-ids-on-public-api",
    "unknown-exposure",
    "vpc-condition-on-public-api",
];

/// What follows from a public endpoint type.
const BESIDE_A_PUBLIC_API: &[&str] =
    &["missing-vpc-endpoint-ids", "missing-resource-policy", "unauthorised-route"];

/// What follows from a list of SAM's resource policy that does not come to what is written.
const BESIDE_A_BROKEN_LIST: &[&str] =
    &["missing-resource-policy", "policy-omits-endpoint", "policy-denies-everyone", "policy-open-to-any-vpc"];

/// What follows from an entry that names no endpoint for execute-api.
const BESIDE_A_WRONG_ENTRY: &[&str] =
    &["policy-omits-endpoint", "unapproved-vpc-endpoint", "duplicate-vpc-endpoint-id"];

/// Every other rule about policies.
const BESIDE_NO_POLICY: &[&str] = &[
    "policy-omits-endpoint",
    "policy-open-to-any-vpc",
    "policy-denies-everyone",
    "inverted-endpoint-condition",
    "vpc-condition-on-public-api",
    "source-ip-on-private-api",
    "private-range-on-public-api",
    "if-exists-opens-policy",
    "unsigned-principal-condition",
    "policy-resource-mismatch",
    "invalid-policy-document",
    "stray-sam-stage",
    "widened-allow-list",
    "conflicting-policies",
];

/// Everything else about an endpoint that cannot be made as it is written.
const BESIDE_A_BROKEN_ENDPOINT: &[&str] = &[
    "private-dns-blocks-public-apis",
    "duplicate-private-dns",
    "vpc-dns-disabled",
    "unsupported-dns-option",
    "endpoint-without-subnets",
    "endpoint-security-group-closed",
    "endpoint-open-to-world",
    "endpoint-single-subnet",
    "endpoint-policy-blocks-api",
];

/// In order: a finding that an earlier line has muted mutes nothing.
const TABLE: &[Muting] = &[
    muting("unreadable-template", ALL),
    // In front of what mutes the condition: that nobody gets in follows from it all the same.
    muting("vpc-condition-on-public-api", &["policy-denies-everyone"]),
    muting("sam-endpoint-configuration-shape", BESIDE_A_BROKEN_TYPE),
    muting("invalid-endpoint-type", BESIDE_A_BROKEN_TYPE),
    muting(
        "endpoint-configuration-on-http-api",
        &[
            "public-api",
            "conditionally-public-api",
            "missing-vpc-endpoint-ids",
            "missing-resource-policy",
            "endpoint-ids-on-public-api",
            "vpc-condition-on-public-api",
        ],
    ),
    muting("wrong-endpoint-configuration-key", &["missing-vpc-endpoint-ids"]),
    muting_aspect(
        "wrong-endpoint-configuration-key",
        Aspect::EndpointType,
        &[
            "public-api",
            "missing-resource-policy",
            "endpoint-ids-on-public-api",
            "vpc-condition-on-public-api",
        ],
    ),
    muting("endpoint-ids-on-public-api", &["vpc-condition-on-public-api"]),
    muting_aspect("endpoint-ids-on-public-api", Aspect::OnlyEvidence, &["public-api"]),
    muting("private-range-on-public-api", &["policy-denies-everyone"]),
    muting_aspect("vpc-condition-on-public-api", Aspect::Unstated, &["public-api"]),
    muting_aspect("private-range-on-public-api", Aspect::Unstated, &["public-api"]),
    muting("implicit-public-api", &["public-api"]),
    muting("public-api", BESIDE_A_PUBLIC_API),
    muting("conditionally-public-api", BESIDE_A_PUBLIC_API),
    muting("implicit-public-api", BESIDE_A_PUBLIC_API),
    // A policy that only lacks its version is in force, and who it lets in is another matter.
    muting_aspect("invalid-policy-document", Aspect::Broken, BESIDE_A_BROKEN_LIST),
    muting("sam-allow-list-not-a-list", BESIDE_A_BROKEN_LIST),
    muting("sam-allow-list-entry-ignored", BESIDE_A_BROKEN_LIST),
    muting("sam-unknown-policy-key", BESIDE_A_BROKEN_LIST),
    muting("missing-resource-policy", BESIDE_NO_POLICY),
    muting("unsigned-principal-condition", &["policy-denies-everyone", "policy-omits-endpoint"]),
    muting(
        "inverted-endpoint-condition",
        &["policy-omits-endpoint", "policy-open-to-any-vpc", "policy-denies-everyone"],
    ),
    muting("source-ip-on-private-api", &["policy-denies-everyone", "policy-omits-endpoint"]),
    muting("policy-resource-mismatch", &["policy-denies-everyone", "policy-omits-endpoint"]),
    muting_aspect("policy-resource-mismatch", Aspect::Deny, &["policy-open-to-any-vpc"]),
    muting_aspect("conflicting-policies", Aspect::LetsStrangersIn, &["policy-open-to-any-vpc"]),
    muting_aspect("widened-allow-list", Aspect::LetsStrangersIn, &["policy-open-to-any-vpc"]),
    muting("policy-denies-everyone", &["policy-omits-endpoint"]),
    muting_entry("not-a-vpc-endpoint-id", BESIDE_A_WRONG_ENTRY),
    muting_entry("wrong-endpoint-service", BESIDE_A_WRONG_ENTRY),
    muting("gateway-endpoint-for-execute-api", BESIDE_A_BROKEN_ENDPOINT),
    muting("gateway-endpoint-for-execute-api", &["invalid-endpoint-service-name"]),
    muting("invalid-endpoint-service-name", BESIDE_A_BROKEN_ENDPOINT),
    muting("duplicate-private-dns", &["private-dns-blocks-public-apis"]),
    muting("vpc-dns-disabled", &["private-dns-blocks-public-apis"]),
];

/// Leaves out findings whose every subject another finding explains. Keeps the order of the others.
pub fn mute(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept = findings;
    for muting in TABLE {
        let loud: Vec<Finding> = kept.iter().filter(|finding| muting.is_by(finding)).cloned().collect();
        if !loud.is_empty() {
            kept.retain(|finding| !(muting.concerns(finding) && muting.is_explained(finding, &loud)));
        }
    }
    kept
}

/// Pairs of the table: who mutes whom; `*` stands for every other rule.
pub fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().flat_map(|muting| muting.muted.iter().map(|muted| (muting.by, *muted)))
}

impl Muting {
    /// Whether findings that are loud explain each subject of this one.
    fn is_explained(&self, finding: &Finding, loud: &[Finding]) -> bool {
        let explains = |other: &Finding, subject| {
            other.subjects.iter().any(|known| known.covers(subject))
                && (!self.same_text || share_text(other, finding))
        };
        finding.subjects.iter().all(|subject| loud.iter().any(|other| explains(other, subject)))
    }

    fn is_by(&self, finding: &Finding) -> bool {
        // What could not be decided explains nothing.
        finding.diagnostic.rule.as_str() == self.by
            && finding.aspect != Aspect::Undecided
            && self.aspect.is_none_or(|aspect| aspect == finding.aspect)
    }

    fn concerns(&self, finding: &Finding) -> bool {
        let rule = finding.diagnostic.rule.as_str();
        rule != self.by && (self.muted == ALL || self.muted.contains(&rule))
    }
}

/// Whether two findings point at one text.
fn share_text(left: &Finding, right: &Finding) -> bool {
    let labels = |finding: &Finding| {
        let Diagnostic { primary, related, .. } = &finding.diagnostic;
        std::iter::once(primary).chain(related).map(|label| label.span).collect::<Vec<_>>()
    };
    let places = labels(right);
    labels(left).iter().any(|place| places.contains(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::rules::finding::Subject;
    use crate::source::{FileId, Span, TextRange};

    fn finding(rule: &'static str, resource: Option<&str>) -> Finding {
        let subject = Subject { file: FileId(0), resource: resource.map(str::to_owned) };
        let span = Span::new(FileId(0), TextRange::new(0, 1));
        Finding::new(rule, subject, Severity::Error, "x", Label::new(span, ""))
    }

    fn left(findings: Vec<Finding>) -> Vec<String> {
        mute(findings).iter().map(|finding| finding.diagnostic.rule.to_string()).collect()
    }

    #[test]
    fn muting_is_per_subject() {
        let findings = vec![
            finding("conditionally-public-api", Some("A")),
            finding("missing-resource-policy", Some("A")),
            finding("missing-resource-policy", Some("B")),
        ];
        assert_eq!(left(findings), ["conditionally-public-api", "missing-resource-policy"]);
    }

    #[test]
    fn a_file_covers_all_in_it() {
        let findings = vec![finding("public-api", Some("A")), finding("unreadable-template", None)];
        assert_eq!(left(findings), ["unreadable-template"]);
    }

    #[test]
    fn who_is_muted_mutes_nobody() {
        let findings = vec![
            finding("sam-allow-list-not-a-list", Some("A")),
            finding("policy-denies-everyone", Some("A")),
            finding("missing-resource-policy", Some("A")),
        ];
        assert_eq!(left(findings), ["sam-allow-list-not-a-list"]);
    }

    #[test]
    fn a_shared_finding_goes_only_when_all_its_subjects_are_explained() {
        let shared = |also: &str| {
            finding("missing-vpc-endpoint-ids", Some("A"))
                .also_about([Subject { file: FileId(0), resource: Some(also.to_owned()) }])
        };
        let loud = finding("wrong-endpoint-configuration-key", Some("A"));
        assert_eq!(left(vec![loud.clone(), shared("B")]).len(), 2);
        assert_eq!(left(vec![loud, shared("A")]).len(), 1);
    }

    #[test]
    fn an_aspect_mutes_only_where_it_is_meant() {
        let key = finding("wrong-endpoint-configuration-key", Some("A"));
        let public = finding("public-api", Some("A"));
        assert_eq!(left(vec![key.clone(), public.clone()]).len(), 2);
        assert_eq!(left(vec![key.aspect(Aspect::EndpointType), public]).len(), 1);
    }
}
