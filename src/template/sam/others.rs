//! The SAM resources without an API of their own: nested applications, web functions, and what exposes nothing.
//!
//! Knows nothing of events.

use crate::syntax::tree::NodeId;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::schema::{self, Table};

/// What the remaining SAM types become, with their table and what is kept. Types that are not listed make
/// nothing that is looked at.
const PLAIN: [(&str, &str, Table, &[&str]); 4] = [
    ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table", schema::SIMPLE_TABLE, &["TableName"]),
    ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion", schema::LAYER_VERSION, &["LayerName"]),
    (
        "AWS::Serverless::CapacityProvider",
        "AWS::Lambda::CapacityProvider",
        schema::CAPACITY_PROVIDER,
        &["VpcConfig"],
    ),
    (
        "AWS::Serverless::GraphQLApi",
        "AWS::AppSync::GraphQLApi",
        schema::GRAPHQL_API,
        &["Name", "Tags", "Visibility", "OwnerContact", "IntrospectionConfig"],
    ),
];

/// Lowers what is neither a function nor an API.
pub(super) fn lower_all(lowering: &mut Lowering<'_>) {
    for at in 0..lowering.items.len() {
        let resource = &lowering.items[at].resource;
        let parent = Parent::of(resource);
        let properties = lowering.properties(at);
        if lowering.items[at].is("AWS::Serverless::Application") {
            schema::check(lowering, &parent, properties, schema::APPLICATION);
            let step = lower_application(lowering, &parent, properties);
            lowering.attempt(&parent.id, step);
        } else if lowering.items[at].is("AWS::Serverless::WebFunction") {
            schema::check(lowering, &parent, properties, schema::WEB_FUNCTION);
            let step = lower_web_function(lowering, &parent, properties);
            lowering.attempt(&parent.id, step);
        } else if let Some((_, type_name, table, kept)) =
            PLAIN.iter().find(|(sam, ..)| lowering.items[at].is(sam))
        {
            schema::check(lowering, &parent, properties, table);
            let checked = check_plain(lowering, &parent, properties);
            lowering.attempt(&parent.id, checked);
            let made = lowering.passed(&parent, properties, kept);
            lowering.make(&parent, &parent.id, type_name, made);
        }
    }
}

/// A web function becomes a function and its endpoint; revisions expose nothing of their own.
fn lower_web_function(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId) -> Step {
    let function = lowering.passed(parent, properties, &["FunctionName"]);
    lowering.make(parent, &parent.id, "AWS::Lambda::WebFunction", function);
    let endpoint = lowering.passed(parent, properties, &["AuthType", "EndpointType", "EndpointName"]);
    for (key, default) in [("EndpointType", "HomeRegion"), ("EndpointName", "prod")] {
        if lowering.nodes.get_truthy(endpoint, key).is_none() {
            let value = lowering.nodes.string(parent.span, default);
            lowering.nodes.set(endpoint, key, parent.span, value);
        }
    }
    let id = format!("{}Endpoint", parent.id);
    lowering.make(parent, &id, "AWS::Lambda::WebFunctionEndpoint", endpoint);
    match lowering.nodes.get_truthy(properties, "AuthType") {
        Some(_) => Ok(()),
        None => Err(Refuse::new(parent.span, "`AuthType` is needed: `IamAuth` or `ApplicationManaged`")),
    }
}

/// A nested application becomes a nested stack; one of the application repository stays opaque.
fn lower_application(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId) -> Step {
    let mut entries = Vec::new();
    let location = lowering.nodes.entry(properties, "Location");
    if let Some(location) = location {
        entries.push(("TemplateURL", lowering.nodes.span(location.key), location.value));
    }
    if let Some(given) = lowering.nodes.entry(properties, "Parameters") {
        entries.push(("Parameters", lowering.nodes.span(given.key), given.value));
    }
    let made = lowering.nodes.tree.add_mapping(parent.span, entries);
    lowering.make(parent, &parent.id, "AWS::CloudFormation::Stack", made);
    let Some(location) = location.map(|entry| entry.value).filter(|&node| lowering.nodes.is_dict(node))
    else {
        return Ok(());
    };
    for key in ["ApplicationId", "SemanticVersion"] {
        let Some(value) = lowering.nodes.get(location, key) else {
            let reason = format!("`Location` is missing the required `{key}`");
            return Err(Refuse::new(lowering.nodes.span(location), reason));
        };
        let known = lowering.worked_out(value);
        if lowering.nodes.is_dict(known) || !lowering.nodes.is_truthy(known) {
            let reason = format!("`{key}` must be known: text, a parameter, or an entry of a mapping");
            return Err(Refuse::new(lowering.nodes.tree.tagged_span(value), reason));
        }
    }
    Ok(())
}

/// Refuses what the kinds of the properties do not show (aws-sam-translator 1.115.0, `model/sam_resources.py`).
fn check_plain(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId) -> Step {
    let refuse = |reason: &str| Err(Refuse::new(parent.span, reason));
    if let Some(key) = lowering.nodes.get_truthy(properties, "PrimaryKey") {
        let kind = lowering.nodes.get(key, "Type").map(|kind| lowering.nodes.text(kind));
        if lowering.nodes.get(key, "Name").is_none() || kind.is_none() {
            return refuse("`PrimaryKey` needs `Name` and `Type`");
        }
        if !matches!(kind, Some(Some("String" | "Number" | "Binary"))) {
            return refuse("`PrimaryKey.Type` must be `String`, `Number` or `Binary`");
        }
    }
    if let Some(policy) = lowering.nodes.get(properties, "RetentionPolicy") {
        let text = lowering.resolved_text(policy).map(|text| text.to_ascii_lowercase());
        if !matches!(text.as_deref(), Some("retain" | "delete")) {
            return refuse("`RetentionPolicy` must be `Retain` or `Delete`");
        }
    }
    let vpc = lowering.nodes.get(properties, "VpcConfig");
    match vpc.is_some_and(|vpc| lowering.nodes.get(vpc, "SubnetIds").is_none()) {
        true => refuse("`VpcConfig.SubnetIds` is needed"),
        false => Ok(()),
    }
}

impl Lowering<'_> {
    /// The named properties as they are written.
    pub(super) fn passed(&mut self, parent: &Parent, properties: NodeId, names: &[&'static str]) -> NodeId {
        let mut entries = Vec::new();
        for &name in names {
            if let Some(entry) = self.nodes.entry(properties, name) {
                entries.push((name, self.nodes.span(entry.key), entry.value));
            }
        }
        self.nodes.tree.add_mapping(parent.span, entries)
    }
}
