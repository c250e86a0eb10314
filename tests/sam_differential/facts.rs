//! The referee's exposure record, taken from a lowered template, and a comparison that says where two differ.

use serde_json::{Map, Value, json};
use wicketgate::syntax::tree::{NodeId, Tree};
use wicketgate::template::document::Resource;
use wicketgate::template::intrinsic::{Function, get_att, intrinsic};
use wicketgate::template::lowered::Lowered;

const METHODS: [&str; 9] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"];

/// Section of the record, resource type, properties that are compared.
const PLAIN: [(&str, &str, &[&str]); 6] = [
    ("function_urls", "AWS::Lambda::Url", &["AuthType", "InvokeMode", "TargetFunctionArn", "Cors"]),
    (
        "lambda_permissions",
        "AWS::Lambda::Permission",
        &[
            "Principal",
            "Action",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "SourceAccount",
            "SourceArn",
            "PrincipalOrgID",
            "FunctionName",
        ],
    ),
    (
        "base_path_mappings",
        "AWS::ApiGateway::BasePathMapping",
        &["DomainName", "RestApiId", "Stage", "BasePath"],
    ),
    (
        "base_path_mappings_v2",
        "AWS::ApiGateway::BasePathMappingV2",
        &["DomainNameArn", "RestApiId", "Stage", "BasePath"],
    ),
    ("api_mappings", "AWS::ApiGatewayV2::ApiMapping", &["DomainName", "ApiId", "Stage", "ApiMappingKey"]),
    (
        "domain_access_associations",
        "AWS::ApiGateway::DomainNameAccessAssociation",
        &["DomainNameArn", "AccessAssociationSource", "AccessAssociationSourceType"],
    ),
];

/// The record of a lowered template.
pub(crate) fn of(lowered: &Lowered) -> Value {
    let mut record = Map::new();
    for section in ["rest_apis", "http_apis", "domain_names"] {
        record.insert(section.to_owned(), json!({}));
    }
    for (section, ..) in PLAIN {
        record.insert(section.to_owned(), json!({}));
    }
    let mut add = |section: &str, id: &str, facts: Value| {
        if let Some(Value::Object(map)) = record.get_mut(section) {
            map.entry(id).or_insert(facts);
        }
    };
    for resource in &lowered.resources {
        let properties = properties(lowered, resource);
        match resource.type_name.as_str() {
            "AWS::ApiGateway::RestApi" => {
                add("rest_apis", &resource.id, rest_api(resource, &properties, lowered));
            }
            "AWS::ApiGatewayV2::Api" => {
                add("http_apis", &resource.id, http_api(resource, &properties, lowered));
            }
            "AWS::ApiGateway::DomainName"
            | "AWS::ApiGateway::DomainNameV2"
            | "AWS::ApiGatewayV2::DomainName" => {
                add("domain_names", &resource.id, domain(resource, &properties));
            }
            kind => {
                if let Some((section, _, fields)) = PLAIN.iter().find(|(_, type_name, _)| *type_name == kind)
                {
                    let mut facts = json!({"condition": condition(resource)});
                    for field in *fields {
                        facts[*field] = properties[*field].clone();
                    }
                    add(section, &resource.id, facts);
                }
            }
        }
    }
    comparable(&renamed(&Value::Object(record), lowered))
}

/// References by derived names (`Api.Stage`) put to the logical ids they stand for, as the translator does.
fn renamed(value: &Value, lowered: &Lowered) -> Value {
    match value {
        Value::Object(map) => {
            if let (1, Some(name)) = (map.len(), map.get("Ref").and_then(Value::as_str)) {
                return json!({"Ref": lowered.logical_id(name)});
            }
            map.iter().map(|(key, value)| (key.clone(), renamed(value, lowered))).collect()
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, lowered)).collect(),
        scalar => scalar.clone(),
    }
}

/// The part of a record that is compared: without permissions for services that reach no API, and without the
/// hash in a deployment's id.
pub(crate) fn comparable(record: &Value) -> Value {
    let mut out = Map::new();
    let sections =
        ["rest_apis", "http_apis", "domain_names"].into_iter().chain(PLAIN.iter().map(|plain| plain.0));
    for section in sections {
        let mut entries = Map::new();
        for (id, facts) in record[section].as_object().into_iter().flatten() {
            let mut facts = facts.clone();
            if let Some(facts) = facts.as_object_mut() {
                for key in ["logical_id", "Qualifier"] {
                    facts.remove(key);
                }
            }
            // Connectors make permissions of their own; they expose nothing.
            let of_connector = id.ends_with("WriteLambdaPermission");
            if section == "lambda_permissions" && (of_connector || !reaches_an_api(&facts)) {
                continue;
            }
            if let Some(stages) = facts.get_mut("stages").and_then(Value::as_array_mut) {
                for stage in stages.iter_mut() {
                    if stage.get("deployment").is_some() {
                        stage["logical_id"] = json!("Deployment");
                    }
                }
                stages.sort_by_key(Value::to_string);
            }
            entries.insert(id.clone(), facts);
        }
        out.insert(section.to_owned(), Value::Object(entries));
    }
    Value::Object(out)
}

fn reaches_an_api(permission: &Value) -> bool {
    matches!(permission["Principal"].as_str(), Some("*" | "apigateway.amazonaws.com") | None)
}

fn properties(lowered: &Lowered, resource: &Resource) -> Value {
    resource.properties.map_or(Value::Null, |node| to_json(&lowered.tree, node))
}

fn condition(resource: &Resource) -> Value {
    resource.condition.as_ref().map_or(Value::Null, |(name, _)| json!(name))
}

fn rest_api(resource: &Resource, properties: &Value, lowered: &Lowered) -> Value {
    let config = &properties["EndpointConfiguration"];
    let body = &properties["Body"];
    let extension = "x-amazon-apigateway-endpoint-configuration";
    let servers: Vec<_> = body["servers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|server| server[extension].clone())
        .filter(|found| !found.is_null())
        .collect();
    json!({
        "condition": condition(resource),
        "endpoint_configuration": config,
        "endpoint_types": config["Types"],
        "vpc_endpoint_ids": config["VpcEndpointIds"],
        "ip_address_type": config["IpAddressType"],
        "parameters": properties["Parameters"],
        "policy_property": properties["Policy"],
        "policy_body": body["x-amazon-apigateway-policy"],
        "disable_execute_api_endpoint": properties["DisableExecuteApiEndpoint"],
        "body_endpoint_configuration": body[extension],
        "body_servers_endpoint_configuration": if servers.is_empty() { Value::Null } else { json!(servers) },
        "body": body_kind(properties),
        "clone_from": properties["CloneFrom"],
        "mode": properties["Mode"],
        "security_policy": properties["SecurityPolicy"],
        "endpoint_access_mode": properties["EndpointAccessMode"],
        "default_security": body["security"],
        "security_schemes": schemes(body),
        "methods": methods(body),
        "stages": stages(lowered, &resource.id),
    })
}

fn http_api(resource: &Resource, properties: &Value, lowered: &Lowered) -> Value {
    let body = &properties["Body"];
    json!({
        "condition": condition(resource),
        "protocol": properties["ProtocolType"],
        "disable_execute_api_endpoint": properties["DisableExecuteApiEndpoint"],
        "body_endpoint_configuration": body["x-amazon-apigateway-endpoint-configuration"],
        "ip_address_type": properties["IpAddressType"],
        "body": body_kind(properties),
        "security_schemes": schemes(body),
        "methods": methods(body),
        "stages": stages(lowered, &resource.id),
    })
}

fn domain(resource: &Resource, properties: &Value) -> Value {
    let config = &properties["EndpointConfiguration"];
    let many = properties["DomainNameConfigurations"].as_array();
    json!({
        "type": resource.type_name,
        "condition": condition(resource),
        "domain_name": properties["DomainName"],
        "endpoint_types": config["Types"],
        "ip_address_type": config["IpAddressType"],
        "v2_endpoint_types": many.map(|many| many.iter().map(|one| one["EndpointType"].clone()).collect::<Vec<_>>()),
        "policy": properties["Policy"],
    })
}

fn body_kind(properties: &Value) -> Value {
    match (properties["Body"].is_null(), properties["BodyS3Location"].is_null()) {
        (false, _) => json!("inline"),
        (true, false) => json!("s3"),
        (true, true) => Value::Null,
    }
}

fn stages(lowered: &Lowered, api: &str) -> Vec<Value> {
    let target = json!({"Ref": api});
    let mut found = Vec::new();
    for resource in &lowered.resources {
        let properties = properties(lowered, resource);
        let entry = json!({
            "logical_id": resource.id,
            "stage_name": properties["StageName"],
            "condition": condition(resource),
        });
        match resource.type_name.as_str() {
            "AWS::ApiGateway::Stage" if properties["RestApiId"] == target => found.push(entry),
            "AWS::ApiGatewayV2::Stage" if properties["ApiId"] == target => found.push(entry),
            "AWS::ApiGateway::Deployment"
                if properties["RestApiId"] == target && !properties["StageName"].is_null() =>
            {
                let mut entry = entry;
                entry["deployment"] = json!(true);
                found.push(entry);
            }
            _ => {}
        }
    }
    found
}

/// The maps that nested `Fn::If` may stand for, with their conditions, as the referee's script lists them.
fn alternatives(value: &Value, when: &[String], out: &mut Vec<(Value, Vec<String>)>) {
    let Some(map) = value.as_object() else { return };
    if let (1, Some([condition, yes, no])) =
        (map.len(), map.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice))
    {
        let name = condition.as_str().map_or_else(|| condition.to_string(), str::to_owned);
        alternatives(yes, &[when, std::slice::from_ref(&name)].concat(), out);
        alternatives(no, &[when, &[format!("!{name}")]].concat(), out);
        return;
    }
    out.push((value.clone(), when.to_vec()));
}

fn methods(body: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for (path, item) in body["paths"].as_object().into_iter().flatten() {
        let mut items = Vec::new();
        alternatives(item, &[], &mut items);
        for (item, when) in items {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let method = method.to_lowercase();
                if !METHODS.contains(&method.as_str()) {
                    continue;
                }
                let mut operations = Vec::new();
                alternatives(operation, &when, &mut operations);
                for (operation, when) in operations {
                    found.push(json!({
                        "path": path,
                        "method": method,
                        "when": when,
                        "security": operation["security"],
                        "auth": operation["x-amazon-apigateway-auth"],
                    }));
                }
            }
        }
    }
    found
}

fn schemes(body: &Value) -> Value {
    let swagger = body["securityDefinitions"].as_object().filter(|map| !map.is_empty());
    let found = swagger.or_else(|| body["components"]["securitySchemes"].as_object());
    let mut out = Map::new();
    for (name, scheme) in found.into_iter().flatten() {
        out.insert(
            name.clone(),
            json!({
                "type": scheme["type"],
                "authtype": scheme["x-amazon-apigateway-authtype"],
                "authorizer": scheme["x-amazon-apigateway-authorizer"]["type"],
            }),
        );
    }
    Value::Object(out)
}

/// A node as long-form JSON, unresolved.
fn to_json(tree: &Tree, node: NodeId) -> Value {
    if tree.tag(node).is_some_and(|tag| !tag.starts_with("!!"))
        && let Some(found) = intrinsic(tree, node)
    {
        let argument = match (found.function, get_att(tree, node)) {
            (Function::GetAtt, Some((id, attribute))) => json!([id, attribute]),
            _ => match tree.scalar(node) {
                Some(text) => json!(text),
                None => content(tree, node),
            },
        };
        return json!({found.function.name(): argument});
    }
    match tree.scalar(node) {
        Some(text) if tree.is_plain(node) => plain(text),
        Some(text) => json!(text),
        None => content(tree, node),
    }
}

fn content(tree: &Tree, node: NodeId) -> Value {
    if tree.is_sequence(node) {
        return tree.items(node).iter().map(|&item| to_json(tree, item)).collect();
    }
    let mut map = Map::new();
    for entry in tree.entries(node) {
        map.insert(tree.scalar(entry.key).unwrap_or_default().to_owned(), to_json(tree, entry.value));
    }
    Value::Object(map)
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => json!(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => json!(false),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) if !(text.len() > 1 && text.starts_with('0')) => json!(number),
            (_, Ok(number))
                if text.contains('.') && text.starts_with(|first: char| first.is_ascii_digit()) =>
            {
                json!(number)
            }
            _ => json!(text),
        },
    }
}

/// The same facts in one notation: parameters by their default (the translator inlines some), the partition by its
/// pseudo parameter, attributes as pairs.
pub(crate) fn normal(value: &Value, defaults: &Value) -> Value {
    match value {
        Value::Object(map) => {
            if map.len() == 1 {
                if let Some(found) =
                    map.get("Ref").and_then(Value::as_str).and_then(|name| defaults.get(name))
                {
                    return normal_scalar(found);
                }
                if let Some((id, attribute)) =
                    map.get("Fn::GetAtt").and_then(Value::as_str).and_then(|text| text.split_once('.'))
                {
                    return json!({"Fn::GetAtt": [id, attribute]});
                }
            }
            map.iter().map(|(key, value)| (key.clone(), normal(value, defaults))).collect()
        }
        Value::Array(items) => items.iter().map(|item| normal(item, defaults)).collect(),
        scalar => normal_scalar(&filled(scalar, defaults)),
    }
}

/// A text with the defaults of the parameters it names put in.
fn filled(value: &Value, defaults: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    let mut text = text.to_owned();
    for (name, default) in defaults.as_object().into_iter().flatten() {
        if let Some(default) = default.as_str() {
            text = text.replace(&format!("${{{name}}}"), default);
        }
    }
    json!(text)
}

fn normal_scalar(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => json!(text.replace("arn:aws:", "arn:${AWS::Partition}:")),
        None => value.clone(),
    }
}
