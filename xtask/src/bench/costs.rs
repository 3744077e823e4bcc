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
    /// Looks now. `psql` makes a command that runs SQL in the book's database and prints rows without decoration.
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

    /// Returns what each transfer since then cost.
    pub(crate) fn cost(&self, after: &Self) -> Cost {
        let transfers = (after.transfers - self.transfers).max(1.0);
        let sizes = after.sizes.iter().map(|(name, size)| {
            let old = self.sizes.iter().find(|(one, _)| one == name).map_or(0.0, |(_, size)| *size);
            (name.clone(), (size - old) / transfers)
        });
        Cost {
            transfers,
            log: (after.log - self.log) / transfers,
            images: (after.images - self.images) / transfers,
            sizes: sizes.collect(),
        }
    }
}

/// Holds what each of so many transfers cost: bytes of the log, images of whole pages in it, bytes on disk.
pub(crate) struct Cost {
    transfers: f64,
    log: f64,
    images: f64,
    sizes: Vec<(String, f64)>,
}

/// Tells what a transfer costs in a young book and in a grown one.
pub(crate) fn tell(young: &Cost, grown: &Cost) -> String {
    let mut text = String::from(
        "## What a transfer costs on PostgreSQL\n\n\
         In 45 seconds of `submit` after a checkpoint, with its receipt, in bytes. The images of whole pages are part of the log and\n\
         grow rarer until the next checkpoint.\n\n\
         | What | a young book | the grown book | promised |\n|---|---|---|---|\n",
    );
    let _ = writeln!(text, "| transfers | {:.0} | {:.0} | |", young.transfers, grown.transfers);
    let _ = writeln!(text, "| write-ahead log | {:.0} | {:.0} | 2,500 |", young.log, grown.log);
    let _ = writeln!(text, "| whole pages in it | {:.2} | {:.2} | |", young.images, grown.images);
    let sum = |cost: &Cost| cost.sizes.iter().map(|(_, size)| size).sum::<f64>();
    let _ = writeln!(text, "| disk | {:.0} | {:.0} | 1,500 |", sum(young), sum(grown));
    for ((name, young), (_, grown)) in young.sizes.iter().zip(&grown.sizes) {
        let _ = writeln!(text, "| {name} | {young:.0} | {grown:.0} | |");
    }
    text
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
        let cost = |end: Before| look(1_000.0, 1.0, 10.0, 500.0).cost(&end);
        let text = tell(&cost(look(11_000.0, 6.0, 20.0, 700.0)), &cost(look(21_000.0, 1.0, 20.0, 500.0)));
        assert!(text.contains("| transfers | 10 | 10 |"), "{text}");
        assert!(text.contains("| write-ahead log | 1000 | 2000 |"), "{text}");
        assert!(text.contains("| whole pages in it | 0.50 | 0.00 |"), "{text}");
        assert!(text.contains("| disk | 20 | 0 |") && text.contains("| seals | 20 | 0 |"), "{text}");
    }
}
