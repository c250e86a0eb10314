//! Lists that a template passes to the parameters of nested stacks.
//!
//! What the nested templates make of their parameters is worked out in `workspace`.

use crate::exposure::body::{Settled, settle};
use crate::exposure::network::Stated;
use crate::exposure::wiring::{exists, is_obscured};
use crate::exposure::{Context, cases};
use crate::order::Order;
use crate::source::{FileId, Span};
use crate::syntax::tree::NodeId;
use crate::template::document::Resource;
use crate::template::intrinsic::{Function, Intrinsic, intrinsic, referenced};
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Sourced, Value};
use crate::workspace::Stack;

/// Deepest nesting of `Fn::If` that is followed around one value.
const MAX_BRANCHES: usize = 64;

/// A nested stack that is passed a list in some case.
#[derive(Clone, Debug)]
pub struct PassedLists {
    /// The template that nests.
    pub file: FileId,
    /// Logical id of the nested stack.
    pub resource: String,
    /// Where the logical id stands.
    pub id_span: Span,
    /// The values that are lists for certain, case by case, in written order.
    pub cases: Vec<Stated<Vec<PassedList>>>,
}

/// A list that is passed.
#[derive(Clone, Debug, PartialEq)]
pub struct PassedList {
    /// The parameter of the nested stack.
    pub parameter: String,
    /// What is passed.
    pub value: Sourced,
    /// The parameter of the nesting template whose list it is, where it is passed on as it is.
    pub from: Option<String>,
}

/// All nested stacks that are passed a list, in file and text order.
pub(crate) fn passed_lists(context: &Context<'_>) -> Vec<PassedLists> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        let nests = |resource: &&Resource| resource.type_name == "AWS::CloudFormation::Stack";
        found.extend(stack.lowered.resources.iter().filter(nests).filter_map(|it| of(context, stack, it)));
    }
    found.order_by_key(|nested: &PassedLists| (nested.file, nested.id_span.range));
    found
}

fn of(context: &Context<'_>, stack: &Stack, resource: &Resource) -> Option<PassedLists> {
    let properties = resource.properties.filter(|_| !is_obscured(stack, resource))?;
    let parameters = stack.lowered.tree.get(properties, "Parameters")?;
    let explored = cases::split(context, stack, |resolver| {
        exists(resolver, resource).then(|| lists(resolver, parameters))
    });
    let lists = explored.cells.iter().any(|cell| !cell.value.is_empty());
    if !explored.complete || !lists {
        return None;
    }
    let told = cases::join(explored).told().into_iter();
    let environment = &stack.bindings.environment;
    let stated = |(_, extent, fact)| Stated { extent, environment: environment.clone(), fact };
    Some(PassedLists {
        file: stack.template.file,
        resource: resource.id.clone(),
        id_span: resource.id_span,
        cases: told.map(stated).collect(),
    })
}

fn lists(resolver: &mut Resolver<'_, '_>, parameters: NodeId) -> Vec<PassedList> {
    let tree = resolver.tree();
    let Settled::Node(parameters) = settle(resolver, parameters) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in tree.entries(parameters) {
        let Some(parameter) = tree.scalar(entry.key) else { continue };
        found.extend(list(resolver, entry.value).map(|(value, from)| PassedList {
            parameter: parameter.to_owned(),
            value,
            from,
        }));
    }
    found
}

/// The value in the case under way, if CloudFormation gets a list; and the parameter whose list it is.
fn list(resolver: &mut Resolver<'_, '_>, node: NodeId) -> Option<(Sourced, Option<String>)> {
    let node = branch(resolver, node)?;
    let tree = resolver.tree();
    if let Some(parameter) = referenced(tree, node).and_then(|name| resolver.scope().template.parameter(name))
    {
        // What is known of its value does not matter: `Ref` yields a list or a text by the parameter's type.
        let value = || Sourced::new(Value::List(Vec::new()), tree.tagged_span(node));
        return parameter.is_list().then(|| (value(), Some(parameter.name.clone())));
    }
    // Exports and outputs are text, whatever is written there.
    let function = intrinsic(tree, node).map(|it| it.function);
    if function == Some(Function::ImportValue) {
        return None;
    }
    let value = resolver.resolve(node);
    if function == Some(Function::GetAtt) {
        return is_list_attribute(resolver, &value.value).then_some((value, None));
    }
    is_list(&value.value).then_some((value, None))
}

/// The branch of `Fn::If` that is taken; `None` where that is not known.
fn branch(resolver: &mut Resolver<'_, '_>, mut node: NodeId) -> Option<NodeId> {
    let tree = resolver.tree();
    for _ in 0..MAX_BRANCHES {
        let Some(Intrinsic { function: Function::If, argument }) = intrinsic(tree, node) else {
            return Some(node);
        };
        let [condition, yes, no] = *tree.items(argument) else { return None };
        node = if resolver.condition(tree.scalar(condition)?)? { yes } else { no };
    }
    None
}

/// Whether it is an attribute of an endpoint of this template that is a list (`AWS::EC2::VPCEndpoint`, return values).
fn is_list_attribute(resolver: &Resolver<'_, '_>, value: &Value) -> bool {
    let Value::Named(name) = value else { return false };
    let Name::Attribute { stack, id, attribute } = &**name else { return false };
    let resource = resolver.scope().lowered.resources.iter().find(|resource| resource.id == *id);
    *stack == resolver.scope().stack
        && resource.is_some_and(|resource| resource.type_name == "AWS::EC2::VPCEndpoint")
        && ["DnsEntries", "NetworkInterfaceIds"].contains(&attribute.as_str())
}

/// Whether a value is a list for certain.
fn is_list(value: &Value) -> bool {
    let Value::Named(name) = value else { return matches!(value, Value::List(_)) };
    match &**name {
        Name::Function { name, .. } => ["Fn::Split", "Fn::GetAZs", "Fn::Cidr"].contains(name),
        Name::Pseudo { name, .. } => name == "AWS::NotificationARNs",
        Name::Parameter { .. }
        | Name::Resource { .. }
        | Name::Attribute { .. }
        | Name::Import(_)
        | Name::Dynamic(_) => false,
    }
}
