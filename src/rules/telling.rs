//! Why a policy lets a call in or keeps it out, in words: phrases for the deciding text, and example calls.
//!
//! Chooses words for facts; nothing is decided here.

use crate::diagnostic::Label;
use crate::exposure::model::{Caller, CallerClass};
use crate::exposure::reasons::{Because, Met, Part, PolicyOf, Signer, Witness};
use crate::rules::words;
use crate::template::value::Value;

/// A label on the text that decides, and one on the statement that allows where that is another text.
pub fn labels(because: &Because) -> Vec<Label> {
    let (deciding, allows) = match (because.met, &because.spared) {
        (Met::Allowed, Some(spared)) => (Label::new(spared.span, "spares the call"), Some(because.effect)),
        _ => (Label::new(because.span, phrase(because)), None),
    };
    let allows = allows.flatten().filter(|span| *span != deciding.span);
    let effect = because.effect.filter(|span| *span != deciding.span && because.met == Met::Denied);
    let allows = allows.map(|span| Label::new(span, "allows it"));
    let effect = effect.filter(|_| !because.made).map(|span| Label::new(span, "denies it"));
    std::iter::once(deciding).chain(allows).chain(effect).collect()
}

/// What the deciding text does with the call, a phrase.
pub fn phrase(because: &Because) -> String {
    match because.met {
        Met::Denied if because.part == Part::Effect => "denies the call".to_owned(),
        Met::Denied => format!("denied: {}", cause(because)),
        Met::Allowed => "allows the call".to_owned(),
        Met::Silent if because.lets_in == Some(true) => "denies nothing that matches the call".to_owned(),
        Met::Silent => cause(because),
        Met::Unknown => "not known before deployment".to_owned(),
    }
}

/// Why the deciding part holds or fails, a phrase.
pub fn cause(because: &Because) -> String {
    let denied = because.met == Met::Denied;
    match &because.part {
        Part::Condition { key, missing: true, .. } => format!("the call has no `{key}`"),
        Part::Condition { key, negated, .. } if *negated == denied => {
            format!("the call has another `{key}`")
        }
        Part::Condition { key, negated: true, .. } => format!("the call's `{key}` is among these"),
        Part::Condition { key, .. } => format!("the call's `{key}` matches"),
        Part::Principal if denied => "the principal includes the caller".to_owned(),
        Part::Principal if because.witness.signer == Signer::Nobody => {
            "the principal is somebody who signs, and the call is unsigned".to_owned()
        }
        Part::Principal => "the principal is not the caller".to_owned(),
        Part::Action if denied => "the action includes calling".to_owned(),
        Part::Action => "the action is not `execute-api:Invoke`".to_owned(),
        Part::Resource if denied => "the resource covers the route".to_owned(),
        Part::Resource => "the resource does not cover the route".to_owned(),
        Part::Effect if denied => "nothing narrows it".to_owned(),
        Part::Effect | Part::Unknown => "nothing here allows the call".to_owned(),
    }
}

/// What the policy does, as a sentence.
pub fn sentence(because: &Because) -> String {
    let statement = statement(because);
    match because.met {
        Met::Denied if because.part == Part::Effect => format!("{statement} denies the call."),
        Met::Denied => format!("{statement} denies the call: {}.", cause(because)),
        Met::Allowed => match &because.spared {
            Some(_) if because.made => {
                format!("{statement} allows the call, and the one that denies others spares it.")
            }
            Some(spared) => format!(
                "{statement} allows the call, and statement {}, which denies others, spares it.",
                spared.statement + 1
            ),
            None => format!("{statement} allows the call, and none denies it."),
        },
        Met::Silent if because.lets_in == Some(true) => {
            format!("no statement of {} denies the call.", policy(because.policy))
        }
        Met::Silent if because.statement.is_none() => {
            format!("no statement of {} allows the call.", policy(because.policy))
        }
        Met::Silent => {
            let (policy, cause) = (policy(because.policy), cause(because));
            let nearest = match because.statement {
                Some(at) if !because.made => format!("statement {}, the nearest", at + 1),
                _ => "the nearest".to_owned(),
            };
            format!("no statement of {policy} allows the call: in {nearest}, {cause}.")
        }
        Met::Unknown => {
            let doubt = because.doubt.as_deref().unwrap_or("the policy cannot be known");
            format!("{} cannot be worked out before deployment: {doubt}.", policy(because.policy))
        }
    }
}

/// A statement, as the subject of a sentence.
fn statement(because: &Because) -> String {
    match because.statement {
        _ if because.made => "the statement that SAM writes for this list".to_owned(),
        Some(at) if because.policy == PolicyOf::Api => format!("statement {} of the policy", at + 1),
        Some(at) => format!("statement {} of {}", at + 1, policy(because.policy)),
        None => policy(because.policy).to_owned(),
    }
}

/// A policy, as part of a sentence.
pub fn policy(of: PolicyOf) -> &'static str {
    match of {
        PolicyOf::Api => "the policy",
        PolicyOf::Endpoint => "the VPC endpoint's policy",
        PolicyOf::Domain => "the custom domain's policy",
    }
}

/// An example of a caller's calls that is let in (or refused): `an unsigned call to GET /entities, through …`.
pub fn example(caller: &Caller, let_in: bool) -> Option<String> {
    let mut found = caller.because.iter().filter(|because| because.lets_in == Some(let_in));
    let witness = &found.next()?.witness;
    let way = way(&caller.class);
    let verb = if let_in { "is let in" } else { "is refused" };
    Some(format!("for example, {} {way} {verb}", call(witness)))
}

/// A call: who signs it, and to which route on which stage.
pub fn call(witness: &Witness) -> String {
    let route = witness.route.as_ref().map(|(method, path)| {
        let stage = witness.stage.as_ref().map_or_else(String::new, stage);
        format!(" to {}{stage}", words::method_and_path(method, path))
    });
    let route = route.unwrap_or_default();
    match witness.signer {
        Signer::Nobody => format!("an unsigned call{route}"),
        Signer::OwnAccount => format!("a call{route} signed by the API's account"),
        Signer::OtherAccount => format!("a call{route} signed by another account"),
        Signer::Given => format!("a call{route} signed by that principal"),
    }
}

/// On which stage, as the rest of a phrase; a parameter's name is not the stage's.
fn stage(stage: &Value) -> String {
    match (stage, words::value(stage)) {
        (_, None) => String::new(),
        (Value::Named(_), Some(name)) => format!(" on the stage that {name} names"),
        (_, Some(name)) => format!(" on stage {name}"),
    }
}

/// A condition key in the usual spelling.
pub fn key_name(lower: &str) -> &str {
    const USUAL: [&str; 16] = [
        "aws:SourceVpce",
        "aws:SourceVpc",
        "aws:VpcSourceIp",
        "aws:SourceIp",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalType",
        "aws:SecureTransport",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:UserAgent",
        "aws:Referer",
        "aws:userid",
        "aws:username",
    ];
    USUAL.iter().find(|usual| usual.eq_ignore_ascii_case(lower)).copied().unwrap_or(lower)
}

/// Which way a caller's calls come.
pub fn way(class: &CallerClass) -> String {
    let named = |value| words::value(value);
    match class {
        CallerClass::Internet => "from the internet".to_owned(),
        CallerClass::AnyOtherEndpoint => "through an endpoint of any other account".to_owned(),
        CallerClass::Endpoint(value) => {
            named(value).map_or_else(|| "through an endpoint".to_owned(), |name| format!("through {name}"))
        }
        CallerClass::Vpc(value) => named(value).map_or_else(
            || "through another endpoint of that VPC".to_owned(),
            |name| format!("through another endpoint in {name}"),
        ),
    }
}
