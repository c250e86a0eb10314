//! Chooses fixes among findings, merges their edits and applies them to texts.
//!
//! Text in, text out: it reads no file, writes none and judges nothing; whoever applies edits judges the new texts.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Applicability, Diagnostic, Fix, RuleId};
use crate::source::{FileId, TextEdit, TextRange};

/// After how many rounds in a row that mend nothing new somebody must have made a fix that mends nothing.
const MOST_IDLE_ROUNDS: usize = 24;

/// After how many rounds mending ends, whatever they do.
const MOST_ROUNDS: usize = 10_000;

/// A fix that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The rule whose finding it mends.
    pub rule: RuleId,
    /// The file of that finding.
    pub file: FileId,
    /// What it does.
    pub title: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
}

/// What one round changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By file; disjoint, by offset.
    pub edits: BTreeMap<FileId, Vec<TextEdit>>,
    /// The fixes they belong to.
    pub chosen: Vec<Chosen>,
    /// How many findings could be mended, chosen or not.
    pub open: usize,
}

/// Chooses for each finding, in the order given, its first fix that is at most as risky as `allowed`, edits only
/// files that `may_edit` lets through, and touches nothing that a fix chosen before touches, unless it does just
/// the same. What is left out may be chosen in the next round.
pub fn choose(diagnostics: &[Diagnostic], allowed: Applicability, may_edit: impl Fn(FileId) -> bool) -> Plan {
    let mut plan = Plan::default();
    let mut taken = Taken::default();
    for diagnostic in diagnostics {
        let fits = |fix: &&Fix| {
            let permitted = fix.applicability <= allowed && fix.applicability != Applicability::DisplayOnly;
            permitted && !fix.edits.is_empty() && fix.edits.iter().all(|(file, _)| may_edit(*file))
        };
        let Some(fix) = diagnostic.fixes.iter().find(fits) else { continue };
        plan.open += 1;
        if !taken.holds(fix) {
            if fix.edits.iter().any(|(file, edit)| taken.touches(*file, edit)) {
                continue;
            }
            taken.add(fix);
        }
        plan.chosen.push(Chosen {
            rule: diagnostic.rule.clone(),
            file: diagnostic.primary.span.file,
            title: fix.title.clone(),
            applicability: fix.applicability,
        });
    }
    plan.edits = taken.into_edits();
    plan
}

impl Plan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// How much longer the texts become, in bytes.
    fn growth(&self) -> i64 {
        let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let growth = |edit: &TextEdit| length(edit.text.len()) - length(edit.range.as_usize().len());
        self.edits.values().flatten().map(growth).sum()
    }
}

/// The edits of chosen fixes by file and range: disjoint, and those of one fix at one place in their order.
#[derive(Debug, Default)]
struct Taken(BTreeMap<FileId, BTreeMap<TextRange, Vec<String>>>);

impl Taken {
    /// Whether all edits of the fix are there.
    fn holds(&self, fix: &Fix) -> bool {
        fix.edits.iter().all(|(file, edit)| {
            let there = self.0.get(file).and_then(|edits| edits.get(&edit.range));
            there.is_some_and(|texts| texts.contains(&edit.text))
        })
    }

    /// Whether an edit overlaps or adjoins one that is there: two insertions at one place have no order.
    fn touches(&self, file: FileId, edit: &TextEdit) -> bool {
        let Some(edits) = self.0.get(&file) else { return false };
        // They are disjoint, so the last one that does not start behind it reaches furthest.
        let until = TextRange::new(edit.range.end, u32::MAX);
        edits.range(..=until).next_back().is_some_and(|(before, _)| edit.range.start <= before.end)
    }

    fn add(&mut self, fix: &Fix) {
        for (file, edit) in &fix.edits {
            self.0.entry(*file).or_default().entry(edit.range).or_default().push(edit.text.clone());
        }
    }

    fn into_edits(self) -> BTreeMap<FileId, Vec<TextEdit>> {
        let edit = |(range, texts): (TextRange, Vec<String>)| {
            texts.into_iter().map(move |text| TextEdit { range, text })
        };
        self.0.into_iter().map(|(file, edits)| (file, edits.into_iter().flat_map(edit).collect())).collect()
    }
}

/// Tells whether rounds of mending lead somewhere. Each has to leave fewer findings that can be mended, or less text,
/// or to make a fix that was not made before: the first two come to an end, and a fix that mends nothing is made
/// again and again.
#[derive(Debug, Default)]
pub struct Progress {
    fewest: Option<usize>,
    size: i64,
    smallest: i64,
    made: BTreeSet<(FileId, RuleId, String)>,
    idle: usize,
    rounds: usize,
}

impl Progress {
    /// Counts a round, and says whether it may be made.
    pub fn goes_on(&mut self, plan: &Plan) -> bool {
        self.rounds += 1;
        self.size += plan.growth();
        let is_fewer = self.fewest.is_none_or(|fewest| plan.open < fewest);
        let is_smaller = self.size < self.smallest;
        let before = self.made.len();
        let made = plan.chosen.iter().map(|fix| (fix.file, fix.rule.clone(), fix.title.clone()));
        self.made.extend(made);
        let is_new = self.made.len() > before;
        if is_fewer {
            self.fewest = Some(plan.open);
        }
        self.smallest = self.smallest.min(self.size);
        self.idle = if is_fewer || is_smaller || is_new { 0 } else { self.idle + 1 };
        self.idle < MOST_IDLE_ROUNDS && self.rounds < MOST_ROUNDS
    }
}

/// `text` with all of `edits`, which are disjoint, in order of offset and on character boundaries; `None` if they
/// are not.
pub fn apply(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut changed = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for edit in edits {
        let range = edit.range.as_usize();
        changed.push_str(text.get(at..range.start)?);
        changed.push_str(&edit.text);
        at = range.end;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::source::Span;

    fn edit(start: u32, end: u32, text: &str) -> TextEdit {
        TextEdit { range: TextRange::new(start, end), text: text.to_owned() }
    }

    fn finding(applicability: Applicability, edits: &[TextEdit]) -> Diagnostic {
        let at = Label::new(Span::new(FileId(0), TextRange::new(0, 1)), "");
        let mut found = Diagnostic::new(RuleId::new("a"), Severity::Error, String::new(), at);
        let edits = edits.iter().map(|edit| (FileId(0), edit.clone())).collect();
        found.fixes.push(Fix { title: "mend".to_owned(), applicability, edits });
        found
    }

    #[test]
    fn what_meets_waits_for_the_next_round() {
        let found = [
            finding(Applicability::Safe, &[edit(2, 3, "x"), edit(8, 8, "y")]),
            finding(Applicability::Safe, &[edit(0, 1, "a"), edit(8, 9, "b")]),
            finding(Applicability::Safe, &[edit(5, 6, "c")]),
            finding(Applicability::Unsafe, &[edit(0, 1, "d")]),
            finding(Applicability::DisplayOnly, &[edit(0, 1, "e")]),
        ];
        let plan = choose(&found, Applicability::Safe, |_| true);
        assert_eq!(plan.chosen.len(), 2);
        assert_eq!(apply("0123456789", &plan.edits[&FileId(0)]).as_deref(), Some("01x34c67y89"));
        assert_eq!(choose(&found, Applicability::Unsafe, |_| true).chosen.len(), 3);
        assert_eq!(choose(&found, Applicability::DisplayOnly, |_| true).chosen.len(), 3);
        assert!(choose(&found, Applicability::Unsafe, |_| false).is_empty());
    }

    #[test]
    fn one_edit_mends_all_that_ask_for_it() {
        let same = || finding(Applicability::Safe, &[edit(2, 2, "x"), edit(5, 6, "y")]);
        let found = [same(), same(), finding(Applicability::Safe, &[edit(2, 2, "z")])];
        let plan = choose(&found, Applicability::Safe, |_| true);
        assert_eq!((plan.chosen.len(), plan.open), (2, 3));
        assert_eq!(apply("0123456789", &plan.edits[&FileId(0)]).as_deref(), Some("01x234y6789"));
    }

    #[test]
    fn rounds_end_when_they_lead_nowhere() {
        let plan = |open: usize, title: &str, edits: &[TextEdit]| Plan {
            open,
            edits: BTreeMap::from([(FileId(0), edits.to_vec())]),
            chosen: vec![Chosen {
                rule: RuleId::new("a"),
                file: FileId(0),
                title: title.to_owned(),
                applicability: Applicability::Safe,
            }],
        };
        let rounds = |plan: &dyn Fn(usize) -> Plan| {
            let mut progress = Progress::default();
            (0..200).take_while(|round| progress.goes_on(&plan(*round))).count()
        };
        let grows = [edit(0, 0, "x")];
        assert_eq!(rounds(&|_| plan(1, "again", &grows)), MOST_IDLE_ROUNDS);
        let turns = [[edit(0, 1, "")], [edit(0, 0, "x")]];
        assert!(rounds(&|round| plan(1, &(round % 2).to_string(), &turns[round % 2])) < 2 * MOST_IDLE_ROUNDS);
        assert_eq!(rounds(&|_| plan(1, "again", &[edit(0, 1, "")])), 200);
        assert_eq!(rounds(&|round| plan(200 - round, "again", &grows)), 200);
        assert_eq!(rounds(&|round| plan(1, &round.to_string(), &grows)), 200);
    }

    #[test]
    fn edits_in_no_order_are_refused() {
        assert_eq!(apply("abc", &[edit(1, 2, ""), edit(0, 1, "")]), None);
        assert_eq!(apply("é", &[edit(1, 2, "")]), None);
        assert_eq!(apply("abc", &[edit(9, 9, "")]), None);
    }
}
