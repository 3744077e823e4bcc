//! Evidence against a server that lies: whatever it changes, leaves out or forges, the holder finds out.

use database::Tx;
use kernel::{Secret, TransferId};
use ledger::seal::{
    Chained, Checkpoint, EvidenceError, Growth, Inclusion, Journal, SealedRow, SigningKey, VerifyingKey,
    checkpoint, growth, inclusion, seal,
};
use sea_orm::DbErr;

use crate::books::{Books, key};

fn trusted() -> [VerifyingKey; 1] {
    [key().verifying_key()]
}

async fn included(books: &Books, id: TransferId) -> Option<Inclusion> {
    let snapshot = books.database.snapshot().await.unwrap();
    inclusion::<Journal>(&snapshot, id.uuid()).await.unwrap()
}

async fn grown(books: &Books, older: &Checkpoint) -> Growth {
    let snapshot = books.database.snapshot().await.unwrap();
    growth::<Journal>(&snapshot, older.seal_number).await.unwrap().expect("a checkpoint")
}

/// What a server changes in true evidence, and what the holder finds.
type Lie<'a, E> = (&'a str, EvidenceError, &'a dyn Fn(&mut E));

/// Makes a journal of three signed blocks; returns a transfer of the first, and of a later one.
async fn signed_books() -> (Books, [TransferId; 2]) {
    let books = Books::with_transfers(3).await;
    let first = books.transfer_at(2).await;
    for count in [4, 2] {
        books.sign().await;
        books.pay(count).await;
    }
    books.sign().await;
    let later = books.transfer_at(6).await;
    (books, [first, later])
}

/// The same rows under another chain's name.
struct Twin;

impl Chained for Twin {
    const NAME: &'static str = "audit";
    const TABLE: &'static str = Journal::TABLE;
    const POSITION_LOCK: i64 = Journal::POSITION_LOCK;
    type Memory = ();

    async fn rows(tx: &Tx, after: i64, through: i64, limit: u64) -> Result<Vec<SealedRow>, DbErr> {
        Journal::rows(tx, after, through, limit).await
    }
}

#[tokio::test]
async fn a_row_is_shown_to_stand_under_the_newest_checkpoint() {
    let (books, ids) = signed_books().await;
    for id in ids {
        let evidence = included(&books, id).await.expect("a checkpoint covers it");
        assert_eq!(evidence.verify(&trusted()), Ok(()));
        assert_eq!(evidence.id(), Some(id.uuid()));
        let text = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<Inclusion>(&text).unwrap(), evidence);
    }
    books.pay(1).await;
    let unsealed = books.transfer_at(10).await;
    assert_eq!(included(&books, unsealed).await, None, "nothing protects it yet");
    books.seal().await;
    assert_eq!(included(&books, unsealed).await, None, "nobody signed it yet");
}

#[tokio::test]
async fn no_lie_about_a_row_passes() {
    use EvidenceError::{NotListed, NotSigned, NotTheCheckpoint, OtherRows, Unlinked};
    let (books, [first, later]) = signed_books().await;
    let honest = included(&books, first).await.unwrap();
    let other = included(&books, later).await.unwrap();
    let lies: [Lie<Inclusion>; 16] = [
        ("content", NotListed, &|it| *it.row.last_mut().unwrap() ^= 1),
        ("another row's content", NotListed, &|it| it.row = other.row.clone()),
        ("no content", NotListed, &|it| it.row.clear()),
        ("place", NotListed, &|it| it.position += 1),
        ("a place far away", NotListed, &|it| it.position = i64::MAX),
        ("another block's rows", OtherRows, &|it| it.block_rows = other.block_rows.clone()),
        ("a row added to the block", OtherRows, &|it| it.block_rows.extend([0; 36])),
        ("a row of the block left out", OtherRows, &|it| it.block_rows.truncate(36)),
        ("the list's hash", Unlinked(2), &|it| it.headers[0].rows_hash[0] ^= 1),
        ("a header left out", Unlinked(3), &|it| drop(it.headers.remove(1))),
        ("the last header left out", NotTheCheckpoint, &|it| drop(it.headers.pop())),
        ("no headers", NotTheCheckpoint, &|it| it.headers.clear()),
        ("numbers", Unlinked(i64::MIN), &|it| it.headers[0].number = i64::MIN),
        ("the signed hash", NotSigned, &|it| it.checkpoint.seal_hash[0] ^= 1),
        ("the signed place", NotSigned, &|it| it.checkpoint.through_position += 1),
        ("the chain's name", NotSigned, &|it| it.checkpoint.chain = "audit".to_owned()),
    ];
    for (name, expected, lie) in lies {
        let mut evidence = honest.clone();
        lie(&mut evidence);
        assert_eq!(evidence.verify(&trusted()), Err(expected), "{name}");
    }
    let stranger = SigningKey::from_seed(&Secret::new(vec![8; 32])).unwrap().verifying_key();
    assert_eq!(honest.verify(&[stranger]), Err(NotSigned));
    assert_eq!(honest.verify(&[]), Err(NotSigned));
}

#[tokio::test]
async fn a_chain_is_shown_to_have_grown_from_every_earlier_checkpoint() {
    let books = Books::with_transfers(3).await;
    let mut held = Vec::new();
    for count in [4, 2] {
        held.push(books.sign().await.expect("something new"));
        books.pay(count).await;
    }
    let newest = books.sign().await.expect("something new");
    for older in held.iter().chain([&newest]) {
        let evidence = grown(&books, older).await;
        assert_eq!(evidence.checkpoint, newest);
        assert_eq!(evidence.verify(older, &trusted()), Ok(()));
    }
}

#[tokio::test]
async fn no_lie_about_growth_passes() {
    use EvidenceError::{NotSigned, NotTheCheckpoint, OtherChain, Shorter, Unlinked};
    let books = Books::with_transfers(3).await;
    let older = books.sign().await.unwrap();
    for count in [4, 2] {
        books.pay(count).await;
        books.seal().await;
    }
    books.sign().await;
    let honest = grown(&books, &older).await;
    let lies: [Lie<Growth>; 6] = [
        ("a header left out", Unlinked(3), &|it| drop(it.headers.remove(0))),
        ("a header changed", Unlinked(3), &|it| it.headers[0].row_count += 1),
        ("the last changed", NotTheCheckpoint, &|it| it.headers[1].row_count += 1),
        ("positions skipped", Unlinked(2), &|it| it.headers[0].from_position += 1),
        ("no headers", NotTheCheckpoint, &|it| it.headers.clear()),
        ("the signed number", NotSigned, &|it| it.checkpoint.seal_number += 1),
    ];
    for (name, expected, lie) in lies {
        let mut evidence = honest.clone();
        lie(&mut evidence);
        assert_eq!(evidence.verify(&older, &trusted()), Err(expected), "{name}");
    }
    let short = Growth { headers: Vec::new(), checkpoint: older.clone() };
    assert_eq!(short.verify(&honest.checkpoint, &trusted()), Err(Shorter), "the tail was cut");
    let forged = Checkpoint { seal_hash: vec![0; 32], ..older.clone() };
    assert_eq!(honest.verify(&forged, &trusted()), Err(NotSigned), "what is held must be signed too");
    seal::<Twin>(&books.database, books.clock.now()).await.unwrap();
    let other = checkpoint::<Twin>(&books.database, &key(), None, books.clock.now()).await.unwrap().unwrap();
    assert_eq!(honest.verify(&other, &trusted()), Err(OtherChain));
}

#[tokio::test]
async fn a_fork_signed_by_the_bank_itself_contradicts_what_is_held() {
    let books = Books::with_transfers(3).await;
    books.sign().await;
    books.pay(2).await;
    let held = books.sign().await.unwrap();
    books
        .attack(&[
            "update ledger_transfers set reference = 'asked to' where position = 5",
            "delete from seals where number = 2",
            "delete from seal_checkpoints where seal_number = 2",
        ])
        .await;
    books.sign().await;
    books.pay(1).await;
    books.sign().await;
    let forked = grown(&books, &held).await;
    assert_eq!(forked.verify(&held, &trusted()), Err(EvidenceError::Unlinked(3)));
}
