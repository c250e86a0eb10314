//! Values given to parameters from outside, held against what the templates declare: what CloudFormation would refuse.
//!
//! It needs the templates read; what is wrong in the files themselves is found before.

use std::collections::BTreeSet;

use crate::config::mistakes::{did_you_mean, mistake};
use crate::config::{ENVIRONMENT, POLICY_FILE};
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Diagnostic, Label, RuleId};
use crate::order::Order;
use crate::source::{FileId, Span, TextRange};
use crate::template::bindings::Binding;
use crate::template::document::{Parameter, Template};
use crate::template::resolve::parameter_text;
use crate::workspace::Workspace;
use crate::workspace::instances::Instances;

/// What cannot be among the bindings of a run.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// In files that were named, or on the command line: nothing may be judged.
    pub mistakes: Vec<Diagnostic>,
    /// In samconfigs that lie beside templates.
    pub found: Vec<Diagnostic>,
    /// Parameters given on the command line that no template declares, each with the nearest declared name.
    pub unknown: Vec<(String, Option<String>)>,
}

/// Holds what is bound against the templates. `whole`: all templates of the run could be read, so that what none
/// declares is declared nowhere.
pub fn refused(workspace: &Workspace, instances: &Instances, whole: bool) -> Refused {
    let mut refused = Refused::default();
    for stack in workspace.stacks().iter().filter(|stack| stack.parent.is_none()) {
        for (name, binding) in &stack.bindings.parameters {
            let Binding::Text { text, span } = binding else { continue };
            let Some(parameter) = stack.template.parameter(name) else { continue };
            let Some(found) = not_allowed(&stack.template, parameter, text, *span) else { continue };
            match span.is_none_or(|span| is_named(instances, span.file)) {
                true => refused.mistakes.push(found),
                false => refused.found.push(found),
            }
        }
    }
    if whole {
        undeclared(workspace, instances, &mut refused);
    }
    shared_names(workspace, instances, &mut refused.mistakes);
    for list in [&mut refused.mistakes, &mut refused.found] {
        for mistake in list.iter_mut().filter(|one| instances.policies.contains(&one.primary.span.file)) {
            mistake.rule = POLICY_FILE;
        }
        list.order_by_key(|mistake| mistake.primary.span);
        list.dedup();
    }
    refused
}

fn is_named(instances: &Instances, file: FileId) -> bool {
    instances.policies.contains(&file) || instances.named.contains(&file)
}

/// A value outside of `AllowedValues`; of a list parameter each item counts.
fn not_allowed(
    template: &Template,
    parameter: &Parameter,
    text: &str,
    span: Option<Span>,
) -> Option<Diagnostic> {
    let tree = &template.tree;
    let allowed: Option<Vec<String>> =
        parameter.allowed.iter().map(|&node| parameter_text(tree, node)).collect();
    let allowed = allowed.filter(|allowed| !allowed.is_empty())?;
    let is_list = parameter.is_list() && !parameter.is_ssm();
    let items: Vec<&str> = if is_list { text.split(',').map(str::trim).collect() } else { vec![text] };
    let wrong = items.into_iter().find(|item| !allowed.iter().any(|value| value == item))?;
    let places = parameter.allowed.iter().map(|&node| tree.tagged_span(node).range);
    let place = Span::new(tree.file(), places.reduce(TextRange::cover)?);
    let name = &parameter.name;
    let help = Some(format!("allowed: {}", allowed.join(", ")));
    Some(match span {
        Some(span) => {
            let label = did_you_mean(wrong, allowed.iter().map(String::as_str));
            let message = format!("the parameter `{name}` cannot be `{wrong}`");
            let mut found = mistake(ENVIRONMENT, span, message, label, help);
            found.related.push(Label::new(place, "allowed here"));
            found
        }
        None => {
            let message = format!("`--param {name}={text}` gives a value that is not allowed");
            mistake(ENVIRONMENT, place, message, "allowed here".to_owned(), help)
        }
    })
}

/// Parameters that no template of the run declares, though one should.
fn undeclared(workspace: &Workspace, instances: &Instances, refused: &mut Refused) {
    if instances.expected.is_empty() {
        return;
    }
    let parameters = workspace.stacks().iter().flat_map(|stack| &stack.template.parameters);
    let declared: BTreeSet<&str> = parameters.map(|parameter| parameter.name.as_str()).collect();
    for (name, span) in instances.expected.iter().filter(|(name, _)| !declared.contains(name.as_str())) {
        let Some(span) = span else {
            let near = nearest(name, declared.iter().copied()).map(str::to_owned);
            refused.unknown.push((name.clone(), near));
            continue;
        };
        let label = did_you_mean(name, declared.iter().copied());
        let message = format!("no template declares the parameter `{name}`");
        let help = "CloudFormation refuses values for parameters that the template does not have".to_owned();
        let rule: RuleId = ENVIRONMENT;
        refused.mistakes.push(mistake(rule, *span, message, label, Some(help)));
    }
}

/// Stack names of the policy file that several templates would have.
fn shared_names(workspace: &Workspace, instances: &Instances, mistakes: &mut Vec<Diagnostic>) {
    for (environment, name) in &instances.stack_names {
        let stacks = workspace.stacks().iter().filter(|stack| {
            stack.parent.is_none()
                && stack.bindings.environment.as_ref() == Some(environment)
                && stack.bindings.stack_name.as_ref() == Some(&name.value)
        });
        let templates: BTreeSet<FileId> = stacks.map(|stack| stack.template.file).collect();
        if templates.len() > 1 {
            let message = format!("{} templates cannot all be the stack `{}`", templates.len(), name.value);
            let help =
                "leave `stack-name` out here, and give each template its name in a samconfig beside it";
            mistakes.push(mistake(POLICY_FILE, name.span, message, String::new(), Some(help.to_owned())));
        }
    }
}
