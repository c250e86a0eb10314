//! `endpoint-configuration-on-http-api`: an endpoint type for a kind of API that has none.
//!
//! That such an API is public whatever is written is `http-api-cannot-be-private`'s.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::{Api, ApiKind};
use crate::rules::Context;
use crate::rules::finding::{Finding, Remedy, Subject, push_shared};
use crate::source::Span;
use crate::template::lowered::{Refusal, RefusalKind};

const ID: &str = "endpoint-configuration-on-http-api";

/// Reports `EndpointConfiguration` on HTTP and WebSocket APIs, written for SAM, for CloudFormation or in `Globals`.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    let kind = RefusalKind::EndpointConfigurationOnHttpApi;
    for refusal in ctx.refusals().filter(|refusal| refusal.kind == kind) {
        push_shared(findings, first, refused(ctx, refusal));
    }
    for (api, _) in ctx.apis() {
        if let Some(span) = api.misplaced_endpoint_configuration {
            findings.push(misplaced(api, span));
        }
    }
}

/// SAM refuses it.
fn refused(ctx: &Context<'_>, refusal: &Refusal) -> Finding {
    let api = ctx.apis().map(|(api, _)| api).find(|api| Some(&api.resource) == refusal.resource.as_ref());
    let subject = Subject { file: ctx.file, resource: refusal.resource.clone() };
    let message = match (api, &refusal.resource) {
        (Some(api), _) => message(api),
        (None, Some(resource)) => format!("`{resource}` cannot have an EndpointConfiguration"),
        (None, None) => "HTTP and WebSocket APIs cannot have an EndpointConfiguration".to_owned(),
    };
    described(subject, message, refusal.span, api)
        .why("SAM has no such property for HTTP and WebSocket APIs, which are always public, and refuses the template.")
}

/// CloudFormation refuses it.
fn misplaced(api: &Api, span: Span) -> Finding {
    described(Subject::api(api), message(api), span, Some(api)).why(
        "AWS::ApiGatewayV2::Api takes no such property, its APIs are always public, and the deployment fails.",
    )
}

fn message(api: &Api) -> String {
    let kind = if api.kind == ApiKind::WebSocket { "a WebSocket API" } else { "an HTTP API" };
    format!("`{}` is {kind} and cannot have an EndpointConfiguration", api.resource)
}

fn described(subject: Subject, message: String, span: Span, api: Option<&Api>) -> Finding {
    Finding::new(ID, subject, Severity::Error, message, Label::new(span, "not known for this kind of API"))
        .related(api.map(|api| Label::new(api.id_span, "this API")))
        .help("use a REST API (AWS::Serverless::Api, AWS::ApiGateway::RestApi) for a private endpoint, or remove this")
        .remedy(Some(Remedy::remove(Applicability::Unsafe, span, "remove it; the API stays public")))
}
