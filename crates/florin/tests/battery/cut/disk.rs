//! A disk that keeps what was synced; what was only written it may keep, tear, zero or forget.

use kernel::Random;

use super::trace::{Event, Which};

/// The least that a disk writes at once.
const SECTOR: u64 = 512;

/// Says whether a sync does what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    Honest,
    /// It returns and does nothing: the control.
    Lying,
}

/// Holds the database and its log.
#[derive(Clone, Debug)]
pub struct Disk {
    images: [Image; 2],
    syncs: Syncs,
}

#[derive(Clone, Debug)]
struct Image {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Cut { length: usize },
}

/// What a cut does to one change that was not synced.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Keep,
    Forget,
    /// Only so many bytes reached the disk.
    Tear(usize),
    /// The file grew, but the bytes never came.
    Zero,
}

/// How a cut treats everything that was not synced.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Nothing of it is there.
    Nothing,
    /// All of it is there.
    Everything,
    /// It was written in order, up to some byte.
    InOrder,
    /// Each change has a fate of its own.
    AnyOrder,
}

impl Disk {
    /// Takes the files as they stand, all of it synced.
    pub fn new(files: [Vec<u8>; 2], syncs: Syncs) -> Self {
        let images = files.map(|durable| Image { durable, pending: Vec::new() });
        Self { images, syncs }
    }

    /// Plays one event.
    pub fn play(&mut self, event: &Event) {
        match event {
            Event::Wrote { which, offset, bytes } => {
                let (offset, bytes) = (*offset, bytes.clone());
                self.image(*which).pending.push(Change::Write { offset, bytes });
            }
            Event::Cut { which, length } => {
                let length = *length;
                self.image(*which).pending.push(Change::Cut { length });
            }
            Event::Synced(which) if self.syncs == Syncs::Honest => self.image(*which).sync(),
            Event::Synced(_) | Event::Told(_) => {}
        }
    }

    /// Returns the files as they could stand after a power cut now.
    pub fn after_a_cut(&self, random: &Random) -> [Vec<u8>; 2] {
        self.images.clone().map(|image| image.after_a_cut(random))
    }

    fn image(&mut self, which: Which) -> &mut Image {
        &mut self.images[usize::from(which == Which::Log)]
    }
}

impl Image {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            apply(&mut self.durable, &change, Fate::Keep);
        }
    }

    fn after_a_cut(self, random: &Random) -> Vec<u8> {
        let Self { mut durable, pending } = self;
        let below = |bound: usize| usize::try_from(random.below(bound.max(1) as u64)).expect("small");
        let cut = [Cut::Nothing, Cut::Everything, Cut::InOrder, Cut::AnyOrder][below(4)];
        let mut left = below(pending.iter().map(Change::size).sum());
        for change in &pending {
            let fate = match cut {
                Cut::Nothing => Fate::Forget,
                Cut::Everything => Fate::Keep,
                Cut::InOrder => {
                    let fits = change.size().min(left);
                    left -= fits;
                    Fate::Tear(fits)
                }
                Cut::AnyOrder => match random.below(4) {
                    0 => Fate::Keep,
                    1 => Fate::Forget,
                    2 => Fate::Zero,
                    _ => {
                        let sectors = random.below(change.size() as u64 / SECTOR + 1);
                        Fate::Tear(usize::try_from(sectors * SECTOR).expect("small"))
                    }
                },
            };
            apply(&mut durable, change, fate);
        }
        durable
    }
}

impl Change {
    fn size(&self) -> usize {
        match self {
            Self::Write { bytes, .. } => bytes.len(),
            Self::Cut { .. } => 1,
        }
    }
}

fn apply(file: &mut Vec<u8>, change: &Change, fate: Fate) {
    let (offset, bytes, kept) = match (change, fate) {
        (_, Fate::Forget | Fate::Tear(0)) => return,
        (Change::Cut { length }, _) => return file.resize(*length, 0),
        (Change::Write { offset, bytes }, Fate::Tear(kept)) => (*offset, bytes, kept.min(bytes.len())),
        (Change::Write { offset, bytes }, Fate::Keep | Fate::Zero) => (*offset, bytes, bytes.len()),
    };
    let end = offset + kept;
    if file.len() < end {
        file.resize(end, 0);
    }
    if matches!(fate, Fate::Zero) {
        file[offset..end].fill(0);
    } else {
        file[offset..end].copy_from_slice(&bytes[..kept]);
    }
}

#[test]
fn what_was_synced_survives_every_cut_and_what_was_not_may_be_gone() {
    let (random, which) = (Random::seeded(7), Which::Log);
    let wrote = |offset: usize, bytes: &[u8]| Event::Wrote { which, offset, bytes: bytes.to_vec() };
    for syncs in [Syncs::Honest, Syncs::Lying] {
        let mut disk = Disk::new([Vec::new(), Vec::new()], syncs);
        for event in [wrote(0, b"kept"), Event::Synced(which), wrote(4, &[b'x'; 2_000])] {
            disk.play(&event);
        }
        let cuts: Vec<_> = (0..100).map(|_| disk.after_a_cut(&random)[1].clone()).collect();
        let kept = cuts.iter().filter(|file| file.starts_with(b"kept")).count();
        assert_eq!(kept == 100, syncs == Syncs::Honest, "{syncs:?} kept {kept} of 100");
        assert!(cuts.iter().any(|file| file.len() < 2_004), "some cut forgets what was not synced");
    }
}
