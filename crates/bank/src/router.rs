//! Every route of the bank, put together.
