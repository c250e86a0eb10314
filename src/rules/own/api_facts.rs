//! Facts about APIs, their methods and their callers.
//!
//! What cannot be known is said to be unknown, with the reason; nothing is guessed.

use crate::exposure::model::{
    Api, ApiKind, ApiOrigin, Auth, Caller, CallerClass, Case, Decision, EndpointType, Method, NamedBy,
    PolicySource,
};
use crate::exposure::offers::EndpointExport;
use crate::intent::{Evidence, EvidenceKind, Posture};
use crate::rules::own::facts::Reader::{self, Always};
use crate::rules::own::facts::{Fact, Type, many, one};
use crate::rules::own::reading::{Reading, Seen};
use crate::rules::own::scene::{ApiScene, MethodSeen};
use crate::rules::places;
use crate::source::Span;
use crate::template::value::{Sourced, Step, StepKind, Value};

const KINDS: &[&str] = &["rest", "http", "websocket", "function-url", "graphql"];
pub(super) const ENDPOINT_TYPES: &[&str] = &["edge", "regional", "private"];
const AUTHORIZERS: &[&str] = &["none", "iam", "lambda", "cognito"];
const DECISIONS: &[&str] = &["allow", "deny", "depends"];
const CLASSES: &[&str] = &["internet", "endpoint", "vpc", "any-other-endpoint"];
const EVIDENCE: &[&str] =
    &["tag", "association", "vpc-condition", "private-sibling", "word", "endpoint-in-template"];

/// The name of an API.
pub(super) static API: &[Fact] =
    &[one("api", Type::Name, Always(|scene| name(scene.api)), "logical id of the API")];

/// Facts of everything that can be called.
pub(super) static ANY_API: &[Fact] = &[
    one(
        "made-by",
        Type::Word(&["cloudformation", "sam", "event"]),
        Always(|scene| {
            Reading::One(Seen::text(
                match scene.api.origin {
                    ApiOrigin::Written => "cloudformation",
                    ApiOrigin::Sam => "sam",
                    ApiOrigin::Implicit => "event",
                },
                None,
            ))
        }),
        "what was written: the CloudFormation resource, the SAM resource, or only an event that makes an API",
    ),
    one(
        "posture",
        Type::Word(&["private", "public", "unset"]),
        Always(|scene| {
            Reading::One(Seen::text(
                match scene.intent.posture_in(scene.case.environment.as_deref()) {
                    Posture::Private => "private",
                    Posture::Public => "public",
                    Posture::Unset => "unset",
                },
                scene.intent.stated_at,
            ))
        }),
        "what was stated about who may reach it, in the policy file or on the resource",
    ),
    many(
        "evidence",
        Type::Word(EVIDENCE),
        Always(|scene| {
            let seen = |evidence: &Evidence| Seen::text(evidence_word(&evidence.kind), Some(evidence.span));
            Reading::Many(scene.intent.evidence.iter().map(seen).collect())
        }),
        "what in the templates says that it is meant to be private",
    ),
];

/// Facts of function URLs.
pub(super) static FUNCTION_URL: &[Fact] = &[
    one("function-url", Type::Name, Always(|scene| name(scene.api)), "logical id of the function URL"),
    one(
        "function",
        Type::Name,
        Always(|scene| {
            Reading::One(match &scene.api.function {
                Some(function) => Seen::text(function.clone(), None),
                None => Seen::unknown("the function is not in the template", None),
            })
        }),
        "logical id of its function",
    ),
    one(
        "auth-type",
        Type::Word(&["none", "iam"]),
        Reader::Case(|scene| Reading::One(auth_type(scene))),
        "`AuthType`: nobody is asked who they are, or callers sign their requests",
    ),
    one(
        "anyone-may-call",
        Type::Flag,
        Reader::Case(anyone_may_call),
        "whether it asks nobody who they are and a permission lets the public invoke the function",
    ),
];

/// Facts of APIs that depend on parameters and conditions.
pub(super) static CASE: &[Fact] = &[
    one("kind", Type::Word(KINDS), Always(|scene| kind(scene.api)), "kind of API"),
    one(
        "endpoint-type",
        Type::Word(ENDPOINT_TYPES),
        Reader::Case(endpoint_type),
        "endpoint type; kinds other than REST and GraphQL are `regional`",
    ),
    one(
        "public",
        Type::Flag,
        Reader::Case(public),
        "whether its endpoint type is one that the internet reaches",
    ),
    one(
        "default-host",
        Type::Flag,
        Reader::Case(default_host),
        "whether it answers under its `execute-api` name (`DisableExecuteApiEndpoint` is off)",
    ),
    one(
        "strict-endpoint-access",
        Type::Flag,
        Reader::Case(strict_endpoint_access),
        "whether `EndpointAccessMode` is `STRICT`",
    ),
    many(
        "associated-endpoints",
        Type::Value,
        Reader::Case(associated_endpoints),
        "the VPC endpoints that `VpcEndpointIds` names",
    ),
    one("has-policy", Type::Flag, Reader::Case(has_policy), "whether it has a resource policy"),
    many(
        "policy-from",
        Type::Word(&["property", "body", "sam"]),
        Reader::Case(policy_from),
        "where its resource policies are written: `Policy`, the OpenAPI body, SAM's `ResourcePolicy`",
    ),
    many(
        "lets-in",
        Type::Caller,
        Reader::Case(lets_in),
        "callers of whom some request is let in: `internet`, `any-other-endpoint`, endpoint ids, VPC ids",
    ),
    one(
        "lets-in-unsigned",
        Type::Flag,
        Reader::Case(|scene| lets_in_some(scene.case, |caller| caller.unsigned)),
        "whether some request that nobody signed is let in",
    ),
    one(
        "lets-in-other-accounts",
        Type::Flag,
        Reader::Case(|scene| lets_in_some(scene.case, |caller| caller.foreign)),
        "whether some request that another AWS account signed is let in",
    ),
    many(
        "authorizers",
        Type::Word(AUTHORIZERS),
        Reader::Case(authorizers),
        "how callers prove who they are, one item for each method",
    ),
    many("routes", Type::Name, Reader::Case(routes), "its methods, as in `GET /orders`"),
    many("stages", Type::Value, Reader::Case(stages), "names of its stages"),
    many("domains", Type::Value, Reader::Case(domains), "names of the custom domains that lead to it"),
];

/// Facts of one method.
pub(super) static METHOD: &[Fact] = &[
    one("method", Type::Name, Reader::Case(method), "method, upper case; `ANY` for one that takes all"),
    one("path", Type::Name, Reader::Case(path), "path of the method, `/` first"),
    one(
        "authorizer",
        Type::Word(AUTHORIZERS),
        Reader::Case(authorizer),
        "how its callers prove who they are",
    ),
];

/// Facts of one class of callers.
pub(super) static CALLER: &[Fact] = &[
    one(
        "caller",
        Type::Caller,
        Reader::Case(|scene| of_caller(scene, |caller| caller_seen(scene, caller))),
        "`internet`, `any-other-endpoint`, or the id of the endpoint or VPC",
    ),
    one(
        "caller-class",
        Type::Word(CLASSES),
        Reader::Case(|scene| of_caller(scene, |caller| Seen::text(class(&caller.class), at(caller)))),
        "where the caller is; `any-other-endpoint` is one in a VPC and account that nobody names",
    ),
    many(
        "named-by",
        Type::Word(&["association", "policy", "resource", "linked"]),
        Reader::Case(named_by),
        "who names the caller: the association, a policy, the same template, a linked stack",
    ),
    one(
        "decision",
        Type::Word(DECISIONS),
        Reader::Case(|scene| of_caller(scene, |caller| decision(scene, caller, caller.decision))),
        "what the policies say about the caller's requests: all, none, or some are let in",
    ),
    one(
        "decision-unsigned",
        Type::Word(DECISIONS),
        Reader::Case(|scene| of_caller(scene, |caller| decision(scene, caller, caller.unsigned))),
        "the same for requests that nobody signed",
    ),
    one(
        "decision-other-accounts",
        Type::Word(DECISIONS),
        Reader::Case(|scene| of_caller(scene, |caller| decision(scene, caller, caller.foreign))),
        "the same for requests that another AWS account signed",
    ),
];

fn name(api: &Api) -> Reading {
    Reading::One(Seen::text(api.resource.clone(), Some(api.id_span)))
}

fn kind(api: &Api) -> Reading {
    Reading::One(Seen::text(
        match api.kind {
            ApiKind::Rest => "rest",
            ApiKind::Http => "http",
            ApiKind::WebSocket => "websocket",
            ApiKind::FunctionUrl => "function-url",
            ApiKind::GraphQl => "graphql",
        },
        None,
    ))
}

fn evidence_word(kind: &EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Tag { .. } => "tag",
        EvidenceKind::Association => "association",
        EvidenceKind::VpcCondition => "vpc-condition",
        EvidenceKind::PrivateSibling { .. } => "private-sibling",
        EvidenceKind::Word(_) => "word",
        EvidenceKind::EndpointInTemplate { .. } => "endpoint-in-template",
    }
}

fn auth_type(scene: &ApiScene<'_>) -> Seen {
    let Some(value) = &scene.case.auth_type else { return Seen::absent(None) };
    let place = Some(places::origin(value));
    match value.value.as_text() {
        Some("NONE") => Seen::text("none", place),
        Some("AWS_IAM") => Seen::text("iam", place),
        Some(_) => Seen::unknown("it is no `AuthType`", place),
        None => Seen::unknown("`AuthType` is only known at deployment", place),
    }
}

fn anyone_may_call(scene: &ApiScene<'_>) -> Reading {
    let auth = auth_type(scene);
    Reading::One(match (auth.shown().as_str(), scene.case.public_permission) {
        ("iam" | "nothing", _) | (_, Some(false)) => Seen::flag(false, auth.at),
        ("none", Some(true)) => Seen::flag(true, auth.at),
        ("none", None) => Seen::unknown("whether the public may invoke the function is not known", auth.at),
        _ => Seen::unknown("`AuthType` is only known at deployment", auth.at),
    })
}

fn type_place(scene: &ApiScene<'_>) -> Option<Span> {
    Some(places::endpoint_type(scene.api, scene.case))
}

fn type_doubt(case: &Case) -> String {
    case.type_unknown.clone().unwrap_or_else(|| "the endpoint type is only known at deployment".to_owned())
}

/// The word for an endpoint type; `None` when it is not known.
pub(super) fn type_word(endpoint_type: EndpointType) -> Option<&'static str> {
    match endpoint_type {
        EndpointType::Edge => Some("edge"),
        EndpointType::Regional => Some("regional"),
        EndpointType::Private => Some("private"),
        EndpointType::Unknown => None,
    }
}

fn endpoint_type(scene: &ApiScene<'_>) -> Reading {
    Reading::One(match type_word(scene.case.endpoint_type) {
        Some(word) => Seen::text(word, type_place(scene)),
        None => Seen::unknown(type_doubt(scene.case), type_place(scene)),
    })
}

fn public(scene: &ApiScene<'_>) -> Reading {
    Reading::One(match scene.case.endpoint_type.is_public() {
        Some(public) => Seen::flag(public, type_place(scene)),
        None => Seen::unknown(type_doubt(scene.case), type_place(scene)),
    })
}

fn default_host(scene: &ApiScene<'_>) -> Reading {
    if !scene.api.has_execute_api_host() {
        return Reading::One(Seen::flag(false, None));
    }
    Reading::One(match scene.case.disable_execute_api_endpoint {
        Some(disabled) => Seen::flag(!disabled, None),
        None => Seen::unknown("`DisableExecuteApiEndpoint` is only known at deployment", None),
    })
}

fn strict_endpoint_access(scene: &ApiScene<'_>) -> Reading {
    Reading::One(match scene.case.strict_endpoint_access {
        Some(strict) => Seen::flag(strict, None),
        None => Seen::unknown("`EndpointAccessMode` is only known at deployment", None),
    })
}

fn associated_endpoints(scene: &ApiScene<'_>) -> Reading {
    let case = scene.case;
    let whole =
        case.vpc_endpoint_ids.len() == 1 && case.association.as_ref() == case.vpc_endpoint_ids.first();
    let seen = |id: &Sourced| {
        let seen = Seen::value(id);
        // A parameter for the whole list may bring several.
        if whole { seen.spread() } else { seen }
    };
    let mut items: Vec<Seen> = case.vpc_endpoint_ids.iter().map(seen).collect();
    if scene.api.fragment && items.is_empty() {
        items.push(elsewhere(FRAGMENT));
    }
    Reading::Many(items)
}

const FRAGMENT: &str = "this looks like a piece of a template: it has neither `Transform` nor a function";

/// Something that may be in a list, if what is not seen says so.
fn elsewhere(why: &str) -> Seen {
    Seen::unknown(why, None).perhaps(why)
}

fn has_policy(scene: &ApiScene<'_>) -> Reading {
    let case = scene.case;
    Reading::One(match (case.policies.first(), &case.hidden_policy) {
        (Some(policy), _) => Seen::flag(true, Some(policy.document.span)),
        (None, Some((why, place))) => Seen::unknown(why.clone(), Some(*place)),
        (None, None) if scene.api.fragment => Seen::unknown(FRAGMENT, None),
        (None, None) => Seen::flag(false, case.absent_policy),
    })
}

fn policy_from(scene: &ApiScene<'_>) -> Reading {
    let seen = scene.case.policies.iter().map(|policy| {
        let word = match policy.from {
            PolicySource::Property => "property",
            PolicySource::Body => "body",
            PolicySource::Sam => "sam",
        };
        Seen::text(word, Some(policy.document.span))
    });
    let hidden = scene.case.hidden_policy.iter().map(|(why, place)| {
        let why = why.clone();
        Seen::unknown(why.clone(), Some(*place)).perhaps(why)
    });
    Reading::Many(seen.chain(hidden).collect())
}

fn class(class: &CallerClass) -> &'static str {
    match class {
        CallerClass::Internet => "internet",
        CallerClass::Endpoint(_) => "endpoint",
        CallerClass::Vpc(_) => "vpc",
        CallerClass::AnyOtherEndpoint => "any-other-endpoint",
    }
}

/// Where the policies decide about a caller, else where it is named.
fn at(caller: &Caller) -> Option<Span> {
    caller.because.first().map(|because| because.span).or(caller.named_at.first().copied())
}

/// A caller by its name. An endpoint that the association names is seen as it is written there.
fn caller_seen(scene: &ApiScene<'_>, caller: &Caller) -> Seen {
    let place = at(caller);
    match &caller.class {
        CallerClass::Internet | CallerClass::AnyOtherEndpoint => Seen::text(class(&caller.class), place),
        CallerClass::Endpoint(value) | CallerClass::Vpc(value) => {
            let is_named = |id: &&Sourced| caller.named_at.contains(&id.span);
            match scene.case.vpc_endpoint_ids.iter().find(is_named) {
                Some(written) => Seen::value(written),
                None => Seen::value(&exported(scene, value, place.unwrap_or(scene.api.id_span))),
            }
        }
    }
}

/// A value with the exports it may have come by: the model keeps what callers are, not how they are written.
fn exported(scene: &ApiScene<'_>, value: &Value, place: Span) -> Sourced {
    let exports = &scene.ctx.model.endpoint_exports;
    let names = exports.iter().filter(|export| export.value == *value);
    let step = |export: &EndpointExport| {
        Some(Step { kind: StepKind::Export(export.name.clone()?), span: export.span })
    };
    Sourced { via: names.filter_map(step).collect(), ..Sourced::new(value.clone(), place) }
}

fn lets_in(scene: &ApiScene<'_>) -> Reading {
    let seen = scene.case.callers.iter().filter_map(|caller| {
        let seen = caller_seen(scene, caller);
        match decided(scene.case, caller.decision) {
            Ok(Decision::Allow | Decision::Depends) => Some(seen),
            Ok(Decision::Deny | Decision::Unknown) => None,
            Err(why) => {
                let why = format!("whether `{}` is let in is not known: {why}", seen.shown());
                Some(seen.perhaps(why))
            }
        }
    });
    Reading::Many(seen.collect())
}

/// What the policies say, where that is known. The model asks all callers of an API of unknown type as if the
/// type let them through, so there only a refusal is sure.
fn decided(case: &Case, decision: Decision) -> Result<Decision, String> {
    match decision {
        Decision::Unknown => Err("what the policies say is not known".to_owned()),
        Decision::Allow | Decision::Depends if case.endpoint_type == EndpointType::Unknown => {
            Err(type_doubt(case))
        }
        Decision::Allow | Decision::Depends | Decision::Deny => Ok(decision),
    }
}

fn lets_in_some(case: &Case, ask: impl Fn(&Caller) -> Decision) -> Reading {
    let mut doubt = None;
    for caller in &case.callers {
        match decided(case, ask(caller)) {
            Ok(Decision::Allow | Decision::Depends) => return Reading::One(Seen::flag(true, at(caller))),
            Ok(Decision::Deny | Decision::Unknown) => {}
            Err(why) => doubt = doubt.or(Some(Seen::unknown(why, at(caller)))),
        }
    }
    Reading::One(doubt.unwrap_or_else(|| Seen::flag(false, None)))
}

fn auth(auth: Auth, place: Span) -> Seen {
    match auth {
        Auth::None => Seen::text("none", Some(place)),
        Auth::Iam => Seen::text("iam", Some(place)),
        Auth::Lambda => Seen::text("lambda", Some(place)),
        Auth::Cognito => Seen::text("cognito", Some(place)),
        Auth::Unknown => Seen::unknown("the authorizer is only known at deployment", Some(place)),
    }
}

const HIDDEN_METHODS: &str = "some methods cannot be seen from the templates";

fn of_methods(
    scene: &ApiScene<'_>,
    read: impl Fn(&Method) -> Seen,
    of_url: impl Fn(&ApiScene<'_>) -> Seen,
) -> Reading {
    let url = (scene.api.kind == ApiKind::FunctionUrl).then(|| of_url(scene));
    let hidden = scene.hides_methods().then(|| elsewhere(HIDDEN_METHODS));
    Reading::Many(scene.case.methods.iter().map(read).chain(url).chain(hidden).collect())
}

fn authorizers(scene: &ApiScene<'_>) -> Reading {
    of_methods(scene, |method| auth(method.auth, method.span), auth_type)
}

fn routes(scene: &ApiScene<'_>) -> Reading {
    let route = |method: &Method| Seen::text(format!("{} {}", verb(method), method.path), Some(method.span));
    of_methods(scene, route, |_| Seen::text("ANY /", None))
}

fn method(scene: &ApiScene<'_>) -> Reading {
    of_method(scene, |method| Seen::text(verb(method), Some(method.span)), |_| Seen::text("ANY", None))
}

fn path(scene: &ApiScene<'_>) -> Reading {
    of_method(scene, |method| Seen::text(&*method.path, Some(method.span)), |_| Seen::text("/", None))
}

fn authorizer(scene: &ApiScene<'_>) -> Reading {
    of_method(scene, |method| auth(method.auth, method.span), auth_type)
}

/// The method's word; a star would read like a wildcard.
fn verb(method: &Method) -> &str {
    if method.method == "*" { "ANY" } else { &method.method }
}

fn stages(scene: &ApiScene<'_>) -> Reading {
    let seen = scene.case.stages.iter().map(|stage| Seen::value_at(&stage.name, scene.api.id_span));
    Reading::Many(seen.collect())
}

fn domains(scene: &ApiScene<'_>) -> Reading {
    let mapped = scene.ctx.model.mappings_to(scene.api);
    Reading::Many(mapped.map(|(domain, mapping)| Seen::value_at(&domain.name, mapping.span)).collect())
}

fn of_method(
    scene: &ApiScene<'_>,
    read: impl Fn(&Method) -> Seen,
    of_url: impl Fn(&ApiScene<'_>) -> Seen,
) -> Reading {
    Reading::One(match scene.method {
        Some(MethodSeen::Known(method)) => read(method),
        Some(MethodSeen::Url) => of_url(scene),
        Some(MethodSeen::Hidden) | None => Seen::unknown(HIDDEN_METHODS, None),
    })
}

fn of_caller(scene: &ApiScene<'_>, read: impl Fn(&Caller) -> Seen) -> Reading {
    Reading::One(scene.caller.map_or_else(|| Seen::absent(None), read))
}

fn decision(scene: &ApiScene<'_>, caller: &Caller, decision: Decision) -> Seen {
    match decided(scene.case, decision) {
        Ok(Decision::Allow) => Seen::text("allow", at(caller)),
        Ok(Decision::Deny) => Seen::text("deny", at(caller)),
        Ok(Decision::Depends) => Seen::text("depends", at(caller)),
        Ok(Decision::Unknown) => Seen::unknown("what the policies say is not known", at(caller)),
        Err(why) => Seen::unknown(why, at(caller)),
    }
}

fn named_by(scene: &ApiScene<'_>) -> Reading {
    let seen = scene.caller.into_iter().flat_map(|caller| {
        caller.named_by.iter().map(move |by| {
            let word = match by {
                NamedBy::Association => "association",
                NamedBy::Policy => "policy",
                NamedBy::Resource => "resource",
                NamedBy::Linked => "linked",
            };
            Seen::text(word, at(caller))
        })
    });
    Reading::Many(seen.collect())
}
