//! How fast texts are read: `cargo bench --bench syntax [PATH…]`, in MB (10^6 bytes) per second.
//!
//! Reads a generated template of about 1 MB as YAML and as JSON, then each folder or file named on the
//! command line, and compares with the bare events of `granit-parser`. Best of several runs: the machine may
//! be shared, so read differences below 15 % as noise.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wicketgate::source::FileId;
use wicketgate::syntax::parse::parse;
use wicketgate::syntax::sniff::looks_like_template;

const RUNS: usize = 9;

fn main() {
    let yaml: Arc<str> = generated_yaml().into();
    let json: Arc<str> = generated_json().into();
    report("generated YAML", &[yaml]);
    report("generated JSON", &[json]);
    for argument in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
        let mut texts = [Vec::new(), Vec::new()];
        for entry in walkdir::WalkDir::new(Path::new(&argument)).into_iter().flatten() {
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                let kind = usize::from(text.trim_start().starts_with(['{', '[']));
                texts[kind].push(Arc::from(text));
            }
        }
        report(&format!("{argument} YAML"), &texts[0]);
        report(&format!("{argument} JSON"), &texts[1]);
    }
}

fn report(name: &str, texts: &[Arc<str>]) {
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    if bytes == 0 {
        return;
    }
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    let ours = best(|| {
        for text in texts {
            black_box(parse(FileId(0), text));
        }
    });
    let events = |comments: bool| {
        best(|| {
            for text in texts {
                let mut options = granit_parser::Options::default();
                options.set_emit_comments(comments);
                let parser = granit_parser::Parser::new_from_str_with_options(text, options);
                black_box(parser.take_while(Result::is_ok).count());
            }
        })
    };
    let sniffed = best(|| {
        for text in texts {
            black_box(looks_like_template(text));
        }
    });
    println!(
        "{name}: {} files, {:.2} MB; ours {:.0}, bare events {:.0}, with comments {:.0}, sniffed {:.0} MB/s",
        texts.len(),
        bytes as f64 / 1e6,
        speed(ours),
        speed(events(false)),
        speed(events(true)),
        speed(sniffed),
    );
}

fn best(mut run: impl FnMut()) -> Duration {
    let once = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    std::iter::repeat_with(once).take(RUNS).min().unwrap_or_default()
}

fn generated_yaml() -> String {
    let mut out = String::from(
        "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n",
    );
    for index in 0..500 {
        let _ = write!(
            out,
            r#"  # Function {index}, größer als die vorige
  Function{index}:
    Type: AWS::Serverless::Function
    Metadata: {{Owner: "team {index}", Tags: [a, b, 'c d'], Nested: {{x: 1, y: [1, 2, 3]}}}}
    Properties:
      FunctionName: !Sub "${{AWS::StackName}}-function-{index}"
      Role: !GetAtt Role{index}.Arn   # given below
      Environment:
        Variables:
          TABLE: !Ref Table{index}
          URL: !Join ['', ['https://', !Ref Api, '.execute-api.', !Ref 'AWS::Region', '.amazonaws.com/prod']]
          ESCAPED: "line one\nline two \u00e9"
      InlineCode: |
        import json
        def handler(event, context):  # not a comment
            return {{"statusCode": 200, "body": json.dumps({{"index": {index}}})}}

        class Thing:
            pass
      Events:
        Get:
          Type: Api
          Properties:
            Path: /items/{index}/{{proxy+}}
            Method: get
            Auth:
              ResourcePolicy:
                CustomStatements:
                - Effect: Allow
                  Principal: '*'
                  Action: execute-api:Invoke
                  Resource: execute-api:/*
                  Condition:
                    StringEquals:
                      aws:SourceVpce: [!Ref EndpointA, !Ref EndpointB]
  Role{index}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal:
              Service: [lambda.amazonaws.com]
            Action: ['sts:AssumeRole']
      Description: >-
        A role that is described
        over two lines
"#
        );
    }
    out
}

fn generated_json() -> String {
    let mut out = String::from("{\n  \"AWSTemplateFormatVersion\": \"2010-09-09\",\n  \"Resources\": {\n");
    for index in 0..1500 {
        let comma = if index == 0 { "" } else { ",\n" };
        let _ = write!(
            out,
            r#"{comma}    "Function{index}": {{
      "Type": "AWS::Lambda::Function",
      "Properties": {{
        "FunctionName": {{"Fn::Sub": "${{AWS::StackName}}-function-{index}"}},
        "Role": {{"Fn::GetAtt": ["Role{index}", "Arn"]}},
        "MemorySize": 512,
        "TracingConfig": {{"Mode": "Active"}},
        "Code": {{"ZipFile": "import json\ndef handler(event, context):\n    return \"\u00e9\"\n"}},
        "Environment": {{
          "Variables": {{
            "URL": {{"Fn::Join": ["", ["https://", {{"Ref": "Api"}}, ".execute-api.", {{"Ref": "AWS::Region"}}]]}},
            "ENABLED": true
          }}
        }}
      }}
    }}"#
        );
    }
    out.push_str("\n  }\n}\n");
    out
}
