//! Says which commit a release build is made from.
//!
//! It sets `WICKETGATE_VERSION`: the version, and in a release build inside our own repository also the commit and its day,
//! as `0.1.0 (abc1234 2026-11-23)`. Where what is compiled differs from the commit, it says `modified`. Debug builds carry
//! the version alone, so that a commit does not build them anew; so does what is built from a package, which has no
//! repository.

use std::path::Path;
use std::process::Command;

/// What is compiled in: a change here makes a build that is not of its commit.
const COMPILED: [&str; 5] = ["Cargo.lock", "Cargo.toml", "build.rs", "rules", "src"];

/// Where git is told to look elsewhere than here, for example in a hook.
const REDIRECTIONS: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let released = std::env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    let commit = if released { commit() } else { None };
    let suffix = commit.map_or_else(String::new, |commit| format!(" ({commit})"));
    println!("cargo::rustc-env=WICKETGATE_VERSION={}{suffix}", env!("CARGO_PKG_VERSION"));
}

/// The commit that stands here, its day in UTC, and whether anything compiled differs from it. `None` outside a
/// repository of ours: a copy inside somebody else's repository is not of their commit.
fn commit() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().ok()? {
        return None;
    }
    watch();
    let commit =
        git(&["log", "-1", "--no-show-signature", "--format=%H %cd", "--date=format-local:%Y-%m-%d"])?;
    let (hash, day) = commit.split_once(' ')?;
    let changed = git(&[&["status", "--porcelain", "--"], &COMPILED[..]].concat())?;
    let modified = if changed.is_empty() { "" } else { ", modified" };
    Some(format!("{} {day}{modified}", hash.get(..7)?))
}

/// Runs this script again when another commit stands here, or when something compiled changes.
fn watch() {
    // A path that is not there would make every build a new one.
    let states = ["HEAD", "logs/HEAD", "packed-refs"].map(|name| git(&["rev-parse", "--git-path", name]));
    let compiled = COMPILED.map(|path| Some(path.to_owned()));
    for path in states.into_iter().chain(compiled).flatten().filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
}

/// What git answers in one line or more; `None` when there is no git, or no answer.
fn git(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command
        .arg("--no-optional-locks")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TZ", "UTC0");
    for name in REDIRECTIONS {
        command.env_remove(name);
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim_end().to_owned())
}
