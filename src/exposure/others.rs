//! APIs that cannot be private, or are not API Gateway's: HTTP and WebSocket APIs, function URLs, GraphQL.

use crate::exposure::model::{Api, ApiKind, Caller, CallerClass, Case, Decision, EndpointType, Stage};
use crate::exposure::{Context, cases, markers, origin, rest, routes};
use crate::template::document::{Origin, Resource};
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Sourced, StepKind, Value};
use crate::workspace::Stack;

/// An HTTP or WebSocket API.
pub(crate) fn v2_api(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Api {
    let tree = &stack.lowered.tree;
    let property = |key: &str| resource.properties.and_then(|node| tree.get(node, key));
    let protocol =
        property("ProtocolType").map(|node| context.peek(stack, |resolver| resolver.resolve(node)).value);
    let kind = match protocol.as_ref().and_then(Value::as_text) {
        Some("WEBSOCKET") => ApiKind::WebSocket,
        _ => ApiKind::Http,
    };
    let (disabled, target) = (property("DisableExecuteApiEndpoint"), property("Target"));
    let mut api = build(context, stack, resource, kind, |resolver, case| {
        if let Some(node) = disabled {
            case.disable_execute_api_endpoint = match resolver.resolve(node).value {
                Value::Absent => Some(false),
                value => value.as_bool(),
            };
        }
        let owner = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
        for (holder, stage) in context.attachments.of(context.workspace, "AWS::ApiGatewayV2::Stage", &owner) {
            let node =
                stage.properties.and_then(|properties| holder.lowered.tree.get(properties, "StageName"));
            if let Some(node) = node.filter(|_| rest::exists(stack, holder, stage, resolver)) {
                let name = context.peek(holder, |resolver| resolver.resolve(node)).value;
                case.stages.push(Stage { name, from_deployment: false, default_of: None });
            }
        }
        // Quick create: a target makes a `$default` route and stage (property page of `AWS::ApiGatewayV2::Api`).
        let quick = target.is_some_and(|node| resolver.peek(node).value != Value::Absent);
        if quick && case.stages.is_empty() {
            let name = Value::String("$default".to_owned());
            case.stages.push(Stage { name, from_deployment: false, default_of: None });
        }
        // HTTP and WebSocket APIs have no resource policy: authorizers apart, everyone on the internet calls.
        case.callers.push(internet(Decision::Allow));
    });
    // The resource schema of `AWS::ApiGatewayV2::Api` has no such property and `additionalProperties` is false.
    let entries = resource.properties.map_or(&[][..], |node| tree.entries(node));
    let misplaced = entries.iter().find(|entry| tree.scalar(entry.key) == Some("EndpointConfiguration"));
    api.misplaced_endpoint_configuration =
        misplaced.filter(|_| resource.origin == Origin::Written).map(|entry| tree.span(entry.key));
    api
}

/// A Lambda function URL.
pub(crate) fn function_url(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Api {
    let tree = &stack.lowered.tree;
    let property = |key: &str| resource.properties.and_then(|node| tree.get(node, key));
    let target = property("TargetFunctionArn")
        .map(|node| context.peek(stack, |resolver| resolver.resolve(node)).value);
    let auth = property("AuthType");
    let function = target.as_ref().and_then(function_id);
    let mut api = build(context, stack, resource, ApiKind::FunctionUrl, |resolver, case| {
        let auth = auth.map(|node| resolver.resolve(node));
        let open = auth.as_ref().and_then(|auth| auth.value.as_text().map(|text| text == "NONE"));
        case.public_permission = public_permission(context, stack, target.as_ref(), resolver);
        case.callers.push(internet(url_decision(open, case.public_permission)));
        case.auth_type = auth.map(|auth| from_globals(stack, auth));
    });
    // SAM may point the URL at an alias of the function that was written.
    api.function = match &resource.origin {
        Origin::Sam(written) => Some(written.clone()),
        Origin::Written | Origin::Implicit => function,
    };
    api
}

/// The endpoint of a web function: on the internet whatever its type. `IamAuth` asks for a signature, with
/// `ApplicationManaged` the function itself decides (the words of aws-sam-translator 1.115.0, which makes it);
/// nothing else is known of it.
pub(crate) fn web_function(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Api {
    let tree = &stack.lowered.tree;
    let auth = resource.properties.and_then(|node| tree.get(node, "AuthType"));
    let mut api = build(context, stack, resource, ApiKind::FunctionUrl, |resolver, case| {
        let auth = auth.map(|node| resolver.resolve(node));
        let word = auth.as_ref().and_then(|auth| auth.value.as_text());
        case.callers.push(internet(match word {
            Some("ApplicationManaged") => Decision::Allow,
            Some("IamAuth") => Decision::Depends,
            Some(_) | None => Decision::Unknown,
        }));
        case.auth_type = auth;
    });
    if let Origin::Sam(written) = &resource.origin {
        api.function = Some(written.clone());
    }
    api
}

/// A GraphQL API.
pub(crate) fn graphql(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Api {
    let tree = &stack.lowered.tree;
    let property = |key: &str| resource.properties.and_then(|node| tree.get(node, key));
    let (visibility, kind) = (property("Visibility"), property("ApiType"));
    build(context, stack, resource, ApiKind::GraphQl, |resolver, case| {
        let value =
            visibility.map(|node| resolver.resolve(node)).filter(|value| value.value != Value::Absent);
        // `GLOBAL` is the default (property page of `AWS::AppSync::GraphQLApi`).
        case.endpoint_type = match value.as_ref().map(|value| value.value.as_text()) {
            None | Some(Some("GLOBAL")) => EndpointType::Regional,
            Some(Some("PRIVATE")) => EndpointType::Private,
            Some(_) => EndpointType::Unknown,
        };
        case.type_value = value;
        // A merged API serves what is associated with it, and nothing by itself.
        let merged = kind.is_some_and(|kind| resolver.resolve(kind).value.as_text() == Some("MERGED"));
        let is_empty = merged && !has_sources(context, stack, resource, resolver);
        // Every GraphQL API asks for a key, a token or a signature; who has one is not in the template.
        case.callers.push(internet(match case.endpoint_type {
            EndpointType::Private => Decision::Deny,
            _ if is_empty => Decision::Unknown,
            EndpointType::Edge | EndpointType::Regional => Decision::Depends,
            EndpointType::Unknown => Decision::Unknown,
        }));
    })
}

/// Whether some stack of the run associates a source with a merged API. `MergedApiIdentifier` is its ARN, which
/// `Ref` gives, or its id.
fn has_sources(
    context: &Context<'_>,
    stack: &Stack,
    resource: &Resource,
    resolver: &mut Resolver<'_, '_>,
) -> bool {
    let attribute = |attribute: &str| {
        let (id, attribute) = (resource.id.clone(), attribute.to_owned());
        Value::named(Name::Attribute { stack: stack.id, id, attribute })
    };
    let own = Value::named(Name::Resource { stack: stack.id, id: resource.id.clone() });
    [own, attribute("Arn"), attribute("ApiId")].iter().any(|name| {
        let mut sources =
            context.attachments.of(context.workspace, "AWS::AppSync::SourceApiAssociation", name);
        sources.any(|(holder, source)| rest::exists(stack, holder, source, resolver))
    })
}

fn build<'run>(
    context: &Context<'run>,
    stack: &'run Stack,
    resource: &Resource,
    kind: ApiKind,
    fill: impl Fn(&mut Resolver<'run, '_>, &mut Case),
) -> Api {
    let explored = cases::split(context, stack, |resolver| {
        if let Some((condition, _)) = &resource.condition
            && resolver.condition(condition) == Some(false)
        {
            return None;
        }
        let mut case = rest::empty(stack);
        case.endpoint_type = EndpointType::Regional;
        fill(resolver, &mut case);
        Some(case)
    });
    let incomplete = !explored.complete;
    let refused = rest::refusal(stack, resource);
    let rewritten = rest::rewritten(stack, resource);
    let cases = cases::join(explored).told().into_iter().map(|(when, extent, mut case)| {
        if refused.is_some() {
            rest::refuse(&mut case);
            case.callers = vec![internet(Decision::Unknown)];
        }
        if let Some((reason, _)) = &rewritten {
            case.endpoint_type = EndpointType::Unknown;
            case.type_unknown = Some(reason.clone());
            case.callers = vec![internet(Decision::Unknown)];
        }
        Case { when, extent, ..case }
    });
    let cases = cases.collect();
    Api {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        kind,
        origin: origin(resource),
        condition: resource.condition.as_ref().map(|(name, _)| name.clone()),
        refused,
        surprises: rest::surprises(context, stack, resource),
        cases,
        incomplete,
        markers: markers::find(stack, resource),
        labels: markers::labels(stack, resource),
        default_authorizer: markers::default_authorizer(stack, resource),
        routes: routes::of(context, stack, resource),
        backends: Vec::new(),
        function: None,
        unknown_endpoint_keys: Vec::new(),
        misplaced_endpoint_configuration: None,
        refuses_auth: false,
        fragment: context.stacks.of(stack).is_some_and(|known| known.is_fragment),
        custom_ways: Vec::new(),
    }
}

fn internet(decision: Decision) -> Caller {
    Caller {
        class: CallerClass::Internet,
        named_by: Vec::new(),
        named_at: Vec::new(),
        decision,
        unsigned: decision,
        foreign: decision,
        because: Vec::new(),
        presumed: false,
        refused_routes: Vec::new(),
        blockade: None,
    }
}

fn url_decision(open: Option<bool>, permission: Option<bool>) -> Decision {
    match (open, permission) {
        (Some(true), Some(true)) => Decision::Allow,
        (Some(true), Some(false)) => Decision::Deny,
        // `AWS_IAM`: whoever is signed and allowed.
        (Some(false), _) => Decision::Depends,
        (None, _) | (Some(true), None) => Decision::Unknown,
    }
}

/// Logical id of the function that a `TargetFunctionArn` names.
fn function_id(target: &Value) -> Option<String> {
    match target {
        Value::Named(name) => match &**name {
            Name::Resource { id, .. } | Name::Attribute { id, .. } => Some(id.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether some permission of the run lets everyone invoke the function through its URL. `None` when there is
/// none and the function, and so perhaps its policy, is not in the run.
fn public_permission(
    context: &Context<'_>,
    stack: &Stack,
    target: Option<&Value>,
    resolver: &mut Resolver<'_, '_>,
) -> Option<bool> {
    let target = target?.clone().without_places();
    let id = function_id(&target).or_else(|| function_called(context, stack, &target));
    let mut names = vec![target];
    if let Some(id) = &id {
        names.push(Value::named(Name::Resource { stack: stack.id, id: id.clone() }));
        let attribute = "Arn".to_owned();
        names.push(Value::named(Name::Attribute { stack: stack.id, id: id.clone(), attribute }));
        names.extend(function_name(context, stack, id));
    }
    let public = names.iter().any(|name| {
        let mut permissions = context.attachments.of(context.workspace, "AWS::Lambda::Permission", name);
        permissions.any(|(holder, permission)| {
            is_public(context, holder, permission) && rest::exists(stack, holder, permission, resolver)
        })
    });
    match (public, id) {
        (true, _) => Some(true),
        (false, Some(_)) => Some(false),
        (false, None) => None,
    }
}

/// `FunctionName` of a function of the stack.
fn function_name(context: &Context<'_>, stack: &Stack, id: &str) -> Option<Value> {
    let properties = stack.lowered.resource(id)?.properties?;
    let node = stack.lowered.tree.get(properties, "FunctionName")?;
    let name = context.peek(stack, |resolver| resolver.resolve(node)).value;
    (name != Value::Absent).then(|| name.without_places())
}

/// Logical id of the function of the stack whose `FunctionName` is this.
fn function_called(context: &Context<'_>, stack: &Stack, name: &Value) -> Option<String> {
    let functions = stack.lowered.resources.iter().filter(|one| one.type_name == "AWS::Lambda::Function");
    let mut ids = functions.map(|function| &function.id);
    ids.find(|id| function_name(context, stack, id).as_ref() == Some(name)).cloned()
}

fn is_public(context: &Context<'_>, stack: &Stack, permission: &Resource) -> bool {
    let tree = &stack.lowered.tree;
    let read = |key: &str| {
        let node = permission.properties.and_then(|node| tree.get(node, key))?;
        let value = context.peek(stack, |resolver| resolver.resolve(node)).value;
        (value != Value::Absent).then_some(value)
    };
    let text = |key: &str| read(key).and_then(|value| value.as_text().map(str::to_owned));
    let action = text("Action").unwrap_or_default();
    let covers = matches!(action.as_str(), "lambda:InvokeFunctionUrl" | "lambda:*" | "lambda:Invoke*" | "*");
    // These become conditions of the statement, which no anonymous request meets.
    let narrowed = ["PrincipalOrgID", "SourceAccount", "SourceArn"].iter().any(|key| read(key).is_some());
    covers
        && !narrowed
        && text("Principal").as_deref() == Some("*")
        && text("FunctionUrlAuthType").as_deref() != Some("AWS_IAM")
}

/// Marks a value that was written in `Globals`.
pub(crate) fn from_globals(stack: &Stack, value: Sourced) -> Sourced {
    let tree = &stack.lowered.tree;
    let inside = stack.template.globals.is_some_and(|globals| {
        let span = tree.span(globals);
        span.file == value.span.file && span.range.contains(value.span.range)
    });
    let span = value.span;
    if inside { value.step(StepKind::Globals, span) } else { value }
}
