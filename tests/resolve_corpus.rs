//! Values against the referee on real templates: every plain CloudFormation template of the shared corpus, all
//! resource types, with defaults in two partitions and with values given for all parameters.
//!
//! Needs `../shared` (or `WICKETGATE_SHARED`) and a Python with PyYAML: the one that `WICKETGATE_ORACLE_PYTHON`
//! names, else an environment of its own that is made under `target`.
#![allow(clippy::print_stdout)]

#[path = "resolve_corpus/notation.rs"]
mod notation;
mod referee;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use notation::Notation;
use serde_json::{Value, json};
use wicketgate::answer::resolve::resolve;
use wicketgate::report::map::json::plain;
use wicketgate::source::FileId;
use wicketgate::syntax::parse::parse;
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::template::cases::Path as Cases;
use wicketgate::template::document::Template;
use wicketgate::template::resolve::Resolver;
use wicketgate::workspace::instances::Instances;
use wicketgate::workspace::{Inputs, Stack, Workspace};

/// Templates that are known to differ, with the reason.
const EXPLAINED: &str = include_str!("resolve_corpus/explained.txt");
/// How often the referee refuses, by kind, and what we make of those.
const REFUSED: &str = include_str!("resolve_corpus/refused.txt");

#[test]
fn values_agree_with_the_referee() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resolve-expected.jsonl");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resolve_corpus/expected.py");
    referee::run(Command::new(referee::python()).arg(script).arg(referee::shared()).arg(&target));
    let expected = std::fs::read_to_string(target).expect("the referee writes its answers");
    let explained: BTreeMap<&str, &str> = EXPLAINED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let (mut differing, mut used) = (Vec::new(), BTreeSet::new());
    let (mut equal, mut refused) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, [usize; 2]>::new());
    for line in expected.lines() {
        let record: Value = serde_json::from_str(line).expect("each line is one record");
        let (file, run) = (text(&record["file"]), text(&record["run"]));
        let ours = ours(&record);
        if record["ok"] != json!(true) {
            let counts = refused.entry(kind(&text(&record["error"]))).or_default();
            counts[usize::from(ours.is_err())] += 1;
            continue;
        }
        let difference = match &ours {
            Ok(ours) => difference(ours, &record),
            Err(reason) => Some(format!("refused: {reason}")),
        };
        match (difference, explained.get_key_value(file.as_str())) {
            (None, _) => *equal.entry(run).or_default() += 1,
            (Some(_), Some((file, _))) => {
                used.insert(*file);
            }
            (Some(difference), None) => differing.push(format!("{file} ({run})\n    {difference}")),
        }
    }
    for (run, count) in &equal {
        println!("resolve: {count} templates of the corpus equal, {run}");
    }
    println!("resolve: {} templates of the corpus explained", used.len());
    let refused: String = refused
        .iter()
        .map(|(kind, [resolved, refused])| format!("{kind}\t{resolved}\t{refused}\n"))
        .collect();
    print!("referee refuses\tresolved here\trefused here\n{refused}");
    differing.extend(
        explained
            .keys()
            .filter(|file| !used.contains(*file))
            .map(|file| format!("{file}: agrees, yet is explained")),
    );
    println!("{}", differing.join("\n"));
    assert!(differing.is_empty(), "{} answers differ", differing.len());
    assert!(equal.values().sum::<usize>() > 8_000, "too few templates were compared: {equal:?}");
    let pinned: String =
        REFUSED.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_eq!(refused, pinned, "what the referee refuses has changed: tests/resolve_corpus/refused.txt");
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the referee refuses, without the names.
fn kind(error: &str) -> String {
    let kinds = [
        ("unreadable:", "cannot be read"),
        ("malformed template:", "malformed"),
        ("Fn::ForEach", "Fn::ForEach"),
        ("the template has no Resources", "no Resources"),
        ("Fn::FindInMap finds no", "Fn::FindInMap without such a key"),
        ("Fn::Transform", "Fn::Transform"),
        ("Fn::GetStackOutput", "Fn::GetStackOutput"),
        ("Fn::GetAtt of unknown", "Fn::GetAtt of something undeclared"),
        ("Ref to unknown", "Ref to something undeclared"),
        ("Fn::Sub of unknown", "Fn::Sub of something undeclared"),
        ("no condition", "condition that is not declared"),
        ("not a condition", "not a condition"),
        ("a string is wanted", "list or map where text is wanted"),
        ("Fn::Select", "Fn::Select past the end"),
    ];
    let known = kinds.iter().find(|(start, _)| error.starts_with(start)).map(|(_, kind)| *kind);
    let other = || if error.contains("has no Type") { "without Type" } else { "malformed" };
    known.unwrap_or_else(other).to_owned()
}

fn bindings(record: &Value) -> Bindings {
    let given = record["params"].as_object().into_iter().flatten();
    Bindings {
        region: Some(text(&record["region"])),
        account: Some("123456789012".to_owned()),
        stack_name: Some("stack".to_owned()),
        parameters: given.map(|(name, value)| (name.clone(), Binding::text(text(value)))).collect(),
        ..Bindings::default()
    }
}

/// One template of the corpus, alone, as a workspace.
fn workspace(name: &str, bindings: Bindings) -> Result<Workspace, String> {
    let path = referee::shared().join("corpus").join(name);
    let bytes = std::fs::read(path).expect("the corpus has the file");
    let source: Arc<str> = String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').into();
    let file = FileId(0);
    let parsed = parse(file, &source);
    let unreadable = || format!("unreadable: {:?}", parsed.errors.first().map(|error| &error.message));
    let tree = Arc::new(parsed.tree);
    let template = Arc::new(Template::read(Arc::clone(&tree)).ok_or_else(unreadable)?);
    let inputs = Inputs {
        templates: BTreeMap::from([(file, template)]),
        instances: Instances::all(vec![bindings]),
        ..Inputs::default()
    };
    Ok(Workspace::link(&inputs))
}

fn ours(record: &Value) -> Result<Value, String> {
    let workspace = workspace(&text(&record["file"]), bindings(record))?;
    let stack = workspace.stacks().first().expect("one template is one stack");
    resolved(&workspace, stack)
}

fn resolved(workspace: &Workspace, stack: &Stack) -> Result<Value, String> {
    let resolved = resolve(workspace, stack, &|_| true)?;
    let conditions: serde_json::Map<_, _> =
        resolved.conditions.into_iter().map(|(name, holds)| (name, json!(holds))).collect();
    let resources: serde_json::Map<_, _> = resolved
        .resources
        .iter()
        .map(|(id, kind, properties)| (id.clone(), json!({"type": kind, "properties": plain(properties)})))
        .collect();
    Ok(json!({"conditions": conditions, "resources": resources, "unresolved": resolved.unresolved}))
}

/// Loops against the results that the authors of the language extensions expect: a template with loops beside the
/// same without.
#[test]
fn loops_agree_with_their_expected_results() {
    let manifest = std::fs::read_to_string(referee::shared().join("corpus/MANIFEST.tsv"));
    let manifest = manifest.expect("the corpus has a manifest");
    let names: BTreeSet<&str> = manifest.lines().filter_map(|line| line.split('\t').next()).collect();
    let expected = names.iter().filter(|name| {
        name.contains("/cfn_language_extensions/compatibility/") && name.ends_with("Expected.json")
    });
    let (mut compared, mut differing) = (0, Vec::new());
    for expected in expected {
        let written = expected.replace("Expected.json", ".json");
        if names.contains(written.as_str()) {
            compared += 1;
            let (written, expected) = (content(&written), content(expected));
            if written != expected || written.is_err() {
                differing.push(format!("{written:?}\n    {expected:?}"));
            }
        }
    }
    println!("resolve: {} of {compared} templates with loops as expected", compared - differing.len());
    assert!(compared > 30, "only {compared} templates were compared");
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Conditions, resources and outputs of a template.
fn content(name: &str) -> Result<(Value, Vec<String>), String> {
    let region = Some("us-east-1".to_owned());
    let workspace = workspace(name, Bindings { region, ..Bindings::default() })?;
    let stack = workspace.stacks().first().expect("one template is one stack");
    let mut path = Cases::new();
    let mut resolver = Resolver::new(workspace.scope(stack), &mut path);
    let mut value = |node| format!("{:?}", resolver.peek(node).value.without_places());
    let outputs = stack.template.outputs.iter().map(|output| {
        let (name, condition) = (&output.name, &output.condition);
        format!("{name} {:?} {:?} {condition:?}", output.value.map(&mut value), output.export.map(&mut value))
    });
    let mut outputs: Vec<_> = outputs.collect();
    outputs.sort();
    Ok((resolved(&workspace, stack)?, outputs))
}

/// The first difference, ours first. What is listed as not resolved is only looked for in what is shown: the
/// referee also lists what conditions asked for.
fn difference(ours: &Value, record: &Value) -> Option<String> {
    let notation = Notation::new(record);
    let listed = ours["unresolved"].as_array().into_iter().flatten().map(text);
    let stray = || listed.into_iter().find(|token| !shows(&ours["resources"], token));
    unlike(&notation, &ours["conditions"], &record["conditions"], "conditions")
        .or_else(|| unlike(&notation, &ours["resources"], &record["resources"], "resources"))
        .or_else(|| stray().map(|token| format!("{token} stands nowhere")))
}

/// Whether a text in the value holds the token.
fn shows(value: &Value, token: &str) -> bool {
    match value {
        Value::String(text) => text.contains(&format!("@{{{token}}}")),
        Value::Array(items) => items.iter().any(|item| shows(item, token)),
        Value::Object(members) => members.values().any(|member| shows(member, token)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn unlike(notation: &Notation, ours: &Value, theirs: &Value, place: &str) -> Option<String> {
    let same = match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<_> = left.keys().chain(right.keys()).collect();
            return keys.into_iter().find_map(|key| match (left.get(key), right.get(key)) {
                (Some(left), Some(right)) => unlike(notation, left, right, &format!("{place}.{key}")),
                (None, None) => None,
                (left, _) => {
                    Some(format!("{place}.{key} only {}", if left.is_some() { "ours" } else { "theirs" }))
                }
            });
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            return left.iter().zip(right).enumerate().find_map(|(index, (left, right))| {
                unlike(notation, left, right, &format!("{place}[{index}]"))
            });
        }
        (Value::String(left), Value::String(right)) => notation.same(left, right),
        (Value::String(left), Value::Array(right)) => notation.same_list(left, right),
        _ => ours == theirs,
    };
    (!same).then(|| format!("{place}: {ours} {theirs}"))
}
