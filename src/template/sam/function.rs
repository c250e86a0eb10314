//! `AWS::Serverless::Function` and `AWS::Serverless::StateMachine`: the function, its URL, its permissions, and
//! the `Api` events that end up in an API's body.
//!
//! Roles, versions, and events of other kinds are left out: they expose nothing.

use crate::order::Order;
use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::authorizers;
use crate::template::sam::checks;
use crate::template::sam::events::{self, ApiId, DEFAULT_PATH, Event, Handler};
use crate::template::sam::function_checks;
use crate::template::sam::http_events;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::Shape;
use crate::template::sam::openapi;
use crate::template::sam::policy_templates;
use crate::template::sam::schema;
use crate::template::sam::schema_events;

/// Properties that `AWS::Lambda::Function` has under the same name.
const PASSED: [&str; 25] = [
    "FunctionName",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Role",
    "Environment",
    "PackageType",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "Layers",
    "EphemeralStorage",
    "FileSystemConfigs",
    "ImageConfig",
    "CodeSigningConfigArn",
    "Architectures",
    "SnapStart",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "RecursiveLoop",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
];

/// Lowers all functions, then all state machines, as the translator does: their events change the APIs' bodies.
pub(super) fn lower_all(lowering: &mut Lowering<'_>) {
    for at in lowering.of_type("AWS::Serverless::Function") {
        lower_function(lowering, at);
    }
    for at in lowering.of_type("AWS::Serverless::StateMachine") {
        lower_state_machine(lowering, at);
    }
}

fn lower_function(lowering: &mut Lowering<'_>, at: usize) {
    let parent = Parent::of(&lowering.items[at].resource);
    let properties = lowering.properties(at);
    schema::check(lowering, &parent, properties, schema::FUNCTION);
    schema_events::check(lowering, &parent, at);
    let checked = checks::check_function(lowering, properties);
    lowering.attempt(&parent.id, checked);
    function_checks::check(lowering, &parent, properties);
    let function = function_properties(lowering, &parent, properties);
    lowering.make(&parent, &parent.id, "AWS::Lambda::Function", function);
    let alias = alias(lowering, &parent, properties);
    let function = Function { parent: &parent, alias };
    let url = function_url(lowering, &function, properties);
    lowering.attempt(&parent.id, url);
    lower_events(lowering, &function, at);
}

/// A function as events and URLs see it.
struct Function<'a> {
    parent: &'a Parent,
    /// Logical id of its alias.
    alias: Option<String>,
}

impl Function<'_> {
    /// What permissions and URLs name: the alias, else the function.
    fn target(&self, lowering: &mut Lowering<'_>, span: Span) -> NodeId {
        let id = self.alias.as_ref().unwrap_or(&self.parent.id);
        lowering.nodes.reference(span, id)
    }
}

fn function_properties(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId) -> NodeId {
    let nodes = &mut lowering.nodes;
    let mut entries = Vec::new();
    for (key, entry) in nodes.pairs(properties) {
        if PASSED.contains(&key.as_str()) {
            entries.push((key, nodes.span(entry.key), entry.value));
        }
    }
    nodes
        .tree
        .add_mapping(parent.span, entries.iter().map(|(key, span, value)| (key.as_str(), *span, *value)))
}

/// Makes the alias that `AutoPublishAlias` asks for.
fn alias(lowering: &mut Lowering<'_>, parent: &Parent, properties: NodeId) -> Option<String> {
    let written = lowering.nodes.get_truthy(properties, "AutoPublishAlias")?;
    let span = lowering.nodes.span(written);
    let Some(name) = lowering.resolved_text(written) else {
        let reason = "`AutoPublishAlias` must be a string or a `Ref` to a parameter with a value";
        lowering.refuse(Some(&parent.id), Refuse::new(span, reason));
        return None;
    };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.chars().all(is_name) || name.chars().all(|letter| letter.is_ascii_digit()) {
        let reason = format!("`AutoPublishAlias` `{name}` is no valid alias name");
        lowering.refuse(Some(&parent.id), Refuse::new(span, reason));
    }
    // Logical ids are alphanumeric.
    let letters = name.replace('-', "D").replace('_', "U");
    let id = format!("{}Alias{letters}", parent.id);
    let function = lowering.nodes.reference(span, &parent.id);
    let properties = lowering.nodes.map(span, &[("Name", written), ("FunctionName", function)]);
    lowering.make(parent, &id, "AWS::Lambda::Alias", properties);
    lowering.derive(format!("{}.Alias", parent.id), &id);
    Some(id)
}

/// `FunctionUrlConfig` → the URL, and for a literal `NONE` the permissions that open it to everyone.
fn function_url(lowering: &mut Lowering<'_>, function: &Function<'_>, properties: NodeId) -> Step {
    let Some(entry) = lowering.nodes.entry(properties, "FunctionUrlConfig") else { return Ok(()) };
    if !lowering.nodes.is_truthy(entry.value) || !lowering.nodes.is_dict(entry.value) {
        return Ok(());
    }
    let (config, key) = (entry.value, lowering.nodes.span(entry.key));
    let auth_type = lowering.nodes.entry(config, "AuthType");
    let literal = auth_type.and_then(|entry| lowering.nodes.text(entry.value)).map(str::to_owned);
    let is_open = lowering.nodes.is_intrinsic(config)
        || auth_type.is_some_and(|entry| lowering.nodes.is_intrinsic(entry.value));
    let step = match literal.as_deref() {
        Some("NONE" | "AWS_IAM") => Ok(()),
        _ if is_open => Ok(()),
        _ => {
            let span = auth_type.map_or(key, |entry| lowering.nodes.span(entry.value));
            Err(Refuse::new(span, "`FunctionUrlConfig` needs `AuthType`: `AWS_IAM` or `NONE`"))
        }
    };
    let step = step.and_then(|()| checks::check_url_cors(lowering, config));
    let target = function.target(lowering, key);
    let mut entries = vec![("TargetFunctionArn".to_owned(), key, target)];
    for name in ["AuthType", "Cors", "InvokeMode"] {
        if let Some(entry) = lowering.nodes.entry(config, name) {
            entries.push((name.to_owned(), lowering.nodes.span(entry.key), entry.value));
        }
    }
    let parent = function.parent;
    let url = entries.iter().map(|(name, span, value)| (name.as_str(), *span, *value));
    let url = lowering.nodes.tree.add_mapping(key, url);
    let id = format!("{}Url", parent.id);
    // The key may stand in `Globals`, where it is every function's; the logical id tells which one it is.
    lowering.make(parent, &id, "AWS::Lambda::Url", url);
    if literal.as_deref() == Some("NONE")
        && let Some(auth_type) = auth_type
    {
        open_to_everyone(lowering, function, auth_type.value);
    }
    step
}

fn open_to_everyone(lowering: &mut Lowering<'_>, function: &Function<'_>, auth_type: NodeId) {
    let span = lowering.nodes.span(auth_type);
    let target = function.target(lowering, span);
    let parent = Parent { span, ..function.parent.clone() };
    let nodes = &mut lowering.nodes;
    let everyone = nodes.string(span, "*");
    let url = nodes.string(span, "lambda:InvokeFunctionUrl");
    let entries = [
        ("Action", url),
        ("FunctionName", target),
        ("Principal", everyone),
        ("FunctionUrlAuthType", auth_type),
    ];
    let properties = nodes.map(span, &entries);
    lowering.make(
        &parent,
        &format!("{}UrlPublicPermissions", parent.id),
        "AWS::Lambda::Permission",
        properties,
    );
    let nodes = &mut lowering.nodes;
    let invoke = nodes.string(span, "lambda:InvokeFunction");
    let via_url = nodes.tree.add_plain(span, "true");
    let entries = [
        ("Action", invoke),
        ("FunctionName", target),
        ("Principal", everyone),
        ("InvokedViaFunctionUrl", via_url),
    ];
    let properties = nodes.map(span, &entries);
    let id = format!("{}URLInvokeAllowPublicAccess", parent.id);
    lowering.make(&parent, &id, "AWS::Lambda::Permission", properties);
}

/// Events in the translator's order: by path, else by name.
fn lower_events(lowering: &mut Lowering<'_>, function: &Function<'_>, at: usize) {
    let rest = events::of(lowering, at, "Api").into_iter().map(|event| (true, event));
    let http = events::of(lowering, at, "HttpApi").into_iter().map(|event| (false, event));
    let mut events: Vec<_> = rest.chain(http).collect();
    events.order_by_key(|(is_rest, event)| {
        let path = event.properties.and_then(|properties| lowering.nodes.get_text(properties, "Path"));
        let has_default = !is_rest && path.is_none();
        if has_default { "$default".to_owned() } else { path.unwrap_or(&event.name).to_owned() }
    });
    let arn = match &function.alias {
        Some(alias) => alias.clone(),
        None => format!("{}.Arn", function.parent.id),
    };
    let handler = Handler { parent: function.parent, arn, is_state_machine: false };
    for (is_rest, event) in events {
        if is_rest {
            lower_rest_event(lowering, function, &handler, event);
        } else {
            lower_http_event(lowering, function, &handler, &event);
        }
    }
}

fn lower_rest_event(
    lowering: &mut Lowering<'_>,
    function: &Function<'_>,
    handler: &Handler<'_>,
    event: Event,
) {
    check_event(lowering, function.parent, &event, schema::API_EVENT);
    let name = event.name.clone();
    let step = events::lower_api_event(lowering, handler, event);
    if let Some(Some((api, operation, suffix))) = lowering.attempt(&function.parent.id, step) {
        let path = match operation.path.strip_suffix('/') {
            Some(path) if !path.is_empty() => path,
            _ => operation.path.as_str(),
        };
        let method = events::shown_method(&operation.method);
        let target = format!("/{method}{}", openapi::without_parameters(path));
        let id = identifier::with_suffix(&format!("{}{name}Permission", function.parent.id), &suffix);
        permission(lowering, function, &id, &api, &target, operation.method_span);
    }
}

fn lower_http_event(
    lowering: &mut Lowering<'_>,
    function: &Function<'_>,
    handler: &Handler<'_>,
    event: &Event,
) {
    check_event(lowering, function.parent, event, schema::HTTP_API_EVENT);
    let step = http_events::lower(lowering, handler, event);
    if let Some(Some((api, operation, true))) = lowering.attempt(&function.parent.id, step) {
        let path = match operation.path.strip_suffix('/') {
            Some(path) if !path.is_empty() => path,
            _ => operation.path.as_str(),
        };
        let path = if path == DEFAULT_PATH { "" } else { path };
        let path = openapi::without_plain_parameters(path);
        let target = match path.as_str() {
            "/$default" if operation.method == "any" => path,
            _ => format!("/{}{path}", events::shown_method(&operation.method)),
        };
        let id = format!("{}{}Permission", function.parent.id, event.name);
        permission(lowering, function, &id, &api, &target, operation.method_span);
    }
}

fn check_event(
    lowering: &mut Lowering<'_>,
    parent: &Parent,
    event: &Event,
    table: &'static [(&'static str, &'static str)],
) {
    let Some(properties) = event.properties.filter(|&node| lowering.nodes.shape(node) == Shape::Map) else {
        return;
    };
    // A missing `RestApiId` was filled in when the paths were collected.
    let missing = |refuse: &Refuse| refuse.reason.starts_with("missing required property");
    for refuse in schema::problems(&lowering.nodes, parent, properties, table) {
        if !missing(&refuse) {
            lowering.refuse(Some(&parent.id), refuse);
        }
    }
}

/// Lets API Gateway call the function for one method and path of any stage.
fn permission(
    lowering: &mut Lowering<'_>,
    function: &Function<'_>,
    id: &str,
    api: &ApiId,
    target: &str,
    span: Span,
) {
    let partition = authorizers::partition_variable();
    let arn = format!(
        "arn:{partition}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}{target}"
    );
    let called = function.target(lowering, span);
    let nodes = &mut lowering.nodes;
    let api = match api.written {
        Some(written) => written,
        None => nodes.reference(span, &api.id),
    };
    let stage = nodes.string(span, "*");
    let source = nodes.sub(span, &arn, &[("__ApiId__", api), ("__Stage__", stage)]);
    let action = nodes.string(span, "lambda:InvokeFunction");
    let principal = nodes.string(span, "apigateway.amazonaws.com");
    let entries =
        [("Action", action), ("FunctionName", called), ("Principal", principal), ("SourceArn", source)];
    let properties = nodes.map(span, &entries);
    lowering.make(function.parent, id, "AWS::Lambda::Permission", properties);
}

fn lower_state_machine(lowering: &mut Lowering<'_>, at: usize) {
    let parent = Parent::of(&lowering.items[at].resource);
    let properties = lowering.properties(at);
    schema::check(lowering, &parent, properties, schema::STATE_MACHINE);
    schema_events::check(lowering, &parent, at);
    let checked = checks::check_state_machine(lowering, properties);
    lowering.attempt(&parent.id, checked);
    let checked = policy_templates::check(&lowering.nodes, properties);
    lowering.attempt(&parent.id, checked);
    let kept = ["Definition", "DefinitionUri", "DefinitionSubstitutions", "Role", "Name"];
    let made = lowering.passed(&parent, properties, &kept);
    lowering.make(&parent, &parent.id, "AWS::StepFunctions::StateMachine", made);
    let handler = Handler { parent: &parent, arn: parent.id.clone(), is_state_machine: true };
    for event in events::of(lowering, at, "Api") {
        check_event(lowering, &parent, &event, schema::API_EVENT_STATE_MACHINE);
        let step = events::lower_api_event(lowering, &handler, event);
        lowering.attempt(&parent.id, step);
    }
}
