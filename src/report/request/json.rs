//! What becomes of one request as JSON, schema `wicketgate.simulate/1` (described in `docs/json.md`).

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::answer::request::{Answer, Reason, Told};
use crate::report::json::{range_value, write_document};
use crate::source::Sources;

/// Writes the answer and a line end.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, answer: &Answer, sources: &Sources) -> io::Result<()> {
    let request = &answer.request;
    let document = json!({
        "schema": "wicketgate.simulate/1",
        "api": {"file": sources.name(answer.file), "resource": answer.api, "kind": answer.kind},
        "request": {"method": request.method, "path": request.path, "from": request.way},
        "decision": answer.decision,
        "cases": answer.cases.iter().map(|told| case(told, sources)).collect::<Vec<_>>(),
    });
    write_document(out, &document)
}

fn case(told: &Told, sources: &Sources) -> Value {
    let when = told.when.iter().map(|when| json!({"parameter": when.parameter, "values": when.values}));
    let route = told.route.as_ref().map(|(method, path)| json!({"method": method, "path": path}));
    json!({
        "when": when.collect::<Vec<_>>(),
        "environments": told.environments,
        "decision": told.decision,
        "message": told.headline,
        "route": route,
        "auth": told.auth,
        "file": sources.name(told.primary.span.file),
        "range": range_value(told.primary.span, sources),
        "label": told.primary.message,
        "why": told.why,
        "notes": told.notes,
        "because": told.because.iter().map(|reason| self::reason(reason, sources)).collect::<Vec<_>>(),
    })
}

fn reason(reason: &Reason, sources: &Sources) -> Value {
    json!({
        "policy": reason.policy,
        "statement": reason.statement,
        "part": reason.part,
        "outcome": reason.outcome,
        "file": sources.name(reason.span.file),
        "range": range_value(reason.span, sources),
    })
}
