//! What the seal must find: every change by somebody who may do anything to the database.

use kernel::Currency;
use ledger::seal::{Journal, checkpoint, seal};
use ledger::verify::FaultKind::{
    ChainRewritten, CheckpointForged, CheckpointMissing, RowChanged, RowInserted, RowMissing, SealBroken,
    SealUnlinked, TailCut,
};
use ledger::verify::{FaultKind, Progress, Stage, VerifyOptions};
use ledger::{Action, ChartCode, Posting, chart};

use crate::books::{Books, found, key};
use crate::stage::gbp;

/// Copies a row of the journal to another place, under another id.
const COPY: &str = "
insert into ledger_transfers (position, id, kind, debit_account_id, credit_account_id, amount_minor, currency,
       code, reference, debit_sequence, credit_sequence, authority, actor_kind, booked_at, booked_on, effective_on)
select PLACE, request_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
       code, reference, debit_sequence, credit_sequence, authority, actor_kind, booked_at, booked_on, effective_on
  from (select t.*, 1 as one from ledger_transfers t where position = 3) copied";

async fn kinds(books: &Books) -> Vec<FaultKind> {
    found(&books.verify().await).into_iter().map(|(kind, _)| kind).collect()
}

#[tokio::test]
async fn a_sealed_journal_verifies_and_resumes() {
    let books = Books::with_transfers(7).await;
    let before = books.verify().await;
    assert_eq!((before.chain.unsealed, before.chain.seals, before.passed()), (7, 0, true));
    let first = books.seal().await;
    assert_eq!((first.rows, first.lag, first.waited_out), (7, 0, false));
    assert_eq!(books.seal().await.rows, 0, "nothing new");
    books.pay(5).await;
    let second = books.seal().await;
    assert_eq!((second.rows, second.last.map(|seal| seal.number)), (5, Some(2)));
    let signed = books.sign().await.unwrap();
    assert_eq!(hex::encode(&signed.public_key), key().verifying_key().to_string());
    books.pay(2).await;
    let report = books.verify().await;
    assert_eq!(report.faults, []);
    assert_eq!((report.chain.rows, report.chain.unsealed, report.chain.seals), (14, 2, 2));
    assert_eq!(report.chain.entries, 28);
    assert_eq!((report.chain.checkpoints, report.chain.exported_checkpoints), (2, 1));
}

/// On two threads, since what happens meanwhile happens in a callback.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_and_signed_while_the_proof_runs_is_no_fault() {
    let books = Books::with_transfers(3).await;
    books.seal().await;
    let mut signed = Vec::new();
    let mut meanwhile = |progress: Progress| {
        if progress.stage == Stage::Balances {
            let more = async {
                // The block that the snapshot has, and one that it has not.
                signed.extend(books.sign().await);
                books.pay(2).await;
                signed.extend(books.sign().await);
            };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(more));
        }
    };
    let report = ledger::verify(&books.database, &books.options(), &mut meanwhile).await.unwrap();
    assert_eq!(report.faults, []);
    assert_eq!((report.chain.rows, report.chain.seals, report.chain.checkpoints), (3, 1, 0));
    assert_eq!(signed.len(), 2);
    let report = books.verify().await;
    assert_eq!((report.faults, report.chain.checkpoints), (vec![], 4));
}

#[tokio::test]
async fn an_empty_journal_has_nothing_to_seal_or_to_sign() {
    let books = Books::open().await;
    assert_eq!(books.seal().await.last, None);
    let now = books.clock.now();
    let none = checkpoint::<Journal>(&books.database, &key(), Some(&books.directory), now).await.unwrap();
    assert_eq!(none, None);
    assert!(books.verify().await.passed());
}

#[tokio::test]
async fn three_who_sign_one_block_at_once_export_the_checkpoint_that_stands() {
    let books = Books::with_transfers(2).await;
    books.seal().await;
    let (now, second) = (books.clock.now(), chrono::Duration::seconds(1));
    let (key, directory) = (key(), Some(books.directory.as_path()));
    let sign = |at| checkpoint::<Journal>(&books.database, &key, directory, at);
    let made = tokio::try_join!(sign(now), sign(now + second), sign(now + second * 2)).unwrap();
    assert_eq!([made.0, made.1, made.2].iter().flatten().count(), 1, "one of them made it");
    let report = books.verify().await;
    assert_eq!((report.faults, report.chain.checkpoints), (vec![], 2));
}

#[tokio::test]
async fn two_sealers_at_once_make_one_chain() {
    let books = Books::with_transfers(9).await;
    let now = books.clock.now();
    let (first, second) =
        tokio::join!(seal::<Journal>(&books.database, now), seal::<Journal>(&books.database, now));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.waited_out || second.waited_out || first.rows + second.rows == 9);
    books.seal().await;
    let report = books.verify().await;
    assert_eq!((report.faults, report.chain.unsealed), (vec![], 0));
}

#[tokio::test]
async fn a_gap_is_sealed_and_a_row_that_turns_up_in_it_is_found() {
    let books = Books::with_transfers(3).await;
    books.attack(&["update ledger_transfers set position = position + 5 where position = 3"]).await;
    books.sign().await;
    assert_eq!(kinds(&books).await, []);
    let copy =
        COPY.replace("PLACE", "5").replace("position = 3", "position = 2").replace("request_id", "group_id");
    let id = "update ledger_transfers set group_id = debit_account_id where position = 2";
    books.attack(&[id]).await;
    books.attack(&[&copy]).await;
    let report = books.verify().await;
    let inserted = report.faults.iter().find(|fault| fault.kind == RowInserted).expect("found");
    assert_eq!(inserted.position, Some(5));
}

#[tokio::test]
async fn an_edit_is_found_at_its_row() {
    for column in [
        "amount_minor = amount_minor + 1",
        "reference = 'other'",
        "metadata = '{}'",
        "actor_kind = 'staff'",
        "debit_account_id = credit_account_id, credit_account_id = debit_account_id",
    ] {
        let books = Books::with_transfers(6).await;
        books.sign().await;
        books.attack(&[&format!("update ledger_transfers set {column} where position = 4")]).await;
        assert_eq!(found(&books.verify().await)[0], (RowChanged, Some(4)), "{column}");
    }
}

#[tokio::test]
async fn an_edit_of_a_row_and_its_entries_alike_is_found() {
    let books = Books::with_transfers(6).await;
    books.sign().await;
    books
        .attack(&[
            "update ledger_transfers set reference = 'gift' where position = 5",
            "update ledger_entries set reference = 'gift' where transfer_id =
             (select id from ledger_transfers where position = 5)",
        ])
        .await;
    assert_eq!(found(&books.verify().await), [(RowChanged, Some(5))]);
}

#[tokio::test]
async fn a_deletion_in_the_middle_is_found_at_its_place() {
    let books = Books::with_transfers(6).await;
    books.sign().await;
    books.attack(&["delete from ledger_transfers where position = 3"]).await;
    let found = found(&books.verify().await);
    assert_eq!(found[0], (RowMissing, Some(3)));
    assert!(found.iter().all(|(kind, _)| *kind != RowInserted), "those behind it are where they were");
}

#[tokio::test]
async fn two_rows_that_changed_places_are_found_at_the_first() {
    let books = Books::with_transfers(6).await;
    books.sign().await;
    books
        .attack(&[
            "update ledger_transfers set position = 100 where position = 2",
            "update ledger_transfers set position = 2 where position = 5",
            "update ledger_transfers set position = 5 where position = 100",
        ])
        .await;
    assert_eq!(found(&books.verify().await), [(RowChanged, Some(2))]);
}

#[tokio::test]
async fn a_tail_cut_with_its_seals_and_checkpoints_is_found_through_the_exported_one() {
    let books = Books::with_transfers(4).await;
    books.sign().await;
    books.pay(4).await;
    books.sign().await;
    books
        .attack(&[
            "delete from ledger_entries where transfer_id in
             (select id from ledger_transfers where position > 4)",
            "delete from ledger_transfers where position > 4",
            "delete from seals where from_position > 4",
            "delete from seal_checkpoints where through_position > 4",
        ])
        .await;
    let report = books.verify().await;
    assert_eq!(found(&report)[..2], [(TailCut, Some(5)), (CheckpointMissing, Some(8))]);
    let detail = &report.faults[0].detail;
    assert!(detail.starts_with("the exported checkpoint of 2026-03-02T"), "{detail}");
    assert!(detail.ends_with("proves that the chain reached 8; it ends at 4, the rows at 4"), "{detail}");
    assert_eq!(report.faults[0].row, "journal checkpoint 2");
    let inside = VerifyOptions { checkpoint_directory: None, ..books.options() };
    let inside = books.verify_with(&inside).await;
    assert_eq!((inside.chain.checkpoints, inside.chain.exported_checkpoints), (1, 0));
    let inside = found(&inside);
    assert!(!inside.iter().any(|(kind, _)| *kind == TailCut), "the database alone cannot know: {inside:?}");
}

#[tokio::test]
async fn a_chain_cut_behind_its_rows_is_found_at_the_first_row_in_doubt_or_gone() {
    for (rows_left, first) in [(8, 5), (6, 7)] {
        let books = Books::with_transfers(4).await;
        books.sign().await;
        books.pay(4).await;
        books.sign().await;
        let cut = format!("delete from ledger_transfers where position > {rows_left}");
        let attack = [cut.as_str(), "delete from seals where number > 1"];
        books.attack(&attack[usize::from(rows_left == 8)..]).await;
        let report = books.verify().await;
        assert_eq!(found(&report)[0], (TailCut, Some(first)), "{rows_left} rows left");
        assert_eq!(report.faults[0].count, 2, "by the file and by the database");
        assert!(report.faults[0].detail.contains(&format!("the rows at {rows_left}")));
        let inside = VerifyOptions { checkpoint_directory: None, ..books.options() };
        let inside = books.verify_with(&inside).await;
        assert!(inside.faults[0].detail.starts_with("the database's checkpoint of 2026-03-02T"));
    }
}

#[tokio::test]
async fn cut_rows_are_found_by_the_seals_even_without_checkpoints() {
    let books = Books::with_transfers(6).await;
    books.seal().await;
    books.attack(&["delete from ledger_transfers where position > 4"]).await;
    assert_eq!(found(&books.verify().await)[0], (RowMissing, Some(5)));
}

#[tokio::test]
async fn a_chain_rewritten_from_the_start_is_found_through_the_exported_checkpoint() {
    let books = Books::with_transfers(4).await;
    books.sign().await;
    books.pay(4).await;
    books.sign().await;
    // Everything inside the database is made consistent again, but for the signatures.
    books
        .attack(&[
            "update ledger_transfers set reference = 'gift' where position = 6",
            "update ledger_entries set reference = 'gift' where transfer_id =
             (select id from ledger_transfers where position = 6)",
            "delete from seals where number > 1",
            "delete from seal_checkpoints where seal_number > 1",
            // The second four transfers are like the first.
            "update ledger_turnovers set transfers = transfers / 2, amount_lower = amount_lower / 2",
        ])
        .await;
    books.seal().await;
    assert_eq!(
        found(&books.verify().await),
        [(ChainRewritten, Some(5)), (CheckpointMissing, Some(8))],
        "rows up to 4 are confirmed, the rest is in doubt"
    );
}

#[tokio::test]
async fn a_fork_that_is_signed_again_by_the_bank_still_contradicts_the_file() {
    let books = Books::with_transfers(4).await;
    books.sign().await;
    books
        .attack(&[
            "update ledger_transfers set reference = 'fork' where position = 2",
            "update ledger_entries set reference = 'fork' where transfer_id =
             (select id from ledger_transfers where position = 2)",
            "delete from seals",
            "delete from seal_checkpoints",
            "delete from ledger_turnovers",
        ])
        .await;
    books.pay(2).await;
    books.sign().await;
    assert_eq!(found(&books.verify().await), [(ChainRewritten, Some(1)), (CheckpointMissing, Some(4))]);
}

#[tokio::test]
async fn a_block_that_was_edited_or_removed_is_found() {
    for (attack, expected) in [
        ("update seals set row_count = 3 where number = 2", (SealBroken, Some(3))),
        ("update seals set through_position = 5 where number = 2", (SealBroken, Some(3))),
        ("update seals set hash = previous_hash where number = 2", (SealBroken, Some(3))),
        ("update seals set previous_hash = hash where number = 1", (SealBroken, Some(1))),
        ("delete from seals where number = 2", (RowInserted, Some(3))),
        ("delete from seals where number = 1", (SealUnlinked, Some(3))),
    ] {
        let books = Books::open().await;
        for _ in 0..3 {
            books.pay(2).await;
            books.seal().await;
        }
        books.attack(&[attack]).await;
        let faults = found(&books.verify().await);
        assert!(faults.contains(&expected), "{attack}: {faults:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_key_or_damaged_is_found() {
    let books = Books::with_transfers(3).await;
    books.sign().await;
    let mut options = books.options();
    options.trusted_keys = vec!["11".repeat(32).parse().unwrap()];
    assert_eq!(found(&books.verify_with(&options).await), [(CheckpointForged, Some(3))]);
    options.trusted_keys.clear();
    let skipped = books.verify_with(&options).await;
    assert_eq!((skipped.passed(), skipped.chain.checkpoints), (true, 0));
    books.attack(&["update seal_checkpoints set through_position = 2"]).await;
    assert_eq!(kinds(&books).await, [CheckpointForged, CheckpointMissing]);
    let file = books.directory.join("journal.checkpoints");
    std::fs::write(&file, "garbage\n").unwrap();
    let report = books.verify().await;
    assert_eq!(report.faults[0].detail, "line 1 cannot be read");
}

#[tokio::test]
async fn a_writer_that_is_still_at_work_is_waited_for() {
    let books = Books::with_transfers(2).await;
    if books.database.engine() == database::Engine::Sqlite {
        return; // There is one writer, so nothing can be at work beside the sealer.
    }
    let [first, second] = books.customers;
    let slow = books.database.begin().await.unwrap();
    let early = books.make(Action::Post { debit: books.cash, credit: first, amount: gbp(1) });
    books.ledger.post(&slow, &Posting::SYSTEM, &[early]).await.unwrap();
    let fees = chart::account_id(ChartCode::FeeIncome, Currency::GBP);
    books.act(Action::Post { debit: second, credit: fees, amount: gbp(1) }).await;
    let waited = books.seal().await;
    assert_eq!((waited.rows, waited.waited_out, waited.last), (0, true, None));
    slow.commit().await.unwrap();
    let sealed = books.seal().await;
    assert_eq!((sealed.rows, sealed.waited_out), (4, false));
    let report = books.verify().await;
    assert_eq!((report.faults, report.chain.unsealed), (vec![], 0));
}
