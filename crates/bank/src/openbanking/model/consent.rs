//! How long a consent lasts, and when the customer hears of its end.

use chrono::Duration;
use kernel::Instant;

/// The days before the end on which the customer is reminded.
const REMINDERS: [i64; 3] = [14, 7, 1];

/// Says what the customer has to do when a consent ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Confirm it here; the bank need not be asked (SCA-RTS Art. 10A and 36(6), United Kingdom).
    Reconfirm,
    /// Prove who they are at the bank (Delegated Regulation (EU) 2018/389 Art. 10a).
    Authenticate,
}

/// Says how a country's consents end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regime {
    /// How many days one lasts.
    pub days: i64,
    /// How it is renewed.
    pub renewal: Renewal,
}

/// Holds the durations, which laws change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentRules {
    /// Days in the United Kingdom.
    pub united_kingdom_days: i64,
    /// Days in the European Economic Area.
    pub europe_days: i64,
}

impl Default for ConsentRules {
    fn default() -> Self {
        Self { united_kingdom_days: 90, europe_days: 180 }
    }
}

/// The countries of the European Economic Area, in the service's spelling.
const EUROPE: [&str; 30] = [
    "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "is", "it",
    "li", "lt", "lu", "lv", "mt", "nl", "no", "pl", "pt", "ro", "se", "si", "sk",
];

impl ConsentRules {
    /// Returns a country's regime (`uk`, `de`); an unknown country gets the strictest of each.
    pub fn regime(&self, country: &str) -> Regime {
        let country = country.to_ascii_lowercase();
        if matches!(country.as_str(), "uk" | "gb") {
            Regime { days: self.united_kingdom_days, renewal: Renewal::Reconfirm }
        } else if EUROPE.contains(&country.as_str()) {
            Regime { days: self.europe_days, renewal: Renewal::Authenticate }
        } else {
            let days = self.united_kingdom_days.min(self.europe_days);
            Regime { days, renewal: Renewal::Authenticate }
        }
    }

    /// Returns when a consent ends: when the provider says so, else by the country's clock.
    pub fn ends_at(&self, country: &str, consented_at: Instant, provider_says: Option<Instant>) -> Instant {
        provider_says.unwrap_or_else(|| consented_at + Duration::days(self.regime(country).days))
    }
}

/// Says how near a consent's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentState {
    /// Far.
    Standing,
    /// Within the days of the first reminder.
    EndingSoon {
        /// Whole days that are left.
        days_left: i64,
    },
    /// It is over, from the very instant on.
    Over,
}

impl ConsentState {
    /// Reads the clock.
    pub fn of(ends_at: Instant, now: Instant) -> Self {
        let left = ends_at - now;
        if left <= Duration::zero() {
            Self::Over
        } else if left <= Duration::days(REMINDERS[0]) {
            Self::EndingSoon { days_left: left.num_days() }
        } else {
            Self::Standing
        }
    }
}

/// Returns the reminder that is due, by its days before the end; `sent` is the last one that was sent for this end.
///
/// After a pause only the nearest is sent, and none twice. A renewed consent begins with `None` again.
pub fn reminder(ends_at: Instant, sent: Option<i64>, now: Instant) -> Option<i64> {
    let left = ends_at - now;
    if left <= Duration::zero() {
        return None;
    }
    let due = REMINDERS.into_iter().filter(|days| left <= Duration::days(*days)).min()?;
    sent.is_none_or(|sent| due < sent).then_some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn each_country_has_its_days_and_its_way_to_renew() {
        let rules = ConsentRules::default();
        for (country, days, renewal) in [
            ("uk", 90, Renewal::Reconfirm),
            ("GB", 90, Renewal::Reconfirm),
            ("de", 180, Renewal::Authenticate),
            ("AT", 180, Renewal::Authenticate),
            ("fr", 180, Renewal::Authenticate),
            ("us", 90, Renewal::Authenticate),
            ("", 90, Renewal::Authenticate),
        ] {
            assert_eq!(rules.regime(country), Regime { days, renewal }, "{country}");
        }
    }

    #[test]
    fn the_providers_end_wins_over_the_countrys_clock() {
        let rules = ConsentRules::default();
        let begun = at("2026-01-01T00:00:00Z");
        let says = at("2026-02-01T00:00:00Z");
        assert_eq!(rules.ends_at("de", begun, Some(says)), says, "earlier");
        assert_eq!(
            rules.ends_at("uk", begun, Some(at("2027-01-01T00:00:00Z"))),
            at("2027-01-01T00:00:00Z"),
            "later"
        );
        assert_eq!(rules.ends_at("uk", begun, None), at("2026-04-01T00:00:00Z"));
        assert_eq!(rules.ends_at("de", begun, None), at("2026-06-30T00:00:00Z"));
    }

    #[test]
    fn the_end_is_over_from_its_very_instant() {
        let ends = at("2026-04-01T12:00:00Z");
        for (now, expected) in [
            ("2026-03-18T11:59:59Z", ConsentState::Standing),
            ("2026-03-18T12:00:00Z", ConsentState::EndingSoon { days_left: 14 }),
            ("2026-03-31T12:00:01Z", ConsentState::EndingSoon { days_left: 0 }),
            ("2026-04-01T11:59:59Z", ConsentState::EndingSoon { days_left: 0 }),
            ("2026-04-01T12:00:00Z", ConsentState::Over),
            ("2026-05-01T00:00:00Z", ConsentState::Over),
        ] {
            assert_eq!(ConsentState::of(ends, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn reminders_come_on_three_days_once_each_and_never_after_the_end() {
        let ends = at("2026-04-01T12:00:00Z");
        for (now, sent, expected) in [
            ("2026-03-18T11:59:59Z", None, None),
            ("2026-03-18T12:00:00Z", None, Some(14)),
            ("2026-03-20T12:00:00Z", Some(14), None),
            ("2026-03-25T12:00:00Z", Some(14), Some(7)),
            ("2026-03-25T12:00:00Z", None, Some(7)),
            ("2026-03-31T12:00:00Z", Some(14), Some(1)),
            ("2026-03-31T12:00:00Z", Some(1), None),
            ("2026-04-01T12:00:00Z", None, None),
        ] {
            assert_eq!(reminder(ends, sent, at(now)), expected, "{now} {sent:?}");
        }
    }
}
