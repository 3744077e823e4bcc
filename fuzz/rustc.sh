#!/bin/sh
# Stands in for rustc (RUSTC_WRAPPER): our own crates, and the readers we stand on, get the counters by which libFuzzer
# sees where an input went. All of it is in the stable compiler; only the address sanitizer is not, and no crate of
# ours may use `unsafe`.
rustc=$1
shift
case " $* " in
*" --crate-name kernel "* | *" --crate-name ledger "* | *" --crate-name bank "* | *" --edition=2024 targets/"* | *" targets/"*)
  set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
esac
exec "$rustc" "$@"
