//! `unapproved-vpc-endpoint`: a way into an API that nobody approved: an endpoint, VPC, account or organisation
//! outside of the lists in the policy file.
//!
//! Whether an approved endpoint can reach the API is another question. What is not known is not said.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{Api, ApiKind, Case};
use crate::exposure::statements::{Condition, Statement, statements};
use crate::glob::Glob;
use crate::intent::stated::Approved;
use crate::policy::operator::Operator;
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::occurrence;
use crate::rules::{Context, places, words};
use crate::template::value::{Name, Sourced, StepKind, Value};

/// What an entry is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Endpoint,
    Vpc,
    Account,
    Organisation,
}

/// Condition keys whose values let somebody in (API Gateway guide, "AWS condition keys that can be used in API
/// Gateway resource policies"; IAM guide, "AWS global condition context keys").
const KEYS: [(&str, Kind); 8] = [
    ("aws:SourceVpce", Kind::Endpoint),
    ("aws:SourceVpc", Kind::Vpc),
    ("aws:PrincipalAccount", Kind::Account),
    ("aws:SourceAccount", Kind::Account),
    ("aws:VpceAccount", Kind::Account),
    ("aws:PrincipalOrgID", Kind::Organisation),
    ("aws:SourceOrgID", Kind::Organisation),
    ("aws:VpceOrgID", Kind::Organisation),
];

/// Reports each entry of an association, allow-list or condition that is on no list.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let approved = &ctx.options.approved;
    if *approved == Approved::default() {
        return;
    }
    for (api, _) in ctx.apis().filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none()) {
        let first = findings.len();
        for (entry, kind) in api.cases.iter().flat_map(entries) {
            let place = places::origin(entry);
            let is_new = findings.iter().skip(first).all(|known| known.diagnostic.primary.span != place);
            if is_new && is_unapproved(ctx, entry, kind) {
                findings.push(finding(ctx, api, entry, kind));
            }
        }
    }
}

/// What lets somebody in, in one case.
fn entries(case: &Case) -> impl Iterator<Item = (&Sourced, Kind)> {
    let associated = case.vpc_endpoint_ids.iter().map(|entry| (entry, Kind::Endpoint));
    let all = case.policies.iter().flat_map(|policy| statements(&policy.document));
    associated.chain(all.flat_map(let_in))
}

/// Values that a statement names to let in: those it allows, and those it does not deny.
fn let_in(statement: Statement<'_>) -> Vec<(&Sourced, Kind)> {
    let allows = statement.has_effect("Allow");
    let admits = |condition: &Condition<'_>| {
        Operator::parse(&condition.operator.key).is_some_and(|operator| operator.negated != allows)
    };
    if !allows && !statement.has_effect("Deny") {
        return Vec::new();
    }
    let conditions = statement.conditions().into_iter().filter(admits);
    conditions
        .flat_map(|condition| {
            let kind = KEYS.iter().find(|(key, _)| condition.is_on(key)).map(|(_, kind)| *kind);
            condition.values().iter().filter_map(move |value| Some((value, kind?))).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether nobody approved an associated endpoint, as far as that is known.
pub(super) fn is_unapproved_endpoint(ctx: &Context<'_>, endpoint: &Sourced) -> bool {
    is_unapproved(ctx, endpoint, Kind::Endpoint)
}

/// Whether nobody approved an entry, as far as that is known.
fn is_unapproved(ctx: &Context<'_>, entry: &Sourced, kind: Kind) -> bool {
    is_on_no_list(&ctx.options.approved, entry, kind) || is_in_strange_account(ctx, entry, kind)
}

/// Whether an entry is known and on none of the lists that are about it.
fn is_on_no_list(approved: &Approved, entry: &Sourced, kind: Kind) -> bool {
    let own = match kind {
        Kind::Endpoint | Kind::Vpc if !approved.is_about_endpoints() => return false,
        Kind::Endpoint => &approved.vpc_endpoints,
        Kind::Vpc => &approved.vpcs,
        Kind::Account if approved.accounts.is_empty() => return false,
        Kind::Account => &approved.accounts,
        Kind::Organisation if approved.organisations.is_empty() => return false,
        Kind::Organisation => &approved.organisations,
    };
    let names = |globs: &[Glob], name: &str| globs.iter().any(|glob| glob.matches_name(name));
    let by_parameter = entry.via.iter().any(|step| match &step.kind {
        StepKind::Default(name)
        | StepKind::Choice(name)
        | StepKind::Bound(name)
        | StepKind::Given(name)
        | StepKind::Stored(name) => names(&approved.parameters, name),
        StepKind::Export(name) => names(&approved.exports, name),
        // Its whole name is not known, so neither is whether it is approved.
        StepKind::ExportByPattern(_) => !approved.exports.is_empty(),
        _ => false,
    });
    if by_parameter {
        return false;
    }
    match &entry.value {
        Value::String(text) => match dynamic_path(text) {
            Some(path) => !approved.ssm.iter().any(|glob| glob.matches_path(path)),
            None => !names(own, text),
        },
        Value::Named(name) => match &**name {
            Name::Parameter { name, .. } => !names(&approved.parameters, name),
            Name::Import(name) => name.as_text().is_some_and(|name| !names(&approved.exports, name)),
            Name::Dynamic(text) => dynamic_path(text)
                .is_some_and(|path| !approved.ssm.iter().any(|glob| glob.matches_path(path))),
            // What the run itself declares is judged by its account; what is computed is not known.
            Name::Resource { .. } | Name::Attribute { .. } | Name::Pseudo { .. } | Name::Function { .. } => {
                false
            }
        },
        Value::Absent
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Unknown(_) => false,
    }
}

/// Whether an entry is an endpoint that these templates declare, in an account that is known and not approved.
fn is_in_strange_account(ctx: &Context<'_>, entry: &Sourced, kind: Kind) -> bool {
    let approved = &ctx.options.approved;
    if kind != Kind::Endpoint || !approved.is_about_endpoints() || approved.accounts.is_empty() {
        return false;
    }
    let declared = ctx.model.endpoints.iter().filter(|endpoint| endpoint.name == entry.value);
    let mut accounts = declared.filter_map(|endpoint| endpoint.account.as_deref());
    accounts.any(|account| !approved.accounts.iter().any(|glob| glob.matches_name(account)))
}

/// The parameter's name in `{{resolve:ssm:NAME:VERSION}}`.
fn dynamic_path(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{resolve:ssm:")?.strip_suffix("}}")?;
    Some(inner.split(':').next().unwrap_or(inner))
}

fn finding(ctx: &Context<'_>, api: &Api, entry: &Sourced, kind: Kind) -> Finding {
    let (what, list) = match kind {
        Kind::Endpoint => ("VPC endpoint", "vpc-endpoints, exports, ssm or parameters"),
        Kind::Vpc => ("VPC", "vpcs, exports, ssm or parameters"),
        Kind::Account => ("account", "accounts"),
        Kind::Organisation => ("organisation", "organisations"),
    };
    let named = words::value(&entry.value).map_or_else(String::new, |name| format!(" {name}"));
    let place = places::origin(entry);
    let holds = |case: &Case| {
        entries(case).any(|(other, kind)| places::origin(other) == place && is_unapproved(ctx, other, kind))
    };
    let message = format!("`{}` names the {what}{named}, which nobody approved", api.resource);
    let finding = Finding::new(
        "unapproved-vpc-endpoint",
        Subject::api(api),
        Severity::Error,
        message,
        Label::new(place, "not on any list of approved ones"),
    )
    .related(places::way_to(entry))
    .why("whoever stands behind it can call the API, and the organisation has said from where its APIs may be called.")
    .help(format!("name an approved one, or have it approved:  {list}  under [approved] in wicketgate.toml"));
    match occurrence(&api.cases, holds) {
        Some(occurrence) => finding.occurs(&occurrence),
        None => finding,
    }
}
