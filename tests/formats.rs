//! The formats for other programs: what has to hold for any finding and any text, and pictures of hostile names and
//! messages in `fixtures/_report` (`WICKETGATE_BLESS=1` rewrites them). Whole runs are cases in `tests/cli`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wicketgate::answer::catalogue::{self, Page};
use wicketgate::diagnostic::fingerprint::fingerprints;
use wicketgate::diagnostic::{Applicability, Diagnostic, Fix, Label, RuleId, Severity};
use wicketgate::report::run::{Found, Hidden, Problem, Run, Suppression};
use wicketgate::report::{github, gitlab, junit, sarif};
use wicketgate::source::{FileId, SourceFile, Sources, Span, TextEdit, TextRange};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fixtures with fixes, places in several files, conditions and odd texts; `.ci/formats` looks at all there are.
const FIXTURES: &[&str] = &[
    "fixtures/_syntax",
    "fixtures/_edit",
    "fixtures/article",
    "fixtures/missing-vpc-endpoint-ids",
    "fixtures/policy-omits-endpoint",
    "fixtures/sam-allow-list-not-a-list",
    "fixtures/sam-unknown-policy-key",
    "fixtures/unreadable-template",
    "fixtures/wrong-endpoint-configuration-key",
];

/// What the program says about fixtures in a format, with the rules for everybody.
fn about_fixtures(format: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
        .args(["check", "--isolated", "--persona", "auditor", "--today", "2026-11-22", "--format", format])
        .args(FIXTURES)
        .current_dir(root())
        .env_clear()
        .envs(std::env::var_os("SYSTEMROOT").map(|root| ("SYSTEMROOT", root)))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a number is there")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Byte offset of a 1-based line and column in UTF-16 code units, found by counting.
fn offset(text: &str, line: &Value, column: &Value) -> usize {
    let before: usize = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum();
    let mark = if before == 0 && text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let mut units = number(column) - 1;
    let mut at = before + mark;
    for character in text[at..].chars() {
        if units == 0 {
            break;
        }
        assert_ne!(character, '\n', "the column lies on its line");
        units = units.checked_sub(character.len_utf16()).expect("a column is no half of a pair");
        at += character.len_utf8();
    }
    assert_eq!(units, 0, "the column lies on its line");
    at
}

/// The bytes of a region.
fn bytes(region: &Value, text: &str) -> (usize, usize) {
    let start = offset(text, &region["startLine"], &region["startColumn"]);
    (start, offset(text, &region["endLine"], &region["endColumn"]))
}

/// The name that a URI without anything to decode stands for, and the text of that file.
fn text_of(location: &Value) -> Option<(String, String)> {
    let name = location["artifactLocation"]["uri"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(root().join(&name)).ok()?;
    Some((name, text))
}

#[test]
fn sarif_says_what_json_says() {
    let (report, log) = (about_fixtures("json"), about_fixtures("sarif"));
    let run = &log["runs"][0];
    let rules = list(&run["tool"]["driver"]["rules"]);
    let shown = list(&run["results"]).iter().filter(|result| result["suppressions"].is_null());
    let shown: Vec<&Value> = shown.collect();
    let found = list(&report["diagnostics"]);
    assert_eq!(shown.len(), found.len());
    assert!(found.len() > 200, "only {} findings were seen", found.len());
    let (mut n_places, mut n_fixes) = (0, 0);
    for (result, found) in shown.iter().zip(found) {
        assert_eq!(rules[number(&result["ruleIndex"])]["id"], found["rule"]);
        assert_eq!(result["ruleId"], found["rule"]);
        assert_eq!(result["partialFingerprints"]["wicketgate/v1"], found["fingerprint"]);
        let level = match found["severity"].as_str() {
            Some("info") => "note",
            other => other.unwrap(),
        };
        assert_eq!(result["level"], level);
        let labels = std::iter::once(found).chain(list(&found["related"]));
        let locations = list(&result["locations"]).iter().chain(list(&result["relatedLocations"]));
        let locations: Vec<&Value> = locations.collect();
        assert_eq!(locations.len(), 1 + list(&found["related"]).len());
        for (location, label) in locations.into_iter().zip(labels) {
            let place = &location["physicalLocation"];
            let Some((name, text)) = text_of(place) else { continue };
            let range = &label["range"];
            let expected = (number(&range["start"]["offset"]), number(&range["end"]["offset"]));
            assert_eq!(bytes(&place["region"], &text), expected, "{name}");
            n_places += 1;
        }
        let fixes = list(&found["fixes"]).iter().filter(|fix| fix["applicability"] != "display-only");
        let fixes: Vec<&Value> = fixes.filter(|fix| !list(&fix["edits"]).is_empty()).collect();
        assert_eq!(list(&result["fixes"]).len(), fixes.len());
        for (written, fix) in list(&result["fixes"]).iter().zip(fixes) {
            assert_eq!(edits_of(written), edits_in(fix));
            n_fixes += 1;
        }
    }
    assert!(n_places > 300 && n_fixes > 10, "only {n_places} places and {n_fixes} fixes were compared");
}

type Edit = (String, usize, usize, String);

fn edits_of(fix: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    for change in list(&fix["artifactChanges"]) {
        let (name, text) = text_of(change).expect("what is mended can be read");
        for replacement in list(&change["replacements"]) {
            let (start, end) = bytes(&replacement["deletedRegion"], &text);
            let inserted = replacement["insertedContent"]["text"].as_str().unwrap().to_owned();
            edits.push((name.clone(), start, end, inserted));
        }
    }
    edits
}

fn edits_in(fix: &Value) -> Vec<Edit> {
    let edit = |edit: &Value| {
        let word = |key: &str| edit[key].as_str().unwrap().to_owned();
        (word("file"), number(&edit["start"]), number(&edit["end"]), word("text"))
    };
    list(&fix["edits"]).iter().map(edit).collect()
}

/// A finding with everything there is, about texts and in files that mean something to a format.
struct Hostile {
    sources: Sources,
    found: Vec<Diagnostic>,
    hidden: Vec<Diagnostic>,
}

const EVIL: &str =
    "]]> <![CDATA[ &amp; \"'` ::error::%0A, [a](b) \u{1b}[31m\u{202e}\u{0}\u{fffe}\r\n::warning::b";

fn hostile() -> Hostile {
    let mut sources = Sources::new();
    let text = "\u{FEFF}é𝄞: X\r\n\t𝄞𝄞: X\nlast: X";
    let names = ["a b/]]>,::error::%41.yaml", "C:/new\nline\u{1b}[2J.yaml", "../out/[x](y)<&\"'>.yaml"];
    for name in names {
        sources.add(SourceFile::new(name, text));
    }
    let places: Vec<usize> = text.match_indices('X').map(|(at, _)| at).collect();
    let label = |file: u32, index: usize| Label::new(span(file, places[index], places[index] + 1), EVIL);
    let finding = |severity, file: u32, index: usize| Diagnostic {
        resource: Some(EVIL.to_owned()),
        related: vec![label((file + 1) % 3, 0)],
        why: EVIL.to_owned(),
        notes: vec![EVIL.to_owned()],
        help: vec![EVIL.to_owned(), EVIL.to_owned()],
        environments: vec![EVIL.to_owned()],
        ..Diagnostic::new(RuleId::new("public-api"), severity, EVIL.to_owned(), label(file, index))
    };
    let edit = |file: u32, index: usize| {
        let range = span(file, places[index], places[index] + 1).range;
        (FileId(file), TextEdit { range, text: EVIL.to_owned() })
    };
    let mut first = finding(Severity::Error, 0, 1);
    first.primary.span.range.end = u32::try_from(text.len()).unwrap();
    let fix = |applicability| Fix {
        title: EVIL.to_owned(),
        applicability,
        edits: vec![edit(0, 0), edit(0, 1), edit(2, 2)],
    };
    first.fixes = vec![fix(Applicability::Safe), fix(Applicability::DisplayOnly), fix(Applicability::Unsafe)];
    let found = vec![first, finding(Severity::Warning, 1, 0), finding(Severity::Info, 2, 2)];
    Hostile { sources, found, hidden: vec![finding(Severity::Warning, 1, 2)] }
}

fn span(file: u32, start: usize, end: usize) -> Span {
    Span::new(FileId(file), TextRange::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap()))
}

/// The same findings in every format: SARIF, GitHub, GitLab, JUnit.
fn written(hostile: &Hostile, pages: &[Page]) -> [String; 4] {
    let all: Vec<Diagnostic> = hostile.found.iter().chain(&hostile.hidden).cloned().collect();
    let prints = fingerprints(&all, &hostile.sources);
    let mut all = all.iter().zip(&prints).map(|(diagnostic, fingerprint)| Found {
        diagnostic,
        fingerprint,
        fails: diagnostic.severity > Severity::Info,
    });
    let found = all.by_ref().take(hostile.found.len()).collect();
    let reason = |in_source, file| Suppression {
        in_source,
        justification: EVIL.to_owned(),
        place: Some(span(file, 0, 3)),
    };
    let run = Run {
        sources: &hostile.sources,
        found,
        hidden: all.map(|found| Hidden { found, reasons: vec![reason(true, 1), reason(false, 2)] }).collect(),
        templates: vec![FileId(0), FileId(1)],
        problems: vec![Problem { severity: Severity::Error, message: EVIL.to_owned() }],
        is_judged: true,
        status: 2,
    };
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    };
    [
        text(&|out| sarif::write(out, &run, pages).unwrap()),
        text(&|out| github::write(out, &run).unwrap()),
        text(&|out| gitlab::write(out, &run).unwrap()),
        text(&|out| junit::write(out, &run).unwrap()),
    ]
}

/// Everything a terminal would act on, or that hides or reorders text.
fn is_harmful(character: char) -> bool {
    let code = u32::from(character);
    (character.is_control() && character != '\n' && character != '\t') || (0x202A..=0x202E).contains(&code)
}

#[test]
fn names_and_messages_do_no_harm_to_a_format() {
    let hostile = hostile();
    let texts = written(&hostile, &[]);
    let version = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    for (text, name) in texts.iter().zip(["sarif", "github", "gitlab", "junit"]) {
        let text = &text.replace(&version, "\"semanticVersion\": \"[VERSION]\"");
        assert_eq!(text.matches(is_harmful).count(), 0, "{name}");
        let path: PathBuf = root().join("fixtures/_report").join(format!("formats.{name}.txt"));
        if std::env::var_os("WICKETGATE_BLESS").is_some() {
            fs::write(&path, text).unwrap();
        }
        assert_eq!(*text, fs::read_to_string(&path).unwrap_or_default(), "{} differs", path.display());
    }
    let [log, commands, issues, report] = texts;
    let commands: Vec<&str> = commands.lines().collect();
    assert_eq!(commands.len(), hostile.found.len() + 1, "a line for each");
    let log: Value = serde_json::from_str(&log).unwrap();
    let issues: Value = serde_json::from_str(&issues).unwrap();
    assert_eq!(list(&issues).len(), hostile.found.len());
    assert_eq!(issues[0]["description"], EVIL);
    let results = list(&log["runs"][0]["results"]);
    assert_eq!(results.len(), hostile.found.len() + hostile.hidden.len());
    for (result, diagnostic) in results.iter().zip(hostile.found.iter().chain(&hostile.hidden)) {
        let span = diagnostic.primary.span;
        let text = hostile.sources.get(span.file).unwrap().text();
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(bytes(region, text), (span.range.start as usize, span.range.end as usize));
        let message = result["message"]["text"].as_str().unwrap();
        assert!(!message.replace("\\]", "").contains("]("), "no link was written: {message}");
    }
    assert_eq!(report.matches("<testcase ").count(), hostile.found.len() + hostile.hidden.len() + 1);
    assert!(!report.contains("CDATA[ &amp; "), "markup is escaped");
}

#[test]
fn the_table_of_rules_is_whole() {
    let hostile = hostile();
    let pages = catalogue::pages();
    let [text, ..] = written(&hostile, &pages);
    let log: Value = serde_json::from_str(&text).unwrap();
    let rules = list(&log["runs"][0]["tool"]["driver"]["rules"]);
    assert_eq!(rules.len(), pages.len());
    let mut names = BTreeSet::new();
    for (rule, page) in rules.iter().zip(&pages) {
        assert_eq!(rule["id"], page.id.as_str());
        assert!(names.insert(rule["name"].as_str().unwrap()), "{} has the name of another rule", page.id);
        assert_eq!(rule["fullDescription"]["text"], page.what.as_str());
        assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"), "{}", page.id);
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level), "{}", page.id);
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("**What to do**"), "{}", page.id);
    }
    assert!(rules.iter().any(|rule| rule["defaultConfiguration"]["level"] == "error"));
}

#[test]
fn any_places_can_be_written() {
    let pieces = ["a", "é", "𝄞", "\n", "\r\n", "\r", "\u{FEFF}", "\t", "]]>", "%"];
    // A small generator of reproducible pseudo-random numbers (xorshift64*).
    let mut state = 7_u64;
    let mut below = |limit: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % limit
    };
    for _ in 0..500 {
        let text: String = (0..below(40)).map(|_| pieces[below(pieces.len())]).collect();
        let length = text.len();
        let mut sources = Sources::new();
        sources.add(SourceFile::new("a.yaml", text));
        sources.add(SourceFile::new("empty.yaml", ""));
        let mut label = || {
            let start = below(length + 5);
            let file = u32::try_from(below(3)).unwrap();
            Label::new(span(file, start, start + below(30)), "")
        };
        let finding = Diagnostic {
            related: vec![label(), label()],
            ..Diagnostic::new(RuleId::new("public-api"), Severity::Info, "any".to_owned(), label())
        };
        let case = Hostile { sources, found: vec![finding], hidden: Vec::new() };
        let [log, commands, ..] = written(&case, &[]);
        let log: Value = serde_json::from_str(&log).unwrap();
        let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
        let at = |key: &str| number(&region[key]);
        assert!(at("startLine") >= 1 && at("startColumn") >= 1 && at("endColumn") >= 1);
        assert!((at("startLine"), at("startColumn")) <= (at("endLine"), at("endColumn")));
        assert_eq!(commands.lines().count(), 2);
    }
}

/// The rules of the organisation that spoke stand behind the built-in ones.
#[test]
fn own_rules_that_spoke_are_in_the_table() {
    let mut pages = catalogue::pages();
    let own =
        Page { id: "own-rule-of-ours".to_owned(), own: Some("policy/x.yaml".to_owned()), ..pages[0].clone() };
    pages.push(own);
    let mut hostile = hostile();
    hostile.found[0].rule = RuleId::new("own-rule-of-ours");
    hostile.found[1].rule = RuleId::new("policy-file");
    let [text, ..] = written(&hostile, &pages);
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let rules = list(&run["tool"]["driver"]["rules"]);
    let ids: Vec<&Value> = rules.iter().skip(pages.len() - 1).map(|rule| &rule["id"]).collect();
    assert_eq!(ids, ["own-rule-of-ours", "policy-file"]);
    for result in list(&run["results"]) {
        assert_eq!(rules[number(&result["ruleIndex"])]["id"], result["ruleId"]);
    }
}
