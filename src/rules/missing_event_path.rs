//! `missing-event-path`: an event of an API that has a body of its own, in which the event's path or method is not.
//!
//! Bodies that are not in the template are left alone.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Api;
use crate::rules::Context;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::words;
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::{Surprise, SurpriseKind};

const ID: &str = "missing-event-path";

/// Reports each event that nothing serves.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        findings.extend(api.surprises.iter().filter_map(|surprise| finding(api, surprise)));
    }
}

fn finding(api: &Api, surprise: &Surprise) -> Option<Finding> {
    let SurpriseKind::EventNotInBody { path, method, handler, mergeable } = &surprise.kind else {
        return None;
    };
    let (name, route) = (&api.resource, words::method_and_path(method, path));
    let message = format!("`{name}` does not serve {route}, which `{handler}` is to answer");
    let named = api.routes.iter().find(|route| {
        route.handler.as_deref() == Some(handler) && route.path == *path && route.method == *method
    });
    let mut finding = Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        message,
        Label::new(surprise.span, "the body does not have this route"),
    )
    .related(named.map(|route| Label::new(route.span, "the API that is to serve it")))
    .related([Label::new(api.id_span, "has a DefinitionBody of its own")])
    .why(
        "SAM adds no routes to a body that the template writes. The event makes a permission for API Gateway and nothing \
         else, and callers are refused with \"Missing Authentication Token\".",
    )
    .help(match method.as_str() {
        "*" => format!("add  {path}: {{x-amazon-apigateway-any-method: ...}}  to `paths` of the body"),
        _ => format!("add {route} to `paths` of the body"),
    });
    if *mergeable {
        finding = finding
            .help("or let SAM add what events ask for:  MergeDefinitions: true")
            .remedy(Some(merge(api)));
    }
    Some(finding)
}

/// SAM adds what all events of the API ask for.
fn merge(api: &Api) -> Remedy {
    let change = Change::SetIn {
        mapping: api.id_span,
        path: ["Properties", "MergeDefinitions"].map(str::to_owned).to_vec(),
        value: Written::Plain("true".to_owned()),
        after: Some("StageName".to_owned()),
    };
    Remedy::one(Applicability::Unsafe, "let SAM add what events ask for", api.file, change)
}
