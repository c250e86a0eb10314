//! What a private API lacks: an association, a policy.
//!
//! Not offered where the same text is about a case in which the API is public.

use crate::diagnostic::Applicability;
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case};
use crate::rules::finding::Remedy;
use crate::rules::remedies::allow_list;
use crate::rules::remedies::offered::{Admitted, admitted};
use crate::rules::remedies::private::{Home, Public, ids_key};
use crate::rules::{Context, places, words};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};

/// Associates APIs with their endpoints in the given cases, in which they are private and have no association.
pub fn associate(ctx: &Context<'_>, apis: &[Public<'_>]) -> Option<Remedy> {
    let mut changes: Vec<(FileId, Change)> = Vec::new();
    let mut shown: Vec<String> = Vec::new();
    for (api, states) in apis {
        let admitted = admitted(ctx, api)?;
        let own = association(ctx, api, states, apis, &admitted)?;
        changes.extend(own.into_iter().chain(admitted.declaration(api.file)));
        let own = admitted.shown.iter().map(|text| format!("`{text}`"));
        shown.extend(own.filter(|text| !shown.contains(text)).collect::<Vec<_>>());
    }
    let names: Vec<String> = apis.iter().map(|(api, _)| format!("`{}`", api.resource)).collect();
    let title = format!("associate {} with {}", words::list(&names), words::list(&shown));
    Some(Remedy::all(Applicability::Unsafe, title, changes).alone())
}

fn association(
    ctx: &Context<'_>,
    api: &Api,
    states: &[&Case],
    all: &[Public<'_>],
    admitted: &Admitted,
) -> Option<Vec<(FileId, Change)>> {
    let (first, others) = states.split_first()?;
    if may_be_public(api) {
        let at = first.association.as_ref()?.span;
        let here = |case: &Case| case.association.as_ref().is_some_and(|value| value.span == at);
        let apart = api.cases.iter().all(|case| case.endpoint_type.is_public() == Some(false) || !here(case));
        let alone = apart && others.iter().all(|case| here(case));
        return alone.then(|| vec![(at.file, Change::Replace { at, with: admitted.list() })]);
    }
    let place = first.type_value.as_ref()?;
    if others.iter().any(|case| case.type_value.as_ref().is_none_or(|value| value.span != place.span)) {
        return None;
    }
    let home = home(ctx, api, first, all)?;
    // What the resource inherits it says again: a map does not join a word.
    let again = home == Home::Resource && places::is_from_globals(place);
    let word = match places::origin_step(place) {
        None if again => Written::text("PRIVATE"),
        Some(_) if again => return None,
        _ => Written::Copy(place.span),
    };
    let type_ = match api.origin {
        ApiOrigin::Written => ("Types", Written::List(vec![word])),
        ApiOrigin::Sam | ApiOrigin::Implicit => ("Type", word),
    };
    let entries = [type_, (ids_key(ctx, api, home)?, admitted.list())];
    let entries = entries.map(|(key, value)| (key.to_owned(), value)).to_vec();
    Some(vec![home.merge(api, &["EndpointConfiguration"], entries, true)])
}

fn may_be_public(api: &Api) -> bool {
    api.cases.iter().any(|case| case.endpoint_type.is_public() != Some(false))
}

/// `Globals` where the type stands there and no API inherits it that has endpoints of its own.
fn home(ctx: &Context<'_>, api: &Api, case: &Case, all: &[Public<'_>]) -> Option<Home> {
    let inherits = case.type_value.as_ref().is_some_and(places::is_from_globals);
    let mut heirs = sam_apis(ctx);
    let shared = heirs.all(|heir| all.iter().any(|(known, _)| std::ptr::eq(*known, heir)));
    match (inherits, shared) {
        (true, true) => Some(Home::Globals),
        _ if api.origin == ApiOrigin::Implicit => None,
        _ => Some(Home::Resource),
    }
}

fn sam_apis<'run>(ctx: &Context<'run>) -> impl Iterator<Item = &'run Api> + use<'run> {
    let is_sam = |api: &&Api| api.kind == ApiKind::Rest && api.origin != ApiOrigin::Written;
    ctx.apis().map(|(api, _)| api).filter(is_sam)
}

/// Writes the policy of a private API that has none in the given cases.
pub fn let_in(ctx: &Context<'_>, api: &Api, states: &[&Case]) -> Option<Remedy> {
    let home = match api.origin {
        ApiOrigin::Implicit if sam_apis(ctx).count() > 1 => return None,
        ApiOrigin::Implicit => Home::Globals,
        ApiOrigin::Written | ApiOrigin::Sam => Home::Resource,
    };
    let admitted = admitted(ctx, api)?;
    let change = if may_be_public(api) {
        let at = only_here(api, states)?;
        (at.file, Change::Replace { at, with: allow_list::document(&admitted) })
    } else {
        allow_list::written(api, states, home, &admitted)?
    };
    let mut changes = vec![change];
    changes.extend(admitted.declaration(api.file));
    let shown: Vec<String> = admitted.shown.iter().map(|text| format!("`{text}`")).collect();
    let title = format!("let only {} call `{}`", words::list(&shown), api.resource);
    Some(Remedy::all(Applicability::Unsafe, title, changes).alone())
}

/// The place of a written policy that comes to nothing in these cases and stands for no others.
fn only_here(api: &Api, states: &[&Case]) -> Option<Span> {
    let at = states.first()?.absent_policy.filter(|_| api.origin == ApiOrigin::Written)?;
    let here = |case: &Case| case.absent_policy == Some(at);
    let apart = api.cases.iter().all(|case| case.endpoint_type.is_public() == Some(false) || !here(case));
    (apart && states.iter().all(|case| here(case))).then_some(at)
}
