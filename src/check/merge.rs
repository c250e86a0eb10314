//! Findings of several stacks and environments about the same text become one.
//!
//! Findings are about text: what one place says in two environments is one mistake.

use crate::diagnostic::{Diagnostic, Label};
use crate::order::Order;
use crate::rules::words;

/// Merges diagnostics of the same rule at the same place, and sorts by file, offset and rule.
pub fn merge(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    // The sort is stable: the first finding at a place stays the one that speaks.
    diagnostics.order_by(|left, right| key(left).cmp(&key(right)));
    let mut merged: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    let mut others: Vec<String> = Vec::new();
    for diagnostic in diagnostics {
        match merged.last_mut().filter(|known| key(known) == key(&diagnostic)) {
            Some(known) => {
                others.extend(diagnostic.resource.clone().filter(|_| known.resource != diagnostic.resource));
                absorb(known, diagnostic);
            }
            None => {
                name_others(merged.last_mut(), &mut others);
                merged.push(diagnostic);
            }
        }
    }
    name_others(merged.last_mut(), &mut others);
    merged
}

/// Says which other resources stand at the same place: those of a loop's other turns.
fn name_others(finding: Option<&mut Diagnostic>, others: &mut Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    add_new(&mut names, std::mem::take(others));
    if let Some(finding) = finding {
        add_new(&mut finding.notes, words::same_holds_for(&names).into_iter().collect());
    }
}

fn key(diagnostic: &Diagnostic) -> (crate::source::Span, &crate::diagnostic::RuleId) {
    (diagnostic.primary.span, &diagnostic.rule)
}

fn absorb(known: &mut Diagnostic, other: Diagnostic) {
    known.severity = known.severity.max(other.severity);
    known.confidence = known.confidence.max(other.confidence);
    known.persona = known.persona.min(other.persona);
    if known.when != other.when {
        // It holds under either assignment; naming one of them would claim too much.
        known.when.clear();
    }
    add_new(&mut known.environments, other.environments);
    add_new(&mut known.notes, other.notes);
    // Only what mends both mends the place.
    known.fixes.retain(|fix| other.fixes.contains(fix));
    let new: Vec<Label> = other
        .related
        .into_iter()
        .filter(|label| {
            label.span != known.primary.span && known.related.iter().all(|old| old.span != label.span)
        })
        .collect();
    known.related.extend(new);
}

fn add_new(known: &mut Vec<String>, more: Vec<String>) {
    for line in more {
        if !known.contains(&line) {
            known.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{RuleId, Severity, When};
    use crate::rules::finding::{Finding, Subject};
    use crate::source::{FileId, Span, TextRange};

    fn at(rule: &'static str, file: u32, start: u32, environment: &str) -> Diagnostic {
        let span = Span::new(FileId(file), TextRange::new(start, start + 1));
        let subject = Subject { file: FileId(file), resource: None };
        let mut diagnostic =
            Finding::new(rule, subject, Severity::Warning, "x", Label::new(span, "")).diagnostic;
        diagnostic.environments.push(environment.to_owned());
        diagnostic
    }

    #[test]
    fn the_same_place_is_one_finding_and_order_follows_the_text() {
        let merged = merge(vec![
            at("b", 1, 5, "prod"),
            at("a", 0, 9, "dev"),
            at("a", 1, 5, "dev"),
            at("b", 1, 5, "dev"),
        ]);
        let shown: Vec<_> = merged
            .iter()
            .map(|one| (one.rule.as_str(), one.primary.span.file.0, one.environments.join(" ")))
            .collect();
        assert_eq!(
            shown,
            [("a", 0, "dev".to_owned()), ("a", 1, "dev".to_owned()), ("b", 1, "prod dev".to_owned())]
        );
    }

    #[test]
    fn what_differs_is_not_claimed() {
        let when = |value: &str| When { parameter: "Env".to_owned(), values: vec![value.to_owned()] };
        let mut one = at("a", 0, 1, "dev");
        let mut other = at("a", 0, 1, "prod");
        one.when.push(when("dev"));
        other.when.push(when("prod"));
        other.severity = Severity::Error;
        let merged = merge(vec![one, other]);
        let [only] = merged.as_slice() else { panic!("one finding") };
        assert!(only.when.is_empty());
        assert_eq!(only.severity, Severity::Error);
        assert_eq!(only.rule, RuleId::new("a"));
    }
}
