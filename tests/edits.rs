//! Edits of written trees: what a change does to a text (`fixtures/_edit/*.txt`, `WICKETGATE_BLESS=1` rewrites
//! the second halves), and that any change of any fixture does what it says and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should be there")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wicketgate::source::{FileId, Span, TextEdit};
use wicketgate::syntax::edit::{Change, Editor, Written};
use wicketgate::syntax::parse::parse;
use wicketgate::syntax::tree::{Format, Kind, NodeId, Tree};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(text: &str) -> Option<Tree> {
    let parsed = parse(FileId(0), &Arc::from(text));
    (parsed.errors.is_empty() && parsed.whole).then_some(parsed.tree)
}

fn apply(text: &str, edits: &[TextEdit]) -> String {
    let mut result = String::new();
    let mut at = 0;
    for edit in edits {
        let range = edit.range.as_usize();
        result.push_str(&text[at..range.start]);
        result.push_str(&edit.text);
        at = range.end;
    }
    result + &text[at..]
}

/// What a tree says, without places and notation.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Scalar(Option<String>, String),
    List(Option<String>, Vec<Model>),
    Map(Option<String>, Vec<(String, Model)>),
}

fn model(tree: &Tree, node: NodeId) -> Model {
    let tag = tree.tag(node).map(str::to_owned);
    match &tree.node(node).kind {
        Kind::Scalar { .. } => Model::Scalar(tag, tree.scalar(node).unwrap().to_owned()),
        Kind::Sequence(items) => Model::List(tag, items.iter().map(|&item| model(tree, item)).collect()),
        Kind::Mapping(entries) => {
            let entry = |key, value| (tree.scalar(key).unwrap_or("?").to_owned(), model(tree, value));
            Model::Map(tag, entries.iter().map(|pair| entry(pair.key, pair.value)).collect())
        }
    }
}

fn written(tree: &Tree, node: NodeId) -> Written {
    let bare = match &tree.node(node).kind {
        Kind::Scalar { .. }
            if tree.is_plain(node) && ["true", "false"].contains(&tree.scalar(node).unwrap()) =>
        {
            Written::Plain(tree.scalar(node).unwrap().to_owned())
        }
        Kind::Scalar { .. } => Written::text(tree.scalar(node).unwrap()),
        Kind::Sequence(items) => Written::List(items.iter().map(|&item| written(tree, item)).collect()),
        Kind::Mapping(entries) => {
            let entry = |key, value| (tree.scalar(key).unwrap().to_owned(), written(tree, value));
            Written::Map(entries.iter().map(|pair| entry(pair.key, pair.value)).collect())
        }
    };
    match tree.tag(node) {
        Some("!Ref") => Written::Call("Ref".to_owned(), Box::new(bare)),
        Some(tag) => Written::Call(format!("Fn::{}", tag.trim_start_matches('!')), Box::new(bare)),
        None => bare,
    }
}

/// The node at a path of keys and indices, its key and its value.
fn at(tree: &Tree, path: &str) -> (NodeId, NodeId) {
    let mut found = (tree.root().unwrap(), tree.root().unwrap());
    for step in path.split('/').filter(|step| !step.is_empty()) {
        let node = found.1;
        found = match step.parse::<usize>() {
            Ok(index) if tree.is_sequence(node) => (tree.items(node)[index], tree.items(node)[index]),
            _ => tree.entry(node, step).map(|entry| (entry.key, entry.value)).unwrap(),
        };
    }
    found
}

/// `set PATH = VALUE [after KEY]`, `below PATH: PATH = VALUE [after KEY]` (by the key of the mapping),
/// `merge PATH = MAPPING`, `over PATH = MAPPING`, `replace PATH = VALUE`, `rename PATH = NAME`, `remove PATH`,
/// `append PATH = VALUE`, `join PATH = VALUE`, `beside PATH = NAME: VALUE`, `ahead PATH = NAME: VALUE`, `wrap PATH`,
/// `unwrap PATH`, `copy PATH = PATH`, `copy-in PATH = PATH` (below the key `In`), `first PATH = VALUE` (of the key
/// `New`), `call-join PATH`, `move PATH = KEY`, `uncomment NUMBER`.
fn change(tree: &Tree, line: &str) -> Change {
    let (verb, rest) = line.split_once(' ').unwrap();
    let (path, value) = rest.split_once(" = ").unwrap_or((rest, ""));
    let (value, after) =
        value.split_once(" after ").map_or((value, None), |(value, key)| (value, Some(key.to_owned())));
    let parsed = || {
        let tree = read(value).unwrap();
        written(&tree, tree.root().unwrap())
    };
    let keys = |path: &str| path.split('/').filter(|key| !key.is_empty()).map(str::to_owned).collect();
    let (path, below) = path.split_once(": ").unwrap_or((path, ""));
    let merged = |replaces| {
        let Written::Map(entries) = parsed() else { panic!("no mapping: {line}") };
        let (after, first) = (&["Transform", "Type"], &["Parameters"]);
        Change::Merge { within: None, path: keys(path), entries, replaces, after, first }
    };
    let missing = ["set", "merge", "over", "uncomment"].contains(&verb);
    let (key, node) = if missing { (NodeId(0), NodeId(0)) } else { at(tree, path) };
    match verb {
        "set" => Change::Set { path: keys(path), value: parsed(), after },
        "below" => Change::SetIn { mapping: tree.span(key), path: keys(below), value: parsed(), after },
        "merge" => merged(false),
        "over" => merged(true),
        "replace" => Change::Replace { at: tree.span(node), with: parsed() },
        "copy" => {
            Change::Replace { at: tree.span(node), with: Written::Copy(tree.tagged_span(at(tree, value).1)) }
        }
        "copy-in" => {
            let copy = Written::Copy(tree.tagged_span(at(tree, value).1));
            Change::Replace { at: tree.span(node), with: Written::Map(vec![("In".to_owned(), copy)]) }
        }
        "first" => Change::SetFirst { mapping: tree.span(key), key: "New".to_owned(), value: parsed() },
        "move" => Change::Move { item: tree.tagged_span(node), to: value.to_owned() },
        "call-join" => {
            let before = vec![Written::text(",")];
            Change::Call { at: tree.tagged_span(node), function: "Fn::Join".to_owned(), before }
        }
        "rename" => Change::Rename { key: tree.span(key), to: value.to_owned() },
        "uncomment" => {
            let comment = tree.comments()[path.parse::<usize>().unwrap()].range;
            Change::RemoveComment { at: Span::new(tree.file(), comment) }
        }
        "remove" => Change::Remove { at: tree.span(key) },
        "append" => Change::Append { list: tree.span(node), item: parsed() },
        "join" => Change::Join { at: tree.tagged_span(node), item: parsed() },
        "beside" | "ahead" => {
            let Written::Map(entries) = parsed() else { panic!("no entry: {line}") };
            let (name, value) = entries.into_iter().next().unwrap();
            let key = tree.span(key);
            if verb == "ahead" {
                Change::Ahead { key, name, value }
            } else {
                Change::Beside { key, name, value }
            }
        }
        "unwrap" => Change::Unwrap { at: tree.span(key) },
        "wrap" => Change::Wrap { at: tree.tagged_span(node) },
        _ => panic!("no such change: {line}"),
    }
}

/// One case: its name, the changes, the text before. `\r` at the end of a line stands for a carriage return.
fn outcome(changes: &[&str], before: &str) -> String {
    let text = before.replace("\\r\n", "\r\n");
    let tree = read(&text).unwrap_or_else(|| panic!("unreadable case: {before}"));
    let changes: Vec<Change> = changes.iter().map(|line| change(&tree, line)).collect();
    match Editor::new(&tree).edits(&changes) {
        None => "refused\n".to_owned(),
        Some(edited) => {
            let after = apply(&text, &edited.edits);
            assert!(read(&after).is_some(), "cannot be read afterwards:\n{after}");
            let note = if edited.drops_comment { "(a comment goes)\n" } else { "" };
            let note = if edited.shared { format!("{note}(elsewhere, too)\n") } else { note.to_owned() };
            format!("{note}{}", after.replace("\r\n", "\\r\n"))
        }
    }
}

fn listed(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { listed(&path, found) } else { found.push(path) }
    }
    found.sort();
}

#[test]
fn changes_are_the_smallest_edits() {
    let mut files = Vec::new();
    listed(&root().join("fixtures/_edit"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (head, cases) = text.split_at(text.find("=== ").unwrap());
        let mut seen = head.to_owned();
        for case in cases.split("=== ").skip(1) {
            let (name, rest) = case.split_once('\n').unwrap();
            let (changes, rest) = rest.split_once("--- before\n").unwrap();
            let before = rest.split_once("--- after\n").map_or(rest, |(before, _)| before);
            let lines: Vec<&str> = changes.lines().collect();
            let _ = write!(
                seen,
                "=== {name}\n{changes}--- before\n{before}--- after\n{}",
                outcome(&lines, before)
            );
        }
        if std::env::var_os("WICKETGATE_BLESS").is_some() {
            fs::write(&file, &seen).unwrap();
        }
        assert_eq!(seen, text, "{} is stale", file.display());
    }
}

/// A step to a child: the key of a mapping, or the index in a list.
type Way = Vec<usize>;

fn ways(model: &Model, here: &Way, found: &mut Vec<Way>) {
    found.push(here.clone());
    let children: Vec<&Model> = match model {
        Model::Scalar(..) => Vec::new(),
        Model::List(_, items) => items.iter().collect(),
        Model::Map(_, entries) => entries.iter().map(|(_, value)| value).collect(),
    };
    for (index, child) in children.into_iter().enumerate() {
        let mut way = here.clone();
        way.push(index);
        ways(child, &way, found);
    }
}

fn model_at<'m>(model: &'m mut Model, way: &[usize]) -> &'m mut Model {
    way.iter().fold(model, |model, &index| match model {
        Model::List(_, items) => &mut items[index],
        Model::Map(_, entries) => &mut entries[index].1,
        Model::Scalar(..) => panic!("a way ends at a scalar"),
    })
}

fn node_at(tree: &Tree, way: &[usize]) -> (NodeId, NodeId) {
    let top = tree.root().unwrap();
    way.iter().fold((top, top), |(_, node), &index| match &tree.node(node).kind {
        Kind::Sequence(items) => (items[index], items[index]),
        Kind::Mapping(entries) => (entries[index].key, entries[index].value),
        Kind::Scalar { .. } => panic!("a way ends at a scalar"),
    })
}

fn scalar(text: &str) -> Model {
    Model::Scalar(None, text.to_owned())
}

/// Each change that could be asked for at `way`, and what the tree then says.
fn changes_at(tree: &Tree, whole: &Model, way: &Way) -> Vec<(Change, Model)> {
    let (key, node) = node_at(tree, way);
    let at = tree.tagged_span(node);
    let changed = |edit: &dyn Fn(&mut Model)| {
        let mut copy = whole.clone();
        edit(model_at(&mut copy, way));
        copy
    };
    let value = Written::Map(vec![
        ("A".to_owned(), Written::List(vec![Written::reference("X"), Written::text("it's, [b]: c")])),
        ("B".to_owned(), Written::text("no")),
    ]);
    let tag = if tree.format() == Format::Json { None } else { Some("!Ref".to_owned()) };
    let reference = match &tag {
        Some(_) => Model::Scalar(tag, "X".to_owned()),
        None => Model::Map(None, vec![("Ref".to_owned(), scalar("X"))]),
    };
    let list = Model::List(None, vec![reference, scalar("it's, [b]: c")]);
    let said = Model::Map(None, vec![("A".to_owned(), list), ("B".to_owned(), scalar("no"))]);
    let mut found = vec![
        (Change::Replace { at, with: Written::text("new: text") }, changed(&|m| *m = scalar("new: text"))),
        (Change::Replace { at, with: value.clone() }, changed(&|m| *m = said.clone())),
        (
            Change::Wrap { at },
            changed(&|m| {
                if !matches!(m, Model::List(None, _)) {
                    *m = Model::List(None, vec![m.clone()]);
                }
            }),
        ),
    ];
    if tree.is_mapping(node) && tree.tag(node).is_none() {
        let new = Change::SetIn {
            mapping: at,
            path: vec!["New".into(), "Deep".into()],
            value: value.clone(),
            after: None,
        };
        let deep = Model::Map(None, vec![("Deep".to_owned(), said.clone())]);
        found.push((
            new,
            changed(&|m| {
                if let Model::Map(_, entries) = m {
                    entries.push(("New".to_owned(), deep.clone()));
                }
            }),
        ));
    }
    if tree.is_sequence(node) {
        let new = Change::Append { list: at, item: value };
        found.push((
            new,
            changed(&|m| {
                if let Model::List(_, items) = m {
                    items.push(said.clone());
                }
            }),
        ));
    }
    if let Some((&last, parent)) = way.split_last() {
        let mut copy = whole.clone();
        match model_at(&mut copy, parent) {
            Model::List(tag, items) if tag.is_none() => drop(items.remove(last)),
            Model::Map(tag, entries) if tag.is_none() => drop(entries.remove(last)),
            _ => return found,
        }
        found.push((Change::Remove { at: tree.span(key) }, copy));
        let mut copy = whole.clone();
        if let Model::Map(_, entries) = model_at(&mut copy, parent) {
            "Other name".clone_into(&mut entries[last].0);
            found.push((Change::Rename { key: tree.span(key), to: "Other name".to_owned() }, copy));
        }
    }
    found
}

/// The order of a mapping's entries says nothing.
fn sorted(model: &Model) -> Model {
    match model {
        Model::Scalar(..) => model.clone(),
        Model::List(tag, items) => Model::List(tag.clone(), items.iter().map(sorted).collect()),
        Model::Map(tag, entries) => {
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Model::Map(tag.clone(), entries)
        }
    }
}

#[test]
fn every_change_of_every_fixture_does_what_it_says() {
    let mut files = Vec::new();
    listed(&root().join("fixtures"), &mut files);
    let (mut made, mut refused) = (0_usize, 0_usize);
    for (number, file) in files.iter().enumerate() {
        let Ok(text) = fs::read_to_string(file) else { continue };
        // Anchors: a change of one place is a change of several. Tabs: where they may stand depends on what follows,
        // so whoever applies edits reads the text again.
        let odd = number % 3 != 0 || text.len() > 3000 || text.contains(['&', '*', '\t']);
        if odd || file.extension().is_some_and(|ending| ending == "txt") {
            continue;
        }
        let text = if number % 5 == 0 { text.replace('\n', "\r\n") } else { text };
        let Some(tree) = read(&text) else { continue };
        let Some(top) = tree.root() else { continue };
        let whole = model(&tree, top);
        let editor = Editor::new(&tree);
        let mut all = Vec::new();
        ways(&whole, &Vec::new(), &mut all);
        for way in &all {
            for (change, expected) in changes_at(&tree, &whole, way) {
                let Some(edited) = editor.edits(std::slice::from_ref(&change)) else {
                    refused += 1;
                    continue;
                };
                made += 1;
                let after = apply(&text, &edited.edits);
                let read = read(&after);
                let says = read.as_ref().and_then(|tree| Some(sorted(&model(tree, tree.root()?))));
                assert_eq!(says, Some(sorted(&expected)), "{}: {change:?}\n{after}", file.display());
            }
        }
    }
    assert!(made > 5_000 && refused * 20 < made, "{made} made, {refused} refused");
}
