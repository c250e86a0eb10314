//! `AWS::Serverless::HttpApi` → `AWS::ApiGatewayV2::Api`, its stage and authorizers.
//!
//! Never private; lowered for its routes, authorizers and endpoint switch. Source: aws-sam-translator 1.115.0,
//! `model/api/http_api_generator.py`.

use crate::source::Span;
use crate::syntax::tree::NodeId;
use crate::template::sam::auth;
use crate::template::sam::authorizers;
use crate::template::sam::checks;
use crate::template::sam::domain_v2;
use crate::template::sam::identifier;
use crate::template::sam::lowering::{Lowering, Parent, Refuse, Step};
use crate::template::sam::nodes::Shape;
use crate::template::sam::openapi;
use crate::template::sam::schema;

const AUTH_KEYS: [&str; 3] = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"];
const CORS_KEYS: [&str; 6] =
    ["AllowMethods", "AllowHeaders", "AllowOrigins", "MaxAge", "ExposeHeaders", "AllowCredentials"];

/// Lowers all HTTP APIs, after all functions.
pub(super) fn lower_all(lowering: &mut Lowering<'_>) {
    for at in lowering.of_type("AWS::Serverless::HttpApi") {
        let parent = Parent::of(&lowering.items[at].resource);
        let properties = lowering.properties(at);
        schema::check(lowering, &parent, properties, schema::HTTP_API);
        HttpApi { parent, properties }.lower(lowering);
    }
}

struct HttpApi {
    parent: Parent,
    properties: NodeId,
}

impl HttpApi {
    fn lower(&self, lowering: &mut Lowering<'_>) {
        let id = &self.parent.id;
        let body = lowering.nodes.own_child(self.properties, "DefinitionBody");
        let body = body.filter(|&body| lowering.nodes.is_dict(body) && lowering.nodes.is_truthy(body));
        let steps = [
            Self::check,
            Self::add_cors,
            Self::add_auth,
            Self::check_tags,
            Self::add_switch,
            Self::check_info,
        ];
        for step in steps {
            let step = step(self, lowering, body);
            lowering.attempt(id, step);
        }
        self.rename_default_path(lowering, body);
        self.make_api(lowering, body);
        self.make_stage(lowering);
        let domain = domain_v2::lower(lowering, &self.parent, self.properties);
        lowering.attempt(id, domain);
    }

    fn truthy(&self, lowering: &Lowering<'_>, key: &str) -> Option<(Span, NodeId)> {
        let entry = lowering.nodes.entry(self.properties, key)?;
        lowering.nodes.is_truthy(entry.value).then(|| (lowering.nodes.span(entry.key), entry.value))
    }

    fn check(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        match (self.truthy(lowering, "DefinitionUri"), body) {
            (Some((key, _)), Some(_)) => {
                Err(Refuse::new(key, "`DefinitionUri` and `DefinitionBody` cannot both be given"))
            }
            _ => Ok(()),
        }
    }

    /// The body, for a property that works only with an inline one.
    fn editable(&self, lowering: &Lowering<'_>, key: Span, body: Option<NodeId>) -> Step<NodeId> {
        match body.filter(|&body| openapi::is_valid_3(&lowering.nodes, body)) {
            Some(body) => Ok(body),
            None => {
                let reason = "this works only with a `DefinitionBody` that is a valid OpenAPI 3 document";
                Err(Refuse::new(key, reason))
            }
        }
    }

    fn add_cors(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        let Some((key, cors)) = self.truthy(lowering, "CorsConfiguration") else { return Ok(()) };
        self.editable(lowering, key, body)?;
        let cors = lowering.resolved(cors);
        if lowering.nodes.shape(cors) != Shape::Map {
            return match lowering.nodes.shape(cors) {
                Shape::Bool(_) | Shape::Intrinsic(_) => Ok(()),
                _ => Err(Refuse::new(key, "invalid value for `CorsConfiguration`")),
            };
        }
        let keys = lowering.nodes.pairs(cors);
        let origins = lowering.nodes.get(cors, "AllowOrigins").map(|node| lowering.nodes.items(node));
        let wildcard = origins
            .is_none_or(|origins| matches!(origins[..], [only] if lowering.nodes.text(only) == Some("*")));
        let credentials = lowering.nodes.get(cors, "AllowCredentials").map(|node| lowering.nodes.shape(node));
        if wildcard && credentials == Some(Shape::Bool(true)) {
            return Err(Refuse::new(key, "`AllowCredentials` cannot be true for all origins"));
        }
        match keys.into_iter().find(|(name, _)| !CORS_KEYS.contains(&name.as_str())) {
            Some((name, entry)) => {
                let reason = format!("`CorsConfiguration` has no key `{name}`");
                Err(Refuse::new(lowering.nodes.span(entry.key), reason))
            }
            None => Ok(()),
        }
    }

    fn add_auth(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        let Some((key, auth)) = self.truthy(lowering, "Auth") else { return Ok(()) };
        let body = self.editable(lowering, key, body)?;
        let keys = lowering.nodes.pairs(auth);
        if let Some((name, entry)) = keys.into_iter().find(|(name, _)| !AUTH_KEYS.contains(&name.as_str())) {
            let reason = format!("`Auth` of an HTTP API has no key `{name}`");
            return Err(Refuse::new(lowering.nodes.span(entry.key), reason));
        }
        let names = self.add_schemes(lowering, auth, body)?;
        let Some(default) = lowering.nodes.get_truthy(auth, "DefaultAuthorizer") else { return Ok(()) };
        if lowering.nodes.is_no_value(default) {
            return Ok(());
        }
        let span = lowering.nodes.span(default);
        let Some(name) = lowering.nodes.text(default).map(str::to_owned) else {
            return Err(Refuse::new(span, "`DefaultAuthorizer` should be a string"));
        };
        if !names.contains(&name) {
            let reason = format!("`DefaultAuthorizer` `{name}` is not among `Authorizers`");
            return Err(Refuse::new(span, reason));
        }
        let scopes = lowering.nodes.tree.get_path(auth, &["Authorizers", &name, "AuthorizationScopes"]);
        for path in openapi::paths(&lowering.nodes, body) {
            openapi::check_method_names(&lowering.nodes, body, &path)?;
            for (method, definition) in openapi::methods(&mut lowering.nodes, body, &path)? {
                let has_security = lowering.nodes.get_truthy(definition, "security").is_some();
                if method != "options" && !has_security {
                    auth::set_only_requirement(&mut lowering.nodes, definition, span, &name, scopes);
                }
            }
        }
        Ok(())
    }

    /// Writes the security schemes; returns the authorizers' names.
    fn add_schemes(&self, lowering: &mut Lowering<'_>, auth: NodeId, body: NodeId) -> Step<Vec<String>> {
        let mut schemes = Vec::new();
        let iam = lowering.nodes.get(auth, "EnableIamAuthorizer");
        if let Some(iam) = iam.filter(|&iam| lowering.nodes.shape(iam) == Shape::Bool(true)) {
            let span = lowering.nodes.span(iam);
            schemes.push(("AWS_IAM".to_owned(), span, authorizers::aws_iam(&mut lowering.nodes, span)));
        }
        if let Some(authorizers) = lowering.nodes.get_truthy(auth, "Authorizers") {
            if !lowering.nodes.is_dict(authorizers) {
                let span = lowering.nodes.span(authorizers);
                return Err(Refuse::new(span, "`Auth.Authorizers` should be a map"));
            }
            for (name, entry) in lowering.nodes.pairs(authorizers) {
                let key = lowering.nodes.span(entry.key);
                if !lowering.nodes.is_dict(entry.value) {
                    return Err(Refuse::new(key, format!("authorizer `{name}` should be a map")));
                }
                schemes.push((name.clone(), key, self.scheme(lowering, &name, key, entry.value)?));
            }
        }
        if schemes.is_empty() {
            return Ok(Vec::new());
        }
        let nodes = &mut lowering.nodes;
        let span = nodes.span(auth);
        let mut holder = body;
        for key in ["components", "securitySchemes"] {
            holder = match nodes.own_child(holder, key).filter(|&node| nodes.is_truthy(node)) {
                Some(node) if nodes.is_dict(node) => node,
                Some(node) => return Err(Refuse::new(nodes.span(node), format!("`{key}` is no map"))),
                None => {
                    let empty = nodes.map(span, &[]);
                    nodes.set(holder, key, span, empty);
                    empty
                }
            };
        }
        let mut names = Vec::new();
        for (name, key, scheme) in schemes {
            nodes.set(holder, &name, key, scheme);
            names.push(name);
        }
        Ok(names)
    }

    fn scheme(&self, lowering: &mut Lowering<'_>, name: &str, key: Span, written: NodeId) -> Step<NodeId> {
        let nodes = &lowering.nodes;
        let refuse = |reason: String| Err(Refuse::new(key, reason));
        if nodes.entry(written, "OpenIdConnectUrl").is_some() {
            return refuse(format!("`OpenIdConnectUrl` of authorizer `{name}` is no longer supported"));
        }
        let jwt = nodes.get_truthy(written, "JwtConfiguration");
        if jwt.is_some_and(|jwt| !nodes.is_dict(jwt)) {
            return refuse("`JwtConfiguration` should be a map".to_owned());
        }
        let others = match jwt {
            Some(_) => &[
                "FunctionArn",
                "FunctionInvokeRole",
                "Identity",
                "AuthorizerPayloadFormatVersion",
                "EnableSimpleResponses",
                "EnableFunctionDefaultPermissions",
            ][..],
            None => &["AuthorizationScopes", "IdentitySource", "JwtConfiguration"],
        };
        if let Some(other) = others.iter().find(|other| nodes.get(written, other).is_some()) {
            return refuse(format!("`{other}` does not belong to this kind of authorizer (`{name}`)"));
        }
        if let Some(scopes) = nodes.get(written, "AuthorizationScopes")
            && nodes.shape(scopes) != Shape::List
        {
            return refuse("`AuthorizationScopes` must be a list".to_owned());
        }
        let needed = match jwt {
            Some(_) => &["IdentitySource"][..],
            None => &["FunctionArn", "AuthorizerPayloadFormatVersion"],
        };
        if let Some(missing) = needed.iter().find(|needed| nodes.get_truthy(written, needed).is_none()) {
            return refuse(format!("authorizer `{name}` must define `{missing}`"));
        }
        if let Some(identity) = nodes.get_truthy(written, "Identity") {
            checks::check_identity_sources(nodes, identity)?;
        }
        let permission = nodes.get_truthy(written, "EnableFunctionDefaultPermissions").is_some();
        let function = nodes.get(written, "FunctionArn");
        if let Some(function) = function.filter(|_| permission) {
            authorizers::authorizer_permission(lowering, &self.parent, name, function);
        }
        let nodes = &mut lowering.nodes;
        let (scheme, kind) = match jwt {
            Some(_) => ("oauth2", "jwt"),
            None => ("apiKey", "request"),
        };
        let (scheme, kind) = (nodes.string(key, scheme), nodes.string(key, kind));
        let authorizer = nodes.map(key, &[("type", kind)]);
        Ok(nodes.map(key, &[("type", scheme), ("x-amazon-apigateway-authorizer", authorizer)]))
    }

    fn check_tags(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        let tags = body.and_then(|body| lowering.nodes.get_truthy(body, "tags"));
        if let Some(tags) = tags.filter(|&tags| lowering.nodes.shape(tags) != Shape::List) {
            return Err(Refuse::new(lowering.nodes.span(tags), "`tags` of the body must be a list"));
        }
        let Some((key, _)) = self.truthy(lowering, "Tags") else { return Ok(()) };
        self.editable(lowering, key, body).map(|_| ())
    }

    fn add_switch(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        let Some(entry) = lowering.nodes.entry(self.properties, "DisableExecuteApiEndpoint") else {
            return Ok(());
        };
        let key = lowering.nodes.span(entry.key);
        let body = self.editable(lowering, key, body)?;
        openapi::set_disable_in_servers(&mut lowering.nodes, body, key, entry.value)
    }

    /// `Name` and `Description` are written into the body, and refused where it has its own.
    fn check_info(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) -> Step {
        for (property, key) in [("Name", "title"), ("Description", "description")] {
            let Some((span, _)) = self.truthy(lowering, property) else { continue };
            let body = body.ok_or_else(|| {
                Refuse::new(span, format!("`{property}` works only with an inline `DefinitionBody`"))
            })?;
            let own = lowering.nodes.tree.get_path(body, &["info", key]);
            let own = own.filter(|&own| lowering.nodes.is_truthy(own));
            let is_default = own.is_some_and(|own| lowering.nodes.referenced(own) == Some("AWS::StackName"));
            let taken = if property == "Name" { !is_default } else { own.is_some() };
            if taken {
                let reason = format!("`{property}` cannot be set: the `DefinitionBody` has its own");
                return Err(Refuse::new(span, reason));
            }
        }
        Ok(())
    }

    /// With `FailOnWarnings`, the default route gets a slash.
    fn rename_default_path(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) {
        let (Some(body), Some(_)) = (body, self.truthy(lowering, "FailOnWarnings")) else { return };
        let Some(paths) = lowering.nodes.own_child(body, "paths") else { return };
        if let Some(entry) = lowering.nodes.entry(paths, "$default") {
            let span = lowering.nodes.span(entry.key);
            lowering.nodes.remove(paths, "$default");
            lowering.nodes.set(paths, "/$default", span, entry.value);
        }
    }

    fn make_api(&self, lowering: &mut Lowering<'_>, body: Option<NodeId>) {
        let mut entries = Vec::new();
        if let Some((key, uri)) = self.truthy(lowering, "DefinitionUri") {
            match lowering.local_definition(uri) {
                Some(body) => entries.push(("Body", key, body)),
                None => entries.push(("BodyS3Location", key, uri)),
            }
        } else if let Some(body) = body {
            entries.push(("Body", self.parent.span, lowering.with_files(body)));
        } else {
            let refuse = Refuse::new(self.parent.span, "`DefinitionUri` or `DefinitionBody` is required");
            lowering.refuse(Some(&self.parent.id), refuse);
        }
        for name in ["Name", "Description", "Tags", "FailOnWarnings"] {
            if let Some((key, value)) = self.truthy(lowering, name) {
                entries.push((name, key, value));
            }
        }
        let properties = lowering.nodes.tree.add_mapping(self.parent.span, entries);
        lowering.make(&self.parent, &self.parent.id, "AWS::ApiGatewayV2::Api", properties);
    }

    fn make_stage(&self, lowering: &mut Lowering<'_>) {
        let span = self.parent.span;
        let id = &self.parent.id;
        let name = match self.truthy(lowering, "StageName") {
            Some((_, name)) => name,
            None => lowering.nodes.string(span, "$default"),
        };
        let text = lowering.nodes.text(name).unwrap_or_default();
        let stage = match text {
            "$default" => format!("{id}ApiGatewayDefaultStage"),
            _ if !text.is_empty() && text.chars().all(char::is_alphanumeric) => format!("{id}{text}Stage"),
            _ => format!("{id}Stage{}", identifier::hash_text(text)),
        };
        let api = lowering.nodes.reference(span, id);
        let deploy = lowering.nodes.tree.add_plain(span, "true");
        let mut entries = vec![("ApiId", span, api), ("StageName", span, name), ("AutoDeploy", span, deploy)];
        for key in ["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "Tags"] {
            if let Some((span, value)) = self.truthy(lowering, key) {
                entries.push((key, span, value));
            }
        }
        let properties = lowering.nodes.tree.add_mapping(span, entries);
        lowering.make(&self.parent, &stage, "AWS::ApiGatewayV2::Stage", properties);
        lowering.derive(format!("{id}.Stage"), &stage);
    }
}
