//! The texts in `fixtures/_syntax` and the trees, comments and errors they are read as.
//!
//! `WICKETGATE_BLESS=1 cargo test --test syntax` rewrites the expectations; read them before committing.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wicketgate::source::{FileId, TextRange};
use wicketgate::syntax::parse::{Parsed, parse};
use wicketgate::syntax::tree::{Format, Kind, NodeId, ScalarStyle, ScalarText, Tree};

#[test]
fn fixtures_read_as_expected() {
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    let inputs = inputs();
    assert!(inputs.len() >= 20, "the folder of fixtures is not where it should be");
    for input in inputs {
        let text: Arc<str> = fs::read_to_string(&input).expect("a fixture is UTF-8").into();
        let found = dump(&text, &parse(FileId(0), &text));
        let expected_at = input.with_added_extension("txt");
        if bless {
            fs::write(&expected_at, &found).expect("the fixtures can be written");
        }
        let expected = fs::read_to_string(&expected_at).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}\n--- expected\n{expected}--- found\n{found}", input.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_expectation_has_its_text() {
    for path in files() {
        if path.extension().is_some_and(|extension| extension == "txt") {
            assert!(path.with_extension("").exists(), "{} has no text", path.display());
        }
    }
}

#[test]
fn expectations_point_at_something() {
    for input in inputs() {
        let text: Arc<str> = fs::read_to_string(&input).expect("a fixture is UTF-8").into();
        for error in parse(FileId(0), &text).errors {
            let pointed = &text[error.span.range.as_usize()];
            assert!(!pointed.trim().is_empty(), "{}: {} points at nothing", input.display(), error.message);
            assert!(!error.message.ends_with('.'), "{}: {}", input.display(), error.message);
            assert!(!error.message.contains('\n'), "{}: {}", input.display(), error.message);
        }
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_syntax");
    let entries = fs::read_dir(folder).expect("the folder of fixtures exists");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("can be listed").path()).collect();
    files.sort();
    files
}

fn inputs() -> Vec<PathBuf> {
    let is_input = |path: &PathBuf| path.extension().is_some_and(|extension| extension != "txt");
    files().into_iter().filter(is_input).collect()
}

fn dump(text: &str, parsed: &Parsed) -> String {
    let tree = &parsed.tree;
    let mut out = String::new();
    let format = match tree.format() {
        Format::Yaml => "yaml",
        Format::Json => "json",
    };
    let _ = writeln!(out, "{format}");
    match tree.root() {
        Some(root) => Dump { text, tree, seen: HashSet::new(), out: &mut out }.node(root, 0, ""),
        None => out.push_str("(empty)\n"),
    }
    for comment in tree.comments() {
        let _ = writeln!(out, "comment {}", place(text, comment.range));
    }
    for error in &parsed.errors {
        let _ = writeln!(out, "error {}\n  {}", place(text, error.span.range), error.message);
        if let Some((span, phrase)) = &error.related {
            let _ = writeln!(out, "  related {}: {phrase}", place(text, span.range));
        }
    }
    out
}

/// Byte range, line and column (1-based) and the text there.
fn place(text: &str, range: TextRange) -> String {
    format!("{}..{} {}", range.start, range.end, quoted(&text[range.as_usize()]))
}

fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let short: String = text.chars().take(LONGEST).collect();
    format!("{short:?}{}", if short.len() < text.len() { "…" } else { "" })
}

struct Dump<'dump> {
    text: &'dump str,
    tree: &'dump Tree,
    seen: HashSet<NodeId>,
    out: &'dump mut String,
}

impl Dump<'_> {
    fn node(&mut self, id: NodeId, depth: usize, role: &str) {
        let node = self.tree.node(id);
        let indent = "  ".repeat(depth);
        let range = node.span.range;
        let tag = node
            .tag
            .as_deref()
            .map(|tag| format!("{}@{}..{} ", tag.name, tag.span.range.start, tag.span.range.end));
        let tag = tag.unwrap_or_default();
        let again = if self.seen.insert(id) { "" } else { " (again)" };
        let kind = match &node.kind {
            Kind::Scalar { .. } => self.scalar(id),
            Kind::Sequence(items) => format!("sequence of {}", items.len()),
            Kind::Mapping(entries) => format!("mapping of {}", entries.len()),
        };
        let _ = writeln!(self.out, "{indent}{role}{tag}{}..{} {kind}{again}", range.start, range.end);
        if !again.is_empty() {
            return;
        }
        for &item in self.tree.items(id) {
            self.node(item, depth + 1, "- ");
        }
        for entry in self.tree.entries(id) {
            self.node(entry.key, depth + 1, "");
            self.node(entry.value, depth + 2, ": ");
        }
    }

    /// Style, the written text, and the content where it differs.
    fn scalar(&self, id: NodeId) -> String {
        let node = self.tree.node(id);
        let Kind::Scalar { text, style } = &node.kind else { return String::new() };
        let style = match style {
            ScalarStyle::Plain => "plain",
            ScalarStyle::SingleQuoted => "single",
            ScalarStyle::DoubleQuoted => "double",
            ScalarStyle::Literal => "literal",
            ScalarStyle::Folded => "folded",
        };
        let written = &self.text[node.span.range.as_usize()];
        let content = self.tree.scalar(id).expect("a scalar has content");
        match text {
            ScalarText::Slice(_) if content == written => format!("{style} {}", quoted(written)),
            ScalarText::Slice(range) => {
                format!("{style} {} is {}..{} {}", quoted(written), range.start, range.end, quoted(content))
            }
            ScalarText::Owned(_) => format!("{style} {} means {}", quoted(written), quoted(content)),
        }
    }
}

/// Texts made to hurt: each must come back soon, with a tree, and with the error that is meant for it.
mod hostile {
    use std::fmt::Write as _;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use wicketgate::source::FileId;
    use wicketgate::syntax::limits::{MAX_ERRORS, MAX_MERGED_ENTRIES, MAX_TEXT_BYTES};
    use wicketgate::syntax::parse::{Parsed, parse};

    /// Far above what any of these takes, far below what a quadratic reader would.
    const SOON: Duration = Duration::from_secs(30);

    fn read(text: String) -> Parsed {
        let text: Arc<str> = text.into();
        let start = Instant::now();
        let parsed = parse(FileId(0), &text);
        let taken = start.elapsed();
        assert!(taken < SOON, "{} bytes took {taken:?}", text.len());
        parsed
    }

    fn first_message(text: String) -> String {
        read(text).errors.first().map(|error| error.message.clone()).unwrap_or_default()
    }

    #[test]
    fn deep_nesting_is_refused() {
        let block: String = (0..2_000).fold(String::new(), |mut out, level| {
            let _ = writeln!(out, "{}a:", " ".repeat(level));
            out
        });
        let compact = "- ".repeat(100_000);
        let explicit = "? ".repeat(100_000);
        for text in
            ["[".repeat(100_000), "{a: ".repeat(100_000), "{\"a\":".repeat(100_000), block, compact, explicit]
        {
            assert_eq!(first_message(text.clone()), "nested deeper than 128 levels", "{}…", &text[..12]);
        }
        let balanced = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(first_message(balanced), "nested deeper than 128 levels");
    }

    #[test]
    fn depth_up_to_the_limit_is_read() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", "")] {
            let text = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(first_message(text(128)), "");
            assert_eq!(first_message(text(129)), "nested deeper than 128 levels");
        }
    }

    #[test]
    fn wide_texts_stay_linear() {
        let lines = |count: usize| {
            (0..count).fold(String::new(), |mut out, index| {
                let _ = writeln!(out, "key-with-a-common-start-{index}: {index}");
                out
            })
        };
        assert_eq!(first_message(lines(100_000)), "");
        let equal = read("k: v\n".repeat(100_000));
        assert_eq!(equal.errors.len(), MAX_ERRORS + 1);
        assert!(equal.whole);
        let json = format!("{{{}\"z\": 1}}", "\"a\":1,".repeat(100_000));
        assert_eq!(read(json).errors.len(), MAX_ERRORS + 1);
        assert_eq!(first_message(format!("[{}]", "1,".repeat(500_000))), "");
        assert_eq!(first_message(format!("a: [{}]\n", "1, ".repeat(300_000))), "");
        assert_eq!(
            first_message(format!("a: {{{}}}\n", "\"k\": 'v',".repeat(3_000))),
            "the key `k` stands twice in this mapping"
        );
        assert_eq!(first_message("- a\n".repeat(300_000)), "");
        assert_eq!(first_message(format!("a: b\n{}", "  c d\n".repeat(200_000))), "");
        assert_eq!(first_message("# comment\n".repeat(100_000)), "");
        assert_eq!(first_message(format!("a: b\n{}c: d\n", "# comment\n".repeat(10_000))), "");
        assert_eq!(first_message(format!("a: {}", "x".repeat(10_000_000))), "");
        assert_eq!(first_message(format!("a: \"{}\"", "\\n".repeat(1_000_000))), "");
        assert_eq!(first_message(format!("a: |\n{}", "  line\n".repeat(200_000))), "");
        assert!(!first_message("a: [\n".repeat(100_000)).is_empty());
        assert!(!first_message("\"".repeat(1_000_001)).is_empty());
        assert!(!first_message("a: \"".to_owned() + &"x\n".repeat(500_000)).is_empty());
        assert!(!first_message("!a ".repeat(100_000)).is_empty());
        assert!(!first_message("&a ".repeat(100_000)).is_empty());
        assert!(!first_message("*a ".repeat(100_000)).is_empty());
        assert!(!first_message("{".repeat(50) + &"x ".repeat(500_000)).is_empty());
        assert!(!first_message("a: ".repeat(100_000)).is_empty());
        assert_eq!(first_message("\n".repeat(1_000_000)), "");
        assert_eq!(first_message(" ".repeat(1_000_000)), "");
        assert_eq!(
            first_message("---\n".repeat(100_000)),
            "a second document starts here; a template is a single document"
        );
    }

    #[test]
    fn long_keys_are_read() {
        let key = "k".repeat(20_000);
        assert_eq!(first_message(format!("{key}: 1\n\"{key}2\": 2\nz: {{{key}: 3}}\n")), "");
    }

    #[test]
    fn aliases_stay_references() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..60 {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            let _ = writeln!(text, "a{level}: &a{level} [{items}]");
        }
        let parsed = read(text);
        assert!(parsed.errors.is_empty());
        assert!(parsed.tree.len() < 300);
    }

    #[test]
    fn merge_keys_have_a_budget() {
        let base = (0..2_000).fold(String::from("base: &base\n"), |mut out, index| {
            let _ = writeln!(out, "  k{index}: v");
            out
        });
        let uses = (0..600).fold(base, |mut out, index| {
            let _ = writeln!(out, "u{index}:\n  <<: *base");
            out
        });
        let parsed = read(uses);
        let message = format!("merge keys bring more than {MAX_MERGED_ENTRIES} entries; not expanded");
        assert_eq!(parsed.errors.first().map(|error| &error.message), Some(&message));
        assert!(parsed.whole);
    }

    #[test]
    fn too_large_texts_are_not_read() {
        let parsed = read("a: b\n".repeat(MAX_TEXT_BYTES / 5 + 1));
        assert_eq!(parsed.errors.len(), 1);
        assert!(parsed.tree.is_empty() && !parsed.whole);
    }
}

/// What holds for every text.
mod properties {
    use std::collections::HashSet;
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::{Map, Value};
    use wicketgate::source::{FileId, TextRange};
    use wicketgate::syntax::parse::{Parsed, parse};
    use wicketgate::syntax::sniff::looks_like_template;
    use wicketgate::syntax::tree::{Format, Kind, NodeId, Tree};

    fn config() -> ProptestConfig {
        ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() }
    }

    /// Texts made of what YAML and JSON are made of, so that most of them are nearly right.
    fn nearly_yaml() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "a",
            "b: ",
            "é",
            ": ",
            ":",
            "- ",
            "-",
            "? ",
            "\n",
            "\n",
            "\n  ",
            "\n    ",
            "\n- ",
            "\na: ",
            "\r\n",
            "\r",
            " ",
            "  ",
            "\t",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "!Ref ",
            "!T",
            "&x ",
            "*x",
            "*y ",
            "<<: *x",
            "\"",
            "'",
            "\\",
            "\\n",
            "|",
            "|2-",
            ">",
            ">+\n",
            "# c",
            " #",
            "---\n",
            "...\n",
            "%YAML 1.2\n",
            "\0",
            "\u{85}",
            "\u{feff}",
            "~",
            "@",
            "`",
            "日本",
            "{{",
            "\"k\": ",
            "1",
        ];
        proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
    }

    /// Lines as templates have them, at all indentations.
    fn mostly_yaml() -> impl Strategy<Value = String> {
        const LINES: &[&str] = &[
            "a:",
            "b: c",
            "d: !Ref E",
            "f: !Sub",
            "- g",
            "- h: i",
            "-",
            "- - j",
            "k: |",
            "l: >-",
            "m: \"n: # o\"",
            "'p' : q",
            "r: [s, 't', !T u]",
            "v: {w: x, y: [1, 2]}",
            "# comment",
            "z: 1 # comment",
            "text that goes on",
            "",
            "  ",
            "A::B: C::D",
            "e: [",
            "f,",
            "]",
            "}",
            "g: 'it''s'",
            "h: \"\\n\\u00e9\"",
            "- !T",
            "!T",
            "i: -1",
            "- |+",
            "<<: j",
            "k: l:m",
            "n#o: p #",
            "é: ü",
            "---",
            "q: {",
            "r: s,",
        ];
        let line =
            (0..5_usize, proptest::sample::select(LINES), prop_oneof![9 => Just("\n"), 1 => Just("\r\n")]);
        let lines = proptest::collection::vec(line, 0..12);
        lines.prop_map(|lines| {
            lines.iter().map(|(indent, line, end)| format!("{}{line}{end}", " ".repeat(*indent))).collect()
        })
    }

    fn nearly_json() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\"",
            "\"\\u00e9\"",
            "\"\\n\\ud83d\\ude00\"",
            "\"\\x\"",
            "1",
            "-0.5",
            "01",
            "1e5",
            ".",
            "true",
            "null",
            "nul",
            " ",
            "\n",
            "\t",
            "\"",
            "é",
            "//",
            "'c'",
            "{\"a\":",
            "[1,",
        ];
        let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 0..16);
        pieces.prop_map(|pieces| format!("[{}", pieces.concat()))
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| Value::Number(number.into())),
            // Eighths come back the same from serde_json's own reader.
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(6, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                proptest::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn read(text: &str) -> Parsed {
        let text: Arc<str> = text.into();
        parse(FileId(0), &text)
    }

    fn check(text: &str) {
        looks_like_template(text);
        let parsed = read(text);
        let inside =
            |range: TextRange| text.get(range.as_usize()).expect("a range lies on character boundaries");
        let seen = text.chars().any(|character| !character.is_whitespace() && character != '\u{feff}');
        for error in &parsed.errors {
            let pointed = inside(error.span.range);
            assert!(!seen || !pointed.is_empty(), "{} points at nothing", error.message);
            assert!(!error.message.is_empty() && !error.message.contains(['\n', '\r', '\0', '\u{1b}']));
            if let Some((span, _)) = &error.related {
                inside(span.range);
            }
        }
        assert!(
            parsed.errors.windows(2).all(|pair| pair[0].span <= pair[1].span),
            "errors are in written order"
        );
        assert!(parsed.whole || !parsed.errors.is_empty(), "a cut without an error");
        let scalars = check_nodes(&parsed.tree, inside);
        for comment in parsed.tree.comments() {
            let written = inside(comment.range);
            assert!(written.starts_with('#') && !written.contains(['\n', '\r']), "{written:?} is no comment");
            let overlaps =
                |range: &&TextRange| range.start < comment.range.end && comment.range.start < range.end;
            assert_eq!(scalars.iter().find(overlaps), None, "the comment {written:?} lies in a scalar");
        }
        assert!(parsed.tree.comments().windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
    }

    /// Children lie in their parents, or, by an alias or a merge key, before them. Returns the scalars' ranges.
    fn check_nodes<'text>(tree: &Tree, inside: impl Fn(TextRange) -> &'text str) -> Vec<TextRange> {
        let mut scalars = Vec::new();
        let mut seen = HashSet::new();
        let mut left: Vec<(NodeId, TextRange)> =
            tree.root().map(|root| (root, tree.span(root).range)).into_iter().collect();
        while let Some((id, parent)) = left.pop() {
            let node = tree.node(id);
            let range = node.span.range;
            inside(range);
            assert!(
                parent.contains(range) || range.end <= parent.start,
                "{range:?} sticks out of {parent:?}"
            );
            if let Some(tag) = node.tag.as_deref() {
                assert_eq!(inside(tag.span.range), &*tag.name);
                assert!(tag.span.range.end <= range.start);
            }
            if !seen.insert(id) {
                continue;
            }
            if let Kind::Scalar { .. } = node.kind {
                tree.scalar(id).expect("a scalar has content");
                scalars.push(range);
            }
            left.extend(tree.items(id).iter().map(|&item| (item, range)));
            left.extend(tree.entries(id).iter().flat_map(|entry| [(entry.key, range), (entry.value, range)]));
        }
        scalars
    }

    /// The value that JSON text stands for.
    fn value(tree: &Tree, id: NodeId) -> Value {
        match &tree.node(id).kind {
            Kind::Scalar { .. } => {
                let text = tree.scalar(id).expect("a scalar has content");
                if tree.is_plain(id) {
                    serde_json::from_str(text).expect("a plain scalar of JSON text is a JSON literal")
                } else {
                    Value::String(text.to_owned())
                }
            }
            Kind::Sequence(items) => items.iter().map(|&item| value(tree, item)).collect(),
            Kind::Mapping(entries) => {
                let name = |key| tree.scalar(key).expect("a key is a scalar").to_owned();
                let pairs = entries.iter().map(|entry| (name(entry.key), value(tree, entry.value)));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_text_is_read_within_its_bounds(text in any::<String>()) {
            check(&text);
        }

        #[test]
        fn nearly_right_yaml_is_read_within_its_bounds(text in nearly_yaml()) {
            check(&text);
        }

        #[test]
        fn mostly_right_yaml_is_read_within_its_bounds(text in mostly_yaml()) {
            check(&text);
        }

        #[test]
        fn json_is_accepted_where_serde_json_accepts_it(text in nearly_json()) {
            check(&text);
            let parsed = read(&text);
            let strict = parsed.whole && parsed.tree.format() == Format::Json;
            match serde_json::from_str::<Value>(&text) {
                Ok(expected) => {
                    prop_assert!(strict);
                    prop_assert_eq!(value(&parsed.tree, parsed.tree.root().expect("it has content")), expected);
                }
                // A judge with a limit that the notation does not have.
                Err(error) if error.to_string().starts_with("number out of range") => {}
                Err(_) => prop_assert!(!strict),
            }
        }

        #[test]
        fn json_values_come_back(value_in in json_value(), pretty in any::<bool>()) {
            let list = Value::Array(vec![value_in]);
            let text = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) };
            let text = text.expect("JSON values can be written");
            check(&text);
            let parsed = read(&text);
            prop_assert_eq!(parsed.tree.format(), Format::Json);
            prop_assert!(parsed.errors.is_empty());
            let root = parsed.tree.root().expect("it has content");
            prop_assert_eq!(value(&parsed.tree, root), list.clone());
            // The same text as YAML, where no character is one that YAML refuses.
            if !text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r'))
                && !text.contains(['\u{fffe}', '\u{ffff}'])
            {
                let yaml = read(&format!("# YAML\n{text}"));
                prop_assert_eq!(yaml.tree.format(), Format::Yaml);
                prop_assert!(yaml.errors.is_empty(), "{:?}", yaml.errors);
                prop_assert_eq!(value(&yaml.tree, yaml.tree.root().expect("it has content")), list);
            }
        }
    }
}
