//! The digest that binds a decision to what was asked for.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::{Value, json};

use super::Approval;

/// Digests everything that was asked for: what, of whom, by whom, until when. SHA-256, in hexadecimal.
pub(crate) fn digest(approval: &Approval) -> String {
    let asked = json!({
        "id": approval.id,
        "kind": approval.kind,
        "payload": approval.payload,
        "summary": approval.summary,
        "subject_kind": approval.subject_kind,
        "subject_id": approval.subject_id,
        "decide_permission": approval.decide_permission,
        "maker_user_id": approval.maker_user_id,
        "expires_at": approval.expires_at.timestamp_micros(),
    });
    let mut context = Context::new(&SHA256);
    write(&asked, &mut context);
    hex::encode(context.finish())
}

/// Writes JSON with its keys sorted, so that a database that keeps them in another order changes nothing.
fn write(value: &Value, out: &mut Context) {
    match value {
        Value::Array(items) => {
            out.update(b"[");
            for item in items {
                write(item, out);
                out.update(b",");
            }
            out.update(b"]");
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            out.update(b"{");
            for (name, member) in sorted {
                out.update(Value::from(name.as_str()).to_string().as_bytes());
                out.update(b":");
                write(member, out);
                out.update(b",");
            }
            out.update(b"}");
        }
        plain => out.update(plain.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of(text: &str) -> String {
        let mut context = Context::new(&SHA256);
        write(&serde_json::from_str(text).expect("JSON"), &mut context);
        hex::encode(context.finish())
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_everything_else_does() {
        let asked = digest_of(r#"{"a":{"x":1,"y":[1,2]},"b":"t"}"#);
        assert_eq!(asked, digest_of(r#"{"b":"t","a":{"y":[1,2],"x":1}}"#));
        for other in [
            r#"{"a":{"x":1,"y":[2,1]},"b":"t"}"#,
            r#"{"a":{"x":"1","y":[1,2]},"b":"t"}"#,
            r#"{"a":{"x":1,"y":[12]},"b":"t"}"#,
            r#"{"a":{"x":1,"y":[1,2]}}"#,
            r#"{"a":{"x":1,"y":[1,2],"b":"t"}}"#,
        ] {
            assert_ne!(asked, digest_of(other), "{other}");
        }
    }
}
