//! Resources that are handed to something that the run does not show, and that may do anything with them.
//!
//! What it may do is for those who ask.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::exposure::Context;
use crate::exposure::leads::Declared;
use crate::exposure::meant::is_plain;
use crate::template::document::Resource;
use crate::template::value::{Name, Part, StackId, Value};
use crate::workspace::{Stack, Workspace};

/// Resources that are handed on, by the stack that does it; each stack is read when it is first asked about.
#[derive(Debug, Default)]
pub(crate) struct HandedOn {
    by_stack: FxHashMap<StackId, OnceLock<FxHashSet<String>>>,
}

impl HandedOn {
    /// Nothing read yet.
    pub(crate) fn new(workspace: &Workspace) -> Self {
        let stacks = workspace.stacks().iter();
        Self { by_stack: stacks.map(|stack| (stack.id, OnceLock::new())).collect() }
    }

    /// Whether a resource is handed to a nested stack whose template is not there, to a custom resource, or to a
    /// macro's own type.
    pub(crate) fn has<'run>(&self, context: &Context<'run>, what: Declared<'run>) -> bool {
        let Some(known) = self.by_stack.get(&what.stack.id) else { return false };
        known.get_or_init(|| handed_on(context, what.stack)).contains(&what.resource.id)
    }
}

/// Logical ids of a stack's resources that it hands on.
fn handed_on<'run>(context: &Context<'run>, stack: &'run Stack) -> FxHashSet<String> {
    let takes = |resource: &&Resource| match resource.type_name.as_str() {
        "AWS::CloudFormation::Stack" => !stack.children.contains_key(&resource.id),
        other => !is_plain(other),
    };
    let mut found = FxHashSet::default();
    for resource in stack.lowered.resources.iter().filter(takes) {
        let Some(properties) = resource.properties else { continue };
        let value = context.peek(stack, |resolver| resolver.peek(properties)).value;
        collect(&value, stack.id, 0, &mut found);
    }
    found
}

/// Deepest nesting of values that is searched.
const MAX_DEPTH: usize = 128;

/// Resources of a stack that stand anywhere in a value.
fn collect(value: &Value, of: StackId, depth: usize, found: &mut FxHashSet<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    let named = |name: &Name, found: &mut FxHashSet<String>| match name {
        Name::Resource { stack, id } | Name::Attribute { stack, id, .. } => {
            if *stack == of {
                found.insert(id.clone());
            }
        }
        Name::Function { arguments, .. } => {
            for argument in arguments {
                collect(argument, of, depth + 1, found);
            }
        }
        Name::Parameter { .. } | Name::Pseudo { .. } | Name::Import(_) | Name::Dynamic(_) => {}
    };
    match value {
        Value::Named(name) => named(name, found),
        Value::Text(parts) => {
            for part in parts {
                if let Part::Named(name) = part {
                    named(name, found);
                }
            }
        }
        Value::List(items) => {
            for item in items {
                collect(&item.value, of, depth + 1, found);
            }
        }
        Value::Map(members) => {
            for member in members {
                collect(&member.value.value, of, depth + 1, found);
            }
        }
        _ => {}
    }
}
