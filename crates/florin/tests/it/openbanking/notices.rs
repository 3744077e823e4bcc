//! What customers are told by mail: in time, once each, and nothing that is true no more.

use bank::openbanking::service::{remind, sweep};
use chrono::Duration;

use super::Stage;

#[tokio::test]
async fn a_consent_that_ends_is_announced_three_times_and_its_end_told_once() {
    let stage = Stage::new().await;
    stage.linked().await;
    stage.app.run_jobs().await;
    let before = stage.app.mails().len();
    // The consent of 90 days is a minute old.
    for (days, expected) in [(70, 0), (6, 1), (1, 1), (6, 2), (6, 3)] {
        stage.advance(Duration::days(days)).await;
        remind(&stage.app.bank).await.unwrap();
        assert_eq!(remind(&stage.app.bank).await.unwrap(), 0, "each once");
        stage.app.run_jobs().await;
        assert_eq!(stage.app.mails().len() - before, expected, "{days} days on");
    }
    stage.advance(Duration::days(1)).await;
    assert_eq!(sweep(&stage.app.bank).await.unwrap(), 1);
    stage.app.run_jobs().await;
    let mails = stage.app.mails();
    assert_eq!(mails.len() - before, 4);
    let last = mails.last().unwrap();
    assert!(last.contains("Mock Bank") || last.contains("Mock"), "{last}");
    assert!(last.contains("needs you") || last.contains("needs_you"), "{last}");
}

#[tokio::test]
async fn a_reminder_that_is_true_no_more_is_not_sent_and_a_renewed_consent_begins_anew() {
    let stage = Stage::new().await;
    let (ada, _) = stage.linked().await;
    stage.app.run_jobs().await;
    let before = stage.app.mails().len();
    stage.advance(Duration::days(80)).await;
    assert_eq!(remind(&stage.app.bank).await.unwrap(), 1);
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    stage.link(&ada).await;
    assert_eq!(remind(&stage.app.bank).await.unwrap(), 0, "it was renewed");
    stage.advance(Duration::days(80)).await;
    assert_eq!(remind(&stage.app.bank).await.unwrap(), 1);
    stage.app.run_jobs().await;
    assert!(stage.app.mails().len() > before);
}
