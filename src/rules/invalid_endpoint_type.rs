//! `invalid-endpoint-type`: a word that is no endpoint type, or more or fewer than one.
//!
//! Shapes that SAM puts whole into `Types` are `sam-endpoint-configuration-shape`'s.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::configuration::TypeFault;
use crate::exposure::model::{Api, Case};
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::lowered::SurpriseKind;
use crate::template::value::{Sourced, StepKind};

const ID: &str = "invalid-endpoint-type";

const TYPES: [&str; 3] = ["PRIVATE", "REGIONAL", "EDGE"];

/// Reports endpoint types that API Gateway refuses; one in `Globals` once for all that inherit it.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none() && !has_wrong_shape(api)) {
        if let Some(occurrence) = occurrence(&api.cases, |case| fault(case).is_some())
            && let Some((fault, value)) = fault(occurrence.state)
        {
            push_shared(findings, first, finding(api, &occurrence, fault, value));
        }
    }
}

/// Whether SAM puts something whole into `Types`, which is then no list of words in any case.
fn has_wrong_shape(api: &Api) -> bool {
    let is_shape = |kind: &SurpriseKind| matches!(kind, SurpriseKind::EndpointConfigurationShape(_));
    api.surprises.iter().any(|surprise| is_shape(&surprise.kind))
}

/// What is wrong with the type in a case, and the text.
fn fault(case: &Case) -> Option<(TypeFault, &Sourced)> {
    let (fault, value) = case.configuration.type_fault.as_ref()?;
    // An empty default is a placeholder: the value has to be given.
    let is_left_open = |text: &str| text.is_empty() && places::is_default(value);
    let filled_in = value.value.as_text().is_some_and(|text| is_filled_in(text) || is_left_open(text));
    (*fault != TypeFault::NotAType || !filled_in).then_some((*fault, value))
}

/// Whether something else is written over the text before anybody deploys it: `${type}`, `{{ type }}`, `<TYPE>`.
fn is_filled_in(text: &str) -> bool {
    text.starts_with("__") || text.contains(['$', '{', '<', '%', '@'])
}

fn finding(api: &Api, occurrence: &Occurrence<'_>, fault: TypeFault, value: &Sourced) -> Finding {
    let (name, condition) = (&api.resource, words::under(&occurrence.when));
    let wrong = wrong_words(occurrence);
    let (message, label) = match fault {
        TypeFault::NotAType if wrong.len() > 1 => {
            let wrong = words::list(&wrong);
            (format!("{wrong} are no endpoint types, and `{name}` has them{condition}"), "no endpoint type")
        }
        TypeFault::NotAType => {
            let wrong = words::list(&wrong);
            (format!("{wrong} is no endpoint type, and `{name}` has it{condition}"), "no endpoint type")
        }
        TypeFault::Several => {
            (format!("`{name}` has more than one endpoint type{condition}"), "the second type")
        }
        TypeFault::Nothing => {
            (format!("`{name}` has a list of no endpoint type{condition}"), "the list is empty")
        }
    };
    let unsure = fault == TypeFault::Nothing;
    Finding::new(ID, Subject::api(api), Severity::Error, message, Label::new(places::origin(value), label))
        .confidence(if unsure { Confidence::Medium } else { Confidence::High })
        .occurs(occurrence)
        .related(places::way_to(value))
        .related(others(occurrence))
        .related([Label::new(api.id_span, "this API")])
        .why(why(fault))
        .notes(unsure.then(|| {
            "assumes that API Gateway takes no empty list; if it does, the API is public".to_owned()
        }))
        .assumes(Some(value))
        .help(help(fault, &wrong, value))
        .remedy(remedy(fault, value))
}

/// The type that is meant by a word in other letters or with blanks.
fn remedy(fault: TypeFault, value: &Sourced) -> Option<Remedy> {
    let meant = value.value.as_text().filter(|_| fault == TypeFault::NotAType)?.trim().to_ascii_uppercase();
    let known = TYPES.iter().find(|known| **known == meant)?;
    Some(Remedy::write(Applicability::Safe, places::literal(value)?, known))
}

/// The words that are no types, each once, in backquotes.
fn wrong_words(occurrence: &Occurrence<'_>) -> Vec<String> {
    let mut wrong: Vec<String> = Vec::new();
    for (_, value) in occurrence.states.iter().filter_map(|case| fault(case)) {
        let word = match value.value.as_text().unwrap_or_default() {
            "" => "an empty text".to_owned(),
            word => format!("`{word}`"),
        };
        if !wrong.contains(&word) {
            wrong.push(word);
        }
    }
    wrong
}

/// Further words that are no types, in other cases.
fn others(occurrence: &Occurrence<'_>) -> Vec<Label> {
    let faults = occurrence.states.iter().filter_map(|case| fault(case));
    faults.map(|(_, value)| Label::new(places::origin(value), "no endpoint type either")).collect()
}

fn why(fault: TypeFault) -> &'static str {
    match fault {
        TypeFault::NotAType => {
            "API Gateway knows EDGE, REGIONAL and PRIVATE, in capitals and without blanks. CloudFormation does not look \
             at the word; API Gateway refuses it, and the deployment fails."
        }
        TypeFault::Several => {
            "an API has one endpoint type, though it is written as a list: the deployment fails, and nobody can tell \
             from this text whether the API was meant to be private."
        }
        TypeFault::Nothing => {
            "without a type the API would be edge-optimised, which the internet reaches; a list without an entry is \
             no way to say so, and the deployment fails."
        }
    }
}

fn help(fault: TypeFault, wrong: &[String], value: &Sourced) -> String {
    if fault != TypeFault::NotAType {
        return "write one type, for example  [PRIVATE]".to_owned();
    }
    let meant = value.value.as_text().unwrap_or_default().trim().to_ascii_uppercase();
    let is_choice = places::origin_step(value).is_some_and(|step| matches!(step.kind, StepKind::Choice(_)));
    match TYPES.iter().find(|known| **known == meant) {
        Some(known) if wrong.len() == 1 => format!("write  {known}"),
        Some(_) | None if is_choice => {
            "remove it, or write PRIVATE, or REGIONAL or EDGE for a public API".to_owned()
        }
        Some(_) | None => "write PRIVATE, or REGIONAL or EDGE for a public API".to_owned(),
    }
}
