//! `invalid-rest-api-id`: an event names an API that the template does not have.
//!
//! Which API an event without a name belongs to is `implicit-public-api`'s.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::{ApiKind, ApiOrigin, Stray};
use crate::rules::Context;
use crate::rules::finding::{Finding, Subject};
use crate::template::lowered::{Refusal, RefusalKind};

const ID: &str = "invalid-rest-api-id";

/// Reports each `RestApiId` or `ApiId` that SAM refuses.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let about_id = |kind| matches!(kind, RefusalKind::ApiId | RefusalKind::ApiIdForm);
    let refusals = ctx.refusals().filter(|refusal| about_id(refusal.kind));
    findings.extend(refusals.map(|refusal| refused(ctx, refusal)));
    let strays = ctx.model.strays.iter().filter(|stray| stray.file == ctx.file);
    findings.extend(strays.map(|stray| strayed(ctx, stray)));
}

/// The name is one of a resource that is no API: SAM does not notice.
fn strayed(ctx: &Context<'_>, stray: &Stray) -> Finding {
    let message = format!("an event of `{}` names no API of this template", stray.handler);
    let subject = Subject { file: ctx.file, resource: Some(stray.handler.clone()) };
    Finding::new(ID, subject, Severity::Error, message, Label::new(stray.span, "a resource, but no API"))
        .why("SAM makes a permission for API Gateway that names this resource as the API; nothing serves the event.")
        .help(remedy(ctx, false))
}

/// SAM refuses the name.
fn refused(ctx: &Context<'_>, refusal: &Refusal) -> Finding {
    let http = refusal.reason.starts_with("`ApiId`");
    let key = if http { "ApiId" } else { "RestApiId" };
    let whose = match &refusal.resource {
        Some(handler) => format!("an event of `{handler}`"),
        None => format!("`{key}`"),
    };
    // A function may well come to the name of an API that is here.
    let message = if refusal.kind == RefusalKind::ApiIdForm {
        format!("{whose} names its API in a form that SAM refuses")
    } else {
        format!("{whose} names no API of this template")
    };
    let subject = Subject { file: ctx.file, resource: refusal.resource.clone() };
    Finding::new(ID, subject, Severity::Error, message, Label::new(refusal.span, refusal.reason.clone()))
        .why(
            "SAM looks for the API in the same template, by a logical id written as text or `!Ref`; it looks up no \
             import, no other function, no parameter and no physical id, and refuses the template.",
        )
        .help(remedy(ctx, http))
}

fn remedy(ctx: &Context<'_>, http: bool) -> String {
    let key = if http { "ApiId" } else { "RestApiId" };
    match candidate(ctx, http) {
        Some(api) => format!("name the API of this template:  {key}: !Ref {api}"),
        None => {
            let own = if http {
                "AWS::ApiGatewayV2::Route and AWS::ApiGatewayV2::Integration"
            } else {
                "AWS::ApiGateway::Resource and AWS::ApiGateway::Method"
            };
            format!(
                "declare the API in this template, or route to the other stack's API with resources of its own ({own})"
            )
        }
    }
}

/// The first API of the template that an event may name.
fn candidate<'run>(ctx: &Context<'run>, http: bool) -> Option<&'run str> {
    let kind = if http { ApiKind::Http } else { ApiKind::Rest };
    let mut apis = ctx.apis().map(|(api, _)| api).filter(|api| api.origin != ApiOrigin::Implicit);
    // CloudFormation takes letters and digits for logical ids, so a name with others is no remedy.
    let usable = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    apis.find(|api| api.kind == kind && usable(&api.resource)).map(|api| api.resource.as_str())
}
