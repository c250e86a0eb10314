//! `invalid-endpoint-service-name`: a service name that cannot exist, or that cannot serve the stack's region.
//!
//! Names of other services are `wrong-endpoint-service`.

use crate::diagnostic::{Applicability, Label, Severity};
use crate::exposure::model::Endpoint;
use crate::exposure::network::{Stated, Traits};
use crate::rules::finding::{Finding, Remedy, Subject};
use crate::rules::occurrence::{Occurrence, occurrence};
use crate::rules::{Context, decided, places, words};
use crate::source::Span;
use crate::syntax::edit::{Change, Written};
use crate::template::value::{Name, Part, Sourced, StepKind, Value};

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
            findings.push(finding(ctx, endpoint, &occurrence, (&fault, value)));
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
    ctx: &Context<'_>,
    endpoint: &Endpoint,
    occurrence: &Occurrence<'_, Stated<Traits>>,
    (fault, value): (&Fault, &Sourced),
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
        .remedy(remedy(ctx, endpoint, fault, value))
}

/// The right name, where the wrong one tells which it is.
fn remedy(ctx: &Context<'_>, endpoint: &Endpoint, fault: &Fault, value: &Sourced) -> Option<Remedy> {
    decided::is_written(ctx, &endpoint.resource, endpoint.id_span).then_some(())?;
    match fault {
        Fault::PseudoAsText(pseudo) if pseudo == "AWS::Region" => replace_region(endpoint, value),
        Fault::Prefix { region, right } => {
            let (wrong, name) = (value.value.as_text()?, format!("{right}.{region}.execute-api"));
            // Nothing that takes this text as the name of a service can want it, wherever it is given.
            let at = places::origin(value);
            let is_given = places::origin_step(value).is_none_or(|step| {
                matches!(step.kind, StepKind::Default(_) | StepKind::MapEntry | StepKind::Bound(_))
            });
            if is_given && ctx.sources.slice(at).trim_matches(['"', '\'']) == wrong {
                return Some(Remedy::write(Applicability::Safe, at, &name));
            }
            replace_prefix(ctx, endpoint, value, right)
        }
        Fault::PseudoAsText(_)
        | Fault::UrlSuffix
        | Fault::NoRegion
        | Fault::OtherRegion { .. }
        | Fault::ServiceRegion { .. } => None,
    }
}

/// The name with the region filled in by `Fn::Sub`, where it has the form of one but for that.
fn replace_region(endpoint: &Endpoint, value: &Sourced) -> Option<Remedy> {
    let (at, text) = (places::literal(value)?, value.value.as_text()?);
    let plain = text.replace("${AWS::Region}", "AWS::Region");
    let written = plain.strip_suffix(".AWS::Region.execute-api")?;
    let (_, prefix) = PREFIXES.iter().find(|(_, prefix)| *prefix == written)?;
    Some(substitute(Applicability::Safe, at, endpoint.region.as_deref().map_or(prefix, prefix_of)))
}

/// The name with another prefix, where the region is filled in and all stacks of the template are in one partition.
fn replace_prefix(ctx: &Context<'_>, endpoint: &Endpoint, value: &Sourced, right: &str) -> Option<Remedy> {
    let at = places::literal(value)?;
    let same = ctx.model.endpoints.iter().filter(|other| other.id_span == endpoint.id_span);
    let mut prefixes = same.map(|other| other.region.as_deref().map(prefix_of));
    let is_filled_in = ctx.sources.slice(at).contains(".${AWS::Region}.execute-api");
    let fits = is_filled_in && prefixes.all(|prefix| prefix == Some(right));
    fits.then(|| substitute(Applicability::Unsafe, at, right))
}

fn substitute(applicability: Applicability, at: Span, prefix: &str) -> Remedy {
    let name = Written::text(format!("{prefix}.${{AWS::Region}}.execute-api"));
    let change = Change::Replace { at, with: Written::Call("Fn::Sub".to_owned(), Box::new(name)) };
    let title = format!("fill in the region:  Fn::Sub: {prefix}.${{AWS::Region}}.execute-api");
    Remedy::one(applicability, title, at.file, change)
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
