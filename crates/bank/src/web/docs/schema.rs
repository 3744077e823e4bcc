//! What a JSON schema says, in a reader's words.

use serde_json::Value;

use super::text::{Span, paragraphs};

/// Names a kind of value: plain words, some of which lead to a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// The schema's name.
    pub(super) link: Option<String>,
}

/// Describes one member of an object, or one parameter.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// `query`, `path`, `header`; empty for a member.
    pub(super) place: String,
    pub(super) is_required: bool,
    pub(super) kind: Vec<Piece>,
    pub(super) rules: Vec<String>,
    pub(super) description: Vec<Vec<Span>>,
}

/// Describes a schema that has a name.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) description: Vec<Vec<Span>>,
    pub(super) kind: Vec<Piece>,
    pub(super) rules: Vec<String>,
    pub(super) fields: Vec<Field>,
}

impl Schema {
    pub(super) fn read(name: &str, schema: &Value) -> Self {
        Self {
            name: name.to_owned(),
            description: paragraphs(schema["description"].as_str().unwrap_or_default()),
            kind: kind(schema),
            rules: rules(schema),
            fields: fields(schema),
        }
    }
}

/// Lists the members of an object, those of its parts (`allOf`) included.
fn fields(schema: &Value) -> Vec<Field> {
    let required = list(&schema["required"]);
    let own = members(&schema["properties"]).map(|(name, member)| Field {
        name: name.clone(),
        place: String::new(),
        is_required: required.iter().any(|one| one == name),
        kind: kind(member),
        rules: rules(member),
        description: paragraphs(member["description"].as_str().unwrap_or_default()),
    });
    let parts = list(&schema["allOf"]).iter().flat_map(fields);
    own.chain(parts).collect()
}

/// Says what a value is: `list of Account`, `text (date-time)`, `number or nothing`.
pub(super) fn kind(schema: &Value) -> Vec<Piece> {
    if let Some(name) = reference(schema) {
        return vec![Piece { text: name.to_owned(), link: Some(name.to_owned()) }];
    }
    for (key, joint) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(choices) = schema[key].as_array() {
            return joined(choices, joint);
        }
    }
    match &schema["type"] {
        Value::String(name) => of_type(name, schema),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            let mut pieces = Vec::new();
            for name in names {
                if !pieces.is_empty() {
                    pieces.push(plain(" or "));
                }
                pieces.extend(of_type(name, schema));
            }
            pieces
        }
        _ => vec![plain("any value")],
    }
}

/// Lists what a value must keep to.
pub(super) fn rules(schema: &Value) -> Vec<String> {
    let mut rules = Vec::new();
    let one_of: Vec<String> = list(&schema["enum"]).iter().map(shown).collect();
    if !one_of.is_empty() {
        rules.push(format!("one of {}", one_of.join(", ")));
    }
    for (key, words) in [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minLength", "length at least"),
        ("maxLength", "length at most"),
        ("minItems", "items at least"),
        ("maxItems", "items at most"),
        ("pattern", "matches"),
        ("default", "when absent:"),
    ] {
        if let Some(value) = schema.get(key) {
            rules.push(format!("{words} {}", shown(value)));
        }
    }
    rules
}

/// Returns the name that a `$ref` leads to.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn of_type(name: &str, schema: &Value) -> Vec<Piece> {
    let word = match name {
        "array" => {
            let mut pieces = vec![plain("list of ")];
            pieces.extend(kind(&schema["items"]));
            return pieces;
        }
        "string" => "text",
        "integer" => "whole number",
        "boolean" => "true or false",
        "null" => "null",
        other => other,
    };
    match schema["format"].as_str() {
        Some(format) if name == "string" => vec![plain(&format!("{word} ({format})"))],
        _ => vec![plain(word)],
    }
}

fn joined(choices: &[Value], joint: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for choice in choices {
        if !pieces.is_empty() {
            pieces.push(plain(joint));
        }
        pieces.extend(kind(choice));
    }
    pieces
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn plain(text: &str) -> Piece {
    Piece { text: text.to_owned(), link: None }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(schema: &Value) -> String {
        kind(schema).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn kinds_read_as_words_and_named_ones_lead_to_their_schema() {
        for (schema, expected) in [
            (json!({"type": "string", "format": "date"}), "text (date)"),
            (json!({"type": ["integer", "null"]}), "whole number or null"),
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/Account"}}), "list of Account"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Money"}]}), "null or Money"),
            (json!({}), "any value"),
        ] {
            assert_eq!(words(&schema), expected);
        }
        let link = kind(&json!({"$ref": "#/components/schemas/Money"}));
        assert_eq!(link[0].link.as_deref(), Some("Money"));
        assert_eq!(rules(&json!({"enum": ["a", "b"], "maximum": 5})), ["one of a, b", "at most 5"]);
    }
}
