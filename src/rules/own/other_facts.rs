//! Facts about endpoints, custom domains and callers' addresses.
//!
//! What cannot be known is said to be unknown, with the reason; nothing is guessed.

use crate::exposure::consumers::Call;
use crate::exposure::model::{Api, Domain, Endpoint, PrivateDns};
use crate::rules::Context;
use crate::rules::own::api_facts::{ENDPOINT_TYPES, type_word};
use crate::rules::own::facts::Reader::Scene as Of;
use crate::rules::own::facts::{Fact, Type, many, one};
use crate::rules::own::reading::{Reading, Seen};
use crate::rules::own::scene::Scene;
use crate::template::value::{Sourced, Value};

/// Facts of VPC endpoints for execute-api.
pub(super) static ENDPOINT: &[Fact] = &[
    one(
        "endpoint",
        Type::Name,
        Of(|scene| endpoint(scene, |it, _| Seen::text(&*it.resource, Some(it.id_span)))),
        "logical id of the endpoint",
    ),
    one(
        "endpoint-type",
        Type::Word(&["interface", "gateway", "other"]),
        Of(|scene| endpoint(scene, |it, _| vpc_endpoint_type(it))),
        "`VpcEndpointType`; only interface endpoints lead to private APIs",
    ),
    one(
        "private-dns",
        Type::Flag,
        Of(|scene| endpoint(scene, |_, dns| private_dns(dns))),
        "whether private DNS is on (`PrivateDnsEnabled`; off when it is not written)",
    ),
    one("vpc", Type::Value, Of(|scene| endpoint(scene, |it, _| written(it.vpc.as_ref()))), "its VPC"),
    many("subnets", Type::Value, Of(|scene| endpoint_list(scene, |it| it.subnets.as_ref())), "its subnets"),
    many(
        "security-groups",
        Type::Value,
        Of(|scene| endpoint_list(scene, |it| it.security_groups.as_ref())),
        "its security groups",
    ),
    one(
        "has-policy",
        Type::Flag,
        Of(|scene| endpoint(scene, |it, _| is_written(it.policy.as_ref()))),
        "whether it has a policy of its own (without one AWS lets everything through)",
    ),
];

/// Facts of custom domains.
pub(super) static DOMAIN: &[Fact] = &[
    one(
        "domain",
        Type::Name,
        Of(|scene| domain(scene, |it, _| Seen::text(&*it.resource, Some(it.id_span)))),
        "logical id of the custom domain",
    ),
    one(
        "domain-name",
        Type::Value,
        Of(|scene| domain(scene, |it, _| Seen::value_at(&it.name, it.id_span))),
        "the name under which callers reach it",
    ),
    one(
        "endpoint-type",
        Type::Word(ENDPOINT_TYPES),
        Of(|scene| {
            domain(scene, |it, _| match type_word(it.endpoint_type) {
                Some(word) => Seen::text(word, None),
                None => Seen::unknown("the endpoint type is only known at deployment", None),
            })
        }),
        "endpoint type",
    ),
    one(
        "has-policy",
        Type::Flag,
        Of(|scene| domain(scene, |it, _| is_written(it.policy.as_ref()))),
        "whether it has a policy of its own (private domains only)",
    ),
    many(
        "leads-to",
        Type::Name,
        Of(|scene| domain_list(scene, |it, ctx| it.mappings.iter().map(|to| led(ctx, to)).collect())),
        "logical ids of the APIs that it leads to",
    ),
    many(
        "base-paths",
        Type::Name,
        Of(|scene| {
            domain_list(scene, |it, _| {
                it.mappings.iter().map(|to| Seen::text(&*to.path, Some(to.span))).collect()
            })
        }),
        "base paths of its mappings, empty text for the root",
    ),
    many(
        "access-endpoints",
        Type::Value,
        Of(|scene| {
            domain_list(scene, |it, _| {
                it.access_associations.iter().map(|value| Seen::value_at(value, it.id_span)).collect()
            })
        }),
        "VPC endpoints with an access association to it (private domains only)",
    ),
];

/// Facts of places that build the address of an API.
pub(super) static CALL: &[Fact] = &[
    one(
        "from",
        Type::Name,
        Of(|scene| call(scene, |it, _| Seen::text(&*it.resource, Some(it.span)))),
        "logical id of the resource, or name of the output, that holds the address",
    ),
    one(
        "output",
        Type::Flag,
        Of(|scene| call(scene, |it, _| Seen::flag(it.is_output, None))),
        "whether it is an output, which calls nothing itself",
    ),
    one(
        "called-api",
        Type::Value,
        Of(|scene| {
            call(scene, |it, ctx| match ctx.model.called(it) {
                Some(api) => Seen::text(&*api.resource, Some(it.span)),
                None => Seen::value_at(&it.api, it.span),
            })
        }),
        "logical id of the API that is called, or its id where it is in no template of the run",
    ),
    one(
        "called-type",
        Type::Word(ENDPOINT_TYPES),
        Of(|scene| call(scene, called_type)),
        "endpoint type of the API that is called",
    ),
    one(
        "by-endpoint",
        Type::Value,
        Of(|scene| {
            call(scene, |it, _| match &it.alias_endpoint {
                Some(value) => Seen::value_at(value, it.span),
                None => Seen::absent(Some(it.span)),
            })
        }),
        "the endpoint in the address (`{api}-{endpoint}.execute-api`); not written in a default address",
    ),
    many(
        "subnets",
        Type::Value,
        Of(|scene| {
            let Scene::Call(it, _) = scene else { return Reading::Many(Vec::new()) };
            Reading::Many(it.subnets.iter().map(|value| Seen::value_at(value, it.span)).collect())
        }),
        "subnets that the caller runs in, empty when none is written",
    ),
    one(
        "vpc",
        Type::Value,
        Of(|scene| {
            call(scene, |it, _| match &it.vpc {
                Some(value) => Seen::value_at(value, it.span),
                None if it.subnets.is_empty() => Seen::absent(None),
                None => Seen::unknown("the VPC of the subnets is in no template of the run", None),
            })
        }),
        "VPC that the caller runs in, as far as its subnets tell",
    ),
];

/// Tables are chosen by subject, so another scene is never met; nothing is claimed about one.
fn stranger() -> Reading {
    Reading::One(Seen::unknown("this subject has no such fact", None))
}

fn endpoint(scene: &Scene<'_>, read: impl Fn(&Endpoint, &PrivateDns) -> Seen) -> Reading {
    match scene {
        Scene::Endpoint(endpoint, dns, _) => Reading::One(read(endpoint, dns)),
        Scene::Api(_) | Scene::Domain(..) | Scene::Call(..) => stranger(),
    }
}

fn domain(scene: &Scene<'_>, read: impl Fn(&Domain, &Context<'_>) -> Seen) -> Reading {
    match scene {
        Scene::Domain(domain, ctx) => Reading::One(read(domain, ctx)),
        Scene::Api(_) | Scene::Endpoint(..) | Scene::Call(..) => stranger(),
    }
}

fn domain_list(scene: &Scene<'_>, read: impl Fn(&Domain, &Context<'_>) -> Vec<Seen>) -> Reading {
    match scene {
        Scene::Domain(domain, ctx) => Reading::Many(read(domain, ctx)),
        Scene::Api(_) | Scene::Endpoint(..) | Scene::Call(..) => stranger(),
    }
}

fn call(scene: &Scene<'_>, read: impl Fn(&Call, &Context<'_>) -> Seen) -> Reading {
    match scene {
        Scene::Call(call, ctx) => Reading::One(read(call, ctx)),
        Scene::Api(_) | Scene::Endpoint(..) | Scene::Domain(..) => stranger(),
    }
}

fn endpoint_list(scene: &Scene<'_>, read: impl Fn(&Endpoint) -> Option<&Sourced>) -> Reading {
    let Scene::Endpoint(endpoint, ..) = scene else { return stranger() };
    Reading::Many(match read(endpoint) {
        None => Vec::new(),
        Some(value) => match &value.value {
            Value::List(items) => items.iter().map(Seen::value).collect(),
            Value::Absent | Value::Null => Vec::new(),
            _ => vec![Seen::value(value).spread()],
        },
    })
}

fn written(value: Option<&Sourced>) -> Seen {
    value.map_or_else(|| Seen::absent(None), Seen::value)
}

fn is_written(value: Option<&Sourced>) -> Seen {
    match value.map(|value| (&value.value, value.span)) {
        None | Some((Value::Absent | Value::Null, _)) => Seen::flag(false, None),
        Some((Value::Unknown(why), span)) => Seen::unknown(why.clone(), Some(span)),
        Some((_, span)) => Seen::flag(true, Some(span)),
    }
}

fn vpc_endpoint_type(endpoint: &Endpoint) -> Seen {
    let place = endpoint.endpoint_type.as_ref().map(|value| value.span);
    match endpoint.endpoint_type.as_ref().map(|value| value.value.as_text()) {
        // The default (property page of `AWS::EC2::VPCEndpoint`).
        None => Seen::text("gateway", None),
        Some(Some("Interface")) => Seen::text("interface", place),
        Some(Some("Gateway")) => Seen::text("gateway", place),
        Some(Some(_)) => Seen::text("other", place),
        Some(None) => Seen::unknown("`VpcEndpointType` is only known at deployment", place),
    }
}

fn private_dns(dns: &PrivateDns) -> Seen {
    let place = dns.value.as_ref().map(|value| value.span);
    match dns.enabled {
        Some(on) => Seen::flag(on, place),
        None => Seen::unknown("`PrivateDnsEnabled` is only known at deployment", place),
    }
}

fn led(ctx: &Context<'_>, mapping: &crate::exposure::custom::Mapping) -> Seen {
    match ctx.model.apis.iter().find(|api| api.is_named_by(&mapping.api)) {
        Some(api) => Seen::text(&*api.resource, Some(mapping.span)),
        None => Seen::unknown("the API that it leads to is in no template of the run", Some(mapping.span)),
    }
}

/// The endpoint type of the API that is called, where it is the same in all cases.
fn called_type(call: &Call, ctx: &Context<'_>) -> Seen {
    let place = Some(call.span);
    let Some(api) = ctx.model.called(call) else {
        return Seen::unknown("the API that is called is in no template of the run", place);
    };
    match one_type(api) {
        Some(word) => Seen::text(word, place),
        None => Seen::unknown(format!("the endpoint type of `{}` is not known here", api.resource), place),
    }
}

fn one_type(api: &Api) -> Option<&'static str> {
    let first = api.cases.first()?.endpoint_type;
    api.cases.iter().all(|case| case.endpoint_type == first).then(|| type_word(first))?
}
