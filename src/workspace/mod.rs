//! All templates of a run, linked: stack instances, nested stacks, exports and imports.
//!
//! It is handed parsed templates and names; it reads no file and knows no API.

pub mod assembly;
pub mod exports;
pub mod instances;
pub mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::source::{FileId, Span};
use crate::syntax::tree::{NodeId, Tree};
use crate::template::bindings::{Binding, Bindings};
use crate::template::cases::Path;
use crate::template::document::Template;
use crate::template::documents;
use crate::template::expand::{Known, expand};
use crate::template::guards::Domain;
use crate::template::intrinsic::intrinsic;
use crate::template::lowered::{LocalFile, Lowered};
use crate::template::resolve::{Outside, Resolver, Scope};
use crate::template::sam;
use crate::template::value::{Sourced, StackId, StepKind, Value};
use crate::workspace::assembly::AssembledStack;
use crate::workspace::exports::Export;
use crate::workspace::instances::Instances;

/// Deepest nesting of stacks that is followed.
pub const MAX_NESTING: usize = 8;

/// Most stack instances of a run; a template that is nested again and again stops here.
pub const MAX_STACKS: usize = 100_000;

/// What a workspace is made from.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The templates of the run, by file.
    pub templates: BTreeMap<FileId, Arc<Template>>,
    /// Trees of all files, templates included: what templates name by local path is looked up here.
    pub trees: FxHashMap<FileId, Arc<Tree>>,
    /// Files by display name (`/` separated).
    pub names: FxHashMap<String, FileId>,
    /// Display names by file.
    pub files: FxHashMap<FileId, String>,
    /// The instances of the top-level templates.
    pub instances: Instances,
    /// What the manifests of CDK apps say of templates.
    pub assembled: FxHashMap<FileId, AssembledStack>,
}

impl Inputs {
    /// The file that `path`, written in `file`, means.
    pub fn local(&self, file: FileId, path: &str) -> Option<FileId> {
        let name = paths::beside(self.files.get(&file)?, path)?;
        self.names.get(&name).copied()
    }
}

/// A template with its bindings.
#[derive(Debug)]
pub struct Stack {
    /// Which instance this is.
    pub id: StackId,
    /// Its template.
    pub template: Arc<Template>,
    /// What is known about it.
    pub bindings: Bindings,
    /// Its template as CloudFormation gets it.
    pub lowered: Lowered,
    /// The stack that nests it, with the `Parameters` it passes.
    pub parent: Option<(StackId, Option<NodeId>)>,
    /// Nested stacks by logical id.
    pub children: BTreeMap<String, StackId>,
}

/// All stack instances of a run.
#[derive(Debug, Default)]
pub struct Workspace {
    stacks: Vec<Stack>,
    exports: OnceLock<Vec<Export>>,
}

impl Workspace {
    /// Instantiates and links templates: those that no other nests are the top-level ones.
    pub fn link(inputs: &Inputs) -> Self {
        let mut workspace = Self::default();
        let nested = named_files(inputs, sam::local_files);
        let instantiate = |workspace: &mut Self, template: &Arc<Template>| {
            for mut bindings in inputs.instances.of(template.file) {
                if let Some(stack) = inputs.assembled.get(&template.file) {
                    stack.complete(&mut bindings);
                }
                workspace.instantiate(inputs, template, bindings, None, 0, &mut BTreeSet::new());
            }
        };
        for (_, template) in inputs.templates.iter().filter(|(file, _)| !nested.contains(*file)) {
            instantiate(&mut workspace, template);
        }
        // Templates that only nest each other in a circle are nobody's children: each stands for itself. What is
        // included is a part of another template.
        let included = named_files(inputs, sam::included_files);
        let is_left = |file: &FileId| nested.contains(file) && !included.contains(file);
        let left: Vec<_> = inputs.templates.iter().filter(|(file, _)| is_left(file)).collect();
        for (file, template) in left {
            if !workspace.stacks.iter().any(|stack| stack.template.file == *file) {
                instantiate(&mut workspace, template);
            }
        }
        workspace
    }

    /// All instances, in id order: by top-level file, nested stacks after the stack that nests them.
    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// The instance with this id.
    pub fn stack(&self, id: StackId) -> Option<&Stack> {
        self.stacks.get(id.0 as usize)
    }

    /// How the resolver sees an instance.
    pub fn scope<'run>(&'run self, stack: &'run Stack) -> Scope<'run> {
        Scope {
            stack: stack.id,
            template: &stack.template,
            lowered: &stack.lowered,
            bindings: &stack.bindings,
            outside: self,
        }
    }

    /// All exports of the run, found on first use.
    pub fn exports(&self) -> &[Export] {
        self.exports.get_or_init(|| exports::find(self))
    }

    /// The condition under which a nested stack is made, with the stack that makes it: of the nearest one only.
    pub fn nesting_condition<'run>(&'run self, stack: &Stack) -> Option<(&'run Stack, &'run str)> {
        let parent = self.stack(stack.parent?.0)?;
        let (id, _) = parent.children.iter().find(|(_, child)| **child == stack.id)?;
        let (condition, _) = parent.lowered.resource(id)?.condition.as_ref()?;
        Some((parent, condition))
    }

    fn instantiate(
        &mut self,
        inputs: &Inputs,
        template: &Arc<Template>,
        bindings: Bindings,
        parent: Option<(StackId, Option<NodeId>)>,
        depth: usize,
        open: &mut BTreeSet<FileId>,
    ) -> Option<StackId> {
        if self.stacks.len() >= MAX_STACKS || !open.insert(template.file) {
            return None;
        }
        let files = |path: &str| inputs.trees.get(&inputs.local(template.file, path)?).cloned();
        let open_parameters = self.open_parameters(parent, &bindings);
        let known = Known { bindings: &bindings, open: &open_parameters };
        let template = &expand(template, known, &files).map_or_else(|| Arc::clone(template), Arc::new);
        let mut lowered = sam::lower(template, &bindings, &files);
        documents::read(&mut lowered);
        let id = StackId(u32::try_from(self.stacks.len()).unwrap_or(u32::MAX));
        let nested: Vec<_> =
            lowered.resources.iter().filter_map(|resource| nested_stack(&lowered.tree, resource)).collect();
        let stack = Stack {
            id,
            template: Arc::clone(template),
            bindings,
            lowered,
            parent,
            children: BTreeMap::new(),
        };
        self.stacks.push(stack);
        if depth < MAX_NESTING {
            for (resource, path, parameters) in nested {
                let child = inputs.local(template.file, &path).and_then(|file| inputs.templates.get(&file));
                let Some(child) = child else { continue };
                let bindings = self.child_bindings(id, parameters);
                let made = self.instantiate(inputs, child, bindings, Some((id, parameters)), depth + 1, open);
                if let (Some(made), Some(stack)) = (made, self.stacks.get_mut(id.0 as usize)) {
                    stack.children.insert(resource, made);
                }
            }
        }
        open.remove(&template.file);
        Some(id)
    }

    /// Parameters for which a parent stack passes something that is not plain text.
    fn open_parameters(
        &self,
        parent: Option<(StackId, Option<NodeId>)>,
        bindings: &Bindings,
    ) -> BTreeSet<String> {
        let passed = parent.and_then(|(parent, parameters)| Some((self.stack(parent)?, parameters?)));
        let Some((parent, parameters)) = passed else { return BTreeSet::new() };
        let tree = &parent.lowered.tree;
        let names = tree.entries(parameters).iter().filter_map(|entry| tree.scalar(entry.key));
        names.filter(|name| !bindings.parameters.contains_key(*name)).map(str::to_owned).collect()
    }

    /// What is known about a nested stack: where it is, and the parameters whose values are plain text whatever
    /// the case. All others are worked out when they are asked for.
    fn child_bindings(&self, parent: StackId, parameters: Option<NodeId>) -> Bindings {
        let Some(stack) = self.stack(parent) else { return Bindings::default() };
        let mut bindings = Bindings {
            environment: stack.bindings.environment.clone(),
            region: stack.bindings.region.clone(),
            account: stack.bindings.account.clone(),
            known: stack.bindings.known.clone(),
            ..Bindings::default()
        };
        let tree = &stack.lowered.tree;
        let mut path = Path::new();
        for entry in parameters.map_or(&[][..], |node| tree.entries(node)) {
            let Some(name) = tree.scalar(entry.key) else { continue };
            let value = Resolver::new(self.scope(stack), &mut path).peek(entry.value);
            if value.via.is_empty() && value.value.as_text().is_some() {
                bindings.parameters.insert(name.to_owned(), Binding::Value(value));
            }
        }
        bindings
    }
}

impl Outside for Workspace {
    fn passed(&self, stack: StackId, parameter: &str, path: &mut Path) -> Option<Sourced> {
        let (parent, parameters) = self.stack(stack)?.parent?;
        let parent = self.stack(parent)?;
        let node = parent.lowered.tree.get(parameters?, parameter)?;
        let value = Resolver::new(self.scope(parent), path).resolve(node);
        (value.value != Value::Absent).then_some(value)
    }

    fn is_governed(&self, stack: StackId) -> bool {
        let parent = self.stack(stack).and_then(|stack| stack.parent);
        parent.is_some_and(|(parent, parameters)| match (parameters, self.stack(parent)) {
            (Some(node), Some(parent)) => intrinsic(&parent.lowered.tree, node).is_none(),
            (None, _) => true,
            (Some(_), None) => false,
        })
    }

    fn domain(&self, stack: StackId, parameter: &str) -> Domain {
        let Some(stack) = self.stack(stack) else { return Domain::default() };
        Resolver::new(self.scope(stack), &mut Path::new()).parameter_domain(parameter)
    }

    fn import(&self, stack: StackId, name: &Value, import: Span, path: &mut Path) -> Option<Sourced> {
        let Some((export, exact)) = exports::matching(self, stack, name) else {
            let known = self.stack(stack)?.bindings.known.get(&format!("export:{}", name.as_text()?))?;
            return Some(
                Sourced::new(Value::String(known.clone()), import)
                    .step(StepKind::Bound(exports::display(name)), import),
            );
        };
        let exporting = self.stack(export.stack)?;
        let value = Resolver::new(self.scope(exporting), path).resolve(export.value?);
        let text = exports::display(&export.name);
        let kind = if exact { StepKind::Export(text) } else { StepKind::ExportByPattern(text) };
        let place = export.value.map_or(export.name_span, |node| exporting.lowered.tree.tagged_span(node));
        Some(value.step(kind, place))
    }

    fn output(&self, stack: StackId, resource: &str, output: &str, path: &mut Path) -> Option<Sourced> {
        let child = self.stack(*self.stack(stack)?.children.get(resource)?)?;
        let declared = child.template.outputs.iter().find(|declared| declared.name == output)?;
        let node = declared.value?;
        let value = Resolver::new(self.scope(child), path).resolve(node);
        Some(value.step(StepKind::Output(output.to_owned()), child.lowered.tree.tagged_span(node)))
    }
}

/// Logical id, local path and `Parameters` of a nested stack.
fn nested_stack(
    tree: &Tree,
    resource: &crate::template::document::Resource,
) -> Option<(String, String, Option<NodeId>)> {
    let properties = resource.properties?;
    if resource.type_name != "AWS::CloudFormation::Stack" {
        return None;
    }
    // The asset that a CDK app's nested stack was made from: the URL it is deployed from names a bucket.
    let asset = resource.metadata.and_then(|metadata| tree.get(metadata, "aws:asset:path"));
    let path = asset.or_else(|| tree.get(properties, "TemplateURL")).and_then(|node| tree.scalar(node))?;
    Some((resource.id.clone(), path.to_owned(), tree.get(properties, "Parameters")))
}

/// Templates of the run that other templates name in this way.
fn named_files(inputs: &Inputs, names: fn(&Template) -> Vec<LocalFile>) -> BTreeSet<FileId> {
    let mut named = BTreeSet::new();
    for template in inputs.templates.values() {
        for wanted in names(template) {
            if let Some(file) = inputs.local(template.file, &wanted.path)
                && file != template.file
                && inputs.templates.contains_key(&file)
            {
                named.insert(file);
            }
        }
    }
    named
}
