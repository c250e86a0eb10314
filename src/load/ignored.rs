//! What `.gitignore` and `.ignore` files leave out, as <https://git-scm.com/docs/gitignore> has it (2026-11-23).
//!
//! It reads those two files and decides about paths; it walks no folder. Lists of the user's account and of `.git/info` do
//! not count, so that a run says the same everywhere.

use std::fs;
use std::path::{Path, PathBuf};

/// The lists that are in force in a folder: its own and those of the folders above it.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// The outermost folder first.
    levels: Vec<Level>,
}

/// What one folder says.
#[derive(Debug)]
struct Level {
    folder: PathBuf,
    /// Of `.ignore`, which counts before any `.gitignore`.
    ignore: Vec<Pattern>,
    /// Of `.gitignore`.
    git: Vec<Pattern>,
    /// A repository begins here: what `.gitignore` files above it say is none of its business.
    is_repository: bool,
}

impl Ignored {
    /// How many folders have their say.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Goes back to the outermost `depth` folders.
    pub(super) fn leave(&mut self, depth: usize) {
        self.levels.truncate(depth);
    }

    /// Adds a folder inside of the last one.
    pub(super) fn enter(&mut self, folder: &Path) {
        self.levels.push(Level {
            folder: folder.to_path_buf(),
            ignore: read(&folder.join(".ignore")),
            git: read(&folder.join(".gitignore")),
            is_repository: folder.join(".git").symlink_metadata().is_ok(),
        });
    }

    /// Whether a path in the last folder is left out. The innermost list that says anything about it decides, in it the
    /// last line.
    pub(super) fn leaves_out(&self, path: &Path, is_folder: bool) -> bool {
        let mut by_git = None;
        let mut saw_repository = false;
        for level in self.levels.iter().rev() {
            if !(level.ignore.is_empty() && level.git.is_empty()) {
                let Ok(below) = path.strip_prefix(&level.folder) else { continue };
                let below = slashed(below);
                if let Some(left_out) = verdict(&level.ignore, &below, is_folder) {
                    return left_out;
                }
                if !saw_repository && by_git.is_none() {
                    by_git = verdict(&level.git, &below, is_folder);
                }
            }
            saw_repository |= level.is_repository;
        }
        by_git.unwrap_or(false)
    }
}

fn slashed(path: &Path) -> Vec<char> {
    let mut text = String::new();
    for part in path {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(&part.to_string_lossy());
    }
    text.chars().collect()
}

/// The patterns of a file; none where there is no such file. A pipe of that name would never end.
fn read(path: &Path) -> Vec<Pattern> {
    if !path.metadata().is_ok_and(|found| found.is_file()) {
        return Vec::new();
    }
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.trim_start_matches('\u{feff}').lines().filter_map(Pattern::parse).collect()
}

/// What a list says about a path below its folder; `None` when nothing.
fn verdict(patterns: &[Pattern], path: &[char], is_folder: bool) -> Option<bool> {
    let found = patterns.iter().rev().find(|pattern| pattern.matches(path, is_folder))?;
    Some(!found.takes_back)
}

/// One line of a list.
#[derive(Debug)]
struct Pattern {
    /// `!`: what a line before left out is let in.
    takes_back: bool,
    only_folders: bool,
    /// Holds a slash, so it is about the whole path below its folder; otherwise it is about the last name.
    whole_path: bool,
    steps: Vec<Step>,
}

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Is(char),
    /// `?`: any character but a slash.
    One,
    /// `*`: any number of characters, no slash among them.
    Many,
    /// `[a-z]`, `[!a-z]`: never a slash.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `**/`: any number of whole folders.
    Folders,
    /// One character, a slash too.
    Any,
    /// `**` at the end: all that follows.
    Rest,
}

impl Pattern {
    /// Reads a line; `None` for comments and empty lines.
    fn parse(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let line = if line.ends_with("\\ ") { line } else { line.trim_end() };
        let (takes_back, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (only_folders, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let (anchored, line) = line.strip_prefix('/').map_or((false, line), |rest| (true, rest));
        if line.is_empty() {
            return None;
        }
        let steps = steps(&line.chars().collect::<Vec<_>>());
        Some(Self { takes_back, only_folders, whole_path: anchored || line.contains('/'), steps })
    }

    fn matches(&self, path: &[char], is_folder: bool) -> bool {
        if self.only_folders && !is_folder {
            return false;
        }
        let name = path.iter().rposition(|&c| c == '/').map_or(0, |slash| slash + 1);
        let text = if self.whole_path { path } else { path.get(name..).unwrap_or_default() };
        // Most lines begin or end with a plain character that a path does not begin or end with.
        let differs = |step: Option<&Step>, c: Option<&char>| matches!((step, c), (Some(Step::Is(wanted)), Some(c)) if wanted != c);
        if differs(self.steps.first(), text.first()) || differs(self.steps.last(), text.last()) {
            return false;
        }
        matches(&self.steps, text)
    }
}

fn steps(line: &[char]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(&c) = line.get(at) {
        let rest = line.get(at + 1..).unwrap_or_default();
        at += 1;
        match c {
            '?' => steps.push(Step::One),
            '*' => {
                let more = rest.iter().take_while(|&&c| c == '*').count();
                let begins = steps.last().is_none_or(|step| *step == Step::Is('/') || *step == Step::Folders);
                match rest.get(more) {
                    Some('/') if more == 1 && begins => {
                        steps.push(Step::Folders);
                        at += 1;
                    }
                    None if more == 1 && begins => steps.extend([Step::Any, Step::Rest]),
                    _ => steps.push(Step::Many),
                }
                at += more;
            }
            '[' => match class(rest) {
                Some((step, length)) => {
                    steps.push(step);
                    at += length;
                }
                None => steps.push(Step::Is('[')),
            },
            '\\' => {
                steps.push(Step::Is(rest.first().copied().unwrap_or('\\')));
                at += 1;
            }
            c => steps.push(Step::Is(c)),
        }
    }
    steps
}

/// The class behind a `[`, and how many characters it takes with its `]`; `None` when it does not end.
fn class(rest: &[char]) -> Option<(Step, usize)> {
    let negated = matches!(rest.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut ranges = Vec::new();
    loop {
        let mut low = *rest.get(at)?;
        if low == ']' && at > first {
            return Some((Step::Class { negated, ranges }, at + 1));
        }
        if low == '\\' {
            at += 1;
            low = *rest.get(at)?;
        }
        let mut high = low;
        if rest.get(at + 1) == Some(&'-') && rest.get(at + 2).is_some_and(|&c| c != ']') {
            high = *rest.get(at + 2)?;
            at += 2;
        }
        ranges.push((low, high));
        at += 1;
    }
}

/// Whether all of `text` is what the steps say. All ways are followed at once, so that no pattern takes long.
fn matches(steps: &[Step], text: &[char]) -> bool {
    // Whether each step may be the next one; the last entry: all are done.
    let mut open = vec![false; steps.len() + 1];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    let mut next = open.clone();
    skip(steps, &mut open, None);
    for &c in text {
        next.fill(false);
        let mut any = false;
        for (index, step) in steps.iter().enumerate().filter(|(index, _)| open.get(*index) == Some(&true)) {
            let (takes, stays) = match step {
                Step::Is(wanted) => (*wanted == c, false),
                Step::One => (c != '/', false),
                Step::Many => (c != '/', true),
                Step::Class { negated, ranges } => {
                    let within = ranges.iter().any(|&(low, high)| low <= c && c <= high);
                    (c != '/' && within != *negated, false)
                }
                Step::Any => (true, false),
                Step::Folders | Step::Rest => (true, true),
            };
            if takes && let Some(entry) = next.get_mut(if stays { index } else { index + 1 }) {
                *entry = true;
                any = true;
            }
        }
        if !any {
            return false;
        }
        std::mem::swap(&mut open, &mut next);
        skip(steps, &mut open, Some(c));
    }
    open.last() == Some(&true)
}

/// Goes on behind steps that may stand for nothing; folders end behind a slash only.
fn skip(steps: &[Step], open: &mut [bool], before: Option<char>) {
    for (index, step) in steps.iter().enumerate() {
        let empty = match step {
            Step::Many | Step::Rest => true,
            Step::Folders => before.is_none_or(|c| c == '/'),
            Step::Is(_) | Step::One | Step::Class { .. } | Step::Any => false,
        };
        if empty
            && open.get(index) == Some(&true)
            && let Some(entry) = open.get_mut(index + 1)
        {
            *entry = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(lines: &[&str], path: &str, is_folder: bool) -> Option<bool> {
        let patterns: Vec<Pattern> = lines.iter().filter_map(|line| Pattern::parse(line)).collect();
        verdict(&patterns, &path.chars().collect::<Vec<_>>(), is_folder)
    }

    /// What git says and the crate `ignore` does not, or says otherwise.
    #[test]
    fn it_reads_lines_as_git_does() {
        for (line, path, expected) in [
            ("{a,b}", "a", None),
            ("{a,b}", "{a,b}", Some(true)),
            ("[\\]a]", "]", Some(true)),
            ("a\\", "a\\", Some(true)),
            ("***", "a", Some(true)),
            ("[!a]", "b", Some(true)),
            ("[!a]", "a", None),
            ("*[!a]b", "a.yaml/b", None),
        ] {
            assert_eq!(ours(&[line], path, false), expected, "{line} on {path}");
        }
    }

    /// Thousands of lists and paths, made of the pieces that mean something: the same as the crate `ignore`, which ripgrep
    /// is built on.
    #[test]
    fn it_leaves_out_what_others_leave_out() {
        const PIECES: [&str; 17] = [
            "a", "b", "ab", "*", "**", "/", "/", "?", "[ab]", "[a-c]", "!", "a/", "/**", "**/", "*.yaml",
            "\\*", "#",
        ];
        const PARTS: [&str; 7] = ["a", "b", "ab", "abc", "a.yaml", "*", "c"];
        let mut seed = 7_u64;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).expect("31 bits fit") % below
        };
        let mut said = [0_usize; 3];
        for _ in 0..10_000 {
            let lines: Vec<String> = (0..=next(3))
                .map(|_| (0..=next(4)).map(|_| PIECES[next(PIECES.len())]).collect())
                .filter(|line: &String| is_plain(line))
                .collect();
            let path = (0..=next(3)).map(|_| PARTS[next(PARTS.len())]).collect::<Vec<_>>().join("/");
            let is_folder = next(2) == 0;
            let mut theirs = ignore::gitignore::GitignoreBuilder::new("");
            for line in &lines {
                theirs.add_line(None, line).expect("the line can be read");
            }
            let theirs = match theirs.build().expect("the list can be read").matched(&path, is_folder) {
                ignore::Match::None => None,
                ignore::Match::Ignore(_) => Some(true),
                ignore::Match::Whitelist(_) => Some(false),
            };
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(ours(&lines, &path, is_folder), theirs, "{lines:?} on {path}, a folder: {is_folder}");
            said[theirs.map_or(0, |left_out| 1 + usize::from(left_out))] += 1;
        }
        assert!(said.iter().all(|&times| times > 100), "one answer is hardly tried: {said:?}");
    }

    /// Without slashes and signs in places where they have no meaning, which everybody reads differently.
    fn is_plain(line: &str) -> bool {
        let body = line.strip_prefix('!').unwrap_or(line);
        !body.trim_matches('/').is_empty() && !["!", "//", "***"].iter().any(|odd| body.contains(odd))
    }
}
