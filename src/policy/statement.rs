//! Reading one statement of a policy document.
//!
//! It keeps what can be read and notes the rest as a problem, an unknown part, or both; it judges nothing.

use super::condition::read_constant;
use super::document::{
    ConditionTest, Effect, Element, PrincipalElement, PrincipalValue, ProblemKind, Reader,
    STATEMENT_ELEMENTS, SpannedText, Statement, Unknown, find, is_transform,
};
use super::operator::Operator;
use super::text::Text;
use crate::source::{Span, Spanned};
use crate::template::value::{Member, Sourced, Value};

const PRINCIPAL_KINDS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

/// Reads a statement.
pub(super) fn read(reader: &mut Reader<'_>, value: &Sourced) -> Statement {
    let mut statement = Statement {
        span: value.span,
        sid: None,
        effect: Spanned { value: Effect::Unknown, span: value.span },
        principal: None,
        actions: None,
        resources: None,
        conditions: Vec::new(),
        unknown: Vec::new(),
    };
    let members = match &value.value {
        Value::Map(members) => members,
        Value::Unknown(reason) => {
            hide(&mut statement, value.span, reason);
            return statement;
        }
        Value::Named(_) => {
            hide(&mut statement, value.span, "only AWS knows the statement");
            return statement;
        }
        _ => {
            reader.problem(value.span, ProblemKind::StatementNotAnObject);
            hide(&mut statement, value.span, "the statement is not an object");
            return statement;
        }
    };
    if let Some(member) = members.iter().find(|member| is_transform(member)) {
        hide(&mut statement, member.key_span, "a transform writes part of the statement");
        return statement;
    }
    for member in members {
        if !STATEMENT_ELEMENTS.contains(&member.key.as_str()) {
            reader.problem(member.key_span, ProblemKind::UnknownElement(member.key.clone()));
            hide(&mut statement, member.key_span, "the statement has an element that IAM does not have");
        }
    }
    read_members(reader, members, &mut statement);
    statement
}

fn hide(statement: &mut Statement, span: Span, reason: &str) {
    statement.unknown.push(Unknown { span, reason: reason.to_owned() });
}

fn read_members(reader: &mut Reader<'_>, members: &[Member], statement: &mut Statement) {
    statement.sid = find(members, "Sid").and_then(|m| {
        let text = reader.names.text(&m.value.value)?.literal()?;
        Some(Spanned { value: text, span: m.value.span })
    });
    effect(reader, find(members, "Effect"), statement);
    if let Some((member, negated)) = one_of(reader, members, ["Principal", "NotPrincipal"], statement) {
        principal(reader, member, negated, statement);
    }
    if let Some((member, negated)) = one_of(reader, members, ["Action", "NotAction"], statement) {
        statement.actions = Some(element(reader, member, negated));
    }
    if let Some((member, negated)) = one_of(reader, members, ["Resource", "NotResource"], statement) {
        statement.resources = Some(element(reader, member, negated));
    }
    if let Some(member) = find(members, "Condition") {
        conditions(reader, &member.value, statement);
    }
}

fn effect(reader: &mut Reader<'_>, member: Option<&Member>, statement: &mut Statement) {
    let Some(Member { value, .. }) = member else {
        reader.problem(statement.span, ProblemKind::MissingEffect);
        return;
    };
    statement.effect.span = value.span;
    match reader.names.text(&value.value).map(|t| t.literal()) {
        Some(Some(text)) if text == "Allow" => statement.effect.value = Effect::Allow,
        Some(Some(text)) if text == "Deny" => statement.effect.value = Effect::Deny,
        Some(Some(text)) => reader.problem(value.span, ProblemKind::WrongEffect(text)),
        Some(None) => {}
        None if matches!(value.value, Value::Unknown(_)) => {}
        None => reader.problem(value.span, ProblemKind::WrongValue),
    }
}

/// The member that is present of an element and its negation; a problem when none or both are.
fn one_of<'m>(
    reader: &mut Reader<'_>,
    members: &'m [Member],
    [plain, negated]: [&'static str; 2],
    statement: &mut Statement,
) -> Option<(&'m Member, bool)> {
    match (find(members, plain), find(members, negated)) {
        (Some(member), None) => Some((member, false)),
        (None, Some(member)) => Some((member, true)),
        (None, None) => {
            reader.problem(statement.span, ProblemKind::Missing(plain));
            let span = statement.span;
            hide(statement, span, &format!("the statement has no {plain}"));
            None
        }
        (Some(_), Some(second)) => {
            reader.problem(second.key_span, ProblemKind::Both(plain));
            hide(statement, second.key_span, &format!("the statement has both {plain} and {negated}"));
            None
        }
    }
}

fn element(reader: &mut Reader<'_>, member: &Member, negated: bool) -> Element {
    Element { key_span: member.key_span, negated, values: texts(reader, &member.value) }
}

/// The texts of a scalar or a list of scalars.
fn texts(reader: &mut Reader<'_>, value: &Sourced) -> Vec<SpannedText> {
    match &value.value {
        Value::List(items) => items.iter().map(|item| text(reader, item)).collect(),
        _ => vec![text(reader, value)],
    }
}

fn text(reader: &mut Reader<'_>, value: &Sourced) -> SpannedText {
    let text = reader.names.text(&value.value);
    if text.is_none() && !matches!(value.value, Value::Unknown(_)) {
        reader.problem(value.span, ProblemKind::WrongValue);
    }
    SpannedText { text, span: value.span }
}

fn principal(reader: &mut Reader<'_>, member: &Member, negated: bool, statement: &mut Statement) {
    let value = &member.value;
    let mut values = Vec::new();
    match &value.value {
        Value::Map(kinds) => {
            for kind in kinds {
                if !PRINCIPAL_KINDS.contains(&kind.key.as_str()) {
                    reader.problem(kind.key_span, ProblemKind::WrongPrincipal);
                    hide(statement, kind.key_span, "a kind of principal that IAM does not have");
                }
                let is_aws = kind.key == "AWS";
                values.extend(
                    texts(reader, &kind.value).into_iter().map(|value| PrincipalValue { is_aws, value }),
                );
            }
        }
        Value::Unknown(reason) => hide(statement, value.span, reason),
        Value::Named(_) | Value::Text(_) => hide(statement, value.span, "only AWS knows the principal"),
        Value::String(text) if text == "*" => {
            values.push(PrincipalValue { is_aws: true, value: self::text(reader, value) });
        }
        _ => {
            reader.problem(value.span, ProblemKind::WrongPrincipal);
            hide(statement, value.span, "the principal is neither * nor an object");
        }
    }
    statement.principal =
        Some(PrincipalElement { key_span: member.key_span, span: value.span, negated, values });
}

fn conditions(reader: &mut Reader<'_>, value: &Sourced, statement: &mut Statement) {
    match &value.value {
        Value::Map(operators) => {
            for operator in operators {
                one_operator(reader, operator, statement);
            }
        }
        Value::Null => {}
        Value::Unknown(reason) => hide(statement, value.span, reason),
        Value::Named(_) => hide(statement, value.span, "only AWS knows the condition"),
        _ => {
            reader.problem(value.span, ProblemKind::WrongCondition);
            hide(statement, value.span, "the condition is not an object");
        }
    }
}

fn one_operator(reader: &mut Reader<'_>, member: &Member, statement: &mut Statement) {
    if is_transform(member) {
        hide(statement, member.key_span, "a transform writes part of the conditions");
        return;
    }
    let Some(operator) = Operator::parse(&member.key) else {
        reader.problem(member.key_span, ProblemKind::UnknownOperator(member.key.clone()));
        hide(statement, member.key_span, &format!("{} is no condition operator", member.key));
        return;
    };
    let operator = Spanned { value: operator, span: member.key_span };
    match &member.value.value {
        Value::Map(keys) => {
            for key in keys.iter().filter(|k| k.value.value != Value::Absent) {
                let values = texts(reader, &key.value);
                check_constants(reader, operator.value, &values);
                statement.conditions.push(ConditionTest {
                    operator: operator.clone(),
                    key: Spanned { value: key.key.clone(), span: key.key_span },
                    key_lower: key.key.to_lowercase(),
                    values,
                });
            }
        }
        Value::Unknown(reason) => hide(statement, member.value.span, reason),
        Value::Named(_) => hide(statement, member.value.span, "only AWS knows the condition"),
        _ => {
            reader.problem(member.value.span, ProblemKind::WrongCondition);
            hide(statement, member.value.span, "the operator's tests are not an object");
        }
    }
}

/// Notes the values that the operator cannot read.
fn check_constants(reader: &mut Reader<'_>, operator: Operator, values: &[SpannedText]) {
    for value in values {
        let Some(literal) = value.text.as_ref().and_then(Text::literal) else { continue };
        if !operator.test.takes_variables() && read_constant(operator.test, &literal).is_none() {
            reader.problem(value.span, ProblemKind::WrongConstant(literal));
        }
    }
}
