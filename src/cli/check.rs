//! The verb `check`: read, judge, report, and choose the exit status.

use std::io::{self, Write};
use std::time::Instant;

use crate::cli::args::{CheckArgs, CheckFormat, FailOnChoice, PostureChoice};
use crate::cli::baseline;
use crate::cli::environments;
use crate::cli::explain::known_rule;
use crate::cli::failure::{Failure, Status};
use crate::cli::fix;
use crate::cli::input::{self, Input, Wanted};
use crate::cli::judge::{
    Flags, Judged, Policies, judge, nothing_judged, own_ids, policies, today, unknown_parameter,
};
use crate::cli::output::{note, note_all, note_diagnostics};
use crate::cli::progress::Progress;
use crate::cli::results;
use crate::config::FailOn;
use crate::diagnostic::{Diagnostic, RuleId, Severity};
use crate::intent::Posture;
use crate::load::Role;
use crate::report::summary::Summary;
use crate::report::{statistics, summary};

/// Said once where a public API is only a question.
const QUESTION: &str = "This project has no wicketgate.toml, so `public-api` is a question, not a verdict: \
                        answer it there with `posture = \"private\"` or `posture = \"public\"`.";

/// Runs `check`.
pub(super) fn run(args: &CheckArgs) -> Result<Status, Failure> {
    match args.jobs {
        None => run_here(args),
        Some(jobs) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.into()).build();
            pool.map_err(Failure::Threads)?.install(|| run_here(args))
        }
    }
}

fn run_here(args: &CheckArgs) -> Result<Status, Failure> {
    let started = Instant::now();
    fix::refuse_format(args)?;
    let progress = Progress::start(args.quiet, "reading files");
    let mut input = input::read(&Wanted {
        paths: &args.paths,
        stdin_filename: args.stdin_filename.as_deref(),
        policy: &args.policy,
        respect_ignore_files: !args.no_ignore,
        force_exclude: args.force_exclude,
    })?;
    progress.say(|| format!("judging {} templates", input.files.len()));
    let bindings = environments::flags(&args.environment)?;
    let flags = flags(args);
    let mut read = |input: &mut Input| policies(input, &args.policy, &args.environment, &bindings, &flags);
    let policies = match read(&mut input)? {
        Ok(policies) => policies,
        Err(mistakes) => return refuse(args, &input, &mistakes),
    };
    let own = own_ids(&policies);
    for rule in args.select.iter().chain(&args.ignore) {
        known_rule(rule, &own)?;
    }
    let mut judged = judge(&mut input, &policies);
    drop(progress);
    if !judged.mistakes.is_empty() {
        return refuse(args, &input, &judged.mistakes);
    }
    if let Some(failure) = unknown_parameter(std::mem::take(&mut judged.unknown)) {
        return Err(failure);
    }
    if fix::is_wanted(args) {
        return mend(args, &mut input, fix::Judge { policies, read: &mut read }, judged, started);
    }
    let notes = baseline::apply(args, &input, &mut judged)?;
    report(args, &input, &policies, &judged, &notes, started)
}

/// Mends, writes or shows the changes, and reports what is left.
fn mend(
    args: &CheckArgs,
    input: &mut Input,
    mut judge: fix::Judge<'_>,
    judged: Judged,
    started: Instant,
) -> Result<Status, Failure> {
    let mut mended = fix::mend(args, input, &mut judge, judged)?;
    let said = (mended.changes() && !args.quiet).then(|| mended.summary(args.diff));
    if args.diff {
        fix::show(args, input, &mended)?;
        note_all(said);
        baseline::hide_known(args, input, &mut mended.judged)?;
        let left = status(args, input, &mended.judged);
        return Ok(if mended.changes() && left == Status::Clean && !args.exit_zero {
            Status::Findings
        } else {
            left
        });
    }
    fix::write(args, input, &mended)?;
    if fix::reads_stdin(args) {
        baseline::hide_known(args, input, &mut mended.judged)?;
        let left = status(args, input, &mended.judged);
        match args.output {
            Some(_) => {
                let numbers = numbers(&mended.judged);
                results::write_judged(args, input, &judge.policies, &mended.judged, &numbers, left)?;
            }
            None => note_diagnostics(&mended.judged.diagnostics(), input),
        }
        note_all(said);
        return Ok(left);
    }
    let mut notes: Vec<String> = said.into_iter().collect();
    notes.extend(baseline::apply(args, input, &mut mended.judged)?);
    report(args, input, &judge.policies, &mended.judged, &notes, started)
}

/// Reports mistakes because of which nothing was judged.
fn refuse(args: &CheckArgs, input: &Input, mistakes: &[Diagnostic]) -> Result<Status, Failure> {
    results::write_mistakes(args, input, mistakes)?;
    note(nothing_judged(mistakes));
    Ok(Status::Failed)
}

fn flags(args: &CheckArgs) -> Flags {
    let rules = |names: &[String]| names.iter().cloned().map(RuleId::owned).collect();
    Flags {
        posture: args.posture.map(|posture| match posture {
            PostureChoice::Private => Posture::Private,
            PostureChoice::Public => Posture::Public,
            PostureChoice::Unset => Posture::Unset,
        }),
        persona: args.persona.map(Into::into),
        fail_on: args.fail_on.map(|lowest| match lowest {
            FailOnChoice::Error => FailOn::AtLeast(Severity::Error),
            FailOnChoice::Warning => FailOn::AtLeast(Severity::Warning),
            FailOnChoice::Info => FailOn::AtLeast(Severity::Info),
            FailOnChoice::Never => FailOn::Never,
        }),
        select: rules(&args.select),
        ignore: rules(&args.ignore),
        min_confidence: args.min_confidence.map(Into::into),
        today: Some(args.today.unwrap_or_else(today)),
    }
}

fn report(
    args: &CheckArgs,
    input: &Input,
    policies: &Policies,
    judged: &Judged,
    notes: &[String],
    started: Instant,
) -> Result<Status, Failure> {
    let found = &judged.diagnostics();
    let numbers = numbers(judged);
    let status = status(args, input, judged);
    results::write_judged(args, input, policies, judged, &numbers, status)?;
    let mut lines = notes.to_vec();
    if args.verbose {
        say_what_was_read(&mut lines, input);
    }
    for error in &input.errors {
        lines.push(format!("wicketgate: {error}"));
    }
    for folder in input.empty_folders.iter().filter(|_| !args.allow_empty) {
        lines.push(format!("wicketgate: no template found in {folder}"));
    }
    if args.statistics {
        lines.extend(captured(|out| statistics::write(out, found)));
    }
    if !args.quiet {
        lines.extend(captured(|out| summary::write(out, &numbers, started.elapsed())));
        if matches!(args.format, CheckFormat::Full | CheckFormat::Concise) {
            lines.extend(captured(|out| summary::write_offers(out, found)));
        }
        if is_question(args, judged) {
            lines.push(QUESTION.to_owned());
        }
    }
    note_all(&lines);
    Ok(status)
}

fn numbers(judged: &Judged) -> Summary {
    let counted = &judged.summary;
    let summary = Summary {
        templates: counted.templates,
        apis: counted.apis,
        private_apis: counted.private_apis,
        public_apis: counted.public_apis,
        functions: counted.functions,
        endpoints: counted.endpoints,
        suppressed: counted.suppressed,
        ..Summary::default()
    };
    summary.with_findings(&judged.diagnostics())
}

/// The lines that a reporter writes.
fn captured(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Vec<String> {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _ = write(&mut bytes);
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

fn say_what_was_read(lines: &mut Vec<String>, input: &Input) {
    for file in &input.files {
        let name = input.sources.name(file.id);
        lines.push(match file.role {
            Role::Reported => format!("read {name}"),
            Role::Context => format!("read {name} for links only"),
        });
    }
    lines.extend(input.excluded.iter().map(|name| format!("skipped {name}: the policy file excludes it")));
    lines
        .extend(input.skipped.iter().map(|name| format!("skipped {name}: it does not look like a template")));
}

/// Whether the only thing wrong with a public API is that nobody said what is meant.
fn is_question(args: &CheckArgs, judged: &Judged) -> bool {
    let asks = |diagnostic: &Diagnostic| {
        diagnostic.rule.as_str() == "public-api" && diagnostic.severity == Severity::Warning
    };
    let unsaid = judged.without_policy && args.posture.is_none() && !args.policy.isolated;
    args.format == CheckFormat::Full
        && unsaid
        && judged.findings.iter().any(|finding| asks(&finding.diagnostic))
}

fn status(args: &CheckArgs, input: &Input, judged: &Judged) -> Status {
    if !input.errors.is_empty() || judged.internal_error {
        Status::Failed
    } else if judged.is_failing() && !args.exit_zero {
        Status::Findings
    } else if !input.empty_folders.is_empty() && !args.allow_empty {
        Status::NoTemplate
    } else {
        Status::Clean
    }
}
