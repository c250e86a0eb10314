//! What `resolve` says, as JSON lines.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::answer::resolve::Resolved;
use crate::report::map::json::plain;

/// What an answer is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A template, by its name, in an environment if the run has any.
    File(&'a str, Option<&'a str>),
    /// A line, by its `id` as JSON text.
    Id(&'a str),
    /// A line that could not be read, by its number from 1.
    Line(u64),
}

/// Writes one answer as one line: `ok`, and the stack or the `error`.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(
    out: &mut dyn Write,
    subject: Subject<'_>,
    resolved: &Result<Resolved, String>,
) -> io::Result<()> {
    let mut line = Map::new();
    match subject {
        Subject::File(name, environment) => {
            if let Some(environment) = environment {
                line.insert("environment".to_owned(), json!(environment));
            }
            line.insert("file".to_owned(), json!(name))
        }
        Subject::Id(text) => line.insert("id".to_owned(), serde_json::from_str(text).unwrap_or(Value::Null)),
        Subject::Line(number) => line.insert("line".to_owned(), json!(number)),
    };
    line.insert("ok".to_owned(), Value::Bool(resolved.is_ok()));
    match resolved {
        Err(reason) => {
            line.insert("error".to_owned(), Value::String(reason.clone()));
        }
        Ok(resolved) => {
            let conditions: Map<_, _> =
                resolved.conditions.iter().map(|(name, holds)| (name.clone(), Value::Bool(*holds))).collect();
            let resources: Map<_, _> = resolved
                .resources
                .iter()
                .map(|(id, kind, properties)| {
                    (id.clone(), json!({"type": kind, "properties": plain(properties)}))
                })
                .collect();
            line.insert("conditions".to_owned(), Value::Object(conditions));
            line.insert("resources".to_owned(), Value::Object(resources));
            line.insert("unresolved".to_owned(), json!(resolved.unresolved));
        }
    }
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}
