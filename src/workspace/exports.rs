//! Exports of the run, and which of them an import means.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::cases::Path;
use crate::template::resolve::Resolver;
use crate::template::value::{Name, Part, StackId, Value};
use crate::workspace::Workspace;

/// An output with an export.
#[derive(Clone, Debug)]
pub struct Export {
    /// The exporting stack.
    pub stack: StackId,
    /// The export's name; partly named where the stack's name is not known.
    pub name: Value,
    /// Where the export's name is written.
    pub name_span: Span,
    /// The output's value.
    pub value: Option<NodeId>,
}

/// All exports, in stack and text order.
pub(super) fn find(workspace: &Workspace) -> Vec<Export> {
    let mut exports = Vec::new();
    for stack in workspace.stacks() {
        for output in &stack.template.outputs {
            let Some(node) = output.export else { continue };
            let mut path = Path::new();
            let name = Resolver::new(workspace.scope(stack), &mut path).peek(node).value;
            let name_span = stack.lowered.tree.span(node);
            exports.push(Export { stack: stack.id, name, name_span, value: output.value });
        }
    }
    exports
}

/// The export that an import of `name` in `stack` means, and whether the name is exactly that one. `None` when
/// none fits, or several do.
pub(super) fn matching<'run>(
    workspace: &'run Workspace,
    stack: StackId,
    name: &Value,
) -> Option<(&'run Export, bool)> {
    // A stack cannot import its own export, and none of another environment, region or account.
    let others = || workspace.exports().iter().filter(|export| may_see(workspace, stack, export));
    let mut exact =
        others().filter(|export| export.name.as_text().is_some() && export.name.as_text() == name.as_text());
    if let Some(first) = exact.next() {
        return exact.next().is_none().then_some((first, true));
    }
    let wanted = pattern(name)?;
    let mut fitting =
        others().filter(|export| pattern(&export.name).is_some_and(|have| fits(&wanted, &have)));
    let first = fitting.next()?;
    fitting.next().is_none().then_some((first, false))
}

/// Whether an export may be what a stack imports. What is not known of either side may be the same: a stack that is in
/// no environment serves all of them.
fn may_see(workspace: &Workspace, importing: StackId, export: &Export) -> bool {
    let (Some(importing), Some(exporting)) = (workspace.stack(importing), workspace.stack(export.stack))
    else {
        return false;
    };
    let (ours, theirs) = (&importing.bindings, &exporting.bindings);
    let agree =
        |left: &Option<String>, right: &Option<String>| left.is_none() || right.is_none() || left == right;
    importing.id != exporting.id
        && agree(&ours.environment, &theirs.environment)
        && agree(&ours.region, &theirs.region)
        && agree(&ours.account, &theirs.account)
}

/// An export's name for people; the unknown parts as `${…}`.
pub fn display(name: &Value) -> String {
    let parts = name.to_parts().unwrap_or_default();
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Named(name) => match &**name {
                Name::Pseudo { name, .. } | Name::Parameter { name, .. } => format!("${{{name}}}"),
                Name::Resource { id, .. } => format!("${{{id}}}"),
                _ => "${…}".to_owned(),
            },
        })
        .collect()
}

/// The name as pieces of fixed text with something unknown (`None`) between them. A name without any fixed
/// letter or digit says nothing and fits nothing.
fn pattern(name: &Value) -> Option<Vec<Option<String>>> {
    let pieces: Vec<_> = name
        .to_parts()?
        .into_iter()
        .map(|part| match part {
            Part::Literal(text) => Some(text),
            Part::Named(_) => None,
        })
        .collect();
    let fixed = pieces
        .iter()
        .flatten()
        .any(|text| text.chars().filter(|letter| letter.is_alphanumeric()).count() >= 3);
    fixed.then_some(pieces)
}

/// Whether two patterns may be the same name, the unknown part standing for a stack's name: at most one unknown
/// part a side, and the fixed tails (or heads) agree as far as both are fixed.
fn fits(wanted: &[Option<String>], have: &[Option<String>]) -> bool {
    match (wanted, have) {
        ([Some(text)], [None, Some(tail)]) | ([None, Some(tail)], [Some(text)]) => {
            text.len() > tail.len() && text.ends_with(tail.as_str())
        }
        ([Some(text)], [Some(head), None]) | ([Some(head), None], [Some(text)]) => {
            text.len() > head.len() && text.starts_with(head.as_str())
        }
        ([Some(text)], [Some(head), None, Some(tail)]) | ([Some(head), None, Some(tail)], [Some(text)]) => {
            text.len() > head.len() + tail.len()
                && text.starts_with(head.as_str())
                && text.ends_with(tail.as_str())
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn name(text: &str) -> Value {
        let stack_name =
            || Part::Named(Arc::new(Name::Pseudo { stack: None, name: "AWS::StackName".to_owned() }));
        let mut parts = Vec::new();
        for (index, piece) in text.split('*').enumerate() {
            if index > 0 {
                parts.push(stack_name());
            }
            parts.push(Part::Literal(piece.to_owned()));
        }
        Value::from_parts(parts)
    }

    #[test]
    fn names_fit_by_their_fixed_part() {
        let cases = [
            ("net-prod-vpce", "*-vpce", true),
            ("-vpce", "*-vpce", false),
            ("*-vpce", "*-vpce", true),
            ("*-vpce", "*-subnets", false),
            ("net-prod-vpce", "net-*-vpce", true),
            ("net-prod-vpce", "*", false),
            ("*", "*", false),
        ];
        for (import, export, expected) in cases {
            let fit = match (pattern(&name(import)), pattern(&name(export))) {
                (Some(wanted), Some(have)) => fits(&wanted, &have),
                _ => false,
            };
            assert_eq!(fit, expected, "{import} {export}");
        }
    }
}
