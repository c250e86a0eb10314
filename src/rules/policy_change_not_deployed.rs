//! `policy-change-not-deployed`: a change of the resource policy alone does not reach callers.
//!
//! What is deployed now is not in a template: this is advice for those who look closely.

use crate::diagnostic::{Confidence, Label, Persona, Severity};
use crate::exposure::deployments::Deployment;
use crate::exposure::model::{Api, ApiKind};
use crate::rules::Context;
use crate::rules::finding::{Finding, Subject, push_shared};
use crate::source::Span;
use crate::template::lowered::SurpriseKind;

const ID: &str = "policy-change-not-deployed";

/// Fewest hexadecimal digits that are taken for a hash.
const HASH: usize = 6;

/// Fewest decimal digits that are taken for a version or a date.
const NUMBER: usize = 3;

/// Reports deployments and policies that keep an API as it was.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    for (api, _) in ctx.apis().filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none()) {
        // One that is `AWS::NoValue` in each case is none.
        let Some(policy) = policy(api) else { continue };
        let stale =
            api.surprises.iter().filter(|surprise| surprise.kind == SurpriseKind::PolicyNotRedeployed);
        for surprise in stale {
            push_shared(findings, first, sam(api, surprise.span));
        }
        let own = |one: &&Deployment| one.file == api.file && one.api == api.resource;
        for deployment in ctx.model.deployments.iter().filter(own) {
            if !has_version(&deployment.resource) {
                push_shared(findings, first, written(api, deployment, policy));
            }
        }
    }
}

/// Where a policy of the API stands, if it has one in some case.
fn policy(api: &Api) -> Option<Span> {
    api.cases.iter().flat_map(|case| &case.policies).map(|policy| policy.document.span).next()
}

/// Whether an id holds what changes with each version: a hash, a date, a number, or text that is filled in.
fn has_version(id: &str) -> bool {
    let runs = |is_digit: fn(&char) -> bool| -> Vec<String> {
        let runs = id.split(|letter: char| !is_digit(&letter));
        runs.map(str::to_owned).collect()
    };
    let is_hash = |run: &String| run.len() >= HASH && run.contains(|letter: char| letter.is_ascii_digit());
    !id.chars().all(|letter| letter.is_ascii_alphanumeric())
        || runs(char::is_ascii_digit).iter().any(|run| run.len() >= NUMBER)
        || runs(char::is_ascii_hexdigit).iter().any(is_hash)
}

fn written(api: &Api, deployment: &Deployment, policy: Span) -> Finding {
    let message =
        format!("`{}` stays as it is when the policy of `{}` changes", deployment.resource, api.resource);
    let label = Label::new(deployment.id_span, "the same id, the same deployment");
    described(api, message, label)
        .related([Label::new(policy, "this policy")])
        .why(
            "a deployment is a snapshot of the API, its policy included. CloudFormation makes a new one only for a new \
             logical id; until then callers meet the policy of the last deployment.",
        )
        .help(format!("put a version into the id and raise it with each change:  {}20260101", deployment.resource))
}

fn sam(api: &Api, key: Span) -> Finding {
    let message = format!("SAM does not deploy `{}` again when only its `Policy` changes", api.resource);
    described(api, message, Label::new(key, "no part of what SAM compares"))
        .why(
            "SAM makes a new deployment when the body of the API changes, and `Policy` is not in it: until then callers \
             meet the policy of the last deployment.",
        )
        .help("write  AlwaysDeploy: true")
        .help("or move the statements to  Auth: {ResourcePolicy: {CustomStatements: ...}},  which is part of the body")
}

fn described(api: &Api, message: String, label: Label) -> Finding {
    Finding::new(ID, Subject::api(api), Severity::Info, message, label)
        .confidence(Confidence::Low)
        .persona(Persona::Auditor)
        .related([Label::new(api.id_span, "this API")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_names() {
        for id in [
            "Deployment20260101",
            "ApiDeployment1a2b3c",
            "DeploymentV100",
            "Api2020x01",
            "Deploy__V__",
            "D$TS$",
        ] {
            assert!(has_version(id), "{id}");
        }
        for id in ["Deployment", "FacadeDeployment", "ApiDeployment2", "DeploymentV12", "", "AddedFaceDecade"]
        {
            assert!(!has_version(id), "{id}");
        }
    }
}
