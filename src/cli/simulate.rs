//! The verb `simulate` on JSON lines: one decision a line. What they mean is decided below; a single request to
//! an API of a template is asked elsewhere.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use crate::answer::simulate::{Options, answer_line};
use crate::cli::args::SimulateArgs;
use crate::cli::failure::{Failure, Status};
use crate::cli::output::to_stdout;
use crate::cli::request;

/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 16 * 1024 * 1024;

/// Runs `simulate`. A line that cannot be read gets an answer that says so, and the run ends with 2.
pub(super) fn run(args: &SimulateArgs) -> Result<Status, Failure> {
    if let Some(api) = &args.call.api {
        return request::run(args, api);
    }
    let options = Options { well_formed_ids: args.well_formed_ids, loose: args.loose };
    let symbolic = args.symbolic.then_some(options);
    each_line(args.file.as_deref(), |out, line, number| {
        let (answer, read) = answer_line(line, number, symbolic);
        writeln!(out, "{answer}")?;
        Ok(read)
    })
}

/// Answers each line of a file, or of standard input for none and for `-`; blank lines are passed over. `answer`
/// says whether the line could be answered; the run ends with 2 when one could not.
pub(super) fn each_line(
    file: Option<&Path>,
    mut answer: impl FnMut(&mut dyn Write, &[u8], u64) -> io::Result<bool>,
) -> Result<Status, Failure> {
    let mut reader: Box<dyn BufRead> = match file {
        Some(path) if path.as_os_str() != "-" => Box::new(BufReader::new(open(path)?)),
        _ => Box::new(io::stdin().lock()),
    };
    let mut failed = false;
    to_stdout(|out| {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if io::Read::take(&mut reader, MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if !line.trim_ascii().is_empty() {
                failed |= !answer(out, &line, number)?;
            }
        }
        Ok(())
    })?;
    Ok(if failed { Status::Failed } else { Status::Clean })
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|source| Failure::Input { path: path.to_path_buf(), source })
}
