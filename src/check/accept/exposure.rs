//! The fingerprint of an API's exposure: changes when who can call it changes, and with nothing else.
//!
//! Places, names of files and the order in which parameters are tried do not count.

use std::fmt::Write as _;

use crate::diagnostic::fingerprint::digest;
use crate::exposure::model::{Api, CallerClass, Case, ExposureModel};
use crate::order::Order;
use crate::template::value::{Name, Part, Value};

/// How deep a value is followed; parsers stop at the same depth.
const DEPTH_LIMIT: usize = 128;

/// `e1:` and 32 hexadecimal digits.
pub fn fingerprint(model: &ExposureModel, api: &Api) -> String {
    let mut cases: Vec<String> = api.cases.iter().map(case).collect();
    cases.order();
    cases.dedup();
    let mut domains: Vec<String> = model
        .mappings_to(api)
        .map(|(domain, mapping)| {
            format!("{} {} {}", text(&domain.name), domain.endpoint_type.as_str(), mapping.path)
        })
        .collect();
    domains.order();
    let refused = api.refused.is_some().to_string();
    let fields = cases.iter().chain(&domains).map(String::as_str).chain([refused.as_str()]);
    format!("e1:{:032x}", digest(fields))
}

fn case(case: &Case) -> String {
    let mut out = format!("{} {:?}", case.endpoint_type.as_str(), case.disable_execute_api_endpoint);
    for written in &case.vpc_endpoint_ids {
        let _ = write!(out, "\nid {}", text(&written.value));
    }
    for policy in &case.policies {
        let _ = write!(out, "\npolicy {}", text(&policy.document.value));
    }
    let mut methods: Vec<String> = case
        .methods
        .iter()
        .map(|method| format!("\n{} {} {:?}", method.method, method.path, method.auth))
        .collect();
    methods.order();
    out.extend(methods);
    if let Some(auth) = &case.auth_type {
        let _ = write!(out, "\nauth {}", text(&auth.value));
    }
    let mut callers: Vec<String> = case
        .callers
        .iter()
        .map(|caller| {
            let class = match &caller.class {
                CallerClass::Internet => "internet".to_owned(),
                CallerClass::Endpoint(value) => format!("endpoint {}", text(value)),
                CallerClass::Vpc(value) => format!("vpc {}", text(value)),
                CallerClass::AnyOtherEndpoint => "other".to_owned(),
            };
            format!("\n{class} {:?} {:?}", caller.decision, caller.unsigned)
        })
        .collect();
    callers.order();
    out.extend(callers);
    out
}

fn text(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    if depth > DEPTH_LIMIT {
        return;
    }
    match value {
        Value::Absent => out.push_str("absent"),
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(text) | Value::String(text) => {
            let _ = write!(out, "{text:?}");
        }
        Value::Text(parts) => {
            for part in parts {
                match part {
                    Part::Literal(text) => out.push_str(text),
                    Part::Named(name) => write_name(out, name, depth + 1),
                }
            }
        }
        Value::Named(name) => write_name(out, name, depth + 1),
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_value(out, &item.value, depth + 1);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            for member in members {
                let _ = write!(out, "{:?}:", member.key);
                write_value(out, &member.value.value, depth + 1);
                out.push(',');
            }
            out.push('}');
        }
        Value::Unknown(_) => out.push('?'),
    }
}

/// A name without the number of its stack, which depends on what else is in the run.
fn write_name(out: &mut String, name: &Name, depth: usize) {
    let _ = match name {
        Name::Resource { id, .. } => write!(out, "${{{id}}}"),
        Name::Attribute { id, attribute, .. } => write!(out, "${{{id}.{attribute}}}"),
        Name::Parameter { name, .. } | Name::Pseudo { name, .. } => write!(out, "${{{name}}}"),
        Name::Import(name) => {
            out.push_str("import ");
            write_value(out, name, depth + 1);
            Ok(())
        }
        Name::Dynamic(text) => write!(out, "{text}"),
        Name::Function { name, arguments } => {
            let _ = write!(out, "{name}(");
            for argument in arguments {
                write_value(out, argument, depth + 1);
                out.push(',');
            }
            write!(out, ")")
        }
    };
}
