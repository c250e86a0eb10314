//! Keeps the layers of `docs/architecture.md` apart: who may use whom, who may touch the world, which crate
//! belongs to which module. It reads the sources as text; it does not compile them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order of the dataflow. A module may use those above it, less the ones named beside it.
const LAYERS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("order", &["source"]),
    ("glob", &["source", "order"]),
    ("diagnostic", &[]),
    ("syntax", &[]),
    ("template", &[]),
    ("policy", &[]),
    ("workspace", &[]),
    ("exposure", &["diagnostic"]),
    ("intent", &["diagnostic"]),
    ("rules", &[]),
    ("config", &[]),
    ("check", &[]),
    ("answer", &["check"]),
    ("fix", &[]),
    (
        "report",
        &["syntax", "template", "policy", "workspace", "exposure", "intent", "rules", "config", "check"],
    ),
    (
        "load",
        &[
            "diagnostic",
            "template",
            "policy",
            "workspace",
            "exposure",
            "intent",
            "rules",
            "config",
            "check",
            "answer",
            "fix",
            "report",
        ],
    ),
    ("cli", &[]),
    ("lsp", &["cli", "report"]),
];

/// Text that only some modules may hold, with the reason.
const OWNED: &[(&str, &[&str], &str)] = &[
    ("std::fs", &["load", "cli", "lsp"], "everything else is a function of its arguments"),
    ("std::env::", &["load", "cli", "lsp"], "everything else is a function of its arguments"),
    ("std::net", &[], "no network, ever"),
    ("Command::new", &[], "nothing is executed"),
    ("Instant", &["cli", "lsp"], "only the outermost layers look at the clock"),
    ("SystemTime", &["cli", "lsp"], "only the outermost layers look at the clock"),
    ("process::exit", &[], "the status is returned, so that everything is dropped in order"),
    ("io::stdin", &["load", "cli", "lsp"], "streams belong to the outermost layers"),
    ("io::stdout", &["cli", "lsp"], "reporters write to a given writer"),
    ("io::stderr", &["cli", "lsp"], "reporters write to a given writer"),
    ("println!", &[], "write to a given writer"),
    ("eprintln!", &[], "write to a given writer"),
    ("eprint!", &[], "write to a given writer"),
    ("print!", &[], "write to a given writer"),
    ("codespan_reporting", &["report"], "rendering exists only in the reporters"),
    ("granit_parser", &["syntax"], "nothing above the tree may notice which parser fills it"),
    ("clap::", &["cli"], "arguments exist only on the command line"),
    ("walkdir::", &["load"], "only discovery walks folders"),
    ("ignore::", &["load"], "only discovery walks folders"),
    ("serde", &["config", "rules", "answer", "report", "lsp"], "convert by hand at the border"),
    ("toml::", &["config"], "only the policy file is TOML"),
];

#[test]
fn modules_use_only_what_stands_above_them() {
    let mut wrong = Vec::new();
    for source in sources() {
        let mut used = BTreeSet::new();
        for (line, text) in source.code() {
            for name in crate_paths(text) {
                if used.insert(name.clone())
                    && let Some(why) = forbidden(&source.module, &name)
                {
                    wrong.push(format!("{}:{line}: {why}", source.shown));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_world_and_the_crates_stay_with_their_owners() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, text) in source.code() {
            for (needle, owners, why) in OWNED {
                if !owners.contains(&source.module.as_str()) && holds_word(text, needle) {
                    wrong.push(format!("{}:{line}: `{needle}` here: {why}", source.shown));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns_and_stays_readable() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            wrong.push(format!("{}: no module comment", source.shown));
        }
        let lines = source.text.lines().count();
        if lines > 600 {
            wrong.push(format!("{}: {lines} lines; look for a seam", source.shown));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn main_only_calls_the_library() {
    let main = fs::read_to_string(root().join("src/main.rs")).expect("there is a main");
    assert!(main.lines().count() <= 40, "something in main.rs belongs into cli");
}

#[test]
fn every_module_has_a_layer_and_a_line_in_the_documentation() {
    let documented = fs::read_to_string(root().join("docs/architecture.md")).expect("the page is there");
    for source in sources() {
        let module = &source.module;
        assert!(
            LAYERS.iter().any(|(name, _)| name == module),
            "{} is in no layer: add `{module}` to the table here and in docs/architecture.md",
            source.shown
        );
        assert!(
            documented.contains(&format!("| `{module}` |")),
            "docs/architecture.md has no line for `{module}`"
        );
    }
}

#[test]
fn the_reading_of_sources_finds_what_it_looks_for() {
    assert_eq!(crate_paths("use crate::exposure::model::Api;"), ["exposure"]);
    assert_eq!(crate_paths("fn f(a: &crate::rules::X, b: crate::load::Y)"), ["rules", "load"]);
    assert_eq!(crate_paths("use crate::{check, report::text};"), ["check", "report"]);
    assert!(forbidden("report", "exposure").is_some());
    assert!(forbidden("template", "workspace").is_some());
    assert!(forbidden("template", "syntax").is_none());
    assert!(forbidden("load", "load").is_none());
    assert!(forbidden("load", "nowhere").is_some());
    assert!(holds_word("    std::fs::read(path)", "std::fs"));
    assert!(holds_word("print!(\"x\")", "print!") && !holds_word("eprint!(\"x\")", "print!"));
    let source = Source {
        module: "x".to_owned(),
        shown: String::new(),
        text: "//! x\nuse a; // std::fs\n/// std::fs\n#[cfg(test)]\nmod tests { use std::fs; }\n".to_owned(),
    };
    assert_eq!(source.code().collect::<Vec<_>>(), [(2, "use a; ")]);
}

struct Source {
    /// First part of the module path.
    module: String,
    /// Path below the project, with `/`.
    shown: String,
    text: String,
}

impl Source {
    /// Lines of code with their 1-based numbers: no comments, and nothing of the tests at the end of a file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        lines
            .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
            .filter(|(_, code)| !code.trim().is_empty())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the library, those with tests alone left out.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources can be listed") {
            let path = entry.expect("a source can be seen").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(source(&src, &path));
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found.sort_by(|left, right| left.shown.cmp(&right.shown));
    found
}

fn source(src: &Path, path: &PathBuf) -> Option<Source> {
    let parts: Vec<String> = path
        .strip_prefix(src)
        .expect("a source lies below src")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned())
        .collect();
    let module = parts.first().expect("a path has a part").clone();
    let is_test = parts.iter().any(|part| part == "tests" || part.ends_with("_tests"));
    if is_test || module == "lib" || module == "main" {
        return None;
    }
    let text = fs::read_to_string(path).expect("a source can be read");
    Some(Source { module, shown: format!("src/{}.rs", parts.join("/")), text })
}

/// Names behind `crate::` in a line of code.
fn crate_paths(line: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let mut found = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group.split(',').map(name).filter(|name| !name.is_empty())),
            None => found.push(name(rest)),
        }
    }
    found
}

/// Why `module` may not use `used`.
fn forbidden(module: &str, used: &str) -> Option<String> {
    if module == used {
        return None;
    }
    let place = |name: &str| LAYERS.iter().position(|(layer, _)| *layer == name);
    let (Some(own), Some(other)) = (place(module), place(used)) else {
        return Some(format!("`{used}` or `{module}` is in no layer"));
    };
    if other > own {
        return Some(format!("`{module}` uses `{used}`, which stands below it"));
    }
    let except = LAYERS.get(own).map(|(_, except)| *except).unwrap_or_default();
    except.contains(&used).then(|| format!("`{module}` may not use `{used}`"))
}

/// Whether the text holds `needle` and not merely as the end of a longer word.
fn holds_word(text: &str, needle: &str) -> bool {
    text.match_indices(needle).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}
