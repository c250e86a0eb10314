//! The verb `resolve`: templates with parameter values in, JSON lines out.

use crate::answer::case::{self, Case};
use crate::answer::resolve::{EXPOSURE_TYPES, Resolved, resolve};
use crate::check::{self, settings::Settings};
use crate::cli::args::ResolveArgs;
use crate::cli::environments;
use crate::cli::failure::{Failure, Status};
use crate::cli::input::{self, Wanted};
use crate::cli::judge::{Analysed, analysed};
use crate::cli::output::{note_all, note_diagnostics, note_mistakes, to_stdout};
use crate::cli::simulate::each_line;
use crate::load::Role;
use crate::report::resolve::{Subject, write};
use crate::source::{SourceFile, Sources};
use crate::template::bindings::Bindings;
use crate::workspace::instances::Instances;

/// Runs `resolve`.
pub(super) fn run(args: &ResolveArgs) -> Result<Status, Failure> {
    if args.jsonl { lines(args) } else { templates(args) }
}

fn is_wanted(args: &ResolveArgs) -> impl Fn(&str) -> bool + '_ {
    |type_name: &str| args.all || EXPOSURE_TYPES.contains(&type_name)
}

fn bindings(args: &ResolveArgs) -> Result<Bindings, Failure> {
    Ok(Bindings {
        region: args.region.clone(),
        account: args.account.clone(),
        stack_name: args.stack_name.clone(),
        ..environments::flags(&args.environment)?
    })
}

fn templates(args: &ResolveArgs) -> Result<Status, Failure> {
    let bindings = bindings(args)?;
    let wanted = Wanted {
        paths: &args.paths,
        stdin_filename: None,
        policy: &args.policy,
        respect_ignore_files: true,
        force_exclude: false,
    };
    let mut input = input::read(&wanted)?;
    let Analysed { analysis, problems } =
        match analysed(&mut input, &args.policy, &args.environment, &bindings)? {
            Ok(analysed) => analysed,
            Err(mistakes) => {
                note_mistakes(&mistakes, &input);
                return Ok(Status::Failed);
            }
        };
    let reported = |file| input.files.iter().any(|known| known.id == file && known.role == Role::Reported);
    let mut failed = !input.errors.is_empty() || !problems.is_empty();
    to_stdout(|out| {
        for stack in analysis.workspace.stacks().iter().filter(|stack| reported(stack.template.file)) {
            let resolved = resolve(&analysis.workspace, stack, &is_wanted(args));
            failed |= resolved.is_err();
            let environment = stack.bindings.environment.as_deref();
            write(out, Subject::File(input.sources.name(stack.template.file), environment), &resolved)?;
        }
        Ok(())
    })?;
    note_diagnostics(&problems, &input);
    note_all(input.errors.iter().map(|error| format!("wicketgate: {error}")));
    note_all(input.empty_folders.iter().map(|folder| format!("wicketgate: no template found in {folder}")));
    Ok(match (failed, input.empty_folders.is_empty()) {
        (true, _) => Status::Failed,
        (false, true) => Status::Clean,
        (false, false) => Status::NoTemplate,
    })
}

fn lines(args: &ResolveArgs) -> Result<Status, Failure> {
    let file = args.paths.first().filter(|path| path.as_os_str() != ".");
    let base = bindings(args)?;
    each_line(file.map(std::path::PathBuf::as_path), |out, line, number| {
        let (subject, resolved) = match case::read(line, &base) {
            Ok(case) => (Some(case.id.clone()), one(args, case)),
            Err(reason) => (None, Err(reason)),
        };
        let subject = subject.as_deref().map_or(Subject::Line(number), Subject::Id);
        write(out, subject, &resolved)?;
        Ok(resolved.is_ok())
    })
}

/// Works out the template of one line.
fn one(args: &ResolveArgs, case: Case) -> Result<Resolved, String> {
    let settings = Settings { instances: Instances::all(vec![case.bindings]), ..Settings::default() };
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new("template", case.template));
    let files = [check::File { id, role: check::Role::Reported, problem: None }];
    let analysis = check::analyse(&mut sources, &files, &settings, &mut |_, _| None);
    let stack =
        analysis.workspace.stacks().first().ok_or_else(|| "the template cannot be read".to_owned())?;
    resolve(&analysis.workspace, stack, &is_wanted(args))
}
