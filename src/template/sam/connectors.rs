//! `AWS::Serverless::Connector` and the `Connectors` of other resources: permissions only, nothing is exposed.
//!
//! Refuses what names no resource or no permission; which pairs of types there are connectors for is not known
//! here. Source: aws-sam-translator 1.115.0, `model/connector/connector.py` and `translator/translator.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::lowering::{Lowering, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};

/// Refuses connectors.
pub(super) fn check_all(lowering: &mut Lowering<'_>) {
    let mut refused = Vec::new();
    for item in &lowering.items {
        let nodes = &lowering.nodes;
        let id = &item.resource.id;
        if item.is("AWS::Serverless::Connector") {
            refused.extend(
                check(lowering, item.properties, true, item.resource.id_span)
                    .err()
                    .map(|it| (id.clone(), it)),
            );
        }
        let Some(entry) = nodes.entry(item.resource.node, "Connectors") else { continue };
        for step in check_embedded(lowering, entry.value, nodes.span(entry.key)) {
            refused.extend(step.err().map(|refuse| (id.clone(), refuse)));
        }
    }
    for (id, refuse) in refused {
        lowering.refuse(Some(&id), refuse);
    }
}

fn check_embedded(lowering: &Lowering<'_>, connectors: NodeId, key: Span) -> Vec<Step> {
    let nodes = &lowering.nodes;
    if !nodes.is_dict(connectors) {
        return vec![Err(Refuse::new(key, "`Connectors` should be a map"))];
    }
    let each = nodes.pairs(connectors).into_iter().map(|(name, entry)| {
        let span = nodes.span(entry.key);
        let properties = nodes.get(entry.value, "Properties").filter(|&node| nodes.is_dict(node));
        match properties {
            Some(properties) => check(lowering, properties, false, span),
            None => Err(Refuse::new(span, format!("the connector `{name}` needs `Properties`, a map"))),
        }
    });
    each.collect()
}

fn check(lowering: &Lowering<'_>, properties: NodeId, with_source: bool, span: Span) -> Step {
    let nodes = &lowering.nodes;
    let permissions = nodes.get(properties, "Permissions").map(|list| (list, nodes.shape(list)));
    match permissions {
        Some((list, Shape::List)) if !nodes.items(list).is_empty() => {}
        _ => return Err(Refuse::new(span, "a connector needs `Permissions`, a list")),
    }
    let mut ends: Vec<NodeId> = Vec::new();
    if with_source {
        let source = nodes.get(properties, "Source");
        ends.push(source.ok_or_else(|| Refuse::new(span, "a connector needs `Source`"))?);
    }
    let destination = nodes.get(properties, "Destination");
    let destination = destination.ok_or_else(|| Refuse::new(span, "a connector needs `Destination`"))?;
    match nodes.shape(destination) {
        Shape::List => ends.extend(nodes.items(destination)),
        _ => ends.push(destination),
    }
    ends.into_iter().try_for_each(|end| check_end(lowering, nodes, end))
}

/// One end of a connector: a logical id of the template, or a type with what describes the resource.
fn check_end(lowering: &Lowering<'_>, nodes: &Nodes, end: NodeId) -> Step {
    let refuse = |reason: String| Err(Refuse::new(nodes.span(end), reason));
    if !nodes.is_dict(end) {
        return refuse("an end of a connector should be a map".to_owned());
    }
    let has_id = nodes.entry(end, "Id").is_some();
    let has_more = nodes.keys(end).iter().any(|key| !matches!(key.as_str(), "Id" | "Qualifier"));
    if has_id == has_more {
        return refuse("an end of a connector takes either `Id` or a description of the resource".to_owned());
    }
    match nodes.get_truthy(end, "Id") {
        None => match nodes.get_text(end, "Type") {
            Some(kind) if !kind.is_empty() => Ok(()),
            _ => refuse("`Type` of an end of a connector is missing or not a string".to_owned()),
        },
        Some(id) => match nodes.text(id) {
            None => refuse("`Id` of an end of a connector is not a string".to_owned()),
            Some(id) => match lowering.find(id).and_then(|at| lowering.items.get(at)) {
                Some(item) if !item.resource.type_name.is_empty() => Ok(()),
                Some(_) => refuse(format!("the resource `{id}` has no `Type`")),
                None => refuse(format!("there is no resource `{id}`")),
            },
        },
    }
}
