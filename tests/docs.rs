//! The guides say what is so: every command line in them is one that the program takes, and every limit is the one in
//! the source. (What the commands print is compared by `tests/cli.rs`.)

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should be there")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README, and every page below `docs`.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// What stands in fenced blocks, by line, and what stands between single backquotes outside of them.
fn code(page: &str) -> Vec<String> {
    let inline = Regex::new("`([^`\n]+)`").unwrap();
    let mut code = Vec::new();
    let mut prose = String::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            code.push(line.to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    code.extend(inline.captures_iter(&prose).map(|found| found[1].to_owned()));
    code
}

/// The arguments of each `wicketgate VERB …` in a line of code.
///
/// A command ends where a shell, or whatever is around it, would end it: at an operator, a comment, a quote that closes what is
/// around it, or a wide gap.
fn commands(line: &str) -> Vec<Vec<String>> {
    let verb = "check|map|resolve|simulate|init|exceptions|explain|rules|consume|diff|lsp|completions|man";
    // Behind a prompt, or alone on its line, every word is meant as a verb; a number is what `--version` prints.
    let start = Regex::new(&format!(
        "^(?:\\$ )?wicketgate ([^0-9].*)|[^\\w/.-]wicketgate ((?:{verb})(?-u:\\b).*|-.*)"
    ))
    .unwrap();
    // Vim writes blanks of an option as `\ `.
    let line = line.replace("\\ ", " ");
    let mut commands = Vec::new();
    let mut rest = line.as_str();
    while let Some(found) = start.captures(rest) {
        let text = found.get(1).or(found.get(2)).unwrap();
        commands.push(words(text.as_str()));
        rest = &rest[text.start()..];
    }
    commands
}

/// The words of a command up to its end, quotes taken away.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if matches!(first, '#' | '|' | '>' | '<' | ';' | '&' | ')' | '→') {
            break;
        }
        let quoted = matches!(first, '"' | '\'').then(|| rest[1..].split_once(first)).flatten();
        let (word, after, ends) = match quoted {
            Some((word, after)) => (word, after, false),
            None => {
                let end =
                    rest.find(|c: char| c.is_whitespace() || "\"'|;&)`".contains(c)).unwrap_or(rest.len());
                let ends = !rest[end..].is_empty() && !rest[end..].starts_with(char::is_whitespace);
                (&rest[..end], &rest[end..], ends)
            }
        };
        if !word.is_empty() {
            words.push(word.to_owned());
        }
        if ends || after.starts_with("   ") || after.starts_with(" RET") {
            break;
        }
        rest = after.trim_start();
    }
    words
}

/// What the program says against the arguments, if anything. `--help` at their end makes it look at them and do nothing.
fn refusal(arguments: &[String]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .args(arguments)
        .arg("--help")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
    (!output.status.success()).then_some(said)
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let mut found: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for path in pages() {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        for line in code(&fs::read_to_string(&path).unwrap()) {
            for command in commands(&line) {
                found.entry(command).or_default().insert(name.clone());
            }
        }
    }
    assert!(found.len() >= 30, "only {} command lines were found", found.len());
    let mut wrong = String::new();
    for (command, pages) in found {
        if let Some(said) = refusal(&command) {
            wrong += &format!("wicketgate {}\n  {said}\n  in {pages:?}\n", command.join(" "));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn wrong_command_lines_are_seen() {
    for (line, words) in [
        ("wicketgate check --formt json .", "check --formt json ."),
        ("  run: wicketgate check --format yaml . | tee log", "check --format yaml ."),
        ("$ wicketgate chek -q", "chek -q"),
        ("makeprg=wicketgate\\ check\\ --quite\\ %:S", "check --quite %:S"),
        ("\"command\": \"wicketgate check --posture secret .\",", "check --posture secret ."),
        ("$ wicketgate map --fix   # no such flag", "map --fix"),
        ("wicketgate check --param 'A=b c' --nope", "check|--param|A=b c|--nope"),
    ] {
        let found = commands(line);
        let separator = if words.contains('|') { '|' } else { ' ' };
        let expected: Vec<&str> = words.split(separator).filter(|word| !word.is_empty()).collect();
        assert_eq!(found.concat(), expected, "{line}");
        for command in found {
            assert!(refusal(&command).is_some(), "{line}");
        }
    }
}

/// `64 << 20`, `16 * 1024 * 1024`, `5_000_000`.
fn evaluate(expression: &str) -> u64 {
    if let Some((left, right)) = expression.split_once("<<") {
        return evaluate(left) << evaluate(right);
    }
    expression.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().unwrap()).product()
}

/// The number of `32 MiB`, `256 KiB`, `5,000,000`, `128 levels`.
fn shown(cell: &str) -> u64 {
    let (number, unit) = cell.split_once(' ').unwrap_or((cell, ""));
    let number: u64 = number.replace(',', "").parse().unwrap();
    match unit {
        "KiB" => number << 10,
        "MiB" => number << 20,
        _ => number,
    }
}

#[test]
fn every_limit_is_the_one_in_the_source() {
    let page = fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let row = Regex::new(r"(?m)\| ([^|\n]+) <!-- (\S+) ([A-Z_]+) --> \|$").unwrap();
    let mut count = 0;
    for found in row.captures_iter(&page) {
        let (cell, file, name) = (&found[1], &found[2], &found[3]);
        let source = fs::read_to_string(root().join(file)).unwrap();
        let constant = Regex::new(&format!(r"const {name}: \w+ = ([^;]+);")).unwrap();
        let value = constant.captures(&source).unwrap_or_else(|| panic!("no {name} in {file}"));
        assert_eq!(shown(cell), evaluate(&value[1]), "{name} in {file}, and docs/limits.md");
        count += 1;
    }
    assert_eq!(count, page.split("## Sizes").nth(1).unwrap().matches("\n| ").count() - 1);
}

#[test]
fn the_pattern_for_visual_studio_code_reads_every_finding() {
    let page = fs::read_to_string(root().join("docs/editors.md")).unwrap();
    let after = page.split_once("\"regexp\": ").unwrap().1;
    let pattern: String = serde_json::from_str(after.lines().next().unwrap().trim_end_matches(',')).unwrap();
    let pattern = Regex::new(&pattern).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .args(["check", "-q", "--format", "concise", "fixtures/_docs/shop"])
        .current_dir(root())
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let found: Vec<_> =
        lines.lines().map(|line| pattern.captures(line).unwrap_or_else(|| panic!("{line}"))).collect();
    assert_eq!(found.len(), 2, "{lines}");
    assert_eq!(&found[1][1], "fixtures/_docs/shop/services/storefront/template.yaml");
    assert_eq!((&found[1][2], &found[1][3], &found[1][4], &found[1][5]), ("4", "3", "warning", "public-api"));
}
