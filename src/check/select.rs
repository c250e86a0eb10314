//! Which findings are shown: those that are asked for, not explained by another one, and accepted by nobody.
//!
//! What is not asked for mutes nothing; what is accepted still explains what follows from it.

use std::collections::BTreeMap;

use crate::check::Hidden;
use crate::check::accept::{Acceptance, Coverage};
use crate::check::judge::Bench;
use crate::check::settings::Settings;
use crate::check::{merge, muting};
use crate::diagnostic::{Diagnostic, RuleId};
use crate::intent::exception::Exception;
use crate::rules::Rule;
use crate::rules::finding::{Finding, Subject};
use crate::source::{FileId, Span};

/// What is shown, and how much is not because somebody accepts it.
pub(super) struct Chosen {
    /// Merged and sorted.
    pub(super) shown: Vec<Diagnostic>,
    /// What exceptions hide, merged and sorted.
    pub(super) hidden: Vec<Hidden>,
    /// How many findings exceptions hide; one that is told without some of its APIs counts once for each.
    pub(super) n_hidden: usize,
}

/// The rules that run: those that are asked for, and those that say which exceptions are needed.
pub(super) fn wanted(settings: &Settings, acceptance: &Acceptance<'_>) -> Vec<Rule> {
    let tells = settings.wants(&RuleId::new("exception-unused"));
    let named = if tells { acceptance.rules() } else { Default::default() };
    settings.rules().filter(|rule| settings.wants(&rule.id) || named.contains(rule.id.as_str())).collect()
}

/// Chooses among what the rules found; what is said of exceptions cannot be accepted itself.
pub(super) fn choose(
    findings: Vec<Finding>,
    about_exceptions: Vec<Finding>,
    settings: &Settings,
    bench: &Bench<'_>,
    acceptance: &Acceptance<'_>,
    is_reported: impl Fn(FileId) -> bool,
) -> Chosen {
    let kept = muting::mute(asked(findings, settings));
    let mut hidden = Vec::new();
    let mut loud = Vec::new();
    let mut partly: BTreeMap<(RuleId, FileId), Vec<Subject>> = BTreeMap::new();
    for finding in kept {
        match acceptance.coverage(&finding) {
            Coverage::None => loud.push(finding),
            Coverage::All => hidden.push(finding),
            Coverage::Some(subjects) => {
                let file = subjects.first().map_or(finding.diagnostic.primary.span.file, |first| first.file);
                partly.entry((finding.diagnostic.rule.clone(), file)).or_default().extend(subjects);
                loud.push(finding);
            }
        }
    }
    let partly_hidden = partly.values().map(Vec::len).sum::<usize>();
    let mut parts = Vec::new();
    for ((rule, file), subjects) in partly {
        parts.extend(only(&loud, &rule, file, &subjects, settings, bench));
        loud = without(loud, &hidden, &rule, file, &subjects, settings, bench, acceptance);
    }
    let told = |findings: Vec<Finding>| -> Vec<Finding> {
        // What is wrong with an API may stand in the definition file that its template names.
        let about = |finding: &Finding| finding.subjects.first().is_some_and(|first| is_reported(first.file));
        let all = findings.into_iter();
        all.filter(|finding| about(finding) || touches(&finding.diagnostic, &is_reported)).collect()
    };
    let mut hidden = told(hidden);
    let n_hidden = merged(hidden.clone()).len() + partly_hidden;
    hidden.extend(told(parts));
    let mut shown = merged(told(loud));
    shown.extend(asked(about_exceptions, settings).into_iter().map(|finding| finding.diagnostic));
    Chosen { shown, hidden: with_reasons(hidden, acceptance), n_hidden }
}

fn merged(findings: Vec<Finding>) -> Vec<Diagnostic> {
    merge::merge(findings.into_iter().map(|finding| finding.diagnostic).collect())
}

/// Merges what is hidden, and says which exceptions hide it.
fn with_reasons(hidden: Vec<Finding>, acceptance: &Acceptance<'_>) -> Vec<Hidden> {
    let mut reasons: BTreeMap<(Span, RuleId), Vec<Exception>> = BTreeMap::new();
    let key = |diagnostic: &Diagnostic| (diagnostic.primary.span, diagnostic.rule.clone());
    for finding in &hidden {
        let known = reasons.entry(key(&finding.diagnostic)).or_default();
        for exception in acceptance.accepting(finding) {
            if !known.contains(exception) {
                known.push(exception.clone());
            }
        }
    }
    let with_reason = |diagnostic: Diagnostic| {
        let exceptions = reasons.get(&key(&diagnostic)).cloned().unwrap_or_default();
        Hidden { diagnostic, exceptions }
    };
    merged(hidden).into_iter().map(with_reason).collect()
}

/// Whether a diagnostic says something about a reported file.
pub(super) fn touches(diagnostic: &Diagnostic, is_reported: impl Fn(FileId) -> bool) -> bool {
    let places = std::iter::once(&diagnostic.primary).chain(&diagnostic.related);
    places.map(|label| label.span.file).any(is_reported)
}

/// Findings that the settings ask for, as loud as they want them.
fn asked(findings: Vec<Finding>, settings: &Settings) -> Vec<Finding> {
    let mut asked: Vec<Finding> =
        findings.into_iter().filter(|finding| settings.shows(&finding.diagnostic)).collect();
    asked.iter_mut().for_each(|finding| settings.set_level(&mut finding.diagnostic));
    asked
}

/// What a rule says of the accepted ones alone, among the APIs that its findings are about.
fn only(
    loud: &[Finding],
    rule: &RuleId,
    file: FileId,
    accepted: &[Subject],
    settings: &Settings,
    bench: &Bench<'_>,
) -> Vec<Finding> {
    let Some(known) = settings.rules().find(|known| known.id == *rule) else { return Vec::new() };
    let about = loud.iter().filter(|finding| finding.diagnostic.rule == *rule);
    let others: Vec<Subject> =
        about.flat_map(|finding| &finding.subjects).filter(|one| !accepted.contains(one)).cloned().collect();
    let mut alone = asked(bench.judge_again(&known, file, &others).findings, settings);
    alone.retain(|finding| {
        !finding.subjects.is_empty() && finding.subjects.iter().all(|one| accepted.contains(one))
    });
    alone
}

/// Lets a rule say what it says about a file without what is accepted there: one finding may speak of several
/// APIs, and it is about the others still.
#[expect(clippy::too_many_arguments, reason = "it is one step of `choose`")]
fn without(
    loud: Vec<Finding>,
    hidden: &[Finding],
    rule: &RuleId,
    file: FileId,
    subjects: &[Subject],
    settings: &Settings,
    bench: &Bench<'_>,
    acceptance: &Acceptance<'_>,
) -> Vec<Finding> {
    let Some(known) = settings.rules().find(|known| known.id == *rule) else { return loud };
    let again = asked(bench.judge_again(&known, file, subjects).findings, settings);
    let is_old = |finding: &Finding| {
        finding.diagnostic.rule == *rule && finding.subjects.iter().any(|subject| subject.file == file)
    };
    let mut all: Vec<Finding> = loud.into_iter().filter(|finding| !is_old(finding)).collect();
    all.extend(again.into_iter().filter(|finding| !matches!(acceptance.coverage(finding), Coverage::All)));
    all.extend_from_slice(hidden);
    let mut kept = muting::mute(all);
    kept.retain(|finding| !hidden.contains(finding));
    kept
}
