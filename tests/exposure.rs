//! Maps of small templates against written expectations: one file or one folder is one workspace.
//!
//! `WICKETGATE_BLESS=1` rewrites the expectations; read them before they are kept.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::path::{Path, PathBuf};

use wicketgate::answer::map::map;
use wicketgate::check::settings::Settings;
use wicketgate::check::{self, File, Role};
use wicketgate::source::{SourceFile, Sources};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_exposure")
}

/// Each case: its name and its files in order.
fn cases() -> Vec<(String, Vec<PathBuf>)> {
    let is_template =
        |path: &Path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "json");
    let list = |folder: &Path| {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let mut cases = Vec::new();
    for path in list(&root()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            cases.push((name, list(&path).into_iter().filter(|path| is_template(path)).collect()));
        } else if is_template(&path) {
            cases.push((name, vec![path]));
        }
    }
    cases
}

fn draw(paths: &[PathBuf]) -> String {
    let mut sources = Sources::new();
    let mut files = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
        let id = sources.add(SourceFile::new(name, text));
        files.push(File { id, role: Role::Reported, problem: None });
    }
    let analysis = check::analyse(&mut sources, &files, &Settings::default(), &mut |_, _| None);
    let map = map(&analysis.model, &|_| true);
    let mut out = Vec::new();
    wicketgate::report::map::text::write(&mut out, &map, &sources).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn maps_are_as_written() {
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, paths) in cases() {
        let drawn = draw(&paths);
        let expected = root().join(format!("{name}.txt"));
        if bless {
            std::fs::write(&expected, &drawn).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n") != drawn {
            wrong.push(format!("{name}:\n{drawn}"));
        }
    }
    assert!(wrong.is_empty(), "maps that differ from fixtures/_exposure:\n{}", wrong.join("\n"));
}
