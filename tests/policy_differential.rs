//! The policy engine beside the referees of the shared folder: equal decisions, equal symbolic answers.
//!
//! Run by `cargo test --release --features shared-suites --test policy_differential`. Counts and the fresh
//! seed come from `WICKETGATE_POLICY_CASES`, `WICKETGATE_POLICY_QUESTIONS` and `WICKETGATE_SEED`; the seed
//! in use is printed, so that a failure can be repeated. The shared folder is `../shared` or
//! `WICKETGATE_SHARED`; without it the suite fails.

#![allow(clippy::print_stdout, reason = "the counts are read with --nocapture")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wicketgate::answer::simulate::{Options, answer_question, ask_endpoint, decide_case};
use wicketgate::policy::ask::Verdict;
use wicketgate::policy::compiled::Policy;
use wicketgate::policy::document::PolicyDocument;
use wicketgate::policy::request::{KeyValue, Request};
use wicketgate::policy::resource::Shape;
use wicketgate::policy::text::{Names, Text};
use wicketgate::policy::truth::Truth;
use wicketgate::policy::world::{Signing, World};
use wicketgate::source::{FileId, Span, TextRange};
use wicketgate::template::value::{Sourced, Value as Written};

fn shared() -> PathBuf {
    match std::env::var_os("WICKETGATE_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    }
}

fn count(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().map_or(default, |text| text.parse().expect("a count"))
}

fn fresh_seed() -> u64 {
    let seed = match std::env::var("WICKETGATE_SEED") {
        Ok(text) => text.parse().expect("a seed"),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs(),
    };
    println!("fresh seed {seed}");
    seed
}

/// Runs a referee and gives its lines of JSON.
fn referee(script: &str, arguments: &[&str], lines: &[Value]) -> Vec<Value> {
    let path = shared().join("oracles").join(script);
    assert!(path.is_file(), "{} is missing", path.display());
    let mut child = Command::new("python3")
        .arg("-B")
        .arg(&path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the referee ends");
    writer.join().expect("the writer ends").expect("the referee reads everything");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn cases(profile: &str, seed: u64, count: usize) -> Vec<Value> {
    let (seed, count) = (seed.to_string(), count.to_string());
    let cases = referee("policy_gen.py", &["--profile", profile, "--seed", &seed, "--count", &count], &[]);
    assert_eq!(cases.len().to_string(), count);
    cases
}

/// Decides the cases with both engines; gives how many were unknown here.
fn compare(profile: &str, seed: u64, unknown_allowed: bool) {
    let cases = cases(profile, seed, count("WICKETGATE_POLICY_CASES", 5000));
    let expected = referee("policy_ref.py", &[], &cases);
    assert_eq!(cases.len(), expected.len());
    let (mut unknown, mut skipped) = (0, 0);
    for (case, expected) in cases.iter().zip(&expected) {
        let own = decide_case(case);
        let field = |answer: &Value| answer["resource_decision"].as_str().map(str::to_owned);
        if expected.get("error").is_some() {
            skipped += 1;
            assert!(
                matches!(field(&own).as_deref(), Some("Unknown" | "ExplicitDeny")),
                "{case}\n{own}\n{expected}"
            );
            continue;
        }
        if unknown_allowed && field(&own).as_deref() == Some("Unknown") {
            unknown += 1;
            continue;
        }
        assert_eq!(field(&own), field(expected), "{case}\n{own}\n{expected}");
        assert_eq!(own["matched"], expected["matched"], "{case}\n{own}\n{expected}");
        assert_eq!(own["decision"], expected["decision"], "{case}\n{own}\n{expected}");
    }
    println!(
        "{profile} seed {seed}: {} cases, {unknown} unknown, {skipped} refused by the referee",
        cases.len()
    );
    assert!((unknown + skipped) * 20 < cases.len(), "{unknown} of {} unknown", cases.len());
}

#[test]
fn fragment_is_decided_alike() {
    compare("fragment", 20_260_101, false);
    compare("fragment", fresh_seed(), false);
}

#[test]
fn everything_is_decided_alike_or_unknown() {
    compare("full", 20_260_102, true);
    compare("full", fresh_seed(), true);
}

/// Policies of the fragment with their questions.
fn questions(seed: u64) -> Vec<Value> {
    let policies = cases("fragment", seed, 4 * count("WICKETGATE_POLICY_QUESTIONS", 1000));
    let every_fourth = policies.into_iter().step_by(4).enumerate();
    every_fourth
        .map(|(at, case)| json!({"id": at, "policy": case["policy"], "apiArn": case["request"]["apiArn"]}))
        .collect()
}

fn compare_questions(seed: u64, domain: &str, loose: bool) {
    let questions = questions(seed);
    let mut arguments = vec!["--domain", domain];
    if loose {
        arguments.push("--loose");
    }
    let expected = referee("policy_symbolic.py", &arguments, &questions);
    assert_eq!(questions.len(), expected.len());
    let options = Options { well_formed_ids: domain == "aws", loose };
    let mut witnesses = Vec::new();
    for (question, expected) in questions.iter().zip(&expected) {
        assert_eq!(expected["fragment"], json!(true), "{expected}");
        let own = answer_question(question, options);
        assert_eq!(own["public"], expected["public"], "{question}\n{own}\n{expected}");
        let theirs = expected["vpce"].as_array().expect("a list");
        let ours = own["vpce"].as_array().expect("a list");
        assert_eq!(ours.len(), theirs.len(), "{question}\n{own}\n{expected}");
        for one in theirs {
            let id = one["vpce"].as_str().expect("an id");
            let verdict = ask_endpoint(question, id, options);
            assert_eq!(verdict, one["allowed"].as_str(), "{id} {question}\n{own}\n{expected}");
        }
        let kinds = |list: &[Value]| {
            let mut kinds: Vec<String> =
                list.iter().map(|one| format!("{} {}", one["listed"], one["allowed"])).collect();
            kinds.sort();
            kinds
        };
        assert_eq!(kinds(ours), kinds(theirs), "{question}\n{own}\n{expected}");
        let found = ours.iter().map(|one| &one["witness"]).chain([&own["public_witness"]]);
        let found = found.filter(|w| !w.is_null());
        witnesses.extend(found.map(|w| json!({"id": 0, "policy": question["policy"], "request": w})));
    }
    assert!(witnesses.len() > questions.len(), "{} witnesses", witnesses.len());
    for (case, decision) in witnesses.iter().zip(referee("policy_ref.py", &[], &witnesses)) {
        assert_eq!(decision["resource_decision"], "Allow", "{case}");
        assert_eq!(decide_case(case)["resource_decision"], "Allow", "{case}");
    }
    println!(
        "symbolic {domain} loose {loose} seed {seed}: {} questions, {} witnesses",
        questions.len(),
        witnesses.len()
    );
}

#[test]
fn questions_are_answered_alike() {
    let seed = fresh_seed();
    for domain in ["any", "aws"] {
        compare_questions(20_260_103, domain, false);
        compare_questions(seed, domain, false);
        compare_questions(seed + 1, domain, true);
    }
}

/// Random requests of each world never contradict the answer for the whole world.
#[test]
fn single_requests_never_contradict_a_whole_answer() {
    let seed = fresh_seed();
    let questions = questions(seed);
    // Sixty requests near each policy: those that the generator makes for sixty other policies in turn.
    let pool = cases("fragment", seed + 7, 60 * 50);
    let mut allowed = 0;
    for (at, question) in questions.iter().enumerate() {
        let answer = answer_question(question, Options::default());
        for step in 0..60 {
            let request = &pool[(at * 61 + step * 47) % pool.len()]["request"];
            let context = &request["context"];
            let has = |key: &str| context.get(key).is_some();
            let vpc_keys = ["aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"];
            let unsigned = !has("aws:PrincipalOrgID");
            let verdict = if unsigned && has("aws:SourceIp") && !vpc_keys.iter().any(|k| has(k)) {
                answer["public"].as_str()
            } else if unsigned && !has("aws:SourceIp") && vpc_keys.iter().all(|k| has(k)) {
                let id = context["aws:SourceVpce"].as_str().expect("an id");
                ask_endpoint(question, id, Options::default())
            } else {
                continue;
            };
            let case = json!({"id": 0, "policy": question["policy"], "request": request});
            let is_allowed = decide_case(&case)["resource_decision"] == "Allow";
            allowed += usize::from(is_allowed);
            let contradiction = if is_allowed { "none" } else { "all" };
            assert_ne!(verdict, Some(contradiction), "{case}");
        }
    }
    assert!(allowed > questions.len(), "{allowed} requests were allowed");
}

/// A caller world with single requests in it.
struct Sampled {
    world: World,
    requests: Vec<Request>,
}

/// The same requests of every kind for every policy: each way in, unsigned and signed, with values near the
/// constants that the generator uses.
fn sampled_worlds(own: &str, foreign: &str) -> Vec<Sampled> {
    let ids = ["vpce-0a1b2c3d4e5f60718", "vpce-1a2b3c4d", "vpce-0ffffffffffffffff"];
    let vpcs = ["vpc-0123456789abcdef0", "vpc-1a2b3c4d", "vpc-0badbadbadbadbad0"];
    let text = |t: &str| Text::from(t);
    let one = text(&format!("arn:aws:iam::{own}:user/alice"));
    let signings = [
        Signing::Unsigned,
        Signing::Account(text(own)),
        Signing::Foreign(text(own)),
        Signing::Principal(one.clone()),
    ];
    let mut worlds = Vec::new();
    for signing in signings {
        let account = match &signing {
            Signing::Unsigned => None,
            Signing::Account(_) | Signing::Principal(_) => Some(own),
            Signing::Foreign(_) => Some(foreign),
        };
        let first = worlds.len();
        let public = ["8.8.8.8", "10.0.5.1", "192.0.2.7", "2001:db8::1", "198.51.100.7"];
        let requests = public.iter().flat_map(|ip| signed(account, &[("aws:SourceIp", ip)]));
        worlds.push(Sampled { world: World::internet(signing.clone()), requests: requests.collect() });
        for id in ids {
            let inside = |vpc: &str| {
                let keys = [("aws:SourceVpce", id), ("aws:SourceVpc", vpc), ("aws:VpcSourceIp", "10.0.5.17")];
                let rewritten = [&keys[..], &[("aws:SourceIp", "10.0.0.9")]].concat();
                [signed(account, &keys), signed(account, &rewritten)].concat()
            };
            let known = World::endpoint(&text(id), Some(&text(vpcs[1])), signing.clone());
            worlds.push(Sampled { world: known, requests: inside(vpcs[1]) });
            let open = World::endpoint(&text(id), None, signing.clone());
            worlds.push(Sampled { world: open, requests: vpcs.iter().flat_map(|v| inside(v)).collect() });
        }
        if matches!(signing, Signing::Principal(_)) {
            for sampled in &mut worlds[first..] {
                sampled.requests.retain(|request| request.principal.as_ref() == Some(&one));
                assert!(!sampled.requests.is_empty());
            }
        }
    }
    worlds
}

/// Requests with these keys, signed or not, at several times and with several other keys.
fn signed(account: Option<&str>, keys: &[(&str, &str)]) -> Vec<Request> {
    let mut requests = Vec::new();
    for (at, time) in
        ["2024-12-31T23:59:59Z", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"].iter().enumerate()
    {
        let mut request = Request::new("execute-api:Invoke", Text::default());
        let common = [("aws:SecureTransport", "true"), ("aws:CurrentTime", *time)];
        for (key, value) in keys.iter().copied().chain(common) {
            request = request.with(key, KeyValue::Is(Text::from(value)));
        }
        if at == 1 {
            request = request.with("aws:UserAgent", KeyValue::Is(Text::from("a+b")));
        }
        if let Some(account) = account {
            let user = ["user/alice", "user/bob", "role/app"][at];
            let arn = format!("arn:aws:iam::{account}:{user}");
            request.principal = Some(Text::from(arn.as_str()));
            let age = ["0", "299", "3601"][at];
            for (key, value) in [
                ("aws:PrincipalArn", arn.as_str()),
                ("aws:PrincipalAccount", account),
                ("aws:PrincipalType", "User"),
                ("aws:userid", "AIDA"),
                ("aws:MultiFactorAuthAge", age),
                ("aws:PrincipalTag/vpc", "vpc-1a2b3c4d"),
            ] {
                request = request.with(key, KeyValue::Is(Text::from(value)));
            }
            if at > 0 {
                let paths = vec![Text::from("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/")];
                request = request.with("aws:PrincipalOrgPaths", KeyValue::Several(paths));
                request = request.with("aws:PrincipalOrgID", KeyValue::Is(Text::from("o-a1b2c3d4e5")));
            }
        }
        requests.push(request);
    }
    requests
}

/// The request's texts, for a failure's reader.
fn shown(request: &Request) -> String {
    let context = request.context.iter().map(|(key, value)| match value {
        KeyValue::Is(text) => format!("{key}={}", text.literal().unwrap_or_default()),
        other => format!("{key}={other:?}"),
    });
    context.collect::<Vec<_>>().join(" ")
}

/// Policies with every element of the language: single requests never contradict the answer for their world,
/// and every witness is decided as it claims.
#[test]
fn worlds_agree_with_single_requests_on_every_element() {
    let (own, foreign) = ("123456789012", "210987654321");
    let seed = fresh_seed();
    let n_policies = count("WICKETGATE_POLICY_QUESTIONS", 1000);
    let cases = cases("full", seed, 4 * n_policies);
    let worlds = sampled_worlds(own, foreign);
    let (mut known, mut unknown, mut checked) = (0, 0, 0);
    for case in cases.iter().step_by(4) {
        let mut names = Names::new();
        let span = Span::new(FileId(0), TextRange::new(0, 0));
        let value = Sourced { value: Written::String(case["policy"].to_string()), span, via: Vec::new() };
        let document = PolicyDocument::parse(&value, &mut names);
        let api = Text::from(case["request"]["apiArn"].as_str().expect("an ARN"));
        let policy = Policy::new(&document, &api, &names);
        let paths =
            ["/prod/GET/pets", "/prod/POST/pets/1", "/dev/GET/", "/prod/GET/admin/users", "/PROD/GET/pets"];
        let resources: Vec<Text> = paths.iter().map(|path| api.then(&Text::from(*path))).collect();
        let shapes: Vec<Shape> = resources.iter().map(Shape::of).collect();
        let routes = policy.routes(&shapes);
        for Sampled { world, requests } in &worlds {
            for answer in policy.ask(world, &routes) {
                let verdict = answer.verdict();
                known += usize::from(verdict != Verdict::Unknown);
                unknown += usize::from(verdict == Verdict::Unknown);
                for (witness, expected) in [(&answer.allowed, Truth::Yes), (&answer.refused, Truth::No)] {
                    if let Some(witness) = witness {
                        let decision = policy.decide(&witness.request());
                        assert_eq!(decision.allowed, expected, "{}\n{:?}", case["policy"], witness.request());
                    }
                }
                for request in requests {
                    let mut request = request.clone();
                    request.resource = resources[answer.routes[checked % answer.routes.len()]].clone();
                    checked += 1;
                    let contradiction = match policy.decide(&request).allowed {
                        Truth::Yes => Verdict::None,
                        Truth::No => Verdict::All,
                        Truth::Unknown => continue,
                    };
                    assert_ne!(
                        verdict,
                        contradiction,
                        "{}\n{world:?}\n{request:?}\n{}",
                        case["policy"],
                        shown(&request)
                    );
                }
            }
        }
    }
    println!("{n_policies} policies: {known} answers known, {unknown} unknown, {checked} requests");
    assert!(known > 2 * unknown, "{known} known, {unknown} unknown");
}
