//! Income, spending and what recurs, over all linked banks.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use kernel::Money;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::words;
use crate::Bank;
use crate::openbanking::service::{self, Insights};
use crate::openbanking::{Flow, Month, OpenBankingError, Recurring, Side};
use crate::web::Problem;
use crate::web::page::{Bar, Bars, Customer, Listing, Look, Markup};

/// How many months the page looks back.
const MONTHS: u32 = 12;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(insights_page))
}

#[derive(Template)]
#[template(path = "openbanking/pages/insights.html")]
struct InsightsPage<'a> {
    look: &'a Look,
    title: &'static str,
    accounts: usize,
    complete_through: Option<NaiveDate>,
    households: Vec<Household>,
    recurring: Vec<Repeated>,
}

/// Holds what is said about one currency.
struct Household {
    currency: String,
    month: String,
    income: Money,
    spending: Money,
    left: Money,
    categories: Vec<(String, Money)>,
    chart: Markup,
}

/// Holds something that recurs.
struct Repeated {
    party: String,
    every: &'static str,
    next_on: NaiveDate,
    amount: Markup,
}

/// Shows income and spending: of one month in full, of a year as bars.
#[utoipa::path(
    get, path = "/my/insights", tag = "own", operation_id = "insights_page", responses((status = 200))
)]
async fn insights_page(
    State(bank): State<Bank>,
    customer: Customer,
    listing: Listing,
) -> Result<Response, Problem> {
    let look = &customer.look;
    let found = service::insights(&bank, &customer.caller, MONTHS).await?;
    let households = households(look, &found, listing.text("month")).map_err(OpenBankingError::from)?;
    let recurring = found.recurring.iter().map(|one| Repeated::new(look, one)).collect();
    customer.show(&InsightsPage {
        look,
        title: "Income and spending",
        accounts: found.accounts,
        complete_through: found.complete_through,
        households,
        recurring,
    })
}

impl Repeated {
    fn new(look: &Look, one: &Recurring) -> Self {
        let is_debit = Side::from(one.direction) == Side::Debit;
        Self {
            party: one.party.clone(),
            every: words::every(one.interval),
            next_on: one.next_on,
            amount: if is_debit { look.debit(one.amount) } else { look.credit(one.amount) },
        }
    }
}

fn households(look: &Look, found: &Insights, chosen: &str) -> Result<Vec<Household>, kernel::MoneyError> {
    let mut households = Vec::new();
    let mut currencies: Vec<&String> = found.household.flows.keys().map(|(currency, _)| currency).collect();
    currencies.dedup();
    for currency in currencies {
        let months = found.household.flows.iter().filter(|((code, _), _)| code == currency);
        let months: Vec<(Month, &Flow)> = months.map(|((_, month), flow)| (*month, flow)).collect();
        households.extend(household(look, currency, &months, chosen)?);
    }
    Ok(households)
}

/// Returns none for a currency without months, which there is not.
fn household(
    look: &Look,
    currency: &str,
    months: &[(Month, &Flow)],
    chosen: &str,
) -> Result<Option<Household>, kernel::MoneyError> {
    let of_choice = months.iter().find(|(month, _)| month.to_string() == chosen);
    let Some((month, flow)) = of_choice.or(months.last()) else { return Ok(None) };
    let mut categories: Vec<_> =
        flow.spending.iter().map(|(category, amount)| (category.clone(), *amount)).collect();
    categories.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.minor()));
    let mut bars = Vec::new();
    for (month, flow) in months {
        let spent = flow.spent()?;
        bars.push(Bar {
            label: name(*month),
            short: short(*month),
            size: spent.minor(),
            text: format!("{} {currency}", look.format().amount(spent)),
            href: format!("/my/insights?month={month}"),
        });
    }
    let caption = format!("Spent each month, in {currency}");
    Ok(Some(Household {
        currency: currency.to_owned(),
        month: name(*month),
        income: flow.income,
        spending: flow.spent()?,
        left: flow.left()?,
        categories,
        chart: Bars { caption, bars }.draw(),
    }))
}

fn day_of(month: Month) -> NaiveDate {
    NaiveDate::from_ymd_opt(month.year, month.month, 1).unwrap_or_default()
}

fn name(month: Month) -> String {
    day_of(month).format("%B %Y").to_string()
}

fn short(month: Month) -> String {
    day_of(month).format("%b").to_string()
}
