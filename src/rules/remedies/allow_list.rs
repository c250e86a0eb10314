//! What lets endpoints into a private API and keeps everybody else out: the changes that write it.
//!
//! A policy that is there stays; it is extended where it would let strangers in, and nothing is offered where it
//! would keep the endpoint out.

use crate::exposure::conditions::{About, stated};
use crate::exposure::model::{Api, ApiOrigin, Auth, Caller, CallerClass, Case, Decision, NamedBy};
use crate::rules::Context;
use crate::rules::remedies::offered::Admitted;
use crate::rules::remedies::policies;
use crate::rules::remedies::private::Home;
use crate::source::FileId;
use crate::syntax::edit::{Change, Written};

/// Changes after which the policy of an API lets these endpoints in and no others, in the given cases of it; `None`
/// where that cannot be told.
pub fn changes(
    ctx: &Context<'_>,
    api: &Api,
    states: &[&Case],
    home: Home,
    admitted: &Admitted,
) -> Option<Vec<(FileId, Change)>> {
    if states.iter().any(|case| case.hidden_policy.is_some()) {
        return None;
    }
    let (without, with): (Vec<&Case>, Vec<&Case>) = states.iter().partition(|case| case.policies.is_empty());
    if with.is_empty() {
        return Some(vec![written(api, &without, home, admitted)?]);
    }
    let mut found = Vec::new();
    for case in with {
        found.extend(kept(ctx, api, case, admitted)?);
    }
    for case in without {
        // Somewhere else the same text is a policy.
        let at = case.absent_policy.filter(|_| api.origin == ApiOrigin::Written)?;
        found.push((at.file, Change::Replace { at, with: document(admitted) }));
    }
    Some(found)
}

/// The change that writes the whole of it.
pub fn written(api: &Api, states: &[&Case], home: Home, admitted: &Admitted) -> Option<(FileId, Change)> {
    let elsewhere = api.cases.iter().any(|case| !case.policies.is_empty());
    if api.origin == ApiOrigin::Written || api.refuses_auth {
        let mut absent = states.iter().filter_map(|case| case.absent_policy);
        return match (elsewhere, absent.next()) {
            (true, Some(at)) if absent.all(|other| other == at) && api.origin == ApiOrigin::Written => {
                Some((at.file, Change::Replace { at, with: document(admitted) }))
            }
            (true, _) => None,
            (false, _) if home == Home::Globals => None,
            (false, _) => {
                let Written::Map(entries) = document(admitted) else { return None };
                Some(home.merge(api, &["Policy"], entries, true))
            }
        };
    }
    let (key, value) = match elsewhere {
        true => return None,
        false if states.iter().all(|case| lists_do(case)) && !admitted.is_list => {
            let key = if admitted.is_literal { "SourceVpcWhitelist" } else { "IntrinsicVpceWhitelist" };
            (key, admitted.list())
        }
        false => ("CustomStatements", Written::List(vec![allow(), deny(admitted)])),
    };
    Some(home.merge(api, &["Auth", "ResourcePolicy"], vec![(key.to_owned(), value)], false))
}

/// Whether SAM's lists keep everybody else out: they are about each path that SAM knows, on the stage that was asked
/// for, and the policy is silent on the one that SAM adds.
fn lists_do(case: &Case) -> bool {
    let stray = case.stages.iter().any(|stage| stage.from_deployment);
    let silent_is_no = |auth: Auth| matches!(auth, Auth::None | Auth::Cognito);
    !case.methods.is_empty() && (!stray || case.methods.iter().all(|method| silent_is_no(method.auth)))
}

/// What has to be added to the policies of a case.
fn kept(ctx: &Context<'_>, api: &Api, case: &Case, admitted: &Admitted) -> Option<Vec<(FileId, Change)>> {
    let callers = if case.callers_if_private.is_empty() { &case.callers } else { &case.callers_if_private };
    let [policy] = case.policies.as_slice() else { return None };
    let all = stated(case);
    // Calls through an endpoint have another address.
    if !policy.problems.is_empty()
        || all.iter().flat_map(|one| &one.tests).any(|test| test.about == About::Address)
    {
        return None;
    }
    let strangers = callers.iter().find(|caller| caller.class == CallerClass::AnyOtherEndpoint)?;
    let undecided =
        |caller: &Caller| [caller.decision, caller.unsigned, caller.foreign].contains(&Decision::Unknown);
    let mut endpoints = callers.iter().filter(|caller| {
        let named = caller.named_by.iter().any(|by| matches!(by, NamedBy::Policy | NamedBy::Association));
        named && caller.class != CallerClass::AnyOtherEndpoint
    });
    if undecided(strangers) || endpoints.clone().any(undecided) {
        return None;
    }
    if strangers.unsigned == Decision::Deny && strangers.foreign == Decision::Deny {
        let passes = |caller: &Caller| caller.decision != Decision::Deny;
        let named = endpoints.clone().next().is_some();
        let enters = if named {
            endpoints.all(|caller| matches!(caller.class, CallerClass::Endpoint(_)) && passes(caller))
        } else {
            passes(strangers)
        };
        return enters.then(Vec::new);
    }
    if endpoints.any(|caller| caller.decision == Decision::Deny) {
        return None;
    }
    Some(vec![extended(ctx, api, case, admitted)?])
}

/// A statement more that keeps everybody else out, unless another API has the same text for a policy.
fn extended(ctx: &Context<'_>, api: &Api, case: &Case, admitted: &Admitted) -> Option<(FileId, Change)> {
    let (place, change) = policies::add_statement(api, case, &deny(admitted))?;
    let ours = |other: &Api| other.file == api.file && other.id_span == api.id_span;
    policies::fits_everywhere(ctx, place, |other, _| ours(other)).then_some(change)
}

/// A policy that lets these endpoints in and nobody else.
pub fn document(admitted: &Admitted) -> Written {
    Written::Map(vec![
        ("Version".to_owned(), Written::text("2012-10-17")),
        ("Statement".to_owned(), Written::List(vec![allow(), deny(admitted)])),
    ])
}

fn allow() -> Written {
    policies::statement("Allow", Vec::new())
}

/// The statement that refuses calls through any other endpoint.
pub fn deny(admitted: &Admitted) -> Written {
    policies::deny("StringNotEquals", "aws:SourceVpce", admitted.value())
}
