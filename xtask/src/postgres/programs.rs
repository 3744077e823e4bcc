//! Where PostgreSQL's programs are on this machine.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

/// Says what to do when there is no PostgreSQL.
pub(crate) const HOW_TO_INSTALL: &str = "PostgreSQL's programs (initdb, postgres) are neither on the PATH \
     nor in /usr/lib/postgresql/*/bin. Install them (Debian and Ubuntu: apt-get install postgresql; \
     macOS: brew install postgresql), or name their folder in FLORIN_PG_BIN";

/// A folder that holds both `initdb` and `postgres`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Looks in `FLORIN_PG_BIN` alone where it is set, else on the PATH and in Debian's folders.
    pub(crate) fn find() -> Option<Self> {
        if let Some(folder) = std::env::var_os("FLORIN_PG_BIN") {
            return Self::first_of(vec![PathBuf::from(folder)]);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates: Vec<PathBuf> = std::env::split_paths(&path).collect();
        candidates.extend(newest_first(Path::new("/usr/lib/postgresql")));
        Self::first_of(candidates)
    }

    /// Returns the path of `initdb`.
    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// Returns the path of `postgres`.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// Returns the path of another program of the same version, or its name where only the PATH has it.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        Some(self.folder.join(name)).filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
    }

    fn first_of(candidates: Vec<PathBuf>) -> Option<Self> {
        let complete =
            |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
        candidates.into_iter().find(complete).map(|folder| Self { folder })
    }
}

/// Lists `<parent>/<version>/bin`, the highest version first.
fn newest_first(parent: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut numbered: Vec<(Vec<u32>, PathBuf)> = versions
        .map(|entry| (version(&entry.file_name().to_string_lossy()), entry.path().join("bin")))
        .collect();
    numbered.sort_by_key(|(version, _)| Reverse(version.clone()));
    numbered.into_iter().map(|(_, folder)| folder).collect()
}

fn version(name: &str) -> Vec<u32> {
    name.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_counts_only_with_both_programs() {
        let parent = std::env::temp_dir().join(format!("florin-programs-{}", std::process::id()));
        for (folder, program) in [("half", "postgres"), ("whole", "postgres"), ("whole", "initdb")] {
            fs::create_dir_all(parent.join(folder)).expect("a folder");
            fs::write(parent.join(folder).join(program), "").expect("a file");
        }
        let found = Programs::first_of(vec![parent.join("none"), parent.join("half"), parent.join("whole")]);
        fs::remove_dir_all(&parent).expect("removed");
        assert_eq!(found, Some(Programs { folder: parent.join("whole") }));
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("15") > version("9.6"));
        assert!(version("9.10") > version("9.6"));
    }
}
