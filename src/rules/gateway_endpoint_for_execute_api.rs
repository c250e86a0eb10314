//! `gateway-endpoint-for-execute-api`: an execute-api endpoint that is not an interface endpoint.
//!
//! What an interface endpoint lacks is for other rules.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Stated, Traits};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::syntax::edit::{Change, Written};
use crate::template::value::Value;

const ID: &str = "gateway-endpoint-for-execute-api";

/// Reports endpoints for execute-api of another type than `Interface`, and route tables on interface ones.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        let traits = &endpoint.facts.traits;
        if let Some(occurrence) = occurrence(traits, |case| is_wrong_type(&case.fact)) {
            findings.push(wrong_type(ctx, endpoint, &occurrence));
        } else if let Some(occurrence) = occurrence(traits, |case| has_route_tables(&case.fact)) {
            findings.extend(route_tables(ctx, endpoint, &occurrence));
        }
    }
}

fn is_wrong_type(traits: &Traits) -> bool {
    match &traits.endpoint_type {
        None => true,
        Some(written) if written.value == Value::Absent => true,
        Some(written) => written.value.as_text().is_some_and(|word| word != "Interface"),
    }
}

fn has_route_tables(traits: &Traits) -> bool {
    !is_wrong_type(traits) && traits.endpoint_type_is_known() && traits.route_tables.is_some()
}

fn wrong_type(
    ctx: &Context<'_>,
    endpoint: &Endpoint,
    occurrence: &Occurrence<'_, Stated<Traits>>,
) -> Finding {
    let (traits, name) = (&occurrence.state.fact, &endpoint.resource);
    let condition = words::under(&occurrence.when);
    let (message, label) = match &traits.endpoint_type {
        Some(written) if written.value == Value::Absent => (
            format!("`{name}` is a gateway endpoint for execute-api: it has no `VpcEndpointType`{condition}"),
            Label::new(places::origin(written), "no type, so it is a gateway endpoint"),
        ),
        Some(written) => {
            let word = words::value(&written.value).unwrap_or_default();
            let message = format!("`{name}` is an endpoint for execute-api of the type {word}{condition}");
            (message, Label::new(places::origin(written), "execute-api has interface endpoints only"))
        }
        None => (
            format!("`{name}` is a gateway endpoint for execute-api: it has no `VpcEndpointType`{condition}"),
            Label::new(places::origin(&traits.service), "this service has interface endpoints only"),
        ),
    };
    let tables = traits.route_tables.as_ref();
    Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, label)
        .occurs(occurrence)
        .related(traits.endpoint_type.iter().flat_map(places::way_to))
        .related(tables.map(|tables| Label::new(tables.key, "route tables belong to gateway endpoints")))
        .why(
            "execute-api has interface endpoints only; gateway endpoints, which a missing type means, exist for S3 and \
             DynamoDB: the deployment fails, and no private API is reachable through this endpoint.",
        )
        .assumes(traits.endpoint_type.as_ref())
        .help("VpcEndpointType: Interface")
        .helps(tables.map(|_| "remove `RouteTableIds`, and give the endpoint `SubnetIds`".to_owned()))
        .remedy(make_interface(ctx, endpoint, traits))
}

/// Writes the type where it is decided, or beside the service where none is written, and takes the route tables out.
fn make_interface(ctx: &Context<'_>, endpoint: &Endpoint, traits: &Traits) -> Option<Remedy> {
    const TYPE: &str = "Interface";
    decided::is_own(ctx, endpoint).then_some(())?;
    let title = format!("make `{}` an interface endpoint", endpoint.resource);
    let mut remedy = match &traits.endpoint_type {
        Some(written) => decided::write(ctx, Applicability::Safe, title, written, TYPE)?,
        None => {
            let change = Change::SetIn {
                mapping: endpoint.id_span,
                path: vec!["Properties".to_owned(), "VpcEndpointType".to_owned()],
                value: Written::text(TYPE),
                after: Some("VpcId".to_owned()),
            };
            Remedy::one(Applicability::Safe, title, endpoint.file, change).alone()
        }
    };
    if let Some(tables) = &traits.route_tables {
        remedy.title.push_str(" without route tables");
        remedy.changes.push((tables.key.file, Change::Remove { at: tables.key }));
    }
    Some(remedy)
}

fn route_tables(
    ctx: &Context<'_>,
    endpoint: &Endpoint,
    occurrence: &Occurrence<'_, Stated<Traits>>,
) -> Option<Finding> {
    let traits = &occurrence.state.fact;
    let tables = traits.route_tables.as_ref()?;
    let condition = words::under(&occurrence.when);
    let message = format!("interface endpoint `{}` has route tables{condition}", endpoint.resource);
    let label = Label::new(tables.key, "only gateway endpoints have route tables");
    let finding = Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message, label)
        .occurs(occurrence)
        .related(
            traits.endpoint_type.as_ref().map(|written| Label::new(places::origin(written), "an interface endpoint")),
        )
        .why(
            "an interface endpoint is reached through network interfaces in subnets, not through routes: EC2 refuses \
             route tables on it, and the deployment fails.",
        )
        .help("remove `RouteTableIds`, and name the subnets in `SubnetIds`")
        .remedy(
            decided::is_own(ctx, endpoint)
                .then(|| Remedy::remove(Applicability::Safe, tables.key, "remove `RouteTableIds`").alone()),
        );
    Some(finding)
}
