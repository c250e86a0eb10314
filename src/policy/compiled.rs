//! A policy ready to be asked: patterns built once, equal condition tests shared.
//!
//! Resources written as `execute-api:/…` are put behind the API's ARN here, as API Gateway does when it
//! stores a policy.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::condition::{self, Clause};
use super::document::{Effect, PolicyDocument, SpannedText, Statement};
use super::keys::Form;
use super::operator::Test;
use super::pattern::Pattern;
use super::pieces::{self, Piece};
use super::request::{KeyValue, Request};
use super::resource;
use super::text::{Names, Symbol, Text};
use super::truth::{Judge, Truth};
use super::values;
use super::world::Domain;
use crate::source::Span;

/// A document compiled for one API.
#[derive(Debug)]
pub struct Policy<'a> {
    pub(super) document: &'a PolicyDocument,
    pub(super) names: &'a Names,
    pub(super) statements: Vec<Compiled<'a>>,
    clauses: Vec<Clause>,
}

/// Index of a condition test; equal tests of different statements have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClauseId(u32);

/// One compiled statement.
#[derive(Debug)]
pub(super) struct Compiled<'a> {
    pub(super) written: &'a Statement,
    /// Ids of the condition tests, in the order written.
    pub(super) clauses: Vec<ClauseId>,
    actions: Vec<Option<ActionPattern>>,
    pub(super) resources: Vec<ResourcePattern>,
}

#[derive(Debug)]
struct ActionPattern {
    service: Pattern,
    name: Pattern,
}

/// A `Resource` value.
#[derive(Debug)]
pub(super) enum ResourcePattern {
    Fixed(Pattern),
    Variable(Vec<Piece>),
    Unknown,
}

impl<'a> Policy<'a> {
    /// Compiles a document for the API with this ARN (`arn:…:execute-api:REGION:ACCOUNT:ID`, without a slash
    /// at the end). All texts of later questions must come from the same table of names.
    pub fn new(document: &'a PolicyDocument, api_arn: &Text, names: &'a Names) -> Self {
        let variables = document.has_variables();
        let mut tests = Clauses::default();
        let compile = |s: &'a Statement| {
            let clauses =
                s.conditions.iter().map(|test| tests.id(Clause::compile(test, variables))).collect();
            Compiled::new(s, clauses, api_arn, variables)
        };
        let statements = document.statements.iter().map(compile).collect();
        Self { document, names, statements, clauses: tests.list }
    }

    pub(super) fn clause(&self, id: ClauseId) -> &Clause {
        &self.clauses[id.0 as usize]
    }

    /// The keys that policy variables of conditions refer to, each once.
    pub(super) fn variable_keys(&self) -> BTreeSet<String> {
        self.clauses.iter().flat_map(Clause::variable_keys).collect()
    }

    /// The texts that the conditions compare a key, given in lower case, with, wildcards as written.
    pub fn constants(&self, key: &str) -> BTreeSet<Text> {
        let tests = self.document.statements.iter().flat_map(|s| &s.conditions);
        let values = tests.filter(|t| t.key_lower == key && t.operator.value.test != Test::Null);
        values.flat_map(|t| &t.values).filter_map(|v| v.text.clone()).collect()
    }

    /// A value of every kind of values of a key, given in lower case, that the conditions tell apart.
    pub fn values(&self, key: &str, form: &Form) -> Vec<KeyValue> {
        let clauses: Vec<&Clause> = self.clauses.iter().filter(|c| c.key == key).collect();
        let choices = values::choices(&Domain::Free(form.clone()), key, &clauses);
        choices.into_iter().filter_map(|choice| choice.value).collect()
    }

    /// The document.
    pub fn document(&self) -> &'a PolicyDocument {
        self.document
    }
}

#[derive(Default)]
struct Clauses {
    list: Vec<Clause>,
    index: FxHashMap<Clause, ClauseId>,
}

impl Clauses {
    fn id(&mut self, clause: Clause) -> ClauseId {
        if let Some(id) = self.index.get(&clause) {
            return *id;
        }
        let id = ClauseId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(clause.clone());
        self.index.insert(clause, id);
        id
    }
}

impl<'a> Compiled<'a> {
    fn new(written: &'a Statement, clauses: Vec<ClauseId>, api_arn: &Text, variables: bool) -> Self {
        let values = |element: Option<&'a super::document::Element>| -> &'a [SpannedText] {
            element.map_or(&[], |e| &e.values)
        };
        let actions =
            values(written.actions.as_ref()).iter().map(|v| v.text.as_ref().and_then(action_pattern));
        let resources = values(written.resources.as_ref()).iter().map(|v| match &v.text {
            Some(text) => resource_pattern(text, api_arn, variables),
            None => ResourcePattern::Unknown,
        });
        Self { written, clauses, actions: actions.collect(), resources: resources.collect() }
    }

    pub(super) fn effect(&self) -> Effect {
        self.written.effect.value
    }

    /// Whether the statement is about the action, and the position of the value that says so.
    pub(super) fn action(&self, action: &Action, judge: &Judge<'_>) -> (Truth, Option<usize>) {
        let Some(element) = &self.written.actions else { return (Truth::Unknown, None) };
        let (truth, at) = best(&self.actions, |pattern| match pattern {
            Some(pattern) => judge
                .rule(pattern.service.matches(&action.service, judge.names))
                .min(judge.rule(pattern.name.matches(&action.name, judge.names))),
            None => Truth::Unknown,
        });
        (truth.negated_if(element.negated), at)
    }

    /// Whether the statement is about the request's resource, and the position of the value that says so.
    pub(super) fn resource(&self, request: &Request, judge: &Judge<'_>) -> (Truth, Option<usize>) {
        let Some(element) = &self.written.resources else { return (Truth::Unknown, None) };
        let (truth, at) = best(&self.resources, |pattern| match pattern {
            ResourcePattern::Fixed(pattern) => judge.rule(pattern.matches(&request.resource, judge.names)),
            ResourcePattern::Variable(pieces) => match condition::filled_resource(pieces, request) {
                Ok(Some(pattern)) => judge.rule(pattern.matches(&request.resource, judge.names)),
                Ok(None) => Truth::No,
                Err(()) => Truth::Unknown,
            },
            ResourcePattern::Unknown => Truth::Unknown,
        });
        (truth.negated_if(element.negated), at)
    }

    /// Whether the statement is about a resource, when no context is known: policy variables are unknown.
    /// `starts` says how much of the text each pattern is known to start with.
    pub(super) fn resource_alone(&self, resource: &Text, starts: &[usize], judge: &Judge<'_>) -> Truth {
        let Some(element) = &self.written.resources else { return Truth::Unknown };
        let mut starts = starts.iter().copied();
        let (truth, _) = best(&self.resources, |pattern| match (pattern, starts.next().unwrap_or(0)) {
            (ResourcePattern::Fixed(pattern), known) => {
                judge.rule(pattern.matches_from(known, resource, judge.names))
            }
            (ResourcePattern::Variable(_) | ResourcePattern::Unknown, _) => Truth::Unknown,
        });
        truth.negated_if(element.negated)
    }

    /// The text of a condition test that decides: the value at `at`, else the only value, else the key.
    pub(super) fn clause_span(&self, index: usize, at: Option<usize>) -> Span {
        let Some(test) = self.written.conditions.get(index) else { return self.written.span };
        match (at.and_then(|at| test.values.get(at)), test.values.as_slice()) {
            (Some(value), _) | (None, [value]) => value.span,
            (None, _) => test.key.span,
        }
    }
}

fn best<T>(values: &[T], mut truth: impl FnMut(&T) -> Truth) -> (Truth, Option<usize>) {
    let mut best = (Truth::No, None);
    for (at, value) in values.iter().enumerate() {
        let truth = truth(value);
        if truth > best.0 {
            best = (truth, Some(at));
        }
        if truth == Truth::Yes {
            break;
        }
    }
    best
}

/// An action such as `execute-api:Invoke`, in lower case, as letter case does not matter in actions.
pub(super) struct Action {
    service: Text,
    name: Text,
}

impl Action {
    pub(super) fn new(action: &str) -> Self {
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        let lower = |text: &str| Text::of_symbols(text.chars().map(|c| Symbol::of(c).lower()).collect());
        Self { service: lower(service), name: lower(name) }
    }
}

/// `None` when a name may hold the colon that ends the service.
fn action_pattern(text: &Text) -> Option<ActionPattern> {
    if text.is("*") {
        let all = pieces::glob(&[Piece::Wild('*')], false);
        return Some(ActionPattern { service: all.clone(), name: all });
    }
    let mut service = text.symbols().iter().take_while(|symbol| **symbol != Symbol::of(':'));
    if service.any(|symbol| symbol.is_name()) {
        return None;
    }
    let lower = Text::of_symbols(text.symbols().iter().map(|s| s.lower()).collect());
    let pieces = pieces::cut(&lower, false);
    let colon = Piece::Letter(Symbol::of(':'));
    let mut parts = pieces.splitn(2, |p| *p == colon);
    let (service, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Some(ActionPattern { service: pieces::equality(service, false), name: pieces::glob(name, false) })
}

fn resource_pattern(text: &Text, api_arn: &Text, variables: bool) -> ResourcePattern {
    if text.is("*") {
        return ResourcePattern::Fixed(pieces::glob(&[Piece::Wild('*')], false));
    }
    let text = resource::expand(text, api_arn);
    let pieces = pieces::cut(&text, variables);
    if pieces::has_variable(&pieces) {
        return ResourcePattern::Variable(pieces);
    }
    ResourcePattern::Fixed(pieces::resource(&pieces))
}
