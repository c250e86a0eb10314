//! Which endpoint a remedy lets in, and how the template names it.
//!
//! Only what the run offers, and what was approved if anything was; else a new parameter.

use crate::exposure::model::{Api, CallerClass, Case, Decision, NamedBy};
use crate::glob::Glob;
use crate::intent::stated::Approved;
use crate::order::Order;

use crate::rules::{Context, words};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Same, Sourced, Step, StepKind, Value};

/// The name of a parameter that a remedy adds.
const NEW_PARAMETER: &str = "ExecuteApiVpcEndpointId";

/// Sections that stand before `Parameters` in a template.
const SECTIONS_BEFORE: &[&str] = &["AWSTemplateFormatVersion", "Transform", "Description", "Metadata"];

/// The endpoints that are to be let in, as the template names them.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Each of them; a list that holds them all when `is_list`.
    pub items: Vec<Written>,
    /// Whether the only item is such a list.
    pub is_list: bool,
    /// Whether all of them are ids, written out.
    pub is_literal: bool,
    /// As YAML, for a title.
    pub shown: Vec<String>,
    /// The parameter to add.
    pub parameter: Option<String>,
}

impl Admitted {
    fn one(item: Written, shown: String) -> Self {
        let is_literal = matches!(item, Written::Text(_));
        Self { items: vec![item], is_list: false, is_literal, shown: vec![shown], parameter: None }
    }

    /// As the value of an association or of a list of SAM's.
    pub fn list(&self) -> Written {
        match self.items.as_slice() {
            [only] if self.is_list => only.clone(),
            items => Written::List(items.to_vec()),
        }
    }

    /// As the value of a condition key.
    pub fn value(&self) -> Written {
        match self.items.as_slice() {
            [only] => only.clone(),
            items => Written::List(items.to_vec()),
        }
    }

    /// The change that adds the parameter, where one is to be added.
    pub fn declaration(&self, file: FileId) -> Option<(FileId, Change)> {
        let name = self.parameter.as_ref()?;
        let entries = [
            ("Type", "String"),
            ("Description", "Id of the VPC endpoint for execute-api that may call the private APIs"),
            ("AllowedPattern", "^vpce-[0-9a-f]+$"),
        ];
        let entries = entries.map(|(key, value)| (key.to_owned(), Written::text(value))).to_vec();
        let path = vec!["Parameters".to_owned(), name.clone()];
        let (after, first) = (SECTIONS_BEFORE, &["Parameters"]);
        Some((file, Change::Merge { within: None, path, entries, replaces: false, after, first }))
    }
}

/// The endpoints that an API is for: those it is associated with, else those its policy lets in, else the only one
/// that its template declares, has a parameter for, or can import; else one that a new parameter names. `None` where
/// there are several to choose from, or none that is approved.
pub fn admitted(ctx: &Context<'_>, api: &Api) -> Option<Admitted> {
    let associated = associated(ctx, api)?;
    if let Some(known) = associated {
        return Some(known);
    }
    let named = admitted_by_policy(ctx, api)?;
    if let Some(known) = named {
        return Some(known);
    }
    offered(ctx, api.file)
}

/// What all associations of an API come down to; `Some(None)` without any, `None` where they differ.
pub fn associated(ctx: &Context<'_>, api: &Api) -> Option<Option<Admitted>> {
    let mut lists: Vec<(&[Sourced], &Case)> = Vec::new();
    for case in api.cases.iter().filter(|case| !case.vpc_endpoint_ids.is_empty()) {
        let spans = |ids: &[Sourced]| ids.iter().map(|id| id.span).collect::<Vec<_>>();
        if lists.iter().all(|(known, _)| spans(known) != spans(&case.vpc_endpoint_ids)) {
            lists.push((&case.vpc_endpoint_ids, case));
        }
    }
    let [(ids, case)] = lists.as_slice() else { return lists.is_empty().then_some(None) };
    let written = case.association.as_ref()?;
    let items: Option<Vec<_>> = ids.iter().map(|id| expression(ctx, api.file, id, case)).collect();
    let (items, shown): (Vec<_>, Vec<_>) = items?.into_iter().unzip();
    // A list that is given as a whole: a parameter, an import.
    let is_list =
        !matches!(written.value, Value::List(_)) && !matches!(ids, [id] if id.value.as_text().is_some());
    let is_literal = items.iter().all(|item| matches!(item, Written::Text(_)));
    Some(Some(Admitted { items, is_list, is_literal, shown, parameter: None }))
}

/// The endpoints that the policies of a public API would let in; `Some(None)` where they name none.
fn admitted_by_policy(ctx: &Context<'_>, api: &Api) -> Option<Option<Admitted>> {
    let mut found: Vec<(Written, String)> = Vec::new();
    let mut refused = false;
    for case in &api.cases {
        let callers = case.callers_if_private.iter().chain(&case.callers);
        let named = callers.filter(|caller| caller.named_by.contains(&NamedBy::Policy));
        for caller in named {
            let CallerClass::Endpoint(value) = &caller.class else { continue };
            if caller.decision == Decision::Deny {
                refused = true;
                continue;
            }
            let names_it = |entry: &&Sourced| entry.value.same(value) == Same::Yes;
            let written = case.entries.iter().map(|entry| &entry.value).find(names_it)?;
            let expression = expression(ctx, api.file, written, case)?;
            if !found.contains(&expression) {
                found.push(expression);
            }
        }
    }
    if found.is_empty() {
        return (!refused).then_some(None);
    }
    let (items, shown): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let is_literal = items.iter().all(|item| matches!(item, Written::Text(_)));
    Some(Some(Admitted { items, is_list: false, is_literal, shown, parameter: None }))
}

/// A value as this file would write it again elsewhere, and as YAML.
fn expression(ctx: &Context<'_>, file: FileId, value: &Sourced, case: &Case) -> Option<(Written, String)> {
    let pattern = value.value.as_text().is_some_and(|text| text.contains(['*', '?']));
    if pattern || matches!(value.value, Value::Unknown(_) | Value::Absent | Value::Null) {
        return None;
    }
    if !value.via.iter().any(is_choice)
        && let Some(text) = words::expression(&value.value, case.stack)
    {
        return Some((written(&text), text));
    }
    copied(ctx, file, value.span)
}

fn is_choice(step: &Step) -> bool {
    !matches!(step.kind, StepKind::Globals | StepKind::Branch)
}

fn copied(ctx: &Context<'_>, file: FileId, span: Span) -> Option<(Written, String)> {
    let text = ctx.sources.slice(span);
    let one_line = span.file == file && !text.contains('\n') && !text.is_empty();
    one_line.then(|| (Written::Copy(span), text.to_owned()))
}

/// An expression of [`words::expression`] as what it says.
fn written(text: &str) -> Written {
    if let Some(id) = text.strip_prefix("!Ref ") {
        Written::reference(id)
    } else if let Some(name) = text.strip_prefix("!ImportValue ") {
        Written::Call("Fn::ImportValue".to_owned(), Box::new(Written::text(name)))
    } else {
        Written::text(text)
    }
}

/// The endpoint that a template offers, or that one may be given.
fn offered(ctx: &Context<'_>, file: FileId) -> Option<Admitted> {
    let model = ctx.model;
    let mut own: Vec<&str> = model
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.file == file && endpoint.is_interface() != Some(false))
        .map(|endpoint| endpoint.resource.as_str())
        .collect();
    own.dedup();
    match own.as_slice() {
        [only] => return Some(reference(only)),
        [] => {}
        _ => return None,
    }
    let approved = &ctx.options.approved;
    let declared = || model.endpoint_parameters.iter().filter(|parameter| parameter.file == file);
    let parameters = declared()
        .filter(|parameter| parameter.fits && is_approved(approved, &approved.parameters, &parameter.name));
    let parameters: Vec<&str> = parameters.map(|parameter| parameter.name.as_str()).collect();
    match parameters.as_slice() {
        [only] => return Some(reference(only)),
        [] => {}
        _ => return None,
    }
    let exports = model.endpoint_exports.iter().filter_map(|export| export.name.as_deref());
    let mut exports: Vec<&str> =
        exports.filter(|name| is_approved(approved, &approved.exports, name)).collect();
    exports.order();
    exports.dedup();
    if let [only] = exports.as_slice() {
        let shown = format!("!ImportValue {only}");
        return Some(Admitted::one(written(&shown), shown));
    }
    // One of this name that is there for something else stays as it is.
    let is_taken = declared().any(|parameter| parameter.name == NEW_PARAMETER);
    if !is_taken && is_approved(approved, &approved.parameters, NEW_PARAMETER) {
        return Some(new_parameter(NEW_PARAMETER));
    }
    if let Some(name) = only_name(&approved.parameters) {
        return Some(new_parameter(name));
    }
    let id = only_name(&approved.vpc_endpoints)?;
    Some(Admitted::one(Written::text(id), id.to_owned()))
}

fn reference(name: &str) -> Admitted {
    Admitted::one(Written::reference(name), format!("!Ref {name}"))
}

fn new_parameter(name: &str) -> Admitted {
    Admitted { parameter: Some(name.to_owned()), ..reference(name) }
}

fn is_approved(approved: &Approved, list: &[Glob], name: &str) -> bool {
    !approved.is_about_endpoints() || list.iter().any(|glob| glob.matches_name(name))
}

/// The only name of a list, if it is one and no pattern.
fn only_name(list: &[Glob]) -> Option<&str> {
    let [only] = list else { return None };
    Some(only.as_str()).filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}
