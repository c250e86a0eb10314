//! What the policies say about a caller class, over the routes of an API: the policies, compiled, and what
//! stands in front of them.
//!
//! Follows API Gateway's authorization workflow (developer guide, "how API Gateway resource policies affect
//! authorization workflow"): without an authorizer and with Cognito the policy has to allow; with IAM or a
//! Lambda authorizer a silent policy leaves the decision to the other side; an explicit deny always wins.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::exposure::model::{Auth, Caller, CallerClass, Case, Decision, Endpoint};
use crate::exposure::opinions::{Opinion, agree};
use crate::exposure::place::{Presumed, part, pseudo};
use crate::exposure::questions::{Asked, Class, Questions, Who};
use crate::exposure::reasons::{PolicyOf, Teller};
use crate::exposure::shapes::{Group, groups};
use crate::policy::compiled::Policy;
use crate::policy::document::{
    ConditionTest, Effect, Element, PolicyDocument, PrincipalElement, PrincipalValue, SpannedText, Statement,
};
use crate::policy::operator::Test;
use crate::policy::resource::Shape;
use crate::policy::routes::Routes;
use crate::policy::text::{Names, Text};
use crate::source::{Span, Spanned};
use crate::template::document::Resource;
use crate::template::value::{Name, Part, Same, Value};
use crate::workspace::Stack;

/// The policies and routes of one case of an API, ready to be asked.
pub(crate) struct Judge<'run> {
    pub(super) case: &'run Case,
    pub(super) endpoints: &'run [Endpoint],
    pub(super) names: Names,
    pub(super) arn: Text,
    pub(super) account: Text,
    pub(super) presumed: Presumed,
    pub(super) documents: Vec<PolicyDocument>,
    pub(super) groups: Vec<Group>,
}

impl<'run> Judge<'run> {
    /// Prepares the policies and routes of a case.
    pub(crate) fn new(
        endpoints: &'run [Endpoint],
        stack: &Stack,
        resource: &Resource,
        case: &'run Case,
    ) -> Self {
        let mut names = Names::new();
        let bindings = &stack.bindings;
        let id = Name::Resource { stack: stack.id, id: resource.id.clone() };
        names.add_plain(Arc::new(id.clone()));
        for stage in &case.stages {
            if let Value::Named(name) = &stage.name {
                names.add_plain(Arc::clone(name));
            }
        }
        let open = |known: Option<&str>, name: Name| known.is_none().then_some(name);
        let own = [
            open(bindings.partition(), pseudo("AWS::Partition")),
            open(bindings.region.as_deref(), pseudo("AWS::Region")),
            open(bindings.account.as_deref(), pseudo("AWS::AccountId")),
            Some(id.clone()),
        ];
        let presumed = Presumed::from_policies(case.policies.iter().map(|policy| &policy.document), own);
        let documents = case
            .policies
            .iter()
            .map(|policy| PolicyDocument::parse(&presumed.apply(&policy.document), &mut names))
            .collect();
        let account = part(pseudo("AWS::AccountId"), bindings.account.as_deref(), &presumed);
        let arn = names.join(&[
            Part::Literal("arn:".to_owned()),
            part(pseudo("AWS::Partition"), bindings.partition(), &presumed),
            Part::Literal(":execute-api:".to_owned()),
            part(pseudo("AWS::Region"), bindings.region.as_deref(), &presumed),
            Part::Literal(":".to_owned()),
            account.clone(),
            Part::Literal(":".to_owned()),
            part(id, None, &presumed),
        ]);
        let account = names.join(&[account]);
        let groups = groups(case, &arn, &mut names);
        Self { case, endpoints, names, arn, account, presumed, documents, groups }
    }

    /// Things that the policies compare a key, given in lower case, with, in written order and each once.
    pub(crate) fn constants(&self, key: &str) -> Vec<(Value, Span)> {
        let mut found: Vec<(Value, Span)> = Vec::new();
        let statements = self.documents.iter().flat_map(|document| &document.statements);
        // `Null` asks whether there is such a thing and names none.
        let names_some = |test: &&ConditionTest| test.operator.value.test != Test::Null;
        let tests = statements
            .flat_map(|statement| &statement.conditions)
            .filter(|test| test.key_lower == key)
            .filter(names_some);
        let mut seen = FxHashSet::default();
        for value in tests.flat_map(|test| &test.values) {
            let Some(text) = value.text.as_ref().filter(|text| seen.insert((*text).clone())) else {
                continue;
            };
            let constant = Value::from_parts(self.names.parts(text));
            let is_pattern =
                constant.as_text().is_some_and(|text| text.contains(['*', '?']) || text.is_empty());
            if !is_pattern {
                found.push((constant, value.span));
            }
        }
        found
    }

    /// Fills in what the policies say about each caller.
    pub(crate) fn decide(&mut self, callers: &mut [Caller]) {
        if self.case.type_unknown.as_deref() == Some(super::rest::REFUSED) {
            return;
        }
        for caller in callers.iter_mut() {
            caller.blockade = self.blockade(&caller.class);
        }
        if self.documents.is_empty() {
            callers.iter_mut().for_each(|caller| without_policy(self.case, caller));
            return;
        }
        let classes: Vec<Class> = callers.iter().map(|caller| self.class(&caller.class)).collect();
        let gates: Vec<Option<Gate>> =
            callers.iter().map(|caller| self.endpoint_gate(&caller.class)).collect();
        let documents: Vec<Opened<'_>> =
            self.documents.iter().map(|document| self.opened(document)).collect();
        let prepared: Vec<Prepared<'_>> = documents.iter().map(|document| self.prepare(document)).collect();
        for ((caller, class), gate) in callers.iter_mut().zip(&classes).zip(&gates) {
            let gates: Vec<_> = gate.iter().map(|gate| self.prepare_gate(gate)).collect();
            let who = Who { class, account: &self.account, facts: &[] };
            let opinions = prepared.iter().map(|prepared| self.opinion(prepared, &gates, who)).collect();
            let opinion = agree(opinions);
            caller.decision = opinion.decision;
            caller.unsigned = opinion.unsigned;
            caller.foreign = opinion.foreign;
            caller.presumed = opinion.presumed || self.presumed.matters();
            caller.because = opinion.because;
            caller.refused_routes = opinion.refused;
        }
    }

    /// What all documents say about a caller class over all routes; `front` stands in front of the API's policy,
    /// after the endpoint's own.
    pub(super) fn opinion_on(&mut self, class: &CallerClass, front: Option<Gate>) -> Opinion {
        let gates: Vec<Gate> = self.endpoint_gate(class).into_iter().chain(front).collect();
        let class = self.class(class);
        if self.documents.is_empty() {
            return Opinion::start();
        }
        let documents: Vec<Opened<'_>> =
            self.documents.iter().map(|document| self.opened(document)).collect();
        let gates: Vec<_> = gates.iter().map(|gate| self.prepare_gate(gate)).collect();
        let who = Who { class: &class, account: &self.account, facts: &[] };
        let prepared: Vec<Prepared<'_>> = documents.iter().map(|document| self.prepare(document)).collect();
        let mut opinion =
            agree(prepared.iter().map(|prepared| self.opinion(prepared, &gates, who)).collect());
        opinion.presumed |= self.presumed.matters();
        opinion
    }

    /// What other documents, in place of the policies, say about the same callers.
    pub(super) fn decided_by(&mut self, documents: Vec<PolicyDocument>, callers: &[Caller]) -> Vec<Caller> {
        let mut decided = callers.to_vec();
        let own = std::mem::replace(&mut self.documents, documents);
        self.decide(&mut decided);
        self.documents = own;
        decided
    }

    /// The policy of the endpoint resource that a caller comes through.
    pub(super) fn endpoint_gate(&mut self, class: &CallerClass) -> Option<Gate> {
        let CallerClass::Endpoint(value) = class else { return None };
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.name.same(value) == Same::Yes)?;
        let policy =
            endpoint.policy.as_ref().filter(|policy| !matches!(policy.value, Value::Absent | Value::Null))?;
        let document = PolicyDocument::parse(&self.presumed.apply(policy), &mut self.names);
        Some(Gate { of: PolicyOf::Endpoint, document, arn: self.arn.clone(), elsewhere: false })
    }

    pub(super) fn class(&mut self, class: &CallerClass) -> Class {
        match class {
            CallerClass::Internet => Class::Internet,
            CallerClass::AnyOtherEndpoint => Class::AnyOther,
            CallerClass::Vpc(vpc) => self.names.text(vpc).map_or(Class::Unreadable, Class::Vpc),
            CallerClass::Endpoint(value) => {
                let endpoint = self.endpoints.iter().find(|endpoint| endpoint.name.same(value) == Same::Yes);
                let vpc = endpoint.and_then(|endpoint| endpoint.vpc.as_ref());
                let vpc = vpc.and_then(|vpc| self.names.text(&vpc.value));
                self.names.text(value).map_or(Class::Unreadable, |id| Class::Endpoint(id, vpc))
            }
        }
    }

    /// The document, with its opened twin where some route lets a silent policy pass.
    pub(super) fn opened<'d>(&self, document: &'d PolicyDocument) -> Opened<'d> {
        let needed = self.groups.iter().any(|group| !matches!(group.auth, Auth::None | Auth::Cognito));
        Opened { document, opened: needed.then(|| opened(document)) }
    }

    pub(super) fn prepare<'d>(&'d self, document: &'d Opened<'d>) -> Prepared<'d> {
        let policy = Policy::new(document.document, &self.arn, &self.names);
        let pass = document.opened.as_ref().map(|opened| Policy::new(opened, &self.arn, &self.names));
        let routes = self
            .groups
            .iter()
            .map(|group| {
                let of = |policy: &Policy<'_>| {
                    [policy.routes(&group.main.shapes), policy.routes(&group.extra.shapes)]
                };
                (of(&policy), pass.as_ref().map(of))
            })
            .collect();
        Prepared { document: document.document, policy, pass, routes }
    }

    pub(super) fn prepare_gate<'d>(&'d self, gate: &'d Gate) -> PreparedGate<'d> {
        let policy = Policy::new(&gate.document, &gate.arn, &self.names);
        let anything = Shape::of(&gate.arn).text(&Text::from("/")).anything();
        let shapes = |shapes: &[Shape]| match gate.elsewhere {
            true => policy.routes(&vec![anything.clone(); shapes.len()]),
            false => policy.routes(shapes),
        };
        let routes =
            self.groups.iter().map(|group| [shapes(&group.main.shapes), shapes(&group.extra.shapes)]);
        let routes = routes.collect();
        let resource = gate.elsewhere.then(|| gate.arn.then(&Text::from("/")));
        PreparedGate { of: gate.of, document: &gate.document, resource, routes, policy }
    }

    /// What one document says about a caller class over all routes, the gates in front of it included.
    fn opinion(&self, prepared: &Prepared<'_>, gates: &[PreparedGate<'_>], who: Who<'_>) -> Opinion {
        let mut opinion = Opinion::start();
        for (at, group) in self.groups.iter().enumerate() {
            let main = self.asking(prepared, gates, at, false, who).over_routes();
            let all = if group.extra.shapes.is_empty() {
                main
            } else {
                main.widened_by(self.asking(prepared, gates, at, true, who).over_routes())
            };
            opinion = opinion.also(self.with_routes(group, all));
        }
        opinion
    }

    /// Turns positions of refused shapes into routes.
    fn with_routes(&self, group: &Group, mut opinion: Opinion) -> Opinion {
        for at in std::mem::take(&mut opinion.refused_at) {
            if let Some(route) = group.main.route(group, at)
                && !opinion.refused.contains(route)
            {
                opinion.refused.push(route.clone());
            }
        }
        opinion
    }

    /// One group of routes, on the stages that were asked for or on the extra ones.
    pub(super) fn asking<'q>(
        &'q self,
        prepared: &'q Prepared<'_>,
        gates: &'q [PreparedGate<'_>],
        at: usize,
        extra: bool,
        who: Who<'q>,
    ) -> Questions<'q> {
        let stages = usize::from(extra);
        let group = &self.groups[at];
        let (allow, pass) = &prepared.routes[at];
        let asked = |policy, routes| Asked {
            teller: Teller { policy, document: prepared.document, names: &self.names, of: PolicyOf::Api },
            routes,
            resource: None,
        };
        let gates = gates.iter().map(|gate| Asked {
            teller: Teller { policy: &gate.policy, document: gate.document, names: &self.names, of: gate.of },
            routes: &gate.routes[at][stages],
            resource: gate.resource.as_ref(),
        });
        Questions {
            who,
            group,
            shapes: if extra { &group.extra } else { &group.main },
            allow: asked(&prepared.policy, &allow[stages]),
            pass: prepared
                .pass
                .as_ref()
                .zip(pass.as_ref())
                .map(|(policy, pass)| asked(policy, &pass[stages])),
            gates: gates.collect(),
        }
    }
}

/// A policy that a request has to pass before the API's own.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) of: PolicyOf,
    pub(super) document: PolicyDocument,
    /// What shorthand resources stand behind.
    pub(super) arn: Text,
    /// Whether the policy is about another resource than the API.
    pub(super) elsewhere: bool,
}

/// A compiled gate with the routes of each group.
pub(super) struct PreparedGate<'d> {
    of: PolicyOf,
    document: &'d PolicyDocument,
    policy: Policy<'d>,
    /// The resource that is asked for, where it is not the API's.
    resource: Option<Text>,
    routes: Vec<[Routes; 2]>,
}

/// A document and the same with everything allowed that it does not deny.
pub(super) struct Opened<'d> {
    document: &'d PolicyDocument,
    opened: Option<PolicyDocument>,
}

/// A compiled document with the routes of each group: on stages that were asked for, and on extra ones.
pub(super) struct Prepared<'d> {
    document: &'d PolicyDocument,
    policy: Policy<'d>,
    pass: Option<Policy<'d>>,
    routes: Vec<([Routes; 2], Option<[Routes; 2]>)>,
}

/// A public API without a policy lets everybody in, a private one nobody.
fn without_policy(case: &Case, caller: &mut Caller) {
    if case.hidden_policy.is_some() {
        return;
    }
    let decision = match caller.class {
        CallerClass::Internet => Decision::Allow,
        CallerClass::Endpoint(_) | CallerClass::Vpc(_) | CallerClass::AnyOtherEndpoint => Decision::Deny,
    };
    caller.decision = decision;
    caller.unsigned = decision;
    caller.foreign = decision;
}

/// The document with everything allowed that it does not deny.
pub(super) fn opened(document: &PolicyDocument) -> PolicyDocument {
    let span = document.span;
    let any = || SpannedText { text: Some(Text::from("*")), span };
    let element = || Element { key_span: span, negated: false, values: vec![any()] };
    let mut opened = document.clone();
    opened.statements.push(Statement {
        span,
        sid: None,
        effect: Spanned { value: Effect::Allow, span },
        principal: Some(PrincipalElement {
            key_span: span,
            span,
            negated: false,
            values: vec![PrincipalValue { is_aws: true, value: any() }],
        }),
        actions: Some(element()),
        resources: Some(element()),
        conditions: Vec::new(),
        unknown: Vec::new(),
    });
    opened
}
