//! Transfers: what callers ask for, and the rows of the journal.

use std::borrow::Cow;

use chrono::NaiveDate;
use kernel::{AccountId, Actor, Currency, Instant, Money, RequestId, TransferId};
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::seal::sha256;

/// Says what a row of the journal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Moves money.
    Posted,
    /// Reserves money: a hold.
    Pending,
    /// Moves what a hold reserved, or part of it, and releases the rest.
    Capture,
    /// Gives a hold back; when it expired, by the system.
    Release,
    /// Moves the money of another transfer back, once.
    Reversal,
}

impl TransferKind {
    /// Says whether the row moves posted balances and so has entries.
    pub const fn has_entries(self) -> bool {
        matches!(self, Self::Posted | Self::Capture | Self::Reversal)
    }

    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Pending => "pending",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Reversal => "reversal",
        }
    }
}

/// Says under which rules a posting is judged; stored with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// A customer's own payment: spending limits bind, the day is today.
    Customer,
    /// Staff: no spending limits, any day of an open month.
    Staff,
    /// Staff with a second person's approval: funds do not bind either.
    StaffForced,
    /// The program (fees, interest, jobs): no spending limits, any day of an open month.
    System,
    /// `florin import`: free of funds, limits and closed months. Only the import may use it.
    Import,
}

impl Authority {
    /// Says whether spending limits bind.
    pub const fn is_limited(self) -> bool {
        matches!(self, Self::Customer)
    }

    /// Says whether an account may not fall below its overdraft limit.
    pub const fn needs_funds(self) -> bool {
        !matches!(self, Self::StaffForced | Self::Import)
    }

    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::StaffForced => "staff_forced",
            Self::System => "system",
            Self::Import => "import",
        }
    }
}

/// Says who posts, under which rules, for which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Who does it.
    pub actor: Actor,
    /// Under which rules it is judged.
    pub authority: Authority,
    /// The request it belongs to, if any.
    pub request_id: Option<RequestId>,
}

impl Posting {
    /// Posts on behalf of the program itself.
    pub const SYSTEM: Self = Self { actor: Actor::System, authority: Authority::System, request_id: None };
}

/// Says what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves an amount from the debit to the credit account.
    Post {
        /// The account debited.
        debit: AccountId,
        /// The account credited.
        credit: AccountId,
        /// How much; above zero.
        amount: Money,
    },
    /// Reserves an amount on the debit account for the credit account.
    Hold {
        /// The account that will be debited.
        debit: AccountId,
        /// The account that will be credited.
        credit: AccountId,
        /// How much; above zero.
        amount: Money,
        /// From when on it can no longer be captured; none never.
        expires_at: Option<Instant>,
    },
    /// Moves what a hold reserved and releases the rest.
    Capture {
        /// The hold.
        hold: TransferId,
        /// How much; none is the whole.
        amount: Option<Money>,
    },
    /// Gives a hold back.
    Release {
        /// The hold.
        hold: TransferId,
    },
    /// Moves the money of a posted transfer back.
    Reverse {
        /// The transfer.
        transfer: TransferId,
    },
}

impl Action {
    /// Returns the kind of row it becomes.
    pub const fn kind(&self) -> TransferKind {
        match self {
            Self::Post { .. } => TransferKind::Posted,
            Self::Hold { .. } => TransferKind::Pending,
            Self::Capture { .. } => TransferKind::Capture,
            Self::Release { .. } => TransferKind::Release,
            Self::Reverse { .. } => TransferKind::Reversal,
        }
    }

    /// Returns the hold or transfer it refers to.
    pub const fn refers_to(&self) -> Option<TransferId> {
        match self {
            Self::Capture { hold: of, .. } | Self::Release { hold: of } | Self::Reverse { transfer: of } => {
                Some(*of)
            }
            Self::Post { .. } | Self::Hold { .. } => None,
        }
    }

    /// Returns the accounts it names, debit first; those that refer to another transfer name none.
    pub const fn accounts(&self) -> Option<(AccountId, AccountId)> {
        match self {
            Self::Post { debit, credit, .. } | Self::Hold { debit, credit, .. } => Some((*debit, *credit)),
            Self::Capture { .. } | Self::Release { .. } | Self::Reverse { .. } => None,
        }
    }
}

/// Describes a transfer to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// Chosen by the caller: the same id is never posted twice.
    pub id: TransferId,
    /// What is to be done.
    pub action: Action,
    /// What it is for the business: `transfer`, `fee`, `cash_deposit`.
    pub code: Cow<'static, str>,
    /// The text shown on statements; may be empty.
    pub reference: String,
    /// JSON text for the caller's own use; an empty text is none.
    pub metadata: Option<String>,
    /// The day it counts on; none is the business day. In the past only for staff and system, in an open month.
    pub effective_on: Option<NaiveDate>,
}

/// Names a transfer by what causes it: asked for again, it has the same id, and is made once.
///
/// A UUID of version 7 (RFC 9562 §5.7) with the time of `at` in front, so that it sorts as others do, and a digest of
/// `cause` in the place of chance.
pub fn id_from(cause: &str, at: Instant) -> TransferId {
    let mut chance = [0; 10];
    chance.copy_from_slice(&sha256(cause.as_bytes())[..10]);
    let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    TransferId::from_uuid(uuid::Builder::from_unix_timestamp_millis(milliseconds, &chance).into_uuid())
}

impl NewTransfer {
    /// Describes a transfer without reference, metadata or a day of its own.
    pub fn new(id: TransferId, action: Action, code: impl Into<Cow<'static, str>>) -> Self {
        Self { id, action, code: code.into(), reference: String::new(), metadata: None, effective_on: None }
    }
}

/// The table `ledger_transfers`.
pub mod ledger_transfer {
    use super::{AccountId, Authority, Currency, Instant, NaiveDate, TransferId, TransferKind, Uuid};
    use sea_orm::entity::prelude::*;

    /// Holds one row of the journal; never updated, never deleted.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_transfers")]
    pub struct Model {
        /// Its place in the journal; 0 in an answer that is given before the row has one.
        pub position: i64,
        /// Names the transfer; chosen by the caller.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TransferId,
        /// What the row does.
        pub kind: TransferKind,
        /// The account debited.
        pub debit_account_id: AccountId,
        /// The account credited.
        pub credit_account_id: AccountId,
        /// How much, in minor units; above zero.
        pub amount_minor: i64,
        /// The currency of both accounts.
        pub currency: Currency,
        /// What it is for the business.
        pub code: String,
        /// The text shown on statements.
        pub reference: String,
        /// JSON text for the caller's own use.
        pub metadata: Option<String>,
        /// The first transfer of the linked group it belongs to.
        pub group_id: Option<TransferId>,
        /// The hold captured or released, or the transfer reversed.
        pub of_transfer_id: Option<TransferId>,
        /// When a hold expires.
        pub expires_at: Option<Instant>,
        /// The sequence number of its entry on the debit account; holds and releases have none.
        pub debit_sequence: Option<i64>,
        /// The sequence number of its entry on the credit account.
        pub credit_sequence: Option<i64>,
        /// Under which rules it was judged.
        pub authority: Authority,
        /// What sort of actor did it; see [`Model::actor`].
        pub actor_kind: String,
        /// Who did it; the system has no id.
        pub actor_id: Option<Uuid>,
        /// The request it belongs to.
        pub request_id: Option<Uuid>,
        /// When it was booked.
        pub booked_at: Instant,
        /// The business day it was booked on.
        pub booked_on: NaiveDate,
        /// The day it counts on.
        pub effective_on: NaiveDate,
    }

    /// Names no relation: the ledger joins by hand.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use ledger_transfer::Model as Transfer;

impl Transfer {
    /// Returns how much it moves, reserves or gives back.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Returns who did it; `None` when the stored columns contradict each other.
    pub fn actor(&self) -> Option<Actor> {
        Actor::from_parts(&self.actor_kind, self.actor_id)
    }

    /// Says whether it came with the import.
    pub fn is_imported(&self) -> bool {
        self.authority == Authority::Import
    }
}

/// Tells that a transfer stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The row; its `position` is 0 unless it was there before.
    pub transfer: Transfer,
    /// Whether it stood there before this call: a repeated id with the same content.
    pub already: bool,
}
