//! Every read of Data API v1.

use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::{Answer, Task};
use super::read::{Call, Endpoint, Read, Window};
use super::send::DATA_TIMEOUT;
use super::{Client, Outgoing};
use crate::data::{
    Account, AccountBalance, Card, CardBalance, DirectDebit, Info, Me, StandingOrder, Transaction,
};
use crate::environment::join;
use crate::error::Error;

impl Client {
    /// Reads what the link itself is: its bank, its scopes, and when the consent ends.
    pub async fn me(&self, call: &Call<'_>) -> Result<Answer<Me>, Error> {
        self.read(Read::all(Endpoint::Me), call).await
    }

    /// Reads who the user is.
    pub async fn info(&self, call: &Call<'_>) -> Result<Answer<Info>, Error> {
        self.read(Read::all(Endpoint::Info), call).await
    }

    /// Lists the accounts.
    pub async fn accounts(&self, call: &Call<'_>) -> Result<Answer<Account>, Error> {
        self.read(Read::all(Endpoint::Accounts), call).await
    }

    /// Reads one account.
    pub async fn account(&self, id: &str, call: &Call<'_>) -> Result<Answer<Account>, Error> {
        self.read(Read::of(Endpoint::Account, id), call).await
    }

    /// Reads an account's balance.
    pub async fn account_balance(&self, id: &str, call: &Call<'_>) -> Result<Answer<AccountBalance>, Error> {
        self.read(Read::of(Endpoint::AccountBalance, id), call).await
    }

    /// Lists an account's settled transactions; without a window the service chooses one.
    pub async fn account_transactions(
        &self,
        id: &str,
        window: Window,
        call: &Call<'_>,
    ) -> Result<Answer<Transaction>, Error> {
        self.read(Read { window, ..Read::of(Endpoint::AccountTransactions, id) }, call).await
    }

    /// Lists an account's pending transactions: they may still change or vanish.
    pub async fn account_pending_transactions(
        &self,
        id: &str,
        window: Window,
        call: &Call<'_>,
    ) -> Result<Answer<Transaction>, Error> {
        self.read(Read { window, ..Read::of(Endpoint::AccountPendingTransactions, id) }, call).await
    }

    /// Lists an account's standing orders.
    pub async fn standing_orders(&self, id: &str, call: &Call<'_>) -> Result<Answer<StandingOrder>, Error> {
        self.read(Read::of(Endpoint::StandingOrders, id), call).await
    }

    /// Lists an account's direct debits.
    pub async fn direct_debits(&self, id: &str, call: &Call<'_>) -> Result<Answer<DirectDebit>, Error> {
        self.read(Read::of(Endpoint::DirectDebits, id), call).await
    }

    /// Lists the cards.
    pub async fn cards(&self, call: &Call<'_>) -> Result<Answer<Card>, Error> {
        self.read(Read::all(Endpoint::Cards), call).await
    }

    /// Reads one card.
    pub async fn card(&self, id: &str, call: &Call<'_>) -> Result<Answer<Card>, Error> {
        self.read(Read::of(Endpoint::Card, id), call).await
    }

    /// Reads a card's balance.
    pub async fn card_balance(&self, id: &str, call: &Call<'_>) -> Result<Answer<CardBalance>, Error> {
        self.read(Read::of(Endpoint::CardBalance, id), call).await
    }

    /// Lists a card's settled transactions: their amounts are positive, whatever the direction.
    pub async fn card_transactions(
        &self,
        id: &str,
        window: Window,
        call: &Call<'_>,
    ) -> Result<Answer<Transaction>, Error> {
        self.read(Read { window, ..Read::of(Endpoint::CardTransactions, id) }, call).await
    }

    /// Lists a card's pending transactions.
    pub async fn card_pending_transactions(
        &self,
        id: &str,
        window: Window,
        call: &Call<'_>,
    ) -> Result<Answer<Transaction>, Error> {
        self.read(Read { window, ..Read::of(Endpoint::CardPendingTransactions, id) }, call).await
    }

    /// Reads what an asynchronous read brought, or how far it is ([`Answer::status`]).
    pub async fn results<T: DeserializeOwned>(
        &self,
        task_id: &str,
        call: &Call<'_>,
    ) -> Result<Answer<T>, Error> {
        self.read(Read::of(Endpoint::Results, task_id), call).await
    }

    /// Asks for a read to be done later; `webhook` is called when it is, unsigned and without the results.
    pub async fn enqueue(
        &self,
        read: Read<'_>,
        webhook: Option<&Url>,
        call: &Call<'_>,
    ) -> Result<Task, Error> {
        let webhook = webhook.map(|url| ("webhook_uri", url.to_string()));
        let pairs = [("async", "true".to_owned())].into_iter().chain(webhook);
        self.send(self.outgoing(read, call, pairs.collect())).await?.json()
    }

    /// Reads what is named; the other reads are this one with their types.
    ///
    /// # Errors
    /// [`Error`], as the service says.
    pub async fn read<T: DeserializeOwned>(
        &self,
        read: Read<'_>,
        call: &Call<'_>,
    ) -> Result<Answer<T>, Error> {
        self.send(self.outgoing(read, call, Vec::new())).await?.answer()
    }

    fn outgoing<'a>(
        &self,
        read: Read<'_>,
        call: &Call<'a>,
        more: Vec<(&'static str, String)>,
    ) -> Outgoing<'a> {
        let url = join(self.environment().api(), ["data", "v1"].into_iter().chain(read.segments()));
        let pairs: Vec<_> = read.window.pairs().into_iter().chain(more).collect();
        let mut request = self.http().get(url).query(&pairs).timeout(DATA_TIMEOUT);
        if let Some(user) = call.user {
            request = request.header(HeaderName::from_static("x-psu-ip"), user.to_string());
        }
        let correlation_id = call.correlation_id.and_then(|id| HeaderValue::from_str(id).ok());
        if let Some(correlation_id) = correlation_id {
            request = request.header(HeaderName::from_static("x-client-correlation-id"), correlation_id);
        }
        Outgoing { name: read.endpoint.as_str(), request, token: Some(call.token) }
    }
}
