//! Policy documents with the place of every part.
//!
//! Reading keeps whatever can be read, lists what is wrong as [`Problem`]s and what cannot be known as
//! [`Unknown`]s; it judges nothing. JSON texts are turned into the same values first ([`super::json`]).

use super::json;
use super::operator::Operator;
use super::statement;
use super::text::{Names, Text};
use crate::source::{Span, Spanned};
use crate::template::value::{Member, Sourced, Value};

/// Elements of a document, besides those of its statements (IAM guide, "Grammar of the IAM JSON policy language").
pub const DOCUMENT_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

/// Elements of a statement (the same page).
pub const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// A resource policy or another IAM policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The whole document.
    pub span: Span,
    /// `Version` as written, when it is known text.
    pub version: Option<Spanned<String>>,
    /// The statements in order.
    pub statements: Vec<Statement>,
    /// What is wrong with the document, in the order of the text.
    pub problems: Vec<Problem>,
    /// Parts of the document outside any statement that cannot be known; with any of them no answer is
    /// certain but an explicit deny.
    pub unknown: Vec<Unknown>,
}

/// A part that cannot be known, and why, as a phrase for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The text that hides it.
    pub span: Span,
    /// The reason.
    pub reason: String,
}

/// Something wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The offending text; for something missing the statement or the document.
    pub span: Span,
    /// Position of the statement, from 0; `None` for the document as a whole.
    pub statement: Option<usize>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What can be wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The policy is text but no JSON; the parser's words.
    NotJson(String),
    /// The policy is no object.
    NotAnObject,
    /// No `Version`: IAM takes 2008-10-17, without policy variables.
    MissingVersion,
    /// A `Version` that IAM does not know.
    UnknownVersion(String),
    /// No `Statement`.
    MissingStatement,
    /// A statement that is no object.
    StatementNotAnObject,
    /// A statement without `Effect`.
    MissingEffect,
    /// An `Effect` other than `Allow` and `Deny`.
    WrongEffect(String),
    /// A statement without the element and its `Not…` form: `Principal`, `Action` or `Resource`.
    Missing(&'static str),
    /// A statement with both the element and its `Not…` form.
    Both(&'static str),
    /// A `Principal` that is neither `*` nor an object of known kinds.
    WrongPrincipal,
    /// A `Condition`, or an operator in it, that is no object.
    WrongCondition,
    /// An operator that IAM does not have.
    UnknownOperator(String),
    /// A key of the document or a statement that IAM does not have.
    UnknownElement(String),
    /// An object, list or null where text is wanted.
    WrongValue,
    /// A value that its operator cannot read: no number, date, address block, boolean or base64.
    WrongConstant(String),
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The whole statement.
    pub span: Span,
    /// `Sid`, when it is known text.
    pub sid: Option<Spanned<String>>,
    /// Allow, deny, or not known; without an `Effect` the span is the statement's.
    pub effect: Spanned<Effect>,
    /// `Principal` or `NotPrincipal`; `None` when missing or unreadable (then `unknown` says so).
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`; `None` as above.
    pub actions: Option<Element>,
    /// `Resource` or `NotResource`; `None` as above.
    pub resources: Option<Element>,
    /// The condition tests, all of which must hold.
    pub conditions: Vec<ConditionTest>,
    /// What of the statement cannot be known: it then never certainly matches.
    pub unknown: Vec<Unknown>,
}

/// What a matching statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
    /// Missing, wrong or not known: it may be either.
    Unknown,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The key.
    pub key_span: Span,
    /// Whether it is the `Not…` form.
    pub negated: bool,
    /// The values, any of which may match.
    pub values: Vec<SpannedText>,
}

/// A text and its place; `None` when the text cannot be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpannedText {
    /// The text.
    pub text: Option<Text>,
    /// Where it stands.
    pub span: Span,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalElement {
    /// The key.
    pub key_span: Span,
    /// The value.
    pub span: Span,
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// The principals, any of which may match; `"*"` is one of kind AWS.
    pub values: Vec<PrincipalValue>,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalValue {
    /// Whether it stands under `AWS` (or is the bare `"*"`); the other kinds are compared as they are.
    pub is_aws: bool,
    /// The principal.
    pub value: SpannedText,
}

/// One operator applied to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionTest {
    /// The operator, at its key.
    pub operator: Spanned<Operator>,
    /// The condition key as written.
    pub key: Spanned<String>,
    /// The condition key in lower case, as keys are compared.
    pub key_lower: String,
    /// The values, any of which may match.
    pub values: Vec<SpannedText>,
}

impl PolicyDocument {
    /// Reads a document from a resolved value: an object, or JSON text (also with named parts).
    pub fn parse(policy: &Sourced, names: &mut Names) -> Self {
        let mut reader = Reader { names, statement: None, problems: Vec::new(), unknown: Vec::new() };
        let (version, statements) = match json::read_if_text(policy) {
            json::Reading::AsIs => reader.document(policy),
            json::Reading::Read(value) => reader.document(&value),
            json::Reading::NotJson(error) => {
                reader.problem(policy.span, ProblemKind::NotJson(error));
                reader.hide(policy.span, "the policy is not JSON");
                (None, Vec::new())
            }
            json::Reading::Unknown(reason) => {
                reader.hide(policy.span, &reason);
                (None, Vec::new())
            }
        };
        let Reader { problems, unknown, .. } = reader;
        Self { span: policy.span, version, statements, problems, unknown }
    }

    /// The value of a policy that is written as JSON text, at the place of the whole text; `None` for a policy
    /// that is no text or no JSON.
    pub fn written_as_text(policy: &Sourced) -> Option<Sourced> {
        match json::read_if_text(policy) {
            json::Reading::Read(value) => Some(value),
            json::Reading::AsIs | json::Reading::NotJson(_) | json::Reading::Unknown(_) => None,
        }
    }

    /// Whether `${…}` means a policy variable: only in Version 2012-10-17.
    pub fn has_variables(&self) -> bool {
        self.version.as_ref().is_some_and(|v| v.value == "2012-10-17")
    }
}

/// Collects problems and unknown parts while a document is read.
pub(super) struct Reader<'n> {
    pub(super) names: &'n mut Names,
    /// Position of the statement that is being read.
    statement: Option<usize>,
    problems: Vec<Problem>,
    unknown: Vec<Unknown>,
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, span: Span, kind: ProblemKind) {
        self.problems.push(Problem { span, statement: self.statement, kind });
    }

    fn hide(&mut self, span: Span, reason: &str) {
        self.unknown.push(Unknown { span, reason: reason.to_owned() });
    }

    fn document(&mut self, policy: &Sourced) -> (Option<Spanned<String>>, Vec<Statement>) {
        let members = match &policy.value {
            Value::Map(members) => members,
            Value::Unknown(reason) => {
                self.hide(policy.span, reason);
                return (None, Vec::new());
            }
            Value::Named(_) => {
                self.hide(policy.span, "only AWS knows the policy");
                return (None, Vec::new());
            }
            _ => {
                self.problem(policy.span, ProblemKind::NotAnObject);
                self.hide(policy.span, "the policy is not an object");
                return (None, Vec::new());
            }
        };
        if let Some(member) = members.iter().find(|member| is_transform(member)) {
            self.hide(member.key_span, "a transform writes part of the policy");
            return (None, Vec::new());
        }
        for member in members {
            if !DOCUMENT_ELEMENTS.contains(&member.key.as_str()) {
                self.problem(member.key_span, ProblemKind::UnknownElement(member.key.clone()));
            }
        }
        let version = self.version(policy.span, find(members, "Version"));
        let statements = match find(members, "Statement") {
            Some(member) => self.statements(&member.value),
            None => {
                self.problem(policy.span, ProblemKind::MissingStatement);
                self.hide(policy.span, "the policy has no Statement");
                Vec::new()
            }
        };
        (version, statements)
    }

    fn version(&mut self, document: Span, member: Option<&Member>) -> Option<Spanned<String>> {
        let Some(Member { value, .. }) = member else {
            self.problem(document, ProblemKind::MissingVersion);
            return None;
        };
        let Some(text) = self.names.text(&value.value).and_then(|t| t.literal()) else {
            self.hide(value.span, "the policy's Version is not known");
            return None;
        };
        if text != "2012-10-17" && text != "2008-10-17" {
            self.problem(value.span, ProblemKind::UnknownVersion(text.clone()));
        }
        Some(Spanned { value: text, span: value.span })
    }

    fn statements(&mut self, value: &Sourced) -> Vec<Statement> {
        let items = match &value.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(value),
        };
        let mut read = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            self.statement = Some(at);
            read.push(statement::read(self, item));
        }
        self.statement = None;
        read
    }
}

/// The member with this key, unless its value is `AWS::NoValue`.
pub(super) fn find<'m>(members: &'m [Member], key: &str) -> Option<&'m Member> {
    members.iter().find(|m| m.key == key && m.value.value != Value::Absent)
}

/// Whether a key is a transform, such as `AWS::Include`, which puts other keys in its place.
pub(super) fn is_transform(member: &Member) -> bool {
    member.key == "Fn::Transform"
}
