//! Baselines of `check`: reading, hiding what is known, writing, and shrinking.
//!
//! What a baseline is, is `config`'s.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::args::CheckArgs;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::cli::judge::{Finding, Hidden, Judged, Reason};
use crate::cli::output::deliver;
use crate::config::baseline::{Baseline, Known, SIZE_LIMIT};
use crate::diagnostic::{Diagnostic, Severity};
use crate::load::{self, Role};
use crate::rules::metadata;
use crate::source::Sources;

/// The group of rules whose errors are not hidden unless somebody asks for that.
const GUARDED_GROUP: &str = "exposure";

/// Does what the flags say about baselines, and returns what there is to say about it.
pub(super) fn apply(args: &CheckArgs, input: &Input, judged: &mut Judged) -> Result<Vec<String>, Failure> {
    if let Some(path) = &args.write_baseline {
        let baseline = written(judged, &input.sources, args.include_errors);
        write(path, &baseline)?;
        let count = baseline.findings.len();
        hide(judged, &baseline);
        return Ok(vec![format!("wicketgate: findings written to {}: {count}", path.display())]);
    }
    let Some(path) = &args.baseline else { return Ok(Vec::new()) };
    let mut baseline = read(input, path)?;
    let seen: BTreeSet<String> = judged.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    let mut notes = Vec::new();
    if sees_all(args) && !judged.internal_error && input.errors.is_empty() {
        let gone = baseline.shrink(&seen, |file| is_checked(input, file));
        if gone > 0 {
            write(path, &baseline)?;
            notes.push(format!(
                "wicketgate: {gone} known findings are gone and were taken out of {}",
                path.display()
            ));
        }
    }
    hide(judged, &baseline);
    Ok(notes)
}

/// Hides what the baseline of the run knows, and writes nothing.
pub(super) fn hide_known(args: &CheckArgs, input: &Input, judged: &mut Judged) -> Result<(), Failure> {
    if let Some(path) = &args.baseline {
        let baseline = read(input, path)?;
        hide(judged, &baseline);
    }
    Ok(())
}

/// Whether the flags let every finding be seen that a baseline may know.
fn sees_all(args: &CheckArgs) -> bool {
    args.select.is_empty()
        && args.ignore.is_empty()
        && args.min_confidence.is_none()
        && args.persona.is_none()
        && args.posture.is_none()
        && args.environment.is_plain()
}

/// Whether a file was judged in this run, or is gone.
fn is_checked(input: &Input, file: &str) -> bool {
    let reported = input.files.iter().filter(|known| known.role == Role::Reported);
    reported.into_iter().any(|known| input.sources.name(known.id) == file)
        || !input.working.join(file).exists()
}

/// Whether a finding may be known at all.
fn may_hide(diagnostic: &Diagnostic, include_errors: bool) -> bool {
    let guarded = || metadata::load(diagnostic.rule.as_str()).is_some_and(|rule| rule.group == GUARDED_GROUP);
    include_errors || diagnostic.severity < Severity::Error || !guarded()
}

fn hide(judged: &mut Judged, baseline: &Baseline) {
    let is_known = |finding: &Finding| {
        baseline.knows(&finding.fingerprint) && may_hide(&finding.diagnostic, baseline.include_errors)
    };
    let (known, shown): (Vec<Finding>, Vec<Finding>) =
        std::mem::take(&mut judged.findings).into_iter().partition(is_known);
    judged.findings = shown;
    judged.summary.suppressed += known.len();
    let hidden = |finding| Hidden { finding, reasons: vec![Reason::Baseline] };
    judged.hidden.extend(known.into_iter().map(hidden));
}

fn written(judged: &Judged, sources: &Sources, include_errors: bool) -> Baseline {
    let findings = judged.findings.iter().filter(|finding| may_hide(&finding.diagnostic, include_errors));
    let known = findings.map(|Finding { diagnostic, fingerprint, .. }| Known {
        file: sources.name(diagnostic.primary.span.file).to_owned(),
        rule: diagnostic.rule.to_string(),
        fingerprint: fingerprint.clone(),
        resource: diagnostic.resource.clone(),
        message: diagnostic.message.clone(),
    });
    Baseline::new(known.collect(), include_errors)
}

fn read(input: &Input, path: &Path) -> Result<Baseline, Failure> {
    let source = load::read_policy(&input.working, path, SIZE_LIMIT as u64)?;
    Baseline::read(source.text()).map_err(|message| Failure::Baseline { path: path.to_path_buf(), message })
}

fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let text = baseline.to_text();
    deliver(Some(path), |out| out.write_all(text.as_bytes()))
}
