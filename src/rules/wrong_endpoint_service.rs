//! `wrong-endpoint-service`: an API is to be called through an endpoint that does not lead to API Gateway.
//!
//! An endpoint for execute-api that is no interface endpoint is `gateway-endpoint-for-execute-api`.

use crate::diagnostic::{Label, Severity};
use crate::exposure::entries::{Entry, Place};
use crate::exposure::model::{Api, Case, ExposureModel};
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::source::Span;
use crate::template::value::{Sourced, Value};

const ID: &str = "wrong-endpoint-service";

/// Reports endpoints of the run for another service or region that an association or a policy names; once for
/// each endpoint.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        let mut seen: Vec<&Value> = Vec::new();
        for value in api.cases.iter().flat_map(naming).map(|entry| &entry.value.value) {
            if seen.contains(&value) {
                continue;
            }
            seen.push(value);
            if let Some(occurrence) =
                occurrence(&api.cases, |case| wrong_in(ctx.model, case, value).is_some())
                && let Some(wrong) = wrong_in(ctx.model, occurrence.state, value)
                && let Some(finding) = finding(api, &occurrence, value, &wrong)
            {
                push_shared(findings, first, finding);
            }
        }
    }
}

/// Entries that are to name endpoints, those of the association first.
fn naming(case: &Case) -> impl Iterator<Item = &Entry> {
    let endpoints = |entry: &&Entry| matches!(entry.place, Place::Association | Place::EndpointCondition);
    case.entries.iter().filter(endpoints)
}

fn wrong_in<'run>(model: &'run ExposureModel, case: &Case, value: &Value) -> Option<Wrong<'run>> {
    let is_named = naming(case).any(|entry| entry.value.value == *value);
    if is_named { wrong(model, value, case.region.as_deref()) } else { None }
}

/// An endpoint that leads elsewhere.
struct Wrong<'run> {
    resource: &'run str,
    id_span: Span,
    service: &'run Sourced,
    /// Its region and the API's, where the service is the right one.
    regions: Option<(String, String)>,
}

fn wrong<'run>(model: &'run ExposureModel, named: &Value, region: Option<&str>) -> Option<Wrong<'run>> {
    if let Some(other) = model.foreign_endpoints.iter().find(|endpoint| endpoint.name == *named) {
        let (resource, id_span, service) = (other.resource.as_str(), other.id_span, &other.service);
        return Some(Wrong { resource, id_span, service, regions: None });
    }
    let endpoint = model.endpoints.iter().find(|endpoint| endpoint.name == *named)?;
    let own = region?;
    let named = service_region(&endpoint.service.value);
    // A name that does not fit the endpoint's own stack is the endpoint's fault.
    let there = match (endpoint.region.as_deref(), named) {
        (Some(stack), Some(named)) if stack != named => return None,
        (known, named) => known.or(named)?,
    };
    (there != own).then(|| Wrong {
        resource: &endpoint.resource,
        id_span: endpoint.id_span,
        service: &endpoint.service,
        regions: Some((there.to_owned(), own.to_owned())),
    })
}

/// The region in a service name that is known text.
fn service_region(service: &Value) -> Option<&str> {
    let before = service.as_text()?.strip_suffix(".execute-api")?;
    before.rsplit('.').next().filter(|label| label.contains('-'))
}

fn finding(api: &Api, occurrence: &Occurrence<'_>, value: &Value, wrong: &Wrong<'_>) -> Option<Finding> {
    let mut named = naming(occurrence.state).filter(|entry| entry.value.value == *value);
    let entry = named.next()?;
    let (name, condition) = (&api.resource, words::under(&occurrence.when));
    let service = words::value(&wrong.service.value).unwrap_or_else(|| "another service".to_owned());
    let is_for = match &wrong.regions {
        Some((there, own)) => format!("an endpoint in `{there}`, and the API is in `{own}`"),
        None => format!("an endpoint for {service}"),
    };
    let message = match entry.place {
        Place::Association => {
            format!("`{name}` is associated with `{}`, {is_for}{condition}", wrong.resource)
        }
        _ => format!("the policy of `{name}` names `{}`, {is_for}{condition}", wrong.resource),
    };
    let why = match &wrong.regions {
        Some(_) => {
            "an endpoint leads to the private APIs of its own region only: no call comes to this API through it."
        }
        None => {
            "calls to private APIs come through endpoints for execute-api only: none ever comes through this one."
        }
    };
    let found = Finding::new(
        ID,
        Subject::api(api),
        Severity::Error,
        message,
        Label::new(entry.value.span, "no call comes through this endpoint"),
    )
    .occurs(occurrence)
    .related(named.map(|other| Label::new(other.value.span, "named here, too")))
    .related(places::steps(&entry.value))
    .related([
        Label::new(wrong.id_span, "the endpoint"),
        Label::new(places::origin(wrong.service), "what it is for"),
    ])
    .why(why)
    .assumes(Some(wrong.service))
    .help("name an interface endpoint whose `ServiceName` is  !Sub com.amazonaws.${AWS::Region}.execute-api");
    Some(found)
}
