//! The form of the policy file as a JSON Schema, for editors and for checks elsewhere.
//!
//! Made from what the reader itself asks for; it describes and checks nothing.

use serde_json::{Map, Value, json};

use crate::config::describe;
use crate::config::shape::{Property, Shape};

/// The JSON Schema (draft 2020-12) of `wicketgate.toml`.
pub fn schema() -> Value {
    let mut root = table(&describe());
    let about = "What APIs are meant to be, and what may be accepted. See docs/policy-file.md.";
    for (key, value) in [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("wicketgate.toml")),
        ("description", json!(about)),
    ] {
        root.insert(key.to_owned(), value);
    }
    Value::Object(root)
}

fn table(properties: &[Property]) -> Map<String, Value> {
    let mut described = Map::new();
    for property in properties {
        let mut schema = shape(&property.shape);
        schema.insert("description".to_owned(), json!(property.about));
        described.insert(property.key.to_owned(), Value::Object(schema));
    }
    let required: Vec<&str> =
        properties.iter().filter(|property| property.required).map(|property| property.key).collect();
    let mut schema =
        object(json!({"type": "object", "properties": described, "additionalProperties": false}));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn shape(shape_of: &Shape) -> Map<String, Value> {
    object(match shape_of {
        Shape::Text => json!({"type": "string", "pattern": "\\S"}),
        Shape::AnyText => json!({"type": "string"}),
        Shape::Boolean => json!({"type": "boolean"}),
        // Editors hand TOML's local dates over as text.
        Shape::Date => json!({"type": "string", "format": "date"}),
        Shape::Days => json!({"type": "integer", "minimum": 0, "maximum": u16::MAX}),
        Shape::Constant(number) => json!({"const": number}),
        Shape::Words(words) => json!({"enum": words}),
        Shape::List(item) => json!({"type": "array", "items": shape(item)}),
        Shape::Table(properties) => return table(properties),
        Shape::Named(value) => json!({"type": "object", "additionalProperties": shape(value)}),
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(shape).collect::<Vec<_>>()}),
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
