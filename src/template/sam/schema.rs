//! Which properties the SAM resources have, and of which kind: what is not in the table is refused.
//!
//! Source: `property_types` in aws-sam-translator 1.115.0, `model/sam_resources.py`. Only the kinds of the
//! outermost value are checked, as there.

use crate::syntax::tree::NodeId;
use crate::template::lowered::RefusalKind;
use crate::template::sam::lowering::{Lowering, Parent, Refuse};
use crate::template::sam::nodes::{Nodes, Shape};

/// Property and its kinds: `s` text, `d` map, `l` list, `b` boolean, `i` integer, `*` anything; `!` required,
/// `-` no intrinsic function either.
pub(super) type Table = &'static [(&'static str, &'static str)];

/// `AWS::Serverless::Api`.
pub(super) const API: Table = &[
    ("__MANAGE_SWAGGER", "b"),
    ("Name", "sd"),
    ("StageName", "sd!"),
    ("Tags", "d"),
    ("PropagateTags", "b"),
    ("DefinitionBody", "d"),
    ("DefinitionUri", "sd"),
    ("MergeDefinitions", "b-"),
    ("CacheClusterEnabled", "b"),
    ("CacheClusterSize", "s"),
    ("Variables", "d"),
    ("EndpointConfiguration", "sd"),
    ("MethodSettings", "l"),
    ("BinaryMediaTypes", "l"),
    ("MinimumCompressionSize", "i"),
    ("Cors", "sd"),
    ("Auth", "d"),
    ("GatewayResponses", "d"),
    ("AccessLogSetting", "d"),
    ("CanarySetting", "d"),
    ("TracingEnabled", "b"),
    ("OpenApiVersion", "s"),
    ("Models", "d"),
    ("Domain", "d"),
    ("FailOnWarnings", "b"),
    ("Description", "s"),
    ("Mode", "s"),
    ("DisableExecuteApiEndpoint", "b"),
    ("ApiKeySourceType", "s"),
    ("AlwaysDeploy", "b-"),
    ("Policy", "sd"),
    ("SecurityPolicy", "s"),
    ("EndpointAccessMode", "s"),
];

/// `AWS::Serverless::Function`.
pub(super) const FUNCTION: Table = &[
    ("FunctionName", "sd"),
    ("Handler", "*"),
    ("Runtime", "*"),
    ("CodeUri", "*"),
    ("ImageUri", "*"),
    ("PackageType", "*"),
    ("InlineCode", "*"),
    ("DeadLetterQueue", "d"),
    ("Description", "*"),
    ("MemorySize", "*"),
    ("Timeout", "*"),
    ("VpcConfig", "*"),
    ("Role", "s"),
    ("AssumeRolePolicyDocument", "d"),
    ("Policies", "sdl"),
    ("RolePath", "*"),
    ("PermissionsBoundary", "s"),
    ("Environment", "d"),
    ("Events", "d"),
    ("Tags", "d"),
    ("PropagateTags", "b"),
    ("Tracing", "ds"),
    ("KmsKeyArn", "*"),
    ("DeploymentPreference", "d"),
    ("ReservedConcurrentExecutions", "*"),
    ("Layers", "l"),
    ("EventInvokeConfig", "d"),
    ("EphemeralStorage", "*"),
    ("AutoPublishAlias", "s"),
    ("AutoPublishCodeSha256", "s"),
    ("AutoPublishAliasAllProperties", "b-"),
    ("VersionDescription", "*"),
    ("ProvisionedConcurrencyConfig", "*"),
    ("FileSystemConfigs", "*"),
    ("ImageConfig", "*"),
    ("CodeSigningConfigArn", "*"),
    ("Architectures", "*"),
    ("SnapStart", "d"),
    ("FunctionUrlConfig", "d"),
    ("RuntimeManagementConfig", "*"),
    ("LoggingConfig", "*"),
    ("RecursiveLoop", "*"),
    ("SourceKMSKeyArn", "*"),
    ("CapacityProviderConfig", "d"),
    ("FunctionScalingConfig", "d"),
    ("VersionDeletionPolicy", "s"),
    ("PublishToLatestPublished", "*"),
    ("TenancyConfig", "*"),
    ("DurableConfig", "d"),
];

/// `AWS::Serverless::StateMachine`.
pub(super) const STATE_MACHINE: Table = &[
    ("Definition", "d"),
    ("DefinitionUri", "sd"),
    ("Logging", "d"),
    ("Role", "s"),
    ("RolePath", "*"),
    ("DefinitionSubstitutions", "d"),
    ("Events", "d"),
    ("Name", "s"),
    ("Type", "s"),
    ("Tags", "d"),
    ("PropagateTags", "b"),
    ("Policies", "sl"),
    ("Tracing", "d"),
    ("PermissionsBoundary", "s"),
    ("AutoPublishAlias", "*"),
    ("DeploymentPreference", "*"),
    ("UseAliasAsEventTarget", "b-"),
];

/// `AWS::Serverless::HttpApi`.
pub(super) const HTTP_API: Table = &[
    ("__MANAGE_SWAGGER", "b"),
    ("Name", "*"),
    ("StageName", "sd"),
    ("Tags", "d"),
    ("PropagateTags", "b"),
    ("DefinitionBody", "d"),
    ("DefinitionUri", "sd"),
    ("StageVariables", "d"),
    ("CorsConfiguration", "bd"),
    ("AccessLogSettings", "d"),
    ("DefaultRouteSettings", "d"),
    ("Auth", "d"),
    ("RouteSettings", "d"),
    ("Domain", "d"),
    ("FailOnWarnings", "b"),
    ("Description", "s"),
    ("DisableExecuteApiEndpoint", "b"),
];

/// `AWS::Serverless::WebSocketApi`.
pub(super) const WEBSOCKET_API: Table = &[
    ("ApiKeySelectionExpression", "s"),
    ("AccessLogSettings", "d"),
    ("Auth", "d"),
    ("DefaultRouteSettings", "d"),
    ("Description", "s"),
    ("DisableExecuteApiEndpoint", "b"),
    ("Domain", "d"),
    ("DisableSchemaValidation", "b"),
    ("FailOnWarnings", "b"),
    ("IpAddressType", "s"),
    ("Name", "s"),
    ("PropagateTags", "b"),
    ("Routes", "d!"),
    ("RouteSettings", "d"),
    ("RouteSelectionExpression", "s!"),
    ("StageName", "sd"),
    ("StageVariables", "d"),
    ("Tags", "d"),
];

/// `HttpApi` event of a function.
pub(super) const HTTP_API_EVENT: Table = &[
    ("Path", "s"),
    ("Method", "s"),
    ("ApiId", "s"),
    ("Stage", "s"),
    ("Auth", "d"),
    ("TimeoutInMillis", "i"),
    ("RouteSettings", "d"),
    ("PayloadFormatVersion", "s"),
];

/// `AWS::Serverless::Application`.
pub(super) const APPLICATION: Table = &[
    ("Location", "sd!"),
    ("TemplateUrl", "s"),
    ("Parameters", "d"),
    ("NotificationARNs", "l"),
    ("Tags", "d"),
    ("TimeoutInMinutes", "i"),
];

/// `AWS::Serverless::GraphQLApi`.
pub(super) const GRAPHQL_API: Table = &[
    ("Name", "*"),
    ("Tags", "d-"),
    ("XrayEnabled", "*"),
    ("Auth", "d!-"),
    ("SchemaInline", "s-"),
    ("SchemaUri", "s-"),
    ("Logging", "db-"),
    ("DataSources", "d-"),
    ("Functions", "d-"),
    ("Resolvers", "d-"),
    ("ApiKeys", "d-"),
    ("DomainName", "d-"),
    ("Cache", "d-"),
    ("Visibility", "*"),
    ("OwnerContact", "*"),
    ("IntrospectionConfig", "*"),
    ("QueryDepthLimit", "*"),
    ("ResolverCountLimit", "*"),
];

/// `AWS::Serverless::WebFunction`.
pub(super) const WEB_FUNCTION: Table = &[
    ("FunctionName", "sd"),
    ("Tags", "d"),
    ("ReplicaRegions", "ld"),
    ("AuthType", "*"),
    ("Runtime", "*"),
    ("CodeUri", "*"),
    ("InlineCode", "*"),
    ("RevisionDescription", "*"),
    ("KmsKeyArn", "*"),
    ("ExecutionRoleArn", "s"),
    ("EnvironmentVariables", "d"),
    ("EntryPoint", "*"),
    ("MaxConcurrencyPerEnvironment", "*"),
    ("EgressNetworkConnectorArn", "*"),
    ("Timeout", "i"),
    ("LoggingConfig", "*"),
    ("RevisionWeights", "*"),
    ("EndpointName", "*"),
    ("EndpointType", "*"),
    ("EndpointDescription", "*"),
    ("ScalingConfig", "*"),
    ("ThrottleConfig", "*"),
    ("AutoDeploymentMode", "*"),
];

/// `AWS::Serverless::SimpleTable`.
pub(super) const SIMPLE_TABLE: Table = &[
    ("PointInTimeRecoverySpecification", "*"),
    ("PrimaryKey", "d"),
    ("ProvisionedThroughput", "d"),
    ("TableName", "sd"),
    ("Tags", "d"),
    ("SSESpecification", "d"),
];

/// `AWS::Serverless::LayerVersion`.
pub(super) const LAYER_VERSION: Table = &[
    ("LayerName", "sd"),
    ("Description", "s"),
    ("PublishLambdaVersion", "b"),
    ("ContentUri", "sd!"),
    ("CompatibleArchitectures", "l"),
    ("CompatibleRuntimes", "l"),
    ("LicenseInfo", "s"),
    ("RetentionPolicy", "s"),
];

/// `AWS::Serverless::CapacityProvider`.
pub(super) const CAPACITY_PROVIDER: Table = &[
    ("CapacityProviderName", "sd-"),
    ("VpcConfig", "d!-"),
    ("OperatorRole", "sd-"),
    ("Tags", "d-"),
    ("PropagateTags", "b-"),
    ("InstanceRequirements", "d-"),
    ("ScalingConfig", "d-"),
    ("KmsKeyArn", "sd-"),
    ("LoggingConfig", "d-"),
    ("ManagedResourceTags", "d-"),
];

/// `Api` event of a function.
pub(super) const API_EVENT: Table = &[
    ("Path", "s!"),
    ("Method", "s!"),
    ("RestApiId", "s!"),
    ("Stage", "s"),
    ("Auth", "d"),
    ("RequestModel", "d"),
    ("RequestParameters", "l"),
    ("TimeoutInMillis", "i"),
    ("ResponseTransferMode", "s"),
];

/// `Api` event of a state machine.
pub(super) const API_EVENT_STATE_MACHINE: Table = &[
    ("Path", "s!"),
    ("Method", "s!"),
    ("RestApiId", "s!"),
    ("Stage", "s"),
    ("Auth", "d"),
    ("UnescapeMappingTemplate", "b-"),
];

/// Refuses unknown, missing and wrongly typed properties of a resource.
pub(super) fn check(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId, table: Table) {
    for refuse in problems(&lowering.nodes, parent, properties, table) {
        lowering.refuse(Some(&parent.id), refuse);
    }
}

/// What is wrong with properties.
pub(super) fn problems(nodes: &Nodes, parent: &Parent, properties: NodeId, table: Table) -> Vec<Refuse> {
    problems_of_all(nodes, parent, properties, &[table])
}

/// What is wrong with properties that several tables describe together; a later table counts more.
pub(super) fn problems_of_all(
    nodes: &Nodes,
    parent: &Parent,
    properties: NodeId,
    tables: &[Table],
) -> Vec<Refuse> {
    let mut problems = Vec::new();
    let known = || tables.iter().rev().flat_map(|table| table.iter());
    for (key, entry) in nodes.pairs(properties) {
        match known().find(|(name, _)| *name == key) {
            None => {
                let reason = format!("property `{key}` is not defined here");
                let is_public = tables.iter().any(|table| [HTTP_API, WEBSOCKET_API].contains(table));
                let kind = match key.as_str() {
                    "EndpointConfiguration" if is_public => RefusalKind::EndpointConfigurationOnHttpApi,
                    _ => RefusalKind::Other,
                };
                problems.push(Refuse::new(nodes.span(entry.key), reason).of_kind(kind));
            }
            Some((_, kinds)) if !fits(nodes, entry.value, kinds) => {
                let reason = format!("the type of property `{key}` is invalid");
                problems.push(Refuse::new(nodes.span(entry.value), reason));
            }
            Some(_) => {}
        }
    }
    let required = known().filter(|(_, kinds)| kinds.contains('!'));
    for (name, _) in required.filter(|(name, _)| nodes.get(properties, name).is_none()) {
        problems.push(Refuse::new(parent.span, format!("missing required property `{name}`")));
    }
    problems
}

fn fits(nodes: &Nodes, value: NodeId, kinds: &str) -> bool {
    let allowed = |kind: char| kinds.contains(kind);
    // To the translator, any map of one key may be an intrinsic function.
    let single = nodes.is_dict(value) && nodes.keys(value).len() == 1;
    if allowed('*') || (single && !allowed('-')) {
        return true;
    }
    match nodes.shape(value) {
        Shape::Null => true,
        // A boolean is an integer to Python.
        Shape::Bool(_) => allowed('b') || allowed('i'),
        Shape::Number(_) => allowed('i'),
        Shape::Text(_) => allowed('s'),
        Shape::List => allowed('l'),
        Shape::Map | Shape::Intrinsic(_) => allowed('d'),
    }
}

/// The known name that a misspelt one is nearest to, at most three letters away (case does not count).
pub(super) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let distance = |other: &str| edit_distance(&name, &other.to_ascii_lowercase());
    known
        .iter()
        .copied()
        .map(|other| (distance(other), other))
        .filter(|(far, _)| *far <= 3)
        .min()
        .map(|it| it.1)
}

/// Levenshtein distance in characters.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().enumerate() {
        let mut corner = at;
        let mut last = at + 1;
        for (slot, other) in right.iter().enumerate() {
            let above = row.get(slot + 1).copied().unwrap_or(usize::MAX);
            let best = (corner + usize::from(letter != *other)).min(above + 1).min(last + 1);
            corner = above;
            if let Some(cell) = row.get_mut(slot) {
                *cell = last;
            }
            last = best;
        }
        if let Some(cell) = row.last_mut() {
            *cell = last;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases =
            [("abc", "abc", 0), ("abc", "abd", 1), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3)];
        for (left, right, expected) in cases {
            assert_eq!(edit_distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn misspelt_keys_find_their_neighbour() {
        let known = ["VPCEndpointIds", "IpAddressType"];
        assert_eq!(nearest("VPCEndpointsIds", &known), Some("VPCEndpointIds"));
        assert_eq!(nearest("VpcEndpointIDs", &known), Some("VPCEndpointIds"));
        assert_eq!(nearest("Colour", &known), None);
    }
}
