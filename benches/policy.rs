//! How fast policies are decided: `cargo bench --bench policy [CASES.jsonl]`.
//!
//! Cases of documented policies (or of a file of `simulate` cases) are decided one by one, from JSON and
//! compiled; then whole answers; then an API of 500 routes with a statement or two for each. Best of several
//! runs: the machine may be shared, so read differences below 15 % as noise.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use wicketgate::answer::simulate::{Options, answer_question, decide_case};
use wicketgate::policy::compiled::Policy;
use wicketgate::policy::document::PolicyDocument;
use wicketgate::policy::request::{KeyValue, Request};
use wicketgate::policy::resource::Shape;
use wicketgate::policy::text::{Names, Text};
use wicketgate::policy::world::{Signing, World};
use wicketgate::source::{FileId, Span, TextRange};
use wicketgate::template::value::{Name, Part, Sourced, StackId, Value};

const RUNS: usize = 9;
const API: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5";

fn main() {
    let mut cases = documented();
    for argument in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
        let text = std::fs::read_to_string(&argument).expect("a file of cases");
        cases = text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect();
    }
    rate("cases from JSON", cases.len(), || cases.iter().for_each(|case| drop(black_box(decide_case(case)))));
    compiled(&cases);
    rate("whole answers from JSON", cases.len(), || {
        for case in &cases {
            black_box(answer_question(case, Options { well_formed_ids: true, loose: false }));
        }
    });
    for per_route in [1, 2, 4] {
        routes(500, per_route);
    }
}

fn best(mut work: impl FnMut()) -> Duration {
    let time = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    std::iter::repeat_with(time).take(RUNS).min().unwrap_or_default()
}

fn rate(name: &str, count: usize, work: impl FnMut()) {
    println!("{name:<32} {:>10.0} per second", count as f64 / best(work).as_secs_f64());
}

/// The policies of the AWS guides, each with callers of every kind.
fn documented() -> Vec<Json> {
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    let with = |effect: &str, condition: Json| {
        let mut statement = allow.clone();
        statement["Effect"] = json!(effect);
        statement["Condition"] = condition;
        statement
    };
    let policies = [
        json!([
            allow,
            with("Deny", json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}))
        ]),
        json!([with(
            "Allow",
            json!({"StringEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d4e5f60718", "vpce-1a2b3c4d"]}})
        )]),
        json!([allow, with("Deny", json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}))]),
        json!([
            allow,
            with("Deny", json!({"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.7"]}}))
        ]),
        json!([with(
            "Allow",
            json!({"StringLike": {"aws:SourceVpce": "vpce-0a1*"}, "IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})
        )]),
        json!([allow]),
    ];
    let contexts = [
        json!({"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718", "aws:SourceVpc": "vpc-1a2b3c4d", "aws:VpcSourceIp": "10.0.0.1"}),
        json!({"aws:SourceVpce": "vpce-0ffffffffffffffff", "aws:SourceVpc": "vpc-1a2b3c4d", "aws:VpcSourceIp": "10.0.0.1"}),
        json!({"aws:SourceIp": "192.0.2.7"}),
    ];
    let case = |policy: &Json, context: &Json| {
        json!({"id": 1, "policy": {"Version": "2012-10-17", "Statement": policy}, "apiArn": API,
               "request": {"resource": format!("{API}/prod/GET/pets"), "apiArn": API, "context": context}})
    };
    policies.iter().flat_map(|p| contexts.iter().map(move |c| case(p, c))).collect()
}

fn document(policy: &Json, names: &mut Names) -> PolicyDocument {
    let span = Span::new(FileId(0), TextRange::new(0, 0));
    PolicyDocument::parse(&Sourced { value: Value::String(policy.to_string()), span, via: Vec::new() }, names)
}

fn compiled(cases: &[Json]) {
    let mut names = Names::new();
    let documents: Vec<PolicyDocument> = cases.iter().map(|c| document(&c["policy"], &mut names)).collect();
    let api = Text::from(API);
    let text = |value: &Json| Text::from(value.as_str().unwrap_or_default());
    let prepared: Vec<(Policy<'_>, Request)> = cases
        .iter()
        .zip(&documents)
        .map(|(case, document)| {
            let mut request = Request::new("execute-api:Invoke", text(&case["request"]["resource"]));
            for (key, value) in case["request"]["context"].as_object().into_iter().flatten() {
                request = request.with(key, KeyValue::Is(text(value)));
            }
            (Policy::new(document, &api, &names), request)
        })
        .collect();
    rate("compiled cases", prepared.len(), || {
        for (policy, request) in &prepared {
            black_box(policy.decide(request));
        }
    });
}

/// An API with a policy of `per_route` statements for each of its routes, asked for five ways and three kinds
/// of signing.
fn routes(count: usize, per_route: usize) {
    let mut statements = String::new();
    for route in 0..count {
        for at in 0..per_route {
            let (effect, test) =
                if at % 2 == 0 { ("Allow", "StringEquals") } else { ("Deny", "StringNotEquals") };
            let _ = write!(
                statements,
                r#"{}{{"Effect": "{effect}", "Principal": "*", "Action": "execute-api:Invoke",
                    "Resource": "execute-api:/prod/GET/p{route}", "Condition":
                    {{"{test}": {{"aws:SourceVpce": ["vpce-{route:08x}", "vpce-0a1b2c3d4e5f6071{at}"]}}}}}}"#,
                if statements.is_empty() { "" } else { "," },
            );
        }
    }
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let span = Span::new(FileId(0), TextRange::new(0, 0));
    let value = Sourced { value: Value::String(policy), span, via: Vec::new() };
    // The API's id is known to AWS only, as it is in templates.
    let id = Arc::new(Name::Resource { stack: StackId(0), id: "Api".to_owned() });
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:".to_owned();
    let arn = [Part::Literal(arn), Part::Named(id)];
    let (endpoint, vpc) = (Text::from("vpce-0a1b2c3d4e5f60710"), Text::from("vpc-1a2b3c4d"));
    let time = best(|| {
        let mut names = Names::new();
        let api = names.join(&arn);
        let shape = |r: usize| Shape::of(&api).text(&Text::from(format!("/prod/GET/p{r}").as_str()));
        let shapes: Vec<Shape> = (0..count).map(shape).collect();
        let document = PolicyDocument::parse(&value, &mut names);
        let policy = Policy::new(&document, &api, &names);
        let routes = policy.routes(&shapes);
        let account = Text::from("123456789012");
        for signing in
            [Signing::Unsigned, Signing::Account(account.clone()), Signing::Foreign(account.clone())]
        {
            let worlds = [
                World::internet(signing.clone()),
                World::endpoint(&endpoint, None, signing.clone()),
                World::endpoint(&endpoint, Some(&vpc), signing.clone()),
                World::inside_vpc(&vpc, signing.clone()),
                World::any_other_endpoint(signing),
            ];
            for world in worlds {
                black_box(policy.ask(&world, &routes));
            }
        }
    });
    println!(
        "{count} routes, {:>4} statements, 15 worlds {:>8.1} ms",
        count * per_route,
        time.as_secs_f64() * 1e3
    );
}
