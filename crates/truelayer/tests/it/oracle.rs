//! Public material beside the checkout; where it is absent a test says so and passes.

use std::path::Path;

use serde_json::Value;

/// Reads a file of the shared material; says so and returns `None` when it is not there.
#[expect(clippy::print_stderr, reason = "a skipped test must not look like one that ran")]
pub fn read(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/truelayer").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: truelayer/{name} is not beside this checkout");
        return None;
    };
    Some(text)
}

/// Reads one of the vendor's descriptions.
pub fn description(name: &str) -> Option<Value> {
    Some(serde_json::from_str(&read(&format!("{name}.openapi.json"))?).expect("JSON"))
}
