//! What `simulate` says, line by line: one JSON case in, one JSON answer out.
//!
//! A *case* is a policy and one request; a *question* (`--symbolic`) is a policy alone, answered for whole
//! worlds of callers. The conversion is all that happens here; `policy` decides. Formats:
//!
//! ```text
//! case      {"id", "policy": {…}|text|null, "auth": "none|iam|lambda|cognito", "identity": "allow|deny|silent",
//!            "endpoint": "PRIVATE|REGIONAL|EDGE", "endpointPolicy": {…}|null,
//!            "request": {"principal": "anonymous"|ARN, "action", "resource", "apiArn", "sourceVpce",
//!                        "sourceVpc", "vpcSourceIp", "sourceIp", "principalOrgId", "context": {…}}}
//! decision  {"id", "engine", "resource_decision": "ExplicitDeny|Allow|AllowForAccount|Neither|NoPolicy|Unknown",
//!            "decision": "allow|deny|unknown", "matched": [statement…]}
//! question  {"id", "policy", "apiArn"?, "vpce_vpc"?: {"vpce-…": "vpc-…"}}
//! answer    {"id", "fragment": true, "public": "all|some|none|unknown", "public_witness": request|null,
//!            "vpce": [{"vpce", "listed", "allowed", "witness"}…]}
//! ```

use serde_json::{Map, Value as Json, json};

use crate::policy::ask::{Answer, Verdict};
use crate::policy::compiled::Policy;
use crate::policy::decide::Outcome;
use crate::policy::document::PolicyDocument;
use crate::policy::keys::Form;
use crate::policy::request::{KeyValue, Request};
use crate::policy::resource::Shape;
use crate::policy::text::{Names, Text};
use crate::policy::truth::Truth;
use crate::policy::world::{Domain, World};
use crate::source::{FileId, Span, TextRange};
use crate::template::value::{Member, Sourced, Value};

const ENGINE: &str = "wicketgate";
const ACTION: &str = "execute-api:Invoke";
const API: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5";
/// Request fields that stand for context keys.
const CONVENIENCE: [(&str, &str); 5] = [
    ("sourceVpce", "aws:SourceVpce"),
    ("sourceVpc", "aws:SourceVpc"),
    ("vpcSourceIp", "aws:VpcSourceIp"),
    ("sourceIp", "aws:SourceIp"),
    ("principalOrgId", "aws:PrincipalOrgID"),
];

/// How questions are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Only well-formed ids are values of the keys that hold ids.
    pub well_formed_ids: bool,
    /// Every key may be present or missing in every world.
    pub loose: bool,
}

/// Answers one line of JSON: a case, or with `symbolic` a question. Gives the answer as one line without a line
/// end, and whether the line could be read. `number` counts lines from 1.
pub fn answer_line(line: &[u8], number: u64, symbolic: Option<Options>) -> (String, bool) {
    let answer = match serde_json::from_slice::<Json>(line) {
        Ok(question) => match symbolic {
            Some(options) => answer_question(&question, options),
            None => decide_case(&question),
        },
        Err(error) => json!({"line": number, "error": error.to_string()}),
    };
    let read = answer.get("error").is_none();
    (answer.to_string(), read)
}

/// Decides one case. A case that cannot be read gives `{"id", "engine", "error"}`.
pub fn decide_case(case: &Json) -> Json {
    match decision(case) {
        Ok(answer) => answer,
        Err(error) => json!({"id": case.get("id"), "engine": ENGINE, "error": error}),
    }
}

/// Answers one question. A question that cannot be read gives `{"id", "engine", "error"}`.
pub fn answer_question(question: &Json, options: Options) -> Json {
    match symbolic(question, options) {
        Ok(answer) => answer,
        Err(error) => json!({"id": question.get("id"), "engine": ENGINE, "error": error}),
    }
}

// ---- one request

fn decision(case: &Json) -> Result<Json, String> {
    let (request, api_arn) = request(case.get("request").ok_or("no request")?)?;
    let decided = |policy: &Json| {
        let mut names = Names::new();
        let document = document(policy, &mut names);
        Policy::new(&document, &api_arn, &names).decide(&request)
    };
    let policy = case.get("policy").filter(|p| !p.is_null());
    let (outcome, matched, allowed) = match policy {
        Some(policy) => {
            let decision = decided(policy);
            (decision.outcome, decision.matched, decision.allowed)
        }
        None => (Outcome::NoPolicy, Vec::new(), Truth::No),
    };
    let mut all = workflow(case, outcome, allowed, is_same_account(&request))?;
    if outcome == Outcome::NoPolicy && text_of(case, "endpoint") == Some("PRIVATE") {
        // A private API cannot be deployed without a resource policy.
        all = Some(false);
    }
    let mut answer = json!({
        "id": case.get("id"), "engine": ENGINE, "resource_decision": outcome_name(outcome), "matched": matched,
    });
    let through_endpoint = request.value("aws:sourcevpce").is_some();
    if let Some(policy) = case.get("endpointPolicy").filter(|p| !p.is_null() && through_endpoint) {
        let outcome = decided(policy).outcome;
        all = match outcome {
            Outcome::Allow | Outcome::AllowForAccount => all,
            Outcome::Unknown if all != Some(false) => None,
            _ => Some(false),
        };
        answer["endpoint_decision"] = json!(outcome_name(outcome));
    }
    answer["decision"] = json!(match all {
        Some(true) => "allow",
        Some(false) => "deny",
        None => "unknown",
    });
    Ok(answer)
}

/// Whether the request gets through by the documented workflow of the method's authorization type ("API
/// Gateway authorization workflow"); `None` when that depends on what is not known.
fn workflow(
    case: &Json,
    outcome: Outcome,
    allowed: Truth,
    same_account: bool,
) -> Result<Option<bool>, String> {
    let identity = text_of(case, "identity").unwrap_or("silent");
    let granted = identity == "allow";
    let auth = text_of(case, "auth").unwrap_or("none");
    if !["none", "iam", "lambda", "cognito"].contains(&auth) {
        return Err(format!("unknown auth {auth}"));
    }
    let either = same_account && ["iam", "lambda"].contains(&auth);
    let both = auth != "none" && !either;
    Ok(match outcome {
        Outcome::NoPolicy => Some(auth == "none" || granted),
        Outcome::ExplicitDeny => Some(false),
        _ if identity == "deny" => Some(false),
        Outcome::Allow | Outcome::AllowForAccount => Some(!both || granted),
        Outcome::Neither => Some(either && granted),
        Outcome::Unknown if both && !granted => Some(false),
        Outcome::Unknown if allowed == Truth::Yes => Some(true),
        Outcome::Unknown if allowed == Truth::No && !(either && granted) => Some(false),
        Outcome::Unknown => None,
    })
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::ExplicitDeny => "ExplicitDeny",
        Outcome::Allow => "Allow",
        Outcome::AllowForAccount => "AllowForAccount",
        Outcome::Neither => "Neither",
        Outcome::NoPolicy => "NoPolicy",
        Outcome::Unknown => "Unknown",
    }
}

fn is_same_account(request: &Request) -> bool {
    let account = |text: &Text| text.literal().and_then(|t| t.split(':').nth(4).map(str::to_owned));
    match &request.principal {
        None => true,
        Some(principal) => principal.starts_with("arn:") && account(principal) == account(&request.resource),
    }
}

fn request(json: &Json) -> Result<(Request, Text), String> {
    const KNOWN: [&str; 5] = ["principal", "action", "resource", "apiArn", "context"];
    let fields = json.as_object().ok_or("the request is no object")?;
    for field in fields.keys() {
        if !KNOWN.contains(&field.as_str()) && !CONVENIENCE.iter().any(|(own, _)| own == field) {
            return Err(format!("unknown request field {field}"));
        }
    }
    let resource = text_of(json, "resource").ok_or("the request has no resource")?;
    let api_arn = text_of(json, "apiArn").unwrap_or_else(|| resource.split('/').next().unwrap_or_default());
    let mut request = Request::new(text_of(json, "action").unwrap_or(ACTION), Text::from(resource));
    request.principal = text_of(json, "principal").filter(|p| *p != "anonymous").map(Text::from);
    if let Some(context) = json.get("context").and_then(Json::as_object) {
        for (key, value) in context {
            request = request.with(key, key_value(value).ok_or(format!("value of {key}"))?);
        }
    }
    for (field, key) in CONVENIENCE {
        if let Some(value) = json.get(field).filter(|v| !v.is_null()) {
            request = request.with(key, key_value(value).ok_or(format!("value of {field}"))?);
        }
    }
    Ok((request, Text::from(api_arn)))
}

fn key_value(value: &Json) -> Option<KeyValue> {
    match value {
        Json::Array(items) => items.iter().map(scalar).collect::<Option<Vec<_>>>().map(KeyValue::Several),
        one => scalar(one).map(KeyValue::Is),
    }
}

fn scalar(value: &Json) -> Option<Text> {
    match value {
        Json::String(text) => Some(Text::from(text.as_str())),
        Json::Bool(_) | Json::Number(_) => Some(Text::from(value.to_string().as_str())),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn text_of<'j>(json: &'j Json, field: &str) -> Option<&'j str> {
    json.get(field).and_then(Json::as_str)
}

fn document(policy: &Json, names: &mut Names) -> PolicyDocument {
    let nowhere = Span::new(FileId(0), TextRange::new(0, 0));
    PolicyDocument::parse(&resolved(policy, nowhere), names)
}

/// The JSON as a resolved value, all of it at one place. Its depth is bounded by the JSON parser's limit.
fn resolved(json: &Json, span: Span) -> Sourced {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(|item| resolved(item, span)).collect()),
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| Member {
                key: key.clone(),
                key_span: span,
                value: resolved(value, span),
            };
            Value::Map(members.iter().map(member).collect())
        }
    };
    Sourced { value, span, via: Vec::new() }
}

// ---- whole worlds

fn symbolic(question: &Json, options: Options) -> Result<Json, String> {
    let mut names = Names::new();
    let document = document(question.get("policy").ok_or("no policy")?, &mut names);
    let api = text_of(question, "apiArn").unwrap_or(API);
    let policy = Policy::new(&document, &Text::from(api), &names);
    let routes = policy.routes(&[Shape::of(&Text::from(format!("{api}/").as_str())).anything()]);
    let ask = |world: &World| policy.ask(world, &routes).into_iter().next().ok_or("no route");
    let public = ask(&public_world(options))?;
    let listed = policy.constants("aws:sourcevpce");
    let mut endpoints = Vec::new();
    for value in policy.values("aws:sourcevpce", &form("aws:SourceVpce", options)) {
        let (KeyValue::Is(id) | KeyValue::Unnamed(id)) = &value else { continue };
        let vpc = vpc_of(question, id);
        let answer = ask(&endpoint_world(id, vpc.as_ref(), options))?;
        endpoints.push(json!({
            "vpce": id.literal(), "listed": listed.contains(id), "allowed": verdict_name(answer.verdict()),
            "witness": witness(&answer, api),
        }));
    }
    Ok(json!({
        "id": question.get("id"), "fragment": true, "public": verdict_name(public.verdict()),
        "public_witness": witness(&public, api), "vpce": endpoints,
    }))
}

/// The verdict for one VPC endpoint id, which need not be one that the policy tells apart.
pub fn ask_endpoint(question: &Json, id: &str, options: Options) -> Option<&'static str> {
    let mut names = Names::new();
    let document = document(question.get("policy")?, &mut names);
    let api = text_of(question, "apiArn").unwrap_or(API);
    let policy = Policy::new(&document, &Text::from(api), &names);
    let routes = policy.routes(&[Shape::of(&Text::from(format!("{api}/").as_str())).anything()]);
    let id = Text::from(id);
    let world = endpoint_world(&id, vpc_of(question, &id).as_ref(), options);
    policy.ask(&world, &routes).first().map(|answer| verdict_name(answer.verdict()))
}

fn vpc_of(question: &Json, endpoint: &Text) -> Option<Text> {
    let pairs = question.get("vpce_vpc")?.as_object()?;
    let id = endpoint.literal()?;
    let pair = pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(&id))?;
    pair.1.as_str().map(Text::from)
}

fn form(key: &str, options: Options) -> Form {
    if options.well_formed_ids { Form::of_key(&key.to_lowercase()) } else { Form::anything() }
}

fn public_world(options: Options) -> World {
    let keys = [
        ("aws:SourceVpce", false),
        ("aws:SourceVpc", false),
        ("aws:VpcSourceIp", false),
        ("aws:SourceIp", true),
    ];
    world(&keys, options).with("aws:SourceVpce", Domain::Missing)
}

fn endpoint_world(id: &Text, vpc: Option<&Text>, options: Options) -> World {
    let keys = [
        ("aws:SourceVpce", true),
        ("aws:SourceVpc", true),
        ("aws:VpcSourceIp", true),
        ("aws:SourceIp", false),
    ];
    let world = world(&keys, options).with("aws:SourceVpce", Domain::Is(id.clone()));
    match vpc {
        Some(vpc) => world.with("aws:SourceVpc", Domain::Is(vpc.clone())),
        None => world,
    }
}

/// A world in which these keys are present or missing.
fn world(keys: &[(&str, bool)], options: Options) -> World {
    let domain = |key: &str, present: bool| {
        let free = Domain::Free(form(key, options));
        match (options.loose, present) {
            (true, _) => Domain::Either(vec![Domain::Missing, free]),
            (false, true) => free,
            (false, false) => Domain::Missing,
        }
    };
    let others = if options.loose { &[("aws:PrincipalOrgID", false)][..] } else { &[] };
    let all = keys.iter().chain(others).map(|(key, present)| (key.to_lowercase(), domain(key, *present)));
    World::of_keys(all, options.loose)
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::None => "none",
        Verdict::Some => "some",
        Verdict::All => "all",
        Verdict::Unknown => "unknown",
    }
}

fn witness(answer: &Answer<'_>, api: &str) -> Json {
    let Some(witness) = &answer.allowed else { return Json::Null };
    let request = witness.request();
    let mut context = Map::new();
    for (key, value) in &request.context {
        let value = match value {
            KeyValue::Is(text) | KeyValue::Unnamed(text) | KeyValue::Stranger(text) => json!(text.literal()),
            KeyValue::Several(texts) => json!(texts.iter().map(Text::literal).collect::<Vec<_>>()),
            KeyValue::Unknown(_) => continue,
        };
        context.insert(key.clone(), value);
    }
    json!({
        "principal": "anonymous", "action": request.action, "resource": request.resource.literal(),
        "apiArn": api, "context": context,
    })
}
