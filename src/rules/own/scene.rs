//! What a rule is asked about: one subject in one state of the model, and all subjects of a file.
//!
//! What can be said about a scene is in `facts`.

use std::borrow::Cow;

use crate::exposure::consumers::Call;
use crate::exposure::extent::Extent;
use crate::exposure::model::{Api, ApiKind, Caller, CallerClass, Case, Domain, Endpoint, Method, PrivateDns};
use crate::intent::Intent;
use crate::rules::Context;
use crate::rules::finding::Subject;
use crate::source::Span;
use crate::template::value::StackId;

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// APIs of every kind.
    Api,
    /// Function URLs alone.
    FunctionUrl,
    /// Each method of each API.
    Method,
    /// Each class of callers of each API.
    Caller,
    /// VPC endpoints for execute-api.
    Endpoint,
    /// Custom domains.
    Domain,
    /// Places that build the address of an API.
    Call,
}

impl Kind {
    /// All kinds, with the words of rule files.
    pub const ALL: [(&'static str, Kind); 7] = [
        ("api", Kind::Api),
        ("function-url", Kind::FunctionUrl),
        ("method", Kind::Method),
        ("caller", Kind::Caller),
        ("endpoint", Kind::Endpoint),
        ("domain", Kind::Domain),
        ("call", Kind::Call),
    ];

    /// The word of rule files.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// One subject in one state.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene<'run> {
    Api(ApiScene<'run>),
    Endpoint(&'run Endpoint, &'run PrivateDns, &'run Context<'run>),
    Domain(&'run Domain, &'run Context<'run>),
    Call(&'run Call, &'run Context<'run>),
}

/// An API in one case, perhaps with one of its methods or callers.
#[derive(Clone, Copy, Debug)]
pub(super) struct ApiScene<'run> {
    pub(super) ctx: &'run Context<'run>,
    pub(super) api: &'run Api,
    pub(super) intent: &'run Intent,
    pub(super) case: &'run Case,
    pub(super) method: Option<MethodSeen<'run>>,
    pub(super) caller: Option<&'run Caller>,
    /// Whether this stands for the cases that nobody looked at; nothing of `case` is then true.
    pub(super) unseen: bool,
}

/// A method, or what stands for those that have no place of their own.
#[derive(Clone, Copy, Debug)]
pub(super) enum MethodSeen<'run> {
    Known(&'run Method),
    /// A function URL takes every method.
    Url,
    /// Methods that cannot be seen.
    Hidden,
}

impl ApiScene<'_> {
    /// Whether there are methods that cannot be seen; nothing that can be deployed has none at all.
    pub(super) fn hides_methods(&self) -> bool {
        hides_methods(self.api, self.case)
    }
}

fn hides_methods(api: &Api, case: &Case) -> bool {
    case.methods_incomplete || (case.methods.is_empty() && api.kind != ApiKind::FunctionUrl)
}

/// A subject with all its states.
#[derive(Debug)]
pub(super) struct Group<'run> {
    /// What findings are about.
    pub(super) subject: Subject,
    /// Where a reader looks when nothing nearer can be pointed at.
    pub(super) place: Span,
    /// Its states.
    pub(super) states: Vec<State<'run>>,
}

/// A state of the model, with the subject in it if it is there.
#[derive(Debug)]
pub(super) struct State<'run> {
    pub(super) extent: Cow<'run, Extent>,
    pub(super) environment: Option<&'run str>,
    pub(super) instance: Option<StackId>,
    pub(super) scene: Option<Scene<'run>>,
}

/// All subjects of a kind in the file of a context, in text order.
pub(super) fn groups<'run>(kind: Kind, ctx: &'run Context<'run>) -> Vec<Group<'run>> {
    match kind {
        Kind::Api => ctx.apis().map(|(api, intent)| api_group(ctx, api, intent)).collect(),
        Kind::FunctionUrl => ctx
            .apis()
            .filter(|(api, _)| api.kind == ApiKind::FunctionUrl)
            .map(|(api, intent)| api_group(ctx, api, intent))
            .collect(),
        Kind::Method => ctx.apis().flat_map(|(api, intent)| method_groups(ctx, api, intent)).collect(),
        Kind::Caller => ctx.apis().flat_map(|(api, intent)| caller_groups(ctx, api, intent)).collect(),
        Kind::Endpoint => endpoint_groups(ctx),
        Kind::Domain => domain_groups(ctx),
        Kind::Call => call_groups(ctx),
    }
}

fn group<'run>(
    ctx: &'run Context<'run>,
    api: &'run Api,
    intent: &'run Intent,
    part: impl Fn(&'run Case) -> Option<(Option<MethodSeen<'run>>, Option<&'run Caller>)>,
) -> Group<'run> {
    let scene = |case: &'run Case, unseen| {
        part(case)
            .map(|(method, caller)| Scene::Api(ApiScene { ctx, api, intent, case, method, caller, unseen }))
    };
    let looked_at = api.cases.iter().map(|case| State {
        extent: Cow::Borrowed(&case.extent),
        environment: case.environment.as_deref(),
        instance: Some(case.stack),
        scene: scene(case, false),
    });
    let unseen = api.cases.first().filter(|_| api.incomplete).map(|case| State {
        extent: Cow::Owned(Extent::default()),
        environment: None,
        instance: Some(case.stack),
        scene: scene(case, true),
    });
    Group { subject: Subject::api(api), place: api.id_span, states: looked_at.chain(unseen).collect() }
}

fn api_group<'run>(ctx: &'run Context<'run>, api: &'run Api, intent: &'run Intent) -> Group<'run> {
    group(ctx, api, intent, |_| Some((None, None)))
}

fn method_groups<'run>(ctx: &'run Context<'run>, api: &'run Api, intent: &'run Intent) -> Vec<Group<'run>> {
    let mut routes: Vec<(&str, &str)> = Vec::new();
    for method in api.cases.iter().flat_map(|case| &case.methods) {
        let route = (method.path.as_str(), method.method.as_str());
        if !routes.contains(&route) {
            routes.push(route);
        }
    }
    let known = routes.into_iter().map(|(path, method)| {
        group(ctx, api, intent, move |case| {
            let found = case.methods.iter().find(|one| one.path == path && one.method == method)?;
            Some((Some(MethodSeen::Known(found)), None))
        })
    });
    let url = (api.kind == ApiKind::FunctionUrl)
        .then(|| group(ctx, api, intent, |_| Some((Some(MethodSeen::Url), None))));
    let hidden = api.cases.iter().any(|case| hides_methods(api, case)).then(|| {
        group(ctx, api, intent, |case| hides_methods(api, case).then_some((Some(MethodSeen::Hidden), None)))
    });
    known.chain(url).chain(hidden).collect()
}

fn caller_groups<'run>(ctx: &'run Context<'run>, api: &'run Api, intent: &'run Intent) -> Vec<Group<'run>> {
    let mut classes = Vec::new();
    for caller in api.cases.iter().flat_map(|case| &case.callers) {
        if !classes.contains(&&caller.class) {
            classes.push(&caller.class);
        }
    }
    let one = |class: &'run CallerClass| {
        group(ctx, api, intent, move |case| {
            let found = case.callers.iter().find(|caller| caller.class == *class)?;
            Some((None, Some(found)))
        })
    };
    classes.into_iter().map(one).collect()
}

/// One group per resource: the instances of its template are its states.
fn endpoint_groups<'run>(ctx: &'run Context<'run>) -> Vec<Group<'run>> {
    let mut groups: Vec<Group<'run>> = Vec::new();
    for endpoint in ctx.endpoints() {
        let states = endpoint.private_dns.iter().map(|dns| State {
            extent: Cow::Borrowed(&dns.extent),
            environment: dns.environment.as_deref(),
            instance: Some(endpoint.stack),
            scene: Some(Scene::Endpoint(endpoint, dns, ctx)),
        });
        add(&mut groups, endpoint.file, &endpoint.resource, endpoint.id_span, states.collect());
    }
    groups
}

fn domain_groups<'run>(ctx: &'run Context<'run>) -> Vec<Group<'run>> {
    let mut groups: Vec<Group<'run>> = Vec::new();
    for domain in ctx.model.domains.iter().filter(|domain| domain.file == ctx.file) {
        let state = always(Some(domain.stack), Scene::Domain(domain, ctx));
        add(&mut groups, domain.file, &domain.resource, domain.id_span, vec![state]);
    }
    groups
}

fn call_groups<'run>(ctx: &'run Context<'run>) -> Vec<Group<'run>> {
    let calls = ctx.model.calls.iter().filter(|call| call.file == ctx.file);
    calls
        .map(|call| Group {
            subject: Subject { file: call.file, resource: Some(call.resource.clone()) },
            place: call.span,
            states: vec![always(None, Scene::Call(call, ctx))],
        })
        .collect()
}

fn always<'run>(instance: Option<StackId>, scene: Scene<'run>) -> State<'run> {
    State { extent: Cow::Owned(Extent::default()), environment: None, instance, scene: Some(scene) }
}

fn add<'run>(
    groups: &mut Vec<Group<'run>>,
    file: crate::source::FileId,
    resource: &str,
    place: Span,
    states: Vec<State<'run>>,
) {
    let subject = Subject { file, resource: Some(resource.to_owned()) };
    match groups.iter_mut().find(|group| group.subject == subject) {
        Some(group) => group.states.extend(states),
        None => groups.push(Group { subject, place, states }),
    }
}
