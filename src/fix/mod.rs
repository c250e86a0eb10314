//! Chooses fixes among findings, merges their edits and applies them to texts.
//!
//! Text in, text out: it reads no file, writes none and judges nothing; whoever applies edits judges the new texts.

use std::collections::BTreeMap;

use crate::diagnostic::{Applicability, Diagnostic, Fix, RuleId};
use crate::order::Order;
use crate::source::{FileId, TextEdit};

/// How often texts may be judged and mended again before somebody must have made a fix that mends nothing.
pub const MAX_ROUNDS: usize = 24;

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
}

/// Chooses for each finding, in the order given, its first fix that is at most as risky as `allowed`, edits only
/// files that `may_edit` lets through, and touches nothing that a fix chosen before touches. What is left out may
/// be chosen in the next round.
pub fn choose(diagnostics: &[Diagnostic], allowed: Applicability, may_edit: impl Fn(FileId) -> bool) -> Plan {
    let mut plan = Plan::default();
    for diagnostic in diagnostics {
        let fits = |fix: &&Fix| {
            let permitted = fix.applicability <= allowed && fix.applicability != Applicability::DisplayOnly;
            permitted && !fix.edits.is_empty() && fix.edits.iter().all(|(file, _)| may_edit(*file))
        };
        let Some(fix) = diagnostic.fixes.iter().find(fits) else { continue };
        if fix.edits.iter().any(|(file, edit)| plan.touches(*file, edit)) {
            continue;
        }
        for (file, edit) in &fix.edits {
            plan.edits.entry(*file).or_default().push(edit.clone());
        }
        plan.chosen.push(Chosen {
            rule: diagnostic.rule.clone(),
            file: diagnostic.primary.span.file,
            title: fix.title.clone(),
            applicability: fix.applicability,
        });
    }
    // Stable: the edits of one fix keep their order at one offset.
    plan.edits.values_mut().for_each(|edits| edits.order_by_key(|edit| edit.range));
    plan
}

impl Plan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// Whether an edit overlaps or adjoins one that is planned: two insertions at one place have no order.
    fn touches(&self, file: FileId, edit: &TextEdit) -> bool {
        let meets =
            |other: &TextEdit| edit.range.start <= other.range.end && other.range.start <= edit.range.end;
        self.edits.get(&file).is_some_and(|edits| edits.iter().any(meets))
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
    use crate::source::{Span, TextRange};

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
    fn edits_in_no_order_are_refused() {
        assert_eq!(apply("abc", &[edit(1, 2, ""), edit(0, 1, "")]), None);
        assert_eq!(apply("é", &[edit(1, 2, "")]), None);
        assert_eq!(apply("abc", &[edit(9, 9, "")]), None);
    }
}
