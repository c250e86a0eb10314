//! The table of rules of a SARIF log: what a viewer shows beside a finding.
//!
//! The words are those of the pages of the catalogue.

use std::collections::BTreeMap;

use crate::answer::catalogue::Page;
use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::report::catalogue::persona_word;
use crate::report::json::confidence_word;
use crate::report::sarif::level;
use crate::report::sarif::log::{Configuration, Descriptor, Help, Message, RuleProperties};

/// What stands where a rule's name would for what is no rule, and what it is about.
const OTHERS: &[(&str, &str)] = &[
    ("policy-file", "Mistake in the policy file."),
    ("environment", "Mistake in a parameter file, a samconfig or a value of a parameter."),
    ("own-rule", "Mistake in a rule of the organisation."),
];

/// The table, and where in it a rule stands.
pub(super) struct Table<'a> {
    pub(super) rules: Vec<Descriptor<'a>>,
    indices: BTreeMap<&'a str, usize>,
}

impl<'a> Table<'a> {
    /// All `pages`, in their order, and an entry for whatever else speaks in `diagnostics`.
    pub(super) fn new(pages: &'a [Page], diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Self {
        let mut table = Self { rules: Vec::with_capacity(pages.len()), indices: BTreeMap::new() };
        for page in pages {
            table.add(&page.id, || described(page));
        }
        for diagnostic in diagnostics {
            let id = diagnostic.rule.as_str();
            table.add(id, || undescribed(id));
        }
        table
    }

    fn add(&mut self, id: &'a str, descriptor: impl FnOnce() -> Descriptor<'a>) {
        if !self.indices.contains_key(id) {
            self.indices.insert(id, self.rules.len());
            self.rules.push(descriptor());
        }
    }

    /// Where the rule of one of the diagnostics stands.
    pub(super) fn index(&self, id: &str) -> usize {
        self.indices.get(id).copied().unwrap_or_default()
    }
}

fn undescribed(id: &str) -> Descriptor<'_> {
    let known = OTHERS.iter().find(|(name, _)| *name == id);
    let text = known.map_or_else(|| format!("{id}."), |(_, text)| (*text).to_owned());
    Descriptor {
        id,
        name: String::new(),
        short_description: Message { text },
        full_description: None,
        help_uri: None,
        help: None,
        default_configuration: None,
        properties: None,
    }
}

fn described(page: &Page) -> Descriptor<'_> {
    Descriptor {
        id: &page.id,
        name: pascal_case(&page.id),
        short_description: Message { text: format!("{}.", page.title) },
        full_description: Some(Message { text: page.what.clone() }),
        help_uri: page.references.first().map(|(_, url)| url.as_str()),
        help: Some(Help { text: help_text(page), markdown: help_markdown(page) }),
        default_configuration: Some(Configuration { level: level(page.severity) }),
        properties: Some(RuleProperties {
            tags: [&page.group],
            precision: precision(page.confidence),
            problem_severity: problem_severity(page.severity),
            persona: persona_word(page.persona),
        }),
    }
}

/// `public-api` → `PublicApi`.
fn pascal_case(id: &str) -> String {
    let capital = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    id.split('-').map(capital).collect()
}

fn help_text(page: &Page) -> String {
    let mut text = page.why.clone();
    for remedy in &page.remedies {
        text += &format!("\n- {remedy}");
    }
    if page.own.is_none() {
        text += &format!("\nwicketgate explain {}", page.id);
    }
    text
}

fn help_markdown(page: &Page) -> String {
    let references: Vec<String> =
        page.references.iter().map(|(claim, url)| format!("{claim} <{url}>")).collect();
    let mut text = format!("{}\n\n{}\n", page.what, page.why);
    for (title, items) in [
        ("What it reports", &page.flags),
        ("What it leaves alone", &page.not),
        ("What to do", &page.remedies),
        ("References", &references),
    ] {
        if !items.is_empty() {
            text += &format!("\n**{title}**\n\n");
            items.iter().for_each(|item| text += &format!("- {item}\n"));
        }
    }
    text
}

/// How GitHub calls a confidence.
fn precision(confidence: Confidence) -> &'static str {
    confidence_word(confidence)
}

/// How GitHub calls the severity of what is no vulnerability.
fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    }
}
