//! Which text of a value a reader would change, and labels that several rules use.
//!
//! Places come with the values; nothing is searched in the text.

use crate::diagnostic::{Label, When};
use crate::exposure::model::{Api, Case, ExposureModel, Route};
use crate::intent::{EvidenceKind, Intent};
use crate::rules::openness::shown_route;
use crate::rules::words;
use crate::source::Span;
use crate::template::value::{Sourced, Step, StepKind};

/// The text to change to make a value something else: the literal, the parameter's default or allowed value,
/// the entry of the mapping, what a parent stack passes.
pub fn origin(value: &Sourced) -> Span {
    origin_step(value).map_or(value.span, |step| step.span)
}

/// The step that [`origin`] is the place of; `None` when the value stands where it is used.
pub fn origin_step(value: &Sourced) -> Option<&Step> {
    // A branch or `Globals` encloses the text of the value; the other steps lead away from it.
    value.via.iter().rfind(|step| !matches!(step.kind, StepKind::Branch | StepKind::Globals))
}

/// Where a value is written as it is, in a place that nothing else takes it from: what may be changed for this one
/// use. `None` for what a parameter, a mapping or another stack gives.
pub fn literal(value: &Sourced) -> Option<Span> {
    value.via.iter().all(|step| matches!(step.kind, StepKind::Branch)).then_some(value.span)
}

/// Whether the value is a parameter's default.
pub fn is_default(value: &Sourced) -> bool {
    origin_step(value).is_some_and(|step| matches!(step.kind, StepKind::Default(_)))
}

/// The assumption that a parameter keeps its default, where the value rests on it and `when` does not name it.
pub fn default_assumption(value: Option<&Sourced>, when: &[When]) -> Option<String> {
    match &origin_step(value?)?.kind {
        StepKind::Default(name) if when.iter().all(|when| when.parameter != *name) => {
            Some(format!("assumes that the parameter `{name}` keeps its default"))
        }
        _ => None,
    }
}

/// Whether the value came from `Globals`.
pub fn is_from_globals(value: &Sourced) -> bool {
    value.via.iter().any(|step| step.kind == StepKind::Globals)
}

/// Labels for the way from where a value is used to where it comes from, its origin left out.
pub fn way_to(value: &Sourced) -> Vec<Label> {
    let origin = origin(value);
    let used = (value.span != origin).then(|| Label::new(value.span, "used here"));
    used.into_iter().chain(steps(value).into_iter().filter(|label| label.span != origin)).collect()
}

/// Labels for the stacks a value went through.
pub fn steps(value: &Sourced) -> Vec<Label> {
    let steps = value.via.iter().filter_map(|step| {
        let phrase = match &step.kind {
            StepKind::Bound(parameter) | StepKind::Given(parameter) => format!("passed as `{parameter}`"),
            StepKind::Export(name) | StepKind::ExportByPattern(name) => format!("exported here as `{name}`"),
            StepKind::Output(name) => format!("output `{name}`"),
            StepKind::Default(_)
            | StepKind::Choice(_)
            | StepKind::Stored(_)
            | StepKind::Branch
            | StepKind::MapEntry
            | StepKind::Globals => return None,
        };
        Some(Label::new(step.span, phrase))
    });
    steps.collect()
}

/// The text that says how the API is reached in a case: the type's origin, else the logical id.
pub fn endpoint_type(api: &Api, case: &Case) -> Span {
    case.type_value.as_ref().map_or(api.id_span, origin)
}

/// The same, but inside the template where the type is given outside of it: for what the template lacks.
pub fn endpoint_type_here(api: &Api, case: &Case) -> Span {
    match &case.type_value {
        Some(value) if given(value).is_some() => value.span,
        _ => endpoint_type(api, case),
    }
}

/// A label on a value that a samconfig, a parameter file or the policy file gives to a parameter.
pub fn given(value: &Sourced) -> Option<Label> {
    match origin_step(value)? {
        Step { kind: StepKind::Given(parameter), span } => {
            Some(Label::new(*span, format!("`{parameter}` is given here")))
        }
        _ => None,
    }
}

/// A label on the API for a text that stands in front of it or in another file: in `Globals`, at an event.
pub fn applies_to(api: &Api, text: Span) -> Option<Label> {
    let apart = text.file != api.id_span.file || text.range.start < api.id_span.range.start;
    apart.then(|| Label::new(api.id_span, "the API it applies to"))
}

/// A label on a route of an API that says what is served there, and who may call it.
pub fn first_route(api: &Api, case: &Case) -> Option<Label> {
    let route = shown_route(api, case)?;
    let auth = words::auth_of(case, route);
    let separator = if auth.is_empty() { "" } else { ", " };
    Some(Label::new(route.span, format!("{} is served here{separator}{auth}", words::route(route))))
}

/// The first route that a function or state machine of the template serves, if any.
pub fn route_of_handler<'api>(api: &'api Api, handler: &str) -> Option<&'api Route> {
    api.routes.iter().find(|route| route.handler.as_deref() == Some(handler))
}

/// Labels for what says that an API is meant to be private.
pub fn evidence(intent: &Intent) -> Vec<Label> {
    let stated = intent.stated_at.map(|span| Label::new(span, "meant to be private"));
    let hints = intent.evidence.iter().map(|one| Label::new(one.span, evidence_phrase(&one.kind)));
    stated.into_iter().chain(hints).collect()
}

fn evidence_phrase(kind: &EvidenceKind) -> String {
    match kind {
        EvidenceKind::Tag { key, value } => format!("marked `{key}: {value}`"),
        EvidenceKind::Association => "associated with a VPC endpoint here".to_owned(),
        EvidenceKind::VpcCondition => "its policy asks for a VPC here".to_owned(),
        EvidenceKind::PrivateSibling { resource } => format!("`{resource}` of the same template is private"),
        EvidenceKind::Word(word) => format!("called `{word}` here"),
        EvidenceKind::EndpointInTemplate { resource } => {
            format!("`{resource}` is an endpoint for private APIs in the same template")
        }
    }
}

/// Labels for the mappings that lead to an API, first one only.
pub fn first_mapping(model: &ExposureModel, api: &Api) -> Option<Label> {
    let way = model.ways_to(api).next()?;
    let declared = model.domains.iter().find(|domain| domain.is_meant_by(&way.domain));
    let name = declared
        .map(|domain| words::value(&domain.name).unwrap_or_else(|| format!("`{}`", domain.resource)))
        .or_else(|| way.domain.as_text().map(|name| format!("`{name}`")));
    let phrase = match name {
        Some(name) => format!("reachable through the custom domain {name}"),
        None => "reachable through a custom domain".to_owned(),
    };
    Some(Label::new(way.span, phrase))
}
