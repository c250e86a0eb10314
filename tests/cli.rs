//! The command line, from the outside: every file in `tests/cli` is one command with what it must answer.
//!
//! A case is a text file. Lines before the first section are comments, except those that begin with `$ ` (the command, words
//! split at blanks), `in: ` (folders of the project that are copied, one over the other, and entered) and `env: ` (NAME=VALUE). Then come
//! sections: `--- file NAME` puts a file there before, `--- stdin` is read, and `--- status`, `--- stdout`,
//! `--- stderr` and `--- after NAME` (a file that the command wrote) are what is expected. Durations are
//! replaced by `[TIME]`, the commit behind the version by nothing, the table of rules in SARIF (`tests/formats.rs`
//! looks at it) by `[RULES]` and places in it by `[INDEX]`, words of the operating system by `[SYSTEM ERROR]`, `--- ` at
//! the start of a line by `\--- `, escape characters by `\e`. `WICKETGATE_BLESS=1` rewrites what is expected.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

#[test]
fn commands_answer_as_written() {
    let bless = std::env::var_os("WICKETGATE_BLESS").is_some();
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join("tests/cli"))
        .expect("the folder of cases is there")
        .map(|entry| entry.expect("a case can be seen").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 10, "only {} cases were found", paths.len());
    let mut wrong = String::new();
    for path in paths {
        let written = fs::read_to_string(&path).expect("a case is text");
        let case = Case::parse(&written);
        let answered = case.render(&case.run(&path));
        if answered == written {
            continue;
        }
        if bless {
            fs::write(&path, answered).expect("a case can be rewritten");
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let _ = write!(wrong, "\n== {name}\n{}", difference(&written, &answered));
        }
    }
    assert!(wrong.is_empty(), "cases differ (WICKETGATE_BLESS=1 rewrites them):{wrong}");
}

#[test]
fn the_usual_environment_does_not_matter() {
    let scratch = Scratch::new("environment");
    fs::write(scratch.0.join("t.yaml"), "Resources: {}\n").expect("a file can be written");
    let answer = |name: &str, value: &str| {
        let output =
            command(&scratch.0).args(["check", "t.yaml"]).env(name, value).output().expect("it runs");
        (output.status.code(), output.stdout)
    };
    let plain = answer("UNUSED", "");
    for (name, value) in
        [("HOME", "/nowhere"), ("LANG", "tr_TR.UTF-8"), ("TZ", "Asia/Kathmandu"), ("RAYON_NUM_THREADS", "1")]
    {
        assert_eq!(answer(name, value), plain, "{name}={value}");
    }
}

/// What the README and the guides show is what the program prints: standard output, then standard error.
#[test]
fn the_transcripts_in_the_documentation_are_true() {
    let mut paths = vec![root().join("README.md")];
    let guides = fs::read_dir(root().join("docs")).expect("there are guides");
    paths.extend(guides.map(|entry| entry.expect("a guide can be seen").path()));
    paths.sort();
    let mut count = 0;
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let page = fs::read_to_string(path).expect("a guide is text");
        let (printed, transcripts) = reprinted(&page);
        count += transcripts;
        if std::env::var_os("WICKETGATE_BLESS").is_some() {
            fs::write(path, printed).expect("a guide can be rewritten");
        } else {
            let name = path.display();
            assert!(
                page == printed,
                "{name}: WICKETGATE_BLESS=1 rewrites it:\n{}",
                difference(&page, &printed)
            );
        }
    }
    assert!(count >= 9, "only {count} transcripts were found");
}

/// A page with what its commands print now, and how many they are.
fn reprinted(page: &str) -> (String, usize) {
    const MARK: &str = "<!-- transcript in ";
    const OPEN: &str = "```console\n$ wicketgate ";
    let mut pieces = page.split(MARK);
    let mut printed = pieces.next().expect("a text has a first piece").to_owned();
    let mut count = 0;
    for piece in pieces {
        let (folders, _) = piece.split_once(';').expect("the mark names folders");
        let (lead, block) = piece.split_once(OPEN).expect("the transcript is a console block");
        let (shown, after) = block.split_once("```\n").expect("the block ends");
        let (arguments, _) = shown.split_once('\n').expect("the command is a line");
        let case = Case::parse(&format!("in: {folders}\n$ wicketgate {arguments}\n"));
        let answer = case.run(Path::new("transcript"));
        let answer = format!("{}{}", answer.stdout, answer.stderr).replace("[TIME]", "3 ms");
        // What begins a section in a case is a plain line in a transcript.
        let answer = answer.replace("\\--- ", "--- ");
        let _ = write!(printed, "{MARK}{lead}{OPEN}{arguments}\n{answer}```\n{after}");
        count += 1;
    }
    (printed, count)
}

/// One case, as far as it is input, and the order of its sections.
struct Case {
    head: String,
    command: Vec<String>,
    folders: Vec<String>,
    env: Vec<(String, String)>,
    sections: Vec<(String, String)>,
}

/// What a command did.
struct Answer {
    status: String,
    stdout: String,
    stderr: String,
    after: Vec<(String, String)>,
}

impl Case {
    fn parse(text: &str) -> Self {
        let mut case =
            Self { head: String::new(), command: vec![], folders: vec![], env: vec![], sections: vec![] };
        for line in text.split_inclusive('\n') {
            if let Some(title) = line.strip_prefix("--- ") {
                case.sections.push((title.trim_end().to_owned(), String::new()));
            } else if let Some((_, body)) = case.sections.last_mut() {
                body.push_str(line);
            } else {
                case.head.push_str(line);
            }
        }
        for line in case.head.lines() {
            if let Some(command) = line.strip_prefix("$ wicketgate") {
                case.command = command.split_whitespace().map(str::to_owned).collect();
            } else if let Some(folder) = line.strip_prefix("in: ") {
                case.folders = folder.split_whitespace().map(str::to_owned).collect();
            } else if let Some((name, value)) =
                line.strip_prefix("env: ").and_then(|pair| pair.split_once('='))
            {
                case.env.push((name.to_owned(), value.to_owned()));
            }
        }
        case
    }

    fn run(&self, path: &Path) -> Answer {
        let scratch = Scratch::new(&path.file_stem().unwrap_or_default().to_string_lossy());
        for folder in &self.folders {
            copy_folder(&root().join(folder), &scratch.0);
        }
        for (title, body) in &self.sections {
            if let Some(name) = title.strip_prefix("file ") {
                let file = scratch.0.join(name);
                fs::create_dir_all(file.parent().expect("a file has a folder"))
                    .expect("a folder can be made");
                fs::write(file, body).expect("a file can be written");
            }
        }
        let mut command = command(&scratch.0);
        command.args(&self.command).envs(self.env.iter().map(|(name, value)| (name, value)));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let input = self.sections.iter().find(|(title, _)| title == "stdin").map_or("", |(_, body)| body);
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().expect("the input is ours").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let after = self.sections.iter().filter_map(|(title, _)| title.strip_prefix("after ")).map(|name| {
            let text =
                fs::read_to_string(scratch.0.join(name)).unwrap_or_else(|_| "(no such file)\n".to_owned());
            (name.to_owned(), replaced(&text))
        });
        Answer {
            status: output.status.code().map_or("killed".to_owned(), |code| code.to_string()) + "\n",
            stdout: replaced(&String::from_utf8_lossy(&output.stdout)),
            stderr: replaced(&String::from_utf8_lossy(&output.stderr)),
            after: after.collect(),
        }
    }

    /// The case with the answer in the place of what was expected.
    fn render(&self, answer: &Answer) -> String {
        let mut text = self.head.clone();
        let is_input = |title: &str| title == "stdin" || title.starts_with("file ");
        for (title, body) in self.sections.iter().filter(|(title, _)| is_input(title)) {
            let _ = write!(text, "--- {title}\n{body}");
        }
        let _ = write!(text, "--- status\n{}", answer.status);
        for (title, body) in [("stdout", &answer.stdout), ("stderr", &answer.stderr)] {
            let _ = write!(text, "--- {title}\n{}", ended(body));
        }
        for (name, body) in &answer.after {
            let _ = write!(text, "--- after {name}\n{}", ended(body));
        }
        text
    }
}

fn ended(body: &str) -> String {
    if body.is_empty() || body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") }
}

/// Our binary in `folder`, with nothing of this machine's environment.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wicketgate"));
    command.current_dir(folder).env_clear();
    // Windows starts no process without it.
    if let Some(root) = std::env::var_os("SYSTEMROOT") {
        command.env("SYSTEMROOT", root);
    }
    command
}

fn replaced(text: &str) -> String {
    let time = Regex::new(r"· (?:<1|[0-9][0-9.]*) (?:µs|ms|s)(?-u:\b)").expect("the pattern is valid");
    let system = Regex::new(r": [^:\n]* \(os error [0-9]+\)").expect("the pattern is valid");
    let headers = Regex::new("(?m)^--- ").expect("the pattern is valid");
    let text = system.replace_all(text, ": [SYSTEM ERROR]");
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let commit = Regex::new(r"(?m)^(wicketgate [0-9.]+) \([0-9a-f]{7} [0-9-]{10}(?:, modified)?\)$")
        .expect("the pattern is valid");
    let text = commit.replace_all(&text, "$1");
    let text = headers.replace_all(&text, r"\--- ");
    let rules =
        Regex::new(r#"(?s)("rules": )\[\n            \{.*?\n          \]"#).expect("the pattern is valid");
    let text = rules.replace_all(&text, "$1[RULES]");
    let index = Regex::new(r#""ruleIndex": [0-9]+"#).expect("the pattern is valid");
    let text = index.replace_all(&text, "\"ruleIndex\": [INDEX]");
    let semantic = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let text = text.replace(&semantic, "\"semanticVersion\": \"[VERSION]\"");
    time.replace_all(&text, "· [TIME]").replace('\x1b', "\\e").replace(&version, "\"version\": \"[VERSION]\"")
}

/// The first lines that differ.
fn difference(expected: &str, answered: &str) -> String {
    let (mut left, mut right) = (expected.lines(), answered.lines());
    let mut text = String::new();
    let mut shown = 0;
    loop {
        match (left.next(), right.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let _ = writeln!(text, "- {}\n+ {}", old.unwrap_or("(end)"), new.unwrap_or("(end)"));
                shown += 1;
                if shown == 12 {
                    text.push_str("…\n");
                    break;
                }
            }
        }
    }
    text
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder of a case is there") {
        let entry = entry.expect("a file can be seen");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for one command, taken away at the end. It counts as a repository, so nothing around it is read.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wicketgate-cli-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join(".git")).expect("a folder can be made");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
