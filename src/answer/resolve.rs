//! `resolve`: what the resources of a stack look like when every parameter has its value.
//!
//! What only AWS knows stays a token: `@{Ref:Id}`, `@{GetAtt:Id.Attribute}`, `@{Import:Name}`, `@{SSM:path}`,
//! `@{Param:Name}`, `@{AZ:zone}`.

use std::collections::BTreeSet;

use crate::answer::plain::Plain;
use crate::template::bindings::{Binding, Bindings};
use crate::template::cases::Path;
use crate::template::resolve::{Resolver, Scope, parameter_text};
use crate::template::value::{Name, Part, Sourced, Value};
use crate::workspace::{Stack, Workspace};

/// Resource types that decide or carry exposure.
pub const EXPOSURE_TYPES: [&str; 19] = [
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::DomainNameV2",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::BasePathMappingV2",
    "AWS::ApiGateway::DomainNameAccessAssociation",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::VpcLink",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Route",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPC",
    "AWS::Lambda::Url",
    "AWS::Lambda::Permission",
];

/// A stack with all values worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Conditions in written order.
    pub conditions: Vec<(String, bool)>,
    /// Logical id, type and properties of the resources that exist, in written order.
    pub resources: Vec<(String, String, Plain)>,
    /// Tokens that stand somewhere in it, without braces, sorted.
    pub unresolved: Vec<String>,
}

/// Works a stack out. Parameters without a value become tokens.
///
/// # Errors
/// The first thing that cannot be worked out, as a phrase with the logical id it stands in.
pub fn resolve(
    workspace: &Workspace,
    stack: &Stack,
    types: &dyn Fn(&str) -> bool,
) -> Result<Resolved, String> {
    if let Some(refusal) = stack.lowered.refusals.first() {
        return Err(format!("refused: {}", refusal.reason));
    }
    let mut path = Path::new();
    let bindings = complete(stack);
    let scope = Scope { bindings: &bindings, ..workspace.scope(stack) };
    let mut resolver = Resolver::new(scope, &mut path);
    let mut tokens = Tokens::default();
    let mut resolved = Resolved { conditions: Vec::new(), resources: Vec::new(), unresolved: Vec::new() };
    for condition in &stack.template.conditions {
        let holds = resolver.condition(&condition.name).unwrap_or_default();
        resolved.conditions.push((condition.name.clone(), holds));
    }
    for resource in &stack.lowered.resources {
        if !types(&resource.type_name) {
            continue;
        }
        if resource.condition.as_ref().is_some_and(|(name, _)| resolver.condition(name) == Some(false)) {
            continue;
        }
        let properties = match resource.properties {
            Some(node) => {
                let value = match resolver.resolve(node).value {
                    // Empty `Properties:` are none.
                    Value::Null => Value::Absent,
                    value => value,
                };
                tokens.plain(&value).map_err(|reason| format!("{}: {reason}", resource.id))?
            }
            None => Plain::Map(Vec::new()),
        };
        resolved.resources.push((resource.id.clone(), resource.type_name.clone(), properties));
    }
    resolved.unresolved = tokens.seen.into_iter().collect();
    Ok(resolved)
}

/// The bindings of a stack with every parameter decided: what is given, else the default, else a name.
fn complete(stack: &Stack) -> Bindings {
    let mut bindings = stack.bindings.clone();
    // What a parent passes is asked for when it is needed.
    if stack.parent.is_some() {
        return bindings;
    }
    for parameter in &stack.template.parameters {
        if bindings.parameters.contains_key(&parameter.name) {
            continue;
        }
        let default = parameter.default.and_then(|node| parameter_text(&stack.lowered.tree, node));
        let binding = match default {
            Some(text) => Binding::text(text),
            None => {
                let name = Name::Parameter { stack: stack.id, name: parameter.name.clone() };
                Binding::Value(Sourced::new(Value::named(name), parameter.name_span))
            }
        };
        bindings.parameters.insert(parameter.name.clone(), binding);
    }
    bindings
}

/// Turns names into tokens and remembers them.
#[derive(Default)]
struct Tokens {
    seen: BTreeSet<String>,
}

impl Tokens {
    fn token(&mut self, kind: &str, name: &str) -> String {
        let token = format!("{kind}:{name}");
        let written = format!("@{{{token}}}");
        self.seen.insert(token);
        written
    }

    fn plain(&mut self, value: &Value) -> Result<Plain, String> {
        Ok(match value {
            Value::Absent => Plain::Map(Vec::new()),
            Value::Null => Plain::Null,
            Value::Bool(value) => Plain::Bool(*value),
            Value::Number(text) => Plain::Number(text.clone()),
            Value::String(text) => Plain::Text(text.clone()),
            Value::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Literal(literal) => text.push_str(literal),
                        Part::Named(name) => text.push_str(&self.name(name)?),
                    }
                }
                Plain::Text(text)
            }
            Value::Named(name) => Plain::Text(self.name(name)?),
            Value::List(items) => {
                let items: Result<_, String> = items.iter().map(|item| self.plain(&item.value)).collect();
                Plain::List(items?)
            }
            Value::Map(members) => {
                let members: Result<_, String> = members
                    .iter()
                    .map(|member| Ok((member.key.clone(), self.plain(&member.value.value)?)))
                    .collect();
                Plain::Map(members?)
            }
            Value::Unknown(reason) => return Err(reason.clone()),
        })
    }

    fn name(&mut self, name: &Name) -> Result<String, String> {
        Ok(match name {
            Name::Resource { id, .. } => self.token("Ref", id),
            Name::Attribute { id, attribute, .. } => self.token("GetAtt", &format!("{id}.{attribute}")),
            Name::Parameter { name, .. } => self.token("Param", name),
            Name::Pseudo { name, .. } => self.token("Ref", name),
            Name::Import(name) => {
                let name = self.text(name)?;
                self.token("Import", &name)
            }
            Name::Dynamic(text) => {
                match text.strip_prefix("{{resolve:ssm:").and_then(|text| text.strip_suffix("}}")) {
                    Some(path) => self.token("SSM", path),
                    None => text.clone(),
                }
            }
            Name::Function { name, arguments } => self.function(name, arguments)?,
        })
    }

    fn function(&mut self, name: &str, arguments: &[Value]) -> Result<String, String> {
        if let ("Fn::Select", [index, list]) = (name, arguments) {
            if let Some(zone) = zone(index, list) {
                return Ok(self.token("AZ", &zone));
            }
            let (index, list) = (self.text(index)?, self.text(list)?);
            return Ok(self.token("Select", &format!("{index} of {list}")));
        }
        let given = arguments.iter().filter(|argument| **argument != Value::Absent);
        let arguments: Result<Vec<_>, String> = given.map(|argument| self.text(argument)).collect();
        Ok(self.token(name.trim_start_matches("Fn::"), &arguments?.join(" ")))
    }

    /// A value inside a token.
    fn text(&mut self, value: &Value) -> Result<String, String> {
        Ok(match self.plain(value)? {
            Plain::Text(text) | Plain::Number(text) => text,
            Plain::Bool(value) => value.to_string(),
            Plain::Null => String::new(),
            Plain::List(items) => format!("{} items", items.len()),
            Plain::Map(members) => format!("{} members", members.len()),
        })
    }
}

/// The name of a zone of a known region by its place in the region's list, the first being `a`.
fn zone(index: &Value, list: &Value) -> Option<String> {
    let Value::Named(name) = list else { return None };
    let Name::Function { name: "Fn::GetAZs", arguments } = &**name else { return None };
    let region = arguments.first()?.as_text()?;
    let letter = (b'a'..=b'd').nth(index.as_text()?.parse().ok()?)?;
    Some(format!("{region}{}", char::from(letter)))
}
