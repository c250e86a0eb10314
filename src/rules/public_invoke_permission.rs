//! `public-invoke-permission`: a permission that lets everyone invoke a Lambda function.
//!
//! The permissions that make a function URL public are left to `public-function-url`.

use crate::diagnostic::{Label, Severity};
use crate::exposure::network::Stated;
use crate::exposure::permissions::{Everyone, Grant, Permission};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};

const ID: &str = "public-invoke-permission";

/// Reports permissions whose principal is everyone and that nothing limits.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for permission in ctx.model.permissions.iter().filter(|permission| permission.file == ctx.file) {
        if let Some(occurrence) = occurrence(&permission.cases, |case| case.fact.everyone.is_some()) {
            findings.extend(finding(ctx, permission, &occurrence));
        }
    }
}

fn finding(
    ctx: &Context<'_>,
    permission: &Permission,
    occurrence: &Occurrence<'_, Stated<Grant>>,
) -> Option<Finding> {
    let grant = &occurrence.state.fact;
    let (everyone, principal) = (grant.everyone?, grant.principal.as_ref()?);
    let subject = Subject { file: permission.file, resource: Some(permission.resource.clone()) };
    let label = Label::new(places::origin(principal), "everyone, and nothing limits who");
    let declared = grant.function.as_ref();
    let function = declared.map(|function| Label::new(function.id_span, "may be invoked by everyone"));
    let message = message(permission, grant, everyone) + &words::under(&occurrence.when);
    let finding = Finding::new(ID, subject, Severity::Error, message, label)
        .occurs(occurrence)
        .related(places::way_to(principal))
        .related(function)
        .related(private_route(ctx, grant))
        .why(why(everyone))
        .assumes(Some(principal))
        .help(help(everyone))
        .help("or limit it:  SourceAccount: <account id>  or  PrincipalOrgID: <organisation id>");
    Some(finding)
}

fn message(permission: &Permission, grant: &Grant, everyone: Everyone) -> String {
    let declared = grant.function.as_ref().map(|function| format!("`{}`", function.resource));
    let function = declared
        .or_else(|| grant.named.as_ref().and_then(|named| words::value(&named.value)))
        .unwrap_or_else(|| "a function".to_owned());
    let id = &permission.resource;
    match everyone {
        Everyone::Directly => format!("`{id}` lets every AWS account invoke {function}"),
        Everyone::ThroughSignedUrl => {
            format!("`{id}` lets every AWS account call {function} through its URL")
        }
        Everyone::ThroughUrl => format!("`{id}` lets everyone call {function} through a function URL"),
    }
}

fn why(everyone: Everyone) -> &'static str {
    match everyone {
        Everyone::Directly => {
            "whoever has an AWS account of their own can invoke the function by its ARN, with any event, past every \
             API and authorizer in front of it."
        }
        Everyone::ThroughSignedUrl => {
            "the function's URL asks for a signature, and a signature of any AWS account will do."
        }
        Everyone::ThroughUrl => {
            "a function URL answers on the internet; with this permission one without authentication runs the \
             function for everyone who knows its address."
        }
    }
}

fn help(everyone: Everyone) -> &'static str {
    match everyone {
        Everyone::Directly => {
            "name who calls, for an API:  Principal: apigateway.amazonaws.com  with  SourceArn: <ARN of the API>"
        }
        Everyone::ThroughSignedUrl => "name who calls:  Principal: <account id or role ARN>",
        Everyone::ThroughUrl => {
            "name who calls:  Principal: <account id or role ARN>  with  FunctionUrlAuthType: AWS_IAM"
        }
    }
}

/// Where a private API serves the same function.
fn private_route(ctx: &Context<'_>, grant: &Grant) -> Option<Label> {
    let function = grant.function.as_ref()?;
    let mut apis = ctx.model.apis.iter().filter(|api| api.file == function.file && api.may_be_private());
    apis.find_map(|api| {
        let route = places::route_of_handler(api, &function.resource)?;
        Some(Label::new(route.span, format!("`{}` serves it privately here", api.resource)))
    })
}
