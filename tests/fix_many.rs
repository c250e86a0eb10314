//! Mends much at once: a hundred findings beside each other, a hundred of which each shows only when the one before is
//! mended, and one in each of a thousand files. What is counted is how often all is judged, not seconds.
#![allow(clippy::unwrap_used, reason = "a test may stop at what should be there")]

use std::fmt::Write as _;

use wicketgate::check::settings::Settings;
use wicketgate::check::{self, File, Role};
use wicketgate::diagnostic::{Applicability, RuleId};
use wicketgate::fix::{self, Progress};
use wicketgate::source::{SourceFile, Sources};

/// What mending came to.
#[derive(Debug, PartialEq)]
struct Mended {
    /// How often the texts were judged before the last time.
    rounds: usize,
    /// How many fixes were made.
    fixes: usize,
    /// How many findings are left.
    left: usize,
}

/// Mends all that one rule finds in the texts, which are then in `texts`.
fn mend(rule: &'static str, texts: &mut [String]) -> Mended {
    let mut sources = Sources::new();
    let add = |(index, text): (usize, &String)| {
        sources.add(SourceFile::new(format!("{index}.yaml"), text.as_str()))
    };
    let ids: Vec<_> = texts.iter().enumerate().map(add).collect();
    let files: Vec<File> = ids.iter().map(|&id| File { id, role: Role::Reported, problem: None }).collect();
    let settings = Settings { select: vec![RuleId::new(rule)], ..Settings::default() };
    let (mut progress, mut rounds, mut fixes) = (Progress::default(), 0, 0);
    loop {
        let found = check::run(&mut sources, &files, &settings, &mut |_, _| None).diagnostics;
        let plan = fix::choose(&found, Applicability::Safe, |_| true);
        if plan.is_empty() {
            for (id, text) in ids.iter().zip(texts) {
                *text = sources.get(*id).unwrap().text().to_owned();
            }
            return Mended { rounds, fixes, left: found.len() };
        }
        assert!(progress.goes_on(&plan), "after {rounds} rounds {} findings are left", found.len());
        for (&file, edits) in &plan.edits {
            let text = fix::apply(sources.get(file).unwrap().text(), edits).unwrap();
            sources.replace(file, text);
        }
        rounds += 1;
        fixes += plan.chosen.len();
    }
}

#[test]
fn neighbours_are_mended_in_few_rounds() {
    let mut text = "Resources:\n".to_owned();
    for owner in 0..100 {
        let _ = writeln!(
            text,
            "  # wicketgate: ignore[public-function-url] until=2027-03-31 owner=o{owner}: old"
        );
    }
    let rest = "  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties: {Name: x}\n";
    let mut texts = [text + rest];
    // Every other one goes in each round.
    assert_eq!(mend("exception-unused", &mut texts), Mended { rounds: 7, fixes: 100, left: 0 });
    assert_eq!(texts, [format!("Resources:\n{rest}")]);
}

#[test]
fn what_shows_one_by_one_is_mended_to_the_end() {
    let head = "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    \
                Properties:\n      StageName: prod\n      EndpointConfiguration:\n        Type: PRIVATE\n        \
                VPCEndpointIds:\n";
    let entry = "          - vpce-0a1b2c3d4e5f67890\n";
    let mut texts = [format!("{head}{}", entry.repeat(101))];
    let mended = mend("duplicate-vpc-endpoint-id", &mut texts);
    assert_eq!((mended.fixes, mended.left), (100, 0));
    assert_eq!(texts, [format!("{head}{entry}")]);
}

#[test]
fn a_thousand_files_are_mended_at_once() {
    let text = |index: usize| {
        format!(
            "Resources:\n  Endpoint{index}:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      VpcId: vpc-1\n      \
             ServiceName: !Sub com.amazonaws.${{AWS::Region}}.execute-api\n"
        )
    };
    let mut texts: Vec<String> = (0..1000).map(text).collect();
    let mended = mend("gateway-endpoint-for-execute-api", &mut texts);
    assert_eq!(mended, Mended { rounds: 1, fixes: 1000, left: 0 });
    assert!(texts.iter().all(|text| text.contains("      VpcId: vpc-1\n      VpcEndpointType: Interface\n")));
}
