//! Checksums of files: SHA-256, read in pieces.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

/// Returns the length and the SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// The file system's.
pub(super) fn of_file(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0; 128 * 1024];
    let mut length = 0;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((length, hex::encode(context.finish())));
        }
        context.update(&piece[..read]);
        length += read as u64;
    }
}
