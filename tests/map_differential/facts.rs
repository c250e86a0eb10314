//! Maps without what a translation cannot keep: places in the text, who wrote what, and the order of things.

use serde_json::{Map, Value, json};

/// Keys that speak of the text and not of the API.
const ABOUT_TEXT: [&str; 5] = ["file", "range", "because", "origin", "from"];

/// A map for comparing: APIs, endpoints and domains by logical id.
pub(crate) fn normal(map: &Value) -> Value {
    json!({
        "apis": by_id(&map["apis"], &["resource", "kind"]),
        "endpoints": by_id(&map["endpoints"], &["resource"]),
        "domains": by_id(&map["domains"], &["resource"]),
    })
}

fn by_id(entries: &Value, id: &[&str]) -> Value {
    let entries = entries.as_array().expect("entries are a list");
    let named = entries.iter().map(|entry| {
        let words: Vec<_> = id.iter().filter_map(|key| entry[*key].as_str()).collect();
        (words.join(" "), strip(entry))
    });
    Value::Object(named.collect())
}

fn strip(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(strip).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| !ABOUT_TEXT.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), member(key, value))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Lists whose order follows the text are compared sorted.
fn member(key: &str, value: &Value) -> Value {
    let stripped = strip(value);
    match (key, stripped) {
        (
            "cases" | "callers" | "methods" | "stages" | "mappings" | "when" | "named_by",
            Value::Array(mut items),
        ) => {
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        (_, stripped) => stripped,
    }
}
