//! Imports matched to exports, stacks that are linked, and counts.

use std::collections::BTreeSet;

use crate::exposure::Context;
use crate::exposure::model::Module;
use crate::order::Order;
use crate::source::{FileId, Span};
use crate::syntax::tree::NodeId;
use crate::template::cases::Path;
use crate::template::intrinsic::{Function, intrinsic};
use crate::template::resolve::Resolver;
use crate::template::value::{Name, StackId, StepKind};
use crate::workspace::{Stack, Workspace};

/// An import and the export it means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The `Fn::ImportValue`.
    pub import: Span,
    /// The export's name.
    pub export: Span,
    /// The export's name as text.
    pub name: String,
}

/// The file of each Lambda function of a workspace after lowering; instances of the same template count once.
pub(crate) fn functions(workspace: &Workspace) -> Vec<FileId> {
    let mut seen = BTreeSet::new();
    for stack in workspace.stacks() {
        for resource in &stack.lowered.resources {
            if resource.type_name == "AWS::Lambda::Function" {
                seen.insert((stack.template.file, resource.id.as_str()));
            }
        }
    }
    seen.into_iter().map(|(file, _)| file).collect()
}

/// Resources that are modules, once for all instances of a template, in file and text order.
pub(crate) fn modules(workspace: &Workspace) -> Vec<Module> {
    let mut found: Vec<Module> = Vec::new();
    for stack in workspace.stacks() {
        let tree = &*stack.template.tree;
        for resource in &stack.template.resources {
            let written = tree.get(resource.node, "Type");
            let Some(node) = written.filter(|_| resource.type_name.ends_with("::MODULE")) else { continue };
            found.push(Module {
                file: stack.template.file,
                resource: resource.id.clone(),
                id_span: resource.id_span,
                type_name: resource.type_name.clone(),
                type_span: tree.span(node),
            });
        }
    }
    found.order_by_key(|module| (module.file, module.id_span.range));
    found.dedup();
    found
}

/// All imports that mean an export of the run, in text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Link> {
    if context.workspace.exports().is_empty() {
        return Vec::new();
    }
    let mut links: BTreeSet<Link> = BTreeSet::new();
    for stack in context.workspace.stacks() {
        for node in imports(stack) {
            let value = context.peek(stack, |resolver| resolver.resolve(node));
            let Some(step) = value.via.first() else { continue };
            let (StepKind::Export(name) | StepKind::ExportByPattern(name)) = &step.kind else { continue };
            let export = context.workspace.exports().iter().find(|export| {
                context.workspace.stack(export.stack).is_some_and(|exporting| {
                    export.value.is_some_and(|node| exporting.lowered.tree.tagged_span(node) == step.span)
                })
            });
            if let Some(export) = export {
                links.insert(Link { import: value.span, export: export.name_span, name: name.clone() });
            }
        }
    }
    links.into_iter().collect()
}

/// Nodes that are an `Fn::ImportValue`.
fn imports(stack: &Stack) -> impl Iterator<Item = NodeId> + '_ {
    let tree = &*stack.template.tree;
    let any = memchr::memmem::find(tree.text().as_bytes(), b"ImportValue").is_some();
    (0..if any { tree.len() } else { 0 }).map(NodeId).filter(move |&node| {
        intrinsic(tree, node).is_some_and(|found| found.function == Function::ImportValue)
    })
}

/// Stacks that this one is linked with: nested in it or around it, or imported from.
pub(crate) fn neighbours(context: &Context<'_>, stack: &Stack) -> BTreeSet<StackId> {
    let mut found: BTreeSet<StackId> = stack.children.values().copied().collect();
    if let Some((parent, _)) = stack.parent {
        found.insert(parent);
        let siblings =
            context.workspace.stack(parent).into_iter().flat_map(|parent| parent.children.values());
        found.extend(siblings.copied());
    }
    if !context.workspace.exports().is_empty() {
        for node in imports(stack) {
            let mut path = Path::new();
            let value = Resolver::new(context.workspace.scope(stack), &mut path).peek(node).value;
            if let crate::template::value::Value::Named(name) = &value
                && let Name::Resource { stack, .. } | Name::Attribute { stack, .. } = &**name
            {
                found.insert(*stack);
            }
        }
    }
    found.remove(&stack.id);
    found
}
