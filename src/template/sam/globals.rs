//! `Globals`: which keys it may have, and how its values meet those of a resource.
//!
//! Dictionaries merge, lists join (global first), anything else is the resource's own. Source:
//! aws-sam-translator 1.115.0, `plugins/globals/globals.py`.

use crate::syntax::tree::{Entry, Kind, Node, NodeId};
use crate::template::lowered::{RefusalKind, SurpriseKind};
use crate::template::sam::lowering::{Lowering, Refuse};
use crate::template::sam::nodes::{MAX_DEPTH, Nodes, Shape};
use crate::template::sam::policy_lists::LIST_FIELDS;

/// Section and the keys it may have.
const SECTIONS: [(&str, &[&str]); 10] = [
    (
        "Api",
        &[
            "Auth",
            "Name",
            "DefinitionUri",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "MergeDefinitions",
            "Variables",
            "EndpointConfiguration",
            "MethodSettings",
            "BinaryMediaTypes",
            "MinimumCompressionSize",
            "Cors",
            "GatewayResponses",
            "AccessLogSetting",
            "CanarySetting",
            "TracingEnabled",
            "OpenApiVersion",
            "Domain",
            "AlwaysDeploy",
            "PropagateTags",
            "SecurityPolicy",
            "EndpointAccessMode",
        ],
    ),
    (
        "CapacityProvider",
        &[
            "VpcConfig",
            "OperatorRole",
            "Tags",
            "InstanceRequirements",
            "ScalingConfig",
            "KmsKeyArn",
            "PropagateTags",
            "LoggingConfig",
            "ManagedResourceTags",
        ],
    ),
    (
        "Function",
        &[
            "Handler",
            "Runtime",
            "CodeUri",
            "DeadLetterQueue",
            "Description",
            "MemorySize",
            "Timeout",
            "VpcConfig",
            "Environment",
            "Tags",
            "PropagateTags",
            "Tracing",
            "KmsKeyArn",
            "AutoPublishAlias",
            "AutoPublishAliasAllProperties",
            "Layers",
            "DeploymentPreference",
            "RolePath",
            "PermissionsBoundary",
            "ReservedConcurrentExecutions",
            "ProvisionedConcurrencyConfig",
            "AssumeRolePolicyDocument",
            "EventInvokeConfig",
            "FileSystemConfigs",
            "CodeSigningConfigArn",
            "Architectures",
            "SnapStart",
            "EphemeralStorage",
            "FunctionUrlConfig",
            "RuntimeManagementConfig",
            "LoggingConfig",
            "RecursiveLoop",
            "SourceKMSKeyArn",
            "TenancyConfig",
            "DurableConfig",
            "CapacityProviderConfig",
            "FunctionScalingConfig",
            "PublishToLatestPublished",
            "VersionDeletionPolicy",
        ],
    ),
    (
        "HttpApi",
        &[
            "Auth",
            "AccessLogSettings",
            "StageVariables",
            "Tags",
            "CorsConfiguration",
            "DefaultRouteSettings",
            "Domain",
            "RouteSettings",
            "FailOnWarnings",
            "PropagateTags",
        ],
    ),
    ("LayerVersion", &["PublishLambdaVersion"]),
    (
        "MicrovmImage",
        &[
            "BuildRoleArn",
            "BaseImageArn",
            "BaseImageVersion",
            "Logging",
            "EgressNetworkConnectors",
            "CpuConfigurations",
            "Resources",
            "AdditionalOsCapabilities",
            "Hooks",
            "EnvironmentVariables",
            "Tags",
            "PropagateTags",
        ],
    ),
    ("NetworkConnector", &["OperatorRole", "Tags", "PropagateTags"]),
    ("SimpleTable", &["SSESpecification"]),
    ("StateMachine", &["PropagateTags"]),
    (
        "WebSocketApi",
        &[
            "AccessLogSettings",
            "ApiKeySelectionExpression",
            "DefaultRouteSettings",
            "DisableExecuteApiEndpoint",
            "DisableSchemaValidation",
            "Domain",
            "FailOnWarnings",
            "IpAddressType",
            "PropagateTags",
            "RouteSelectionExpression",
            "RouteSettings",
            "StageVariables",
            "Tags",
        ],
    ),
];

/// How many nodes a template may have made when maps are still merged.
const MAX_MADE: u32 = 200_000;

/// Types whose resources take part in the merge (`SamResourceType` of the translator).
const MERGED: [&str; 10] = [
    "Api",
    "CapacityProvider",
    "Function",
    "HttpApi",
    "LayerVersion",
    "MicrovmImage",
    "NetworkConnector",
    "SimpleTable",
    "StateMachine",
    "WebSocketApi",
];

/// Refuses sections and keys that `Globals` may not have.
pub(super) fn check(lowering: &mut Lowering<'_>) {
    let Some(root) = lowering.template.tree.root() else { return };
    let Some(globals) = lowering.nodes.entry(root, "Globals") else { return };
    if lowering.nodes.shape(globals.value) != Shape::Map {
        let span = lowering.nodes.span(globals.key);
        lowering.refuse(None, Refuse::new(span, "`Globals` must be a non-empty map"));
        return;
    }
    for (name, section) in lowering.nodes.pairs(globals.value) {
        let key = lowering.nodes.span(section.key);
        let Some((_, allowed)) = SECTIONS.iter().find(|(known, _)| *known == name) else {
            let reason = format!("`Globals` has no section `{name}`");
            lowering.refuse(None, Refuse::new(key, reason).of_kind(RefusalKind::GlobalsKey));
            continue;
        };
        if lowering.nodes.shape(section.value) != Shape::Map {
            lowering.refuse(None, Refuse::new(key, format!("`Globals.{name}` must be a map")));
            continue;
        }
        for (property, entry) in lowering.nodes.pairs(section.value) {
            if !allowed.contains(&property.as_str()) {
                let reason = format!("`{property}` is not supported in `Globals.{name}`");
                let span = lowering.nodes.span(entry.key);
                let kind = match (name.as_str(), property.as_str()) {
                    ("HttpApi" | "WebSocketApi", "EndpointConfiguration") => {
                        RefusalKind::EndpointConfigurationOnHttpApi
                    }
                    _ => RefusalKind::GlobalsKey,
                };
                lowering.refuse(None, Refuse::new(span, reason).of_kind(kind));
            }
        }
    }
}

/// Merges `Globals` into the properties of every resource it is for.
pub(super) fn merge(lowering: &mut Lowering<'_>) {
    let Some(globals) = lowering.template.globals else { return };
    for at in 0..lowering.items.len() {
        let type_name = &lowering.items[at].resource.type_name;
        let Some(section) = type_name.strip_prefix("AWS::Serverless::").filter(|name| MERGED.contains(name))
        else {
            continue;
        };
        let Some(globals) = lowering.nodes.get(globals, section) else { continue };
        if lowering.nodes.shape(globals) != Shape::Map {
            continue;
        }
        let section = section.to_owned();
        let kept = kept(lowering, at, globals);
        if section == "Api" {
            report_joined_lists(lowering, at, &kept);
        }
        let properties = lowering.properties(at);
        let architectures = lowering.nodes.get(properties, "Architectures");
        merge_map(&mut lowering.nodes, &kept, properties, 0);
        if let Some(architectures) = architectures.filter(|_| section == "Function") {
            let span = lowering.nodes.span(architectures);
            lowering.nodes.set(properties, "Architectures", span, architectures);
        }
    }
}

/// The global entries that the resource does not ignore.
fn kept(lowering: &mut Lowering<'_>, at: usize, globals: NodeId) -> Vec<(String, Entry)> {
    let resource = &lowering.items[at].resource;
    let id = resource.id.clone();
    let mut kept = lowering.nodes.pairs(globals);
    let Some(ignored) = lowering.nodes.get_truthy(resource.node, "IgnoreGlobals") else { return kept };
    let span = lowering.nodes.span(ignored);
    match lowering.nodes.shape(ignored) {
        Shape::Text("*") => kept.clear(),
        Shape::List => {
            for item in lowering.nodes.items(ignored) {
                let key = lowering.nodes.text(item).unwrap_or_default().to_owned();
                let before = kept.len();
                kept.retain(|(name, _)| *name != key);
                if kept.len() == before {
                    let reason = format!("`IgnoreGlobals` names `{key}`, which is not in `Globals`");
                    let span = lowering.nodes.span(item);
                    lowering.refuse(Some(&id), Refuse::new(span, reason));
                }
            }
        }
        _ => lowering.refuse(Some(&id), Refuse::new(span, "`IgnoreGlobals` must be `*` or a list")),
    }
    kept
}

/// Puts global entries into a local mapping that may be changed.
fn merge_map(nodes: &mut Nodes, globals: &[(String, Entry)], local: NodeId, depth: u32) {
    let mut added = Vec::new();
    for (key, global) in globals {
        match nodes.entry(local, key) {
            None => added.push(*global),
            Some(entry) => {
                let value = merged(nodes, global.value, entry.value, depth);
                nodes.set(local, key, nodes.span(entry.key), value);
            }
        }
    }
    // Global keys come first, as in the translator's output.
    if let Some(Node { kind: Kind::Mapping(entries), .. }) = nodes.tree.node_mut(local) {
        added.append(entries);
        *entries = added;
    }
}

fn merged(nodes: &mut Nodes, global: NodeId, local: NodeId, depth: u32) -> NodeId {
    match (nodes.shape(global), nodes.shape(local)) {
        // Aliases could double the work at each level: past the budget the local value stays as it is.
        (Shape::Map, Shape::Map) if depth < MAX_DEPTH && nodes.made() < MAX_MADE => {
            let local = nodes.own(local);
            let globals = nodes.pairs(global);
            merge_map(nodes, &globals, local, depth + 1);
            local
        }
        (Shape::List, Shape::List) => {
            let items = [nodes.items(global), nodes.items(local)].concat();
            nodes.list(nodes.span(local), items)
        }
        _ => local,
    }
}

/// Allow-lists in both places join, which lets more callers in than either.
fn report_joined_lists(lowering: &mut Lowering<'_>, at: usize, globals: &[(String, Entry)]) {
    let nodes = &lowering.nodes;
    let policy = |auth: NodeId| nodes.get(auth, "ResourcePolicy");
    let global = globals.iter().find(|(key, _)| key == "Auth").and_then(|(_, auth)| policy(auth.value));
    let local = nodes.get(lowering.properties(at), "Auth").and_then(policy);
    let (Some(global), Some(local)) = (global, local) else { return };
    let mut joined = Vec::new();
    for field in LIST_FIELDS {
        let (Some(first), Some(second)) = (nodes.entry(global, field), nodes.entry(local, field)) else {
            continue;
        };
        if [first, second].iter().all(|entry| nodes.shape(entry.value) == Shape::List) {
            let kind = SurpriseKind::JoinedAllowLists {
                field: field.to_owned(),
                global: nodes.span(first.key),
                inherited: nodes.span(first.value),
                own: nodes.span(second.value),
            };
            joined.push((nodes.span(second.key), kind));
        }
    }
    let id = lowering.items[at].resource.id.clone();
    for (span, kind) in joined {
        lowering.surprise(&id, span, kind);
    }
}
