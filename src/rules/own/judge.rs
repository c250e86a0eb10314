//! Asks an own rule about each subject of a file, in each of its states, and says what it finds.
//!
//! Whether a condition holds is decided in `predicate`.

use crate::diagnostic::{Confidence, Label, Persona};
use crate::exposure::extent::Extent;
use crate::policy::truth::Truth;
use crate::rules::finding::{Aspect, Finding};
use crate::rules::occurrence::{self, Occurrence, occurrence};
use crate::rules::own::message::LabelText;
use crate::rules::own::predicate::{Answer, Leaf};
use crate::rules::own::reading::{Seen, What, not};
use crate::rules::own::scene::{Group, Scene, groups};
use crate::rules::own::{OwnRule, Unknown};
use crate::rules::{Context, places};
use crate::source::Span;
use crate::template::value::StackId;

/// Most labels and notes that a finding gets without its author asking.
const MOST_EXTRAS: usize = 4;

/// A state in which the rule was asked.
struct Judged<'run> {
    extent: &'run Extent,
    environment: Option<&'run str>,
    instance: Option<StackId>,
    scene: Option<Scene<'run>>,
    /// Whether the rule is obeyed.
    obeyed: Truth,
    /// What that rests on.
    leaves: Vec<Leaf>,
}

impl occurrence::State for Judged<'_> {
    fn extent(&self) -> &Extent {
        self.extent
    }

    fn environment(&self) -> Option<&str> {
        self.environment
    }

    fn instance(&self) -> Option<StackId> {
        self.instance
    }
}

/// Pushes what the rule finds in the file of a context.
pub fn check(rule: &OwnRule, ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for group in groups(rule.kind, ctx) {
        if let Some(finding) = judge(rule, &group) {
            join(findings, finding, group.place);
        }
    }
}

/// Findings at one place are one finding, which tells what each of them says; `about` is where the subject of
/// the new one stands.
fn join(findings: &mut Vec<Finding>, finding: Finding, about: Span) {
    let place = finding.diagnostic.primary.span;
    let same =
        |known: &&mut Finding| known.diagnostic.primary.span == place && known.aspect == finding.aspect;
    let Some(known) = findings.iter_mut().find(same) else {
        findings.push(finding);
        return;
    };
    let said = finding.diagnostic.message;
    let new = said != known.diagnostic.message && known.diagnostic.notes.len() < MOST_EXTRAS;
    *known = known
        .clone()
        .related([Label::new(about, "this one, too")])
        .related(finding.diagnostic.related)
        .notes(new.then(|| format!("also: {said}")))
        .also_about(finding.subjects);
}

fn judge(rule: &OwnRule, group: &Group<'_>) -> Option<Finding> {
    let states: Vec<Judged<'_>> = group
        .states
        .iter()
        .map(|state| {
            let answer = state.scene.as_ref().map(|scene| ask(rule, scene));
            Judged {
                extent: &state.extent,
                environment: state.environment,
                instance: state.instance,
                scene: state.scene,
                obeyed: answer.as_ref().map_or(Truth::Yes, |answer| answer.truth),
                leaves: answer.map(|answer| answer.leaves).unwrap_or_default(),
            }
        })
        .collect();
    if let Some(found) = occurrence(&states, |state| state.obeyed == Truth::No) {
        return violation(rule, group, &found);
    }
    if rule.unknown == Unknown::Ignore {
        return None;
    }
    let found = occurrence(&states, |state| state.obeyed == Truth::Unknown)?;
    Some(undecided(rule, group, &found))
}

/// Whether the rule is obeyed: it does not apply, or what it requires holds. One of these being sure is enough.
fn ask(rule: &OwnRule, scene: &Scene<'_>) -> Answer {
    let applies = rule.applies.ask(scene);
    let required = rule.requirement.ask(scene);
    let truth = not(applies.truth).max(required.truth);
    let mut leaves = Vec::new();
    if truth == Truth::Unknown && applies.truth == Truth::Unknown {
        leaves.extend(applies.leaves);
    }
    if truth == required.truth {
        leaves.extend(required.leaves);
    }
    Answer { truth, leaves }
}

fn violation(rule: &OwnRule, group: &Group<'_>, found: &Occurrence<'_, Judged<'_>>) -> Option<Finding> {
    let scene = found.state.scene.as_ref()?;
    let leaves = &found.state.leaves;
    let assumed = assumptions(found);
    let presumed = matches!(scene, Scene::Api(scene) if scene.caller.is_some_and(|caller| caller.presumed));
    let confidence = if assumed.is_empty() && !presumed {
        rule.confidence
    } else {
        rule.confidence.min(Confidence::Medium)
    };
    let primary = match &rule.label {
        Some(label) => asked_label(label, scene, leaves, group.place),
        None => {
            let leaf = leaves.iter().find(|leaf| place(leaf).is_some()).or(leaves.first());
            let text = leaf.map_or_else(|| "this".to_owned(), describe);
            Label::new(leaf.and_then(place).unwrap_or(group.place), text)
        }
    };
    let related = rule.related.iter().map(|label| asked_label(label, scene, leaves, group.place));
    let others = leaves.iter().filter_map(|leaf| Some(Label::new(place(leaf)?, describe(leaf))));
    let way = leaves.iter().filter_map(|leaf| leaf.seen.as_ref()).flat_map(way);
    let mut finding =
        Finding::new("", group.subject.clone(), rule.severity, rule.message.fill(scene), primary)
            .confidence(confidence)
            .occurs(found)
            .related(related)
            .related(others.take(MOST_EXTRAS))
            .related(way.take(MOST_EXTRAS))
            .why(rule.page.why.clone())
            .notes(assumed)
            .helps(rule.page.remedies.clone());
    finding.diagnostic.rule = rule.id.clone();
    finding.diagnostic.persona = rule.persona;
    Some(finding)
}

fn undecided(rule: &OwnRule, group: &Group<'_>, found: &Occurrence<'_, Judged<'_>>) -> Finding {
    let doubts: Vec<(&Leaf, String)> =
        found.state.leaves.iter().filter_map(|leaf| Some((leaf, leaf.seen.as_ref()?.doubt()?))).collect();
    let subject = group.subject.resource.as_deref().unwrap_or_default();
    let mut facts: Vec<String> = doubts.iter().map(|(leaf, _)| format!("`{}`", leaf.fact.name)).collect();
    facts.dedup();
    let what = match doubts.as_slice() {
        [] => "not all of it is known".to_owned(),
        _ if facts.len() == 1 => format!("{} is not known", crate::rules::words::list(&facts)),
        _ => format!("{} are not known", crate::rules::words::list(&facts)),
    };
    let first = doubts.iter().find(|(leaf, _)| place(leaf).is_some()).or(doubts.first());
    let primary = match first {
        Some((leaf, why)) => Label::new(place(leaf).unwrap_or(group.place), why.clone()),
        None => Label::new(group.place, "not all of it is known"),
    };
    let more = doubts.iter().filter_map(|(leaf, why)| Some(Label::new(place(leaf)?, why.clone())));
    let persona = match rule.unknown {
        Unknown::Report | Unknown::Ignore => rule.persona,
        Unknown::Auditor => Persona::Auditor,
    };
    let message = format!("`{subject}` may break this rule ({}): {what}", lower(&rule.page.title));
    let mut finding = Finding::new("", group.subject.clone(), rule.severity, message, primary)
        .confidence(rule.confidence.min(Confidence::Medium))
        .occurs(found)
        .related(more.take(MOST_EXTRAS))
        .why(rule.page.why.clone())
        .help("let it be known here: write the value itself, a `Default` or `AllowedValues`")
        .help("or let the rule say so:  unknown: auditor  or  unknown: ignore")
        .aspect(Aspect::Undecided);
    finding.diagnostic.rule = rule.id.clone();
    finding.diagnostic.persona = persona;
    finding
}

/// The first letter small, unless the word is all capitals.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

/// A label that the rule asks for, on the thing that decides if the fact is one that decides.
fn asked_label(label: &LabelText, scene: &Scene<'_>, leaves: &[Leaf], otherwise: Span) -> Label {
    let deciding = leaves.iter().filter(|leaf| leaf.fact == label.at).find_map(place);
    let anywhere = || label.at.read(scene).seen().iter().find_map(|seen| seen.at);
    Label::new(deciding.or_else(anywhere).unwrap_or(otherwise), label.text.fill(scene))
}

fn place(leaf: &Leaf) -> Option<Span> {
    leaf.seen.as_ref()?.at
}

/// What a fact that decides is, a phrase.
fn describe(leaf: &Leaf) -> String {
    let name = leaf.fact.name;
    match &leaf.seen {
        None => format!("nothing in `{name}`"),
        Some(seen) if matches!(seen.what, What::Absent) => format!("`{name}` is not written"),
        Some(seen) if leaf.fact.list => format!("`{}` is in `{name}`", seen.shown()),
        Some(seen) => format!("`{name}` is {}", seen.shown()),
    }
}

/// Labels for the stacks that a value went through.
fn way(seen: &Seen) -> Vec<Label> {
    match &seen.what {
        What::Value(value) => places::steps(value),
        What::Text(_) | What::Absent | What::Unknown(_) => Vec::new(),
    }
}

/// The assumptions that a finding rests on: parameters that keep their defaults.
fn assumptions(found: &Occurrence<'_, Judged<'_>>) -> Vec<String> {
    let seen = found.state.leaves.iter().filter_map(|leaf| leaf.seen.as_ref()?.default_of());
    let mut names: Vec<&str> =
        seen.filter(|name| found.when.iter().all(|when| when.parameter != *name)).collect();
    names.dedup();
    names.iter().map(|name| format!("assumes that the parameter `{name}` keeps its default")).collect()
}
