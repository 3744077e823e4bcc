//! The pages that the frame leads to, filtered by what its reader may do.

use super::Look;
use crate::Permission;

/// Names a page in the navigation. A slice that brings a page adds a line to [`ENTRIES`].
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Under which heading it stands; empty for the first.
    pub group: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// Where it is.
    pub href: &'static str,
    /// Which picture of `icons.html` stands beside it.
    pub icon: &'static str,
    /// What its reader must be allowed to do; nothing for everybody signed in.
    pub needs: Option<Permission>,
    /// The key that follows `g`.
    pub key: char,
}

/// Every entry, in the order in which they stand.
pub const ENTRIES: &[Entry] = &[
    Entry { group: "", label: "Home", href: "/admin", icon: "home", needs: None, key: 'h' },
    Entry {
        group: "",
        label: "Approvals",
        href: "/admin/approvals",
        icon: "approval",
        needs: Some(Permission::ReadApprovals),
        key: 'p',
    },
    Entry {
        group: "Bank",
        label: "Customers",
        href: "/admin/customers",
        icon: "people",
        needs: Some(Permission::ReadUsers),
        key: 'c',
    },
    Entry {
        group: "Bank",
        label: "Accounts",
        href: "/admin/accounts",
        icon: "account",
        needs: Some(Permission::ReadAccounts),
        key: 'a',
    },
    Entry {
        group: "Bank",
        label: "Transactions",
        href: "/admin/transactions",
        icon: "transfer",
        needs: Some(Permission::ReadTransactions),
        key: 't',
    },
    Entry {
        group: "Bank",
        label: "Cash desk",
        href: "/admin/cash-operations",
        icon: "cash",
        needs: Some(Permission::OperateCash),
        key: 'd',
    },
    Entry {
        group: "Bank",
        label: "Other banks",
        href: "/admin/connections",
        icon: "link",
        needs: Some(Permission::ReadConnections),
        key: 'b',
    },
    Entry {
        group: "Oversight",
        label: "Ledger",
        href: "/admin/ledger",
        icon: "ledger",
        needs: Some(Permission::ReadLedger),
        key: 'l',
    },
    Entry {
        group: "Oversight",
        label: "Audit log",
        href: "/admin/audit-log",
        icon: "audit",
        needs: Some(Permission::ReadAudit),
        key: 'u',
    },
    Entry {
        group: "Oversight",
        label: "Jobs",
        href: "/admin/jobs",
        icon: "job",
        needs: Some(Permission::ReadJobs),
        key: 'j',
    },
    Entry {
        group: "Oversight",
        label: "Team",
        href: "/admin/team",
        icon: "team",
        needs: Some(Permission::ReadUsers),
        key: 'e',
    },
];

/// Holds the entries under one heading.
#[derive(Clone, Debug)]
pub struct Group {
    /// The heading.
    pub label: &'static str,
    /// The entries that the reader may open.
    pub links: Vec<Link>,
}

/// Shows one entry.
#[derive(Clone, Debug)]
pub struct Link {
    /// What and where.
    pub entry: Entry,
    /// Whether the reader is there.
    pub is_current: bool,
}

/// Lists what the reader of `look` may open.
pub(super) fn of(look: &Look) -> Vec<Group> {
    let may = |entry: &&Entry| entry.needs.is_none_or(|permission| look.may(permission));
    let mut groups: Vec<Group> = Vec::new();
    for entry in ENTRIES.iter().filter(may) {
        let link = Link { entry: *entry, is_current: is_within(look.path(), entry.href) };
        match groups.last_mut().filter(|group| group.label == entry.group) {
            Some(group) => group.links.push(link),
            None => groups.push(Group { label: entry.group, links: vec![link] }),
        }
    }
    groups
}

/// The home page is current by itself, every other page with all below it.
fn is_within(path: &str, href: &str) -> bool {
    let is_below = path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
    path == href || (href != super::Area::Staff.home() && is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_current_with_all_below_it_and_the_home_page_alone() {
        assert!(is_within("/admin", "/admin"));
        assert!(!is_within("/admin/customers", "/admin"));
        assert!(is_within("/admin/customers/usr_1", "/admin/customers"));
        assert!(!is_within("/admin/customers-more", "/admin/customers"));
    }

    #[test]
    fn each_entry_has_a_key_of_its_own_and_groups_stand_together() {
        let keys: std::collections::BTreeSet<char> = ENTRIES.iter().map(|entry| entry.key).collect();
        assert_eq!(keys.len(), ENTRIES.len());
        let mut headings: Vec<&str> = ENTRIES.iter().map(|entry| entry.group).collect();
        headings.dedup();
        let distinct: std::collections::BTreeSet<&str> = headings.iter().copied().collect();
        assert_eq!(distinct.len(), headings.len(), "a group is split: {headings:?}");
    }
}
