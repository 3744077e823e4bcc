//! Bringing in the accounts and the history of another system, by `florin import`.
//!
//! Two files: accounts (`account,product,owner`) and transactions (`account,date,direction,amount,currency,kind,
//! counterparty,reference,external_id`). Everything is checked before anything is written, and every wrong line is
//! named. Transactions are booked in the order of their dates under the authority that only this module uses: they
//! need no funds and no open month, and count against no limit.
//!
//! A transaction's id in the ledger follows from its account's number and its `external_id`. So the same files may
//! be imported again, after an interruption or by mistake: what stands in the journal is left as it is.
//!
//! | Kind | Other side |
//! |---|---|
//! | `cash` | cash |
//! | `settlement` | settlement with other banks |
//! | `card` | settlement of cards |
//! | `interest` | interest expense when credited, interest income when debited |
//! | `fee` | fee income |
//! | `loan` | loans receivable |
//!
//! Memory: about 300 bytes a line. Cost: one commit for each 500 transactions.

mod model;
pub mod service;

pub use model::{Batch, Fault, ImportError, Source, read};
