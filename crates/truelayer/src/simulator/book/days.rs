//! What happens on which day.

use chrono::{Datelike as _, NaiveDate, NaiveTime, Weekday};
use kernel::{Instant, Random};

use super::Book;
use super::rows::{Pending, Row, Sort};

/// Writes a day into every account and card that the user has at the bank.
pub(super) fn write(book: &mut Book, date: NaiveDate, random: &Random) {
    let day = Day { date, random };
    fixed(book, &day);
    spending(book, &day);
    announced(book, &day);
    if book.find("savings").is_some() {
        savings(book, &day);
    }
    if book.find("business").is_some() {
        business(book, &day);
    }
    if book.find("card").is_some() {
        card(book, &day);
    }
}

struct Day<'a> {
    date: NaiveDate,
    random: &'a Random,
}

impl Day<'_> {
    fn at(&self, hour: u32, minute: u32) -> Instant {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
        self.date.and_time(time).and_utc()
    }

    fn is(&self, day: u32) -> bool {
        self.date.day() == day
    }

    fn is_in(&self, months: &[u32]) -> bool {
        months.contains(&self.date.month())
    }

    fn is_one_of(&self, weekdays: &[Weekday]) -> bool {
        weekdays.contains(&self.date.weekday())
    }

    /// Draws an amount between two bounds in minor units.
    fn draw(&self, least: u64, most: u64) -> i64 {
        i64::try_from(least + self.random.below(most - least)).unwrap_or_default()
    }

    fn row(&self, hour: u32, minor: i64, description: &str, sort: Sort) -> Row {
        let minute = u32::try_from(self.random.below(60)).unwrap_or_default();
        Row {
            at: self.at(hour, minute),
            sequence: 0,
            minor,
            description: description.to_owned(),
            merchant: None,
            sort,
        }
    }

    fn bought(&self, hour: u32, minor: i64, merchant: &str, sort: Sort) -> Row {
        let text = format!("CARD PAYMENT {}", merchant.to_uppercase());
        Row { merchant: Some(merchant.to_owned()), ..self.row(hour, -minor, &text, sort) }
    }
}

/// Salary, rent, direct debits: the same every month.
fn fixed(book: &mut Book, day: &Day<'_>) {
    let monthly = [
        (25, 6, 285_000, "NORTHWIND TRADING LTD SALARY", Sort::Salary),
        (1, 5, -95_000, "HARBOUR LETTINGS RENT FLAT 4", Sort::StandingOrder),
        (3, 5, -7_840, "BRIGHTSPARK ENERGY", Sort::DirectDebit),
        (8, 5, -2_400, "EE MOBILE", Sort::DirectDebit),
        (12, 5, -3_150, "CITY COUNCIL TAX", Sort::DirectDebit),
        (20, 4, -999, "STREAMBOX SUBSCRIPTION", Sort::Subscription),
        (15, 11, -5_000, "CASH WITHDRAWAL HIGH STREET", Sort::Cash),
    ];
    for (date, hour, minor, text, sort) in monthly {
        if day.is(date) {
            book.add("current", day.row(hour, minor, text, sort));
        }
    }
    if day.is(10) && day.is_in(&[1, 4, 7, 10]) {
        let abroad = Row {
            merchant: Some("Hotel Lisboa".to_owned()),
            ..day.row(20, -10_256, "HOTEL LISBOA 120.00 EUR RATE 1.1700", Sort::Foreign)
        };
        book.add("current", abroad);
        book.add("current", day.row(21, -297, "NON-STERLING TRANSACTION FEE", Sort::Fee));
    }
    if day.is(18) && day.is_in(&[2, 5, 8, 11]) {
        let refund = Row {
            merchant: Some("Larkfield Outfitters".to_owned()),
            ..day.row(13, 3_499, "REFUND LARKFIELD OUTFITTERS", Sort::Refund)
        };
        book.add("current", refund);
    }
}

/// Groceries, coffee and the bus, where twice on one day are two identical rows.
fn spending(book: &mut Book, day: &Day<'_>) {
    if day.is_one_of(&[Weekday::Mon, Weekday::Thu, Weekday::Sat]) {
        let amount = day.draw(1_200, 6_500);
        book.add("current", day.bought(17, amount, "Corner Grocers", Sort::Groceries));
    }
    if day.random.below(10) < 5 {
        let amount = day.draw(280, 560);
        book.add("current", day.bought(8, amount, "Pavement Coffee", Sort::Dining));
    }
    if day.is(14) {
        let ride = Row { at: day.at(9, 0), ..day.bought(9, 280, "City Buses", Sort::Travel) };
        book.add("current", ride.clone());
        book.add("current", ride);
    }
}

/// A dinner that books two days later with a tip of 12 %, and a fuel pump's reservation that vanishes.
fn announced(book: &mut Book, day: &Day<'_>) {
    if day.date.weekday() == Weekday::Fri {
        let dinner = day.bought(19, 5_000, "Trattoria Verde", Sort::Dining);
        book.add_pending("current", Pending::booking(dinner, 2, 112));
    }
    if day.is_one_of(&[Weekday::Wed]) {
        let reservation = day.bought(7, 9_900, "Fuel Stop", Sort::Travel);
        book.add_pending("current", Pending::vanishing(reservation, 3));
    }
}

fn savings(book: &mut Book, day: &Day<'_>) {
    if day.is(26) {
        let (out, into) = ("TRANSFER TO EASY SAVER", "TRANSFER FROM CURRENT TO SAVER");
        book.add("current", day.row(6, -20_000, out, Sort::OwnTransfer));
        book.add("savings", day.row(6, 20_000, into, Sort::OwnTransfer));
    }
    if day.is(28) {
        let interest = day.draw(150, 400);
        book.add("savings", day.row(3, interest, "INTEREST PAID GROSS", Sort::Interest));
    }
}

fn business(book: &mut Book, day: &Day<'_>) {
    if day.date.weekday() == Weekday::Tue {
        let amount = day.draw(20_000, 64_000);
        book.add("business", day.row(10, amount, "INVOICE PAYMENT ALDER AND SONS", Sort::Invoice));
    }
    if day.is(5) {
        book.add("business", day.row(5, -2_900, "LEDGERLINE SOFTWARE", Sort::DirectDebit));
    }
    if day.is(7) && day.is_in(&[2, 5, 8, 11]) {
        book.add("business", day.row(5, -145_000, "HMRC VAT", Sort::DirectDebit));
    }
}

fn card(book: &mut Book, day: &Day<'_>) {
    if day.is_one_of(&[Weekday::Tue, Weekday::Sun]) {
        let amount = day.draw(900, 4_800);
        book.add("card", day.bought(15, amount, "Quayside Books", Sort::Purchase));
    }
    if day.date.weekday() == Weekday::Sat {
        let ticket = day.bought(21, 1_850, "Rialto Cinema", Sort::Purchase);
        book.add_pending("card", Pending::booking(ticket, 1, 100));
    }
    if day.is(27) {
        book.add("current", day.row(6, -33_000, "CREDIT CARD PAYMENT", Sort::CardPayment));
        book.add("card", day.row(7, 33_000, "PAYMENT RECEIVED THANK YOU", Sort::CardPayment));
    }
}
