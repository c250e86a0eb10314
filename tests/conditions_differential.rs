//! Conditions against brute force: which of them can hold together, for every template of the shared corpus with
//! conditions on resources that decide exposure, and for generated ones.
//!
//! Wants the shared folder (`../shared`, or `WICKETGATE_SHARED`) and Python 3 with PyYAML. `WICKETGATE_CASES` sets
//! how many templates are generated. Asks the code that splits APIs into cases.
#![allow(clippy::print_stdout, reason = "a test says what it saw")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use wicketgate::source::FileId;
use wicketgate::syntax::parse::parse;
use wicketgate::template::cases::explore;
use wicketgate::template::document::Template;
use wicketgate::template::guards::{Guard, Guards};
use wicketgate::template::resolve::Resolver;
use wicketgate::workspace::{Inputs, Workspace};

/// More rows than any exact answer of the referee has.
const BUDGET: usize = 20_000;

fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("WICKETGATE_SHARED").map_or(beside, PathBuf::from)
}

fn records() -> Vec<Value> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios.jsonl");
    let generated = std::env::var("WICKETGATE_CASES").unwrap_or_else(|_| "1000".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conditions_differential/scenarios.py");
    let ran = Command::new("python3").arg(script).arg(shared()).arg(generated).arg(&out).status();
    assert!(ran.expect("python3 runs").success(), "the referee ends well");
    let text = std::fs::read_to_string(out).expect("the referee's answers are readable");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The rows that are possible; `None` when they are too many to look at.
fn ours(record: &Value, names: &[&str]) -> Option<BTreeSet<Vec<bool>>> {
    let text: Arc<str> = match record.get("template") {
        Some(template) => template.to_string().into(),
        None => {
            let path = shared().join("corpus").join(record["file"].as_str().unwrap_or_default());
            std::fs::read_to_string(path).expect("the corpus is readable").into()
        }
    };
    let file = FileId(0);
    let template = Arc::new(Template::read(Arc::new(parse(file, &text).tree)).expect("a template"));
    let inputs = Inputs { templates: [(file, template)].into_iter().collect(), ..Inputs::default() };
    let workspace = Workspace::link(&inputs);
    let stack = workspace.stacks().first().expect("one stack");
    let explored = explore(Guards::default(), Guard::ALWAYS, BUDGET, |path| {
        let mut resolver = Resolver::new(workspace.scope(stack), path);
        names.iter().map(|name| resolver.condition(name).expect("choices are on")).collect::<Vec<bool>>()
    });
    explored.complete.then(|| explored.cells.into_iter().map(|cell| cell.value).collect())
}

#[test]
fn the_same_conditions_hold_together() {
    let (mut exact, mut equal, mut more, mut open) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for record in &records() {
        if record["exact"] != true {
            open += 1;
            continue;
        }
        exact += 1;
        let names: Vec<&str> =
            record["conditions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let row = |row: &Value| {
            row.as_array().into_iter().flatten().map(|holds| holds == true).collect::<Vec<bool>>()
        };
        let theirs: BTreeSet<Vec<bool>> = record["rows"].as_array().into_iter().flatten().map(row).collect();
        let ours = ours(record, &names);
        if ours.as_ref() == Some(&theirs) {
            equal += 1;
            continue;
        }
        if record["compared"] == true && ours.as_ref().is_some_and(|ours| ours.is_superset(&theirs)) {
            more += 1;
            continue;
        }
        let ours = ours.unwrap_or_default();
        wrong.push(format!(
            "{} {names:?}\n    only here: {:?}\n    only there: {:?}",
            record["file"],
            ours.difference(&theirs).collect::<Vec<_>>(),
            theirs.difference(&ours).collect::<Vec<_>>(),
        ));
    }
    println!(
        "{exact} exact answers, {equal} equal, {more} where the referee misses rows; {open} are not exact"
    );
    assert!(more * 10 < exact, "what the referee misses is the exception");
    assert!(exact > 100, "the referee answers");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
