//! Amounts, days and times as a page shows them.

use std::borrow::Borrow;

use askama::Template;
use chrono::NaiveDate;
use kernel::{Instant, Money};

use super::{Format, Look, Markup};

#[derive(Template)]
#[template(source = r#"<span class="money">{{ amount }} <abbr>{{ currency }}</abbr></span>"#, ext = "html")]
struct Amount<'a> {
    amount: String,
    currency: &'a str,
}

/// Tells a debit from a credit by sign, word and color.
#[derive(Template)]
#[template(
    source = r#"<span class="money {{ word }}">{{ sign }}{{ amount }} <abbr>{{ currency }}</abbr> <small>{{ word }}</small></span>"#,
    ext = "html"
)]
struct Movement<'a> {
    sign: char,
    word: &'static str,
    amount: String,
    currency: &'a str,
}

#[derive(Template)]
#[template(source = r#"<time datetime="{{ exact }}" title="{{ title }}">{{ text }}</time>"#, ext = "html")]
struct Time {
    exact: String,
    title: String,
    text: String,
}

#[derive(Template)]
#[template(source = r#"<span title="{{ client }}">{{ name }}</span>"#, ext = "html")]
struct Device<'a> {
    client: &'a str,
    name: String,
}

/// Marks of the browsers that nearly everybody has; most claim to be those below them.
const BROWSERS: [(&str, &str); 5] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Names browser and system; another client keeps its own words.
fn device_name(client: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| client.contains(mark)).map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ => client.to_owned(),
    }
}

impl Look {
    /// Shows an amount with its currency: `{{ look.money(balance) }}`.
    pub fn money(&self, money: impl Borrow<Money>) -> Markup {
        let money = *money.borrow();
        let currency = money.currency();
        Markup::plain(&Amount { amount: self.format().amount(money), currency: currency.code() })
    }

    /// Shows money that left an account: a minus sign and the word.
    pub fn debit(&self, money: impl Borrow<Money>) -> Markup {
        self.movement(*money.borrow(), '\u{2212}', "debit")
    }

    /// Shows money that came to an account: a plus sign and the word.
    pub fn credit(&self, money: impl Borrow<Money>) -> Markup {
        self.movement(*money.borrow(), '+', "credit")
    }

    /// Shows one side of a posting, with the sign by which it changes the balance: a debit makes what the bank has
    /// grow, and what it owes shrink.
    pub fn entry(&self, money: impl Borrow<Money>, is_debit: bool, grows_by_debits: bool) -> Markup {
        let sign = if is_debit == grows_by_debits { '+' } else { '\u{2212}' };
        self.movement(*money.borrow(), sign, if is_debit { "debit" } else { "credit" })
    }

    /// Shows a business day.
    pub fn day(&self, day: impl Borrow<NaiveDate>) -> Markup {
        let day = *day.borrow();
        let exact = day.to_string();
        Markup::plain(&Time { title: exact.clone(), exact, text: self.format().day(day) })
    }

    /// Shows an instant in the bank's zone, to the minute.
    pub fn instant(&self, at: impl Borrow<Instant>) -> Markup {
        self.time(*at.borrow(), Format::instant)
    }

    /// Shows how long ago an instant was, with the instant itself as the title.
    pub fn ago(&self, at: impl Borrow<Instant>) -> Markup {
        self.time(*at.borrow(), Format::distance)
    }

    /// Names a device by what its client calls itself: `Firefox on Linux`, with the whole of it as the title.
    pub fn device(&self, client: impl AsRef<str>) -> Markup {
        let client = client.as_ref();
        Markup::plain(&Device { client, name: device_name(client) })
    }

    /// Writes a whole number in groups of three digits.
    pub fn count(&self, number: impl Into<i128>) -> String {
        self.format().count(number.into())
    }

    fn movement(&self, money: Money, sign: char, word: &'static str) -> Markup {
        let currency = money.currency();
        let amount = self.format().amount(money);
        Markup::plain(&Movement { sign, word, amount, currency: currency.code() })
    }

    fn time(&self, at: Instant, text: fn(Format, Instant) -> String) -> Markup {
        let format = self.format();
        let exact = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let title = format!("{} ({})", format.instant(at), format.zone);
        Markup::plain(&Time { exact, title, text: text(format, at) })
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn a_browser_is_named_and_another_client_keeps_its_words() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
        for (client, name) in [
            (chrome, "Chrome on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/1 Safari/1 Edg/1", "Edge on Windows"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/17 Safari/605", "Safari on macOS"),
            ("curl/8.5", "curl/8.5"),
        ] {
            assert_eq!(device_name(client), name);
        }
    }
}
