//! The control: a fault that only a fuzzer who sees its way finds, for a fuzzer that finds nothing proves nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut letters = input.iter();
    for expected in b"florin" {
        if letters.next() != Some(expected) {
            return;
        }
    }
    panic!("the planted fault");
});
