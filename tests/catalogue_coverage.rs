//! The catalogue against its specification: `rules.md` and the failure catalogue of the shared folder. The same rules
//! with the same severity, confidence and persona, and for each failure the same rules as its table says.
//!
//! Needs `../shared` (or `WICKETGATE_SHARED`); a missing file fails. Compares no wording.
#![allow(clippy::panic, reason = "a test may stop at what should be there")]

#[path = "catalogue/coverage.rs"]
mod coverage;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;

use wicketgate::check::muting::pairs;
use wicketgate::rules::metadata::{self, ConfidenceWord, Metadata, PersonaWord, SeverityWord};

fn shared(name: &str) -> String {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("WICKETGATE_SHARED").map_or(beside, Into::into);
    let path = folder.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text from the line that begins with `## NUMBER.` to the next such line.
fn section(text: &str, number: u32) -> &str {
    let start = text.find(&format!("\n## {number}. ")).unwrap_or_else(|| panic!("no section {number}"));
    let rest = &text[start + 1..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// The cells of the rows of all tables of a text, without blanks around them.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split(" | ").map(str::trim).collect()).collect()
}

/// A row of the tables of sections 6 to 12.
struct Specified<'text> {
    severity: &'text str,
    confidence: &'text str,
    persona: &'text str,
    numbers: BTreeSet<u32>,
}

/// Every rule of the specification by its id.
fn specified(text: &str) -> BTreeMap<&str, Specified<'_>> {
    let mut found = BTreeMap::new();
    for row in (6..=12).flat_map(|number| rows(section(text, number))) {
        let Some(id) = row.first().and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`')) else {
            continue;
        };
        let [_, severity, confidence, persona, .., numbers, _] = row.as_slice() else {
            panic!("{id}: {} cells", row.len())
        };
        let in_full =
            text.split_once(&format!("\n### `{id}`")).and_then(|(_, rest)| rest.split("\n#").next());
        let first_line = in_full.and_then(|text| text.split(" · ").next()).unwrap_or_default();
        let cell = |cell| if cell == "section 5" { first_line } else { cell };
        let numbers = numbers.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let rule = Specified { severity: cell(severity), confidence, persona, numbers };
        assert!(found.insert(id, rule).is_none(), "{id} stands twice");
    }
    found
}

/// The words of a text that are among those given, in the order of the text.
fn words<W: Copy>(text: &str, known: &[(&str, W)]) -> Vec<W> {
    let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
    words.filter_map(|word| known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)).collect()
}

/// The levels that may stand for the usual one: both of `A if …; else B`, the one before `otherwise`, else the first.
fn usual<W: Copy>(text: &str, known: &[(&str, W)]) -> Vec<W> {
    let found = words(text, known);
    if text.contains(", else ") || text.contains("; else ") {
        return found;
    }
    let before = text.split_once(" otherwise").and_then(|(before, _)| words(before, known).pop());
    before.or(found.first().copied()).into_iter().collect()
}

const SEVERITIES: [(&str, SeverityWord); 3] =
    [("error", SeverityWord::Error), ("warning", SeverityWord::Warning), ("info", SeverityWord::Info)];
const CONFIDENCES: [(&str, ConfidenceWord); 3] =
    [("high", ConfidenceWord::High), ("medium", ConfidenceWord::Medium), ("low", ConfidenceWord::Low)];
const PERSONAS: [(&str, PersonaWord); 3] =
    [("R", PersonaWord::Regular), ("P", PersonaWord::Pedantic), ("A", PersonaWord::Auditor)];

/// How a level and its exceptions differ from what the specification says.
fn level<W: Copy + Ord + Debug>(
    what: &str,
    text: &str,
    known: &[(&str, W)],
    level: W,
    changes: &BTreeMap<W, String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let usual = usual(text, known);
    if !usual.contains(&level) {
        wrong.push(format!("{what} {level:?}, specified {usual:?}"));
    }
    let said: BTreeSet<W> = words(text, known).into_iter().collect();
    let missing = said.iter().filter(|word| **word != level && !changes.contains_key(word));
    wrong.extend(
        missing.map(|word| format!("{what} {word:?} is specified, and the rule does not speak of it")),
    );
    wrong
}

fn differences(rule: &Metadata, specified: &Specified<'_>) -> Vec<String> {
    let mut wrong = level("severity", specified.severity, &SEVERITIES, rule.severity, &rule.severity_changes);
    let (usual, changes) = (rule.confidence, &rule.confidence_changes);
    wrong.extend(level("confidence", specified.confidence, &CONFIDENCES, usual, changes));
    if words(specified.persona, &PERSONAS) != [rule.persona] {
        wrong.push(format!("persona {:?}, specified {}", rule.persona, specified.persona));
    }
    wrong.into_iter().map(|line| format!("{}: {line}", rule.id)).collect()
}

#[test]
fn rules_are_those_of_the_specification() {
    let text = shared("rules.md");
    let specified = specified(&text);
    assert!(text.contains(&format!("\n{} rules. ", specified.len())), "{} rules", specified.len());
    let mut wrong = Vec::new();
    for id in specified.keys().filter(|id| !metadata::is_known(id)) {
        wrong.push(format!("{id}: there is no such rule"));
    }
    for rule in metadata::load_all() {
        match specified.get(rule.id.as_str()) {
            Some(specified) => wrong.extend(differences(&rule, specified)),
            None => wrong.push(format!("{}: not in the specification", rule.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rules of each failure by section 13; none where it says that there is nothing to report or to check.
fn rules_by_failure<'text>(
    text: &'text str,
    ids: &BTreeSet<&'text str>,
) -> BTreeMap<u32, BTreeSet<&'text str>> {
    let mut found = BTreeMap::new();
    for row in rows(section(text, 13)) {
        for pair in row.chunks(2) {
            let [number, said] = pair else { continue };
            let Ok(number) = number.parse::<u32>() else { continue };
            let nothing = said.starts_with("not checkable") || said.starts_with("nothing to report");
            let words = said.split(|letter: char| !letter.is_ascii_lowercase() && letter != '-');
            let rules = words.filter(|word| !nothing && ids.contains(word)).collect();
            assert!(found.insert(number, rules).is_none(), "{number} stands twice");
        }
    }
    found
}

#[test]
fn failures_are_reported_by_the_rules_that_the_specification_names() {
    let text = shared("rules.md");
    let specified = specified(&text);
    let by_failure = rules_by_failure(&text, &specified.keys().copied().collect());
    let written = std::fs::read_to_string(coverage::path()).expect("coverage.txt is there");
    let lines = coverage::read(&written);
    assert_eq!(by_failure.keys().copied().collect::<Vec<_>>(), (1..=coverage::FAILURES).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (number, rules) in &by_failure {
        let expected: BTreeSet<&str> = rules.iter().copied().collect();
        let shown = coverage::rules_of(&lines, *number);
        if shown != expected {
            wrong.push(format!("{number}: shown by {shown:?}, specified {expected:?}"));
        }
        let strangers =
            shown.iter().filter(|id| specified.get(**id).is_none_or(|one| !one.numbers.contains(number)));
        wrong.extend(strangers.map(|id| format!("{number}: not among the numbers of {id}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_failure_catalogue_has_the_numbers_that_are_covered() {
    let text = shared("domain/failure-catalogue.md");
    let numbers: Vec<u32> = rows(&text).iter().filter_map(|row| row.first()?.parse().ok()).collect();
    assert_eq!(numbers, (1..=coverage::FAILURES).collect::<Vec<_>>());
}

/// The ids in backquotes, in the order of the text.
fn quoted<'text>(text: &'text str, ids: &BTreeSet<&'text str>) -> Vec<&'text str> {
    text.split('`').skip(1).step_by(2).filter(|word| ids.contains(word)).collect()
}

/// Ids of the tables of a section.
fn ids_of(text: &str, number: u32) -> Vec<&str> {
    let rows = rows(section(text, number));
    rows.iter().filter_map(|row| row.first()?.strip_prefix('`')?.strip_suffix('`')).collect()
}

/// Who mutes whom by a row of section 4; `*` stands for all.
fn muted_by_row<'text>(
    text: &'text str,
    row: &[&'text str],
    ids: &BTreeSet<&'text str>,
) -> Vec<(&'text str, &'text str)> {
    let [by, muted] = row else { return Vec::new() };
    let by = quoted(by, ids);
    let mut found = Vec::new();
    for clause in muted.split(';') {
        let mut named = quoted(clause, ids);
        let mut by = by.clone();
        // `implicit-public-api` also mutes `public-api`
        if clause.contains(" also ") && named.first().is_some_and(|first| by.contains(first)) {
            by = vec![named.remove(0)];
        }
        if clause.starts_with("all others in that file") {
            named.push("*");
        } else if clause.starts_with("every other policy rule") {
            named.extend(ids_of(text, 9));
        } else if clause.starts_with("all other endpoint and dns rules") {
            named.extend(ids_of(text, 10));
        }
        found.extend(by.iter().flat_map(|by| named.iter().map(move |muted| (*by, *muted))));
    }
    found.retain(|(by, muted)| by != muted);
    found
}

#[test]
fn findings_mute_each_other_as_specified() {
    let text = shared("rules.md");
    let specified = specified(&text);
    let ids: BTreeSet<&str> = specified.keys().copied().collect();
    let done: BTreeSet<(&str, &str)> = pairs().collect();
    let expected = rows(section(&text, 4)).into_iter().flat_map(|row| muted_by_row(&text, &row, &ids));
    let expected: BTreeSet<(&str, &str)> = expected.collect();
    assert!(expected.len() > 60, "{} pairs", expected.len());
    // Of two rules that mute each other one speaks.
    let is_done = |(by, muted): &(&str, &str)| {
        let mutual = expected.contains(&(*muted, *by)) && done.contains(&(*muted, *by));
        mutual || done.contains(&(*by, *muted))
    };
    let missing = expected.iter().filter(|pair| !is_done(pair));
    let missing: Vec<String> = missing.map(|(by, muted)| format!("{by} does not mute {muted}")).collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
