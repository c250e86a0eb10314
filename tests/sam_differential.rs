//! Lowering against the referee: the exposure facts of every SAM template of the shared corpus, as our lowering and
//! as aws-sam-translator have them, before any value is worked out.
#![allow(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "sam_differential/facts.rs"]
mod facts;
mod sam_referee;

use std::collections::BTreeSet;
use std::sync::Arc;

use sam_referee::{Answer, Listed, differences};
use wicketgate::source::FileId;
use wicketgate::syntax::parse::parse;
use wicketgate::template::bindings::Bindings;
use wicketgate::template::document::Template;
use wicketgate::template::expand::{Known, expand};
use wicketgate::template::lowered::Lowered;
use wicketgate::template::sam::lower;

/// Templates that are refused by only one side, with the reason.
const REFUSALS: &str = include_str!("sam_referee/refusals.txt");
/// Templates whose facts are known to differ, with the reason.
const LISTED: &str = include_str!("sam_differential/listed.txt");

#[test]
fn lowering_agrees_with_the_referee() {
    let (refusals, listed) = (Listed::read(REFUSALS), Listed::read(LISTED));
    let (mut wrong, mut differing, mut compared) = (Vec::new(), Vec::new(), [0, 0]);
    for answer in sam_referee::answers().iter().filter(|answer| answer.round == "defaults") {
        compared[usize::from(answer.ok)] += 1;
        let found = compare(answer);
        if found.is_empty() {
            continue;
        }
        differing.push(answer.file.clone());
        let list = if answer.ok { &listed } else { &refusals };
        if list.reason(&answer.file).is_none() {
            wrong.push(format!("{}: {}", answer.file, found.join("\n    ")));
        }
    }
    let [refused, accepted] = compared;
    println!("lowering: {accepted} accepted and {refused} refused templates, {} listed", differing.len());
    assert!(accepted > 1000 && refused > 200, "too few templates were compared");
    assert!(wrong.is_empty(), "{} templates differ:\n{}", wrong.len(), wrong.join("\n"));
    listed.assert_all_seen(&differing);
}

fn compare(answer: &Answer) -> Vec<String> {
    let parsed = parse(FileId(0), &answer.text());
    let Some(template) = Template::read(Arc::new(parsed.tree)) else {
        return vec!["cannot be read as a template".to_owned()];
    };
    let region = answer.record["region"].as_str().map(str::to_owned);
    let bindings = Bindings { region, ..Bindings::default() };
    let known = Known { bindings: &bindings, open: &BTreeSet::new() };
    let template = expand(&template, known, &|_| None).unwrap_or(template);
    let lowered = lower(&template, &bindings, &|_| None);
    if answer.ok {
        return compare_facts(&lowered, answer);
    }
    // What the translator refuses must be refused.
    match lowered.refusals.is_empty() {
        true => vec![format!("not refused: {}", answer.record["error"])],
        false => Vec::new(),
    }
}

fn compare_facts(lowered: &Lowered, answer: &Answer) -> Vec<String> {
    if let Some(refusal) = lowered.refusals.first() {
        return vec![format!("refused: {:?} {}", refusal.resource, refusal.reason)];
    }
    // The translator also puts in the region.
    let mut known = answer.record["defaults"].clone();
    known["AWS::Region"] = answer.record["region"].clone();
    let ours = facts::normal(&facts::of(lowered), &known);
    let theirs = facts::normal(&facts::comparable(&answer.record["exposure"]), &known);
    let mut found = Vec::new();
    differences(&ours, &theirs, "", &PartialEq::eq, &mut found);
    found
}
