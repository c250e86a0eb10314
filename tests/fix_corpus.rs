//! Fixes on real templates: copies of every template of the corpus are mended, each repository as a workspace.
//!
//! Each fix that is offered is made by itself: the text can still be read, also by a parser that is not ours, its
//! finding is gone, and what is said afterwards that was not said before is counted and pinned. Then `check --fix
//! --unsafe-fixes` runs: the files say what the named edits make of them, byte for byte, nothing else is written, and
//! a second run changes nothing.
//!
//! Needs `../shared` (or `WICKETGATE_SHARED`); a missing corpus fails.
#![allow(clippy::print_stdout, clippy::panic, reason = "a test says what it saw, and may stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;

use crate::referee::shared;

mod referee;

/// How many findings each rule mended by itself, and what is said then that was not said before.
const COUNTS: &str = include_str!("fix_corpus/counts.txt");

/// Rounds of mending one after the other.
const MOST_ROUNDS: usize = 64;

/// Files by name below the corpus.
type Texts = BTreeMap<String, String>;

/// The templates of the corpus by workspace: `OWNER__REPO`, and `OWNER__REPO/history-COMMIT` apart from it.
fn workspaces(corpus: &Path) -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(corpus.join("MANIFEST.tsv")).expect("the corpus has a manifest");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let [file, _, _, _, _, "template", _] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let mut parts = file.split('/');
        let repository = parts.next().unwrap_or_default();
        let workspace = match parts.next() {
            Some(folder) if folder.starts_with("history-") => format!("{repository}/{folder}"),
            _ => repository.to_owned(),
        };
        found.entry(workspace).or_default().push(file.to_owned());
    }
    found
}

/// A copy of one repository, taken away at the end.
struct Copied {
    base: PathBuf,
    files: Vec<String>,
    posture: &'static str,
}

impl Copied {
    fn new(corpus: &Path, workspace: &str, files: &[String], posture: &'static str) -> Self {
        let name = workspace.replace('/', "-");
        let base =
            std::env::temp_dir().join(format!("wicketgate-fix-{}-{posture}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&base);
        copy_folder(&corpus.join(workspace), &base.join(workspace));
        Self { base, files: files.to_vec(), posture }
    }

    fn findings(&self) -> Vec<Finding> {
        findings(&self.base, &self.files, self.posture)
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.base.join(name)).expect("the file is there")).expect("it is UTF-8")
    }

    fn write(&self, texts: &Texts) {
        for (name, text) in texts {
            fs::write(self.base.join(name), text).expect("a file can be written");
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.base);
    }
}

/// What `check` prints; what it complains of if it does not end well.
fn check(base: &Path, files: &[String], posture: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .current_dir(base)
        .args(["check", "--isolated", "--format", "json", "--posture", posture])
        .args(arguments)
        .args(files)
        .output()
        .expect("the binary runs");
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        status => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{:?} ended with {status:?}: {errors}", files.first()))
        }
    }
}

fn findings(base: &Path, files: &[String], posture: &str) -> Vec<Finding> {
    let document: Value = serde_json::from_slice(&check(base, files, posture, &[]).expect("it ends well"))
        .expect("findings are JSON");
    document["diagnostics"].as_array().expect("it is a list").iter().map(Finding::read).collect()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("an entry can be read");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("it is something");
        if kind.is_dir() {
            copy_folder(&path, &target);
        } else if kind.is_file() {
            fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}

/// Every file below a folder with its bytes.
fn snapshot(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            snapshot(&path, found);
        } else {
            found.insert(path.clone(), fs::read(&path).expect("the file can be read"));
        }
    }
}

#[derive(Clone, Debug)]
struct Edit {
    file: String,
    start: usize,
    end: usize,
    text: String,
}

/// A finding as the JSON tells it.
struct Finding {
    rule: String,
    severity: String,
    file: String,
    /// What makes it the same finding after other lines have moved.
    identity: String,
    fixes: Vec<Vec<Edit>>,
}

impl Finding {
    fn read(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let edit = |edit: &Value| Edit {
            file: edit["file"].as_str().unwrap_or_default().to_owned(),
            start: usize::try_from(edit["start"].as_u64().expect("an offset")).expect("it fits"),
            end: usize::try_from(edit["end"].as_u64().expect("an offset")).expect("it fits"),
            text: edit["text"].as_str().unwrap_or_default().to_owned(),
        };
        let edits = |fix: &Value| fix["edits"].as_array().into_iter().flatten().map(edit).collect();
        Self {
            rule: text("rule"),
            severity: text("severity"),
            file: text("file"),
            identity: format!("{} {} {} {}", text("rule"), text("file"), text("resource"), text("message")),
            fixes: value["fixes"].as_array().into_iter().flatten().map(edits).collect(),
        }
    }
}

/// The texts with the edits made; the edits must not overlap.
fn edited(copied: &Copied, edits: &[Edit]) -> Texts {
    let mut by_file: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(&edit.file).or_default().push(edit);
    }
    let mut texts = Texts::new();
    for (file, mut edits) in by_file {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        let (text, mut changed, mut at) = (copied.text(file), String::new(), 0);
        for edit in edits {
            assert!(at <= edit.start, "edits of {file} overlap");
            changed += text.get(at..edit.start).expect("an edit stands between characters");
            changed += &edit.text;
            at = edit.end;
        }
        changed += text.get(at..).expect("an edit stands between characters");
        texts.insert(file.to_owned(), changed);
    }
    texts
}

/// Whether a parser that is not ours reads the text.
fn is_readable(name: &str, text: &str) -> bool {
    if Path::new(name).extension().is_some_and(|extension| extension == "json") {
        return serde_json::from_str::<Value>(text).is_ok();
    }
    serde_yaml::from_str::<serde_yaml::Value>(text).is_ok()
}

#[derive(Default)]
struct Seen {
    counts: BTreeMap<String, usize>,
    wrong: Vec<String>,
    files_mended: usize,
}

impl Seen {
    fn count(&mut self, line: String) {
        *self.counts.entry(line).or_default() += 1;
    }

    fn join(mut self, other: Self) -> Self {
        other.counts.into_iter().for_each(|(line, count)| *self.counts.entry(line).or_default() += count);
        self.wrong.extend(other.wrong);
        self.files_mended += other.files_mended;
        self
    }
}

/// Makes each fix by itself. Fixes of findings in different files are made in one go. The first fix of a finding
/// mends the whole of it, or a part where only that can be mended: then fewer are offered. Others may mend a part.
fn mend_one_by_one(copied: &Copied, findings: &[Finding], seen: &mut Seen) {
    let before: BTreeSet<&str> = findings.iter().map(|finding| finding.identity.as_str()).collect();
    let numbered = |finding: &'_ Finding| 0..finding.fixes.len();
    let mut waiting: Vec<(&Finding, usize)> =
        findings.iter().flat_map(|finding| numbered(finding).map(move |number| (finding, number))).collect();
    while !waiting.is_empty() {
        let (mut used, mut now, mut later) = (BTreeSet::new(), Vec::new(), Vec::new());
        for (finding, number) in waiting {
            let fix = &finding.fixes[number];
            let files: BTreeSet<&str> =
                fix.iter().map(|edit| edit.file.as_str()).chain([finding.file.as_str()]).collect();
            if files.is_disjoint(&used) {
                used.extend(files);
                now.push((finding, number));
            } else {
                later.push((finding, number));
            }
        }
        waiting = later;
        let edits: Vec<Edit> =
            now.iter().flat_map(|&(finding, number)| finding.fixes[number].clone()).collect();
        let texts = edited(copied, &edits);
        let old: Texts = texts.keys().map(|name| (name.clone(), copied.text(name))).collect();
        for (name, text) in &texts {
            if is_readable(name, &old[name]) && !is_readable(name, text) {
                seen.wrong.push(format!("{name} cannot be read afterwards"));
            }
        }
        copied.write(&texts);
        let after = copied.findings();
        let left: BTreeMap<&str, usize> =
            after.iter().map(|finding| (finding.identity.as_str(), finding.fixes.len())).collect();
        for &(finding, number) in &now {
            let part = if number == 0 { "mended" } else { "part of" };
            seen.count(format!("{part} {}", finding.rule));
            let open = left.get(finding.identity.as_str());
            if number == 0 && open.is_some_and(|fixes| *fixes >= finding.fixes.len()) {
                seen.wrong.push(format!("still there: {}", finding.identity));
            }
            let new = after
                .iter()
                .filter(|new| new.file == finding.file && !before.contains(new.identity.as_str()));
            for new in new {
                seen.count(format!("after {}: {} {}", finding.rule, new.severity, new.rule));
            }
        }
        copied.write(&old);
    }
}

/// Makes the edits as they are named, in rounds, as a reader of the JSON would.
fn mend_by_hand(copied: &Copied, seen: &mut Seen) {
    for _ in 0..MOST_ROUNDS {
        let mut chosen: Vec<Edit> = Vec::new();
        for finding in copied.findings() {
            let Some(fix) = finding.fixes.first() else { continue };
            let touches = |edit: &Edit| {
                let meets = |other: &Edit| {
                    edit.file == other.file && edit.start <= other.end && other.start <= edit.end
                };
                chosen.iter().any(meets)
            };
            if !fix.iter().any(touches) {
                chosen.extend(fix.iter().cloned());
            }
        }
        if chosen.is_empty() {
            return;
        }
        copied.write(&edited(copied, &chosen));
    }
    seen.wrong.push(format!("mending {:?} does not come to an end", copied.files.first()));
}

/// Runs `check --fix --unsafe-fixes` and compares with what the named edits make.
fn mend_all(copied: &Copied, seen: &mut Seen) {
    let mut original = BTreeMap::new();
    snapshot(&copied.base, &mut original);
    mend_by_hand(copied, seen);
    let mut by_hand = BTreeMap::new();
    snapshot(&copied.base, &mut by_hand);
    for (path, bytes) in &original {
        fs::write(path, bytes).expect("a file can be written");
    }
    for run in ["the first", "the second"] {
        if let Err(failure) = check(&copied.base, &copied.files, copied.posture, &["--fix", "--unsafe-fixes"])
        {
            seen.wrong.push(failure);
            return;
        }
        let mut mended = BTreeMap::new();
        snapshot(&copied.base, &mut mended);
        seen.files_mended += if run == "the first" {
            mended.iter().filter(|(path, bytes)| original.get(*path) != Some(*bytes)).count()
        } else {
            0
        };
        for (path, bytes) in &mended {
            if by_hand.get(path) != Some(bytes) {
                seen.wrong.push(format!("{} differs from its named edits after {run} run", path.display()));
            }
        }
        if mended.len() != by_hand.len() {
            seen.wrong.push(format!("files came or went below {}", copied.base.display()));
        }
    }
}

#[test]
fn every_fix_of_the_corpus_mends_its_finding_and_nothing_else() {
    let corpus = shared().join("corpus");
    let workspaces = workspaces(&corpus);
    let jobs: Vec<_> = workspaces
        .iter()
        .flat_map(|(name, files)| ["unset", "private"].map(|posture| (name, files, posture)))
        .collect();
    let seen = jobs
        .par_iter()
        .map(|&(name, files, posture)| {
            let mut seen = Seen::default();
            let findings = findings(&corpus, files, posture);
            if findings.iter().any(|finding| !finding.fixes.is_empty()) {
                let copied = Copied::new(&corpus, name, files, posture);
                mend_one_by_one(&copied, &findings, &mut seen);
                mend_all(&copied, &mut seen);
            }
            seen
        })
        .reduce(Seen::default, Seen::join);
    let lines: Vec<String> = seen.counts.iter().map(|(line, count)| format!("{count:6} {line}")).collect();
    println!("fixes on the corpus: {} files mended\n{}", seen.files_mended, lines.join("\n"));
    assert!(seen.wrong.is_empty(), "{} things are wrong:\n{}", seen.wrong.len(), seen.wrong.join("\n"));
    if std::env::var_os("WICKETGATE_BLESS").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fix_corpus/counts.txt");
        fs::write(file, lines.join("\n") + "\n").expect("counts are written");
    } else {
        assert_eq!(COUNTS.lines().collect::<Vec<_>>(), lines, "what fixes do has changed");
    }
}
