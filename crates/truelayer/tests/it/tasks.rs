//! Asynchronous reads.

use chrono::Duration;
use truelayer::data::{Account, AccountBalance, AccountType};
use truelayer::webhook::TaskEvent;
use truelayer::{Endpoint, ErrorCode, Read, TaskStatus};

use crate::receiver::Receiver;
use crate::stage::{Stage, call};

#[tokio::test]
async fn a_queued_read_runs_ends_and_reports_itself() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let receiver = Receiver::start().await;
    let call = call(&tokens.access_token);
    let read = Read::of(Endpoint::AccountBalance, &id);
    let task = stage.client.enqueue(read, Some(&receiver.url("/task")), &call).await.expect("a task");
    assert_eq!(task.status, TaskStatus::Queued);
    for expected in [TaskStatus::Queued, TaskStatus::Running, TaskStatus::Succeeded] {
        let answer = stage.client.results::<AccountBalance>(&task.task_id, &call).await.expect("an answer");
        assert_eq!(answer.status, expected);
        assert_eq!(answer.is_complete(), expected == TaskStatus::Succeeded);
        assert_eq!(answer.items.len(), usize::from(answer.is_complete()));
        stage.advance(Duration::seconds(1)).await;
    }
    let received = receiver.take();
    assert_eq!(received.len(), 1, "reported once");
    assert!(!received[0].headers.contains_key("tl-signature"), "and unsigned");
    let event = TaskEvent::parse(&received[0].body).expect("an event");
    assert_eq!((event.task_id, event.status), (task.task_id, TaskStatus::Succeeded));
    assert_eq!(event.credentials_id, stage.only_link());
}

#[tokio::test]
async fn a_read_that_fails_says_so_at_the_end_and_strangers_results_are_not_found() {
    let stage = Stage::live().await;
    let tokens = stage.connect("john", "doe", "ob-harbour").await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let too_deep = truelayer::Window { from: "2020-01-01".parse().ok(), to: None };
    let read = Read { window: too_deep, ..Read::of(Endpoint::AccountTransactions, &id) };
    let task = stage.client.enqueue(read, None, &call(&tokens.access_token)).await.expect("a task");
    stage.advance(Duration::seconds(2)).await;
    let answer =
        stage.client.results::<Account>(&task.task_id, &call(&tokens.access_token)).await.expect("an answer");
    assert_eq!(answer.status, TaskStatus::Failed);
    let other = stage.connect("john2", "doe2", "ob-harbour").await;
    let refused = stage.client.results::<Account>(&task.task_id, &call(&other.access_token)).await;
    assert_eq!(refused.expect_err("not theirs").code(), Some(ErrorCode::NotFound));
}
