//! The map as a table: one row per API, case and caller.

use std::io::{self, Write};

use crate::answer::map::{Map, MapApi, MapCaller, MapCase, MapEndpoint};
use crate::answer::plain::Plain;
use crate::report::clean;
use crate::source::Sources;

const HEADINGS: [&str; 6] = ["API", "type", "caller", "association", "policy", "when"];

/// Writes the table and a line for each endpoint. An empty map says so.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, map: &Map, sources: &Sources) -> io::Result<()> {
    if map.apis.is_empty() && map.endpoints.is_empty() {
        return writeln!(out, "no API and no execute-api endpoint here");
    }
    let mut rows = Vec::new();
    for api in &map.apis {
        rows.extend(api_rows(api, sources));
    }
    if !rows.is_empty() {
        table(out, &rows)?;
    }
    for endpoint in &map.endpoints {
        writeln!(out, "{}", clean::phrase(&endpoint_line(endpoint, sources)))?;
    }
    Ok(())
}

type Row = [String; 6];

fn table(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let headings = HEADINGS.map(str::to_owned);
    let mut widths = [0; 6];
    for row in std::iter::once(&headings).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&headings).chain(rows) {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", clean::phrase(cells.join("  ").trim_end()))?;
    }
    Ok(())
}

fn api_rows(api: &MapApi, sources: &Sources) -> Vec<Row> {
    let file = sources.name(api.file);
    let mut rows: Vec<Row> = Vec::new();
    for case in &api.cases {
        let name =
            if rows.is_empty() { format!("{file}/{}{}", api.resource, stages(case)) } else { String::new() };
        let kind = if api.kind == "rest" { case.endpoint_type.to_owned() } else { api.kind.to_owned() };
        let mut first = Some((name, kind, condition(api, case)));
        for caller in &case.callers {
            let (name, kind, when) = first.take().unwrap_or_default();
            let associated = if caller.named_by.contains(&"association") { "yes" } else { "–" };
            rows.push([name, kind, caller_name(caller), associated.to_owned(), policy(case, caller), when]);
        }
        if let Some((name, kind, when)) = first {
            rows.push([name, kind, String::new(), String::new(), String::new(), when]);
        }
    }
    rows
}

fn stages(case: &MapCase) -> String {
    let names: Vec<_> = case.stages.iter().map(|(name, _)| short(name)).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

fn condition(api: &MapApi, case: &MapCase) -> String {
    if let Some(reason) = &api.refused {
        return format!("refused: {reason}");
    }
    let mut parts: Vec<String> = case
        .when
        .iter()
        .map(|when| {
            format!("{} = {}", when.parameter, when.values.join(" | ")).replace(" = not ", " is not ")
        })
        .collect();
    parts.extend(case.environment.clone());
    parts.join(", ")
}

fn caller_name(caller: &MapCaller) -> String {
    match (caller.caller, &caller.endpoint, &caller.vpc) {
        ("internet", ..) => "the internet".to_owned(),
        (_, Some(endpoint), _) => short(endpoint),
        (_, _, Some(vpc)) => format!("another endpoint in {}", short(vpc)),
        _ => "any other VPC endpoint".to_owned(),
    }
}

fn policy(case: &MapCase, caller: &MapCaller) -> String {
    match caller.decision {
        "allow" if caller.caller == "any-other-endpoint" => "ALLOW".to_owned(),
        "allow" if case.policies.is_empty() => "none".to_owned(),
        word => word.to_owned(),
    }
}

/// A value in one word or so: the text, or the name behind `Ref` and `Fn::ImportValue`.
fn short(value: &Plain) -> String {
    match value {
        Plain::Null => "unknown".to_owned(),
        Plain::Bool(value) => value.to_string(),
        Plain::Number(text) | Plain::Text(text) => text.clone(),
        Plain::List(items) => items.iter().map(short).collect::<Vec<_>>().join(","),
        Plain::Map(members) => match members.as_slice() {
            [(key, Plain::Text(text)), ..] if key == "Ref" => text.clone(),
            [(key, value)] if key == "Fn::ImportValue" => format!("import {}", short(value)),
            [(key, Plain::List(items))] if key == "Fn::GetAtt" => {
                items.iter().map(short).collect::<Vec<_>>().join(".")
            }
            [(key, Plain::List(items))] if key == "Fn::Join" => match items.as_slice() {
                [Plain::Text(delimiter), Plain::List(parts)] => parts
                    .iter()
                    .map(|part| match part {
                        Plain::Text(text) => text.clone(),
                        other => format!("${{{}}}", short(other)),
                    })
                    .collect::<Vec<_>>()
                    .join(delimiter),
                _ => key.clone(),
            },
            [(key, value), ..] => format!("{key}({})", short(value)),
            [] => "{}".to_owned(),
        },
    }
}

fn endpoint_line(endpoint: &MapEndpoint, sources: &Sources) -> String {
    let dns = match endpoint.private_dns {
        Some(true) => "private DNS ON: public APIs answer 403 in this VPC by their default names",
        Some(false) => "private DNS off",
        None => "private DNS not decided",
    };
    format!(
        "{}/{}: {} endpoint, {dns}",
        sources.name(endpoint.file),
        endpoint.resource,
        short(&endpoint.endpoint_type)
    )
}
