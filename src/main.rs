//! The command-line program. Everything it does lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(wicketgate::cli::run(std::env::args_os()))
}
