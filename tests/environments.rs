//! What files say about stacks: every case in `fixtures/_environments` is a handful of files, and what they bind for
//! `template.yaml` in the environment `prod`. `WICKETGATE_BLESS=1` rewrites what is expected; then read it.
//!
//! A case begins with `=== NAME`, a file with `--- NAME`, what is expected with `--- binds`. What
//! `samconfig-overrides.txt` expects was compared with aws-sam-cli 1.170.0, value for value.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wicketgate::config::{
    self,
    bind::{Bound, Policy, Question, Subject, bind},
    files::{Files, Opened},
};
use wicketgate::diagnostic::Diagnostic;
use wicketgate::source::{FileId, SourceFile, Sources};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::workspace::paths;

/// Files that exist only here.
struct Memory {
    sources: Sources,
}

impl Files for Memory {
    fn beside(&mut self, naming: FileId, path: &str) -> Option<Opened> {
        let name = paths::beside(self.sources.name(naming), path)?;
        let (id, file) = self.sources.iter().find(|(_, file)| file.name() == name)?;
        Some(Opened { id, name, text: file.shared_text() })
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        self.sources.get(file).map(SourceFile::shared_text)
    }
}

/// A case: its name, its files, what is expected.
struct Case<'text> {
    name: &'text str,
    files: Vec<(&'text str, &'text str)>,
    expected: &'text str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut found = Vec::new();
    for piece in text.split("\n=== ").skip(1) {
        let (name, body) = piece.split_once('\n').unwrap_or((piece, ""));
        let mut files = Vec::new();
        let mut expected = "";
        for section in body.split("--- ").skip(1) {
            let (title, content) = section.split_once('\n').unwrap_or((section, ""));
            match title {
                "binds" => expected = content,
                title => files.push((title, content)),
            }
        }
        found.push(Case { name, files, expected });
    }
    found
}

fn bound(case: &Case<'_>) -> (Memory, Bound) {
    let mut memory = Memory { sources: Sources::new() };
    let mut add = |name: &str, text: &str| memory.sources.add(SourceFile::new(name, text));
    let template = add("template.yaml", "Resources: {}\n");
    let ids: Vec<FileId> = case.files.iter().map(|(name, text)| add(name, text)).collect();
    let find = |wanted: &str| case.files.iter().position(|(name, _)| *name == wanted).map(|at| ids[at]);
    let opened = |id: FileId| Opened {
        id,
        name: memory.sources.name(id).to_owned(),
        text: memory.sources.get(id).unwrap().shared_text(),
    };
    let policy = find("wicketgate.toml").map(|id| {
        let (settings, mistakes) = config::read(id, memory.sources.get(id).unwrap().text());
        assert_eq!(mistakes, [], "{}", case.name);
        settings
    });
    let policies: Vec<Policy<'_>> = policy
        .iter()
        .map(|settings| Policy { environments: &settings.environments, complete: true })
        .collect();
    let templates = [Subject {
        file: template,
        name: "template.yaml".to_owned(),
        policy: (!policies.is_empty()).then_some(0),
        reported: true,
    }];
    let parameter_files: Vec<Opened> =
        ["parameters.json", "parameters.yaml"].into_iter().filter_map(find).map(opened).collect();
    let asked = if parameter_files.is_empty() { vec!["prod".to_owned()] } else { Vec::new() };
    let question = Question {
        templates: &templates,
        policies: &policies,
        asked: &asked,
        parameter_files: &parameter_files,
        flags: &Bindings::default(),
    };
    let bound = bind(&question, &mut memory);
    (memory, bound)
}

fn shown(case: &Case<'_>) -> String {
    let (memory, bound) = bound(case);
    let sources = &memory.sources;
    let mut out = String::new();
    for bindings in bound.instances.of(FileId(0)) {
        for (name, binding) in &bindings.parameters {
            let Binding::Text { text, span } = binding else { continue };
            let place = span.unwrap();
            let slice = sources.slice(place);
            assert!(place.range.end > place.range.start || text.is_empty(), "{}: {name}", case.name);
            let whole = if slice == text { String::new() } else { format!("  from {slice:?}") };
            let file = sources.name(place.file);
            writeln!(out, "{name} = {text:?}{whole}  in {file}").unwrap();
        }
        for (key, value) in
            [("region", &bindings.region), ("stack", &bindings.stack_name), ("account", &bindings.account)]
        {
            if let Some(value) = value {
                writeln!(out, "{key}: {value}").unwrap();
            }
        }
        for (key, value) in &bindings.known {
            writeln!(out, "{key}: {value}").unwrap();
        }
    }
    for (kind, list) in [("mistake", &bound.mistakes), ("problem", &bound.problems)] {
        for one in list {
            writeln!(out, "{kind} {}", line(one, sources)).unwrap();
        }
    }
    for name in &bound.unknown {
        writeln!(out, "nobody knows {name}").unwrap();
    }
    out
}

fn line(mistake: &Diagnostic, sources: &Sources) -> String {
    let span = mistake.primary.span;
    let file = sources.get(span.file).unwrap();
    let place = file.lines().line_column(file.text(), span.range.start);
    format!("{}:{}:{} {}", file.name(), place.line + 1, place.column + 1, mistake.message)
}

#[test]
fn files_bind_what_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_environments");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 3);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let mut blessed = text.split("\n=== ").next().unwrap().to_owned();
        for case in cases(&text) {
            let actual = shown(&case);
            write!(blessed, "\n=== {}\n", case.name).unwrap();
            for (name, content) in &case.files {
                write!(blessed, "--- {name}\n{content}").unwrap();
            }
            write!(blessed, "--- binds\n{actual}").unwrap();
            if std::env::var_os("WICKETGATE_BLESS").is_none() {
                assert_eq!(
                    actual.trim_end(),
                    case.expected.trim_end(),
                    "{} in {}",
                    case.name,
                    path.display()
                );
            }
        }
        if std::env::var_os("WICKETGATE_BLESS").is_some() {
            fs::write(&path, blessed).unwrap();
        }
    }
}

/// Whatever stands in such files: bindings or located mistakes, never a panic.
#[test]
fn any_text_binds_something_or_is_a_located_mistake() {
    let pieces = [
        "version = 0.1\n",
        "[prod.deploy.parameters]\n",
        "parameter_overrides",
        " = ",
        "\"",
        "'",
        "\"\"\"",
        "A=b ",
        "ParameterKey=",
        ",ParameterValue=",
        "\\",
        "\\\"",
        "file://",
        "samconfig.toml",
        "$include",
        "{",
        "}",
        "[",
        "]",
        ",",
        ": ",
        "- ",
        "&a ",
        "*a",
        "é",
        "\n",
        "  ",
        "0x1F",
        "1e9999",
        "~",
        "true",
        "parameters",
        "template-file-path",
        "\u{0}",
        "=",
    ];
    let mut state: u64 = 7;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    for round in 0..6_000 {
        let head = if round % 2 == 0 {
            "version = 0.1\n[prod.deploy.parameters]\nparameter_overrides = \""
        } else {
            ""
        };
        let body: String = (0..below(12)).map(|_| pieces[below(pieces.len())]).collect();
        let text = format!("{head}{body}");
        let name = ["samconfig.toml", "samconfig.yaml", "parameters.json", "parameters.yaml"][below(4)];
        let case = Case { name: "any", files: vec![(name, &text)], expected: "" };
        let (memory, bound) = bound(&case);
        for mistake in bound.mistakes.iter().chain(&bound.problems) {
            let span = mistake.primary.span;
            let file = memory.sources.get(span.file).unwrap();
            assert!(span.range.end as usize <= file.text().len(), "{text:?}");
            assert!(!mistake.message.is_empty());
        }
        shown(&case);
    }
}
