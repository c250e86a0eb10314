//! Lowering against the referee: the exposure facts of every SAM template of the shared corpus, as our lowering and
//! as aws-sam-translator have them.
//!
//! Wants the shared folder (`../shared`, or `WICKETGATE_SHARED`) and Python with the translator: the one that
//! `WICKETGATE_ORACLE_PYTHON` names, else an environment of its own that is made under `target`.
//! `WICKETGATE_SAM_EXPECTED` may name the referee's answers of an earlier run.

#[path = "sam_differential/facts.rs"]
mod facts;
#[path = "sam_differential/referee.rs"]
mod referee;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use wicketgate::source::FileId;
use wicketgate::syntax::parse::parse;
use wicketgate::template::bindings::Bindings;
use wicketgate::template::document::Template;
use wicketgate::template::expand::{Known, expand};
use wicketgate::template::lowered::Lowered;
use wicketgate::template::sam::lower;

/// Templates that are known to differ, with the reason.
const EXPLAINED: &str = include_str!("sam_differential/explained.txt");

#[test]
fn lowering_agrees_with_the_referee() {
    let expected = std::fs::read_to_string(expected()).expect("the expected facts are readable");
    let explained: BTreeMap<&str, &str> = EXPLAINED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let mut differing = Vec::new();
    let mut compared = 0;
    for line in expected.lines() {
        let record: Value = serde_json::from_str(line).expect("each line is one record");
        let file = record["file"].as_str().expect("a record names its file");
        compared += 1;
        let differences = compare(file, &record);
        match (differences.is_empty(), explained.get(file)) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(reason)) => differing.push(format!("{file}: agrees now, yet is explained: {reason}")),
            (false, None) => differing.push(format!("{file}: {}", differences.join("\n    "))),
        }
    }
    assert!(compared > 1000, "only {compared} templates were compared");
    assert!(
        differing.is_empty(),
        "{} of {compared} templates differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
}

/// The file of the referee's answers, made by `sam_differential/expected.py` unless it is given.
fn expected() -> PathBuf {
    if let Some(path) = std::env::var_os("WICKETGATE_SAM_EXPECTED") {
        return PathBuf::from(path);
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sam-expected.jsonl");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sam_differential/expected.py");
    referee::run(Command::new(referee::python()).arg(script).arg(referee::shared()).arg(&target));
    target
}

fn compare(file: &str, record: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(referee::shared().join("corpus").join(file))
        .expect("the corpus has the file");
    let text: Arc<str> = text.trim_start_matches('\u{feff}').into();
    let parsed = parse(FileId(0), &text);
    let Some(template) = Template::read(Arc::new(parsed.tree)) else {
        return vec!["cannot be read as a template".to_owned()];
    };
    let bindings = Bindings { region: record["region"].as_str().map(str::to_owned), ..Bindings::default() };
    let known = Known { bindings: &bindings, open: &BTreeSet::new() };
    let template = expand(&template, known, &|_| None).unwrap_or(template);
    let lowered = lower(&template, &bindings, &|_| None);
    match record["ok"].as_bool() {
        Some(true) => compare_facts(&lowered, record),
        _ => compare_refusal(&lowered, record),
    }
}

/// What the translator refuses must be refused.
fn compare_refusal(lowered: &Lowered, record: &Value) -> Vec<String> {
    match lowered.refusals.is_empty() {
        true => vec![format!("not refused: {}", record["error"])],
        false => Vec::new(),
    }
}

fn compare_facts(lowered: &Lowered, record: &Value) -> Vec<String> {
    if let Some(refusal) = lowered.refusals.first() {
        return vec![format!("refused: {:?} {}", refusal.resource, refusal.reason)];
    }
    // The translator also puts in the region.
    let mut known = record["defaults"].clone();
    known["AWS::Region"] = record["region"].clone();
    let ours = facts::normal(&facts::of(lowered), &known);
    let theirs = facts::normal(&facts::comparable(&record["exposure"]), &known);
    let mut differences = Vec::new();
    facts::differences(&ours, &theirs, "", &mut differences);
    differences
}
