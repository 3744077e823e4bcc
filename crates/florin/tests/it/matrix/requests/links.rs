//! Accounts at other banks.

use bank::openbanking::service::{self, Begin, PayIn, begin};
use bank::openbanking::{EventState, ExternalKind, external_account, webhook_event};
use kernel::{Currency, ExternalAccountId, Money};
use ledger::receipts::ReceiptKey;
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};
use serde_json::json;
use uuid::{Builder, Uuid};

use super::{Ask, absent};
use crate::matrix::table::path_of;
use crate::matrix::world::{REASON, Which, Who, World};

/// Makes a request about a connection that A has just begun.
pub async fn of(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    Some(match route {
        "POST /integrations/truelayer/auth" => ask.body(json!({ "provider_id": "mock" })),
        "GET /integrations/truelayer/callback" => ask.query("state=nobodys&code=none"),
        "POST /integrations/truelayer/callback"
        | "POST /integrations/truelayer/webhook"
        | "GET /integrations/truelayer/connections"
        | "GET /integrations/truelayer/token-stats"
        | "GET /integrations/truelayer/insights"
        | "GET /integrations/truelayer/payments"
        | "POST /integrations/truelayer/payments/webhook"
        | "GET /integrations/truelayer/providers" => ask,
        "POST /integrations/truelayer/webhook/tasks" => {
            ask.body(json!({ "task_id": "nobodys", "credentials_id": "nobodys", "status": "Succeeded" }))
        }
        "GET /integrations/truelayer/connections/{id}"
        | "DELETE /integrations/truelayer/connections/{id}"
        | "POST /integrations/truelayer/connections/{id}/refresh-tokens"
        | "POST /integrations/truelayer/connections/{id}/extend"
        | "POST /integrations/truelayer/connections/{id}/sync"
        | "GET /integrations/truelayer/connections/{id}/accounts"
        | "POST /integrations/truelayer/connections/{id}/reauthenticate" => {
            ask.with("id", connection(world, which).await)
        }
        "POST /integrations/truelayer/payments" => {
            let account = match which {
                Which::Owned => world.purse(Who::Owner).to_string(),
                Which::Missing => absent("acc"),
            };
            ask.body(json!({ "account_id": account, "amount": { "amount_minor": 1_250, "currency": "GBP" } }))
        }
        "GET /integrations/truelayer/payments/{id}" => ask.with("id", payment(world, which).await),
        "POST /integrations/truelayer/payments/{id}/provider" => ask
            .with("id", payment(world, which).await)
            .body(json!({ "provider_id": "mock-payments-gb-redirect" })),
        "GET /integrations/truelayer/connections/{id}/accounts/{account}/balance"
        | "GET /integrations/truelayer/connections/{id}/accounts/{account}/transactions"
        | "GET /integrations/truelayer/connections/{id}/accounts/{account}/standing-orders"
        | "GET /integrations/truelayer/connections/{id}/accounts/{account}/direct-debits" => {
            let connection = connection(world, which).await;
            let account = external_account(world, &connection).await;
            ask.with("id", connection).with("account", account)
        }
        _ => return None,
    })
}

/// Begins a payment of A's from another bank.
async fn payment(world: &World, which: Which) -> String {
    let bank = &world.app.bank;
    if which == Which::Missing {
        return absent("bpy");
    }
    let amount = Money::new(1_250, Currency::GBP);
    let order = PayIn { account_id: world.purse(Who::Owner), amount, provider_id: None };
    let key = ReceiptKey {
        id: Builder::from_random_bytes(bank.random.bytes()).into_uuid(),
        fingerprint: Uuid::nil(),
    };
    service::pay_in(bank, &world.caller_of_owner(), (order, key)).await.unwrap().row.id.to_string()
}

/// Makes a request for a page about connections, of staff or of a customer.
pub async fn page(world: &World, route: &'static str, which: Which) -> Option<Ask> {
    let (ask, path) = (Ask::to(route), path_of(route));
    let because = json!({ "reason": REASON, "consent": "yes" });
    Some(match path {
        "/my/banks" => ask.body(json!({ "provider_id": "mock" })),
        "/my/banks/return" => ask.query("state=nobodys&code=none"),
        "/my/banks/{id}/accounts/{account}" => {
            let connection = connection(world, which).await;
            let account = external_account(world, &connection).await;
            ask.with("id", connection).with("account", account)
        }
        "/admin/connections/{id}"
        | "/admin/connections/{id}/read"
        | "/my/banks/{id}"
        | "/my/banks/{id}/read"
        | "/my/banks/{id}/renew"
        | "/my/banks/{id}/end" => ask.with("id", connection(world, which).await).body(because),
        "/admin/connections/webhooks/{event}" | "/admin/connections/webhooks/{event}/replay" => {
            ask.with("event", event(world, which).await).body(because)
        }
        _ => return None,
    })
}

/// Makes an event as if it had been reported.
async fn event(world: &World, which: Which) -> String {
    let bank = &world.app.bank;
    let event_id = format!("evt {}", u64::from_be_bytes(bank.random.bytes()));
    if which == Which::Owned {
        let row = webhook_event::Model {
            event_id: event_id.clone(),
            kind: "account.updated".to_owned(),
            resource_id: "nobodys".to_owned(),
            connection_id: None,
            happened_at: bank.now(),
            received_at: bank.now(),
            state: EventState::Unmatched,
        };
        row.into_active_model().reset_all().insert(bank.db.primary()).await.unwrap();
    }
    event_id.replace(' ', "%20")
}

/// Makes an account as if it had been read, where there is a connection.
async fn external_account(world: &World, connection: &str) -> ExternalAccountId {
    let bank = &world.app.bank;
    let id = ExternalAccountId::generate(bank.now(), &bank.random);
    let connection_id = connection.parse().unwrap();
    let user_id = world.caller_of_owner().user_id.unwrap();
    if service::find(bank, &world.caller_of_owner(), connection_id).await.is_ok() {
        let row = external_account::Model {
            id,
            connection_id,
            user_id,
            account_key: id.uuid().as_bytes().to_vec(),
            kind: ExternalKind::Account,
            service_id: "one".to_owned(),
            currency: Currency::GBP,
            answer: String::new(),
            current_minor: None,
            available_minor: None,
            overdraft_minor: None,
            balance_at: None,
            complete_through: None,
            history_closed: false,
            created_at: bank.now(),
            updated_at: bank.now(),
        };
        row.into_active_model().reset_all().insert(bank.db.primary()).await.unwrap();
    }
    id
}

async fn connection(world: &World, which: Which) -> String {
    match which {
        Which::Missing => absent("con"),
        Which::Owned => {
            let begun = begin(&world.app.bank, &world.caller_of_owner(), Begin::default()).await;
            begun.unwrap().connection_id.to_string()
        }
    }
}
