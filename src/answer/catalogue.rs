//! What `explain` and `rules` say: the pages of the catalogue as plain data.
//!
//! The words come from the rules' metadata; nothing is added here.

use crate::diagnostic::nearest::ranked;
use crate::diagnostic::{Applicability, Confidence, Persona, RuleId, Severity};
use crate::rules::metadata::{
    ConfidenceWord, FixWord, Metadata, PersonaWord, Reference, SeverityWord, ids, is_known, load, load_all,
};
use crate::rules::own::OwnRule;
use crate::rules::own::example::Input;
use crate::source::Sources;

/// Most names offered for an unknown one.
const SUGGESTION_LIMIT: usize = 3;

/// One rule's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The rule's id.
    pub id: String,
    /// The flaw in a few words.
    pub title: String,
    /// The part of the catalogue it stands in.
    pub group: String,
    /// Severity when nothing else is known.
    pub severity: Severity,
    /// Other severities, most harmful first, and when they apply.
    pub severity_changes: Vec<(Severity, String)>,
    /// Confidence when nothing else is known.
    pub confidence: Confidence,
    /// Other confidences and when they apply.
    pub confidence_changes: Vec<(Confidence, String)>,
    /// Lowest persona that sees it.
    pub persona: Persona,
    /// The change it offers, `None` for none.
    pub fix: Option<Applicability>,
    /// The version that brought it; empty for a rule of the organisation that names none.
    pub since: String,
    /// The file of a rule of the organisation; `None` for a built-in one.
    pub own: Option<String>,
    /// What is wrong.
    pub what: String,
    /// Who can call, or who cannot.
    pub why: String,
    /// What it recognises.
    pub flags: Vec<String>,
    /// What it leaves alone.
    pub not: Vec<String>,
    /// How to fix it.
    pub remedies: Vec<String>,
    /// A short template that is reported.
    pub bad: String,
    /// The smallest change that makes it silent.
    pub good: String,
    /// What a page of the documentation says, and its address.
    pub references: Vec<(String, String)>,
    /// Rules that are silent when this one speaks; `*` means all others in the file.
    pub mutes: Vec<String>,
    /// Rules that make this one silent.
    pub muted_by: Vec<String>,
}

/// Whether a built-in rule has this id.
pub fn is_built_in(rule: &RuleId) -> bool {
    is_known(rule.as_str())
}

/// The page of a built-in rule; `None` for an unknown id.
pub fn page(id: &str) -> Option<Page> {
    load(id).map(from_metadata)
}

/// All pages in the order of the catalogue.
pub fn pages() -> Vec<Page> {
    load_all().into_iter().map(from_metadata).collect()
}

/// The page of a rule of the organisation.
pub fn own_page(rule: &OwnRule, sources: &Sources) -> Page {
    let page = rule.page.clone();
    let template = |bad: bool| {
        let inputs = rule.examples.iter().filter(|case| case.bad == bad).map(|case| &case.input);
        inputs.filter_map(first_text).next().unwrap_or_default()
    };
    Page {
        id: rule.id.to_string(),
        what: if page.what.is_empty() { format!("{}.", page.title) } else { page.what },
        title: page.title,
        group: page.group,
        severity: rule.severity,
        severity_changes: Vec::new(),
        confidence: rule.confidence,
        confidence_changes: Vec::new(),
        persona: rule.persona,
        fix: None,
        since: page.since,
        own: Some(sources.name(rule.file()).to_owned()),
        why: page.why,
        flags: page.flags,
        not: page.not,
        remedies: page.remedies,
        bad: template(true),
        good: template(false),
        references: references(page.references),
        mutes: Vec::new(),
        muted_by: Vec::new(),
    }
}

/// The first template of an example that stands in the rule file.
fn first_text(input: &Input) -> Option<String> {
    match input {
        Input::Texts(texts) => texts.first().map(|(_, text)| text.clone()),
        Input::Path(_) => None,
    }
}

fn references(references: Vec<Reference>) -> Vec<(String, String)> {
    references.into_iter().map(|reference| (reference.claim, reference.url)).collect()
}

/// Rules that somebody who wrote `word` may have meant, built-in ones or those of `own`, the likeliest first; at
/// most three.
pub fn suggestions(word: &str, own: &[&str]) -> Vec<String> {
    let mut known: Vec<&str> = ids().map(RuleId::as_str).collect();
    known.extend(own);
    let mut found = ranked(word, known.iter().copied());
    let is_part = |id: &&str| !word.is_empty() && id.contains(&word.to_lowercase());
    let parts: Vec<&str> = known.into_iter().filter(is_part).filter(|id| !found.contains(id)).collect();
    found.extend(parts);
    found.truncate(SUGGESTION_LIMIT);
    found.into_iter().map(str::to_owned).collect()
}

fn from_metadata(metadata: Metadata) -> Page {
    Page {
        id: metadata.id,
        title: metadata.title,
        group: metadata.group,
        severity: severity(metadata.severity),
        severity_changes: metadata
            .severity_changes
            .into_iter()
            .map(|(word, when)| (severity(word), when))
            .collect(),
        confidence: confidence(metadata.confidence),
        confidence_changes: metadata
            .confidence_changes
            .into_iter()
            .map(|(word, when)| (confidence(word), when))
            .collect(),
        persona: persona(metadata.persona),
        fix: match metadata.fix {
            FixWord::Safe => Some(Applicability::Safe),
            FixWord::Unsafe => Some(Applicability::Unsafe),
            FixWord::None => None,
        },
        since: metadata.since,
        own: None,
        what: metadata.what,
        why: metadata.why,
        flags: metadata.flags,
        not: metadata.not,
        remedies: metadata.remedies,
        bad: metadata.example.bad,
        good: metadata.example.good,
        references: references(metadata.references),
        mutes: metadata.mutes,
        muted_by: metadata.muted_by,
    }
}

fn severity(word: SeverityWord) -> Severity {
    match word {
        SeverityWord::Error => Severity::Error,
        SeverityWord::Warning => Severity::Warning,
        SeverityWord::Info => Severity::Info,
    }
}

fn confidence(word: ConfidenceWord) -> Confidence {
    match word {
        ConfidenceWord::High => Confidence::High,
        ConfidenceWord::Medium => Confidence::Medium,
        ConfidenceWord::Low => Confidence::Low,
    }
}

fn persona(word: PersonaWord) -> Persona {
    match word {
        PersonaWord::Regular => Persona::Regular,
        PersonaWord::Pedantic => Persona::Pedantic,
        PersonaWord::Auditor => Persona::Auditor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_slips_first_and_parts_of_names_next() {
        assert_eq!(suggestions("pubilc-api", &[]), ["public-api"]);
        assert_eq!(suggestions("blocks-public", &[]), ["private-dns-blocks-public-apis"]);
        assert_eq!(suggestions("POLICY", &[]).len(), SUGGESTION_LIMIT);
        assert_eq!(suggestions("zzz", &["zzzz"]), ["zzzz"]);
        assert_eq!(suggestions("", &[]), [""; 0]);
    }

    #[test]
    fn there_is_a_page_for_each_rule() {
        assert_eq!(pages().len(), ids().count());
        assert_eq!(page("public-api").map(|page| page.severity), Some(Severity::Warning));
        assert_eq!(page("no-such-rule"), None);
    }
}
