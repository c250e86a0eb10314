//! `invalid-policy-document`: a resource policy that AWS does not take, or takes for an old version.
//!
//! Who a policy lets in is not asked, and a part that is only known at deployment is not judged.

use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::{Api, Case, Policy};
use crate::exposure::statements::value_at;
use crate::order::Order;
use crate::policy::document::{DOCUMENT_ELEMENTS, Problem, ProblemKind, STATEMENT_ELEMENTS};
use crate::rules::finding::{Aspect, Finding, Remedy, Subject, push_shared};
use crate::rules::occurrence::occurrence;
use crate::rules::{Context, places, words};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Sourced, Value};

const ID: &str = "invalid-policy-document";

/// Condition operators whose misspellings are recognised.
const OPERATORS: [&str; 14] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "StringEqualsIfExists",
    "StringNotEqualsIfExists",
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotLike",
    "Bool",
    "Null",
];

/// Reports each mistake of the policies of REST APIs once; in a policy written as text the first.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        let mut known: Vec<Span> = Vec::new();
        for policy in api.cases.iter().flat_map(|case| &case.policies) {
            for flaw in flaws(policy) {
                if !known.contains(&flaw.place) {
                    known.push(flaw.place);
                    push_shared(findings, first, finding(api, &flaw));
                }
            }
        }
    }
}

/// Elements of a document and of a statement.
fn elements() -> impl Iterator<Item = &'static str> {
    DOCUMENT_ELEMENTS.into_iter().chain(STATEMENT_ELEMENTS)
}

/// A mistake, with what to say about it.
struct Flaw<'case> {
    problem: &'case Problem,
    /// The value that is wrong, if it is one.
    value: Option<&'case Sourced>,
    /// The smallest text to change.
    place: Span,
    /// What is wrong, a phrase behind "the policy of …".
    what: String,
    label: String,
    help: String,
    remedy: Option<Remedy>,
}

/// What is wrong with a policy; an element that is missing because it is misspelt is told by its misspelling, and
/// what only costs variables comes last. All that one statement lacks is one mistake.
fn flaws(policy: &Policy) -> Vec<Flaw<'_>> {
    let mut found: Vec<Flaw<'_>> = policy
        .problems
        .iter()
        .filter(|problem| !is_misspelt(problem, &policy.problems))
        .filter_map(|problem| flaw(policy, problem))
        .collect();
    found.order_by_key(|flaw| flaw.problem.kind == ProblemKind::MissingVersion);
    let mut joined: Vec<Flaw<'_>> = Vec::with_capacity(found.len());
    for flaw in found {
        let is_same = |known: &&mut Flaw<'_>| {
            known.place == flaw.place && known.problem.statement == flaw.problem.statement
        };
        match joined.iter_mut().find(is_same) {
            Some(known) => {
                known.what = format!("{} and {}", known.what, flaw.what);
                known.help = format!("{};  {}", known.help, flaw.help);
                known.remedy = None;
            }
            None => joined.push(flaw),
        }
    }
    joined
}

/// Whether what is missing is there under a name much like it.
fn is_misspelt(problem: &Problem, all: &[Problem]) -> bool {
    let missing = match problem.kind {
        ProblemKind::MissingStatement => "Statement",
        ProblemKind::MissingVersion => "Version",
        ProblemKind::MissingEffect => "Effect",
        ProblemKind::Missing(element) => element,
        _ => return false,
    };
    let mut beside = all.iter().filter(|other| other.statement == problem.statement);
    beside.any(|other| match &other.kind {
        ProblemKind::UnknownElement(key) => nearest(key, elements()) == Some(missing),
        _ => false,
    })
}

/// What to say of a problem; `None` for what AWS may take.
fn flaw<'case>(policy: &'case Policy, problem: &'case Problem) -> Option<Flaw<'case>> {
    let (what, label, help) = match &problem.kind {
        ProblemKind::NotJson(error) => (
            format!("is not JSON: {error}"),
            "not JSON".to_owned(),
            "write it as an object, or as valid JSON".to_owned(),
        ),
        ProblemKind::NotAnObject => {
            words3("is no object", "no policy document", "write an object with  Version  and  Statement")
        }
        ProblemKind::MissingVersion => words3("has no `Version`", "no `Version`", VERSION),
        ProblemKind::UnknownVersion(version) => (
            format!("has the `Version` `{version}`, which does not exist"),
            "2012-10-17 is the current one".to_owned(),
            VERSION.to_owned(),
        ),
        ProblemKind::MissingStatement => {
            words3("has no `Statement`", "no `Statement`", "add  Statement  with what is allowed")
        }
        ProblemKind::StatementNotAnObject => words3(
            "is no object",
            "no statement",
            "write an object with  Effect, Principal, Action  and  Resource",
        ),
        ProblemKind::MissingEffect => missing("Effect", "Effect: Allow  or  Effect: Deny"),
        ProblemKind::Missing("Principal") => {
            missing("Principal", "Principal: \"*\"  and narrow it by conditions")
        }
        ProblemKind::Missing("Action") => missing("Action", "Action: execute-api:Invoke"),
        ProblemKind::Missing("Resource") => missing("Resource", "Resource: execute-api:/*"),
        ProblemKind::Missing(element) => missing(element, element),
        ProblemKind::WrongEffect(effect) => (
            format!("has the `Effect` `{effect}`"),
            "neither `Allow` nor `Deny`".to_owned(),
            "write  Allow  or  Deny,  in this letter case".to_owned(),
        ),
        ProblemKind::Both(element) => (
            format!("has both `{element}` and `Not{element}`"),
            format!("`{element}` is there, too"),
            "keep one of the two".to_owned(),
        ),
        ProblemKind::WrongPrincipal => words3(
            "has a `Principal` that is none",
            "neither `\"*\"` nor a map of AWS, Service, Federated",
            "write  Principal: \"*\"  or  Principal: {AWS: [...]}",
        ),
        ProblemKind::WrongCondition => words3(
            "has a `Condition` that is none",
            "no map",
            "write  Condition: {OPERATOR: {KEY: [VALUES]}}",
        ),
        ProblemKind::UnknownOperator(operator) => {
            near(operator, nearest(operator, OPERATORS), "tests by", "no condition operator")
        }
        ProblemKind::UnknownElement(element) => {
            near(element, nearest(element, elements()), "has", "no element of a policy")
        }
        ProblemKind::WrongValue => words3(
            "has a value that is no text",
            "text, or a list of texts, is wanted",
            "write the text itself",
        ),
        // A value that its operator cannot read may be a placeholder.
        ProblemKind::WrongConstant(_) => return None,
    };
    let (value, place) = (value(policy, problem), place(policy, problem));
    Some(Flaw { problem, value, place, what, label, help, remedy: remedy(policy, problem) })
}

/// The current version, in a document that stands in the template as it is.
fn remedy(policy: &Policy, problem: &Problem) -> Option<Remedy> {
    const CURRENT: &str = "2012-10-17";
    let Value::Map(members) = &policy.document.value else { return None };
    let document = places::literal(&policy.document)?;
    // In a policy that is JSON text every part stands at the text.
    members.iter().all(|member| member.key_span != document).then_some(())?;
    match &problem.kind {
        ProblemKind::MissingVersion => {
            let (key, value) = ("Version".to_owned(), Written::text(CURRENT));
            let change = Change::SetFirst { mapping: document, key, value };
            Some(Remedy::one(Applicability::Safe, "say that it is of 2012-10-17", document.file, change))
        }
        ProblemKind::UnknownVersion(_) => {
            let written = members.iter().find(|member| member.key == "Version")?;
            Some(Remedy::write(Applicability::Safe, places::literal(&written.value)?, CURRENT))
        }
        ProblemKind::UnknownElement(key) if problem.statement.is_none() => {
            let is_version = nearest(key, elements()) == Some("Version");
            let is_free = members.iter().all(|member| member.key != "Version");
            let rename = || Remedy::rename(Applicability::Safe, problem.span, "Version");
            (is_version && is_free).then(rename)
        }
        _ => None,
    }
}

const VERSION: &str = "write  Version: \"2012-10-17\"";

fn words3(what: &str, label: &str, help: &str) -> (String, String, String) {
    (what.to_owned(), label.to_owned(), help.to_owned())
}

fn missing(element: &str, example: &str) -> (String, String, String) {
    (format!("has no `{element}`"), format!("no `{element}`"), format!("add  {example}"))
}

fn near(word: &str, near: Option<&str>, verb: &str, otherwise: &str) -> (String, String, String) {
    let what = format!("{verb} `{word}`, which IAM does not know");
    match near {
        Some(near) => (what, format!("`{near}` is meant"), format!("write  {near}")),
        None => (what, otherwise.to_owned(), "remove it, or write what is meant".to_owned()),
    }
}

/// The value that is wrong; `None` where what is wrong is a key, or that something is missing.
fn value<'case>(policy: &'case Policy, problem: &Problem) -> Option<&'case Sourced> {
    match problem.kind {
        ProblemKind::NotJson(_) | ProblemKind::NotAnObject => Some(&policy.document),
        ProblemKind::UnknownVersion(_)
        | ProblemKind::WrongEffect(_)
        | ProblemKind::WrongPrincipal
        | ProblemKind::WrongCondition
        | ProblemKind::StatementNotAnObject
        | ProblemKind::WrongValue => value_at(&policy.document, problem.span),
        _ => None,
    }
}

/// The offending text; for what the whole document lacks the key that it stands under.
fn place(policy: &Policy, problem: &Problem) -> Span {
    match problem.kind {
        ProblemKind::MissingVersion | ProblemKind::MissingStatement => policy.key,
        _ => value(policy, problem).map_or(problem.span, places::origin),
    }
}

fn finding(api: &Api, flaw: &Flaw<'_>) -> Finding {
    let only_old = flaw.problem.kind == ProblemKind::MissingVersion;
    let statement = match flaw.problem.statement {
        Some(at) => format!("statement {} of ", at + 1),
        None => String::new(),
    };
    let holds = |case: &Case| {
        let mut all = case.policies.iter().flat_map(flaws);
        all.any(|other| other.place == flaw.place && other.problem == flaw.problem)
    };
    let occurs = occurrence(&api.cases, holds);
    let condition = occurs.as_ref().map(|occurrence| words::under(&occurrence.when)).unwrap_or_default();
    let finding = Finding::new(
        ID,
        Subject::api(api),
        if only_old { Severity::Warning } else { Severity::Error },
        format!("{statement}the policy of `{}` {}{condition}", api.resource, flaw.what),
        Label::new(flaw.place, flaw.label.clone()),
    )
    .aspect(if only_old { Aspect::Whole } else { Aspect::Broken })
    .related(flaw.value.into_iter().flat_map(places::way_to))
    .related(Some(Label::new(api.id_span, "this API")))
    .why(if only_old {
        "a policy without a version is of the language of 2008: `${…}` in it is plain text and stands for nothing."
    } else {
        "AWS refuses it as an invalid policy document: the deployment fails, and nobody is let in or kept out by it."
    })
    .help(flaw.help.clone())
    .remedy(flaw.remedy.clone());
    let finding = match &occurs {
        Some(occurrence) => finding.occurs(occurrence),
        None => finding,
    };
    finding.assumes(flaw.value)
}
