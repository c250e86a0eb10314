//! Policy files as data: what is in `fixtures/_policy/bad` has the mistakes that the text beside it shows, what
//! is in `good` has none. `WICKETGATE_BLESS=1` rewrites the texts; then read them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::fs;
use std::path::{Path, PathBuf};

use wicketgate::config;
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
