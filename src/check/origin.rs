//! Where the resource of a finding comes from when nobody wrote it as it stands: the construct of a CDK app.
//!
//! It adds facts to findings and decides nothing.

use rustc_hash::FxHashMap;

use crate::rules::finding::Finding;
use crate::source::FileId;
use crate::workspace::{Stack, Workspace};

/// Says of each finding about a resource that a CDK app made which construct made it.
pub fn name_constructs(findings: &mut [Finding], workspace: &Workspace) {
    let mut stacks: FxHashMap<FileId, &Stack> = FxHashMap::default();
    for stack in workspace.stacks() {
        stacks.entry(stack.template.file).or_insert(stack);
    }
    for finding in findings {
        let Some(subject) = finding.subjects.first() else { continue };
        let Some(id) = &subject.resource else { continue };
        let construct = stacks.get(&subject.file).and_then(|stack| construct(stack, id));
        finding.diagnostic.notes.extend(construct.map(|path| format!("made by the construct `{path}`")));
    }
}

/// Path of the construct that a resource was made by, from the app down: `aws:cdk:path` in its metadata without
/// the `Resource` that stands for the resource itself.
fn construct<'run>(stack: &'run Stack, id: &str) -> Option<&'run str> {
    let tree = &stack.lowered.tree;
    let metadata = stack.lowered.resource(id)?.metadata?;
    let path = tree.scalar(tree.get(metadata, "aws:cdk:path")?)?;
    Some(path.strip_suffix("/Resource").unwrap_or(path))
}
