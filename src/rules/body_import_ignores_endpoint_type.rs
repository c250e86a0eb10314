//! `body-import-ignores-endpoint-type`: a private API is imported from a body, and the import is not told its type.

use crate::diagnostic::{Applicability, Confidence, Label, Persona, Severity};
use crate::exposure::model::{Api, Case, EndpointType};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::syntax::edit::{Change, Written};

const ID: &str = "body-import-ignores-endpoint-type";

/// Reports private APIs whose body is imported as that of an edge-optimised one: an error where the body names
/// endpoints, which such an API does not take.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis().filter(|(api, _)| api.refused.is_none()) {
        let fails = occurrence(&api.cases, |case| is_blind(case) && names_endpoints(case));
        let found = match fails {
            Some(occurrence) => refused(api, &occurrence),
            None => occurrence(&api.cases, is_blind).map(|occurrence| detour(api, &occurrence)),
        };
        findings.extend(found);
    }
}

/// Whether the type is private by `EndpointConfiguration` alone.
fn is_blind(case: &Case) -> bool {
    let import = case.configuration.import.as_ref();
    case.endpoint_type == EndpointType::Private
        && import.is_some_and(|import| import.gives_type == Some(false))
}

fn names_endpoints(case: &Case) -> bool {
    case.configuration.import.as_ref().is_some_and(|import| import.ids.is_some())
}

/// The body asks for endpoints.
fn refused(api: &Api, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let ids = occurrence.state.configuration.import.as_ref()?.ids?;
    let condition = words::under(&occurrence.when);
    let message =
        format!("the body of `{}` names VPC endpoints before the API is private{condition}", api.resource);
    let label = Label::new(ids, "imported into an edge-optimised API");
    let finding = Finding::new(ID, Subject::api(api), Severity::Error, message, label).why(
        "a body is imported first, and `EndpointConfiguration` counts afterwards: the API starts edge-optimised, API \
         Gateway refuses the endpoints (\"VPCEndpoints can only be specified with PRIVATE apis\"), and the first \
         deployment fails.",
    );
    Some(
        finish(finding, api, occurrence).help(
            "or take the endpoints out of the body and list them in EndpointConfiguration.VpcEndpointIds",
        ),
    )
}

/// The body has nothing that would be refused, as far as it can be read.
fn detour(api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    let condition = words::under(&occurrence.when);
    let message = format!("`{}` is imported before it is private{condition}", api.resource);
    let place = places::endpoint_type(api, occurrence.state);
    let label = Label::new(place, "private, but the import is not told so");
    let finding = Finding::new(ID, Subject::api(api), Severity::Warning, message, label)
        .persona(Persona::Pedantic)
        .confidence(Confidence::Medium)
        .why(
            "a body is imported first, and `EndpointConfiguration` counts afterwards: the API starts edge-optimised, and \
             endpoints that somebody adds to the body will be refused.",
        )
        .notes(["assumes that CloudFormation imports the body without looking at EndpointConfiguration".to_owned()]);
    finish(finding, api, occurrence)
}

fn finish(finding: Finding, api: &Api, occurrence: &Occurrence<'_>) -> Finding {
    let case = occurrence.state;
    let body = case.configuration.import.as_ref().map(|import| Label::new(import.key, "imported from here"));
    finding
        .occurs(occurrence)
        .related(
            case.type_value
                .as_ref()
                .map(|value| Label::new(places::origin(value), "made private afterwards")),
        )
        .related(case.type_value.iter().flat_map(places::way_to))
        .related(body)
        .related([Label::new(api.id_span, "this API")])
        .assumes(case.type_value.as_ref())
        .help("tell the import, too:  Parameters: {endpointConfigurationTypes: PRIVATE}")
        .remedy(tell_import(api, case))
}

/// The type once more, as it is written.
fn tell_import(api: &Api, case: &Case) -> Option<Remedy> {
    let type_ = case.configuration.import.as_ref()?.plain_type?;
    let change = Change::SetIn {
        mapping: api.id_span,
        path: ["Properties", "Parameters", "endpointConfigurationTypes"].map(str::to_owned).to_vec(),
        value: Written::Copy(type_),
        after: Some("EndpointConfiguration".to_owned()),
    };
    Some(Remedy::one(Applicability::Safe, "tell the import the endpoint type, too", api.file, change))
}
