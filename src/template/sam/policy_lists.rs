//! The lists of `Auth.ResourcePolicy`: what iterating each of them gives, as the translator does it.
//!
//! Reads only; what they come to besides is recorded as surprises. Source: aws-sam-translator 1.115.0,
//! `swagger/swagger.py`.

use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::lowered::{NotAList, RefusalKind, SurpriseKind};
use crate::template::sam::list_items;
use crate::template::sam::lowering::{Lowering, Refuse};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::schema::nearest;

/// The lists of a resource policy.
pub(super) const LIST_FIELDS: [&str; 10] = [
    "AwsAccountWhitelist",
    "AwsAccountBlacklist",
    "IpRangeWhitelist",
    "IpRangeBlacklist",
    "SourceVpcWhitelist",
    "SourceVpcBlacklist",
    "IntrinsicVpcWhitelist",
    "IntrinsicVpcBlacklist",
    "IntrinsicVpceWhitelist",
    "IntrinsicVpceBlacklist",
];

const STATEMENTS: &str = "CustomStatements";

/// A value that a statement tests, with the key it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub(super) key: Span,
    pub(super) values: NodeId,
}

/// What the VPC lists of one kind come to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VpcTests {
    pub(super) vpc: Option<Test>,
    pub(super) endpoint: Option<Test>,
}

/// The lists of a resource policy, read once and applied to each path.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) account_allow: Option<Test>,
    pub(super) account_deny: Option<Test>,
    pub(super) ip_allow: Option<Test>,
    pub(super) ip_deny: Option<Test>,
    pub(super) vpc_deny: VpcTests,
    pub(super) vpc_allow: VpcTests,
    pub(super) custom: Option<Test>,
    /// Whether any list is written at all.
    pub(super) any: bool,
}

/// Reads the lists of a resource policy that is a map. Surprises are recorded under `resource`.
pub(super) fn read(lowering: &mut Lowering<'_>, resource: &str, policy: NodeId) -> Lists {
    report_unknown_keys(lowering, resource, policy);
    let list = |lowering: &Lowering<'_>, field: &str| lowering.nodes.entry(policy, field);
    let custom = list(lowering, STATEMENTS).filter(|entry| lowering.nodes.is_truthy(entry.value));
    let any = LIST_FIELDS.iter().any(|field| lowering.nodes.get(policy, field).is_some());
    Lists {
        account_allow: accounts(lowering, resource, list(lowering, "AwsAccountWhitelist")),
        account_deny: accounts(lowering, resource, list(lowering, "AwsAccountBlacklist")),
        ip_allow: addresses(lowering, list(lowering, "IpRangeWhitelist")),
        ip_deny: addresses(lowering, list(lowering, "IpRangeBlacklist")),
        vpc_deny: vpc_tests(lowering, resource, policy, true),
        vpc_allow: vpc_tests(lowering, resource, policy, false),
        custom: custom.map(|entry| Test {
            key: lowering.nodes.span(entry.key),
            values: lowering.resolved(entry.value),
        }),
        any,
    }
}

fn accounts(lowering: &mut Lowering<'_>, resource: &str, entry: Option<Entry>) -> Option<Test> {
    let entry = entry?;
    let key = lowering.nodes.span(entry.key);
    let value = lowering.resolved(entry.value);
    if !lowering.nodes.is_truthy(value) {
        return None;
    }
    let values = match lowering.nodes.shape(value) {
        Shape::List => value,
        Shape::Map | Shape::Intrinsic(_) => lowering.nodes.list(key, vec![value]),
        Shape::Text(_) | Shape::Number(_) | Shape::Bool(_) | Shape::Null => {
            let span = lowering.nodes.span(entry.value);
            lowering.refuse(Some(resource), Refuse::new(span, "the account list must be a list"));
            lowering.nodes.list(key, vec![entry.value])
        }
    };
    Some(Test { key, values })
}

fn addresses(lowering: &mut Lowering<'_>, entry: Option<Entry>) -> Option<Test> {
    let entry = entry?;
    let key = lowering.nodes.span(entry.key);
    let value = lowering.resolved(entry.value);
    if !lowering.nodes.is_truthy(value) {
        return None;
    }
    let values = match lowering.nodes.shape(value) {
        Shape::List => value,
        // A list parameter is taken as a list, as in `intrinsic_list`.
        _ if lowering.is_list_parameter(entry.value) => entry.value,
        _ => lowering.nodes.list(key, vec![entry.value]),
    };
    Some(Test { key, values })
}

/// The three lists of one kind together.
fn vpc_tests(lowering: &mut Lowering<'_>, resource: &str, policy: NodeId, deny: bool) -> VpcTests {
    let suffix = if deny { "Blacklist" } else { "Whitelist" };
    let mut vpcs = Collected::default();
    let mut endpoints = Collected::default();
    let field = format!("SourceVpc{suffix}");
    if let Some(entry) = lowering.nodes.entry(policy, &field) {
        source_list(lowering, &Field { resource, name: &field, entry }, &mut vpcs, &mut endpoints);
    }
    for (field, into) in
        [(format!("IntrinsicVpc{suffix}"), &mut vpcs), (format!("IntrinsicVpce{suffix}"), &mut endpoints)]
    {
        if let Some(entry) = lowering.nodes.entry(policy, &field) {
            intrinsic_list(lowering, &Field { resource, name: &field, entry }, into);
        }
    }
    VpcTests { vpc: vpcs.test(&mut lowering.nodes), endpoint: endpoints.test(&mut lowering.nodes) }
}

/// A written list field.
struct Field<'a> {
    resource: &'a str,
    name: &'a str,
    entry: Entry,
}

/// Values gathered from several fields.
#[derive(Default)]
struct Collected {
    key: Option<Span>,
    span: Option<Span>,
    items: Vec<NodeId>,
    /// A whole list that only CloudFormation knows, instead of items.
    whole: Option<NodeId>,
}

impl Collected {
    fn begin(&mut self, key: Span, span: Span) {
        self.key.get_or_insert(key);
        self.span.get_or_insert(span);
    }

    fn test(self, nodes: &mut Nodes) -> Option<Test> {
        let key = self.key?;
        let values = match (self.whole, self.items.is_empty()) {
            (Some(whole), true) => whole,
            (whole, _) => {
                let items = self.items.into_iter().chain(whole).collect();
                nodes.list(self.span.unwrap_or(key), items)
            }
        };
        Some(Test { key, values })
    }
}

/// `IntrinsicVpc…` and `IntrinsicVpce…`: extended by whatever iterating the value gives.
fn intrinsic_list(lowering: &mut Lowering<'_>, field: &Field<'_>, into: &mut Collected) {
    let written = field.entry.value;
    let (key, span) = (lowering.nodes.span(field.entry.key), lowering.nodes.span(written));
    let value = lowering.resolved(written);
    if lowering.is_list_parameter(written) && !lowering.is_list(value) {
        // How CloudFormation hands list parameters to the transform is not documented; taken as a list, as
        // its author means it, and reported.
        into.begin(key, span);
        into.whole = Some(written);
        return report_not_a_list(lowering, field, NotAList::ListParameter, Vec::new());
    }
    let referenced = lowering.nodes.referenced(written).is_some();
    let (given, pieces) = match lowering.nodes.shape(value) {
        Shape::Null => return,
        Shape::List => {
            into.begin(key, span);
            into.items.extend(lowering.nodes.items(value));
            return;
        }
        Shape::Text(text) => {
            let given = if referenced { NotAList::Reference } else { NotAList::Text };
            (given, text.chars().map(String::from).collect())
        }
        Shape::Intrinsic(intrinsic) => {
            let name = intrinsic.function.name().to_owned();
            let given = if referenced { NotAList::Reference } else { NotAList::Intrinsic(name.clone()) };
            (given, vec![name])
        }
        Shape::Map => (NotAList::Map, lowering.nodes.keys(value)),
        Shape::Bool(_) | Shape::Number(_) => {
            let reason = format!("`{}` must be a list", field.name);
            return lowering.refuse(Some(field.resource), Refuse::new(span, reason));
        }
    };
    into.begin(key, span);
    for piece in &pieces {
        into.items.push(lowering.nodes.string(span, piece));
    }
    report_not_a_list(lowering, field, given, pieces);
}

fn report_not_a_list(lowering: &mut Lowering<'_>, field: &Field<'_>, given: NotAList, becomes: Vec<String>) {
    let span = lowering.nodes.tree.tagged_span(field.entry.value);
    let items = match &given {
        // SAM wants to see the text of what stands in the other lists.
        NotAList::Intrinsic(_) if field.name.starts_with("Intrinsic") => {
            list_items::of(lowering, field.entry.value)
        }
        _ => None,
    };
    let kind = SurpriseKind::AllowListNotAList { field: field.name.to_owned(), given, becomes, items };
    lowering.surprise(field.resource, span, kind);
}

/// `SourceVpc…`: sorted by prefix, the rest dropped without a word.
fn source_list(
    lowering: &mut Lowering<'_>,
    field: &Field<'_>,
    vpcs: &mut Collected,
    endpoints: &mut Collected,
) {
    let written = field.entry.value;
    let key = lowering.nodes.span(field.entry.key);
    let value = lowering.resolved(written);
    let referenced = lowering.nodes.referenced(written).is_some();
    let given = match lowering.nodes.shape(value) {
        Shape::Null => return,
        Shape::List => {
            let items = lowering.nodes.items(value);
            let kinds = items.iter().map(|&item| source_entry(lowering, field, item, vpcs, endpoints));
            let kinds: Vec<Kind> = kinds.collect();
            let empties = kinds.iter().all(|kind| *kind == Kind::Neither);
            for (item, _) in items.into_iter().zip(kinds).filter(|(_, kind)| *kind == Kind::Neither) {
                let span = lowering.nodes.tree.tagged_span(item);
                let parameter = lowering.parameter_name(item);
                let field_name = field.name.to_owned();
                let kind = SurpriseKind::AllowListEntryIgnored { field: field_name, parameter, empties };
                lowering.surprise(field.resource, span, kind);
            }
            return;
        }
        _ if lowering.is_list_parameter(written) => {
            let is_vpc = lowering.nodes.text(value).is_some_and(|text| text.starts_with("vpc-"))
                || guess(lowering, written) == Kind::Vpc;
            let into = if is_vpc { vpcs } else { endpoints };
            into.begin(key, lowering.nodes.span(written));
            into.whole = Some(written);
            NotAList::ListParameter
        }
        Shape::Text(_) | Shape::Intrinsic(_) if referenced => NotAList::Reference,
        Shape::Text(_) => NotAList::Text,
        Shape::Intrinsic(intrinsic) => NotAList::Intrinsic(intrinsic.function.name().to_owned()),
        Shape::Map => NotAList::Map,
        Shape::Bool(_) | Shape::Number(_) => {
            let reason = format!("`{}` must be a list", field.name);
            return lowering.refuse(Some(field.resource), Refuse::new(lowering.nodes.span(written), reason));
        }
    };
    report_not_a_list(lowering, field, given, Vec::new());
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Vpc,
    Endpoint,
    Neither,
}

fn by_prefix(text: &str) -> Kind {
    if text.starts_with("vpce-") {
        Kind::Endpoint
    } else if text.starts_with("vpc-") {
        Kind::Vpc
    } else {
        Kind::Neither
    }
}

/// Puts an entry where its prefix sends it.
fn source_entry(
    lowering: &mut Lowering<'_>,
    field: &Field<'_>,
    item: NodeId,
    vpcs: &mut Collected,
    endpoints: &mut Collected,
) -> Kind {
    let span = lowering.nodes.tree.tagged_span(item);
    let kind = match (lowering.resolved_text(item), lowering.parameter_name(item)) {
        (Some(text), _) => by_prefix(&text),
        (None, Some(parameter)) => {
            let kind = SurpriseKind::AllowListEntryUnknown { field: field.name.to_owned(), parameter };
            lowering.surprise(field.resource, span, kind);
            guess(lowering, item)
        }
        (None, None) => {
            let reason = format!("`{}` must be a list of strings", field.name);
            let kind = match lowering.nodes.shape(item) {
                Shape::Map | Shape::List => RefusalKind::AllowListObject,
                _ => RefusalKind::AllowListEntry,
            };
            let refuse = Refuse::new(span, reason).of_kind(kind);
            lowering.refuse(Some(field.resource), refuse);
            Kind::Endpoint
        }
    };
    let key = lowering.nodes.span(field.entry.key);
    let into = match kind {
        Kind::Vpc => vpcs,
        Kind::Endpoint => endpoints,
        Kind::Neither => return kind,
    };
    into.begin(key, lowering.nodes.span(field.entry.value));
    into.items.push(item);
    kind
}

/// What a parameter without a value probably holds: after its type, its allowed values, its name.
fn guess(lowering: &Lowering<'_>, reference: NodeId) -> Kind {
    let name = lowering.nodes.referenced(reference);
    let Some(parameter) = name.and_then(|name| lowering.template.parameter(name)) else {
        return Kind::Endpoint;
    };
    let allowed = parameter.allowed.iter().filter_map(|&value| lowering.nodes.text(value)).map(by_prefix);
    if let Some(kind) = allowed.clone().find(|kind| *kind != Kind::Neither) {
        return kind;
    }
    let name = parameter.name.to_ascii_lowercase();
    let names_endpoint = name.contains("vpce") || name.contains("endpoint");
    if parameter.type_name.contains("AWS::EC2::VPC::Id") || (name.contains("vpc") && !names_endpoint) {
        return Kind::Vpc;
    }
    Kind::Endpoint
}

fn report_unknown_keys(lowering: &mut Lowering<'_>, resource: &str, policy: NodeId) {
    let known: Vec<&'static str> = LIST_FIELDS.into_iter().chain([STATEMENTS]).collect();
    let pairs = lowering.nodes.pairs(policy);
    let alone = pairs.iter().all(|(key, _)| !known.contains(&key.as_str()));
    for (key, entry) in pairs.into_iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        let span = lowering.nodes.span(entry.key);
        let kind = SurpriseKind::UnknownPolicyKey { nearest: nearest(&key, &known), key, alone };
        lowering.surprise(resource, span, kind);
    }
}
