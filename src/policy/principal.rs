//! Whether a caller is one of a statement's principals.
//!
//! After "AWS JSON policy elements: Principal": `*`, accounts (also as `…:root`), and ARNs; a role's ARN also
//! covers its sessions. Wildcards inside an ARN are not allowed there.

use super::document::{PrincipalElement, PrincipalValue};
use super::pattern::Pattern;
use super::text::{Symbol, Text};
use super::truth::{Judge, Truth};
use crate::template::value::{Name, Same};

/// How a caller is among the principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum How {
    No,
    /// It depends on what is not known.
    Unknown,
    /// Only by its account, which then decides with its own policies.
    Account,
    /// Itself.
    Exact,
}

impl How {
    pub(super) fn truth(self) -> Truth {
        match self {
            Self::No => Truth::No,
            Self::Unknown => Truth::Unknown,
            Self::Account | Self::Exact => Truth::Yes,
        }
    }
}

/// Whether the caller (`None` for an unsigned one) satisfies the element, and which value says so.
pub(super) fn matches(
    element: &PrincipalElement,
    caller: Option<&Text>,
    stranger: bool,
    judge: &Judge<'_>,
) -> (How, Option<usize>) {
    let (how, at) = listed(&element.values, caller, stranger, judge);
    if !element.negated {
        return (how, at);
    }
    let how = match how {
        How::No => How::Exact,
        How::Unknown => How::Unknown,
        How::Account | How::Exact => How::No,
    };
    (how, at)
}

fn listed(
    values: &[PrincipalValue],
    caller: Option<&Text>,
    stranger: bool,
    judge: &Judge<'_>,
) -> (How, Option<usize>) {
    let mut best = (How::No, None);
    for (at, value) in values.iter().enumerate() {
        let how = one(value, caller, stranger, judge);
        if how > best.0 {
            best = (how, Some(at));
        }
        if how == How::Exact {
            break;
        }
    }
    best
}

fn one(value: &PrincipalValue, caller: Option<&Text>, stranger: bool, judge: &Judge<'_>) -> How {
    let Some(text) = &value.value.text else { return How::Unknown };
    if value.is_aws && text.is("*") {
        return How::Exact;
    }
    let Some(caller) = caller else {
        // What a person fills in may be `*`.
        let open = value.is_aws && text.single_name().is_some_and(|name| judge.names.is_filled_in(name));
        return if open && !is_account(text, judge) { How::Unknown } else { How::No };
    };
    if !value.is_aws {
        return exact(text, caller, stranger, judge);
    }
    let caller_parts = split(caller);
    let caller_account = if caller.starts_with("arn:") { caller_parts.get(4).copied() } else { None };
    if let Some(account) = account_of(text, judge) {
        return match caller_account.map(|own| same(account, own, judge)) {
            Some(Truth::Yes) => How::Account,
            Some(Truth::Unknown) => How::Unknown,
            Some(Truth::No) | None => How::No,
        };
    }
    exact(text, caller, stranger, judge).max(session(text, &caller_parts, judge))
}

fn exact(text: &Text, caller: &Text, stranger: bool, judge: &Judge<'_>) -> How {
    if stranger {
        let open = text.single_name().is_some_and(|name| judge.names.is_filled_in(name));
        let same = if open { Same::Unknown } else { Same::No };
        return how(judge.rule(same));
    }
    how(same(text.symbols(), caller.symbols(), judge))
}

fn how(truth: Truth) -> How {
    match truth {
        Truth::Yes => How::Exact,
        Truth::Unknown => How::Unknown,
        Truth::No => How::No,
    }
}

fn same(left: &[Symbol], right: &[Symbol], judge: &Judge<'_>) -> Truth {
    if left == right {
        return Truth::Yes;
    }
    let (left, right) = (Text::of_symbols(left.to_vec()), Text::of_symbols(right.to_vec()));
    judge.rule(Pattern::exactly(&left).matches(&right, judge.names))
}

/// The account that a principal value names: twelve digits, `AWS::AccountId`, or the root of an account.
pub(super) fn account_of<'t>(text: &'t Text, judge: &Judge<'_>) -> Option<&'t [Symbol]> {
    if is_account(text, judge) {
        return Some(text.symbols());
    }
    match split(text).as_slice() {
        [arn, _, service, [], account, resource]
            if is(arn, "arn") && is(service, "iam") && is(resource, "root") && is_account_part(account) =>
        {
            Some(account)
        }
        _ => None,
    }
}

fn is_account(text: &Text, judge: &Judge<'_>) -> bool {
    let pseudo = || {
        let name = text.single_name().and_then(|s| judge.names.name(s));
        name.is_some_and(|n| matches!(&**n, Name::Pseudo { name, .. } if name == "AWS::AccountId"))
    };
    is_digits(text.symbols()) || pseudo()
}

fn is_account_part(part: &[Symbol]) -> bool {
    is_digits(part) || matches!(part, [only] if only.is_name())
}

fn is_digits(part: &[Symbol]) -> bool {
    part.len() == 12 && part.iter().all(|s| s.character().is_some_and(|c| c.is_ascii_digit()))
}

fn is(part: &[Symbol], characters: &str) -> bool {
    characters.chars().map(Symbol::of).eq(part.iter().copied())
}

/// The text split at its first five colons.
pub(super) fn split(text: &Text) -> Vec<&[Symbol]> {
    text.symbols().splitn(6, |s| *s == Symbol::of(':')).collect()
}

/// The account in a principal's ARN; `None` for what is no ARN.
pub(super) fn account_in(principal: &Text) -> Option<Text> {
    match split(principal).as_slice() {
        [_, _, _, _, account, _] => Some(Text::of_symbols(account.to_vec())),
        _ => None,
    }
}

/// A role `arn:P:iam::A:role/PATH/NAME` covers the sessions `arn:P:sts::A:assumed-role/NAME/…`.
fn session(role: &Text, caller: &[&[Symbol]], judge: &Judge<'_>) -> How {
    let [_, partition, service, [], account, resource] = caller else { return How::No };
    let mut parts = resource.splitn(3, |s| *s == Symbol::of('/'));
    let (Some(kind), Some(name), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return How::No;
    };
    if !is(service, "sts") || !is(kind, "assumed-role") {
        return How::No;
    }
    match split(role).as_slice() {
        [_, role_partition, service, [], role_account, role_resource]
            if is(service, "iam") && Text::of_symbols(role_resource.to_vec()).starts_with("role/") =>
        {
            let last = role_resource.rsplit(|s| *s == Symbol::of('/')).next().unwrap_or_default();
            let pairs = [(*partition, *role_partition), (*account, *role_account), (name, last)];
            how(pairs.iter().map(|(a, b)| same(a, b, judge)).min().unwrap_or(Truth::No))
        }
        _ => How::No,
    }
}
