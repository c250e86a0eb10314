//! The numbers of a run: what was read and what was found.

use crate::exposure::model::{Api, ExposureModel};
use crate::order::Order;
use crate::source::FileId;

/// What was read and judged, the files that are reported on only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Templates.
    pub templates: usize,
    /// APIs of every kind.
    pub apis: usize,
    /// APIs that are private in every possibility.
    pub private_apis: usize,
    /// APIs that are public in some possibility. What is neither is unknown.
    pub public_apis: usize,
    /// Lambda functions.
    pub functions: usize,
    /// Execute-api endpoints, one per resource.
    pub endpoints: usize,
    /// Findings that an exception or a baseline hides.
    pub suppressed: usize,
}

impl Summary {
    /// Counts what a model holds in the files that `reported` says are reported on.
    pub fn of(model: &ExposureModel, templates: usize, reported: impl Fn(FileId) -> bool) -> Self {
        let apis: Vec<&Api> = model.apis.iter().filter(|api| reported(api.file)).collect();
        let mut endpoints: Vec<(FileId, &str)> = model
            .endpoints
            .iter()
            .filter(|endpoint| reported(endpoint.file))
            .map(|endpoint| (endpoint.file, endpoint.resource.as_str()))
            .collect();
        endpoints.order();
        endpoints.dedup();
        Self {
            templates,
            apis: apis.len(),
            private_apis: apis.iter().filter(|api| is_private(api)).count(),
            public_apis: apis.iter().filter(|api| api.may_be_public()).count(),
            functions: model.functions.iter().filter(|file| reported(**file)).count(),
            endpoints: endpoints.len(),
            suppressed: 0,
        }
    }
}

fn is_private(api: &Api) -> bool {
    !api.cases.is_empty() && api.cases.iter().all(|case| case.endpoint_type.is_public() == Some(false))
}
