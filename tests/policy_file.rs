//! Policy files as data: what is in `fixtures/_policy/bad` has the mistakes that the text beside it shows, what
//! is in `good` has none. `WICKETGATE_BLESS=1` rewrites the texts; then read them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::fs;
use std::path::{Path, PathBuf};

use wicketgate::config;
use wicketgate::config::shape::{Property, Shape};
use wicketgate::report::text::{self, Colour, TextOptions};
use wicketgate::source::{SourceFile, Sources};

fn files(half: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_policy").join(half);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The mistakes in a policy file, as they are shown.
fn shown(path: &Path) -> String {
    let mut sources = Sources::new();
    let name = path.file_name().unwrap().to_str().unwrap();
    let file = sources.add(SourceFile::new(name, fs::read_to_string(path).unwrap()));
    let text = sources.get(file).unwrap().shared_text();
    let (_, mistakes) = config::read(file, &text);
    let mut bytes = Vec::new();
    let options = TextOptions { colour: Colour::Never, width: 100 };
    text::write(&mut bytes, &mistakes, &sources, &options).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn mistakes_are_shown_as_the_pictures_say() {
    for path in files("bad") {
        let picture = path.with_extension("txt");
        let actual = shown(&path);
        assert!(!actual.is_empty(), "{} has no mistake", path.display());
        if std::env::var_os("WICKETGATE_BLESS").is_some() {
            fs::write(&picture, &actual).unwrap();
        }
        let expected = fs::read_to_string(&picture).unwrap_or_default();
        assert_eq!(actual, expected, "{}", picture.display());
    }
}

#[test]
fn good_files_have_no_mistakes() {
    for path in files("good") {
        assert_eq!(shown(&path), "", "{}", path.display());
    }
}

/// Compares a made file with what is made now.
fn fresh(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("WICKETGATE_BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(made, written, "{name} is stale: WICKETGATE_BLESS=1 rewrites it");
}

#[test]
fn the_published_schema_is_fresh() {
    let text = serde_json::to_string_pretty(&config::schema::schema()).unwrap() + "\n";
    fresh("docs/wicketgate.schema.json", &text);
}

#[test]
fn the_schema_takes_good_files_and_refuses_broken_ones() {
    let schema = config::schema::schema();
    let instance = |path: &Path| -> Option<serde_json::Value> {
        let table: toml::Table = fs::read_to_string(path).unwrap().parse().ok()?;
        Some(json(&toml::Value::Table(table)))
    };
    for path in files("good") {
        let instance = instance(&path).unwrap();
        assert!(fits(&schema, &instance), "{}", path.display());
    }
    // What the form alone cannot tell: an override that selects nothing, a list that names no rule, an option of
    // another rule; a text for a day, which editors hand over alike; and text that is no TOML at all.
    let beyond = ["overrides", "exceptions-without-rules", "options-of-other-rules", "dates"];
    for path in files("bad") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(instance) = instance(&path) else { continue };
        assert!(beyond.contains(&name.as_str()) || !fits(&schema, &instance), "{name} fits the schema");
    }
}

/// Whether a value fits a schema, as far as the keywords go that ours uses; another keyword is a failure.
fn fits(schema: &serde_json::Value, value: &serde_json::Value) -> bool {
    schema.as_object().unwrap().iter().all(|(keyword, expected)| match keyword.as_str() {
        "$schema" | "title" | "description" => true,
        // Text for a day is a day to an editor; TOML has a type of its own for it.
        "format" | "pattern" => value.as_str().is_some_and(|text| !text.trim().is_empty()),
        "type" => match expected.as_str().unwrap() {
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => unreachable!("unknown type {other}"),
        },
        "const" => value == expected,
        "enum" => expected.as_array().unwrap().contains(value),
        "minimum" => value.as_i64() >= expected.as_i64(),
        "maximum" => value.as_i64() <= expected.as_i64(),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(expected, item))),
        "anyOf" => expected.as_array().unwrap().iter().any(|one| fits(one, value)),
        "required" => {
            let has = |key: &serde_json::Value| value.get(key.as_str().unwrap()).is_some();
            expected.as_array().unwrap().iter().all(has)
        }
        "properties" => {
            let known = expected.as_object().unwrap();
            known.iter().all(|(key, inner)| value.get(key).is_none_or(|value| fits(inner, value)))
        }
        "additionalProperties" => {
            let known = schema.get("properties").and_then(serde_json::Value::as_object);
            let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
            let allowed = |value: &serde_json::Value| expected.is_object() && fits(expected, value);
            value.as_object().is_none_or(|all| all.iter().all(|(key, value)| is_known(key) || allowed(value)))
        }
        other => unreachable!("unknown keyword {other}"),
    })
}

/// A TOML value as editors see it.
fn json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(yes) => (*yes).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => {
            serde_json::Value::Object(table.iter().map(|(key, value)| (key.clone(), json(value))).collect())
        }
    }
}

/// Lines of a table of all keys, a table inside a table with its name in front.
fn rows(rows_of: &[Property], front: &str, out: &mut String) {
    for property in rows_of {
        let name = format!("{front}{}", property.key);
        let (takes, inner) = takes(&property.shape);
        let about = if property.required {
            format!("{} (required)", property.about)
        } else {
            property.about.to_owned()
        };
        out.push_str(&format!("| `{name}` | {takes} | {about} |\n"));
        rows(inner, &format!("{name}."), out);
    }
}

fn takes(shape: &Shape) -> (String, &[Property]) {
    match shape {
        Shape::Text | Shape::AnyText => ("text".to_owned(), &[]),
        Shape::Boolean => ("`true`, `false`".to_owned(), &[]),
        Shape::Date => ("day".to_owned(), &[]),
        Shape::Days => ("days".to_owned(), &[]),
        Shape::Constant(number) => (format!("`{number}`"), &[]),
        Shape::Words(words) => {
            (words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "), &[])
        }
        Shape::List(item) => {
            let (takes, inner) = takes(item);
            (format!("list: {takes}"), inner)
        }
        Shape::Table(properties) => ("table".to_owned(), properties),
        Shape::Named(value) => {
            let (takes, inner) = takes(value);
            (format!("by name: {takes}"), inner)
        }
        Shape::Either(shapes) => {
            let all: Vec<(String, &[Property])> = shapes.iter().map(takes).collect();
            let words: Vec<String> = all.iter().map(|(takes, _)| takes.clone()).collect();
            (
                words.join("; or "),
                all.into_iter().map(|(_, inner)| inner).find(|inner| !inner.is_empty()).unwrap_or(&[]),
            )
        }
    }
}

#[test]
fn the_page_lists_every_key() {
    const START: &str = "<!-- keys: made by tests/policy_file.rs -->\n";
    const END: &str = "<!-- end of keys -->";
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy-file.md")).unwrap();
    let (before, rest) = page.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut table = "| Key | Takes | What it is for |\n|---|---|---|\n".to_owned();
    rows(&config::describe(), "", &mut table);
    fresh("docs/policy-file.md", &format!("{before}{START}{table}{END}{after}"));
}
