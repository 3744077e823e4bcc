//! A key of staff does what its scopes say, not what its owner may.

use super::world::{Who, World, key};

#[tokio::test]
async fn a_key_that_sees_accounts_does_not_see_transactions() {
    let world = World::new().await;
    let (account, transfer) = (world.account, world.transfer);
    let narrow = key(&world.app, world.person(Who::Support), &["accounts:read"]).await;
    let wide = key(&world.app, world.person(Who::Support), &["accounts:read", "transactions:read"]).await;
    let get = async |key: &str, path: &str| {
        world.app.get(&format!("/api/v1{path}")).bearer(key).send().await.status.as_u16()
    };
    for key in [&narrow, &wide] {
        assert_eq!(get(key, &format!("/accounts/{account}")).await, 200);
    }
    for path in [
        format!("/accounts/{account}/transactions"),
        format!("/transactions?account_id={account}"),
        format!("/transactions/export?account_id={account}"),
        format!("/transactions/{transfer}"),
        format!("/transfers/{transfer}"),
    ] {
        assert_eq!((get(&narrow, &path).await, get(&wide, &path).await), (403, 200), "{path}");
    }
}
