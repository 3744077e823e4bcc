//! Turns the Berka data (a real bank's anonymised accounts, PKDD'99) into the files of `florin import`.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Takes the folder that holds the data and the folder to write to.
pub(crate) fn run(arguments: &[String]) -> std::result::Result<ExitCode, String> {
    let [source, target] = arguments else {
        return Err("give the folder that holds the data and the folder to write to".to_owned());
    };
    convert(Path::new(source), Path::new(target)).map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes `accounts.csv` and `transactions.csv` into `target`, from the folder `source`.
fn convert(source: &Path, target: &Path) -> Result<()> {
    fs::create_dir_all(target)?;
    let accounts = accounts(&rows(source, "account")?, &rows(source, "disp")?);
    let transactions = transactions(&rows(source, "trans")?);
    println!("{} accounts, {} transactions", accounts.lines().count() - 1, transactions.lines().count() - 1);
    fs::write(target.join("accounts.csv"), accounts)?;
    fs::write(target.join("transactions.csv"), transactions)?;
    Ok(())
}

/// Reads one table: semicolons between the fields, quotes around texts, no quote inside one.
fn rows(source: &Path, table: &str) -> Result<Vec<Vec<String>>> {
    let file = source.join(format!("{table}.csv.gz"));
    let output = Command::new("gzip").arg("-dc").arg(&file).output()?;
    if !output.status.success() {
        return Err(format!("{} cannot be unpacked", file.display()).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let field = |field: &str| field.trim_matches('"').trim().to_owned();
    Ok(text.lines().skip(1).map(|line| line.split(';').map(field).collect()).collect())
}

fn accounts(accounts: &[Vec<String>], dispositions: &[Vec<String>]) -> String {
    let owner: HashMap<&str, &str> = dispositions
        .iter()
        .filter(|row| row[3] == "OWNER")
        .map(|row| (row[2].as_str(), row[1].as_str()))
        .collect();
    let mut out = String::from("account,product,owner\n");
    for row in accounts {
        let id = row[0].as_str();
        let client = owner.get(id).copied().unwrap_or("unknown");
        let _ = writeln!(out, "BERKA-{id},current-czk,client-{client}@berka.example");
    }
    out
}

fn transactions(transactions: &[Vec<String>]) -> String {
    let mut out =
        String::from("account,date,direction,amount,currency,kind,counterparty,reference,external_id\n");
    for row in transactions {
        let [id, account, date, sort, operation, amount, _balance, symbol, bank, other] = &row[..] else {
            continue;
        };
        let direction = if sort == "PRIJEM" { "credit" } else { "debit" };
        let counterparty = if other.is_empty() { String::new() } else { format!("{bank} {other}") };
        let _ = writeln!(
            out,
            "BERKA-{account},{},{direction},{amount},CZK,{},{},{},{id}",
            iso_date(date),
            kind(operation, symbol),
            counterparty.trim(),
            reference(symbol),
        );
    }
    out
}

/// `930101` is 1993-01-01: the data ends in 1998.
fn iso_date(date: &str) -> String {
    format!("19{}-{}-{}", &date[..2], &date[2..4], &date[4..])
}

fn kind(operation: &str, symbol: &str) -> &'static str {
    match (operation, symbol) {
        (_, "UROK" | "SANKC. UROK") => "interest",
        (_, "SLUZBY") => "fee",
        (_, "UVER") => "loan",
        ("VYBER KARTOU", _) => "card",
        ("PREVOD Z UCTU" | "PREVOD NA UCET", _) => "settlement",
        _ => "cash",
    }
}

fn reference(symbol: &str) -> &'static str {
    match symbol {
        "UROK" => "interest credited",
        "SANKC. UROK" => "penalty interest",
        "SLUZBY" => "statement fee",
        "UVER" => "loan payment",
        "SIPO" => "household payment",
        "POJISTNE" => "insurance payment",
        "DUCHOD" => "pension",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Vec<String> {
        text.split(';').map(str::to_owned).collect()
    }

    #[test]
    fn a_row_of_the_bank_becomes_a_row_of_the_import() {
        let rows = [
            row("695247;2378;930101;PRIJEM;VKLAD;700.00;700.00;;;"),
            row("1;2;940228;VYDAJ;PREVOD NA UCET;3372.70;1;UVER;ST;89597016"),
        ];
        let expected = "account,date,direction,amount,currency,kind,counterparty,reference,external_id\n\
            BERKA-2378,1993-01-01,credit,700.00,CZK,cash,,,695247\n\
            BERKA-2,1994-02-28,debit,3372.70,CZK,loan,ST 89597016,loan payment,1\n";
        assert_eq!(transactions(&rows), expected);
    }

    #[test]
    fn the_owner_of_an_account_is_the_client_who_owns_it() {
        let accounts_rows = [row("2;1;X;930226")];
        let dispositions = [row("3;3;2;DISPONENT"), row("2;2;2;OWNER")];
        let out = accounts(&accounts_rows, &dispositions);
        assert_eq!(out, "account,product,owner\nBERKA-2,current-czk,client-2@berka.example\n");
    }
}
