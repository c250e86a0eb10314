//! What else makes the translator refuse a template, gathered where it changes nothing in the output.
//!
//! Only reasons that touch APIs, functions and the template as a whole. Source: aws-sam-translator 1.115.0.

use crate::syntax::tree::NodeId;
use crate::template::sam::lowering::{Lowering, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi;

const URL_CORS: [(&str, char); 6] = [
    ("AllowOrigins", 'l'),
    ("AllowMethods", 'l'),
    ("AllowCredentials", 'b'),
    ("AllowHeaders", 'l'),
    ("ExposeHeaders", 'l'),
    ("MaxAge", 'i'),
];

/// Refuses a template whose resources or parameters are no maps.
pub(super) fn check_template(lowering: &mut Lowering<'_>) {
    let nodes = &lowering.nodes;
    let mut problems = Vec::new();
    for resource in &lowering.template.resources {
        if !nodes.is_dict(resource.node) {
            let reason = "every resource must be a map; this may be an indentation issue";
            problems.push((Some(resource.id.clone()), Refuse::new(nodes.span(resource.node), reason)));
        }
        let condition = nodes.get_truthy(resource.node, "Condition");
        if let Some(condition) = condition
            && resource.type_name.starts_with("AWS::Serverless::")
            && nodes.text(condition).is_none()
        {
            let refuse = Refuse::new(nodes.span(condition), "`Condition` must be a string");
            problems.push((Some(resource.id.clone()), refuse));
        }
    }
    let root = lowering.template.tree.root();
    for key in ["Mappings", "Parameters"] {
        let Some(entry) = root.and_then(|root| nodes.entry(root, key)) else { continue };
        if nodes.shape(entry.value) == Shape::Null && key == "Mappings"
            || !nodes.is_dict(entry.value) && nodes.is_truthy(entry.value)
        {
            problems.push((None, Refuse::new(nodes.span(entry.key), format!("`{key}` must be a map"))));
        }
    }
    let parameters = root.and_then(|root| nodes.get(root, "Parameters"));
    for (name, entry) in parameters.map(|node| nodes.pairs(node)).unwrap_or_default() {
        let default = nodes.get(entry.value, "Default");
        if let Some(node) = default.filter(|&node| matches!(nodes.shape(node), Shape::List | Shape::Map)) {
            // CloudFormation's own words: "Every Default member must be a string".
            let reason = format!("`Default` of the parameter `{name}` must be a string");
            problems.push((None, Refuse::new(nodes.span(node), reason)));
        }
    }
    for (resource, refuse) in problems {
        lowering.refuse(resource.as_deref(), refuse);
    }
}

/// Refuses a function whose properties do not go together.
pub(super) fn check_function(lowering: &Lowering<'_>, properties: NodeId) -> Step {
    let nodes = &lowering.nodes;
    let span = nodes.span(properties);
    let has = |key: &str| nodes.get_truthy(properties, key).is_some();
    let refuse = |reason: &str| Err(Refuse::new(span, reason));
    let package = nodes.get_text(properties, "PackageType").unwrap_or("Zip");
    if package == "Zip" && !(has("Runtime") && has("Handler")) {
        return refuse("`Runtime` and `Handler` are needed when `PackageType` is `Zip`");
    }
    if !matches!(package, "Zip" | "Image") {
        return refuse("`PackageType` must be `Zip` or `Image`");
    }
    if has("ProvisionedConcurrencyConfig") && !has("AutoPublishAlias") {
        return refuse("`ProvisionedConcurrencyConfig` needs `AutoPublishAlias`");
    }
    if nodes.get(properties, "VersionDeletionPolicy").is_some() && !has("AutoPublishAlias") {
        return refuse("`VersionDeletionPolicy` needs `AutoPublishAlias`");
    }
    if has("TenancyConfig") {
        let other =
            ["ProvisionedConcurrencyConfig", "FunctionUrlConfig", "SnapStart"].iter().find(|key| has(key));
        if let Some(other) = other {
            return refuse(&format!("`{other}` does not go with `TenancyConfig`"));
        }
        let events = nodes.get(properties, "Events").map(|events| nodes.pairs(events)).unwrap_or_default();
        let is_api = |event: NodeId| matches!(nodes.get_text(event, "Type"), Some("Api" | "HttpApi"));
        if events.iter().any(|(_, event)| !is_api(event.value)) {
            return refuse("only `Api` and `HttpApi` events go with `TenancyConfig`");
        }
    }
    Ok(())
}

/// Refuses a state machine's deployment preference without alias.
pub(super) fn check_state_machine(lowering: &Lowering<'_>, properties: NodeId) -> Step {
    let nodes = &lowering.nodes;
    let alias = nodes.get_truthy(properties, "AutoPublishAlias");
    if let Some(alias) = alias {
        let name = nodes.text(alias).unwrap_or_default();
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            let reason = "`AutoPublishAlias` becomes part of a logical id and must be alphanumeric text";
            return Err(Refuse::new(nodes.tree.tagged_span(alias), reason));
        }
    }
    let Some(preference) = nodes.get_truthy(properties, "DeploymentPreference") else { return Ok(()) };
    match alias {
        Some(_) => Ok(()),
        None => Err(Refuse::new(nodes.span(preference), "`DeploymentPreference` needs `AutoPublishAlias`")),
    }
}

/// Refuses `Cors` of a function URL with keys or kinds that it may not have.
pub(super) fn check_url_cors(lowering: &Lowering<'_>, config: NodeId) -> Step {
    let nodes = &lowering.nodes;
    let Some(cors) = nodes.get_truthy(config, "Cors") else { return Ok(()) };
    match nodes.shape(cors) {
        Shape::Intrinsic(_) => return Ok(()),
        Shape::Map => {}
        _ => return Err(Refuse::new(nodes.span(cors), "`FunctionUrlConfig.Cors` should be a map")),
    }
    for (key, entry) in nodes.pairs(cors) {
        let fits = match (URL_CORS.iter().find(|(name, _)| *name == key), nodes.shape(entry.value)) {
            (None, _) => false,
            (_, Shape::Intrinsic(_)) | (Some((_, 'i')), Shape::Number(_) | Shape::Bool(_)) => true,
            (Some((_, kind)), Shape::List) => *kind == 'l',
            (Some((_, kind)), Shape::Bool(_)) => *kind == 'b',
            _ => false,
        };
        if !fits {
            let reason =
                format!("`{key}` is no valid property of `FunctionUrlConfig.Cors`, or of the wrong type");
            return Err(Refuse::new(nodes.span(entry.key), reason));
        }
    }
    Ok(())
}

/// Refuses properties of a REST API that its body shows nothing of.
pub(super) fn check_api(lowering: &mut Lowering<'_>, properties: NodeId, body: Option<NodeId>) -> Step {
    let nodes = &lowering.nodes;
    let edited =
        ["Cors", "Auth", "GatewayResponses", "BinaryMediaTypes", "Models", "DisableExecuteApiEndpoint"];
    if let Some(body) = body
        && edited.iter().any(|key| nodes.get_truthy(properties, key).is_some())
    {
        openapi::check_paths(nodes, body)?;
    }
    check_gateway_responses(nodes, properties)?;
    let auth = nodes.get(properties, "Auth");
    let Some(plan) = auth.and_then(|auth| nodes.get(auth, "UsagePlan")) else { return Ok(()) };
    check_usage_plan(lowering, plan)
}

fn check_gateway_responses(nodes: &Nodes, properties: NodeId) -> Step {
    let Some(responses) = nodes.get_truthy(properties, "GatewayResponses") else { return Ok(()) };
    for (name, entry) in nodes.pairs(responses) {
        let span = nodes.span(entry.key);
        if nodes.shape(entry.value) != Shape::Map {
            return Err(Refuse::new(span, format!("gateway response `{name}` must be a map")));
        }
        let known = ["ResponseParameters", "ResponseTemplates", "StatusCode"];
        if let Some(key) = nodes.keys(entry.value).into_iter().find(|key| !known.contains(&key.as_str())) {
            return Err(Refuse::new(span, format!("gateway response `{name}` has no key `{key}`")));
        }
        if let Some(given) = nodes.get_truthy(entry.value, "ResponseParameters")
            && !nodes.is_dict(given)
        {
            return Err(Refuse::new(span, format!("`ResponseParameters` of `{name}` should be a map")));
        }
        let code = nodes.get_truthy(entry.value, "StatusCode").and_then(|code| nodes.tree.scalar(code));
        if code.is_some_and(|code| code.len() > 3 || !code.chars().all(|digit| digit.is_ascii_digit())) {
            return Err(Refuse::new(span, format!("`StatusCode` of `{name}` must be numeric")));
        }
    }
    Ok(())
}

fn check_usage_plan(lowering: &mut Lowering<'_>, plan: NodeId) -> Step {
    let create = lowering.nodes.get(plan, "CreateUsagePlan").map(|create| lowering.resolved(create));
    let nodes = &lowering.nodes;
    let span = nodes.span(plan);
    if !nodes.is_dict(plan) {
        return Err(Refuse::new(span, "`UsagePlan` must be a map"));
    }
    let known = ["CreateUsagePlan", "Description", "Quota", "Tags", "Throttle", "UsagePlanName"];
    if let Some(key) = nodes.keys(plan).into_iter().find(|key| !known.contains(&key.as_str())) {
        return Err(Refuse::new(span, format!("`UsagePlan` has no key `{key}`")));
    }
    match create.map(|create| nodes.shape(create)) {
        Some(Shape::Text("SHARED" | "PER_API" | "NONE") | Shape::Intrinsic(_)) => Ok(()),
        _ => Err(Refuse::new(span, "`CreateUsagePlan` must be `SHARED`, `PER_API` or `NONE`")),
    }
}

/// Refuses an authorizer's `Identity` of the wrong shape.
pub(super) fn check_identity(nodes: &Nodes, authorizer: NodeId) -> Step {
    let Some(identity) = nodes.get_truthy(authorizer, "Identity") else { return Ok(()) };
    let span = nodes.span(identity);
    if !nodes.is_dict(identity) {
        return Err(Refuse::new(span, "`Identity` of an authorizer must be a map"));
    }
    match nodes.get_text(authorizer, "FunctionPayloadType") {
        Some("REQUEST") => check_identity_sources(nodes, identity),
        _ => Ok(()),
    }
}

/// Refuses sources of identity that are no lists of strings.
pub(super) fn check_identity_sources(nodes: &Nodes, identity: NodeId) -> Step {
    for key in ["Headers", "QueryStrings", "StageVariables", "Context"] {
        let Some(values) = nodes.get_truthy(identity, key) else { continue };
        if nodes.shape(values) != Shape::List {
            return Err(Refuse::new(nodes.span(values), format!("`Identity.{key}` should be a list")));
        }
        if let Some(&other) = nodes.tree.items(values).iter().find(|&&item| nodes.text(item).is_none()) {
            let reason = format!("an entry of `Identity.{key}` should be a string");
            return Err(Refuse::new(nodes.span(other), reason));
        }
    }
    Ok(())
}

/// Refuses parts of `Domain` of the wrong shape.
pub(super) fn check_domain(nodes: &Nodes, domain: NodeId) -> Step {
    if let Some(tls) = nodes.get_truthy(domain, "MutualTlsAuthentication") {
        let known = ["TruststoreUri", "TruststoreVersion"];
        if !nodes.is_dict(tls) || nodes.keys(tls).iter().any(|key| !known.contains(&key.as_str())) {
            let reason = "`MutualTlsAuthentication` takes `TruststoreUri` and `TruststoreVersion`";
            return Err(Refuse::new(nodes.span(tls), reason));
        }
    }
    let route53 = nodes.get(domain, "Route53");
    let separate = route53.and_then(|route53| nodes.get_truthy(route53, "SeparateRecordSetGroup"));
    match separate.filter(|&separate| !matches!(nodes.shape(separate), Shape::Bool(_))) {
        Some(separate) => {
            Err(Refuse::new(nodes.span(separate), "`SeparateRecordSetGroup` should be a boolean"))
        }
        None => Ok(()),
    }
}

/// Refuses an event's `RequestModel` that the API does not define, or with validators that are no booleans.
pub(super) fn check_request_model(nodes: &Nodes, event: NodeId, models: Option<NodeId>) -> Step {
    let Some(request) = nodes.get_truthy(event, "RequestModel") else { return Ok(()) };
    let span = nodes.span(request);
    if !nodes.is_dict(request) {
        return Err(Refuse::new(span, "`RequestModel` should be a map"));
    }
    let Some(model) = nodes.get_truthy(request, "Model") else { return Ok(()) };
    let models = models.filter(|&models| nodes.is_truthy(models));
    let defined = match (nodes.text(model), models) {
        (Some(model), Some(models)) => nodes.get_truthy(models, model).is_some(),
        _ => false,
    };
    if !defined {
        return Err(Refuse::new(span, "the API does not define the model of `RequestModel`"));
    }
    for key in ["ValidateBody", "ValidateParameters"] {
        let value = nodes.get(request, key);
        if value.is_some_and(|value| !matches!(nodes.shape(value), Shape::Bool(_))) {
            return Err(Refuse::new(span, format!("`{key}` must be a boolean")));
        }
    }
    Ok(())
}
