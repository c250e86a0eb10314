//! One JSON line for `resolve`: a template with what is known about its stack.

use serde_json::Value as Json;

use crate::template::bindings::{Binding, Bindings};

/// A template to work out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// `id` as JSON text, `null` when there is none.
    pub id: String,
    /// The template's text.
    pub template: String,
    /// What is known about the stack.
    pub bindings: Bindings,
}

/// Reads a line `{"id", "template": {…} or text, "params": {…}, "exports": {…}}`; its values are added to `base`.
///
/// # Errors
/// What is wrong with the line, as a phrase.
pub fn read(line: &[u8], base: &Bindings) -> Result<Case, String> {
    let case: Json = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let template = match case.get("template") {
        Some(Json::String(text)) => text.clone(),
        Some(template @ Json::Object(_)) => template.to_string(),
        _ => return Err("the line has no `template`".to_owned()),
    };
    let mut bindings = base.clone();
    let members = |key: &str| case.get(key).and_then(Json::as_object).into_iter().flatten();
    for (name, value) in members("params") {
        bindings.parameters.insert(name.clone(), Binding::text(text(value)));
    }
    for (name, value) in members("exports") {
        bindings.known.insert(format!("export:{name}"), text(value));
    }
    Ok(Case { id: case.get("id").unwrap_or(&Json::Null).to_string(), template, bindings })
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
