//! What `resolve` makes of templates: each template or folder in `fixtures/_resolve` has its answer beside it, as
//! `NAME.txt`. `WICKETGATE_BLESS=1` rewrites the answers; then read them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[test]
fn templates_resolve_as_written() {
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_resolve");
    let entries = fs::read_dir(&folder).expect("the folder of cases is there");
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a case can be seen").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "txt"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 5, "only {} cases were found", cases.len());
    let mut wrong = String::new();
    for case in cases {
        let name = case.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let pinned = folder.join(format!("{}.txt", name.split('.').next().unwrap_or(&name)));
        let answered = answer(&folder, &name);
        if bless {
            fs::write(&pinned, &answered).expect("an answer can be rewritten");
        } else if fs::read_to_string(&pinned).unwrap_or_default() != answered {
            let _ = write!(wrong, "\n== {name}\n{answered}");
        }
    }
    assert!(wrong.is_empty(), "answers differ (WICKETGATE_BLESS=1 rewrites them):{wrong}");
}

/// The answers about all templates of a case, one after the other, indented.
fn answer(folder: &Path, name: &str) -> String {
    // A CDK app says where its stacks are.
    let known: &[&str] = match folder.join(name).join("manifest.json").exists() {
        true => &[],
        false => &["--region", "eu-west-1", "--account", "123456789012", "--stack-name", "stack"],
    };
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .current_dir(folder)
        .args(["resolve", "--isolated", "--all", name])
        .args(known)
        .env_clear()
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("an answer is text");
    let mut answer = String::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).expect("each line is JSON");
        let _ = writeln!(answer, "{value:#}");
    }
    answer
}
