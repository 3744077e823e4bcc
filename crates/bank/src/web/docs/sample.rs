//! An example for a schema: the one it brings, or one made from what it says.

use serde_json::{Map, Value, json};

use super::schema::{list, members, reference};

/// Deeper than any answer of ours; a schema that contains itself stops here.
const DEEPEST: u8 = 16;

/// Makes an example of `schema`; names are looked up among `schemas`.
pub(super) fn sample(schema: &Value, schemas: &Value) -> Value {
    make(schema, schemas, DEEPEST)
}

fn make(schema: &Value, schemas: &Value, depth: u8) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(example) = given(schema) {
        return example.clone();
    }
    if let Some(name) = reference(schema) {
        return make(&schemas[name], schemas, depth - 1);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = object(schema, schemas, depth);
        for part in parts {
            whole.extend(make(part, schemas, depth - 1).as_object().cloned().unwrap_or_default());
        }
        return Value::Object(whole);
    }
    let choices = ["oneOf", "anyOf"].iter().flat_map(|key| list(&schema[*key]));
    if let Some(choice) = choices.into_iter().find(|choice| choice["type"] != "null") {
        return make(choice, schemas, depth - 1);
    }
    match type_name(schema) {
        "object" => Value::Object(object(schema, schemas, depth)),
        "array" => json!([make(&schema["items"], schemas, depth - 1)]),
        "string" => text(schema),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        _ => Value::Null,
    }
}

/// Takes the example that the schema itself gives, or the first of its values.
fn given(schema: &Value) -> Option<&Value> {
    let first = |key: &str| list(&schema[key]).first();
    schema
        .get("example")
        .or_else(|| first("examples"))
        .or_else(|| schema.get("const"))
        .or_else(|| first("enum"))
}

fn object(schema: &Value, schemas: &Value, depth: u8) -> Map<String, Value> {
    let properties = members(&schema["properties"]);
    properties.map(|(name, member)| (name.clone(), make(member, schemas, depth - 1))).collect()
}

fn type_name(schema: &Value) -> &str {
    let first = || list(&schema["type"]).iter().filter_map(Value::as_str).find(|name| *name != "null");
    schema["type"].as_str().or_else(first).unwrap_or_default()
}

fn text(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("date-time") => json!("2026-03-02T09:00:00Z"),
        Some("date") => json!("2026-03-02"),
        Some("email") => json!("ada@example.com"),
        Some("uuid") => json!("018c9c89-df6b-7f1c-a388-913966c314bc"),
        _ => json!("text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_follows_references_and_prefers_what_the_schema_gives() {
        let schemas = json!({
            "Money": {"type": "object", "properties": {
                "amount_minor": {"type": "integer", "example": 1250}, "currency": {"enum": ["GBP", "EUR"]}}},
            "Tree": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}},
        });
        let schema = json!({"type": "object", "properties": {
            "amount": {"$ref": "#/components/schemas/Money"},
            "on": {"type": ["string", "null"], "format": "date"},
            "tags": {"type": "array", "items": {"type": "string"}}}});
        assert_eq!(
            sample(&schema, &schemas),
            json!({"amount": {"amount_minor": 1250, "currency": "GBP"}, "on": "2026-03-02", "tags": ["text"]})
        );
        assert!(sample(&json!({"$ref": "#/components/schemas/Tree"}), &schemas).is_object(), "it ends");
    }
}
