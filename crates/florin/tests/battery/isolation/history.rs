//! What transactions did to lists that only grow, and what each of them saw: from which its place in time follows.
//!
//! Every element is appended once. The longest list that anybody read is the order of its writers; who read a list up
//! to an element came after its writer and before the writer of the next one.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles::{Graph, Why};

pub type List = usize;
pub type Element = u128;

/// What a transaction did, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    Appended(List, Element),
    Read(List, Vec<Element>),
}

/// One transaction, to its end.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub did: Vec<Did>,
    pub committed: bool,
}

/// What must not be, by the names of Adya's thesis, and two that are wrong before any cycle is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anomaly {
    /// Two reads of one list that neither extends the other, or an element twice, or one that nobody wrote.
    NoSuchList,
    /// A committed element that the last read does not have.
    Lost,
    /// Two transactions wrote before one another.
    G0,
    /// What was read was rolled back.
    G1a,
    /// What was read was written over by its own writer.
    G1b,
    /// Two transactions saw, or wrote after, one another.
    G1c,
    /// One transaction missed another's write, and came after it all the same.
    GSingle,
    /// Several transactions missed one another's writes in a ring.
    G2Item,
}

/// Finds everything that is wrong with a history. The last transaction should read every list.
pub fn anomalies(history: &[Transaction]) -> BTreeSet<Anomaly> {
    let mut found = BTreeSet::new();
    let writers = writers(history);
    let orders = orders(history, &mut found);
    for (at, list, seen) in reads(history) {
        let strange = seen.iter().any(|element| !writers.contains_key(&(list, *element)));
        let repeated = seen.iter().collect::<BTreeSet<_>>().len() != seen.len();
        if !orders[&list].starts_with(seen) || strange || repeated {
            found.insert(Anomaly::NoSuchList);
        }
        let of_others =
            |element: &&Element| writers.get(&(list, **element)).is_some_and(|writer| *writer != at);
        if seen.iter().filter(of_others).any(|element| !history[writers[&(list, *element)]].committed) {
            found.insert(Anomaly::G1a);
        }
        let torn = |last: &Element| last_append(&history[writers[&(list, *last)]], list) != Some(*last);
        if seen.last().filter(of_others).is_some_and(torn) {
            found.insert(Anomaly::G1b);
        }
    }
    let stands =
        |list: &List, element: &Element| orders.get(list).is_some_and(|order| order.contains(element));
    if writers.iter().any(|((list, element), at)| history[*at].committed && !stands(list, element)) {
        found.insert(Anomaly::Lost);
    }
    found.extend(graph(history, &writers, &orders).cycles());
    found
}

fn writers(history: &[Transaction]) -> BTreeMap<(List, Element), usize> {
    let appended = |(at, transaction): (usize, &Transaction)| {
        let own = transaction.did.iter().filter_map(move |did| match did {
            Did::Appended(list, element) => Some(((*list, *element), at)),
            Did::Read(..) => None,
        });
        own.collect::<Vec<_>>()
    };
    history.iter().enumerate().flat_map(appended).collect()
}

/// Returns what committed transactions read.
fn reads(history: &[Transaction]) -> impl Iterator<Item = (usize, List, &[Element])> {
    let committed = history.iter().enumerate().filter(|(_, transaction)| transaction.committed);
    committed.flat_map(|(at, transaction)| {
        transaction.did.iter().filter_map(move |did| match did {
            Did::Read(list, seen) => Some((at, *list, seen.as_slice())),
            Did::Appended(..) => None,
        })
    })
}

/// Takes the longest read of each list as its order.
fn orders(history: &[Transaction], found: &mut BTreeSet<Anomaly>) -> BTreeMap<List, Vec<Element>> {
    let mut orders: BTreeMap<List, Vec<Element>> = BTreeMap::new();
    for (_, list, seen) in reads(history) {
        let order = orders.entry(list).or_default();
        if seen.len() > order.len() {
            if !seen.starts_with(order) {
                found.insert(Anomaly::NoSuchList);
            }
            *order = seen.to_vec();
        }
    }
    orders
}

fn last_append(transaction: &Transaction, list: List) -> Option<Element> {
    transaction.did.iter().rev().find_map(|did| match did {
        Did::Appended(to, element) if *to == list => Some(*element),
        _ => None,
    })
}

fn graph(
    history: &[Transaction],
    writers: &BTreeMap<(List, Element), usize>,
    orders: &BTreeMap<List, Vec<Element>>,
) -> Graph {
    let mut graph = Graph::of(history.len());
    let writer =
        |list: List, element: Option<&Element>| element.and_then(|one| writers.get(&(list, *one)).copied());
    for (list, order) in orders {
        for pair in order.windows(2) {
            graph.add(writer(*list, pair.first()), writer(*list, pair.last()), Why::Overwrote);
        }
    }
    for (at, list, seen) in reads(history) {
        graph.add(writer(list, seen.last()), Some(at), Why::Saw);
        graph.add(Some(at), writer(list, orders[&list].get(seen.len())), Why::Missed);
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::Anomaly::{G0, G1a, G1b, G1c, G2Item, GSingle, Lost, NoSuchList};
    use super::Did::{Appended, Read};
    use super::*;

    const X: List = 0;
    const Y: List = 1;

    fn found(history: &[(&[Did], bool)]) -> Vec<Anomaly> {
        let transaction =
            |(did, committed): &(&[Did], bool)| Transaction { did: did.to_vec(), committed: *committed };
        anomalies(&history.iter().map(transaction).collect::<Vec<_>>()).into_iter().collect()
    }

    fn read(list: List, seen: &[Element]) -> Did {
        Read(list, seen.to_vec())
    }

    #[test]
    fn what_can_be_put_in_a_row_is_in_order() {
        let history: &[(&[Did], bool)] = &[
            (&[Appended(X, 1), Appended(Y, 1)], true),
            (&[read(X, &[1]), Appended(X, 2), read(X, &[1, 2])], true),
            (&[Appended(X, 9)], false),
            (&[read(X, &[]), read(Y, &[])], true),
            (&[read(X, &[1, 2]), read(Y, &[1])], true),
        ];
        assert_eq!(found(history), []);
    }

    #[test]
    fn each_anomaly_made_by_hand_is_found_by_its_name() {
        let last = (&[read(X, &[1, 2]), read(Y, &[1, 2])] as &[Did], true);
        let wrote_both = |x, y| [Appended(X, x), Appended(Y, y)];
        // Each writer is before the other on one of the lists.
        assert_eq!(found(&[(&wrote_both(1, 2), true), (&wrote_both(2, 1), true), last]), [G0]);
        assert_eq!(found(&[(&[Appended(X, 1)], false), (&[read(X, &[1])], true)]), [G1a]);
        let twice = [Appended(X, 1), Appended(X, 2)];
        assert!(
            found(&[(&twice, true), (&[read(X, &[1])], true), (&[read(X, &[1, 2])], true)]).contains(&G1b)
        );
        // Each saw what the other wrote.
        let crossed = [
            (&[Appended(X, 1), read(Y, &[1])] as &[Did], true),
            (&[Appended(Y, 1), read(X, &[1])], true),
            (&[read(X, &[1]), read(Y, &[1])], true),
        ];
        assert_eq!(found(&crossed), [G1c]);
        // Saw one of two writes of one transaction, and missed the other.
        let torn = [
            (&wrote_both(1, 1) as &[Did], true),
            (&[read(X, &[1]), read(Y, &[])], true),
            (&[read(X, &[1]), read(Y, &[1])], true),
        ];
        assert_eq!(found(&torn), [GSingle]);
        // Both read what the other is about to write, and write: write skew.
        let skewed = [
            (&[read(X, &[]), Appended(Y, 1)] as &[Did], true),
            (&[read(Y, &[]), Appended(X, 1)], true),
            (&[read(X, &[1]), read(Y, &[1])], true),
        ];
        assert_eq!(found(&skewed), [G2Item]);
    }

    #[test]
    fn a_list_that_never_was_and_an_element_that_is_gone_are_found() {
        let appends: [(&[Did], bool); 2] = [(&[Appended(X, 1)], true), (&[Appended(X, 2)], true)];
        let forked = [appends[0], appends[1], (&[read(X, &[1])], true), (&[read(X, &[2])], true)];
        assert!(found(&forked).contains(&NoSuchList));
        assert!(found(&[(&[read(X, &[7])], true)]).contains(&NoSuchList), "nobody wrote it");
        assert_eq!(found(&[appends[0], appends[1], (&[read(X, &[1])], true)]), [Lost]);
    }
}
