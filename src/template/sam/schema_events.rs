//! Which events functions and state machines may have, with their properties.
//!
//! Only what lets the transform refuse a template: these events expose nothing. Source: `property_types` of the
//! event classes of aws-sam-translator 1.115.0. Kinds are written as in `schema`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::event_checks;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::schema::{self, Table};

const POLLING: Table = &[
    ("BatchSize", "i"),
    ("StartingPosition", "*"),
    ("StartingPositionTimestamp", "*"),
    ("Enabled", "b"),
    ("MaximumBatchingWindowInSeconds", "i"),
    ("MaximumRetryAttempts", "i"),
    ("BisectBatchOnFunctionError", "b"),
    ("MaximumRecordAgeInSeconds", "i"),
    ("DestinationConfig", "d"),
    ("ParallelizationFactor", "i"),
    ("Topics", "l"),
    ("Queues", "l"),
    ("SourceAccessConfigurations", "l"),
    ("SecretsManagerKmsKeyId", "s"),
    ("TumblingWindowInSeconds", "i"),
    ("FunctionResponseTypes", "l"),
    ("KafkaBootstrapServers", "l"),
    ("FilterCriteria", "d"),
    ("KmsKeyArn", "*"),
    ("ConsumerGroupId", "s"),
    ("ScalingConfig", "d"),
    ("ProvisionedPollerConfig", "d"),
    ("SchemaRegistryConfig", "d"),
    ("MetricsConfig", "d"),
    ("LoggingConfig", "d"),
];

const STREAM: Table = &[("Stream", "*!"), ("StartingPosition", "*!")];

const DOCUMENT_DB: Table =
    &[("Cluster", "*!"), ("DatabaseName", "*!"), ("CollectionName", "*"), ("FullDocument", "*")];

const RULE: Table = &[
    ("EventBusName", "s"),
    ("RuleName", "s"),
    ("Pattern", "d"),
    ("DeadLetterConfig", "d"),
    ("RetryPolicy", "d"),
    ("Input", "s"),
    ("InputPath", "s"),
    ("Target", "d"),
    ("Enabled", "b"),
    ("State", "s"),
    ("InputTransformer", "d"),
];

const SCHEDULE: Table = &[
    ("Schedule", "s!"),
    ("RuleName", "s"),
    ("Input", "s"),
    ("Enabled", "b"),
    ("State", "s"),
    ("Name", "s"),
    ("Description", "s"),
    ("DeadLetterConfig", "d"),
    ("RetryPolicy", "d"),
    ("Target", "d"),
    ("RoleArn", "s"),
];

const SCHEDULE_V2: Table = &[
    ("PermissionsBoundary", "s"),
    ("ScheduleExpression", "s!"),
    ("FlexibleTimeWindow", "d"),
    ("Name", "s"),
    ("State", "s"),
    ("Description", "s"),
    ("StartDate", "s"),
    ("EndDate", "s"),
    ("ScheduleExpressionTimezone", "s"),
    ("GroupName", "s"),
    ("KmsKeyArn", "s"),
    ("Input", "s"),
    ("RoleArn", "s"),
    ("DeadLetterConfig", "d"),
    ("RetryPolicy", "d"),
    ("OmitName", "b-"),
];

const NOTIFICATION: Table = &[
    ("Topic", "s!"),
    ("Region", "s"),
    ("FilterPolicy", "*"),
    ("FilterPolicyScope", "*"),
    ("SqsSubscription", "db"),
    ("RedrivePolicy", "d"),
];

/// Event types of functions and the tables their properties are in.
const FUNCTION_EVENTS: [(&str, &[Table]); 17] = [
    ("AlexaSkill", &[&[("SkillId", "s")]]),
    ("CloudWatchEvent", &[RULE]),
    ("CloudWatchLogs", &[&[("LogGroupName", "s!"), ("FilterPattern", "s!")]]),
    ("Cognito", &[&[("UserPool", "s!"), ("Trigger", "sl!-")]]),
    ("DocumentDB", &[POLLING, DOCUMENT_DB]),
    ("DynamoDB", &[POLLING, STREAM]),
    ("EventBridgeRule", &[RULE]),
    ("IoTRule", &[&[("Sql", "s!"), ("AwsIotSqlVersion", "s")]]),
    ("Kinesis", &[POLLING, STREAM]),
    ("MQ", &[POLLING, &[("Broker", "*!"), ("DynamicPolicyName", "b-")]]),
    ("MSK", &[POLLING, STREAM]),
    ("S3", &[&[("Bucket", "s!"), ("Events", "sl!-"), ("Filter", "d")]]),
    ("SNS", &[NOTIFICATION]),
    ("SQS", &[POLLING, &[("Queue", "*!")]]),
    ("Schedule", &[SCHEDULE]),
    ("ScheduleV2", &[SCHEDULE_V2]),
    ("SelfManagedKafka", &[POLLING]),
];

/// Refuses what the events of a function or state machine may not have; `Api` and `HttpApi` are checked where
/// they are lowered.
pub(super) fn check(lowering: &mut Lowering<'_>, parent: &Parent, at: usize) {
    let Some(events) = lowering.nodes.get(lowering.properties(at), "Events") else { return };
    if lowering.nodes.shape(events) != Shape::Map {
        return;
    }
    let mut problems = Vec::new();
    let mut triggers = std::mem::take(&mut lowering.triggers);
    for (name, entry) in lowering.nodes.pairs(events) {
        let nodes = &lowering.nodes;
        let span = nodes.span(entry.key);
        if !nodes.is_dict(entry.value) {
            problems.push(Refuse::new(span, "the type of property `Events` is invalid"));
            continue;
        }
        let kind = nodes.get(entry.value, "Type").and_then(|kind| nodes.text(kind)).unwrap_or_default();
        if matches!(kind, "Api" | "HttpApi") {
            continue;
        }
        let Some((_, tables)) = FUNCTION_EVENTS.iter().find(|(known, _)| *known == kind) else {
            problems.push(Refuse::new(span, format!("event `{name}` has no type that SAM knows")));
            continue;
        };
        let parent = Parent { span, ..parent.clone() };
        match nodes.get(entry.value, "Properties") {
            Some(properties) if nodes.shape(properties) == Shape::Map => {
                problems.extend(check_rule(nodes, properties, span).err());
                problems.extend(schema::problems_of_all(nodes, &parent, properties, tables));
            }
            Some(_) => {}
            // An event is empty without properties: what is required is missing.
            None => problems.extend(schema::problems_of_all(nodes, &parent, entry.key, tables)),
        }
        let properties = nodes.get(entry.value, "Properties").filter(|&node| nodes.is_dict(node));
        let event = event_checks::Event { name: &name, kind, span, properties };
        problems.extend(event_checks::check(lowering, &parent, event, &mut triggers).err());
    }
    lowering.triggers = triggers;
    for refuse in problems {
        lowering.refuse(Some(&parent.id), refuse);
    }
}

/// Refuses a schedule or rule that is switched twice, or whose dead-letter queue is not one thing.
fn check_rule(nodes: &Nodes, properties: NodeId, span: Span) -> Step {
    if nodes.get(properties, "State").is_some() && nodes.get(properties, "Enabled").is_some() {
        return Err(Refuse::new(span, "`State` and `Enabled` cannot both be specified"));
    }
    let Some(queue) = nodes.get(properties, "DeadLetterConfig") else { return Ok(()) };
    let (arn, kind) = (nodes.get(queue, "Arn"), nodes.get(queue, "Type"));
    let id = nodes.get(queue, "QueueLogicalId");
    let reason = match (arn, kind) {
        (Some(_), Some(_)) | (None, None) => "`DeadLetterConfig` takes either `Arn` or `Type`",
        (None, Some(kind)) if nodes.text(kind) != Some("SQS") => "`Type` of `DeadLetterConfig` must be `SQS`",
        _ if id.is_some_and(|id| nodes.text(id).is_none()) => "`QueueLogicalId` must be a string",
        _ => return Ok(()),
    };
    Err(Refuse::new(nodes.span(queue), reason))
}
