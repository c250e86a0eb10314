//! `Domain` of HTTP and WebSocket APIs → `AWS::ApiGatewayV2::DomainName` and its mappings: always regional.
//!
//! Certificates and records are carried as far as exposure needs them. Source: aws-sam-translator 1.115.0,
//! `model/api/apiv2_generator.py`.

use crate::syntax::tree::NodeId;
use crate::template::sam::checks;
use crate::template::sam::domain_parts::Written;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};

/// Lowers `Domain` if there is one.
pub(super) fn lower(lowering: &mut Lowering<'_>, api: &Parent, properties: NodeId) -> Step {
    let Some(written) = Written::read(&lowering.nodes, properties)? else { return Ok(()) };
    let resolved = lowering.resolved_deep(written.name);
    let id = format!("ApiGatewayDomainNameV2{}", identifier::hash_node(&lowering.nodes, resolved));
    let parent = Parent { span: written.key, ..api.clone() };
    let domain = Domain { parent: &parent, written, id };
    let checked = domain.check(lowering);
    domain.make_domain(lowering);
    domain.make_mappings(lowering)?;
    domain.make_records(lowering)?;
    checked
}

struct Domain<'a> {
    parent: &'a Parent,
    written: Written,
    id: String,
}

impl Domain<'_> {
    fn check(&self, lowering: &mut Lowering<'_>) -> Step {
        checks::check_domain(&lowering.nodes, self.written.map)?;
        let Some(endpoint) = lowering.nodes.get(self.written.map, "EndpointConfiguration") else {
            return Ok(());
        };
        match lowering.resolved_text(endpoint).as_deref() {
            Some("REGIONAL") => Ok(()),
            _ => {
                let reason = "`Domain.EndpointConfiguration` must be `REGIONAL` here";
                Err(Refuse::new(lowering.nodes.span(endpoint), reason))
            }
        }
    }

    fn make_domain(&self, lowering: &mut Lowering<'_>) {
        let Written { key, name, certificate, .. } = self.written;
        let endpoint = lowering.nodes.get(self.written.map, "EndpointConfiguration");
        let nodes = &mut lowering.nodes;
        let endpoint = endpoint.unwrap_or_else(|| nodes.string(key, "REGIONAL"));
        let one = nodes.map(key, &[("CertificateArn", certificate), ("EndpointType", endpoint)]);
        let many = nodes.list(key, vec![one]);
        let mut entries = vec![("DomainName", key, name), ("DomainNameConfigurations", key, many)];
        let tls = self.written.mutual_tls(nodes);
        entries.extend(tls.map(|(key, value)| ("MutualTlsAuthentication", key, value)));
        let properties = nodes.tree.add_mapping(key, entries);
        if !lowering.has_made(&self.id) {
            lowering.make(self.parent, &self.id, "AWS::ApiGatewayV2::DomainName", properties);
        }
        lowering.derive(format!("{}.DomainName", self.parent.id), &self.id);
    }

    fn make_mappings(&self, lowering: &mut Lowering<'_>) -> Step {
        let Some(paths) = self.written.base_paths(lowering)? else {
            self.make_mapping(lowering, &format!("{}ApiMapping", self.parent.id), None);
            return Ok(());
        };
        for (path, text) in paths {
            let span = lowering.nodes.span(path);
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
        let domain = nodes.reference(self.written.key, &self.id);
        let api = nodes.reference(self.written.key, &self.parent.id);
        let stage = nodes.reference(self.written.key, &stage);
        let mut entries = vec![("DomainName", domain), ("ApiId", api), ("Stage", stage)];
        entries.extend(base.map(|base| ("ApiMappingKey", base)));
        let properties = nodes.map(self.written.key, &entries);
        lowering.make(self.parent, id, "AWS::ApiGatewayV2::ApiMapping", properties);
    }

    fn make_records(&self, lowering: &mut Lowering<'_>) -> Step {
        self.written.make_records(lowering, self.parent, |lowering, _, key| {
            let nodes = &mut lowering.nodes;
            let hosted = nodes.get_att(key, &self.id, "RegionalHostedZoneId");
            let name = nodes.get_att(key, &self.id, "RegionalDomainName");
            nodes.map(key, &[("HostedZoneId", hosted), ("DNSName", name)])
        })
    }
}
