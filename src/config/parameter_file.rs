//! Files of parameter values: CloudFormation's list, CodePipeline's template configuration, `["Name=value"]` and the
//! deployment file of Git sync, in JSON or YAML.
//!
//! Whether the template has such parameters is not known here.

use std::sync::Arc;

use crate::config::data::{self, Data, DataValue};
use crate::config::mistakes::Mistakes;
use crate::config::overrides::{Pair, set};
use crate::config::parts::part_span;
use crate::source::{FileId, Spanned};

/// What a parameter file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ParameterFile {
    /// Values in written order, each name once.
    pub(super) pairs: Vec<Pair>,
    /// The names with their places.
    pub(super) names: Vec<Spanned<String>>,
    /// The template it is for, from the root of the repository; `None`: any.
    pub(super) template: Option<Spanned<String>>,
    /// Whether it has the form that only `aws cloudformation deploy` takes, which passes over what the template does
    /// not declare (`awscli/customizations/cloudformation/deploy.py`).
    pub(super) may_say_more: bool,
}

/// The forms, for messages.
const FORMS: &str = "write [{\"ParameterKey\": …, \"ParameterValue\": …}], {\"Parameters\": {…}}, [\"Name=value\"] or a \
                     Git sync deployment file";

/// Reads a parameter file.
pub(super) fn read(file: FileId, name: &str, text: &Arc<str>, mistakes: &mut Mistakes) -> ParameterFile {
    let mut found = ParameterFile::default();
    let Some(data) = data::read(file, name, text, "the parameter file", mistakes) else { return found };
    match &data.value {
        DataValue::List(items) => {
            found.may_say_more = items.iter().any(|item| item.text().is_some());
            for item in items {
                item_of_list(item, text, &mut found, mistakes);
            }
        }
        DataValue::Table(_) => table(&data, &mut found, mistakes),
        _ => unknown(&data, mistakes),
    }
    found
}

fn unknown(data: &Data, mistakes: &mut Mistakes) {
    let message = "this is no parameter file".to_owned();
    mistakes.add(data.span, message, format!("this is {}", data.type_words()), Some(FORMS.to_owned()));
}

/// `{"ParameterKey": …, "ParameterValue": …}` or `"Name=value"`.
fn item_of_list(item: &Data, source: &str, found: &mut ParameterFile, mistakes: &mut Mistakes) {
    if let Some(text) = item.text() {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            let message = format!("`{text}` has no `=` behind a name");
            return mistakes.add(item.span, message, String::new(), Some(FORMS.to_owned()));
        };
        let span = part_span(source, item.span, text, text.len() - value.len()..text.len());
        return set(&mut found.pairs, name.to_owned(), Spanned { value: value.to_owned(), span });
    }
    let Some(key) = item.get("ParameterKey") else { return unknown(item, mistakes) };
    let Some(name) = key.text() else {
        let label = format!("this is {}", key.type_words());
        return mistakes.add(key.span, "`ParameterKey` must be a text".to_owned(), label, None);
    };
    let Some(value) = item.get("ParameterValue") else {
        // The value of the last deployment, or of an SSM parameter, is nowhere in the file: not known.
        if item.get("UsePreviousValue").is_none() {
            let message = format!("`{name}` has no `ParameterValue`");
            mistakes.add(item.span, message, String::new(), None);
        }
        return;
    };
    value_of(&Spanned { value: name.to_owned(), span: key.span }, value, found, mistakes);
}

/// `{"Parameters": {…}}`, or `template-file-path` with `parameters`.
fn table(data: &Data, found: &mut ParameterFile, mistakes: &mut Mistakes) {
    let git_sync = data.get("template-file-path");
    let Some(parameters) = git_sync.map_or_else(|| data.get("Parameters"), |_| data.get("parameters")) else {
        if git_sync.is_none() {
            unknown(data, mistakes);
        }
        return;
    };
    if let Some(path) = git_sync {
        match path.text() {
            Some(text) => found.template = Some(Spanned { value: text.to_owned(), span: path.span }),
            None => {
                let label = format!("this is {}", path.type_words());
                mistakes.add(path.span, "`template-file-path` must be a text".to_owned(), label, None);
            }
        }
    }
    match &parameters.value {
        DataValue::Table(members) => {
            for (name, value) in members {
                value_of(name, value, found, mistakes);
            }
        }
        DataValue::Null => {}
        _ => {
            let label = format!("this is {}", parameters.type_words());
            let message = "the parameters must be a table of names and values".to_owned();
            mistakes.add(parameters.span, message, label, None);
        }
    }
}

fn value_of(name: &Spanned<String>, value: &Data, found: &mut ParameterFile, mistakes: &mut Mistakes) {
    found.names.push(name.clone());
    let name = &name.value;
    match flat_text(value) {
        Some(text) => set(&mut found.pairs, name.clone(), Spanned { value: text, span: value.span }),
        None => {
            let label = format!("this is {}", value.type_words());
            mistakes.add(value.span, format!("the value of `{name}` must be a text"), label, None);
        }
    }
}

/// The text of a scalar, or of a list of scalars, joined with commas.
fn flat_text(value: &Data) -> Option<String> {
    match &value.value {
        DataValue::Text(text) | DataValue::Number { text, .. } => Some(text.clone()),
        DataValue::Bool(value) => Some(value.to_string()),
        DataValue::List(items) => {
            let nested = |item: &Data| matches!(item.value, DataValue::List(_));
            let texts: Option<Vec<_>> =
                items.iter().map(|item| if nested(item) { None } else { flat_text(item) }).collect();
            texts.map(|texts| texts.join(","))
        }
        DataValue::Null | DataValue::Table(_) => None,
    }
}
