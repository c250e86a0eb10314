//! Statements of an API's policies whose resources are no call to the API: of another API, on another stage, in a
//! form that stands for nothing.
//!
//! Only what is certain. Who is let in because of it, or kept out, is decided with the rest of the policy.

use crate::exposure::conditions::{self, Stated};
use crate::exposure::decisions::Judge;
use crate::exposure::model::{Case, Endpoint};
use crate::exposure::shapes::with_path;
use crate::policy::compiled::Policy;
use crate::policy::document::{Effect, Element, PolicyDocument, SpannedText, Statement};
use crate::policy::resource::{self, Shape};
use crate::policy::text::{Symbol, Text};
use crate::policy::truth::Truth;
use crate::source::Span;
use crate::template::document::Resource;
use crate::template::value::Value;
use crate::workspace::Stack;

/// A statement that is about no call to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Position of the policy among those of the case, from 0.
    pub policy: usize,
    /// Position of the statement in the policy, from 0.
    pub statement: usize,
    /// What it does.
    pub effect: Effect,
    /// Where its resources stand, in written order; one place only in a policy that is text.
    pub resources: Vec<Span>,
    /// What is wrong with the first resource.
    pub fault: Fault,
    /// What stands at that part of the first resource, as far as it is text.
    pub written: Option<String>,
    /// The parameter whose default the stage's name is, where the stage is what is wrong.
    pub default_of: Option<String>,
}

/// The part of a resource that makes it no call to the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// `execute-api:` without a slash behind it.
    NoSlash,
    /// Neither the short form nor an ARN of `execute-api`.
    Form,
    /// The partition of the ARN.
    Partition,
    /// The region of the ARN.
    Region,
    /// The account of the ARN.
    Account,
    /// The id of the API.
    Api,
    /// The stage.
    Stage,
    /// A method in lower case.
    MethodCase,
    /// The method.
    Method,
    /// The path.
    Path,
    /// It ends before the path, which begins with a slash.
    Short,
    /// More than one part.
    Several,
    /// It is a `NotResource` that leaves out every call there is.
    LeftOut,
}

/// The methods of REST APIs (API Gateway guide, "Set up a method request"), as requests name them.
const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The stage that the console's test of a method calls, whatever stages there are (API Gateway guide, "Use the console to
/// test a REST API method").
const TEST_STAGE: &str = "test-invoke-stage";

/// Fields of an ARN before the resource.
const FIELDS: [(usize, Fault); 3] = [(1, Fault::Partition), (3, Fault::Region), (4, Fault::Account)];

/// Segments of the resource.
const SEGMENTS: [(usize, Fault); 4] =
    [(0, Fault::Api), (1, Fault::Stage), (2, Fault::Method), (3, Fault::Path)];

/// Statements that miss the API in a case, its methods known.
pub(crate) fn find(endpoints: &[Endpoint], stack: &Stack, resource: &Resource, case: &Case) -> Vec<Miss> {
    // Most policies are about everything, or made by SAM for the routes there are.
    let candidates: Vec<Stated<'_>> =
        conditions::stated(case).into_iter().filter(|stated| may_miss(stated)).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let mut judge = Judge::new(endpoints, stack, resource, case);
    let shapes = shapes(case, &mut judge);
    let found = candidates.iter().filter_map(|stated| {
        let document = judge.documents.get(stated.policy_at)?;
        miss(&judge, &shapes, case, document, stated)
    });
    found.collect()
}

/// Whether a statement is worth a closer look: not for everything, and not made by SAM from a list.
fn may_miss(stated: &Stated<'_>) -> bool {
    let Some(resources) = stated.statement.part("Resource").or(stated.statement.part("NotResource")) else {
        return false;
    };
    let values = match &resources.value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&resources.value),
    };
    let is_all = |text: &str| text == "*" || text == "execute-api:/*";
    let all =
        resources.key == "Resource" && values.iter().any(|value| value.value.as_text().is_some_and(is_all));
    stated.effect != Effect::Unknown && !all && !stated.is_made() && !values.is_empty()
}

fn miss(
    judge: &Judge<'_>,
    shapes: &[Shape],
    case: &Case,
    document: &PolicyDocument,
    stated: &Stated<'_>,
) -> Option<Miss> {
    let statement = document.statements.get(stated.at)?;
    let element = statement.resources.as_ref()?;
    let overlap = overlap(judge, shapes, document, statement.clone())?;
    let acts = Statement { resources: Some(everything(element)), ..statement.clone() };
    if overlap != Truth::No || self::overlap(judge, shapes, document, acts)? == Truth::No {
        return None;
    }
    let mut resources: Vec<Span> = element.values.iter().map(|value| value.span).collect();
    resources.dedup();
    let first = element.values.first()?.text.as_ref()?;
    let fits = |text: Text| {
        let value = SpannedText { text: Some(text), span: element.key_span };
        let element = Element { values: vec![value], negated: false, ..element.clone() };
        let changed = Statement { resources: Some(element), ..statement.clone() };
        self::overlap(judge, shapes, document, changed) == Some(Truth::Yes)
    };
    let (fault, written) = if element.negated {
        (Fault::LeftOut, None)
    } else {
        fault(&resource::expand(first, &judge.arn), &fits)
    };
    if fault == Fault::Stage && written.as_deref() == Some(TEST_STAGE) {
        return None;
    }
    let stage = case.stages.iter().find_map(|stage| stage.default_of.clone());
    Some(Miss {
        policy: stated.policy_at,
        statement: stated.at,
        effect: stated.effect,
        resources,
        fault,
        written,
        default_of: stage.filter(|_| matches!(fault, Fault::Stage | Fault::Several)),
    })
}

fn everything(element: &Element) -> Element {
    let value = SpannedText { text: Some(Text::from("*")), span: element.key_span };
    Element { values: vec![value], negated: false, ..element.clone() }
}

/// Whether a statement is about a call to any of the shapes.
fn overlap(
    judge: &Judge<'_>,
    shapes: &[Shape],
    document: &PolicyDocument,
    statement: Statement,
) -> Option<Truth> {
    let document = PolicyDocument {
        span: document.span,
        version: document.version.clone(),
        statements: vec![statement],
        problems: Vec::new(),
        unknown: Vec::new(),
    };
    let policy = Policy::new(&document, &judge.arn, &judge.names);
    policy.overlaps("execute-api:Invoke", shapes).into_iter().next()
}

/// The first part of a resource, its short form put behind the API's ARN, with which alone it would fit if it were
/// a wildcard; then what stands there.
fn fault(resource: &Text, fits: &dyn Fn(Text) -> bool) -> (Fault, Option<String>) {
    let text = |symbols: &[Symbol]| Text::of_symbols(symbols.to_vec()).literal();
    let fields = fields(resource.symbols());
    let is =
        |at: usize, wanted: &str| fields.get(at).and_then(|field| text(field)).as_deref() == Some(wanted);
    if is(0, "execute-api") {
        return (Fault::NoSlash, resource.literal());
    }
    if !is(0, "arn") || !is(2, "execute-api") || fields.len() < 6 {
        return (Fault::Form, resource.literal());
    }
    for (at, fault) in FIELDS {
        if fits(with(&fields, at, Symbol::of(':'))) {
            return (fault, fields.get(at).and_then(|field| text(field)));
        }
    }
    let call = fields.get(5).map(|call| segments(call)).unwrap_or_default();
    if call.len() < 4 && fits(resource.then(&Text::from("/*"))) {
        return (Fault::Short, None);
    }
    for (at, fault) in SEGMENTS {
        let changed = with(&call, at, Symbol::of('/'));
        let mut all: Vec<&[Symbol]> = fields.clone();
        if let Some(last) = all.last_mut() {
            *last = changed.symbols();
        }
        if at < call.len() && fits(joined(&all, Symbol::of(':'))) {
            let written = call.get(at).and_then(|segment| text(segment));
            let is_lower = |verb: &String| {
                !VERBS.contains(&verb.as_str()) && VERBS.contains(&verb.to_ascii_uppercase().as_str())
            };
            let fault = if fault == Fault::Method && written.as_ref().is_some_and(is_lower) {
                Fault::MethodCase
            } else {
                fault
            };
            let slash = if fault == Fault::Path { "/" } else { "" };
            return (fault, written.map(|text| format!("{slash}{text}")));
        }
    }
    (Fault::Several, None)
}

/// The parts of an ARN: five that end with a colon, and the rest.
fn fields(arn: &[Symbol]) -> Vec<&[Symbol]> {
    arn.splitn(6, |symbol| *symbol == Symbol::of(':')).collect()
}

/// API, stage, method and path, as far as they are there.
fn segments(call: &[Symbol]) -> Vec<&[Symbol]> {
    call.splitn(4, |symbol| *symbol == Symbol::of('/')).collect()
}

/// The parts with a wildcard in place of one of them.
fn with(parts: &[&[Symbol]], at: usize, separator: Symbol) -> Text {
    let star = [Symbol::of('*')];
    let changed: Vec<&[Symbol]> =
        parts.iter().enumerate().map(|(index, part)| if index == at { &star[..] } else { *part }).collect();
    joined(&changed, separator)
}

fn joined(parts: &[&[Symbol]], separator: Symbol) -> Text {
    let mut symbols = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            symbols.push(separator);
        }
        symbols.extend_from_slice(part);
    }
    Text::of_symbols(symbols)
}

/// All calls to the API: each known route, with each method that requests have where it takes any, on each stage.
fn shapes(case: &Case, judge: &mut Judge<'_>) -> Vec<Shape> {
    let slash = Text::from("/");
    let base = Shape::of(&judge.arn).text(&slash);
    let on = |name: Option<Text>| match name {
        Some(name) => base.clone().text(&name).text(&slash),
        None => base.clone().segment().text(&slash),
    };
    let mut stages: Vec<Shape> = case.stages.iter().map(|stage| on(judge.names.text(&stage.name))).collect();
    if stages.is_empty() {
        stages.push(on(None));
    }
    let mut shapes = Vec::new();
    for stage in stages {
        let verb = |verb: &str| stage.clone().text(&Text::from(verb));
        for method in &case.methods {
            let path = |shape: Shape| with_path(shape, &method.path);
            match method.method.as_str() {
                "*" => shapes.extend(VERBS.iter().map(|any| path(verb(any)))),
                one => shapes.push(path(verb(one))),
            }
        }
        if case.methods.is_empty() || case.methods_incomplete {
            shapes.extend(VERBS.iter().map(|any| verb(any).text(&slash).anything()));
        }
    }
    shapes
}
