//! Values against an independent resolver: generated templates with parameter values, compared whole.
//!
//! Needs `../shared` (or `WICKETGATE_SHARED`) and Python 3. `WICKETGATE_CASES` sets how many templates.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use wicketgate::answer::resolve::{EXPOSURE_TYPES, resolve};
use wicketgate::report::map::json::plain;
use wicketgate::source::FileId;
use wicketgate::syntax::parse::parse;
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::template::document::Template;
use wicketgate::workspace::instances::Instances;
use wicketgate::workspace::{Inputs, Workspace};

fn oracles() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("WICKETGATE_SHARED").map_or(beside, PathBuf::from).join("oracles")
}

fn generate(seed: u64, count: usize) -> Vec<Value> {
    let output = Command::new("python3")
        .arg(oracles().join("cfn_gen.py"))
        .args(["--seed", &seed.to_string(), "--count", &count.to_string(), "--engine", "own"])
        .output()
        .expect("python3 runs");
    let text = String::from_utf8(output.stdout).expect("the generator prints text");
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bindings(case: &Value) -> Bindings {
    let mut bindings = Bindings {
        region: Some("us-east-1".to_owned()),
        account: Some("123456789012".to_owned()),
        stack_name: Some("stack".to_owned()),
        ..Bindings::default()
    };
    let template = case["template"]["Parameters"].as_object().into_iter().flatten();
    for (name, declared) in template {
        if let Some(default) = declared.get("Default") {
            bindings.parameters.insert(name.clone(), Binding::text(text(default)));
        }
    }
    for (name, value) in case["params"].as_object().into_iter().flatten() {
        bindings.parameters.insert(name.clone(), Binding::text(text(value)));
    }
    for (name, value) in case["exports"].as_object().into_iter().flatten() {
        bindings.known.insert(format!("export:{name}"), text(value));
    }
    bindings
}

fn ours(case: &Value) -> Value {
    let source: Arc<str> = serde_json::to_string_pretty(&case["template"]).expect("JSON prints").into();
    let file = FileId(0);
    let parsed = parse(file, &source);
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let tree = Arc::new(parsed.tree);
    let template = Arc::new(Template::read(Arc::clone(&tree)).expect("a template is a mapping"));
    let inputs = Inputs {
        templates: BTreeMap::from([(file, template)]),
        instances: Instances::all(vec![bindings(case)]),
        ..Inputs::default()
    };
    let workspace = Workspace::link(&inputs);
    let stack = workspace.stacks().first().expect("one template is one stack");
    match resolve(&workspace, stack, &|name| EXPOSURE_TYPES.contains(&name)) {
        Err(reason) => json!({ "error": reason }),
        Ok(resolved) => json!({
            "conditions": resolved.conditions.into_iter().map(|(name, holds)| (name, json!(holds))).collect::<serde_json::Map<_, _>>(),
            "resources": resolved.resources.iter().map(|(id, kind, properties)| {
                (id.clone(), json!({"type": kind, "properties": plain(properties)}))
            }).collect::<serde_json::Map<_, _>>(),
            "unresolved": resolved.unresolved,
        }),
    }
}

fn compare(seed: u64, count: usize) {
    let cases = generate(seed, count);
    assert_eq!(cases.len(), count, "the generator makes as many as asked");
    let mut different = 0;
    for case in &cases {
        let found = ours(case);
        if found != case["resolved"] {
            different += 1;
            if different <= 5 {
                println!("seed {seed} {}\n  ours   {found}\n  theirs {}", case["id"], case["resolved"]);
            }
        }
    }
    println!("resolve: {} of {count} generated templates equal, seed {seed}", count - different);
    assert_eq!(different, 0, "templates that resolve differently");
}

fn count() -> usize {
    std::env::var("WICKETGATE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000)
}

#[test]
fn generated_templates_resolve_alike() {
    compare(1, count());
    let fresh =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(2, |now| now.as_secs());
    compare(fresh, count());
}
