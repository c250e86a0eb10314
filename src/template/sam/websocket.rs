//! `AWS::Serverless::WebSocketApi` → `AWS::ApiGatewayV2::Api`, its stage, routes and permissions.
//!
//! Never private. Models and integrations are left out but for the function they call. Source:
//! aws-sam-translator 1.115.0, `model/api/websocket_api_generator.py`.

use crate::source::Span;
use crate::syntax::tree::{Entry, NodeId};
use crate::template::sam::authorizers;
use crate::template::sam::domain_v2;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::Shape;
use crate::template::sam::schema;

/// Properties that the API has under the same name.
const PASSED: [&str; 8] = [
    "ApiKeySelectionExpression",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "IpAddressType",
    "Name",
    "RouteSelectionExpression",
    "Tags",
];

/// Lowers all WebSocket APIs.
pub(super) fn lower_all(lowering: &mut Lowering<'_>) {
    for at in lowering.of_type("AWS::Serverless::WebSocketApi") {
        let parent = Parent::of(&lowering.items[at].resource);
        let properties = lowering.properties(at);
        schema::check(lowering, &parent, properties, schema::WEBSOCKET_API);
        WebSocketApi { parent, properties }.lower(lowering);
    }
}

struct WebSocketApi {
    parent: Parent,
    properties: NodeId,
}

impl WebSocketApi {
    fn lower(&self, lowering: &mut Lowering<'_>) {
        let id = &self.parent.id;
        let checked = self.check(lowering);
        lowering.attempt(id, checked);
        let protocol = lowering.nodes.string(self.parent.span, "WEBSOCKET");
        let mut entries = vec![("ProtocolType", self.parent.span, protocol)];
        for name in PASSED {
            if let Some(entry) = lowering.nodes.entry(self.properties, name) {
                entries.push((name, lowering.nodes.span(entry.key), entry.value));
            }
        }
        let properties = lowering.nodes.tree.add_mapping(self.parent.span, entries);
        lowering.make(&self.parent, id, "AWS::ApiGatewayV2::Api", properties);
        let stage = self.make_stage(lowering);
        lowering.attempt(id, stage);
        let routes = self.make_routes(lowering);
        lowering.attempt(id, routes);
        let domain = domain_v2::lower(lowering, &self.parent, self.properties);
        lowering.attempt(id, domain);
    }

    fn check(&self, lowering: &Lowering<'_>) -> Step {
        let nodes = &lowering.nodes;
        let routes = nodes.get_truthy(self.properties, "Routes");
        if routes.is_none() {
            return Err(Refuse::new(self.parent.span, "a WebSocket API must have at least one route"));
        }
        if let Some(address) = nodes.get(self.properties, "IpAddressType")
            && !nodes.is_intrinsic(address)
            && !matches!(nodes.text(address), Some("ipv4" | "dualstack"))
        {
            let reason = "`IpAddressType` must be `ipv4` or `dualstack`";
            return Err(Refuse::new(nodes.span(address), reason));
        }
        let domain = nodes.get(self.properties, "Domain");
        if let Some(tls) = domain.and_then(|domain| nodes.get_truthy(domain, "MutualTlsAuthentication")) {
            return Err(Refuse::new(nodes.span(tls), "WebSocket APIs do not support mutual TLS"));
        }
        let Some(auth) = nodes.get_truthy(self.properties, "Auth") else { return Ok(()) };
        let has_connect = routes.is_some_and(|routes| nodes.entry(routes, "$connect").is_some());
        match has_connect {
            true => self.check_auth(lowering, auth),
            false => Err(Refuse::new(nodes.span(auth), "`Auth` needs a `$connect` route")),
        }
    }

    fn check_auth(&self, lowering: &Lowering<'_>, auth: NodeId) -> Step {
        let nodes = &lowering.nodes;
        let span = nodes.span(auth);
        let alone = nodes.pairs(auth).len() == 1;
        match nodes.get_text(auth, "AuthType") {
            Some("CUSTOM") if nodes.get_truthy(auth, "AuthArn").is_none() => {
                Err(Refuse::new(span, "`AuthType: CUSTOM` needs `AuthArn`"))
            }
            Some("CUSTOM") => Ok(()),
            Some("AWS_IAM" | "NONE") if alone => Ok(()),
            Some("AWS_IAM" | "NONE") => Err(Refuse::new(span, "this `AuthType` takes no other key")),
            _ => Err(Refuse::new(span, "`AuthType` must be `AWS_IAM`, `CUSTOM` or `NONE`")),
        }
    }

    fn make_stage(&self, lowering: &mut Lowering<'_>) -> Step {
        let (id, span) = (&self.parent.id, self.parent.span);
        let name = match lowering.nodes.get(self.properties, "StageName") {
            Some(name) => name,
            None => lowering.nodes.string(span, "default"),
        };
        let text = lowering.nodes.text(name).unwrap_or_default().to_owned();
        let stage = match text.as_str() {
            "default" => format!("{id}DefaultStage"),
            text => format!("{id}{text}Stage"),
        };
        let api = lowering.nodes.reference(span, id);
        let mut entries = vec![("ApiId", span, api), ("StageName", span, name)];
        for key in ["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"] {
            if let Some(entry) = lowering.nodes.entry(self.properties, key) {
                entries.push((key, lowering.nodes.span(entry.key), entry.value));
            }
        }
        let properties = lowering.nodes.tree.add_mapping(span, entries);
        lowering.make(&self.parent, &stage, "AWS::ApiGatewayV2::Stage", properties);
        lowering.derive(format!("{id}.Stage"), &stage);
        match text == "$default" {
            true => {
                Err(Refuse::new(lowering.nodes.span(name), "a WebSocket stage cannot be called `$default`"))
            }
            false => Ok(()),
        }
    }

    fn make_routes(&self, lowering: &mut Lowering<'_>) -> Step {
        let Some(routes) = lowering.nodes.get(self.properties, "Routes") else { return Ok(()) };
        if lowering.nodes.shape(routes) != Shape::Map {
            return Ok(());
        }
        for (key, entry) in lowering.nodes.pairs(routes) {
            self.make_route(lowering, &key, entry)?;
        }
        let auth = lowering.nodes.get_truthy(self.properties, "Auth");
        let Some(auth) = auth else { return Ok(()) };
        let custom = lowering.nodes.get_text(auth, "AuthType") == Some("CUSTOM");
        let function = lowering.nodes.get_truthy(auth, "AuthArn");
        if let Some(function) = function.filter(|_| custom) {
            self.make_authorizer(lowering, auth, function);
        }
        Ok(())
    }

    fn make_route(&self, lowering: &mut Lowering<'_>, key: &str, entry: Entry) -> Step {
        let span = lowering.nodes.span(entry.key);
        let name = self.route_name(key, span)?;
        let route = entry.value;
        if lowering.nodes.shape(route) != Shape::Map {
            return Err(Refuse::new(span, format!("route `{key}` must be a map")));
        }
        if key != "$connect" && lowering.nodes.get_truthy(route, "RequestParameters").is_some() {
            return Err(Refuse::new(span, "`RequestParameters` work only on the `$connect` route"));
        }
        let Some(function) = lowering.nodes.get(route, "FunctionArn") else {
            return Err(Refuse::new(span, format!("route `{key}` needs `FunctionArn`")));
        };
        let parent = Parent { span, ..self.parent.clone() };
        let id = &self.parent.id;
        let nodes = &mut lowering.nodes;
        let (api, route_key) = (nodes.reference(span, id), nodes.string(span, key));
        let mut entries = vec![("ApiId", api), ("RouteKey", route_key)];
        let auth = nodes.get_truthy(self.properties, "Auth").filter(|_| key == "$connect");
        if let Some(kind) = auth.and_then(|auth| nodes.get(auth, "AuthType")) {
            entries.push(("AuthorizationType", kind));
            if nodes.text(kind) == Some("CUSTOM") {
                entries.push(("AuthorizerId", nodes.reference(span, &format!("{id}ConnectAuthorizer"))));
            }
        }
        let properties = nodes.map(span, &entries);
        lowering.make(&parent, &format!("{id}{name}Route"), "AWS::ApiGatewayV2::Route", properties);
        self.make_permission(lowering, &parent, &name, key, function);
        Ok(())
    }

    fn route_name(&self, key: &str, span: Span) -> Step<String> {
        let letters = match key {
            "$connect" | "$disconnect" | "$default" => key.trim_start_matches('$'),
            _ if !key.is_empty() && key.chars().all(char::is_alphanumeric) => key,
            _ => return Err(Refuse::new(span, format!("route key `{key}` must be alphanumeric"))),
        };
        let mut rest = letters.chars();
        let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        Ok(first + &rest.as_str().to_lowercase())
    }

    fn make_permission(
        &self,
        lowering: &mut Lowering<'_>,
        parent: &Parent,
        name: &str,
        key: &str,
        function: NodeId,
    ) {
        let span = parent.span;
        let written = lowering.nodes.get(self.properties, "StageName");
        let id = &self.parent.id;
        let nodes = &mut lowering.nodes;
        let stage = match written {
            Some(stage) => nodes.text(stage).map(str::to_owned),
            None => Some("default".to_owned()),
        };
        let head = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{id}.ApiId}}/"
        );
        let source = match (stage, written) {
            (None, Some(stage)) => {
                nodes.sub(span, &format!("{head}${{__StageName__}}/{key}"), &[("__StageName__", stage)])
            }
            (stage, _) => nodes.sub(span, &format!("{head}{}/{key}", stage.unwrap_or_default()), &[]),
        };
        let action = nodes.string(span, "lambda:InvokeFunction");
        let principal = nodes.string(span, "apigateway.amazonaws.com");
        let entries =
            [("Action", action), ("FunctionName", function), ("Principal", principal), ("SourceArn", source)];
        let properties = nodes.map(span, &entries);
        lowering.make(parent, &format!("{id}{name}Permission"), "AWS::Lambda::Permission", properties);
    }

    fn make_authorizer(&self, lowering: &mut Lowering<'_>, auth: NodeId, function: NodeId) {
        let span = lowering.nodes.span(auth);
        let id = &self.parent.id;
        let nodes = &mut lowering.nodes;
        let (api, kind) = (nodes.reference(span, id), nodes.string(span, "REQUEST"));
        let properties = nodes.map(span, &[("ApiId", api), ("AuthorizerType", kind)]);
        let parent = Parent { span, ..self.parent.clone() };
        lowering.make(
            &parent,
            &format!("{id}ConnectAuthorizer"),
            "AWS::ApiGatewayV2::Authorizer",
            properties,
        );
        if lowering.nodes.get_truthy(auth, "InvokeRole").is_none() {
            authorizers::authorizer_permission(lowering, &parent, "", function);
        }
    }
}
