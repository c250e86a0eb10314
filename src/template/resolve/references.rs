//! `Ref`, `Fn::GetAtt`, `Fn::ImportValue` and parameter values.

use std::collections::BTreeSet;

use crate::source::Span;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::bindings::Binding;
use crate::template::cases::Constraint;
use crate::template::document::Parameter;
use crate::template::guards::Domain;
use crate::template::intrinsic::{Function, Intrinsic, get_att, intrinsic};
use crate::template::resolve::{Resolver, dynamic, parameter_text, plain};
use crate::template::value::{Name, Sourced, StepKind, Value};

/// Attributes that are the physical id itself, by resource type.
fn is_id_attribute(type_name: &str, attribute: &str) -> bool {
    matches!(
        (type_name, attribute),
        ("AWS::EC2::VPCEndpoint", "Id")
            | ("AWS::ApiGateway::RestApi" | "AWS::Serverless::Api", "RestApiId")
            | ("AWS::ApiGatewayV2::Api" | "AWS::Serverless::HttpApi", "ApiId")
            | ("AWS::EC2::VPC", "VpcId")
            | ("AWS::EC2::Subnet", "SubnetId")
            | ("AWS::EC2::SecurityGroup", "GroupId")
            | ("AWS::ApiGateway::DomainNameV2", "DomainNameArn")
            | ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn")
            | ("AWS::ElasticLoadBalancingV2::Listener", "ListenerArn")
            | ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn")
    )
}

impl Resolver<'_, '_> {
    /// `Ref` of a name written at `span`.
    pub(super) fn reference(&mut self, name: &str, span: Span) -> Sourced {
        if let Some(value) = self.pseudo(name) {
            return Sourced::new(value, span);
        }
        let scope = self.scope;
        if let Some(parameter) = scope.template.parameter(name) {
            return self.parameter(parameter, span);
        }
        if scope.lowered.resource(name).is_some() || scope.template.resource(name).is_some() {
            let id = scope.lowered.logical_id(name).to_owned();
            let name = Name::Resource { stack: scope.stack, id };
            return Sourced::new(Value::named(name), span);
        }
        if scope.template.identifiers.iter().any(|identifier| identifier == name) {
            let name =
                Name::Function { name: "Fn::ForEach", arguments: vec![Value::String(name.to_owned())] };
            return Sourced::new(Value::named(name), span);
        }
        // SAM lets `Ref` reach what it derives: `Api.Stage`, `Function.Alias`.
        if let Some((id, _)) = name.split_once('.')
            && scope.template.resource(id).is_some()
        {
            let name = Name::Resource { stack: scope.stack, id: name.to_owned() };
            return Sourced::new(Value::named(name), span);
        }
        Sourced::new(Value::Unknown(format!("`{name}` is not declared")), span)
    }

    pub(super) fn pseudo(&mut self, name: &str) -> Option<Value> {
        let bindings = self.scope.bindings;
        let known = match name {
            "AWS::NoValue" => return Some(Value::Absent),
            "AWS::Region" => bindings.region.clone(),
            "AWS::AccountId" => bindings.account.clone(),
            "AWS::Partition" => bindings.partition().map(str::to_owned),
            "AWS::StackName" => bindings.stack_name.clone(),
            "AWS::URLSuffix" => bindings.partition().and_then(url_suffix).map(str::to_owned),
            "AWS::StackId" | "AWS::NotificationARNs" => None,
            _ => return None,
        };
        if let Some(text) = known {
            return Some(Value::String(text));
        }
        let own = matches!(name, "AWS::StackName" | "AWS::StackId" | "AWS::NotificationARNs");
        let value =
            Value::named(Name::Pseudo { stack: own.then_some(self.scope.stack), name: name.to_owned() });
        Some(self.path.only(&value).map_or(value, Value::String))
    }

    /// The value of a parameter that a `Ref` at `span` asks for.
    pub(super) fn parameter(&mut self, parameter: &Parameter, span: Span) -> Sourced {
        let (scope, name) = (self.scope, &parameter.name);
        match scope.bindings.parameters.get(name) {
            Some(Binding::Text { text, span: given_at }) => {
                let (kind, place) = match given_at {
                    Some(place) => (StepKind::Given(name.clone()), *place),
                    None => (StepKind::Bound(name.clone()), parameter.name_span),
                };
                let value = self.known_parameter(parameter, given(parameter, text, span), span);
                return Sourced::new(value, span).step(kind, place);
            }
            Some(Binding::Value(value)) => return passed(parameter, value.clone(), span),
            None => {}
        }
        if let Some(value) = scope.outside.passed(scope.stack, name, self.path) {
            return passed(parameter, value, span);
        }
        if parameter.is_ssm() {
            let value = self.known_parameter(parameter, self.ssm(parameter), span);
            return Sourced::new(value, span).step(StepKind::Stored(name.clone()), span);
        }
        let default = parameter.default.and_then(|node| parameter_text(self.tree(), node));
        match default.filter(|_| scope.outside.is_governed(scope.stack)) {
            Some(text) => self.chosen(parameter, &text, span),
            None => self.open_parameter(parameter, span),
        }
    }

    fn ssm(&self, parameter: &Parameter) -> Value {
        let default = parameter.default.and_then(|node| self.tree().scalar(node));
        match default.filter(|path| !path.is_empty()) {
            Some(path) => Value::named(Name::Dynamic(format!("{{{{resolve:ssm:{path}}}}}"))),
            None => self.unnamed(parameter),
        }
    }

    fn unnamed(&self, parameter: &Parameter) -> Value {
        Value::named(Name::Parameter { stack: self.scope.stack, name: parameter.name.clone() })
    }

    /// The name of a parameter that nobody gave a value, and that no SSM parameter stands behind.
    pub(super) fn free_parameter(&mut self, name: &str) -> Option<Value> {
        let scope = self.scope;
        let parameter = scope.template.parameter(name).filter(|parameter| !parameter.is_ssm())?;
        let is_given = scope.bindings.parameters.contains_key(name)
            || scope.outside.is_governed(scope.stack)
            || scope.outside.passed(scope.stack, name, self.path).is_some();
        (!is_given).then(|| self.unnamed(parameter))
    }

    /// Whether whoever makes a stack may give this parameter any value: nothing lists or describes what is allowed,
    /// no rule asserts what it is, and nobody has given it one.
    pub(crate) fn takes_any_value(&mut self, name: &str) -> bool {
        let described = self.tree().root().is_some_and(|root| {
            self.tree().get_path(root, &["Parameters", name, "AllowedPattern"]).is_some()
        });
        let parameter = self.scope.template.parameter(name);
        let listed = parameter.is_none_or(|parameter| !parameter.allowed.is_empty());
        !described && !listed && self.asserted(name).is_empty() && self.free_parameter(name).is_some()
    }

    /// What a parameter may be.
    pub(crate) fn parameter_domain(&self, name: &str) -> Domain {
        let Some(parameter) = self.scope.template.parameter(name) else { return Domain::default() };
        let default = parameter.default.and_then(|node| parameter_text(self.tree(), node));
        if parameter.allowed.is_empty() {
            return Domain { texts: Vec::new(), default };
        }
        let options = self.options(parameter);
        Domain { texts: if options.open { Vec::new() } else { options.values }, default }
    }

    /// A parameter nobody gave a value: decided by the case, its allowed values, or its default.
    fn open_parameter(&mut self, parameter: &Parameter, span: Span) -> Sourced {
        let atom = self.unnamed(parameter);
        if let Some(text) = self.path.only(&atom) {
            return self.chosen(parameter, &text, span);
        }
        let options = self.options(parameter);
        let has_some = !options.values.is_empty();
        let (values, open) = self.path.left(&atom, options.values, options.open);
        let decided = match values.as_slice() {
            // Conditions leave nothing of what it is said to be: it has to be given.
            [] => None,
            [only] if !open => Some(only.clone()),
            values if has_some => self.choose_value(&atom, values, open),
            _ => None,
        };
        match decided {
            Some(text) => self.chosen(parameter, &text, span),
            None => Sourced::new(atom, span),
        }
    }

    fn choose_value(&mut self, atom: &Value, values: &[String], open: bool) -> Option<String> {
        let mut constraints: Vec<_> = values.iter().cloned().map(Constraint::Is).collect();
        if open {
            constraints.push(Constraint::Not(values.iter().cloned().collect()));
        }
        let atom = self.atom(atom);
        match self.path.choose(atom, constraints)? {
            Constraint::Is(text) => Some(text),
            Constraint::Not(_) => None,
        }
    }

    fn chosen(&self, parameter: &Parameter, text: &str, span: Span) -> Sourced {
        let tree = self.tree();
        let is_text = |node: &NodeId| parameter_text(tree, *node).as_deref() == Some(text);
        // Where nothing else is allowed the default decides nothing.
        let default = parameter.default.filter(|node| is_text(node) && parameter.allowed.len() != 1);
        let step = match default {
            Some(node) => (StepKind::Default(parameter.name.clone()), tree.tagged_span(node)),
            None => {
                let allowed = parameter.allowed.iter().copied().find(is_text);
                let place = allowed.map_or(parameter.name_span, |node| tree.tagged_span(node));
                (StepKind::Choice(parameter.name.clone()), place)
            }
        };
        Sourced::new(given(parameter, text, span), span).step(step.0, step.1)
    }

    /// The values a parameter may have, default first, and whether it may have others.
    pub(super) fn options(&self, parameter: &Parameter) -> Options {
        let tree = self.tree();
        let text = |node: NodeId| parameter_text(tree, node);
        let default = parameter.default.and_then(text);
        let mut values: Vec<String> = default.clone().into_iter().collect();
        if !parameter.allowed.is_empty() {
            values.extend(parameter.allowed.iter().filter_map(|&node| text(node)));
            let open = parameter.allowed.iter().any(|&node| text(node).is_none());
            return Options { values: distinct(values), open };
        }
        let asserted = self.asserted(&parameter.name);
        if !asserted.is_empty() {
            values.retain(|value| asserted.contains(value));
            values.extend(asserted);
            return Options { values: distinct(values), open: false };
        }
        let compared = self.compared_with(&parameter.name);
        if compared.is_empty() {
            // An empty default is a placeholder: the value has to be given.
            values.retain(|value| !value.is_empty());
            let open = values.is_empty();
            return Options { values, open };
        }
        values.extend(compared);
        Options { values: distinct(values), open: true }
    }

    /// Texts that conditions compare a parameter with, in written order.
    fn compared_with(&self, parameter: &str) -> Vec<String> {
        let tree = self.tree();
        let mut found = Vec::new();
        let mut open: Vec<NodeId> =
            self.scope.template.conditions.iter().map(|condition| condition.node).rev().collect();
        while let Some(node) = open.pop() {
            match intrinsic(tree, node) {
                Some(Intrinsic { function: Function::Equals, argument }) => {
                    if let [left, right] = tree.items(argument) {
                        found.extend(compared_text(self.tree(), *left, *right, parameter));
                        found.extend(compared_text(self.tree(), *right, *left, parameter));
                    }
                }
                Some(Intrinsic { function: Function::And | Function::Or | Function::Not, argument }) => {
                    open.extend(tree.items(argument).iter().rev());
                }
                _ => {}
            }
        }
        distinct(found)
    }

    /// `Fn::GetAtt` with this argument.
    pub(super) fn attribute(&mut self, argument: NodeId, span: Span) -> Sourced {
        let tree = self.tree();
        if let Some((id, attribute)) = get_att(tree, argument) {
            return self.attribute_of(id, attribute, span);
        }
        if let [id, attribute] = tree.items(argument)
            && let Some(id) = tree.scalar(*id)
            && let Value::String(attribute) = self.resolve(*attribute).value
        {
            return self.attribute_of(id, &attribute, span);
        }
        Sourced::new(Value::Unknown("an attribute that cannot be read".to_owned()), span)
    }

    /// Attribute of a resource by name, as in `${Resource.Attribute}`.
    pub(super) fn attribute_of(&mut self, id: &str, attribute: &str, span: Span) -> Sourced {
        let scope = self.scope;
        if let Some(output) = attribute.strip_prefix("Outputs.")
            && let Some(value) = scope.outside.output(scope.stack, id, output, self.path)
        {
            return Sourced { span, ..value };
        }
        // `${Api.Stage}` is no attribute: SAM puts the logical id of the stage it makes in its place.
        let derived = format!("{id}.{attribute}");
        if scope.lowered.logical_id(&derived) != derived {
            return self.reference(&derived, span);
        }
        let resource = scope.lowered.resource(id).or_else(|| scope.template.resource(id));
        let name = match resource {
            Some(resource) if is_id_attribute(&resource.type_name, attribute) => {
                Name::Resource { stack: scope.stack, id: id.to_owned() }
            }
            Some(_) => {
                Name::Attribute { stack: scope.stack, id: id.to_owned(), attribute: attribute.to_owned() }
            }
            None => return Sourced::new(Value::Unknown(format!("`{id}` is not declared")), span),
        };
        Sourced::new(Value::named(name), span)
    }

    /// `Fn::ImportValue` with this argument.
    pub(super) fn import(&mut self, argument: NodeId, span: Span) -> Sourced {
        let name = self.resolve(argument).value;
        self.import_of(name, span)
    }

    /// `Fn::ImportValue` of a name that is worked out.
    pub(super) fn import_of(&mut self, name: Value, span: Span) -> Sourced {
        if name.to_parts().is_none() {
            return Sourced::new(Value::Unknown("an import whose name cannot be read".to_owned()), span);
        }
        let scope = self.scope;
        match scope.outside.import(scope.stack, &name, span, self.path) {
            Some(value) => Sourced { span, ..value },
            None => Sourced::new(Value::named(Name::Import(Box::new(name))), span),
        }
    }
}

/// The finite part of what a parameter may be.
pub(super) struct Options {
    /// Known values, default first.
    pub(super) values: Vec<String>,
    /// Whether there may be others.
    pub(super) open: bool,
}

fn distinct(values: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    values.into_iter().filter(|value| seen.insert(value.clone())).collect()
}

fn compared_text(tree: &Tree, side: NodeId, other: NodeId, parameter: &str) -> Option<String> {
    let is_parameter = crate::template::intrinsic::referenced(tree, side) == Some(parameter);
    let literal = intrinsic(tree, other).is_none();
    if is_parameter && literal { parameter_text(tree, other) } else { None }
}

/// The value of a parameter whose text is known.
fn given(parameter: &Parameter, text: &str, span: Span) -> Value {
    if parameter.is_ssm() {
        return Value::named(Name::Dynamic(format!("{{{{resolve:ssm:{text}}}}}")));
    }
    if parameter.is_list() {
        return Value::List(split_list(text, span));
    }
    dynamic(text)
}

/// Items of a list parameter's text, all at `span`: split at commas, blanks around items dropped.
pub(super) fn split_list(text: &str, span: Span) -> Vec<Sourced> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| Sourced::new(dynamic(item.trim()), span)).collect()
}

fn passed(parameter: &Parameter, value: Sourced, span: Span) -> Sourced {
    let content = match (&value.value, parameter.is_list()) {
        (Value::String(text), _) => given(parameter, text, span),
        (Value::Number(_) | Value::Bool(_), _) => {
            Value::String(value.value.as_text().unwrap_or_default().to_owned())
        }
        (Value::Text(_) | Value::Named(_), true) => Value::named(Name::Function {
            name: "Fn::Split",
            arguments: vec![Value::String(",".to_owned()), value.value.clone()],
        }),
        _ => value.value.clone(),
    };
    let mut via = value.via;
    via.insert(
        0,
        crate::template::value::Step { kind: StepKind::Bound(parameter.name.clone()), span: value.span },
    );
    Sourced { value: content, span, via }
}

/// `AWS::URLSuffix` of a partition (AWS General Reference; China is the one that differs among the public ones).
fn url_suffix(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" | "aws-us-gov" => Some("amazonaws.com"),
        "aws-cn" => Some("amazonaws.com.cn"),
        _ => None,
    }
}

/// The text of a plain or quoted literal, for keys of mappings.
pub(super) fn literal_text(text: &str, is_plain: bool) -> String {
    match (is_plain, plain(text)) {
        (true, Value::Bool(value)) => value.to_string(),
        _ => text.to_owned(),
    }
}
