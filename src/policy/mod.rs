//! IAM and resource policy documents: statements, principals, actions, resources, conditions; parsed with
//! spans, decided for one request, and answered exactly for whole classes of callers.
//!
//! It knows nothing of API Gateway but how `execute-api:/…` is expanded: what a silent policy means for a
//! method's authorization type is decided elsewhere.
//!
//! How to ask:
//!
//! ```
//! use wicketgate::policy::{ask::Verdict, compiled::Policy, document::PolicyDocument, resource::Shape};
//! use wicketgate::policy::{text::{Names, Text}, world::{Signing, World}};
//! # use wicketgate::source::{FileId, Span, TextRange};
//! # use wicketgate::template::value::{Sourced, Value};
//! # let span = Span::new(FileId(0), TextRange::new(0, 0));
//! # let text = r#"{"Version": "2012-10-17", "Statement": [
//! #   {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
//! #   {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
//! #    "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}}]}"#;
//! # let value = Sourced { value: Value::String(text.to_owned()), span, via: Vec::new() };
//! // One table of names for everything that is compared: the policy, endpoints, accounts, the API's ARN.
//! let mut names = Names::new();
//! let document = PolicyDocument::parse(&value, &mut names); // problems and unknown parts are in it
//! let endpoint = names.text(&Value::String("vpce-0a1b2c3d4e5f60718".to_owned())).unwrap();
//! let api_arn = Text::from("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5");
//!
//! let policy = Policy::new(&document, &api_arn, &names);
//! // Routes once per policy; a path parameter is a segment, `{proxy+}` several.
//! let pets = Shape::of(&api_arn).text(&Text::from("/prod/GET/pets/")).segment();
//! let routes = policy.routes(&[pets]);
//! // Then any number of worlds; one answer for each group of routes that no statement tells apart.
//! let inside = World::endpoint(&endpoint, None, Signing::Unsigned);
//! assert_eq!(policy.ask(&inside, &routes)[0].verdict(), Verdict::All);
//! let other = World::any_other_endpoint(Signing::Unsigned);
//! let answer = &policy.ask(&other, &routes)[0];
//! assert_eq!(answer.verdict(), Verdict::None);
//! // A witness names the deciding statement and text.
//! let refused = answer.refused.as_ref().unwrap().request();
//! assert_eq!(policy.decide(&refused).deciding.unwrap().statement, 1);
//! ```

pub mod ask;
mod callers;
pub mod compiled;
mod condition;
pub mod decide;
pub mod document;
mod fold;
mod json;
pub mod keys;
pub mod operator;
pub mod overlap;
mod pattern;
mod pieces;
mod principal;
pub mod request;
pub mod resource;
pub mod routes;
pub mod scalar;
mod statement;
pub mod text;
pub mod truth;
mod values;
mod words;
pub mod world;
