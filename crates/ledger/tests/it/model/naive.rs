//! A ledger as one would write it on a napkin: a list of what happened, and sums over that list for every question.
//!
//! Written from the rules, not from the ledger's code: it keeps no running balance and no counter.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use kernel::{AccountId, Currency, Instant, TransferId};
use ledger::{AccountStatus, Action, Authority, NewTransfer, SpendingLimits};

#[derive(Clone)]
pub(super) struct Account {
    pub(super) currency: Currency,
    pub(super) grows_by_debits: bool,
    pub(super) funded: bool,
    pub(super) status: AccountStatus,
    pub(super) overdraft: i64,
    pub(super) limits: SpendingLimits,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Pending,
    Captured,
    Released,
    Expired,
}

#[derive(Clone)]
pub(super) struct Happened {
    pub(super) new: NewTransfer,
    pub(super) group: Option<TransferId>,
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    pub(super) amount: i64,
    pub(super) currency: Currency,
    pub(super) counted: bool,
    pub(super) on: NaiveDate,
    /// What became of it, if it is a hold.
    pub(super) fate: Fate,
    pub(super) reversed: bool,
}

impl Happened {
    fn moves(&self) -> bool {
        matches!(self.new.action, Action::Post { .. } | Action::Capture { .. } | Action::Reverse { .. })
    }

    pub(super) fn is_hold(&self) -> bool {
        matches!(self.new.action, Action::Hold { .. })
    }

    fn expires_at(&self) -> Option<Instant> {
        if let Action::Hold { expires_at, .. } = self.new.action { expires_at } else { None }
    }
}

#[derive(Clone, Default)]
pub(super) struct Naive {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) happened: Vec<Happened>,
    /// What was counted against limits, and given back.
    pub(super) spent: Vec<(AccountId, NaiveDate, i128)>,
    pub(super) closed: BTreeSet<(i32, u32)>,
    pub(super) business_on: Option<NaiveDate>,
}

/// Says whether an item was done before; the refusal's code otherwise.
pub(super) type Outcome = Result<bool, &'static str>;

impl Naive {
    pub(super) fn find(&self, id: TransferId) -> Option<&Happened> {
        self.happened.iter().find(|happened| happened.new.id == id)
    }

    /// Sums what moved on one side of an account.
    pub(super) fn posted(&self, id: AccountId, side: fn(&Happened) -> AccountId) -> i128 {
        let moved = self.happened.iter().filter(|happened| happened.moves() && side(happened) == id);
        moved.map(|happened| i128::from(happened.amount)).sum()
    }

    pub(super) fn pending(&self, id: AccountId, side: fn(&Happened) -> AccountId) -> i128 {
        let open =
            self.happened.iter().filter(|happened| happened.is_hold() && happened.fate == Fate::Pending);
        open.filter(|happened| side(happened) == id).map(|happened| i128::from(happened.amount)).sum()
    }

    pub(super) fn spent(&self, id: AccountId, same: impl Fn(NaiveDate) -> bool) -> i128 {
        let of = self.spent.iter().filter(|(account, on, _)| *account == id && same(*on));
        of.map(|(_, _, amount)| amount).sum()
    }

    /// Gives back what is overdue on accounts that are looked at.
    pub(super) fn expire(&mut self, now: Instant, on: NaiveDate, touched: &BTreeSet<AccountId>) {
        let mut back = Vec::new();
        for hold in &mut self.happened {
            let overdue = hold.fate == Fate::Pending && hold.expires_at().is_some_and(|at| at <= now);
            if overdue && touched.contains(&hold.debit) {
                hold.fate = Fate::Expired;
                back.push(hold.clone());
            }
        }
        for hold in back {
            self.give_back(&hold, hold.amount, on);
        }
    }

    /// Lists the accounts that a transfer looks at.
    pub(super) fn touched(&self, new: &NewTransfer) -> Vec<AccountId> {
        if let Some((debit, credit)) = new.action.accounts() {
            return vec![debit, credit];
        }
        let Some(of) = new.action.refers_to().and_then(|id| self.find(id)) else { return Vec::new() };
        let group = self.happened.iter().filter(|other| of.group.is_some() && other.group == of.group);
        group.chain([of]).flat_map(|other| [other.debit, other.credit]).collect()
    }

    /// Does an item or refuses it; afterwards nothing changed when it was refused.
    pub(super) fn act(
        &mut self,
        now: Instant,
        on: NaiveDate,
        by: Authority,
        item: &[NewTransfer],
    ) -> Outcome {
        let known = item.iter().filter(|new| self.find(new.id).is_some()).count();
        let group = (item.len() > 1).then(|| item[0].id);
        if known > 0 {
            let same = |new: &NewTransfer| {
                self.find(new.id).is_some_and(|old| old.new == *new && old.group == group)
            };
            return if item.iter().all(same) { Ok(true) } else { Err("id_reused") };
        }
        let before = self.clone();
        for new in item {
            if let Err(code) = self.act_one(now, on, by, (new, item, group)) {
                *self = before;
                return Err(code);
            }
        }
        Ok(false)
    }

    fn act_one(
        &mut self,
        now: Instant,
        on: NaiveDate,
        by: Authority,
        (new, item, group): (&NewTransfer, &[NewTransfer], Option<TransferId>),
    ) -> Result<(), &'static str> {
        let (debit, credit, amount, currency) = self.terms(now, new, item)?;
        let counts = by == Authority::Customer && new.action.refers_to().is_none();
        self.judge(on, by, new, (debit, credit, amount, currency), counts)?;
        if let Some(of) = new.action.refers_to() {
            let target = self.happened.iter_mut().find(|happened| happened.new.id == of).expect("judged");
            match new.action {
                Action::Capture { .. } => target.fate = Fate::Captured,
                Action::Release { .. } => target.fate = Fate::Released,
                _ => target.reversed = true,
            }
            let target = target.clone();
            match new.action {
                Action::Capture { .. } => self.give_back(&target, target.amount - amount, on),
                Action::Release { .. } => self.give_back(&target, target.amount, on),
                _ => {}
            }
        }
        if counts {
            self.spent.push((debit, on, i128::from(amount)));
        }
        self.happened.push(Happened {
            new: new.clone(),
            group,
            debit,
            credit,
            amount,
            currency,
            counted: counts,
            on,
            fate: Fate::Pending,
            reversed: false,
        });
        // Neither a balance nor a counter may leave 64 bits.
        let fits = |sum: i128| i64::try_from(sum).is_ok();
        let fine = fits(self.posted(debit, |it| it.debit))
            && fits(self.posted(credit, |it| it.credit))
            && fits(self.pending(debit, |it| it.debit))
            && fits(self.pending(credit, |it| it.credit))
            && (!counts
                || fits(self.spent(debit, |day| (day.year(), day.month()) == (on.year(), on.month()))));
        if fine { Ok(()) } else { Err("out_of_range") }
    }

    fn give_back(&mut self, hold: &Happened, amount: i64, on: NaiveDate) {
        if hold.counted && hold.on == on {
            self.spent.push((hold.debit, on, -i128::from(amount)));
        }
    }

    /// Works out who pays whom how much.
    fn terms(
        &self,
        now: Instant,
        new: &NewTransfer,
        item: &[NewTransfer],
    ) -> Result<(AccountId, AccountId, i64, Currency), &'static str> {
        match new.action {
            Action::Post { amount, .. } | Action::Hold { amount, .. } if amount.minor() <= 0 => {
                Err("amount_not_positive")
            }
            Action::Capture { amount: Some(amount), .. } if amount.minor() <= 0 => Err("amount_not_positive"),
            Action::Post { debit, credit, .. } | Action::Hold { debit, credit, .. } if debit == credit => {
                Err("same_account")
            }
            Action::Hold { expires_at: Some(at), .. } if at <= now => Err("expiry_in_past"),
            Action::Post { debit, credit, amount } | Action::Hold { debit, credit, amount, .. } => {
                Ok((debit, credit, amount.minor(), amount.currency()))
            }
            Action::Capture { hold, amount } => {
                let hold = self.open_hold(now, hold)?;
                let asked = amount.map_or(hold.amount, kernel::Money::minor);
                if amount.is_some_and(|amount| amount.currency() != hold.currency) {
                    return Err("currency_differs");
                }
                if asked > hold.amount {
                    return Err("capture_exceeds_hold");
                }
                self.whole_group(hold, item)?;
                Ok((hold.debit, hold.credit, asked, hold.currency))
            }
            Action::Release { hold } => {
                let hold = self.open_hold(now, hold)?;
                self.whole_group(hold, item)?;
                Ok((hold.debit, hold.credit, hold.amount, hold.currency))
            }
            Action::Reverse { transfer } => {
                let old = self.find(transfer).ok_or("transfer_not_found")?;
                match old.new.action {
                    Action::Hold { .. } | Action::Release { .. } => return Err("nothing_to_reverse"),
                    Action::Reverse { .. } => return Err("is_reversal"),
                    _ if old.reversed => return Err("already_reversed"),
                    _ => {}
                }
                self.whole_group(old, item)?;
                Ok((old.credit, old.debit, old.amount, old.currency))
            }
        }
    }

    fn open_hold(&self, now: Instant, id: TransferId) -> Result<&Happened, &'static str> {
        let hold = self.find(id).ok_or("transfer_not_found")?;
        match hold.fate {
            _ if !hold.is_hold() => Err("not_a_hold"),
            Fate::Pending if hold.expires_at().is_some_and(|at| at <= now) => Err("hold_expired"),
            Fate::Expired => Err("hold_expired"),
            Fate::Pending => Ok(hold),
            Fate::Captured | Fate::Released => Err("hold_not_pending"),
        }
    }

    fn whole_group(&self, of: &Happened, item: &[NewTransfer]) -> Result<(), &'static str> {
        let mut others = self
            .happened
            .iter()
            .filter(|other| of.group.is_some() && other.group == of.group && other.moves() == of.moves());
        let named = |id| item.iter().any(|new| new.action.refers_to() == Some(id));
        if others.all(|other| named(other.new.id)) { Ok(()) } else { Err("group_incomplete") }
    }

    fn judge(
        &self,
        on: NaiveDate,
        by: Authority,
        new: &NewTransfer,
        (debit_id, credit_id, amount, currency): (AccountId, AccountId, i64, Currency),
        counts: bool,
    ) -> Result<(), &'static str> {
        let debit = self.accounts.get(&debit_id).ok_or("account_not_found")?;
        let credit = self.accounts.get(&credit_id).ok_or("account_not_found")?;
        if debit.currency != currency || credit.currency != currency {
            return Err("currency_differs");
        }
        let effective = new.effective_on.unwrap_or(on);
        if effective > on {
            return Err("effective_in_future");
        }
        if effective < on && by == Authority::Customer {
            return Err("effective_in_past");
        }
        if by != Authority::Import && self.closed.contains(&(effective.year(), effective.month())) {
            return Err("month_closed");
        }
        if matches!(new.action, Action::Release { .. }) {
            return Ok(());
        }
        let capture = matches!(new.action, Action::Capture { .. });
        match debit.status {
            AccountStatus::Open => {}
            AccountStatus::DebitBlocked if capture => {}
            _ => return Err("debit_account_status"),
        }
        if matches!(credit.status, AccountStatus::Frozen | AccountStatus::Closed) {
            return Err("credit_account_status");
        }
        let over = |limit: Option<kernel::Money>, spent: i128| {
            limit.is_some_and(|limit| spent + i128::from(amount) > i128::from(limit.minor()))
        };
        if counts {
            if over(debit.limits.largest, 0) {
                return Err("largest_exceeded");
            }
            if over(debit.limits.day, self.spent(debit_id, |day| day == on)) {
                return Err("day_limit_exceeded");
            }
            let month = |day: NaiveDate| (day.year(), day.month()) == (on.year(), on.month());
            if over(debit.limits.month, self.spent(debit_id, month)) {
                return Err("month_limit_exceeded");
            }
        }
        if capture || matches!(by, Authority::StaffForced | Authority::Import) {
            return Ok(());
        }
        for (id, account, shrinks) in
            [(debit_id, debit, !debit.grows_by_debits), (credit_id, credit, credit.grows_by_debits)]
        {
            if account.funded && shrinks && self.available(id) < i128::from(amount) {
                return Err("insufficient_funds");
            }
        }
        Ok(())
    }

    /// Returns balance less holds plus overdraft.
    fn available(&self, id: AccountId) -> i128 {
        let account = &self.accounts[&id];
        let (debits, credits) = (self.posted(id, |it| it.debit), self.posted(id, |it| it.credit));
        let (balance, held) = if account.grows_by_debits {
            (debits - credits, self.pending(id, |it| it.credit))
        } else {
            (credits - debits, self.pending(id, |it| it.debit))
        };
        balance - held + i128::from(account.overdraft)
    }
}
