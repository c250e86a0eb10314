//! Making APIs private: the type, the association and the allow-list in one, at the place that decides each.
//!
//! Offered only where the result is an API that exactly its own endpoints reach.

use std::collections::BTreeSet;

use crate::diagnostic::Applicability;
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case};
use crate::intent::{Intent, Posture};
use crate::rules::finding::Remedy;
use crate::rules::remedies::allow_list;
use crate::rules::remedies::offered::{Admitted, admitted};
use crate::rules::{Context, places, words};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Sourced, StepKind};

/// Keys of a template, of an API and of its properties that what is added stands behind.
const AFTER: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Parameters",
    "Type",
    "Condition",
    "DependsOn",
    "Name",
    "StageName",
    "EndpointConfiguration",
];

/// Keys that stand first where none of those is there.
const FIRST: &[&str] = &["Globals", "EndpointConfiguration", "Parameters", "Auth", "Policy"];

/// How SAM spells the key of the endpoint ids, the documented one first.
const SPELLINGS: [&str; 2] = ["VPCEndpointIds", "VpcEndpointIds"];

/// Where the properties of an API are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// On the resource.
    Resource,
    /// Under `Globals: Api`, for all APIs that SAM makes in the template.
    Globals,
}

impl Home {
    /// The change that merges entries below a property.
    pub fn merge(
        self,
        api: &Api,
        property: &[&str],
        entries: Vec<(String, Written)>,
        replaces: bool,
    ) -> (FileId, Change) {
        let base: &[&str] = match self {
            Home::Resource => &["Properties"],
            Home::Globals => &["Globals", "Api"],
        };
        let path = base.iter().chain(property).map(|&key| key.to_owned()).collect();
        let (file, within) = match self {
            Home::Resource => (api.id_span.file, Some(api.id_span)),
            Home::Globals => (api.file, None),
        };
        (file, Change::Merge { within, path, entries, replaces, after: AFTER, first: FIRST })
    }
}

/// An API and the cases in which it is public.
pub type Public<'run> = (&'run Api, Vec<&'run Case>);

/// Makes all of some APIs of one template private in the given cases, which are those in which they are public.
pub fn make_private(ctx: &Context<'_>, apis: &[Public<'_>]) -> Option<Remedy> {
    let mut changes: Vec<(FileId, Change)> = Vec::new();
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for (api, states) in apis {
        let one = of_api(ctx, api, states, apis)?;
        shown.extend(one.admitted.shown.iter().map(|text| format!("`{text}`")));
        changes.extend(one.changes);
    }
    let names: Vec<String> = apis.iter().map(|(api, _)| format!("`{}`", api.resource)).collect();
    let shown: Vec<String> = shown.into_iter().collect();
    let title = match apis {
        [_] => format!("make {} private: only {} may call it", words::list(&names), words::list(&shown)),
        _ => format!("make {} private: only {} may call them", words::list(&names), words::list(&shown)),
    };
    Some(Remedy::all(Applicability::Unsafe, title, changes).alone())
}

/// What one API takes.
struct Made {
    changes: Vec<(FileId, Change)>,
    admitted: Admitted,
}

fn of_api(ctx: &Context<'_>, api: &Api, states: &[&Case], all: &[Public<'_>]) -> Option<Made> {
    let (_, intent) = ctx.apis().find(|(known, _)| std::ptr::eq(*known, api))?;
    // A public domain in front of it would lead nowhere, and a public environment would be one no more.
    if api.kind != ApiKind::Rest || may_be_meant_public(intent) || has_domain(ctx, api) || api.incomplete {
        return None;
    }
    let public = api.cases.iter().filter(|case| case.endpoint_type.is_public() != Some(false));
    if public.count() != states.len() {
        return None;
    }
    let home = home(ctx, api, states, all)?;
    let admitted = admitted(ctx, api)?;
    let mut changes: Vec<_> = admitted.declaration(api.file).into_iter().collect();
    changes.extend(configuration(ctx, api, states, home, &admitted)?);
    changes.extend(allow_list::changes(ctx, api, states, home, &admitted)?);
    Some(Made { changes, admitted })
}

fn may_be_meant_public(intent: &Intent) -> bool {
    let stated = intent.in_environments.iter().map(|(_, posture)| *posture);
    stated.chain([intent.posture]).any(|posture| posture == Posture::Public)
}

fn has_domain(ctx: &Context<'_>, api: &Api) -> bool {
    let doors = api.custom_ways.iter().flat_map(|ways| &ways.doors);
    ctx.model.ways_to(api).next().is_some() || doors.into_iter().any(|state| !state.fact.doors.is_empty())
}

/// Where the configuration is to be written: in `Globals` if it stands there, or has to, and all that inherit it
/// become private by it.
fn home(ctx: &Context<'_>, api: &Api, states: &[&Case], all: &[Public<'_>]) -> Option<Home> {
    let inherited = |case: &Case| case.type_value.as_ref().is_some_and(places::is_from_globals);
    let implicit = api.origin == ApiOrigin::Implicit;
    if !implicit && !states.iter().any(|case| inherited(case)) {
        return Some(Home::Resource);
    }
    let sam = ctx
        .apis()
        .map(|(api, _)| api)
        .filter(|api| api.kind == ApiKind::Rest && api.origin != ApiOrigin::Written);
    let bare = |case: &Case| {
        (case.type_value.is_none() || inherited(case))
            && case.vpc_endpoint_ids.is_empty()
            && case.policies.is_empty()
    };
    let mut heirs = sam.map(|heir| {
        let among = all.iter().any(|(known, _)| std::ptr::eq(*known, heir));
        among && heir.cases.iter().all(bare) && !heir.refuses_auth
    });
    if heirs.all(|fits| fits) {
        return Some(Home::Globals);
    }
    (!implicit).then_some(Home::Resource)
}

/// Type and association.
fn configuration(
    ctx: &Context<'_>,
    api: &Api,
    states: &[&Case],
    home: Home,
    admitted: &Admitted,
) -> Option<Vec<(FileId, Change)>> {
    let mut changes = Vec::new();
    // What a parameter or a mapping gives is used as it is, and changed there.
    let mut used: Option<Span> = None;
    for case in states {
        let Some(value) = &case.type_value else { continue };
        if let Some(change) = at_origin(ctx, api, value)? {
            used = Some(value.span);
            changes.push(change);
        }
    }
    let given = used.filter(|_| home == Home::Resource || api.origin == ApiOrigin::Implicit);
    if used.is_some() && (given.is_none() || states.iter().any(|case| place(case) != used)) {
        return None;
    }
    let word = given.map_or_else(|| Written::text("PRIVATE"), Written::Copy);
    let type_ = match api.origin {
        ApiOrigin::Written => ("Types", Written::List(vec![word])),
        ApiOrigin::Sam | ApiOrigin::Implicit => ("Type", word),
    };
    let mut entries = vec![(type_.0.to_owned(), type_.1)];
    if states.iter().any(|case| case.vpc_endpoint_ids.is_empty()) {
        entries.push((ids_key(ctx, api, home)?.to_owned(), admitted.list()));
    }
    changes.push(home.merge(api, &["EndpointConfiguration"], entries, true));
    if api.origin == ApiOrigin::Written && states.iter().any(|case| case.configuration.import.is_some()) {
        // The import of a body knows only these.
        let entry = ("endpointConfigurationTypes".to_owned(), Written::text("PRIVATE"));
        changes.push(home.merge(api, &["Parameters"], vec![entry], false));
    }
    Some(changes)
}

/// The key of an association. SAM knows two spellings and refuses both together, so the one that is there is kept;
/// `None` where APIs that share the place have different ones.
pub fn ids_key(ctx: &Context<'_>, api: &Api, home: Home) -> Option<&'static str> {
    if api.origin == ApiOrigin::Written {
        return Some("VpcEndpointIds");
    }
    let is_here = |known: &Api| match home {
        Home::Resource => std::ptr::eq(known, api),
        Home::Globals => known.kind == ApiKind::Rest && known.origin != ApiOrigin::Written,
    };
    let cases = ctx.apis().map(|(known, _)| known).filter(|known| is_here(known)).flat_map(|api| &api.cases);
    let mut found = BTreeSet::new();
    for key in cases.filter_map(|case| case.configuration.ids_key) {
        let text = ctx.sources.get(key.file)?.text().get(key.range.as_usize())?;
        // A body of the user's has keys of its own.
        found.extend(SPELLINGS.into_iter().find(|known| text.trim_matches(['"', '\'']) == *known));
    }
    match found.len() {
        0 => Some(SPELLINGS[0]),
        1 => found.pop_first(),
        _ => None,
    }
}

fn place(case: &Case) -> Option<Span> {
    case.type_value.as_ref().map(|value| value.span)
}

/// The change where a parameter or a mapping gives the type: `Some(None)` for what is written in place, `None` for
/// what comes from elsewhere, or is given to an API that is meant to be public, too.
#[expect(clippy::option_option, reason = "what need not be changed is not what cannot be")]
fn at_origin(ctx: &Context<'_>, api: &Api, value: &Sourced) -> Option<Option<(FileId, Change)>> {
    let Some(step) = places::origin_step(value) else { return Some(None) };
    let origin = places::origin(value);
    let gives = |case: &Case| case.type_value.as_ref().is_some_and(|value| places::origin(value) == origin);
    let shared = ctx.apis().any(|(other, intent)| {
        let differs = may_be_meant_public(intent) || other.origin == ApiOrigin::Implicit;
        !std::ptr::eq(other, api) && differs && other.cases.iter().any(gives)
    });
    if shared || step.span.file != api.file {
        return None;
    }
    match &step.kind {
        StepKind::Default(name) | StepKind::Choice(name) => {
            Some(Some((api.file, only_value(name, "PRIVATE"))))
        }
        StepKind::MapEntry => {
            Some(Some((step.span.file, Change::Replace { at: step.span, with: Written::text("PRIVATE") })))
        }
        _ => None,
    }
}

/// Leaves one value to a parameter, which is then its default, too.
pub fn only_value(parameter: &str, value: &str) -> Change {
    let values = Written::List(vec![Written::text(value)]);
    let entries = [("Default", Written::text(value)), ("AllowedValues", values)];
    Change::Merge {
        within: None,
        path: vec!["Parameters".to_owned(), parameter.to_owned()],
        entries: entries.map(|(key, value)| (key.to_owned(), value)).to_vec(),
        replaces: false,
        after: &["Type", "Default"],
        first: &[],
    }
}
