//! Changes of resource policies: where a statement or a list may be changed, and statements to add.
//!
//! A policy that is text has one place only and is left alone. What a policy allows is not decided here.

use crate::exposure::conditions::{Stated, Tested, stated};
use crate::exposure::model::{Api, ApiOrigin, Case, EndpointType, Policy, PolicySource};
use crate::exposure::statements::value_at;
use crate::rules::Context;
use crate::rules::remedies::endpoints::{self, Wanted};
use crate::source::{FileId, Span};
use crate::syntax::edit::{Change, Written};
use crate::template::value::Value;

/// Every call to the API that the policy is attached to, also in a private domain's policy.
pub const ALL_CALLS: &str = "execute-api:/*";

/// The action of calling an API.
pub const INVOKE: &str = "execute-api:Invoke";

/// Whether the policy is text: all of it stands at one place.
pub fn is_text(policy: &Policy) -> bool {
    let all = crate::exposure::statements::statements(&policy.document);
    all.iter().any(|statement| statement.text.span == policy.document.span)
}

/// Whether every API whose policy holds the value at `place` in some case has what `fits` asks for there.
pub fn fits_everywhere(ctx: &Context<'_>, place: Span, fits: impl Fn(&Api, &Case) -> bool) -> bool {
    let holds = |case: &Case| {
        case.policies.iter().any(|policy| !is_text(policy) && value_at(&policy.document, place).is_some())
    };
    let mut all = ctx.model.apis.iter().flat_map(|api| api.cases.iter().map(move |case| (api, case)));
    all.all(|(api, case)| !holds(case) || fits(api, case))
}

/// Whether a value of the policy may be changed for the endpoints that `case` wants: wherever it counts the API is
/// private and wants the same ones.
pub fn is_for_same_endpoints(ctx: &Context<'_>, api: &Api, case: &Case, place: Span) -> bool {
    // A loop makes several APIs of one text.
    let name = ctx.sources.slice(api.id_span).trim_matches(['"', '\'']);
    let is_one = api.origin == ApiOrigin::Implicit || name == api.resource;
    let same = |other: &Case| {
        let (ours, theirs) = (&case.vpc_endpoint_ids, &other.vpc_endpoint_ids);
        ours.len() == theirs.len()
            && ours
                .iter()
                .zip(theirs)
                .all(|(one, two)| one.span == two.span && (is_one || one.value == two.value))
    };
    fits_everywhere(ctx, place, |other, its| {
        let alike = !case.vpc_endpoint_ids.is_empty() || other.resource == api.resource;
        its.endpoint_type == EndpointType::Private && same(its) && alike
    })
}

/// The name of the list that a test of SAM's comes from, where all of its values stand in that one list.
pub fn list_name<'run>(ctx: &Context<'run>, test: &Tested<'_>) -> Option<&'run str> {
    let list = test.written.key.value.span;
    let inside = |place: Span| {
        place.file == list.file && list.range.contains(place.range) && place.range != list.range
    };
    let name = ctx.sources.slice(test.key_span()).trim_matches(['"', '\'']);
    test.values().iter().all(|value| inside(value.span)).then_some(name)
}

/// Whether the values of a test stand in a list.
pub fn is_list(test: &Tested<'_>) -> bool {
    matches!(test.written.key.value.value, Value::List(_))
}

/// `{Effect: Deny, Principal: '*', Action: execute-api:Invoke, Resource: execute-api:/*, Condition: {operator: {key: values}}}`.
pub fn deny(operator: &str, key: &str, values: Written) -> Written {
    let tests = Written::Map(vec![(key.to_owned(), values)]);
    statement("Deny", vec![(operator.to_owned(), tests)])
}

/// A statement about every call of everybody.
pub fn statement(effect: &str, conditions: Vec<(String, Written)>) -> Written {
    let part = |name: &str, value: Written| (name.to_owned(), value);
    let mut parts = vec![
        part("Effect", Written::text(effect)),
        part("Principal", Written::text("*")),
        part("Action", Written::text(INVOKE)),
        part("Resource", Written::text(ALL_CALLS)),
    ];
    if !conditions.is_empty() {
        parts.push(part("Condition", Written::Map(conditions)));
    }
    Written::Map(parts)
}

/// A Deny for every call that does not come through one of these endpoints.
pub fn deny_others(wanted: &[Wanted<'_>]) -> Written {
    deny("StringNotEquals", "aws:SourceVpce", endpoints::values(wanted))
}

/// Where `Auth.ResourcePolicy` of a SAM API stands, below its logical id; `None` for one that events make, whose
/// settings others share.
fn sam_lists(api: &Api, name: &str, value: Written) -> Option<(FileId, Change)> {
    (api.origin == ApiOrigin::Sam).then_some(())?;
    let path = ["Properties", "Auth", "ResourcePolicy", name].map(str::to_owned).to_vec();
    Some((api.file, Change::SetIn { mapping: api.id_span, path, value, after: None }))
}

/// The statements of the only policy of a case that a person wrote, if the policy is no text.
fn written_statements(case: &Case) -> Option<(&Policy, Vec<Stated<'_>>)> {
    let [policy] = case.policies.as_slice() else { return None };
    (!is_text(policy)).then_some(())?;
    Some((policy, stated(case).into_iter().filter(|one| !one.is_made()).collect()))
}

/// Adds a statement to the only policy of a case, behind what is there. With the value of the policy that has to be
/// where the statement is wanted.
pub fn add_statement(api: &Api, case: &Case, statement: &Written) -> Option<(Span, (FileId, Change))> {
    let (policy, written) = written_statements(case)?;
    if let Some(last) = written.last() {
        let change = Change::Join { at: last.span(), item: statement.clone() };
        return Some((last.span(), (last.span().file, change)));
    }
    let change = sam_lists(api, "CustomStatements", Written::List(vec![statement.clone()]))?;
    Some((policy.document.span, change))
}

/// Lets nobody in but those who come through `wanted`: by SAM's list where its lists let in everybody already, else by
/// a statement. With the value of the policy that has to be where that is wanted.
pub fn keep_out_others(api: &Api, case: &Case, wanted: &[Wanted<'_>]) -> Option<(Span, (FileId, Change))> {
    let [policy] = case.policies.as_slice() else { return None };
    let by_lists =
        policy.from == PolicySource::Sam && stated(case).iter().any(|one| one.is_made() && lets_all_in(one));
    let has_list = stated(case).iter().any(|one| {
        one.is_made() && one.tests.iter().any(|test| test.admits_values(one.effect) == Some(true))
    });
    if by_lists && !has_list && !wanted.iter().any(|one| one.is_list) {
        let change = sam_lists(api, "IntrinsicVpceWhitelist", endpoints::list(wanted));
        if let Some(change) = change {
            return Some((policy.document.span, change));
        }
    }
    add_statement(api, case, &deny_others(wanted))
}

fn lets_all_in(one: &Stated<'_>) -> bool {
    let principal = one.statement.part("Principal").map(|part| &part.value.value);
    one.statement.has_effect("Allow") && matches!(principal, Some(Value::String(who)) if who == "*")
}
