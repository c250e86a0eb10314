//! Resources that say something about a custom domain: what leads from it to APIs, what gives endpoints access to
//! it, what shares it. Found once per run; whom they are about is asked in the case under way.
//!
//! What it means is not asked here.

use crate::exposure::Context;
use crate::exposure::custom::{PassageKind, Way};
use crate::exposure::meant::{DomainIndex, Index, same_api, same_domain};
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::order::Order;
use crate::template::cases::Path;
use crate::template::document::Resource;
use crate::template::resolve::Resolver;
use crate::template::value::{Same, Sourced, StackId, Value};
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

impl Entry {
    /// What names the domains: a list names several.
    fn owners(&self) -> impl Iterator<Item = &Value> {
        let several = match &self.owner {
            Value::List(items) => items.as_slice(),
            _ => &[],
        };
        let one = (!matches!(self.owner, Value::List(_))).then_some(&self.owner);
        one.into_iter().chain(several.iter().map(|item| &item.value))
    }
}

/// All of them, in stack and text order.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    entries: Vec<Entry>,
    /// The entries by what names their domains.
    by_owner: Index,
    /// The entries by what names their APIs.
    by_api: Index,
    /// With their names, without looking at cases.
    domains: Vec<(StackId, usize, Value)>,
    by_name: DomainIndex,
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
                    let name = frozen_name(workspace, stack, resource);
                    found.by_name.add(Declared { stack, resource }, &name, found.domains.len());
                    found.domains.push((stack.id, index, name));
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
                found.add(workspace, Entry { stack: stack.id, index, says, key, owner, apis });
            }
        }
        found
    }

    fn add(&mut self, workspace: &Workspace, entry: Entry) {
        let number = self.entries.len();
        for owner in entry.owners() {
            self.by_owner.add_domain(workspace, owner, is_arn(entry.key), number);
        }
        for api in &entry.apis {
            self.by_api.add_api(workspace, api, number);
        }
        self.entries.push(entry);
    }

    /// Mappings and routing rules of the run with the APIs that they lead to, in file and text order. The domain may
    /// be declared anywhere or nowhere.
    pub(crate) fn ways(&self, workspace: &Workspace) -> Vec<Way> {
        let mut found = Vec::new();
        for entry in self.entries.iter().filter(|entry| matches!(entry.says, Says::Maps(_))) {
            let stack = workspace.stack(entry.stack);
            let Some(resource) = stack.and_then(|stack| stack.lowered.resources.get(entry.index)) else {
                continue;
            };
            let (domain, span) = (&entry.owner, resource.id_span);
            found.extend(entry.apis.iter().map(|api| Way { api: api.clone(), domain: domain.clone(), span }));
        }
        found.order_by_key(|way| (way.span.file, way.span.range));
        found
    }

    /// What may be about a domain, whatever the case.
    pub(crate) fn about<'run>(&self, context: &Context<'run>, domain: Declared<'run>) -> Vec<Lead<'run>> {
        let name = frozen_name(context.workspace, domain.stack, domain.resource);
        let may_be = |owner: &Value, by_arn: bool| may_be(context, owner, by_arn, (domain, &name));
        self.filtered(context, domain.stack, self.by_owner.domain(domain, &name), |entry| {
            entry.owners().any(|owner| may_be(owner, is_arn(entry.key)))
        })
    }

    /// What may lead to an API, whatever the case.
    pub(crate) fn to<'run>(&self, context: &Context<'run>, api: Declared<'run>) -> Vec<Lead<'run>> {
        self.filtered(context, api.stack, self.by_api.api(api), |entry| {
            entry.apis.iter().any(|value| same_api(context, value, api) != Same::No)
        })
    }

    /// Those of some entries, by number, whose stacks may stand beside one.
    fn filtered<'run>(
        &self,
        context: &Context<'run>,
        beside: &Stack,
        numbers: Vec<usize>,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Vec<Lead<'run>> {
        let lead = |entry: &Entry| {
            let stack = context.workspace.stack(entry.stack).filter(|stack| meets(stack, beside))?;
            let resource = stack.lowered.resources.get(entry.index)?;
            Some(Lead { at: Declared { stack, resource }, says: entry.says, key: entry.key })
        };
        let entries = numbers.into_iter().filter_map(|number| self.entries.get(number));
        entries.filter(|entry| wanted(entry)).filter_map(lead).collect()
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
        for number in self.by_name.named(context.workspace, value, by_arn) {
            let Some((stack, index, name)) = self.domains.get(number) else { continue };
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

/// Whether what is written about a resource is what is deployed.
pub(crate) fn is_readable(at: Declared<'_>) -> bool {
    !is_obscured(at.stack, at.resource)
}
