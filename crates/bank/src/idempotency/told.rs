//! An answer as a page needs it: what was made, or why not.

use axum::body::to_bytes;
use axum::response::Response;
use serde_json::Value;

use crate::web::Problem;

/// No answer of ours is longer.
const LONGEST: usize = 1024 * 1024;

/// Reads an answer, fresh or stored, that was made for the API: its body, or the refusal to show beside a form.
///
/// # Errors
/// The refusal, with its title and its detail; its code is `answered`, for the stored one names it in text only.
pub async fn told(answer: Response) -> Result<Value, Problem> {
    let status = answer.status();
    let body = to_bytes(answer.into_body(), LONGEST).await.map_err(|error| Problem::internal(&error))?;
    let value: Value = serde_json::from_slice(&body).map_err(|error| Problem::internal(&error))?;
    if status.is_success() {
        return Ok(value);
    }
    let problem = Problem::new(status, "answered", value["title"].as_str().unwrap_or("Refused"));
    Err(match value["detail"].as_str() {
        Some(detail) => problem.detail(detail),
        None => problem,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{rendered, replayed};
    use super::*;

    #[tokio::test]
    async fn a_stored_answer_tells_a_page_the_same_as_a_fresh_one() {
        let refusal = Problem::refused("insufficient_funds", "Too little").detail("5 are missing");
        for answer in [rendered(422, refusal.to_json()), replayed(422, refusal.to_json())] {
            let told = told(answer).await.expect_err("refused");
            assert_eq!((told.status().as_u16(), told.title()), (422, "Too little"));
            assert_eq!(told.explanation(), Some("5 are missing"));
        }
        assert_eq!(told(replayed(201, r#"{"id":"x"}"#)).await.expect("made")["id"], "x");
    }
}
