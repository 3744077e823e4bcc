//! The log as comma-separated values, RFC 4180.

use serde_json::Value;

use super::AuditEvent;

/// Names the columns.
pub const HEADER: &str =
    "position,id,at,actor_kind,actor,action,subject_kind,subject,reason,before,after,request_id\r\n";

/// Writes rows, each ended by a line break.
pub(crate) fn lines(rows: &[AuditEvent]) -> Vec<u8> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let json = |values: &Option<Value>| values.as_ref().map(Value::to_string).unwrap_or_default();
        let fields = [
            row.position.to_string(),
            row.id.to_string(),
            row.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            row.actor_kind.clone(),
            row.actor().map(|actor| actor.to_string()).unwrap_or_default(),
            row.action.clone(),
            row.subject_kind.clone(),
            row.subject_id.clone(),
            harmless(row.reason.as_deref().unwrap_or_default()),
            json(&row.before_values),
            json(&row.after_values),
            row.request_id.to_string(),
        ];
        out.write_record(fields).expect("a vector takes every byte");
    }
    out.into_inner().expect("a vector takes every byte")
}

/// Keeps a spreadsheet from reading a text that people wrote as a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_text_is_no_formula() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("asked for, \"twice\""), "asked for, \"twice\"");
    }
}
