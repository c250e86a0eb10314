//! Tables of policies with what they say: to single requests, to whole worlds of callers, to opaque ids.

use std::sync::Arc;

use wicketgate::policy::ask::{Answer, Verdict};
use wicketgate::policy::compiled::Policy;
use wicketgate::policy::decide::{Outcome, StatementPart};
use wicketgate::policy::document::{PolicyDocument, ProblemKind};
use wicketgate::policy::request::{KeyValue, Request};
use wicketgate::policy::resource::Shape;
use wicketgate::policy::text::{Names, Text};
use wicketgate::policy::truth::Truth;
use wicketgate::policy::world::{Signing, World};
use wicketgate::source::{FileId, Span, TextRange};
use wicketgate::template::value::{Name, Part, Sourced, StackId, Value};

const API: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5";
const ACCOUNT: &str = "123456789012";
const ENDPOINT: &str = "vpce-0a1b2c3d4e5f60718";

fn sourced(value: Value) -> Sourced {
    Sourced { value, span: Span::new(FileId(0), TextRange::new(10, 20)), via: Vec::new() }
}

/// JSON text in which `@Name` in a string stands for a resource of the stack, `@@Name` for an import.
fn written(json: &str) -> Sourced {
    let mut parts: Vec<Part> = Vec::new();
    let mut pieces = json.split('@');
    parts.push(Part::Literal(pieces.next().unwrap_or_default().to_owned()));
    let mut import = false;
    for piece in pieces {
        if piece.is_empty() {
            import = true;
            continue;
        }
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let name = if import { imported(&piece[..end]) } else { resource(&piece[..end]) };
        import = false;
        parts.push(Part::Named(name));
        parts.push(Part::Literal(piece[end..].to_owned()));
    }
    match parts.as_slice() {
        [Part::Literal(text)] => sourced(Value::String(text.clone())),
        _ => sourced(Value::Text(parts)),
    }
}

fn resource(id: &str) -> Arc<Name> {
    Arc::new(Name::Resource { stack: StackId(0), id: id.to_owned() })
}

fn imported(export: &str) -> Arc<Name> {
    Arc::new(Name::Import(Box::new(Value::String(export.to_owned()))))
}

fn policy_of(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

/// `Allow`, or an Allow of everything with a Deny, under one condition.
fn statement(effect: &str, condition: &str) -> String {
    let one = |effect: &str, condition: &str| {
        format!(
            r#"{{"Effect": "{effect}", "Principal": "*", "Action": "execute-api:Invoke",
                 "Resource": "execute-api:/*"{condition}}}"#
        )
    };
    let condition = format!(r#", "Condition": {condition}"#);
    match effect {
        "Deny" => policy_of(&format!("{},{}", one("Allow", ""), one("Deny", &condition))),
        _ => policy_of(&one("Allow", &condition)),
    }
}

fn outcome(policy: &str, context: &[(&str, &str)]) -> Outcome {
    let mut names = Names::new();
    let document = PolicyDocument::parse(&written(policy), &mut names);
    let api = Text::from(API);
    let mut request = Request::new("execute-api:Invoke", Text::from(format!("{API}/prod/GET/x").as_str()));
    for (key, value) in context {
        request = request.with(key, KeyValue::Is(Text::from(*value)));
    }
    Policy::new(&document, &api, &names).decide(&request).outcome
}

#[test]
fn missing_keys() {
    // Whether a test on a key that is missing holds.
    let table = [
        (r#"{"StringEquals": {"aws:SourceVpce": "x"}}"#, false),
        (r#"{"StringNotEquals": {"aws:SourceVpce": "x"}}"#, true),
        (r#"{"StringLike": {"aws:SourceVpce": "*"}}"#, false),
        (r#"{"StringNotLike": {"aws:SourceVpce": "*"}}"#, true),
        (r#"{"StringEqualsIfExists": {"aws:SourceVpce": "x"}}"#, true),
        (r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#, true),
        (r#"{"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}"#, true),
        (r#"{"ArnLike": {"aws:PrincipalArn": "*"}}"#, false),
        (r#"{"ArnNotLike": {"aws:PrincipalArn": "*"}}"#, true),
        (r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "3"}}"#, false),
        (r#"{"Bool": {"aws:SecureTransport": "false"}}"#, false),
        (r#"{"Null": {"aws:SourceVpce": "true"}}"#, true),
        (r#"{"Null": {"aws:SourceVpce": false}}"#, false),
        (r#"{"ForAllValues:StringEquals": {"aws:SourceVpce": "x"}}"#, true),
        (r#"{"ForAnyValue:StringNotEquals": {"aws:SourceVpce": "x"}}"#, false),
        (r#"{"StringEquals": {"aws:SourceVpce": "${aws:SourceVpc, 'x'}"}}"#, false),
        (r#"{"StringNotEquals": {"aws:SourceVpce": "x", "aws:SourceVpc": "y"}}"#, true),
        (r#"{"StringNotEquals": {"aws:SourceVpce": "x"}, "StringEquals": {"aws:SourceVpc": "y"}}"#, false),
    ];
    for (condition, holds) in table {
        let expected = if holds { Outcome::Allow } else { Outcome::Neither };
        assert_eq!(outcome(&statement("Allow", condition), &[]), expected, "{condition}");
    }
}

#[test]
fn operators_on_values() {
    let table = [
        (r#"{"StringEquals": {"AWS:SOURCEVPCE": ["x", "y"]}}"#, "aws:SourceVpce", "y", true),
        (r#"{"StringEquals": {"aws:SourceVpce": "Y"}}"#, "aws:SourceVpce", "y", false),
        (r#"{"StringEqualsIgnoreCase": {"aws:SourceVpce": "Y"}}"#, "aws:SourceVpce", "y", true),
        (r#"{"StringNotEquals": {"aws:SourceVpce": ["x", "y"]}}"#, "aws:SourceVpce", "y", false),
        (r#"{"StringEquals": {"aws:SourceVpce": "vpce-*"}}"#, "aws:SourceVpce", "vpce-1", false),
        (r#"{"StringLike": {"aws:SourceVpce": "vpce-?*"}}"#, "aws:SourceVpce", "vpce-1", true),
        (r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#, "aws:SourceIp", "8.8.8.8", true),
        (r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#, "aws:SourceIp", "2001:db8::1", false),
        (r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.7"}}"#, "aws:SourceIp", "2001:db8::1", true),
        (
            r#"{"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": 300}}"#,
            "aws:MultiFactorAuthAge",
            "300.0",
            true,
        ),
        (
            r#"{"DateLessThan": {"aws:CurrentTime": "2025-01-01"}}"#,
            "aws:CurrentTime",
            "2024-12-31T23:59:59Z",
            true,
        ),
        (r#"{"Bool": {"aws:SecureTransport": true}}"#, "aws:SecureTransport", "True", true),
        (r#"{"BinaryEquals": {"aws:x": "aGk="}}"#, "aws:x", "aGk=", true),
        (
            r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}"#,
            "aws:PrincipalArn",
            "arn:aws:iam::1:role/a/b",
            true,
        ),
        (r#"{"Null": {"aws:SourceVpce": "false"}}"#, "aws:SourceVpce", "y", true),
        (r#"{"StringLike": {"aws:SourceVpce": "a${*}b"}}"#, "aws:SourceVpce", "axb", false),
    ];
    for (condition, key, value, holds) in table {
        let expected = if holds { Outcome::Allow } else { Outcome::Neither };
        assert_eq!(outcome(&statement("Allow", condition), &[(key, value)]), expected, "{condition} {value}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_a_problem() {
    let allow = r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#;
    let table: [(String, Outcome, Option<ProblemKind>); 10] = [
        ("{".to_owned(), Outcome::Unknown, None),
        ("[]".to_owned(), Outcome::Unknown, Some(ProblemKind::NotAnObject)),
        (r#"{"Version": "2012-10-17"}"#.to_owned(), Outcome::Unknown, Some(ProblemKind::MissingStatement)),
        (format!(r#"{{"Statement": {{{allow}}}}}"#), Outcome::Allow, Some(ProblemKind::MissingVersion)),
        (policy_of("3"), Outcome::Unknown, Some(ProblemKind::StatementNotAnObject)),
        (
            policy_of(&format!(r#"{{{allow}, "Condition": {{"StringEqual": {{"a": "b"}}}}}}"#)),
            Outcome::Unknown,
            Some(ProblemKind::UnknownOperator("StringEqual".to_owned())),
        ),
        (
            policy_of(
                &allow.replace("Allow", "allow").replace("\"Effect\"", "{\"Effect\"").replace("\"*\"\"", ""),
            )
            .replace("]}", "}]}"),
            Outcome::Unknown,
            Some(ProblemKind::WrongEffect("allow".to_owned())),
        ),
        (
            policy_of(&format!("{{{}}}", allow.replace(r#""Action": "*", "#, ""))),
            Outcome::Unknown,
            Some(ProblemKind::Missing("Action")),
        ),
        (
            policy_of(&format!(r#"{{{allow}, "NotPrincipal": {{"AWS": "{ACCOUNT}"}}}}"#)),
            Outcome::Unknown,
            Some(ProblemKind::Both("Principal")),
        ),
        (
            statement("Allow", r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}}"#),
            Outcome::Unknown,
            Some(ProblemKind::WrongConstant("10.0.0.0/99".to_owned())),
        ),
    ];
    for (policy, expected, problem) in table {
        let document = PolicyDocument::parse(&written(&policy), &mut Names::new());
        assert_eq!(outcome(&policy, &[("aws:SourceIp", "10.0.0.1")]), expected, "{policy}");
        let kinds: Vec<&ProblemKind> = document.problems.iter().map(|p| &p.kind).collect();
        match &problem {
            Some(problem) => assert_eq!(kinds, [problem], "{policy}"),
            None => assert!(matches!(kinds.as_slice(), [ProblemKind::NotJson(_)]), "{policy}"),
        }
    }
    // A deny that certainly matches decides, whatever else is not known.
    let deny = r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#;
    assert_eq!(outcome(&policy_of(&format!("3, {deny}")), &[]), Outcome::ExplicitDeny);
}

#[test]
fn the_deciding_text() {
    let mut names = Names::new();
    let at = |start: u32, value: Value| Sourced {
        value,
        span: Span::new(FileId(0), TextRange::new(start, start + 1)),
        via: Vec::new(),
    };
    let text = |start: u32, text: &str| at(start, Value::String(text.to_owned()));
    let member = |start: u32, key: &str, value: Sourced| wicketgate::template::value::Member {
        key: key.to_owned(),
        key_span: Span::new(FileId(0), TextRange::new(start, start + 1)),
        value,
    };
    let condition = |operator: &str| {
        let values = at(50, Value::List(vec![text(51, "vpce-1"), text(52, "vpce-2")]));
        let keys = at(40, Value::Map(vec![member(41, "aws:SourceVpce", values)]));
        member(30, "Condition", at(31, Value::Map(vec![member(32, operator, keys)])))
    };
    let document = |operator: &str, names: &mut Names| {
        let statement = vec![
            member(1, "Effect", text(2, "Allow")),
            member(3, "Principal", text(4, "*")),
            member(5, "Action", text(6, "execute-api:Invoke")),
            member(7, "Resource", text(8, "execute-api:/*")),
            condition(operator),
        ];
        let members = vec![
            member(90, "Version", text(91, "2012-10-17")),
            member(92, "Statement", at(93, Value::Map(statement))),
        ];
        PolicyDocument::parse(&at(0, Value::Map(members)), names)
    };
    let table = [
        ("StringEquals", "vpce-2", Outcome::Allow, 52, Truth::Yes),
        ("StringEquals", "vpce-3", Outcome::Neither, 41, Truth::No),
        ("StringNotEquals", "vpce-3", Outcome::Allow, 41, Truth::Yes),
    ];
    for (operator, endpoint, expected, start, holds) in table {
        let document = document(operator, &mut names);
        assert!(document.problems.is_empty());
        let request = Request::new("execute-api:Invoke", Text::from(format!("{API}/prod/GET/x").as_str()));
        let request = request.with("aws:SourceVpce", KeyValue::Is(Text::from(endpoint)));
        let decision = Policy::new(&document, &Text::from(API), &names).decide(&request);
        let deciding = decision.deciding.unwrap();
        assert_eq!((decision.outcome, deciding.statement), (expected, 0));
        assert_eq!((deciding.span.range.start, deciding.holds), (start, holds), "{operator} {endpoint}");
        assert_eq!(deciding.part, StatementPart::Condition(0));
    }
}

/// The verdict for a world, and whether it rests on a presumption.
fn verdict(policy: &str, world: impl Fn(&mut Names) -> World) -> (Verdict, bool) {
    let mut names = Names::new();
    let document = PolicyDocument::parse(&written(policy), &mut names);
    let world = world(&mut names);
    let api = Text::from(API);
    let policy = Policy::new(&document, &api, &names);
    let routes = policy.routes(&[Shape::of(&Text::from(format!("{API}/prod/GET/x").as_str()))]);
    let answers = policy.ask(&world, &routes);
    check_witnesses(&policy, &answers);
    (answers[0].verdict(), answers[0].presumed)
}

fn check_witnesses(policy: &Policy<'_>, answers: &[Answer<'_>]) {
    for answer in answers {
        for (witness, expected) in
            [(&answer.allowed, Truth::Yes), (&answer.refused, Truth::No), (&answer.doubtful, Truth::Unknown)]
        {
            let Some(witness) = witness else { continue };
            let decision = policy.decide(&witness.request());
            if expected != Truth::Unknown {
                assert_eq!(decision.allowed, expected, "{:?}", witness.request());
            }
        }
    }
}

fn endpoint(id: &str, vpc: Option<&str>) -> impl Fn(&mut Names) -> World {
    let (id, vpc) = (id.to_owned(), vpc.map(str::to_owned));
    move |_| {
        World::endpoint(&Text::from(id.as_str()), vpc.as_deref().map(Text::from).as_ref(), Signing::Unsigned)
    }
}

fn named_endpoint(id: &str) -> impl Fn(&mut Names) -> World {
    let name = resource(id);
    move |names| {
        World::endpoint(
            &names.text(&Value::Named(name.clone())).expect("a name is text"),
            None,
            Signing::Unsigned,
        )
    }
}

fn internet(_: &mut Names) -> World {
    World::internet(Signing::Unsigned)
}

fn other(_: &mut Names) -> World {
    World::any_other_endpoint(Signing::Unsigned)
}

#[test]
fn worlds_of_unsigned_callers() {
    use Verdict::{All, None, Some, Unknown};
    let vpce = r#"{"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}"#;
    let deny = statement("Deny", &format!(r#"{{"StringNotEquals": {vpce}}}"#));
    let allow = statement("Allow", &format!(r#"{{"StringEquals": {vpce}}}"#));
    let if_exists = statement("Allow", &format!(r#"{{"StringEqualsIfExists": {vpce}}}"#));
    let like = |pattern: &str| {
        statement("Allow", &format!(r#"{{"StringLike": {{"aws:SourceVpce": "{pattern}"}}}}"#))
    };
    let source_ip = |operator: &str, block: &str| {
        statement("Allow", &format!(r#"{{"{operator}": {{"aws:SourceIp": "{block}"}}}}"#))
    };
    let vpc = |operator: &str| {
        statement("Allow", &format!(r#"{{"{operator}": {{"aws:SourceVpc": "vpc-1a2b3c4d"}}}}"#))
    };
    let own = || endpoint(ENDPOINT, Option::None);
    let two = statement(
        "Deny",
        r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718", "aws:SourceVpc": "vpc-1a2b3c4d"}}"#,
    );
    assert_eq!(verdict(&deny, internet), (None, false));
    assert_eq!(verdict(&deny, own()), (All, false));
    assert_eq!(verdict(&deny, other), (None, false));
    assert_eq!(verdict(&allow, own()), (All, false));
    assert_eq!(verdict(&allow, endpoint("vpce-1a2b3c4d", Option::None)), (None, false));
    assert_eq!(verdict(&if_exists, internet), (All, false));
    assert_eq!(verdict(&like("vpce-*"), other), (All, false));
    assert_eq!(verdict(&like("vpce-0a1*"), other), (Some, false));
    assert_eq!(verdict(&like("vpce-0a1b2c3d4*"), other), (None, false));
    assert_eq!(verdict(&like("vpce-0a1b2c3d4*"), own()), (All, false));
    assert_eq!(verdict(&like("vpc-*"), other), (None, false));
    // Behind an endpoint the address is rewritten or missing.
    assert_eq!(verdict(&source_ip("IpAddress", "10.0.0.0/8"), own()), (Unknown, false));
    assert_eq!(verdict(&source_ip("IpAddress", "203.0.113.0/24"), own()), (None, false));
    assert_eq!(verdict(&source_ip("NotIpAddress", "203.0.113.0/24"), own()), (All, false));
    assert_eq!(verdict(&source_ip("IpAddress", "203.0.113.0/24"), internet), (Some, false));
    assert_eq!(verdict(&source_ip("IpAddress", "0.0.0.0/0"), internet), (Some, false));
    // The VPC of an endpoint may not be known.
    assert_eq!(verdict(&vpc("StringEquals"), own()), (Unknown, false));
    assert_eq!(verdict(&vpc("StringEquals"), endpoint(ENDPOINT, Option::Some("vpc-1a2b3c4d"))), (All, false));
    assert_eq!(verdict(&vpc("StringEquals"), other), (None, false));
    assert_eq!(verdict(&two, own()), (All, false));
    assert_eq!(verdict(&two, endpoint("vpce-1a2b3c4d", Option::None)), (Unknown, false));
    assert_eq!(verdict(&two, other), (None, false));
    let inside = |_: &mut Names| World::inside_vpc(&Text::from("vpc-1a2b3c4d"), Signing::Unsigned);
    assert_eq!(verdict(&two, inside), (All, false));
    // Either VPC or not: known although the VPC is not.
    let one = |operator: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
                 "Condition": {{"{operator}": {{"aws:SourceVpc": "vpc-1a2b3c4d"}}}}}}"#
        )
    };
    let both = policy_of(&[one("StringEquals"), one("StringNotEquals")].join(","));
    assert_eq!(verdict(&both, own()), (All, false));
}

#[test]
fn keys_nobody_models() {
    let account = |operator: &str, more: &str| {
        statement("Allow", &format!(r#"{{"{operator}": {{"aws:VpceAccount": "{ACCOUNT}"}}{more}}}"#))
    };
    assert_eq!(verdict(&account("StringEquals", ""), endpoint(ENDPOINT, None)), (Verdict::Unknown, false));
    assert_eq!(verdict(&account("StringEquals", ""), internet), (Verdict::None, false));
    let failing = r#", "StringLike": {"aws:SourceVpce": "vpc-*"}"#;
    assert_eq!(verdict(&account("StringEquals", failing), endpoint(ENDPOINT, None)), (Verdict::None, false));
}

#[test]
fn opaque_ids() {
    let deny = |value: &str| {
        statement("Deny", &format!(r#"{{"StringNotEquals": {{"aws:SourceVpce": "{value}"}}}}"#))
    };
    let like =
        |value: &str| statement("Allow", &format!(r#"{{"StringLike": {{"aws:SourceVpce": "{value}"}}}}"#));
    let import = |export: &str| {
        let name = imported(export);
        move |names: &mut Names| {
            World::endpoint(&names.text(&Value::Named(name.clone())).unwrap(), None, Signing::Unsigned)
        }
    };
    assert_eq!(verdict(&deny("@Endpoint"), named_endpoint("Endpoint")), (Verdict::All, false));
    assert_eq!(verdict(&deny("@Endpoint"), named_endpoint("Other")), (Verdict::None, false));
    assert_eq!(verdict(&deny("@Endpoint"), other), (Verdict::None, false));
    assert_eq!(verdict(&deny("@Endpoint"), endpoint(ENDPOINT, None)), (Verdict::Unknown, false));
    assert_eq!(verdict(&deny(ENDPOINT), named_endpoint("Endpoint")), (Verdict::Unknown, false));
    assert_eq!(verdict(&deny("vpc-1a2b3c4d"), named_endpoint("Endpoint")), (Verdict::None, false));
    assert_eq!(verdict(&deny("@@a"), import("a")), (Verdict::All, false));
    assert_eq!(verdict(&deny("@@a"), import("b")), (Verdict::None, true));
    assert_eq!(verdict(&deny("@@a"), named_endpoint("Endpoint")), (Verdict::None, false));
    assert_eq!(verdict(&like("vpce-*"), named_endpoint("Endpoint")), (Verdict::All, false));
    assert_eq!(verdict(&like("vpce-0*"), named_endpoint("Endpoint")), (Verdict::Unknown, false));
    assert_eq!(verdict(&like("*@Endpoint"), named_endpoint("Endpoint")), (Verdict::All, false));
}

#[test]
fn signed_callers_and_accounts() {
    let principal = |value: &str| {
        policy_of(&format!(
            r#"{{"Effect": "Allow", "Principal": {value}, "Action": "execute-api:*", "Resource": "*"}}"#
        ))
    };
    let own = |_: &mut Names| World::internet(Signing::Account(Text::from(ACCOUNT)));
    let foreign = |_: &mut Names| World::internet(Signing::Foreign(Text::from(ACCOUNT)));
    let root = format!(r#"{{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}"#);
    let role = format!(r#"{{"AWS": "arn:aws:iam::{ACCOUNT}:role/app"}}"#);
    let strange = r#"{"AWS": "210987654321"}"#;
    let table = [
        (principal(r#""*""#), [Verdict::All, Verdict::All, Verdict::All]),
        (principal(&root), [Verdict::None, Verdict::All, Verdict::None]),
        (principal(&role), [Verdict::None, Verdict::Some, Verdict::None]),
        (principal(strange), [Verdict::None, Verdict::None, Verdict::Some]),
        (principal(r#"{"Service": "apigateway.amazonaws.com"}"#), [Verdict::None; 3]),
        (
            statement("Allow", &format!(r#"{{"StringEquals": {{"aws:PrincipalAccount": "{ACCOUNT}"}}}}"#)),
            [Verdict::None, Verdict::All, Verdict::None],
        ),
        (
            statement("Deny", r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            [Verdict::None, Verdict::Some, Verdict::Some],
        ),
        (
            statement("Allow", r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/*"}}"#),
            [Verdict::None, Verdict::Some, Verdict::None],
        ),
    ];
    for (policy, [unsigned, by_own, by_foreign]) in table {
        assert_eq!(verdict(&policy, internet).0, unsigned, "{policy}");
        assert_eq!(verdict(&policy, own).0, by_own, "{policy}");
        assert_eq!(verdict(&policy, foreign).0, by_foreign, "{policy}");
    }
}

#[test]
fn routes_are_grouped_and_shapes_cut() {
    let one = |effect: &str, resource: &str| {
        format!(
            r#"{{"Effect": "{effect}", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "{resource}"}}"#
        )
    };
    let policy = policy_of(
        &[one("Allow", "execute-api:/prod/*"), one("Deny", "execute-api:/*/GET/pets/1*")].join(","),
    );
    let mut names = Names::new();
    // The API's own id is a name, as it is in templates.
    let api = names.join(&[
        Part::Literal("arn:aws:execute-api:eu-west-1:123456789012:".to_owned()),
        Part::Named(resource("Api")),
    ]);
    let document = PolicyDocument::parse(&written(&policy), &mut names);
    let policy = Policy::new(&document, &api, &names);
    let shape = |path: &str| Shape::of(&api).text(&Text::from(path));
    let shapes = [
        shape("/prod/GET/users"),
        shape("/prod/GET/pets/").segment(),
        shape("/dev/GET/users"),
        shape("/prod/POST/").segments(),
        shape("/prod/GET/pets/12"),
        shape("/").segment().text(&Text::from("/GET/pets/7")),
    ];
    let routes = policy.routes(&shapes);
    let answers = policy.ask(&World::internet(Signing::Unsigned), &routes);
    check_witnesses(&policy, &answers);
    let found: Vec<(&[usize], Verdict)> = answers.iter().map(|a| (a.routes, a.verdict())).collect();
    let expected: [(&[usize], Verdict); 5] = [
        (&[0], Verdict::All),
        // `*` goes over slashes: a path below POST may hold `/GET/pets/1`.
        (&[1, 3], Verdict::Some),
        (&[2], Verdict::None),
        (&[4], Verdict::None),
        (&[5], Verdict::Some),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_policy_of_another_api_is_about_nothing() {
    let policy = policy_of(
        r#"{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
            "Resource": "arn:aws:execute-api:eu-west-1:123456789012:@Other/*"}"#,
    );
    let mut names = Names::new();
    let api = names.join(&[
        Part::Literal("arn:aws:execute-api:eu-west-1:123456789012:".to_owned()),
        Part::Named(resource("Api")),
    ]);
    let document = PolicyDocument::parse(&written(&policy), &mut names);
    let policy = Policy::new(&document, &api, &names);
    let routes = policy.routes(&[Shape::of(&api).text(&Text::from("/prod/GET/x"))]);
    let answers = policy.ask(&World::internet(Signing::Unsigned), &routes);
    assert_eq!((answers[0].verdict(), answers[0].presumed), (Verdict::None, false));
}

#[test]
fn numbers_and_dates_are_cut_around_their_constants() {
    let table = [
        (r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "0"}}"#, Verdict::None),
        (r#"{"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "300.5"}}"#, Verdict::Some),
        (r#"{"NumericEquals": {"aws:MultiFactorAuthAge": "2.5"}}"#, Verdict::None),
        (r#"{"DateGreaterThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}}"#, Verdict::Some),
        (
            r#"{"DateGreaterThan": {"aws:CurrentTime": "2025-01-01"}, "DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:01Z"}}"#,
            Verdict::None,
        ),
        (r#"{"Bool": {"aws:SecureTransport": "false"}}"#, Verdict::None),
        (
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}, "ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-a/b*"}}"#,
            Verdict::Some,
        ),
        (
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}, "ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-*"}}"#,
            Verdict::None,
        ),
        (r#"{"StringEquals": {"aws:PrincipalTag/team": "${aws:SourceVpc, 'x'}"}}"#, Verdict::Some),
    ];
    let own = |_: &mut Names| World::internet(Signing::Account(Text::from(ACCOUNT)));
    for (condition, expected) in table {
        assert_eq!(verdict(&statement("Allow", condition), own).0, expected, "{condition}");
    }
}
