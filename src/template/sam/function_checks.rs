//! What makes the translator refuse a function for something that exposes nothing: its queues, destinations,
//! deployments, code.
//!
//! Makes nothing. Local code locations are accepted as packaging accepts them: it puts what it uploads in their
//! place. Source: aws-sam-translator 1.115.0, `model/sam_resources.py`, `model/s3_utils/uri_parser.py`,
//! `model/preferences/deployment_preference_collection.py`.

use crate::syntax::tree::NodeId;
use crate::template::intrinsic::Function;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::policy_templates;

/// Refuses a function.
pub(super) fn check(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId) {
    let steps = [
        check_queue(&lowering.nodes, properties),
        check_destinations(lowering, properties),
        check_deployment(lowering, properties),
        check_code_hash(lowering, properties),
        check_code(&lowering.nodes, properties),
        policy_templates::check(&lowering.nodes, properties),
        check_role(lowering, parent, properties),
    ];
    for step in steps {
        lowering.attempt(&parent.id, step);
    }
}

fn check_queue(nodes: &Nodes, properties: NodeId) -> Step {
    let Some(queue) = nodes.get_truthy(properties, "DeadLetterQueue") else { return Ok(()) };
    let reason = match (nodes.get_truthy(queue, "Type"), nodes.get_truthy(queue, "TargetArn")) {
        (Some(kind), Some(_)) if matches!(nodes.text(kind), Some("SQS" | "SNS")) => return Ok(()),
        (Some(_), Some(_)) => "`DeadLetterQueue.Type` must be `SQS` or `SNS`",
        _ => "`DeadLetterQueue` needs `Type` and `TargetArn`",
    };
    Err(Refuse::new(nodes.span(queue), reason))
}

fn check_destinations(lowering: &mut Lowering<'_>, properties: NodeId) -> Step {
    let config = lowering.nodes.get_truthy(properties, "EventInvokeConfig");
    let Some(config) = config.and_then(|config| lowering.nodes.get_truthy(config, "DestinationConfig"))
    else {
        return Ok(());
    };
    for name in ["OnSuccess", "OnFailure"] {
        let nodes = &lowering.nodes;
        let Some(destination) = nodes.get(config, name) else { continue };
        let span = nodes.span(destination);
        if !nodes.is_dict(destination) {
            return Err(Refuse::new(span, format!("`DestinationConfig.{name}` should be a map")));
        }
        let kind = nodes.get(destination, "Type").and_then(|kind| lowering.resolved_text(kind));
        let makes_one = matches!(kind.as_deref(), Some("SQS" | "SNS"));
        if !makes_one && !matches!(kind.as_deref(), Some("EventBridge" | "Lambda" | "S3Bucket")) {
            return Err(Refuse::new(
                span,
                format!("`DestinationConfig.{name}` has no `Type` that SAM knows"),
            ));
        }
        if !is_given(&lowering.nodes, destination)? && !makes_one {
            return Err(Refuse::new(span, "`Destination` is needed unless `Type` is `SQS` or `SNS`"));
        }
    }
    Ok(())
}

/// Whether a destination is named whatever its condition; without one SAM makes a queue or topic.
fn is_given(nodes: &Nodes, destination: NodeId) -> Step<bool> {
    let Some(target) = nodes.get(destination, "Destination") else { return Ok(false) };
    let Shape::Intrinsic(found) = nodes.shape(target) else { return Ok(true) };
    if found.function != Function::If {
        return Ok(true);
    }
    let arguments = nodes.if_arguments(target).unwrap_or_default();
    let [_, yes, no] = arguments.as_slice() else {
        return Err(Refuse::new(nodes.tree.tagged_span(target), "`Fn::If` requires 3 arguments"));
    };
    Ok(nodes.is_no_value(*yes) == nodes.is_no_value(*no))
}

fn check_deployment(lowering: &mut Lowering<'_>, properties: NodeId) -> Step {
    let Some(preference) = lowering.nodes.get_truthy(properties, "DeploymentPreference") else {
        return Ok(());
    };
    let span = lowering.nodes.span(preference);
    let refuse = |reason: &str| Err(Refuse::new(span, reason));
    let passthrough = lowering.nodes.get(preference, "PassthroughCondition");
    if let Some(value) = passthrough.map(|value| lowering.worked_out(value)) {
        match lowering.nodes.shape(value) {
            Shape::Bool(_) | Shape::Text("true" | "True" | "false" | "False") => {}
            _ => return refuse("`PassthroughCondition` must be a boolean"),
        }
    }
    let enabled = lowering.nodes.get(preference, "Enabled").map(|enabled| lowering.worked_out(enabled));
    let nodes = &lowering.nodes;
    let is_off = |value: NodeId| {
        !nodes.is_truthy(value) || matches!(nodes.shape(value), Shape::Text("false" | "False"))
    };
    if enabled.is_some_and(is_off) {
        return Ok(());
    }
    if nodes.get_truthy(properties, "AutoPublishAlias").is_none() {
        return refuse("`DeploymentPreference` needs `AutoPublishAlias`");
    }
    if nodes.entry(preference, "Type").is_none() {
        return refuse("`DeploymentPreference` needs `Type`");
    }
    if nodes.get(preference, "Hooks").is_some_and(|hooks| !nodes.is_dict(hooks)) {
        return refuse("`DeploymentPreference.Hooks` must be a map");
    }
    match nodes.get_truthy(preference, "Alarms") {
        Some(alarms) if !are_alarms(nodes, alarms) => refuse("`DeploymentPreference.Alarms` must be a list"),
        _ => Ok(()),
    }
}

/// Whether alarms are a list, or each branch of their condition is.
fn are_alarms(nodes: &Nodes, alarms: NodeId) -> bool {
    let is_list = |node: NodeId| nodes.shape(node) == Shape::List || nodes.is_no_value(node);
    match nodes.if_arguments(alarms).as_deref() {
        Some([_, yes, no]) => is_list(*yes) && is_list(*no),
        Some(_) => false,
        None => is_list(alarms),
    }
}

fn check_code_hash(lowering: &mut Lowering<'_>, properties: NodeId) -> Step {
    let has_alias = lowering.nodes.get_truthy(properties, "AutoPublishAlias").is_some();
    let hash = lowering.nodes.get_truthy(properties, "AutoPublishCodeSha256").filter(|_| has_alias);
    let Some(hash) = hash else { return Ok(()) };
    let text = lowering.resolved_text(hash);
    let fits = |text: &str| text.chars().take(10).all(|letter| letter.is_ascii_alphanumeric());
    let reason = match text.as_deref() {
        None => "`AutoPublishCodeSha256` must be a string",
        Some(text) if !fits(text) => {
            "`AutoPublishCodeSha256` becomes part of a logical id and must be alphanumeric"
        }
        Some(_) => return Ok(()),
    };
    Err(Refuse::new(lowering.nodes.tree.tagged_span(hash), reason))
}

/// Refuses a code location that no packaging puts right.
fn check_code(nodes: &Nodes, properties: NodeId) -> Step {
    let zip = nodes.get_text(properties, "PackageType").is_none_or(|kind| kind == "Zip");
    let inline = nodes.get(properties, "InlineCode").is_some();
    let Some(code) = nodes.get(properties, "CodeUri").filter(|_| zip && !inline) else { return Ok(()) };
    let span = nodes.span(code);
    match nodes.shape(code) {
        Shape::Text(uri) if uri.contains("{{resolve:") && uri.contains('/') => {
            Err(Refuse::new(span, "`CodeUri` takes no dynamic reference"))
        }
        Shape::Text(uri) if uri.strip_prefix("s3://").is_some_and(|rest| !is_bucket_and_key(rest)) => {
            Err(Refuse::new(span, "`CodeUri` is no valid S3 URI of the form `s3://bucket/key`"))
        }
        Shape::Text(_) | Shape::Intrinsic(_) | Shape::Null => Ok(()),
        Shape::Map => match ["Bucket", "Key"].iter().all(|key| nodes.get_truthy(code, key).is_some()) {
            true => Ok(()),
            false => Err(Refuse::new(span, "`CodeUri` needs `Bucket` and `Key`")),
        },
        Shape::Bool(_) | Shape::Number(_) | Shape::List => {
            Err(Refuse::new(span, "`CodeUri` must be a map or a string"))
        }
    }
}

fn is_bucket_and_key(rest: &str) -> bool {
    let parts = rest.split_once('/');
    parts.is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty() && !bucket.starts_with('['))
}

/// Refuses a template that has a resource of the id of the role that SAM makes.
fn check_role(lowering: &Lowering<'_>, parent: &Parent, properties: NodeId) -> Step {
    let id = format!("{}Role", parent.id);
    match lowering.template.resource(&id) {
        Some(written) if lowering.nodes.get(properties, "Role").is_none() => {
            let reason = format!("the transform makes a role `{id}`, which the template has already");
            Err(Refuse::new(written.id_span, reason))
        }
        _ => Ok(()),
    }
}
