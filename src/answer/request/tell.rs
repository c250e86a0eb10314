//! One request in one case, in words: what decides, where it stands, and what else has a say.

use crate::answer::map;
use crate::answer::request::choose::Caller;
use crate::answer::request::{Reason, Told, Wanted};
use crate::diagnostic::Label;
use crate::exposure::model::{
    Api, ApiKind, Auth, CallerClass, Case, Decision, Domain, EndpointType, ExposureModel, Method, Stage,
};
use crate::exposure::reasons::{Because, Met, Part};
use crate::exposure::requests::{self, Ground, OtherSide, Question, Verdict};
use crate::rules::{places, telling, words};
use crate::template::value::{Name, Value};
use crate::workspace::Workspace;

/// The request as it was understood.
pub(super) struct Request<'w> {
    pub(super) caller: Caller,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) domain: Option<&'w Domain>,
    pub(super) wanted: &'w Wanted,
}

/// Most routes that are named where none fits.
const ROUTES: usize = 4;

/// What becomes of the request in a case.
pub(super) fn tell(
    workspace: &Workspace,
    model: &ExposureModel,
    api: &Api,
    case: &Case,
    request: &Request<'_>,
) -> Told {
    let class = request.caller.class(model, case);
    let (stage, stage_note) = match stage(case, request.wanted.stage.as_deref()) {
        Ok(found) => found,
        Err(known) => return no_stage(api, &class, request, &known),
    };
    let known = requests::route(case, &request.method, &request.path);
    let rest = api.kind == ApiKind::Rest;
    if known.is_none() && rest && !case.methods.is_empty() && !case.methods_incomplete {
        return no_route(api, case, &class, request);
    }
    let question = Question {
        class: class.clone(),
        vpc: request.wanted.vpc.as_deref(),
        address: request.caller.address.as_deref(),
        principal: request.wanted.principal.as_deref(),
        organisation: request.wanted.organisation.as_deref(),
        identity: request.wanted.identity,
        method: Method {
            path: request.path.clone(),
            method: request.method.clone(),
            auth: known.map_or_else(|| guessed(case), |known| known.auth),
            span: known.map_or(api.id_span, |known| known.span),
        },
        stage: stage.clone(),
        domain: request.domain,
    };
    let verdict = requests::judge(workspace, model, api, case, &question);
    let (primary, related) = labels(api, case, &question, &verdict);
    let mut notes = Vec::new();
    notes.extend(stage_note);
    if known.is_none() && rest {
        notes.push(unknown_route(case));
    }
    notes.extend(other_side(&verdict));
    notes.extend(open_facts(&verdict));
    notes.extend(further(model, case, &question, &verdict, request));
    Told {
        when: Vec::new(),
        environments: Vec::new(),
        decision: map::decision(verdict.decision),
        headline: headline(api, &class, request, stage.as_ref()),
        route: known.map(|known| (known.method.clone(), known.path.clone())),
        auth: rest.then(|| map::auth(question.method.auth)),
        primary,
        related,
        why: why(api, case, &question, &verdict),
        notes,
        because: shown(&verdict).into_iter().map(Reason::of).collect(),
    }
}

/// The stage that is meant, with what that assumes; the known ones when it is none of them.
fn stage(case: &Case, wanted: Option<&str>) -> Result<(Option<Stage>, Option<String>), Vec<String>> {
    let Some(wanted) = wanted else { return Ok((None, None)) };
    let same = |stage: &&Stage| stage.name.as_text() == Some(wanted);
    if let Some(found) = case.stages.iter().find(same) {
        return Ok((Some(found.clone()), None));
    }
    let given = Stage { name: Value::String(wanted.to_owned()), from_deployment: false, default_of: None };
    let mut open = case.stages.iter().filter(|stage| !stage.name.is_literal());
    match (open.next(), open.next()) {
        (None, _) if case.stages.is_empty() => Ok((Some(given), None)),
        (None, _) => {
            Err(case.stages.iter().filter_map(|stage| stage.name.as_text().map(str::to_owned)).collect())
        }
        (Some(only), None) => {
            let name = words::value(&only.name).unwrap_or_else(|| "of unknown name".to_owned());
            Ok((Some(only.clone()), Some(format!("assumes that the stage {name} is `{wanted}`"))))
        }
        (Some(_), Some(_)) => Ok((Some(given), None)),
    }
}

/// How callers of a route prove who they are that is not known.
fn guessed(case: &Case) -> Auth {
    if case.methods_incomplete { Auth::Unknown } else { Auth::None }
}

fn unknown_route(case: &Case) -> String {
    if case.methods_incomplete {
        "not all routes are in the templates: whether this one is there, and who it asks for, is not known"
            .to_owned()
    } else {
        "no route of the API is in the templates: judged as one without an authorizer".to_owned()
    }
}

/// The request in one line.
fn headline(api: &Api, class: &CallerClass, request: &Request<'_>, stage: Option<&Stage>) -> String {
    let mut line = format!("{} {}", request.method, request.path);
    if let Some(stage) = stage.and_then(|stage| words::value(&stage.name)) {
        line += &format!(" on stage {stage}");
    }
    line += &format!(" of `{}`, {}", api.resource, telling::way(class));
    if let Some(address) = &request.caller.address {
        line += &format!(" ({address})");
    }
    if let Some(domain) = request.domain {
        line += &format!(", by its custom domain `{}`", domain.resource);
    }
    if let Some(principal) = &request.wanted.principal {
        line += &format!(", signed by {principal}");
    }
    line
}

impl Request<'_> {
    /// Where it comes from, a phrase.
    pub(super) fn way(&self) -> String {
        self.wanted.from.clone()
    }
}

fn refused(headline: String, primary: Label, why: String) -> Told {
    Told {
        when: Vec::new(),
        environments: Vec::new(),
        decision: map::decision(Decision::Deny),
        headline,
        route: None,
        auth: None,
        primary,
        related: Vec::new(),
        why,
        notes: Vec::new(),
        because: Vec::new(),
    }
}

fn no_stage(api: &Api, class: &CallerClass, request: &Request<'_>, known: &[String]) -> Told {
    let headline = headline(api, class, request, None);
    let wanted = request.wanted.stage.as_deref().unwrap_or_default();
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let why = format!(
        "there is no stage `{wanted}`: API Gateway answers 403 Forbidden. The API has {}.",
        words::list(&known)
    );
    refused(headline, Label::new(api.id_span, "no such stage"), why)
}

fn no_route(api: &Api, case: &Case, class: &CallerClass, request: &Request<'_>) -> Told {
    let headline = headline(api, class, request, None);
    let why = format!(
        "there is no route {} {}: API Gateway answers 403 Missing Authentication Token.",
        request.method, request.path
    );
    let mut told = refused(headline, Label::new(api.id_span, "no such route"), why);
    let mut known: Vec<String> =
        case.methods.iter().map(|one| words::method_and_path(&one.method, &one.path)).collect();
    let n_more = known.len().saturating_sub(ROUTES);
    known.truncate(ROUTES);
    let more = if n_more == 0 { String::new() } else { format!(" and {n_more} more") };
    told.notes.push(format!("its routes are {}{more}", known.join(", ")));
    let (first, rest) = request.path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let behind = format!("/{rest}");
    let is_stage = case.stages.iter().any(|stage| stage.name.as_text() == Some(first));
    if is_stage && requests::route(case, &request.method, &behind).is_some() {
        told.notes.push(format!("a path begins behind the stage: --stage {first} --path {behind}"));
    }
    told
}

/// The reasons that are told: of a request that depends, one that is refused and one that is let in.
fn shown(verdict: &Verdict) -> Vec<&Because> {
    let first = |lets_in: Option<bool>| verdict.because.iter().find(|because| because.lets_in == lets_in);
    match verdict.decision {
        Decision::Allow => first(Some(true)).into_iter().collect(),
        Decision::Deny => first(Some(false)).or(verdict.because.first()).into_iter().collect(),
        Decision::Unknown => {
            let doubtful = verdict.because.iter().find(|because| because.met == Met::Unknown);
            doubtful.or(verdict.because.first()).into_iter().collect()
        }
        Decision::Depends => {
            first(Some(false)).or(first(None)).into_iter().chain(first(Some(true))).collect()
        }
    }
}

fn labels(api: &Api, case: &Case, question: &Question<'_>, verdict: &Verdict) -> (Label, Vec<Label>) {
    let mut labels: Vec<Label> = Vec::new();
    if let (Some(key), Some(because)) = (unsettled_key(verdict), shown(verdict).first()) {
        labels.push(Label::new(because.span, format!("the call's `{key}` is not known")));
    }
    for label in shown(verdict).into_iter().flat_map(telling::labels) {
        if labels.iter().all(|known| known.span != label.span) {
            labels.push(label);
        }
    }
    let type_place = places::endpoint_type(api, case);
    let of_type = || {
        let phrase = match (&case.type_value, case.endpoint_type) {
            (None, EndpointType::Edge) => "no endpoint type: edge-optimised, public",
            (None, EndpointType::Regional) => "public",
            (_, known) => words::type_means(known),
        };
        Label::new(type_place, phrase)
    };
    let stated = match &verdict.ground {
        Ground::Policies | Ground::UnknownAuth => None,
        Ground::OpenWithoutPolicy | Ground::PublicThroughEndpoint | Ground::PrivateFromInternet => {
            Some(of_type())
        }
        Ground::ClosedWithoutPolicy => {
            Some(Label::new(type_place, "private, and no policy says who may call"))
        }
        Ground::UnknownType(_) => Some(Label::new(type_place, "not known before deployment")),
        Ground::NotSigned => Some(Label::new(question.method.span, "for signed requests only (AWS_IAM)")),
        Ground::OtherSide => Some(Label::new(question.method.span, words::auth(question.method.auth))),
        Ground::HiddenPolicy(why, span) => Some(Label::new(*span, why.clone())),
        Ground::NotAssociated | Ground::DomainWithoutPolicy => {
            question.domain.map(|domain| Label::new(domain.id_span, "the custom domain"))
        }
        Ground::NoPolicyForKind => Some(Label::new(api.id_span, "has no resource policy")),
        Ground::Refused(_) => api.refused.as_ref().map(|(_, span)| Label::new(*span, "refused by SAM")),
    };
    match stated {
        Some(stated) => {
            labels.retain(|label| label.span != stated.span);
            (stated, labels)
        }
        None if labels.is_empty() => {
            let document = case.policies.first().map(|policy| policy.document.span);
            (Label::new(document.unwrap_or(api.id_span), ""), Vec::new())
        }
        None => (labels.remove(0), labels),
    }
}

fn why(api: &Api, case: &Case, question: &Question<'_>, verdict: &Verdict) -> String {
    let kind = case.endpoint_type.as_str();
    match &verdict.ground {
        Ground::Policies => by_policies(verdict),
        Ground::OpenWithoutPolicy => "a public API without a resource policy lets everybody in.".to_owned(),
        Ground::ClosedWithoutPolicy => {
            "a private API without a resource policy cannot be deployed, and lets nobody in.".to_owned()
        }
        Ground::PublicThroughEndpoint => {
            let what = if api.kind == ApiKind::Rest { format!("{kind} API") } else { "public API".to_owned() };
            format!(
                "an execute-api endpoint carries calls to private APIs only; for the {what} it answers 403 Forbidden."
            )
        }
        Ground::PrivateFromInternet => {
            "a private API answers only through a VPC endpoint; no call from the internet gets there.".to_owned()
        }
        Ground::NotSigned => {
            "the method asks for a signature (AWS_IAM); an unsigned call gets 403 Missing Authentication Token."
                .to_owned()
        }
        Ground::OtherSide => match question.method.auth {
            Auth::Iam => "the signer's own policies do not allow it.".to_owned(),
            _ => "the authorizer does not let it in.".to_owned(),
        },
        Ground::NotAssociated if verdict.decision == Decision::Unknown => {
            "whether the domain's access associations name this endpoint is only known at deployment.".to_owned()
        }
        Ground::NotAssociated => {
            "the private domain has no access association with this endpoint.".to_owned()
        }
        Ground::DomainWithoutPolicy => {
            "a private domain lets in what its own policy allows, and it has none.".to_owned()
        }
        Ground::NoPolicyForKind => match verdict.decision {
            Decision::Allow => "this kind of API has no resource policy: it answers everybody on the internet.",
            Decision::Deny => "this kind of API has no resource policy, and its other settings let nobody in.",
            Decision::Depends => "this kind of API has no resource policy; it asks callers who they are.",
            Decision::Unknown => "this kind of API has no resource policy, and its settings are not all known.",
        }
        .to_owned(),
        Ground::HiddenPolicy(why, _) => format!("its resource policy cannot be seen: {why}."),
        Ground::UnknownType(why) => match verdict.because.is_empty() {
            true => format!("whether it is private is not known: {why}."),
            false => format!("whether it is private is not known: {why}. {}", by_policies(verdict)),
        },
        Ground::UnknownAuth => {
            "how the method finds out who calls is not known, and the answer rests on that.".to_owned()
        }
        Ground::Refused(reason) => format!("SAM refuses the template, so there is no such API: {reason}."),
    }
}

fn by_policies(verdict: &Verdict) -> String {
    if let Some(key) = unsettled_key(verdict) {
        let key = telling::key_name(&key.to_lowercase()).to_owned();
        return format!("it rests on the call's `{key}`, which is not known.");
    }
    let sentences: Vec<String> = shown(verdict).into_iter().map(telling::sentence).collect();
    match (verdict.decision, sentences.as_slice()) {
        (_, []) => "that cannot be worked out before deployment.".to_owned(),
        (Decision::Depends, [refused, let_in, ..]) => {
            format!("some such calls are let in: {let_in} For others: {refused}")
        }
        (_, [only, ..]) => only.clone(),
    }
}

/// The condition key that an unknown decision rests on, where it is the request that is not known.
fn unsettled_key(verdict: &Verdict) -> Option<&str> {
    let because = shown(verdict).first().copied()?;
    match &because.part {
        Part::Condition { key, .. }
            if verdict.decision == Decision::Unknown && because.met != Met::Unknown =>
        {
            Some(key)
        }
        _ => None,
    }
}

/// Who else has a say.
fn other_side(verdict: &Verdict) -> Option<String> {
    Some(
        match verdict.other? {
            OtherSide::Authorizer | OtherSide::UserPool if verdict.decision == Decision::Deny => return None,
            OtherSide::Authorizer => "the Lambda authorizer has to let the caller in, too",
            OtherSide::UserPool => "the caller needs a token of the Cognito user pool, too",
            OtherSide::OwnPoliciesToo => "the signer's own policies have to allow it, too",
            OtherSide::OwnPoliciesTooIfOtherAccount => {
                "the signer's own policies have to allow it, too, unless it is of the API's account (see --account)"
            }
            OtherSide::OwnPolicies => {
                "it is let in when the signer's own policies allow it (say so with --identity)"
            }
            OtherSide::OwnPoliciesIfSameAccount => {
                "it is let in when the signer is of the API's account (see --account) and its own policies allow it"
            }
        }
        .to_owned(),
    )
}

/// For a request that depends: what makes the difference, and which flag would tell.
fn open_facts(verdict: &Verdict) -> Vec<String> {
    let reasons = shown(verdict);
    let [refused, let_in] = reasons.as_slice() else { return Vec::new() };
    let value = |because: &Because, key: &str| {
        let found = because.witness.keys.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| words::value(value).unwrap_or_else(|| "something".to_owned()))
    };
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in refused.witness.keys.iter().chain(&let_in.witness.keys) {
        if !keys.contains(&key) && value(refused, key) != value(let_in, key) {
            keys.push(key);
        }
    }
    let lacks = || "none".to_owned();
    let fact = |key: &&String| {
        let name = telling::key_name(key);
        let flag = flag(key).map_or_else(String::new, |flag| format!(" ({flag})"));
        let (yes, no) = (value(let_in, key).unwrap_or_else(lacks), value(refused, key).unwrap_or_else(lacks));
        format!("`{name}`{flag}: let in with {yes}, for example, and not with {no}")
    };
    keys.iter().map(fact).collect()
}

/// The flag that says what a condition key is.
fn flag(key: &str) -> Option<&'static str> {
    match key.to_ascii_lowercase().as_str() {
        "aws:sourceip" | "aws:vpcsourceip" => Some("--source-ip"),
        "aws:sourcevpc" => Some("--vpc"),
        "aws:principalorgid" => Some("--org"),
        _ => None,
    }
}

fn further(
    model: &ExposureModel,
    case: &Case,
    question: &Question<'_>,
    verdict: &Verdict,
    request: &Request<'_>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let reached = !matches!(verdict.ground, Ground::PublicThroughEndpoint | Ground::PrivateFromInternet);
    match verdict.ground {
        Ground::PublicThroughEndpoint => notes.push(
            "where the VPC has no private DNS for execute-api, its calls go over the internet: --from internet"
                .to_owned(),
        ),
        Ground::Policies if verdict.presumed && verdict.decision != Decision::Unknown => notes.push(
            "assumes that what is named differently here is different, and that the API is where its policy says"
                .to_owned(),
        ),
        _ => {}
    }
    let asked = unsettled_key(verdict).filter(|key| !key.eq_ignore_ascii_case("aws:SourceIp"));
    if let Some(flag) = asked.and_then(flag) {
        notes.push(format!("say it with {flag}"));
    }
    notes.extend(better_name(case, question, verdict));
    let by_name = matches!(question.class, CallerClass::Endpoint(_));
    if by_name && reached && verdict.decision == Decision::Allow {
        let known = request.caller.is_endpoint_resource(model, &question.class);
        if !known {
            notes.push(
                "the endpoint is not in the templates: its own policy has to let the call pass, too"
                    .to_owned(),
            );
        }
    }
    if case.disable_execute_api_endpoint == Some(true) && reached && question.domain.is_none() {
        notes.push("its own execute-api name is turned off: only a custom domain leads to it".to_owned());
    }
    notes
}

/// For an id that cannot be compared with a name of the policy: how to ask so that it can.
fn better_name(case: &Case, question: &Question<'_>, verdict: &Verdict) -> Option<String> {
    let is_id = |value: &Value| matches!(value, Value::String(_));
    let (CallerClass::Endpoint(id) | CallerClass::Vpc(id)) = &question.class else { return None };
    if !is_id(id)
        || verdict.decision != Decision::Unknown
        || verdict.ground != Ground::Policies
        || unsettled_key(verdict).is_some()
    {
        return None;
    }
    let mut named = case.callers.iter().filter_map(|caller| match (&caller.class, &question.class) {
        (CallerClass::Endpoint(value), CallerClass::Endpoint(_))
        | (CallerClass::Vpc(value), CallerClass::Vpc(_)) => match value {
            Value::Named(name) => Some((words::value(value)?, &**name)),
            _ => None,
        },
        _ => None,
    });
    let (shown, name) = named.next()?;
    let plain = shown.trim_matches('`');
    Some(match name {
        Name::Parameter { .. } => {
            format!(
                "the policy names {shown}: ask with --from {plain}, or say what it is with --param {plain}=vpce-…"
            )
        }
        _ => format!("the policy names {shown}, whose id only AWS knows: ask with --from {plain}"),
    })
}
