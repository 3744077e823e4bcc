//! Where the things have their pages that ids name: a link needs no more than the id, whichever slice it is of.

use kernel::{AccountId, ApprovalId, AuditId, ConnectionId, JobId, ProofId, TransferId, UserId};

const PLACES: [(&str, &str); 8] = [
    (AccountId::PREFIX, "/admin/accounts"),
    (ApprovalId::PREFIX, "/admin/approvals"),
    (AuditId::PREFIX, "/admin/audit-log"),
    (ConnectionId::PREFIX, "/admin/connections"),
    (JobId::PREFIX, "/admin/jobs"),
    (ProofId::PREFIX, "/admin/ledger/proofs"),
    (TransferId::PREFIX, "/admin/transactions"),
    (UserId::PREFIX, "/admin/customers"),
];

/// Returns the page of what an id names; none for what has no page, and for a text that is no id.
pub fn place_of(id: &(impl ToString + ?Sized)) -> Option<String> {
    let id = id.to_string();
    let (prefix, digits) = id.split_once('_')?;
    let (_, place) = PLACES.iter().find(|(known, _)| *known == prefix)?;
    digits.bytes().all(|digit| digit.is_ascii_alphanumeric()).then(|| format!("{place}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn an_id_leads_to_its_page_and_another_text_nowhere() {
        let at = |id: &str| place_of(id);
        assert_eq!(at("acc_01k0z8").as_deref(), Some("/admin/accounts/acc_01k0z8"));
        assert_eq!(at("job_01k0z8").as_deref(), Some("/admin/jobs/job_01k0z8"));
        for text in ["", "*", "log", "ses_01k0z8", "acc_../customers", "acc_<script>"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
