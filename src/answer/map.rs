//! `map`: who can reach what, the exposure model as plain data.

use crate::answer::plain::{Plain, plain, sourced};
use crate::diagnostic::When;
use crate::exposure::model::{
    Api, ApiKind, ApiOrigin, Assumption, Auth, Caller, CallerClass, Case, Decision, Domain, Endpoint,
    ExposureModel, NamedBy, PolicySource,
};
use crate::exposure::reasons::{Because, Met};
use crate::source::{FileId, Span};
use crate::template::value::StackId;

/// Most deciding texts that are shown for one caller.
const MOST_TEXTS: usize = 4;

/// The whole map.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// APIs, in file and text order.
    pub apis: Vec<MapApi>,
    /// Execute-api endpoints, in file and text order.
    pub endpoints: Vec<MapEndpoint>,
    /// Custom domains.
    pub domains: Vec<MapDomain>,
    /// Imports and the exports they mean.
    pub links: Vec<MapLink>,
}

/// An API.
#[derive(Clone, Debug, PartialEq)]
pub struct MapApi {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// `rest`, `http`, `websocket`, `function-url`, `graphql`.
    pub kind: &'static str,
    /// `written`, `sam`, `implicit`.
    pub origin: &'static str,
    /// `Condition`.
    pub condition: Option<String>,
    /// Why the transform refuses it.
    pub refused: Option<String>,
    /// Where a reader looks for it.
    pub span: Span,
    /// Its cases.
    pub cases: Vec<MapCase>,
}

/// A case of an API.
#[derive(Clone, Debug, PartialEq)]
pub struct MapCase {
    /// The assignment.
    pub when: Vec<When>,
    /// The environment.
    pub environment: Option<String>,
    /// `EDGE`, `REGIONAL`, `PRIVATE`, `UNKNOWN`.
    pub endpoint_type: &'static str,
    /// Association.
    pub vpc_endpoint_ids: Vec<Plain>,
    /// Policies: `property`, `body` or `sam`, and the document.
    pub policies: Vec<(&'static str, Plain)>,
    /// Stages: name and whether a deployment makes it.
    pub stages: Vec<(Plain, bool)>,
    /// Methods: path, method, authorization.
    pub methods: Vec<(String, String, &'static str)>,
    /// The disable flag, `None` when undecided.
    pub disable_execute_api_endpoint: Option<bool>,
    /// `AuthType` of a function URL.
    pub auth_type: Option<Plain>,
    /// Who may call.
    pub callers: Vec<MapCaller>,
}

/// A caller.
#[derive(Clone, Debug, PartialEq)]
pub struct MapCaller {
    /// `internet`, `endpoint`, `vpc`, `any-other-endpoint`.
    pub caller: &'static str,
    /// The endpoint.
    pub endpoint: Option<Plain>,
    /// The VPC.
    pub vpc: Option<Plain>,
    /// `association`, `policy`, `resource`.
    pub named_by: Vec<&'static str>,
    /// `allow`, `deny`, `depends`, `unknown`.
    pub decision: &'static str,
    /// The text that decides.
    pub because: Vec<Span>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEndpoint {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// `ServiceName`.
    pub service: Plain,
    /// `VpcEndpointType`; absent is `Gateway`.
    pub endpoint_type: Plain,
    /// Private DNS, `None` when it differs between cases or is undecided.
    pub private_dns: Option<bool>,
    /// `VpcId`.
    pub vpc: Plain,
    /// `SubnetIds`.
    pub subnets: Vec<Plain>,
    /// `SecurityGroupIds`.
    pub security_groups: Vec<Plain>,
    /// `PolicyDocument`.
    pub policy: Plain,
}

/// A domain.
#[derive(Clone, Debug, PartialEq)]
pub struct MapDomain {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// `DomainName`.
    pub name: Plain,
    /// Its endpoint type.
    pub endpoint_type: &'static str,
    /// Its policy.
    pub policy: Plain,
    /// Mappings: API, stage, path.
    pub mappings: Vec<(Plain, Plain, String)>,
    /// Endpoints with access associations.
    pub access_associations: Vec<Plain>,
}

/// An import and its export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapLink {
    /// The import.
    pub import: Span,
    /// The export's name.
    pub export: Span,
    /// The name as text.
    pub name: String,
}

/// The map of what stands in `shown` files; everything when `shown` says so.
pub fn map(model: &ExposureModel, shown: &dyn Fn(FileId) -> bool) -> Map {
    Map {
        apis: model.apis.iter().filter(|api| shown(api.file)).map(map_api).collect(),
        endpoints: endpoints(model, shown),
        domains: domains(model, shown),
        links: model
            .links
            .iter()
            .filter(|link| shown(link.import.file) || shown(link.export.file))
            .map(|link| MapLink { import: link.import, export: link.export, name: link.name.clone() })
            .collect(),
    }
}

/// One entry per file and logical id; instances that differ in private DNS leave it undecided.
fn endpoints(model: &ExposureModel, shown: &dyn Fn(FileId) -> bool) -> Vec<MapEndpoint> {
    let mut found: Vec<MapEndpoint> = Vec::new();
    for endpoint in model.endpoints.iter().filter(|endpoint| shown(endpoint.file)) {
        let mapped = map_endpoint(endpoint);
        match found.last_mut().filter(|last| last.file == mapped.file && last.resource == mapped.resource) {
            Some(last) if last.private_dns != mapped.private_dns => last.private_dns = None,
            Some(_) => {}
            None => found.push(mapped),
        }
    }
    found
}

fn map_api(api: &Api) -> MapApi {
    MapApi {
        file: api.file,
        resource: api.resource.clone(),
        kind: kind(api.kind),
        origin: match api.origin {
            ApiOrigin::Written => "written",
            ApiOrigin::Sam => "sam",
            ApiOrigin::Implicit => "implicit",
        },
        condition: api.condition.clone(),
        refused: api.refused.as_ref().map(|(reason, _)| reason.clone()),
        span: api.id_span,
        cases: api.cases.iter().map(map_case).collect(),
    }
}

/// The word for a kind of API.
pub fn kind(kind: ApiKind) -> &'static str {
    match kind {
        ApiKind::Rest => "rest",
        ApiKind::Http => "http",
        ApiKind::WebSocket => "websocket",
        ApiKind::FunctionUrl => "function-url",
        ApiKind::GraphQl => "graphql",
    }
}

fn map_case(case: &Case) -> MapCase {
    let home = case.stack;
    MapCase {
        when: case.when.iter().map(when).collect(),
        environment: case.environment.clone(),
        endpoint_type: case.endpoint_type.as_str(),
        vpc_endpoint_ids: case.vpc_endpoint_ids.iter().map(|id| sourced(id, home)).collect(),
        policies: case
            .policies
            .iter()
            .map(|policy| {
                let from = match policy.from {
                    PolicySource::Property => "property",
                    PolicySource::Body => "body",
                    PolicySource::Sam => "sam",
                };
                (from, sourced(&policy.document, home))
            })
            .collect(),
        stages: case.stages.iter().map(|stage| (plain(&stage.name, home), stage.from_deployment)).collect(),
        methods: case
            .methods
            .iter()
            .map(|method| (method.path.clone(), method.method.clone(), auth(method.auth)))
            .collect(),
        disable_execute_api_endpoint: case.disable_execute_api_endpoint,
        auth_type: case.auth_type.as_ref().map(|value| sourced(value, home)),
        callers: case
            .callers
            .iter()
            .filter(|caller| is_shown(caller))
            .map(|caller| map_caller(caller, home))
            .collect(),
    }
}

/// An assumption in the words of findings: values, or `not` and the values it does not have.
pub fn when(assumption: &Assumption) -> When {
    let values = if assumption.values.is_empty() {
        assumption.except.iter().map(|value| format!("not {value}")).collect()
    } else {
        assumption.values.clone()
    };
    When { parameter: assumption.parameter.clone(), values }
}

/// The word for an authorization type.
pub fn auth(auth: Auth) -> &'static str {
    match auth {
        Auth::None => "none",
        Auth::Iam => "iam",
        Auth::Lambda => "lambda",
        Auth::Cognito => "cognito",
        Auth::Unknown => "unknown",
    }
}

/// Endpoints of linked stacks that neither the API nor its policy names are facts for rules only.
fn is_shown(caller: &Caller) -> bool {
    !matches!(caller.class, CallerClass::Endpoint(_))
        || caller.named_by.iter().any(|by| *by != NamedBy::Linked)
}

fn map_caller(caller: &Caller, home: StackId) -> MapCaller {
    let (class, endpoint, vpc) = match &caller.class {
        CallerClass::Internet => ("internet", None, None),
        CallerClass::Endpoint(value) => ("endpoint", Some(plain(value, home)), None),
        CallerClass::Vpc(value) => ("vpc", None, Some(plain(value, home))),
        CallerClass::AnyOtherEndpoint => ("any-other-endpoint", None, None),
    };
    let by = |by: &NamedBy| match by {
        NamedBy::Association => Some("association"),
        NamedBy::Policy => Some("policy"),
        NamedBy::Resource => Some("resource"),
        NamedBy::Linked => None,
    };
    MapCaller {
        caller: class,
        endpoint,
        vpc,
        named_by: caller.named_by.iter().filter_map(by).collect(),
        decision: decision(caller.decision),
        because: deciding(caller),
    }
}

/// The deciding texts: for a request that is let in though others are denied, the text that spares it. Each once.
fn deciding(caller: &Caller) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let fits = |because: &&Because| match caller.decision {
        Decision::Allow => because.lets_in == Some(true),
        Decision::Deny => because.refuses(),
        Decision::Depends | Decision::Unknown => true,
    };
    for because in caller.because.iter().filter(fits).take(MOST_TEXTS) {
        let span = match (because.met, &because.spared) {
            (Met::Allowed, Some(spared)) => spared.span,
            _ => because.span,
        };
        if !found.contains(&span) {
            found.push(span);
        }
    }
    found
}

/// The word for a decision.
pub fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::Depends => "depends",
        Decision::Unknown => "unknown",
    }
}

fn map_endpoint(endpoint: &Endpoint) -> MapEndpoint {
    let home = endpoint.stack;
    let one = |value: &Option<crate::template::value::Sourced>| {
        value.as_ref().map_or(Plain::Null, |value| sourced(value, home))
    };
    let list = |value: &Option<crate::template::value::Sourced>| match one(value) {
        Plain::Null => Vec::new(),
        Plain::List(items) => items,
        other => vec![other],
    };
    MapEndpoint {
        file: endpoint.file,
        resource: endpoint.resource.clone(),
        service: sourced(&endpoint.service, home),
        endpoint_type: match one(&endpoint.endpoint_type) {
            Plain::Null => Plain::Text("Gateway".to_owned()),
            other => other,
        },
        private_dns: endpoint.private_dns(),
        vpc: one(&endpoint.vpc),
        subnets: list(&endpoint.subnets),
        security_groups: list(&endpoint.security_groups),
        policy: one(&endpoint.policy),
    }
}

/// Domains in file and text order; instances that say the same are one.
fn domains(model: &ExposureModel, shown: &dyn Fn(FileId) -> bool) -> Vec<MapDomain> {
    let mut found: Vec<MapDomain> =
        model.domains.iter().filter(|domain| shown(domain.file)).map(map_domain).collect();
    found.dedup();
    found
}

fn map_domain(domain: &Domain) -> MapDomain {
    let home = domain.stack;
    MapDomain {
        file: domain.file,
        resource: domain.resource.clone(),
        name: plain(&domain.name, home),
        endpoint_type: domain.endpoint_type.as_str(),
        policy: domain.policy.as_ref().map_or(Plain::Null, |policy| sourced(policy, home)),
        mappings: domain
            .mappings
            .iter()
            .map(|mapping| {
                let stage = mapping.stage.as_ref().map_or(Plain::Null, |stage| plain(stage, home));
                (plain(&mapping.api, home), stage, mapping.path.clone())
            })
            .collect(),
        access_associations: domain.access_associations.iter().map(|value| plain(value, home)).collect(),
    }
}
