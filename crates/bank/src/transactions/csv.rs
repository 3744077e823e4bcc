//! Transactions as comma-separated values (RFC 4180), a page at a time.

use super::model::Transaction;

/// The first line.
pub(super) const HEADER: &str = "id,account_id,sequence,booked_at,effective_on,direction,amount,currency,balance_after,code,counterparty,reference\r\n";

/// Writes lines, each ended as the standard says.
pub(super) fn lines(transactions: &[Transaction]) -> String {
    transactions.iter().map(line).collect()
}

fn line(transaction: &Transaction) -> String {
    let entry = &transaction.entry;
    let direction = if entry.direction == ledger::Direction::Debit { "debit" } else { "credit" };
    let decimal = |money: kernel::Money| money.to_string().split(' ').next().unwrap_or_default().to_owned();
    let fields = [
        entry.transfer_id.to_string(),
        entry.account_id.to_string(),
        entry.sequence.to_string(),
        entry.booked_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        entry.effective_on.to_string(),
        direction.to_owned(),
        decimal(transaction.amount),
        transaction.amount.currency().to_string(),
        decimal(transaction.balance_after),
        entry.code.clone(),
        transaction.counterparty.as_str().to_owned(),
        entry.reference.clone(),
    ];
    let quoted: Vec<_> = fields.iter().map(|field| quote(field)).collect();
    quoted.join(",") + "\r\n"
}

/// Quotes what has to be, and disarms what a spreadsheet would take for a formula.
///
/// A text that begins with `=`, `+`, `-`, `@`, a tab or a return gets an apostrophe in front, unless it is a
/// number (OWASP, CSV injection).
fn quote(field: &str) -> String {
    let is_number =
        field.strip_prefix('-').unwrap_or(field).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let armed = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let field = if armed { format!("'{field}") } else { field.to_owned() };
    if field.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn fields_are_quoted_and_formulas_disarmed() {
        for (field, quoted) in [
            ("plain", "plain"),
            ("-12.50", "-12.50"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "'=1+1"),
            ("@cmd", "'@cmd"),
            ("-1+2", "'-1+2"),
        ] {
            assert_eq!(quote(field), quoted);
        }
    }
}
