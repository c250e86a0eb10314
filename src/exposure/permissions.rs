//! Permissions of Lambda functions that name everyone.
//!
//! Permissions that name somebody are left out, and so are those that the transform makes. Whether a function URL
//! is public is another question.

use rustc_hash::FxHashMap;

use crate::exposure::Context;
use crate::exposure::cases;
use crate::exposure::network::Stated;
use crate::exposure::wiring::{exists, is_obscured, property};
use crate::source::{FileId, Span};
use crate::template::document::{Origin, Resource};
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Part, Sourced, StackId, Value};
use crate::workspace::{Stack, Workspace};

/// `AWS::Lambda::Permission` that lets everyone invoke a function in some case.
#[derive(Clone, Debug)]
pub struct Permission {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// What it is in each case in which it exists.
    pub cases: Vec<Stated<Grant>>,
}

/// A permission in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// How everyone may invoke the function; `None` when not everyone may, or that is not known.
    pub everyone: Option<Everyone>,
    /// `Principal`.
    pub principal: Option<Sourced>,
    /// `FunctionName`.
    pub named: Option<Sourced>,
    /// The function, where the run declares it.
    pub function: Option<DeclaredFunction>,
}

/// How everyone may invoke a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Everyone {
    /// With the credentials of any AWS account, by the function's name.
    Directly,
    /// With the credentials of any AWS account, through a function URL that asks for them.
    ThroughSignedUrl,
    /// Without credentials, through a function URL that asks for none.
    ThroughUrl,
}

/// A Lambda function that the run declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredFunction {
    /// The template.
    pub file: FileId,
    /// Logical id.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
}

/// All such permissions of a workspace, in stack and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Permission> {
    let mut found = Vec::new();
    let functions = Functions::find(context);
    for stack in context.workspace.stacks() {
        for resource in of_type(stack, "AWS::Lambda::Permission") {
            if resource.origin == Origin::Written && !is_obscured(stack, resource) {
                found.extend(permission(context, &functions, stack, resource));
            }
        }
    }
    found
}

fn of_type<'run>(stack: &'run Stack, type_name: &'static str) -> impl Iterator<Item = &'run Resource> {
    stack.lowered.resources.iter().filter(move |one| one.type_name == type_name)
}

fn permission<'run>(
    context: &Context<'run>,
    functions: &Functions<'run>,
    stack: &'run Stack,
    resource: &Resource,
) -> Option<Permission> {
    let explored = cases::split(context, stack, |resolver| {
        exists(resolver, resource).then(|| grant(functions, stack, resolver, resource))
    });
    if !explored.complete {
        return None;
    }
    let environment = &stack.bindings.environment;
    let told = cases::join(explored).told().into_iter();
    let cases: Vec<Stated<Grant>> =
        told.map(|(_, extent, fact)| Stated { extent, environment: environment.clone(), fact }).collect();
    let (file, id_span) = (stack.template.file, resource.id_span);
    let is_open = cases.iter().any(|case| case.fact.everyone.is_some());
    is_open.then(|| Permission { file, resource: resource.id.clone(), id_span, cases })
}

fn grant<'run>(
    functions: &Functions<'run>,
    stack: &Stack,
    resolver: &mut Resolver<'run, '_>,
    resource: &Resource,
) -> Grant {
    let principal = property(resolver, resource, "Principal");
    // These become conditions of the statement (property page of `AWS::Lambda::Permission`).
    let limits = ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken"];
    let is_everyone = principal.as_ref().is_some_and(|one| one.value.as_text() == Some("*"))
        && !limits.iter().any(|key| property(resolver, resource, key).is_some());
    if !is_everyone {
        return Grant { everyone: None, principal, named: None, function: None };
    }
    let named = property(resolver, resource, "FunctionName");
    let target = named.as_ref().map(|named| functions.target(stack.id, &named.value));
    let everyone = everyone(&functions.urls, resolver, resource, target.as_ref());
    Grant { everyone, principal, named, function: target.and_then(|target| target.function) }
}

/// How a permission that names everyone without limits lets them in.
fn everyone(
    urls: &[Url<'_>],
    resolver: &mut Resolver<'_, '_>,
    resource: &Resource,
    target: Option<&Target>,
) -> Option<Everyone> {
    let action = property(resolver, resource, "Action")?.value.as_text()?.to_ascii_lowercase();
    let covers = |name: &str| {
        action == name
            || ["lambda:*", "lambda:invoke*", "lambda:invokefunction*", "*"].contains(&action.as_str())
    };
    let asked = property(resolver, resource, "FunctionUrlAuthType").map(|asked| asked.value);
    let only_by_url = match property(resolver, resource, "InvokedViaFunctionUrl") {
        None => false,
        // What is not known may be the limit.
        Some(value) => value.value.as_bool().unwrap_or(true),
    };
    if only_by_url {
        return None;
    }
    if covers("lambda:invokefunction") && asked.is_none() {
        return Some(Everyone::Directly);
    }
    if !covers("lambda:invokefunctionurl") {
        return None;
    }
    let unsigned = match asked.as_ref() {
        None => false,
        Some(word) if word.as_text() == Some("NONE") => true,
        Some(_) => return None,
    };
    let known = urls.iter().filter(|url| target.is_some_and(|target| url.is_of(target)));
    let mut signed = false;
    for url in known {
        match url.auth_type(resolver) {
            Some(Some(word)) if word == "AWS_IAM" => signed = true,
            // With such a URL it is the URL that is public, and what is not known may be one.
            Some(_) => return None,
            None => {}
        }
    }
    match (unsigned, signed) {
        // It speaks of URLs without authentication, and the function's URL is none.
        (true, true) => None,
        (false, true) => Some(Everyone::ThroughSignedUrl),
        (_, false) => Some(Everyone::ThroughUrl),
    }
}

/// What a permission or a URL is of.
#[derive(Debug)]
struct Target {
    /// Equal for the same function.
    key: Key,
    function: Option<DeclaredFunction>,
}

/// A function by what it is declared as, else by what it is called.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Declared(StackId, String),
    Called(Value),
}

/// A function URL of the run.
struct Url<'run> {
    stack: &'run Stack,
    resource: &'run Resource,
    workspace: &'run Workspace,
    target: Target,
    /// Whether it is of an alias, which `Qualifier` names.
    is_qualified: bool,
}

impl Url<'_> {
    /// Whether a permission for this target may be for the URL; one with a qualifier may be of any alias.
    fn is_of(&self, target: &Target) -> bool {
        let function = self.target.function.as_ref().filter(|_| self.is_qualified);
        self.target.key == target.key || function.is_some() && function == target.function.as_ref()
    }

    /// `AuthType` in the case under way, its text where that is known; `None` when there is no URL.
    fn auth_type(&self, resolver: &mut Resolver<'_, '_>) -> Option<Option<String>> {
        let mut own = Resolver::new(self.workspace.scope(self.stack), resolver.path());
        if !exists(&mut own, self.resource) {
            return None;
        }
        let word = property(&mut own, self.resource, "AuthType");
        Some(word.and_then(|word| word.value.as_text().map(str::to_owned)))
    }
}

/// The functions of a run by what names them.
struct Functions<'run> {
    workspace: &'run Workspace,
    /// Those that the run gives a name, by it, in stack and text order.
    named: FxHashMap<String, Vec<Declared<'run>>>,
    /// What an alias or a version is of.
    aliases: FxHashMap<(StackId, &'run str), Declared<'run>>,
    urls: Vec<Url<'run>>,
}

/// A function of a stack.
type Declared<'run> = (&'run Stack, &'run Resource);

impl<'run> Functions<'run> {
    fn find(context: &Context<'run>) -> Self {
        let workspace = context.workspace;
        let mut found =
            Self { workspace, named: FxHashMap::default(), aliases: FxHashMap::default(), urls: Vec::new() };
        let read = |stack: &'run Stack, resource: &Resource, key: &str| {
            let node = stack.lowered.tree.get(resource.properties?, key)?;
            Some(context.peek(stack, |resolver| resolver.resolve(node)).value)
        };
        for stack in workspace.stacks() {
            for function in of_type(stack, "AWS::Lambda::Function") {
                if let Some(Value::String(name)) = read(stack, function, "FunctionName") {
                    found.named.entry(name).or_default().push((stack, function));
                }
            }
            for alias in of_type(stack, "AWS::Lambda::Alias").chain(of_type(stack, "AWS::Lambda::Version")) {
                let function = read(stack, alias, "FunctionName").and_then(|name| found.declared(&name));
                if let Some(function) = function {
                    found.aliases.insert((stack.id, &alias.id), function);
                }
            }
        }
        for stack in workspace.stacks() {
            for resource in of_type(stack, "AWS::Lambda::Url") {
                if let Some(named) = read(stack, resource, "TargetFunctionArn") {
                    let target = found.target(stack.id, &named);
                    let is_qualified = read(stack, resource, "Qualifier").is_some();
                    found.urls.push(Url { stack, resource, workspace, target, is_qualified });
                }
            }
        }
        found
    }

    /// The function that a name, an ARN or a `Ref` in this stack means.
    fn target(&self, stack: StackId, value: &Value) -> Target {
        if let Some((owner, resource)) = referenced(self.workspace, value) {
            let function = match resource.type_name.as_str() {
                "AWS::Lambda::Function" => Some((owner, resource)),
                _ => self.aliases.get(&(owner.id, resource.id.as_str())).copied(),
            };
            return Target {
                key: Key::Declared(owner.id, resource.id.clone()),
                function: function.map(told),
            };
        }
        match self.called(stack, value) {
            Some((owner, function)) => {
                let key = Key::Declared(owner.id, function.id.clone());
                Target { key, function: Some(told((owner, function))) }
            }
            None => Target { key: Key::Called(value.clone().without_places()), function: None },
        }
    }

    /// The function that a value refers to.
    fn declared(&self, value: &Value) -> Option<Declared<'run>> {
        referenced(self.workspace, value).filter(|(_, one)| one.type_name == "AWS::Lambda::Function")
    }

    /// The function whose name this text is, one of the stack itself before others.
    fn called(&self, stack: StackId, value: &Value) -> Option<Declared<'run>> {
        let text = value.as_text()?;
        // An ARN ends with the name: `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
        let name = text.split_once(":function:").map_or(text, |(_, name)| name);
        let known = self.named.get(name)?;
        known.iter().find(|(owner, _)| owner.id == stack).or(known.first()).copied()
    }
}

fn told((stack, function): Declared<'_>) -> DeclaredFunction {
    DeclaredFunction { file: stack.template.file, resource: function.id.clone(), id_span: function.id_span }
}

/// The function, alias or version that a value refers to, alone or in an ARN.
fn referenced<'run>(workspace: &'run Workspace, value: &Value) -> Option<Declared<'run>> {
    const TYPES: [&str; 3] = ["AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::Lambda::Version"];
    value.to_parts()?.iter().find_map(|part| {
        let Part::Named(name) = part else { return None };
        let (Name::Resource { stack, id } | Name::Attribute { stack, id, .. }) = &**name else { return None };
        let stack = workspace.stack(*stack)?;
        let resource = stack.lowered.resource(id)?;
        TYPES.contains(&resource.type_name.as_str()).then_some((stack, resource))
    })
}
