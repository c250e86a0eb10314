//! What `resolve` says, as JSON lines.

use serde_json::{Map, Value, json};

use crate::answer::resolve::Resolved;
use crate::report::map::json::plain;

/// One answer as a JSON object: `ok`, and the stack or the `error`.
pub fn answer(resolved: &Result<Resolved, String>) -> Map<String, Value> {
    let mut object = Map::new();
    match resolved {
        Err(reason) => {
            object.insert("ok".to_owned(), Value::Bool(false));
            object.insert("error".to_owned(), Value::String(reason.clone()));
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
            object.insert("ok".to_owned(), Value::Bool(true));
            object.insert("conditions".to_owned(), Value::Object(conditions));
            object.insert("resources".to_owned(), Value::Object(resources));
            object.insert("unresolved".to_owned(), json!(resolved.unresolved));
        }
    }
    object
}
