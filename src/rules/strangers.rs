//! Whether a caller that nobody names gets into a private API, and by which text.
//!
//! Facts that several rules tell; what is said about them is each rule's.

use crate::exposure::model::{Api, ApiOrigin, Caller, CallerClass, Case, Decision, EndpointType};
use crate::exposure::reasons::{Because, Met};

/// The caller through an endpoint in a VPC and account that nobody names.
pub fn stranger(case: &Case) -> Option<&Caller> {
    if case.endpoint_type != EndpointType::Private || case.policies.is_empty() {
        return None;
    }
    case.callers.iter().find(|caller| caller.class == CallerClass::AnyOtherEndpoint)
}

/// Whether strangers get in somewhere: unsigned, or signed by an account that is not the API's.
pub fn is_open(case: &Case) -> bool {
    stranger(case).is_some_and(gets_in)
}

fn gets_in(caller: &Caller) -> bool {
    let passes = |decision: Decision| matches!(decision, Decision::Allow | Decision::Depends);
    // Where it depends on who signs, a stranger is not whom the policy means.
    let mut refusals = caller.because.iter().filter(|because| because.refuses());
    let signed = match caller.foreign {
        Decision::Allow => true,
        Decision::Depends => !refusals.any(Because::is_about_signer),
        Decision::Deny | Decision::Unknown => false,
    };
    passes(caller.unsigned) || signed
}

/// The reasons for which a stranger is let in (or refused).
pub fn reasons(case: &Case, let_in: bool) -> impl Iterator<Item = &Because> {
    let all = stranger(case).into_iter().flat_map(|caller| &caller.because);
    all.filter(move |because| because.lets_in == Some(let_in))
}

/// Why a statement refuses strangers for the way they come, where it covers less than is allowed; it has a place of
/// its own for what it covers.
pub fn narrow_deny(case: &Case) -> Option<&Because> {
    let about_way = |because: &&Because| {
        because.met == Met::Denied && because.part.asks_for_vpc() && because.resources.is_some()
    };
    // Where a stranger also gets in by the very same route, something else than the resources tells them apart.
    let elsewhere = |because: &&Because| {
        let place = |one: &Because| (one.witness.route.clone(), one.witness.stage.clone());
        reasons(case, true).all(|open| place(open) != place(because))
    };
    reasons(case, false).filter(about_way).find(elsewhere)
}

/// Whether strangers get in on SAM's extra stage only, which no statement names: SAM writes the statements for the
/// stage that was asked for, and what they do not name is left to an authorizer or to the signer's account.
pub fn only_on_stray_stage(api: &Api, case: &Case) -> bool {
    let mut let_in = reasons(case, true).peekable();
    api.origin != ApiOrigin::Written
        && let_in.peek().is_some()
        && let_in.all(|because| because.statement.is_none() && is_on_stray_stage(case, because))
}

/// Whether a reason is about a call to a stage that only a deployment makes.
pub fn is_on_stray_stage(case: &Case, because: &Because) -> bool {
    let Some(stage) = &because.witness.stage else { return false };
    case.stages.iter().any(|known| known.from_deployment && known.name == *stage)
}
