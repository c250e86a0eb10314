//! Deployments that the user wrote: snapshots of an API that stay as they are while their logical id stays.
//!
//! Those that SAM makes carry a hash and are left out. Whether an id changes is for the rules.

use crate::exposure::Context;
use crate::order::Order;
use crate::source::{FileId, Span};
use crate::template::document::Origin;
use crate::template::value::{Name, Value};

/// A written `AWS::ApiGateway::Deployment`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deployment {
    /// The template of the API.
    pub file: FileId,
    /// Logical id of the API.
    pub api: String,
    /// Where the deployment's logical id stands; another template may hold it.
    pub id_span: Span,
    /// The deployment's logical id.
    pub resource: String,
}

/// All deployments of REST APIs of the run, by API and place, each once for all instances.
pub(crate) fn find(context: &Context<'_>) -> Vec<Deployment> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        let is_api = |type_name: &str| type_name == "AWS::ApiGateway::RestApi";
        for api in stack.lowered.resources.iter().filter(|resource| is_api(&resource.type_name)) {
            let owner = Value::named(Name::Resource { stack: stack.id, id: api.id.clone() });
            let made = context.attachments.of(context.workspace, "AWS::ApiGateway::Deployment", &owner);
            let written = made.filter(|(_, deployment)| deployment.origin == Origin::Written);
            found.extend(written.map(|(_, deployment)| Deployment {
                file: stack.template.file,
                api: api.id.clone(),
                id_span: deployment.id_span,
                resource: deployment.id.clone(),
            }));
        }
    }
    found.order();
    found.dedup();
    found
}
