//! Inputs that somebody made, or a disk broke, to hurt: the program answers clearly, with the right status, and
//! comes back. The time limit is a guard against hanging, not a measurement.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Far longer than any of these takes, also without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const HEAD: &str = "AWSTemplateFormatVersion: '2010-09-09'\n";

/// A small public API, so that there is something to find.
const PUBLIC: &str = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    \
                      Properties:\n      Name: api\n";

struct Answer {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Answer {
    #[track_caller]
    fn expect(&self, status: i32, stdout: &str, stderr: &str) {
        let shown = format!("status {:?}\n{}\n{}", self.status, head(&self.stdout), head(&self.stderr));
        assert_eq!(self.status, Some(status), "{shown}");
        assert!(self.stdout.contains(stdout), "no `{stdout}` on standard output: {shown}");
        assert!(self.stderr.contains(stderr), "no `{stderr}` on standard error: {shown}");
        assert!(!self.stderr.contains("internal error"), "{shown}");
        assert!(!self.stdout.contains(['\x1b', '\0']) && !self.stderr.contains(['\x1b', '\0']), "{shown}");
    }
}

fn head(text: &str) -> String {
    text.chars().take(2000).collect()
}

/// A folder for one test, taken away at the end. It counts as a repository, so nothing around it is read.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wicketgate-hostile-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join(".git")).expect("a folder can be made");
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        fs::write(path, content).expect("a file can be written");
    }

    fn check(&self, arguments: &[&str]) -> Answer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wicketgate"))
            .arg("check")
            .args(arguments)
            .current_dir(&self.0)
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::null())
            .stdout(File::create(self.0.join("stdout")).expect("a file can be made"))
            .stderr(File::create(self.0.join("stderr")).expect("a file can be made"))
            .spawn()
            .expect("it starts");
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
            if started.elapsed() > PATIENCE {
                child.kill().expect("it can be ended");
                child.wait().expect("it ended");
                assert!(started.elapsed() < PATIENCE, "no answer after {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let text = |name: &str| {
            String::from_utf8_lossy(&fs::read(self.0.join(name)).expect("the stream was kept")).into_owned()
        };
        Answer { status: status.code(), stdout: text("stdout"), stderr: text("stderr") }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn deep_nesting_is_refused() {
    let scratch = Scratch::new("nesting");
    for (name, open) in [("brackets.yaml", "["), ("braces.yaml", "{a: "), ("dashes.yaml", "- ")] {
        scratch.write(name, format!("{HEAD}Resources:\n  {}", open.repeat(100_000)));
    }
    scratch.write(
        "brackets.json",
        format!("{{\"AWSTemplateFormatVersion\": \"2010-09-09\", \"Resources\": {}", "[".repeat(100_000)),
    );
    let blocks: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth + 1))).collect();
    scratch.write("blocks.yaml", format!("{HEAD}Resources:\n{blocks}"));
    for name in ["brackets.yaml", "braces.yaml", "dashes.yaml", "brackets.json", "blocks.yaml"] {
        scratch.check(&["--isolated", name]).expect(1, "unreadable-template", "1 error");
    }
}

#[test]
fn aliases_are_not_multiplied() {
    let scratch = Scratch::new("aliases");
    let mut text = format!("{PUBLIC}Metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        text += &format!("  a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
    }
    scratch.write("t.yaml", text);
    scratch.check(&["t.yaml"]).expect(1, "public-api", "");
}

#[test]
fn merge_keys_are_not_multiplied() {
    let scratch = Scratch::new("merges");
    let mut text = format!("{PUBLIC}Metadata:\n  m0: &m0 {{k: v}}\n");
    for level in 1..30 {
        let before = format!("*m{}, ", level - 1).repeat(9);
        text += &format!("  m{level}: &m{level} {{<<: [{}], k{level}: v}}\n", before.trim_end_matches(", "));
    }
    scratch.write("t.yaml", text);
    let answer = scratch.check(&["t.yaml"]);
    assert_eq!(answer.status, Some(1), "{}\n{}", head(&answer.stdout), head(&answer.stderr));
}

#[test]
fn enormous_files_are_not_read() {
    let scratch = Scratch::new("large");
    for (name, start) in [("template.yaml", PUBLIC), ("other.yaml", "kind: List\n")] {
        let mut file = File::create(scratch.0.join(name)).expect("a file can be made");
        file.write_all(start.as_bytes()).expect("a file can be written");
        // Only the length: the file takes no room on the disk.
        file.set_len(100 * 1024 * 1024).expect("a file can be long");
    }
    scratch.check(&["template.yaml"]).expect(1, "larger than 32 MiB", "1 error");
    scratch.check(&["other.yaml"]).expect(0, "", "0 templates");
}

#[test]
fn long_lines_are_not_repeated() {
    let scratch = Scratch::new("lines");
    let name = "n".repeat(5_000_000);
    scratch.write(
        "t.json",
        format!("{{\"Resources\": {{\"Api\": {{\"Type\": \"AWS::ApiGateway::RestApi\", \"Properties\": {{\"Name\": \"{name}\"}}}}}}}}"),
    );
    let answer = scratch.check(&["t.json"]);
    answer.expect(1, "public-api", "");
    assert!(answer.stdout.len() < 100_000, "{} bytes of output", answer.stdout.len());
}

#[test]
fn bytes_that_are_no_text_are_located() {
    let scratch = Scratch::new("bytes");
    scratch.write("utf8.yaml", [PUBLIC.as_bytes(), b"Description: \xff\xfe\n"].concat());
    scratch.write("nul.yaml", format!("{PUBLIC}Description: a\0b\n"));
    scratch.write("utf16.yaml", PUBLIC.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    scratch.write(
        "noise.yaml",
        (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<u8>>(),
    );
    scratch.check(&["--format", "concise", "utf8.yaml"]).expect(
        1,
        "utf8.yaml:7:14: error[unreadable-template]",
        "",
    );
    scratch.check(&["--format", "concise", "nul.yaml"]).expect(
        1,
        "nul.yaml:7:15: error[unreadable-template]",
        "",
    );
    scratch.check(&["noise.yaml"]).expect(0, "", "");
    let answer = scratch.check(&["utf16.yaml"]);
    assert!(answer.status.is_some_and(|status| status < 2), "{}", answer.stderr);
}

#[test]
fn escape_sequences_do_not_reach_the_terminal() {
    let scratch = Scratch::new("escapes");
    let name = "Api\u{202e}\u{2066}";
    scratch.write("raw.yaml", format!("{PUBLIC}Description: \u{1b}[2J\n"));
    scratch.check(&["--isolated", "raw.yaml"]).expect(1, "unreadable-template", "1 error");
    scratch.write(
        "t.yaml",
        format!("Resources:\n  \"Api\\e[31m\": {{Type: 'AWS::ApiGateway::RestApi', Properties: {{Name: a}}}} # {name}\n"),
    );
    for format in ["full", "concise", "json"] {
        scratch.check(&["--format", format, "t.yaml"]).expect(1, "public-api", "");
    }
    #[cfg(unix)]
    {
        let file = "new\nline\u{1b}[31m.yaml";
        scratch.write(file, PUBLIC);
        for format in ["full", "concise", "json"] {
            scratch.check(&["--isolated", "--format", format, file]).expect(1, "public-api", "");
        }
        scratch.check(&["gone\u{1b}[31m.yaml"]).expect(2, "", "no such file or folder: gone");
    }
}

#[test]
fn paths_that_are_no_files() {
    let scratch = Scratch::new("paths");
    scratch.write("x.yaml/t.yaml", PUBLIC);
    scratch.write("empty/readme.txt", "");
    let found = scratch.check(&["--format", "concise", "."]);
    found.expect(1, "x.yaml/t.yaml:3:3: warning[public-api]", "1 warning in 1 template");
    scratch.check(&["gone.yaml"]).expect(2, "", "no such file or folder: gone.yaml");
    scratch.check(&["x.yaml/t.yaml/under"]).expect(2, "", "x.yaml/t.yaml/under");
    scratch.check(&["empty"]).expect(3, "", "no template found in empty");
    scratch.check(&["--allow-empty", "empty"]).expect(0, "", "");
    scratch.check(&["gone.yaml", "x.yaml"]).expect(2, "public-api", "no such file or folder: gone.yaml");
}

#[test]
fn loops_in_loops_are_bounded() {
    let scratch = Scratch::new("loops");
    let items: Vec<String> = (0..100).map(|number| format!("v{number}")).collect();
    let mut body = "{'X${A}${B}${C}${D}${E}': {Type: AWS::ApiGateway::RestApi}}".to_owned();
    for identifier in ["E", "D", "C", "B", "A"] {
        body = format!("{{Fn::ForEach::{identifier}: [{identifier}, [{}], {body}]}}", items.join(", "));
    }
    scratch.write("t.yaml", format!("Transform: AWS::LanguageExtensions\nResources: {body}\n"));
    scratch.check(&["t.yaml"]).expect(1, "the same holds for `Xv0v0v0v0v1`", "1 warning in 1 template");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_neither_loop_nor_block() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("links");
    scratch.write("a/t.yaml", PUBLIC);
    symlink(".", scratch.0.join("a/self")).expect("a link can be made");
    symlink("../a", scratch.0.join("a/back")).expect("a link can be made");
    symlink("round.yaml", scratch.0.join("round.yaml")).expect("a link can be made");
    symlink("/", scratch.0.join("a/top")).expect("a link can be made");
    symlink("/dev/zero", scratch.0.join("zero.yaml")).expect("a link can be made");
    let made = Command::new("mkfifo").arg(scratch.0.join("pipe.yaml")).status().expect("mkfifo is there");
    assert!(made.success());
    scratch.check(&["."]).expect(1, "public-api", "1 warning in 1 template");
    for name in ["pipe.yaml", "zero.yaml", "/dev/zero"] {
        scratch.check(&[name]).expect(2, "", "neither a file nor a folder");
    }
    scratch.check(&["round.yaml"]).expect(2, "", "cannot read round.yaml");
    assert_eq!(scratch.check(&["--no-ignore", "."]).status, Some(1));
}

#[test]
fn one_bad_file_does_not_hide_the_others() {
    let scratch = Scratch::new("beside");
    scratch.write("good.yaml", PUBLIC);
    scratch.write("bad.yaml", format!("{HEAD}Resources: [\n"));
    scratch.write("helm.yaml", "{{- if .Values.x }}\nkind: Deployment\n{{- end }}\n");
    scratch.write("empty.yaml", "");
    let answer = scratch.check(&["--format", "concise", "."]);
    answer.expect(1, "good.yaml:3:3: warning[public-api]", "1 error, 1 warning in 2 templates");
    assert!(answer.stdout.contains("bad.yaml:") && !answer.stdout.contains("helm.yaml"), "{}", answer.stdout);
}

#[test]
fn many_files_come_in_order() {
    let scratch = Scratch::new("many");
    for number in 0..3_000 {
        scratch.write(
            &format!("d{:02}/n{number:04}.yaml", number % 40),
            if number % 100 == 0 { PUBLIC } else { "a: b\n" },
        );
    }
    let answer = scratch.check(&["--format", "concise", "."]);
    answer.expect(1, "", "30 warnings in 30 templates");
    let mut sorted: Vec<&str> = answer.stdout.lines().collect();
    sorted.sort_unstable();
    assert_eq!(answer.stdout.lines().collect::<Vec<_>>(), sorted);
    assert_eq!(answer.stdout, scratch.check(&["--format", "concise", "-j", "1", "."]).stdout);
}

#[test]
fn hostile_policy_files_are_mistakes_with_a_place() {
    let scratch = Scratch::new("policy");
    scratch.write("t.yaml", PUBLIC);
    for (text, expected) in [
        ("posture = \"secret\"\n".to_owned(), "wicketgate.toml:1:11"),
        (format!("x = {}", "[".repeat(100_000)), "wicketgate.toml:1:"),
        ("a = 1\n".repeat(100_000), "wicketgate.toml"),
        ("\u{0}\u{1b}[31m = 1".to_owned(), "wicketgate.toml:1:1"),
    ] {
        scratch.write("wicketgate.toml", text);
        let answer = scratch.check(&["--format", "concise", "t.yaml"]);
        let both = format!("{}{}", answer.stdout, answer.stderr);
        answer.expect(2, "", "");
        assert!(both.contains(expected), "{}", head(&both));
    }
}

#[test]
fn what_a_template_names_cannot_lead_out() {
    let scratch = Scratch::new("names");
    let secret = Scratch::new("names-secret");
    secret.write("secret.yaml", "TOPSECRET");
    let outside = secret.0.join("secret.yaml");
    let nested = |location: &str| {
        format!(
            "Resources:\n  Nested:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {location}\n"
        )
    };
    for (index, location) in [
        format!("../{}/secret.yaml", secret.0.file_name().unwrap_or_default().to_string_lossy()),
        outside.display().to_string(),
        "t0.yaml".to_owned(),
        "https://example.com/t.yaml".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("t{index}.yaml");
        scratch.write(&name, nested(location));
        let answer = scratch.check(&["-v", &name]);
        assert_eq!(answer.status, Some(0), "{location}: {}\n{}", answer.stdout, answer.stderr);
        assert!(!Path::new(&answer.stdout).ends_with("secret.yaml") && !answer.stdout.contains("TOPSECRET"));
    }
}
