//! What an OpenAPI or Swagger body says about exposure: methods and their authorization, the policy and
//! endpoint extensions.
//!
//! Walks nodes and follows conditions only where it has to; nothing of the body is copied.

use crate::exposure::configuration::{Idle, IdleExtension, idle_key};
use crate::exposure::model::{Auth, Method};
use crate::exposure::served::Served;
use crate::order::Order;
use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::guards::Guard;
use crate::template::intrinsic::{Function, Intrinsic, intrinsic};
use crate::template::resolve::Resolver;
use crate::template::value::{Sourced, Value};

/// Extension that holds the resource policy.
pub(crate) const POLICY_EXTENSION: &str = "x-amazon-apigateway-policy";

/// Extension that holds endpoint ids and the disable flag.
const ENDPOINT_EXTENSION: &str = "x-amazon-apigateway-endpoint-configuration";

/// Deepest nesting of `Fn::If` that is followed around one node.
const MAX_BRANCHES: usize = 64;

/// What a node is after following conditions.
pub(crate) enum Settled {
    /// This node, which is no function.
    Node(NodeId),
    /// `AWS::NoValue`.
    Absent,
    /// Something that is not in the template.
    Hidden(Span),
}

/// Follows `Fn::If` and `AWS::NoValue` around a node, without working out what is inside.
pub(crate) fn settle(resolver: &mut Resolver<'_, '_>, mut node: NodeId) -> Settled {
    for _ in 0..MAX_BRANCHES {
        let tree = resolver.tree();
        if let Some(&document) = resolver.scope().lowered.documents.get(&node) {
            return Settled::Node(document);
        }
        let span = tree.tagged_span(node);
        let Some(Intrinsic { function, argument }) = intrinsic(tree, node) else {
            return Settled::Node(node);
        };
        match function {
            Function::If => {
                let [condition, yes, no] = *tree.items(argument) else { return Settled::Hidden(span) };
                let Some(name) = tree.scalar(condition) else { return Settled::Hidden(span) };
                match resolver.condition(name) {
                    Some(true) => node = yes,
                    Some(false) => node = no,
                    None => return Settled::Hidden(span),
                }
            }
            Function::Ref if tree.scalar(argument) == Some("AWS::NoValue") => return Settled::Absent,
            Function::ToJsonString if argument != node => node = argument,
            Function::ToJsonString => return Settled::Node(node),
            _ => return Settled::Hidden(span),
        }
    }
    Settled::Hidden(resolver.tree().tagged_span(node))
}

/// What a node can be by the conditions around it, each with the formula under which it is, of `when`. Makes no
/// choice.
fn alternatives(resolver: &mut Resolver<'_, '_>, node: NodeId, when: Guard) -> Vec<(Guard, Settled)> {
    let tree = resolver.tree();
    let mut found = Vec::new();
    let mut open = vec![(when, node)];
    while let Some((when, node)) = open.pop() {
        let here = resolver.path().guard();
        if resolver.path().guards().and(here, when) == Guard::NEVER {
            continue;
        }
        let span = tree.tagged_span(node);
        let Some(Intrinsic { function, argument }) = intrinsic(tree, node) else {
            found.push((when, Settled::Node(node)));
            continue;
        };
        match (function, tree.items(argument)) {
            (Function::If, &[condition, yes, no]) if found.len() + open.len() < MAX_BRANCHES => {
                let Some(name) = tree.scalar(condition) else {
                    found.push((when, Settled::Hidden(span)));
                    continue;
                };
                let holds = resolver.condition_guard(name);
                let guards = resolver.path().guards();
                let opposite = guards.not(holds);
                open.push((guards.and(when, opposite), no));
                open.push((guards.and(when, holds), yes));
            }
            (Function::Ref, _) if tree.scalar(argument) == Some("AWS::NoValue") => {
                found.push((when, Settled::Absent));
            }
            (Function::ToJsonString, _) if argument != node => open.push((when, argument)),
            (Function::ToJsonString, _) => found.push((when, Settled::Node(node))),
            _ => found.push((when, Settled::Hidden(span))),
        }
    }
    found
}

/// The body of an API as far as it is in the template.
pub(crate) struct Body {
    root: NodeId,
    open_api_3: bool,
    /// Where content comes in that is not in the template.
    pub(crate) hidden: Option<Span>,
}

impl Body {
    /// Reads the body at `node`, which is settled.
    pub(crate) fn read(resolver: &Resolver<'_, '_>, node: NodeId) -> Self {
        let tree = resolver.tree();
        let hidden = tree.get(node, "Fn::Transform").map(|transform| tree.span(transform));
        Self { root: node, open_api_3: tree.get(node, "openapi").is_some(), hidden }
    }

    fn settled(&self, resolver: &mut Resolver<'_, '_>, key: &str) -> Option<NodeId> {
        let node = resolver.tree().get(self.root, key)?;
        match settle(resolver, node) {
            Settled::Node(node) => Some(node),
            Settled::Absent | Settled::Hidden(_) => None,
        }
    }

    /// The policy extension.
    pub(crate) fn policy(&self, resolver: &Resolver<'_, '_>) -> Option<Entry> {
        resolver.tree().entry(self.root, POLICY_EXTENSION)
    }

    /// Endpoint extensions at the level at which API Gateway reads them: Swagger 2 at the top, OpenAPI 3 inside
    /// each server (API Gateway developer guide, `x-amazon-apigateway-endpoint-configuration`).
    fn endpoint_extensions(&self, resolver: &mut Resolver<'_, '_>) -> Vec<NodeId> {
        if !self.open_api_3 {
            return self.settled(resolver, ENDPOINT_EXTENSION).into_iter().collect();
        }
        let Some(servers) = self.settled(resolver, "servers") else { return Vec::new() };
        let tree = resolver.tree();
        let mut found = Vec::new();
        for &server in tree.items(servers) {
            if let Settled::Node(server) = settle(resolver, server)
                && let Some(node) = tree.get(server, ENDPOINT_EXTENSION)
                && let Settled::Node(node) = settle(resolver, node)
            {
                found.push(node);
            }
        }
        found
    }

    /// Endpoint ids in effective extensions, with the place of their key.
    pub(crate) fn endpoint_ids(&self, resolver: &mut Resolver<'_, '_>) -> Option<(Span, Sourced)> {
        let extensions = self.endpoint_extensions(resolver);
        let tree = resolver.tree();
        let ids = extensions.into_iter().find_map(|node| tree.entry(node, "vpcEndpointIds"))?;
        Some((tree.span(ids.key), resolver.resolve(ids.value)))
    }

    /// The text that may hide an effective endpoint extension.
    pub(crate) fn hidden_association(&self, resolver: &mut Resolver<'_, '_>) -> Option<Span> {
        if self.hidden.is_some() {
            return self.hidden;
        }
        let tree = resolver.tree();
        let mut within = |key: &str, holder: NodeId| match settle(resolver, tree.get(holder, key)?) {
            Settled::Hidden(span) => Some(span),
            Settled::Node(node) => tree.get(node, "Fn::Transform").map(|transform| tree.span(transform)),
            Settled::Absent => None,
        };
        if !self.open_api_3 {
            return within(ENDPOINT_EXTENSION, self.root);
        }
        within("servers", self.root).or_else(|| {
            let servers = tree.get(self.root, "servers").map_or(&[][..], |servers| tree.items(servers));
            servers.iter().find_map(|&server| {
                let included = tree.get(server, "Fn::Transform").map(|transform| tree.span(transform));
                included.or_else(|| within(ENDPOINT_EXTENSION, server))
            })
        })
    }

    /// Endpoint extensions at the level of the other version, and keys in effective ones, that API Gateway does not
    /// read (its developer guide, `x-amazon-apigateway-endpoint-configuration`: `disableExecuteApiEndpoint` and
    /// `vpcEndpointIds` are all there is).
    pub(crate) fn idle_extensions(&self, resolver: &mut Resolver<'_, '_>) -> Vec<IdleExtension> {
        let tree = resolver.tree();
        let misplaced = if self.open_api_3 {
            tree.entry(self.root, ENDPOINT_EXTENSION).into_iter().collect()
        } else {
            let servers = tree.get(self.root, "swagger").and_then(|_| self.settled(resolver, "servers"));
            let servers = servers.map_or(&[][..], |servers| tree.items(servers)).iter();
            servers.filter_map(|&server| tree.entry(server, ENDPOINT_EXTENSION)).collect::<Vec<_>>()
        };
        let kind = if self.open_api_3 { Idle::AtTheTop } else { Idle::InServers };
        let written =
            misplaced.into_iter().filter(|it| !matches!(settle(resolver, it.value), Settled::Absent));
        let mut found: Vec<IdleExtension> =
            written.map(|entry| IdleExtension { span: tree.span(entry.key), kind: kind.clone() }).collect();
        for node in self.endpoint_extensions(resolver) {
            found.extend(tree.entries(node).iter().filter_map(|entry| {
                Some(IdleExtension { span: tree.span(entry.key), kind: idle_key(tree.scalar(entry.key)?)? })
            }));
        }
        found.order_by_key(|idle| idle.span);
        found
    }

    /// The disable flag in effective extensions.
    pub(crate) fn disabled(&self, resolver: &mut Resolver<'_, '_>) -> Option<Sourced> {
        let extensions = self.endpoint_extensions(resolver);
        let flag =
            extensions.into_iter().find_map(|node| resolver.tree().get(node, "disableExecuteApiEndpoint"))?;
        Some(resolver.resolve(flag))
    }

    /// Adds all methods, in written order, each with the formula under which it is there; makes no choices for
    /// them. Gives whether all of them could be read.
    pub(crate) fn methods(&self, resolver: &mut Resolver<'_, '_>, methods: &mut Vec<Served>) -> bool {
        let mut complete = self.hidden.is_none();
        let tree = resolver.tree();
        let Some(written) = tree.get(self.root, "paths") else { return complete };
        let default = tree.get(self.root, "security");
        for (when, paths) in alternatives(resolver, written, Guard::ALWAYS) {
            let Settled::Node(paths) = paths else {
                complete = false;
                continue;
            };
            for entry in tree.entries(paths) {
                let Some(path) = tree.scalar(entry.key) else { continue };
                if path.starts_with("Fn::") {
                    complete = false;
                    continue;
                }
                for (when, item) in alternatives(resolver, entry.value, when) {
                    match item {
                        Settled::Node(item) => {
                            complete &= self.path_item(resolver, path, (when, item), default, methods);
                        }
                        Settled::Absent => {}
                        Settled::Hidden(_) => complete = false,
                    }
                }
            }
        }
        complete
    }

    /// Where the body asks for an authorizer on every operation that does not say otherwise.
    pub(crate) fn default_authorizer(&self, resolver: &mut Resolver<'_, '_>) -> Option<Span> {
        let security = self.settled(resolver, "security")?;
        let tree = resolver.tree();
        let mut schemes = tree.items(security).iter().flat_map(|&one| tree.entries(one));
        let asks = |entry: &Entry| {
            tree.scalar(entry.key).is_some_and(|name| self.scheme(resolver, name) != Auth::None)
        };
        schemes.any(asks).then(|| tree.span(security))
    }

    fn path_item(
        &self,
        resolver: &mut Resolver<'_, '_>,
        path: &str,
        (when, item): (Guard, NodeId),
        default: Option<NodeId>,
        methods: &mut Vec<Served>,
    ) -> bool {
        let tree = resolver.tree();
        let mut complete = true;
        for entry in tree.entries(item) {
            let Some(key) = tree.scalar(entry.key) else { continue };
            let Some(method) = method_name(key) else {
                complete &= key != "$ref" && !key.starts_with("Fn::");
                continue;
            };
            for (when, operation) in alternatives(resolver, entry.value, when) {
                match operation {
                    Settled::Node(operation) => {
                        for (when, auth) in self.auth(resolver, (when, operation), default) {
                            let (path, method, span) =
                                (path.to_owned(), method.clone(), tree.span(entry.key));
                            methods.push(Served { when, method: Method { path, method, auth, span } });
                        }
                    }
                    Settled::Absent => {}
                    Settled::Hidden(_) => complete = false,
                }
            }
        }
        complete
    }

    /// The authorization of an operation, by the formula under which it is so.
    fn auth(
        &self,
        resolver: &mut Resolver<'_, '_>,
        (when, operation): (Guard, NodeId),
        default: Option<NodeId>,
    ) -> Vec<(Guard, Auth)> {
        let tree = resolver.tree();
        let own = tree.get(operation, "x-amazon-apigateway-auth").and_then(|node| tree.get(node, "type"));
        if let Some(own) = own {
            let auth = match tree.scalar(own).map(str::to_ascii_uppercase).as_deref() {
                Some("AWS_IAM") => Auth::Iam,
                Some("NONE") => Auth::None,
                _ => Auth::Unknown,
            };
            return vec![(when, auth)];
        }
        let Some(security) = tree.get(operation, "security").or(default) else {
            return vec![(when, Auth::None)];
        };
        let found = alternatives(resolver, security, when).into_iter();
        let mut all: Vec<(Guard, Auth)> = Vec::new();
        for (when, security) in found {
            let Settled::Node(security) = security else {
                all.push((when, Auth::Unknown));
                continue;
            };
            let mut auths = vec![(when, Auth::None)];
            for &requirement in tree.items(security) {
                auths = self.required(resolver, requirement, auths);
            }
            for (when, auth) in auths {
                match all.iter_mut().find(|(_, known)| *known == auth) {
                    Some((known, _)) => *known = resolver.path().guards().or(*known, when),
                    None => all.push((when, auth)),
                }
            }
        }
        all
    }

    /// The authorization with one more requirement: the first that asks for something counts.
    fn required(
        &self,
        resolver: &mut Resolver<'_, '_>,
        requirement: NodeId,
        before: Vec<(Guard, Auth)>,
    ) -> Vec<(Guard, Auth)> {
        let tree = resolver.tree();
        let mut after: Vec<(Guard, Auth)> = Vec::new();
        for (when, known) in before {
            for (when, requirement) in alternatives(resolver, requirement, when) {
                let asked = match requirement {
                    Settled::Node(requirement) => {
                        let mut schemes = tree.entries(requirement).iter().map(|entry| {
                            tree.scalar(entry.key).map_or(Auth::Unknown, |name| self.scheme(resolver, name))
                        });
                        schemes.find(|&auth| auth != Auth::None).unwrap_or(Auth::None)
                    }
                    Settled::Absent => Auth::None,
                    Settled::Hidden(_) => Auth::Unknown,
                };
                let auth = if known == Auth::None { asked } else { known };
                match after.iter_mut().find(|(_, other)| *other == auth) {
                    Some((guard, _)) => *guard = resolver.path().guards().or(*guard, when),
                    None => after.push((when, auth)),
                }
            }
        }
        after
    }

    fn scheme(&self, resolver: &Resolver<'_, '_>, name: &str) -> Auth {
        let tree = resolver.tree();
        let definitions = tree
            .get(self.root, "securityDefinitions")
            .or_else(|| tree.get_path(self.root, &["components", "securitySchemes"]));
        let Some(scheme) = definitions.and_then(|definitions| tree.get(definitions, name)) else {
            return match name {
                // What SAM leaves behind for an event that takes the default authorizer off.
                "NONE" | "api_key_false" => Auth::None,
                // SAM's and the console's own names for IAM.
                _ if name.eq_ignore_ascii_case("sigv4") || name == "AWS_IAM" => Auth::Iam,
                _ => Auth::Unknown,
            };
        };
        let text = |keys: &[&str]| tree.get_path(scheme, keys).and_then(|node| tree.scalar(node));
        match text(&["x-amazon-apigateway-authtype"]).map(str::to_ascii_lowercase).as_deref() {
            Some("awssigv4") => return Auth::Iam,
            Some("cognito_user_pools") => return Auth::Cognito,
            _ => {}
        }
        match text(&["x-amazon-apigateway-authorizer", "type"]).map(str::to_ascii_lowercase).as_deref() {
            Some("cognito_user_pools") => Auth::Cognito,
            Some("token" | "request") => Auth::Lambda,
            Some(_) => Auth::Unknown,
            None if tree.get(scheme, "x-amazon-apigateway-authorizer").is_some() => Auth::Unknown,
            // A scheme without an authorizer is documentation, and an API key proves nothing about the caller.
            None => Auth::None,
        }
    }
}

/// Upper-case method of a path item's key, `*` for the any-method extension.
fn method_name(key: &str) -> Option<String> {
    match key.to_ascii_lowercase().as_str() {
        "x-amazon-apigateway-any-method" => Some("*".to_owned()),
        lower @ ("get" | "put" | "post" | "delete" | "options" | "head" | "patch") => {
            Some(lower.to_ascii_uppercase())
        }
        _ => None,
    }
}

/// The authorization type of a written `AWS::ApiGateway::Method`.
pub(crate) fn method_auth(value: Option<&Value>) -> Auth {
    match value.map(|value| value.as_text()) {
        None | Some(Some("NONE")) => Auth::None,
        Some(Some("AWS_IAM")) => Auth::Iam,
        Some(Some("CUSTOM")) => Auth::Lambda,
        Some(Some("COGNITO_USER_POOLS")) => Auth::Cognito,
        Some(_) => Auth::Unknown,
    }
}
