//! Rounding by name: what becomes of the part of a minor unit that cannot be paid.

/// Says which whole number stands for a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest unit; a half goes to the even neighbor (ISO 80000-1 annex B, rule A).
    HalfEven,
    /// To the nearest unit; a half goes away from zero (ISO 80000-1 annex B, rule B).
    HalfUp,
    /// Toward negative infinity.
    Floor,
    /// Toward positive infinity.
    Ceiling,
    /// Toward zero: cut off.
    Down,
}

impl Rounding {
    /// Divides; the denominator is neither zero nor beyond 64 bits, the numerator not the least of its type.
    pub(crate) fn divide(self, numerator: i128, denominator: i128) -> i128 {
        let (numerator, denominator) =
            if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
        let (floor, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
        let up = match self {
            Self::Floor => false,
            Self::Ceiling => rest != 0,
            Self::Down => rest != 0 && numerator < 0,
            Self::HalfEven => rest * 2 > denominator || rest * 2 == denominator && floor % 2 != 0,
            Self::HalfUp => rest * 2 > denominator || rest * 2 == denominator && numerator >= 0,
        };
        floor + i128::from(up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rounding_does_what_its_name_says() {
        for (halves, half_even, half_up, floor, ceiling, down) in [
            (5, 2, 3, 2, 3, 2),
            (7, 4, 4, 3, 4, 3),
            (-5, -2, -3, -3, -2, -2),
            (-7, -4, -4, -4, -3, -3),
            (4, 2, 2, 2, 2, 2),
            (0, 0, 0, 0, 0, 0),
        ] {
            for (rounding, expected) in [
                (Rounding::HalfEven, half_even),
                (Rounding::HalfUp, half_up),
                (Rounding::Floor, floor),
                (Rounding::Ceiling, ceiling),
                (Rounding::Down, down),
            ] {
                assert_eq!(rounding.divide(halves, 2), expected, "{halves} halves {rounding:?}");
                assert_eq!(rounding.divide(-halves, -2), expected, "signs cancel");
            }
        }
    }
}
