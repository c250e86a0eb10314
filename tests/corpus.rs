//! Real templates: every one of the corpus goes through `check`, each repository as a workspace of its own.
//!
//! Needs `../shared` (or `WICKETGATE_SHARED`); a missing corpus fails. Prints files, APIs and seconds.
#![allow(clippy::print_stdout, clippy::panic, reason = "a test says what it saw, and may stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

/// APIs and findings over the whole corpus: a change of the model or of a rule shows here. Which templates are
/// unreadable is pinned by name in `conformance`.
const COUNTS: &str = include_str!("corpus/counts.txt");

fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("WICKETGATE_SHARED").map_or(beside, PathBuf::from)
}

/// Templates by workspace: `OWNER__REPO`, and `OWNER__REPO/history-COMMIT` apart from it.
fn workspaces(corpus: &Path) -> BTreeMap<String, Vec<String>> {
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).expect("the corpus has a manifest");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let (Some(file), Some(&"template")) = (columns.first(), columns.get(5)) else { continue };
        let mut parts = file.split('/');
        let repository = parts.next().unwrap_or_default();
        let workspace = match parts.next() {
            Some(folder) if folder.starts_with("history-") => format!("{repository}/{folder}"),
            _ => repository.to_owned(),
        };
        found.entry(workspace).or_default().push((*file).to_owned());
    }
    found
}

fn run(corpus: &Path, verb: &str, files: &[String]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .current_dir(corpus)
        .args([verb, "--isolated", "--format", "json"])
        .args(files)
        .output()
        .expect("the binary runs");
    let status = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(status, Some(0 | 1)), "{verb} ended with {status:?} on {:?}: {errors}", files.first());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{:?}: {error}", files.first()))
}

#[test]
fn every_template_goes_through_check() {
    let corpus = shared().join("corpus");
    let workspaces = workspaces(&corpus);
    let started = Instant::now();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut files = 0;
    for named in workspaces.values() {
        files += named.len();
        let found = run(&corpus, "check", named);
        for finding in found["diagnostics"].as_array().expect("diagnostics are a list") {
            let rule = finding["rule"].as_str().unwrap_or_default();
            *counts.entry(format!("finding {rule}")).or_default() += 1;
        }
        let map = run(&corpus, "map", named);
        for api in map["apis"].as_array().expect("APIs are a list") {
            let kind = api["kind"].as_str().unwrap_or_default();
            *counts.entry(format!("api {kind}")).or_default() += 1;
            for case in api["cases"].as_array().into_iter().flatten() {
                let word = case["endpoint_type"].as_str().unwrap_or_default();
                *counts.entry(format!("case {kind} {word}")).or_default() += 1;
            }
        }
        *counts.entry("endpoint".to_owned()).or_default() += map["endpoints"].as_array().map_or(0, Vec::len);
    }
    let apis: usize = counts.iter().filter(|(key, _)| key.starts_with("api ")).map(|(_, count)| count).sum();
    println!("corpus: {files} templates, {apis} APIs, {:.1} s", started.elapsed().as_secs_f64());
    let counts: Vec<String> = counts.iter().map(|(key, count)| format!("{count:6} {key}")).collect();
    if std::env::var_os("WICKETGATE_BLESS").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        std::fs::write(folder.join("counts.txt"), counts.join("\n") + "\n").expect("counts are written");
        return;
    }
    assert_eq!(counts.join("\n"), COUNTS.trim_end(), "counts over the corpus");
}
