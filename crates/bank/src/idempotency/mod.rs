//! Money-moving requests that may be repeated.
