//! What happens to the sample bank's customers in a year, day by day, before any of it is booked.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use kernel::Random;

use super::people::{Person, amount};

/// Says what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Wages arrive from another bank.
    Salary,
    /// The rent leaves to another bank.
    Rent,
    /// A card is used at a merchant.
    Card,
    /// Cash is taken at the counter.
    CashOut,
    /// Cash is brought to the counter.
    CashIn,
    /// Money is put aside into the savings account.
    Save,
    /// A friend is paid who banks here too.
    Friend {
        /// The friend, by place among the people.
        index: usize,
    },
    /// The monthly account fee.
    Fee,
    /// Interest on savings.
    Interest,
}

/// Describes one thing that happens to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The day.
    pub on: NaiveDate,
    /// The second of that day, in UTC.
    pub second: u32,
    /// The person, by place among the people.
    pub person: usize,
    /// What happens.
    pub happening: Happening,
    /// How much, in minor units of the person's currency.
    pub amount_minor: i64,
    /// The text on the statement.
    pub reference: String,
}

const MERCHANTS: &[(&str, i64, i64)] = &[
    ("Corner & Sons Grocers", 450, 6_500),
    ("Riverside Bakery", 220, 900),
    ("Northline Rail", 380, 4_200),
    ("Halden Pharmacy", 300, 2_800),
    ("The Copper Kettle", 350, 2_600),
    ("Brightwater Energy", 4_500, 9_000),
    ("Pixel & Thread", 1_500, 9_500),
    ("Greenfield Garden Centre", 900, 7_000),
    ("Orbit Cinema", 850, 2_600),
    ("Lantern Books", 600, 3_200),
    ("Fernhill Fuel", 2_500, 7_500),
    ("Tidewater Fish Market", 700, 3_900),
];

const FAVORS: &[&str] =
    &["dinner on Friday", "concert tickets", "my half of the taxi", "birthday present", "train fare"];

/// Plans the year that ends with the day before `today`, in the order of time.
pub fn plan(random: &Random, people: &[Person], today: NaiveDate) -> Vec<Event> {
    let start = today.checked_sub_days(Days::new(365)).unwrap_or(today);
    let mut events: Vec<Event> = start
        .iter_days()
        .take_while(|day| *day < today)
        .flat_map(|day| (0..people.len()).flat_map(move |person| of_day(random, people, person, day)))
        .collect();
    // The first wages come before the first expense: nobody starts in the red.
    events.extend((0..people.len()).map(|person| {
        let opening = people[person].salary_minor;
        event(start, 7 * 3600, person, Happening::Salary, opening, "Opening transfer from former bank")
    }));
    events.sort_by_key(|event| (event.on, event.second, event.person));
    events
}

fn of_day(random: &Random, people: &[Person], index: usize, day: NaiveDate) -> Vec<Event> {
    let person = &people[index];
    let mut events = Vec::new();
    if day.day() == person.pay_day {
        events.push(event(day, 8 * 3600, index, Happening::Salary, person.salary_minor, "Salary"));
    }
    if day.day() == 1 {
        events.push(event(day, 9 * 3600, index, Happening::Rent, person.rent_minor, "Rent"));
    }
    if day.day() == 2 && person.saves {
        let put_aside = person.salary_minor / 20 / 100 * 100;
        events.push(event(day, 10 * 3600, index, Happening::Save, put_aside, "Put aside"));
    }
    if day.day() == 28 {
        events.push(event(day, 20 * 3600, index, Happening::Fee, 200, "Monthly account fee"));
        if person.saves {
            let interest = 40 + amount(random, 160);
            events.push(event(day, 20 * 3600 + 60, index, Happening::Interest, interest, "Interest"));
        }
    }
    events.extend(of_chance(random, people, index, day));
    events
}

/// Adds what does not happen by the calendar: shopping, cash, friends.
fn of_chance(random: &Random, people: &[Person], index: usize, day: NaiveDate) -> Vec<Event> {
    let mut events = Vec::new();
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    if random.below(10) < if weekend { 6 } else { 4 } {
        let place = usize::try_from(random.below(MERCHANTS.len() as u64)).unwrap_or(0);
        let (merchant, least, most) = MERCHANTS[place];
        let second = 9 * 3600 + u32::try_from(random.below(11 * 3600)).unwrap_or(0);
        events.push(event(
            day,
            second,
            index,
            Happening::Card,
            least + amount(random, most - least),
            merchant,
        ));
    }
    match random.below(100) {
        0 | 1 => {
            let taken = (1 + amount(random, 10)) * 1_000;
            events.push(event(day, 13 * 3600, index, Happening::CashOut, taken, "Cash withdrawal"));
        }
        2 => {
            let brought = (1 + amount(random, 30)) * 1_000;
            events.push(event(day, 14 * 3600, index, Happening::CashIn, brought, "Cash deposit"));
        }
        3..6 => events.extend(to_a_friend(random, people, index, day)),
        _ => {}
    }
    events
}

/// Pays a friend who keeps the same currency; nobody pays themselves.
fn to_a_friend(random: &Random, people: &[Person], index: usize, day: NaiveDate) -> Option<Event> {
    let friend = usize::try_from(random.below(people.len() as u64)).ok()?;
    if friend == index || people[friend].currency != people[index].currency {
        return None;
    }
    let favor = FAVORS[usize::try_from(random.below(FAVORS.len() as u64)).ok()?];
    let happening = Happening::Friend { index: friend };
    Some(event(day, 19 * 3600, index, happening, 500 + amount(random, 4_500), favor))
}

fn event(
    on: NaiveDate,
    second: u32,
    person: usize,
    happening: Happening,
    amount_minor: i64,
    text: &str,
) -> Event {
    Event { on, second, person, happening, amount_minor, reference: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::people::customers;

    #[test]
    fn a_year_is_the_same_every_time_in_order_and_ends_yesterday() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a date");
        let make = || {
            let random = Random::seeded(5);
            let people = customers(&random, 20);
            plan(&random, &people, today)
        };
        let events = make();
        assert_eq!(events, make());
        assert!(events.len() > 2_000, "{} events", events.len());
        assert!(events.is_sorted_by_key(|event| (event.on, event.second)));
        assert!(events.iter().all(|event| event.on < today && event.amount_minor > 0));
    }
}
