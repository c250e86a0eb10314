//! A function that stands where SAM wants a list of `Auth.ResourcePolicy`, as items of a list: SAM leaves functions
//! inside a list alone.
//!
//! Reads only; how the items are written is for whoever mends the template.

use crate::syntax::tree::NodeId;
use crate::template::intrinsic::{Function, Intrinsic};
use crate::template::lowered::{Choice, ListItems};
use crate::template::sam::lowering::Lowering;
use crate::template::sam::nodes::{Nodes, Shape};

/// How deep `Fn::If` in `Fn::If` is looked into, and how many items are made of it.
const MAX_NESTED_IFS: u32 = 8;
const MAX_ITEMS: usize = 32;

/// The items that come to what the function yields; `None` where that cannot be said.
pub(super) fn of(lowering: &mut Lowering<'_>, node: NodeId) -> Option<ListItems> {
    let Shape::Intrinsic(Intrinsic { function, argument }) = lowering.nodes.shape(node) else { return None };
    match function {
        Function::If => {
            let longest = lengths(&lowering.nodes, node, 0)?;
            (longest <= MAX_ITEMS).then_some(())?;
            Some(ListItems::Choices((0..longest).map(|at| choice(&lowering.nodes, node, at)).collect()))
        }
        Function::Split => {
            let &[separator, text] = lowering.nodes.tree.items(argument) else { return None };
            let separator = lowering.nodes.text(separator)?.to_owned();
            let known = lowering.resolved_text(text).filter(|_| !separator.is_empty());
            let pieces = known.map_or(1, |text| text.split(&separator).count());
            (pieces <= MAX_ITEMS).then_some(ListItems::Pieces(pieces))
        }
        Function::ImportValue | Function::Sub | Function::Join | Function::Select => Some(ListItems::Itself),
        _ => None,
    }
}

/// The length of the longest list that a nested `Fn::If` yields; `None` where one is empty or anything else stands
/// there: a list of nothing would shut everybody out.
fn lengths(nodes: &Nodes, node: NodeId, depth: u32) -> Option<usize> {
    if let Some(arguments) = nodes.if_arguments(node) {
        let [_, yes, no] = *arguments else { return None };
        (depth < MAX_NESTED_IFS).then_some(())?;
        return Some(lengths(nodes, yes, depth + 1)?.max(lengths(nodes, no, depth + 1)?));
    }
    match nodes.shape(node) {
        Shape::List => Some(nodes.items(node).len()).filter(|&length| length > 0),
        Shape::Text(_) => Some(1),
        Shape::Intrinsic(Intrinsic { function, .. }) if !nodes.is_no_value(node) => {
            let is_one = [Function::ImportValue, Function::Sub, Function::Join, Function::Select];
            is_one.contains(&function).then_some(1)
        }
        _ => None,
    }
}

/// The item at a position of the lists that [`lengths`] went through.
fn choice(nodes: &Nodes, node: NodeId, at: usize) -> Choice {
    if let Some(&[condition, yes, no]) = nodes.if_arguments(node).as_deref() {
        let condition = nodes.tree.tagged_span(condition);
        return match [choice(nodes, yes, at), choice(nodes, no, at)] {
            [Choice::Absent, Choice::Absent] => Choice::Absent,
            branches => Choice::If { condition, branches: Box::new(branches) },
        };
    }
    let written = match nodes.shape(node) {
        Shape::List => nodes.items(node).get(at).copied(),
        _ => (at == 0).then_some(node),
    };
    written.map_or(Choice::Absent, |item| Choice::Written(nodes.tree.tagged_span(item)))
}
