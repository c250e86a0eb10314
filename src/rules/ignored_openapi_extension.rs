//! `ignored-openapi-extension`: an endpoint extension of the body, or a key in it, that API Gateway does not read.

use crate::diagnostic::{Label, Severity};
use crate::exposure::configuration::{Idle, IdleExtension};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Case};
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, words};

const ID: &str = "ignored-openapi-extension";

/// The extension, as bodies write it.
const EXTENSION: &str = "x-amazon-apigateway-endpoint-configuration";

/// Reports each extension and each key once, also where several APIs are made of one definition file.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none()) {
        for idle in all(api) {
            let has = |case: &Case| case.configuration.idle_extensions.contains(idle);
            let found = occurrence(&api.cases, has).map(|occurrence| finding(api, &occurrence, idle));
            found.into_iter().for_each(|finding| push_shared(findings, first, finding));
        }
    }
}

/// The extensions of all cases, each once.
fn all(api: &Api) -> Vec<&IdleExtension> {
    let mut found: Vec<&IdleExtension> = Vec::new();
    for idle in api.cases.iter().flat_map(|case| &case.configuration.idle_extensions) {
        if !found.contains(&idle) {
            found.push(idle);
        }
    }
    found
}

fn finding(api: &Api, occurrence: &Occurrence<'_>, idle: &IdleExtension) -> Finding {
    let (name, condition) = (&api.resource, words::under(&occurrence.when));
    let (message, label) = match &idle.kind {
        Idle::AtTheTop => (
            format!(
                "the endpoint extension in the body of `{name}` does nothing: it stands outside of `servers`{condition}"
            ),
            "read inside `servers` only, in OpenAPI 3",
        ),
        Idle::InServers => (
            format!(
                "the endpoint extension in the body of `{name}` does nothing: it stands inside `servers`{condition}"
            ),
            "read at the top only, in Swagger 2",
        ),
        Idle::Type { key } => (
            format!("`{key}` in the body of `{name}` does not set its endpoint type{condition}"),
            "no extension sets the endpoint type",
        ),
        Idle::AddressType { key } => (
            format!("`{key}` in the body of `{name}` does not set its kind of addresses{condition}"),
            "no extension sets the kind of addresses",
        ),
    };
    Finding::new(ID, Subject::api(api), Severity::Warning, message, Label::new(idle.span, label))
        .occurs(occurrence)
        .related([Label::new(api.id_span, "this API")])
        .why(why(&idle.kind))
        .help(help(&idle.kind, api.origin))
}

fn why(kind: &Idle) -> &'static str {
    match kind {
        Idle::AtTheTop | Idle::InServers => {
            "API Gateway looks for it elsewhere in this version of the format and drops it here: what it says of VPC \
             endpoints, or of the default address, does not count."
        }
        Idle::Type { .. } => {
            "the extension knows vpcEndpointIds and disableExecuteApiEndpoint. The type comes from EndpointConfiguration \
             of the API; without one the API is public."
        }
        Idle::AddressType { .. } => {
            "the extension knows vpcEndpointIds and disableExecuteApiEndpoint. The kind of addresses comes from \
             EndpointConfiguration of the API."
        }
    }
}

fn help(kind: &Idle, origin: ApiOrigin) -> String {
    match (kind, origin) {
        (Idle::AtTheTop, _) => format!("move it into each server:  servers: [{{{EXTENSION}: ...}}]"),
        (Idle::InServers, _) => format!("move  {EXTENSION}  to the top of the document, beside `swagger`"),
        (Idle::Type { .. }, ApiOrigin::Written) => {
            "set the type on the API:  EndpointConfiguration: {Types: [PRIVATE]}, Parameters: {endpointConfigurationTypes: PRIVATE}".to_owned()
        }
        (Idle::Type { .. }, ApiOrigin::Sam | ApiOrigin::Implicit) => {
            "set the type on the API:  EndpointConfiguration: {Type: PRIVATE}".to_owned()
        }
        (Idle::AddressType { .. }, _) => {
            "set it on the API, in EndpointConfiguration:  IpAddressType: dualstack".to_owned()
        }
    }
}
