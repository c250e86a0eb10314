//! Endpoints for execute-api that templates offer: by an export, or by a parameter that is there to name one.
//!
//! Parameters are known by name and type only. What is given to them is not asked.

use crate::order::Order;
use crate::source::{FileId, Span};
use crate::template::document::{Parameter, Template};
use crate::template::value::Value;
use crate::workspace::Workspace;

/// A parameter that is there to name an endpoint for execute-api, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointParameter {
    /// The template.
    pub file: FileId,
    /// Its name.
    pub name: String,
    /// Whether what it is said to be fits an endpoint's id; else it is there for something else.
    pub fits: bool,
}

/// An export whose value is an execute-api endpoint.
#[derive(Clone, Debug)]
pub struct EndpointExport {
    /// The export's name, if it is known text.
    pub name: Option<String>,
    /// Where the export's name is written.
    pub span: Span,
    /// The exported value.
    pub value: Value,
}

/// What may stand in the name of such a parameter beside `vpce` or `vpcendpoint`.
const HARMLESS: [&str; 14] = [
    "executeapi",
    "apigateway",
    "apigw",
    "private",
    "internal",
    "existing",
    "interface",
    "parameter",
    "rest",
    "serverless",
    "api",
    "the",
    "aws",
    "id",
];

/// All parameters that are there to name an endpoint, in file and text order.
pub(crate) fn parameters(workspace: &Workspace) -> Vec<EndpointParameter> {
    let mut templates: Vec<&Template> = workspace.stacks().iter().map(|stack| &*stack.template).collect();
    templates.order_by_key(|template| template.file);
    templates.dedup_by_key(|template| template.file);
    let of_template = |template: &&Template| {
        let (file, tree) = (template.file, &template.tree);
        let fits = |parameter: &Parameter| {
            let default = parameter.default.and_then(|node| tree.scalar(node));
            // One that is empty by default is left out where there is no endpoint.
            let fits = parameter.is_ssm() || default.is_none_or(|text| text.starts_with("vpce-"));
            let text = parameter.is_ssm() || parameter.type_name == "String";
            fits && text && !parameter.is_list()
        };
        let known = template.parameters.iter().filter(|parameter| names_an_endpoint(&parameter.name));
        let found = known.map(|parameter| EndpointParameter {
            file,
            name: parameter.name.clone(),
            fits: fits(parameter),
        });
        found.collect::<Vec<_>>()
    };
    templates.iter().flat_map(of_template).collect()
}

/// Whether a name says that it is one of an endpoint for APIs, and of no other service.
fn names_an_endpoint(name: &str) -> bool {
    let mut rest: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    rest.make_ascii_lowercase();
    let found = ["vpcendpoint", "vpce"].iter().find(|word| rest.contains(**word));
    let Some(word) = found else { return false };
    rest = rest.replacen(word, " ", 1);
    for harmless in HARMLESS {
        rest = rest.replace(harmless, " ");
    }
    rest.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_speak_of_an_endpoint_for_apis() {
        let table = [
            ("ExecuteApiVpcEndpointId", true),
            ("VpcEndpointId", true),
            ("VPCEndpoint", true),
            ("ApiGatewayVpceId", true),
            ("VpcId", false),
            ("S3VpcEndpointId", false),
            ("VpcEndpointSecurityGroupId", false),
            ("VpcEndpointIds", false),
            ("CreateVpcEndpoint", false),
        ];
        for (name, expected) in table {
            assert_eq!(names_an_endpoint(name), expected, "{name}");
        }
    }
}
