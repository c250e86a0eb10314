//! Tests of loading on real folders.

use super::*;
use std::fs;

/// A folder of its own for one test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("wicketgate-load-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folder");
            fs::write(path, text).expect("file");
        }
        Self(root.canonicalize().expect("the folder was just made"))
    }

    fn load(&self, paths: &[&str], change: impl Fn(&mut Request<'_>)) -> Loaded {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let mut request = Request {
            working: &self.0,
            paths: &paths,
            stdin: None,
            isolated: false,
            respect_ignore_files: true,
            policy: None,
            is_wanted: &|_| true,
            force_exclude: false,
            looks_like_template: |bytes| bytes.starts_with(b"T"),
        };
        change(&mut request);
        load(&request)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(loaded: &Loaded) -> Vec<(&str, Role)> {
    loaded.files.iter().map(|file| (file.source.name(), file.role)).collect()
}

#[test]
fn a_folder_gives_its_templates_in_order() {
    let scratch = Scratch::new(
        "folder",
        &[
            ("b/t.yaml", "T"),
            ("a.YML", "T"),
            ("c.template", "T"),
            ("other.json", "{}"),
            ("notes.txt", "T"),
            (".git/t.yaml", "T"),
            ("node_modules/t.yaml", "T"),
            ("ignored/t.yaml", "T"),
            (".gitignore", "ignored/\n"),
            ("folder.yaml/x.json", "T"),
        ],
    );
    let loaded = scratch.load(&["."], |_| ());
    assert_eq!(
        names(&loaded),
        ["a.YML", "b/t.yaml", "c.template", "folder.yaml/x.json"].map(|name| (name, Role::Reported))
    );
    assert!(loaded.errors.is_empty() && loaded.empty_folders.is_empty());

    let everything = scratch.load(&["."], |request| request.respect_ignore_files = false);
    let seen: Vec<&str> = everything.files.iter().map(|file| file.source.name()).collect();
    assert_eq!(
        seen,
        ["a.YML", "b/t.yaml", "c.template", "folder.yaml/x.json", "ignored/t.yaml", "node_modules/t.yaml"]
    );
}

#[test]
fn a_named_file_brings_its_repository_as_context() {
    let scratch = Scratch::new(
        "context",
        &[("repo/.git/HEAD", ""), ("repo/a/t.yaml", "T"), ("repo/network/t.yaml", "T"), ("t.yaml", "T")],
    );
    let loaded = scratch.load(&["repo/a/t.yaml"], |_| ());
    let expected = [("repo/a/t.yaml", Role::Reported), ("repo/network/t.yaml", Role::Context)];
    assert_eq!(names(&loaded), expected);
    let isolated = scratch.load(&["repo/a/t.yaml"], |request| request.isolated = true);
    assert_eq!(names(&isolated), expected.get(..1).expect("there are two"));
}

#[test]
fn without_a_repository_the_policy_file_marks_the_workspace() {
    let scratch = Scratch::new(
        "policy",
        &[("w/.config/wicketgate.toml", ""), ("w/a/t.yaml", "T"), ("w/b/t.yaml", "T")],
    );
    let loaded = scratch.load(&["w/a/t.yaml"], |_| ());
    assert_eq!(names(&loaded), [("w/a/t.yaml", Role::Reported), ("w/b/t.yaml", Role::Context)]);
}

#[test]
fn what_is_missing_empty_or_no_template_is_told_apart() {
    let scratch = Scratch::new("kinds", &[("empty/x.yaml", "a: b"), ("full/t.yaml", "T")]);
    let loaded = scratch.load(&["gone.yaml", "empty", "full", "empty/x.yaml"], |_| ());
    assert_eq!(names(&loaded), [("full/t.yaml", Role::Reported)]);
    assert_eq!(loaded.empty_folders, ["empty"]);
    assert_eq!(loaded.skipped, ["empty/x.yaml"]);
    let errors: Vec<String> = loaded.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, ["no such file or folder: gone.yaml"]);
}

#[test]
fn standard_input_stands_in_for_the_file_of_its_name() {
    let scratch = Scratch::new("stdin", &[("t.yaml", "T old"), ("u.yaml", "T")]);
    let loaded = scratch.load(&[], |request| request.stdin = Some((Path::new("t.yaml"), b"T new")));
    assert_eq!(names(&loaded), [("t.yaml", Role::Reported), ("u.yaml", Role::Context)]);
    assert_eq!(loaded.files.first().map(|file| file.source.text()), Some("T new"));
    let read = loaded.local.read_local("u.yaml", "t.yaml").expect("it is in the folder");
    assert_eq!(read.text(), "T new");
}

#[test]
fn what_a_template_names_stays_inside_its_repository() {
    let scratch = Scratch::new(
        "local",
        &[
            ("repo/.git/HEAD", ""),
            ("repo/a/t.yaml", "T"),
            ("repo/body.yaml", "openapi: 3"),
            ("out.yaml", "x"),
        ],
    );
    let local = scratch.load(&["repo/a/t.yaml"], |_| ()).local;
    let read =
        |relative: &str| local.read_local("repo/a/t.yaml", relative).map(|file| file.name().to_owned());
    assert_eq!(read("../body.yaml").as_deref(), Some("repo/body.yaml"));
    for refused in ["../../out.yaml", "/etc/hostname", "https://x/y.yaml", "s3://b/k", "..", "gone.yaml", ""]
    {
        assert_eq!(read(refused), None, "{refused}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_read_once_and_folders_behind_them_are_not_entered() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("links", &[("w/t.yaml", "T"), ("out/u.yaml", "T"), ("w/.git/HEAD", "")]);
    symlink("t.yaml", scratch.0.join("w/same.yaml")).expect("link");
    symlink("../out/u.yaml", scratch.0.join("w/other.yaml")).expect("link");
    symlink("..", scratch.0.join("w/loop")).expect("link");
    symlink("nowhere", scratch.0.join("w/dangling.yaml")).expect("link");
    let loaded = scratch.load(&["w"], |_| ());
    assert_eq!(names(&loaded), [("w/other.yaml", Role::Reported), ("w/t.yaml", Role::Reported)]);
    assert!(loaded.errors.is_empty());
    assert!(
        loaded.local.read_local("w/t.yaml", "other.yaml").is_none(),
        "the link leads out of the repository"
    );
}
