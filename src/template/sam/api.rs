//! `AWS::Serverless::Api` → RestApi, Deployment, Stage and what hangs on them.
//!
//! The order of the steps is the translator's (`ApiGenerator._construct_rest_api`, aws-sam-translator 1.115.0).
//! A refused step is recorded and the rest goes on, so that half a definition still has an API.

use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::lowered::SurpriseKind;
use crate::template::sam::auth;
use crate::template::sam::checks;
use crate::template::sam::cors;
use crate::template::sam::domain;
use crate::template::sam::endpoint;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::openapi::{self, POLICY};
use crate::template::sam::policy_lists;
use crate::template::sam::resource_policy;
use crate::template::sam::schema;

/// Properties that the RestApi has under the same name, when they are truthy.
const PASSED: [&str; 9] = [
    "Name",
    "Description",
    "Mode",
    "ApiKeySourceType",
    "Policy",
    "SecurityPolicy",
    "EndpointAccessMode",
    "FailOnWarnings",
    "BinaryMediaTypes",
];

/// Lowers all REST APIs, after all functions.
pub(super) fn lower_all(lowering: &mut Lowering<'_>) {
    for at in lowering.of_type("AWS::Serverless::Api") {
        let parent = Parent::of(&lowering.items[at].resource);
        let properties = lowering.properties(at);
        schema::check(lowering, &parent, properties, schema::API);
        RestApi { parent, properties }.lower(lowering);
    }
}

struct RestApi {
    parent: Parent,
    properties: NodeId,
}

impl RestApi {
    fn lower(&self, lowering: &mut Lowering<'_>) {
        let valid = self.check(lowering);
        lowering.attempt(&self.parent.id, valid);
        let body = self.body(lowering);
        self.make_rest_api(lowering, body);
        let (deployment, stage) = self.make_stage(lowering);
        lowering.derive(format!("{}.Deployment", self.parent.id), &deployment);
        lowering.derive(format!("{}.Stage", self.parent.id), &stage);
        let made = domain::lower(lowering, &self.parent, self.properties);
        lowering.attempt(&self.parent.id, made);
    }

    fn check(&self, lowering: &Lowering<'_>) -> Step {
        let nodes = &lowering.nodes;
        let entry =
            |key: &str| nodes.entry(self.properties, key).filter(|entry| nodes.is_truthy(entry.value));
        let uri = entry("DefinitionUri");
        if let (Some(uri), Some(_)) = (uri, entry("DefinitionBody")) {
            let reason = "`DefinitionUri` and `DefinitionBody` cannot both be given (a global `DefinitionUri` meets the body that SAM makes)";
            return Err(Refuse::new(nodes.span(uri.key), reason));
        }
        if let (Some(_), Some(merge)) = (uri, entry("MergeDefinitions")) {
            let span = nodes.span(merge.key);
            return Err(Refuse::new(span, "`MergeDefinitions` cannot be used with `DefinitionUri`"));
        }
        let Some(version) = entry("OpenApiVersion") else { return Ok(()) };
        match nodes.tree.scalar(version.value).is_some_and(openapi::is_version) {
            true => Ok(()),
            false => {
                Err(Refuse::new(nodes.span(version.value), "`OpenApiVersion` must be of the form `3.0.0`"))
            }
        }
    }

    fn has(&self, lowering: &Lowering<'_>, key: &str) -> Option<NodeId> {
        lowering.nodes.get_truthy(self.properties, key)
    }

    /// The body after CORS, authorizers, the resource policy and the endpoint switch.
    fn body(&self, lowering: &mut Lowering<'_>) -> Option<NodeId> {
        let body = lowering.nodes.own_child(self.properties, "DefinitionBody");
        let body = body.filter(|&body| lowering.nodes.is_dict(body) && lowering.nodes.is_truthy(body));
        let id = &self.parent.id;
        let checked = checks::check_api(lowering, self.properties, body);
        lowering.attempt(id, checked);
        if let Some(cors) = lowering.nodes.entry(self.properties, "Cors")
            && lowering.nodes.is_truthy(cors.value)
        {
            let step = cors::apply(lowering, cors, body);
            lowering.attempt(id, step);
        }
        let step = self.add_auth(lowering, body);
        lowering.attempt(id, step);
        let version = lowering.nodes.get_text(self.properties, "OpenApiVersion").map(str::to_owned);
        if self.has(lowering, "Auth").is_some()
            && let Some(body) = body
        {
            openapi::postprocess(&mut lowering.nodes, body, version.as_deref());
        }
        if let Some(disable) = lowering.nodes.entry(self.properties, "DisableExecuteApiEndpoint")
            && lowering.nodes.get(self.properties, "DisableExecuteApiEndpoint").is_some()
        {
            let key = lowering.nodes.span(disable.key);
            let step = match body {
                Some(body) if openapi::is_valid(&lowering.nodes, body) => {
                    openapi::set_disable_endpoint(&mut lowering.nodes, body, key, disable.value)
                }
                _ => {
                    let reason = "`DisableExecuteApiEndpoint` works only with a `DefinitionBody` that is a valid OpenAPI document";
                    Err(Refuse::new(key, reason))
                }
            };
            lowering.attempt(id, step);
        }
        if let Some(body) = body {
            openapi::postprocess(&mut lowering.nodes, body, version.as_deref());
        }
        body
    }

    fn add_auth(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        let Some(entry) = lowering.nodes.entry(self.properties, "Auth") else { return Ok(()) };
        let auth = lowering.resolved(entry.value);
        if !lowering.nodes.is_truthy(auth) || !lowering.nodes.is_dict(auth) {
            return Ok(());
        }
        let key = lowering.nodes.span(entry.key);
        let Some(body) = body else {
            return Err(Refuse::new(key, "`Auth` works only with an inline `DefinitionBody`"));
        };
        if !openapi::is_valid(&lowering.nodes, body) {
            let reason = "`Auth` needs a `DefinitionBody` that is a valid OpenAPI document";
            return Err(Refuse::new(key, reason));
        }
        let authorizers = auth::apply(lowering, &self.parent, auth, body);
        lowering.attempt(&self.parent.id, authorizers);
        self.add_resource_policy(lowering, auth, body)
    }

    fn add_resource_policy(&self, lowering: &mut Lowering<'_>, auth: NodeId, body: NodeId) -> Step {
        let Some(entry) = lowering.nodes.entry(auth, "ResourcePolicy") else { return Ok(()) };
        let key = lowering.nodes.span(entry.key);
        let policy = lowering.resolved(entry.value);
        if !lowering.nodes.is_truthy(policy) {
            return Ok(());
        }
        if !lowering.nodes.is_dict(policy) {
            return Err(Refuse::new(key, "`Auth.ResourcePolicy` must be a map"));
        }
        report_two_policies(lowering, &self.parent.id, self.properties, key);
        let lists = policy_lists::read(lowering, &self.parent.id, policy);
        let paths = openapi::paths(&lowering.nodes, body);
        if paths.is_empty() && lists.any {
            lowering.surprise(&self.parent.id, key, SurpriseKind::PolicyWithoutPaths);
        }
        let stage = match lowering.nodes.get(self.properties, "StageName") {
            Some(stage) => stage,
            None => lowering.nodes.tree.add_plain(key, "null"),
        };
        for path in paths {
            resource_policy::add_for_path(lowering, &lists, body, &path, stage)?;
        }
        resource_policy::add_custom(lowering, &lists, body)
    }

    fn make_rest_api(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) {
        let configuration = lowering.nodes.entry(self.properties, "EndpointConfiguration");
        let endpoint = endpoint::lower(lowering, &self.parent, configuration);
        let mut entries = Vec::new();
        if let Some(endpoint) = endpoint {
            let span = configuration.map_or(self.parent.span, |entry| lowering.nodes.span(entry.key));
            entries.push(("EndpointConfiguration", span, endpoint.configuration));
            entries.push(("Parameters", span, endpoint.parameters));
        }
        entries.extend(self.definition(lowering, body));
        for name in PASSED {
            if let Some(entry) = lowering.nodes.entry(self.properties, name)
                && lowering.nodes.is_truthy(entry.value)
            {
                entries.push((name, lowering.nodes.span(entry.key), entry.value));
            }
        }
        if let Some(tags) = lowering.nodes.entry(self.properties, "Tags") {
            // SAM puts them on the stage; kept here too, where they say what the API is meant to be.
            entries.push(("Tags", lowering.nodes.span(tags.key), tags.value));
        }
        self.report_stale_policy(lowering);
        let properties = lowering.nodes.tree.add_mapping(self.parent.span, entries);
        lowering.make(&self.parent, &self.parent.id, "AWS::ApiGateway::RestApi", properties);
    }

    /// `Body`, or `BodyS3Location` for a definition that is not at hand.
    fn definition(
        &self,
        lowering: &mut Lowering<'_>,
        body: Option<NodeId>,
    ) -> Option<(&'static str, Span, NodeId)> {
        let uri = lowering.nodes.entry(self.properties, "DefinitionUri");
        if let Some(uri) = uri.filter(|entry| lowering.nodes.is_truthy(entry.value)) {
            let span = lowering.nodes.span(uri.key);
            return Some(match lowering.local_definition(uri.value) {
                Some(body) => ("Body", span, body),
                None => ("BodyS3Location", span, uri.value),
            });
        }
        let span =
            lowering.nodes.entry(self.properties, "DefinitionBody").map(|it| lowering.nodes.span(it.key));
        body.map(|body| ("Body", span.unwrap_or(self.parent.span), lowering.with_files(body)))
    }

    fn report_stale_policy(&self, lowering: &mut Lowering<'_>) {
        let Some(policy) = lowering.nodes.entry(self.properties, "Policy") else { return };
        if lowering.nodes.is_truthy(policy.value) && self.has(lowering, "AlwaysDeploy").is_none() {
            let span = lowering.nodes.span(policy.key);
            lowering.surprise(&self.parent.id, span, SurpriseKind::PolicyNotRedeployed);
        }
    }

    /// Makes the deployment and the stage; returns their logical ids. The hash in the deployment's id is not
    /// computed: it is a fixed word.
    fn make_stage(&self, lowering: &mut Lowering<'_>) -> (String, String) {
        let id = &self.parent.id;
        let span = self.parent.span;
        let deployment = format!("{id}Deployment");
        let api = lowering.nodes.reference(span, id);
        let mut entries = vec![("RestApiId", api)];
        if self.has(lowering, "OpenApiVersion").is_none() {
            entries.push(("StageName", lowering.nodes.string(span, "Stage")));
        }
        let properties = lowering.nodes.map(span, &entries);
        lowering.make(&self.parent, &deployment, "AWS::ApiGateway::Deployment", properties);
        let name = lowering.nodes.get(self.properties, "StageName");
        let text = name.and_then(|name| lowering.nodes.text(name)).unwrap_or_default();
        let stage = match !text.is_empty() && text.chars().all(char::is_alphanumeric) {
            true => format!("{id}{text}Stage"),
            false => format!("{id}Stage{}", identifier::hash_text(text)),
        };
        let deployment_id = lowering.nodes.reference(span, &deployment);
        let mut entries = vec![("RestApiId", span, api), ("DeploymentId", span, deployment_id)];
        for key in ["StageName", "Variables", "MethodSettings", "AccessLogSetting", "CanarySetting", "Tags"] {
            if let Some(entry) = lowering.nodes.entry(self.properties, key) {
                entries.push((key, lowering.nodes.span(entry.key), entry.value));
            }
        }
        let properties = lowering.nodes.tree.add_mapping(span, entries);
        lowering.make(&self.parent, &stage, "AWS::ApiGateway::Stage", properties);
        (deployment, stage)
    }
}

/// Records that an API has a policy beside the one that a `ResourcePolicy` makes, or in the body that it is appended
/// to. `key` is the key of the `ResourcePolicy`.
pub(super) fn report_two_policies(lowering: &mut Lowering<'_>, api: &str, properties: NodeId, key: Span) {
    let nodes = &lowering.nodes;
    let property = nodes.entry(properties, "Policy").filter(|entry| nodes.is_truthy(entry.value));
    let written = property.into_iter().map(|entry| (entry, false));
    let written = written.chain(written_body_policy(lowering, api).map(|entry| (entry, true)));
    let kinds: Vec<SurpriseKind> = written
        .map(|(entry, appended)| SurpriseKind::TwoPolicies {
            other: nodes.span(entry.key),
            written: nodes.span(entry.value),
            appended,
        })
        .collect();
    for kind in kinds {
        lowering.surprise(api, key, kind);
    }
}

/// The policy that the user wrote into the body, as opposed to one that events put there.
fn written_body_policy(lowering: &Lowering<'_>, api: &str) -> Option<Entry> {
    let resource = lowering.template.resource(api)?;
    let body = lowering.nodes.get(resource.properties?, "DefinitionBody")?;
    let entry = lowering.nodes.entry(body, POLICY)?;
    lowering.nodes.is_truthy(entry.value).then_some(entry)
}
