//! Whether a value names a custom domain or an API, and by what such values are found.
//!
//! Where the values stand is not known here.

use rustc_hash::FxHashMap;

use crate::exposure::Context;
use crate::exposure::leads::Declared;
use crate::order::Order;
use crate::template::value::{Name, Part, Same, StackId, Value};
use crate::workspace::Workspace;

/// What a value can name at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// This resource.
    Resource(StackId, String),
    /// Domains of this name, and those whose name is not known.
    Text(String),
    /// Anything.
    Open,
}

/// Values by what they can name at most, so that nobody has to look at all of them. Values are known by number.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_key: FxHashMap<Key, Vec<usize>>,
    /// Those that are a text, whichever.
    texts: Vec<usize>,
}

impl Index {
    /// Adds what names a domain.
    pub(crate) fn add_domain(&mut self, workspace: &Workspace, value: &Value, by_arn: bool, number: usize) {
        let Some(key) = domain_key(workspace, value, by_arn) else { return };
        if matches!(key, Key::Text(_)) {
            self.texts.push(number);
        }
        self.by_key.entry(key).or_default().push(number);
    }

    /// Adds what names an API.
    pub(crate) fn add_api(&mut self, workspace: &Workspace, value: &Value, number: usize) {
        if let Some(key) = api_key(workspace, value) {
            self.by_key.entry(key).or_default().push(number);
        }
    }

    /// Values that may name a domain, in order, each number once; `name` is the domain's.
    pub(crate) fn domain(&self, at: Declared<'_>, name: &Value) -> Vec<usize> {
        let mut found = self.api(at);
        match name.as_text() {
            Some(name) => found.extend(self.of(&Key::Text(name.to_owned()))),
            None => found.extend(&self.texts),
        }
        sorted(found)
    }

    /// Values that may name an API, in order, each number once.
    pub(crate) fn api(&self, at: Declared<'_>) -> Vec<usize> {
        let own = Key::Resource(at.stack.id, at.resource.id.clone());
        sorted(self.of(&own).iter().chain(self.of(&Key::Open)).copied().collect())
    }

    fn of(&self, key: &Key) -> &[usize] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }
}

/// Domains by what can name them. Domains are known by number.
#[derive(Debug, Default)]
pub(crate) struct DomainIndex {
    by_resource: FxHashMap<(StackId, String), Vec<usize>>,
    by_name: FxHashMap<String, Vec<usize>>,
    /// Those whose name is not known.
    nameless: Vec<usize>,
    all: Vec<usize>,
}

impl DomainIndex {
    /// Adds a domain with its name.
    pub(crate) fn add(&mut self, at: Declared<'_>, name: &Value, number: usize) {
        self.by_resource.entry((at.stack.id, at.resource.id.clone())).or_default().push(number);
        match name.as_text() {
            Some(name) => self.by_name.entry(name.to_owned()).or_default().push(number),
            None => self.nameless.push(number),
        }
        self.all.push(number);
    }

    /// Domains that a value may name, in order, each number once.
    pub(crate) fn named(&self, workspace: &Workspace, value: &Value, by_arn: bool) -> Vec<usize> {
        match domain_key(workspace, value, by_arn) {
            None => Vec::new(),
            Some(Key::Resource(stack, id)) => self.by_resource.get(&(stack, id)).cloned().unwrap_or_default(),
            Some(Key::Text(name)) => {
                let named = self.by_name.get(&name).into_iter().flatten();
                sorted(named.chain(&self.nameless).copied().collect())
            }
            Some(Key::Open) => self.all.clone(),
        }
    }
}

fn sorted(mut numbers: Vec<usize>) -> Vec<usize> {
    numbers.order();
    numbers.dedup();
    numbers
}

/// What a value names at most as a domain, by the rules of [`same_domain`]; `None` when it names none.
fn domain_key(workspace: &Workspace, value: &Value, by_arn: bool) -> Option<Key> {
    match value {
        Value::String(_) | Value::Text(_) => {
            let name = match behind_domainnames(&value.to_parts()?) {
                // Whatever the name, a reference to the domain in it is enough.
                Some(rest) if rest.iter().any(|part| matches!(part, Part::Named(_))) => {
                    return Some(Key::Open);
                }
                Some(rest) => Value::from_parts(named_by_arn(&rest).0),
                None if by_arn && value.is_literal() => return None,
                None if by_arn => return Some(Key::Open),
                None => value.clone(),
            };
            Some(name.as_text().map_or(Key::Open, |name| Key::Text(name.to_owned())))
        }
        value => api_key(workspace, value),
    }
}

/// What a value names at most as an API, by the rules of [`same_api`]; `None` when it names none.
fn api_key(workspace: &Workspace, value: &Value) -> Option<Key> {
    match value {
        Value::Absent | Value::Null => None,
        Value::Named(name) => match &**name {
            Name::Resource { stack, id } | Name::Attribute { stack, id, .. }
                if is_plain_resource(workspace, *stack, id) =>
            {
                Some(Key::Resource(*stack, id.clone()))
            }
            Name::Import(export) if export.is_literal() => None,
            _ => Some(Key::Open),
        },
        _ => Some(Key::Open),
    }
}

/// Whether a value names a domain: by its resource, its ARN, or its name.
///
/// ARNs are `arn:aws:apigateway:REGION::/domainnames/NAME`, for private domains with `+ID` behind the name, which
/// several domains may share (API Gateway guide, "Custom domain names for private APIs").
pub(crate) fn same_domain(
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
    if is_plain_resource(context.workspace, stack, id) { Same::No } else { Same::Unknown }
}

fn is_plain_resource(workspace: &Workspace, stack: StackId, id: &str) -> bool {
    let resource = workspace.stack(stack).and_then(|stack| stack.lowered.resource(id));
    resource.is_some_and(|resource| is_plain(&resource.type_name))
}

/// Whether `Ref` and attributes of a type are its own, and not what something else gives back.
pub(crate) fn is_plain(type_name: &str) -> bool {
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
    let (name, with_id) = named_by_arn(rest);
    match same_name(&Value::from_parts(name), own) {
        // Another domain may have this name and another id.
        Same::Yes if with_id => Same::Unknown,
        same => same,
    }
}

/// The name in what stands behind `/domainnames/`, and whether an id follows it.
fn named_by_arn(rest: &[Part]) -> (Vec<Part>, bool) {
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
    (name, with_id)
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
