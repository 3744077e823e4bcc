//! Income, spending and what recurs, over all of a customer's links.

#![expect(unused_qualifications, reason = "the macro of a route with a query writes one")]

use axum::extract::State;
use chrono::NaiveDate;
use kernel::Money;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::openbanking::service::{self, Insights};
use crate::openbanking::{Flow, Interval, Month, OpenBankingError, Recurring, Side};
use crate::web::{Json, Problem, Problems, Query};
use crate::{Bank, Caller};

/// The longest time that is looked at, and the usual one, in months.
const MOST: u32 = 24;
const USUAL: u32 = 12;

/// Says how far back to look.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct InsightsQuery {
    /// How many months, this one included: 1 to 24; 12 when absent.
    #[param(minimum = 1, maximum = 24)]
    months: Option<u32>,
}

/// Shows what a customer's rows at other banks say. Money that moves between own accounts is neither income nor spending.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InsightsResponse {
    #[schema(value_type = String, format = Date)]
    from: NaiveDate,
    #[schema(value_type = String, format = Date)]
    to: NaiveDate,
    /// How many accounts and cards there are.
    accounts: usize,
    /// Until which day the rows of all of them are complete; absent while one was never read completely.
    #[schema(value_type = Option<String>, format = Date)]
    complete_through: Option<NaiveDate>,
    /// Each month with its flows, the newest first; currencies are never added together.
    months: Vec<FlowResponse>,
    /// What recurs and has not stopped.
    recurring: Vec<RecurringResponse>,
}

/// Shows what came in and went out in a month, in one currency.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MonthlyFlow)]
pub struct FlowResponse {
    #[schema(example = "2026-11")]
    month: String,
    #[schema(example = "GBP")]
    currency: String,
    income_minor: i64,
    /// Less what came back.
    spending_minor: i64,
    /// Income less spending.
    left_minor: i64,
    /// The spending by what it was for, the most first.
    categories: Vec<CategoryResponse>,
}

/// Shows what was spent for something; below zero when more came back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SpendingCategory)]
pub struct CategoryResponse {
    #[schema(example = "Shopping")]
    category: String,
    amount_minor: i64,
}

/// Shows something that recurs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecurringPayment)]
pub struct RecurringResponse {
    /// With whom, as the bank writes it, without numbers.
    party: String,
    direction: Side,
    interval: Interval,
    /// The middle one of the amounts.
    amount_minor: i64,
    #[schema(example = "GBP")]
    currency: String,
    #[schema(value_type = String, format = Date)]
    last_on: NaiveDate,
    #[schema(value_type = String, format = Date)]
    next_on: NaiveDate,
}

impl FlowResponse {
    fn new((currency, month): (String, Month), flow: &Flow) -> Result<Self, OpenBankingError> {
        let mut categories: Vec<_> = flow
            .spending
            .iter()
            .map(|(category, amount)| CategoryResponse {
                category: category.clone(),
                amount_minor: amount.minor(),
            })
            .collect();
        categories.sort_by_key(|category| std::cmp::Reverse(category.amount_minor));
        Ok(Self {
            month: month.to_string(),
            currency,
            income_minor: flow.income.minor(),
            spending_minor: flow.spent().map(Money::minor)?,
            left_minor: flow.left().map(Money::minor)?,
            categories,
        })
    }
}

impl From<Recurring> for RecurringResponse {
    fn from(recurring: Recurring) -> Self {
        Self {
            direction: recurring.direction.into(),
            interval: recurring.interval,
            amount_minor: recurring.amount.minor(),
            currency: recurring.amount.currency().to_string(),
            last_on: recurring.last_on,
            next_on: recurring.next_on,
            party: recurring.party,
        }
    }
}

impl TryFrom<Insights> for InsightsResponse {
    type Error = OpenBankingError;

    fn try_from(found: Insights) -> Result<Self, Self::Error> {
        let flows = found.household.flows.into_iter().map(|(key, flow)| FlowResponse::new(key, &flow));
        let mut months = flows.collect::<Result<Vec<_>, _>>()?;
        months.sort_by(|one, other| (&other.month, &one.currency).cmp(&(&one.month, &other.currency)));
        Ok(Self {
            from: found.from,
            to: found.to,
            accounts: found.accounts,
            complete_through: found.complete_through,
            months,
            recurring: found.recurring.into_iter().map(Into::into).collect(),
        })
    }
}

/// Show income, spending by category and month, and what recurs, across all of one's connections.
#[utoipa::path(
    get, path = "/integrations/truelayer/insights", operation_id = "get_insights", tag = "open-banking",
    params(InsightsQuery),
    responses((status = 200, body = InsightsResponse), Problems)
)]
pub async fn get_insights(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<InsightsQuery>,
) -> Result<Json<InsightsResponse>, Problem> {
    let months = query.months.unwrap_or(USUAL);
    if !(1..=MOST).contains(&months) {
        return Err(Problem::invalid_field("months", format!("must be between 1 and {MOST}")));
    }
    Ok(Json(service::insights(&bank, &caller, months).await?.try_into()?))
}
