//! `Domain` of `AWS::Serverless::Api` → custom domain, base path mappings, access association, DNS records.
//!
//! Certificates and record sets are carried as far as exposure needs them. Source: aws-sam-translator 1.115.0,
//! `ApiGenerator._construct_api_domain` and `_construct_api_domain_v2`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::lowered::SurpriseKind;
use crate::template::sam::checks;
use crate::template::sam::domain_parts::Written;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::Shape;
use crate::template::sam::schema::nearest;

const KEYS: [&str; 15] = [
    "DomainName",
    "CertificateArn",
    "EndpointConfiguration",
    "IpAddressType",
    "SecurityPolicy",
    "EndpointAccessMode",
    "Policy",
    "OwnershipVerificationCertificateArn",
    "MutualTlsAuthentication",
    "BasePath",
    "NormalizeBasePath",
    "Route53",
    "AccessAssociation",
    "ApiDomainName",
    "SetIdentifier",
];

/// Lowers `Domain` if there is one.
pub(super) fn lower(lowering: &mut Lowering<'_>, api: &Parent, properties: NodeId) -> Step {
    if let Some(map) = lowering.nodes.get(properties, "Domain") {
        report_unknown_keys(lowering, api, map);
    }
    match Written::read(&lowering.nodes, properties)? {
        Some(written) => Domain::read(lowering, api, written)?.lower(lowering),
        None => Ok(()),
    }
}

/// A `Domain` entry with its endpoint type known.
struct Domain<'a> {
    api: &'a Parent,
    written: Written,
    /// Its type; for the default a new node at `Domain`.
    endpoint: NodeId,
    private: bool,
    /// Logical id of the domain.
    id: String,
}

impl<'a> Domain<'a> {
    fn read(lowering: &mut Lowering<'_>, api: &'a Parent, domain: Written) -> Step<Self> {
        let Written { map, key, name, .. } = domain;
        let written = lowering.nodes.get(map, "EndpointConfiguration");
        let endpoint = written.unwrap_or_else(|| lowering.nodes.string(key, "REGIONAL"));
        let resolved = lowering.resolved_text(endpoint);
        let private = resolved.as_deref() == Some("PRIVATE");
        let unbound = resolved.is_none() && lowering.parameter_name(endpoint).is_some();
        if !unbound && !matches!(resolved.as_deref(), Some("EDGE" | "REGIONAL" | "PRIVATE")) {
            let reason = "`Domain.EndpointConfiguration` must be `EDGE`, `REGIONAL` or `PRIVATE`";
            return Err(Refuse::new(lowering.nodes.span(endpoint), reason));
        }
        let resolved_name = lowering.resolved_deep(name);
        let prefix = if private { "ApiGatewayDomainNameV2" } else { "ApiGatewayDomainName" };
        let id = format!("{prefix}{}", identifier::hash_node(&lowering.nodes, resolved_name));
        Ok(Self { api, written: domain, endpoint, private, id })
    }

    fn lower(&self, lowering: &mut Lowering<'_>) -> Step {
        let checked = checks::check_domain(&lowering.nodes, self.written.map);
        let steps = [
            self.make_domain(lowering),
            self.make_mappings(lowering),
            self.make_association(lowering),
            self.written.make_records(lowering, self.api, |lowering, route53, key| {
                self.alias_target(lowering, route53, key)
            }),
        ];
        // Each part is made whatever becomes of the others; the first refusal speaks for all.
        steps.into_iter().fold(checked, Result::and)
    }

    fn type_name(&self) -> &'static str {
        if self.private { "AWS::ApiGateway::DomainNameV2" } else { "AWS::ApiGateway::DomainName" }
    }

    fn parent(&self) -> Parent {
        Parent { span: self.written.key, ..self.api.clone() }
    }

    fn make_domain(&self, lowering: &mut Lowering<'_>) -> Step {
        let nodes = &mut lowering.nodes;
        let span = nodes.span(self.endpoint);
        let types = nodes.list(span, vec![self.endpoint]);
        let configuration = nodes.map(span, &[("Types", types)]);
        if let Some(address) =
            nodes.entry(self.written.map, "IpAddressType").filter(|it| nodes.is_truthy(it.value))
        {
            nodes.set(configuration, "IpAddressType", nodes.span(address.key), address.value);
        }
        let regional = lowering.resolved_text(self.endpoint).as_deref() == Some("REGIONAL");
        let certificate = if regional && !self.private { "RegionalCertificateArn" } else { "CertificateArn" };
        let mut entries = vec![
            ("DomainName", self.written.key, self.written.name),
            ("EndpointConfiguration", self.written.key, configuration),
            (certificate, self.written.key, self.written.certificate),
        ];
        let mut refused = Ok(());
        for name in ["SecurityPolicy", "EndpointAccessMode", "Policy"] {
            let entry = lowering.nodes.entry(self.written.map, name);
            let Some(entry) = entry.filter(|entry| lowering.nodes.is_truthy(entry.value)) else { continue };
            let key = lowering.nodes.span(entry.key);
            if name == "Policy" && !self.private {
                refused = Err(Refuse::new(key, "`Domain.Policy` works only on a private domain"));
            }
            entries.push((name, key, entry.value));
        }
        let tls = self.written.mutual_tls(&mut lowering.nodes).filter(|_| !self.private);
        entries.extend(tls.map(|(key, value)| ("MutualTlsAuthentication", key, value)));
        let properties = lowering.nodes.tree.add_mapping(self.written.key, entries);
        if !lowering.has_made(&self.id) {
            lowering.make(&self.parent(), &self.id, self.type_name(), properties);
        }
        let derived = if self.private { "DomainNameV2" } else { "DomainName" };
        lowering.derive(format!("{}.{derived}", self.api.id), &self.id);
        refused
    }

    fn make_mappings(&self, lowering: &mut Lowering<'_>) -> Step {
        let Some(paths) = self.written.base_paths(lowering)? else {
            let id = format!("{}BasePathMapping", self.api.id);
            self.make_mapping(lowering, &id, None);
            return Ok(());
        };
        let normalize = match lowering.nodes.entry(self.written.map, "NormalizeBasePath") {
            Some(_) => lowering.resolved_truthy(self.written.map, "NormalizeBasePath").is_some(),
            None => true,
        };
        for (path, text) in paths {
            let letters: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
            let base = match normalize && letters != text {
                true => lowering.nodes.string(lowering.nodes.span(path), &letters),
                false => path,
            };
            self.make_mapping(lowering, &format!("{}{letters}BasePathMapping", self.api.id), Some(base));
        }
        Ok(())
    }

    fn make_mapping(&self, lowering: &mut Lowering<'_>, id: &str, base: Option<NodeId>) {
        let stage = lowering.stage_of(&self.api.id);
        let nodes = &mut lowering.nodes;
        let domain = nodes.reference(self.written.key, &self.id);
        let api = nodes.reference(self.written.key, &self.api.id);
        let stage = nodes.reference(self.written.key, &stage);
        let (name, type_name) = match self.private {
            true => ("DomainNameArn", "AWS::ApiGateway::BasePathMappingV2"),
            false => ("DomainName", "AWS::ApiGateway::BasePathMapping"),
        };
        let mut entries = vec![(name, domain), ("RestApiId", api), ("Stage", stage)];
        entries.extend(base.map(|base| ("BasePath", base)));
        let properties = nodes.map(self.written.key, &entries);
        lowering.make(&self.parent(), id, type_name, properties);
    }

    fn make_association(&self, lowering: &mut Lowering<'_>) -> Step {
        let Some(entry) = lowering.nodes.entry(self.written.map, "AccessAssociation") else { return Ok(()) };
        let key = lowering.nodes.span(entry.key);
        if lowering.nodes.shape(entry.value) == Shape::Null {
            return Ok(());
        }
        if !self.private {
            lowering.surprise(&self.api.id, key, SurpriseKind::AccessAssociationIgnored);
            return Ok(());
        }
        if lowering.nodes.shape(entry.value) != Shape::Map {
            return Err(Refuse::new(key, "`Domain.AccessAssociation` must be a map"));
        }
        let endpoint = lowering.nodes.get(entry.value, "VpcEndpointId");
        let resolved = endpoint.map(|endpoint| lowering.resolved_deep(endpoint));
        let nodes = &mut lowering.nodes;
        let domain_id = nodes.string(self.written.key, &self.id);
        let hash = identifier::hash_list(nodes, &[resolved, Some(domain_id)]);
        let domain = nodes.reference(self.written.key, &self.id);
        let kind = nodes.string(key, "VPCE");
        let mut entries = vec![("DomainNameArn", domain), ("AccessAssociationSourceType", kind)];
        entries.extend(endpoint.map(|endpoint| ("AccessAssociationSource", endpoint)));
        let properties = nodes.map(key, &entries);
        let parent = Parent { span: key, ..self.api.clone() };
        let id = format!("DomainNameAccessAssociation{hash}");
        lowering.make(&parent, &id, "AWS::ApiGateway::DomainNameAccessAssociation", properties);
        Ok(())
    }

    fn alias_target(&self, lowering: &mut Lowering<'_>, route53: NodeId, key: Span) -> NodeId {
        let kind = lowering.resolved_text(self.endpoint);
        let nodes = &mut lowering.nodes;
        let (zone, name) = match kind.as_deref() {
            Some("REGIONAL") => (
                Some(nodes.get_att(key, &self.id, "RegionalHostedZoneId")),
                Some(nodes.get_att(key, &self.id, "RegionalDomainName")),
            ),
            Some("EDGE") => {
                let written = nodes.get(route53, "DistributionDomainName");
                let name = written.unwrap_or_else(|| nodes.get_att(key, &self.id, "DistributionDomainName"));
                (Some(nodes.string(key, "Z2FDTNDATAQYW2")), Some(name))
            }
            _ => (nodes.get(route53, "VpcEndpointHostedZoneId"), nodes.get(route53, "VpcEndpointDomainName")),
        };
        let entries = [("HostedZoneId", zone), ("DNSName", name)];
        let entries: Vec<_> = entries.into_iter().filter_map(|(key, node)| Some((key, node?))).collect();
        nodes.map(key, &entries)
    }
}

fn report_unknown_keys(lowering: &mut Lowering<'_>, api: &Parent, map: NodeId) {
    for (key, entry) in lowering.nodes.pairs(map) {
        if !KEYS.contains(&key.as_str()) {
            let span = lowering.nodes.span(entry.key);
            let near = match key.contains("AccessAssociation") {
                true => Some("AccessAssociation"),
                false => nearest(&key, &KEYS),
            };
            let associates = lowering.nodes.get(entry.value, "VpcEndpointId").is_some();
            let kind = SurpriseKind::UnknownDomainKey { key, associates, nearest: near };
            lowering.surprise(&api.id, span, kind);
        }
    }
}
