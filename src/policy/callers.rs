//! The callers of a world: one of each kind that the principals of a policy tell apart.
//!
//! Only who signs is worked out here; the keys that follow from it are put on the request.

use std::rc::Rc;

use super::compiled::{Action, Compiled, Policy};
use super::document::Effect;
use super::keys::Form;
use super::principal::{self, How};
use super::request::{KeyValue, Request};
use super::text::{Symbol, Text};
use super::truth::{Judge, Truth};
use super::world::{Domain, Signing, World};

/// One kind of caller.
pub(super) struct Caller {
    /// A request with the signer, and with every key that this caller has in one way only.
    pub(super) request: Rc<Request>,
    /// What a caller of this kind may have in `aws:PrincipalArn`, where the world leaves it open.
    pub(super) arn: Option<Domain>,
    /// Whether such a caller certainly exists in the world.
    pub(super) certain: bool,
    /// By statement: whether its principal and action let the caller in.
    pub(super) base: Vec<Truth>,
}

/// The kinds of callers, the one that no statement names last.
pub(super) fn callers(policy: &Policy<'_>, world: &World, judge: &Judge<'_>) -> Vec<Caller> {
    let mut found: Vec<Caller> = Vec::new();
    let action = Action::new(&world.action);
    for (principal, stranger, certain) in candidates(policy, &world.signing, judge) {
        let mut request = Request::new(&world.action, Text::default());
        request.principal = principal;
        request.is_stranger = stranger;
        let base: Vec<Truth> = policy.statements.iter().map(|s| base(s, &request, &action, judge)).collect();
        let arn = arn_domain(request.principal.as_ref(), stranger);
        let account = request.principal.as_ref().and_then(principal::account_in);
        if let (Signing::Foreign(_), Some(account)) = (&world.signing, account) {
            request = request.with("aws:principalaccount", KeyValue::Is(account));
        }
        found.push(Caller { request: Rc::new(request), arn, certain, base });
    }
    found
}

fn base(statement: &Compiled<'_>, request: &Request, action: &Action, judge: &Judge<'_>) -> Truth {
    let written = statement.written;
    let doubt = !written.unknown.is_empty() || written.effect.value == Effect::Unknown;
    let how = written.principal.as_ref().map_or(How::Unknown, |element| {
        principal::matches(element, request.principal.as_ref(), request.is_stranger, judge).0
    });
    let (action, _) = statement.action(action, judge);
    let truth = how.truth().min(action);
    if doubt { truth.min(Truth::Unknown) } else { truth }
}

/// Signers with whether they are strangers and whether they certainly belong to the world.
fn candidates(policy: &Policy<'_>, signing: &Signing, judge: &Judge<'_>) -> Vec<(Option<Text>, bool, bool)> {
    let (account, foreign) = match signing {
        Signing::Unsigned => return vec![(None, false, true)],
        Signing::Principal(arn) => return vec![(Some(arn.clone()), false, true)],
        Signing::Account(account) => (account, false),
        Signing::Foreign(account) => (account, true),
    };
    let mut found: Vec<(Option<Text>, bool, bool)> = Vec::new();
    let mut add = |text: Text, stranger: bool, certain: bool| {
        if !found.iter().any(|(known, _, _)| known.as_ref() == Some(&text)) {
            found.push((Some(text), stranger, certain));
        }
    };
    let elements = policy.statements.iter().filter_map(|s| s.written.principal.as_ref());
    for value in elements.flat_map(|e| &e.values).filter(|v| v.is_aws) {
        let Some(text) = &value.value.text else { continue };
        if let (Some(name), None) = (text.single_name(), principal::account_of(text, judge)) {
            // The ARN of something the stack makes is in the stack's account.
            let own = !judge.names.is_filled_in(name);
            if !(own && foreign) {
                add(text.clone(), false, own);
            }
            continue;
        }
        let Some(named) = account_named(text, judge) else { continue };
        let own =
            if named.as_slice() == account.symbols() { Truth::Yes } else { same(&named, account, judge) };
        let belongs = own.negated_if(foreign);
        if belongs == Truth::No {
            continue;
        }
        let certain = belongs == Truth::Yes;
        let named = Text::of_symbols(named);
        if principal::account_of(text, judge).is_none() {
            add(text.clone(), false, certain);
        }
        add(user_of(&named), true, certain);
    }
    if !foreign {
        add(user_of(account), true, true);
        return found;
    }
    for other in accounts_in_conditions(policy) {
        match same(other.symbols(), account, judge) {
            Truth::Yes => {}
            Truth::No => add(user_of(&other), true, true),
            Truth::Unknown => add(user_of(&other), true, false),
        }
    }
    let literal = account.literal().unwrap_or_default();
    let other = ["999999999999", "888888888888"].iter().find(|a| **a != literal).copied();
    add(user_of(&Text::from(other.unwrap_or_default())), true, true);
    found
}

/// An account of every kind that conditions on the caller's account or ARN tell apart.
fn accounts_in_conditions(policy: &Policy<'_>) -> Vec<Text> {
    const ACCOUNT: &str = "aws:principalaccount";
    let values = policy.values(ACCOUNT, &Form::of_key(ACCOUNT)).into_iter();
    let texts = values.filter_map(|value| match value {
        KeyValue::Is(text) | KeyValue::Unnamed(text) | KeyValue::Stranger(text) => Some(text),
        KeyValue::Several(_) | KeyValue::Unknown(_) => None,
    });
    let arns = policy.constants("aws:principalarn");
    let of_arns = arns.iter().filter_map(|arn| match principal::split(arn).as_slice() {
        [_, _, _, _, account, _] => account_like(account),
        _ => None,
    });
    texts.chain(of_arns).collect()
}

/// An account that the fifth part of an ARN pattern matches; `None` when it holds no digit.
fn account_like(part: &[Symbol]) -> Option<Text> {
    if part.iter().any(|s| s.is_name()) {
        return Some(Text::of_symbols(part.to_vec()));
    }
    let text = Text::of_symbols(part.to_vec()).literal()?;
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let missing = 12_usize.saturating_sub(text.chars().filter(|c| *c != '*').count());
    let filled = text.replacen('*', &"0".repeat(missing), 1).replace('*', "").replace('?', "0");
    Some(Text::from(filled.as_str()))
}

/// The account of a principal that a policy names: its own digits, or the fifth part of its ARN.
fn account_named(text: &Text, judge: &Judge<'_>) -> Option<Vec<Symbol>> {
    if let Some(account) = principal::account_of(text, judge) {
        return Some(account.to_vec());
    }
    match principal::split(text).as_slice() {
        [_, _, _, _, account, _] => Some(account.to_vec()),
        _ => None,
    }
}

fn same(account: &[Symbol], other: &Text, judge: &Judge<'_>) -> Truth {
    let pattern = super::pattern::Pattern::exactly(&Text::of_symbols(account.to_vec()));
    match pattern.matches(other, judge.names) {
        crate::template::value::Same::Yes => Truth::Yes,
        crate::template::value::Same::No => Truth::No,
        _ => Truth::Unknown,
    }
}

/// A user that no policy names.
fn user_of(account: &Text) -> Text {
    Text::from("arn:aws:iam::").then(account).then(&Text::from(":user/somebody-nobody-names"))
}

/// `aws:PrincipalArn` of a signer: its own ARN, the role's for a session; any of the account's for a stranger.
fn arn_domain(principal: Option<&Text>, stranger: bool) -> Option<Domain> {
    let principal = principal?;
    let parts = principal::split(principal);
    let [arn, partition, service, region, account, resource] = parts.as_slice() else {
        return Some(Domain::Is(principal.clone()));
    };
    let join = |parts: &[&[Symbol]]| Text::of_symbols(parts.join(&Symbol::of(':')));
    if stranger {
        let start = join(&[arn, partition, service, region, account, &[]]);
        return Some(Domain::Free(Form::starting_with(&start)));
    }
    let resource = Text::of_symbols(resource.to_vec());
    let Some(session) = resource.literal().filter(|r| r.starts_with("assumed-role/")) else {
        return Some(Domain::Is(principal.clone()));
    };
    let role = session.split('/').nth(1).unwrap_or_default();
    let role = Text::from(format!("role/{role}").as_str());
    let iam = Text::from("iam");
    Some(Domain::Is(join(&[arn, partition, iam.symbols(), region, account, role.symbols()])))
}
