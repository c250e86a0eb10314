//! The verb `init`: a first policy file from what the templates hold. It never overwrites one.

use std::path::Path;

use crate::answer::init::seen;
use crate::cli::args::{EnvironmentArgs, PolicyArgs};
use crate::cli::environments;
use crate::cli::failure::{Failure, Status};
use crate::cli::input::{self, Wanted};
use crate::cli::judge::analysed;
use crate::cli::output::{create_file, note, note_mistakes};
use crate::report;

const NAME: &str = "wicketgate.toml";

/// Runs `init` for the folder it is called in.
pub(super) fn run() -> Result<Status, Failure> {
    let policy = PolicyArgs { config: None, isolated: true };
    let paths = [Path::new(".").to_path_buf()];
    let wanted = Wanted {
        paths: &paths,
        stdin_filename: None,
        policy: &policy,
        respect_ignore_files: true,
        force_exclude: false,
    };
    let mut input = input::read(&wanted)?;
    let environment = EnvironmentArgs { env: Vec::new(), params: Vec::new(), parameter_files: Vec::new() };
    let bindings = environments::flags(&environment)?;
    let analysis = match analysed(&mut input, &policy, &environment, &bindings)? {
        Ok(analysis) => analysis,
        Err(mistakes) => {
            note_mistakes(&mistakes, &input);
            return Ok(Status::Failed);
        }
    };
    let shown = input.reported();
    let found = seen(&analysis.analysis.model, &|file| shown.binary_search(&file).is_ok());
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = report::init::write(&mut bytes, &found, &input.sources);
    create_file(Path::new(NAME), &bytes)?;
    note(&format!(
        "wicketgate: wrote {NAME} from {} templates; read it, it decides what `check` says",
        shown.len()
    ));
    Ok(Status::Clean)
}
