//! What a public API asks of callers from the internet: for the end of a message, and for who can call what.
//!
//! Whether the internet reaches the API at all is the rules' question.

use crate::exposure::model::{Api, ApiKind, Auth, CallerClass, Case, Decision, Route};
use crate::rules::words;

/// What stands between the internet and a public API in one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Openness {
    /// Nothing, as far as a route goes; `None` where the API has no route that is known.
    Open(Option<String>),
    /// Its policy refuses every call.
    Shut,
    /// Its policy lets in only who signs.
    Signed,
    /// Its policy lets in some calls.
    Named,
    /// Every route has an authorizer or asks for a signature. Preflight requests, which never carry any, do not count.
    Guarded,
    /// Whatever stands in text that is not in the run.
    Hidden,
    /// Whatever its policy or its routes ask, which is not known before the deployment.
    Undecided,
}

/// What an API asks of callers from the internet in a case in which they reach it.
pub fn openness(api: &Api, case: &Case) -> Openness {
    let internet = case.callers.iter().find(|caller| caller.class == CallerClass::Internet);
    match internet.map(|caller| (caller.decision, caller.unsigned)) {
        Some((Decision::Deny, _)) => return Openness::Shut,
        Some((Decision::Depends, Decision::Deny)) => return Openness::Signed,
        Some((Decision::Depends, _)) => return Openness::Named,
        Some((Decision::Unknown, _)) if case.hidden_policy.is_some() => return Openness::Hidden,
        Some((Decision::Unknown, _)) => return Openness::Undecided,
        Some((Decision::Allow, _)) | None => {}
    }
    if let Some(open) = open_route(api, case) {
        return Openness::Open(Some(open));
    }
    let mut counted =
        case.methods.iter().filter(|method| method.method != "OPTIONS").map(|method| method.auth);
    if case.methods_incomplete {
        return if case.hidden_policy.is_some() { Openness::Hidden } else { Openness::Undecided };
    }
    if counted.clone().next().is_none() {
        Openness::Open(None)
    } else if counted.all(|auth| matches!(auth, Auth::Iam | Auth::Lambda | Auth::Cognito)) {
        Openness::Guarded
    } else {
        Openness::Undecided
    }
}

/// A route that asks its callers for nothing: one of an event where there is one.
fn open_route(api: &Api, case: &Case) -> Option<String> {
    let event = api.routes.iter().find(|route| is_open(case, route)).map(words::route);
    let mut open = case.methods.iter().filter(|method| method.auth == Auth::None);
    event.or_else(|| {
        let method = open.find(|method| method.method != "OPTIONS")?;
        Some(words::method_and_path(&method.method, &method.path))
    })
}

fn is_open(case: &Case, route: &Route) -> bool {
    route.method != "OPTIONS" && auth(case, route) == Some(Auth::None)
}

fn auth(case: &Case, route: &Route) -> Option<Auth> {
    let known = case.methods.iter().find(|method| method.path == route.path && method.method == route.method);
    known.map(|method| method.auth)
}

/// The route of an API to show: one that is open, else one that is served. An event whose API has a body without it
/// serves nothing.
pub fn shown_route<'api>(api: &'api Api, case: &Case) -> Option<&'api Route> {
    if api.kind != ApiKind::Rest {
        return api.routes.first();
    }
    let open = api.routes.iter().find(|route| is_open(case, route));
    open.or_else(|| api.routes.iter().find(|route| auth(case, route).is_some()))
}

impl Openness {
    /// What stands in between, as the end of a message; `None` when nothing does or it is not known.
    pub fn barrier(&self) -> Option<&'static str> {
        match self {
            Self::Shut => Some(", though its policy refuses every call"),
            Self::Signed => Some(", for callers that sign their requests"),
            Self::Named => Some(", for the callers its policy names"),
            Self::Guarded => Some(", behind authorizers"),
            Self::Open(_) | Self::Hidden | Self::Undecided => None,
        }
    }

    /// Whether anyone at all can call.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Who can call what, a main clause; `address` is what callers have to know: `API id`.
    pub fn clause(&self, address: &str) -> String {
        let rest = match self {
            Self::Open(route) => {
                let what = route.as_deref().unwrap_or("it");
                return format!("anyone who learns the {address} can call {what}");
            }
            Self::Shut => "only the policy keeps callers out",
            Self::Signed => "the policy lets in those who sign their requests",
            Self::Named => "the policy is all that tells callers apart",
            Self::Guarded => "authorizers are all that stands in between",
            Self::Hidden => "what it asks of callers stands in text that is not here",
            Self::Undecided => "what it asks of callers is not known before the deployment",
        };
        format!("the host answers everybody on the internet, and {rest}")
    }
}
