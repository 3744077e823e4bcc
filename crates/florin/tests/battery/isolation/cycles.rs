//! Who came before whom, and the rings in it.

use std::collections::{BTreeSet, VecDeque};

use super::history::Anomaly;

/// Why one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The other wrote over what it wrote.
    Overwrote,
    /// The other saw what it wrote.
    Saw,
    /// It missed what the other wrote.
    Missed,
}

/// Holds transactions by their number, and the arrows between them.
pub struct Graph {
    size: usize,
    arrows: Vec<(usize, usize, Why)>,
}

impl Graph {
    pub fn of(size: usize) -> Self {
        Self { size, arrows: Vec::new() }
    }

    /// Adds an arrow between two transactions that are known and differ.
    pub fn add(&mut self, from: Option<usize>, to: Option<usize>, why: Why) {
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            self.arrows.push((from, to, why));
        }
    }

    /// Names the kinds of rings there are.
    pub fn cycles(&self) -> BTreeSet<Anomaly> {
        let mut found = BTreeSet::new();
        // Almost always nothing is left here, and nothing has to be searched.
        let core = self.core(|_| true);
        if core.is_empty() {
            return found;
        }
        if !self.core(|why| why == Why::Overwrote).is_empty() {
            found.insert(Anomaly::G0);
        }
        let known = self.ways(&core, |why| why != Why::Missed);
        let all = self.ways(&core, |_| true);
        for (from, to, why) in self.within(&core) {
            match why {
                Why::Overwrote => {}
                Why::Saw => drop(reaches(&known, to, from).then(|| found.insert(Anomaly::G1c))),
                Why::Missed if reaches(&known, to, from) => drop(found.insert(Anomaly::GSingle)),
                Why::Missed => drop(reaches(&all, to, from).then(|| found.insert(Anomaly::G2Item))),
            }
        }
        found
    }

    /// Takes away, again and again, who has nobody before or nobody after: what is left holds every ring.
    fn core(&self, counts: impl Fn(Why) -> bool) -> BTreeSet<usize> {
        let mut left: BTreeSet<usize> = (0..self.size).collect();
        loop {
            let arrows = || self.within(&left).filter(|(_, _, why)| counts(*why));
            let before: BTreeSet<usize> = arrows().map(|(_, to, _)| to).collect();
            let after: BTreeSet<usize> = arrows().map(|(from, _, _)| from).collect();
            let next: BTreeSet<usize> = before.intersection(&after).copied().collect();
            if next.len() == left.len() {
                return left;
            }
            left = next;
        }
    }

    fn within<'a>(&'a self, some: &'a BTreeSet<usize>) -> impl Iterator<Item = (usize, usize, Why)> + 'a {
        self.arrows.iter().copied().filter(|(from, to, _)| some.contains(from) && some.contains(to))
    }

    fn ways(&self, core: &BTreeSet<usize>, counts: impl Fn(Why) -> bool) -> Vec<Vec<usize>> {
        let mut ways = vec![Vec::new(); self.size];
        for (from, to, _) in self.within(core).filter(|(_, _, why)| counts(*why)) {
            ways[from].push(to);
        }
        ways
    }
}

fn reaches(ways: &[Vec<usize>], from: usize, to: usize) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([from]), VecDeque::from([from]));
    while let Some(at) = open.pop_front() {
        if at == to {
            return true;
        }
        open.extend(ways[at].iter().copied().filter(|next| seen.insert(*next)));
    }
    false
}
