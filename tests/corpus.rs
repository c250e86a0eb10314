//! Real templates: every one of the corpus goes through `check`, each repository as a workspace of its own.
//!
//! Needs `../shared` (or `WICKETGATE_SHARED`); a missing corpus fails. Prints files, APIs and seconds.
#![allow(clippy::print_stdout, clippy::panic, reason = "a test says what it saw, and may stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::referee::shared;

mod precision;
mod referee;

/// APIs and findings (`finding` under the default settings, `auditor` under that persona) over the whole corpus: a change of the model or of a rule shows here. Which templates are
/// unreadable is pinned by name in `conformance`.
const COUNTS: &str = include_str!("corpus/counts.txt");

/// The templates of the corpus.
#[derive(Default)]
struct Manifest {
    /// By workspace: `OWNER__REPO`, and `OWNER__REPO/history-COMMIT` apart from it.
    workspaces: BTreeMap<String, Vec<String>>,
    /// Those of class PRIVATE-RELEVANT.
    relevant: BTreeSet<String>,
}

fn manifest(corpus: &Path) -> Manifest {
    let text = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).expect("the corpus has a manifest");
    let mut found = Manifest::default();
    for line in text.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let [file, _, _, _, _, "template", classes] = columns[..] else { continue };
        let mut parts = file.split('/');
        let repository = parts.next().unwrap_or_default();
        let workspace = match parts.next() {
            Some(folder) if folder.starts_with("history-") => format!("{repository}/{folder}"),
            _ => repository.to_owned(),
        };
        found.workspaces.entry(workspace).or_default().push(file.to_owned());
        if classes.split(',').any(|class| class == "PRIVATE-RELEVANT") {
            found.relevant.insert(file.to_owned());
        }
    }
    found
}

fn run(corpus: &Path, verb: &[&str], files: &[String]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .current_dir(corpus)
        .args(verb)
        .args(["--isolated", "--format", "json"])
        .args(files)
        .output()
        .expect("the binary runs");
    let status = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(status, Some(0 | 1)), "{verb:?} ended with {status:?} on {:?}: {errors}", files.first());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{:?}: {error}", files.first()))
}

fn list(document: &Value, key: &str) -> Vec<Value> {
    document[key].as_array().expect("it is a list").clone()
}

/// Counts kinds of APIs, their endpoint types and the endpoints of a workspace.
fn count_map(map: &Value, counts: &mut BTreeMap<String, usize>) {
    for api in list(map, "apis") {
        let kind = api["kind"].as_str().unwrap_or_default();
        *counts.entry(format!("api {kind}")).or_default() += 1;
        for case in api["cases"].as_array().into_iter().flatten() {
            let word = case["endpoint_type"].as_str().unwrap_or_default();
            *counts.entry(format!("case {kind} {word}")).or_default() += 1;
        }
    }
    *counts.entry("endpoint".to_owned()).or_default() += list(map, "endpoints").len();
}

fn expect_counts(counts: &BTreeMap<String, usize>) {
    let lines: Vec<String> = counts.iter().map(|(key, count)| format!("{count:6} {key}")).collect();
    if std::env::var_os("WICKETGATE_BLESS").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        std::fs::write(folder.join("counts.txt"), lines.join("\n") + "\n").expect("counts are written");
        return;
    }
    let pinned: Vec<&str> = COUNTS.lines().collect();
    let new = lines.iter().filter(|line| !pinned.contains(&line.as_str())).map(|line| format!("now {line}"));
    let old =
        pinned.iter().filter(|line| !lines.iter().any(|now| now == *line)).map(|line| format!("was {line}"));
    let changed: Vec<String> = new.chain(old).collect();
    assert!(changed.is_empty(), "counts over the corpus:\n{}", changed.join("\n"));
}

#[test]
fn every_template_goes_through_check() {
    let corpus = shared().join("corpus");
    let manifest = manifest(&corpus);
    let started = Instant::now();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut shown, mut all) = (Vec::new(), Vec::new());
    for named in manifest.workspaces.values() {
        shown.extend(list(&run(&corpus, &["check"], named), "diagnostics"));
        all.extend(list(&run(&corpus, &["check", "--persona", "auditor"], named), "diagnostics"));
        count_map(&run(&corpus, &["map"], named), &mut counts);
    }
    for (persona, findings) in [("finding", &shown), ("auditor", &all)] {
        for finding in findings {
            let rule = finding["rule"].as_str().unwrap_or_default();
            *counts.entry(format!("{persona} {rule}")).or_default() += 1;
        }
    }
    let files: usize = manifest.workspaces.values().map(Vec::len).sum();
    let apis: usize = counts.iter().filter(|(key, _)| key.starts_with("api ")).map(|(_, count)| count).sum();
    println!("corpus: {files} templates, {apis} APIs, {:.1} s", started.elapsed().as_secs_f64());
    expect_counts(&counts);
    precision::compare(&corpus, &shown, &all, |file| manifest.relevant.contains(file));
}
