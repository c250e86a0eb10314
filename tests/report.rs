//! What the report writers print, from findings made by hand: pictures pinned in `fixtures/_report`, and what
//! must hold for any text. Set `WICKETGATE_BLESS=1` to rewrite the pictures, then read them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::fs;
use std::path::PathBuf;

use wicketgate::config;
use wicketgate::diagnostic::{Applicability, Diagnostic, Fix, Label, RuleId, Severity, When};
use wicketgate::report::text::{Colour, TextOptions};
use wicketgate::report::{concise, json, statistics, summary::Summary, text};
use wicketgate::source::{FileId, SourceFile, Sources, Span, TextEdit, TextRange};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/_report").join(name)
}

fn add_fixture(sources: &mut Sources, name: &str) -> FileId {
    sources.add(SourceFile::new(name, fs::read_to_string(fixture(name)).unwrap()))
}

fn span_of(sources: &Sources, file: FileId, needle: &str) -> Span {
    let start = sources.get(file).unwrap().text().find(needle).expect("the needle is in the text");
    Span::new(file, range(start, start + needle.len()))
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap())
}

fn finding(rule: &'static str, severity: Severity, message: &str, primary: Label) -> Diagnostic {
    let found = Diagnostic::new(RuleId::new(rule), severity, message.to_owned(), primary);
    Diagnostic { resource: Some("ServerlessApi".to_owned()), ..found }
}

fn full_text(diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let mut out = Vec::new();
    text::write(&mut out, diagnostics, sources, &TextOptions { colour, width: 120 }).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    full_text(diagnostics, sources, Colour::Never)
}

fn expect(name: &str, actual: &str) {
    let path = fixture(name);
    if std::env::var_os("WICKETGATE_BLESS").is_some() {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs", path.display());
}

fn public_api(sources: &mut Sources) -> Diagnostic {
    let file = add_fixture(sources, "public.yaml");
    let start = sources.get(file).unwrap().text().find("  ServerlessApi:").unwrap() + 2;
    let primary = Span::new(file, range(start, start + "ServerlessApi".len()));
    Diagnostic {
        related: vec![Label::new(
            span_of(sources, file, "\"ServerlessApi\""),
            "GET /entities is served here, with no authorizer",
        )],
        why: "anyone who learns the API id can call GET /entities; a private API answers only through a VPC \
              endpoint."
            .to_owned(),
        help: vec![
            "make it private: `Type: PRIVATE` in its EndpointConfiguration".to_owned(),
            "or say it is meant to be public, once, in wicketgate.toml:  posture = \"public\"".to_owned(),
        ],
        ..finding(
            "public-api",
            Severity::Warning,
            "`ServerlessApi` answers on the public internet",
            Label::new(
                primary,
                "no EndpointConfiguration: edge-optimised in most regions, and public in all",
            ),
        )
    }
}

fn associated_elsewhere(sources: &mut Sources) -> Vec<Diagnostic> {
    let orders = add_fixture(sources, "orders.yaml");
    let network = add_fixture(sources, "network.yaml");
    let missing = Diagnostic {
        related: vec![
            Label::new(span_of(sources, network, "network-prod-execute-api-vpce"), "exported here"),
            Label::new(span_of(sources, network, "ExecuteApiEndpoint:\n    Type"), "this endpoint"),
        ],
        when: vec![When { parameter: "Stage".to_owned(), values: vec!["prod".to_owned(), "beta".to_owned()] }],
        environments: vec!["prod".to_owned(), "test".to_owned()],
        why: "without it AWS creates no {api-id}-{vpce-id} name, so each caller must send a Host or \
              x-apigw-api-id header (a browser cannot set Host), or depend on private DNS or a private custom \
              domain."
            .to_owned(),
        notes: vec!["network.yaml:8 exports `network-prod-execute-api-vpce`".to_owned()],
        help: vec!["add   VPCEndpointIds: [!ImportValue network-prod-execute-api-vpce]".to_owned()],
        fixes: vec![Fix {
            title: "associate the API".to_owned(),
            applicability: Applicability::Unsafe,
            edits: Vec::new(),
        }],
        ..finding(
            "missing-vpc-endpoint-ids",
            Severity::Warning,
            "private API `ServerlessApi` is not associated with a VPC endpoint",
            Label::new(span_of(sources, orders, "PRIVATE"), "VPCEndpointIds is missing"),
        )
    };
    let entry = span_of(sources, orders, "vpce-0bbbbbbbbbbbbbbbb");
    let omits = Diagnostic {
        related: vec![Label::new(span_of(sources, orders, "vpce-0aaaaaaaaaaaaaaaa"), "associated here")],
        why:
            "SAM turns this list into `Deny … StringNotEquals aws:SourceVpce`; calls through the associated \
              endpoint get 403."
                .to_owned(),
        help: vec!["replace it with   SourceVpcWhitelist: [ vpce-0aaaaaaaaaaaaaaaa ]".to_owned()],
        fixes: vec![Fix {
            title: "let in the associated endpoint".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![(orders, TextEdit { range: entry.range, text: "vpce-0aaaaaaaaaaaaaaaa".to_owned() })],
        }],
        ..finding(
            "policy-omits-endpoint",
            Severity::Error,
            "`ServerlessApi` is associated with an endpoint its own policy refuses",
            Label::new(entry, "the only endpoint the policy lets in"),
        )
    };
    let info = finding(
        "unknown-exposure",
        Severity::Info,
        "two marks in one line",
        Label::new(span_of(sources, network, "Export"), "first"),
    );
    let info = Diagnostic {
        related: vec![
            Label::new(span_of(sources, network, "network-prod-execute-api-vpce"), "second"),
            Label::new(span_of(sources, network, "Name"), "third"),
        ],
        ..info
    };
    vec![missing, omits, info]
}

#[test]
fn a_finding_with_two_places_in_one_file() {
    let mut sources = Sources::new();
    let finding = public_api(&mut sources);
    expect("public.txt", &plain(&[finding], &sources));
}

#[test]
fn findings_with_places_in_several_files() {
    let mut sources = Sources::new();
    let findings = associated_elsewhere(&mut sources);
    expect("elsewhere.txt", &plain(&findings, &sources));
}

#[test]
fn colours_only_add_escape_sequences() {
    let mut sources = Sources::new();
    let findings = associated_elsewhere(&mut sources);
    let coloured = full_text(&findings, &sources, Colour::Always);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((head, tail)) = rest.split_once('\u{1b}') {
        stripped.push_str(head);
        rest = tail.split_once('m').expect("a colour sequence ends with m").1;
    }
    stripped.push_str(rest);
    assert!(coloured.contains("\u{1b}["));
    let stripped: String = stripped.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(stripped, plain(&findings, &sources));
}

#[test]
fn one_line_each() {
    let mut sources = Sources::new();
    let mut findings = vec![public_api(&mut sources)];
    findings.extend(associated_elsewhere(&mut sources));
    let mut out = Vec::new();
    concise::write(&mut out, &findings, &sources).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "public.yaml:18:3: warning[public-api] `ServerlessApi` answers on the public internet\n\
         orders.yaml:9:15: warning[missing-vpc-endpoint-ids] private API `ServerlessApi` is not associated \
         with a VPC endpoint\n\
         orders.yaml:14:33: error[policy-omits-endpoint] `ServerlessApi` is associated with an endpoint its \
         own policy refuses\n\
         network.yaml:8:5: info[unknown-exposure] two marks in one line\n"
    );
}

#[test]
fn json_follows_its_schema() {
    let mut sources = Sources::new();
    let findings = associated_elsewhere(&mut sources);
    let summary = Summary { templates: 2, apis: 1, suppressed: 5, ..Summary::default() };
    let mut out = Vec::new();
    json::write(&mut out, &findings, &sources, &summary.with_findings(&findings)).unwrap();
    expect("elsewhere.json", std::str::from_utf8(&out).unwrap());
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    for place in document["diagnostics"].as_array().unwrap() {
        let text = sources
            .iter()
            .find(|(_, file)| file.name() == place["file"])
            .map(|(_, file)| file.text())
            .unwrap();
        let start = usize::try_from(place["range"]["start"]["offset"].as_u64().unwrap()).unwrap();
        let line = usize::try_from(place["range"]["start"]["line"].as_u64().unwrap()).unwrap();
        let column = usize::try_from(place["range"]["start"]["column"].as_u64().unwrap()).unwrap();
        let by_line: String = text.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect();
        assert!(text[start..].starts_with(&by_line), "line and column lead to the offset");
    }
}

#[test]
fn statistics_count_rules() {
    let mut sources = Sources::new();
    let mut findings = vec![public_api(&mut sources)];
    findings.extend(associated_elsewhere(&mut sources));
    findings.extend(findings[..1].to_vec());
    let mut out = Vec::new();
    statistics::write(&mut out, &findings).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "2  warning  public-api\n\
         1  warning  missing-vpc-endpoint-ids\n\
         1  error    policy-omits-endpoint\n\
         1  info     unknown-exposure\n"
    );
}

#[test]
fn mistakes_in_the_policy_file_are_findings_too() {
    for name in ["policy", "broken"] {
        let mut sources = Sources::new();
        let file = add_fixture(&mut sources, &format!("{name}.toml"));
        let (_, mistakes) = config::read(file, sources.get(file).unwrap().text());
        expect(&format!("{name}.txt"), &plain(&mistakes, &sources));
    }
}

/// Everything a terminal would act on, or that hides or reorders text.
fn is_harmful(character: char) -> bool {
    let code = u32::from(character);
    (character.is_control() && character != '\n')
        || (0x202A..=0x202E).contains(&code)
        || (0x2066..=0x2069).contains(&code)
}

#[test]
fn nothing_from_a_template_reaches_the_terminal_raw() {
    let evil = "a: \u{1b}[31mred\u{1b}]0;title\u{7} \u{9b}2J \u{202e}txet\u{2069} \u{0}end # PRIVATE\r\n";
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("evil\u{1b}[2J\n.yaml", evil));
    let mut finding = finding(
        "public-api",
        Severity::Error,
        "`\u{1b}]52;c;AAAA\u{7}`\nis \u{202e}odd",
        Label::new(span_of(&sources, file, "PRIVATE"), "here\u{1b}c"),
    );
    finding.related.push(Label::new(span_of(&sources, file, "end"), "\u{2066}rel\u{9d}ated"));
    finding.why = "why\u{1b}[1m".to_owned();
    finding.notes = vec!["note\u{8}".to_owned()];
    finding.help = vec!["help\u{202d}".to_owned()];
    finding.when = vec![When { parameter: "P".to_owned(), values: vec!["\u{1b}[7m".to_owned()] }];
    finding.environments = vec!["prod\u{1b}".to_owned()];
    let findings = [finding];
    let shown = plain(&findings, &sources);
    expect("hostile.txt", &shown);
    assert_eq!(shown.matches(is_harmful).count(), 0);
    let mut out = Vec::new();
    concise::write(&mut out, &findings, &sources).unwrap();
    let line = String::from_utf8(out).unwrap();
    assert_eq!((line.matches(is_harmful).count(), line.lines().count()), (0, 1));
    let mut out = Vec::new();
    json::write(&mut out, &findings, &sources, &Summary::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches(is_harmful).count(), 0);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["diagnostics"][0]["message"], findings[0].message.as_str());
    assert_eq!(document["diagnostics"][0]["file"], "evil\u{1b}[2J\n.yaml");
}

/// The text of a shown finding under which the carets stand.
fn marked(shown: &str, caret: char) -> Vec<String> {
    let content = |line: &str| line.split_once("│ ").map(|(_, text)| text.to_owned());
    let lines: Vec<&str> = shown.lines().collect();
    let mut found = Vec::new();
    for pair in lines.windows(2) {
        let (Some(above), Some(below)) = (content(pair[0]), content(pair[1])) else { continue };
        if !below.trim_start().starts_with(['^', '-']) {
            continue;
        }
        let text: String = above
            .chars()
            .zip(below.chars())
            .filter(|&(_, mark)| mark == caret)
            .map(|(text, _)| text)
            .collect();
        found.push(text);
    }
    found
}

#[test]
fn a_minified_template_is_cut_around_its_labels() {
    let filler = r#""Filler":{"Type":"AWS::S3::Bucket"},"#.repeat(15_000);
    let text = format!(r#"{{"Resources":{{{filler}"Api":{{"Type":"PRIVATE"}},{filler}"Last":{{}}}}}}"#);
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("min.json", text));
    let mut finding = finding(
        "public-api",
        Severity::Warning,
        "cut",
        Label::new(span_of(&sources, file, "PRIVATE"), "here"),
    );
    finding.related.push(Label::new(span_of(&sources, file, "Resources"), "start"));
    finding.related.push(Label::new(span_of(&sources, file, "Last"), "end"));
    let shown = plain(&[finding], &sources);
    assert!(shown.len() < 2000, "{} bytes shown", shown.len());
    assert_eq!(marked(&shown, '^').concat(), "PRIVATE");
    assert_eq!(marked(&shown, '-').concat(), "ResourcesLast");
    expect("minified.txt", &shown);
}

#[test]
fn columns_are_right_behind_tabs_marks_and_wide_characters() {
    let text = "\u{FEFF}first: X\r\n\tsecond:\tX\r\nd\u{e9}j\u{e0}: X\nlast: 日本 X";
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("a.yaml", text));
    let findings: Vec<Diagnostic> = text
        .match_indices('X')
        .map(|(at, _)| {
            let label = Label::new(Span::new(file, range(at, at + 1)), "");
            finding("public-api", Severity::Warning, "m", label)
        })
        .collect();
    let mut out = Vec::new();
    concise::write(&mut out, &findings, &sources).unwrap();
    let places: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| line.split(": ").next().unwrap().to_owned())
        .collect();
    assert_eq!(places, ["a.yaml:1:8", "a.yaml:2:10", "a.yaml:3:7", "a.yaml:4:10"]);
    expect("columns.txt", &plain(&findings, &sources));
}

/// A small generator of reproducible pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit.max(1)
    }
}

#[test]
fn any_text_and_any_labels_can_be_shown() {
    let pieces = [
        "a",
        "key: value",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "é",
        "𝄞",
        "日本",
        "\u{FEFF}",
        "\u{301}",
        "\u{1b}[0m",
        "`",
        " ",
    ];
    let mut random = Random(7);
    for round in 0..1500 {
        let mut text = String::new();
        for _ in 0..random.below(60) {
            let piece = pieces[random.below(pieces.len())];
            let times = if random.below(20) == 0 { 200 } else { 1 };
            text.push_str(&piece.repeat(times));
        }
        let length = text.len();
        let mut sources = Sources::new();
        sources.add(SourceFile::new("a.yaml", text));
        sources.add(SourceFile::new("empty.yaml", ""));
        let mut label = || {
            let file = FileId(u32::try_from(random.below(3)).unwrap());
            let start = random.below(length + 10);
            Label::new(
                Span::new(file, range(start, start + random.below(300))),
                pieces[random.below(pieces.len())],
            )
        };
        let mut finding = finding("public-api", Severity::Info, "any", label());
        finding.related = (0..round % 15).map(|_| label()).collect();
        let findings = [finding];
        let shown = plain(&findings, &sources);
        assert_eq!(shown.matches(is_harmful).count(), 0);
        let mut out = Vec::new();
        concise::write(&mut out, &findings, &sources).unwrap();
        json::write(&mut out, &findings, &sources, &Summary::default()).unwrap();
    }
}

#[test]
fn ten_thousand_findings_in_one_line_take_no_time() {
    let text = r#"{"Type":"PRIVATE"},"#.repeat(50_000);
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("min.json", text));
    let findings: Vec<Diagnostic> = (0..10_000)
        .map(|index| {
            let start = index * 95 + 9;
            let label = Label::new(Span::new(file, range(start, start + 7)), "here");
            finding("public-api", Severity::Warning, "m", label)
        })
        .collect();
    let shown = plain(&findings, &sources);
    assert_eq!(marked(&shown, '^').concat(), "PRIVATE".repeat(10_000));
    let mut out = Vec::new();
    json::write(&mut out, &findings, &sources, &Summary::default()).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let last = &document["diagnostics"][9_999]["range"]["start"];
    assert_eq!((last["line"].as_u64(), last["column"].as_u64()), (Some(1), Some(949_915)));
}
