//! `Policies` of functions and state machines: which entries the translator takes.
//!
//! What they allow is not looked at: they are a role's, not an API's. Source: aws-sam-translator 1.115.0,
//! `model/resource_policies.py` and `policy_templates_data/policy_templates.json`.

use crate::syntax::tree::NodeId;
use crate::template::intrinsic::Function;
use crate::template::sam::lowering::{Refuse, Step};
use crate::template::sam::nodes::{MAX_DEPTH, Nodes, Shape};

/// Policy templates that the translator knows.
const TEMPLATES: [&str; 81] = [
    "AMIDescribePolicy",
    "AWSSecretsManagerGetSecretValuePolicy",
    "AWSSecretsManagerRotationPolicy",
    "AcmGetCertificatePolicy",
    "AthenaQueryPolicy",
    "CloudFormationDescribeStacksPolicy",
    "CloudWatchDashboardPolicy",
    "CloudWatchDescribeAlarmHistoryPolicy",
    "CloudWatchPutMetricPolicy",
    "CodeCommitCrudPolicy",
    "CodeCommitReadPolicy",
    "CodePipelineLambdaExecutionPolicy",
    "CodePipelineReadOnlyPolicy",
    "ComprehendBasicAccessPolicy",
    "CostExplorerReadOnlyPolicy",
    "DynamoDBBackupFullAccessPolicy",
    "DynamoDBCrudPolicy",
    "DynamoDBReadPolicy",
    "DynamoDBReconfigurePolicy",
    "DynamoDBRestoreFromBackupPolicy",
    "DynamoDBStreamReadPolicy",
    "DynamoDBWritePolicy",
    "EC2CopyImagePolicy",
    "EC2DescribePolicy",
    "EFSWriteAccessPolicy",
    "EKSDescribePolicy",
    "EcsRunTaskPolicy",
    "ElasticMapReduceAddJobFlowStepsPolicy",
    "ElasticMapReduceCancelStepsPolicy",
    "ElasticMapReduceModifyInstanceFleetPolicy",
    "ElasticMapReduceModifyInstanceGroupsPolicy",
    "ElasticMapReduceSetTerminationProtectionPolicy",
    "ElasticMapReduceTerminateJobFlowsPolicy",
    "ElasticsearchHttpPostPolicy",
    "EventBridgePutEventsPolicy",
    "FilterLogEventsPolicy",
    "FirehoseCrudPolicy",
    "FirehoseWritePolicy",
    "KMSDecryptPolicy",
    "KMSEncryptPolicy",
    "KMSEncryptPolicy_v2",
    "KinesisCrudPolicy",
    "KinesisStreamReadPolicy",
    "LambdaInvokePolicy",
    "MobileAnalyticsWriteOnlyAccessPolicy",
    "OrganizationsListAccountsPolicy",
    "PinpointEndpointAccessPolicy",
    "PollyFullAccessPolicy",
    "RekognitionDetectOnlyPolicy",
    "RekognitionFacesManagementPolicy",
    "RekognitionFacesPolicy",
    "RekognitionLabelsPolicy",
    "RekognitionNoDataAccessPolicy",
    "RekognitionReadPolicy",
    "RekognitionWriteOnlyAccessPolicy",
    "Route53ChangeResourceRecordSetsPolicy",
    "S3CrudPolicy",
    "S3FullAccessPolicy",
    "S3ReadPolicy",
    "S3WritePolicy",
    "SESBulkTemplatedCrudPolicy",
    "SESBulkTemplatedCrudPolicy_v2",
    "SESCrudPolicy",
    "SESEmailTemplateCrudPolicy",
    "SESSendBouncePolicy",
    "SNSCrudPolicy",
    "SNSPublishMessagePolicy",
    "SQSPollerPolicy",
    "SQSSendMessagePolicy",
    "SSMParameterReadPolicy",
    "SSMParameterWithSlashPrefixReadPolicy",
    "SageMakerCreateEndpointConfigPolicy",
    "SageMakerCreateEndpointPolicy",
    "ServerlessRepoReadWriteAccessPolicy",
    "StepFunctionsCallbackPolicy",
    "StepFunctionsExecutionPolicy",
    "StepFunctionsExecutionPolicy_v2",
    "TextractDetectAnalyzePolicy",
    "TextractGetResultPolicy",
    "TextractPolicy",
    "VPCAccessPolicy",
];

/// Kinds of policy that do not go together in one `Fn::If`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Managed,
    Statement,
    Template,
    Unknown,
}

/// Refuses entries of `Policies` that are no policy.
pub(super) fn check(nodes: &Nodes, properties: NodeId) -> Step {
    let Some(policies) = nodes.get_truthy(properties, "Policies") else { return Ok(()) };
    let entries = match nodes.shape(policies) {
        Shape::List => nodes.items(policies),
        _ => vec![policies],
    };
    for (index, entry) in entries.into_iter().enumerate() {
        if kind(nodes, entry, 0)? == Kind::Unknown {
            let reason = format!("the policy at index {index} of `Policies` is not valid");
            return Err(Refuse::new(nodes.tree.tagged_span(entry), reason));
        }
    }
    Ok(())
}

fn kind(nodes: &Nodes, policy: NodeId, depth: u32) -> Step<Kind> {
    Ok(match nodes.shape(policy) {
        Shape::Intrinsic(found) if found.function == Function::If && depth < MAX_DEPTH => {
            return kind_of_branches(nodes, policy, depth + 1);
        }
        Shape::Text(_) | Shape::Intrinsic(_) => Kind::Managed,
        Shape::Map if nodes.entry(policy, "Statement").is_some() => Kind::Statement,
        Shape::Map => match nodes.keys(policy).as_slice() {
            [name] if TEMPLATES.contains(&name.as_str()) => Kind::Template,
            _ => Kind::Unknown,
        },
        Shape::Null | Shape::Bool(_) | Shape::Number(_) | Shape::List => Kind::Unknown,
    })
}

fn kind_of_branches(nodes: &Nodes, policy: NodeId, depth: u32) -> Step<Kind> {
    let span = nodes.tree.tagged_span(policy);
    let arguments = nodes.if_arguments(policy).unwrap_or_default();
    let [_, yes, no] = arguments.as_slice() else {
        return Err(Refuse::new(span, "`Fn::If` requires 3 arguments"));
    };
    let (first, second) = (kind(nodes, *yes, depth)?, kind(nodes, *no, depth)?);
    match () {
        () if first == second || nodes.is_no_value(*no) => Ok(first),
        () if nodes.is_no_value(*yes) => Ok(second),
        () => Err(Refuse::new(span, "different kinds of policy in one `Fn::If`")),
    }
}
