//! The use cases, one file each.

mod approved;
mod batch;
mod cash;
mod create;
mod find;
mod foresee;
mod holds;
mod payees;
mod plan;
mod reverse;
mod wallet;

pub use approved::{execute_cash, execute_reversal};
pub use batch::{prepare_batch, submit_batch};
pub use cash::{COMMAND as OPERATE_CASH, operate_cash};
pub use create::{create_confirmed, prepare, submit};
pub use find::find;
pub use foresee::{Foreseen, forecast_cash, forecast_reversal, foresee_cash, foresee_reversal};
pub use holds::{capture, release};
pub use payees::{LookedUp, forget_lookups, look_up};
pub use plan::Planned;
pub use reverse::{COMMAND as REVERSE, is_reversible, reverse};
