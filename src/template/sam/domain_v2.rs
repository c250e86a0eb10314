//! `Domain` of HTTP and WebSocket APIs → `AWS::ApiGatewayV2::DomainName` and its mappings: always regional.
//!
//! Certificates and records are carried as far as exposure needs them. Source: aws-sam-translator 1.115.0,
//! `model/api/apiv2_generator.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::checks;
use crate::template::sam::domain::mutual_tls;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::Shape;

/// Lowers `Domain` if there is one.
pub(super) fn lower(lowering: &mut Lowering<'_>, api: &Parent, properties: NodeId) -> Step {
    let Some(entry) = lowering.nodes.entry(properties, "Domain") else { return Ok(()) };
    let (map, key) = (entry.value, lowering.nodes.span(entry.key));
    match lowering.nodes.shape(map) {
        Shape::Null => return Ok(()),
        Shape::Map => {}
        _ => return Err(Refuse::new(key, "`Domain` must be a map")),
    }
    let needed = |name: &str| lowering.nodes.get(map, name);
    let (Some(name), Some(certificate)) = (needed("DomainName"), needed("CertificateArn")) else {
        return Err(Refuse::new(key, "`Domain` needs `DomainName` and `CertificateArn`"));
    };
    let resolved = lowering.resolved_deep(name);
    let id = format!("ApiGatewayDomainNameV2{}", identifier::hash_node(&lowering.nodes, resolved));
    let parent = Parent { span: key, ..api.clone() };
    let domain = Domain { parent: &parent, key, map, id };
    let checked = domain.check(lowering);
    domain.make_domain(lowering, name, certificate);
    domain.make_mappings(lowering)?;
    domain.make_records(lowering, name)?;
    checked
}

struct Domain<'a> {
    parent: &'a Parent,
    key: Span,
    map: NodeId,
    id: String,
}

impl Domain<'_> {
    fn check(&self, lowering: &mut Lowering<'_>) -> Step {
        checks::check_domain(&lowering.nodes, self.map)?;
        let Some(endpoint) = lowering.nodes.get(self.map, "EndpointConfiguration") else { return Ok(()) };
        match lowering.resolved_text(endpoint).as_deref() {
            Some("REGIONAL") => Ok(()),
            _ => {
                let reason = "`Domain.EndpointConfiguration` must be `REGIONAL` here";
                Err(Refuse::new(lowering.nodes.span(endpoint), reason))
            }
        }
    }

    fn make_domain(&self, lowering: &mut Lowering<'_>, name: NodeId, certificate: NodeId) {
        let endpoint = lowering.nodes.get(self.map, "EndpointConfiguration");
        let nodes = &mut lowering.nodes;
        let endpoint = endpoint.unwrap_or_else(|| nodes.string(self.key, "REGIONAL"));
        let one = nodes.map(self.key, &[("CertificateArn", certificate), ("EndpointType", endpoint)]);
        let many = nodes.list(self.key, vec![one]);
        let mut entries = vec![("DomainName", self.key, name), ("DomainNameConfigurations", self.key, many)];
        let tls = nodes.entry(self.map, "MutualTlsAuthentication");
        if let Some(entry) = tls.filter(|entry| nodes.is_truthy(entry.value)) {
            let value = mutual_tls(nodes, entry.value);
            entries.push(("MutualTlsAuthentication", nodes.span(entry.key), value));
        }
        let properties = nodes.tree.add_mapping(self.key, entries);
        if !lowering.has_made(&self.id) {
            lowering.make(self.parent, &self.id, "AWS::ApiGatewayV2::DomainName", properties);
        }
        lowering.derive(format!("{}.DomainName", self.parent.id), &self.id);
    }

    fn make_mappings(&self, lowering: &mut Lowering<'_>) -> Step {
        let path = lowering.nodes.get_truthy(self.map, "BasePath");
        let path = path.map(|path| lowering.resolved(path));
        let paths = match path.map(|path| (path, lowering.nodes.shape(path))) {
            Some((path, Shape::Text(_))) => vec![path],
            Some((path, Shape::List)) => lowering.nodes.items(path),
            _ => {
                self.make_mapping(lowering, &format!("{}ApiMapping", self.parent.id), None);
                return Ok(());
            }
        };
        for path in paths {
            let span = lowering.nodes.span(path);
            let Some(text) = lowering.resolved_text(path) else {
                return Err(Refuse::new(span, "`Domain.BasePath` must be a string or a list of strings"));
            };
            if !text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/-_".contains(letter)) {
                return Err(Refuse::new(span, format!("`{text}` is no valid base path")));
            }
            let letters: String = text.chars().filter(|letter| !"/-_".contains(*letter)).collect();
            let base = match text.trim_matches('/') {
                inner if inner != text => lowering.nodes.string(span, inner),
                _ => path,
            };
            self.make_mapping(lowering, &format!("{}{letters}ApiMapping", self.parent.id), Some(base));
        }
        Ok(())
    }

    fn make_mapping(&self, lowering: &mut Lowering<'_>, id: &str, base: Option<NodeId>) {
        let stage = lowering.stage_of(&self.parent.id);
        let nodes = &mut lowering.nodes;
        let domain = nodes.reference(self.key, &self.id);
        let api = nodes.reference(self.key, &self.parent.id);
        let stage = nodes.reference(self.key, &stage);
        let mut entries = vec![("DomainName", domain), ("ApiId", api), ("Stage", stage)];
        entries.extend(base.map(|base| ("ApiMappingKey", base)));
        let properties = nodes.map(self.key, &entries);
        lowering.make(self.parent, id, "AWS::ApiGatewayV2::ApiMapping", properties);
    }

    fn make_records(&self, lowering: &mut Lowering<'_>, name: NodeId) -> Step {
        let Some(entry) = lowering.nodes.entry(self.map, "Route53") else { return Ok(()) };
        let (route53, key) = (entry.value, lowering.nodes.span(entry.key));
        match lowering.nodes.shape(route53) {
            Shape::Null => return Ok(()),
            Shape::Map => {}
            _ => return Err(Refuse::new(key, "`Domain.Route53` must be a map")),
        }
        let zones = ["HostedZoneId", "HostedZoneName"].map(|name| lowering.nodes.get(route53, name));
        let Some(zone) = zones.into_iter().flatten().next() else {
            return Err(Refuse::new(key, "`Domain.Route53` needs `HostedZoneId` or `HostedZoneName`"));
        };
        let resolved = [lowering.resolved_deep(zone), lowering.resolved_deep(name)].map(Some);
        let nodes = &mut lowering.nodes;
        let hosted = nodes.get_att(key, &self.id, "RegionalHostedZoneId");
        let target = nodes.get_att(key, &self.id, "RegionalDomainName");
        let alias = nodes.map(key, &[("HostedZoneId", hosted), ("DNSName", target)]);
        let kind = nodes.string(key, "A");
        let record = nodes.map(key, &[("Name", name), ("Type", kind), ("AliasTarget", alias)]);
        let records = nodes.list(key, vec![record]);
        let mut entries = vec![("RecordSets", records)];
        for (name, zone) in ["HostedZoneId", "HostedZoneName"].into_iter().zip(zones) {
            entries.extend(zone.map(|zone| (name, zone)));
        }
        let properties = nodes.map(key, &entries);
        let id = format!("RecordSetGroup{}", identifier::hash_list(nodes, &resolved));
        lowering.make(self.parent, &id, "AWS::Route53::RecordSetGroup", properties);
        Ok(())
    }
}
