//! The links of sample customers to the mock bank, over the simulated service and by the way that everybody goes.

use anyhow::Context as _;
use bank::openbanking::ConnectionStatus;
use bank::openbanking::service::{Begin, begin, complete, list, list_events, send_test};
use bank::{Bank, Caller, identity};
use kernel::{PageRequest, Secret, SessionId};
use truelayer::CallbackFields;
use truelayer::simulator::{Authorization, Simulator};
use url::Url;

use super::credentials::customer;
use super::sample;

/// How many customers have accounts elsewhere.
const LINKED: usize = 2;

/// Leaves an event in the inbox, as an operator's test does.
pub(super) async fn report(bank: &Bank) -> anyhow::Result<()> {
    let system = bank.system_caller();
    if list_events(bank, &system, (None, PageRequest::first())).await?.items.is_empty() {
        send_test(bank, &system).await?;
    }
    Ok(())
}

/// Links the mock bank for the first customers, or renews their links: a simulator remembers nothing of an earlier start.
pub(super) async fn link(bank: &Bank, simulator: &Simulator) -> anyhow::Result<()> {
    for (number, person) in sample::customers(LINKED).into_iter().enumerate() {
        let found = identity::directory::find_by_email(bank.db.latest(), &person.email).await?;
        let Some(user) = found else { continue };
        // They are signed in, as far as the services are concerned: nobody else can consent.
        let session_id = Some(SessionId::generate(bank.now(), &bank.random));
        let caller = Caller { session_id, ..customer(bank, user) };
        walk(bank, &caller, (simulator, number)).await.context("the mock bank cannot be linked")?;
    }
    Ok(())
}

async fn walk(bank: &Bank, caller: &Caller, (simulator, number): (&Simulator, usize)) -> anyhow::Result<()> {
    let known = list(bank, caller, PageRequest::first()).await?.items;
    let known = known.into_iter().find(|row| row.status != ConnectionStatus::Revoked);
    let asked = match known {
        Some(row) => Begin { connection_id: Some(row.id), provider_id: None },
        None => Begin { connection_id: None, provider_id: Some("mock".to_owned()) },
    };
    let begun = begin(bank, caller, asked).await?;
    let link: Url = begun.url.expose().parse()?;
    let (username, password) = (format!("john{}", number + 1), format!("doe{}", number + 1));
    let walked = Authorization { username, password, ..Authorization::of(link) };
    let back = simulator.control().authorize(&walked)?.context("nobody came back")?;
    let field = |name: &str| {
        let mut pairs = back.query_pairs();
        pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    };
    let fields = CallbackFields {
        state: field("state"),
        code: field("code").map(Secret::new),
        scope: field("scope"),
        error: field("error"),
        error_description: None,
    };
    complete(bank, caller, fields).await?;
    Ok(())
}
