//! The bank's own choices: codes, times, limits.

use kernel::{AbaRoutingNumber, Currency, SortCode};

use super::{Group, PLAIN, Variable};
use crate::config::parse;

pub(super) const BANK: Group = Group {
    heading: "The bank",
    variables: &[
        Variable {
            name: "FLORIN_BANK_NAME",
            doc: "The bank's name, shown to customers.",
            default: Some("Florin Bank"),
            set: |config, text| {
                text.trim().clone_into(&mut config.settings.bank_name);
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_BUSINESS_TIMEZONE",
            doc: "The zone whose midnight ends the business day, by its IANA name.",
            default: Some("Europe/London"),
            set: |config, text| {
                let zone = text.parse().map_err(|_| "is no IANA time zone, such as Europe/London")?;
                config.settings.business_timezone = zone;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_BASE_CURRENCY",
            doc: "The currency of the thresholds below, by its ISO 4217 code.",
            default: Some("GBP"),
            set: |config, text| {
                let currency: Currency = text.parse().map_err(|_| "is no ISO 4217 currency code")?;
                config.settings.base_currency = currency;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_GB_BANK",
            doc: "The bank's codes, from which account numbers are made. Development has samples of no real bank; \
              production makes numbers only for countries whose codes are given. GB: four letters of the IBAN.",
            set: |config, text| {
                let fits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_uppercase());
                let code = if fits { text.to_owned() } else { return Err("is not four capital letters") };
                config.settings.bank_codes.gb_bank = code;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_GB_SORT_CODE",
            doc: "GB: the sort code, six digits.",
            set: |config, text| {
                let code = parse::matching::<SortCode>(text, "is no sort code")?;
                config.settings.bank_codes.gb_sort_code = parse::digits(&code, 6, "is not six digits")?;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_DE_BANK",
            doc: "DE: the Bankleitzahl, eight digits.",
            set: |config, text| {
                config.settings.bank_codes.de_bank = parse::digits(text, 8, "is not eight digits")?;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_AT_BANK",
            doc: "AT: the Bankleitzahl, five digits.",
            set: |config, text| {
                config.settings.bank_codes.at_bank = parse::digits(text, 5, "is not five digits")?;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_US_ROUTING",
            doc: "US: the ABA routing number, nine digits.",
            set: |config, text| {
                let code = parse::matching::<AbaRoutingNumber>(text, "is no ABA routing number")?;
                config.settings.bank_codes.us_routing = code;
                Ok(())
            },
            ..PLAIN
        },
    ],
};

pub(super) const SESSIONS: Group = Group {
    heading: "Sign-in and sessions",
    variables: &[
        Variable {
            name: "FLORIN_ACCESS_TOKEN_SECONDS",
            doc: "How long an access token lives.",
            default: Some("600"),
            set: |config, text| {
                parse::span(text, 30, 3600).map(|span| config.settings.sessions.access_token = span)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_CUSTOMER_IDLE_SECONDS",
            doc: "After how much idleness a customer's session ends (PSD2 RTS Art. 4: at most five minutes).",
            default: Some("300"),
            set: |config, text| {
                parse::span(text, 30, 86_400).map(|span| config.settings.sessions.customer_idle = span)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_STAFF_IDLE_SECONDS",
            doc: "After how much idleness a session of staff ends.",
            default: Some("900"),
            set: |config, text| {
                parse::span(text, 30, 86_400).map(|span| config.settings.sessions.staff_idle = span)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_SESSION_SECONDS",
            doc: "After how long every session ends.",
            default: Some("43200"),
            set: |config, text| {
                parse::span(text, 60, 2_592_000).map(|span| config.settings.sessions.absolute = span)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_SESSIONS_MOST",
            doc: "How many sessions a user may have at once; the oldest ends.",
            default: Some("5"),
            set: |config, text| parse::whole(text, 1, 100).map(|most| config.settings.sessions.most = most),
            ..PLAIN
        },
    ],
};

pub(super) const LIMITS: Group = Group {
    heading: "Limits and thresholds",
    variables: &[
        Variable {
            name: "FLORIN_APPROVAL_THRESHOLD_MINOR",
            doc: "From which amount, in minor units of the base currency, cash and reversals need a second person.",
            default: Some("100000"),
            set: |config, text| {
                config.settings.approval_threshold_minor = parse::whole(text, 0, i64::MAX)?;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_STEP_UP_THRESHOLD_MINOR",
            doc: "Above which amount, in minor units, a payment needs a step-up until the customer chooses another.",
            default: Some("25000"),
            set: |config, text| {
                config.settings.step_up_threshold_minor = parse::whole(text, 0, i64::MAX)?;
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_RATE_SIGN_IN",
            doc: "Requests a minute and caller: signing in, registering, resetting.",
            default: Some("30"),
            set: |config, text| {
                parse::whole(text, 1, 1_000_000).map(|rate| config.settings.rate_limits.sign_in = rate)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_RATE_READ",
            doc: "Requests a minute and caller: reads.",
            default: Some("1200"),
            set: |config, text| {
                parse::whole(text, 1, 1_000_000).map(|rate| config.settings.rate_limits.read = rate)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_RATE_WRITE",
            doc: "Requests a minute and caller: writes.",
            default: Some("600"),
            set: |config, text| {
                parse::whole(text, 1, 1_000_000).map(|rate| config.settings.rate_limits.write = rate)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_RATE_EXPENSIVE",
            doc: "Requests a minute and caller: exports, proofs and other expensive work.",
            default: Some("30"),
            set: |config, text| {
                parse::whole(text, 1, 1_000_000).map(|rate| config.settings.rate_limits.expensive = rate)
            },
            ..PLAIN
        },
    ],
};
