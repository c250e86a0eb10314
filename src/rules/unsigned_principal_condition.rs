//! `unsigned-principal-condition`: a policy asks who signs a call, and methods take calls that nobody signs.
//!
//! A method that some unsigned call reaches is fine, whatever other statements ask.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::model::{Api, ApiOrigin, Auth, Case, Method};
use crate::exposure::reasons::Met;
use crate::exposure::signatures::{Asks, SignedOnly};
use crate::exposure::statements::statements;
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, telling, words};
use crate::source::Span;
use crate::template::value::{Sourced, Value};

const ID: &str = "unsigned-principal-condition";

/// Most methods that are pointed at.
const MAX_SHOWN: usize = 3;

/// Reports APIs with methods that nobody can call for want of a signature; a list in `Globals` once.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.rest_apis() {
        if let Some(occurrence) = occurrence(&api.cases, |case| case.signed_only.is_some())
            && let Some(signed_only) = &occurrence.state.signed_only
        {
            push_shared(findings, first, finding(api, &occurrence, signed_only));
        }
    }
}

fn finding(api: &Api, occurrence: &Occurrence<'_>, found: &SignedOnly) -> Finding {
    let case = occurrence.state;
    let sure = found.certain && !case.methods_incomplete && !has_unknown_auth(case);
    let call = telling::call(&found.because.witness);
    let finding = Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        format!(
            "the policy of `{}` asks who signs, and {} unsigned calls{}",
            api.resource,
            routes(&found.routes),
            words::under(&occurrence.when)
        ),
        Label::new(found.place, asked_for(found)),
    )
    .confidence(if sure { Confidence::High } else { Confidence::Medium })
    .occurs(occurrence)
    .related(found.made.then(|| Label::new(api.id_span, "this API")))
    .related(found.routes.iter().take(MAX_SHOWN).map(method_label))
    .why(why(found))
    .notes([format!("for example, {call} {} is refused", telling::way(&found.class))])
    .notes((!found.certain).then(|| assumption(&found.asks)))
    .help(match api.origin {
        ApiOrigin::Written => "set  AuthorizationType: AWS_IAM  on every method that only these callers may call",
        ApiOrigin::Sam | ApiOrigin::Implicit => {
            "have calls signed:  Auth: {DefaultAuthorizer: AWS_IAM}  on the API or  Auth: {Authorizer: AWS_IAM}  on the event"
        }
    })
    .help(remedy(case, found));
    asked_values(case, found.place).into_iter().fold(finding, |finding, value| finding.assumes(Some(value)))
}

fn has_unknown_auth(case: &Case) -> bool {
    case.methods.iter().any(|method| method.auth == Auth::Unknown)
}

/// `GET /entities takes`, `GET /a and 2 other methods take`.
fn routes(routes: &[Method]) -> String {
    let name = |method: &Method| words::method_and_path(&method.method, &method.path);
    match routes {
        [] => "its methods take".to_owned(),
        [only] => format!("{} takes", name(only)),
        [first, second] => format!("{} and {} take", name(first), name(second)),
        [first, others @ ..] => format!("{} and {} other methods take", name(first), others.len()),
    }
}

fn asked_for(found: &SignedOnly) -> String {
    match &found.asks {
        _ if found.made => "SAM lets in these signers only".to_owned(),
        Asks::Principal => "an unsigned call is none of these".to_owned(),
        Asks::Key(key) => format!("an unsigned call has no `{key}`"),
    }
}

fn method_label(method: &Method) -> Label {
    let name = words::method_and_path(&method.method, &method.path);
    Label::new(method.span, format!("{name}, {}", words::auth(method.auth)))
}

fn why(found: &SignedOnly) -> String {
    let rest = match (&found.asks, found.because.met) {
        (_, Met::Denied) => {
            "The policy refuses calls without the right one, so a call to this method gets 403."
        }
        (Asks::Key(_), _) if !found.certain => {
            "The condition never holds for a call to this method: it gets 403, or is left to the authorizer alone."
        }
        (Asks::Principal | Asks::Key(_), _) => {
            "The policy allows no call without the right one, so a call to this method gets 403."
        }
    };
    format!("only a signed call to a method with AWS_IAM authorization has a principal. {rest}")
}

/// What an answer about methods behind a Lambda authorizer rests on.
fn assumption(asks: &Asks) -> String {
    match asks {
        Asks::Principal => "assumes that this holds behind a Lambda authorizer, too, as API Gateway's guide says of every method \
                            without AWS_IAM under a policy that lists principals"
            .to_owned(),
        Asks::Key(key) => format!(
            "behind a Lambda authorizer a policy that does not deny may leave the call to the authorizer; then `{key}` keeps nobody out"
        ),
    }
}

fn remedy(case: &Case, found: &SignedOnly) -> &'static str {
    match (case.endpoint_type.is_public(), found.made) {
        (Some(true), true) => "or let everybody in and leave it to an authorizer, or to IpRangeWhitelist",
        (Some(true), false) => {
            "or allow `*` and leave it to an authorizer, or to a condition on aws:SourceIp"
        }
        (_, true) => "or ask for the endpoint in place of the signer:  IntrinsicVpceWhitelist: [...]",
        (_, false) => {
            "or allow `*` and ask for the endpoint in place of the signer, with a condition on aws:SourceVpce"
        }
    }
}

/// The values of the principal or condition that asks.
fn asked_values(case: &Case, place: Span) -> Vec<&Sourced> {
    let all = case.policies.iter().flat_map(|policy| statements(&policy.document));
    let mut found = Vec::new();
    for statement in all {
        let principals = ["Principal", "NotPrincipal"].into_iter().filter_map(|key| statement.part(key));
        found.extend(principals.filter(|part| part.value.span == place).flat_map(|part| leaves(&part.value)));
        let tests = statement.conditions().into_iter().filter(|test| test.key.key_span == place);
        found.extend(tests.flat_map(|test| test.values()));
    }
    found
}

/// The texts of a principal: of a list, or of the lists of its kinds.
fn leaves(principal: &Sourced) -> Vec<&Sourced> {
    let of_kinds = match &principal.value {
        Value::Map(kinds) => kinds.iter().map(|kind| &kind.value).collect(),
        _ => vec![principal],
    };
    let items = of_kinds.into_iter().flat_map(|value| match &value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    });
    items.collect()
}
