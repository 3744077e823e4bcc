//! Reading the table that is checked in.

use super::world::Who;

/// Holds one row: a route and what everybody gets there.
#[derive(Clone, Debug)]
pub struct Row {
    /// Method and template, without `/api/v1`.
    pub route: &'static str,
    /// What each of [`Who::ALL`] gets for A's object.
    pub own: Vec<char>,
    /// What each gets for an object that does not exist; nothing where the route names none.
    pub missing: Option<Vec<char>>,
}

/// Reads every row, in the order of the file.
pub fn rows() -> Vec<Row> {
    let lines = include_str!("table.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(row).collect()
}

/// Returns the template of a route.
pub fn path_of(route: &'static str) -> &'static str {
    route.split_once(' ').expect("a method and a path").1
}

/// Says whether the bank serves a path beside its API, so that no document lists it.
pub fn is_beside_the_api(path: &str) -> bool {
    ["/api/", "/docs", "/livez", "/readyz"].iter().any(|start| path.starts_with(start))
}

/// Says whether a path is a page, of staff or of customers.
pub fn is_page(path: &str) -> bool {
    ["/admin", "/my"]
        .iter()
        .any(|home| path.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn row(line: &'static str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [route, own, missing] = cells[..] else { panic!("a row has three cells: {line}") };
    Row { route, own: letters(own, line), missing: (!missing.is_empty()).then(|| letters(missing, line)) }
}

fn letters(cell: &str, line: &str) -> Vec<char> {
    let letters: Vec<char> = cell.chars().filter(|letter| *letter != ' ').collect();
    assert_eq!(letters.len(), Who::ALL.len(), "one letter for everybody: {line}");
    assert!(letters.iter().all(|letter| "134+".contains(*letter)), "a letter that means nothing: {line}");
    letters
}
