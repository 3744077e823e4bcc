//! The checkpoints outside the database: one JSON line each, in `<directory>/<chain>.checkpoints`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Checkpoint;

/// Holds what a chain's file says.
#[derive(Debug, Default)]
pub(crate) struct Exported {
    /// The checkpoints, in the order they were appended.
    pub(crate) checkpoints: Vec<Checkpoint>,
    /// The number of the first line that cannot be read.
    pub(crate) unreadable_line: Option<usize>,
}

/// Appends a checkpoint unless the last line says the same, and waits for the disk.
pub(super) async fn append(directory: PathBuf, checkpoint: Checkpoint) -> io::Result<()> {
    let written = tokio::task::spawn_blocking(move || append_blocking(&directory, &checkpoint));
    written.await.map_err(io::Error::other)?
}

/// Reads what was appended for a chain; nothing when there is no file.
pub(crate) async fn from_files(directory: PathBuf, chain: &'static str) -> io::Result<Exported> {
    let read = tokio::task::spawn_blocking(move || match std::fs::read(path(&directory, chain)) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Exported::default()),
        Err(error) => Err(error),
    });
    read.await.map_err(io::Error::other)?
}

fn append_blocking(directory: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let path = path(directory, &checkpoint.chain);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    // Two processes with one directory take turns.
    file.lock()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    if parse(&bytes).checkpoints.last() == Some(checkpoint) {
        return Ok(());
    }
    // A line without its end was torn by a crash, before anybody was told that it is there.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let end = u64::try_from(whole).map_err(io::Error::other)?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    let mut line = serde_json::to_vec(checkpoint)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()?;
    // The file's name must survive as well as its content.
    File::open(directory)?.sync_all()
}

fn parse(bytes: &[u8]) -> Exported {
    let mut exported = Exported::default();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match serde_json::from_slice(line) {
            Ok(checkpoint) if line.ends_with(b"\n") => exported.checkpoints.push(checkpoint),
            _ if !line.ends_with(b"\n") => {}
            _ => {
                exported.unreadable_line.get_or_insert(index + 1);
            }
        }
    }
    exported
}

fn path(directory: &Path, chain: &str) -> PathBuf {
    directory.join(format!("{chain}.checkpoints"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(seal_number: i64) -> Checkpoint {
        Checkpoint {
            chain: "journal".to_owned(),
            seal_number,
            through_position: seal_number * 10,
            seal_hash: vec![7; 32],
            signed_at: "2026-03-02T10:00:00Z".parse().expect("an instant"),
            public_key: vec![1; 32],
            signature: vec![2; 64],
        }
    }

    /// Names a folder that is not there yet.
    fn folder() -> PathBuf {
        let random: [u8; 8] = kernel::Random::system().bytes();
        std::env::temp_dir().join(format!("florin-checkpoints-{}", hex::encode(random)))
    }

    #[test]
    fn a_line_torn_by_a_crash_is_replaced_and_a_foreign_line_is_reported() {
        let mut bytes = serde_json::to_vec(&checkpoint(1)).expect("json");
        bytes.push(b'\n');
        let whole = parse(&bytes);
        assert_eq!((whole.checkpoints.len(), whole.unreadable_line), (1, None));
        bytes.extend_from_slice(b"{\"chain\":\"jour");
        let torn = parse(&bytes);
        assert_eq!((torn.checkpoints.len(), torn.unreadable_line), (1, None));
        bytes.push(b'\n');
        assert_eq!(parse(&bytes).unreadable_line, Some(2));
    }

    #[test]
    fn a_line_that_lacks_only_its_end_is_torn_as_well() {
        let bytes = serde_json::to_vec(&checkpoint(1)).expect("json");
        let torn = parse(&bytes);
        assert_eq!((torn.checkpoints.len(), torn.unreadable_line), (0, None));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_not_taken_for_one_that_is_not_there() {
        let directory = folder();
        let nothing = from_files(directory.clone(), "journal").await.expect("nothing yet");
        assert!(nothing.checkpoints.is_empty());
        std::fs::create_dir_all(path(&directory, "journal")).expect("a folder in its place");
        assert!(from_files(directory.clone(), "journal").await.is_err());
        std::fs::remove_dir_all(&directory).expect("cleaned up");
    }

    #[test]
    fn appending_twice_leaves_one_line() {
        let directory = folder();
        for number in [1, 1, 2] {
            append_blocking(&directory, &checkpoint(number)).expect("a file");
        }
        let file = path(&directory, "journal");
        let mut bytes = std::fs::read(&file).expect("the file");
        assert_eq!(parse(&bytes).checkpoints, [checkpoint(1), checkpoint(2)]);
        bytes.extend_from_slice(b"{\"torn");
        std::fs::write(&file, &bytes).expect("a torn file");
        append_blocking(&directory, &checkpoint(3)).expect("a file");
        let bytes = std::fs::read(&file).expect("the file");
        assert_eq!(parse(&bytes).checkpoints.len(), 3);
        assert_eq!(parse(&bytes).unreadable_line, None);
        std::fs::remove_dir_all(&directory).expect("cleaned up");
    }
}
