//! `samconfig.toml`, `.yaml` and `.yml`: which environments there are and what each says about a stack.
//!
//! Read as aws-sam-cli 1.170.0 reads them (`samcli/lib/config/samconfig.py`): `[ENV.COMMAND.parameters]`, with those of
//! the command `global` below. Values of `parameter_overrides` are worked out elsewhere.

use std::sync::Arc;

use crate::config::data::{self, Data, DataValue};
use crate::config::mistakes::Mistakes;
use crate::source::{FileId, Span, Spanned, TextRange};

/// Names of the file, the one that wins first.
pub const SAMCONFIG_NAMES: [&str; 3] = ["samconfig.toml", "samconfig.yaml", "samconfig.yml"];

/// Endings of a samconfig that has another name.
const SAMCONFIG_ENDINGS: [&str; 3] = [".toml", ".yaml", ".yml"];

/// Commands that make a stack, the one that counts first. What the others are given makes none.
const DEPLOYING: [&str; 2] = ["deploy", "sync"];

/// Commands that may name the template which `deploy` then takes from the build folder, best first.
const NAMING: [&str; 5] = ["deploy", "build", "sync", "validate", "package"];

/// A samconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Samconfig {
    /// Its environments, in written order.
    pub(super) environments: Vec<SamEnvironment>,
}

/// One environment of a samconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SamEnvironment {
    pub(super) name: Spanned<String>,
    pub(super) stack_name: Option<Spanned<String>>,
    pub(super) region: Option<Spanned<String>>,
    /// The template, relative to the samconfig; nothing inside the build folder.
    pub(super) template: Option<Spanned<String>>,
    /// `parameter_overrides` as written.
    pub(super) overrides: Option<Data>,
}

impl Samconfig {
    /// The environment of this name.
    pub(super) fn environment(&self, name: &str) -> Option<&SamEnvironment> {
        self.environments.iter().find(|environment| environment.name.value == name)
    }
}

/// Reads a samconfig.
pub(super) fn read(file: FileId, name: &str, text: &Arc<str>, mistakes: &mut Mistakes) -> Samconfig {
    if !SAMCONFIG_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        let help = "sam reads `.toml`, `.yaml` and `.yml`".to_owned();
        let message = format!("`{name}` is a kind of file that sam does not read");
        mistakes.add(Span::new(file, TextRange::new(0, 0)), message, String::new(), Some(help));
        return Samconfig::default();
    }
    let Some(data) = data::read(file, name, text, "the samconfig", mistakes) else {
        return Samconfig::default();
    };
    if data.members().is_empty() {
        return Samconfig::default();
    }
    let version = data.get("version");
    if !version.is_some_and(|version| matches!(version.value, DataValue::Number { is_float: true, .. })) {
        let first = data.members().first().map_or(data.span, |(key, _)| key.span);
        let place = version.map_or(first, |version| version.span);
        let message = "sam refuses this samconfig: it has no `version`".to_owned();
        let message =
            if version.is_some() { "sam refuses this `version`: it must be 0.1".to_owned() } else { message };
        mistakes.add(place, message, String::new(), Some("write `version = 0.1` at the top".to_owned()));
        return Samconfig::default();
    }
    let tables = data.members().iter().filter(|(_, value)| matches!(value.value, DataValue::Table(_)));
    Samconfig { environments: tables.map(|(name, body)| environment(name, body, mistakes)).collect() }
}

fn environment(name: &Spanned<String>, body: &Data, mistakes: &mut Mistakes) -> SamEnvironment {
    let parameters = |command: &str| body.get(command).and_then(|command| command.get("parameters"));
    let command = DEPLOYING.into_iter().find_map(parameters);
    let global = parameters("global");
    let value =
        |key: &str| command.and_then(|own| own.get(key)).or_else(|| global.and_then(|all| all.get(key)));
    let named = |key: &str| {
        NAMING.into_iter().chain(["global"]).filter_map(parameters).find_map(|command| command.get(key))
    };
    let template = named("template_file").or_else(|| named("template"));
    SamEnvironment {
        name: name.clone(),
        stack_name: text(value("stack_name"), "stack_name", mistakes)
            .filter(|name| is_stack_name(&name.value)),
        region: text(value("region"), "region", mistakes),
        template: text(template, "template_file", mistakes).filter(|path| !is_built(&path.value)),
        overrides: value("parameter_overrides").cloned(),
    }
}

/// Whether a path leads to what `sam` makes of a template.
fn is_built(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part == ".aws-sam")
}

/// Whether CloudFormation takes this name; a placeholder such as `<your-name>-api` is filled in by hand.
/// (`CreateStack`, API reference: letters, digits and hyphens, a letter first.)
fn is_stack_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A text that is not empty.
fn text(value: Option<&Data>, key: &str, mistakes: &mut Mistakes) -> Option<Spanned<String>> {
    let value = value?;
    match &value.value {
        DataValue::Text(text) if text.is_empty() => None,
        DataValue::Text(text) => Some(Spanned { value: text.clone(), span: value.span }),
        DataValue::Null => None,
        _ => {
            let label = format!("this is {}", value.type_words());
            mistakes.add(value.span, format!("`{key}` must be a text"), label, None);
            None
        }
    }
}
