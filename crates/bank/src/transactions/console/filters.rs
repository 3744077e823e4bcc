//! What a list of transactions is narrowed by, as it was typed.

use kernel::Currency;

use crate::transactions::{Filter, Side};
use crate::web::Problem;
use crate::web::page::{Format, Listing, parse_day};

/// The longest text that is looked for.
const LONGEST: usize = 140;

/// Reads the filters of a list; amounts are in `currency`. An account is no matter of this.
///
/// # Errors
/// 422 naming the first filter that cannot be read.
pub(super) fn read(listing: &Listing, format: Format, currency: Currency) -> Result<Filter, Problem> {
    let text = |name: &str| Some(listing.text(name)).filter(|text| !text.is_empty());
    let day = |name: &'static str| {
        let wrong = |error| Problem::invalid_field(name, format!("{error}"));
        text(name).map(parse_day).transpose().map_err(|error: crate::web::page::DayError| wrong(error))
    };
    let amount = |name: &'static str| {
        let read = text(name).map(|typed| format.parse_amount(typed, currency)).transpose();
        let read = read.map_err(|error| Problem::invalid_field(name, error.to_string()))?;
        Ok::<_, Problem>(read.map(kernel::Money::minor))
    };
    let filter = Filter {
        account: None,
        from: day("from")?,
        to: day("to")?,
        least_minor: amount("least")?,
        most_minor: amount("most")?,
        side: listing.chosen::<Side>("side")?,
        code: text("code").map(str::to_owned),
        text: text("q").map(str::to_owned),
    };
    if filter.from.zip(filter.to).is_some_and(|(from, to)| from > to) {
        return Err(Problem::invalid_field("to", "the last day lies before the first"));
    }
    if filter.text.as_ref().is_some_and(|text| text.chars().count() > LONGEST || text.contains('\0')) {
        return Err(Problem::invalid_field("q", "look for at most 140 characters"));
    }
    Ok(filter)
}

/// Says what is wrong with a filter, above the list that is empty then.
pub(super) fn fault(problem: &Problem) -> String {
    let error = problem.errors().first();
    let mut letters = error.map_or(problem.title(), |error| &error.detail).chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
