//! Florin: a bank's backend in one binary.
//!
//! `cli` says which commands there are; each is a file of `commands` or, when it is more, a folder beside
//! it. `config` is read first and whole, `start` turns it into a [`bank::Bank`], `serve` puts it on the
//! network.

mod backup;
mod bench;
mod cli;
mod commands;
mod config;
mod demo;
mod import;
mod proof;
mod say;
mod serve;
mod simulation;
mod start;
mod telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
