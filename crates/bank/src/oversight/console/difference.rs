//! What changed between two sets of values, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

/// Shows one field before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The field's path: `limits.day.amount_minor`.
    pub(super) field: String,
    /// What it was; none where it was not there.
    pub(super) before: Option<String>,
    /// What it is; none where it is no longer there.
    pub(super) after: Option<String>,
}

impl Change {
    /// Says what happened to the field, in a word.
    pub(super) fn word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (before, after) if before == after => "same",
            _ => "changed",
        }
    }
}

/// Compares two sets of values: every field of either, by its path.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let mut fields: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (path, text) in before.into_iter().flat_map(leaves) {
        fields.entry(path).or_default().0 = Some(text);
    }
    for (path, text) in after.into_iter().flat_map(leaves) {
        fields.entry(path).or_default().1 = Some(text);
    }
    fields.into_iter().map(|(field, (before, after))| Change { field, before, after }).collect()
}

/// Writes a value for people: a text without its quotes, nothing as a dash.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "\u{2013}".to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn leaves(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("", value, &mut found);
    found
}

/// Walks into objects; a list of plain values is one field, a list of objects one for each.
fn collect(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                collect(&below(name), value, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, value) in items.iter().enumerate() {
                collect(&below(&index.to_string()), value, found);
            }
        }
        Value::Object(_) | Value::Null if path.is_empty() => {}
        value => {
            let field = if path.is_empty() { "value" } else { path };
            found.push((field.to_owned(), shown(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let text = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        let line = |change: Change| {
            let word = change.word();
            format!("{} {word}: {} > {}", change.field, text(change.before), text(change.after))
        };
        changes(Some(before), Some(after)).into_iter().map(line).collect()
    }

    #[test]
    fn every_field_of_either_side_is_told_by_its_path() {
        let before = json!({ "status": "open", "limits": { "day": 5, "month": 9 }, "gone": true });
        let after = json!({ "status": "frozen", "limits": { "day": 5, "month": null }, "roles": ["a", "b"] });
        assert_eq!(
            told(&before, &after),
            [
                "gone removed: true > none",
                "limits.day same: 5 > 5",
                "limits.month changed: 9 > \u{2013}",
                "roles added: none > a, b",
                "status changed: open > frozen",
            ]
        );
    }

    #[test]
    fn nothing_a_bare_value_and_a_list_of_things_are_told_too() {
        assert_eq!(told(&Value::Null, &json!({ "ended": 2 })), ["ended added: none > 2"]);
        assert_eq!(told(&json!("a"), &json!("b")), ["value changed: a > b"]);
        assert_eq!(told(&json!({}), &json!({ "to": [{ "id": 1 }] })), ["to.0.id added: none > 1"]);
    }
}
