//! Resources that say something about a custom domain: what leads from it to APIs, what gives endpoints access to
//! it, what shares it. Found once per run; whom they are about is asked in the case under way.
//!
//! What it means is not asked here.

use crate::exposure::Context;
use crate::exposure::custom::PassageKind;
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::template::cases::Path;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Part, Same, Sourced, StackId, Value};
use crate::workspace::{Stack, Workspace};

/// What a resource says about a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// It leads to an API.
    Maps(PassageKind),
    /// It gives an endpoint access.
    Associates,
    /// It shares resources with other accounts.
    Shares,
}

/// Resource types with the property that names the domain.
const TYPES: [(&str, &str, Says); 6] = [
    ("AWS::ApiGateway::BasePathMapping", "DomainName", Says::Maps(PassageKind::BasePathMapping)),
    ("AWS::ApiGateway::BasePathMappingV2", "DomainNameArn", Says::Maps(PassageKind::BasePathMappingV2)),
    ("AWS::ApiGatewayV2::ApiMapping", "DomainName", Says::Maps(PassageKind::ApiMapping)),
    ("AWS::ApiGatewayV2::RoutingRule", "DomainNameArn", Says::Maps(PassageKind::RoutingRule)),
    ("AWS::ApiGateway::DomainNameAccessAssociation", "DomainNameArn", Says::Associates),
    ("AWS::RAM::ResourceShare", "ResourceArns", Says::Shares),
];

/// Types of custom domains.
pub(crate) const DOMAINS: [&str; 3] =
    ["AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGateway::DomainNameV2"];

/// A resource with the stack that declares it.
#[derive(Clone, Copy)]
pub(crate) struct Declared<'run> {
    /// The stack.
    pub(crate) stack: &'run Stack,
    /// The resource.
    pub(crate) resource: &'run Resource,
}

/// A resource that says something about a domain, by number.
#[derive(Debug)]
struct Entry {
    stack: StackId,
    index: usize,
    says: Says,
    key: &'static str,
    /// What names the domain, without looking at cases.
    owner: Value,
    /// What names the APIs, without looking at cases.
    apis: Vec<Value>,
}

/// All of them, in stack and text order.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    entries: Vec<Entry>,
    /// With their names, without looking at cases.
    domains: Vec<(StackId, usize, Value)>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(crate) struct Lead<'run> {
    /// The resource.
    pub(crate) at: Declared<'run>,
    /// What it says.
    pub(crate) says: Says,
    key: &'static str,
}

impl Leads {
    /// Finds them.
    pub(crate) fn find(workspace: &Workspace) -> Self {
        let mut found = Self::default();
        for stack in workspace.stacks() {
            for (index, resource) in stack.lowered.resources.iter().enumerate() {
                let type_name = resource.type_name.as_str();
                if DOMAINS.contains(&type_name) {
                    found.domains.push((stack.id, index, frozen_name(workspace, stack, resource)));
                }
                let Some(&(_, key, says)) = TYPES.iter().find(|(known, ..)| *known == type_name) else {
                    continue;
                };
                let mut path = Path::new();
                path.freeze();
                let mut resolver = Resolver::new(workspace.scope(stack), &mut path);
                let owner = property(&mut resolver, resource, key).map_or(Value::Absent, |owner| owner.value);
                let apis = match says {
                    Says::Maps(kind) => apis(&mut resolver, resource, kind),
                    Says::Associates | Says::Shares => Vec::new(),
                };
                let apis = apis.into_iter().map(|api| api.value).collect();
                found.entries.push(Entry { stack: stack.id, index, says, key, owner, apis });
            }
        }
        found
    }

    /// What may be about a domain, whatever the case.
    pub(crate) fn about<'run>(&self, context: &Context<'run>, domain: Declared<'run>) -> Vec<Lead<'run>> {
        let name = frozen_name(context.workspace, domain.stack, domain.resource);
        let domain_and_name = (domain, &name);
        self.filtered(context, domain.stack, |entry| match &entry.owner {
            Value::List(items) => {
                items.iter().any(|item| may_be(context, &item.value, is_arn(entry.key), domain_and_name))
            }
            owner => may_be(context, owner, is_arn(entry.key), domain_and_name),
        })
    }

    /// What may lead to an API, whatever the case.
    pub(crate) fn to<'run>(&self, context: &Context<'run>, api: Declared<'run>) -> Vec<Lead<'run>> {
        self.filtered(context, api.stack, |entry| {
            entry.apis.iter().any(|value| same_api(context, value, api) != Same::No)
        })
    }

    /// Entries of stacks that may stand beside one.
    fn filtered<'run>(
        &self,
        context: &Context<'run>,
        beside: &Stack,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Vec<Lead<'run>> {
        let lead = |entry: &Entry| {
            let stack = context.workspace.stack(entry.stack).filter(|stack| meets(stack, beside))?;
            let resource = stack.lowered.resources.get(entry.index)?;
            Some(Lead { at: Declared { stack, resource }, says: entry.says, key: entry.key })
        };
        self.entries.iter().filter(|entry| wanted(entry)).filter_map(lead).collect()
    }

    /// The domains of the run that a value names, in the case under way.
    fn named<'run>(
        &self,
        context: &Context<'run>,
        (value, by_arn): (&Value, bool),
        beside: &Stack,
        path: &mut Path,
    ) -> Vec<(Declared<'run>, Same)> {
        let mut found = Vec::new();
        for (stack, index, name) in &self.domains {
            let stack = context.workspace.stack(*stack).filter(|stack| meets(stack, beside));
            let Some(stack) = stack else { continue };
            let Some(resource) = stack.lowered.resources.get(*index) else { continue };
            let domain = Declared { stack, resource };
            if may_be(context, value, by_arn, (domain, name)) {
                match is_domain(context, value, by_arn, domain, path) {
                    Same::No | Same::Presumed => {}
                    same => found.push((domain, same)),
                }
            }
        }
        found
    }
}

/// Whether stacks of their environments stand side by side.
fn meets(one: &Stack, other: &Stack) -> bool {
    let agree =
        |left: &Option<String>, right: &Option<String>| left.is_none() || right.is_none() || left == right;
    let (one, other) = (&one.bindings, &other.bindings);
    agree(&one.environment, &other.environment)
        && agree(&one.region, &other.region)
        && agree(&one.account, &other.account)
}

impl<'run> Lead<'run> {
    /// Whether it is there in the case under way, stacks that nest it included; in doubt it is.
    pub(crate) fn is_made(&self, context: &Context<'run>, path: &mut Path) -> bool {
        is_made(context, self.at, path)
    }

    /// What names the domain, in the case under way; `None` when nothing does.
    pub(crate) fn owner(&self, context: &Context<'run>, path: &mut Path) -> Option<Sourced> {
        property(&mut self.resolver(context, path), self.at.resource, self.key)
    }

    /// Whether it is about a domain, in the case under way.
    pub(crate) fn is_about(&self, context: &Context<'run>, domain: Declared<'run>, path: &mut Path) -> Same {
        let Some(owner) = self.owner(context, path) else { return Same::No };
        let by_arn = is_arn(self.key);
        match &owner.value {
            Value::List(items) => {
                let one = |item: &Sourced| is_domain(context, &item.value, by_arn, domain, path);
                items.iter().map(one).fold(Same::No, either)
            }
            owner => is_domain(context, owner, by_arn, domain, path),
        }
    }

    /// Whether it leads to an API, in the case under way.
    pub(crate) fn leads_to(&self, context: &Context<'run>, api: Declared<'run>, path: &mut Path) -> Same {
        let apis = self.apis(context, path);
        apis.iter().fold(Same::No, |known, value| either(known, same_api(context, &value.value, api)))
    }

    /// What names the APIs it leads to, in the case under way.
    pub(crate) fn apis(&self, context: &Context<'run>, path: &mut Path) -> Vec<Sourced> {
        match self.says {
            Says::Maps(kind) => apis(&mut self.resolver(context, path), self.at.resource, kind),
            Says::Associates | Says::Shares => Vec::new(),
        }
    }

    /// The domains of the run that it may be about, in the case under way, and whether that is certain.
    pub(crate) fn domains(&self, context: &Context<'run>, path: &mut Path) -> Vec<(Declared<'run>, Same)> {
        let Some(owner) = self.owner(context, path) else { return Vec::new() };
        context.leads.named(context, (&owner.value, is_arn(self.key)), self.at.stack, path)
    }

    /// A property of it, in the case under way.
    pub(crate) fn property(&self, context: &Context<'run>, key: &str, path: &mut Path) -> Option<Sourced> {
        property(&mut self.resolver(context, path), self.at.resource, key)
    }

    fn resolver<'path>(&self, context: &Context<'run>, path: &'path mut Path) -> Resolver<'run, 'path> {
        Resolver::new(context.workspace.scope(self.at.stack), path)
    }
}

/// Whether a resource is there in the case under way, stacks that nest it included; in doubt it is.
pub(crate) fn is_made<'run>(context: &Context<'run>, at: Declared<'run>, path: &mut Path) -> bool {
    let mut nested = Some(at.stack);
    while let Some(inner) = nested {
        if let Some((parent, condition)) = context.workspace.nesting_condition(inner) {
            let made = Resolver::new(context.workspace.scope(parent), path).condition(condition);
            if made == Some(false) {
                return false;
            }
        }
        nested = inner.parent.and_then(|(parent, _)| context.workspace.stack(parent));
    }
    exists(&mut Resolver::new(context.workspace.scope(at.stack), path), at.resource)
}

/// Whether a property holds ARNs.
fn is_arn(key: &str) -> bool {
    key.ends_with("Arn") || key.ends_with("Arns")
}

/// The better of two answers.
fn either(one: Same, other: Same) -> Same {
    match (one, other) {
        (Same::Yes, _) | (_, Same::Yes) => Same::Yes,
        (Same::Unknown, _) | (_, Same::Unknown) => Same::Unknown,
        _ => Same::No,
    }
}

/// What names the APIs that a resource leads to.
fn apis(resolver: &mut Resolver<'_, '_>, resource: &Resource, kind: PassageKind) -> Vec<Sourced> {
    let one = |key: &str, resolver: &mut Resolver<'_, '_>| property(resolver, resource, key);
    match kind {
        PassageKind::BasePathMapping | PassageKind::BasePathMappingV2 => {
            one("RestApiId", resolver).into_iter().collect()
        }
        PassageKind::ApiMapping => one("ApiId", resolver).into_iter().collect(),
        PassageKind::RoutingRule => {
            let Some(actions) = one("Actions", resolver) else { return Vec::new() };
            if !matches!(actions.value, Value::List(_)) {
                return vec![Sourced { value: Value::Unknown("what it does".to_owned()), ..actions }];
            }
            let target = |action: &Sourced| action.value.get("InvokeApi")?.value.get("ApiId").cloned();
            actions.value.items().iter().filter_map(target).collect()
        }
    }
}

/// `DomainName`, without looking at cases.
fn frozen_name(workspace: &Workspace, stack: &Stack, resource: &Resource) -> Value {
    let mut path = Path::new();
    path.freeze();
    let name = property(&mut Resolver::new(workspace.scope(stack), &mut path), resource, "DomainName");
    name.map_or(Value::Absent, |name| name.value)
}

/// Whether a value may name a domain, without looking at cases.
fn may_be(
    context: &Context<'_>,
    value: &Value,
    by_arn: bool,
    (domain, name): (Declared<'_>, &Value),
) -> bool {
    let same = same_domain(context, value, by_arn, domain, &mut || name.clone());
    !matches!(same, Same::No | Same::Presumed)
}

/// Whether a value names a domain, in the case under way.
fn is_domain<'run>(
    context: &Context<'run>,
    value: &Value,
    by_arn: bool,
    domain: Declared<'run>,
    path: &mut Path,
) -> Same {
    let mut name = || {
        let mut resolver = Resolver::new(context.workspace.scope(domain.stack), path);
        let name = property(&mut resolver, domain.resource, "DomainName");
        name.map_or(Value::Absent, |name| name.value)
    };
    same_domain(context, value, by_arn, domain, &mut name)
}

/// Whether a value names a domain: by its resource, its ARN, or its name.
///
/// ARNs are `arn:aws:apigateway:REGION::/domainnames/NAME`, for private domains with `+ID` behind the name, which
/// several domains may share (API Gateway guide, "Custom domain names for private APIs").
fn same_domain(
    context: &Context<'_>,
    value: &Value,
    by_arn: bool,
    domain: Declared<'_>,
    name: &mut dyn FnMut() -> Value,
) -> Same {
    match value {
        Value::Absent | Value::Null => Same::No,
        Value::Named(named) => match &**named {
            Name::Resource { stack, id } => same_resource(context, domain, *stack, id),
            Name::Attribute { stack, id, attribute } => match same_resource(context, domain, *stack, id) {
                Same::Yes if !is_identity(attribute) => Same::Unknown,
                same => same,
            },
            Name::Import(export) if export.is_literal() => Same::No,
            // A parameter may be anything but the ARN of what its own stack makes.
            Name::Parameter { stack, .. } if by_arn && *stack == domain.stack.id => Same::No,
            _ if by_arn => Same::Unknown,
            _ => same_name(value, &name()),
        },
        Value::String(_) | Value::Text(_) => {
            let Some(parts) = value.to_parts() else { return Same::Unknown };
            match behind_domainnames(&parts) {
                Some(rest) => same_arn(context, &rest, domain, &name()),
                None if by_arn => {
                    if value.is_literal() {
                        Same::No
                    } else {
                        Same::Unknown
                    }
                }
                None => same_name(value, &name()),
            }
        }
        _ => Same::Unknown,
    }
}

/// Attributes that mean the domain itself.
fn is_identity(attribute: &str) -> bool {
    matches!(attribute, "DomainNameArn" | "DomainName" | "DomainNameId")
}

/// Whether a resource is the domain. What a custom resource or a nested stack gives back may be anything.
fn same_resource(context: &Context<'_>, domain: Declared<'_>, stack: StackId, id: &str) -> Same {
    if stack == domain.stack.id && id == domain.resource.id {
        return Same::Yes;
    }
    let other = context.workspace.stack(stack).and_then(|stack| stack.lowered.resource(id));
    if other.is_some_and(|other| is_plain(&other.type_name)) { Same::No } else { Same::Unknown }
}

/// Whether `Ref` and attributes of a type are its own, and not what something else gives back.
fn is_plain(type_name: &str) -> bool {
    type_name.starts_with("AWS::")
        && !type_name.starts_with("AWS::CloudFormation::")
        && !type_name.starts_with("AWS::SSM::")
        && !type_name.ends_with("::MODULE")
}

/// Whether a value is a domain's name.
fn same_name(value: &Value, name: &Value) -> Same {
    match name {
        Value::Absent => Same::Unknown,
        name => match name.same(value) {
            Same::Presumed => Same::No,
            same => same,
        },
    }
}

/// What stands behind `/domainnames/` of an ARN.
fn behind_domainnames(parts: &[Part]) -> Option<Vec<Part>> {
    const MARK: &str = "/domainnames/";
    let has_mark = |part: &Part| matches!(part, Part::Literal(text) if text.contains(MARK));
    let at = parts.iter().position(has_mark)?;
    let (Part::Literal(text), rest) = (parts.get(at)?, parts.get(at + 1..)?) else { return None };
    let (_, behind) = text.split_once(MARK)?;
    let first = (!behind.is_empty()).then(|| Part::Literal(behind.to_owned()));
    Some(first.into_iter().chain(rest.iter().cloned()).collect())
}

fn same_arn(context: &Context<'_>, rest: &[Part], domain: Declared<'_>, own: &Value) -> Same {
    for part in rest {
        if let Part::Named(name) = part
            && let Name::Resource { stack, id } | Name::Attribute { stack, id, .. } = &**name
            && same_resource(context, domain, *stack, id) == Same::Yes
        {
            return Same::Yes;
        }
    }
    let mut name: Vec<Part> = Vec::new();
    let mut with_id = false;
    for part in rest {
        match part {
            Part::Literal(text) if text.contains('+') => {
                name.extend(text.split('+').next().map(|text| Part::Literal(text.to_owned())));
                with_id = true;
                break;
            }
            part => name.push(part.clone()),
        }
    }
    match same_name(&Value::from_parts(name), own) {
        // Another domain may have this name and another id.
        Same::Yes if with_id => Same::Unknown,
        same => same,
    }
}

/// Whether a value names an API.
pub(crate) fn same_api(context: &Context<'_>, value: &Value, api: Declared<'_>) -> Same {
    match value {
        Value::Absent | Value::Null => Same::No,
        Value::Named(name) => match &**name {
            Name::Resource { stack, id } => same_resource(context, api, *stack, id),
            Name::Attribute { stack, id, attribute } => match same_resource(context, api, *stack, id) {
                Same::Yes if !matches!(attribute.as_str(), "RestApiId" | "ApiId") => Same::Unknown,
                same => same,
            },
            Name::Import(name) if name.is_literal() => Same::No,
            // A parameter may be anything but the id of what its own stack makes.
            Name::Parameter { stack, .. } if *stack == api.stack.id => Same::No,
            _ => Same::Unknown,
        },
        _ => Same::Unknown,
    }
}

/// Whether something that the run does not show is handed a resource and may do anything with it: a nested stack
/// whose template is not there, a custom resource, a macro's own type.
pub(crate) fn is_handed_on<'run>(context: &Context<'run>, what: Declared<'run>) -> bool {
    let stack = what.stack;
    let takes = |resource: &&Resource| {
        let hidden = match resource.type_name.as_str() {
            "AWS::CloudFormation::Stack" => !stack.children.contains_key(&resource.id),
            other => !is_plain(other),
        };
        hidden && resource.id != what.resource.id
    };
    stack.lowered.resources.iter().filter(takes).any(|resource| {
        let value = resource.properties.map(|node| context.peek(stack, |resolver| resolver.peek(node)).value);
        value.is_some_and(|value| holds(&value, what, 0))
    })
}

/// Deepest nesting of values that is searched.
const MAX_DEPTH: usize = 128;

/// Whether a resource stands anywhere in a value.
fn holds(value: &Value, what: Declared<'_>, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let named = |name: &Name| match name {
        Name::Resource { stack, id } | Name::Attribute { stack, id, .. } => {
            *stack == what.stack.id && *id == what.resource.id
        }
        Name::Function { arguments, .. } => arguments.iter().any(|argument| holds(argument, what, depth + 1)),
        Name::Parameter { .. } | Name::Pseudo { .. } | Name::Import(_) | Name::Dynamic(_) => false,
    };
    match value {
        Value::Named(name) => named(name),
        Value::Text(parts) => parts.iter().any(|part| matches!(part, Part::Named(name) if named(name))),
        Value::List(items) => items.iter().any(|item| holds(&item.value, what, depth + 1)),
        Value::Map(members) => members.iter().any(|member| holds(&member.value.value, what, depth + 1)),
        _ => false,
    }
}

/// Whether what is written about a resource is what is deployed.
pub(crate) fn is_readable(at: Declared<'_>) -> bool {
    !is_obscured(at.stack, at.resource)
}
