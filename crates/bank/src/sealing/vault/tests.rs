use uuid::Uuid;

use super::*;

fn vault(bytes: &[u8]) -> Vault {
    let keys: Vec<_> = bytes.iter().map(|byte| Secret::new(vec![*byte; 32])).collect();
    Vault::new(&keys).expect("keys of 32 bytes")
}

fn owner(connection: u128, user: u128) -> Owner {
    Owner {
        connection: ConnectionId::from_uuid(Uuid::from_u128(connection)),
        user: UserId::from_uuid(Uuid::from_u128(user)),
    }
}

#[test]
fn a_token_opens_in_its_own_column_of_its_own_row_only() {
    let (vault, random) = (vault(&[1]), Random::seeded(1));
    let (key, sealed_key) = vault.make_key(&random, owner(1, 1)).expect("a key");
    let token = key.seal(&random, Column::Access, "a token");
    let again = vault.open_key(owner(1, 1), &sealed_key).expect("the row's key");
    assert_eq!(again.open(Column::Access, &token).expect("opens").expose(), "a token");
    assert_eq!(again.open(Column::Refresh, &token).err(), Some(VaultError), "another column");
    for elsewhere in [owner(2, 1), owner(1, 2)] {
        assert!(vault.open_key(elsewhere, &sealed_key).is_err(), "{elsewhere:?}");
        let (other, _) = vault.make_key(&random, elsewhere).expect("a key");
        assert!(other.open(Column::Access, &token).is_err(), "{elsewhere:?}");
    }
}

#[test]
fn a_changed_cut_or_foreign_text_does_not_open() {
    let (ours, random) = (vault(&[1]), Random::seeded(2));
    let (key, sealed_key) = ours.make_key(&random, owner(1, 1)).expect("a key");
    let token = key.seal(&random, Column::Access, "a token");
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        assert!(key.open(Column::Access, &changed).is_err(), "{at}");
    }
    for text in ["", "tl1", "tl1.row", "tl1.row..", &token[..30], &format!("{token}.x"), &sealed_key] {
        assert!(key.open(Column::Access, text).is_err(), "{text}");
    }
    assert!(vault(&[9]).open_key(owner(1, 1), &sealed_key).is_err());
    for keys in [vec![], vec![Secret::new(vec![1; 31])]] {
        assert!(Vault::new(&keys).is_err());
    }
}

#[test]
fn after_a_change_of_keys_old_rows_open_until_the_old_key_goes() {
    let random = Random::seeded(3);
    let (_, sealed) = vault(&[1]).make_key(&random, owner(1, 1)).expect("a key");
    assert!(vault(&[2, 1]).open_key(owner(1, 1), &sealed).is_ok());
    assert!(vault(&[2]).open_key(owner(1, 1), &sealed).is_err());
    assert_eq!(format!("{:?}", vault(&[1])), "[\"72cd6e84\"]");
}
