//! What a transfer costs on PostgreSQL in write-ahead log and disk, table by table and index by index.

use std::fmt::Write as _;
use std::process::Command;

/// What grows with the journal.
const TABLES: &str = "'ledger_transfers', 'ledger_entries', 'ledger_receipts', 'seals'";

/// Holds where the log stood and how much there was before a measurement.
pub(crate) struct Before {
    log: f64,
    images: f64,
    transfers: f64,
    sizes: Vec<(String, f64)>,
}

impl Before {
    /// Looks now. `psql` makes a command that runs SQL in the bank's database and prints rows without decoration.
    pub(crate) fn look(psql: impl Fn(&str) -> Command) -> Result<Self, String> {
        let number = |sql: &str| {
            let text = rows(psql(sql))?;
            text.trim().parse::<f64>().map_err(|_| format!("`{text}` is no number"))
        };
        let sizes = format!(
            "select c.relname, pg_relation_size(c.oid) from pg_class c \
             where c.relname in ({TABLES}) or c.oid in (select indexrelid from pg_index where indrelid in \
             (select oid from pg_class where relname in ({TABLES}))) order by 1"
        );
        let sizes = rows(psql(&sizes))?;
        let sizes = sizes.lines().filter_map(|line| {
            let (name, size) = line.split_once('|')?;
            Some((name.to_owned(), size.parse().ok()?))
        });
        Ok(Self {
            log: number("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")?,
            images: number("select wal_fpi from pg_stat_wal")?,
            transfers: number("select count(*) from ledger_transfers")?,
            sizes: sizes.collect(),
        })
    }

    /// Tells what each transfer since then cost.
    pub(crate) fn tell(&self, after: &Self) -> String {
        let count = (after.transfers - self.transfers).max(1.0);
        let mut text = format!(
            "## What a transfer costs on PostgreSQL\n\n\
             Over {count:.0} transfers with their receipts, after a checkpoint: {:.0} bytes of write-ahead log each (promised: 2,500;\n\
             with images of {:.2} whole pages, which grow rarer until the next checkpoint), and on disk (promised: 1,500 in all):\n\n\
             | Table or index | bytes a transfer |\n|---|---|\n",
            (after.log - self.log) / count,
            (after.images - self.images) / count
        );
        let mut sum = 0.0;
        for (name, size) in &after.sizes {
            let old = self.sizes.iter().find(|(one, _)| one == name).map_or(0.0, |(_, size)| *size);
            let each = (size - old) / count;
            sum += each;
            let _ = writeln!(text, "| {name} | {each:.0} |");
        }
        let _ = writeln!(text, "| **all** | {sum:.0} |");
        text
    }
}

fn rows(mut psql: Command) -> Result<String, String> {
    let output = psql.output().map_err(|error| format!("psql: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(said) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_for_each_transfer() {
        let look = |log, images, transfers, size| Before {
            log,
            images,
            transfers,
            sizes: vec![("seals".to_owned(), size)],
        };
        let text = look(1_000.0, 1.0, 10.0, 500.0).tell(&look(11_000.0, 6.0, 20.0, 700.0));
        assert!(text.contains("1000 bytes of write-ahead log each"), "{text}");
        assert!(text.contains("images of 0.50 whole pages"), "{text}");
        assert!(text.contains("| seals | 20 |") && text.contains("| **all** | 20 |"), "{text}");
    }
}
