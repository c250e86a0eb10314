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
