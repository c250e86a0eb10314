//! The endpoints that an API is to be called through, as its template would write them.
//!
//! Only what can be written so that it means the same wherever it is put; who is let in is not asked.

use crate::exposure::model::{Caller, CallerClass, Case, NamedBy};
use crate::rules::{Context, words};
use crate::source::Span;
use crate::syntax::edit::Written;
use crate::template::value::{Name, Part, Sourced, StackId, StepKind, Value};

/// An endpoint that an API is to be called through.
#[derive(Clone, Debug)]
pub struct Wanted<'case> {
    /// What it is.
    pub value: &'case Value,
    /// As the template writes it.
    pub written: Written,
    /// The same for people, in backquotes.
    pub shown: String,
    /// Whether it is a whole list, from a parameter.
    pub is_list: bool,
    /// Whether SAM takes it in a `SourceVpc…` list: an id as text, or a parameter with one (`domain` of SAM's lists:
    /// samtranslator 1.115.0, `swagger/swagger.py`).
    pub fits_source_list: bool,
}

/// The associated endpoints; where none is, the only one of the template or of the stacks it is linked with. `None`
/// where there is none, or one cannot be written.
pub fn wanted<'case>(ctx: &Context<'_>, case: &'case Case) -> Option<Vec<Wanted<'case>>> {
    let entries = &case.vpc_endpoint_ids;
    if !entries.is_empty() {
        let mut places: Vec<Span> = entries.iter().map(|entry| entry.span).collect();
        places.dedup();
        return if let ([only], [place]) = (entries.as_slice(), places.as_slice())
            && case.association.as_ref().is_some_and(|list| list.span == *place)
        {
            Some(vec![Wanted { is_list: true, ..by_place(ctx, only) }])
        } else if places.len() == entries.len() {
            Some(entries.iter().map(|entry| by_place(ctx, entry)).collect())
        } else {
            None
        };
    }
    // A caller that is nobody's association may be meant by nobody.
    (case.association.is_none()).then_some(())?;
    let named = |by: NamedBy| {
        let endpoints = case.callers.iter().filter(move |caller: &&Caller| caller.named_by.contains(&by));
        endpoints.filter_map(|caller| match &caller.class {
            CallerClass::Endpoint(value) => Some(value),
            CallerClass::Internet | CallerClass::Vpc(_) | CallerClass::AnyOtherEndpoint => None,
        })
    };
    let own: Vec<&Value> = named(NamedBy::Resource).collect();
    let near = if own.is_empty() { named(NamedBy::Linked).collect() } else { own };
    let [only] = near.as_slice() else { return None };
    Some(vec![by_name(only, case.stack)?])
}

/// As a list, for a condition or a list of SAM's.
pub fn list(wanted: &[Wanted<'_>]) -> Written {
    match wanted {
        [only] if only.is_list => only.written.clone(),
        _ => Written::List(wanted.iter().map(|one| one.written.clone()).collect()),
    }
}

/// As one value where there is one, for a condition.
pub fn values(wanted: &[Wanted<'_>]) -> Written {
    match wanted {
        [only] => only.written.clone(),
        _ => list(wanted),
    }
}

/// For people: `` `!Ref A` and `!Ref B` ``.
pub fn shown(wanted: &[Wanted<'_>]) -> String {
    words::list(&wanted.iter().map(|one| one.shown.clone()).collect::<Vec<_>>())
}

fn by_place<'case>(ctx: &Context<'_>, entry: &'case Sourced) -> Wanted<'case> {
    let text = ctx.sources.slice(entry.span);
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_plain_way = entry.via.iter().all(|step| {
        matches!(
            step.kind,
            StepKind::Default(_) | StepKind::Choice(_) | StepKind::Bound(_) | StepKind::Given(_)
        )
    });
    let is_id = entry.value.as_text().is_some_and(|text| text.starts_with("vpce-"));
    let is_parameter = matches!(&entry.value, Value::Named(name) if matches!(**name, Name::Parameter { .. }));
    Wanted {
        value: &entry.value,
        written: Written::Copy(entry.span),
        shown: format!("`{}`", words.join(" ")),
        is_list: false,
        fits_source_list: is_plain_way && (is_id || is_parameter),
    }
}

fn by_name(value: &Value, stack: StackId) -> Option<Wanted<'_>> {
    let written = expression(value, stack)?;
    let shown = words::expression(value, stack).or_else(|| words::value(value))?;
    let shown = format!("`{}`", shown.trim_matches('`'));
    let fits_source_list = value.as_text().is_some_and(|text| text.starts_with("vpce-"));
    Some(Wanted { value, written, shown, is_list: false, fits_source_list })
}

/// A value as the template of a stack writes it; `None` for what another stack alone can name.
pub fn expression(value: &Value, stack: StackId) -> Option<Written> {
    let Value::Named(name) = value else { return value.as_text().map(Written::text) };
    match &**name {
        Name::Resource { stack: owner, id } | Name::Parameter { stack: owner, name: id }
            if *owner == stack =>
        {
            Some(Written::reference(id))
        }
        Name::Import(name) => {
            let import = |name: Written| Written::Call("Fn::ImportValue".to_owned(), Box::new(name));
            match &**name {
                Value::Text(parts) => Some(import(substituted(parts, stack)?)),
                name => Some(import(Written::text(name.as_text()?))),
            }
        }
        _ => None,
    }
}

/// `Fn::Sub` of a text with names in it.
fn substituted(parts: &[Part], stack: StackId) -> Option<Written> {
    let part = |part: &Part| match part {
        Part::Literal(text) => (!text.contains("${")).then(|| text.clone()),
        Part::Named(name) => match &**name {
            Name::Pseudo { name, .. } => Some(format!("${{{name}}}")),
            Name::Parameter { stack: owner, name } if *owner == stack => Some(format!("${{{name}}}")),
            _ => None,
        },
    };
    let text: Option<String> = parts.iter().map(part).collect();
    Some(Written::Call("Fn::Sub".to_owned(), Box::new(Written::Text(text?))))
}
