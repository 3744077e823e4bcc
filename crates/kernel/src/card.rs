//! Card numbers in free text: recognized so that they are never stored (PCI DSS 4.0 requirement 3.3).

/// Issuer ranges (ISO/IEC 7812-1): the first digits, and how many digits such a number has.
const RANGES: [(std::ops::RangeInclusive<u32>, &[usize]); 11] = [
    (400_000..=499_999, &[13, 16, 19]),
    (510_000..=559_999, &[16]),
    (222_100..=272_099, &[16]),
    (340_000..=349_999, &[15]),
    (370_000..=379_999, &[15]),
    (601_100..=601_199, &[16]),
    (644_000..=659_999, &[16]),
    (620_000..=629_999, &[16, 17, 18, 19]),
    (352_800..=358_999, &[16]),
    (300_000..=305_999, &[14]),
    (360_000..=369_999, &[14]),
];

/// Says whether a text holds a payment card's number: an issuer's range, its length and the check digit fit.
///
/// Single blanks and hyphens between digits are looked through. Other numbers fit by chance about once in two
/// hundred, counting ranges and check digit; whoever writes one is told, and writes it another way.
pub fn contains_card_number(text: &str) -> bool {
    let mut run = Vec::new();
    let mut gap = false;
    for letter in text.chars().chain(std::iter::once('\n')) {
        match letter.to_digit(10) {
            Some(digit) => {
                run.push(digit);
                gap = false;
            }
            None if matches!(letter, ' ' | '-') && !gap && !run.is_empty() => gap = true,
            None => {
                if is_card_number(&run) {
                    return true;
                }
                run.clear();
                gap = false;
            }
        }
    }
    false
}

fn is_card_number(digits: &[u32]) -> bool {
    let Some(first) = digits.get(..6) else { return false };
    let issuer = first.iter().fold(0, |number, digit| number * 10 + digit);
    let fits = |(range, lengths): &(std::ops::RangeInclusive<u32>, &[usize])| {
        range.contains(&issuer) && lengths.contains(&digits.len())
    };
    RANGES.iter().any(fits) && has_check_digit(digits)
}

/// Checks the last digit by the formula of ISO/IEC 7812-1 annex B (Luhn).
fn has_check_digit(digits: &[u32]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(place, digit)| {
        let doubled = if place % 2 == 1 { digit * 2 } else { *digit };
        doubled / 10 + doubled % 10
    });
    weighed.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::contains_card_number;

    #[test]
    fn the_issuers_test_numbers_are_recognized_in_any_spelling() {
        for text in [
            "4111111111111111",
            "paid with 4111 1111 1111 1111, thanks",
            "5555-5555-5555-4444",
            "2223003122003222",
            "378282246310005",
            "6011111111111117",
            "3530111333300000",
            "30569309025904",
            "4222222222222",
            "6240008631401148",
        ] {
            assert!(contains_card_number(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "",
            "4111111111111112",
            "invoice 2026-11-22 of 1250.00",
            "GB33BUKB20201555555555",
            "DE89370400440532013000",
            "41111111111111111111",
            "4111  1111 1111 1111",
            "0000000000000000",
            "+44 20 7946 0018",
        ] {
            assert!(!contains_card_number(text), "{text}");
        }
    }
}
