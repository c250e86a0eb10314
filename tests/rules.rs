//! Walks `fixtures/<rule-id>/`: what is in `bad` is reported as the picture beside it shows, what is in `good`
//! is not. Only the rule under test runs. `WICKETGATE_BLESS=1` rewrites the pictures; then read them.
//!
//! A case is a template, or a folder that is one workspace. Its posture is the first word after `posture:` in a
//! comment `# posture: private` (in JSON: in the description) of any of its files; a comment
//! `# region: eu-west-1` says where the stacks are deployed. `# approved: vpce-…` approves an endpoint. A `wicketgate.toml` says what it says. It is judged on 2027-01-01.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wicketgate::check::settings::Settings;
use wicketgate::check::{self, File, Outcome, Role, muting, policy};
use wicketgate::config;
use wicketgate::diagnostic::{Applicability, Confidence, Diagnostic, Label, Persona, RuleId};
use wicketgate::fix::{self, Progress};
use wicketgate::glob::Glob;
use wicketgate::intent::Posture;
use wicketgate::intent::date::Date;
use wicketgate::report::diff::{self, Changed};
use wicketgate::report::text::{self, Colour, TextOptions};
use wicketgate::rules::metadata::FixWord;
use wicketgate::rules::{RULES, metadata};
use wicketgate::source::{SourceFile, Sources, TextRange};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::workspace::instances::Instances;

const TEMPLATE_ENDINGS: [&str; 4] = ["yaml", "yml", "json", "template"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A case of a rule: a file or a folder.
struct Case {
    rule: String,
    bad: bool,
    path: PathBuf,
}

impl Case {
    fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/")
    }

    /// The picture beside the case.
    fn picture(&self) -> PathBuf {
        if self.path.is_dir() { self.path.join("expected.txt") } else { self.path.with_extension("txt") }
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn is_template(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    path.is_file() && ending.is_some_and(|ending| TEMPLATE_ENDINGS.contains(&ending))
}

/// Templates of a folder and the folders below it.
fn templates_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for path in listed(&folder) {
            if path.is_dir() {
                open.push(path);
            } else if is_template(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for rule in RULES {
        let folder = root().join("fixtures").join(rule.id.as_str());
        for (half, bad) in [("bad", true), ("good", false)] {
            for path in listed(&folder.join(half)) {
                if path.is_dir() || is_template(&path) {
                    cases.push(Case { rule: rule.id.to_string(), bad, path });
                }
            }
        }
    }
    cases
}

/// The posture a text asks for.
fn posture_of(text: &str) -> Option<Posture> {
    let (_, rest) = text.split_once("posture: ")?;
    Posture::parse(rest.split(|letter: char| !letter.is_alphabetic()).next()?)
}

/// The region a text says it is deployed to.
fn region_of(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("# region: ")?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// The endpoint a text says is approved.
fn approved_by(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("# approved: ")?;
    rest.split_whitespace().next()
}

/// The settings of the policy file of a case that is a folder.
fn policy_of(path: &Path, sources: &mut Sources, texts: &Texts) -> Settings {
    const NAME: &str = "wicketgate.toml";
    let Ok(text) = fs::read_to_string(path.join(NAME)) else { return Settings::default() };
    let text = texts.get(NAME).cloned().unwrap_or(text);
    let file = sources.add(SourceFile::new("wicketgate.toml", text));
    let (settings, mistakes) = config::read(file, sources.get(file).unwrap().text());
    assert_eq!(mistakes, [], "{}", path.display());
    policy::settings(&[settings])
}

/// Texts that stand for those of files, by name.
type Texts = BTreeMap<String, String>;

/// Runs the given rules over a case; names are relative to `base`.
fn run(path: &Path, base: &Path, rules: &[&str]) -> (Sources, Outcome) {
    run_with(path, base, rules, &Texts::new())
}

fn run_with(path: &Path, base: &Path, rules: &[&str], texts: &Texts) -> (Sources, Outcome) {
    let paths = if path.is_dir() { templates_below(path) } else { vec![path.to_path_buf()] };
    let mut sources = Sources::new();
    let mut settings = Settings {
        select: rules.iter().map(|rule| RuleId::owned((*rule).to_owned())).collect(),
        persona: Persona::Auditor,
        today: Date::parse("2027-01-01"),
        ..policy_of(path, &mut sources, texts)
    };
    let mut files = Vec::new();
    for path in &paths {
        let name = path.strip_prefix(base).unwrap().display().to_string().replace('\\', "/");
        let text = texts.get(&name).cloned().unwrap_or_else(|| fs::read_to_string(path).unwrap());
        if let Some(id) = approved_by(&text) {
            settings.options.approved.vpc_endpoints.push(Glob::new(id));
        }
        if let Some(posture) = posture_of(&text) {
            settings.decisions.fallback = posture;
        }
        let region = region_of(&text);
        let id = sources.add(SourceFile::new(name, text));
        if region.is_some() {
            settings.instances.set(id, vec![Bindings { region, ..Bindings::default() }]);
        }
        files.push(File { id, role: Role::Reported, problem: None });
    }
    let base = base.to_path_buf();
    let mut read_local = |naming: &str, relative: &str| {
        let path = base.join(naming).parent()?.join(relative);
        let text = fs::read_to_string(&path).ok()?;
        let folder = Path::new(naming).parent()?;
        let name = folder.join(relative).display().to_string().replace('\\', "/");
        Some(SourceFile::new(name.trim_start_matches("./").to_owned(), text))
    };
    let outcome = check::run(&mut sources, &files, &settings, &mut read_local);
    (sources, outcome)
}

/// The findings as a reader sees them; and a confidence below high, which the picture would not show.
fn picture(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut shown = String::new();
    for diagnostic in diagnostics {
        let mut out = Vec::new();
        let options = TextOptions { colour: Colour::Never, width: 120 };
        text::write(&mut out, std::slice::from_ref(diagnostic), sources, &options).unwrap();
        let text = String::from_utf8(out).unwrap();
        shown.push_str(text.trim_end());
        if diagnostic.confidence < Confidence::High {
            let _ =
                write!(shown, "\n  ~ confidence {}", format!("{:?}", diagnostic.confidence).to_lowercase());
        }
        shown.push_str("\n\n");
    }
    shown
}

fn case_base(case: &Case) -> PathBuf {
    if case.path.is_dir() { case.path.clone() } else { case.path.parent().unwrap().to_path_buf() }
}

#[test]
fn bad_cases_are_reported_as_pictured_and_good_ones_are_not() {
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (sources, outcome) = run(&case.path, &case_base(&case), &[&case.rule]);
        let shown = picture(&sources, &outcome.diagnostics);
        if !case.bad {
            if !outcome.diagnostics.is_empty() {
                wrong.push(format!("{} must be silent:\n{shown}", case.name()));
            }
            continue;
        }
        if outcome.diagnostics.is_empty() {
            wrong.push(format!("{} must be reported", case.name()));
            continue;
        }
        if bless {
            fs::write(case.picture(), &shown).unwrap();
        }
        let expected = fs::read_to_string(case.picture()).unwrap_or_default().replace("\r\n", "\n");
        if shown != expected {
            wrong.push(format!("{} differs from its picture:\n{shown}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

/// The comments of a text with their offsets; some of what is found may stand in a string.
fn comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let starts = |at: &usize| *at == 0 || text[..*at].ends_with([' ', '\t', '\n']);
    let places = text.match_indices('#').map(|(at, _)| at).filter(starts);
    places.map(|at| (at, text[at..].lines().next().unwrap_or_default()))
}

/// The diff that mending a case makes, and what is said of it afterwards that was not said before; `None` where
/// the rule offers no fix.
fn mended(case: &Case) -> Option<String> {
    let base = case_base(case);
    let (before, outcome) = run(&case.path, &base, &[&case.rule]);
    let fixable = outcome.diagnostics.iter().filter(|found| !found.fixes.is_empty()).count();
    (fixable > 0).then_some(())?;
    let said = |texts: &Texts| {
        let (_, outcome) = run_with(&case.path, &base, &[], texts);
        let line = |found: &Diagnostic| format!("{:?}[{}] {}", found.severity, found.rule, found.message);
        outcome.diagnostics.iter().map(line).collect::<BTreeSet<String>>()
    };
    let (mut texts, mut left) = (Texts::new(), outcome.diagnostics.clone());
    let total = left.len();
    let mut progress = Progress::default();
    loop {
        let (sources, outcome) = run_with(&case.path, &base, &[&case.rule], &texts);
        let plan = fix::choose(&outcome.diagnostics, Applicability::Unsafe, |_| true);
        left = outcome.diagnostics;
        for (file, edits) in &plan.edits {
            let source = sources.get(*file).unwrap();
            for (at, comment) in comments(source.text()) {
                let goes = edits.iter().any(|edit| edit.range.as_usize().contains(&at));
                // A comment that is an exception says what the finding is about.
                let ours = comment.trim_start_matches('#').trim_start().starts_with("wicketgate:");
                let risky = plan.chosen.iter().all(|chosen| chosen.applicability == Applicability::Unsafe);
                let asked = ours || risky;
                assert!(!goes || asked, "{}: a safe fix takes `{comment}` away", case.name());
            }
            texts.insert(source.name().to_owned(), fix::apply(source.text(), edits).unwrap());
        }
        if plan.is_empty() || !progress.goes_on(&plan) {
            break;
        }
    }
    assert!(
        left.iter().all(|found| found.fixes.is_empty()),
        "{}: the fixes do not come to an end",
        case.name()
    );
    assert!(left.len() + fixable <= total, "{}: a fix mends nothing: {texts:#?}", case.name());
    let mut shown = Vec::new();
    for (_, source) in before.iter() {
        if let Some(after) = texts.get(source.name()) {
            let changed = Changed { name: source.name(), before: source.text(), after };
            diff::write(&mut shown, &[changed], false).unwrap();
        }
    }
    let mut shown = String::from_utf8(shown).unwrap();
    for line in said(&texts).difference(&said(&Texts::new())) {
        let _ = writeln!(shown, "afterwards: {line}");
    }
    Some(shown)
}

#[test]
fn fixes_mend_as_pictured() {
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| case.bad) {
        let path = case.picture().with_extension("diff");
        let expected = fs::read_to_string(&path).ok().map(|text| text.replace("\r\n", "\n"));
        let shown = mended(case);
        if bless {
            match &shown {
                Some(shown) => fs::write(&path, shown).unwrap(),
                None => drop(fs::remove_file(&path)),
            }
        } else if shown != expected {
            wrong.push(format!("{} is not mended as pictured:\n{}", case.name(), shown.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

#[test]
fn metadata_says_whether_there_is_a_fix() {
    for rule in RULES {
        let id = rule.id.as_str();
        let offered = cases().into_iter().filter(|case| case.bad && case.rule == id).flat_map(|case| {
            let (_, outcome) = run(&case.path, &case_base(&case), &[id]);
            outcome.diagnostics.into_iter().flat_map(|found| found.fixes)
        });
        let least = offered.map(|fix| fix.applicability).min();
        let word = match least {
            Some(Applicability::Safe) => FixWord::Safe,
            Some(Applicability::Unsafe) => FixWord::Unsafe,
            Some(Applicability::DisplayOnly) | None => FixWord::None,
        };
        assert_eq!(metadata::load(id).map(|page| page.fix), Some(word), "`fix` in rules/{id}.yaml");
    }
}

#[test]
fn findings_obey_what_every_reader_relies_on() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (sources, outcome) = run(&case.path, &case_base(&case), &[&case.rule]);
        assert!(!outcome.internal_error, "{}", case.name());
        for diagnostic in &outcome.diagnostics {
            let faults = faults(diagnostic, &sources);
            wrong.extend(
                faults.iter().map(|fault| format!("{}: {fault}: {}", case.name(), diagnostic.message)),
            );
            if diagnostic.rule.as_str() != case.rule {
                wrong.push(format!("{}: `{}` spoke", case.name(), diagnostic.rule));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(diagnostic: &Diagnostic, sources: &Sources) -> Vec<&'static str> {
    let labels: Vec<&Label> = std::iter::once(&diagnostic.primary).chain(&diagnostic.related).collect();
    let inside = |label: &&Label| {
        let text = sources.get(label.span.file).map_or("", SourceFile::text);
        text.get(label.span.range.as_usize()).is_some()
    };
    let places: BTreeSet<_> = labels.iter().map(|label| label.span).collect();
    let one_line = |text: &str| !text.contains('\n');
    let checks = [
        (labels.iter().all(inside), "a label lies outside its file"),
        (places.len() == labels.len(), "two labels stand at one place"),
        (labels.iter().all(|label| !label.message.is_empty()), "a label says nothing"),
        (labels.iter().all(|label| !label.message.ends_with('.')), "a label ends with a full stop"),
        (one_line(&diagnostic.message) && !diagnostic.message.ends_with('.'), "the message is no phrase"),
        (diagnostic.why.ends_with('.') && one_line(&diagnostic.why), "`why` is no sentence"),
        (!diagnostic.help.is_empty(), "there is no help"),
        (diagnostic.help.iter().chain(&diagnostic.notes).all(|line| one_line(line)), "a line is broken"),
        (
            !diagnostic.help.iter().any(|line| line.contains("--") || line.contains("wicketgate init")),
            "help names what does not exist",
        ),
        (diagnostic.when.iter().all(|when| !when.values.is_empty()), "a condition without values"),
    ];
    checks.iter().filter(|(holds, _)| !holds).map(|(_, fault)| *fault).collect()
}

#[test]
fn every_bad_case_has_a_good_twin() {
    let mut missing = Vec::new();
    for case in cases().iter().filter(|case| case.bad) {
        let name = case.path.file_name().unwrap();
        let twin = root().join("fixtures").join(&case.rule).join("good").join(name);
        if !twin.exists() {
            missing.push(case.name());
        }
    }
    assert!(missing.is_empty(), "no twin under good/ of the same name for:\n{}", missing.join("\n"));
}

#[test]
fn every_case_says_what_it_is_about() {
    let mut silent = Vec::new();
    for case in cases() {
        let texts = if case.path.is_dir() { templates_below(&case.path) } else { vec![case.path.clone()] };
        let said = texts.iter().any(|path| {
            let text = fs::read_to_string(path).unwrap();
            text.lines().any(|line| line.trim_start().starts_with("# ")) || text.contains("\"Description\"")
        });
        if !said {
            silent.push(case.name());
        }
    }
    assert!(silent.is_empty(), "no comment (JSON: Description) in:\n{}", silent.join("\n"));
}

#[test]
fn rules_metadata_files_and_fixtures_match_one_to_one() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, metadata::ids().map(RuleId::as_str).collect::<Vec<_>>());
    let sources: BTreeSet<String> = listed(&root().join("src/rules"))
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.replace('_', "-")))
        .collect();
    for id in &ids {
        assert!(sources.contains(*id), "no file src/rules/{}.rs", id.replace('-', "_"));
        for half in ["bad", "good"] {
            let folder = root().join("fixtures").join(id).join(half);
            assert!(!listed(&folder).is_empty(), "no case in {}", folder.display());
        }
    }
    let folders = listed(&root().join("fixtures"));
    for folder in folders.iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let known = name.starts_with('_') || name == "article" || ids.contains(&name);
        assert!(known, "fixtures/{name} belongs to no rule");
    }
}

#[test]
fn examples_of_the_metadata_are_what_they_claim() {
    let folder = std::env::temp_dir().join(format!("wicketgate-examples-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for page in metadata::load_all() {
        let id = page.id.as_str();
        for (half, text, reported) in [("bad", &page.example.bad, true), ("good", &page.example.good, false)]
        {
            let path = folder.join(format!("{id}-{half}.yaml"));
            fs::write(&path, text).unwrap();
            let (sources, outcome) = run(&path, &folder, &[id]);
            let shown = picture(&sources, &outcome.diagnostics);
            assert_eq!(!outcome.diagnostics.is_empty(), reported, "{half} example of {id}:\n{text}\n{shown}");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_picture_stands_without_its_case() {
    for rule in RULES {
        let folder = root().join("fixtures").join(rule.id.as_str());
        for half in ["bad", "good"] {
            for path in listed(&folder.join(half)) {
                if path.extension().is_some_and(|ending| ending == "txt") {
                    let has_case =
                        TEMPLATE_ENDINGS.iter().any(|ending| path.with_extension(ending).is_file());
                    assert!(half == "bad" && has_case, "{} shows nothing", path.display());
                }
            }
        }
    }
}

#[test]
fn muting_names_only_rules_there_are_and_is_what_their_pages_say() {
    for (by, muted) in muting::pairs() {
        assert!(metadata::is_known(by), "{by}");
        assert!(muted == "*" || metadata::is_known(muted), "{muted}");
        if muted == "*" {
            continue;
        }
        let page = metadata::load(by).unwrap();
        assert!(
            page.mutes.iter().any(|id| id == muted),
            "the page of {by} does not say that it mutes {muted}"
        );
        let page = metadata::load(muted).unwrap();
        assert!(
            page.muted_by.iter().any(|id| id == by),
            "the page of {muted} does not say that {by} mutes it"
        );
    }
}

/// A REST API whose type is a parameter, in a file of its own.
const BY_ENVIRONMENT: &str = "Parameters:
  Type: {Type: String}
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: a, EndpointConfiguration: {Types: [!Ref Type]}}
";

fn in_environment(name: &str, value: &str) -> Bindings {
    Bindings {
        environment: Some(name.to_owned()),
        parameters: [("Type".to_owned(), Binding::text(value))].into(),
        ..Bindings::default()
    }
}

#[test]
fn environments_in_which_a_finding_holds_are_named() {
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new("a.yaml", BY_ENVIRONMENT));
    let files = [File { id, role: Role::Reported, problem: None }];
    let bindings = [("dev", "REGIONAL"), ("test", "EDGE"), ("prod", "PRIVATE")];
    let settings = Settings {
        select: vec![RuleId::new("conditionally-public-api")],
        instances: Instances::all(bindings.iter().map(|(name, value)| in_environment(name, value)).collect()),
        ..Settings::default()
    };
    let outcome = check::run(&mut sources, &files, &settings, &mut |_, _| None);
    let [finding] = outcome.diagnostics.as_slice() else { panic!("{:#?}", outcome.diagnostics) };
    assert_eq!(finding.environments, ["dev", "test"]);
    assert!(finding.when.is_empty());
    assert_eq!(finding.message, "`Api` is public in `dev` and `test`");
}

#[test]
fn what_is_only_read_for_links_is_shown_only_beside_what_was_asked_about() {
    let folder = root().join("fixtures/policy-omits-endpoint/bad/export-elsewhere");
    let found = |reported: &[&str]| {
        let mut sources = Sources::new();
        let mut files = Vec::new();
        for path in templates_below(&folder) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let role = if reported.contains(&name.as_str()) { Role::Reported } else { Role::Context };
            let id = sources.add(SourceFile::new(name, fs::read_to_string(&path).unwrap()));
            files.push(File { id, role, problem: None });
        }
        let settings = Settings { select: vec![RuleId::new("policy-omits-endpoint")], ..Settings::default() };
        let outcome = check::run(&mut sources, &files, &settings, &mut |_, _| None);
        let rules: BTreeSet<String> = outcome.diagnostics.iter().map(|one| one.rule.to_string()).collect();
        (rules, outcome.summary.templates)
    };
    let omits = BTreeSet::from(["policy-omits-endpoint".to_owned()]);
    assert_eq!(found(&["service.yaml"]), (omits.clone(), 1));
    // The finding stands in the other file, but what it says is about this one, too.
    assert_eq!(found(&["network.yaml"]), (omits, 1));
    assert_eq!(found(&[]), (BTreeSet::new(), 0));
}

#[test]
fn settings_choose_what_is_shown() {
    let path = root().join("fixtures/sam-allow-list-not-a-list/bad/list-parameter.yaml");
    let shown = |settings: Settings| {
        let mut sources = Sources::new();
        let id = sources.add(SourceFile::new("a.yaml", fs::read_to_string(&path).unwrap()));
        let files = [File { id, role: Role::Reported, problem: None }];
        let outcome = check::run(&mut sources, &files, &settings, &mut |_, _| None);
        outcome.diagnostics.iter().filter(|one| one.rule.as_str() == "sam-allow-list-not-a-list").count()
    };
    let rule = || vec![RuleId::new("sam-allow-list-not-a-list")];
    assert_eq!(shown(Settings::default()), 1);
    assert_eq!(shown(Settings { select: rule(), ..Settings::default() }), 1);
    assert_eq!(shown(Settings { ignore: rule(), ..Settings::default() }), 0);
    assert_eq!(shown(Settings { select: vec![RuleId::new("public-api")], ..Settings::default() }), 0);
    assert_eq!(shown(Settings { min_confidence: Confidence::High, ..Settings::default() }), 0);
}

#[test]
fn a_text_that_cannot_be_judged_is_one_finding() {
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new("a.yaml", "Resources:"));
    let problem = Some((TextRange::new(0, 0), "the file is no UTF-8 text".to_owned()));
    let files = [File { id, role: Role::Reported, problem }];
    let outcome = check::run(&mut sources, &files, &Settings::default(), &mut |_, _| None);
    let [finding] = outcome.diagnostics.as_slice() else { panic!("{:#?}", outcome.diagnostics) };
    assert_eq!(finding.rule.as_str(), "unreadable-template");
    assert!(finding.message.ends_with("the file is no UTF-8 text"), "{}", finding.message);
    assert!(!outcome.internal_error);
}

#[test]
fn all_rules_together_report_each_cause_once() {
    let folder = root().join("fixtures/_muting");
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some();
    let cases: Vec<PathBuf> = listed(&folder).into_iter().filter(|path| is_template(path)).collect();
    assert!(!cases.is_empty());
    for path in cases {
        let (sources, outcome) = run(&path, &folder, &[]);
        let shown = picture(&sources, &outcome.diagnostics);
        let expected = path.with_extension("txt");
        if bless {
            fs::write(&expected, &shown).unwrap();
        }
        assert_eq!(
            shown,
            fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn real_templates_get_the_findings_that_were_looked_at() {
    let folder = root().join("fixtures/_corpus");
    let mut shown = String::new();
    for path in listed(&folder).into_iter().filter(|path| path.is_dir()) {
        let (sources, outcome) = run(&path, &path, &[]);
        let _ = writeln!(shown, "{}", path.file_name().unwrap().to_str().unwrap());
        for diagnostic in &outcome.diagnostics {
            let file = sources.get(diagnostic.primary.span.file).unwrap();
            let line = file.lines().line_of(diagnostic.primary.span.range.start) + 1;
            let _ = writeln!(
                shown,
                "  {}:{line} {:?} {:?} {}: {}",
                file.name(),
                diagnostic.severity,
                diagnostic.confidence,
                diagnostic.rule,
                diagnostic.message
            );
        }
    }
    let expected = folder.join("expected.txt");
    if std::env::var_os("WICKETGATE_BLESS").is_some() {
        fs::write(&expected, &shown).unwrap();
    }
    assert_eq!(shown, fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n"));
    assert!(shown.lines().count() > 1);
}
