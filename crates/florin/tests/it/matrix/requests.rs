//! A request that is right in everything but, perhaps, who sends it: one for each route.

mod accounts;
mod console;
mod links;
mod money;
mod oversight;
mod people;

use std::fmt::Display;

use serde_json::Value;

use super::table::path_of;
use super::world::{Which, Who, World};
use crate::harness::{Clerk, Person};

/// Holds a request without its sender.
#[derive(Clone)]
pub struct Ask {
    pub path: String,
    pub body: Option<Value>,
    /// A stand-in, where the request costs the sender the session or the password.
    pub by: Option<Person>,
    /// The same for the console.
    pub clerk: Option<Clerk>,
}

impl Ask {
    fn to(route: &'static str) -> Self {
        Self { path: path_of(route).to_owned(), body: None, by: None, clerk: None }
    }

    /// Fills in a parameter of the path.
    fn with(self, name: &str, value: impl Display) -> Self {
        Self { path: self.path.replace(&format!("{{{name}}}"), &value.to_string()), ..self }
    }

    fn query(self, query: impl Display) -> Self {
        Self { path: format!("{}?{query}", self.path), ..self }
    }

    fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    async fn by_twin(self, world: &World, who: Who) -> Self {
        Self { by: world.twin(who).await, ..self }
    }

    async fn by_twin_clerk(self, world: &World, who: Who) -> Self {
        Self { clerk: world.twin_clerk(who).await, ..self }
    }
}

/// Makes the request for a route: what it would use up is made for it.
pub async fn of(world: &World, route: &'static str, who: Who, which: Which) -> Ask {
    if let Some(ask) = console::of(world, route, who, which).await {
        return ask;
    }
    if let Some(ask) = people::entry(world, route, who).await {
        return ask;
    }
    if let Some(ask) = people::oneself(world, route, who, which).await {
        return ask;
    }
    if let Some(ask) = people::users(world, route, who, which).await {
        return ask;
    }
    if let Some(ask) = accounts::of(world, route, which).await {
        return ask;
    }
    if let Some(ask) = money::of(world, route, who, which).await {
        return ask;
    }
    if let Some(ask) = links::of(world, route, which).await {
        return ask;
    }
    oversight::of(world, route, which).await.unwrap_or_else(|| panic!("nobody wrote a request for {route}"))
}

/// Writes an id that nothing has.
fn absent(prefix: &str) -> String {
    format!("{prefix}_00000000000000000000000001")
}
