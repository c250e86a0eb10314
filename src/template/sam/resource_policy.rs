//! The lists of `Auth.ResourcePolicy` → statements of `x-amazon-apigateway-policy`.
//!
//! Writes the statements the translator writes, in its order, with the user's own values in them. Judges
//! nothing. Source: aws-sam-translator 1.115.0, `swagger/swagger.py`.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Refuse, Step};
use crate::template::sam::nodes::{Nodes, Shape};
use crate::template::sam::openapi::{self, POLICY};
use crate::template::sam::policy_lists::{Lists, Test};

/// Appends the statements for one path of the body.
pub(super) fn add_for_path(
    lowering: &mut Lowering<'_>,
    lists: &Lists,
    body: NodeId,
    path: &str,
    stage: NodeId,
) -> Step {
    let mut policy = Policy::open(&mut lowering.nodes, &mut lowering.statements, body)?;
    let resources = |nodes: &mut Nodes, key: Span| resources(nodes, body, path, stage, key);
    if let Some(test) = lists.account_allow {
        let resources = resources(policy.nodes, test.key);
        policy.account(test, "Allow", resources);
    }
    if let Some(test) = lists.account_deny {
        let resources = resources(policy.nodes, test.key);
        policy.account(test, "Deny", resources);
    }
    for (test, operator) in [(lists.ip_allow, "NotIpAddress"), (lists.ip_deny, "IpAddress")] {
        let Some(test) = test else { continue };
        let resources = resources(policy.nodes, test.key);
        policy.pair(test.key, operator, &[("aws:SourceIp", test)], resources);
    }
    for (tests, operator) in [(lists.vpc_deny, "StringEquals"), (lists.vpc_allow, "StringNotEquals")] {
        let keys = [("aws:SourceVpc", tests.vpc), ("aws:SourceVpce", tests.endpoint)];
        let keys: Vec<_> = keys.into_iter().filter_map(|(key, test)| Some((key, test?))).collect();
        if !keys.iter().any(|(_, test)| policy.nodes.is_truthy(test.values)) {
            continue;
        }
        let Some((_, first)) = keys.first().copied() else { continue };
        let resources = resources(policy.nodes, first.key);
        policy.pair(first.key, operator, &keys, resources);
    }
    Ok(())
}

/// Appends `CustomStatements`, once per body.
pub(super) fn add_custom(lowering: &mut Lowering<'_>, lists: &Lists, body: NodeId) -> Step {
    let Some(custom) = lists.custom else { return Ok(()) };
    let mut policy = Policy::open(&mut lowering.nodes, &mut lowering.statements, body)?;
    policy.set_version(custom.key);
    if policy.nodes.get(policy.document, "Statement").is_none() {
        policy.nodes.set(policy.document, "Statement", custom.key, custom.values);
        return Ok(());
    }
    let statements = match policy.nodes.shape(custom.values) {
        Shape::List => policy.nodes.items(custom.values),
        _ => vec![custom.values],
    };
    for statement in statements {
        policy.append(statement, true);
    }
    Ok(())
}

/// What the statement lists hold already, as digests, so that adding stays linear.
#[derive(Debug, Default)]
pub(super) struct Statements {
    known: FxHashMap<NodeId, (usize, FxHashSet<[u8; 20]>)>,
}

impl Statements {
    /// Whether a list holds the same statement as `statement`.
    fn holds(&mut self, nodes: &Nodes, list: NodeId, statement: NodeId) -> bool {
        let (count, digests) = self.known.entry(list).or_default();
        let items = nodes.tree.items(list);
        for &item in items.iter().skip(*count) {
            digests.insert(identifier::digest(nodes, item));
        }
        *count = items.len();
        digests.contains(&identifier::digest(nodes, statement))
    }
}

/// The policy of a body, ready to be added to.
struct Policy<'nodes> {
    nodes: &'nodes mut Nodes,
    statements: &'nodes mut Statements,
    document: NodeId,
}

impl<'nodes> Policy<'nodes> {
    fn open(nodes: &'nodes mut Nodes, statements: &'nodes mut Statements, body: NodeId) -> Step<Self> {
        let document = match nodes.get_truthy(body, POLICY) {
            Some(existing) if nodes.shape(existing) == Shape::Map => nodes.own_child(body, POLICY),
            Some(existing) => {
                return Err(Refuse::new(nodes.span(existing), format!("`{POLICY}` is no map")));
            }
            None => None,
        };
        let document = document.unwrap_or_else(|| {
            let span = nodes.span(body);
            let empty = nodes.map(span, &[]);
            nodes.set(body, POLICY, span, empty);
            empty
        });
        Ok(Self { nodes, statements, document })
    }

    fn set_version(&mut self, key: Span) {
        let version = self.nodes.string(key, "2012-10-17");
        self.nodes.set(self.document, "Version", key, version);
    }

    fn statement(&mut self, key: Span, effect: &str, resources: NodeId, principal: NodeId) -> NodeId {
        let effect = self.nodes.string(key, effect);
        let action = self.nodes.string(key, "execute-api:Invoke");
        let entries =
            [("Effect", effect), ("Action", action), ("Resource", resources), ("Principal", principal)];
        self.nodes.map(key, &entries)
    }

    fn account(&mut self, test: Test, effect: &str, resources: NodeId) {
        self.set_version(test.key);
        let principal = self.nodes.map(test.key, &[("AWS", test.values)]);
        let statement = self.statement(test.key, effect, resources, principal);
        match self.nodes.get(self.document, "Statement") {
            Some(_) => self.append(statement, false),
            None => self.nodes.set(self.document, "Statement", test.key, statement),
        }
    }

    /// Allow to everyone, and Deny to those whom the operator matches.
    fn pair(&mut self, key: Span, operator: &str, tests: &[(&str, Test)], resources: NodeId) {
        self.set_version(key);
        let everyone = self.nodes.string(key, "*");
        let allow = self.statement(key, "Allow", resources, everyone);
        let deny = self.statement(key, "Deny", resources, everyone);
        let tests = tests.iter().map(|&(name, test)| (name, test.key, test.values));
        let tests = self.nodes.tree.add_mapping(key, tests);
        let condition = self.nodes.map(key, &[(operator, tests)]);
        self.nodes.set(deny, "Condition", key, condition);
        if self.nodes.get(self.document, "Statement").is_none() {
            let empty = self.nodes.list(key, Vec::new());
            self.nodes.set(self.document, "Statement", key, empty);
        }
        self.append(allow, true);
        self.append(deny, true);
    }

    /// Adds a statement, unless `once` and the same one is there.
    fn append(&mut self, statement: NodeId, once: bool) {
        let Some(existing) = self.nodes.own_child(self.document, "Statement") else { return };
        let list = match self.nodes.shape(existing) {
            Shape::List => existing,
            _ => {
                let span = self.nodes.span(existing);
                let list = self.nodes.list(span, vec![existing]);
                self.nodes.set(self.document, "Statement", span, list);
                list
            }
        };
        let known = once && self.statements.holds(self.nodes, list, statement);
        if !known {
            self.nodes.push(list, statement);
        }
    }
}

/// One entry per key of the path's items: the translator takes every key for a method.
fn resources(nodes: &mut Nodes, body: NodeId, path: &str, stage: NodeId, key: Span) -> NodeId {
    let item = nodes.get(body, "paths").and_then(|paths| nodes.get(paths, path));
    let alternatives = item.map(|item| nodes.alternatives(item)).unwrap_or_default();
    let methods: Vec<_> = alternatives.into_iter().flat_map(|item| nodes.keys(item)).collect();
    let path = openapi::without_parameters(path);
    let entries = methods.iter().map(|method| {
        let method = match method.to_ascii_lowercase().as_str() {
            "any" | openapi::ANY_METHOD => "*".to_owned(),
            _ => method.to_uppercase(),
        };
        nodes.sub(key, &format!("execute-api:/${{__Stage__}}/{method}{path}"), &[("__Stage__", stage)])
    });
    let entries: Vec<_> = entries.collect();
    nodes.list(key, entries)
}
