//! `[environments.NAME]` of the policy file: what each environment binds, as it is written.
//!
//! The files it names are read elsewhere, and so is what is in them.

use crate::config::decode::Section;
use crate::config::tables::POSTURES;
use crate::intent::Posture;
use crate::source::Spanned;

/// One environment: one evaluation of each template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: Spanned<String>,
    /// What it binds.
    pub body: EnvironmentBody,
}

/// What an environment binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentBody {
    /// A samconfig and the environment in it.
    pub samconfig: Option<SamconfigChoice>,
    /// A file of parameter values, relative to the policy file.
    pub parameters: Option<Spanned<String>>,
    /// Parameter values; they win over those of files.
    pub overrides: Vec<(Spanned<String>, Spanned<String>)>,
    /// `AWS::Region`.
    pub region: Option<Spanned<String>>,
    /// `AWS::StackName`.
    pub stack_name: Option<Spanned<String>>,
    /// `AWS::AccountId`.
    pub account: Option<Spanned<String>>,
    /// What no template can know: `export:NAME` and `ssm:NAME` with their values.
    pub values: Vec<(Spanned<String>, Spanned<String>)>,
    /// What APIs are meant to be in this environment.
    pub posture: Option<Spanned<Posture>>,
}

/// `samconfig = { file, env }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamconfigChoice {
    /// The file, relative to the policy file; `None`: the one that belongs to each template.
    pub file: Option<Spanned<String>>,
    /// The environment in it; `None`: the one of the same name.
    pub env: Option<Spanned<String>>,
}

/// Reads `environments`.
pub(super) fn environments(top: &mut Section<'_, '_>) -> Vec<Environment> {
    let about = "Environments: each template is judged once in each of them";
    let read = top.tables_by_name("environments", about, body);
    let environments: Vec<Environment> =
        read.into_iter().map(|(name, body)| Environment { name, body }).collect();
    for environment in &environments {
        check(top, environment);
    }
    environments
}

fn body(section: &mut Section<'_, '_>) -> EnvironmentBody {
    EnvironmentBody {
        samconfig: section.table(
            "samconfig",
            "Stack name, region and parameter values from a samconfig: file and env",
            |inner| SamconfigChoice {
                file: inner.text(
                    "file",
                    "The samconfig, relative to the policy file; without it, the one of each template",
                ),
                env: inner.text("env", "The environment in it; without it, the one of the same name"),
            },
        ),
        parameters: section
            .table(
                "parameters",
                "Parameter values from a file: CloudFormation, CodePipeline or Git sync",
                |inner| {
                    let file = inner.text("file", "The file, relative to the policy file");
                    inner.require(&["file"]);
                    file
                },
            )
            .flatten(),
        overrides: section.values_by_name("overrides", "Parameter values; they win over those of files"),
        region: section.text("region", "Region of the stacks"),
        stack_name: section.text("stack-name", "Name of the stack, where there is only one"),
        account: section.text("account", "Account of the stacks"),
        values: section.values_by_name(
            "values",
            "What no template can know: \"export:NAME\" and \"ssm:NAME\" with their values",
        ),
        posture: section.word("posture", "What APIs are meant to be in this environment", POSTURES),
    }
}

fn check(top: &mut Section<'_, '_>, environment: &Environment) {
    if environment.name.value.trim().is_empty() {
        top.refuse_at(
            environment.name.span,
            "an environment needs a name".to_owned(),
            "write `[environments.NAME]`",
        );
    }
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(account) = environment.body.account.as_ref().filter(|account| !is_account(&account.value)) {
        let message = format!("`account` cannot be \"{}\"", account.value);
        top.refuse_at(account.span, message, "an account id has 12 digits");
    }
    let is_known = |key: &str| {
        ["export:", "ssm:"].iter().any(|kind| key.strip_prefix(kind).is_some_and(|name| !name.is_empty()))
    };
    for (key, _) in environment.body.values.iter().filter(|(key, _)| !is_known(&key.value)) {
        let message = format!("`values` cannot tell what `{}` is", key.value);
        let help = "write \"export:NAME\" for what another stack exports, \"ssm:NAME\" for an SSM parameter";
        top.refuse_at(key.span, message, help);
    }
}
