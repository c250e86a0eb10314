//! `sam-allow-list-not-a-list`: SAM takes apart what stands where it wants a list of endpoints or VPCs.
//!
//! Entries inside a proper list are another rule's.

use crate::diagnostic::{Applicability, Confidence, Label, Severity};
use crate::exposure::model::Api;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::rules::{Context, choices};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::{ListItems, NotAList, SurpriseKind};

const ID: &str = "sam-allow-list-not-a-list";

/// Reports endpoint and VPC lists of `Auth.ResourcePolicy` that are no lists; one in `Globals` once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis() {
        for surprise in &api.surprises {
            let SurpriseKind::AllowListNotAList { field, given, becomes, items } = &surprise.kind else {
                continue;
            };
            let list = List { field, given, becomes, items: items.as_ref() };
            let finding = finding(ctx, api, surprise.span, &list);
            push_shared(findings, first, finding);
        }
    }
}

struct List<'run> {
    field: &'run str,
    given: &'run NotAList,
    becomes: &'run [String],
    items: Option<&'run ListItems>,
}

fn finding(ctx: &Context<'_>, api: &Api, span: Span, list: &List<'_>) -> Finding {
    let parameter = *list.given == NotAList::ListParameter;
    let (severity, confidence) =
        if parameter { (Severity::Warning, Confidence::Medium) } else { (Severity::Error, Confidence::High) };
    let written = ctx.sources.slice(span);
    let item = if written.contains('\n') { "..." } else { written };
    Finding::new(
        ID,
        Subject::api(api),
        severity,
        message(list, parameter),
        Label::new(span, given(list.given)),
    )
    .confidence(confidence)
    .related(Some(Label::new(api.id_span, "this API")))
    .why(why(list, parameter))
    .help(match list.given {
        NotAList::Text | NotAList::Reference => format!("wrap it in a list:  {}: [{item}]", list.field),
        NotAList::ListParameter | NotAList::Intrinsic(_) | NotAList::Map => format!(
            "write a list of single values, each of which may be a function:  {}: [!Select [0, ...]]",
            list.field
        ),
    })
    .remedy(match list.given {
        NotAList::Text | NotAList::Reference => Some(Remedy::wrap(Applicability::Safe, span)),
        NotAList::ListParameter | NotAList::Intrinsic(_) | NotAList::Map => {
            list.items.and_then(|items| itemised(ctx, span, items))
        }
    })
}

/// A list of functions in place of a function that yields a list.
fn itemised(ctx: &Context<'_>, span: Span, items: &ListItems) -> Option<Remedy> {
    let write = |title: &str, items: Vec<Written>| {
        let change = Change::Replace { at: span, with: Written::List(items) };
        Remedy::one(Applicability::Unsafe, title, span.file, change)
    };
    match items {
        ListItems::Itself => Some(Remedy::wrap(Applicability::Safe, span)),
        ListItems::Choices(choices) => {
            let items = choices.iter().map(|choice| choices::written(ctx, choice)).collect();
            Some(write("use the function on the items", items))
        }
        ListItems::Pieces(number) => {
            let piece = |at: usize| {
                let arguments = vec![Written::Plain(at.to_string()), Written::Copy(span)];
                Written::Call("Fn::Select".to_owned(), Box::new(Written::List(arguments)))
            };
            let title = if *number == 1 { "take the first piece" } else { "take the pieces one by one" };
            (*number > 0).then(|| write(title, (0..*number).map(piece).collect()))
        }
    }
}

fn message(list: &List<'_>, parameter: bool) -> String {
    let kind = if list.field.ends_with("Blacklist") { "deny-list" } else { "allow-list" };
    match (parameter, kind) {
        (true, _) => format!("this {kind} may be taken apart into single characters"),
        (false, _) if list.becomes.is_empty() => format!("this {kind} comes to nothing"),
        (false, "allow-list") => "this allow-list will deny every caller".to_owned(),
        (false, _) => "this deny-list will deny nobody".to_owned(),
    }
}

fn given(given: &NotAList) -> String {
    match given {
        NotAList::Text | NotAList::Reference => "a single value; SAM iterates over it".to_owned(),
        NotAList::ListParameter => "a list parameter, which SAM may get as one text".to_owned(),
        NotAList::Intrinsic(name) => format!("`{name}` instead of a list; SAM iterates over its key"),
        NotAList::Map => "a map; SAM iterates over its keys".to_owned(),
    }
}

fn why(list: &List<'_>, parameter: bool) -> String {
    if parameter {
        return "SAM resolves the parameter before it looks at the list; how CloudFormation hands a list over is not \
                documented, and a text with commas is taken apart into letters."
            .to_owned();
    }
    let key = if list.field.contains("Vpce") { "aws:SourceVpce" } else { "aws:SourceVpc" };
    if list.becomes.is_empty() {
        return format!(
            "SAM takes {} one character at a time and drops each, since none begins with vpc- or vpce-.",
            list.field
        );
    }
    let mut shown: Vec<String> = list.becomes.iter().take(4).map(|entry| format!("\"{entry}\"")).collect();
    if list.becomes.len() > shown.len() {
        shown.push("…".to_owned());
    }
    format!(
        "after the SAM transform the policy reads  {key}: [{}]  and nothing has that name.",
        shown.join(", ")
    )
}
