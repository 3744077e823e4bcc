//! What is asked of the ledger: mostly sensible, sometimes at an edge or plainly wrong.

use chrono::Duration;
use kernel::{AccountId, Currency, Money, TransferId};
use ledger::{Action, Authority, ChartCode, NewTransfer, chart};

use super::drive::Drive;
use super::naive::Happened;

impl Drive {
    /// Draws an item: one transfer, a linked group, a repetition, or a repetition with other content.
    pub(super) fn item(&mut self) -> Vec<NewTransfer> {
        if !self.items.is_empty() && self.pick(100) < 10 {
            let mut item = self.items[usize::try_from(self.pick(self.items.len() as u64)).unwrap()].clone();
            match self.pick(4) {
                0 => item[0].code = "other".into(),
                1 if item.len() > 1 => item.truncate(1),
                _ => {}
            }
            return item;
        }
        let item = match self.pick(10) {
            0 => self.on_group(),
            1 | 2 => (0..self.pick(2) + 2).map(|_| self.transfer()).collect(),
            _ => vec![self.transfer()],
        };
        self.items.push(item.clone());
        item
    }

    /// Draws the same deed for every member of a group.
    fn on_group(&mut self) -> Vec<NewTransfer> {
        let groups: Vec<_> = self.items.iter().filter(|item| item.len() > 1).cloned().collect();
        if groups.is_empty() {
            return vec![self.transfer()];
        }
        let group = &groups[usize::try_from(self.pick(groups.len() as u64)).unwrap()];
        let capture = self.pick(2) == 0;
        let deed = |new: &NewTransfer| match new.action {
            Action::Hold { .. } if capture => Action::Capture { hold: new.id, amount: None },
            Action::Hold { .. } => Action::Release { hold: new.id },
            _ => Action::Reverse { transfer: new.id },
        };
        let same_sort = |new: &&NewTransfer| {
            matches!(new.action, Action::Hold { .. }) == matches!(group[0].action, Action::Hold { .. })
        };
        group.iter().filter(same_sort).map(|new| self.stage.make(deed(new))).collect()
    }

    fn transfer(&mut self) -> NewTransfer {
        let (debit, credit, amount) = self.parties();
        let edge = amount.minor() > i64::from(i32::MAX);
        let now = self.stage.clock.now();
        let action = match self.pick(20) {
            0..9 => Action::Post { debit, credit, amount },
            9..14 => {
                let expires_at = [None, Some(-5), Some(30), Some(400), Some(4_000)]
                    [usize::try_from(self.pick(5)).unwrap()];
                let expires_at = expires_at.filter(|_| !edge).map(|minutes| now + Duration::minutes(minutes));
                Action::Hold { debit, credit, amount, expires_at }
            }
            14..16 => Action::Capture { hold: self.target(true), amount: None },
            16 => Action::Capture { hold: self.target(true), amount: Some(amount) },
            17 => Action::Release { hold: self.target(true) },
            _ => Action::Reverse { transfer: self.target(false) },
        };
        let mut new = self.stage.make(action);
        if self.pick(12) == 0 {
            let days = [-40, -3, 0, 2][usize::try_from(self.pick(4)).unwrap()];
            new.effective_on = Some(self.today() + Duration::days(days));
        }
        new
    }

    /// Draws what to capture, release or reverse: mostly a recent hold, or a recent movement.
    fn target(&self, hold: bool) -> TransferId {
        let fits = |happened: &&Happened| self.pick(10) == 0 || happened.is_hold() == hold;
        let recent: Vec<_> = self.naive.happened.iter().rev().filter(fits).take(6).collect();
        if recent.is_empty() || self.pick(25) == 0 {
            return self.items.last().map_or_else(|| self.stage.id(), |item| item[0].id);
        }
        recent[usize::try_from(self.pick(recent.len() as u64)).unwrap()].new.id
    }

    fn parties(&mut self) -> (AccountId, AccountId, Money) {
        let gbp = |minor| Money::new(minor, Currency::GBP);
        if self.pick(25) == 0 {
            let [suspense, whale] = self.whale;
            let amount =
                gbp([i64::MAX, i64::MAX - 1, i64::MAX / 2, 3][usize::try_from(self.pick(4)).unwrap()]);
            return if self.pick(2) == 0 { (suspense, whale, amount) } else { (whale, suspense, amount) };
        }
        let (one, mut two) = (self.customer(), self.customer());
        if one == two || self.naive.accounts[&one].currency != self.naive.accounts[&two].currency {
            two = self.customer();
        }
        let currency = if self.pick(30) == 0 { Currency::EUR } else { self.naive.accounts[&one].currency };
        let minor = if self.pick(40) == 0 {
            -1 + i64::try_from(self.pick(2)).unwrap()
        } else {
            i64::try_from(self.pick(3_000)).unwrap() + 1
        };
        let amount = Money::new(minor, currency);
        let cash = chart::account_id(ChartCode::Cash, self.naive.accounts[&one].currency);
        let fees = chart::account_id(ChartCode::FeeIncome, self.naive.accounts[&one].currency);
        match self.pick(12) {
            0..4 => (cash, one, amount),
            4 => (one, cash, amount),
            5 => (one, fees, amount),
            6 if self.pick(4) == 0 => {
                (one, AccountId::generate(self.stage.clock.now(), &self.stage.random), amount)
            }
            _ => (one, two, amount),
        }
    }

    pub(super) fn customer(&mut self) -> AccountId {
        self.customers[usize::try_from(self.pick(self.customers.len() as u64)).unwrap()]
    }

    pub(super) fn authority(&mut self) -> Authority {
        use Authority::{Customer, Import, Staff, StaffForced, System};
        [Customer, Customer, Customer, Customer, Staff, StaffForced, System, Import]
            [usize::try_from(self.pick(8)).unwrap()]
    }

    pub(super) fn pick(&self, bound: u64) -> u64 {
        self.chance.below(bound)
    }
}
