//! Public material beside the checkout; where it is absent a test says so and passes.

use std::path::Path;

/// Reads a file of the shared material, unpacked; says so and returns `None` when it is not there.
#[expect(clippy::print_stderr, reason = "a skipped test must not look like one that ran")]
pub fn read(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {name} is not beside this checkout");
        return None;
    };
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Some(String::from_utf8(bytes).expect("UTF-8"));
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text)
        .expect("gzip of UTF-8");
    Some(text)
}
