//! `check --fix` that is killed at any moment: every file is the old one or the new one, and the next run mends what
//! is left.
#![allow(clippy::print_stdout, reason = "a test says how often it hit the middle")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// So many that writing them takes as long as judging them.
const FILES: usize = 48;

/// How often a run is killed.
const KILLS: u32 = 24;

/// Far longer than the test takes: a guard against waiting for ever.
const PATIENCE: Duration = Duration::from_secs(300);

/// A folder for one test, taken away at the end. It counts as a repository, so nothing around it is read.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("wicketgate-killed-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join(".git")).expect("a folder can be made");
        Self(path)
    }

    fn file(&self, index: usize) -> PathBuf {
        self.0.join(format!("{index}.yaml"))
    }

    /// Puts the old text into every file.
    fn refill(&self, old: &str) {
        (0..FILES).for_each(|index| fs::write(self.file(index), old).expect("a file can be written"));
    }

    /// What stands in the files, in order.
    fn texts(&self) -> Vec<String> {
        (0..FILES).map(|index| fs::read_to_string(self.file(index)).expect("the file is there")).collect()
    }

    /// Whether no file was written yet; the length tells.
    fn is_untouched(&self, old: &str) -> bool {
        let length = |index| fs::metadata(self.file(index)).expect("the file is there").len();
        (0..FILES).all(|index| length(index) == old.len() as u64)
    }

    fn mend(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_wicketgate"))
            .args(["check", "--isolated", "--fix", "--quiet", "."])
            .current_dir(&self.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A long template whose only mistake has a safe fix, so that a file that was cut off would show.
fn template() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sam-allow-list-not-a-list/bad/ref.yaml");
    let mut text = fs::read_to_string(path).expect("the fixture is there");
    for index in 0..2000 {
        text += &format!("# A line that nobody mends, number {index}.\n");
    }
    text
}

#[test]
fn a_killed_run_leaves_whole_files() {
    let scratch = Scratch::new();
    let old = template();
    scratch.refill(&old);
    let started = Instant::now();
    scratch.mend().wait().expect("it ends");
    let takes = started.elapsed();
    let new = scratch.texts().first().cloned().expect("there are files");
    assert!(new != old && scratch.texts().iter().all(|text| *text == new), "every file is mended");
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        scratch.refill(&old);
        let mut child = scratch.mend();
        if kill % 2 == 0 {
            std::thread::sleep(takes * kill / KILLS);
        } else {
            // Soon after the first file is written, where most can go wrong.
            while scratch.is_untouched(&old) && started.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(u64::from(kill) * 150));
        }
        let _ = child.kill();
        child.wait().expect("it ends");
        let texts = scratch.texts();
        let mended = texts.iter().filter(|text| **text == new).count();
        let whole = mended + texts.iter().filter(|text| **text == old).count();
        assert_eq!(whole, FILES, "killed after {kill}/{KILLS} of a run: a file is neither old nor new");
        in_the_middle += u32::from(mended > 0 && mended < FILES);
    }
    // The next run is not disturbed by what a killed one left behind, and mends the rest.
    scratch.mend().wait().expect("it ends");
    assert!(scratch.texts().iter().all(|text| *text == new), "the next run mends what is left");
    println!("killed {KILLS} times, {in_the_middle} times while some files were written and some were not");
}
