//! `check --fix` and `check --diff`: mends in memory until nothing is left to mend, then writes or shows.
//!
//! Nothing is written unless every changed text can be read and judged, and every file still says what was read.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use crate::cli::args::CheckArgs;
use crate::cli::baseline;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::cli::judge::{Judged, Policies, ReadPolicies, judge};
use crate::cli::output::{deliver, replace_file, to_stdout};
use crate::diagnostic::Applicability;
use crate::fix::{self, Chosen, Progress};
use crate::load;
use crate::report::diff::{self, Changed};
use crate::rules::unreadable_template;
use crate::source::{FileId, TextEdit};

/// What was mended, in memory.
pub(super) struct Mended {
    /// The texts before, of files that changed.
    before: BTreeMap<FileId, Arc<str>>,
    chosen: Vec<Chosen>,
    /// What is left to say about the new texts.
    pub(super) judged: Judged,
}

impl Mended {
    /// Whether some text changed.
    pub(super) fn changes(&self) -> bool {
        !self.before.is_empty()
    }

    /// One line that says how many findings were mended, or would be.
    pub(super) fn summary(&self, only_shown: bool) -> String {
        let count = self.chosen.len();
        let findings = if count == 1 { "finding" } else { "findings" };
        let risky = self.chosen.iter().filter(|chosen| chosen.applicability == Applicability::Unsafe).count();
        let risk = if risky > 0 {
            format!(" ({risky} unsafe: deployments may need more, or callers lose access)")
        } else {
            String::new()
        };
        match only_shown {
            true => format!("would fix {count} {findings}{risk}; nothing was written"),
            false => format!("fixed {count} {findings}{risk}"),
        }
    }
}

/// Whether the flags ask for changes.
pub(super) fn is_wanted(args: &CheckArgs) -> bool {
    args.fix || args.diff
}

/// Refuses flags that ask for findings as programs read them where something else is written.
pub(super) fn refuse_format(args: &CheckArgs) -> Result<(), Failure> {
    let to_program = args.format.is_for_programs();
    if to_program && args.diff {
        return Err(Failure::FormatOfDiff);
    }
    if to_program && args.fix && reads_stdin(args) && args.output.is_none() {
        return Err(Failure::FormatOfMended);
    }
    Ok(())
}

/// Whether the template is standard input, so that standard output is where its new text goes.
pub(super) fn reads_stdin(args: &CheckArgs) -> bool {
    args.paths.iter().any(|path| path.as_os_str() == "-")
}

/// What texts are judged by.
pub(super) struct Judge<'a> {
    /// What governs the run.
    pub(super) policies: Policies,
    /// Reads that again, from the texts of the run.
    pub(super) read: &'a mut dyn FnMut(&mut Input) -> Result<ReadPolicies, Failure>,
}

impl Judge<'_> {
    /// Judges changed texts.
    fn judge(
        &mut self,
        input: &mut Input,
        changed: &BTreeMap<FileId, Vec<TextEdit>>,
    ) -> Result<Judged, Failure> {
        if let Some(&file) = changed.keys().find(|file| self.policies.own(**file)) {
            self.policies = match (self.read)(input)? {
                Ok(policies) => policies,
                Err(mistakes) => {
                    let name = input.sources.name(file).to_owned();
                    let message = mistakes.into_iter().next().map_or_else(String::new, |one| one.message);
                    return Err(Failure::BrokenFix { name, message });
                }
            };
        }
        Ok(judge(input, &self.policies))
    }
}

/// Mends the texts of `input` as far as the flags allow.
///
/// # Errors
/// When a text that was changed cannot be judged any more, or mending does not come to an end.
pub(super) fn mend(
    args: &CheckArgs,
    input: &mut Input,
    judge: &mut Judge<'_>,
    mut judged: Judged,
) -> Result<Mended, Failure> {
    let allowed = if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let mut before: BTreeMap<FileId, Arc<str>> = BTreeMap::new();
    let mut chosen = Vec::new();
    let reported = input.reported();
    let writes_policies = !reads_stdin(args);
    let mut progress = Progress::default();
    loop {
        let mut asked = judged.clone();
        baseline::hide_known(args, input, &mut asked)?;
        let may_edit =
            |file| reported.binary_search(&file).is_ok() || (writes_policies && judge.policies.own(file));
        let plan = fix::choose(&asked.diagnostics(), allowed, may_edit);
        if plan.is_empty() {
            return Ok(Mended { before, chosen, judged });
        }
        if !progress.goes_on(&plan) {
            return Err(Failure::Unsettled);
        }
        for (&file, edits) in &plan.edits {
            let source = input.sources.get(file).ok_or(Failure::Unsettled)?;
            let text = fix::apply(source.text(), edits).ok_or(Failure::Unsettled)?;
            before.entry(file).or_insert_with(|| source.shared_text());
            input.sources.replace(file, text);
        }
        chosen.extend(plan.chosen);
        judged = judge.judge(input, &plan.edits)?;
        let broken = judged.diagnostics().into_iter().find(|found| {
            found.rule == unreadable_template::ID && plan.edits.contains_key(&found.primary.span.file)
        });
        if let Some(broken) = broken {
            let name = input.sources.name(broken.primary.span.file).to_owned();
            return Err(Failure::BrokenFix { name, message: broken.message });
        }
        if judged.internal_error {
            return Ok(Mended { before: BTreeMap::new(), chosen: Vec::new(), judged });
        }
    }
}

/// Shows the changes as a diff.
pub(super) fn show(args: &CheckArgs, input: &Input, mended: &Mended) -> Result<(), Failure> {
    let changes: Vec<Changed<'_>> = mended
        .before
        .iter()
        .filter_map(|(&file, before)| {
            let source = input.sources.get(file)?;
            Some(Changed { name: source.name(), before, after: source.text() })
        })
        .collect();
    let for_terminal = args.output.is_none() && std::io::stdout().is_terminal();
    deliver(args.output.as_deref(), |out| diff::write(out, &changes, for_terminal))
}

/// Writes the changed files, or the changed text of standard input to standard output.
///
/// # Errors
/// When a file says something else than what was read, or cannot be written. Each file is written whole or not at
/// all; those before the one that failed are written.
pub(super) fn write(args: &CheckArgs, input: &Input, mended: &Mended) -> Result<(), Failure> {
    if reads_stdin(args) {
        // What is not mended, a template or not, goes out byte for byte as it came in.
        let mended = mended.before.keys().find_map(|&file| input.sources.get(file));
        let kept = input.stdin.as_deref().unwrap_or_default();
        let bytes = mended.map_or(kept, |source| source.text().as_bytes());
        return to_stdout(|out| out.write_all(bytes));
    }
    let path = |file: FileId| input.working.join(Path::new(input.sources.name(file)));
    for (&file, before) in &mended.before {
        if !load::still_says(&path(file), before) {
            return Err(Failure::ChangedMeanwhile(path(file)));
        }
    }
    for &file in mended.before.keys() {
        let Some(source) = input.sources.get(file) else { continue };
        replace_file(&path(file), source.text().as_bytes())
            .map_err(|source| Failure::Output { path: path(file), source })?;
    }
    Ok(())
}
