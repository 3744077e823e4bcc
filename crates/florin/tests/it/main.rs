//! The bank as its callers see it: one binary, one fresh database per test.

mod jobs;
