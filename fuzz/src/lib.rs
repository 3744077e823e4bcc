//! What the targets share: a bank in this process, and numbers out of bytes.

mod world;

pub use world::World;

/// Takes values off the front of an input; past its end everything is zero.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn byte(&mut self) -> u8 {
        let first = self.0.first().copied().unwrap_or_default();
        self.0 = self.0.get(1..).unwrap_or_default();
        first
    }

    /// Draws a number, often one at an edge: the first byte chooses.
    pub fn number(&mut self) -> i64 {
        let kind = self.byte();
        let raw = i64::from_le_bytes(std::array::from_fn(|_| self.byte()));
        match kind % 4 {
            0 => raw >> (kind >> 2),
            1 => i64::MAX.wrapping_sub(raw & 7),
            2 => i64::MIN.wrapping_add(raw & 7),
            _ => raw,
        }
    }
}
