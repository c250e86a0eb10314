//! What is said of templates with conditions against every assignment of their parameters, one by one.
//!
//! Templates are generated from fixed seeds. For each assignment the same template is judged with all parameters
//! given, where nothing has to be split, and a small evaluator of its own says which assignments the template's
//! `Rules` allow. What is said without any parameter given has to be the same for each of them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use wicketgate::answer::map::{MapCase, map};
use wicketgate::check::judge::Bench;
use wicketgate::check::settings::Settings;
use wicketgate::check::{self, File, Role};
use wicketgate::diagnostic::When;
use wicketgate::intent::Intents;
use wicketgate::rules::RULES;
use wicketgate::rules::finding::Finding;
use wicketgate::source::{SourceFile, Sources};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::workspace::instances::Instances;

type Assignment = BTreeMap<String, String>;

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len());
        &all[at]
    }
}

#[derive(Clone, Debug)]
enum Condition {
    Is(String, String),
    Same(String, String),
    Named(usize),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Condition {
    fn json(&self) -> Json {
        match self {
            Condition::Is(parameter, text) => json!({"Fn::Equals": [{"Ref": parameter}, text]}),
            Condition::Same(left, right) => json!({"Fn::Equals": [{"Ref": left}, {"Ref": right}]}),
            Condition::Named(at) => json!({"Condition": format!("C{at}")}),
            Condition::Not(inner) => json!({"Fn::Not": [inner.json()]}),
            Condition::All(all) => json!({"Fn::And": all.iter().map(Condition::json).collect::<Vec<_>>()}),
            Condition::Any(all) => json!({"Fn::Or": all.iter().map(Condition::json).collect::<Vec<_>>()}),
        }
    }

    fn holds(&self, named: &[Condition], values: &Assignment) -> bool {
        match self {
            Condition::Is(parameter, text) => values[parameter] == *text,
            Condition::Same(left, right) => values[left] == values[right],
            Condition::Named(at) => named[*at].holds(named, values),
            Condition::Not(inner) => !inner.holds(named, values),
            Condition::All(all) => all.iter().all(|one| one.holds(named, values)),
            Condition::Any(all) => all.iter().any(|one| one.holds(named, values)),
        }
    }
}

/// A template with the values that each parameter may have.
struct Generated {
    template: Json,
    domains: BTreeMap<String, Vec<String>>,
    conditions: Vec<Condition>,
    /// `RuleCondition` and `Assert`.
    rule: Option<(Condition, Condition)>,
}

fn condition(dice: &mut Dice, names: &[String], earlier: usize, depth: usize) -> Condition {
    let kind = if depth == 0 { dice.below(3) } else { dice.below(7) };
    let texts = ["a", "b", "c"];
    let several = |dice: &mut Dice| (0..2).map(|_| condition(dice, names, earlier, depth - 1)).collect();
    match kind {
        2 if names.len() > 1 && dice.below(2) == 0 => {
            Condition::Same(dice.pick(names).clone(), dice.pick(names).clone())
        }
        3 if earlier > 0 => Condition::Named(dice.below(earlier)),
        4 => Condition::Not(Box::new(condition(dice, names, earlier, depth - 1))),
        5 => Condition::All(several(dice)),
        6 => Condition::Any(several(dice)),
        _ => Condition::Is(dice.pick(names).clone(), (*dice.pick(&texts)).to_owned()),
    }
}

fn generate(seed: u64) -> Generated {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(7));
    let names: Vec<String> = (0..2 + dice.below(2)).map(|at| format!("P{at}")).collect();
    let (mut parameters, mut domains) = (serde_json::Map::new(), BTreeMap::new());
    for name in &names {
        let text = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let (declared, domain) = match dice.below(4) {
            0 => (json!({"Type": "String", "AllowedValues": ["a", "b"]}), text(&["a", "b"])),
            1 => {
                let default = *dice.pick(&["a", "b", "c"]);
                let declared =
                    json!({"Type": "String", "AllowedValues": ["a", "b", "c"], "Default": default});
                (declared, text(&["a", "b", "c"]))
            }
            2 => (json!({"Type": "String", "Default": "b"}), text(&["a", "b", "c", "u", "v"])),
            _ => (json!({"Type": "String"}), text(&["a", "b", "c", "u", "v"])),
        };
        parameters.insert(name.clone(), declared);
        domains.insert(name.clone(), domain);
    }
    let mut conditions = Vec::new();
    for at in 0..2 + dice.below(3) {
        conditions.push(condition(&mut dice, &names, at, 2));
    }
    let rule = (dice.below(3) == 0)
        .then(|| (condition(&mut dice, &names, 0, 0), condition(&mut dice, &names, 0, 1)));
    let mut template = json!({
        "Parameters": parameters,
        "Conditions": conditions
            .iter()
            .enumerate()
            .map(|(at, one)| (format!("C{at}"), one.json()))
            .collect::<serde_json::Map<_, _>>(),
        "Resources": resources(&mut dice, &conditions),
    });
    if let Some((applies, assert)) = &rule {
        template["Rules"] =
            json!({"R": {"RuleCondition": applies.json(), "Assertions": [{"Assert": assert.json()}]}});
    }
    Generated { template, domains, conditions, rule }
}

fn resources(dice: &mut Dice, conditions: &[Condition]) -> Json {
    let all: Vec<String> = (0..conditions.len()).map(|at| format!("C{at}")).collect();
    let seed = dice.below(1 << 30);
    let dice_of_branches = std::cell::RefCell::new(Dice(seed as u64));
    let when = |yes: Json, no: Json| json!({"Fn::If": [dice_of_branches.borrow_mut().pick(&all), yes, no]});
    let statement = |ids: Json| {
        json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
               "Condition": {"StringEquals": {"aws:SourceVpce": ids}}})
    };
    let open = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    let nothing = json!({"Ref": "AWS::NoValue"});
    let types = match when(json!(0), json!(1))["Fn::If"][0].as_str() {
        Some("C0") => when(json!("PRIVATE"), json!("REGIONAL")),
        Some("C1") => when(json!("PRIVATE"), when(json!("EDGE"), json!("PRIVATE"))),
        _ => json!("PRIVATE"),
    };
    let ids = json!([when(json!("vpce-1"), json!("vpce-2")), when(json!("vpce-3"), nothing.clone())]);
    let listed =
        json!(["vpce-1", when(json!("vpce-2"), nothing.clone()), when(json!("vpce-3"), nothing.clone())]);
    let policy = json!({"Version": "2012-10-17", "Statement": [when(statement(listed), open)]});
    let policy = when(policy.clone(), when(policy, nothing.clone()));
    let dns = when(json!(true), json!(false));
    let service = when(
        json!("com.amazonaws.eu-west-1.execute-api"),
        when(json!("com.amazonaws.eu-west-1.s3"), json!("com.amazonaws.eu-west-1.execute-api")),
    );
    let (api, endpoint) = (dice.pick(&all).clone(), dice.pick(&all).clone());
    let mut resources = json!({
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {
            "Name": "a",
            "EndpointConfiguration": {"Types": [types], "VpcEndpointIds": ids},
            "Policy": policy,
        }},
        "Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "ServiceName": service, "VpcEndpointType": "Interface", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"],
            "SecurityGroupIds": ["sg-1"], "PrivateDnsEnabled": dns,
        }},
    });
    if dice.below(3) == 0 {
        resources["Api"]["Condition"] = json!(api);
    }
    if dice.below(3) == 0 {
        resources["Endpoint"]["Condition"] = json!(endpoint);
    }
    for at in 0..dice.below(3) {
        let path = format!("Path{at}");
        resources[&path] = json!({"Type": "AWS::ApiGateway::Resource", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "PathPart": path}});
        resources[format!("Method{at}")] = json!({
            "Type": "AWS::ApiGateway::Method", "Condition": dice.pick(&all),
            "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Ref": path}, "HttpMethod": "GET",
                           "AuthorizationType": *dice.pick(&["NONE", "AWS_IAM"])}});
    }
    resources
}

/// A finding: its rule, what it is about, and when.
type Found = (String, String, Vec<When>);

/// Findings before any is muted, and the cases of the API.
fn judged(template: &str, values: Option<&Assignment>) -> (Vec<Found>, Vec<MapCase>) {
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new("t.json".to_owned(), template.to_owned()));
    let files = [File { id, role: Role::Reported, problem: None }];
    let mut settings = Settings::default();
    if let Some(values) = values {
        let given = values.iter().map(|(name, text)| (name.clone(), Binding::text(text.clone())));
        let bindings = Bindings { parameters: given.collect(), ..Bindings::default() };
        settings.instances = Instances::all(vec![bindings]);
    }
    let analysis = check::analyse(&mut sources, &files, &settings, &mut |_, _| None);
    let intents = Intents::new(&analysis.model, |api, environment| {
        settings.decisions.of(&api.labels, "t.json", environment)
    });
    let bench = Bench {
        model: &analysis.model,
        intents: &intents,
        settings: &settings,
        sources: &sources,
        trees: analysis.trees(),
    };
    let judged = bench.judge(RULES);
    assert!(judged.failures.is_empty());
    // What is unknown is told place by place, of which one resource has several.
    let known = |finding: &Finding| finding.diagnostic.rule.as_str() != "unknown-exposure";
    let found = judged.findings.into_iter().filter(known).map(|finding| {
        let rule = match finding.diagnostic.rule.as_str() {
            // Which of the two it is depends on whether anything is split.
            "conditionally-public-api" => "public-api",
            other => other,
        };
        (rule.to_owned(), finding.diagnostic.resource.unwrap_or_default(), finding.diagnostic.when)
    });
    let found = found.collect();
    let mut apis = map(&analysis.model, &|_| true).apis;
    let cases = apis.iter_mut().find(|api| api.resource == "Api");
    (found, cases.map_or_else(Vec::new, |api| std::mem::take(&mut api.cases)))
}

/// Whether an assignment is one of those that `when` names.
fn meets(values: &Assignment, when: &[When]) -> bool {
    when.iter().all(|one| {
        let text = match one.parameter.split_once(" = ") {
            Some((left, right)) => (values[left] == values[right]).to_string(),
            None => values[&one.parameter].clone(),
        };
        let excluded: Vec<&str> = one.values.iter().filter_map(|value| value.strip_prefix("not ")).collect();
        if excluded.is_empty() { one.values.contains(&text) } else { !excluded.contains(&text.as_str()) }
    })
}

fn assignments(domains: &BTreeMap<String, Vec<String>>) -> Vec<Assignment> {
    domains.iter().fold(vec![Assignment::new()], |all, (name, texts)| {
        let with = |known: &Assignment, text: &String| {
            let mut more = known.clone();
            more.insert(name.clone(), text.clone());
            more
        };
        all.iter().flat_map(|known| texts.iter().map(move |text| with(known, text))).collect()
    })
}

/// What a case says that does not depend on how its values were found.
fn facts(case: &MapCase) -> String {
    let callers: BTreeSet<String> = case
        .callers
        .iter()
        // An endpoint of the template that is there only sometimes is asked about in every case.
        .filter(|caller| caller.named_by != ["resource"])
        .map(|caller| {
            format!("{} {:?} {:?} {}", caller.caller, caller.endpoint, caller.named_by, caller.decision)
        })
        .collect();
    format!("{} {:?} {} policies {callers:?}", case.endpoint_type, case.vpc_endpoint_ids, case.policies.len())
}

struct Run {
    values: Assignment,
    found: BTreeSet<(String, String)>,
    case: Option<String>,
}

fn runs(generated: &Generated, text: &str) -> Vec<Run> {
    let allowed = |values: &Assignment| {
        generated.rule.as_ref().is_none_or(|(applies, assert)| {
            !applies.holds(&generated.conditions, values) || assert.holds(&generated.conditions, values)
        })
    };
    let possible = assignments(&generated.domains).into_iter().filter(allowed);
    possible
        .map(|values| {
            let (found, cases) = judged(text, Some(&values));
            assert!(cases.len() <= 1, "nothing is left open");
            let found = found.into_iter().map(|(rule, resource, when)| {
                assert!(when.is_empty(), "nothing is left open");
                (rule, resource)
            });
            Run { found: found.collect(), case: cases.first().map(facts), values }
        })
        .collect()
}

/// Whether every assignment that `meets` has the finding, and one does. An assignment without the resource does not
/// count.
fn triggers(
    runs: &[Run],
    key: &(String, String),
    exists: &dyn Fn(&Run) -> bool,
    meets: &dyn Fn(&Run) -> bool,
) -> bool {
    let mut some = false;
    for run in runs.iter().filter(|run| exists(run) && meets(run)) {
        if !run.found.contains(key) {
            return false;
        }
        some = true;
    }
    some
}

fn check_one(seed: u64, wrong: &mut Vec<String>) {
    let generated = generate(seed);
    let text = generated.template.to_string();
    let runs = runs(&generated, &text);
    if runs.is_empty() {
        return;
    }
    let (found, cases) = judged(&text, None);
    let mut tell = |what: String| wrong.push(format!("seed {seed}: {what}\n{text}"));
    for (rule, resource, when) in &found {
        let key = (rule.clone(), resource.clone());
        // An endpoint is there whatever service it is for; an API is there where it has a case.
        let condition = generated.template["Resources"][resource]["Condition"].as_str();
        let at = condition.map(|name| name[1..].parse::<usize>().unwrap());
        let exists = |run: &Run| {
            at.is_none_or(|at| generated.conditions[at].holds(&generated.conditions, &run.values))
        };
        if !triggers(&runs, &key, &exists, &|run| meets(&run.values, when)) {
            tell(format!("{rule} of {resource} does not hold when {when:?}"));
        }
        if let Some(smaller) = smaller(&generated, &runs, &key, &exists, when.len()) {
            tell(format!("{rule} of {resource} holds when {smaller:?}, which is less than {when:?}"));
        }
    }
    let told: BTreeSet<(String, String)> =
        found.into_iter().map(|(rule, resource, _)| (rule, resource)).collect();
    for run in &runs {
        for missed in run.found.difference(&told) {
            tell(format!("{missed:?} is missed, which holds for {:?}", run.values));
        }
        let said: BTreeSet<String> =
            cases.iter().filter(|case| meets(&run.values, &case.when)).map(facts).collect();
        if said != run.case.iter().cloned().collect() {
            tell(format!("for {:?} the map says {said:#?} and not {:#?}", run.values, run.case));
        }
    }
}

/// An assignment of fewer parameters that triggers the finding.
fn smaller(
    generated: &Generated,
    runs: &[Run],
    key: &(String, String),
    exists: &dyn Fn(&Run) -> bool,
    than: usize,
) -> Option<Assignment> {
    let names: Vec<&String> = generated.domains.keys().collect();
    for chosen in 0..1_usize << names.len() {
        if chosen.count_ones() as usize >= than {
            continue;
        }
        let some = names.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
        let domains = some.map(|(_, name)| ((*name).clone(), generated.domains[*name].clone())).collect();
        for values in assignments(&domains) {
            let fits = |run: &Run| values.iter().all(|(name, text)| run.values[name] == *text);
            // A text that stands for all others is no value to name.
            let written = generated.template.to_string();
            let named = values.values().all(|text| written.contains(&format!("\"{text}\"")));
            if named && triggers(runs, key, exists, &fits) {
                return Some(values);
            }
        }
    }
    None
}

#[test]
fn every_assignment_is_as_it_was_said() {
    let seeds: u64 = std::env::var("WICKETGATE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let mut wrong = Vec::new();
    for seed in 0..seeds {
        check_one(seed, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}
