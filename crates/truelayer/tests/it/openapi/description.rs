//! A description of the vendor's, and what contradicts itself in it.

use jsonschema::error::ValidationErrorKind;
use serde_json::{Value, json};

use crate::oracle;

/// Holds one of the vendor's descriptions.
pub struct Description(Value);

/// Names a place where the description refuses what the vendor's own example, or the rest of the same description, has.
/// The simulator follows the example there, since the service does.
pub struct Contradiction {
    pub operation: &'static str,
    /// The place in the answer, with `*` for any position.
    pub place: &'static str,
    /// The vendor's example that is refused at this place; the test holds it to that.
    pub example: &'static str,
}

/// All there are. The description says string where its examples have numbers, and requires a class that no Australian
/// row has.
pub const CONTRADICTIONS: [Contradiction; 6] = [
    Contradiction {
        operation: "get /accounts/{account_id}/standing_orders",
        place: "/results/*/next_payment_amount",
        example: "GetAccountStandingOrders200Response",
    },
    Contradiction {
        operation: "get /accounts/{account_id}/standing_orders",
        place: "/results/*/first_payment_amount",
        example: "GetAccountStandingOrders200Response",
    },
    Contradiction {
        operation: "get /accounts/{account_id}/standing_orders",
        place: "/results/*/final_payment_amount",
        example: "GetAccountStandingOrders200Response",
    },
    Contradiction {
        operation: "get /cards/{account_id}/balance",
        place: "/results/*/available",
        example: "GetCardBalance200Response",
    },
    Contradiction {
        operation: "get /accounts/{account_id}/transactions",
        place: "/results/*/transaction_classification",
        example: "GetAccountTransactionsAU200Response",
    },
    Contradiction {
        operation: "post /connections/extend",
        place: "/errors",
        example: "validationErrorExample",
    },
];

impl Description {
    pub fn read(name: &str) -> Option<Self> {
        oracle::description(name).map(Self)
    }

    pub fn document(&self) -> &Value {
        &self.0
    }

    /// Lists the operations as `get /path`.
    pub fn operations(&self) -> Vec<String> {
        let paths = self.0["paths"].as_object().expect("paths");
        let methods = ["get", "post", "delete", "put"];
        let of = |path: &String, operations: &Value| {
            let known = operations.as_object().expect("operations").keys();
            known
                .filter(|key| methods.contains(&key.as_str()))
                .map(|key| format!("{key} {path}"))
                .collect::<Vec<_>>()
        };
        paths.iter().flat_map(|(path, operations)| of(path, operations)).collect()
    }

    /// Returns the schema of an answer; `None` where the description has no body for it.
    pub fn answer(&self, operation: &str, status: u16) -> Option<&Value> {
        let (method, path) = operation.split_once(' ').expect("method and path");
        let declared = &self.0["paths"][path][method]["responses"][status.to_string()];
        assert!(!declared.is_null(), "{operation} declares no {status}");
        body(self.resolve(declared))
    }

    /// Returns the schema of what is asked.
    pub fn question(&self, operation: &str) -> &Value {
        let (method, path) = operation.split_once(' ').expect("method and path");
        body(self.resolve(&self.0["paths"][path][method]["requestBody"])).expect("a body")
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(&reference[1..]).expect("a target"),
            None => value,
        }
    }

    /// Lists the places where a value does not fit a schema, with `*` for positions.
    pub fn misfits(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = json!({ "components": self.0["components"], "allOf": [schema] });
        let validator = jsonschema::validator_for(&whole).expect("a schema");
        let place = |error: jsonschema::ValidationError<'_>| {
            let mut place = starred(error.instance_path().as_str());
            if let ValidationErrorKind::Required { property } = error.kind() {
                place.push('/');
                place.push_str(property.as_str().unwrap_or_default());
            }
            place
        };
        let mut places: Vec<String> = validator.iter_errors(value).map(place).collect();
        places.sort();
        places.dedup();
        places
    }

    /// Holds an answer against its schema; only declared contradictions may be left.
    pub fn hold(&self, operation: &str, status: u16, value: &Value) {
        let Some(schema) = self.answer(operation, status) else {
            assert!(value.is_null(), "{operation} {status} has no body, and this came: {value}");
            return;
        };
        let misfits = self.misfits(schema, value);
        let is_known = |place: &&String| {
            CONTRADICTIONS.iter().any(|known| known.operation == operation && known.place == place.as_str())
        };
        let unknown: Vec<_> = misfits.iter().filter(|place| !is_known(place)).collect();
        assert!(unknown.is_empty(), "{operation} {status} does not fit at {unknown:?}: {value}");
    }
}

fn body(declared: &Value) -> Option<&Value> {
    declared["content"].as_object()?.values().next().map(|content| &content["schema"])
}

fn starred(pointer: &str) -> String {
    let part = |part: &str| {
        if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
            "*".to_owned()
        } else {
            part.to_owned()
        }
    };
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}
