//! What people read: findings on real templates, each with its verdict and the lines that prove it.
//!
//! The lists beside this file hold blocks, one a finding:
//!
//! ```text
//! right OWNER__REPO/template.yaml:8:17
//!   says: private API `Api` is not associated with a VPC endpoint
//!   8: Types: [PRIVATE]
//!   note: no VpcEndpointIds anywhere in the file
//! ```
//!
//! `WICKETGATE_BLESS=1` rewrites the messages of findings that are still there; whether the verdict still holds is
//! for the reader. `says` is the message, a number is a line (1-based) that holds the text behind it, `other.yaml:12:` a line of
//! another file of the corpus, and `note` is for the reader. A finding that a person would not call right has no
//! verdict to be listed with: its rule is repaired.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// How many findings of a rule are drawn; of a rule that says less, all are.
const DRAWN: usize = 40;

/// How many have to be read in all.
const READ_AT_LEAST: usize = 150;

/// A finding by its rule and its place: `FILE:LINE:COLUMN`, both 1-based.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rule: String,
    at: String,
}

/// A block of a list.
struct Reading {
    place: Place,
    says: String,
    /// File, line (1-based) and the text that stands there.
    proofs: Vec<(String, usize, String)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/precision")
}

/// FNV-1a, 64 bits: draws the same findings everywhere, and a new one changes nothing about the others.
fn lot(place: &Place) -> u64 {
    place
        .at
        .bytes()
        .chain(place.rule.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn read_list(rule: &str, text: &str, readings: &mut Vec<Reading>, wrong: &mut Vec<String>) {
    for (number, line) in text.lines().enumerate() {
        let mut say =
            |what: &str| wrong.push(format!("tests/precision/{rule}.txt:{}: {what}: {line}", number + 1));
        if line.trim().is_empty() {
            continue;
        }
        if let Some(at) = line.strip_prefix("right ") {
            let place = Place { rule: rule.to_owned(), at: at.to_owned() };
            readings.push(Reading { place, says: String::new(), proofs: Vec::new() });
            continue;
        }
        let (Some(reading), Some((key, value))) = (readings.last_mut(), line.trim_start().split_once(": "))
        else {
            say("neither a verdict nor a proof");
            continue;
        };
        match key {
            "says" => value.clone_into(&mut reading.says),
            "note" => {}
            _ => {
                let own = reading.place.at.rsplitn(3, ':').nth(2).unwrap_or_default();
                let (file, line) = key.rsplit_once(':').unwrap_or((own, key));
                match line.parse() {
                    Ok(line) => reading.proofs.push((file.to_owned(), line, value.to_owned())),
                    Err(_) => say("not a line number"),
                }
            }
        }
    }
}

fn readings(wrong: &mut Vec<String>) -> Vec<Reading> {
    let mut lists: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the lists are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    lists.sort();
    let mut found = Vec::new();
    for list in lists {
        let rule = list.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        read_list(&rule, &fs::read_to_string(&list).expect("a list is UTF-8"), &mut found, wrong);
    }
    found
}

fn joined(messages: &BTreeSet<&str>) -> String {
    messages.iter().copied().collect::<Vec<_>>().join(" | ")
}

/// What is not as the block says about the corpus itself.
fn misquoted(corpus: &Path, reading: &Reading, wrong: &mut Vec<String>) {
    let Place { rule, at } = &reading.place;
    if reading.proofs.is_empty() {
        wrong.push(format!("{rule} {at}: nothing proves it"));
    }
    for (file, line, text) in &reading.proofs {
        let bytes = fs::read(corpus.join(file)).unwrap_or_default();
        let whole = String::from_utf8_lossy(&bytes);
        if !whole.lines().nth(line - 1).is_some_and(|there| there.contains(text)) {
            wrong.push(format!("{rule} {at}: line {line} of {file} does not hold: {text}"));
        }
    }
}

fn place(finding: &Value) -> Place {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let start = &finding["range"]["start"];
    let at = format!("{}:{}:{}", text(&finding["file"]), start["line"], start["column"]);
    Place { rule: text(&finding["rule"]), at }
}

/// Findings that have to be read: those drawn, and each error about a template that `relevant` says yes to.
fn wanted(findings: &[Value], relevant: impl Fn(&str) -> bool) -> BTreeSet<Place> {
    let mut of_rule: BTreeMap<String, BTreeMap<u64, Place>> = BTreeMap::new();
    let mut wanted = BTreeSet::new();
    for finding in findings {
        let place = place(finding);
        if finding["severity"] == "error" && relevant(finding["file"].as_str().unwrap_or_default()) {
            wanted.insert(place.clone());
        }
        of_rule.entry(place.rule.clone()).or_default().insert(lot(&place), place);
    }
    wanted.extend(of_rule.into_values().flat_map(|drawn| drawn.into_values().take(DRAWN)));
    wanted
}

/// Writes the message that a finding has now into its block.
fn rewrite(reading: &Reading, message: &str) {
    let path = folder().join(format!("{}.txt", reading.place.rule));
    let text = fs::read_to_string(&path).expect("the list was read before");
    let block = |says: &str| format!("right {}\n  says: {says}\n", reading.place.at);
    fs::write(&path, text.replace(&block(&reading.says), &block(message))).expect("the list is written");
}

/// Compares what was read with what is found: `shown` under the default settings, `all` under every persona.
/// `relevant` tells a template of class PRIVATE-RELEVANT by its path.
pub(crate) fn compare(corpus: &Path, shown: &[Value], all: &[Value], relevant: impl Fn(&str) -> bool) {
    let mut wrong = Vec::new();
    let readings = readings(&mut wrong);
    let mut found: BTreeMap<Place, BTreeSet<&str>> = BTreeMap::new();
    for finding in shown.iter().chain(all) {
        found.entry(place(finding)).or_default().insert(finding["message"].as_str().unwrap_or_default());
    }
    let mut read = BTreeSet::new();
    for reading in &readings {
        let Place { rule, at } = &reading.place;
        misquoted(corpus, reading, &mut wrong);
        match found.get(&reading.place) {
            None => wrong.push(format!("{rule} {at}: read, and no longer found")),
            Some(messages) if !messages.contains(&reading.says.as_str()) => {
                if std::env::var_os("WICKETGATE_BLESS").is_some() {
                    rewrite(reading, &joined(messages));
                }
                wrong.push(format!("{rule} {at}: says {}", joined(messages)));
            }
            Some(_) => {}
        }
        if !read.insert(reading.place.clone()) {
            wrong.push(format!("{rule} {at}: listed twice"));
        }
    }
    for place in wanted(shown, relevant).difference(&read) {
        let says = found.get(place).map(joined).unwrap_or_default();
        wrong.push(format!("{} {}: drawn or an error, and not read: {says}", place.rule, place.at));
    }
    if read.len() < READ_AT_LEAST {
        wrong.push(format!("{} findings were read, of {READ_AT_LEAST}", read.len()));
    }
    let mut report = String::new();
    for line in &wrong {
        let _ = writeln!(report, "{line}");
    }
    assert!(wrong.is_empty(), "{} places:\n{report}", wrong.len());
    println!("precision: {} findings were read", read.len());
}
