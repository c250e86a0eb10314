//! `stray-sam-stage`: the stage that SAM adds to an API is outside of the API's list of endpoints.
//!
//! Who gets in on the stages that were asked for is another rule's.

use crate::diagnostic::{Applicability, Confidence, Label, Persona, Severity};
use crate::exposure::conditions::{About, Stated, Tested, stated};
use crate::exposure::model::{Api, ApiKind, ApiOrigin, Auth, Caller, CallerClass, Case, PolicySource, Stage};
use crate::policy::document::Effect;
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, strangers, telling, words};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::lowered::SurpriseKind;

const ID: &str = "stray-sam-stage";

/// Reports SAM APIs whose allow-list says nothing about the stage that SAM adds: first where somebody gets in there.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for (api, _) in ctx.apis() {
        if api.kind != ApiKind::Rest || api.origin == ApiOrigin::Written || api.refused.is_some() {
            continue;
        }
        let open = |case: &Case| list(case).is_some() && outsider(case).is_some();
        if let Some(occurrence) = occurrence(&api.cases, open) {
            findings.extend(passable(api, &occurrence));
        } else if api.surprises.iter().all(|one| one.kind != SurpriseKind::EventPolicyNamesStage)
            && let Some(occurrence) = occurrence(&api.cases, is_useless)
        {
            findings.extend(useless(api, &occurrence));
        }
    }
}

/// The stage that a deployment makes beside those that were asked for.
fn stray(case: &Case) -> Option<&Stage> {
    // Without the default host no stage is called but those that domains are mapped to.
    if case.disable_execute_api_endpoint == Some(true) {
        return None;
    }
    let asked_for = case.stages.iter().any(|stage| !stage.from_deployment);
    case.stages.iter().find(|stage| stage.from_deployment && asked_for)
}

/// The key of the list of endpoints or VPCs that SAM made statements of, where there is a stray stage.
fn list(case: &Case) -> Option<Span> {
    stray(case)?;
    stated(case).iter().find_map(allow_list)
}

/// The key of the list that a statement is made of, if it keeps out all that are not on it.
fn allow_list(stated: &Stated<'_>) -> Option<Span> {
    let is_made =
        stated.policy.from == PolicySource::Sam && stated.is_made() && stated.effect == Effect::Deny;
    let mut tests = stated.tests.iter().filter(|test| test.about == About::Vpc && test.operator.negated);
    is_made.then(|| tests.next()).flatten().map(Tested::key_span)
}

/// A caller whom nobody names and who gets in on the stray stage only.
fn outsider(case: &Case) -> Option<&Caller> {
    let nobody = [CallerClass::AnyOtherEndpoint, CallerClass::Internet];
    case.callers.iter().filter(|caller| nobody.contains(&caller.class)).find(|caller| {
        let mut let_in = caller.because.iter().filter(|because| because.lets_in == Some(true)).peekable();
        let_in.peek().is_some() && let_in.all(|because| strangers::is_on_stray_stage(case, because))
    })
}

/// Whether nobody can call the stray stage: no authorizer or signature stands in for a policy that is silent.
fn is_useless(case: &Case) -> bool {
    let all = stated(case);
    list(case).is_some()
        && all.iter().all(Stated::is_made)
        && !case.methods.is_empty()
        && !case.methods_incomplete
        && case.methods.iter().all(|method| matches!(method.auth, Auth::None | Auth::Cognito))
}

fn stage_name(case: &Case) -> String {
    stray(case).and_then(|stage| words::value(&stage.name)).unwrap_or_else(|| "`Stage`".to_owned())
}

fn passable(api: &Api, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let case = occurrence.state;
    let (stage, caller) = (stage_name(case), outsider(case)?);
    let mut methods = case.methods.iter();
    let behind = methods.find(|method| matches!(method.auth, Auth::Iam | Auth::Lambda))?;
    let who = if behind.auth == Auth::Iam {
        "callers of the API's account, whatever endpoint they come through"
    } else {
        "everybody whom the authorizer lets pass, through whatever endpoint"
    };
    Some(
        Finding::new(
            ID,
            Subject::api(api),
            Severity::Warning,
            format!(
                "`{}` has a second stage {stage} that its allow-list is not about{}",
                api.resource,
                words::under(&occurrence.when)
            ),
            Label::new(api.id_span, format!("SAM adds the stage {stage} to it")),
        )
        .confidence(Confidence::Medium)
        .occurs(occurrence)
        .related(list(case).map(|span| Label::new(span, "only about the stage that was asked for")))
        .related(Some(Label::new(behind.span, words::auth(behind.auth))))
        .why(format!(
            "without `OpenApiVersion` SAM lets the deployment make a stage of its own, and writes the statements of \
             lists for the other one. On {stage} the policy is silent, and lets in {who}."
        ))
        .notes(telling::example(caller, true))
        .notes(Some("assumes that nobody has deleted the stage".to_owned()))
        .help(HELP)
        .remedy(Some(remedy(api))),
    )
}

/// Whatever version SAM is given, it makes no stage beside the one that is asked for; a body of an older version
/// stays as it is (aws-sam-translator 1.115.0, `_openapi_postprocess`).
fn remedy(api: &Api) -> Remedy {
    let path = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    let value = Written::text("3.0.1");
    let change = match api.origin {
        ApiOrigin::Implicit => {
            Change::Set { path: path(&["Globals", "Api", "OpenApiVersion"]), value, after: None }
        }
        ApiOrigin::Written | ApiOrigin::Sam => Change::SetIn {
            mapping: api.id_span,
            path: path(&["Properties", "OpenApiVersion"]),
            value,
            after: Some("StageName".to_owned()),
        },
    };
    Remedy::one(Applicability::Safe, "let SAM make no second stage", api.file, change)
}

const HELP: &str =
    "write  OpenApiVersion: '3.0.1'  at the API, or under Globals.Api: then there is no such stage";

fn useless(api: &Api, occurrence: &Occurrence<'_>) -> Option<Finding> {
    let case = occurrence.state;
    let stage = stage_name(case);
    Some(
        Finding::new(
            ID,
            Subject::api(api),
            Severity::Info,
            format!("`{}` has a second stage {stage} that nobody can call{}", api.resource, words::under(&occurrence.when)),
            Label::new(api.id_span, format!("SAM adds the stage {stage} to it")),
        )
        .confidence(Confidence::Medium)
        .persona(Persona::Pedantic)
        .occurs(occurrence)
        .related(list(case).map(|span| Label::new(span, "only about the stage that was asked for")))
        .why(format!(
            "without `OpenApiVersion` SAM lets the deployment make a stage of its own, and writes the statements of \
             lists for the other one. On {stage} the policy allows nothing; a method with an authorizer, added later, \
             would be open there."
        ))
        .notes(Some("assumes that nobody has deleted the stage".to_owned()))
        .help(HELP)
        .remedy(Some(remedy(api))),
    )
}
