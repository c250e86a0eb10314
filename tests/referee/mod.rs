//! The referees: where the shared folder is, and a Python that has the packages they want.
#![allow(dead_code, reason = "each suite uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that holds `oracles` and `corpus`.
pub(crate) fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("WICKETGATE_SHARED").map_or(beside, PathBuf::from)
}

/// Python with aws-sam-translator, in the version that the referee pins.
pub(crate) fn python() -> PathBuf {
    if let Some(path) = std::env::var_os("WICKETGATE_ORACLE_PYTHON") {
        return PathBuf::from(path);
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sam-venv");
    let python = venv.join("bin/python");
    if !venv.join("ready").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let pins =
            std::fs::read_to_string(shared().join("oracles/requirements.txt")).expect("the pins are there");
        let wanted = ["aws-sam-translator", "boto3", "botocore", "PyYAML"];
        let pins = pins.lines().filter(|pin| wanted.iter().any(|name| pin.starts_with(&format!("{name}=="))));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(pins));
        std::fs::write(venv.join("ready"), "").expect("the environment can be marked as ready");
    }
    python
}

/// Runs a program that must succeed.
pub(crate) fn run(command: &mut Command) {
    let status = command.status().expect("Python is there");
    assert!(status.success(), "{command:?} ended with {status}");
}
