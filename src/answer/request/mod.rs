//! May this request call this API? What becomes of it in each case of the template, as plain data.
//!
//! The facts come from `exposure`, the phrases for policies from the rules. Nothing is printed here.

mod choose;
mod mistake;
mod tell;

pub use mistake::Mistake;

use crate::answer::map;
use crate::diagnostic::{Label, When};
use crate::exposure::model::{Api, Case, Decision, ExposureModel};
use crate::exposure::reasons::{Because, Met, Part, PolicyOf};
use crate::exposure::requests::Identity;
use crate::rules::occurrence::occurrence;
use crate::source::{FileId, Sources, Span};
use crate::workspace::Workspace;

/// What somebody asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Logical id of the API; `None` for the only one.
    pub api: Option<String>,
    /// Where the call comes from: see `--from`.
    pub from: String,
    /// Method; `None` for the route's own, or GET.
    pub method: Option<String>,
    /// Path behind the stage; `None` for the only route's.
    pub path: Option<String>,
    /// Stage; `None` for all.
    pub stage: Option<String>,
    /// Address of the caller.
    pub address: Option<String>,
    /// VPC of the endpoint.
    pub vpc: Option<String>,
    /// ARN of who signs; `None` for nobody.
    pub principal: Option<String>,
    /// Organisation of who signs.
    pub organisation: Option<String>,
    /// What the other side says.
    pub identity: Option<Identity>,
    /// Logical id or name of the custom domain.
    pub domain: Option<String>,
}

/// What becomes of the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The template of the API.
    pub file: FileId,
    /// Its logical id.
    pub api: String,
    /// `rest`, `http`, …
    pub kind: &'static str,
    /// The request as it was understood.
    pub request: Asked,
    /// `allow`, `deny`, `depends` or `unknown`; `depends` also when the cases differ.
    pub decision: &'static str,
    /// Each different answer, with the cases it is for; the default first.
    pub cases: Vec<Told>,
}

/// A request as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Upper-case method.
    pub method: String,
    /// Path behind the stage.
    pub path: String,
    /// Where it comes from, a phrase.
    pub way: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The assignment of parameters; empty when it always holds.
    pub when: Vec<When>,
    /// The environments; empty when the run has none.
    pub environments: Vec<String>,
    /// `allow`, `deny`, `depends` or `unknown`.
    pub decision: &'static str,
    /// The request in one line.
    pub headline: String,
    /// Method and path of the route that serves it.
    pub route: Option<(String, String)>,
    /// `none`, `iam`, `lambda`, `cognito`, `unknown`; `None` without a route.
    pub auth: Option<&'static str>,
    /// The text that decides.
    pub primary: Label,
    /// More of the story.
    pub related: Vec<Label>,
    /// Why, in sentences.
    pub why: String,
    /// Further facts, one line each.
    pub notes: Vec<String>,
    /// The deciding texts.
    pub because: Vec<Reason>,
}

/// A deciding text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `api`, `endpoint` or `domain`.
    pub policy: &'static str,
    /// Position of the statement, from 0.
    pub statement: Option<usize>,
    /// `Principal`, `Action`, `Resource`, `Condition`, `Effect`; `None` for what cannot be known.
    pub part: Option<&'static str>,
    /// `allow`, `deny`, `silent` or `unknown`.
    pub outcome: &'static str,
    /// The text.
    pub span: Span,
}

/// What becomes of a request to an API of the shown files.
///
/// # Errors
/// When there is no such API, caller or route to ask about, with the nearest ones.
pub fn answer(
    workspace: &Workspace,
    model: &ExposureModel,
    sources: &Sources,
    shown: &dyn Fn(FileId) -> bool,
    wanted: &Wanted,
) -> Result<Answer, Mistake> {
    let api = choose::api(model, sources, shown, wanted)?;
    let caller = choose::caller(model, sources, api, wanted)?;
    let (method, path) = choose::route(api, wanted)?;
    let domain = choose::domain(model, api, wanted)?;
    let request = tell::Request { caller, method, path, domain, wanted };
    let told: Vec<Told> =
        api.cases.iter().map(|case| tell::tell(workspace, model, api, case, &request)).collect();
    let cases = merged(api, &told);
    let mut words: Vec<&'static str> = cases.iter().map(|told| told.decision).collect();
    words.dedup();
    let decision = match words.as_slice() {
        [] => map::decision(Decision::Unknown),
        [only] => only,
        _ => map::decision(Decision::Depends),
    };
    Ok(Answer {
        file: api.file,
        api: api.resource.clone(),
        kind: map::kind(api.kind),
        request: Asked { method: request.method.clone(), path: request.path.clone(), way: request.way() },
        decision,
        cases,
    })
}

/// Each different answer once, with the assignment under which it holds.
fn merged(api: &Api, told: &[Told]) -> Vec<Told> {
    let of = |case: &Case| api.cases.iter().zip(told).find(|(known, _)| std::ptr::eq(*known, case));
    let mut found: Vec<Told> = Vec::new();
    let mut seen: Vec<&Told> = Vec::new();
    for one in told {
        if seen.contains(&one) {
            continue;
        }
        seen.push(one);
        if let Some(occurrence) = occurrence(&api.cases, |case| of(case).is_some_and(|(_, told)| told == one))
        {
            let (when, environments) = (occurrence.when, occurrence.environments);
            found.push(Told { when, environments, ..one.clone() });
        }
    }
    found
}

impl Reason {
    fn of(because: &Because) -> Self {
        Self {
            policy: match because.policy {
                PolicyOf::Api => "api",
                PolicyOf::Endpoint => "endpoint",
                PolicyOf::Domain => "domain",
            },
            statement: because.statement,
            part: match because.part {
                Part::Principal => Some("Principal"),
                Part::Action => Some("Action"),
                Part::Resource => Some("Resource"),
                Part::Condition { .. } => Some("Condition"),
                Part::Effect => Some("Effect"),
                Part::Unknown => None,
            },
            outcome: match because.met {
                Met::Allowed => "allow",
                Met::Denied => "deny",
                Met::Silent => "silent",
                Met::Unknown => "unknown",
            },
            span: match (because.met, &because.spared) {
                (Met::Allowed, Some(spared)) => spared.span,
                _ => because.span,
            },
        }
    }
}
