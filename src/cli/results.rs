//! The results of `check` in the format that was asked for. What they are is decided elsewhere.

use std::io::{self, Write};

use crate::answer::catalogue::{self, Page};
use crate::cli::args::{CheckArgs, CheckFormat};
use crate::cli::failure::{Failure, Status};
use crate::cli::input::Input;
use crate::cli::judge::{Finding, Hidden, Judged, Policies, Reason, own_rules};
use crate::cli::output::{deliver, wants_color, width};
use crate::diagnostic::fingerprint::fingerprints;
use crate::diagnostic::{Diagnostic, Severity};
use crate::intent::exception::{Exception, Scope};
use crate::report::run::{self, Found, Problem, Run, Suppression};
use crate::report::summary::Summary;
use crate::report::text::{Colour, TextOptions};
use crate::report::{concise, github, gitlab, json, junit, sarif, text};

/// Writes what was judged.
pub(super) fn write_judged(
    args: &CheckArgs,
    input: &Input,
    policies: &Policies,
    judged: &Judged,
    numbers: &Summary,
    status: Status,
) -> Result<(), Failure> {
    let pages = || pages(judged, policies, input);
    let run = || Run {
        sources: &input.sources,
        found: judged.findings.iter().map(found).collect(),
        hidden: hidden(args, judged),
        templates: input.reported(),
        problems: problems(args, input),
        is_judged: true,
        status: status.code(),
    };
    deliver(args.output.as_deref(), |out| match args.format {
        CheckFormat::Full | CheckFormat::Concise | CheckFormat::Json => {
            write_plain(out, args, &judged.diagnostics(), input, numbers)
        }
        CheckFormat::Sarif => sarif::write(out, &run(), &pages()),
        CheckFormat::Github => github::write(out, &run()),
        CheckFormat::Gitlab => gitlab::write(out, &run()),
        CheckFormat::Junit => junit::write(out, &run()),
    })
}

/// Writes mistakes because of which nothing was judged.
pub(super) fn write_mistakes(
    args: &CheckArgs,
    input: &Input,
    mistakes: &[Diagnostic],
) -> Result<(), Failure> {
    let prints = fingerprints(mistakes, &input.sources);
    let found = || mistakes.iter().zip(&prints);
    let run = || Run {
        sources: &input.sources,
        found: found()
            .map(|(diagnostic, fingerprint)| Found { diagnostic, fingerprint, fails: true })
            .collect(),
        hidden: Vec::new(),
        templates: Vec::new(),
        problems: problems(args, input),
        is_judged: false,
        status: Status::Failed.code(),
    };
    deliver(args.output.as_deref(), |out| match args.format {
        CheckFormat::Full | CheckFormat::Concise | CheckFormat::Json => {
            write_plain(out, args, mistakes, input, &Summary::default().with_findings(mistakes))
        }
        CheckFormat::Sarif => sarif::write(out, &run(), &catalogue::pages()),
        CheckFormat::Github => github::write(out, &run()),
        CheckFormat::Gitlab => gitlab::write(out, &run()),
        CheckFormat::Junit => junit::write(out, &run()),
    })
}

/// The formats that need the findings and nothing else.
fn write_plain(
    out: &mut dyn Write,
    args: &CheckArgs,
    diagnostics: &[Diagnostic],
    input: &Input,
    numbers: &Summary,
) -> io::Result<()> {
    match args.format {
        CheckFormat::Concise => concise::write(out, diagnostics, &input.sources),
        CheckFormat::Json => json::write(out, diagnostics, &input.sources, numbers),
        _ => {
            let color = wants_color(args.color, args.output.is_some());
            let colour = if color { Colour::Always } else { Colour::Never };
            text::write(out, diagnostics, &input.sources, &TextOptions { colour, width: width() })
        }
    }
}

fn found(finding: &Finding) -> Found<'_> {
    let Finding { diagnostic, fingerprint, fails } = finding;
    Found { diagnostic, fingerprint, fails: *fails }
}

fn hidden<'a>(args: &CheckArgs, judged: &'a Judged) -> Vec<run::Hidden<'a>> {
    if args.hide_suppressed {
        return Vec::new();
    }
    let hidden = |hidden: &'a Hidden| run::Hidden {
        found: found(&hidden.finding),
        reasons: hidden.reasons.iter().map(suppression).collect(),
    };
    judged.hidden.iter().map(hidden).collect()
}

fn suppression(reason: &Reason) -> Suppression {
    match reason {
        Reason::Exception(exception) => Suppression {
            in_source: !matches!(exception.scope, Scope::Patterns { .. }),
            justification: justification(exception),
            place: Some(exception.span),
        },
        Reason::Baseline => Suppression {
            in_source: false,
            justification: "known: it is in the baseline".to_owned(),
            place: None,
        },
    }
}

/// `Partner cannot use PrivateLink yet. (EX-014, owner payments@example.com, ticket SEC-2210, until 2027-03-31)`
fn justification(exception: &Exception) -> String {
    let expires = exception.expires.as_ref().map(|day| day.value.to_string());
    let facts: Vec<String> = [
        ("", exception.id.as_deref()),
        ("owner ", exception.owner.as_deref()),
        ("ticket ", exception.ticket.as_deref()),
        ("until ", expires.as_deref()),
    ]
    .into_iter()
    .filter_map(|(word, value)| Some(format!("{word}{}", value?)))
    .collect();
    let reason = exception.reason.as_deref().unwrap_or("accepted without a reason");
    if facts.is_empty() { reason.to_owned() } else { format!("{reason} ({})", facts.join(", ")) }
}

/// What kept the run from looking at everything that was named.
fn problems(args: &CheckArgs, input: &Input) -> Vec<Problem> {
    let unread = input.errors.iter().map(|error| (Severity::Error, error.to_string()));
    let empty = input.empty_folders.iter().filter(|_| !args.allow_empty);
    let empty = empty.map(|folder| (Severity::Error, format!("no template found in {folder}")));
    unread.chain(empty).map(|(severity, message)| Problem { severity, message }).collect()
}

/// The pages of all built-in rules, and of those rules of the organisation that speak.
fn pages(judged: &Judged, policies: &Policies, input: &Input) -> Vec<Page> {
    let hidden = judged.hidden.iter().map(|hidden| &hidden.finding);
    let speaks = |rule: &crate::rules::own::OwnRule| {
        judged.findings.iter().chain(hidden.clone()).any(|finding| finding.diagnostic.rule == rule.id)
    };
    let mut pages = catalogue::pages();
    let own = own_rules(policies).into_iter().filter(|rule| speaks(rule));
    pages.extend(own.map(|rule| catalogue::own_page(rule, &input.sources)));
    pages
}
