//! `GET products`.

use axum::extract::State;
use kernel::{Currency, Money};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Product, ProductKind, service};
use crate::kyc::KycLevel;
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

/// Shows what can be opened.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductsResponse {
    /// The products, by code.
    pub items: Vec<ProductResponse>,
}

/// Shows one product.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductResponse {
    /// The stable name.
    #[schema(example = "current-gbp")]
    pub code: String,
    /// The name that customers see.
    #[schema(example = "Current account")]
    pub name: String,
    /// What it is for.
    pub kind: ProductKind,
    /// The one currency of its accounts.
    pub currency: Currency,
    /// How well every holder must be known.
    pub minimum_kyc_level: KycLevel,
    /// The largest overdraft that the bank grants.
    pub most_overdraft: Money,
    /// What an account costs a month, from the first full month on.
    pub monthly_fee: Money,
    /// What customers may pay from a new account.
    pub limits: ProductLimits,
    /// How far customers may raise these limits themselves.
    pub most_limits: ProductLimits,
}

/// Shows limits; null is unlimited.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductLimits {
    /// The largest single payment.
    pub single: Option<Money>,
    /// The most on one business day.
    pub day: Option<Money>,
    /// The most in one month.
    pub month: Option<Money>,
}

/// List the products
///
/// What can be opened, with the limits a new account starts with.
#[utoipa::path(
    get, path = "/products", tag = "accounts", operation_id = "list_products",
    responses((status = 200, description = "The products, by code", body = ProductsResponse), Problems),
)]
pub(super) async fn list(
    State(bank): State<Bank>,
    _caller: Caller,
) -> Result<Json<ProductsResponse>, Problem> {
    let products = service::list_products(&bank).await?;
    Ok(Json(ProductsResponse { items: products.into_iter().map(Into::into).collect() }))
}

impl From<Product> for ProductResponse {
    fn from(product: Product) -> Self {
        Self {
            limits: product.usual_limits().into(),
            most_limits: product.most_limits().into(),
            most_overdraft: product.most_overdraft(),
            monthly_fee: product.monthly_fee(),
            code: product.code,
            name: product.name,
            kind: product.kind,
            currency: product.currency,
            minimum_kyc_level: product.minimum_kyc_level,
        }
    }
}

impl From<ledger::SpendingLimits> for ProductLimits {
    fn from(limits: ledger::SpendingLimits) -> Self {
        Self { single: limits.largest, day: limits.day, month: limits.month }
    }
}
