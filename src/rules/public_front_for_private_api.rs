//! `public-front-for-private-api`: something on the internet hands requests on to a VPC endpoint for private APIs.
//!
//! Chains that cannot be shown from end to end are left alone.

use crate::diagnostic::{Confidence, Label, Severity};
use crate::exposure::fronts::{Front, FrontCase, FrontKind, Goal, Hop, Lead};
use crate::exposure::model::{Api, ApiKind, Auth, CallerClass, Case, Decision, EndpointType};
use crate::intent::{Intent, Posture};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, both, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::{Same, Value};

const ID: &str = "public-front-for-private-api";

/// Most further integrations of an API that are shown beside the first.
const MOST_LABELS: usize = 5;

/// Reports load balancers, origins and integrations that lead the internet to an execute-api endpoint.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut shown: Vec<(&Value, usize)> = Vec::new();
    for front in ctx.model.fronts.iter().filter(|front| front.file == ctx.file) {
        // Operations of one API are one front.
        let known = shown.iter().find(|(api, _)| front.api.as_ref() == Some(*api)).map(|(_, at)| *at);
        let Some(found) = finding(ctx, front) else { continue };
        match known.and_then(|at| findings.get_mut(at)) {
            Some(first) => {
                if first.diagnostic.related.len() < MOST_LABELS {
                    let label = Label::new(found.diagnostic.primary.span, "leads there, too");
                    *first = first.clone().related([label]);
                }
            }
            None => {
                shown.extend(front.api.as_ref().map(|api| (api, findings.len())));
                findings.push(found);
            }
        }
    }
}

/// An API of the run with what it is meant to be.
type Known<'run> = (&'run Api, &'run Intent);

fn finding(ctx: &Context<'_>, front: &Front) -> Option<Finding> {
    let api = front.api.as_ref().map(|named| public_api(ctx, named));
    // An integration of an API that is not in the run, or not public, is no front.
    if api.as_ref().is_some_and(Option::is_none) {
        return None;
    }
    let (api, _) = api.flatten().unzip();
    let is_open =
        |one: &FrontCase, case: &Case| case.endpoint_type.is_public() == Some(true) && one.can_meet(case);
    let leads = |one: &FrontCase| {
        let open = api.is_none_or(|api| api.cases.iter().any(|case| is_open(one, case)));
        open && one.lead.as_ref().is_some_and(|lead| !is_accepted(ctx, one, lead))
    };
    let used = occurrence(&front.cases, leads)?;
    let lead = used.state.lead.as_ref()?;
    let found = api.and_then(|api| occurrence(&api.cases, |case| is_open(used.state, case)));
    let when = found.map_or_else(|| used.when.clone(), |found| both(&used.when, &found.when));
    Some(describe(ctx, front, api, &used, lead).takes_also(&when))
}

/// The API of the run that is named and public in some case, unless it is meant to be.
fn public_api<'run>(ctx: &Context<'run>, named: &Value) -> Option<Known<'run>> {
    let mut apis = ctx.model.apis.iter().enumerate();
    let (at, api) = apis.find(|(_, api)| api.is_named_by(named))?;
    let intent = ctx.intents.of(at);
    let judged = api.has_execute_api_host() && api.refused.is_none() && intent.posture != Posture::Public;
    (judged && api.may_be_public()).then_some((api, intent))
}

/// Private APIs that let in what comes through the endpoint, while the front is as this case says.
fn behind<'run>(ctx: &Context<'run>, one: &FrontCase, lead: &Lead) -> Vec<Known<'run>> {
    let Goal::Endpoint { name, .. } = &lead.goal else { return Vec::new() };
    let lets_in = |case: &Case| {
        case.callers.iter().any(|caller| {
            matches!(&caller.class, CallerClass::Endpoint(value) if value.same(name) == Same::Yes)
                && matches!(caller.decision, Decision::Allow | Decision::Depends)
        })
    };
    let reached =
        |case: &Case| case.endpoint_type == EndpointType::Private && one.can_meet(case) && lets_in(case);
    let apis = ctx.model.apis.iter().enumerate().filter(|(_, api)| api.kind == ApiKind::Rest);
    let apis = apis.filter(|(_, api)| api.refused.is_none() && api.cases.iter().any(reached));
    apis.map(|(at, api)| (api, ctx.intents.of(at))).collect()
}

/// Whether every private API that is known to stand behind the endpoint is meant to be public.
fn is_accepted(ctx: &Context<'_>, one: &FrontCase, lead: &Lead) -> bool {
    let behind = behind(ctx, one, lead);
    !behind.is_empty() && behind.iter().all(|(_, intent)| intent.posture == Posture::Public)
}

fn describe(
    ctx: &Context<'_>,
    front: &Front,
    api: Option<&Api>,
    used: &Occurrence<'_, FrontCase>,
    lead: &Lead,
) -> Finding {
    let behind = behind(ctx, used.state, lead);
    let guarded = api.is_some_and(asks_everybody);
    let subject = Subject { file: front.file, resource: Some(front.resource.clone()) };
    let message = message(front, api, lead) + &words::under(&used.when);
    let way = lead.way.iter().map(|(span, hop)| Label::new(*span, passes(*hop)));
    let goal = match &lead.goal {
        Goal::Endpoint { id_span, .. } => Label::new(*id_span, "the requests come in through this endpoint"),
        Goal::Host(span) => Label::new(*span, "the name of a VPC endpoint for private APIs"),
    };
    let private =
        behind.first().map(|(api, _)| Label::new(api.id_span, "private, and lets in what comes from there"));
    Finding::new(ID, subject, Severity::Error, message, primary(front, lead))
        .confidence(Confidence::Medium)
        .occurs(used)
        .related(lead.written.iter().flat_map(places::way_to))
        .related(way)
        .related([goal])
        .related(private)
        .related(api.map(|api| Label::new(api.id_span, "the public API")))
        .why(
            "the policy of a private API sees the VPC endpoint, and not who stands before it: whoever reaches this \
             from the internet is let in like a caller in the VPC.",
        )
        .notes(assumptions(front, lead, guarded))
        .help(help(front.kind, guarded))
        .help("or, if this way in is meant to be there, accept it with an owner and an end:  [[exception]]  in wicketgate.toml")
}

fn message(front: &Front, api: Option<&Api>, lead: &Lead) -> String {
    let what = match (front.kind, api) {
        (FrontKind::LoadBalancer, _) => format!("load balancer `{}`", front.resource),
        (FrontKind::Distribution, _) => format!("distribution `{}`", front.resource),
        (FrontKind::Integration, Some(api)) => format!("public API `{}`", api.resource),
        (FrontKind::Integration, None) => format!("`{}`", front.resource),
    };
    match &lead.goal {
        Goal::Endpoint { resource, .. } => {
            format!("{what} leads the internet to `{resource}`, the VPC endpoint of private APIs")
        }
        Goal::Host(_) => format!("{what} leads the internet to a VPC endpoint of private APIs"),
    }
}

fn primary(front: &Front, lead: &Lead) -> Label {
    match (front.kind, &lead.written) {
        (FrontKind::LoadBalancer, Some(scheme)) => Label::new(places::origin(scheme), "on the internet"),
        (FrontKind::LoadBalancer, None) => Label::new(front.id_span, "has no `Scheme`: on the internet"),
        (FrontKind::Distribution, Some(name)) => Label::new(places::origin(name), "an origin inside the VPC"),
        (FrontKind::Integration, Some(uri)) => {
            Label::new(places::origin(uri), "hands requests on to the endpoint")
        }
        (FrontKind::Distribution | FrontKind::Integration, None) => {
            Label::new(front.id_span, "hands requests on to the endpoint")
        }
    }
}

fn passes(hop: Hop) -> &'static str {
    match hop {
        Hop::LoadBalancer => "forwards them",
        Hop::Targets => "sends them to the addresses of the endpoint",
        Hop::Link => "connects into the VPC",
        Hop::Lookup => "looks the addresses up",
    }
}

/// What is taken for granted, most doubtful first.
fn assumptions(front: &Front, lead: &Lead, guarded: bool) -> Vec<String> {
    let looked_up = lead.way.iter().any(|(_, hop)| *hop == Hop::Lookup);
    let looked_up =
        looked_up.then(|| "assumes that what looks the addresses up gives those of the endpoint".to_owned());
    let open = match front.kind {
        FrontKind::LoadBalancer => "assumes that the load balancer's security groups let the internet in",
        FrontKind::Distribution => "assumes that nothing in the distribution asks callers who they are",
        FrontKind::Integration if guarded => {
            "assumes that not all whom the authorizers of the public API let pass are meant to get in"
        }
        FrontKind::Integration => "assumes that no authorizer of the public API keeps strangers out",
    };
    looked_up.into_iter().chain([open.to_owned()]).collect()
}

/// Whether every method of an API has an authorizer, or asks for a signature.
fn asks_everybody(api: &Api) -> bool {
    let asks = |auth: Auth| matches!(auth, Auth::Iam | Auth::Lambda | Auth::Cognito);
    let in_case = |case: &Case| {
        !case.methods_incomplete
            && !case.methods.is_empty()
            && case.methods.iter().all(|method| asks(method.auth))
    };
    api.cases.iter().all(in_case)
}

fn help(kind: FrontKind, guarded: bool) -> &'static str {
    match kind {
        FrontKind::Integration if guarded => "make the public API private, too",
        FrontKind::LoadBalancer => "keep it inside:  Scheme: internal",
        FrontKind::Distribution => {
            "take the endpoint out of the origins, and give the internet a public API of its own"
        }
        FrontKind::Integration => "ask for authorization on the public API, or make it private, too",
    }
}
