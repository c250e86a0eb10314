//! Meaning against the referee: the map of every SAM template of the shared corpus must be the map of the plain
//! template that aws-sam-translator makes of it: as it stands, in another partition, and with parameter values. A
//! template that the translator refuses has no map but that it is refused, and `check` says so.
#![allow(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "map_differential/facts.rs"]
mod facts;
mod sam_referee;

use std::collections::BTreeMap;

use rayon::prelude::*;
use sam_referee::{Answer, Listed, differences};
use serde_json::Value;
use wicketgate::answer::map::map;
use wicketgate::check::settings::Settings;
use wicketgate::check::{File, Role, run};
use wicketgate::diagnostic::Persona;
use wicketgate::report;
use wicketgate::source::{SourceFile, Sources};
use wicketgate::template::bindings::Bindings;
use wicketgate::workspace::instances::Instances;

/// Templates whose maps differ, with the reason.
const EXCEPTIONS: &str = include_str!("map_differential/exceptions.txt");
/// Templates that only the referee refuses, with the reason.
const REFUSALS: &str = include_str!("sam_referee/refusals.txt");

/// What came of one template.
struct Compared<'answer> {
    answer: &'answer Answer,
    apis: usize,
    differences: Vec<String>,
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

#[test]
fn a_template_and_its_translation_have_the_same_map() {
    let answers = sam_referee::answers();
    let compared: Vec<Compared<'_>> = answers.par_iter().map(compare).collect();
    let (exceptions, refusals) = (Listed::read(EXCEPTIONS), Listed::read(REFUSALS));
    let mut table: BTreeMap<(bool, &str), Counts> = BTreeMap::new();
    let (mut wrong, mut differing) = (Vec::new(), Vec::new());
    for Compared { answer, apis, differences } in &compared {
        let counts = table.entry((!answer.ok, &answer.round)).or_default();
        counts.templates += 1;
        counts.apis += apis;
        if differences.is_empty() {
            counts.equal += 1;
            continue;
        }
        differing.push(answer.file.clone());
        let list = if answer.ok { &exceptions } else { &refusals };
        if list.reason(&answer.file).is_some() {
            counts.listed += 1;
        } else {
            counts.different += 1;
            wrong.push(format!("{} ({}):\n    {}", answer.file, answer.round, differences.join("\n    ")));
        }
    }
    println!("map                    templates  APIs  equal  listed  different");
    for ((refused, round), Counts { templates, apis, equal, listed, different }) in &table {
        let name = format!("{}, {round}", if *refused { "refused" } else { "accepted" });
        println!("{name:22} {templates:9} {apis:5} {equal:6} {listed:7} {different:10}");
        let enough = if *refused { 50 } else { 400 };
        assert!(*templates > enough, "only {templates} templates: {name}");
    }
    assert_eq!(table.len(), 8, "every round has accepted and refused templates");
    assert!(wrong.is_empty(), "{} templates differ:\n{}", wrong.len(), wrong.join("\n"));
    exceptions.assert_all_seen(&differing);
}

fn compare(answer: &Answer) -> Compared<'_> {
    let text = answer.text();
    let ours = map_of(&text, answer.bindings());
    let apis = ours["apis"].as_array().map_or(0, Vec::len);
    let mut found = Vec::new();
    if answer.ok {
        let translation = answer.record["template"].as_str().expect("an accepted template has a translation");
        let theirs = map_of(translation, answer.bindings());
        differences(&facts::normal(&ours), &facts::normal(&theirs), "", &PartialEq::eq, &mut found);
    } else {
        found.extend(ours["apis"].as_array().into_iter().flatten().flat_map(judged));
        found.extend(unsaid(&text, answer.bindings()));
    }
    Compared { answer, apis, differences: found }
}

/// What `map --format json` prints for a template that stands alone.
fn map_of(text: &str, bindings: Bindings) -> Value {
    let (sources, analysis, _) = sam_referee::analysed(text, bindings);
    let mut printed = Vec::new();
    report::map::json::write(&mut printed, &map(&analysis.model, &|_| true), &sources)
        .expect("memory can be written to");
    serde_json::from_slice(&printed).expect("a map is JSON")
}

/// What is said of an API of a refused template beyond that it is refused: nothing may be.
fn judged(api: &Value) -> Vec<String> {
    let name = api["resource"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    if api["refused"].is_null() {
        found.push(format!("{name} is not refused"));
    }
    for case in api["cases"].as_array().into_iter().flatten() {
        if case["endpoint_type"] != "UNKNOWN" {
            found.push(format!("{name} is {}", case["endpoint_type"]));
        }
        for caller in case["callers"].as_array().into_iter().flatten() {
            if caller["decision"] != "unknown" {
                found.push(format!("a caller of {name}: {}", caller["decision"]));
            }
        }
    }
    found
}

/// Whether `check` has nothing to say to an auditor about a refused template, or calls something in it public or
/// private.
fn unsaid(text: &str, bindings: Bindings) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("template", text));
    let settings = Settings {
        instances: Instances::all(vec![bindings]),
        persona: Persona::Auditor,
        ..Settings::default()
    };
    let files = [File { id, role: Role::Reported, problem: None }];
    let outcome = run(&mut sources, &files, &settings, &mut |_, _| None);
    let rules: Vec<&str> = outcome.diagnostics.iter().map(|one| one.rule.as_str()).collect();
    let mut found = Vec::new();
    if rules.is_empty() {
        found.push("check says nothing".to_owned());
    }
    let judging = ["public", "policy-", "missing-"];
    let judged = rules.iter().filter(|rule| judging.iter().any(|word| rule.contains(word)));
    found.extend(judged.map(|rule| format!("check says {rule}")));
    found
}
