//! B5: the clock jumps. The order of things is their sequence, not their time; what expired stays expired; and each slot
//! of each schedule runs once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::StatusCode;
use kernel::{Clock, Instant, Random};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;

use crate::bank::{Bank, MARK};
use crate::client::{Client, Outcome};
use crate::journal::Journal;
use crate::limits::{lacks, pause, run};
use crate::load::draw;

/// Debian's library that gives a process another time.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// How long the bank lives at each moment: past the second in which the hour, the day or the season changes.
const STAY: Duration = Duration::from_secs(3);
/// Moments at which calendars and counters turn over, each a few seconds ahead of it.
const EDGES: [&str; 4] =
    ["2028-02-28T23:59:58Z", "2028-03-26T00:59:58Z", "2028-10-29T00:59:58Z", "2038-01-19T03:14:06Z"];

#[test]
fn whatever_the_clock_does_payments_keep_their_order_and_schedules_run_once() {
    run(Duration::from_mins(3), async {
        let Some(mut scene) = Scene::set().await else { return };
        for hours in [0, 25, 24] {
            scene.live(hours * 3_600).await;
        }
        for edge in EDGES {
            let edge: Instant = edge.parse().expect("an instant");
            scene.live((edge - Clock::system().now()).num_seconds()).await;
        }
        // And back to the present, by twelve years.
        scene.live(0).await;
        let Scene { mut bank, journal, order, slots, .. } = scene;
        let books = bank.booked().await;
        journal.compare(&books).must_be_clean();
        let sequence: Vec<&str> = books.iter().map(|booking| booking.key.as_str()).collect();
        assert_eq!(sequence, order, "the books stand in the order in which the payments were made");
        let doubled = doubled(&slots);
        println!("{} over 8 moments; {} slots of calendars ran", journal.counts(), slots.len());
        let ends = slots.keys().filter(|name| name.starts_with("schedule:ledger.end_of_day:")).count();
        assert!(ends >= 7, "the end of the day did not follow the clock: {slots:?}");
        assert!(doubled.is_empty(), "a slot ran more than once: {doubled:?}");
        assert_eq!(unsealed(&bank).await, 0, "the sealer works again after the clock was set back");
        bank.stop();
        bank.verify();
    });
}

#[test]
fn control_books_by_the_clock_and_a_schedule_that_forgets_are_noticed() {
    run(Duration::from_mins(1), async {
        let Some(mut scene) = Scene::set().await else { return };
        // First in the present: a lease that runs out under a running job would be a second run of its own.
        for hours in [0, 25, 0] {
            scene.live(hours * 3_600).await;
        }
        assert!(doubled(&scene.slots).is_empty(), "{:?}", scene.slots);
        // What a bank would show that orders its books by their times.
        let by_time = "select reference as name, position as many from ledger_transfers \
                       where reference like 'battery-%' order by booked_at, position";
        let by_time: Vec<String> =
            ask(&scene.bank, by_time).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(by_time.len(), scene.order.len());
        assert_ne!(by_time, scene.order, "a clock that was set back would not be noticed");
        // What a bank would do that does not keep which slot has run.
        tell(
            &scene.bank,
            "update jobs set state = 'queued' where dedupe_key like 'schedule:ledger.end_of_day:%'",
        )
        .await;
        scene.live(0).await;
        let doubled = doubled(&scene.slots);
        println!("{} slots ran again", doubled.len());
        assert!(!doubled.is_empty(), "a slot that runs twice must be noticed: {:?}", scene.slots);
        scene.bank.stop();
    });
}

#[test]
fn what_expired_by_a_jump_ahead_is_not_revived_by_a_jump_back() {
    run(Duration::from_mins(1), async {
        let Some(Scene { mut bank, fake, .. }) = Scene::set().await else { return };
        let person = bank.people().into_iter().find(|person| person.role == "customer").expect("a customer");
        let mut client = Client::sign_in(&bank.address(), &person).await;
        let body = json!({ "email": person.email, "password": person.password });
        let (_, signed_in) = client.post("/api/v1/auth/login", &body).await.expect("an answer");
        let refresh = json!({ "refresh_token": signed_in["refresh_token"] });
        assert_eq!(client.get("/api/v1/accounts").await.expect("an answer").0, StatusCode::OK);
        for (jump, offset) in [("ahead", 25 * 3_600), ("back", 0), ("an hour back", -3_600)] {
            turn(&fake, offset);
            // The sessions that were checked are remembered for a second.
            pause(Duration::from_millis(1_500)).await;
            let (read, _) = client.get("/api/v1/accounts").await.expect("an answer");
            let (renewed, _) = client.post("/api/v1/auth/refresh", &refresh).await.expect("an answer");
            println!("{jump}: the token gives {read}, the refresh token {renewed}");
            assert_eq!(read, StatusCode::UNAUTHORIZED, "a token after the jump {jump}");
            assert_eq!(renewed, StatusCode::UNAUTHORIZED, "a refresh token after the jump {jump}");
        }
        bank.stop();
    });
}

#[test]
fn control_what_has_not_expired_outlives_the_same_jumps() {
    run(Duration::from_mins(1), async {
        let Some(Scene { mut bank, fake, .. }) = Scene::set().await else { return };
        let person = bank.people().into_iter().find(|person| person.role == "customer").expect("a customer");
        let mut client = Client::sign_in(&bank.address(), &person).await;
        for offset in [10 * 60, 5 * 60, 0] {
            turn(&fake, offset);
            pause(Duration::from_millis(1_500)).await;
            let (read, _) = client.get("/api/v1/accounts").await.expect("an answer");
            assert_eq!(
                read,
                StatusCode::OK,
                "it is the jump that refuses, not the end of the token: {offset}"
            );
        }
        bank.stop();
    });
}

/// Lists the slots whose job ran more than once.
fn doubled(slots: &BTreeMap<String, i64>) -> Vec<&String> {
    slots.iter().filter(|(_, many)| **many > 1).map(|(name, _)| name).collect()
}

/// A bank that lives by a clock of the test's.
struct Scene {
    bank: Bank,
    fake: PathBuf,
    journal: Journal,
    /// The keys of the payments in the order in which they were made.
    order: Vec<String>,
    /// The slots of calendars for which jobs were made, and how often each was run at most.
    slots: BTreeMap<String, i64>,
}

impl Scene {
    /// Starts a bank at the present; `None` where the library is missing, after saying so.
    async fn set() -> Option<Self> {
        if !Path::new(LIBRARY).is_file() {
            lacks(&format!("{LIBRARY} is missing (Debian's package faketime)"));
            return None;
        }
        let mut bank = Bank::prepared().await;
        let fake = bank.path("faketime");
        turn(&fake, 0);
        bank.set("LD_PRELOAD", LIBRARY);
        bank.set("FAKETIME_TIMESTAMP_FILE", fake.display().to_string());
        bank.set("FAKETIME_NO_CACHE", "1");
        // Timers run on: it is the calendar that jumps.
        bank.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        bank.start().await;
        Some(Self { bank, fake, journal: Journal::default(), order: Vec::new(), slots: BTreeMap::new() })
    }

    /// Jumps to so many seconds from the present, and pays there for a while.
    async fn live(&mut self, offset: i64) {
        turn(&self.fake, offset);
        pause(STAY / 5).await;
        let mut client = self.bank.sign_in().await.remove(0);
        let random = Random::system();
        for number in 0..20 {
            let key = format!("{MARK}clock{}-{number}z", self.order.len());
            let payment = draw(&client, &random, key.clone());
            let outcome = self.journal.pay(&mut client, &payment).await;
            assert!(matches!(outcome, Outcome::Booked(_)), "{offset}: {outcome:?}");
            self.order.push(key);
            pause(STAY / 25).await;
        }
        // Before a later moment: there they are old enough to be forgotten.
        let sql = "select dedupe_key as name, cast(attempts as bigint) as many from jobs \
                   where dedupe_key like 'schedule:%:%'";
        for (name, many) in ask(&self.bank, sql).await {
            let most = self.slots.entry(name).or_default();
            *most = many.max(*most);
        }
    }
}

/// Sets the clock of the programs that read the file.
fn turn(fake: &Path, offset: i64) {
    let next = fake.with_extension("next");
    std::fs::write(&next, format!("{offset:+}")).expect("written");
    // At once: half a file would be another time.
    std::fs::rename(&next, fake).expect("in place");
}

/// Counts the rows of the journal that no seal covers after a while of work.
async fn unsealed(bank: &Bank) -> i64 {
    let sql = "select 'unsealed' as name, count(*) as many from ledger_transfers \
               where position > (select coalesce(max(through_position), 0) from seals where chain = 'journal')";
    for _ in 0..50 {
        if ask(bank, sql).await[0].1 == 0 {
            return 0;
        }
        pause(Duration::from_millis(200)).await;
    }
    ask(bank, sql).await[0].1
}

/// Changes the database behind the bank's back.
async fn tell(bank: &Bank, sql: &str) {
    let db = database::Database::connect(&database::Options::new(bank.url())).await.expect("a connection");
    let tx = db.begin().await.expect("a transaction");
    tx.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    tx.commit().await.expect("kept");
    db.close().await;
}

/// Asks the database for names and numbers.
async fn ask(bank: &Bank, sql: &str) -> Vec<(String, i64)> {
    let db = database::Database::connect(&database::Options::new(bank.url())).await.expect("a connection");
    let rows =
        db.latest().query_all_raw(Statement::from_string(db.latest().get_database_backend(), sql)).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let read = |row: &sea_orm::QueryResult| {
        (row.try_get("", "name").expect("a name"), row.try_get("", "many").expect("a number"))
    };
    let found = rows.iter().map(read).collect();
    db.close().await;
    found
}
