//! Who did something, and where a thing has its page.

use std::collections::HashMap;

use kernel::{Actor, UserId};

use crate::Bank;
use crate::audit::Who;
use crate::identity::UserKind;
use crate::identity::directory::{self, Known};
use crate::identity::{customer_address, member_address};
use crate::web::Problem;
use crate::web::page::place_of;

/// Knows the people that a page names.
#[derive(Debug, Default)]
pub(super) struct People(HashMap<UserId, Known>);

/// Shows who or what something is, and where its page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) href: Option<String>,
}

impl People {
    /// Reads the names of people, in one statement.
    pub(super) async fn read(bank: &Bank, ids: impl IntoIterator<Item = UserId>) -> Result<Self, Problem> {
        Ok(Self(directory::known(bank.db.read(), ids).await?))
    }

    /// Names who did something.
    pub(super) fn who(&self, who: Option<Who>) -> Named {
        match who {
            Some(Who::User(id)) => self.person(id),
            Some(Who::ApiKey(_)) => Named { name: "An API key".to_owned(), href: None },
            Some(Who::System) => Named { name: "The bank itself".to_owned(), href: None },
            None => Named { name: "Unknown".to_owned(), href: None },
        }
    }

    /// Names an actor of the ledger.
    pub(super) fn actor(&self, actor: Actor) -> Named {
        self.who(Some(match actor {
            Actor::Customer(id) | Actor::Staff(id) => Who::User(id),
            Actor::ApiKey(id) => Who::ApiKey(id),
            Actor::System => Who::System,
        }))
    }

    /// Names the thing that something was done to: people by their names, everything else by its id.
    pub(super) fn subject(&self, id: &str) -> Named {
        match id.parse::<UserId>() {
            Ok(user) => self.person(user),
            Err(_) => Named { name: id.to_owned(), href: place_of(id) },
        }
    }

    fn person(&self, id: UserId) -> Named {
        match self.0.get(&id) {
            Some(Known { name, kind: UserKind::Customer }) => {
                Named { name: name.clone(), href: Some(customer_address(id)) }
            }
            Some(Known { name, kind: UserKind::Staff }) => {
                Named { name: name.clone(), href: Some(member_address(id)) }
            }
            None => Named { name: id.to_string(), href: None },
        }
    }
}
