//! The command line: arguments in, streams and an exit status out.
//!
//! It is the only module that prints. What it prints is made by the layers below; it judges nothing.

mod args;
mod baseline;
mod check;
mod environments;
mod examples;
mod exceptions;
mod explain;
mod failure;
mod fix;
mod input;
mod init;
mod judge;
mod map;
mod output;
mod own;
mod policy;
mod progress;
mod request;
mod resolve;
mod results;
mod shell;
mod simulate;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::args::{Cli, RulesAction, Verb};
use crate::cli::failure::{Failure, Status};

/// Runs the program with these arguments, the program's own name first, and returns its exit status:
/// 0 clean, 1 findings, 2 could not do what was asked, 3 a folder without any template.
///
/// Results go to standard output, everything else to standard error. A reader that closes standard output
/// early is no failure. A bug in the program is reported in one line and gives 2.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    set_hook(Box::new(report_bug));
    let status = match catch_unwind(AssertUnwindSafe(|| dispatch(arguments))) {
        Ok(Ok(status)) => status,
        Ok(Err(Failure::ReaderGone)) => Status::Clean,
        Ok(Err(failure)) => {
            output::note(&format!("wicketgate: {failure}"));
            Status::Failed
        }
        Err(_) => Status::Failed,
    };
    status.code()
}

fn dispatch(arguments: impl IntoIterator<Item = OsString>) -> Result<Status, Failure> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(message) => return Ok(show_usage(&message)),
    };
    match cli.verb {
        Verb::Check(args) => check::run(&args),
        Verb::Map(args) => map::run(&args),
        Verb::Resolve(args) => resolve::run(&args),
        Verb::Simulate(args) => simulate::run(&args),
        Verb::Init => init::run(),
        Verb::Exceptions(args) => exceptions::run(&args),
        Verb::Explain { rule, policy } => explain::explain(&rule, &policy),
        Verb::Rules { action: Some(RulesAction::Test { policy }), .. } => own::test(&policy),
        Verb::Rules { action: None, format, policy } => explain::list(format, &policy),
        Verb::Completions { shell } => shell::completions(shell),
        Verb::Man(args) => shell::man(&args),
    }
}

/// Prints help and version to standard output, complaints to standard error.
fn show_usage(message: &clap::Error) -> Status {
    // Nobody is left to tell when even this cannot be printed.
    let _ = message.print();
    match message.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Status::Clean,
        _ => Status::Failed,
    }
}

/// One line about a bug of ours, with what helps to find it.
fn report_bug(panic: &PanicHookInfo<'_>) {
    let place =
        panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    let message = message_of(panic).unwrap_or("no message");
    output::note(&format!(
        "wicketgate {}: internal error{place}: {message} (a bug in wicketgate: please report it with this line and the command)",
        env!("WICKETGATE_VERSION")
    ));
}

fn message_of<'p>(panic: &'p PanicHookInfo<'_>) -> Option<&'p str> {
    let payload = panic.payload();
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
