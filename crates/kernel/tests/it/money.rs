//! Arithmetic on any amount: nothing is lost, nothing wraps.

use kernel::{Currency, Money, MoneyError, Rounding};
use proptest::prelude::*;

const ROUNDINGS: [Rounding; 5] =
    [Rounding::HalfEven, Rounding::HalfUp, Rounding::Floor, Rounding::Ceiling, Rounding::Down];

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

/// Amounts, with the edges of their range as likely as the rest.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -1_000..1_000_i64,
        prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX]),
    ]
}

fn sum(parts: &[Money]) -> i128 {
    parts.iter().map(|part| i128::from(part.minor())).sum()
}

proptest! {
    #[test]
    fn sums_are_exact_or_refused(left in amount(), right in amount()) {
        let exact = |it: i128| i64::try_from(it).map(gbp).map_err(|_| MoneyError::OutOfRange);
        prop_assert_eq!(gbp(left).plus(gbp(right)), exact(i128::from(left) + i128::from(right)));
        prop_assert_eq!(gbp(left).minus(gbp(right)), exact(i128::from(left) - i128::from(right)));
    }

    #[test]
    fn a_split_is_whole_and_even(minor in amount(), parts in 1_u32..200) {
        let split = gbp(minor).split(parts).unwrap();
        prop_assert_eq!(split.len(), parts as usize);
        prop_assert_eq!(sum(&split), i128::from(minor));
        let least = split.iter().map(|part| part.minor()).min().unwrap();
        let most = split.iter().map(|part| part.minor()).max().unwrap();
        prop_assert!(most - least <= 1);
    }

    #[test]
    fn a_weighted_split_is_whole_and_within_a_unit_of_the_exact_share(
        minor in amount(),
        weights in prop::collection::vec(prop_oneof![0..10_u64, any::<u64>(), Just(u64::MAX)], 1..20),
    ) {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        prop_assume!(total > 0);
        let split = gbp(minor).split_by_weights(&weights).unwrap();
        prop_assert_eq!(sum(&split), i128::from(minor));
        for (part, weight) in split.iter().zip(&weights) {
            let exact = i128::from(minor) * i128::from(*weight);
            let (floor, rest) = (exact.div_euclid(total), exact.rem_euclid(total));
            let part = i128::from(part.minor());
            prop_assert!(part == floor || (rest != 0 && part == floor + 1), "{part} of {exact}/{total}");
        }
    }

    #[test]
    fn a_reversed_split_mirrors_the_split(
        minor in 0..=i64::MAX,
        weights in prop::collection::vec(0..1_000_u64, 1..20),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let forth = gbp(minor).split_by_weights(&weights).unwrap();
        let back = gbp(-minor).split_by_weights(&weights).unwrap();
        for (forth, back) in forth.iter().zip(&back) {
            prop_assert_eq!(forth.plus(*back), Ok(gbp(0)));
        }
    }

    #[test]
    fn a_heavier_weight_never_gets_less(minor in 0..=i64::MAX, weights in prop::collection::vec(1..50_u64, 2..12)) {
        let split = gbp(minor).split_by_weights(&weights).unwrap();
        for (left, left_weight) in split.iter().zip(&weights) {
            for (right, right_weight) in split.iter().zip(&weights) {
                prop_assert!(left_weight <= right_weight || left.minor() >= right.minor());
            }
        }
    }

    #[test]
    fn a_ratio_is_off_by_less_than_a_unit_and_to_the_named_side(
        minor in amount(),
        numerator in amount(),
        denominator in amount(),
        rounding in prop::sample::select(ROUNDINGS.to_vec()),
    ) {
        prop_assume!(denominator != 0);
        let exact = i128::from(minor) * i128::from(numerator);
        match gbp(minor).times_ratio(numerator, denominator, rounding) {
            Ok(result) => {
                // The error, as a fraction of the denominator's size, with the sign of result - exact.
                let size = i128::from(denominator).abs();
                let error = (i128::from(result.minor()) * i128::from(denominator) - exact) * i128::from(denominator.signum());
                prop_assert!(error.abs() < size);
                let negative = (exact < 0) != (denominator < 0);
                match rounding {
                    Rounding::Floor => prop_assert!(error <= 0),
                    Rounding::Ceiling => prop_assert!(error >= 0),
                    Rounding::Down => prop_assert!(error == 0 || (error > 0) == negative),
                    Rounding::HalfUp => prop_assert!(
                        error.abs() * 2 < size || error.abs() * 2 == size && (error < 0) == negative
                    ),
                    Rounding::HalfEven => prop_assert!(
                        error.abs() * 2 < size || error.abs() * 2 == size && result.minor() % 2 == 0
                    ),
                }
            }
            Err(error) => {
                prop_assert_eq!(error, MoneyError::OutOfRange);
                let cut = exact / i128::from(denominator);
                prop_assert!(cut >= i128::from(i64::MAX) || cut <= i128::from(i64::MIN));
            }
        }
    }

    #[test]
    fn json_and_text_keep_every_unit(minor in amount()) {
        let json = serde_json::to_string(&gbp(minor)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), gbp(minor));
        let digits: String = gbp(minor).to_string().chars().filter(|it| it.is_ascii_digit() || *it == '-').collect();
        prop_assert_eq!(digits.parse::<i64>().unwrap(), minor);
    }
}
