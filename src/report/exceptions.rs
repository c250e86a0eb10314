//! The list of exceptions as text, JSON and CSV.

use std::io::{self, Write};

use serde::Serialize;

use crate::answer::exceptions::Listed;
use crate::report::clean::phrase;
use crate::report::counted;
use crate::source::{Sources, Span};

/// Writes the list for reading: one exception a paragraph, the soonest to end first.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn text(out: &mut dyn Write, listed: &[Listed], sources: &Sources) -> io::Result<()> {
    if listed.is_empty() {
        return writeln!(out, "no exceptions");
    }
    for one in listed {
        let until = one.expires.clone().unwrap_or_else(|| "no end".to_owned());
        let id = if one.id.is_empty() { String::new() } else { format!("{}  ", one.id) };
        writeln!(out, "{until}  {}{}  {}", phrase(&id), left(one.days), phrase(&one.rules.join(", ")))?;
        let fits = match one.findings {
            _ if one.is_marker => "makes the API public".to_owned(),
            0 => "no finding".to_owned(),
            count => counted(count, "finding", "findings"),
        };
        writeln!(out, "    for {} ({}); {fits}", phrase(&one.scope), place(one.span, sources))?;
        let or = |text: &str, other: &str| {
            if text.is_empty() { other.to_owned() } else { phrase(text).into_owned() }
        };
        writeln!(out, "    {}: {}", or(&one.owner, "nobody"), or(&one.reason, "no reason given"))?;
        if !one.ticket.is_empty() {
            writeln!(out, "    {}", phrase(&one.ticket))?;
        }
    }
    Ok(())
}

fn left(days: Option<i64>) -> String {
    match days {
        None => "never ends".to_owned(),
        Some(0) => "ends today".to_owned(),
        Some(days @ 1..) => {
            format!("{} left", counted(usize::try_from(days).unwrap_or(usize::MAX), "day", "days"))
        }
        Some(days) => {
            let ago = usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX);
            format!("EXPIRED {} ago", counted(ago, "day", "days"))
        }
    }
}

/// `file:line`, the line 1-based.
fn place(span: Span, sources: &Sources) -> String {
    format!("{}:{}", phrase(sources.name(span.file)), line(span, sources))
}

fn line(span: Span, sources: &Sources) -> u32 {
    sources.get(span.file).map_or(0, |file| file.lines().line_of(span.range.start) + 1)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    today: &'a str,
    exceptions: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    expires: Option<&'a str>,
    days_left: Option<i64>,
    rules: &'a [String],
    scope: &'a str,
    owner: &'a str,
    reason: &'a str,
    ticket: &'a str,
    findings: usize,
    exposures: &'a [String],
    file: &'a str,
    line: u32,
}

fn entry<'a>(one: &'a Listed, sources: &'a Sources) -> Entry<'a> {
    Entry {
        id: &one.id,
        expires: one.expires.as_deref(),
        days_left: one.days,
        rules: &one.rules,
        scope: &one.scope,
        owner: &one.owner,
        reason: &one.reason,
        ticket: &one.ticket,
        findings: one.findings,
        exposures: &one.exposures,
        file: sources.name(one.span.file),
        line: line(one.span, sources),
    }
}

/// Writes the list as one JSON document, schema `wicketgate.exceptions/1`.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn json(out: &mut dyn Write, listed: &[Listed], today: &str, sources: &Sources) -> io::Result<()> {
    let exceptions = listed.iter().map(|one| entry(one, sources)).collect();
    let document = Document { schema: "wicketgate.exceptions/1", today, exceptions };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes the list as comma separated values (RFC 4180), a line of headings first.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn csv(out: &mut dyn Write, listed: &[Listed], sources: &Sources) -> io::Result<()> {
    out.write_all(b"expires,days_left,id,rules,scope,owner,reason,ticket,findings,file,line\r\n")?;
    for one in listed {
        let fields = [
            one.expires.clone().unwrap_or_default(),
            one.days.map(|days| days.to_string()).unwrap_or_default(),
            one.id.clone(),
            one.rules.join(" "),
            one.scope.clone(),
            one.owner.clone(),
            one.reason.clone(),
            one.ticket.clone(),
            one.findings.to_string(),
            sources.name(one.span.file).to_owned(),
            line(one.span, sources).to_string(),
        ];
        let quoted: Vec<String> = fields.iter().map(|field| cell(field)).collect();
        write!(out, "{}\r\n", quoted.join(","))?;
    }
    Ok(())
}

/// One cell. What a spreadsheet would take for a formula gets an apostrophe in front: reasons come from
/// repositories, and whoever opens the list trusts it.
fn cell(text: &str) -> String {
    let is_number = text.parse::<i64>().is_ok();
    let guarded = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') if !is_number => format!("'{text}"),
        _ => text.to_owned(),
    };
    if guarded.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}
