//! What the suites that compare with the SAM translator share: the referee's answers, made once for all of them, and
//! the corpus they are about.
//!
//! Wants the shared folder (`../shared`, or `WICKETGATE_SHARED`) and Python with the translator: the one that
//! `WICKETGATE_ORACLE_PYTHON` names, else an environment of its own that is made under `target`.
//! `WICKETGATE_SAM_TRANSLATED` may name the answers of an earlier run.
#![allow(dead_code, reason = "each suite uses its part")]

#[path = "../referee/mod.rs"]
mod referee;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

pub(crate) use referee::{python, run, shared};
use serde_json::{Map, Value};
use wicketgate::check::settings::Settings;
use wicketgate::check::{Analysis, File, Role, analyse};
use wicketgate::source::{SourceFile, Sources};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::workspace::instances::Instances;

/// A script of this folder.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sam_referee").join(name)
}

/// The referee's answers for every template and round (`translate.py`).
pub(crate) fn answers() -> Vec<Answer> {
    let text = std::fs::read_to_string(answers_file()).expect("the answers are readable");
    let answers: Vec<Answer> = text.lines().map(Answer::read).collect();
    assert!(answers.len() > 3500, "only {} answers", answers.len());
    answers
}

/// The file of the answers. They are made anew when a script or the corpus has changed.
fn answers_file() -> PathBuf {
    if let Some(path) = std::env::var_os("WICKETGATE_SAM_TRANSLATED") {
        return PathBuf::from(path);
    }
    let mut hasher = DefaultHasher::new();
    let oracles =
        ["sam_translate.py", "sam_exposure.py", "cfn_resolve.py", "cfn_yaml.py", "requirements.txt"];
    let mut sources: Vec<PathBuf> = oracles.iter().map(|name| shared().join("oracles").join(name)).collect();
    sources.extend([script("translate.py"), script("facts.py"), shared().join("corpus/MANIFEST.tsv")]);
    for source in &sources {
        std::fs::read(source).expect("what the answers are made of is there").hash(&mut hasher);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = folder.join(format!("sam-translated-{:016x}.jsonl", hasher.finish()));
    if !target.exists() {
        let unfinished = folder.join(format!("sam-translated-{}.part", std::process::id()));
        run(Command::new(python()).arg(script("translate.py")).arg(shared()).arg(&unfinished));
        std::fs::rename(&unfinished, &target).expect("the answers can be put in their place");
    }
    target
}

/// What the referee says of one template in one round.
pub(crate) struct Answer {
    /// Path below the corpus.
    pub(crate) file: String,
    /// Which round it is.
    pub(crate) round: String,
    /// Whether the translator accepts it.
    pub(crate) ok: bool,
    /// The whole record.
    pub(crate) record: Value,
}

impl Answer {
    fn read(line: &str) -> Self {
        let record: Value = serde_json::from_str(line).expect("each line is one record");
        let text = |key: &str| record[key].as_str().expect("a record says what it is about").to_owned();
        let (file, round) = (text("file"), text("round"));
        let ok = record["ok"].as_bool().expect("a record says whether the template is accepted");
        Self { file, round, ok, record }
    }

    /// The template's text.
    pub(crate) fn text(&self) -> Arc<str> {
        let bytes = std::fs::read(shared().join("corpus").join(&self.file)).expect("the corpus has the file");
        let text = String::from_utf8(bytes).expect("a template that the referee reads is UTF-8");
        text.trim_start_matches('\u{feff}').into()
    }

    /// Region and parameter values of the round.
    pub(crate) fn bindings(&self) -> Bindings {
        let given = self.record["parameters"].as_object().into_iter().flatten();
        let given = given.filter_map(|(name, value)| Some((name.clone(), Binding::text(value.as_str()?))));
        Bindings {
            region: self.record["region"].as_str().map(str::to_owned),
            account: Some("123456789012".to_owned()),
            stack_name: Some("stack".to_owned()),
            parameters: given.collect(),
            ..Bindings::default()
        }
    }
}

/// A template that stands alone, analysed as the commands do it. No file beside it is read, as the referee reads none.
pub(crate) fn analysed(text: &str, bindings: Bindings) -> (Sources, Analysis, Settings) {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("template", text));
    let settings = Settings { instances: Instances::all(vec![bindings]), ..Settings::default() };
    let files = [File { id, role: Role::Reported, problem: None }];
    let analysis = analyse(&mut sources, &files, &settings, &mut |_, _| None);
    (sources, analysis, settings)
}

/// A list of templates that may differ: file, tab, reason. A line with `#` is a comment.
pub(crate) struct Listed(BTreeMap<&'static str, &'static str>);

impl Listed {
    pub(crate) fn read(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self(lines.map(|line| line.split_once('\t').expect("a file, a tab, a reason")).collect())
    }

    /// Why this template may differ.
    pub(crate) fn reason(&self, file: &str) -> Option<&'static str> {
        self.0.get(file).copied()
    }

    /// Fails when a listed template differs no more.
    pub(crate) fn assert_all_seen(&self, differing: &[String]) {
        for (file, reason) in &self.0 {
            assert!(differing.iter().any(|seen| seen == file), "{file} agrees now, yet is listed: {reason}");
        }
    }
}

/// Where two values differ, each as one line. Lists of one length are compared item by item; `same` says whether
/// two single values are equal.
pub(crate) fn differences(
    ours: &Value,
    theirs: &Value,
    place: &str,
    same: &dyn Fn(&Value, &Value) -> bool,
    found: &mut Vec<String>,
) {
    match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
            keys.sort();
            keys.dedup();
            let member = |map: &Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or(Value::Null);
            for key in keys {
                differences(&member(left, key), &member(right, key), &format!("{place}/{key}"), same, found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (one, other)) in left.iter().zip(right).enumerate() {
                differences(one, other, &format!("{place}/{index}"), same, found);
            }
        }
        _ if same(ours, theirs) => {}
        _ => found.push(format!("{place}: ours {ours}, the referee's {theirs}")),
    }
}
