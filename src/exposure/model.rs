//! The facts: which APIs, endpoints, domains and callers there are, and who reaches what.
//!
//! Plain data without wording, severity or judgement. Everything that was written carries its place.

use crate::exposure::configuration::{Configuration, DomainAddress};
use crate::exposure::consumers::{Call, Cname};
use crate::exposure::custom::{CustomWays, DomainFacts, Mapping, Way, WrongAssociationKey};
use crate::exposure::deployments::Deployment;
use crate::exposure::entries::{AccessSource, Entry};
use crate::exposure::extent::Extent;
use crate::exposure::fronts::Front;
use crate::exposure::gates::Blockade;
use crate::exposure::links::Link;
use crate::exposure::misses::Miss;
use crate::exposure::nesting::PassedLists;
use crate::exposure::network::{Conflict, Facts, ForeignEndpoint};
use crate::exposure::offers::{EndpointExport, EndpointParameter};
use crate::exposure::permissions::Permission;
use crate::exposure::reasons::Because;
use crate::exposure::signatures::SignedOnly;
use crate::exposure::twofold::Twofold;
use crate::exposure::widening::MixedLists;
use crate::policy::document::Problem;
use crate::source::{FileId, Span};
use crate::template::lowered::{Refusal, Surprise};
use crate::template::value::{Sourced, StackId, Value};

/// Everything the run knows about who can call what.
#[derive(Debug, Default)]
pub struct ExposureModel {
    /// APIs of every kind, in file and text order; one entry per file and logical id.
    pub apis: Vec<Api>,
    /// Interface (or other) endpoints for `execute-api`, in file and text order.
    pub endpoints: Vec<Endpoint>,
    /// VPC endpoints for other services, in file and text order.
    pub foreign_endpoints: Vec<ForeignEndpoint>,
    /// Endpoints that have private DNS in one VPC with an earlier one in some case, by the later one.
    pub conflicts: Vec<Conflict>,
    /// What private custom domains give access to.
    pub access_sources: Vec<AccessSource>,
    /// Custom domains.
    pub domains: Vec<Domain>,
    /// What leads from custom domains to APIs, in file and text order.
    pub ways: Vec<Way>,
    /// Custom domains of the second kind that say which addresses they have.
    pub domain_addresses: Vec<DomainAddress>,
    /// Nested stacks that are passed a list.
    pub passed_lists: Vec<PassedLists>,
    /// Deployments that the user wrote, by API.
    pub deployments: Vec<Deployment>,
    /// `Fn::ImportValue` matched to an export.
    pub links: Vec<Link>,
    /// Places that call an execute-api host.
    pub calls: Vec<Call>,
    /// Permissions that let everyone invoke a Lambda function in some case, in stack and text order.
    pub permissions: Vec<Permission>,
    /// What is on the internet, or may be, and leads to an execute-api endpoint in some case, in stack and text order.
    pub fronts: Vec<Front>,
    /// Names of hosted zones for execute-api names, in stack and text order.
    pub zones: Vec<Span>,
    /// DNS records that lead a custom domain to an execute-api name by CNAME.
    pub cnames: Vec<Cname>,
    /// Outputs with an export whose value is an execute-api endpoint of the run.
    pub endpoint_exports: Vec<EndpointExport>,
    /// Parameters that are there to name an endpoint for execute-api, in file and text order.
    pub endpoint_parameters: Vec<EndpointParameter>,
    /// The file of each Lambda function, after lowering.
    pub functions: Vec<FileId>,
    /// Why the SAM transform refuses templates, in file order and in the order in which it finds them.
    pub refusals: Vec<Refused>,
    /// Resources that are modules: what they make is not in the templates; in file and text order.
    pub modules: Vec<Module>,
    /// Events whose API is a resource of another kind, in file order: SAM takes it and nothing serves them.
    pub strays: Vec<Stray>,
}

/// A resource of a type that ends in `::MODULE`: CloudFormation puts other resources in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// Its type.
    pub type_name: String,
    /// Where the type stands.
    pub type_span: Span,
}

/// An event of a function or state machine that leads to no API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The template.
    pub file: FileId,
    /// Logical id of the function or state machine.
    pub handler: String,
    /// The event's `RestApiId`.
    pub span: Span,
}

/// A refusal and the template it is of. An included file may hold the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The template.
    pub file: FileId,
    /// What is refused, and why.
    pub refusal: Refusal,
}

/// What kind of API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiKind {
    /// `AWS::ApiGateway::RestApi`.
    Rest,
    /// `AWS::ApiGatewayV2::Api`, `ProtocolType: HTTP`.
    Http,
    /// `AWS::ApiGatewayV2::Api`, `ProtocolType: WEBSOCKET`.
    WebSocket,
    /// `AWS::Lambda::Url`.
    FunctionUrl,
    /// `AWS::AppSync::GraphQLApi`.
    GraphQl,
}

/// How an API came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiOrigin {
    /// The user wrote the CloudFormation resource.
    Written,
    /// The user wrote the SAM resource.
    Sam,
    /// Events made it.
    Implicit,
}

/// One API: a file and a logical id. Instances and environments of the template are its cases.
#[derive(Debug)]
pub struct Api {
    /// The template.
    pub file: FileId,
    /// Logical id. For a function URL the id of the URL resource after lowering.
    pub resource: String,
    /// Where a reader looks for it: the logical id; for an implicit API the `Type` value of its first event.
    pub id_span: Span,
    /// What kind of API it is.
    pub kind: ApiKind,
    /// How it came to be.
    pub origin: ApiOrigin,
    /// `Condition` of the resource.
    pub condition: Option<String>,
    /// Why the transform refuses it (or the whole template), with the text that is refused.
    pub refused: Option<(String, Span)>,
    /// Where lowering did something its author hardly meant, for this API.
    pub surprises: Vec<Surprise>,
    /// The consistent states the API can be in; a state in which it does not exist is left out. Default first.
    pub cases: Vec<Case>,
    /// Whether the combinations of conditions were too many to look at all.
    pub incomplete: bool,
    /// `Metadata` and tag markers, names and descriptions that say what was meant.
    pub markers: Vec<Marker>,
    /// The authorizer of every route without a word of its own, by SAM's `DefaultAuthorizer` or the body's `security`:
    /// where it is named.
    pub default_authorizer: Option<Span>,
    /// Its names and tags, by which decisions outside of the templates find it.
    pub labels: Labels,
    /// Events or operations that are served here, in text order: for labels.
    pub routes: Vec<Route>,
    /// Functions of the template that written methods and the body call, each once, in text order.
    pub backends: Vec<Backend>,
    /// For a function URL: logical id of the function, if it is in the template.
    pub function: Option<String>,
    /// Keys of a written (not SAM) `EndpointConfiguration` that CloudFormation does not know and refuses.
    pub unknown_endpoint_keys: Vec<UnknownKey>,
    /// `EndpointConfiguration` on a written (not SAM) API of a kind that has none; the place of the key.
    pub misplaced_endpoint_configuration: Option<Span>,
    /// Whether SAM takes no `Auth` for it: it is defined by `DefinitionUri`, or by a body that SAM does not edit.
    pub refuses_auth: bool,
    /// Whether the file is only a piece of a template: it has neither `Transform` nor a function.
    pub fragment: bool,
    /// Ways to it through custom domains, per instance; REST APIs only.
    pub custom_ways: Vec<CustomWays>,
}

/// A key that stands where it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The key as written.
    pub key: String,
    /// Where the key stands.
    pub span: Span,
    /// The known key that was probably meant (`Type` for `Types`, another letter case), if one is near and does not
    /// stand there already.
    pub nearest: Option<&'static str>,
}

/// What a resource is called and tagged, as far as that is literal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Types it has: the one of CloudFormation and, where SAM made it of another, that one too.
    pub types: Vec<String>,
    /// Logical id of what the user wrote (a function, for its URL), then the `Name` property.
    pub names: Vec<String>,
    /// Tags, key and value.
    pub tags: Vec<(String, String)>,
}

/// Text that says what an API is meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The text.
    pub span: Span,
    /// What kind of text.
    pub kind: MarkerKind,
}

/// Kinds of [`Marker`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    /// `Metadata.wicketgate.exposure: private|public`.
    Exposure(String),
    /// A tag or `Metadata` key in {Exposure, Visibility, Access, Network} saying private, internal or vpc-only.
    Tag {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// The word `private` or `internal` alone in the logical id, `Name` or description.
    Word(String),
}

/// One event or operation, for labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Path, `/` first.
    pub path: String,
    /// Upper-case method, `*` for any.
    pub method: String,
    /// The text that routes it here: the event's `RestApiId`, else its `Type` value, else the operation's key.
    pub span: Span,
    /// Logical id of the function or state machine, if an event made the route.
    pub handler: Option<String>,
    /// Where the event's name stands, if an event made the route.
    pub event: Option<Span>,
}

/// A Lambda function that an API calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Logical id of the function.
    pub function: String,
    /// The first place that calls it: the method's logical id, or the integration's address in the body.
    pub span: Span,
}

/// A parameter (or pseudo parameter, or other undecided value) and what it is in a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assumption {
    /// The stack whose parameter it is.
    pub stack: Option<StackId>,
    /// Parameter name, pseudo parameter name, or the text of the value.
    pub parameter: String,
    /// The values it may have in this case; empty when it may be anything but `except`.
    pub values: Vec<String>,
    /// Values it does not have in this case.
    pub except: Vec<String>,
}

/// Type of an API's endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointType {
    /// Through CloudFront, public.
    Edge,
    /// Public.
    Regional,
    /// Through VPC endpoints only.
    Private,
    /// Not decidable.
    Unknown,
}

impl EndpointType {
    /// Whether the internet reaches an API of this type; `None` when not decidable.
    pub fn is_public(self) -> Option<bool> {
        match self {
            EndpointType::Edge | EndpointType::Regional => Some(true),
            EndpointType::Private => Some(false),
            EndpointType::Unknown => None,
        }
    }

    /// The word AWS uses, or `UNKNOWN`.
    pub fn as_str(self) -> &'static str {
        match self {
            EndpointType::Edge => "EDGE",
            EndpointType::Regional => "REGIONAL",
            EndpointType::Private => "PRIVATE",
            EndpointType::Unknown => "UNKNOWN",
        }
    }
}

/// One consistent state of an API: all facts hold together under `when`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The instance it belongs to.
    pub stack: StackId,
    /// The assignment of parameters; empty when it always holds. Where several assignments lead to the same state
    /// it is several cases.
    pub when: Vec<Assumption>,
    /// All assignments of parameters under which this case holds.
    pub extent: Extent,
    /// The environment of the instance.
    pub environment: Option<String>,
    /// Endpoint type. Public kinds other than REST have `Regional`.
    pub endpoint_type: EndpointType,
    /// The value that decided the type, `None` when nothing is written; text that is no known type included.
    pub type_value: Option<Sourced>,
    /// The parameter whose default the type is, where a stack may be made with any other value as well.
    pub type_may_be_given: Option<String>,
    /// Why the type is unknown, a phrase.
    pub type_unknown: Option<String>,
    /// Entries of the association.
    pub vpc_endpoint_ids: Vec<Sourced>,
    /// Where the association is written (also when it comes to nothing): the list, the `NoValue`.
    pub association: Option<Sourced>,
    /// What else is written about the endpoint.
    pub configuration: Configuration,
    /// The region the instance is deployed to, if it is known.
    pub region: Option<String>,
    /// Values of the association and the policies that are to name an endpoint or a VPC, each text once.
    pub entries: Vec<Entry>,
    /// Resource policies.
    pub policies: Vec<Policy>,
    /// A `Policy` that is written but comes to nothing in this case: the `NoValue`, the empty value.
    pub absent_policy: Option<Span>,
    /// Why there may be a policy nobody can see (`BodyS3Location`, a macro), with the text that hides it.
    pub hidden_policy: Option<(String, Span)>,
    /// Statements of the policies that are about no call to this API, in the order of the text.
    pub misses: Vec<Miss>,
    /// Stages.
    pub stages: Vec<Stage>,
    /// Known methods; empty when none is known.
    pub methods: Vec<Method>,
    /// Whether some methods may not be known (body elsewhere).
    pub methods_incomplete: bool,
    /// `DisableExecuteApiEndpoint`; `None` when undecided.
    pub disable_execute_api_endpoint: Option<bool>,
    /// Whether requests must come through the API's own kind of endpoint and name it (`EndpointAccessMode`
    /// is `STRICT`); `None` when undecided, `Some(false)` when absent.
    pub strict_endpoint_access: Option<bool>,
    /// `AuthType` of a function URL.
    pub auth_type: Option<Sourced>,
    /// For a function URL: whether a permission lets the public invoke the function through it; `None` when that
    /// is not in the run, and for other APIs.
    pub public_permission: Option<bool>,
    /// Who may call.
    pub callers: Vec<Caller>,
    /// Who might call if the type were PRIVATE: for public REST APIs with a policy.
    pub callers_if_private: Vec<Caller>,
    /// That routes which ask for no signature are let in for signed calls only.
    pub signed_only: Option<SignedOnly>,
    /// Deny statements that refuse every caller whatever the others allow: one that does so alone, else the fewest
    /// that do so together, in the order of the policy, each with an example. Empty where nobody or not everybody is
    /// denied.
    pub shut_by: Vec<Because>,
    /// That everybody is refused and nobody would be allowed if no statement denied anything.
    pub allows_none: bool,
    /// Lists of VPCs and endpoints of which the policies ask for one only; at most one of each kind.
    pub mixed_lists: Vec<MixedLists>,
    /// Its policies, where there are two.
    pub twofold: Option<Twofold>,
}

/// Where a policy was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicySource {
    /// `Policy`.
    Property,
    /// `x-amazon-apigateway-policy` in the body the user wrote.
    Body,
    /// SAM's `Auth.ResourcePolicy`.
    Sam,
}

/// A resource policy of an API in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Where it was written.
    pub from: PolicySource,
    /// The key that it stands under: `Policy`, `x-amazon-apigateway-policy`, SAM's `ResourcePolicy`.
    pub key: Span,
    /// The document as resolved.
    pub document: Sourced,
    /// What of it AWS does not take for a policy, in the order of the text.
    pub problems: Vec<Problem>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Its name.
    pub name: Value,
    /// Whether a `Deployment` makes it (`StageName` there), as SAM's extra `Stage`.
    pub from_deployment: bool,
    /// The parameter whose default the name is.
    pub default_of: Option<String>,
}

/// Authorization type of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Auth {
    /// Open, or an API key only.
    None,
    /// `AWS_IAM`.
    Iam,
    /// A Lambda authorizer.
    Lambda,
    /// A Cognito user pool.
    Cognito,
    /// Not decidable.
    Unknown,
}

/// A method of an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// Path, `/` first.
    pub path: String,
    /// Upper-case method, `*` for any.
    pub method: String,
    /// How callers prove who they are.
    pub auth: Auth,
    /// Where it is written.
    pub span: Span,
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallerClass {
    /// Outside every VPC endpoint.
    Internet,
    /// Through this endpoint.
    Endpoint(Value),
    /// Through an endpoint nobody names inside this VPC.
    Vpc(Value),
    /// Through an endpoint in a VPC and account that nobody names.
    AnyOtherEndpoint,
}

/// Who names a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamedBy {
    /// The API's association.
    Association,
    /// A resource policy.
    Policy,
    /// It is an execute-api endpoint of the same template.
    Resource,
    /// It is an execute-api endpoint of a stack that this one is linked with by import, nesting or parameter.
    Linked,
}

/// What the policies say about a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Every request.
    Allow,
    /// No request.
    Deny,
    /// Some requests, or signed ones only.
    Depends,
    /// Not decidable.
    Unknown,
}

/// A caller class with what it may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The class.
    pub class: CallerClass,
    /// Who names it; sorted, without repeats.
    pub named_by: Vec<NamedBy>,
    /// Where it is named: association entries and policy values, in that order.
    pub named_at: Vec<Span>,
    /// Over all known routes, signed and unsigned.
    pub decision: Decision,
    /// Over all known routes for unsigned callers.
    pub unsigned: Decision,
    /// Over all known routes for callers signed by an account that is not the API's.
    pub foreign: Decision,
    /// Why, what refuses first; each text once.
    pub because: Vec<Because>,
    /// Whether the answer presumes that two different names are different things.
    pub presumed: bool,
    /// Routes that are refused while others are let in: method and path.
    pub refused_routes: Vec<(String, String)>,
    /// For an endpoint of the run: that its own policy lets no call through.
    pub blockade: Option<Blockade>,
}

/// A VPC endpoint for execute-api.
#[derive(Debug)]
pub struct Endpoint {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// The stack instance it belongs to.
    pub stack: StackId,
    /// Its id as callers and policies name it.
    pub name: Value,
    /// `ServiceName`.
    pub service: Sourced,
    /// `VpcEndpointType`, `None` when absent (then it is `Gateway`).
    pub endpoint_type: Option<Sourced>,
    /// `PrivateDnsEnabled` in each case in which the endpoint exists; an absent one is off.
    pub private_dns: Vec<PrivateDns>,
    /// `VpcId`.
    pub vpc: Option<Sourced>,
    /// `SubnetIds`, `None` when absent.
    pub subnets: Option<Sourced>,
    /// `SecurityGroupIds`, `None` when absent.
    pub security_groups: Option<Sourced>,
    /// `PolicyDocument`.
    pub policy: Option<Sourced>,
    /// The region it is deployed to, if it is known.
    pub region: Option<String>,
    /// The account it is deployed to, if it is known.
    pub account: Option<String>,
    /// What is written about it, question by question and case by case.
    pub facts: Facts,
}

impl Endpoint {
    /// Private DNS over all cases: `Some` when it is the same in all, `None` when it differs or is unknown.
    pub fn private_dns(&self) -> Option<bool> {
        let first = self.private_dns.first()?.enabled?;
        self.private_dns.iter().all(|case| case.enabled == Some(first)).then_some(first)
    }
}

/// Private DNS of an endpoint in one case.
#[derive(Clone, Debug)]
pub struct PrivateDns {
    /// The assignment of parameters.
    pub when: Vec<Assumption>,
    /// All assignments of parameters under which this case holds, of those under which there is an endpoint for
    /// whatever service.
    pub extent: Extent,
    /// The environment of the instance.
    pub environment: Option<String>,
    /// On or off; `None` when undecided.
    pub enabled: Option<bool>,
    /// The value as written, `None` when absent.
    pub value: Option<Sourced>,
}

/// Kinds of custom domain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The template.
    pub file: FileId,
    /// Logical id after lowering.
    pub resource: String,
    /// Where a reader looks for it.
    pub id_span: Span,
    /// The stack instance it belongs to.
    pub stack: StackId,
    /// `DomainName`.
    pub name: Value,
    /// Its endpoint type.
    pub endpoint_type: EndpointType,
    /// Its own policy (private domains).
    pub policy: Option<Sourced>,
    /// What is mapped to it.
    pub mappings: Vec<Mapping>,
    /// Endpoints with access associations.
    pub access_associations: Vec<Value>,
    /// Its resource type after lowering.
    pub type_name: String,
    /// Logical id of the SAM resource whose `Domain` it is.
    pub made_from: Option<String>,
    /// A key of `Domain` that SAM drops and that means `AccessAssociation`.
    pub wrong_association_key: Option<WrongAssociationKey>,
    /// Whether SAM's `Domain` says more that is for public domains: records, client certificates, IPv4 addresses.
    pub for_public_only: bool,
    /// What is written about it, question by question and case by case.
    pub facts: DomainFacts,
}
