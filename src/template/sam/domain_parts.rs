//! What `Domain` says whatever kind of API it stands on: name and certificate, base paths, mutual TLS, DNS records.
//!
//! Makes no domain itself. Source: aws-sam-translator 1.115.0, `model/api/api_generator.py` and
//! `model/api/apiv2_generator.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};

/// A `Domain` entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// The place of the key.
    pub(super) key: Span,
    /// What stands there, a map.
    pub(super) map: NodeId,
    pub(super) name: NodeId,
    pub(super) certificate: NodeId,
}

impl Written {
    /// The `Domain` of an API, if it has one.
    pub(super) fn read(nodes: &Nodes, properties: NodeId) -> Step<Option<Self>> {
        let Some(entry) = nodes.entry(properties, "Domain") else { return Ok(None) };
        let (map, key) = (entry.value, nodes.span(entry.key));
        match nodes.shape(map) {
            Shape::Null => return Ok(None),
            Shape::Map => {}
            _ => return Err(Refuse::new(key, "`Domain` must be a map")),
        }
        let required = |name: &str| {
            let missing = || Refuse::new(key, format!("`Domain` needs `{name}`"));
            nodes.get(map, name).ok_or_else(missing)
        };
        Ok(Some(Self { key, map, name: required("DomainName")?, certificate: required("CertificateArn")? }))
    }

    /// The base paths with their texts; `None` when the API is mapped to the root.
    pub(super) fn base_paths(&self, lowering: &mut Lowering<'_>) -> Step<Option<Vec<(NodeId, String)>>> {
        let path = lowering.nodes.entry(self.map, "BasePath");
        let value = path.map(|entry| lowering.resolved(entry.value));
        let paths = match value.map(|value| (value, lowering.nodes.shape(value))) {
            Some((value, Shape::Text(text))) if !text.is_empty() => vec![value],
            Some((value, Shape::List)) if lowering.nodes.is_truthy(value) => lowering.nodes.items(value),
            _ => return Ok(None),
        };
        let text = |lowering: &mut Lowering<'_>, path: NodeId| {
            let reason = "`Domain.BasePath` must be a string or a list of strings";
            let refuse = Refuse::new(lowering.nodes.span(path), reason);
            lowering.resolved_text(path).map(|text| (path, text)).ok_or(refuse)
        };
        paths.into_iter().map(|path| text(lowering, path)).collect::<Step<Vec<_>>>().map(Some)
    }

    /// `MutualTlsAuthentication` as SAM passes it on, with the place of its key: what says nothing is left out.
    pub(super) fn mutual_tls(&self, nodes: &mut Nodes) -> Option<(Span, NodeId)> {
        let entry = nodes.entry(self.map, "MutualTlsAuthentication")?;
        let written = Some(entry.value).filter(|&written| nodes.is_truthy(written))?;
        let kept = ["TruststoreUri", "TruststoreVersion"].map(|key| (key, nodes.get_truthy(written, key)));
        let kept: Vec<_> = kept.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Some((nodes.span(entry.key), nodes.map(nodes.span(written), &kept)))
    }

    /// The records of the domain, in a group of their own: the translator gathers all of one hosted zone. `target`
    /// makes the alias target of `Route53`.
    pub(super) fn make_records(
        &self,
        lowering: &mut Lowering<'_>,
        api: &Parent,
        target: impl FnOnce(&mut Lowering<'_>, NodeId, Span) -> NodeId,
    ) -> Step {
        let Some(entry) = lowering.nodes.entry(self.map, "Route53") else { return Ok(()) };
        let (route53, key) = (entry.value, lowering.nodes.span(entry.key));
        match lowering.nodes.shape(route53) {
            Shape::Null => return Ok(()),
            Shape::Map => {}
            _ => return Err(Refuse::new(key, "`Domain.Route53` must be a map")),
        }
        let zone = |name: &str| lowering.nodes.get(route53, name);
        let Some(zone) = zone("HostedZoneId").or_else(|| zone("HostedZoneName")) else {
            return Err(Refuse::new(key, "`Domain.Route53` needs `HostedZoneId` or `HostedZoneName`"));
        };
        let resolved = [lowering.resolved_deep(zone), lowering.resolved_deep(self.name)].map(Some);
        let target = target(lowering, route53, key);
        let nodes = &mut lowering.nodes;
        let mut records = Vec::new();
        let ipv6 = nodes.get(route53, "IpV6").is_some_and(|node| nodes.shape(node) == Shape::Bool(true));
        for kind in if ipv6 { &["A", "AAAA"][..] } else { &["A"] } {
            let kind = nodes.string(key, kind);
            records.push(nodes.map(key, &[("Name", self.name), ("Type", kind), ("AliasTarget", target)]));
        }
        let records = nodes.list(key, records);
        let mut entries = vec![("RecordSets", key, records)];
        for name in ["HostedZoneId", "HostedZoneName"] {
            if let Some(entry) = nodes.entry(route53, name) {
                entries.push((name, nodes.span(entry.key), entry.value));
            }
        }
        let properties = nodes.tree.add_mapping(key, entries);
        let id = format!("RecordSetGroup{}", identifier::hash_list(nodes, &resolved));
        let parent = Parent { span: key, ..api.clone() };
        lowering.make(&parent, &id, "AWS::Route53::RecordSetGroup", properties);
        Ok(())
    }
}
