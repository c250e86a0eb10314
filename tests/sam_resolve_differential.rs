//! Values against the referees: `resolve` of every SAM template of the shared corpus must be what the independent
//! resolver makes of its translation: with defaults and with values given, in two partitions. Compared through
//! the facts of the referee's own script. Refused templates must be refused.
#![allow(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "resolve_corpus/notation.rs"]
mod notation;
mod sam_referee;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use notation::Notation;
use rayon::prelude::*;
use sam_referee::{Answer, Listed, differences};
use serde_json::{Value, json};
use wicketgate::answer::resolve::{EXPOSURE_TYPES, resolve};
use wicketgate::report::resolve::{Subject, write};

/// Templates that are known to differ, with the reason.
const LISTED: &str = include_str!("sam_referee/resolved.txt");
/// Templates that are refused by only one side, with the reason.
const REFUSALS: &str = include_str!("sam_referee/refusals.txt");

/// One line of the table.
#[derive(Default)]
struct Counts {
    templates: usize,
    equal: usize,
    listed: usize,
    /// The referee cannot work out the translation, and neither can we.
    neither: usize,
    different: usize,
}

/// How one template compares.
enum Verdict {
    Equal,
    Neither,
    Different(Vec<String>),
}

#[test]
fn a_template_resolves_as_its_translation_does() {
    let answers = sam_referee::answers();
    let ours = ours(&answers);
    let (listed, refusals) = (Listed::read(LISTED), Listed::read(REFUSALS));
    let mut table: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
    let (mut wrong, mut differing) = (Vec::new(), Vec::new());
    for (answer, ours) in answers.iter().zip(&ours) {
        let kind = if answer.ok { "accepted" } else { "refused" };
        let counts = table.entry((kind, &answer.round)).or_default();
        counts.templates += 1;
        match compare(answer, ours) {
            Verdict::Equal => counts.equal += 1,
            Verdict::Neither => counts.neither += 1,
            Verdict::Different(differences) => {
                let known = listed.reason(&answer.file).or_else(|| refusals.reason(&answer.file));
                differing.push(answer.file.clone());
                match known {
                    Some(_) => counts.listed += 1,
                    None => {
                        counts.different += 1;
                        let shown: Vec<_> = differences.into_iter().take(4).collect();
                        wrong.push(format!(
                            "{} ({}):\n    {}",
                            answer.file,
                            answer.round,
                            shown.join("\n    ")
                        ));
                    }
                }
            }
        }
    }
    println!("resolve                templates  equal  neither  listed  different");
    for ((kind, round), counts) in &table {
        let Counts { templates, equal, listed, neither, different } = counts;
        let name = format!("{kind}, {round}");
        println!("{name:22} {templates:9} {equal:6} {neither:8} {listed:7} {different:10}");
    }
    assert_eq!(table.len(), 8, "every round has accepted and refused templates");
    assert!(wrong.is_empty(), "{} templates differ:\n{}", wrong.len(), wrong.join("\n"));
    listed.assert_all_seen(&differing);
    refusals.assert_all_seen(&differing);
}

/// What `resolve` says of each template, with the facts that the referee's script finds in it.
fn ours(answers: &[Answer]) -> Vec<Value> {
    let lines: Vec<Vec<u8>> = answers.par_iter().map(resolved).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (given, taken) = (folder.join("sam-ours.jsonl"), folder.join("sam-ours-facts.jsonl"));
    let mut file = std::fs::File::create(&given).expect("answers can be written");
    lines.iter().for_each(|line| file.write_all(line).expect("an answer can be written"));
    let mut facts = Command::new(sam_referee::python());
    sam_referee::run(
        facts.arg(sam_referee::script("facts.py")).arg(sam_referee::shared()).args([&given, &taken]),
    );
    let text = std::fs::read_to_string(&taken).expect("facts can be read");
    let ours: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("facts are JSON")).collect();
    assert_eq!(ours.len(), answers.len(), "each answer has its facts");
    ours
}

/// The line that `wicketgate resolve` prints.
fn resolved(answer: &Answer) -> Vec<u8> {
    let (_, analysis, _) = sam_referee::analysed(&answer.text(), answer.bindings());
    let found = match analysis.workspace.stacks().first() {
        Some(stack) => resolve(&analysis.workspace, stack, &|name| EXPOSURE_TYPES.contains(&name)),
        None => Err("the template cannot be read".to_owned()),
    };
    let mut line = Vec::new();
    write(&mut line, Subject::File(&answer.file, None), &found).expect("memory can be written to");
    line
}

fn compare(answer: &Answer, ours: &Value) -> Verdict {
    let error = ours["error"].as_str();
    let refused = error.is_some_and(|error| error.starts_with("refused: "));
    if !answer.ok {
        return match refused {
            true => Verdict::Equal,
            false => Verdict::Different(vec![format!("not refused: {}", answer.record["error"])]),
        };
    }
    match (error, answer.record.get("resolved")) {
        (None, Some(theirs)) => {
            let notation = Notation::new(&answer.record);
            let same = |left: &Value, right: &Value| match (left, right) {
                (Value::String(left), Value::String(right)) => notation.same(left, right),
                (Value::String(left), Value::Array(right)) => notation.same_list(left, right),
                _ => left == right,
            };
            let mut found = Vec::new();
            differences(&normal(&ours["facts"]), &normal(theirs), "", &same, &mut found);
            if found.is_empty() { Verdict::Equal } else { Verdict::Different(found) }
        }
        (Some(_), None) if !refused => Verdict::Neither,
        (Some(error), _) => Verdict::Different(vec![format!("we say: {error}")]),
        (None, None) => {
            Verdict::Different(vec![format!("the referee says: {}", answer.record["unresolvable"])])
        }
    }
}

/// Facts without what no fact is: the hash in a deployment's id, the order of stages and methods, and permissions
/// that expose nothing.
fn normal(facts: &Value) -> Value {
    let mut facts = facts.clone();
    for section in ["rest_apis", "http_apis"] {
        for api in facts[section].as_object_mut().into_iter().flat_map(|apis| apis.values_mut()) {
            for stage in api["stages"].as_array_mut().into_iter().flatten() {
                if stage.get("deployment").is_some() {
                    stage["logical_id"] = json!("Deployment");
                }
            }
            for key in ["stages", "methods"] {
                if let Some(list) = api[key].as_array_mut() {
                    list.sort_by_cached_key(Value::to_string);
                }
            }
        }
    }
    if let Some(permissions) = facts["lambda_permissions"].as_object_mut() {
        permissions.retain(|id, permission| exposes(id, permission));
    }
    facts
}

/// Permissions for other services reach no API; connectors make some of their own.
fn exposes(id: &str, permission: &Value) -> bool {
    let principal = permission["Principal"].as_str();
    !id.ends_with("WriteLambdaPermission")
        && matches!(principal, Some("*" | "apigateway.amazonaws.com") | None)
}
