//! What the policies say about a caller class, over the routes of an API.
//!
//! Follows API Gateway's authorization workflow (developer guide, "how API Gateway resource policies affect
//! authorization workflow"): without an authorizer and with Cognito the policy has to allow; with IAM or a
//! Lambda authorizer a silent policy leaves the decision to the other side; an explicit deny always wins.

use rustc_hash::FxHashSet;

use crate::exposure::model::{Auth, Caller, CallerClass, Case, Decision, Endpoint, Method};
use crate::exposure::place::{Presumed, part, pseudo};
use crate::policy::ask::Verdict;
use crate::policy::compiled::Policy;
use crate::policy::document::{
    ConditionTest, Effect, Element, PolicyDocument, PrincipalElement, PrincipalValue, SpannedText, Statement,
};
use crate::policy::operator::Test;
use crate::policy::resource::Shape;
use crate::policy::routes::Routes;
use crate::policy::text::{Names, Text};
use crate::policy::world::{Signing, World};
use crate::source::{Span, Spanned};
use crate::template::document::Resource;
use crate::template::value::{Name, Part, Same, Value};
use crate::workspace::Stack;

/// Most deciding texts that are kept for one caller.
const MAX_BECAUSE: usize = 4;

/// The policies and routes of one case of an API, ready to be asked.
pub(crate) struct Judge<'run> {
    case: &'run Case,
    endpoints: &'run [Endpoint],
    names: Names,
    arn: Text,
    account: Text,
    presumed: Presumed,
    documents: Vec<PolicyDocument>,
    groups: Vec<Group>,
}

/// Routes with the same authorization.
struct Group {
    auth: Auth,
    routes: Vec<(String, String)>,
    shapes: Vec<Shape>,
    /// The same on stages that only a deployment makes.
    extra: Vec<Shape>,
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
    pub(crate) fn decide(mut self, callers: &mut [Caller]) {
        if self.case.type_unknown.as_deref() == Some(super::rest::REFUSED) {
            return;
        }
        if self.documents.is_empty() {
            callers.iter_mut().for_each(|caller| without_policy(self.case, caller));
            return;
        }
        let classes: Vec<Class> = callers.iter().map(|caller| self.class(&caller.class)).collect();
        let fronts: Vec<Option<PolicyDocument>> =
            callers.iter().map(|caller| self.endpoint_policy(&caller.class)).collect();
        let documents: Vec<Opened<'_>> =
            self.documents.iter().map(|document| self.opened(document)).collect();
        let prepared: Vec<Prepared<'_>> = documents.iter().map(|document| self.prepare(document)).collect();
        for ((caller, class), front) in callers.iter_mut().zip(&classes).zip(&fronts) {
            let mut opinion = agree(prepared.iter().map(|prepared| self.opinion(prepared, class)).collect());
            if let Some(front) = front {
                let document = self.opened(front);
                opinion = opinion.behind(&self.opinion(&self.prepare(&document), class));
            }
            caller.decision = opinion.decision;
            caller.unsigned = opinion.unsigned;
            caller.foreign = opinion.foreign;
            caller.presumed = opinion.presumed || self.presumed.matters();
            caller.because = opinion.because;
            caller.refused_routes = opinion.refused;
        }
    }

    /// The policy of the endpoint resource that a caller comes through.
    fn endpoint_policy(&mut self, class: &CallerClass) -> Option<PolicyDocument> {
        let CallerClass::Endpoint(value) = class else { return None };
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.name.same(value) == Same::Yes)?;
        let policy =
            endpoint.policy.as_ref().filter(|policy| !matches!(policy.value, Value::Absent | Value::Null))?;
        Some(PolicyDocument::parse(&self.presumed.apply(policy), &mut self.names))
    }

    fn class(&mut self, class: &CallerClass) -> Class {
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
    fn opened<'d>(&self, document: &'d PolicyDocument) -> Opened<'d> {
        let needed = self.groups.iter().any(|group| !matches!(group.auth, Auth::None | Auth::Cognito));
        Opened { document, opened: needed.then(|| opened(document)) }
    }

    fn prepare<'d>(&'d self, document: &'d Opened<'d>) -> Prepared<'d> {
        let policy = Policy::new(document.document, &self.arn, &self.names);
        let pass = document.opened.as_ref().map(|opened| Policy::new(opened, &self.arn, &self.names));
        let routes = self
            .groups
            .iter()
            .map(|group| {
                let of = |policy: &Policy<'_>| [policy.routes(&group.shapes), policy.routes(&group.extra)];
                (of(&policy), pass.as_ref().map(of))
            })
            .collect();
        Prepared { policy, pass, routes }
    }

    /// What one document says about a caller class over all routes.
    fn opinion(&self, prepared: &Prepared<'_>, class: &Class) -> Opinion {
        let mut questions = Questions { class, account: &self.account, opinion: Opinion::start() };
        for (group, (allow, pass)) in self.groups.iter().zip(&prepared.routes) {
            let asked = |at: usize| Both {
                allow: (&prepared.policy, &allow[at]),
                pass: prepared.pass.as_ref().zip(pass.as_ref()).map(|(policy, routes)| (policy, &routes[at])),
            };
            let main = questions.group(group.auth, &asked(0));
            let all = if group.extra.is_empty() {
                main
            } else {
                main.widened_by(questions.group(group.auth, &asked(1)))
            };
            questions.add(group, all);
        }
        questions.opinion
    }
}

/// A document and the same with everything allowed that it does not deny.
struct Opened<'d> {
    document: &'d PolicyDocument,
    opened: Option<PolicyDocument>,
}

/// A compiled document with the routes of each group: on stages that were asked for, and on extra ones.
struct Prepared<'d> {
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

/// A caller class in the words of the policy engine.
enum Class {
    Internet,
    Endpoint(Text, Option<Text>),
    Vpc(Text),
    AnyOther,
    Unreadable,
}

impl Class {
    fn world(&self, signing: Signing) -> Option<World> {
        match self {
            Class::Internet => Some(World::internet(signing)),
            Class::Endpoint(id, vpc) => Some(World::endpoint(id, vpc.as_ref(), signing)),
            Class::Vpc(vpc) => Some(World::inside_vpc(vpc, signing)),
            Class::AnyOther => Some(World::any_other_endpoint(signing)),
            Class::Unreadable => None,
        }
    }
}

/// What is said over some routes.
#[derive(Clone, Debug, PartialEq)]
struct Opinion {
    decision: Decision,
    unsigned: Decision,
    foreign: Decision,
    presumed: bool,
    because: Vec<Span>,
    /// Positions of routes that are refused, among those asked about; turned into routes by [`Questions::add`].
    refused_at: Vec<usize>,
    refused: Vec<(String, String)>,
    empty: bool,
}

impl Opinion {
    fn start() -> Self {
        Self {
            decision: Decision::Unknown,
            unsigned: Decision::Unknown,
            foreign: Decision::Unknown,
            presumed: false,
            because: Vec::new(),
            refused_at: Vec::new(),
            refused: Vec::new(),
            empty: true,
        }
    }

    fn of(decision: Decision, unsigned: Decision, foreign: Decision) -> Self {
        Self { decision, unsigned, foreign, empty: false, ..Self::start() }
    }

    /// Over these routes and others.
    fn also(mut self, other: Opinion) -> Self {
        if self.empty {
            return other;
        }
        self.decision = both(self.decision, other.decision);
        self.unsigned = both(self.unsigned, other.unsigned);
        self.foreign = both(self.foreign, other.foreign);
        self.presumed |= other.presumed;
        self.explain(other.because);
        self.refused.extend(other.refused);
        self
    }

    fn explain(&mut self, because: Vec<Span>) {
        for span in because {
            if self.because.len() < MAX_BECAUSE && !self.because.contains(&span) {
                self.because.push(span);
            }
        }
    }

    /// What a stage nobody asked for adds: it matters only where it lets somebody in who is kept out else.
    fn widened_by(mut self, extra: Opinion) -> Self {
        let widen = |own: Decision, extra: Decision| match (own, extra) {
            (Decision::Deny, Decision::Allow | Decision::Depends) => Decision::Depends,
            (Decision::Deny, Decision::Unknown) => Decision::Unknown,
            _ => own,
        };
        let widened = widen(self.decision, extra.decision);
        if widened != self.decision {
            self.explain(extra.because);
        }
        self.decision = widened;
        self.unsigned = widen(self.unsigned, extra.unsigned);
        self.foreign = widen(self.foreign, extra.foreign);
        self
    }

    /// With an endpoint policy in front, which has to let the request pass too.
    fn behind(mut self, front: &Opinion) -> Self {
        let pass = |own: Decision, front: Decision| match (own, front) {
            (Decision::Deny, _) | (_, Decision::Deny) => Decision::Deny,
            (Decision::Unknown, _) | (_, Decision::Unknown) => Decision::Unknown,
            (Decision::Allow, Decision::Allow) => Decision::Allow,
            _ => Decision::Depends,
        };
        let stopped = front.decision != Decision::Allow && self.decision != Decision::Deny;
        if stopped {
            self.because.clone_from(&front.because);
        }
        self.decision = pass(self.decision, front.decision);
        self.unsigned = pass(self.unsigned, front.unsigned);
        self.foreign = pass(self.foreign, front.foreign);
        self.presumed |= front.presumed;
        self
    }
}

/// A decision over two sets of routes.
fn both(left: Decision, right: Decision) -> Decision {
    match (left, right) {
        _ if left == right => left,
        // Some requests pass and some do not, whatever the unknown ones do.
        (Decision::Depends, _)
        | (_, Decision::Depends)
        | (Decision::Allow, Decision::Deny)
        | (Decision::Deny, Decision::Allow) => Decision::Depends,
        _ => Decision::Unknown,
    }
}

/// Several documents on one API: which of them counts is not documented, so they have to agree.
fn agree(opinions: Vec<Opinion>) -> Opinion {
    let mut opinions = opinions.into_iter();
    let Some(mut first) = opinions.next() else { return Opinion::start() };
    for other in opinions {
        let one = |left: Decision, right: Decision| if left == right { left } else { Decision::Unknown };
        first.decision = one(first.decision, other.decision);
        first.unsigned = one(first.unsigned, other.unsigned);
        first.foreign = one(first.foreign, other.foreign);
        first.presumed |= other.presumed;
        first.explain(other.because);
        if first.refused != other.refused {
            first.refused.clear();
        }
    }
    first
}

/// Asks one policy about one caller class.
struct Questions<'a> {
    class: &'a Class,
    account: &'a Text,
    opinion: Opinion,
}

type Asked<'a> = (&'a Policy<'a>, &'a Routes);

/// A policy as it is, and as it is where a silent policy lets pass.
struct Both<'a> {
    allow: Asked<'a>,
    pass: Option<Asked<'a>>,
}

impl Questions<'_> {
    fn add(&mut self, group: &Group, mut opinion: Opinion) {
        let stages = group.shapes.len() / group.routes.len().max(1);
        for at in std::mem::take(&mut opinion.refused_at) {
            if let Some(route) = group.routes.get(at / stages.max(1))
                && !opinion.refused.contains(route)
            {
                opinion.refused.push(route.clone());
            }
        }
        let before = std::mem::replace(&mut self.opinion, Opinion::start());
        self.opinion = before.also(opinion);
    }

    fn group(&self, auth: Auth, asked: &Both<'_>) -> Opinion {
        let Some(pass) = asked.pass else { return self.unsigned(asked.allow) };
        match auth {
            Auth::None | Auth::Cognito => self.unsigned(asked.allow),
            // The authorizer decides what the policy does not deny.
            Auth::Lambda => self.unsigned(pass),
            Auth::Iam => self.signed(asked.allow, pass),
            Auth::Unknown => {
                let (open, signed) = (self.unsigned(asked.allow), self.signed(asked.allow, pass));
                let one =
                    |left: Decision, right: Decision| if left == right { left } else { Decision::Unknown };
                Opinion {
                    decision: one(open.decision, signed.decision),
                    unsigned: one(open.unsigned, signed.unsigned),
                    foreign: one(open.foreign, signed.foreign),
                    ..open
                }
            }
        }
    }

    /// Nobody's signature counts: signed callers are as good as unsigned ones.
    fn unsigned(&self, asked: Asked<'_>) -> Opinion {
        let asked = self.ask(Signing::Unsigned, asked);
        let decision = asked.decision;
        Opinion {
            presumed: asked.presumed,
            because: asked.because,
            refused_at: asked.refused_at,
            ..Opinion::of(decision, decision, decision)
        }
    }

    /// Only signed callers pass: those of the own account unless denied, others when allowed.
    fn signed(&self, allow: Asked<'_>, pass: Asked<'_>) -> Opinion {
        let own = self.ask(Signing::Account(self.account.clone()), pass);
        let foreign = self.ask(Signing::Foreign(self.account.clone()), allow);
        let decision = match (own.decision, foreign.decision) {
            (Decision::Deny, Decision::Deny) => Decision::Deny,
            (Decision::Allow | Decision::Depends, _) | (_, Decision::Allow | Decision::Depends) => {
                Decision::Depends
            }
            _ => Decision::Unknown,
        };
        let mut opinion = Opinion::of(decision, Decision::Deny, foreign.decision);
        opinion.presumed = foreign.presumed || own.presumed;
        opinion.refused_at =
            own.refused_at.into_iter().filter(|at| foreign.refused_at.contains(at)).collect();
        opinion.explain(foreign.because);
        opinion.explain(own.because);
        opinion
    }

    fn ask(&self, signing: Signing, (policy, routes): Asked<'_>) -> Reply {
        let mut reply = Reply {
            decision: Decision::Unknown,
            presumed: false,
            because: Vec::new(),
            refused_at: Vec::new(),
        };
        let Some(world) = self.class.world(signing) else { return reply };
        let mut decision: Option<Decision> = None;
        for answer in policy.ask(&world, routes) {
            let verdict = match answer.verdict() {
                Verdict::All => Decision::Allow,
                Verdict::Some => Decision::Depends,
                Verdict::None => Decision::Deny,
                Verdict::Unknown => Decision::Unknown,
            };
            if verdict == Decision::Deny {
                reply.refused_at.extend(answer.routes);
            }
            decision = Some(decision.map_or(verdict, |before| both(before, verdict)));
            reply.presumed |= answer.presumed;
            for witness in [&answer.refused, &answer.doubtful, &answer.allowed].into_iter().flatten() {
                if let Some(deciding) = policy.decide(&witness.request()).deciding
                    && reply.because.len() < MAX_BECAUSE
                    && !reply.because.contains(&deciding.span)
                {
                    reply.because.push(deciding.span);
                }
            }
        }
        reply.decision = decision.unwrap_or(Decision::Unknown);
        reply
    }
}

/// What a policy says about a world.
struct Reply {
    decision: Decision,
    presumed: bool,
    because: Vec<Span>,
    /// Positions of refused routes.
    refused_at: Vec<usize>,
}

/// The document with everything allowed that it does not deny.
fn opened(document: &PolicyDocument) -> PolicyDocument {
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

/// The routes of a case by authorization; one open route for everything where none is known.
fn groups(case: &Case, arn: &Text, names: &mut Names) -> Vec<Group> {
    let made = case.stages.iter().all(|stage| stage.from_deployment);
    let stages: Vec<Option<Text>> = case
        .stages
        .iter()
        .filter(|stage| made || !stage.from_deployment)
        .map(|stage| names.text(&stage.name))
        .collect();
    let stages = if stages.is_empty() { vec![None] } else { stages };
    let extra: Vec<Option<Text>> = case
        .stages
        .iter()
        .filter(|stage| !made && stage.from_deployment)
        .map(|stage| names.text(&stage.name))
        .collect();
    let base = Shape::of(arn).text(&Text::from("/"));
    if case.methods.is_empty() {
        let shapes = stages.iter().map(|stage| on_stage(&base, stage.as_ref()).anything()).collect();
        return vec![Group { auth: Auth::None, routes: Vec::new(), shapes, extra: Vec::new() }];
    }
    let mut groups: Vec<Group> = Vec::new();
    for method in &case.methods {
        let shape = |stage: &Option<Text>| route(on_stage(&base, stage.as_ref()), method);
        let shapes: Vec<_> = stages.iter().map(shape).collect();
        let extra: Vec<_> = extra.iter().map(shape).collect();
        let route = (method.method.clone(), method.path.clone());
        match groups.iter_mut().find(|group| group.auth == method.auth) {
            Some(group) => {
                group.shapes.extend(shapes);
                group.extra.extend(extra);
                group.routes.push(route);
            }
            None => groups.push(Group { auth: method.auth, routes: vec![route], shapes, extra }),
        }
    }
    groups
}

fn on_stage(base: &Shape, stage: Option<&Text>) -> Shape {
    let shape = match stage {
        Some(stage) => base.clone().text(stage),
        None => base.clone().segment(),
    };
    shape.text(&Text::from("/"))
}

/// `METHOD/path` behind the stage; path parameters stand for any segment.
fn route(shape: Shape, method: &Method) -> Shape {
    let mut shape = match method.method.as_str() {
        "*" => shape.segment(),
        verb => shape.text(&Text::from(verb)),
    };
    for segment in method.path.trim_start_matches('/').split('/') {
        shape = shape.text(&Text::from("/"));
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        shape = match inner {
            Some(name) if name.ends_with('+') => shape.segments(),
            Some(_) => shape.segment(),
            None => shape.text(&Text::from(segment)),
        };
    }
    shape
}
