//! The rules of accounts as tables.

use kernel::{AccountId, Actor, Currency, Instant, Money, RequestId, UserId};
use ledger::{AccountStatus, SpendingLimits};
use uuid::Uuid;

use super::*;
use crate::kyc::KycLevel;
use crate::{Caller, Permission, Permissions, Role};

fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

fn caller(number: u128, permissions: Permissions) -> Caller {
    Caller {
        actor: Actor::Customer(user(number)),
        user_id: Some(user(number)),
        session_id: None,
        request_id: RequestId::from_uuid(Uuid::nil()),
        permissions,
        address: None,
    }
}

fn owners(roles: &[OwnerRole]) -> Vec<AccountOwner> {
    let owner = |(number, role): (u128, &OwnerRole)| AccountOwner {
        account_id: AccountId::from_uuid(Uuid::nil()),
        user_id: user(number),
        role: *role,
        added_at: Instant::UNIX_EPOCH,
    };
    (1..).zip(roles).map(owner).collect()
}

fn as_owner(role: OwnerRole, signers: Vec<UserId>) -> AccountAuthority {
    AccountAuthority { standing: Standing::Owner(role), signers }
}

fn staff() -> AccountAuthority {
    AccountAuthority { standing: Standing::Staff, signers: vec![user(1), user(2)] }
}

const ALL: [Need; 6] = [Need::View, Need::Pay, Need::Rename, Need::Limit, Need::Share, Need::Close];

#[test]
fn each_role_may_do_its_row_of_the_matrix() {
    for (role, allowed) in [
        (OwnerRole::Holder, &ALL[..]),
        (OwnerRole::JointAnySigns, &ALL[..]),
        (OwnerRole::JointAllSign, &ALL[..]),
        (OwnerRole::AttorneyViewAndPay, &[Need::View, Need::Pay][..]),
        (OwnerRole::AttorneyView, &[Need::View][..]),
    ] {
        let (owners, caller) = (owners(&[role]), caller(1, Role::Customer.permissions()));
        for need in ALL {
            let standing = judge(&caller, &owners, need).ok();
            let expected = allowed.contains(&need).then_some(Standing::Owner(role));
            assert_eq!(standing, expected, "{role:?} {need:?}");
        }
    }
}

#[test]
fn a_stranger_finds_nothing_and_staff_act_by_permission() {
    let owners = owners(&[OwnerRole::Holder]);
    for need in ALL {
        let stranger = caller(9, Role::Customer.permissions());
        assert!(matches!(judge(&stranger, &owners, need), Err(AccountError::NotFound)), "{need:?}");
        let auditor = caller(8, Role::Auditor.permissions());
        let seen = judge(&auditor, &owners, need);
        match need {
            Need::View => assert!(matches!(seen, Ok(Standing::Staff))),
            _ => assert!(matches!(seen, Err(AccountError::Forbidden(_))), "{need:?}"),
        }
        let operations = judge(&caller(7, Role::Operations.permissions()), &owners, need).ok();
        assert_eq!(operations, (need != Need::Pay).then_some(Standing::Staff), "{need:?}");
    }
}

#[test]
fn a_key_without_the_scope_is_refused_before_anything_is_looked_for() {
    let reading: Permissions = [Permission::ReadOwnAccounts].into_iter().collect();
    let key = caller(1, reading);
    assert!(require_some(&key, Need::View).is_ok());
    for need in ALL.into_iter().filter(|need| *need != Need::View) {
        assert!(matches!(require_some(&key, need), Err(AccountError::Forbidden(_))), "{need:?}");
        let judged = judge(&key, &owners(&[OwnerRole::Holder]), need);
        assert!(matches!(judged, Err(AccountError::Forbidden(_))), "{need:?}");
    }
}

#[test]
fn all_holders_sign_when_one_of_them_is_bound_to() {
    use OwnerRole::{AttorneyViewAndPay, Holder, JointAllSign, JointAnySigns};
    assert_eq!(signers(&owners(&[Holder, JointAnySigns, AttorneyViewAndPay])), []);
    assert_eq!(signers(&owners(&[Holder, JointAllSign, AttorneyViewAndPay])), [user(1), user(2)]);
    assert_eq!(as_owner(Holder, Vec::new()).signatures_required(), 1);
    let together = as_owner(Holder, vec![user(1), user(2)]);
    let refused = together.require_alone();
    assert!(matches!(refused, Err(AccountError::JointSignatureRequired { signatures_required: 2 })));
    assert!(staff().require_alone().is_ok());
}

#[test]
fn a_status_changes_only_along_its_arrows() {
    use AccountStatus::{Closed, DebitBlocked, Frozen, Open};
    for (change, from, to) in [
        (StatusChange::Freeze, Open, Some(Frozen)),
        (StatusChange::Freeze, DebitBlocked, Some(Frozen)),
        (StatusChange::Freeze, Frozen, None),
        (StatusChange::Freeze, Closed, None),
        (StatusChange::BlockDebits, Open, Some(DebitBlocked)),
        (StatusChange::BlockDebits, DebitBlocked, None),
        (StatusChange::BlockDebits, Frozen, None),
        (StatusChange::BlockDebits, Closed, None),
        (StatusChange::Unfreeze, Open, None),
        (StatusChange::Unfreeze, DebitBlocked, Some(Open)),
        (StatusChange::Unfreeze, Frozen, Some(Open)),
        (StatusChange::Unfreeze, Closed, None),
    ] {
        assert_eq!(change.decide(from).ok(), to, "{change:?} {from:?}");
    }
}

fn product() -> Product {
    Product {
        code: "current-gbp".to_owned(),
        name: "Current account".to_owned(),
        kind: ProductKind::Current,
        currency: Currency::GBP,
        minimum_kyc_level: KycLevel::NONE,
        most_overdraft_minor: 1000,
        monthly_fee_minor: 0,
        single_limit_minor: Some(10),
        day_limit_minor: None,
        month_limit_minor: None,
        most_single_limit_minor: Some(100),
        most_day_limit_minor: None,
        most_month_limit_minor: None,
    }
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

/// Asks for a single limit while 50 stands and 100 is the product's most.
fn single(
    setting: Setting,
    now: Option<Money>,
    authority: &AccountAuthority,
) -> Result<Option<Money>, String> {
    let change = LimitChange { single: setting, ..LimitChange::default() };
    let now = SpendingLimits { largest: now, ..SpendingLimits::default() };
    let decided = change.decide(now, &product(), authority);
    decided.map(|limits| limits.largest).map_err(|error| error.to_string())
}

#[test]
fn customers_lower_limits_at_once_and_raise_them_up_to_the_products_most() {
    let alone = as_owner(OwnerRole::Holder, Vec::new());
    let together = as_owner(OwnerRole::Holder, vec![user(1), user(2)]);
    let now = Some(gbp(50));
    let above = || Err("the limit single may be at most 1.00 GBP".to_owned());
    let jointly = || Err("2 holders sign together".to_owned());
    let unusable = || Err("the limit single must be zero or more, in GBP".to_owned());
    for (setting, by_one, by_one_of_two, by_staff) in [
        (Setting::Keep, Ok(now), Ok(now), Ok(now)),
        (Setting::At(gbp(0)), Ok(Some(gbp(0))), Ok(Some(gbp(0))), Ok(Some(gbp(0)))),
        (Setting::At(gbp(50)), Ok(now), Ok(now), Ok(now)),
        (Setting::At(gbp(100)), Ok(Some(gbp(100))), jointly(), Ok(Some(gbp(100)))),
        (Setting::At(gbp(101)), above(), jointly(), Ok(Some(gbp(101)))),
        (Setting::Unlimited, above(), jointly(), Ok(None)),
        (Setting::At(gbp(-1)), unusable(), unusable(), unusable()),
        (Setting::At(Money::new(1, Currency::EUR)), unusable(), unusable(), unusable()),
    ] {
        assert_eq!(single(setting, now, &alone), by_one, "{setting:?}");
        assert_eq!(single(setting, now, &together), by_one_of_two, "{setting:?}");
        assert_eq!(single(setting, now, &staff()), by_staff, "{setting:?}");
    }
    // Staff set 500 once: the customer may come down in steps, without climbing back.
    assert_eq!(single(Setting::At(gbp(400)), Some(gbp(500)), &alone), Ok(Some(gbp(400))));
    assert_eq!(single(Setting::At(gbp(50)), None, &alone), Ok(Some(gbp(50))));
}

#[test]
fn an_overdraft_is_granted_by_staff_within_the_product() {
    let ask = |minor, authority: &AccountAuthority| {
        let change = LimitChange { overdraft: Some(gbp(minor)), ..LimitChange::default() };
        change.decide_overdraft(&product(), authority).map_err(|error| error.to_string())
    };
    assert_eq!(ask(1000, &staff()), Ok(Some(gbp(1000))));
    assert_eq!(ask(1001, &staff()), Err("the limit overdraft may be at most 10.00 GBP".to_owned()));
    assert_eq!(ask(-1, &staff()), Err("the limit overdraft must be zero or more, in GBP".to_owned()));
    let customer = as_owner(OwnerRole::Holder, Vec::new());
    assert_eq!(ask(1, &customer), Err("overdrafts are granted by staff only".to_owned()));
}
