//! What we read and refuse of the YAML test suite, the JSON test suite and real templates.
//!
//! Run with `cargo test --features shared-suites --release --test conformance -- --nocapture` to see the
//! counts. Each difference from a suite's expectation is listed below and explained in
//! `docs/yaml-and-json.md`; a difference that is not listed, and a listed one that is gone, fail.

#![allow(clippy::panic, reason = "a harness fails by panicking")]
#![allow(clippy::print_stdout, reason = "the counts are read with --nocapture")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wicketgate::source::FileId;
use wicketgate::syntax::parse::{Parsed, parse};
use wicketgate::syntax::sniff::{Sniff, looks_like_template};
use wicketgate::syntax::tree::{Format, Kind, NodeId, ScalarStyle, Tree};

/// Invalid YAML that we read without complaint.
const YAML_WRONGLY_READ: &[&str] = &["9C9N", "DK95-1", "QB6E"];

/// Valid YAML that we refuse, apart from texts with several documents.
const YAML_REFUSED: &[&str] = &["2JQS"];

/// Invalid JSON that is read as YAML, which CloudFormation does too.
const JSON_READ_AS_YAML: &[&str] = &[
    "n_array_1_true_without_comma.json",
    "n_array_colon_instead_of_comma.json",
    "n_array_extra_comma.json",
    "n_array_items_separated_by_semicolon.json",
    "n_array_number_and_comma.json",
    "n_incomplete_false.json",
    "n_incomplete_null.json",
    "n_incomplete_true.json",
    "n_number_++.json",
    "n_number_+1.json",
    "n_number_+Inf.json",
    "n_number_-01.json",
    "n_number_-1.0..json",
    "n_number_-2..json",
    "n_number_-NaN.json",
    "n_number_.-1.json",
    "n_number_.2e-3.json",
    "n_number_0.1.2.json",
    "n_number_0.3e+.json",
    "n_number_0.3e.json",
    "n_number_0.e1.json",
    "n_number_0_capital_E+.json",
    "n_number_0_capital_E.json",
    "n_number_0e+.json",
    "n_number_0e.json",
    "n_number_1.0e+.json",
    "n_number_1.0e-.json",
    "n_number_1.0e.json",
    "n_number_1_000.json",
    "n_number_1eE2.json",
    "n_number_2.e+3.json",
    "n_number_2.e-3.json",
    "n_number_2.e3.json",
    "n_number_9.e+.json",
    "n_number_Inf.json",
    "n_number_NaN.json",
    "n_number_U+FF11_fullwidth_digit_one.json",
    "n_number_expression.json",
    "n_number_hex_1_digit.json",
    "n_number_hex_2_digits.json",
    "n_number_infinity.json",
    "n_number_invalid+-.json",
    "n_number_invalid-negative-real.json",
    "n_number_minus_infinity.json",
    "n_number_minus_sign_with_trailing_garbage.json",
    "n_number_neg_int_starting_with_zero.json",
    "n_number_neg_real_without_int_part.json",
    "n_number_neg_with_garbage_at_end.json",
    "n_number_real_garbage_after_e.json",
    "n_number_real_without_fractional_part.json",
    "n_number_starting_with_dot.json",
    "n_number_with_alpha.json",
    "n_number_with_alpha_char.json",
    "n_number_with_leading_zero.json",
    "n_object_bad_value.json",
    "n_object_comma_instead_of_colon.json",
    "n_object_double_colon.json",
    "n_object_emoji.json",
    "n_object_key_with_single_quotes.json",
    "n_object_missing_key.json",
    "n_object_non_string_key.json",
    "n_object_non_string_key_but_huge_number_instead.json",
    "n_object_single_quote.json",
    "n_object_trailing_comma.json",
    "n_object_unquoted_key.json",
    "n_object_with_single_string.json",
    "n_string_accentuated_char_no_quotes.json",
    "n_string_escape_x.json",
    "n_string_escaped_ctrl_char_tab.json",
    "n_string_invalid_backslash_esc.json",
    "n_string_leading_uescaped_thinspace.json",
    "n_string_no_quotes_with_bad_escape.json",
    "n_string_single_quote.json",
    "n_string_unescaped_newline.json",
    "n_string_unescaped_tab.json",
    "n_structure_U+2060_word_joined.json",
    "n_structure_angle_bracket_null.json",
    "n_structure_capitalized_True.json",
    "n_structure_uescaped_LF_before_string.json",
    "n_structure_whitespace_U+2060_word_joiner.json",
];

/// Texts of the JSON suite that start with neither `{` nor `[`, so that they are never read as JSON.
const JSON_NOT_TRIED: usize = 23;

/// Texts whose reading the standard leaves open and that we refuse, and valid ones with equal keys.
const JSON_REFUSED: &[&str] = &[
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_UTF-16LE_with_BOM.json",
    "i_string_UTF-8_invalid_sequence.json",
    "i_string_UTF8_surrogate_U+D800.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_invalid_utf-8.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_iso_latin_1.json",
    "i_string_lone_second_surrogate.json",
    "i_string_lone_utf8_continuation_byte.json",
    "i_string_not_in_unicode_range.json",
    "i_string_overlong_sequence_2_bytes.json",
    "i_string_overlong_sequence_6_bytes.json",
    "i_string_overlong_sequence_6_bytes_null.json",
    "i_string_truncated-utf-8.json",
    "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json",
    "i_structure_500_nested_arrays.json",
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
];

/// Templates of the corpus that do not parse.
const BROKEN_TEMPLATES: &[&str] = &[
    "aws-cloudformation__cfn-lint/test/fixtures/templates/bad/duplicate.json",
    "aws-cloudformation__cfn-lint/test/fixtures/templates/bad/duplicate.yaml",
    "aws-cloudformation__cfn-lint/test/fixtures/templates/bad/json_parse.json",
    "aws-cloudformation__cfn-lint/test/fixtures/templates/bad/template.yaml",
    "aws-cloudformation__cloudformation-guard/guard/resources/validate/malformed-template.yaml",
    "aws-cloudformation__cloudformation-languageserver/tst/resources/templates/broken.json",
    "aws-cloudformation__cloudformation-languageserver/tst/resources/templates/broken.yaml",
    "aws-samples__serverless-patterns/apigw-custom-domain-edge/template.yaml",
    "aws-samples__serverless-patterns/apigw-ec2/template.yaml",
    "aws-samples__serverless-patterns/appsync-dynamodb-singletable/template.yaml",
    "aws-samples__serverless-patterns/cloudfront-apigw-http-api-lambda-rust/template.yml",
    "aws-samples__serverless-patterns/cloudfront-failover-apigw-http-api-lambda-rust/cloudfront.yml",
    "aws-samples__serverless-patterns/cloudfront-lambda-url-rust/template.yml",
    "aws-samples__serverless-patterns/cognito-sns-sms-origination-id-sam/template.yaml",
    "aws-samples__serverless-patterns/history-5487e659/multi-account-private-apigw/centralAccount/template.yaml",
    "aws-samples__serverless-patterns/lambda-streaming-sdk-sam/template.yaml",
    "aws-samples__serverless-patterns/msk-lambda-schema-avro-java-sam/template_original.yaml",
    "aws-samples__serverless-patterns/multi-account-private-apigw/centralAccount/template.yaml",
    "aws-samples__serverless-patterns/public-nlb-or-alb-private-api-cfn/template.yaml",
    "aws-samples__serverless-patterns/rds-sns-event-notification/template.yaml",
    "aws-samples__serverless-patterns/sam-webapp-cognito/template.yaml",
    "aws-samples__serverless-patterns/vpc-lattice-lambda/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-dotnet/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-golang/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-java-gradle/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-nodejs/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-python/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/tests/functional/testdata/init/unknown_runtime/python3.8/cookiecutter-aws-sam-hello/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/tests/integration/testdata/validate/default_yaml/templateError.yaml",
    "bridgecrewio__checkov/tests/cloudformation/parser/success_triple_quotes_string.json",
    "bridgecrewio__checkov/tests/cloudformation/runner/resources/invalid.json",
    "bridgecrewio__checkov/tests/cloudformation/runner/resources/invalid.yaml",
    "stelligent__cfn_nag/spec/test_templates/yaml/vulgar_bad_syntax.yml",
];

/// Templates that are not taken for one: six that cookiecutter fills in first (`{% if … %}`), and a part of a
/// Serverless Framework configuration (`${self:…}`).
const NOT_SNIFFED: &[&str] = &[
    "aws-samples__serverless-patterns/lambda-vpc-secrets-sls/serverless-resources/iam-roles.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-dotnet/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-golang/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-java-gradle/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-nodejs/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/samcli/lib/init/templates/cookiecutter-aws-sam-hello-python/{{cookiecutter.project_name}}/template.yaml",
    "aws__aws-sam-cli/tests/functional/testdata/init/unknown_runtime/python3.8/cookiecutter-aws-sam-hello/{{cookiecutter.project_name}}/template.yaml",
];

fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("WICKETGATE_SHARED").map_or(beside, PathBuf::from);
    assert!(root.join("corpus").is_dir(), "no corpus in {}", root.display());
    root
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("can be listed").path()).collect();
    files.sort();
    files
}

fn read(text: &str) -> Parsed {
    parse(FileId(0), &text.into())
}

fn assert_listed(what: &str, found: &BTreeSet<String>, listed: &[&str]) {
    let listed: BTreeSet<String> = listed.iter().map(|&id| id.to_owned()).collect();
    let new: Vec<&String> = found.difference(&listed).collect();
    let gone: Vec<&String> = listed.difference(found).collect();
    assert!(new.is_empty() && gone.is_empty(), "{what}: not listed {new:#?}, listed but gone {gone:#?}");
}

mod yaml_suite {
    use super::*;

    struct Case {
        id: String,
        text: String,
        events: String,
        fails: bool,
    }

    /// The suite writes white space and line ends as visible characters.
    fn visible_to_real(text: &str) -> String {
        let mut out = String::new();
        let mut dashes = 0;
        for character in text.chars() {
            match character {
                '—' => dashes += 1,
                '»' => {
                    out.push('\t');
                    dashes = 0;
                }
                other => {
                    out.extend(std::iter::repeat_n('—', std::mem::take(&mut dashes)));
                    match other {
                        '␣' => out.push(' '),
                        '←' => out.push('\r'),
                        '⇔' => out.push('\u{feff}'),
                        '↵' => {}
                        other => out.push(other),
                    }
                }
            }
        }
        match out.strip_suffix("∎\n") {
            Some(cut) => cut.to_owned(),
            None => out,
        }
    }

    fn cases() -> Vec<Case> {
        let folder = shared().join("corpus/yaml__yaml-test-suite/src");
        let mut cases = Vec::new();
        for path in files(&folder) {
            let stem = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            let parsed = read(&fs::read_to_string(&path).expect("the suite is UTF-8"));
            assert!(parsed.errors.is_empty(), "{}: {:?}", path.display(), parsed.errors);
            let tree = parsed.tree;
            let items = tree.items(tree.root().expect("a file holds cases")).to_vec();
            // The suite itself leaves out a file that is under discussion.
            if items.iter().any(|&case| tree.get(case, "skip").is_some()) {
                continue;
            }
            let many = items.len() > 1;
            let mut events = String::new();
            for (index, case) in items.into_iter().enumerate() {
                let field =
                    |name: &str| tree.get(case, name).and_then(|id| tree.scalar(id)).unwrap_or_default();
                // A case without events has those of the case before it.
                if tree.get(case, "tree").is_some() {
                    events = visible_to_real(field("tree"));
                }
                cases.push(Case {
                    id: if many { format!("{stem}-{index}") } else { stem.clone() },
                    text: visible_to_real(field("yaml")),
                    events: events.clone(),
                    fails: field("fail") == "true",
                });
            }
        }
        cases
    }

    /// A node without tags, anchors and aliases.
    #[derive(Clone, Debug, PartialEq)]
    enum Value {
        Scalar(char, String),
        List(Vec<Value>),
        Map(Vec<(Value, Value)>),
    }

    /// The first document that the suite's events describe; `None` when it has no content.
    struct Events<'text> {
        lines: std::iter::Peekable<std::str::Lines<'text>>,
        anchors: HashMap<String, Value>,
    }

    impl<'text> Events<'text> {
        fn new(text: &'text str) -> Self {
            Self { lines: text.lines().peekable(), anchors: HashMap::new() }
        }

        fn document(&mut self) -> Option<Value> {
            loop {
                let line = self.lines.next()?.trim_start();
                if line.starts_with("+DOC") {
                    return Some(self.node());
                }
            }
        }

        fn node(&mut self) -> Value {
            let line = self.lines.next().expect("a document has a node").trim_start();
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let mut rest = rest;
            let mut anchor = None;
            for _ in 0..3 {
                let (first, tail) = rest.split_once(' ').unwrap_or((rest, ""));
                if word != "=ALI" && first.starts_with('&') {
                    anchor = Some(first.trim_start_matches('&').to_owned());
                    rest = tail;
                } else if first.starts_with('<') || first == "[]" || first == "{}" {
                    rest = tail;
                }
            }
            let value = match word {
                "=ALI" => return self.anchors[rest.trim_start_matches('*')].clone(),
                "=VAL" => Value::Scalar(rest.chars().next().expect("a style"), unescape(&rest[1..])),
                "+SEQ" => Value::List(self.until("-SEQ")),
                "+MAP" => {
                    let flat = self.until("-MAP");
                    Value::Map(flat.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
                }
                other => panic!("an unknown event {other}"),
            };
            if let Some(anchor) = anchor {
                self.anchors.insert(anchor, value.clone());
            }
            value
        }

        fn until(&mut self, end: &str) -> Vec<Value> {
            let mut values = Vec::new();
            while !self.lines.peek().expect("a collection ends").trim_start().starts_with(end) {
                values.push(self.node());
            }
            self.lines.next();
            values
        }
    }

    fn unescape(text: &str) -> String {
        let mut out = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            out.push(match character {
                '\\' => match characters.next().expect("an escape has a letter") {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    '\\' => '\\',
                    other => panic!("an unknown escape {other}"),
                },
                other => other,
            });
        }
        out
    }

    fn value(tree: &Tree, id: NodeId) -> Value {
        match &tree.node(id).kind {
            Kind::Scalar { style, .. } => {
                let mark = match style {
                    ScalarStyle::Plain => ':',
                    ScalarStyle::SingleQuoted => '\'',
                    ScalarStyle::DoubleQuoted => '"',
                    ScalarStyle::Literal => '|',
                    ScalarStyle::Folded => '>',
                };
                Value::Scalar(mark, tree.scalar(id).expect("a scalar has content").to_owned())
            }
            Kind::Sequence(items) => Value::List(items.iter().map(|&item| value(tree, item)).collect()),
            Kind::Mapping(entries) => {
                let pair = |key, item| (value(tree, key), value(tree, item));
                Value::Map(entries.iter().map(|entry| pair(entry.key, entry.value)).collect())
            }
        }
    }

    /// What we read where the suite's absent root is no node.
    fn root(tree: &Tree) -> Value {
        tree.root().map_or(Value::Scalar(':', String::new()), |root| value(tree, root))
    }

    #[test]
    fn yaml_test_suite() {
        let cases = cases();
        assert_eq!(cases.len(), 402, "the suite has 402 cases");
        let (mut wrongly_read, mut refused, mut different) = <(BTreeSet<_>, BTreeSet<_>, Vec<_>)>::default();
        let (mut same, mut rejected, mut several) = (0, 0, 0);
        for case in &cases {
            let parsed = read(&case.text);
            let documents = case.events.lines().filter(|line| line.trim_start().starts_with("+DOC")).count();
            match (case.fails, parsed.errors.first()) {
                (true, Some(_)) => rejected += 1,
                (true, None) => {
                    wrongly_read.insert(case.id.clone());
                }
                (false, Some(error)) if documents > 1 && error.message.starts_with("a second document") => {
                    several += 1;
                }
                (false, Some(error)) => {
                    println!("refused {}: {}", case.id, error.message);
                    refused.insert(case.id.clone());
                }
                (false, None) => {
                    let expected = Events::new(&case.events).document();
                    let found = root(&parsed.tree);
                    if expected.clone().unwrap_or(Value::Scalar(':', String::new())) == found {
                        same += 1;
                    } else {
                        different.push(format!("{}: {expected:?}\n  read as {found:?}", case.id));
                    }
                }
            }
        }
        println!(
            "YAML: {same} read as expected, {rejected} rightly refused, {several} refused for a second document, \
             {} refused, {} wrongly read, {} read differently",
            refused.len(),
            wrongly_read.len(),
            different.len()
        );
        assert!(different.is_empty(), "read differently: {different:#?}");
        assert_listed("invalid YAML that is read", &wrongly_read, YAML_WRONGLY_READ);
        assert_listed("valid YAML that is refused", &refused, YAML_REFUSED);
    }
}

#[test]
fn json_test_suite() {
    let folder = shared().join("corpus/nst__JSONTestSuite/test_parsing");
    let (mut as_yaml, mut refused) = <(BTreeSet<_>, BTreeSet<_>)>::default();
    let mut counts: BTreeMap<(char, &str), usize> = BTreeMap::new();
    let mut not_tried = 0;
    let files = files(&folder);
    assert_eq!(files.len(), 318, "the suite has 318 texts");
    for path in files {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let class = name.chars().next().expect("a name is not empty");
        let text = String::from_utf8(fs::read(&path).expect("can be read"));
        let verdict = text.as_deref().map_or("not UTF-8", verdict);
        if text.is_ok_and(|text| !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])) {
            // A lone scalar is YAML here: no template is one.
            not_tried += 1;
            continue;
        }
        *counts.entry((class, verdict)).or_default() += 1;
        assert!(class != 'n' || verdict != "json", "{name} is read as strict JSON");
        if class == 'n' && verdict == "yaml" {
            as_yaml.insert(name.clone());
        }
        if class != 'n' && verdict != "json" {
            println!("{name}: {verdict}");
            refused.insert(name.clone());
        }
    }
    println!("JSON: {counts:?}, {not_tried} start with no bracket");
    assert_eq!(not_tried, JSON_NOT_TRIED);
    assert_listed("invalid JSON that is read as YAML", &as_yaml, JSON_READ_AS_YAML);
    assert_listed("JSON that is refused or read as YAML", &refused, JSON_REFUSED);
}

fn verdict(text: &str) -> &'static str {
    let parsed = read(text);
    match (parsed.errors.is_empty(), parsed.tree.format()) {
        (true, Format::Json) => "json",
        (true, Format::Yaml) => "yaml",
        (false, _) => "refused",
    }
}

#[test]
fn every_difference_is_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/yaml-and-json.md");
    let page = fs::read_to_string(page).expect("the page is UTF-8");
    for id in [YAML_WRONGLY_READ, YAML_REFUSED, JSON_READ_AS_YAML, JSON_REFUSED].concat() {
        assert!(page.contains(&format!("`{id}`")), "{id} is not explained");
    }
}

/// Name and kind of every file in the corpus.
fn manifest() -> Vec<(String, String)> {
    let text = fs::read_to_string(shared().join("corpus/MANIFEST.tsv")).expect("the manifest is UTF-8");
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        (columns[0].to_owned(), columns[5].to_owned())
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn templates_of_the_corpus_parse() {
    let corpus = shared().join("corpus");
    let mut broken = BTreeSet::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in manifest().into_iter().filter(|(_, kind)| kind == "template") {
        let Ok(text) = fs::read_to_string(corpus.join(&name)) else {
            *counts.entry("not UTF-8").or_default() += 1;
            broken.insert(name);
            continue;
        };
        let text: Arc<str> = text.into();
        let parsed = parse(FileId(0), &text);
        *counts.entry(verdict(&text)).or_default() += 1;
        for error in &parsed.errors {
            println!("{name}:{}: {}", text[..error.span.range.start as usize].lines().count(), error.message);
        }
        if !parsed.errors.is_empty() {
            broken.insert(name);
        }
    }
    println!("templates: {counts:?}");
    assert_listed("templates that do not parse", &broken, BROKEN_TEMPLATES);
}

#[test]
fn templates_of_the_corpus_are_recognised() {
    let corpus = shared().join("corpus");
    let (mut missed, mut taken) = <(BTreeSet<_>, BTreeSet<_>)>::default();
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for (name, kind) in manifest() {
        let Ok(text) = fs::read_to_string(corpus.join(&name)) else { continue };
        let (sniff, word) = match looks_like_template(&text) {
            Sniff::Template => ("template", "template"),
            Sniff::Unsure => ("unsure", "unsure"),
            Sniff::Other(what) => ("other", what),
        };
        *counts.entry((kind.clone(), sniff)).or_default() += 1;
        if kind == "template" && sniff != "template" {
            println!("{name}: {word}");
            missed.insert(name);
        } else if kind != "template" && sniff == "template" {
            println!("{name} ({kind}): taken for a template");
            taken.insert(name);
        }
    }
    println!("sniffed: {counts:#?}");
    assert_listed("templates that are not recognised", &missed, NOT_SNIFFED);
    assert_listed("other files that are taken for templates", &taken, &[]);
}
