//! What is asked of a whole stack for each of its APIs, found once per run.
//!
//! Nothing here is about one API.

use rustc_hash::FxHashMap;

use crate::template::value::StackId;
use crate::workspace::{Stack, Workspace};

/// What is known of a stack.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Whether anything may switch the default host of an API off.
    pub(crate) closes_hosts: bool,
    /// Whether it is a piece of a template: nothing in it runs, so what is missing may stand elsewhere.
    pub(crate) is_fragment: bool,
    /// Resources of the template that may have SAM events, by number, ascending.
    pub(crate) holders: Vec<usize>,
}

/// All stacks of a run.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    by_id: FxHashMap<StackId, Known>,
}

impl Stacks {
    /// Looks at them.
    pub(crate) fn find(workspace: &Workspace) -> Self {
        let key = memchr::memmem::Finder::new(b"isableExecuteApiEndpoint");
        let known = |stack: &Stack| Known {
            closes_hosts: key.find(stack.lowered.tree.text().as_bytes()).is_some(),
            is_fragment: is_fragment(stack),
            holders: holders(stack),
        };
        Self { by_id: workspace.stacks().iter().map(|stack| (stack.id, known(stack))).collect() }
    }

    /// What is known of one.
    pub(crate) fn of(&self, stack: &Stack) -> Option<&Known> {
        self.by_id.get(&stack.id)
    }
}

fn is_fragment(stack: &Stack) -> bool {
    stack.template.transforms.is_empty()
        && !stack.lowered.resources.iter().any(|resource| resource.type_name == "AWS::Lambda::Function")
}

fn holders(stack: &Stack) -> Vec<usize> {
    let resources = stack.template.resources.iter().enumerate();
    let has_events =
        |type_name: &str| matches!(type_name, "AWS::Serverless::Function" | "AWS::Serverless::StateMachine");
    resources.filter(|(_, resource)| has_events(&resource.type_name)).map(|(number, _)| number).collect()
}
