//! The verb `simulate --api`: one request to an API of a template. What becomes of it is decided below.

use std::path::{Path, PathBuf};

use crate::answer::request::{Wanted, answer};
use crate::cli::args::{CallArgs, ColorChoice, IdentityChoice, ListFormat, SimulateArgs};
use crate::cli::environments;
use crate::cli::failure::{Failure, Status};
use crate::cli::input;
use crate::cli::judge::{Analysed, analysed};
use crate::cli::output::{note_all, note_diagnostics, note_mistakes, to_stdout, wants_color, width};
use crate::exposure::requests::Identity;
use crate::report::request;
use crate::report::text::{Colour, TextOptions};
use crate::template::bindings::Bindings;

/// Runs `simulate` for one request.
pub(super) fn run(args: &SimulateArgs, api: &str) -> Result<Status, Failure> {
    let call = &args.call;
    let (path, id) = place(api);
    let mut input = input::read(&input::Wanted {
        paths: &[path],
        stdin_filename: None,
        policy: &args.policy,
        respect_ignore_files: true,
        force_exclude: false,
    })?;
    let bindings = Bindings {
        region: call.region.clone(),
        account: call.account.clone(),
        stack_name: call.stack_name.clone(),
        ..environments::flags(&args.environment)?
    };
    let read = analysed(&mut input, &args.policy, &args.environment, &bindings)?;
    let Analysed { analysis, problems } = match read {
        Ok(analysed) => analysed,
        Err(mistakes) => {
            note_mistakes(&mistakes, &input);
            return Ok(Status::Failed);
        }
    };
    note_all(input.errors.iter().map(|error| format!("wicketgate: {error}")));
    note_all(input.empty_folders.iter().map(|folder| format!("wicketgate: no template found in {folder}")));
    note_diagnostics(&problems, &input);
    if !input.errors.is_empty() || !problems.is_empty() {
        return Ok(Status::Failed);
    }
    if !input.empty_folders.is_empty() {
        return Ok(Status::NoTemplate);
    }
    let shown = input.reported();
    let shown = |file| shown.contains(&file);
    let wanted = wanted(call, id);
    let answer = answer(&analysis.workspace, &analysis.model, &input.sources, &shown, &wanted)?;
    let colour = if wants_color(ColorChoice::Auto, false) { Colour::Always } else { Colour::Never };
    to_stdout(|out| match args.format {
        ListFormat::Text => {
            request::text::write(out, &answer, &input.sources, &TextOptions { colour, width: width() })
        }
        ListFormat::Json => request::json::write(out, &answer, &input.sources),
    })?;
    Ok(if answer.decision == "allow" { Status::Clean } else { Status::Findings })
}

/// What to read, and the API's logical id where it is named: `FILE/ID`, `FILE`, or `ID` alone.
fn place(api: &str) -> (PathBuf, Option<String>) {
    if Path::new(api).exists() {
        return (PathBuf::from(api), None);
    }
    match api.rsplit_once('/') {
        Some((path, id)) => (PathBuf::from(path), Some(id.to_owned())),
        // A name with a dot is meant to be a file, and reading it says that it is not there.
        None if api.contains('.') => (PathBuf::from(api), None),
        None => (PathBuf::from("."), Some(api.to_owned())),
    }
}

fn wanted(call: &CallArgs, api: Option<String>) -> Wanted {
    Wanted {
        api,
        from: call.from.clone().unwrap_or_default(),
        method: call.method.clone(),
        path: call.path.clone(),
        stage: call.stage.clone(),
        address: call.source_ip.clone(),
        vpc: call.vpc.clone(),
        principal: call.principal.clone().filter(|principal| principal != "anonymous"),
        organisation: call.org.clone(),
        identity: call.identity.map(|identity| match identity {
            IdentityChoice::Allow => Identity::Allow,
            IdentityChoice::Silent => Identity::Silent,
            IdentityChoice::Deny => Identity::Deny,
        }),
        domain: call.domain.clone(),
    }
}
