//! `list-passed-to-nested-stack`: a parameter of a nested stack is given a list, where only text can be passed.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::nesting::{PassedList, PassedLists};
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::occurrence;
use crate::rules::{Context, words};
use crate::syntax::edit::{Change, Written};

const ID: &str = "list-passed-to-nested-stack";

/// Reports each list once, however many instances of the template there are.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for nested in ctx.model.passed_lists.iter().filter(|nested| nested.file == ctx.file) {
        for passed in all(nested) {
            push_shared(findings, first, finding(ctx, nested, passed));
        }
    }
}

/// The lists of all cases, each place once.
fn all(nested: &PassedLists) -> Vec<&PassedList> {
    let mut found: Vec<&PassedList> = Vec::new();
    for passed in nested.cases.iter().flat_map(|case| &case.fact) {
        if found.iter().all(|known| known.value.span != passed.value.span) {
            found.push(passed);
        }
    }
    found
}

fn finding(ctx: &Context<'_>, nested: &PassedLists, passed: &PassedList) -> Finding {
    let occurrence = occurrence(&nested.cases, |case| {
        case.fact.iter().any(|one| one.parameter == passed.parameter && one.value.span == passed.value.span)
    });
    let condition = occurrence.as_ref().map_or_else(String::new, |occurrence| words::under(&occurrence.when));
    let (name, parameter) = (&nested.resource, &passed.parameter);
    let label = match &passed.from {
        Some(from) => format!("`{from}` is a list"),
        None => "a list".to_owned(),
    };
    let subject = Subject { file: nested.file, resource: Some(name.clone()) };
    let message = format!("the nested stack `{name}` is passed a list as `{parameter}`{condition}");
    let finding =
        Finding::new(ID, subject, Severity::Error, message, Label::new(passed.value.span, label))
            .related([Label::new(nested.id_span, "this nested stack")])
            .why(
                "CloudFormation hands text to the parameters of a nested stack, whatever their type, and refuses a list: \
                 the deployment fails, and with it the endpoints and APIs that the nested stack makes.",
            )
            .help(help(ctx, passed))
            .remedy(Some(join(passed)))
            .help("the parameter in the nested template may be a CommaDelimitedList or a List<...>: it takes the text apart");
    match &occurrence {
        Some(occurrence) => finding.occurs(occurrence),
        None => finding,
    }
}

fn help(ctx: &Context<'_>, passed: &PassedList) -> String {
    let written = ctx.sources.slice(passed.value.span);
    let short = written.lines().count() == 1 && written.starts_with(['!', '[']) && written.len() <= 60;
    let list = if short { written } else { "..." };
    format!("join it:  {}: !Join [\",\", {list}]", passed.parameter)
}

/// One text of the list, where it is passed.
fn join(passed: &PassedList) -> Remedy {
    let at = passed.value.span;
    let change = Change::Call { at, function: "Fn::Join".to_owned(), before: vec![Written::text(",")] };
    Remedy::one(Applicability::Unsafe, "join it into one text", at.file, change)
}
