//! Hosted zones for execute-api names: with one of its own a VPC needs no private DNS of an endpoint.
//!
//! Whether a zone belongs to the right VPC, and what its records say, is not looked at.

use crate::exposure::Context;
use crate::source::Span;
use crate::template::value::Part;

/// Where the names of such zones stand, in stack and text order.
pub(crate) fn find(context: &Context<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    for stack in context.workspace.stacks() {
        for zone in stack.lowered.resources.iter().filter(|one| one.type_name == "AWS::Route53::HostedZone") {
            let name = zone.properties.and_then(|properties| stack.lowered.tree.get(properties, "Name"));
            let Some(name) = name.map(|node| context.peek(stack, |resolver| resolver.resolve(node))) else {
                continue;
            };
            let parts = name.value.to_parts().unwrap_or_default();
            let is_ours = |part: &Part| matches!(part, Part::Literal(text) if text.contains("execute-api"));
            if parts.iter().any(is_ours) {
                found.push(name.span);
            }
        }
    }
    found
}
