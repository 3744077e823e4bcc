//! The books for staff.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use kernel::{AccountId, Actor, ApprovalId, Currency, Instant};
use ledger::lookup::AccountFilter;
use ledger::trial::TrialLine;
use ledger::{Account, AccountStatus, Month, PeriodError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::approvals::ApprovalResponse;
use crate::audit::Reason;
use crate::oversight::{LedgerRefusal, MonthPhase, MonthState, service};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(accounts))
        .routes(routes!(trial_balance))
        .routes(routes!(periods))
        .routes(routes!(close_period))
}

/// Chooses accounts of the ledger.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LedgerAccountsQuery {
    /// The place in the chart of accounts; `customer_deposit` for customers' accounts.
    #[param(example = "cash")]
    code: Option<String>,
    /// The currency.
    currency: Option<Currency>,
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Shows one account of the ledger with its four balances, in minor units.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerAccountResponse {
    id: AccountId,
    /// The place in the chart of accounts.
    #[schema(example = "cash")]
    code: String,
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    #[schema(example = "asset")]
    kind: &'static str,
    currency: Currency,
    #[schema(value_type = String, example = "open")]
    status: AccountStatus,
    #[schema(example = 125_000)]
    debits_posted_minor: i64,
    #[schema(example = 25_000)]
    credits_posted_minor: i64,
    #[schema(example = 0)]
    debits_pending_minor: i64,
    #[schema(example = 0)]
    credits_pending_minor: i64,
    /// The posted balance, positive on the side on which the account grows.
    #[schema(example = 100_000)]
    balance_minor: i64,
    /// How many entries it has.
    #[schema(example = 42)]
    entries: i64,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Instant,
}

/// Lists the accounts of the ledger, the bank's own and customers'.
#[utoipa::path(
    get,
    path = "/ledger/accounts",
    operation_id = "list_ledger_accounts",
    tag = "ledger",
    params(LedgerAccountsQuery),
    responses((status = 200, body = PageResponse<LedgerAccountResponse>), Problems)
)]
async fn accounts(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<LedgerAccountsQuery>,
) -> Result<Json<PageResponse<LedgerAccountResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after }.page_of::<AccountId>()?;
    let filter = AccountFilter { code: query.code, currency: query.currency, kind: None };
    let page = service::ledger::list_accounts(&bank, &caller, filter, &page).await?;
    Ok(Json(PageResponse::new(page, LedgerAccountResponse::from)))
}

/// Chooses a moment.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TrialBalanceQuery {
    /// By the end of this business date, by effective dates; as everything stands when absent.
    #[param(value_type = Option<String>, format = Date, example = "2026-02-28")]
    as_of: Option<NaiveDate>,
}

/// Shows the trial balance.
#[derive(Debug, Serialize, ToSchema)]
struct TrialBalanceResponse {
    /// The business date that was asked for.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<NaiveDate>,
    lines: Vec<TrialLineResponse>,
    totals: Vec<TrialTotalResponse>,
}

/// Shows what was debited and credited on the accounts of one code and currency, in minor units.
#[derive(Debug, Serialize, ToSchema)]
struct TrialLineResponse {
    #[schema(example = "cash")]
    code: String,
    #[schema(example = "asset")]
    kind: &'static str,
    currency: Currency,
    /// How many accounts there are; of the past, how many had moved.
    #[schema(example = 1)]
    accounts: i64,
    #[schema(value_type = i64, example = 125_000)]
    debits_minor: i128,
    #[schema(value_type = i64, example = 25_000)]
    credits_minor: i128,
    /// Positive on the side on which such accounts grow.
    #[schema(value_type = i64, example = 100_000)]
    balance_minor: i128,
}

/// Shows the sums of one currency, in minor units.
#[derive(Debug, Serialize, ToSchema)]
struct TrialTotalResponse {
    currency: Currency,
    #[schema(value_type = i64, example = 125_000)]
    debits_minor: i128,
    #[schema(value_type = i64, example = 125_000)]
    credits_minor: i128,
    /// Whether the two are equal, as they must be.
    balanced: bool,
}

/// Returns the trial balance, as everything stands or by the end of a business date.
#[utoipa::path(
    get,
    path = "/ledger/trial-balance",
    operation_id = "get_trial_balance",
    tag = "ledger",
    params(TrialBalanceQuery),
    responses((status = 200, body = TrialBalanceResponse), Problems)
)]
async fn trial_balance(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<TrialBalanceQuery>,
) -> Result<Json<TrialBalanceResponse>, Problem> {
    let lines = service::ledger::trial_balance(&bank, &caller, query.as_of).await?;
    let totals = totals(&lines);
    let lines = lines.into_iter().map(TrialLineResponse::from).collect();
    Ok(Json(TrialBalanceResponse { as_of: query.as_of, lines, totals }))
}

/// Adds up each currency; the lines come sorted by it.
fn totals(lines: &[TrialLine]) -> Vec<TrialTotalResponse> {
    let currencies = lines.chunk_by(|one, next| one.currency == next.currency);
    let totals = currencies.map(|lines| {
        let debits_minor = lines.iter().map(|line| line.debits_minor).sum();
        let credits_minor = lines.iter().map(|line| line.credits_minor).sum();
        let balanced = debits_minor == credits_minor;
        TrialTotalResponse { currency: lines[0].currency, debits_minor, credits_minor, balanced }
    });
    totals.collect()
}

/// Shows how one month stands.
#[derive(Debug, Serialize, ToSchema)]
struct PeriodResponse {
    #[schema(example = "2026-02")]
    month: String,
    /// `current`, `over` (it can be closed), `closing` (waits for a second person) or `closed`.
    #[schema(example = "closed")]
    state: &'static str,
    /// What the second person decides on.
    approval_id: Option<ApprovalId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Instant>,
    /// Who asked for it: an id, or `system`.
    closed_by: Option<String>,
    /// Who agreed.
    approved_by: Option<String>,
}

/// Shows every month of the journal, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct PeriodsResponse {
    items: Vec<PeriodResponse>,
}

/// Lists the months from the journal's first to the current one, newest first, and how each stands.
#[utoipa::path(
    get,
    path = "/ledger/periods",
    tag = "ledger",
    operation_id = "list_periods",
    responses((status = 200, body = PeriodsResponse), Problems)
)]
async fn periods(State(bank): State<Bank>, caller: Caller) -> Result<Json<PeriodsResponse>, Problem> {
    let months = service::periods::list_months(&bank, &caller).await?;
    Ok(Json(PeriodsResponse { items: months.into_iter().map(PeriodResponse::from).collect() }))
}

impl From<MonthState> for PeriodResponse {
    fn from(MonthState { month, phase }: MonthState) -> Self {
        let bare = |state| Self {
            month: month.to_string(),
            state,
            approval_id: None,
            closed_at: None,
            closed_by: None,
            approved_by: None,
        };
        match phase {
            MonthPhase::Current => bare("current"),
            MonthPhase::Over => bare("over"),
            MonthPhase::Closing(approval) => Self { approval_id: Some(approval), ..bare("closing") },
            MonthPhase::Closed(closing) => Self {
                closed_at: Some(closing.closed_at),
                closed_by: closing.closed_by.map(named),
                approved_by: closing.approved_by.map(named),
                ..bare("closed")
            },
        }
    }
}

fn named(actor: Actor) -> String {
    match actor {
        Actor::Customer(id) | Actor::Staff(id) => id.to_string(),
        Actor::ApiKey(id) => id.to_string(),
        Actor::System => "system".to_owned(),
    }
}

/// Says why a month is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClosePeriodRequest {
    reason: Reason,
}

/// Asks for a month to be closed for good; a second person does it by approving.
#[utoipa::path(
    post,
    path = "/ledger/periods/{month}/close",
    tag = "ledger",
    operation_id = "close_period",
    params(("month" = String, Path, pattern = "^[0-9]{4}-[0-9]{2}$", example = "2026-02")),
    request_body = ClosePeriodRequest,
    responses((status = 202, description = "Waits for a second person", body = ApprovalResponse), Problems)
)]
async fn close_period(
    State(bank): State<Bank>,
    caller: Caller,
    Path(month): Path<String>,
    Json(request): Json<ClosePeriodRequest>,
) -> Result<(StatusCode, Json<ApprovalResponse>), Problem> {
    let month: Month = month.parse().map_err(|_| Problem::not_found())?;
    let approval = service::periods::request_close(&bank, &caller, month, request.reason).await?;
    Ok((StatusCode::ACCEPTED, Json(ApprovalResponse::new(approval, bank.now()))))
}

impl From<Account> for LedgerAccountResponse {
    fn from(account: Account) -> Self {
        Self {
            balance_minor: account.ledger_minor(),
            id: account.id,
            kind: account.kind.as_str(),
            code: account.code,
            currency: account.currency,
            status: account.status,
            debits_posted_minor: account.debits_posted_minor,
            credits_posted_minor: account.credits_posted_minor,
            debits_pending_minor: account.debits_pending_minor,
            credits_pending_minor: account.credits_pending_minor,
            entries: account.entry_sequence,
            opened_at: account.opened_at,
        }
    }
}

impl From<TrialLine> for TrialLineResponse {
    fn from(line: TrialLine) -> Self {
        Self {
            balance_minor: line.balance_minor(),
            code: line.code,
            kind: line.kind.as_str(),
            currency: line.currency,
            accounts: line.accounts,
            debits_minor: line.debits_minor,
            credits_minor: line.credits_minor,
        }
    }
}

impl From<LedgerRefusal> for Problem {
    fn from(error: LedgerRefusal) -> Self {
        match error {
            LedgerRefusal::Forbidden(forbidden) => forbidden.into(),
            LedgerRefusal::Period(PeriodError::SamePerson) => {
                Self::conflict("same_person", "A month is closed by two persons")
            }
            LedgerRefusal::Period(PeriodError::MonthNotOver { month, business_on }) => {
                Self::refused("month_not_over", "The month has not ended yet")
                    .with("month", month.to_string())
                    .with("business_on", business_on)
            }
            LedgerRefusal::Period(PeriodError::AlreadyClosed { month }) => {
                Self::conflict("month_closed", "The month is closed already").with("month", month.to_string())
            }
            LedgerRefusal::Period(PeriodError::DayInPast { .. }) => Self::internal(&error),
            LedgerRefusal::Period(PeriodError::Storage(error)) | LedgerRefusal::Storage(error) => {
                error.into()
            }
            LedgerRefusal::Approval(error) => error.into(),
            LedgerRefusal::NotFound => Self::not_found(),
            LedgerRefusal::Days => {
                Self::invalid_field("to", "must not lie before `from`, nor more than 365 days behind it")
            }
        }
    }
}
