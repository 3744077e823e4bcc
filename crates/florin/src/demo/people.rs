//! The customers of the sample bank: invented, the same every time.

use kernel::{CountryCode, Currency, Random};

/// Describes one customer of the sample bank.
#[derive(Clone, Debug)]
pub struct Person {
    /// The full name.
    pub name: String,
    /// The address to sign in with; `.example` is reserved (RFC 2606) and reaches nobody.
    pub email: String,
    /// Where the accounts are kept.
    pub country: CountryCode,
    /// The accounts' currency.
    pub currency: Currency,
    /// What comes in each month, in minor units.
    pub salary_minor: i64,
    /// What the home costs each month, in minor units.
    pub rent_minor: i64,
    /// The day of the month on which the salary comes.
    pub pay_day: u32,
    /// Whether there is a savings account beside the current account.
    pub saves: bool,
}

const GIVEN: &[&str] = &[
    "Amelia", "Bruno", "Clara", "Dylan", "Edith", "Felix", "Greta", "Hugo", "Imogen", "Jonas", "Katja",
    "Leo", "Marta", "Noah", "Olivia", "Paul", "Quentin", "Rosa", "Samir", "Tilda", "Ursula", "Victor",
    "Wanda", "Yusuf", "Zoe", "Arthur", "Beatrix", "Callum", "Daria", "Emil",
];

const FAMILY: &[&str] = &[
    "Ashworth",
    "Bauer",
    "Carmichael",
    "Dietrich",
    "Ellison",
    "Fairclough",
    "Gruber",
    "Hartley",
    "Ivanova",
    "Jennings",
    "Kessler",
    "Lockwood",
    "Moser",
    "Northcott",
    "Okafor",
    "Pichler",
    "Quigley",
    "Reinhardt",
    "Sharma",
    "Thornbury",
    "Unger",
    "Vasquez",
    "Whitfield",
    "Yilmaz",
    "Zimmermann",
];

/// Makes `count` customers from `random`; no two share a name.
pub fn customers(random: &Random, count: usize) -> Vec<Person> {
    (0..count).map(|index| person(random, index)).collect()
}

fn person(random: &Random, index: usize) -> Person {
    let given = GIVEN[index % GIVEN.len()];
    // A step that shares no factor with the number of names: pairs repeat only after all are used.
    let family = FAMILY[(index * 7 + index / GIVEN.len()) % FAMILY.len()];
    let (country, currency) = match random.below(10) {
        0..6 => (CountryCode::GB, Currency::GBP),
        6 | 7 => (CountryCode::DE, Currency::EUR),
        8 => (CountryCode::AT, Currency::EUR),
        _ => (CountryCode::US, Currency::USD),
    };
    let salary_minor = 180_000 + amount(random, 420_000) / 500 * 500;
    Person {
        name: format!("{given} {family}"),
        email: format!("{}.{}@customers.example", given.to_lowercase(), family.to_lowercase()),
        country,
        currency,
        salary_minor,
        rent_minor: salary_minor * 3 / 10 / 500 * 500,
        pay_day: 24 + u32::try_from(random.below(5)).unwrap_or(0),
        saves: random.below(3) > 0,
    }
}

/// Draws an amount of minor units below `bound`.
pub fn amount(random: &Random, bound: i64) -> i64 {
    i64::try_from(random.below(bound.unsigned_abs())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people_and_no_two_share_an_address() {
        let people = customers(&Random::seeded(1), 60);
        let again = customers(&Random::seeded(1), 60);
        let emails = |people: &[Person]| people.iter().map(|person| person.email.clone()).collect::<Vec<_>>();
        assert_eq!(emails(&people), emails(&again));
        let mut unique = emails(&people);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), 60);
        assert!(people.iter().all(|person| person.rent_minor < person.salary_minor && person.rent_minor > 0));
    }
}
