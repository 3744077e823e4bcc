//! The bank's day and its months: which there are, and who closed them.

use chrono::NaiveDate;
use kernel::Instant;
use ledger::periods::{Closing, PeriodError, closings, first_month};
use ledger::{Action, Authority, Month, Posting};
use sea_orm::{ConnectionTrait, Statement};

use crate::stage::{Stage, gbp, staff};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

async fn move_to(stage: &Stage, to: &str) -> Result<NaiveDate, PeriodError> {
    let tx = stage.database.begin().await.unwrap();
    let before = stage.ledger.advance_business_date(&tx, day(to)).await?;
    tx.commit().await.unwrap();
    Ok(before)
}

#[tokio::test]
async fn the_day_stays_or_moves_on_and_never_goes_back() {
    let stage = Stage::new().await;
    assert_eq!(move_to(&stage, "2026-03-05").await.unwrap(), day("2026-03-02"));
    assert_eq!(move_to(&stage, "2026-03-05").await.unwrap(), day("2026-03-05"), "it may run again");
    let refused = move_to(&stage, "2026-03-04").await;
    let wanted = day("2026-03-05");
    assert!(matches!(refused, Err(PeriodError::DayInPast { business_on }) if business_on == wanted));
    let read = stage.database.latest();
    let sql =
        Statement::from_string(read.get_database_backend(), "select moved_at from ledger_business_days");
    let row = read.query_one_raw(sql).await.unwrap().unwrap();
    assert_eq!(row.try_get::<Instant>("", "moved_at").unwrap(), stage.clock.now());
}

#[tokio::test]
async fn an_account_is_shown_with_the_day_that_was_set_or_else_the_clocks() {
    let stage = Stage::new().await;
    let id = stage.account(700).await;
    for today in ["2026-03-02", "2026-03-05"] {
        let account = stage.find(id).await;
        let (read, database) = (stage.database.latest(), &stage.database);
        let wanted = Some((account, day(today)));
        assert_eq!(stage.ledger.account_today(read, id).await.unwrap(), wanted);
        assert_eq!(stage.ledger.show_today(database, id).await.unwrap(), wanted);
        move_to(&stage, "2026-03-05").await.unwrap();
    }
    let nobody = kernel::AccountId::from_uuid(uuid::Uuid::from_u128(1));
    assert_eq!(stage.ledger.account_today(stage.database.latest(), nobody).await.unwrap(), None);
    assert_eq!(stage.ledger.show_today(&stage.database, nobody).await.unwrap(), None);
}

#[tokio::test]
async fn months_are_listed_from_the_journals_first_with_who_closed_them() {
    let stage = Stage::new().await;
    let read = stage.database.latest();
    assert_eq!(first_month(read).await.unwrap(), None);
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    assert_eq!(first_month(read).await.unwrap(), Some(month("2026-03")));
    let mut late = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1) });
    late.effective_on = Some(day("2026-01-31"));
    stage.post(&staff(Authority::Staff), &[late]).await.unwrap();
    assert_eq!(first_month(read).await.unwrap(), Some(month("2026-03")), "by the first row, not by value");
    assert_eq!(closings(read).await.unwrap(), []);
    let (one, two) = (staff(Authority::Staff).actor, Posting::SYSTEM.actor);
    for closed in ["2026-01", "2026-02"] {
        let tx = stage.database.begin().await.unwrap();
        stage.ledger.close_period(&tx, month(closed), one, two).await.unwrap();
        tx.commit().await.unwrap();
    }
    let closing = |closed| Closing {
        month: month(closed),
        closed_by: Some(one),
        approved_by: Some(two),
        closed_at: stage.clock.now(),
    };
    assert_eq!(closings(read).await.unwrap(), ["2026-02", "2026-01"].map(closing));
}
