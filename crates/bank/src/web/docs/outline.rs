//! The document in the order of the page: groups, operations, schemas.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sample::sample;
use super::schema::{Field, Piece, Schema, kind, list, members, rules};
use super::text::{Span, paragraphs};

/// Holds everything that the page shows.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: Vec<Vec<Span>>,
    pub(super) groups: Vec<Group>,
    pub(super) schemas: Vec<Schema>,
}

/// Holds the operations of one tag.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) operations: Vec<Operation>,
}

/// Describes one method of one path.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) anchor: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: Vec<Vec<Span>>,
    /// Who may ask, in words.
    pub(super) callers: String,
    pub(super) parameters: Vec<Field>,
    pub(super) body: Option<Content>,
    pub(super) answers: Vec<Answer>,
    /// The statuses of problem documents.
    pub(super) problems: Vec<Answer>,
}

/// Describes a response by its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) description: String,
    pub(super) content: Option<Content>,
}

/// Describes a body by its media type.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) media_type: String,
    pub(super) kind: Vec<Piece>,
    pub(super) example: String,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl Outline {
    pub(super) fn read(document: &Value) -> Self {
        let schemas = &document["components"]["schemas"];
        let mut groups: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
        for (path, item) in members(&document["paths"]) {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                let tag =
                    list(&operation["tags"]).first().map_or("other", |tag| tag.as_str().unwrap_or("other"));
                let read = Operation::read(method, path, operation, schemas);
                groups.entry(tag.to_owned()).or_default().push(read);
            }
        }
        let info = &document["info"];
        Self {
            title: text(&info["title"]),
            version: text(&info["version"]),
            description: paragraphs(&text(&info["description"])),
            groups: ordered(groups, list(&document["tags"])),
            schemas: members(schemas).map(|(name, schema)| Schema::read(name, schema)).collect(),
        }
    }
}

/// Puts the groups into the order of the document's tags; what has no tag there comes last.
fn ordered(mut groups: BTreeMap<String, Vec<Operation>>, tags: &[Value]) -> Vec<Group> {
    let mut ordered = Vec::new();
    for tag in tags {
        let name = text(&tag["name"]);
        if let Some(operations) = groups.remove(&name) {
            ordered.push(Group { name: heading(&name), description: text(&tag["description"]), operations });
        }
    }
    let rest = groups.into_iter();
    ordered.extend(rest.map(|(name, operations)| Group {
        name: heading(&name),
        description: String::new(),
        operations,
    }));
    ordered
}

/// Turns a tag into words: `api-keys` into `API keys`.
fn heading(tag: &str) -> String {
    let words = tag.replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    (first + letters.as_str()).replacen("Api ", "API ", 1)
}

impl Operation {
    fn read(method: &str, path: &str, operation: &Value, schemas: &Value) -> Self {
        let answers = members(&operation["responses"]).map(|(status, response)| Answer {
            status: status.clone(),
            description: text(&response["description"]),
            content: content(&response["content"], schemas),
        });
        let (problems, answers) = answers.partition(|answer: &Answer| answer.status.starts_with(['4', '5']));
        Self {
            anchor: format!("{method}-{}", path.trim_matches('/').replace(['/', '{', '}'], "-")),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            description: paragraphs(&text(&operation["description"])),
            callers: callers(operation),
            parameters: list(&operation["parameters"]).iter().map(parameter).collect(),
            body: content(&operation["requestBody"]["content"], schemas),
            answers,
            problems,
        }
    }
}

/// `security: [{}]` opens a route to everybody; without any the document's own holds.
fn callers(operation: &Value) -> String {
    match operation.get("security").and_then(Value::as_array) {
        None => "Signed in, or with an API key".to_owned(),
        Some(ways) if ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)) => {
            "Everybody".to_owned()
        }
        Some(ways) => {
            let names = ways.iter().flat_map(members).map(|(name, _)| name.replace('_', " "));
            format!("By {}", names.collect::<Vec<_>>().join(", "))
        }
    }
}

fn parameter(parameter: &Value) -> Field {
    Field {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        is_required: parameter["required"] == true,
        kind: kind(&parameter["schema"]),
        rules: rules(&parameter["schema"]),
        description: paragraphs(&text(&parameter["description"])),
    }
}

fn content(content: &Value, schemas: &Value) -> Option<Content> {
    let (media_type, media) = members(content).next()?;
    let example = media.get("example").cloned().unwrap_or_else(|| sample(&media["schema"], schemas));
    let example = match example {
        Value::String(text) if !media_type.ends_with("json") => text,
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    };
    Some(Content { media_type: media_type.clone(), kind: kind(&media["schema"]), example })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
