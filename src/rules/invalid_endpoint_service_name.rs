//! `invalid-endpoint-service-name`: a service name that cannot exist, or that cannot serve the stack's region.
//!
//! Names of other services are `wrong-endpoint-service`.

use crate::diagnostic::{Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Stated, Traits};
use crate::rules::finding::{Finding, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, places, words};
use crate::template::value::{Name, Part, Sourced, Value};

const ID: &str = "invalid-endpoint-service-name";

/// What execute-api service names begin with, by what the names of a partition's regions begin with; the empty
/// one is for all others (aws-cdk-lib 2.275.0, `vpc-endpoint.js`; API Gateway guide, "private APIs").
const PREFIXES: [(&str, &str); 7] = [
    ("cn-", "cn.com.amazonaws"),
    ("eusc-", "eu.amazonaws"),
    ("us-isob-", "gov.sgov.sc2s"),
    ("us-isof-", "gov.ic.hci.csp"),
    ("us-iso-", "gov.ic.c2s"),
    ("eu-isoe-", "uk.adc-e.cloud"),
    ("", "com.amazonaws"),
];

/// Reports endpoints for execute-api whose service name or service region cannot be right.
pub fn check(ctx: &Context<'_>, findings: &mut Vec<Finding>) {
    for endpoint in ctx.endpoints() {
        let region = endpoint.region.as_deref();
        let occurrence = occurrence(&endpoint.facts.traits, |case| fault(&case.fact, region).is_some());
        if let Some(occurrence) = occurrence
            && let Some((fault, value)) = fault(&occurrence.state.fact, region)
        {
            findings.push(finding(endpoint, &occurrence, &fault, value));
        }
    }
}

/// What is wrong with a service name.
enum Fault {
    /// The name of a pseudo parameter stands in the text as it is.
    PseudoAsText(String),
    /// `AWS::URLSuffix` is part of it.
    UrlSuffix,
    /// It has no region.
    NoRegion,
    /// The region's names begin otherwise.
    Prefix { region: String, right: &'static str },
    /// It names another region than the stack's.
    OtherRegion { named: String, own: String },
    /// `ServiceRegion` is another region than the stack's.
    ServiceRegion { named: String, own: String },
}

/// What is wrong, and the value that says so.
fn fault<'t>(traits: &'t Traits, own: Option<&str>) -> Option<(Fault, &'t Sourced)> {
    let service = &traits.service;
    if let Some(fault) = name_fault(&service.value, own) {
        return Some((fault, service));
    }
    let written = traits.service_region.as_ref()?;
    let (named, own) = (written.value.as_text()?, own?);
    let fault = Fault::ServiceRegion { named: named.to_owned(), own: own.to_owned() };
    (named != own).then_some((fault, written))
}

fn name_fault(service: &Value, own: Option<&str>) -> Option<Fault> {
    let parts = service.to_parts()?;
    for part in &parts {
        match part {
            Part::Named(name) if matches!(&**name, Name::Pseudo { name, .. } if name == "AWS::URLSuffix") => {
                return Some(Fault::UrlSuffix);
            }
            Part::Literal(text) => {
                if let Some(name) = pseudo_in(text) {
                    return Some(Fault::PseudoAsText(name));
                }
            }
            Part::Named(_) => {}
        }
    }
    let text = service.as_text()?;
    let before = text.strip_suffix("execute-api")?.trim_end_matches('.');
    if before.split('.').count() < 3 {
        return Some(Fault::NoRegion);
    }
    let (prefix, region) = before.rsplit_once('.')?;
    if !is_region(region) {
        return None;
    }
    let right = prefix_of(region);
    if prefix != right {
        return Some(Fault::Prefix { region: region.to_owned(), right });
    }
    let own = own.filter(|own| *own != region)?;
    Some(Fault::OtherRegion { named: region.to_owned(), own: own.to_owned() })
}

/// A pseudo parameter's name that stands in known text.
fn pseudo_in(text: &str) -> Option<String> {
    let rest = text.get(text.find("AWS::")?..)?;
    Some(rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == ':').collect())
}

/// Whether a label has the form of a region's name: `eu-west-1`, `us-gov-east-1`.
fn is_region(label: &str) -> bool {
    let mut parts: Vec<&str> = label.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase());
    !number.is_empty()
        && number.chars().all(|digit| digit.is_ascii_digit())
        && parts.len() >= 2
        && parts.iter().all(is_word)
}

fn prefix_of(region: &str) -> &'static str {
    PREFIXES.iter().find(|(start, _)| region.starts_with(start)).map_or("com.amazonaws", |(_, prefix)| prefix)
}

fn finding(
    endpoint: &Endpoint,
    occurrence: &Occurrence<'_, Stated<Traits>>,
    fault: &Fault,
    value: &Sourced,
) -> Finding {
    let name = &endpoint.resource;
    let condition = words::under(&occurrence.when);
    let prefix = endpoint.region.as_deref().map_or("com.amazonaws", prefix_of);
    let right_name = format!("ServiceName: !Sub {prefix}.${{AWS::Region}}.execute-api");
    let (message, label, help) = match fault {
        Fault::PseudoAsText(pseudo) => (
            format!("the service name of `{name}` has `{pseudo}` in it as text"),
            "no such service: this is not replaced".to_owned(),
            right_name,
        ),
        Fault::UrlSuffix => (
            format!("the service name of `{name}` has `AWS::URLSuffix` in it"),
            "service names have no URL suffix".to_owned(),
            right_name,
        ),
        Fault::NoRegion => {
            (format!("the service name of `{name}` has no region"), "no such service".to_owned(), right_name)
        }
        Fault::Prefix { region, right } => (
            format!("the service name of `{name}` does not exist in `{region}`"),
            format!("there it begins with `{right}`"),
            format!("ServiceName: {right}.{region}.execute-api"),
        ),
        Fault::OtherRegion { named, own } => (
            format!("the service name of `{name}` is for `{named}`, and the stack is in `{own}`"),
            format!("another region than the stack's, `{own}`"),
            right_name,
        ),
        Fault::ServiceRegion { named, own } => (
            format!("`{name}` asks for execute-api in `{named}`, and the stack is in `{own}`"),
            format!("another region than the stack's, `{own}`"),
            "remove `ServiceRegion`, and make an endpoint in each region".to_owned(),
        ),
    };
    let label = Label::new(places::origin(value), label);
    Finding::new(ID, Subject::endpoint(endpoint), Severity::Error, message + &condition, label)
        .occurs(occurrence)
        .related(places::way_to(value))
        .why(why(fault))
        .assumes(Some(value))
        .help(help)
}

fn why(fault: &Fault) -> &'static str {
    match fault {
        Fault::PseudoAsText(_) | Fault::UrlSuffix | Fault::NoRegion | Fault::Prefix { .. } => {
            "EC2 knows no service of this name: the deployment of the endpoint fails, and no private API is reachable \
             through it."
        }
        Fault::OtherRegion { .. } | Fault::ServiceRegion { .. } => {
            "execute-api is not among the services that can be reached across regions: the deployment of the endpoint \
             fails, and private APIs of either region are not reachable through it."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_can_be_right() {
        let table = [
            ("com.amazonaws.eu-west-1.execute-api", None, true),
            ("com.amazonaws.eu-west-1.execute-api", Some("eu-west-1"), true),
            ("com.amazonaws.eu-west-1.execute-api", Some("us-east-1"), false),
            ("com.amazonaws.us-gov-west-1.execute-api", None, true),
            ("com.amazonaws.cn-north-1.execute-api", None, false),
            ("cn.com.amazonaws.cn-north-1.execute-api", None, true),
            ("cn.com.amazonaws.eu-west-1.execute-api", None, false),
            ("eu.amazonaws.eusc-de-east-1.execute-api", None, true),
            ("com.amazonaws.AWS::Region.execute-api", None, false),
            ("com.amazonaws.${AWS::Region}.execute-api", None, false),
            ("com.amazonaws.execute-api", None, false),
            ("com.amazonaws.<region>.execute-api", None, true),
        ];
        for (name, own, right) in table {
            let fault = name_fault(&Value::String(name.to_owned()), own);
            assert_eq!(fault.is_none(), right, "{name} {own:?}");
        }
    }
}
