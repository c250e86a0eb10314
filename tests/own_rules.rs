//! Own rules: the examples under `docs/own-rules`, the mistakes in `fixtures/_own-rules`, what findings carry, and
//! that no text makes the reader stumble. `WICKETGATE_BLESS=1` rewrites pictures and the table of facts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should be there")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use wicketgate::answer::catalogue::own_page;
use wicketgate::check::settings::Settings;
use wicketgate::check::{self, File, Outcome, Role, examples};
use wicketgate::diagnostic::{Confidence, Diagnostic, Persona, RuleId, Severity};
use wicketgate::report::catalogue::write_list;
use wicketgate::report::text::{self, Colour, TextOptions};
use wicketgate::rules::own::example::Input;
use wicketgate::rules::own::facts::{self, CALLERS, Type};
use wicketgate::rules::own::{self, KEYS, Kind, OwnRule};
use wicketgate::source::{FileId, SourceFile, Sources};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::workspace::instances::Instances;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    std::env::var_os("WICKETGATE_BLESS").is_some()
}

/// Files of a folder of the project with this ending, sorted.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|own| own == ending)).collect();
    found.sort();
    found
}

fn picture(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = Vec::new();
    let options = TextOptions { colour: Colour::Never, width: 120 };
    text::write(&mut out, diagnostics, sources, &options).unwrap();
    String::from_utf8(out).unwrap()
}

/// The rules that ship as examples, with their texts.
fn shipped() -> Vec<(PathBuf, Arc<str>, Arc<OwnRule>)> {
    let rules = files("docs/own-rules", "yaml").into_iter().map(|path| {
        let mut sources = Sources::new();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let file = sources.add(SourceFile::new(name, fs::read_to_string(&path).unwrap()));
        let text = sources.get(file).unwrap().shared_text();
        let rule = own::read(file, &text);
        let rule = rule.unwrap_or_else(|mistakes| panic!("{}", picture(&mistakes, &sources)));
        (path, text, Arc::new(rule))
    });
    rules.collect()
}

#[test]
fn the_examples_of_shipped_rules_are_as_their_authors_expect() {
    let rules = shipped();
    assert!(rules.len() >= 10);
    let page = fs::read_to_string(root().join("docs/own-rules.md")).unwrap();
    for (path, _, rule) in rules {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(rule.id.as_str(), stem);
        assert!(page.contains(&format!("(own-rules/{stem}.yaml)")), "docs/own-rules.md does not name {stem}");
        for case in &rule.examples {
            let Input::Texts(texts) = &case.input else { panic!("{stem} names a file") };
            let wrong = examples::run(&rule, case, texts);
            assert!(wrong.is_none(), "{stem}: {:?} at {:?}", wrong.unwrap().primary.message, case.span);
        }
    }
}

#[test]
fn the_catalogue_shows_them_like_others() {
    for (_, _, rule) in shipped() {
        let page = own_page(&rule, &Sources::new());
        let mut list = Vec::new();
        write_list(&mut list, std::slice::from_ref(&page)).unwrap();
        let line = String::from_utf8(list).unwrap();
        assert!(line.starts_with(rule.id.as_str()) && line.trim_end().ends_with(&rule.page.title), "{line}");
        assert!(!page.bad.is_empty() && !page.good.is_empty() && !page.remedies.is_empty());
    }
}

/// Turned round, each example is wrong: none of them passes whatever the rule says.
#[test]
fn no_example_passes_for_the_other_half() {
    for (path, _, rule) in shipped() {
        for case in &rule.examples {
            let Input::Texts(texts) = &case.input else { panic!("{} names a file", path.display()) };
            let mut turned = case.clone();
            turned.bad = !case.bad;
            let wrong = examples::run(&rule, &turned, texts);
            assert!(wrong.is_some(), "{}: {:?}", path.display(), case.span);
        }
    }
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    let mut wrong = String::new();
    let cases = files("fixtures/_own-rules", "yaml");
    assert!(cases.len() >= 10);
    for path in cases {
        let mut sources = Sources::new();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let file = sources.add(SourceFile::new(name, fs::read_to_string(&path).unwrap()));
        let text = sources.get(file).unwrap().shared_text();
        let Err(mistakes) = own::read(file, &text) else {
            let _ = writeln!(wrong, "{} has no mistake", path.display());
            continue;
        };
        let shown = picture(&mistakes, &sources);
        let expected = path.with_extension("txt");
        if blessing() {
            fs::write(&expected, &shown).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != shown {
            let _ = writeln!(wrong, "{} differs from its picture:\n{shown}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A valid rule with these lines in the place of its condition, message and the like.
fn rule_with(lines: &str) -> Arc<OwnRule> {
    let text = format!(
        "id: a-rule\ntitle: A flaw\nseverity: error\nwhy: It hurts.\ndo: [mend it]\n{lines}\n\
         example: {{bad: 'Resources: {{}}', good: 'Resources: {{}}'}}\n"
    );
    let text: Arc<str> = text.into();
    let rule = own::read(FileId(99), &text);
    Arc::new(rule.unwrap_or_else(|mistakes| panic!("{mistakes:#?}")))
}

fn run(rule: &Arc<OwnRule>, template: &str, settings: Settings) -> Outcome {
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new("a.yaml", template));
    let files = [File { id, role: Role::Reported, problem: None }];
    let settings = Settings {
        own_rules: vec![Arc::clone(rule)],
        select: if settings.select.is_empty() { vec![rule.id.clone()] } else { settings.select.clone() },
        ..settings
    };
    check::run(&mut sources, &files, &settings, &mut |_, _| None)
}

/// A REST API whose type is a parameter.
const BY_PARAMETER: &str = "Parameters:
  Type: {Type: String, AllowedValues: [PRIVATE, REGIONAL, EDGE]}
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: a, EndpointConfiguration: {Types: [!Ref Type]}}
";

const PUBLIC: &str =
    "for: api\nforbid: {endpoint-type: [edge, regional]}\nmessage: '`{api}` is {endpoint-type}'";

#[test]
fn parameters_and_environments_are_carried() {
    let rule = rule_with(PUBLIC);
    let outcome = run(&rule, BY_PARAMETER, Settings::default());
    let [finding] = outcome.diagnostics.as_slice() else { panic!("{:#?}", outcome.diagnostics) };
    let [when] = finding.when.as_slice() else { panic!("{finding:#?}") };
    let mut values = when.values.clone();
    values.sort();
    assert_eq!((when.parameter.as_str(), values), ("Type", vec!["EDGE".to_owned(), "REGIONAL".to_owned()]));
    assert!(["`Api` is edge", "`Api` is regional"].contains(&&*finding.message), "{finding:#?}");
    assert_eq!(finding.resource.as_deref(), Some("Api"));

    let bound = |name: &str, value: &str| Bindings {
        environment: Some(name.to_owned()),
        parameters: [("Type".to_owned(), Binding::text(value))].into(),
        ..Bindings::default()
    };
    let bindings = vec![bound("dev", "REGIONAL"), bound("prod", "PRIVATE"), bound("test", "EDGE")];
    let instances = Instances::all(bindings);
    let outcome = run(&rule, BY_PARAMETER, Settings { instances, ..Settings::default() });
    let [finding] = outcome.diagnostics.as_slice() else { panic!("{:#?}", outcome.diagnostics) };
    assert_eq!(finding.environments, ["dev", "test"]);
    assert!(finding.when.is_empty());
}

/// An API whose type nobody knows.
const UNKNOWN: &str = "Transform: AWS::Serverless-2016-10-31
Parameters:
  Type: {Type: String}
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: a, EndpointConfiguration: {Types: [!Ref Type]}}
";

#[test]
fn what_is_not_known_is_reported_unless_the_rule_says_otherwise() {
    let shown = |unknown: &str, persona: Persona| {
        let rule = rule_with(&format!("{PUBLIC}\n{unknown}"));
        let settings = Settings { persona, ..Settings::default() };
        run(&rule, UNKNOWN, settings).diagnostics
    };
    let [finding] = shown("", Persona::Regular).try_into().unwrap();
    assert_eq!(finding.message, "`Api` may break this rule (a flaw): `endpoint-type` is not known");
    assert_eq!((finding.severity, finding.confidence), (Severity::Error, Confidence::Medium));
    assert_eq!(shown("unknown: auditor", Persona::Regular), []);
    assert_eq!(shown("unknown: auditor", Persona::Auditor).len(), 1);
    assert_eq!(shown("unknown: ignore", Persona::Auditor), []);
}

/// Each condition with what it says about the unknown API: `-` obeyed, `!` broken, `?` cannot be decided.
#[test]
fn unknown_is_never_yes_and_never_no() {
    let table = [
        ("require: {endpoint-type: private}", '?'),
        ("forbid: {endpoint-type: private}", '?'),
        ("require: {endpoint-type: {not: private}}", '?'),
        ("require: {not: {public: true}}", '?'),
        ("require: {any: [{public: true}, {public: false}]}", '?'),
        ("require: {any: [{public: true}, {api: Api}]}", '-'),
        ("require: {all: [{public: true}, {api: Other}]}", '!'),
        ("where: {public: true}\nrequire: {api: Api}", '-'),
        ("where: {public: true}\nrequire: {api: Other}", '?'),
        ("where: {api: Other}\nrequire: {public: true}", '-'),
        ("require: {api: Api, kind: rest}", '-'),
        ("require: {api: Api, kind: http}", '!'),
        ("require: {has-policy: false}", '-'),
        ("require: {associated-endpoints: {empty: true}}", '-'),
        ("require: {associated-endpoints: {every: vpce-1}}", '-'),
        ("require: {associated-endpoints: {some: vpce-1}}", '!'),
        ("require: {associated-endpoints: {count: {at-most: 2}}}", '-'),
        ("require: {associated-endpoints: {count: 1}}", '!'),
        ("require: {lets-in: {none: internet}}", '?'),
    ];
    for (condition, expected) in table {
        let rule = rule_with(&format!("for: api\n{condition}\nmessage: x"));
        let outcome = run(&rule, UNKNOWN, Settings::default());
        let said = match outcome.diagnostics.as_slice() {
            [] => '-',
            [finding] if finding.message == "x" => '!',
            [finding] if finding.message.contains("may break") => '?',
            others => panic!("{condition}: {others:#?}"),
        };
        assert_eq!(said, expected, "{condition}");
    }
}

#[test]
fn lists_of_which_a_part_is_not_known() {
    let template = "Parameters:
  Endpoint: {Type: String}
  Endpoints: {Type: CommaDelimitedList}
Resources:
  Some:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: a
      EndpointConfiguration: {Types: [PRIVATE], VpcEndpointIds: [vpce-1, !Ref Endpoint]}
  All:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: a
      EndpointConfiguration: {Types: [PRIVATE], VpcEndpointIds: !Ref Endpoints}
";
    let table = [
        ("Some", "{every: vpce-1}", '?'),
        ("Some", "{every: vpce-2}", '!'),
        ("Some", "{every: [vpce-1, 'parameter:Endpoint']}", '-'),
        ("Some", "{some: vpce-1}", '-'),
        ("Some", "{some: vpce-2}", '?'),
        ("Some", "{none: vpce-1}", '!'),
        ("Some", "{none: vpce-2}", '?'),
        ("Some", "{none: 'export:*'}", '-'),
        ("Some", "{count: 2}", '-'),
        ("All", "{empty: false}", '-'),
        ("All", "{count: 1}", '?'),
        ("All", "{count: {at-least: 1}}", '-'),
        ("All", "{every: 'parameter:End*'}", '-'),
    ];
    for (api, test, expected) in table {
        let rule = rule_with(&format!(
            "for: api\nwhere: {{api: {api}}}\nrequire: {{associated-endpoints: {test}}}\nmessage: x"
        ));
        let outcome = run(&rule, template, Settings::default());
        let said = match outcome.diagnostics.as_slice() {
            [] => '-',
            [finding] if finding.message == "x" => '!',
            _ => '?',
        };
        assert_eq!(said, expected, "{api} {test}");
    }
}

#[test]
fn methods_that_cannot_be_seen_are_not_passed_over() {
    let template = "Transform: AWS::Serverless-2016-10-31
Resources:
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: a, ProtocolType: HTTP}}
  Url: {Type: AWS::Lambda::Url, Properties: {AuthType: NONE, TargetFunctionArn: f}}
  Signed: {Type: AWS::Lambda::Url, Properties: {AuthType: AWS_IAM, TargetFunctionArn: f}}
";
    let rule =
        rule_with("for: method\nrequire: {authorizer: {not: none}}\nmessage: '{method} {path} is open'");
    let found = run(&rule, template, Settings::default()).diagnostics;
    let said: Vec<_> = found.iter().map(|one| (one.resource.as_deref().unwrap(), &*one.message)).collect();
    assert_eq!(
        said,
        [
            ("Http", "`Http` may break this rule (a flaw): `authorizer` is not known"),
            ("Url", "ANY / is open"),
        ]
    );
}

#[test]
fn what_the_transform_refuses_is_not_known() {
    let template = "Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, EndpointConfiguration: {Type: PRIVATE}}
  Broken:
    Type: AWS::Serverless::Api
    Properties: {EndpointConfiguration: {Type: PRIVATE}}
";
    let rule = rule_with("for: api\nrequire: {endpoint-type: private}\nmessage: x");
    let outcome = run(&rule, template, Settings::default());
    assert!(!outcome.diagnostics.is_empty());
    for finding in &outcome.diagnostics {
        assert!(finding.message.contains("may break"), "{finding:#?}");
    }
}

#[test]
fn an_own_rule_is_selected_ignored_and_asked_beside_the_others() {
    let rule = rule_with(PUBLIC);
    let template = "Resources:\n  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a}}\n";
    let rules = |settings: Settings| {
        let found = run(&rule, template, settings).diagnostics;
        found.iter().map(|one| one.rule.to_string()).collect::<Vec<_>>()
    };
    let both = vec![RuleId::new("public-api"), rule.id.clone()];
    assert_eq!(rules(Settings { select: both.clone(), ..Settings::default() }), ["a-rule", "public-api"]);
    let ignore = vec![rule.id.clone()];
    assert_eq!(rules(Settings { select: both, ignore, ..Settings::default() }), ["public-api"]);
}

/// What stands under the last heading of `docs/own-rules.md`.
fn facts_page() -> String {
    let mut page = String::new();
    for (word, kind) in Kind::ALL {
        let about = match kind {
            Kind::Api => "APIs of every kind: REST, HTTP, WebSocket, GraphQL APIs and function URLs.",
            Kind::FunctionUrl => "Function URLs alone.",
            Kind::Method => "Each method of each API. All facts of `for: api` are known, and these:",
            Kind::Caller => {
                "Each class of callers of each API. All facts of `for: api` are known, and these:"
            }
            Kind::Endpoint => "VPC endpoints for `execute-api`.",
            Kind::Domain => "Custom domains.",
            Kind::Call => {
                "Places that build the address of an API: environment variables, outputs and the like."
            }
        };
        let _ = write!(page, "\n### `for: {word}`\n\n{about}\n\n| Fact | Type | Meaning |\n|---|---|---|\n");
        let of_apis: Vec<_> = facts::of(Kind::Api).collect();
        let repeated =
            |fact: &&facts::Fact| matches!(kind, Kind::Method | Kind::Caller) && of_apis.contains(fact);
        for fact in facts::of(kind).filter(|fact| !repeated(fact)) {
            let words = |words: &[&str]| format!("word: `{}`", words.join("`, `"));
            let of = match fact.of {
                Type::Word(known) => words(known),
                Type::Flag => "flag".to_owned(),
                Type::Name => "name".to_owned(),
                Type::Path => "path".to_owned(),
                Type::Value => "value".to_owned(),
                Type::Caller => format!("caller (`{}` or a value)", CALLERS.join("`, `")),
            };
            let list = if fact.list { "list of " } else { "" };
            let _ = writeln!(page, "| `{}` | {list}{of} | {} |", fact.name, fact.meaning);
        }
    }
    page
}

#[test]
fn the_documentation_lists_every_fact_and_every_key() {
    let path = root().join("docs/own-rules.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, mark) = page.split_once("<!-- facts: ").unwrap();
    let (mark, _) = mark.split_once("-->\n").unwrap();
    let fresh = format!("{head}<!-- facts: {mark}-->\n{}", facts_page());
    if blessing() {
        fs::write(&path, &fresh).unwrap();
    } else {
        assert_eq!(page, fresh, "docs/own-rules.md is stale");
    }
    let keys = head.split_once("## Keys").unwrap().1.split_once("\n## ").unwrap().0;
    for key in KEYS {
        assert!(keys.contains(&format!("`{key}`")), "docs/own-rules.md does not explain `{key}`");
    }
}

/// A change to a text.
#[derive(Clone, Debug)]
enum Change {
    /// Drops bytes.
    Cut(usize, usize),
    /// Puts something in.
    Insert(usize, &'static str),
    /// Drops a line.
    DropLine(usize),
    /// Doubles a line.
    DoubleLine(usize),
    /// Indents a line differently.
    Indent(usize, usize),
    /// Replaces what stands behind the colon of a line.
    Value(usize, &'static str),
    /// Replaces what stands before the colon of a line.
    Key(usize, &'static str),
}

const PIECES: &[&str] = &[
    "",
    "[]",
    "{}",
    "[a, b]",
    "{a: b}",
    "null",
    "true",
    "12",
    "-1",
    "1.5",
    "~",
    "!Ref x",
    "*x",
    "&x y",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    "{x}",
    "{endpoint-type}",
    "|",
    ">-",
    "\u{0}",
    "é𝄞",
    "\t",
    "- - -",
    "? x",
    "<<: *x",
    "---\n",
    "...\n",
    "api",
    "private",
    "all",
    "any",
    "not",
    "every",
    "empty",
    "count",
    "0123",
    "2026-01-01",
    "export:",
    ":",
    "\u{feff}",
    "#",
    "\r\n",
];

fn change() -> impl Strategy<Value = Change> {
    let at = 0..10_000_usize;
    let piece = prop::sample::select(PIECES);
    prop_oneof![
        (at.clone(), 0..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (at.clone(), piece.clone()).prop_map(|(at, text)| Change::Insert(at, text)),
        at.clone().prop_map(Change::DropLine),
        at.clone().prop_map(Change::DoubleLine),
        (at.clone(), 0..12_usize).prop_map(|(at, width)| Change::Indent(at, width)),
        (at.clone(), piece.clone()).prop_map(|(at, text)| Change::Value(at, text)),
        (at, piece).prop_map(|(at, text)| Change::Key(at, text)),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let boundary = |at: usize| {
        let at = at % (text.len() + 1);
        (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let on_line = |at: usize, make: &dyn Fn(&str) -> String| {
        let chosen = at % lines.len().max(1);
        let line =
            |(index, line): (usize, &&str)| if index == chosen { make(line) } else { (*line).to_owned() };
        lines.iter().enumerate().map(line).collect::<String>()
    };
    match *change {
        Change::Cut(at, length) => {
            let (start, end) = (boundary(at), boundary((at % (text.len() + 1)).saturating_add(length)));
            format!("{}{}", &text[..start], &text[end.max(start)..])
        }
        Change::Insert(at, piece) => {
            let at = boundary(at);
            format!("{}{piece}{}", &text[..at], &text[at..])
        }
        Change::DropLine(at) => on_line(at, &|_| String::new()),
        Change::DoubleLine(at) => on_line(at, &|line| format!("{line}{line}")),
        Change::Indent(at, width) => {
            on_line(at, &|line| format!("{}{}", " ".repeat(width), line.trim_start()))
        }
        Change::Value(at, piece) => on_line(at, &|line| match line.split_once(':') {
            Some((key, _)) => format!("{key}: {piece}\n"),
            None => line.to_owned(),
        }),
        Change::Key(at, piece) => on_line(at, &|line| match line.split_once(':') {
            Some((key, value)) => {
                let blanks = key.len() - key.trim_start().len();
                format!("{}{piece}:{value}", " ".repeat(blanks))
            }
            None => line.to_owned(),
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a rule file, it is read or each mistake has a place with something to see there.
    #[test]
    fn every_mistake_in_a_changed_rule_has_its_place(
        which in 0..1000_usize,
        changes in prop::collection::vec(change(), 1..6),
    ) {
        thread_local!(static TEXTS: Vec<Arc<str>> = shipped().into_iter().map(|(_, text, _)| text).collect());
        let mut text = TEXTS.with(|texts| texts[which % texts.len()].to_string());
        for change in &changes {
            text = changed(&text, change);
        }
        let text: Arc<str> = text.into();
        let file = FileId(7);
        match own::read(file, &text) {
            Ok(rule) => prop_assert!(!rule.examples.is_empty()),
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    let span = mistake.primary.span;
                    prop_assert_eq!(span.file, file);
                    let shown = text.get(span.range.as_usize());
                    prop_assert!(shown.is_some(), "{:?} {}", span, mistake.message);
                    let blank = text.trim_start_matches('\u{feff}').trim().is_empty();
                    prop_assert!(
                        blank || !shown.unwrap().is_empty(),
                        "nothing at {:?}: {} in\n{}", span, mistake.message, text
                    );
                    prop_assert!(!mistake.message.is_empty() && !mistake.message.ends_with('.'));
                }
            }
        }
    }
}
