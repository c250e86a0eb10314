//! REST APIs: endpoint type, association, policies, methods and stages of each case.

use crate::exposure::body::{Body, Settled, method_auth, settle};
use crate::exposure::cases::Joined;
use crate::exposure::configuration::{self, Configuration};
use crate::exposure::extent::Extent;
use crate::exposure::leads::Declared;
use crate::exposure::model::{
    Api, ApiKind, ApiOrigin, Case, Endpoint, EndpointType, Method, Policy, PolicySource, Stage,
};
use crate::exposure::others::from_globals;
use crate::exposure::served::{self, Served};
use crate::exposure::{
    Context, backends, callers, cases, doors, endpoint_type, entries, markers, misses, origin, routes, wiring,
};
use crate::policy::document::PolicyDocument;
use crate::policy::text::Names;
use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::document::Resource;
use crate::template::guards::Guard;
use crate::template::lowered::{Surprise, SurpriseKind};
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Sourced, StepKind, Value};
use crate::workspace::Stack;

/// A REST API with all its cases.
pub(crate) fn api(context: &Context<'_>, endpoints: &[Endpoint], stack: &Stack, resource: &Resource) -> Api {
    let refused = refusal(stack, resource);
    let drafts = drafts(context, stack, resource);
    let incomplete = drafts.is_none();
    let found = match drafts {
        None => {
            let mut case = undecided(stack, resource);
            callers::judge(context, endpoints, stack, resource, &mut case);
            vec![case]
        }
        Some(drafts) => {
            let cases = drafts.each(|guards, guard, draft: Draft| {
                let mut case = draft.case;
                if refused.is_some() {
                    refuse(&mut case);
                }
                case.entries = entries::of_api(context, &case);
                let judge = |case: &mut Case| callers::judge(context, endpoints, stack, resource, case);
                let mut found = served::callers(guards, guard, case, &draft.methods, &judge);
                for (_, case) in &mut found {
                    case.misses = misses::find(endpoints, stack, resource, case);
                }
                found
            });
            let told = cases.told().into_iter();
            told.map(|(when, extent, case)| Case { when, extent, ..case }).collect()
        }
    };
    let in_body =
        || context.peek(stack, |resolver| body(stack, resource, resolver)?.default_authorizer(resolver));
    Api {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        kind: ApiKind::Rest,
        origin: origin(resource),
        condition: resource.condition.as_ref().map(|(name, _)| name.clone()),
        refused,
        surprises: surprises(context, stack, resource),
        cases: found,
        incomplete,
        markers: markers::find(stack, resource),
        labels: markers::labels(stack, resource),
        default_authorizer: markers::default_authorizer(stack, resource).or_else(in_body),
        routes: routes::of(context, stack, resource),
        backends: backends::of(context, stack, resource),
        function: None,
        unknown_endpoint_keys: endpoint_type::unknown_keys(stack, resource),
        misplaced_endpoint_configuration: None,
        refuses_auth: refuses_auth(stack, resource),
        fragment: context.stacks.of(stack).is_some_and(|known| known.is_fragment),
        custom_ways: vec![doors::ways(context, endpoints, Declared { stack, resource })],
    }
}

/// Whether SAM takes no `Auth` for an API: `DefinitionUri` gives the definition, on the resource or in `Globals`, or
/// the body is no document with `paths` that SAM edits (aws-sam-translator 1.115.0, `SwaggerEditor.is_valid`).
fn refuses_auth(stack: &Stack, resource: &Resource) -> bool {
    let (template, tree) = (&stack.template, &stack.template.tree);
    let written = template.resource(&resource.id).and_then(|resource| resource.properties);
    let own = written.and_then(|node| tree.get(node, "DefinitionUri"));
    let global = template.globals.and_then(|node| tree.get_path(node, &["Api", "DefinitionUri"]));
    origin(resource) != ApiOrigin::Written && (own.or(global).is_some() || !has_edited_body(stack, resource))
}

fn has_edited_body(stack: &Stack, resource: &Resource) -> bool {
    let tree = &stack.lowered.tree;
    let Some(body) = resource.properties.and_then(|node| tree.get(node, "Body")) else { return false };
    let text = |key: &str| tree.get(body, key).and_then(|node| tree.scalar(node)).unwrap_or_default();
    let has_paths = tree.get(body, "paths").is_some_and(|paths| tree.is_mapping(paths));
    has_paths && (!text("swagger").is_empty() || text("openapi").starts_with('3'))
}

/// All states of an API with its association and policies, before it is asked who may call; `None` when they are
/// too many.
pub(crate) fn drafts(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<Joined<Draft>> {
    let explored = cases::split(context, stack, |resolver| head(context, stack, resource, resolver));
    if !explored.complete {
        return None;
    }
    let mut drafts = cases::join(explored);
    let scope = context.workspace.scope(stack);
    drafts.deepen(scope, &mut |resolver, draft| associations(stack, resource, resolver, draft));
    drafts.deepen(scope, &mut |resolver, draft| all_policies(stack, resource, resolver, draft));
    Some(drafts)
}

/// Why the transform refuses this API, or else the whole template.
pub(crate) fn refusal(stack: &Stack, resource: &Resource) -> Option<(String, Span)> {
    let refusals = &stack.lowered.refusals;
    let own = refusals.iter().find(|refusal| refusal.resource.as_deref() == Some(&resource.id));
    own.or_else(|| refusals.first()).map(|refusal| (refusal.reason.clone(), refusal.span))
}

pub(crate) fn surprises(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Vec<Surprise> {
    let own = stack.lowered.surprises.iter().filter(|surprise| surprise.resource == resource.id);
    own.filter(|surprise| happens(context, stack, &surprise.kind)).cloned().collect()
}

/// Whether it happens in some case: what no case makes has no events.
fn happens(context: &Context<'_>, stack: &Stack, kind: &SurpriseKind) -> bool {
    let SurpriseKind::EventNotInBody { handler, .. } = kind else { return true };
    let Some(handler) = stack.lowered.resources.iter().find(|resource| resource.id == *handler) else {
        return true;
    };
    let explored = cases::split(context, stack, |resolver| wiring::exists(resolver, handler).then_some(()));
    !explored.complete || !explored.cells.is_empty()
}

/// Why the type of an API is unknown whose template is refused.
pub(crate) const REFUSED: &str = "the SAM transform refuses the template";

/// A template that the transform refuses makes no API: neither public nor private.
pub(crate) fn refuse(case: &mut Case) {
    case.endpoint_type = EndpointType::Unknown;
    case.type_unknown = Some(REFUSED.to_owned());
}

pub(crate) fn empty(stack: &Stack) -> Case {
    Case {
        stack: stack.id,
        when: Vec::new(),
        extent: Extent::default(),
        environment: stack.bindings.environment.clone(),
        endpoint_type: EndpointType::Edge,
        type_value: None,
        type_may_be_given: None,
        type_unknown: None,
        vpc_endpoint_ids: Vec::new(),
        configuration: Configuration::default(),
        region: stack.bindings.region.clone(),
        entries: Vec::new(),
        association: None,
        policies: Vec::new(),
        absent_policy: None,
        hidden_policy: None,
        misses: Vec::new(),
        stages: Vec::new(),
        methods: Vec::new(),
        methods_incomplete: false,
        disable_execute_api_endpoint: Some(false),
        auth_type: None,
        public_permission: None,
        callers: Vec::new(),
        callers_if_private: Vec::new(),
        signed_only: None,
        shut_by: Vec::new(),
        allows_none: false,
        mixed_lists: Vec::new(),
        twofold: None,
        strict_endpoint_access: Some(false),
    }
}

/// Why something is unknown that conditions make too many things.
const TOO_MANY: &str = "its conditions have too many combinations to look at";

/// Why something is unknown that an included part of the body may say.
const PART: &str = "part of the body is not in the template";

/// What is said of an API whose combinations of conditions are too many.
fn undecided(stack: &Stack, resource: &Resource) -> Case {
    Case {
        endpoint_type: EndpointType::Unknown,
        type_unknown: Some(TOO_MANY.to_owned()),
        hidden_policy: Some((TOO_MANY.to_owned(), resource.id_span)),
        methods_incomplete: true,
        disable_execute_api_endpoint: None,
        strict_endpoint_access: None,
        ..empty(stack)
    }
}

/// A case while it is worked out.
#[derive(Clone, PartialEq)]
pub(crate) struct Draft {
    /// What is known of the case.
    pub(crate) case: Case,
    /// All methods it may have, with the formula under which it has each.
    pub(crate) methods: Vec<Served>,
}

/// What the API is apart from its association and its policies, in the case under way; `None` where it does not
/// exist.
fn head(
    context: &Context<'_>,
    stack: &Stack,
    resource: &Resource,
    resolver: &mut Resolver<'_, '_>,
) -> Option<Draft> {
    if let Some((condition, _)) = &resource.condition
        && resolver.condition(condition) == Some(false)
    {
        return None;
    }
    let mut case = empty(stack);
    let properties = resource.properties;
    let property = |key: &str| properties.and_then(|node| stack.lowered.tree.get(node, key));
    let body = match property("Body").map(|node| settle(resolver, node)) {
        Some(Settled::Node(node)) if stack.lowered.tree.is_mapping(node) => Some(Body::read(resolver, node)),
        Some(Settled::Node(node)) => {
            hide(&mut case, "the body is text", stack.lowered.tree.tagged_span(node));
            None
        }
        Some(Settled::Hidden(span)) => {
            hide(&mut case, "the body is not in the template", span);
            None
        }
        Some(Settled::Absent) | None => None,
    };
    endpoint_type::find(stack, properties, resolver, &mut case);
    if let Some(node) = property("BodyS3Location").filter(|&node| resolver.peek(node).value != Value::Absent)
    {
        hide(&mut case, "the definition file is not in the template", stack.lowered.tree.tagged_span(node));
    }
    let mut methods = Vec::new();
    if let Some(body) = &body {
        let complete = body.methods(resolver, &mut methods);
        case.methods_incomplete |= !complete;
        if let Some(flag) = body.disabled(resolver) {
            case.disable_execute_api_endpoint = flag.value.as_bool();
        }
        case.configuration.idle_extensions = body.idle_extensions(resolver);
    }
    case.configuration.import = properties.and_then(|node| configuration::import(node, resolver));
    flags(stack, properties, resolver, &mut case);
    if methods.is_empty() || body.is_none() {
        written_methods(context, stack, resource, resolver, &mut case, &mut methods);
    }
    stages(context, stack, resource, resolver, &mut case);
    unreadable(stack, resource, resolver, &mut case);
    case.type_value = case.type_value.map(|value| from_globals(stack, value));
    case.type_may_be_given =
        default_of(case.type_value.as_ref()).filter(|name| resolver.takes_any_value(name));
    let written = &mut case.configuration;
    written.type_fault = written.type_fault.take().map(|(fault, value)| (fault, from_globals(stack, value)));
    written.ip_address_type = written.ip_address_type.take().map(|value| from_globals(stack, value));
    Some(Draft { case, methods })
}

/// The body, where it is in the template.
pub(crate) fn body(stack: &Stack, resource: &Resource, resolver: &mut Resolver<'_, '_>) -> Option<Body> {
    let tree = &stack.lowered.tree;
    let written = resource.properties.and_then(|node| tree.get(node, "Body"))?;
    match settle(resolver, written) {
        Settled::Node(node) if tree.is_mapping(node) => Some(Body::read(resolver, node)),
        Settled::Node(_) | Settled::Hidden(_) | Settled::Absent => None,
    }
}

/// Adds the association.
fn associations(stack: &Stack, resource: &Resource, resolver: &mut Resolver<'_, '_>, draft: &mut Draft) {
    let tree = &stack.lowered.tree;
    let written = resource.properties.and_then(|node| tree.get(node, "EndpointConfiguration"));
    if let Some(written) = written
        && let Settled::Node(node) = settle(resolver, written)
        && let Some(ids) = tree.entry(node, "VpcEndpointIds")
    {
        draft.case.configuration.ids_key = Some(tree.span(ids.key));
        associate(&mut draft.case, tree.span(ids.key), resolver.resolve(ids.value));
    }
    if let Some((key, ids)) = body(stack, resource, resolver).and_then(|body| body.endpoint_ids(resolver)) {
        let before = draft.case.vpc_endpoint_ids.len();
        associate(&mut draft.case, key, ids);
        let case = &mut draft.case;
        if let Some(import) =
            case.configuration.import.as_mut().filter(|_| case.vpc_endpoint_ids.len() > before)
        {
            import.ids = Some(key);
        }
    }
    draft.case.configuration.association_left_empty =
        draft.case.association.as_ref().is_some_and(|value| is_left_empty(resolver, &draft.case, value));
    draft.case.association = draft.case.association.take().map(|value| from_globals(stack, value));
    if draft.case.vpc_endpoint_ids.is_empty() {
        let body = body(stack, resource, resolver);
        let part =
            body.and_then(|body| body.hidden_association(resolver)).map(|span| (PART.to_owned(), span));
        // What hides the body as a whole hides its policy, too, and is known already.
        draft.case.configuration.hidden_association = draft.case.hidden_policy.clone().or(part);
    }
}

/// Whether it is a list that the template's own parameter leaves empty where nobody gives another.
fn is_left_empty(resolver: &Resolver<'_, '_>, case: &Case, association: &Sourced) -> bool {
    let Value::Named(name) = &association.value else { return false };
    let Name::Parameter { stack, name } = &**name else { return false };
    let parameter = resolver.scope().template.parameter(name).filter(|_| *stack == case.stack);
    let is_empty = |node: NodeId| resolver.tree().scalar(node) == Some("");
    parameter.is_some_and(|parameter| parameter.is_list() && parameter.default.is_some_and(is_empty))
}

/// Adds the policies.
fn all_policies(stack: &Stack, resource: &Resource, resolver: &mut Resolver<'_, '_>, draft: &mut Draft) {
    let body = body(stack, resource, resolver);
    let hidden = draft.case.hidden_policy.take();
    policies(stack, resource, resource.properties, body.as_ref(), resolver, &mut draft.case);
    draft.case.hidden_policy = hidden.or(draft.case.hidden_policy.take());
    if resolver.path().is_frozen() {
        draft.case.hidden_policy.get_or_insert((TOO_MANY.to_owned(), resource.id_span));
    }
}

fn hide(case: &mut Case, why: &str, span: Span) {
    case.hidden_policy.get_or_insert((why.to_owned(), span));
    case.methods_incomplete = true;
}

/// Broken texts, macros and clones: what can be read need not be what is deployed.
pub(crate) fn unreadable(
    stack: &Stack,
    resource: &Resource,
    resolver: &mut Resolver<'_, '_>,
    case: &mut Case,
) {
    let (tree, properties) = (&stack.lowered.tree, resource.properties);
    let clone = properties.and_then(|node| tree.get(node, "CloneFrom"));
    let reason = if tree.is_cut() {
        ("the file cannot be read to its end".to_owned(), resource.id_span)
    } else if let Some(node) = clone.filter(|&node| resolver.peek(node).value != Value::Absent) {
        ("it is a clone of another API".to_owned(), tree.tagged_span(node))
    } else if let Some(reason) = rewritten(stack, resource) {
        reason
    } else {
        return;
    };
    case.endpoint_type = EndpointType::Unknown;
    case.type_unknown = Some(reason.0.clone());
    case.hidden_policy.get_or_insert(reason);
    case.methods_incomplete = true;
}

/// Why a resource need not be what is written, if a macro or another transform gets hold of it.
pub(crate) fn rewritten(stack: &Stack, resource: &Resource) -> Option<(String, Span)> {
    let tree = &stack.lowered.tree;
    if let Some((name, span)) = stack.template.macro_name() {
        return Some((format!("the macro `{name}` rewrites the template"), *span));
    }
    let holders = std::iter::once(resource.node).chain(resource.properties);
    let transform =
        holders.filter(|&node| tree.is_mapping(node)).find_map(|node| tree.get(node, "Fn::Transform"));
    transform.map(|node| ("a transform adds properties".to_owned(), tree.tagged_span(node)))
}

fn associate(case: &mut Case, key: Span, ids: Sourced) {
    let before = case.vpc_endpoint_ids.len();
    match &ids.value {
        Value::Absent | Value::Null => {}
        Value::List(items) => case.vpc_endpoint_ids.extend(items.iter().cloned()),
        _ => case.vpc_endpoint_ids.push(ids.clone()),
    }
    if case.vpc_endpoint_ids.len() > before {
        case.configuration.association_key.get_or_insert(key);
    }
    case.association.get_or_insert(ids);
}

fn policies(
    stack: &Stack,
    resource: &Resource,
    properties: Option<NodeId>,
    body: Option<&Body>,
    resolver: &mut Resolver<'_, '_>,
    case: &mut Case,
) {
    let tree = &stack.lowered.tree;
    let property = properties.and_then(|node| tree.entry(node, "Policy"));
    let property = property.map(|entry| (entry, PolicySource::Property));
    let in_body = body.and_then(|body| body.policy(resolver)).map(|entry| {
        let node = entry.value;
        // What lowering made of `Auth` stands in the template; a definition file is a body.
        let made = origin(resource) != ApiOrigin::Written
            && node.0 >= stack.template.tree.len()
            && tree.span(node).file == stack.template.file;
        (entry, if made { PolicySource::Sam } else { PolicySource::Body })
    });
    for (entry, from) in property.into_iter().chain(in_body) {
        let document = resolver.resolve(entry.value);
        match &document.value {
            Value::Absent | Value::Null => case.absent_policy = Some(document.span),
            Value::Map(members) if members.is_empty() => case.absent_policy = Some(document.span),
            Value::String(text) if text.trim().is_empty() => case.absent_policy = Some(document.span),
            _ => {
                let problems = PolicyDocument::parse(&document, &mut Names::new()).problems;
                let document = PolicyDocument::written_as_text(&document).unwrap_or(document);
                case.policies.push(Policy { from, key: tree.span(entry.key), document, problems });
            }
        }
    }
    // An included body may bring its own policy extension, unless the template writes one.
    if case.policies.is_empty()
        && let Some(span) = body.and_then(|body| body.hidden)
    {
        hide(case, PART, span);
    }
}

fn flags(stack: &Stack, properties: Option<NodeId>, resolver: &mut Resolver<'_, '_>, case: &mut Case) {
    let tree = &stack.lowered.tree;
    let property = |key: &str| properties.and_then(|node| tree.get(node, key));
    if let Some(node) = property("DisableExecuteApiEndpoint") {
        let value = resolver.peek(node).value;
        if value != Value::Absent {
            case.disable_execute_api_endpoint = value.as_bool();
        }
    }
    if let Some(node) = property("EndpointAccessMode") {
        case.strict_endpoint_access = match resolver.peek(node).value {
            Value::Absent => Some(false),
            value => value.as_text().map(|text| text == "STRICT"),
        };
    }
}

/// The parameter whose default a value is.
fn default_of(value: Option<&Sourced>) -> Option<String> {
    value?.via.iter().rev().find_map(|step| match &step.kind {
        StepKind::Default(name) => Some(name.clone()),
        _ => None,
    })
}

fn own_name(stack: &Stack, resource: &Resource) -> Value {
    Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() })
}

/// Methods written as resources of their own.
fn written_methods(
    context: &Context<'_>,
    stack: &Stack,
    resource: &Resource,
    resolver: &mut Resolver<'_, '_>,
    case: &mut Case,
    methods: &mut Vec<Served>,
) {
    let owner = own_name(stack, resource);
    for (holder, method) in context.attachments.of(context.workspace, "AWS::ApiGateway::Method", &owner) {
        let Some(properties) = method.properties else { continue };
        if !exists(stack, holder, method, resolver) {
            continue;
        }
        let tree = &holder.lowered.tree;
        let read = |key: &str| {
            let node = tree.get(properties, key)?;
            Some(context.peek(holder, |resolver| resolver.peek(node)).value)
        };
        let path =
            tree.get(properties, "ResourceId").and_then(|node| routes::written_path(context, holder, node));
        let verb = read("HttpMethod").and_then(|value| value.as_text().map(str::to_ascii_uppercase));
        match (path, verb) {
            (Some(path), Some(verb)) => {
                let own = method.condition.as_ref().filter(|_| holder.id == stack.id);
                let when = own.map_or(Guard::ALWAYS, |(name, _)| resolver.condition_guard(name));
                let method = Method {
                    path,
                    method: if verb == "ANY" { "*".to_owned() } else { verb },
                    auth: method_auth(read("AuthorizationType").as_ref()),
                    span: method.id_span,
                };
                methods.push(Served { when, method });
            }
            _ => case.methods_incomplete = true,
        }
    }
}

/// Whether an attached resource may exist in the case under way.
pub(crate) fn exists(
    stack: &Stack,
    holder: &Stack,
    resource: &Resource,
    resolver: &mut Resolver<'_, '_>,
) -> bool {
    let Some((condition, _)) = &resource.condition else { return true };
    if holder.id != stack.id {
        return true;
    }
    resolver.path().freeze();
    let holds = resolver.condition(condition);
    resolver.path().thaw();
    holds != Some(false)
}

fn stages(
    context: &Context<'_>,
    stack: &Stack,
    resource: &Resource,
    resolver: &mut Resolver<'_, '_>,
    case: &mut Case,
) {
    let owner = own_name(stack, resource);
    for (type_name, from_deployment) in
        [("AWS::ApiGateway::Stage", false), ("AWS::ApiGateway::Deployment", true)]
    {
        for (holder, stage) in context.attachments.of(context.workspace, type_name, &owner) {
            let node =
                stage.properties.and_then(|properties| holder.lowered.tree.get(properties, "StageName"));
            let Some(node) = node.filter(|_| exists(stack, holder, stage, resolver)) else { continue };
            let Sourced { value: name, via, .. } = if holder.id == stack.id {
                resolver.peek(node)
            } else {
                context.peek(holder, |resolver| resolver.peek(node))
            };
            let default_of = via.into_iter().find_map(|step| match step.kind {
                StepKind::Default(parameter) => Some(parameter),
                _ => None,
            });
            let known = case.stages.iter().any(|stage| stage.name == name);
            if name != Value::Absent && !known {
                case.stages.push(Stage { name, from_deployment, default_of });
            }
        }
    }
}
