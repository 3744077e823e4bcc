//! What others read: balances of the past, holds, the journal and linked groups.

use chrono::Duration;
use kernel::{Currency, PageRequest};
use ledger::{AccountKind, Action, Authority, HoldState, NewTransfer, Posting, journal, linked, lookup};
use sea_orm::Condition;

use crate::books::Books;
use crate::stage::{customer, gbp};

#[tokio::test]
async fn a_balance_of_the_past_is_read_by_instant_and_by_day() {
    let books = Books::with_transfers(2).await;
    let [first, _] = books.customers;
    let account = books.find(first).await;
    let read = books.database.read();
    let now = books.clock.now();
    assert_eq!(lookup::balance_at(read, &account, now).await.unwrap(), gbp(7_500));
    assert_eq!(lookup::balance_at(read, &account, now - Duration::seconds(1)).await.unwrap(), gbp(10_000));
    assert_eq!(lookup::balance_at(read, &account, now - Duration::hours(1)).await.unwrap(), gbp(0));
    let mut late = books.make(Action::Post { debit: books.cash, credit: first, amount: gbp(100) });
    late.effective_on = Some(now.date_naive() - Duration::days(5));
    books.post(&Posting::SYSTEM, &[late]).await.unwrap();
    let today = now.date_naive();
    assert_eq!(lookup::balance_on(read, &account, today).await.unwrap(), gbp(7_600));
    assert_eq!(lookup::balance_on(read, &account, today - Duration::days(1)).await.unwrap(), gbp(100));
    assert_eq!(lookup::balance_on(read, &books.find(books.cash).await, today).await.unwrap(), gbp(10_100));
}

#[tokio::test]
async fn accounts_and_holds_are_listed_page_by_page() {
    let books = Books::with_transfers(1).await;
    let [first, second] = books.customers;
    let read = books.database.read();
    let expires_at = Some(books.clock.now() + Duration::minutes(1));
    let hold = |expires_at| Action::Hold { debit: first, credit: second, amount: gbp(5), expires_at };
    let lasting = books.act(hold(None)).await;
    let overdue = books.act(hold(expires_at)).await;
    books.clock.advance(Duration::hours(1));
    let page = PageRequest { limit: 1, after: None };
    let listed =
        async |state, page| lookup::holds(read, first, state, (&page, books.clock.now())).await.unwrap();
    let newest = listed(None, page.clone()).await;
    assert_eq!(newest.items[0].id, overdue);
    let next = listed(None, PageRequest { after: newest.next, ..page.clone() }).await;
    assert_eq!((next.items[0].id, next.next), (lasting, None));
    let pending = listed(Some(HoldState::Pending), PageRequest::first()).await.items;
    assert_eq!(
        pending.iter().map(|hold| hold.id).collect::<Vec<_>>(),
        [lasting],
        "one that is overdue is not pending"
    );
    let expired = listed(Some(HoldState::Expired), PageRequest::first()).await.items;
    assert_eq!(expired.iter().map(|hold| hold.id).collect::<Vec<_>>(), [overdue]);

    assert_eq!(lookup::accounts(read, &[]).await.unwrap(), []);
    assert_eq!(lookup::accounts(read, &books.customers).await.unwrap().len(), 2);
    let deposits = lookup::AccountFilter {
        code: Some(ledger::chart::CUSTOMER_DEPOSIT.to_owned()),
        currency: Some(Currency::GBP),
        kind: Some(AccountKind::Liability),
    };
    assert_eq!(lookup::list(read, deposits, &PageRequest::first()).await.unwrap().items.len(), 2);
    let all = lookup::list(read, lookup::AccountFilter::default(), &page).await.unwrap();
    let rest = PageRequest { limit: 100, after: all.next };
    let rest = lookup::list(read, lookup::AccountFilter::default(), &rest).await.unwrap();
    assert_eq!(rest.items.len(), 16);
}

#[tokio::test]
async fn the_journal_tells_what_became_of_a_transfer() {
    let books = Books::with_transfers(2).await;
    let [first, second] = books.customers;
    let read = books.database.read();
    let payment = books.act(Action::Post { debit: first, credit: second, amount: gbp(9) }).await;
    assert_eq!(journal::reversal_of(read, payment).await.unwrap(), None);
    books.act(Action::Reverse { transfer: payment }).await;
    assert!(journal::reversal_of(read, payment).await.unwrap().is_some());
    let row = linked::find(read, payment).await.unwrap().unwrap();
    let entries = journal::entries(read, &row).await.unwrap();
    let accounts: Vec<_> = entries.iter().map(|entry| entry.account_id).collect();
    assert_eq!(accounts, [first, second], "the debit first");
    assert!(entries.iter().all(|entry| entry.transfer_id == payment && entry.amount_minor == 9));
    let held =
        books.act(Action::Hold { debit: first, credit: second, amount: gbp(5), expires_at: None }).await;
    assert_eq!(journal::hold(read, held).await.unwrap().unwrap().amount(), gbp(5));
    let row = linked::find(read, held).await.unwrap().unwrap();
    assert_eq!(journal::entries(read, &row).await.unwrap(), []);
    let page = PageRequest { limit: 3, after: None };
    let newest = journal::list(read, Condition::all(), &page).await.unwrap();
    assert_eq!(newest.items.iter().map(|row| row.position).collect::<Vec<_>>(), [5, 4, 3]);
    let rest = PageRequest { after: newest.next, ..page };
    let rest = journal::list(read, Condition::all(), &rest).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (2, None));
}

#[tokio::test]
async fn a_linked_group_is_captured_released_and_reversed_whole() {
    let books = Books::with_transfers(1).await;
    let [first, second] = books.customers;
    let read = books.database.read();
    let pair = |minor| {
        let hold = |credit| Action::Hold { debit: first, credit, amount: gbp(minor), expires_at: None };
        [books.make(hold(second)), books.make(hold(books.cash))]
    };
    let do_all =
        async |news: Vec<NewTransfer>| books.post(&Posting::SYSTEM, &news).await.unwrap()[0].transfer.id;
    let kept = linked::group(read, do_all(pair(40).to_vec()).await).await.unwrap();
    let given_back = linked::group(read, do_all(pair(30).to_vec()).await).await.unwrap();
    assert_eq!((kept.len(), given_back.len()), (2, 2));
    let captured = do_all(linked::captures(books.id(), &kept, "card")).await;
    do_all(linked::releases(books.id(), &given_back, "card")).await;
    assert_eq!(books.balance(first).await, (9_920, 0, 9_920));
    let captured = linked::group(read, captured).await.unwrap();
    do_all(linked::reversals(books.id(), &captured, "card")).await;
    assert_eq!(books.balance(first).await, (10_000, 0, 10_000));
    assert_eq!(linked::group(read, books.id()).await.unwrap(), []);
    assert!(books.verify().await.passed());
}

#[tokio::test]
async fn a_transfer_says_who_did_it_and_whether_it_came_with_the_import() {
    let books = Books::open().await;
    let [first, _] = books.customers;
    for (posting, is_imported) in
        [(customer(), false), (Posting { authority: Authority::Import, ..Posting::SYSTEM }, true)]
    {
        let new = books.make(Action::Post { debit: books.cash, credit: first, amount: gbp(1) });
        let id = books.post(&posting, &[new]).await.unwrap()[0].transfer.id;
        let row = linked::find(books.database.read(), id).await.unwrap().unwrap();
        assert_eq!((row.actor(), row.is_imported()), (Some(posting.actor), is_imported));
    }
}
