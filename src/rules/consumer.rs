//! Callers of private APIs: which call is of which API, in which of their cases at once.
//!
//! Whether a call reaches its API is for the rules.

use crate::exposure::consumers::{Call, Use};
use crate::exposure::model::{Api, ApiKind, Case, EndpointType, ExposureModel};
use crate::template::value::{Name, Value};

/// The REST API of the run that a call names, if it is private in some case.
pub fn private_api<'run>(model: &'run ExposureModel, call: &Call) -> Option<&'run Api> {
    let api = model.called(call)?;
    let judged = api.kind == ApiKind::Rest && api.refused.is_none();
    (judged && api.may_be_private()).then_some(api)
}

/// Whether the API is private in this case, and the place calls it in a case that can hold at the same time.
pub fn calls_private(call: &Call, one: &Use, case: &Case) -> bool {
    case.endpoint_type == EndpointType::Private && is_instance(&call.api, case) && one.can_meet(case)
}

/// Whether a name means the instance that a case is of.
fn is_instance(api: &Value, case: &Case) -> bool {
    let Value::Named(name) = api else { return false };
    matches!(&**name, Name::Resource { stack, .. } if *stack == case.stack)
}
