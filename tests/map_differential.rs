//! Meaning against the referee: the map of every SAM template of the shared corpus must be the map of the plain
//! template that aws-sam-translator makes of it: as it stands, in another partition, and with parameter values.
//!
//! Wants the shared folder (`../shared`, or `WICKETGATE_SHARED`) and Python with the translator: the one that
//! `WICKETGATE_ORACLE_PYTHON` names, else an environment of its own that is made under `target`.
//! `WICKETGATE_SAM_TRANSLATED` may name the translations of an earlier run.
#![allow(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "map_differential/facts.rs"]
mod facts;
#[path = "sam_differential/referee.rs"]
mod referee;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;
use wicketgate::answer::map::map;
use wicketgate::check::settings::Settings;
use wicketgate::check::{File, Role, analyse};
use wicketgate::report;
use wicketgate::source::{SourceFile, Sources};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::workspace::instances::Instances;

/// Templates whose maps differ, with the reason.
const EXCEPTIONS: &str = include_str!("map_differential/exceptions.txt");

/// What came of one template.
struct Compared {
    file: String,
    round: String,
    apis: usize,
    differences: Vec<String>,
}

#[test]
fn a_template_and_its_translation_have_the_same_map() {
    let translated = std::fs::read_to_string(translated()).expect("the translations are readable");
    let lines: Vec<&str> = translated.lines().collect();
    let compared: Vec<Compared> = lines.par_iter().map(|line| compare(line)).collect();
    let exceptions: BTreeMap<&str, &str> = EXCEPTIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let mut rounds: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut wrong = Vec::new();
    for one in &compared {
        let round = rounds.entry(&one.round).or_default();
        round.templates += 1;
        round.apis += one.apis;
        match (one.differences.is_empty(), exceptions.get(one.file.as_str())) {
            (true, _) => round.equal += 1,
            (false, Some(_)) => round.listed += 1,
            (false, None) => {
                round.different += 1;
                wrong.push(format!("{} {}:\n    {}", one.file, one.round, one.differences.join("\n    ")));
            }
        }
    }
    println!("map      templates  APIs  equal  listed  different");
    for (name, Counts { templates, apis, equal, listed, different }) in &rounds {
        println!("{name:12} {templates:5} {apis:5}  {equal:5} {listed:7} {different:10}");
        assert!(*templates > 400 && *apis > 150, "only {templates} templates with {apis} APIs {name}");
    }
    assert_eq!(rounds.len(), 3, "every round was made");
    assert!(wrong.is_empty(), "{} templates differ:\n{}", wrong.len(), wrong.join("\n"));
    for (file, reason) in exceptions {
        let differs = compared.iter().any(|one| one.file == file && !one.differences.is_empty());
        assert!(differs, "{file} is equal now, yet listed: {reason}");
    }
}

/// One line of the table.
#[derive(Default)]
struct Counts {
    templates: usize,
    apis: usize,
    equal: usize,
    listed: usize,
    different: usize,
}

/// The file of the translations, made by `map_differential/translate.py` unless it is given.
fn translated() -> PathBuf {
    if let Some(path) = std::env::var_os("WICKETGATE_SAM_TRANSLATED") {
        return PathBuf::from(path);
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sam-translated.jsonl");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/map_differential/translate.py");
    referee::run(Command::new(referee::python()).arg(script).arg(referee::shared()).arg(&target));
    target
}

fn compare(line: &str) -> Compared {
    let record: Value = serde_json::from_str(line).expect("each line is one record");
    let file = record["file"].as_str().expect("a record names its file");
    let bytes = std::fs::read(referee::shared().join("corpus").join(file)).expect("the corpus has the file");
    let text = String::from_utf8(bytes).expect("a translated template is UTF-8");
    let bindings = bindings(&record);
    let ours = facts::normal(&map_of(text.trim_start_matches('\u{feff}'), &bindings));
    let theirs = facts::normal(&map_of(&record["template"].to_string(), &bindings));
    let mut differences = Vec::new();
    facts::differences(&ours, &theirs, "", &mut differences);
    let apis = ours["apis"].as_object().map_or(0, serde_json::Map::len);
    let round = record["round"].as_str().expect("a record names its round").to_owned();
    Compared { file: file.to_owned(), round, apis, differences }
}

fn bindings(record: &Value) -> Bindings {
    let given = record["parameters"].as_object().into_iter().flatten();
    let given = given.filter_map(|(name, value)| Some((name.clone(), Binding::text(value.as_str()?))));
    Bindings {
        region: record["region"].as_str().map(str::to_owned),
        parameters: given.collect(),
        ..Bindings::default()
    }
}

/// What `map --format json` prints for a template that stands alone.
fn map_of(text: &str, bindings: &Bindings) -> Value {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("template", text));
    let settings = Settings { instances: Instances::all(vec![bindings.clone()]), ..Settings::default() };
    let files = [File { id, role: Role::Reported, problem: None }];
    let analysis = analyse(&mut sources, &files, &settings, &mut |_, _| None);
    let mut printed = Vec::new();
    report::map::json::write(&mut printed, &map(&analysis.model, &|_| true), &sources)
        .expect("memory can be written to");
    serde_json::from_slice(&printed).expect("a map is JSON")
}
