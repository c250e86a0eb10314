//! What makes the translator refuse an event of a function for more than its properties' names and kinds.
//!
//! These events expose nothing; a refused template is not deployed, though. Source: aws-sam-translator 1.115.0,
//! `model/eventsources/pull.py` and `push.py`.

use rustc_hash::FxHashSet;

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};

/// Types that read from a stream or queue.
const POLLING: [&str; 7] = ["DocumentDB", "DynamoDB", "Kinesis", "MQ", "MSK", "SQS", "SelfManagedKafka"];

const KAFKA_LOGIN: [&str; 7] = [
    "SASL_SCRAM_256_AUTH",
    "SASL_SCRAM_512_AUTH",
    "BASIC_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
    "OAUTHBEARER_AUTH",
    "IAM_AUTH",
    "IAM_OAUTHBEARER_AUTH",
];

const KAFKA_OTHER: [&str; 7] = [
    "VPC_SUBNET",
    "VPC_SECURITY_GROUP",
    "SERVER_ROOT_CA_CERTIFICATE",
    "OAUTHBEARER_SCOPE",
    "OAUTHBEARER_AUDIENCE",
    "OAUTHBEARER_LOGICAL_CLUSTER",
    "OAUTHBEARER_IDENTITY_POOL",
];

/// What the transform makes for an event, as the end of a logical id that begins with the function's and the
/// event's name.
fn suffixes(kind: &str) -> &'static [&'static str] {
    match kind {
        "AlexaSkill" | "S3" => &["Permission"],
        "CloudWatchEvent" | "CloudWatchLogs" | "EventBridgeRule" | "IoTRule" | "SNS" | "Schedule" => {
            &["", "Permission"]
        }
        "ScheduleV2" => &["", "Role"],
        _ if POLLING.contains(&kind) => &[""],
        _ => &[],
    }
}

/// An event under examination.
#[derive(Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) span: Span,
    /// A map.
    pub(super) properties: Option<NodeId>,
}

/// Triggers of user pools that functions have taken.
pub(super) type Triggers = FxHashSet<(String, String)>;

/// Refuses an event.
pub(super) fn check(
    lowering: &Lowering<'_>,
    parent: &Parent,
    event: Event<'_>,
    triggers: &mut Triggers,
) -> Step {
    check_ids(lowering, parent, event)?;
    let Some(properties) = event.properties else { return Ok(()) };
    let nodes = &lowering.nodes;
    let source = Source { nodes, properties, span: event.span };
    if POLLING.contains(&event.kind) {
        source.check_polling(event.kind)?;
    }
    match event.kind {
        "DocumentDB" => source.check_access(&["BASIC_AUTH"]),
        "MQ" => source.check_access(&["BASIC_AUTH", "VIRTUAL_HOST"]),
        "SelfManagedKafka" => source.check_kafka().and_then(|()| source.check_registry()),
        "MSK" => source.check_registry(),
        "SNS" => source.check_subscription(),
        "S3" => check_bucket(lowering, properties, event.span),
        "Cognito" => check_triggers(lowering, properties, event.span, triggers),
        _ => Ok(()),
    }
}

fn check_ids(lowering: &Lowering<'_>, parent: &Parent, event: Event<'_>) -> Step {
    let has_role = event.properties.is_some_and(|node| lowering.nodes.get(node, "RoleArn").is_some());
    for suffix in suffixes(event.kind).iter().filter(|suffix| !(has_role && **suffix == "Role")) {
        let id = format!("{}{}{suffix}", parent.id, event.name);
        if let Some(written) = lowering.template.resource(&id) {
            let reason = format!("the transform makes a resource `{id}`, which the template has already");
            return Err(Refuse::new(written.id_span, reason));
        }
    }
    Ok(())
}

/// Properties of an event.
#[derive(Clone, Copy)]
struct Source<'a> {
    nodes: &'a Nodes,
    properties: NodeId,
    span: Span,
}

impl Source<'_> {
    fn get(&self, key: &str) -> Option<NodeId> {
        self.nodes.get_truthy(self.properties, key)
    }

    fn refuse(&self, reason: impl Into<String>) -> Step {
        Err(Refuse::new(self.span, reason))
    }

    fn check_polling(&self, kind: &str) -> Step {
        let nodes = self.nodes;
        if let Some(filter) = self.get("FilterCriteria")
            && !nodes.is_intrinsic(filter)
            && nodes.keys(filter) != ["Filters"]
        {
            return self.refuse("`FilterCriteria` has a wrong format");
        }
        if self.get("ConsumerGroupId").is_some() && !matches!(kind, "MSK" | "SelfManagedKafka") {
            return self.refuse(format!("`ConsumerGroupId` is not for events of type `{kind}`"));
        }
        if let Some(key) = self.get("SecretsManagerKmsKeyId")
            && matches!(kind, "DocumentDB" | "MQ" | "SelfManagedKafka")
            && nodes.text(key).is_none()
        {
            return self.refuse("`SecretsManagerKmsKeyId` should be a string");
        }
        let Some(config) = self.get("DestinationConfig") else { return Ok(()) };
        let failure = nodes.get(config, "OnFailure").filter(|&failure| nodes.is_dict(failure));
        let Some(failure) = failure else {
            return self.refuse("`DestinationConfig.OnFailure` should be a map");
        };
        match nodes.get_truthy(failure, "Type") {
            Some(kind) if !matches!(nodes.text(kind), Some("SQS" | "SNS" | "S3" | "Kafka")) => {
                self.refuse("`Type` of `OnFailure` must be `SQS`, `SNS`, `S3` or `Kafka`")
            }
            _ => Ok(()),
        }
    }

    /// `SourceAccessConfigurations` of the types given, of which the first is needed once.
    fn check_access(&self, types: &[&str]) -> Step {
        let nodes = self.nodes;
        let configurations = self.get("SourceAccessConfigurations");
        let Some(list) = configurations.filter(|&list| nodes.shape(list) == Shape::List) else {
            return self.refuse("`SourceAccessConfigurations` is needed, a list");
        };
        let mut needed = 0;
        for item in nodes.items(list) {
            let kind = nodes.get_text(item, "Type").unwrap_or_default();
            if !types.contains(&kind) {
                return self.refuse(format!("`SourceAccessConfigurations` takes {}", types.join(" and ")));
            }
            if types.first() == Some(&kind) {
                needed += 1;
                if nodes.get_truthy(item, "URI").is_none() {
                    return self.refuse(format!("`{kind}` has no `URI`"));
                }
            }
        }
        match needed {
            1 => Ok(()),
            _ => self
                .refuse(format!("`SourceAccessConfigurations` needs one `{}`", types.join("`, perhaps `"))),
        }
    }

    fn check_kafka(&self) -> Step {
        let nodes = self.nodes;
        if self.get("KafkaBootstrapServers").is_none() {
            return self.refuse("`KafkaBootstrapServers` is needed");
        }
        match self.get("Topics") {
            Some(topics) if nodes.is_intrinsic(topics) || nodes.items(topics).len() == 1 => {}
            _ => return self.refuse("`Topics` must name one topic"),
        }
        let configurations = self.get("SourceAccessConfigurations");
        let Some(list) = configurations.filter(|&list| nodes.shape(list) == Shape::List) else {
            return self.refuse("`SourceAccessConfigurations` is needed, a list");
        };
        let mut seen: Vec<&str> = Vec::new();
        for item in nodes.items(list) {
            let kind = nodes.get_text(item, "Type").unwrap_or_default();
            let is_login = KAFKA_LOGIN.contains(&kind);
            if !is_login && !KAFKA_OTHER.contains(&kind) {
                return self.refuse("`SourceAccessConfigurations` has a `Type` that SAM does not know");
            }
            if is_login && seen.iter().any(|other| KAFKA_LOGIN.contains(other)) {
                return self.refuse("`SourceAccessConfigurations` has more than one way to log in");
            }
            let uri = nodes.get_truthy(item, "URI");
            let is_uri = uri.is_some_and(|uri| nodes.text(uri).is_some() || nodes.is_intrinsic(uri));
            if !is_uri && !kind.starts_with("IAM_") {
                return self.refuse(format!("`{kind}` has no `URI`"));
            }
            seen.extend(KAFKA_LOGIN.iter().chain(&KAFKA_OTHER).find(|known| **known == kind));
        }
        match seen.contains(&"VPC_SUBNET") == seen.contains(&"VPC_SECURITY_GROUP") {
            true => Ok(()),
            false => self.refuse("`VPC_SUBNET` and `VPC_SECURITY_GROUP` must both be given"),
        }
    }

    fn check_registry(&self) -> Step {
        let nodes = self.nodes;
        let Some(registry) = self.get("SchemaRegistryConfig") else { return Ok(()) };
        for field in ["SchemaRegistryURI", "EventRecordFormat", "SchemaValidationConfigs"] {
            if nodes.entry(registry, field).is_none() {
                return self.refuse(format!("`SchemaRegistryConfig` needs `{field}`"));
            }
        }
        if !matches!(nodes.get_text(registry, "EventRecordFormat"), Some("JSON" | "SOURCE")) {
            return self.refuse("`EventRecordFormat` must be `JSON` or `SOURCE`");
        }
        let validation = nodes.get(registry, "SchemaValidationConfigs");
        if validation.is_none_or(|list| nodes.shape(list) != Shape::List) {
            return self.refuse("`SchemaValidationConfigs` must be a list");
        }
        let Some(access) = nodes.get_truthy(registry, "AccessConfigs") else { return Ok(()) };
        let has_both = |item: &NodeId| ["Type", "URI"].iter().all(|key| nodes.entry(*item, key).is_some());
        match nodes.shape(access) == Shape::List && nodes.items(access).iter().all(has_both) {
            true => Ok(()),
            false => self.refuse("`AccessConfigs` must be a list of maps with `Type` and `URI`"),
        }
    }

    fn check_subscription(&self) -> Step {
        let nodes = self.nodes;
        let Some(subscription) = self.get("SqsSubscription") else { return Ok(()) };
        if !nodes.is_dict(subscription) {
            return Ok(());
        }
        match ["QueueArn", "QueueUrl"].iter().all(|key| nodes.get_truthy(subscription, key).is_some()) {
            true => Ok(()),
            false => self.refuse("`SqsSubscription` needs `QueueArn` and `QueueUrl`"),
        }
    }
}

/// The resource of the template that a `Ref` names.
fn referenced(lowering: &Lowering<'_>, node: Option<NodeId>) -> Option<(String, Option<NodeId>)> {
    let id = node.and_then(|node| lowering.nodes.referenced(node))?;
    let resource = &lowering.items.get(lowering.find(id)?)?.resource;
    Some((id.to_owned(), resource.properties))
}

fn check_bucket(lowering: &Lowering<'_>, properties: NodeId, span: Span) -> Step {
    let bucket = referenced(lowering, lowering.nodes.get(properties, "Bucket"));
    let Some((_, bucket)) = bucket else {
        return Err(Refuse::new(span, "S3 events must reference a bucket of the same template"));
    };
    let nodes = &lowering.nodes;
    match bucket.filter(|&node| !nodes.is_dict(node) && nodes.shape(node) != Shape::Null) {
        Some(node) => Err(Refuse::new(nodes.span(node), "`Properties` of the bucket should be a map")),
        None => Ok(()),
    }
}

fn check_triggers(lowering: &Lowering<'_>, properties: NodeId, span: Span, triggers: &mut Triggers) -> Step {
    let nodes = &lowering.nodes;
    let Some((pool, written)) = referenced(lowering, nodes.get(properties, "UserPool")) else {
        return Err(Refuse::new(span, "Cognito events must reference a user pool of the same template"));
    };
    let config = written.and_then(|written| nodes.get(written, "LambdaConfig"));
    if config.is_some_and(|config| !nodes.is_dict(config)) {
        return Err(Refuse::new(span, "`LambdaConfig` of the user pool should be a map"));
    }
    let names = match nodes.get(properties, "Trigger").map(|trigger| (trigger, nodes.shape(trigger))) {
        Some((trigger, Shape::List)) => nodes.items(trigger),
        Some((trigger, _)) => vec![trigger],
        None => Vec::new(),
    };
    for name in names.into_iter().filter_map(|name| nodes.text(name)) {
        let is_written = config.is_some_and(|config| nodes.entry(config, name).is_some());
        if is_written || !triggers.insert((pool.clone(), name.to_owned())) {
            return Err(Refuse::new(span, format!("the trigger `{name}` of the user pool is taken already")));
        }
    }
    Ok(())
}
