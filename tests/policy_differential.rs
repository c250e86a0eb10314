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
